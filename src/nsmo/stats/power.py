"""What a sample can show: the smallest difference between two shares that a test would find.

The test is the two-sided z test of two independent proportions with a pooled variance. Whoever knows more of
the samples than their sizes (weights, for instance) passes effective sizes.
"""

import math

from scipy.optimize import brentq
from scipy.stats import norm


def power_of_difference(
    first: float, second: float, share: float, difference: float, *, alpha: float
) -> float:
    """Compute the chance that a true difference is found significant.

    Parameters
    ----------
    first, second : float
        Respondents in the two groups; effective numbers need not be whole.
    share : float
        Share in both groups together, a fraction.
    difference : float
        Share of the first group minus that of the second, a fraction from 0.
    alpha : float
        Two-sided level of the test.

    Returns
    -------
    float
        A chance; significance in the wrong direction is not counted.

    Raises
    ------
    ValueError
        For groups without respondents, a share or level outside 0 to 1, or a difference that no two groups
        with this share can have.

    Notes
    -----
    With the groups' shares p1, p2 and z the quantile of 1 - alpha / 2: the chance that a normal variable is
    below (p1 - p2 - z sqrt(p q (1/n1 + 1/n2))) / sqrt(p1 q1 / n1 + p2 q2 / n2). For equal groups this is what
    R's ``power.prop.test`` computes (Fleiss, Levin and Paik 2003, chapter 4).
    """
    _check(first, second, share, alpha)
    if not 0 <= difference <= _largest(first, second, share) * (1 + 1e-12):
        raise ValueError(f"no two groups with {share} together differ by {difference}")
    above = min(share + difference * second / (first + second), 1.0)
    below = max(share - difference * first / (first + second), 0.0)
    none = math.sqrt(share * (1 - share) * (1 / first + 1 / second))
    true = math.sqrt(above * (1 - above) / first + below * (1 - below) / second)
    reach = difference - norm.ppf(1 - alpha / 2) * none
    if true == 0:
        return float(reach > 0)
    return float(norm.cdf(reach / true))


def smallest_difference(first: float, second: float, share: float, *, alpha: float, power: float) -> float:
    """Compute the smallest true difference that a test finds with a wanted chance.

    Parameters
    ----------
    first, second, share, alpha
        As in `power_of_difference`; the first group is the one with the larger share.
    power : float
        Wanted chance, for example 0.8.

    Returns
    -------
    float
        A difference of fractions; NaN where not even the largest possible one is found so often.

    Raises
    ------
    ValueError
        As `power_of_difference`, or for a power that is not between the level and 1.
    """
    _check(first, second, share, alpha)
    if not alpha < power < 1:
        raise ValueError(f"power {power} must lie between the level {alpha} and 1")
    largest = _largest(first, second, share)

    def short(difference: float) -> float:
        return power_of_difference(first, second, share, difference, alpha=alpha) - power

    return float(brentq(short, 0, largest, xtol=1e-14)) if short(largest) >= 0 else math.nan


def _largest(first: float, second: float, share: float) -> float:
    """The difference at which one group says yes throughout, or the other no."""
    return (first + second) * min((1 - share) / second, share / first)


def _check(first: float, second: float, share: float, alpha: float) -> None:
    if min(first, second) <= 0:
        raise ValueError(f"groups of {first} and {second} respondents cannot be compared")
    if not (0 < share < 1 and 0 < alpha < 1):
        raise ValueError(f"share {share} and level {alpha} must lie between 0 and 1")
