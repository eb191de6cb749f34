"""Respondents as numbers of those who are alike in some columns, counted part by part.

One pass over the responses writes the columns as codes, each part of the responses to a file of its own; a
table of cells then takes the columns that it needs, a block of rows at a time. Counts are whole numbers, and
blocks and parts are added up: how the responses were cut makes no difference, nor who counts them, and memory
does not grow with them.
"""

import platform
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.study import StudyError
from nsmo.study.pieces import Frames

if TYPE_CHECKING:
    import pyarrow as pa

    from nsmo.study import Codebook

#: Rows that are counted at once: of many combinations, which are then sought, and of few.
BLOCK, FEW = 1 << 18, 1 << 15
#: Values of a column that are read at once.
READ = 1 << 16
#: Responses that are one part, of a file that is cut so finely.
PART = 500_000
#: A table with fewer combinations, of fewer columns, is counted in an array with a place for each.
DENSE, COLUMNS = 1 << 16, 32
#: Tables that together have fewer combinations are counted as one, of which each is a margin.
TOGETHER = 1 << 14

#: Rows of codes, one for each combination that somebody has, and how many have it.
Table = tuple[NDArray[np.int64], NDArray[np.int64]]
#: Applies a function to items, and gives the results in their order, as `map` does.
Each = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]


def countable(codebook: "Codebook", names: Sequence[str]) -> list[str]:
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
        Writes the parts as codes, wherever that is (`stage.read_by`); it must see the file and the folder.
    here : callable
        Counts the parts, where nobody else is asked to.

    Attributes
    ----------
    columns : list of str
        Those that can be counted.
    respondents : int
        How many there are.
    """

    def __init__(self, frames: Frames, scratch: Path, each: Each = map, here: Each = map) -> None:
        self._made = tempfile.TemporaryDirectory(dir=scratch)
        self._here = here
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
        self, asked: Sequence[Sequence[str]], each: Each | None = None
    ) -> Iterator[tuple[pd.DataFrame, NDArray[np.float64]]]:
        """Count by several combinations of columns in one pass: `of` for each of them.

        Parameters
        ----------
        asked : sequence of sequence of str
            Of `columns`.
        each : callable
            Counts the parts, wherever that is; it must see the folder. Left out, `here` does.
        """
        asked = [list(dict.fromkeys(names)) for names in asked]
        sizes = {name: len(known) + 1 for name, known in self._labels.items()}
        found = [_Sum([sizes[name] for name in names]) for names in asked]
        counted = (each or self._here)(partial(_counted, asked), self._parts)
        for part, tables in zip(self._parts, counted, strict=True):
            for names, (rows, counts), added in zip(asked, tables, found, strict=True):
                added.add((self._numbered(part, names, rows), counts))
        for names, added in zip(asked, found, strict=True):
            rows, counts = added.table()
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
    """The values of a column, numbered from 1; 0 is missing. And where codes stand: place, number, kind."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.labels: list[Any] = []
        self.places: list[tuple[int, int, np.dtype[Any]]] = []

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

    def read(self, file: BinaryIO, begin: int, end: int) -> NDArray[Any]:
        """The codes of some rows, of those there are."""
        found, first = [], 0
        for place, rows, dtype in self.places:
            skipped, last = max(begin - first, 0), min(end - first, rows)
            if skipped < last:
                file.seek(place + skipped * dtype.itemsize)
                found.append(np.frombuffer(file.read((last - skipped) * dtype.itemsize), dtype))
            first += rows
        return np.concatenate(found)


def _numpy(codes: "pa.Array") -> NDArray[Any]:
    """Codes with -1 for what is missing."""
    import pyarrow.compute as pc

    return pc.fill_null(codes, -1).to_numpy()


class _Part:
    """Some of the responses as a file of codes."""

    def __init__(self, path: Path) -> None:
        self.path, self.columns = path, dict[str, _Column]()
        self.rows = 0

    def write(self, frames: Frames) -> None:
        """Write all rows of what can be counted: categories, yes or no, and numbers."""
        self.rows = len(frames)
        self.columns = {n: _Column(dtype) for n, dtype in frames.dtypes.items() if _is_coded(dtype)}
        with self.path.open("wb") as file:
            for name, values in frames.only(lambda _: list(self.columns)).arrays(READ):
                codes = self.columns[name].codes(values)
                self.columns[name].places.append((file.tell(), len(codes), codes.dtype))
                file.write(codes.data)

    def blocks(self, names: Iterable[str], rows: int) -> Iterator[dict[str, NDArray[Any]]]:
        """The codes of some columns, so many rows at a time as long as there are."""
        names = list(names)
        with self.path.open("rb") as file:
            for begin in range(0, self.rows, rows):
                yield {name: self.columns[name].read(file, begin, begin + rows) for name in names}


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
    sizes = {name: len(column.labels) + 1 for name, column in part.columns.items()}
    shapes = [tuple(sizes[name] for name in names) for names in asked]
    few = [_is_dense(shape) for shape in shapes]
    dense = _margins([names for names, fits in zip(asked, few, strict=True) if fits], sizes, part)
    sparse = _combinations([names for names, fits in zip(asked, few, strict=True) if not fits], sizes, part)
    return [next(dense if fits else sparse) for fits in few]


