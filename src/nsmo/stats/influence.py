"""The linearised estimators: value, weighted influence of every respondent, and totals.

An estimator says three things about itself: its value, the influence of every respondent on it (for the
linearised variance), and the totals it is a function of (for the variance by replicates).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .coding import sum_by


@dataclass
class Linearised:
    """Value, influence and totals of the estimates of one question in every group."""

    theta: np.ndarray  # (groups * options,)
    influence: np.ndarray  # (rows, groups * options), per unit of weight
    totals: np.ndarray  # (rows, q): what is summed with weights
    function: Callable[[np.ndarray], np.ndarray]  # (q, replicates) -> (groups * options, replicates)
    relative: np.ndarray | None = None  # theta as `function` gives it, if that leaves a constant off

    @property
    def centre(self) -> np.ndarray:
        """Theta in the terms of `function`."""
        return self.theta if self.relative is None else self.relative


def _spread_over_groups(values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """(rows, k) to (rows, groups * k), zero outside a row's own group."""
    if groups == 1:
        return np.where((group == 0)[:, None], values, 0.0)
    rows, k = values.shape
    wide = np.zeros((rows, groups, k))
    inside = np.flatnonzero(group >= 0)
    wide[inside, group[inside]] = values[inside]
    return wide.reshape(rows, groups * k)


def _distance(values, centre):
    """Differences, with those that are mere rounding set to zero: no variance is better than 1e-32."""
    difference = values - centre
    return np.where(np.abs(difference) <= 1e-14 * np.abs(centre), 0.0, difference)


def first_values(w: np.ndarray, y: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """A value of each group and column, (groups, k), to take differences from.

    Sums of differences keep the digits that sums of the values lose when these are large and close together;
    and where all are the same, every difference is exactly zero.
    """
    rows = np.flatnonzero((group >= 0) & (w != 0))[::-1]
    first = np.zeros((groups, y.shape[1]))
    first[group[rows]] = y[rows]  # the last written is the first
    return first


def linear_mean(
    w: np.ndarray, y: np.ndarray, group: np.ndarray, groups: int, exact: np.ndarray | None
) -> Linearised:
    """Means of the columns of y in each group; ``exact`` marks shares that are exactly 0 or 1."""
    inside = group >= 0
    safe = np.where(inside, group, 0)
    w = np.where(inside, w, 0.0)
    size = sum_by(safe, w, groups)
    k = y.shape[1]
    from_ = np.zeros((groups, k)) if exact is not None else first_values(w, y, group, groups)
    if exact is None:
        y = np.where(inside[:, None], y - from_[safe], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        theta = sum_by(safe, w[:, None] * y, groups) / size[:, None]
        if exact is not None:  # nobody, or everybody: not "almost", as rounding would have it
            theta = np.where(exact == 0, theta, np.where(exact > 0, 1.0, 0.0))
            theta[size == 0] = np.nan
        influence = np.where((size != 0)[safe][:, None], (y - theta[safe]) / size[safe][:, None], 0.0)

    def function(totals):
        parts = totals.reshape(groups, k + 1, -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return (parts[:, :k] / parts[:, k:]).reshape(groups * k, -1)

    totals = np.hstack([y, np.ones((len(y), 1))])
    return Linearised(
        (theta + from_).ravel(),
        _spread_over_groups(influence, group, groups),
        _spread_over_groups(totals, group, groups),
        function,
        theta.ravel(),
    )


def linear_total(w: np.ndarray, y: np.ndarray, group: np.ndarray, groups: int) -> Linearised:
    """Totals of the columns of y in each group."""
    wide = _spread_over_groups(y, group, groups)
    return Linearised(w @ wide, wide, wide, lambda totals: totals)


def linear_ratio(w: np.ndarray, y: np.ndarray, x: np.ndarray, group: np.ndarray, groups: int) -> Linearised:
    """Ratio of the totals of y and x in each group."""
    wide_y, wide_x = _spread_over_groups(y, group, groups), _spread_over_groups(x, group, groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = w @ wide_x
        theta = (w @ wide_y) / below
        influence = np.where(np.isfinite(theta), (wide_y - theta * wide_x) / below, 0.0)

    def function(totals):
        with np.errstate(divide="ignore", invalid="ignore"):
            return totals[:groups] / totals[groups:]

    return Linearised(theta, influence, np.hstack([wide_y, wide_x]), function)


def linear_variance(
    w: np.ndarray, y: np.ndarray, group: np.ndarray, groups: int, cases: np.ndarray
) -> Linearised:
    """Population variance of y in each group."""
    inside = group >= 0
    safe = np.where(inside, group, 0)
    w = np.where(inside, w, 0.0)
    size = sum_by(safe, w, groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        correction = cases / (cases - 1)
        y = np.where(inside, y[:, 0] - first_values(w, y, group, groups)[safe, 0], 0.0)
        centre = sum_by(safe, w * y, groups) / size
        # Distances from the mean keep the three totals of a replicate free of cancellation.
        distance = np.where(inside, y - centre[safe], 0.0)
        theta = sum_by(safe, w * distance**2, groups) / size * correction
        each = _distance(distance**2 * correction[safe], theta[safe]) / size[safe]
    each = np.where(np.isfinite(each), each, 0.0)

    def function(totals):
        parts = totals.reshape(groups, 3, -1)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = parts[:, 1] / parts[:, 2]
            return (parts[:, 0] / parts[:, 2] - mean**2) * correction[:, None]

    totals = np.column_stack([distance**2, distance, np.ones(len(distance))])
    return Linearised(
        theta,
        _spread_over_groups(each[:, None], group, groups),
        _spread_over_groups(totals, group, groups),
        function,
    )


def srs_variance(
    w: np.ndarray, counts: np.ndarray, group: np.ndarray, groups: int, linear: Linearised, deff: str
) -> np.ndarray:
    """Variance of each estimate under simple random sampling of as many respondents."""
    inside = (group >= 0) & (w != 0)
    safe = np.where(inside, group, 0)
    w = np.where(inside, w, 0.0)
    k = linear.influence.shape[1] // groups
    size = np.repeat(sum_by(safe, w, groups), k)
    cases = np.repeat(sum_by(safe, np.where(inside, counts, 0.0), groups), k)
    z = linear.influence
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (w @ z) / size
        # Zero outside the group: a column's sum of squares is its group's.
        square = (w @ (z * z)) / size
        spread = np.where(square - mean**2 > 1e-13 * square, square - mean**2, 0.0) * cases / (cases - 1)
        variance = spread * size**2 / cases
        if deff == "noreplace":
            variance = np.where(size >= cases, variance * (size - cases) / size, np.nan)
    return variance
