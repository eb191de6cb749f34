from itertools import product

import numpy as np
import pandas as pd
import pytest
from bakeries import survey_of

from nsmo.results import combine_tests
from nsmo.study import StudyError, load_codebook
from nsmo.survey.measures import as_ordered
from nsmo.survey.models import FIRTH, join_ends, odds_ratios
from nsmo.survey.relations import associations, compare_group

ANSWERS = ["disagree", "neutral", "agree"]


def bakers(**answers):
    """Bakers by their answers; those of `fresh` and `cheap` are on a scale of three, None is don't know."""
    n = len(next(iter(answers.values())))
    options = {
        "fresh": ANSWERS,
        "cheap": ANSWERS,
        "size": ["small", "middle", "large"],
        "online": ["yes", "no"],
    }
    columns = {}
    for name, given in ({"size": ["small"] * n, "online": ["yes"] * n} | answers).items():
        ordered = name in ("fresh", "cheap")
        columns[name] = pd.Categorical(given, categories=options[name], ordered=ordered)
        why = ["dont_know" if value is None else None for value in given]
        columns[f"{name}.missing"] = pd.Categorical(why, ["dont_know", "refused", "not_asked", "no_answer"])
    columns["weight"] = np.ones(n)
    columns["margin.size"] = columns["size"]
    return pd.DataFrame(columns)


@pytest.fixture
def codebook(codebook_file, codebook_text):
    asked = "label: {nl: Online, en: Online}\n"
    return load_codebook(codebook_file(codebook_text.replace(asked, asked + '    top_box: ["yes"]\n')))


@pytest.fixture
def hundreds():
    """Six hundred bakers; who sells online values fresh bread more, at every step of the scale alike."""
    rng = np.random.default_rng(7)
    online = rng.random(600) < 0.5
    hidden = rng.logistic(size=600) + np.where(online, 1.2, 0.0)
    return bakers(
        online=np.where(online, "yes", "no").tolist(),
        fresh=[ANSWERS[int(v)] for v in np.digitize(hidden, [-0.5, 1.0])],
        cheap=rng.choice(ANSWERS, 600).tolist(),
        size=rng.choice(["small", "middle", "large"], 600).tolist(),
    )


def plain(frame, **where):
    frame = frame[~frame["weighted"]]
    for column, value in where.items():
        frame = frame[frame[column].isna() if value is None else frame[column].eq(value)]
    return frame


def only(frame, **where):
    found = plain(frame, **where)
    assert len(found) == 1, found
    return found.iloc[0]


# -- what goes up --------------------------------------------------------------------------------------------


def test_answers_go_up_by_their_order_or_by_what_counts(codebook):
    frame = bakers(online=["yes", "no", None], fresh=["agree", None, "disagree"])
    assert as_ordered(frame, codebook.variable("fresh")).tolist()[::2] == [3.0, 1.0]
    yes = as_ordered(frame, codebook.variable("online"))
    assert yes.tolist()[:2] == [True, False]
    assert yes.isna().tolist() == [False, False, True]
    agree = as_ordered(frame, codebook.variable("fresh"), "neutral")
    assert (agree.tolist()[0], agree.isna().tolist()) == (False, [False, True, False])
    with pytest.raises(StudyError, match="'size' is single and has no `top_box`"):
        as_ordered(frame, codebook.variable("size"))


# -- associations --------------------------------------------------------------------------------------------


def test_an_association_counts_pairs_that_agree_and_disagree(codebook):
    fresh = ["agree", "agree", "neutral", "disagree", "neutral", "disagree", "agree", None]
    online = ["yes", "yes", "yes", "yes", "no", "no", "no", "yes"]
    found, tests = associations(
        survey_of(bakers(fresh=fresh, online=online), codebook, min_n=5), [("online", "fresh")]
    )
    scores = {"disagree": 1, "neutral": 2, "agree": 3}
    high, low = (
        [scores[f] for f, o in zip(fresh, online, strict=True) if o == w and f] for w in ("yes", "no")
    )
    signs = [np.sign(a - b) for a, b in product(high, low)]
    row = only(found)
    assert row["estimate"] == pytest.approx(sum(signs) / len(signs))
    assert (row["question"], row["by"], row["n"], row["base"]) == ("fresh", "online", 7, "complete")
    assert only(tests)["statistic"] == pytest.approx(row["estimate"] / row["se"])
    # A test that stands alone keeps its p.
    assert only(tests)["p_holm"] == pytest.approx(only(tests)["p"])


