import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nsmo.stages import analyse
from nsmo.stages.analyse import goals, importance, platforms, topline
from nsmo.study import StudyError, load_codebook

WEIGHTING = {"subgroup_tables": True}
KEPT = {"confidence": 0.95, "min_n": 1}

# Ten bakeries. Number 9 does not know whether bread must be fresh, 10 left before that page.
FRESH = ["agree", "agree", "agree", "neutral", "disagree", "agree", "neutral", "disagree", None, None]
WHY = [None] * 8 + ["dont_know", "no_answer"]
WHITE = [True, True, True, True, True, True, False, False, False, None]
RYE = [True, True, False, False, False, False, False, False, True, None]
SIZE = ["small", "small", "small", "small", "small", "small", "middle", "middle", "large", "large"]
ONLINE = ["yes", "yes", "yes", "yes", "no", "no", "no", "no", "no", "no"]
TURNOVER = [10.0, 20.0, 30.0, None, *[None] * 6]
WHY_TURNOVER = [None, None, None, "no_answer", *["not_asked"] * 6]


def categorical(values, names, ordered=False):
    return pd.Categorical(values, categories=names, ordered=ordered)


def reasons(values):
    return categorical(values, ["dont_know", "refused", "not_asked", "no_answer"])


@pytest.fixture
def bakeries():
    none = reasons([None] * 10)
    frame = pd.DataFrame(
        {
            "response_id": [str(i) for i in range(1, 11)],
            "breads.white": pd.array(WHITE, dtype="boolean"),
            "breads.rye": pd.array(RYE, dtype="boolean"),
            "breads.none": pd.array([False] * 9 + [None], dtype="boolean"),
            "breads.other": pd.array([False] * 9 + [None], dtype="boolean"),
            "breads.missing": reasons([None] * 9 + ["no_answer"]),
            "size": categorical(SIZE, ["small", "middle", "large"]),
            "size.missing": none,
            "fresh": categorical(FRESH, ["disagree", "neutral", "agree"], ordered=True),
            "fresh.missing": reasons(WHY),
            "online": categorical(ONLINE, ["yes", "no"]),
            "online.missing": none,
            "turnover": TURNOVER,
            "turnover.missing": reasons(WHY_TURNOVER),
            "n_breads": [2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, np.nan],
            "n_breads.missing": reasons([None] * 9 + ["no_answer"]),
            "weight": [0.5] * 6 + [1.5] * 2 + [2.0] * 2,
            "margin.size": categorical(SIZE, ["small", "middle", "large"]),
        }
    )
    for name in ("cheap", "warm"):
        frame[name] = frame["fresh"]
        frame[f"{name}.missing"] = frame["fresh.missing"]
    frame["is_fresh"] = categorical(["yes" if v == "agree" else "no" for v in FRESH], ["yes", "no"])
    frame["is_fresh"] = frame["is_fresh"].where(frame["fresh.missing"].isna())
    frame["is_fresh.missing"] = frame["fresh.missing"]
    frame["consent"] = categorical(["yes"] * 10, ["yes", "no"])
    frame["consent.missing"] = none
    return frame


@pytest.fixture
def codebook(codebook_file):
    return load_codebook(codebook_file())


@pytest.fixture
def designs(bakeries):
    return analyse.designs(bakeries, WEIGHTING)


def row(table, **where):
    for column, value in where.items():
        table = table[table[column].isna() if value is None else table[column].eq(value)]
    assert len(table) == 1, f"{where}: {len(table)} rows"
    return table.iloc[0]


# -- the base of a percentage ----------------------------------------------------------------------------


def test_asked_counts_no_answer_as_not_chosen(designs, codebook):
    table = analyse.estimates(designs, codebook, "fresh", **KEPT)
    agree = row(table, option="agree", weighted=False)
    assert (agree["n"], agree["count"], agree["base"]) == (10, 4, "asked")
    assert agree["estimate"] == pytest.approx(0.4)


def test_answered_leaves_those_without_an_answer_out(designs, codebook_file, codebook_text):
    text = codebook_text.replace("    top_box: [agree]\n", "    top_box: [agree]\n    base: answered\n", 1)
    codebook = load_codebook(codebook_file(text))
    agree = row(analyse.estimates(designs, codebook, "fresh", **KEPT), option="agree", weighted=False)
    assert (agree["n"], agree["base"]) == (8, "answered")
    assert agree["estimate"] == pytest.approx(0.5)


