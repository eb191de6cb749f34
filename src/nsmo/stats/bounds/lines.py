"""Kinds of respondent that differ by even steps, as two unknowns in place of one for each of them.

Where kinds k = 0, 1, …, K have coefficients a + k b everywhere, conditions speak of them only through their
number N and their steps S, the sum of k over all of them. Whole counts with these sums exist whenever
0 <= S <= K N: give everybody S // N steps, and one more to as many as the division leaves. A mean over a
scale, or a number of ticks, makes such lines; with them the search for whole numbers is three times as fast.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

#: Two kinds are as many unknowns as their line.
_SHORTEST = 3


@dataclass(frozen=True)
class Lines:
    """Columns of a matrix with those that are alike put together, and those in even steps as two.

    Attributes
    ----------
    matrix : numpy.ndarray
        With fewer columns: those without a line, then the first of each line, then one step of each.
    first : numpy.ndarray of int
        Where each of those without a line stands in the matrix as given.
    lines : list of numpy.ndarray of int
        Where the columns of each line stand there, in order.
    """

    matrix: np.ndarray
    first: np.ndarray
    lines: list[np.ndarray]

    @classmethod
    def of(cls, matrix: np.ndarray) -> "Lines":
        """Find the lines among the columns of a matrix of whole numbers."""
        columns, first = _sorted_columns(matrix)
        runs = list(_runs(columns))
        alone = np.ones(len(first), dtype=bool)
        for start, end in runs:
            alone[start:end] = False
        starts = [start for start, _ in runs]
        begin = columns[:, starts]
        step = columns[:, [start + 1 for start in starts]] - begin
        return cls(
            np.column_stack([columns[:, alone], begin, step]),
            first[alone],
            [first[start:end] for start, end in runs],
        )

    def conditions(self) -> np.ndarray:
        """Make the rows that are at least zero: nobody takes more steps than the line has."""
        number = len(self.lines)
        most = np.diag([len(line) - 1 for line in self.lines]).astype(np.int64)
        none = np.zeros((number, len(self.first)), dtype=np.int64)
        return np.column_stack([none, most, -np.eye(number, dtype=np.int64)])

    def counts(self, found: np.ndarray, width: int) -> np.ndarray:
        """Turn values of the unknowns into counts for every column of the matrix as given."""
        counts = np.zeros(width, dtype=np.int64)
        alone, number = len(self.first), len(self.lines)
        counts[self.first] = found[:alone]
        for line, people, steps in zip(
            self.lines, found[alone : alone + number], found[alone + number :], strict=True
        ):
            if people > 0 and 0 <= steps <= people * (len(line) - 1):
                each, more = divmod(int(steps), int(people))
                counts[line[each]] = people - more
                if more:
                    counts[line[each + 1]] = more
        return counts


def _sorted_columns(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns that differ, those of a line next to each other, and where each stands first."""
    # Rows that only count or compare respondents tell lines apart, the others go along them.
    coarse = (np.abs(matrix) <= 1).all(axis=1)
    ordered = np.concatenate([matrix[coarse], matrix[~coarse]])
    # As bytes, numbers of one sign with the highest byte first are sorted by size.
    shifted = np.ascontiguousarray((ordered - ordered.min(initial=0)).T.astype(">i8"))
    texts = shifted.view(np.dtype((np.void, shifted.dtype.itemsize * shifted.shape[1])))
    _, first = np.unique(texts, return_index=True)
    return matrix[:, first], first


def _runs(columns: np.ndarray) -> Iterator[tuple[int, int]]:
    """List from where to where the columns go in even steps."""
    steps = np.diff(columns, axis=1)
    inside = (steps[(np.abs(columns) <= 1).all(axis=1)] == 0).all(axis=0)
    even = (steps[:, 1:] == steps[:, :-1]).all(axis=0) & inside[1:] & inside[:-1]
    taken = 0
    for start, stop in _stretches(even):
        # Where one line ends the next one may begin: a column is in the first of them.
        start, end = max(start, taken), stop + 2
        if end - start >= _SHORTEST:
            yield start, end
            taken = end


def _stretches(marks: np.ndarray) -> Iterator[tuple[int, int]]:
    """List from where to where marks are true."""
    changes = np.flatnonzero(np.diff(np.concatenate([[False], marks, [False]]).astype(np.int8)))
    yield from zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True)
