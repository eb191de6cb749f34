"""Tails of weighted sums of independent chi-square variables, ``P(sum a_j X_j > 0)``.

With one negative weight this is the tail of a ratio: ``sum a_j X_j`` over a mean square of the design, the
reference of the Rao-Scott statistic without a correction of its own.
"""

import numpy as np
from scipy import integrate, optimize, stats


def _scaled(weights: np.ndarray, df: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Weights over the largest, degrees of freedom, and the ends of where the generating function exists."""
    weights, df = np.asarray(weights, dtype=float), np.asarray(df, dtype=float)
    weights, df = weights[weights != 0], df[weights != 0]
    weights = weights / weights.max()
    return weights, df, float((1 / (2 * weights[weights < 0])).max()), 0.5


def _cumulants(weights: np.ndarray, df: np.ndarray, at: complex) -> tuple[complex, complex, complex]:
    """The cumulant generating function ``-sum df log(1 - 2 a z) / 2`` and two derivatives."""
    ratio = weights / (1 - 2 * weights * at)
    height, slope, spread = -(df @ np.log1p(-2 * weights * at)) / 2, df @ ratio, 2 * (df @ ratio**2)
    return height.item(), slope.item(), spread.item()


def _saddle(weights: np.ndarray, df: np.ndarray, low: float, high: float) -> float:
    """Where the derivative of the generating function is zero."""
    inward = 1 - 1e-9
    return optimize.brentq(
        lambda z: _cumulants(weights, df, z)[1], low * inward, high * inward, xtol=1e-16, rtol=1e-14
    )


def upper_tail(weights: np.ndarray, df: np.ndarray) -> float:
    """``P(sum a_j X_j > 0)`` for independent ``X_j ~ chi²(df_j)``, to about ten digits of the tail itself.

    Parameters
    ----------
    weights
        (k,) a_j, of both signs.
    df
        (k,) degrees of freedom.

    Notes
    -----
    Integrates ``exp(K(z)) / z`` along the vertical through the saddle point of K (or a little to the right of
    zero, if that is further), where the integrand hardly oscillates; a tail of 1e-30 keeps its digits. Davies
    (1980) integrates along the imaginary axis, to an absolute error.
    """
    weights, df, low, high = _scaled(weights, df)
    width = 1 / np.sqrt(_cumulants(weights, df, 0.0)[2])
    centre = max(_saddle(weights, df, low, high), min(0.3 * width, high / 2))
    height, _, spread = _cumulants(weights, df, centre)
    width = 1 / np.sqrt(spread)

    def integrand(t: float) -> float:
        z = complex(centre, t * width)
        return float((np.exp(_cumulants(weights, df, z)[0] - height) / z).real)

    return float(np.exp(height) * width * _integral(integrand) / np.pi)


def saddlepoint(weights: np.ndarray, df: np.ndarray) -> float | None:
    """`upper_tail` by Lugannani and Rice's formula in the form of Barndorff-Nielsen (Kuonen 1999).

    None where the saddle point is too close to zero for it (below 1e-4 in units of the largest weight), as in
    R's ``survey``.
    """
    weights, df, low, high = _scaled(weights, df)
    at = _saddle(weights, df, low, high)
    if abs(at) < 1e-4:
        return None
    height, _, spread = _cumulants(weights, df, at)
    w = np.sign(at) * np.sqrt(-2 * height)
    return float(stats.norm.sf(w + np.log(at * np.sqrt(spread) / w) / w))


def sum_tail(value: float, weights: np.ndarray) -> float:
    """``P(sum a_j X_j > value)`` for independent ``X_j ~ chi²(1)`` and positive a_j, to about ten digits.

    As `upper_tail`, with ``K(z) = -sum log(1 - 2 a z) / 2 - value z``, but along a parabola that bends
    towards positive numbers, where the integrand vanishes as a normal density does; on the vertical it would
    fade too slowly.
    """
    if value <= 0:
        return 1.0
    largest = weights.max()
    weights, value = weights / largest, value / largest

    def cumulants(z: complex) -> tuple[complex, complex, complex]:
        ratio = weights / (1 - 2 * weights * z)
        return -np.log1p(-2 * weights * z).sum() / 2 - value * z, ratio.sum() - value, 2 * (ratio**2).sum()

    width = 1 / np.sqrt(cumulants(0.0)[2])
    low = -len(weights) / (2 * value) - 1
    saddle = optimize.brentq(lambda z: cumulants(z)[1], low, 0.5 * (1 - 1e-12), xtol=1e-16, rtol=1e-14)
    centre = max(saddle, min(0.3 * width, 0.25))
    height, _, spread = cumulants(centre)
    width = 1 / np.sqrt(spread)

    bend = 0.05 / (value * width)

    def integrand(t: float) -> float:
        z = complex(centre + bend * t * t, t * width)
        return float((np.exp(cumulants(z)[0] - height) / z * complex(2 * bend * t, width)).imag)

    return float(np.exp(height) * _integral(integrand) / np.pi)


def _integral(integrand) -> float:
    """From zero to infinity."""
    parts = [(0, 1), (1, 3), (3, 10), (10, 100), (100, np.inf)]
    return sum(integrate.quad(integrand, *part, epsabs=1e-13, epsrel=1e-11, limit=400)[0] for part in parts)