def test_holm_covers_all_pairs_and_the_weighted_by_themselves(hundreds, codebook):
    pairs = [("online", "fresh"), ("online", "cheap"), ("cheap", "fresh")]
    _, tests = associations(survey_of(hundreds, codebook, min_n=5), pairs)
    for weighted in (False, True):
        part = tests[tests["weighted"] == weighted]
        smallest = part["p"].idxmin()
        assert part.loc[smallest, "p_holm"] == pytest.approx(min(1, 3 * part.loc[smallest, "p"]))


def test_an_association_of_too_few_is_hidden_with_its_test(hundreds, codebook):
    found, tests = associations(survey_of(hundreds, codebook, min_n=601), [("online", "fresh")])
    assert found["suppressed"].all()
    assert found[["estimate", "se", "ci_low", "ci_high"]].isna().all(axis=None)
    assert tests[["statistic", "df", "p", "p_holm"]].isna().all(axis=None)


# -- one group against the others ----------------------------------------------------------------------------


def test_a_group_is_held_against_each_other_one(hundreds, codebook):
    found, tests = compare_group(survey_of(hundreds, codebook, min_n=5), ["fresh", "cheap"], "size", "large")
    scores = hundreds["fresh"].cat.codes + 1
    means = scores.groupby(hundreds["size"], observed=True).mean()
    for other in ("small", "middle"):
        row = only(found, question="fresh", group=f"large – {other}")
        assert row["estimate"] == pytest.approx(means["large"] - means[other])
        assert row["n"] == hundreds["size"].isin(["large", other]).sum()
    assert len(plain(tests)) == 4
    assert (tests["p_holm"] >= tests["p"]).all()


def test_a_pair_with_a_small_group_is_hidden_and_no_test(codebook):
    size = ["small"] * 8 + ["middle"] * 3 + ["large"] * 8
    frame = bakers(size=size, fresh=(ANSWERS * 7)[:19])
    found, tests = compare_group(survey_of(frame, codebook, min_n=5), ["fresh"], "size", "small")
    assert only(found, group="small – middle")["suppressed"]
    assert not only(found, group="small – large")["suppressed"]
    assert only(tests, group="small – middle")["p_holm"] != only(tests, group="small – middle")["p_holm"]
    assert only(tests, group="small – large")["p_holm"] == pytest.approx(
        only(tests, group="small – large")["p"]
    )


def test_weighted_groups_are_withheld_and_unknown_ones_refused(hundreds, codebook):
    found, _ = compare_group(
        survey_of(hundreds, codebook, subgroups=False, min_n=5), ["fresh"], "size", "small"
    )
    assert not found["weighted"].any()
    with pytest.raises(StudyError, match="has no option 'huge'"):
        compare_group(survey_of(hundreds, codebook, min_n=5), ["fresh"], "size", "huge")


# -- models --------------------------------------------------------------------------------------------------


def test_the_odds_ratio_of_one_term_is_that_of_the_table(hundreds, codebook):
    found, tests = odds_ratios(survey_of(hundreds, codebook, min_n=5), "fresh", ["online"], option="agree")
    counts = pd.crosstab(hundreds["online"], hundreds["fresh"] == "agree")
    row = only(found)
    assert (row["group"], row["option"], row["statistic"]) == ("yes – no", "agree", "adjusted odds ratio")
    assert row["estimate"] == pytest.approx(
        (counts.loc["yes", True] / counts.loc["yes", False])
        / (counts.loc["no", True] / counts.loc["no", False])
    )
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert only(tests)["test"] == "wald"