def _is_dense(shape: Sequence[int]) -> bool:
    """Whether a table has an array with a place for each combination."""
    return len(shape) <= COLUMNS and prod(shape) <= DENSE


def _margins(asked: Sequence[Sequence[str]], sizes: Mapping[str, int], part: _Part) -> Iterator[Table]:
    """Count tables of few combinations: several as one, in an array with a place for each combination."""
    homes = _together(asked, sizes)
    wholes = list(dict.fromkeys(homes))
    shapes = {names: tuple(sizes[name] for name in names) for names in wholes}
    found = {names: np.zeros(prod(shape), dtype=np.int64) for names, shape in shapes.items()}
    for block in part.blocks({name for names in wholes for name in names}, FEW) if wholes else ():
        for names, shape in shapes.items():
            joint = _joint([block[name] for name in names], shape)
            found[names] += np.bincount(joint, minlength=prod(shape))
    for names, home in zip(asked, homes, strict=True):
        left = [name for name in home if name in names]
        others = tuple(i for i, name in enumerate(home) if name not in names)
        table = found[home].reshape(shapes[home]).sum(axis=others)
        yield _sparse(table.transpose([left.index(name) for name in names]))


def _together(asked: Sequence[Sequence[str]], sizes: Mapping[str, int]) -> list[tuple[str, ...]]:
    """The columns with which each table is counted: its own, and those of others as long as they are few."""
    wholes: list[dict[str, None]] = []
    homes = []
    for names in asked:
        for whole in wholes:
            shape = [sizes[name] for name in {*whole, *names}]
            if _is_dense(shape) and prod(shape) <= TOGETHER:
                whole |= dict.fromkeys(names)
                break
        else:
            wholes.append(whole := dict.fromkeys(names))
        homes.append(whole)
    return [tuple(whole) for whole in homes]


def _joint(codes: Sequence[NDArray[Any]], shape: Sequence[int]) -> NDArray[Any]:
    """The place of each row in an array with a place for each combination."""
    joint = codes[0].astype(np.min_scalar_type(-prod(shape) - 1))
    for code, levels in zip(codes[1:], shape[1:], strict=True):
        joint *= levels
        joint += code
    return joint


def _combinations(asked: Sequence[Sequence[str]], sizes: Mapping[str, int], part: _Part) -> Iterator[Table]:
    """Count tables of many combinations, of which only those that somebody has are kept."""
    found = [_Sum([sizes[name] for name in names]) for names in asked]
    for block in part.blocks({name for names in asked for name in names}, BLOCK) if asked else ():
        for names, added in zip(asked, found, strict=True):
            added.add(_alike([block[name] for name in names], None))
    for added in found:
        yield added.table()


class _Sum:
    """Tables that are added up: in an array with a place for each combination, or the rows there are."""

    def __init__(self, shape: Sequence[int]) -> None:
        self._dense = np.zeros(shape, dtype=np.int64) if _is_dense(shape) else None
        self._rows: Table = np.empty((0, len(shape)), dtype=np.int64), np.empty(0, dtype=np.int64)

    def add(self, table: Table) -> None:
        """Add a table of cells, each of which stands in it once."""
        rows, counts = table
        if self._dense is not None:
            self._dense[tuple(rows.T)] += counts
        elif not len(self._rows[0]):
            self._rows = table
        else:
            both = np.concatenate([self._rows[0], rows])
            self._rows = _alike(list(both.T), np.concatenate([self._rows[1], counts]))

    def table(self) -> Table:
        """The combinations that somebody has, in the order of their codes."""
        return self._rows if self._dense is None else _sparse(self._dense)


def _alike(codes: Sequence[NDArray[Any]], counts: NDArray[np.int64] | None) -> Table:
    """The different rows of codes, and how many there are of each."""
    from nsmo.stats.coding import combine  # statistics load slowly; who counts small tables does without

    cell, first = combine(codes, len(codes[0]))
    rows = np.column_stack([code[first] for code in codes]).astype(np.int64)
    if counts is None:
        return rows, np.bincount(cell, minlength=len(first))
    added = np.zeros(len(first), dtype=np.int64)
    np.add.at(added, cell, counts)
    return rows, added


def _sparse(table: NDArray[np.int64]) -> Table:
    """The places that are not empty, as rows of codes."""
    there = np.nonzero(table)
    return np.column_stack(there), table[there]


def _is_coded(dtype: Any) -> bool:
    """Whether a column is of categories, yes or no, or numbers; texts and moments are not counted."""
    return isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_numeric_dtype(dtype)
