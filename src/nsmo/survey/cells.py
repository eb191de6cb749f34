"""Respondents as numbers of those who are alike in some columns, counted part by part.

One pass over the responses writes the columns as codes, each part of the responses to a file of its own; a
table of cells then takes the columns that it needs, a block of rows at a time. Counts are whole numbers, and
blocks and parts are added up: how the responses were cut makes no difference, nor who counts them, and memory
does not grow with them.
"""

import platform
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.stats.coding import combine
from nsmo.study import Codebook, StudyError
from nsmo.study.pieces import Frames

if TYPE_CHECKING:
    import pyarrow as pa

#: Rows that are counted at once, unless a table has few combinations.
BLOCK = 1 << 18
#: Responses that are one part, of a file that is cut so finely.
PART = 500_000
#: A table with fewer combinations is counted in an array with a place for each.
DENSE = 1 << 16

#: Rows of codes, one for each combination that somebody has, and how many have it.
Table = tuple[NDArray[np.int64], NDArray[np.int64]]
#: Applies a function to items, and gives the results in their order, as `map` does.
Each = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]


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
    each : callable
        Writes the parts as codes, wherever that is (`stage.map`); it must see the file and the folder.

    Attributes
    ----------
    columns : list of str
        Those that can be counted.
    respondents : int
        How many there are.
    """

    def __init__(self, frames: Frames, scratch: Path, each: Each = map) -> None:
        self._made = tempfile.TemporaryDirectory(dir=scratch)
        self._parts: list[_Part] = []
        self.respondents = 0
        for part in each(
            partial(_coded, Path(self._made.name).absolute()), list(enumerate(frames.parts(PART)))
        ):
            self._parts.append(part)
            self.respondents += part.rows
            frames.progress(self.respondents, len(frames))
        self.columns = list(self._parts[0].columns)
        # What is new is numbered in the order of the responses, so parts make no difference.
        self._labels: dict[str, dict[Any, int]] = {}
        for name in self.columns:
            known = self._labels[name] = {}
            for part in self._parts:
                for label in part.columns[name].labels:
                    known.setdefault(label, len(known) + 1)

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
        return next(self.tables([names]))

    def tables(
        self, asked: Sequence[Sequence[str]], each: Each = map
    ) -> Iterator[tuple[pd.DataFrame, NDArray[np.float64]]]:
        """Count by several combinations of columns in one pass: `of` for each of them.

        Parameters
        ----------
        asked : sequence of sequence of str
            Of `columns`.
        each : callable
            Counts the parts, wherever that is; it must see the folder.
        """
        asked = [list(dict.fromkeys(names)) for names in asked]
        found: list[Table | None] = [None] * len(asked)
        for part, counted in zip(self._parts, each(partial(_counted, asked), self._parts), strict=True):
            for i, (names, (rows, counts)) in enumerate(zip(asked, counted, strict=True)):
                found[i] = _added(found[i], (self._numbered(part, names, rows), counts))
        for names, table in zip(asked, found, strict=True):
            assert table is not None
            rows, counts = table
            frame = {name: self._values(name, rows[:, i]) for i, name in enumerate(names)}
            yield pd.DataFrame(frame), counts.astype(np.float64)

    def _numbered(self, part: "_Part", names: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The codes of a part as those of all."""
        here = [[0, *map(self._labels[name].__getitem__, part.columns[name].labels)] for name in names]
        return np.column_stack([np.array(codes)[rows[:, i]] for i, codes in enumerate(here)])

    def _values(self, name: str, codes: NDArray[np.int64]) -> pd.Series:
        """What codes stand for."""
        dtype, known = self._parts[0].columns[name].dtype, list(self._labels[name])
        if isinstance(dtype, pd.CategoricalDtype):
            categories = pd.Index(known, dtype=dtype.categories.dtype)
            return pd.Series(pd.Categorical.from_codes(codes - 1, categories, dtype.ordered))
        return pd.Series(pd.Series([None, *known], dtype=object).to_numpy()[codes]).astype(dtype)