def test_proportional_odds_are_found_and_stand_their_test(hundreds, codebook):
    found, tests = odds_ratios(survey_of(hundreds, codebook, min_n=5), "fresh", ["online", "size"])
    row = only(found, by="online")
    assert row["ci_low"] < np.exp(1.2) < row["ci_high"]
    assert plain(found)["group"].tolist() == ["yes – no", "middle – small", "large – small"]
    parallel = plain(tests, test="parallel")
    assert parallel["by"].tolist()[:2] == ["online", "size"]
    assert parallel["by"].isna().tolist() == [False, False, True]
    assert parallel["p"].min() > 0.01


def test_odds_that_are_not_proportional_fail_their_test(codebook):
    # Online: all in the middle; not online: half at each end.
    fresh = ["neutral"] * 60 + ["disagree", "agree"] * 10 + ["disagree", "agree"] * 30 + ["neutral"] * 20
    frame = bakers(fresh=fresh, online=["yes"] * 80 + ["no"] * 80)
    _, tests = odds_ratios(survey_of(frame, codebook, min_n=5), "fresh", ["online"])
    assert only(tests, test="parallel", by="online")["p"] < 0.001


def test_a_step_has_one_ratio_and_no_group(hundreds, codebook):
    found, _ = odds_ratios(survey_of(hundreds, codebook, min_n=5), "fresh", ["cheap"], steps=["cheap"])
    assert only(found)["group"] is None


def test_firths_correction_comes_in_where_an_answer_is_told_without_error(codebook):
    fresh = ["agree"] * 30 + ["agree", "disagree", "neutral"] * 10
    frame = bakers(fresh=fresh, online=["yes"] * 30 + ["no"] * 30)
    for option in ("agree", None):
        found, _ = odds_ratios(survey_of(frame, codebook, min_n=5), "fresh", ["online"], option=option)
        assert set(found["statistic"]) == {FIRTH}
        assert np.isfinite(found["estimate"]).all()
        assert only(found)["ci_low"] > 1


@pytest.mark.parametrize(("agree", "named"), [(20, {"adjusted odds ratio"}), (19, {FIRTH})])
def test_firths_correction_comes_in_where_answers_are_fewer_than_ten_for_each_coefficient(
    codebook, agree, named
):
    rng = np.random.default_rng(1)
    fresh = ["agree"] * agree + ["disagree"] * (100 - agree)
    sizes = rng.choice(["small", "middle", "large"], 100)  # two coefficients
    frame = bakers(fresh=fresh, size=sizes.tolist())
    found, _ = odds_ratios(survey_of(frame, codebook, min_n=5), "fresh", ["size"], option="agree")
    assert set(found["statistic"]) == named


def test_the_assumption_is_not_tested_where_too_few_answers_are_left(codebook):
    fresh = ["neutral", "agree"] * 30 + ["disagree"] * 2
    frame = bakers(fresh=fresh, online=["yes", "yes", "no", "no"] * 15 + ["yes", "no"])
    found, tests = odds_ratios(survey_of(frame, codebook, min_n=5), "fresh", ["online"])
    assert np.isfinite(found["estimate"]).all()
    assert tests.loc[tests["test"] == "parallel", "p"].isna().all()
    assert tests.loc[tests["test"] == "wald", "p"].notna().all()


@pytest.mark.parametrize(
    ("least", "left"), [(1, [1, 2, 3, 4, 5]), (2, [2, 3, 4, 5]), (4, [2, 3, 4]), (9, [3, 4]), (99, [4, 5])]
)
def test_rare_ends_are_joined_with_the_next(least, left):
    scores = pd.Series([1.0] + [2.0] * 4 + [3.0] * 9 + [4.0] * 9 + [5.0] * 3)
    joined = join_ends(scores, least)
    assert sorted(joined.unique()) == left
    assert len(joined) == len(scores)


def test_combined_tests_say_what_they_belong_to(hundreds, codebook):
    _, tests = associations(survey_of(hundreds, codebook, min_n=5), [("online", "fresh")])
    tests = combine_tests({"first": tests, "second": tests})
    assert tests["of"].tolist() == ["first", "first", "second", "second"]
