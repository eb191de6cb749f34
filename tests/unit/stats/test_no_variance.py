"""Samples that show no variance, by chance or by kind: nobody, everybody, one answer that tells the other."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nsmo.stats import (
    DesignError,
    SurveyDesign,
    calibrate,
    chisquare,
    cramers_v,
    replicate_weights,
    somers_d,
)


def clusters(yes, size=200):
    """Clusters of one size with as many yes as listed."""
    answers = np.concatenate([np.arange(size) < k for k in yes])
    return SurveyDesign(
        pd.DataFrame({"psu": np.repeat(np.arange(len(yes)), size), "y": answers}), clusters="psu"
    )


def test_where_all_say_yes_clusters_count_not_respondents():
    """One no must not make the interval wider than none."""
    all_yes = clusters([200] * 5).proportion("y").iloc[0]
    one_no = clusters([199] + [200] * 4).proportion("y").iloc[0]
    assert all_yes["ci_low"] == pytest.approx(0.025 ** (1 / 5))
    assert all_yes["n_eff"] == pytest.approx(5)
    assert all_yes["ci_low"] < one_no["ci_low"]


def test_samples_where_all_say_yes_hold_the_truth():
    """True share .95, eight clusters of 50 that are much alike: the samples without a no."""
    rng = np.random.default_rng(4)
    held = []
    while len(held) < 40:
        chance = rng.beta(0.95 * 2, 0.05 * 2, 8)  # intraclass correlation 1/3
        yes = rng.binomial(50, chance)
        if yes.min() == 50:
            held.append(clusters(yes, 50).proportion("y")["ci_low"][0] <= 0.95)
    assert np.mean(held) > 0.95


def test_a_census_leaves_nothing_to_chance():
    frame = pd.DataFrame({"y": [True] * 30, "all": 30})
    census = SurveyDesign(frame, fpc="all").proportion("y").iloc[0]
    assert (census["ci_low"], census["ci_high"]) == (1, 1)
    half = SurveyDesign(frame.assign(all=60), fpc="all").proportion("y").iloc[0]
    assert half["ci_low"] == pytest.approx(0.025 ** (1 / 60))


def test_clusters_that_are_alike_by_chance_do_not_make_an_interval_of_no_width():
    row = clusters([30, 30, 30], 100).proportion("y").iloc[0]
    assert row["se"] == 0
    low, high = stats.beta.ppf([0.025, 0.975], [0.9, 1.9], [3.1, 2.1])  # Clopper and Pearson, 3 cases
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high))


def test_a_share_that_the_calibration_fixes_has_no_width():
    frame = pd.DataFrame({"a": list("uv") * 20, "y": [True, False, False, False] * 10})
    row = calibrate(SurveyDesign(frame), {"a": {"u": 10, "v": 30}}).proportion("a").iloc[0]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.25, 0.25))


@pytest.mark.parametrize("n", [6, 20])
@pytest.mark.parametrize("statistic", ["F", "Chisq", "lincom"])
def test_an_answer_that_tells_the_other_is_tested_as_if_drawn_at_random(n, statistic):
    """R has p = 2e-77 for six respondents; X² itself is 6."""
    frame = pd.DataFrame({"a": ["u"] * (n // 2) + ["v"] * (n // 2), "b": ["p"] * (n // 2) + ["q"] * (n // 2)})
    test = chisquare(SurveyDesign(frame), "a", "b", statistic)
    wanted = stats.chi2.sf(n, 1) if statistic == "Chisq" else stats.f.sf(n, 1, n - 1)
    assert test.p == pytest.approx(wanted, rel=1e-6)
    v = cramers_v(SurveyDesign(frame), "a", "b")
    assert (v.estimate, v.ci_high) == (pytest.approx(1), 1)
    assert 0 <= v.ci_low < 0.9


def test_four_answers_that_tell_four_others():
    frame = pd.DataFrame({"a": list("abcd") * 250, "b": list("wxyz") * 250})
    test = chisquare(SurveyDesign(frame), "a", "b")
    assert test.statistic == pytest.approx(3 * 1000 / 9)
    assert test.df == pytest.approx(9)
    assert cramers_v(SurveyDesign(frame), "a", "b").ci_low > 0.9


def test_unequal_weights_count_where_one_answer_tells_the_other():
    frame = pd.DataFrame({"a": list("uv") * 10, "b": list("pq") * 10, "w": [1.0] * 10 + [3.0] * 10})
    deff = 20 * 100 / 40**2
    test = chisquare(SurveyDesign(frame, "w"), "a", "b")
    assert test.p == pytest.approx(stats.f.sf(20 / deff, 1, 19))


def test_a_table_that_the_calibration_fixes_is_refused_by_both():
    frame = pd.DataFrame({"a": list("uuvv") * 5, "b": list("pq") * 10})
    targets = {("a", "b"): {("u", "p"): 11, ("u", "q"): 10, ("v", "p"): 10, ("v", "q"): 10}}
    design = calibrate(SurveyDesign(frame), targets)
    for function in (chisquare, cramers_v):
        with pytest.raises(DesignError, match="the calibration fixes them"):
            function(design, "a", "b")


def test_at_exact_independence_v_is_zero():
    frame = pd.DataFrame({"a": list("uuvv") * 5, "b": list("pqpq") * 5})
    v = cramers_v(SurveyDesign(frame), "a", "b")
    assert (v.estimate, v.ci_low, v.p) == (0, 0, 1)
    assert np.isnan(v.ci_high)  # a table so even says nothing of how strong the association may be


def test_a_wald_test_with_more_departures_than_clusters_is_refused():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(
        {"psu": np.arange(100) // 25, "a": rng.choice(list("abc"), 100), "b": rng.choice(list("wxyz"), 100)}
    )
    for statistic in ("Wald", "adjWald"):
        with pytest.raises(DesignError, match=f"{statistic} needs more clusters: 3 .* 6 departures"):
            chisquare(SurveyDesign(frame, clusters="psu"), "a", "b", statistic)


def test_replicates_of_clusters_that_all_say_yes_count_clusters():
    row = replicate_weights(clusters([200] * 5), "jk1").proportion("y").iloc[0]
    assert row["ci_low"] == pytest.approx(0.025 ** (1 / 5))


def test_six_people_who_all_go_one_way_do_not_prove_a_law():
    """Three pairs that share nobody: all go up by chance once in eight times."""
    design = SurveyDesign(pd.DataFrame({"x": range(6), "y": range(6)}))
    up = somers_d(design, "x", "y")
    assert (up.estimate, up.ci_high) == (1, 1)
    assert up.ci_low == pytest.approx(2 * 0.025 ** (1 / 3) - 1)
    assert up.p == pytest.approx(2 / 8)
    down = somers_d(design.assign(y=range(6, 0, -1)), "x", "y")
    assert (down.estimate, down.ci_low, down.ci_high) == pytest.approx((-1, -1, -up.ci_low))
    lopsided = SurveyDesign(pd.DataFrame({"x": [0] * 9 + [1], "y": [0] * 9 + [1]}))
    assert somers_d(lopsided, "x", "y").p == 1  # a single pair


def test_groups_are_worth_what_their_own_weights_leave():
    frame = pd.DataFrame({"g": list("aaabbb"), "w": [1.0, 1, 1, 1, 1, 4], "psu": [1, 1, 2, 2, 3, 3]})
    table = SurveyDesign(frame, "w", clusters="psu").effective_sizes("g").set_index("group")
    assert table.loc["a", "n_eff"] == pytest.approx(3)
    assert table.loc["b", "n_eff"] == pytest.approx(36 / 18)
    assert table["df"].tolist() == [1, 1]
    assert SurveyDesign(frame, "w").effective_sizes()["n_eff"][0] == pytest.approx(81 / 21)
