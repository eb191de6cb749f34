"""Confidence intervals for proportions, vectorised; the methods of R's ``svyciprop`` and Wilson's."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

METHODS = ("logit", "beta", "likelihood", "asin", "xlogit", "mean", "wilson")


def t_quantile(level: float, df: ArrayLike) -> np.ndarray:
    """Two-sided t quantile for a confidence level; NaN where no degree of freedom is left."""
    df = np.asarray(df, dtype=float)
    return stats.t.ppf((1 + level) / 2, np.where(df > 0, df, np.nan))


def by_t(estimate: np.ndarray, se: np.ndarray, df: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Estimate plus and minus the t quantile times the standard error."""
    half = t_quantile(level, df) * se
    return estimate - half, estimate + half


def clopper_pearson(p: np.ndarray, n: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Exact binomial interval of the proportion p among n cases; n need not be whole (Korn and Graubard)."""
    tail = (1 - level) / 2
    low = stats.beta.ppf(tail, n * p, n * (1 - p) + 1)
    high = stats.beta.ppf(1 - tail, n * p + 1, n * (1 - p))
    return np.where(p <= 0, 0.0, low), np.where(p >= 1, 1.0, high)


def proportion_interval(
    p: ArrayLike,
    variance: ArrayLike,
    df: ArrayLike,
    base: ArrayLike,
    effective: ArrayLike,
    level: float = 0.95,
    method: str = "logit",
    fixed: np.ndarray | bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of each proportion.

    Parameters
    ----------
    p, variance
        Proportion (0 to 1) and its design-based variance.
    df
        Degrees of freedom of the variance.
    base
        Unweighted cases in the denominator.
    effective
        `SurveyDesign.effective_units`: stands in for n where the sample shows no variance, because nobody or
        everybody said yes, or all first-stage units happen to have the same share. The interval then is
        Clopper and Pearson's, whatever the method.
    method
        "logit" and "xlogit": t interval on the log odds. "beta": Korn and Graubard (1998), Clopper and
        Pearson's with n = p(1-p)/variance, scaled by the squared ratio of t quantiles at ``base - 1`` and
        ``df``; for small counts. "asin": t interval of the arcsine of the root. "likelihood": where the
        binomial log likelihood, scaled by the design effect, drops by half the squared t quantile (R
        interpolates on a grid; this is the root). "wilson": score interval with that n. "mean": symmetric;
        may leave 0 to 1.
    fixed
        Whether the calibration fixes the proportion; the interval then has no width.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper ends.
    """
    if method not in METHODS:
        raise ValueError(f"the interval method must be one of {', '.join(METHODS)}, not {method!r}.")
    p, variance, df, base, effective = (
        np.asarray(a, dtype=float) for a in (p, variance, df, base, effective)
    )
    t = t_quantile(level, df)
    se = np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        if method in ("logit", "xlogit"):
            middle, half = special.logit(p), t * se / (p * (1 - p))
            low, high = special.expit(middle - half), special.expit(middle + half)
        elif method == "asin":
            middle, half = np.arcsin(np.sqrt(p)), t * se / (2 * np.sqrt(p * (1 - p)))
            # R lets the angle run on past 0 and a right angle, where the sine turns back; stop there instead.
            low = np.sin(np.maximum(middle - half, 0)) ** 2
            high = np.sin(np.minimum(middle + half, np.pi / 2)) ** 2
        elif method == "mean":
            low, high = p - t * se, p + t * se
        else:
            n_eff = np.where(variance > 0, p * (1 - p) / variance, np.inf)
            if method == "beta":
                n_eff = n_eff * (t_quantile(level, base - 1) / t) ** 2
                low, high = clopper_pearson(p, n_eff, level)
            elif method == "wilson":
                centre = (p + t**2 / (2 * n_eff)) / (1 + t**2 / n_eff)
                half = t / (1 + t**2 / n_eff) * np.sqrt(p * (1 - p) / n_eff + t**2 / (4 * n_eff**2))
                low, high = centre - half, centre + half
            else:
                low, high = _likelihood(p, n_eff, t)
        # Where everything was drawn the number is infinite, and so is what the sample tells.
        counted = np.where(np.isinf(effective), np.nan, effective)
        exact = clopper_pearson(p, counted, level)
    silent = (variance <= 0) | (p <= 0) | (p >= 1)
    certain = silent & (np.asarray(fixed) | np.isinf(effective))
    low, high = (
        np.where(certain, p, np.where(silent, end, bound))
        for bound, end in zip((low, high), exact, strict=True)
    )
    return low, high


def mover(
    first: Sequence[ArrayLike],
    second: Sequence[ArrayLike],
    correlation: ArrayLike = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a difference, from an estimate and its interval on either side.

    The method of variance estimates recovery (Zou and Donner 2008): what each estimate is from its own end is
    taken as its error on that side, so that the difference keeps the asymmetry of the two. With Wilson's
    intervals of independent shares it is Newcombe's (1998, method 10).

    Parameters
    ----------
    first, second
        Estimate, lower and upper end: numbers, or arrays of one shape.
    correlation
        Of the two estimates.

    Returns
    -------
    tuple
        Ends of the interval of first minus second, of that shape.
    """
    (a, a_low, a_high), (b, b_low, b_high) = (np.asarray(side, dtype=float) for side in (first, second))
    correlation = np.asarray(correlation, dtype=float)
    down, up = a - a_low, a_high - a
    other_down, other_up = b - b_low, b_high - b
    below = down**2 - 2 * correlation * down * other_up + other_up**2
    above = up**2 - 2 * correlation * up * other_down + other_down**2
    gap = a - b
    return gap - np.sqrt(np.maximum(below, 0)), gap + np.sqrt(np.maximum(above, 0))


def _likelihood(p: np.ndarray, n_eff: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    def ends(share, n, bound):
        if not (0 < share < 1 and np.isfinite(n) and np.isfinite(bound)):
            return np.nan, np.nan

        def excess(log_odds):
            lost = share * (np.log(share) - special.log_expit(log_odds))
            lost += (1 - share) * (np.log1p(-share) - special.log_expit(-log_odds))
            return 2 * n * lost - bound**2

        middle, found = special.logit(share), []
        for side in (-1, 1):
            reach = 1.0
            while excess(middle + side * reach) < 0:  # grows at least linearly in the log odds
                reach *= 2
            root = optimize.brentq(excess, middle, middle + side * reach, xtol=1e-13, rtol=1e-14)
            found.append(special.expit(root))
        return tuple(found)

    pairs = [ends(*args) for args in zip(p.ravel(), n_eff.ravel(), t.ravel(), strict=True)]
    low, high = np.array(pairs).reshape(-1, 2).T
    return low.reshape(p.shape), high.reshape(p.shape)
