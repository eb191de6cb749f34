"""How often intervals of change hold the truth, and how often a test finds a change that is none."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nsmo.stats import SurveyDesign
from nsmo.stats.change import Side, change, correlations, pooled
from nsmo.stats.intervals import by_t, proportion_interval

SAMPLES = 4000
#: Four Monte-Carlo standard errors of a share of .95.
NOISE = 4 * np.sqrt(0.95 * 0.05 / SAMPLES)
pytestmark = pytest.mark.slow


def sides(answers: np.ndarray, share: bool) -> tuple[Side, np.ndarray]:
    """Estimates of many simple random samples, (respondents, samples), and what each respondent adds."""
    n = len(answers)
    mean = answers.mean(axis=0)
    apart = (answers - mean) * np.sqrt(n / (n - 1)) / n
    variance = (apart**2).sum(axis=0)
    df, size = np.full(mean.shape, n - 1.0), np.full(mean.shape, float(n))
    if share:
        low, high = proportion_interval(mean, variance, df, size, size, 0.95)
    else:
        low, high = by_t(mean, np.sqrt(variance), df, 0.95)
    return Side(mean, np.sqrt(variance), low, high, df, size), apart


def held(made, truth: float) -> float:
    return float(((made.low <= truth) & (truth <= made.high)).mean())


@pytest.mark.parametrize(("p", "q"), [(0.5, 0.5), (0.3, 0.42), (0.1, 0.1), (0.05, 0.12), (0.95, 0.95)])
@pytest.mark.parametrize(("n", "m"), [(60, 60), (150, 400)])
def test_independent_shares(p, q, n, m):
    rng = np.random.default_rng(1)
    before, _ = sides((rng.uniform(size=(n, SAMPLES)) < p) * 1.0, share=True)
    now, _ = sides((rng.uniform(size=(m, SAMPLES)) < q) * 1.0, share=True)
    share = np.ones(SAMPLES, dtype=bool)
    made = change(before, now, share=share)
    assert 0.95 - NOISE <= held(made, q - p) <= 0.985
    average = pooled([before, now], share=share)
    assert 0.95 - NOISE <= held(average, (p + q) / 2) <= 0.985
    if p == q:
        assert np.nanmean(made.p < 0.05) <= 0.05 + NOISE


@pytest.mark.parametrize("sizes", [(12, 80), (60, 60)])
def test_independent_means_of_unequal_spread(sizes):
    rng = np.random.default_rng(2)
    before, _ = sides(rng.normal(5, 4, (sizes[0], SAMPLES)), share=False)
    now, _ = sides(rng.normal(5, 1, (sizes[1], SAMPLES)), share=False)
    made = change(before, now, share=np.zeros(SAMPLES, dtype=bool))
    assert abs(held(made, 0) - 0.95) <= NOISE
    assert abs((made.p < 0.05).mean() - 0.05) <= NOISE
    # With the degrees of freedom of both, as R has it, the smaller and wider one would be trusted too much.
    df = sum(sizes) - 2
    plain = 2 * stats.t.sf(np.abs(made.estimate / made.se), df)
    if sizes[0] != sizes[1]:
        assert (plain < 0.05).mean() > 0.05 + NOISE


@pytest.mark.parametrize("shared", [0, 60, 140, 200])
@pytest.mark.parametrize("p", [0.5, 0.15])
def test_surveys_that_share_respondents(shared, p):
    rng = np.random.default_rng(3)
    n = 200
    first, second = rng.normal(size=(2, n, SAMPLES))
    # Who takes part again answers much as before.
    again = 0.8 * first[n - shared :] + 0.6 * second[:shared]
    second = np.concatenate([again, second[shared:]])
    people = np.arange(n), np.arange(n - shared, 2 * n - shared)
    for share in (True, False):
        cut = stats.norm.ppf(p)
        answers = [(one < cut) * 1.0 if share else one for one in (first, second)]
        (before, a), (now, b) = (sides(one, share) for one in answers)
        rho = correlations(a, b, people)
        made = change(before, now, share=np.full(SAMPLES, share), correlation=rho)
        assert 0.95 - NOISE <= held(made, 0) <= 0.95 + 2 * NOISE
        assert np.nanmean(made.p < 0.05) <= 0.05 + NOISE
        assert np.nanmean(made.p < 0.05) >= 0.05 - 2 * NOISE
        # The standard errors are those of the differences over the samples.
        assert np.sqrt((made.se**2).mean()) == pytest.approx(made.estimate.std(), rel=0.05)
        if shared:
            alone = change(before, now, share=np.full(SAMPLES, share))
            assert made.se.mean() < alone.se.mean()


def test_weighted_samples_in_strata():
    rng = np.random.default_rng(4)
    hits = tests = 0
    samples = 600
    for _ in range(samples):
        found = []
        for n in (150, 250):
            stratum = rng.integers(0, 3, n)
            weight = np.array([1.0, 2.0, 5.0])[stratum]
            yes = rng.uniform(size=n) < np.array([0.2, 0.4, 0.5])[stratum]
            frame = pd.DataFrame({"yes": yes, "w": weight, "h": stratum})
            found.append(Side.of(SurveyDesign(frame, weights="w").proportion("yes")))
        made = change(*found, share=np.array([True]))
        hits += int(made.low[0] <= 0 <= made.high[0])
        tests += int(made.p[0] < 0.05)
    noise = 4 * np.sqrt(0.95 * 0.05 / samples)
    assert abs(hits / samples - 0.95) <= noise
    assert abs(tests / samples - 0.05) <= noise
