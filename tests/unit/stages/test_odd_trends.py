"""Waves that do not fit together: what is compared, with which remark, and what is left out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import two_waves
from two_waves import asked, compared, edit, other_answers, survey_of

from nsmo.draft.demo import made_up_responses
from nsmo.present.labels import Labels
from nsmo.stages.trend import results, trend, words
from nsmo.stages.trend.panel import Panel
from nsmo.stats import SurveyDesign
from nsmo.study import load_codebook

VISITS = "How often do you visit the library?"
AGE = "How old are you?"


@pytest.fixture
def found(tmp_path):
    """What is found of two waves of which the later one, and if need be the earlier, was put otherwise."""

    def made(now, then=None):
        folders = two_waves.two(tmp_path, (150, 180))
        edit(folders["2027"] / "questionnaire.yaml", now)
        if then is not None:
            edit(folders["2026"] / "questionnaire.yaml", then)
        return compared(folders)[1]

    return made


def rows_of(found, question):
    return found.changes[found.changes["question"].eq(question)].set_index("option")


def match_of(found, question):
    return next(one for one in found.matches["2026"] if one.question == question)


def test_a_question_that_was_dropped_stays_in_the_record_and_is_compared_with_nothing(found):
    def drop(content):
        content["questions"].remove(asked(content, "visit_library"))
        content["source"].setdefault("ignore", []).append(VISITS)

    one = found(drop)
    assert rows_of(one, "visit_library").empty
    assert set(one.record.loc[one.record["question"].eq("visit_library"), "wave"]) == {"2026"}
    assert not rows_of(one, "age").empty


def test_an_answer_of_another_name_is_another_answer_unless_it_is_said_to_be_the_same(found):
    def rename(content, same=None):
        option = asked(content, "visit_library")["options"][2]
        assert option["name"] == "monthly"
        option.update(name="each_month", **({"same_as": same} if same else {}))

    one = found(rename)
    assert match_of(one, "visit_library").new == ("each_month",)
    assert set(rows_of(one, "visit_library").index) == {"never", "yearly", "weekly", "daily"}, "and no mean"


def test_an_answer_that_is_said_to_be_the_same_is_compared_and_so_is_the_mean(found):
    def rename(content):
        asked(content, "visit_library")["options"][2].update(name="each_month", same_as="monthly")

    rows = rows_of(found(rename), "visit_library")
    assert {"each_month", ""} <= set(rows.index)
    assert rows.loc["each_month", "asked_otherwise"] == ""


def test_a_scale_that_was_turned_round_has_no_mean_and_a_remark(found):
    one = found(lambda content: asked(content, "visit_library")["options"].reverse())
    rows = rows_of(one, "visit_library")
    assert "scale" in match_of(one, "visit_library").changes
    assert set(rows["statistic"]) == {"proportion"}
    assert rows["asked_otherwise"].eq("scale").all()


def test_answers_without_an_order_may_stand_in_any(found):
    def unordered(content):
        asked(content, "age")["type"] = "single"

    def turned(content):
        unordered(content)
        options = asked(content, "age")["options"]
        options.append(options.pop(0))

    one = found(turned, unordered)
    assert match_of(one, "age").changes == ()
    assert len(rows_of(one, "age")) == 4


@pytest.mark.parametrize(
    ("question", "change"),
    [("visit_library", {"base": "answered"}), ("books_read_year", {"type": "text"})],
)
def test_shares_of_others_and_another_kind_of_question_are_not_compared(found, question, change):
    one = found(lambda content: asked(content, question).update(change))
    assert not match_of(one, question).compared
    assert rows_of(one, question).empty


def test_keys_that_are_there_twice_or_not_at_all_are_known_again_in_no_wave(tmp_path):
    then = made_up_responses(200, 1)
    now = [list(row) for row in then]
    other_answers(now, 3, "Monthly", 0.2)
    now[5][0], now[9][0] = now[6][0], ""
    folders = two_waves.waves(tmp_path, {"2026": then, "2027": now})
    for raw in folders.values():
        edit(
            raw / "questionnaire.yaml",
            lambda c: c["source"].update(key=None, design={"panel_key": "respondent"}),
        )
    assert compared(folders)[1].shared == {"2026": 198}
    survey = survey_of(folders["2027"])
    frame = survey.frame.assign(
        **{"design.panel_key": [f" {at // 2} " if at % 2 else str(at // 2) for at in range(200)]}
    )
    own = compared(folders)[1].record.query("wave == '2027'")
    panel = Panel.of(replace(survey, unweighted=SurveyDesign(frame)), own, None)
    assert panel.frame["person"].is_unique, "blanks round a key make no other key"


def test_weights_in_one_wave_only_leave_the_unweighted_figures_to_compare(tmp_path):
    folders = two_waves.two(tmp_path, (150, 180))
    first = trend(survey_of(folders["2026"]))
    survey = survey_of(folders["2027"])
    weights = np.random.default_rng(1).uniform(0.5, 2, len(survey.frame))
    weighted = replace(survey, weighted=SurveyDesign(survey.frame, weights), min_effective_n=0)
    one = trend(weighted, first.waves, first.record, first.panel)
    assert set(one.record.loc[one.record["wave"].eq("2027"), "weighted"]) == {False, True}
    assert not one.changes["weighted"].any()
    assert len(one.changes) == len(compared(folders)[1].changes)


def test_the_intervals_of_a_change_have_the_confidence_of_the_later_wave(tmp_path):
    folders = two_waves.two(tmp_path, (150, 180))
    first = trend(survey_of(folders["2026"], 0.9))
    found = [
        trend(survey_of(folders["2027"], level), first.waves, first.record, first.panel).changes
        for level in (0.95, 0.99)
    ]
    for one, two in zip(*(each.to_dict("records") for each in found), strict=True):
        if not pd.isna(one["ci_low"]) and one["se"] > 0:
            assert two["ci_low"] < one["ci_low"] <= one["difference"] <= one["ci_high"] < two["ci_high"]
        assert one["se"] == pytest.approx(two["se"], nan_ok=True)
    assert {each["confidence"].iloc[0] for each in found} == {0.95, 0.99}


def test_a_question_that_is_new_and_one_that_is_gone_are_named(tmp_path):
    folders = two_waves.two(tmp_path, (150, 180))
    edit(folders["2026"] / "questionnaire.yaml", lambda content: _called(content, "years"))
    edit(folders["2027"] / "questionnaire.yaml", lambda content: _called(content, "membership"))
    trends = compared(folders)
    questions = results.questions(trends[1].matches, trends[1].waves)
    for language, new, gone in (
        ("en", "new", "no longer in the survey"),
        ("nl", "nieuw", "niet meer in het onderzoek"),
    ):
        labels = Labels(load_codebook(folders["2027"]), language)
        table = words.otherwise(questions, "2026", labels).set_index("what")
        assert table.loc["Called membership", "remark"] == new
        assert table.loc["Called years", "remark"] == gone
        assert table.loc["Called years", "then"] == AGE
        assert table.loc["Called membership", "now"] == AGE
    assert trends[0].matches == {}


def _called(content, name):
    question = asked(content, "age")
    question.update(name=name, label=f"Called {name}", text=AGE)
