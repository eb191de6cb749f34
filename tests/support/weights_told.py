"""A reader who tries every table of two margins that fits the counts, and weights it himself.

The population is public, and how raking goes; so whatever is told of the weights can be held against each.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


def fitting(known: NDArray[np.float64], sums: Sequence[Sequence[float]], each: int) -> Iterator[NDArray]:
    """Iterate over tables with whole numbers for what is missing, one of so many.

    Parameters
    ----------
    known : array
        With NaN for cells that are not shown.
    sums : pair of sequences
        Of the rows and of the columns.
    each : int
        Of so many tables one is given.
    """
    cells = [tuple(map(int, cell)) for cell in np.argwhere(np.isnan(known))]
    rows = np.asarray(sums[0], dtype=float) - np.nansum(known, axis=1)
    columns = np.asarray(sums[1], dtype=float) - np.nansum(known, axis=0)
    found = 0

    def fill(place: int) -> Iterator[NDArray]:
        nonlocal found
        if place == len(cells):
            found += 1
            if found % each == 0:
                yield table.copy()
            return
        row, column = cells[place]
        later = cells[place + 1 :]
        least = max(
            rows[row] if all(one != row for one, _ in later) else 0.0,
            columns[column] if all(one != column for _, one in later) else 0.0,
        )
        for number in range(int(least), int(min(rows[row], columns[column])) + 1):
            table[row, column] = number
            rows[row] -= number
            columns[column] -= number
            yield from fill(place + 1)
            rows[row] += number
            columns[column] += number

    table = known.copy()
    return fill(0)


def raked(table: NDArray[np.float64], targets: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Return the weight of each cell, of mean 1, that meets shares of the rows and of the columns."""
    wanted = [np.asarray(one, dtype=float) / sum(one) * table.sum() for one in targets]
    weights = np.ones(table.shape)
    for _ in range(200):
        weights *= (wanted[0] / (weights * table).sum(axis=1))[:, None]
        weights *= wanted[1] / (weights * table).sum(axis=0)
        if np.abs((weights * table).sum(axis=1) - wanted[0]).max() < 1e-9:
            break
    return weights


def told(table: NDArray[np.float64], weights: NDArray[np.float64]) -> dict[str, float]:
    """Return what is told of weights, to all digits."""
    n, there = table.sum(), weights[table > 0]
    deff = float((table * weights**2).sum() / n)
    return {"min": float(there.min()), "max": float(there.max()), "deff": deff, "n_eff": float(n / deff)}


def agrees(value: float, printed: float | str) -> bool:
    """Whether a number can have been printed like this: to three digits, or to as many as there are."""
    text = str(printed)
    decimals = len(text.partition(".")[2].rstrip("0")) if "." in text else 0
    three = 2 - int(np.floor(np.log10(abs(value))))
    return round(value, min(decimals, three)) == float(printed) or f"{value:.3g}" == f"{float(printed):.3g}"


def left(
    tables: Iterator[NDArray], targets: Sequence[Sequence[float]], evidence: Mapping[str, object]
) -> list[NDArray]:
    """List the tables whose weights are told like that; of weights of which ends are told n_eff tells too."""
    names = [name for name in ("min", "max", "deff") if name in evidence]
    names += ["n_eff"] if "max" in evidence else []
    found = []
    for table in tables:
        own = told(table, raked(table, targets))
        if all(agrees(own[name], evidence[name]) for name in names):
            found.append(table)
    return found
