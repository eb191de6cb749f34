"""Which groups of a banner differ, by the design and after adjustment for the comparisons of a row."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmo.results import ABOVE, AND, BELOW
from nsmo.stats.crosstable import Means, Shares
from nsmo.stats.crosstable_overlap import overlapping_p
from nsmo.stats.multiplicity import holm_by_column
from nsmo.study.crosstabs import Crosstabs
from nsmo.survey.banners import Divisions
from nsmo.survey.counted import CountedSurvey
from nsmo.survey.designs import Survey

if TYPE_CHECKING:
    from nsmo.survey.crosstabs import Part

_LARGEST = 2_000_000  # numbers in an array of a test


def compared(
    survey: Survey | CountedSurvey, divisions: Divisions, part: "Part", hidden: NDArray[np.bool_]
) -> tuple[list[str], list[str]]:
    """Find for each row which groups it is above, and whether it is above or below all others together.

    Parameters
    ----------
    survey : Survey or CountedSurvey
        Gives the level and the limits; the files of the wave say how comparisons are adjusted.
    divisions : Divisions
        The groups.
    part : Part
        The rows.
    hidden : array of bool
        Which of them are not shown; they are compared with none.

    Returns
    -------
    tuple of list of str
        The names of groups, `AND` between them; and `ABOVE`, `BELOW` or nothing.
    """
    rows = len(hidden)
    if part.counted is None:
        return [""] * rows, [""] * rows
    counted, groups = part.counted, len(divisions.by)
    # A figure can be compared where it is shown and of enough respondents.
    can = np.zeros((part.k, groups), dtype=bool)
    can[part.shown] = ~hidden
    enough = counted.cases >= survey.min_n
    if part.weighted:
        enough &= counted.worth >= survey.min_effective_n
    can &= enough & part.plain[:, None]
    value = np.full((part.k, groups), np.nan)
    value[part.shown] = part.columns["estimate"]
    higher: list[list[list[str]]] = [[[] for _ in range(groups)] for _ in range(part.k)]
    rest = np.full((part.k, groups), "", dtype=object)
    alpha = 1 - survey.confidence
    crosstabs = survey.codebook.rules.crosstabs or Crosstabs()
    adjust = holm_by_column if crosstabs.adjust == "holm" else np.asarray
    pairs, others = divisions.pairs, divisions.others
    if not len(pairs):
        return [""] * rows, [""] * rows
    alone = np.eye(groups, dtype=bool)
    p = _p_values(
        counted,
        np.vstack([alone[pairs[:, 0]], alone[others.group]]),
        np.vstack([alone[pairs[:, 1]], others.rest]),
    )
    if divisions.overlaps:
        both = np.array([divisions.overlaps.get((one, two), -1) for one, two in pairs.tolist()])
        for mixed in _some(counted, np.flatnonzero(both >= 0)):
            p[mixed] = overlapping_p(counted, (*pairs[mixed].T, both[mixed]))
    of_pairs = np.where((can[:, pairs[:, 0]] & can[:, pairs[:, 1]]).T, p[: len(pairs)], np.nan)
    of_others = np.where(can[:, others.group].T, p[len(pairs) :], np.nan)
    for each, which in ((of_pairs, divisions.banner_of_pairs), (of_others, others.banner)):
        for banner in range(len(divisions.banners)):
            mine = which == banner
            # A group alone has no others that are shown.
            few = np.isfinite(each[mine]).sum(axis=0) < (2 if each is of_others else 1)
            each[mine] = np.where(few, np.nan, adjust(each[mine]))
    for pair, option in np.argwhere(of_pairs < alpha):
        one, two = pairs[pair]
        low, high = (one, two) if value[option, one] < value[option, two] else (two, one)
        higher[option][high].append(str(divisions.group[low]))
    found = np.argwhere(of_others < alpha)
    if len(found):
        mean = _mean(counted, others.rest)
        for at, option in found:
            group = others.group[at]
            rest[option, group] = ABOVE if value[option, group] > mean[at, option] else BELOW
    texts = np.array([[AND.join(found) for found in line] for line in higher], dtype=object)
    return texts[part.shown].tolist(), rest[part.shown].tolist()


def _p_values(counted: Shares | Means, first: NDArray, second: NDArray) -> NDArray[np.float64]:
    """The p-values of pairs, some at a time."""
    parts = _some(counted, np.arange(len(first)))
    return np.concatenate([counted.p_values(first[part], second[part]) for part in parts])


def _some(counted: Shares | Means, pairs: NDArray[np.integer]) -> list[NDArray[np.integer]]:
    """Cut pairs into parts whose arrays are of a size that memory has."""
    step = max(1, _LARGEST // max(1, counted.crossing.cells * counted.n.shape[2]))
    return [pairs[at : at + step] for at in range(0, len(pairs), step)]


def _mean(counted: Shares | Means, rest: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(sides, k): the share, or mean, of all that are on a side."""
    sides, weight = rest.astype(float), counted.w.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (sides @ weight) / (sides @ counted.size)[:, None]
    return found + counted.centre if isinstance(counted, Means) else found
