"""How far Somers' D can go when the counts of two questions are known apart, but not who gave which pair.

With both margins fixed and nothing known of the pairs, D is largest in the table in which both are sorted the
same way and smallest in the one in which one of them is turned round: D grows with every share of respondents
that are at or below a pair of answers, and these two tables have the most and the fewest of them (Hoeffding
1940, Tchen 1980). Both are tables of whole counts, so the ends are reached.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement, pairwise

import numpy as np

from .program import Extent, known


def somers_d(table: np.ndarray) -> Fraction | None:
    """Compute Somers' D of the columns given the rows as a fraction; None where all rows but one are empty.

    Parameters
    ----------
    table : array of int
        Counts; rows and columns from low to high.
    """
    table = np.asarray(table, dtype=np.int64)
    rows = table.sum(1)
    untied = int(rows.sum()) ** 2 - int((rows**2).sum())
    if untied == 0:
        return None
    below = np.zeros_like(table)
    below[1:] = table.cumsum(0)[:-1]
    lower = np.zeros_like(table)
    lower[:, 1:] = below.cumsum(1)[:, :-1]
    higher = below.sum(1, keepdims=True) - lower - below
    concordant, discordant = int((table * lower).sum()), int((table * higher).sum())
    return Fraction(2 * (concordant - discordant), untied)


def sorted_table(rows: Sequence[int], columns: Sequence[int], turned: bool = False) -> np.ndarray:
    """Make the table with these margins that sorts both alike, or (`turned`) one against the other."""
    if turned:
        return sorted_table(rows, columns[::-1])[:, ::-1]
    up_to_row = np.append(0, np.cumsum(rows))
    up_to_column = np.append(0, np.cumsum(columns))
    if up_to_row[-1] != up_to_column[-1]:
        raise ValueError(f"margins of {up_to_row[-1]} and {up_to_column[-1]} respondents")
    reached = np.minimum(up_to_row[:, None], up_to_column[None, :])
    return np.diff(np.diff(reached, axis=0), axis=1)


def d_of_margins(rows: Sequence[int], columns: Sequence[int]) -> Extent | None:
    """Return the extent of D over every table with these margins; None where all rows but one are empty."""
    high = somers_d(sorted_table(rows, columns))
    if high is None:
        return None
    return Extent.exactly(known(somers_d(sorted_table(rows, columns, turned=True))), high)


def d_of_classes(
    classes: Sequence[int], totals: Iterable[Sequence[int]], columns: Iterable[Sequence[int]]
) -> tuple[Extent, np.ndarray, np.ndarray] | None:
    """Return the extent of D where only totals of neighbouring rows are known, and their split is free.

    Parameters
    ----------
    classes : sequence of int
        How many neighbouring rows belong to each class, from low to high.
    totals : iterable of sequence of int
        Every combination of respondents per class that is possible.
    columns : iterable of sequence of int
        Every margin of the columns that is possible, with any of the totals.

    Returns
    -------
    (Extent, table at the low end, table at the high end) or None
        None where no table has two rows that are not empty.

    Notes
    -----
    While a boundary between two rows moves inside one block of equal columns, the pairs apart in both
    questions change evenly and the pairs apart in rows along a curve that bends down, so their ratio has no
    peak in between: the ends lie where a free boundary meets one of the columns', a class's or another row's,
    or, where all rows but one would be empty there, one respondent further. Only those are tried.
    """
    best: dict[int, tuple[Fraction, np.ndarray]] = {}
    columns = list(columns)
    for total in totals:
        for margin in columns:
            for turned, sign in ((True, -1), (False, 1)):
                facing = margin[::-1] if turned else margin
                rows = _largest(np.array(list(_rows_to_try(classes, total, facing))), facing)
                if rows is not None:
                    table = sorted_table(rows.tolist(), margin, turned)
                    d = known(somers_d(table))
                    if sign not in best or sign * d > sign * best[sign][0]:
                        best[sign] = d, table
    if not best:
        return None
    return Extent.exactly(best[-1][0], best[1][0]), best[-1][1], best[1][1]


def _largest(rows: np.ndarray, margin: Sequence[int]) -> np.ndarray | None:
    """Return the margin of the rows with the largest D when both are sorted; None where none has two rows.

    No pair is the other way round in a sorted table: D is the pairs apart in both over those apart in rows.
    """
    ends = [np.append(0, np.cumsum(margin)), np.column_stack([np.zeros(len(rows), int), rows.cumsum(1)])]
    cells = np.diff(np.diff(np.minimum(ends[1][:, :, None], ends[0]), axis=1), axis=2)
    untied = rows.sum(1) ** 2 - (rows**2).sum(1)
    apart = untied - (np.asarray(margin) ** 2).sum() + (cells**2).sum((1, 2))
    d = np.divide(apart, untied, out=np.full(len(rows), -1.0), where=untied > 0)
    return rows[d.argmax()] if untied.any() else None


def _rows_to_try(classes: Sequence[int], total: Sequence[int], margin: Sequence[int]) -> Iterator[list[int]]:
    """List the margins of the rows whose boundaries lie at a class's end or where the columns change."""
    fixed = [0, *np.cumsum(total).tolist()]
    meeting = {*fixed, *np.cumsum(margin).tolist(), 1, fixed[-1] - 1}

    def split(place: int) -> Iterator[list[int]]:
        if place == len(classes):
            yield []
            return
        low, high = fixed[place], fixed[place + 1]
        inside = sorted(at for at in meeting if low <= at <= high)
        for cuts in combinations_with_replacement(inside, classes[place] - 1):
            ends = [low, *cuts, high]
            part = [b - a for a, b in pairwise(ends)]
            for rest in split(place + 1):
                yield part + rest

    return split(0)