@pytest.mark.parametrize(("base", "n"), [("asked", 4), ("answered", 3), ("all", 10)])
def test_who_was_not_asked_is_only_in_the_base_all(bakeries, codebook, base, n):
    assert analyse.base_mask(bakeries, codebook.variable("turnover"), base).sum() == n


def test_multiple_choice_without_any_answer_counts_as_not_chosen(designs, codebook):
    table = analyse.estimates(designs, codebook, "breads", **KEPT)
    white = row(table, option="white", weighted=False)
    assert (white["n"], white["count"]) == (10, 6)
    assert list(table.loc[~table["weighted"], "option"]) == ["white", "rye", "none", "other"]


def test_top_box_of_several_answers_is_a_row_of_its_own(designs, codebook_file, codebook_text):
    wide = load_codebook(
        codebook_file(codebook_text.replace("top_box: [agree]", "top_box: [neutral, agree]", 1))
    )
    table = analyse.estimates(designs, wide, "fresh", **KEPT)
    assert row(table, option="top", weighted=False)["estimate"] == pytest.approx(0.6)


def test_top_box_of_one_answer_is_not_said_twice(designs, codebook):
    table = analyse.estimates(designs, codebook, "fresh", **KEPT)
    assert "top" not in set(table["option"])
    asked_for = analyse.estimates(designs, codebook, "fresh", options=["top"], **KEPT)
    assert row(asked_for, weighted=False)["estimate"] == pytest.approx(0.4)


def test_sentence_lists_labels_with_estimates(designs, codebook):
    table = analyse.estimates(designs, codebook, "online", by=[None], **KEPT)
    assert analyse.listed(table, codebook, "en").startswith("Yes 40.0% (95% interval ")
    groups = analyse.estimates(designs, codebook, "fresh", by=["online"], options=["agree"], **KEPT)
    assert analyse.listed(groups, codebook, "nl").startswith("Ja 75,0% (")


def test_row_must_be_the_only_one(designs, codebook):
    table = analyse.estimates(designs, codebook, "online", **KEPT)
    assert analyse.row(table, option="yes")["count"] == 4
    with pytest.raises(StudyError, match="2 rows fit"):
        analyse.row(table)


def test_mean_of_scores_is_of_those_who_answered(designs, codebook):
    mean = row(analyse.estimates(designs, codebook, "fresh", **KEPT), statistic="mean", weighted=False)
    assert mean["estimate"] == pytest.approx((4 * 3 + 2 * 2 + 2 * 1) / 8)
    assert (mean["n"], mean["base"]) == (8, "answered")
    assert mean["option"] is None


# -- weighted beside unweighted ---------------------------------------------------------------------------


def test_weighted_share_uses_the_weights(designs, codebook):
    table = analyse.estimates(designs, codebook, "breads", **KEPT)
    rye = row(table, option="rye", weighted=True)
    assert rye["estimate"] == pytest.approx((0.5 + 0.5 + 2.0) / 10)
    assert rye["n"] == 10


def test_standard_error_knows_of_the_calibration(designs, codebook):
    # The size is calibrated on, so its shares have no sampling error left.
    table = analyse.estimates(designs, codebook, "size", **KEPT)
    assert table.loc[table["weighted"], "se"].max() < 1e-10
    assert table.loc[~table["weighted"], "se"].min() > 0.1


def test_columns_are_those_of_the_long_format(designs, codebook):
    table = analyse.estimates(designs, codebook, ["fresh", "breads"], by=[None, "online"], **KEPT)
    assert list(table.columns) == analyse.COLUMNS
    assert set(table["wave"]) == {"2020"}
    assert table["estimate"].notna().all()


def test_weighted_groups_are_withheld_when_the_weights_cost_too_much(bakeries, codebook):
    costly = analyse.designs(bakeries, {"subgroup_tables": False})
    table = analyse.estimates(costly, codebook, "breads", by=[None, "online"], **KEPT)
    assert not (table["weighted"] & table["by"].notna()).any()
    assert (table["weighted"] & table["by"].isna()).any()
    assert not analyse.differences(costly, codebook, "n_breads", "online", **KEPT)["weighted"].any()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda f: f.drop(columns="weight"), "no weights"),
        (lambda f: f.drop(columns="margin.size"), "no calibration variables"),
    ],
)
def test_responses_without_weights_are_refused(bakeries, change, word):
    with pytest.raises(StudyError, match=word):
        analyse.designs(change(bakeries), WEIGHTING)


def test_evidence_must_say_whether_groups_may_be_shown(bakeries):
    with pytest.raises(StudyError, match="subgroup_tables"):
        analyse.designs(bakeries, {})


# -- suppression -----------------------------------------------------------------------------------------


