"""Change between surveys: what must hold whatever the numbers, and what other estimators say of the same."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsmo.stats import DesignError, SurveyDesign, share_difference, ttest
from nsmo.stats.change import Side, change, correlations, deviates, pooled

SHARE, MEAN = np.array([True]), np.array([False])


def sample(yes: int, n: int) -> Side:
    frame = pd.DataFrame({"yes": np.arange(n) < yes})
    return Side.of(SurveyDesign(frame).proportion("yes"))


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 80), st.integers(2, 80), st.floats(0, 1), st.floats(0, 1))
def test_a_difference_turned_round_is_the_same_with_the_other_sign(n, m, p, q):
    one, other = sample(round(p * n), n), sample(round(q * m), m)
    there, back = change(one, other, share=SHARE), change(other, one, share=SHARE)
    np.testing.assert_allclose(there.estimate, -back.estimate, atol=1e-15)
    np.testing.assert_allclose([there.low, there.high], [-back.high, -back.low], atol=1e-12)
    np.testing.assert_allclose(there.p, back.p, atol=1e-12)
    assert there.low[0] - 1e-12 <= there.estimate[0] <= there.high[0] + 1e-12
    assert there.low[0] >= -1 - 1e-12
    assert there.high[0] <= 1 + 1e-12
    assert np.isnan(there.p[0]) or 0 <= there.p[0] <= 1


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 80), st.floats(0, 1), st.floats(-1, 1))
def test_the_same_estimate_twice_is_no_change(n, p, rho):
    one = sample(round(p * n), n)
    made = change(one, one, share=SHARE, correlation=rho)
    assert made.estimate[0] == 0
    assert np.isnan(made.p[0]) or made.p[0] == 1
    average = pooled([one, one, one], share=SHARE)
    np.testing.assert_allclose(average.estimate, one.estimate, rtol=1e-12)


@pytest.mark.parametrize(("a", "n", "b", "m"), [(30, 100, 45, 120), (2, 60, 9, 70), (0, 40, 6, 50)])
def test_independent_samples_are_the_groups_of_one(a, n, b, m):
    frame = pd.DataFrame(
        {"yes": [*(np.arange(n) < a), *(np.arange(m) < b)], "wave": ["then"] * n + ["now"] * m}
    )
    groups = share_difference(SurveyDesign(frame), "yes", "wave", ("then", "now"))
    made = change(sample(a, n), sample(b, m), share=SHARE)
    np.testing.assert_allclose(made.estimate, groups.estimate)
    np.testing.assert_allclose(
        [made.low[0], made.high[0]], [groups.ci_low, groups.ci_high], rtol=2e-3, atol=1e-3
    )
    # Rao and Scott's chi-square asks the same; it parts by n/(n-1).
    assert made.p[0] == pytest.approx(groups.p, abs=0.01)


def test_means_of_like_spread_are_the_t_test():
    rng = np.random.default_rng(1)
    then, now = rng.normal(5, 1, 80), rng.normal(5.4, 1, 90)
    frame = pd.DataFrame({"y": [*then, *now], "wave": ["then"] * 80 + ["now"] * 90})
    test = ttest(SurveyDesign(frame), "y", "wave", ("then", "now"))
    sides = [Side.of(SurveyDesign(pd.DataFrame({"y": y})).mean("y")) for y in (then, now)]
    made = change(*sides, share=MEAN)
    np.testing.assert_allclose(made.estimate[0], test.estimate, rtol=1e-12)
    np.testing.assert_allclose(made.se[0], test.se, rtol=0.01)
    assert made.p[0] == pytest.approx(test.p, abs=0.002)
    np.testing.assert_allclose([made.low[0], made.high[0]], [test.ci_low, test.ci_high], atol=0.01)


def test_simple_random_samples_that_share_respondents_have_the_covariance_of_kish():
    rng = np.random.default_rng(2)
    y, x = rng.normal(size=60), rng.normal(size=80)
    x[:40] = 0.7 * y[20:] + 0.3 * x[:40]
    found = [
        deviates(SurveyDesign(pd.DataFrame({"y": one})), ((one - one.mean()) / len(one))[:, None])
        for one in (y, x)
    ]
    rho = correlations(*found, (np.arange(60), np.arange(20, 100)))[0]
    se = [one.std(ddof=1) / np.sqrt(len(one)) for one in (y, x)]
    products = ((y[20:] - y.mean()) * (x[:40] - x.mean())).sum()
    scale = np.sqrt(60 / 59 * 80 / 79)
    assert rho * se[0] * se[1] == pytest.approx(scale * products / (60 * 80), rel=1e-12)


def test_who_cannot_be_taken_apart_is_refused():
    frame = pd.DataFrame({"y": [1.0, 2, 3, 4], "school": [1, 1, 2, 2]})
    with pytest.raises(DesignError, match="clusters"):
        deviates(SurveyDesign(frame, clusters="school"), np.zeros((4, 1)))
    with pytest.raises(DesignError, match="there twice"):
        correlations(np.zeros((2, 1)), np.zeros((2, 1)), ([1, 1], [1, 2]))


def test_a_share_that_nobody_gave_or_weighting_sets_is_not_tested():
    nobody = sample(0, 40)
    assert np.isnan(change(nobody, sample(0, 50), share=SHARE).p[0])
    fixed = Side(*(np.array([one]) for one in (0.4, 0.0, 0.4, 0.4, 39.0, 40.0)))
    assert np.isnan(change(fixed, sample(30, 50), share=SHARE).p[0])
