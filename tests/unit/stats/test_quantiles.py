import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmo.stats import DesignError, SurveyDesign
from nsmo.stats.intervals import t_quantile
from nsmo.stats.quantiles import weighted_quantile

NUMPY = {
    "math": "inverted_cdf",
    "school": "averaged_inverted_cdf",
    "hf2": "averaged_inverted_cdf",
    "hf7": "linear",
}
values = st.lists(st.integers(-50, 50), min_size=1, max_size=30)


@given(values, st.integers(1, 19), st.sampled_from(sorted(NUMPY)))
def test_with_equal_weights_the_rules_are_numpys(numbers, twentieth, rule):
    numbers, p = np.array(numbers, dtype=float), twentieth / 20
    found = weighted_quantile(numbers, np.full(len(numbers), 2.5), p, rule)
    assert found == pytest.approx(np.quantile(numbers, p, method=NUMPY[rule]), rel=1e-9, abs=1e-12)


@given(values, st.floats(0.01, 0.99), st.sampled_from(["math", "school", "hf2", "shahvaish", "hf7"]))
def test_the_scale_of_the_weights_is_of_no_consequence(numbers, p, rule):
    numbers = np.array(numbers, dtype=float)
    weights = np.linspace(1, 3, len(numbers))
    one, two = (weighted_quantile(numbers, weights * scale, p, rule) for scale in (1, 1024.0))
    assert one == two
    assert numbers.min() <= one <= numbers.max()


def test_the_median_of_four_as_one_learns_it_at_school():
    numbers, weights = np.array([1.0, 2, 4, 10]), np.ones(4)
    assert weighted_quantile(numbers, weights, 0.5, "math") == 2
    assert weighted_quantile(numbers, weights, 0.5, "school") == 3
    # (k - 1/2 + 1/2) / (n + 1) = k / 5
    assert weighted_quantile(numbers, weights, [0.1, 0.4, 0.59, 0.6], "shahvaish").tolist() == [1, 2, 2, 4]


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_the_score_interval_holds_just_the_values_that_are_not_rejected(p):
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {"y": rng.integers(0, 30, 120), "w": rng.uniform(1, 3, 120), "psu": np.arange(120) // 4}
    )
    design = SurveyDesign(frame, "w", clusters="psu")
    row = design.quantile("y", p, interval="score").iloc[0]
    grid = np.unique(frame["y"])
    kept = []
    for value in grid:
        share = design.assign(below=frame["y"] <= value).mean("below").iloc[0]
        kept.append(abs(share["estimate"] - p) <= t_quantile(0.95, share["df"]) * share["se"])
    last = np.flatnonzero(kept)[-1]
    assert row["ci_low"] == grid[np.flatnonzero(kept)[0]]
    assert row["ci_high"] == grid[last + 1]


@pytest.mark.parametrize("seed", [0, 18, 23, 29, 31, 36, 37, 49])
def test_the_score_interval_goes_on_to_the_last_value_that_is_not_rejected(seed):
    # With few clusters the test may reject a value and not the next one.
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"y": rng.integers(0, 60, 60), "w": rng.gamma(1, 1, 60) + 0.01})
    frame["psu"] = np.arange(60) % 5
    design = SurveyDesign(frame, "w", clusters="psu")
    grid, t = np.unique(frame["y"]), t_quantile(0.95, 4)
    for p in (0.2, 0.5, 0.9):
        z = []
        for value in grid:
            share = np.average(frame["y"] <= value, weights=frame["w"])
            away = frame["w"] * ((frame["y"] <= value) - share) / frame["w"].sum()
            z.append((share - p) / np.sqrt(max(5 * away.groupby(frame["psu"]).sum().var(), 1e-30)))
        row = design.quantile("y", p, interval="score").iloc[0]
        assert row["ci_low"] == grid[np.flatnonzero(np.array(z) >= -t)[0]]
        beyond = np.flatnonzero(np.array(z) <= t)[-1] + 1
        assert np.isnan(row["ci_high"]) if beyond == len(grid) else row["ci_high"] == grid[beyond]


@pytest.mark.parametrize("interval", ["mean", "beta", "xlogit", "asin", "logit", "score"])
def test_the_intervals_of_a_median_hold_it(interval):
    rng = np.random.default_rng(2)
    held = []
    for _ in range(200):
        design = SurveyDesign(pd.DataFrame({"y": rng.exponential(size=80)}))
        row = design.quantile("y", 0.5, interval=interval).iloc[0]
        held.append(row["ci_low"] <= np.log(2) <= row["ci_high"])
    assert 0.9 < np.mean(held) < 0.995


def test_an_unknown_rule_or_interval_is_refused():
    design = SurveyDesign(pd.DataFrame({"y": range(9)}))
    with pytest.raises(DesignError, match="rule must be one of math"):
        design.quantile("y", rule="hf9")
    with pytest.raises(DesignError, match="interval must be one of"):
        design.quantile("y", interval="wald")