def groups(*sizes):
    return pd.DataFrame(
        {
            "question": "q",
            "option": "a",
            "by": "g",
            "group": [f"g{i}" for i in range(len(sizes))],
            "n": sizes,
            "count": 3.0,
            "statistic": "proportion",
            "estimate": 0.3,
            "se": 0.1,
            "ci_low": 0.2,
            "ci_high": 0.4,
            "deff": 1.0,
            "n_eff": 10.0,
            "weighted": False,
        }
    )


@pytest.mark.parametrize(
    ("sizes", "hidden"),
    [
        ((30, 20, 10), [False, False, False]),
        ((30, 20, 9), [False, True, True]),
        ((30, 8, 9), [False, True, True]),
        ((9,), [True]),
        ((12, 12, 9), [True, False, True]),
    ],
)
def test_small_groups_are_hidden_with_a_second_one_that_would_give_them_away(sizes, hidden):
    table = analyse.suppress(groups(*sizes), 10)
    assert table["suppressed"].tolist() == hidden
    assert table["estimate"].isna().tolist() == hidden
    assert table["count"].isna().tolist() == hidden
    assert table["n"].tolist() == list(sizes)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=7), st.integers(2, 15))
def test_never_exactly_one_group_is_hidden(sizes, min_n):
    table = analyse.suppress(groups(*sizes), min_n)
    assert table["suppressed"].sum() != 1
    assert table.loc[~table["suppressed"], "n"].min() >= min_n or table["suppressed"].all()


def test_everybody_is_hidden_alone(designs, codebook):
    table = analyse.estimates(designs, codebook, "turnover", confidence=0.95, min_n=5)
    assert table["suppressed"].all()
    assert table["estimate"].isna().all()


# -- differences and distributions -------------------------------------------------------------------------


def test_difference_is_first_group_minus_second(designs, codebook):
    table = analyse.differences(designs, codebook, "n_breads", "online", **KEPT)
    plain = row(table, weighted=False)
    assert plain["group"] == "yes – no"
    assert plain["estimate"] == pytest.approx(6 / 4 - 3 / 5)
    assert plain["n"] == 9
    assert plain["ci_low"] < plain["estimate"] < plain["ci_high"]


def test_difference_of_shares_counts_in_the_base_of_the_question(designs, codebook):
    table = analyse.differences(designs, codebook, "fresh", "online", option="agree", **KEPT)
    assert row(table, weighted=False)["estimate"] == pytest.approx(3 / 4 - 1 / 6)
    hidden = analyse.differences(
        designs, codebook, "fresh", "online", option="agree", confidence=0.95, min_n=5
    )
    assert hidden["suppressed"].all()
    assert hidden["estimate"].isna().all()


def test_distribution_has_every_number_between(designs, codebook):
    table = analyse.distribution(designs, codebook, "n_breads", **KEPT)
    plain = table[~table["weighted"]].set_index("option")
    assert plain.index.tolist() == ["0", "1", "2"]
    assert plain["count"].tolist() == [2, 5, 2]
    assert plain["estimate"].sum() == pytest.approx(1)
    assert set(plain["n"]) == {9}


def test_distribution_of_broken_numbers_is_refused(bakeries, codebook):
    bakeries["turnover"] = bakeries["turnover"] / 3
    with pytest.raises(StudyError, match="whole numbers"):
        analyse.distribution(analyse.designs(bakeries, WEIGHTING), codebook, "turnover", **KEPT)


def test_questions_that_cannot_be_estimated_are_named(designs, codebook):
    with pytest.raises(StudyError, match="'bakery' is text"):
        analyse.estimates(designs, codebook, "bakery", **KEPT)
    with pytest.raises(StudyError, match="'breads' is multi, so it makes no groups"):
        analyse.estimates(designs, codebook, "fresh", by=["breads"], **KEPT)


def test_together_keeps_each_row_once(designs, codebook):
    one = analyse.estimates(designs, codebook, "fresh", **KEPT)
    both = analyse.estimates(designs, codebook, "fresh", by=[None, "online"], **KEPT)
    assert len(analyse.together({"a": one, "b": both})) == len(both)


# -- topline -----------------------------------------------------------------------------------------------


def test_topline_has_every_question_that_can_be_counted(designs, codebook):
    found = topline.results(designs, codebook, classes=8, **KEPT)
    assert list(found) == ["breads", "size", "opinions", "online", "turnover"]
    assert set(found["opinions"]["question"]) == {"fresh", "cheap", "warm"}
    assert topline.settled(designs.frame, codebook) == ["consent"]


