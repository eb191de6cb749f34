"""Waves beside each other: what can be compared, what changed, and what is not told."""

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import two_waves
from two_waves import asked, compared, edit, other_answers

from nsmo.draft.demo import made_up_responses
from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.stages.trend import figures, words
from nsmo.stages.trend.results import CLOSE, HIDDEN, NO_EVIDENCE
from nsmo.study import StudyError, load_codebook
from nsmo.study.waves import described, matches


def change_of(found, question, option="", statistic="proportion", by="", group=""):
    rows = found.changes
    same = rows["question"].eq(question) & rows["option"].eq(option) & rows["statistic"].eq(statistic)
    return rows[same & rows["by"].eq(by) & rows["group"].eq(group)].iloc[0]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Two waves that were drawn alike: their folders, and what the stage finds of each."""
    folders = two_waves.two(tmp_path_factory.mktemp("plain"))
    return folders, compared(folders)


def test_a_first_wave_is_compared_with_none_and_leaves_what_the_next_one_needs(plain):
    _, (first, second) = plain
    assert first.compared == []
    assert first.changes.empty
    assert first.series.empty
    assert second.compared == ["2026"]
    assert set(second.record["wave"]) == {"2026", "2027"}


def test_the_same_answers_twice_show_no_change_at_all(tmp_path):
    rows = made_up_responses(150, 3)
    _, found = compared(two_waves.waves(tmp_path, {"2026": rows, "2027": rows}))
    shown = found.changes[found.changes["why"].eq("")]
    assert len(shown) > 20
    assert (shown["difference"] == 0).all()
    assert (shown["direction"] == "").all()
    assert (shown["p"].dropna() == 1).all()
    assert (shown["ci_low"].dropna() <= 0).all()
    assert (shown["ci_high"].dropna() >= 0).all()


def test_a_change_that_was_made_is_found_and_said(tmp_path):
    then, now = made_up_responses(240, 1), made_up_responses(300, 2)
    other_answers(now, 8, "Very satisfied", 0.5)
    folders = two_waves.waves(tmp_path, {"2026": then, "2027": now})
    for raw in folders.values():  # nothing is hidden, so that every mean has its interval
        with (raw / "rules.yaml").open("a", encoding="utf-8") as file:
            file.write("privacy: {min_base: 1, min_count: 1, max_share: 1, width: 2}\n")
    _, found = compared(folders)
    row = change_of(found, "satisfied_opening_hours", statistic="mean")
    assert row["direction"] == "above"
    assert row["p_holm"] < 0.05
    labels = Labels(load_codebook(tmp_path / "data/raw/2027"), "nl")
    assert "meer veranderd dan door toeval" in words.lead(found.everybody, "2026", labels)
    assert any("Opening hours" in one for one in words.items(found.everybody, "2026", labels))


def test_the_difference_is_that_of_the_two_surveys(plain):
    folders, (_, found) = plain
    shares = []
    for raw in folders.values():
        answers = two_waves.responses_of(raw)["visit_library"]
        shares.append((answers.eq("monthly").sum(), answers.notna().sum()))
    row = change_of(found, "visit_library", "monthly")
    (a, n), (b, m) = shares
    assert row["difference"] == pytest.approx(b / m - a / n, abs=1e-12)
    # Two independent samples: variances of shares add up.
    expected = np.sqrt(a / n * (1 - a / n) / (n - 1) + b / m * (1 - b / m) / (m - 1))
    assert row["se"] == pytest.approx(expected, rel=1e-12)


def test_other_words_are_compared_with_a_remark_and_another_scale_only_where_answers_are_the_same(tmp_path):
    folders = two_waves.two(tmp_path, banners=True)

    def other(content):
        asked(content, "visit_library")["text"] = "How many times did you come?"
        options = asked(content, "age")["options"]
        options[0]["label"] = "Under 24"
        asked(content, "books_read_year")["unit"] = "books"

    edit(folders["2027"] / "questionnaire.yaml", other)
    _, found = compared(folders)
    by_name = {one.question: one for one in found.matches["2026"]}
    assert by_name["visit_library"].changes == ("wording",)
    assert change_of(found, "visit_library", "monthly")["asked_otherwise"] == "wording"
    assert by_name["age"].changes == ("scale",)
    ages = found.everybody[found.everybody["question"].eq("age")]
    assert set(ages["option"]) == {"n25_44", "n45_64", "n65_more"}  # and no mean
    assert not by_name["books_read_year"].compared
    assert "books_read_year" not in set(found.changes["question"])
    # Groups of another scale are other groups.
    assert "age" not in set(found.changes["by"])


def test_a_figure_over_waves_says_what_was_put_otherwise(tmp_path):
    folders = two_waves.two(tmp_path)
    edit(
        folders["2027"] / "questionnaire.yaml", lambda c: asked(c, "visit_library").update(text="How often?")
    )
    _, found = compared(folders)
    labels = Labels(load_codebook(folders["2027"]))
    rows = found.everybody[found.everybody["question"].eq("visit_library")]
    shown = words.of_series(found.series, rows, "proportion")
    picture = drawn(figures.series, shown, labels, words.figure(shown, found.everybody, "2026", labels))
    drawing = ElementTree.fromstring(picture.wide)
    texts = "".join(drawing.itertext())
    assert "How often do you visit the library? Monthly (other words)" in texts
    assert texts.count("2026") >= 4
    assert "none is clear" in picture.words.title


def test_a_question_with_another_name_is_found_by_same_as_also_over_a_wave_between(tmp_path):
    rows = {wave: made_up_responses(120, seed) for seed, wave in enumerate(("2025", "2026", "2027"))}
    folders = two_waves.waves(tmp_path, rows)

    def rename(to, before):
        def change(content):
            asked(content, before)["name"] = to
            asked(content, to)["same_as"] = before

        return change

    edit(folders["2026"] / "questionnaire.yaml", rename("visits", "visit_library"))
    edit(folders["2027"] / "questionnaire.yaml", rename("comes", "visit_library"))
    edit(
        folders["2027"] / "questionnaire.yaml",
        lambda content: asked(content, "comes").update(same_as="visits"),
    )
    told = [described(load_codebook(raw)) for raw in folders.values()]
    for before, name in (("2026", "visits"), ("2025", "visit_library")):
        found = next(one for one in matches(told, before) if one.question == "comes")
        assert (found.asked_as, found.changes) == (name, ())


def test_what_one_wave_hides_has_no_difference_and_no_average(plain):
    _, (_, found) = plain
    record = found.record[found.record["by"].eq("")]
    hidden = record[record["suppressed"] & record["wave"].eq("2026")]
    assert len(hidden)
    for row in hidden.head(10).to_dict("records"):
        change = change_of(found, row["question"], row["option"], row["statistic"])
        assert change["why"] == HIDDEN
        assert pd.isna(change[["difference", "estimate", "estimate_before", "n", "p", "ci_low"]]).all()
        average = found.averages[
            found.averages["question"].eq(row["question"])
            & found.averages["option"].eq(row["option"])
            & found.averages["statistic"].eq(row["statistic"])
        ]
        assert average["estimate"].isna().all()


def test_of_a_reconstruction_nothing_is_tested(tmp_path):
    folders = two_waves.two(tmp_path)
    edit(folders["2026"] / "questionnaire.yaml", lambda content: content.update(provenance="reconstructed"))
    _, found = compared(folders)
    shown = found.changes[found.changes["difference"].notna()]
    assert len(shown)
    assert set(shown["why"]) == {NO_EVIDENCE}
    assert shown[["se", "ci_low", "ci_high", "p", "p_holm"]].isna().all(axis=None)
    assert shown["direction"].eq("").all()
    assert found.averages[["se", "ci_low", "ci_high"]].isna().all(axis=None)
    labels = Labels(load_codebook(folders["2027"]))
    assert "Nothing is tested" in words.lead(found.everybody, "2026", labels)
    # Each of its figures says that it is assumed; those of this wave are answers.
    table = words.readable(found.everybody[found.everybody["difference"].notna()], labels)
    assert table["then"].str.endswith(" ○").all()
    assert not table["now"].str.contains("○").any()
    assert "○ assumed" in words.origin_note(found.everybody, labels)


def test_a_wave_that_left_nothing_is_named(tmp_path):
    folders = two_waves.two(tmp_path)
    edit(folders["2027"] / "study.yaml", lambda content: content.update(previous=["2019"]))
    with pytest.raises(StudyError, match="wave 2019 left nothing to compare with"):
        compared(folders)


def panel(folder, keys):
    """Two waves with the number of the respondent as key, shared as far as the keys say."""
    folders = two_waves.two(folder, (200, 200))
    for raw, own in zip(folders.values(), keys, strict=True):
        path = raw / "responses.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame.assign(member=[str(key) for key in own]).to_csv(path, index=False)
        edit(raw / "questionnaire.yaml", lambda c: c["source"].update(design={"panel_key": "member"}))
    return folders


@pytest.mark.parametrize("key", [None, "respondent"])
def test_respondents_known_again_are_counted_and_change_the_interval(tmp_path, key):
    rows = made_up_responses(200, 1)
    later = [list(row) for row in rows]
    other_answers(later, 3, "Monthly", 0.2)
    other_answers(later, 3, "Weekly", 0.12, seed=8)
    folders = two_waves.waves(tmp_path, {"2026": rows, "2027": later})
    for raw in folders.values():
        edit(
            raw / "questionnaire.yaml",
            lambda c: c["source"].update(key=key, design={"panel_key": "respondent"}),
        )
    _, found = compared(folders)
    assert found.shared == {"2026": 200}
    row = change_of(found, "visit_library", "monthly")
    assert row["overlap"]
    first, second = (two_waves.responses_of(raw)["visit_library"].eq("monthly") for raw in folders.values())
    # The paired test: the variance of the mean of the differences.
    assert row["se"] == pytest.approx((second * 1.0 - first).std(ddof=1) / np.sqrt(200), rel=1e-9)


def test_a_few_who_joined_are_not_told_by_the_two_waves(tmp_path):
    folders = panel(tmp_path, (range(200), [*range(195), *range(900, 905)]))
    _, found = compared(folders)
    assert found.close == ["2026"]
    assert found.changes["difference"].isna().all()
    assert set(found.changes["why"]) == {CLOSE}
    assert "2026" not in set(found.series["wave"])


def test_a_key_leaves_only_as_a_hash_that_no_table_has(tmp_path):
    folders = panel(tmp_path, (range(200), range(150, 350)))
    _, found = compared(folders)
    people = set(found.panel["person"])
    assert not people & {str(number) for number in range(350)}
    for frame in (found.changes, found.series, found.record, found.averages):
        assert "person" not in frame
