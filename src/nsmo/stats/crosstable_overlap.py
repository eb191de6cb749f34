"""Tests between groups of a cross-table that overlap, such as the users of two things.

The difference of two shares, or means, is linearised: who is in both groups counts in both with opposite
signs, so what the groups have in common cancels. Its variance is that of the design, as everywhere.
"""

import numpy as np
from scipy import stats

from .contingency import NO_VARIANCE
from .crosstable import SQUARES, Array, Means, Shares, Trio


def overlapping_p(counted: Shares | Means, trio: Trio) -> Array:
    """Test equal shares, or means, in pairs of groups that overlap.

    Parameters
    ----------
    counted
        What was counted, by group.
    trio
        The numbers of the two groups, and of those who are in both.

    Returns
    -------
    (pairs, k)
        Of means the p-value by t. Of shares that of the squared difference over its variance in a simple
        random sample with equal shares, divided by the design effect of the difference (Rao and Scott), as
        F: without weights and clusters the z test of partially overlapping samples, and for groups that do
        not overlap the chi-square of the table of two by two. Missing where the groups are the same, nobody
        or everybody gave the answer, a group has no degree of freedom, or the calibration fixes the
        difference.
    """
    first, second, both = trio
    pairs = np.arange(len(first))
    either = np.zeros((counted.crossing.groups, len(first)))
    for sign, group in ((1, first), (1, second), (-1, both)):
        either[group, pairs] += sign
    df = counted.crossing.degf_of(counted, either)
    df = np.where(np.minimum(counted.df[first], counted.df[second]) >= 1, df, np.nan)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = counted.moments()[0].sum(axis=0) / counted.size[:, None]
        gap = value[first] - value[second]
        variance = counted.crossing.of_overlap(counted, value, trio)
        if isinstance(counted, Means):
            distance = np.abs(gap) / np.sqrt(np.where(variance > 0, variance, np.nan))
            return 2 * stats.t.sf(distance, np.where(df > 1, df - 1, np.nan))
        of_both = counted.w.sum(axis=0)[both] / counted.size[both][:, None]
        simple = _simple(counted, value[first], value[second], np.nan_to_num(of_both), trio)
        effect = variance / simple
        one, two = (counted.size[group][:, None] for group in (first, second))
        pooled = (one * value[first] + two * value[second]) / (one + two)
        equal = _simple(counted, pooled, pooled, pooled, trio)
        apart = np.where((equal > SQUARES) & (effect > NO_VARIANCE), equal * effect, np.nan)
        return stats.f.sf(gap**2 / apart, 1, np.where(df > 0, df, np.nan))


def _simple(counted: Shares, one: Array, two: Array, of_both: Array, trio: Trio) -> Array:
    """(pairs, k) variance of the difference of two shares in a simple random sample of as many."""
    first, second, both = trio
    n = (counted.cases[first] + counted.cases[second] - counted.cases[both])[:, None]
    size = [counted.size[group][:, None] for group in trio]
    every = size[0] + size[1] - size[2]
    # Who is in both gave one answer: the mean product of its distances from the two shares.
    product = of_both * (1 - one - two) + one * two
    spread = one * (1 - one) / size[0] + two * (1 - two) / size[1]
    return (spread - 2 * product * size[2] / (size[0] * size[1])) * every / n