def test_numeric_question_is_shown_in_classes(designs, codebook):
    table = topline.in_classes(designs, codebook, "turnover", 2, **KEPT)
    plain = table[~table["weighted"]]
    assert plain["option"].tolist() == ["0–<20", "20–<40"]
    assert plain["count"].tolist() == [1, 2]


def test_a_mean_of_scores_is_called_one_with_both_ends_of_its_scale(designs, codebook):
    found = topline.results(designs, codebook, classes=8, **KEPT)
    assert topline.means(found["turnover"], codebook, "en").startswith("Mean: 20.00 (95% interval ")
    told = topline.means(found["opinions"], codebook, "en")
    assert told.count("Mean score, on a scale from 1 (") == 1
    assert told.index(" to 3 (") < told.index(codebook.label("fresh", "en"))
    assert topline.means(found["breads"], codebook, "en") == ""


def test_figures_that_are_no_estimates_are_counted(designs, codebook):
    found = topline.results(designs, codebook, classes=8, **KEPT)
    told = topline.doubts(found, codebook)
    assert told["scores"] == ["fresh", "cheap", "warm"]
    assert "breads" in told["nobody"]
    assert "turnover" not in told["nobody"]
    assert len(told["shares"]) > len(told["nobody"])


@given(st.integers(-(10**6), 10**8), st.integers(0, 10**8), st.integers(2, 20))
def test_classes_hold_all_numbers_and_have_one_width(low, width, classes):
    low, width = low / 100, width / 100
    edges = topline.class_edges(low, low + width, classes)
    assert edges[0] <= low + 1e-6 * max(1, abs(low))
    assert edges[-1] > low + width - 1e-6 * max(1, abs(low + width))
    assert 1 <= len(edges) - 1 <= classes
    assert np.ptp(np.diff(edges)) <= 1e-6 * max(1, abs(edges[-1]))


# -- tests and models ----------------------------------------------------------------------------------------


