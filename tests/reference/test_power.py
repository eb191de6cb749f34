"""The power of a comparison of two shares, against base R and against counting every outcome."""

import numpy as np
import pytest
from from_r import expected
from scipy.stats import binom, norm

from nsmo.stats.power import power_of_difference, smallest_difference

R = expected("power")


@pytest.mark.parametrize("case", R["cases"], ids=lambda case: "-".join(f"{value:.3g}" for value in case[:4]))
def test_equal_groups_have_the_power_that_r_gives(case):
    n, share, difference, alpha, power = case
    assert power_of_difference(n, n, share, difference, alpha=alpha) == pytest.approx(power, rel=1e-10)


def exact_power(first: int, second: int, above: float, below: float, alpha: float) -> float:
    """Add up the chances of all pairs of counts at which the pooled z test is significant upwards."""
    x, y = np.arange(first + 1)[:, None], np.arange(second + 1)[None, :]
    pooled = (x + y) / (first + second)
    se = np.sqrt(pooled * (1 - pooled) * (1 / first + 1 / second))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (x / first - y / second) / se > norm.ppf(1 - alpha / 2)
    chances = binom.pmf(x, first, above) * binom.pmf(y, second, below)
    return float(chances[found].sum())


@pytest.mark.parametrize(
    ("first", "second", "share"), [(139, 46, 0.5), (46, 139, 0.5), (139, 46, 0.84), (92, 93, 0.3)]
)
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 14])
def test_the_smallest_difference_is_found_as_often_as_wanted(first, second, share, alpha):
    found = smallest_difference(first, second, share, alpha=alpha, power=0.8)
    above = share + found * second / (first + second)
    below = above - found
    # A normal approximation: the exact power is within a few hundredths of what was wanted.
    assert exact_power(first, second, above, below, alpha) == pytest.approx(0.8, abs=0.04)
