from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bakeries import reasons, survey_of
from scipy import stats

from nsmo.survey.models import rate_ratios
from nsmo.survey.tests import group_tests


@pytest.fixture
def crowd(bakeries, codebook):
    """The bakeries fifty times over, each time in another order of answers."""
    rng = np.random.default_rng(5)
    parts = [
        bakeries.assign(n_breads=rng.poisson(np.where(bakeries["online"] == "yes", 4, 2))) for _ in range(50)
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame["n_breads"] = frame["n_breads"].astype(float)
    frame["n_breads.missing"] = reasons([None] * len(frame))
    return survey_of(frame, codebook)


def test_groups_are_compared_by_what_the_answers_are(crowd):
    tests = group_tests(crowd, ["size", "fresh", ("fresh", "top"), "n_breads"], ["online"])
    plain = tests[~tests["weighted"]]
    assert plain["test"].tolist() == ["chisquare", "rank", "chisquare", "rank"]
    assert plain["n"].tolist() == [500, 400, 500, 500]


def test_rank_test_is_that_of_kruskal_and_wallis_where_groups_are_alike(crowd, codebook):
    rng = np.random.default_rng(6)
    frame = crowd.frame.assign(
        online=pd.Categorical(rng.permutation(crowd.frame["online"]), categories=["yes", "no"])
    )
    shuffled = group_tests(survey_of(frame, codebook), ["n_breads"], ["online"])
    real = group_tests(crowd, ["n_breads"], ["online"])
    known = stats.kruskal(*(part["n_breads"] for _, part in frame.groupby("online", observed=True)))
    assert shuffled["p"].iloc[0] == pytest.approx(known.pvalue, rel=0.05)
    assert real["p"].max() < 0.001


def test_no_test_is_made_of_too_small_a_group(crowd):
    tests = group_tests(replace(crowd, min_n=101), ["fresh", "online"], ["size", "online"])
    assert tests.loc[tests["by"] == "size", ["p", "p_holm"]].isna().all(axis=None)
    # What is held against itself is no test at all.
    made = tests[~tests["weighted"]]
    assert list(zip(made["question"], made["by"], strict=True)) == [
        ("fresh", "size"),
        ("online", "size"),
        ("fresh", "online"),
    ]


def test_ratios_of_one_term_are_those_of_the_means(crowd):
    ratios, terms = rate_ratios(crowd, "n_breads", ["size"], statistic="rate ratio")
    means = crowd.frame.groupby("size", observed=True)["n_breads"].mean()
    plain = ratios[~ratios["weighted"]].set_index("group")["estimate"]
    assert plain["middle – small"] == pytest.approx(means["middle"] / means["small"])
    assert plain["large – small"] == pytest.approx(means["large"] / means["small"])
    assert set(ratios["base"]) == {"complete"}
    assert (terms["by"].tolist(), terms["df"].tolist()) == (["size", "size"], [2, 2])


def test_ratio_of_too_small_a_group_is_hidden(crowd):
    ratios, _ = rate_ratios(replace(crowd, min_n=101), "n_breads", ["size"], statistic="rate ratio")
    assert ratios["suppressed"].all()
    assert ratios[["estimate", "ci_low", "ci_high", "se"]].isna().all(axis=None)


def test_shares_of_one_question_are_tested_one_by_one_and_adjusted_together(bakeries, codebook):
    many = survey_of(pd.concat([bakeries] * 6, ignore_index=True), codebook, min_n=5)
    answers = ["white", "rye", "none", "other"]
    tests = group_tests(many, [("breads", answer) for answer in answers], ["online"])
    plain = tests[~tests["weighted"]].set_index("option")
    assert plain.index.tolist() == answers
    # Nobody ticked the last two: there is nothing to test, and nothing to adjust for.
    assert plain["p"].notna().tolist() == [True, True, False, False]
    smaller, larger = sorted(plain.loc[["white", "rye"], "p"])
    assert plain["p_holm"].min() == pytest.approx(min(1, 2 * smaller))
    assert plain["p_holm"].max() == pytest.approx(max(min(1, 2 * smaller), larger))
