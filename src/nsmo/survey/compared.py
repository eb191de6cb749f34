"""Which groups of a banner differ, by the design and after adjustment for the comparisons of a row."""

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmo.results import ABOVE, AND, BELOW
from nsmo.stats.crosstable import Means, Shares
from nsmo.stats.multiplicity import holm_by_column
from nsmo.study.crosstabs import Crosstabs
from nsmo.survey.banners import Divisions
from nsmo.survey.designs import Survey

if TYPE_CHECKING:
    from nsmo.survey.crosstabs import Part

_LARGEST = 2_000_000  # numbers in an array of a test


def compared(
    survey: Survey, divisions: Divisions, part: "Part", hidden: NDArray[np.bool_]
) -> tuple[list[str], list[str]]:
    """Say of each row which groups it is above, and whether it is above or below all others together.

    Parameters
    ----------
    survey : Survey
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
    for banner in divisions.banners:
        places = [at for at in divisions.places(banner) if can[:, at].any()]
        if len(places) < 2:
            continue
        pairs = np.array(list(combinations(places, 2)))
        everybody = np.isin(np.arange(groups), list(divisions.places(banner)))
        p = _p_values(counted, *(_one_hot(side, groups) for side in pairs.T))
        both = can[:, pairs[:, 0]] & can[:, pairs[:, 1]]
        p = adjust(np.where(both.T, p, np.nan))
        for pair, option in np.argwhere(p < alpha):
            one, two = pairs[pair]
            low, high = (one, two) if value[option, one] < value[option, two] else (two, one)
            higher[option][high].append(str(divisions.group[low]))
        alone = _one_hot(np.array(places), groups)
        p = _p_values(counted, alone, everybody & ~alone)
        p = adjust(np.where(can[:, places].T, p, np.nan))
        mean = _rest(counted, alone, everybody)
        for at, option in np.argwhere(p < alpha):
            rest[option, places[at]] = ABOVE if value[option, places[at]] > mean[at, option] else BELOW
    texts = np.array([[AND.join(found) for found in line] for line in higher], dtype=object)
    return texts[part.shown].tolist(), rest[part.shown].tolist()


def _one_hot(places: NDArray[np.integer], groups: int) -> NDArray[np.bool_]:
    return places[:, None] == np.arange(groups)


def _p_values(counted: Shares | Means, first: NDArray, second: NDArray) -> NDArray[np.float64]:
    """The p-values of pairs, some at a time."""
    step = max(1, _LARGEST // max(1, counted.crossing.cells * counted.n.shape[2]))
    parts = [
        counted.p_values(first[at : at + step], second[at : at + step]) for at in range(0, len(first), step)
    ]
    return np.concatenate(parts)


def _rest(counted: Shares | Means, alone: NDArray, everybody: NDArray) -> NDArray[np.float64]:
    """(groups, k): the share, or mean, of all others of the banner."""
    others = (everybody & ~alone).astype(float)
    weight = counted.w.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (others @ weight) / (others @ counted.size)[:, None]
    return found + counted.centre if isinstance(counted, Means) else found