@pytest.fixture
def crowd(bakeries):
    """The bakeries fifty times over, each time in another order of answers."""
    rng = np.random.default_rng(5)
    parts = [
        bakeries.assign(n_breads=rng.poisson(np.where(bakeries["online"] == "yes", 4, 2))) for _ in range(50)
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame["n_breads"] = frame["n_breads"].astype(float)
    frame["n_breads.missing"] = reasons([None] * len(frame))
    return analyse.designs(frame, WEIGHTING)


def test_groups_are_compared_by_what_the_answers_are(crowd, codebook):
    tests = analyse.group_tests(
        crowd, codebook, ["size", "fresh", ("fresh", "top"), "n_breads"], ["online"], min_n=1
    )
    plain = tests[~tests["weighted"]]
    assert plain["test"].tolist() == ["chisquare", "rank", "chisquare", "rank"]
    assert plain["n"].tolist() == [500, 400, 500, 500]


def test_rank_test_is_that_of_kruskal_and_wallis_where_groups_are_alike(crowd, codebook):
    rng = np.random.default_rng(6)
    frame = crowd.frame.assign(
        online=pd.Categorical(rng.permutation(crowd.frame["online"]), categories=["yes", "no"])
    )
    shuffled = analyse.group_tests(
        analyse.designs(frame, WEIGHTING), codebook, ["n_breads"], ["online"], min_n=1
    )
    real = analyse.group_tests(crowd, codebook, ["n_breads"], ["online"], min_n=1)
    known = stats.kruskal(*(part["n_breads"] for _, part in frame.groupby("online", observed=True)))
    assert shuffled["p"].iloc[0] == pytest.approx(known.pvalue, rel=0.05)
    assert real["p"].max() < 0.001


def test_no_test_is_made_of_too_small_a_group(crowd, codebook):
    tests = analyse.group_tests(crowd, codebook, ["fresh", "online"], ["size", "online"], min_n=101)
    assert tests.loc[tests["by"] == "size", ["p", "p_holm"]].isna().all(axis=None)
    # What is held against itself is no test at all.
    made = tests[~tests["weighted"]]
    assert list(zip(made["question"], made["by"], strict=True)) == [
        ("fresh", "size"),
        ("online", "size"),
        ("fresh", "online"),
    ]


def test_ratios_of_one_term_are_those_of_the_means(crowd, codebook):
    ratios, terms = analyse.ratios(
        crowd, codebook, "n_breads", ["size"], statistic="rate ratio", confidence=0.95, min_n=1
    )
    means = crowd.frame.groupby("size", observed=True)["n_breads"].mean()
    plain = ratios[~ratios["weighted"]].set_index("group")["estimate"]
    assert plain["middle – small"] == pytest.approx(means["middle"] / means["small"])
    assert plain["large – small"] == pytest.approx(means["large"] / means["small"])
    assert set(ratios["base"]) == {"complete"}
    assert (terms["by"].tolist(), terms["df"].tolist()) == (["size", "size"], [2, 2])


def test_ratio_of_too_small_a_group_is_hidden(crowd, codebook):
    ratios, _ = analyse.ratios(
        crowd, codebook, "n_breads", ["size"], statistic="rate ratio", confidence=0.95, min_n=101
    )
    assert ratios["suppressed"].all()
    assert ratios[["estimate", "ci_low", "ci_high", "se"]].isna().all(axis=None)


# -- which question plays which part -------------------------------------------------------------------------

PARTS = """
analyse:
  importance: {question: fresh, flag: is_fresh, by: [online], compared: online, battery: opinions}
  goals: {question: breads, beforehand: fresh, groups: size, by: [online]}
  platforms:
    question: breads
    number: n_breads
    several: is_fresh
    many: is_fresh
    by: [online]
    compared: online
    explained_by: [online]
    adjusted_for: [is_fresh]
"""


@pytest.fixture
def whole(codebook_file, codebook_text):
    return load_codebook(codebook_file(codebook_text + PARTS))


def test_importance_finds_its_questions_in_the_codebook(designs, whole):
    found = importance.results(designs, whole, **KEPT)
    assert list(found) == ["total", "by online", "difference", "answers", "battery"]
    total = row(found["total"], weighted=False)
    assert (total["question"], total["option"], total["n"], total["count"]) == ("is_fresh", "yes", 10, 4)
    assert found["by online"].loc[~found["by online"]["weighted"], "group"].tolist() == [None, "yes", "no"]
    assert row(found["difference"], weighted=False)["estimate"] == pytest.approx(3 / 4 - 1 / 6)


def test_goals_finds_its_questions_in_the_codebook(designs, whole):
    found = goals.results(designs, whole, **KEPT)
    assert list(found) == ["total", "beforehand", "groups", "goals by online", "beforehand by online"]
    assert set(found["goals by online"]["group"]) == {"yes", "no"}
    assert set(found["groups"]["option"]) == {"small", "middle", "large"}


def test_platforms_finds_its_questions_in_the_codebook(designs, whole):
    found = platforms.results(designs, whole, **KEPT)
    mean = row(found["mean"], group="yes", weighted=False)
    assert mean["estimate"] == pytest.approx(6 / 4)
    assert row(found["difference"], weighted=False)["estimate"] == pytest.approx(6 / 4 - 3 / 5)
    assert found["number"]["option"].unique().tolist() == ["0", "1", "2"]


def test_number_of_platforms_is_explained_by_what_the_codebook_says(designs, whole):
    ratios, terms = platforms.explained(designs, whole, **KEPT)
    first = row(ratios, statistic="rate ratio", weighted=False)
    # No one else in the model: a ratio of two means.
    assert (first["by"], first["group"], first["n"]) == ("online", "no – yes", 9)
    assert first["estimate"] == pytest.approx((3 / 5) / (6 / 4))
    adjusted = ratios.query("statistic == 'adjusted rate ratio' and not weighted")
    assert adjusted["by"].tolist() == ["online", "is_fresh"]
    assert set(terms["by"]) == {"online"}


def test_platforms_are_tested_one_by_one_and_adjusted_together(bakeries, whole):
    many = pd.concat([bakeries] * 6, ignore_index=True)
    tests = platforms.tests(analyse.designs(many, WEIGHTING), whole, min_n=5)
    plain = tests[~tests["weighted"]].set_index("option")
    assert plain.index.tolist() == ["white", "rye", "none", "other"]
    # Nobody ticked the last two: there is nothing to test, and nothing to adjust for.
    assert plain["p"].notna().tolist() == [True, True, False, False]
    smaller, larger = sorted(plain.loc[["white", "rye"], "p"])
    assert plain["p_holm"].min() == pytest.approx(min(1, 2 * smaller))
    assert plain["p_holm"].max() == pytest.approx(max(min(1, 2 * smaller), larger))


def test_parts_that_are_missing_or_unknown_are_named(codebook_file, codebook_text):
    codebook = load_codebook(
        codebook_file(codebook_text + "\nanalyse: {goals: {question: breads, size: size}}\n")
    )
    with pytest.raises(StudyError) as caught:
        analyse.parts(codebook, "goals", "question", "by")
    assert "no by and the unknown part size" in str(caught.value)
    assert "analyse > goals" in str(caught.value)
