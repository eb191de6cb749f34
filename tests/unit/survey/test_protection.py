"""What a reader who has every published figure of a wave can work out about a few respondents."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from bakeries import WEIGHTING, many_bakeries, reasons, survey_of
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nsmo.stats.disclosure import audit
from nsmo.study import StudyError, load_codebook
from nsmo.survey import Survey
from nsmo.survey.answers import Answers
from nsmo.survey.estimates import differences, estimates
from nsmo.survey.linked import Block, Key, Tables
from nsmo.survey.models import odds_ratios
from nsmo.survey.protection import Limits, Protection
from nsmo.survey.relations import compare_group
from nsmo.survey.tests import group_tests

GROUPINGS = ["size", "online"]
LIMITS = Limits(min_base=5, min_count=3, max_share=1, width=4, dominance=10)


@pytest.fixture(name="strict")
def strict_rules(codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    privacy = "privacy: {min_base: 5, min_count: 3, max_share: 1, width: 4, groupings: [size, online]}\n"
    return load_codebook(codebook_file(text + privacy))


def everything(tables):
    """All figures of a wave and all tables at once, as a reader has them."""
    totals = tables.totals()
    numbers = {tables.block_of(q, by) for q, by in product(tables.questions, tables.groupings)} - {None}
    blocks = [tables.block(number) for number in numbers]
    return Block(
        tables.answers,
        sorted({roots for one in [totals, *blocks] for roots in one.tables}, key=sorted),
        [figure for one in [totals, *blocks] for figure in one.figures],
        [],
    )


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10_000), small=st.integers(1, 8))
def test_all_published_figures_together_do_not_bound_a_hidden_one(seed, small, strict):
    plan = Protection(strict, many_bakeries(seed, small=small), LIMITS, GROUPINGS)
    whole = everything(plan.tables)
    hidden = np.zeros(len(whole.linked.truth), dtype=bool)
    for key, place in whole.places.items():
        hidden[place] |= plan.hidden(key.question, key.option, key.by, key.group)
    # What the reader can bound with every table at once, against what each breakdown promised.
    promised = pd.concat(
        [
            plan.audit(question, by)
            for question in plan.tables.questions
            for by in ("", *GROUPINGS)
            if question != by
        ]
    )
    places = [whole.places[Key(*key)] for key in promised[["question", "option", "by", "group"]].to_numpy()]
    bounds = audit(whole.linked, hidden, places)
    assert promised["width"].gt(0).any()
    assert ((bounds["high"] - bounds["low"]).to_numpy() >= promised["width"].to_numpy() - 1e-6).all()
    assert (promised["high"] - promised["low"] >= promised["width"] - 1e-6).all()


def test_a_small_group_takes_its_figures_and_its_number_along(strict):
    table = estimates(
        survey_of(many_bakeries(1, small=4), strict), "is_fresh", [None, "size"], options=["yes"]
    )
    plain = (
        table[~table["weighted"]].assign(group=lambda rows: rows["group"].fillna("all")).set_index("group")
    )
    assert plain.loc["all", "suppressed"] == False  # noqa: E712
    assert plain.loc[["middle", "large"], "suppressed"].all()
    # 4 and 4 respondents: neither figure nor number, and so not the rest of 120 either.
    assert plain.loc[["middle", "large"], ["n", "count", "estimate"]].isna().all(axis=None)


def test_what_a_question_hides_is_hidden_in_whatever_is_derived_from_it(strict):
    survey = survey_of(many_bakeries(2, small=20), strict)
    fresh = estimates(survey, "fresh", ["online"], statistics=["proportion"])
    flag = estimates(survey, "is_fresh", ["online"])
    agree = fresh[fresh["option"].eq("agree") & ~fresh["weighted"]].set_index("group")["suppressed"]
    yes = flag[flag["option"].eq("yes") & ~flag["weighted"]].set_index("group")["suppressed"]
    assert agree.to_dict() == yes.to_dict()


def test_a_difference_with_a_hidden_figure_is_hidden(strict):
    survey = survey_of(many_bakeries(3, small=4), strict)
    shares = estimates(survey, "is_fresh", ["size"], options=["yes"])
    gaps = differences(survey, "is_fresh", "size", option="yes")
    closed = set(shares.loc[shares["suppressed"], "group"])
    assert closed
    for row in gaps.to_dict("records"):
        assert row["suppressed"] == bool(closed & set(row["group"].split(" – ")))


def test_a_difference_of_means_tells_no_more_than_the_means_that_are_shown(strict):
    survey = survey_of(many_bakeries(5, n=160), strict)
    means = estimates(survey, "fresh", ["online"], statistics=["mean"])
    means = means.set_index(["group", "weighted"])["estimate"]
    gaps = differences(survey, "fresh", "online").set_index("weighted")
    assert gaps["estimate"].notna().all()
    for weighted, gap in gaps["estimate"].items():
        assert gap == pytest.approx(means["yes", weighted] - means["no", weighted], abs=1e-12)
    assert (means == means.round(1)).all()
    assert gaps["se"].isna().all()


def test_weighted_figures_are_hidden_with_the_unweighted_ones(strict):
    table = estimates(survey_of(many_bakeries(4, small=3), strict), ["fresh", "turnover"], [None, "size"])
    keys = ["question", "option", "by", "group", "statistic"]
    by_figure = table.groupby(keys, dropna=False)["suppressed"]
    assert by_figure.min().equals(by_figure.max())


def test_groups_that_the_plan_does_not_know_stop_with_what_to_do(strict):
    survey = survey_of(many_bakeries(5), strict)
    with pytest.raises(StudyError, match="privacy > groupings: 'is_fresh' makes groups, but the plan"):
        estimates(survey, "fresh", ["is_fresh"])


def test_a_mean_that_one_respondent_makes_is_hidden(strict):
    frame = many_bakeries(6)
    frame.loc[frame["online"].eq("yes").idxmax(), "turnover"] = 1e9
    table = estimates(survey_of(frame, strict), "turnover")
    assert table["suppressed"].all()
    assert not estimates(survey_of(many_bakeries(6), strict), "turnover")["suppressed"].any()


def test_the_same_figure_is_hidden_whichever_is_asked_first(strict):
    frame = many_bakeries(7, small=4)
    one, two = (Protection(strict, frame, LIMITS, GROUPINGS) for _ in range(2))
    asked = [
        ("fresh", o, by, g) for o in ("agree", "neutral") for by, g in [("size", "small"), ("online", "yes")]
    ]
    assert [one.hidden(*a) for a in asked] == [two.hidden(*a) for a in asked[::-1]][::-1]


def test_a_plan_that_was_handed_on_hides_the_same_and_settles_nothing(strict, monkeypatch):
    frame = many_bakeries(7, small=4)
    whole = survey_of(frame, strict)
    table = estimates(whole, ["fresh", "size", "turnover"], [None, "online"])
    left = Protection(strict, frame, LIMITS, GROUPINGS).frame()
    monkeypatch.setattr("nsmo.survey.protection.protect", None)
    survey = Survey.from_responses(frame, WEIGHTING, strict, confidence=0.95, min_n=1, settled=left)
    again = estimates(survey, ["fresh", "size", "turnover"], [None, "online"])
    assert table["suppressed"].any()
    pd.testing.assert_frame_equal(table, again)


def test_derived_answers_add_up_those_of_their_question(strict):
    answers = Answers(strict, many_bakeries(8))
    tables = Tables(answers, ["size"])
    assert answers.roots_of("is_fresh") == {"fresh"}
    assert answers.roots_of("size_class") == {"size"}
    totals = tables.totals()
    # The flag and the answer are one count, so they share a cell.
    assert totals.places[Key("is_fresh", "yes")] == totals.places[Key("fresh", "agree")]
    assert not (totals.linked.relations @ totals.linked.atoms).any()


def test_a_mean_has_no_interval_where_an_answer_beside_it_is_hidden(strict, monkeypatch, codebook_file):
    """Its error and the number of respondents give the sum of squares, and so the hidden counts exactly."""
    responses = many_bakeries(1)
    found = estimates(survey_of(responses, load_codebook(codebook_file())), "fresh", [None])
    plan = Protection(strict, responses, LIMITS, GROUPINGS)
    for hidden in (False, True):
        monkeypatch.setattr(plan, "hidden", lambda _, option, *__, hide=hidden: hide and option == "disagree")
        shown = plan.suppress(found.drop(columns="suppressed"))
        mean = shown[shown["statistic"].eq("mean") & ~shown["weighted"]].iloc[0]
        assert [np.isnan(mean[name]) for name in ("se", "ci_low", "ci_high", "deff")] == [hidden] * 4
        assert not np.isnan(mean["estimate"])
        assert plan.mean_tells("fresh", "", "") == hidden


@pytest.mark.parametrize(("few", "some", "many"), [(2, 47, 71), (2, 31, 57), (1, 20, 40), (2, 9, 28)])
def test_a_rounded_mean_beside_a_hidden_answer_leaves_all_counts_possible_that_were_promised(
    few, some, many, strict
):
    """Every way in which so many can have answered is tried against shares, number and mean as shown."""
    frame = many_bakeries(1, n=few + some + many)
    frame["fresh"] = pd.Categorical(
        ["disagree"] * few + ["neutral"] * some + ["agree"] * many,
        ["disagree", "neutral", "agree"],
        ordered=True,
    )
    frame["fresh.missing"] = reasons([None] * len(frame))
    frame["is_fresh.missing"] = frame["fresh.missing"]
    yes = frame["fresh"].eq("agree").map({True: "yes", False: "no"})
    frame["is_fresh"] = pd.Categorical(yes, ["yes", "no"])
    found = estimates(survey_of(frame, strict), "fresh", [None])
    plain = found[~found["weighted"]].fillna({"option": "mean"}).set_index("option")
    mean = plain.loc["mean"]
    assert plain.loc["agree", "count"] == many  # what most answered stays
    assert mean["suppressed"] or round(mean["estimate"], 1) == mean["estimate"]
    possible = [
        (first, second, third)
        for first, second in product(range(len(frame) + 1), repeat=2)
        if (third := len(frame) - first - second) >= 0
        and all(
            plain.loc[name, "suppressed"] or plain.loc[name, "count"] == count
            for name, count in zip(("disagree", "neutral", "agree"), (first, second, third), strict=True)
        )
        and (
            mean["suppressed"]
            or abs((first + 2 * second + 3 * third) / len(frame) - mean["estimate"]) <= 0.05
        )
    ]
    assert (few, some, many) in possible
    assert max(first for first, *_ in possible) - min(first for first, *_ in possible) >= LIMITS.width
    assert not mean["suppressed"] or len(frame) < 60


def test_no_test_and_no_ratio_tells_of_an_answer_that_is_hidden(strict):
    """Five disagree, in two groups: of six ways to share them out one alone has the printed statistic."""
    shown = strict.privacy.model_copy(update={"reasons": "shown"})
    survey = survey_of(many_bakeries(7, small=20), strict.changed(privacy=shown))
    counts = pd.crosstab(survey.frame["fresh"], survey.frame["online"])
    assert counts.loc["disagree"].tolist() == [4, 1]
    assert survey.hides("fresh", "disagree", "online", "yes")
    assert survey.tells("online", "fresh"), "whichever of them makes the groups"
    tests = group_tests(survey, ["fresh", "is_fresh"], ["online"])
    assert tests.set_index("question").loc["fresh", ["statistic", "p", "p_holm"]].isna().all(axis=None)
    assert tests.set_index("question").loc["is_fresh", "p"].notna().all(), "of which all cells are shown"
    for estimates_, tests in (
        compare_group(survey, ["fresh"], "online", "yes"),
        odds_ratios(survey, "fresh", ["online"]),
    ):
        assert len(estimates_) > 0
        assert estimates_[["estimate", "se", "ci_low"]].isna().all(axis=None)
        assert tests[["statistic", "p"]].isna().all(axis=None)
    ratios, _ = odds_ratios(survey, "is_fresh", ["online"], option="yes")
    assert ratios["estimate"].notna().all()


class TestNumbersThatEverybodyGave:
    """A question that everybody answered has no table of its own, yet its groups are as small as any."""

    def means(self, book, numbers, settled=None):
        frame = many_bakeries(1, small=4)
        frame["n_breads"] = pd.array(numbers(frame), dtype="Float64")
        frame["n_breads.missing"] = None
        survey = survey_of(frame, book)
        table = estimates(survey, "n_breads", [None, "size"], statistics=["mean"])
        return table[~table["weighted"]].fillna({"group": "all"}).set_index("group")

    def test_the_mean_of_a_small_group_is_hidden(self, strict):
        found = self.means(strict, lambda frame: 10 + np.arange(len(frame)) % 3)
        few = many_bakeries(1, small=4)["size"].value_counts()
        assert few.between(1, 4).any()
        small = few.index[few.between(1, 4)][0]
        assert not found.loc["all", "suppressed"]
        assert found.loc[small, "suppressed"]
        assert np.isnan(found.loc[small, "estimate"])
        assert found["suppressed"].sum() > 1, "everybody less the other groups would tell it"

    def test_a_number_that_all_gave_is_not_told_by_its_mean(self, strict):
        found = self.means(strict, lambda frame: np.full(len(frame), 2))
        assert found["suppressed"].all()
        assert found[["estimate", "se", "ci_low", "ci_high"]].isna().all(axis=None)


def test_a_reason_for_having_no_answer_is_hidden_like_an_answer(strict):
    """Six of 120 did not know: what is shown of the others does not tell, nor does n of the mean."""
    frame = many_bakeries(7, small=20)
    few = frame["fresh.missing"].eq("dont_know").sum()
    rules = strict.changed(privacy=strict.privacy.model_copy(update={"min_count": 10}))
    assert 0 < few < 10
    table = estimates(survey_of(frame, rules), "fresh", [None])
    shares = table[table["statistic"].eq("proportion") & ~table["weighted"]].set_index("option")
    assert shares["n"].eq(len(frame)).all(), "of all who were asked"
    assert shares.loc[["disagree", "neutral", "agree"], "suppressed"].any(), (
        "else the rest would be those few"
    )
    mean = table[table["statistic"].eq("mean")]
    assert mean["estimate"].notna().all()
    assert mean[["n", "count", "n_eff", "se"]].isna().all(axis=None)
    told = strict.changed(privacy=rules.privacy.model_copy(update={"reasons": "shown"}))
    open_ = estimates(survey_of(frame, told), "fresh", [None])
    assert open_.loc[open_["statistic"].eq("mean"), "n"].eq(len(frame) - few).all()


@pytest.mark.parametrize("seed", range(4))
def test_few_who_do_not_know_do_not_take_a_whole_question_along(seed, strict):
    """Of those who were asked the number would tell them; the shares of all answers are worth more."""
    frame = many_bakeries(seed, small=60)
    frame.loc[:29, "fresh"] = np.nan
    frame.loc[:29, "fresh.missing"] = "not_asked"
    asked = frame.index[30:]
    few = frame.index.isin(asked[frame.loc[asked, "fresh.missing"].isna()][:6])
    frame.loc[few, "fresh"] = np.nan
    frame.loc[few, "fresh.missing"] = "dont_know"
    rules = strict.changed(privacy=strict.privacy.model_copy(update={"min_count": 10}))
    table = estimates(survey_of(frame, rules), "fresh", [None])
    shares = table[table["statistic"].eq("proportion") & ~table["weighted"]]
    assert shares["suppressed"].any()
    assert not shares["suppressed"].all()
    assert shares.loc[~shares["suppressed"], "n"].notna().all()