class _Column:
    """The values of a column, numbered from 1; 0 is missing. And where the codes of each batch stand."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.labels: list[Any] = []
        self.places: list[tuple[int, np.dtype[Any]]] = []

    def codes(self, values: "pa.Array") -> NDArray[Any]:
        """Number values; what is new, in the order of the categories or else in that of the rows."""
        import pyarrow as pa

        if pa.types.is_dictionary(values.type):
            code, seen = _numpy(values.indices), values.dictionary.to_pylist()
        elif pa.types.is_boolean(values.type):  # some ten times as fast as looking which there are
            code, seen = _numpy(values.cast(pa.int8())), [False, True]
        else:
            code, found = pd.factorize(values.to_pandas())
            seen = found.tolist()
        known = {label: i for i, label in enumerate(self.labels, 1)}
        numbers = [known.setdefault(label, len(known) + 1) for label in seen]
        self.labels = list(known)
        dtype = np.min_scalar_type(-len(known) - 1)
        if numbers == list(range(1, len(numbers) + 1)):
            return code.astype(dtype) + dtype.type(1)
        return np.array([*numbers, 0], dtype=dtype)[code]


def _numpy(codes: "pa.Array") -> NDArray[Any]:
    """Codes with -1 for what is missing."""
    import pyarrow.compute as pc

    return pc.fill_null(codes, -1).to_numpy()


class _Part:
    """Some of the responses as a file of codes: of each batch column after column."""

    def __init__(self, path: Path) -> None:
        self.path, self.columns = path, dict[str, _Column]()
        self.sizes: list[int] = []

    @property
    def rows(self) -> int:
        """How many responses."""
        return sum(self.sizes)

    def write(self, frames: Frames) -> None:
        """Write all rows of what can be counted: categories, yes or no, and numbers."""
        with self.path.open("wb") as file:
            for batch in frames.batches():
                if not self.columns:
                    dtypes = batch.slice(0, 0).to_pandas().dtypes
                    self.columns = {str(n): _Column(dtype) for n, dtype in dtypes.items() if _is_coded(dtype)}
                for name, column in self.columns.items():
                    codes = column.codes(batch[name])
                    column.places.append((file.tell(), codes.dtype))
                    file.write(codes.data)
                self.sizes.append(len(batch))

    def blocks(self, names: Iterable[str]) -> Iterator[dict[str, NDArray[Any]]]:
        """The codes of some columns, at least `BLOCK` rows at a time as long as there are."""
        held: dict[str, list[NDArray[Any]]] = {name: [] for name in names}
        size = 0
        with self.path.open("rb") as file:
            for i, rows in enumerate(self.sizes):
                for name, codes in held.items():
                    place, dtype = self.columns[name].places[i]
                    file.seek(place)
                    codes.append(np.frombuffer(file.read(rows * dtype.itemsize), dtype))
                size += rows
                if size >= BLOCK or i == len(self.sizes) - 1:
                    yield {name: np.concatenate(codes) for name, codes in held.items()}
                    held, size = {name: [] for name in held}, 0


def _coded(folder: Path, numbered: tuple[int, Frames]) -> _Part:
    """Write a part of the responses as codes."""
    number, frames = numbered
    if not folder.is_dir():
        raise StudyError(
            found=f"{folder} is not there on {platform.node()}",
            where="--scheduler",
            expected="a disk that all workers share, with the checkout in the same place",
            fix="start the workers where they see it, or leave --scheduler out for this stage",
        )
    part = _Part(folder / str(number))
    part.write(frames)
    return part


def _counted(asked: Sequence[Sequence[str]], part: _Part) -> list[Table]:
    """Count a part by several combinations of columns."""
    shapes = [tuple(len(part.columns[name].labels) + 1 for name in names) for names in asked]
    found: list[Any] = [np.zeros(prod(s), dtype=np.int64) if prod(s) <= DENSE else None for s in shapes]
    for block in part.blocks({name for names in asked for name in names}):
        rows = len(next(iter(block.values()), ()))
        for i, (names, shape) in enumerate(zip(asked, shapes, strict=True)):
            codes = [block[name] for name in names]
            if prod(shape) <= DENSE:
                found[i] += np.bincount(_joint(codes, shape, rows), minlength=prod(shape))
            else:
                cell, first = combine(codes, rows)
                here = np.column_stack([code[first] for code in codes]).astype(np.int64)
                found[i] = _added(found[i], (here, np.bincount(cell, minlength=len(first))))
    return [
        _sparse(table, shape) if prod(shape) <= DENSE else table
        for table, shape in zip(found, shapes, strict=True)
    ]


def _joint(codes: Sequence[NDArray[Any]], shape: Sequence[int], rows: int) -> NDArray[np.intp]:
    """The place of each row in an array with a place for each combination."""
    joint = np.zeros(rows, dtype=np.intp)
    for code, levels in zip(codes, shape, strict=True):
        joint *= levels
        joint += code
    return joint


def _sparse(table: NDArray[np.int64], shape: Sequence[int]) -> Table:
    """The places that are not empty, as rows of codes."""
    there = np.flatnonzero(table)
    return np.column_stack(np.unravel_index(there, shape)), table[there]


def _added(one: Table | None, other: Table) -> Table:
    """Add one table of cells to another."""
    if one is None:
        return other
    both = np.concatenate([one[0], other[0]])
    cell, first = combine(list(both.T), len(both))
    added = np.zeros(len(first), dtype=np.int64)
    np.add.at(added, cell, np.concatenate([one[1], other[1]]))
    return both[first], added


def _is_coded(dtype: Any) -> bool:
    """Whether a column is of categories, yes or no, or numbers; texts and moments are not counted."""
    return isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_numeric_dtype(dtype)
