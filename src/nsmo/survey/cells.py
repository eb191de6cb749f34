"""Respondents as numbers of those who are alike in some columns, counted piece by piece.

One pass over the responses writes each column as codes to a file of its own; a table of cells then takes the
columns that it needs, a block of rows at a time. Counts are whole numbers and blocks are added up, so how the
responses were cut into pieces makes no difference, and memory does not grow with them.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.stats.coding import combine
from nsmo.study import Codebook
from nsmo.study.pieces import Frames

#: Rows that are counted at once.
BLOCK = 1 << 18


def countable(codebook: Codebook, names: Sequence[str]) -> list[str]:
    """List those of some columns that hold answers which can be counted, margins and weights.

    Parameters
    ----------
    codebook : Codebook
        Texts, dates and what could identify somebody are left out.
    names : sequence of str
        Of all columns.
    """
    known = [one for one in codebook.variables.values() if one.type not in ("text", "date")]
    wanted = {column for one in known for column in (*one.columns, f"{one.name}.missing")}
    return [name for name in names if name in wanted or name == "weight" or name.startswith("margin.")]


class Cells:
    """Counts of respondents by any of some columns.

    Parameters
    ----------
    frames : Frames
        The responses; read once. Of columns that are no categories, yes or no, or numbers, nothing is kept.
    scratch : Path
        A folder in which files are kept until this is gone.

    Attributes
    ----------
    columns : list of str
        Those that can be counted.
    respondents : int
        How many there are.
    """

    def __init__(self, frames: Frames, scratch: Path) -> None:
        self._made = tempfile.TemporaryDirectory(dir=scratch)
        folder, self.respondents = Path(self._made.name), 0
        self._columns: dict[str, _Column] = {}
        for frame in frames:
            if not self._columns:
                known = {name: values for name, values in frame.items() if _is_coded(values)}
                self._columns = {
                    str(name): _Column(folder / str(i), values)
                    for i, (name, values) in enumerate(known.items())
                }
            for name, column in self._columns.items():
                column.add(frame[name])
            self.respondents += len(frame)
        for column in self._columns.values():
            column.close()
        self.columns = list(self._columns)

    def of(self, names: Sequence[str]) -> tuple[pd.DataFrame, NDArray[np.float64]]:
        """Count the respondents with each combination of the values of some columns.

        Parameters
        ----------
        names : sequence of str
            Of `columns`.

        Returns
        -------
        tuple of DataFrame and ndarray
            A row for each combination that somebody has, typed as in the responses, in an order that the
            codes decide; and how many have it.
        """
        names = list(dict.fromkeys(names))
        parts = [self._columns[name] for name in names]
        rows, counts = np.empty((0, len(parts)), dtype=np.int64), np.empty(0)
        for begin in range(0, self.respondents, BLOCK):
            size = min(BLOCK, self.respondents - begin)
            codes = [part.codes(begin, size) for part in parts]
            cell, first = combine(codes, size)
            here = np.column_stack([code[first] for code in codes])
            rows, counts = _added(rows, counts, here, np.bincount(cell, minlength=len(first)).astype(float))
        frame = {
            name: part.values(rows[:, i]) for i, (name, part) in enumerate(zip(names, parts, strict=True))
        }
        return pd.DataFrame(frame), counts


def _added(
    rows: NDArray[np.int64], counts: NDArray[np.float64], more: NDArray[np.int64], theirs: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Add one table of cells to another."""
    if not len(rows):
        return more, theirs
    both = np.concatenate([rows, more])
    cell, first = combine(list(both.T), len(both))
    added = np.bincount(cell, weights=np.concatenate([counts, theirs]), minlength=len(first))
    return both[first], added.astype(np.float64)


def _is_coded(values: pd.Series) -> bool:
    """Whether a column is of categories, yes or no, or numbers; texts and moments are not counted."""
    return isinstance(values.dtype, pd.CategoricalDtype) or pd.api.types.is_numeric_dtype(values.dtype)


class _Column:
    """A column as a file of codes; 0 is missing."""

    def __init__(self, path: Path, like: pd.Series) -> None:
        self._path, self._like = path, like.iloc[:0]
        labels = like.cat.categories if isinstance(like.dtype, pd.CategoricalDtype) else []
        self._known: dict[Any, int] = {label: i for i, label in enumerate(labels, 1)}
        self._file = path.open("wb")

    def add(self, values: pd.Series) -> None:
        if isinstance(values.dtype, pd.CategoricalDtype):
            code, labels = values.array.codes, values.cat.categories
        else:
            code, labels = pd.factorize(values)
        # What is new is numbered in the order of the responses, so pieces make no difference.
        places = [self._known.setdefault(label, len(self._known) + 1) for label in labels.tolist()]
        np.array([*places, 0], dtype=np.int32)[code].tofile(self._file)

    def close(self) -> None:
        self._file.close()

    def codes(self, begin: int, size: int) -> NDArray[np.int64]:
        """The codes of some rows."""
        return np.fromfile(self._path, dtype=np.int32, count=size, offset=4 * begin).astype(np.int64)

    def values(self, codes: NDArray[np.int64]) -> pd.Series:
        """What codes stand for."""
        labels = pd.Series([None, *self._known], dtype=object)
        return pd.Series(labels.to_numpy()[codes]).astype(self._like.dtype)
