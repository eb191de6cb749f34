"""More rows than are held at once: frames read and written piece by piece, and rows brought together.

What a piece is, a stage decides by a number of `params.yaml`; a frame that has no more rows is one piece.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from copy import copy
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import pyarrow as pa

#: Files that are open at once.
MOST_FILES = 256
#: Rows that stand together in a file that is written in pieces. What a file says of itself, whoever opens it
#: reads, and it grows with the groups.
GROUP = 250_000
#: Rows that wait in memory for their buckets: in small numbers they would make many short writes.
WAITING = 250_000


class Frames:
    """A frame in parquet, from which it is read in pieces as often as is wanted.

    Parameters
    ----------
    path : Path
        The file, or a folder of files, which stand one below the other in the order of their names.
    rows : int
        A frame with more rows is read in pieces of so many.
    progress : callable, optional
        Is called with how many of how many rows have been worked off, after each piece.
    columns : callable, optional
        Chooses from the names of the columns; left out, all.
    """

    def __init__(
        self,
        path: Path,
        rows: int,
        progress: Callable[[int, int], None] | None = None,
        columns: Callable[[list[str]], Collection[str]] | None = None,
    ) -> None:
        import pyarrow.parquet as pq

        self._path, self.rows = path, rows
        self.progress = progress or _untold
        self._files = files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        self._groups = [
            (file, i, about.row_group(i).num_rows)
            for file, about in zip(files, map(pq.read_metadata, files), strict=True)
            for i in range(about.num_row_groups)
        ]
        self._all = pq.read_schema(files[0]).names
        self._columns = list(columns(self._all)) if columns else None
        self._part = False

    def __len__(self) -> int:
        """Count all rows."""
        return sum(rows for _, _, rows in self._groups)

    def only(self, columns: Callable[[list[str]], Collection[str]]) -> "Frames":
        """Return the same frame with some of its columns."""
        chosen = copy(self)
        chosen._columns = list(columns(self._all))
        return chosen

    def parts(self, rows: int) -> "Sequence[Frames]":
        """Return the frame in parts of at least so many rows, one below the other.

        Parts are cut where the files are. Of what was worked off they tell nobody, so they can be sent away.
        """
        cuts = [0]
        for end in range(1, len(self._groups) + 1):
            if sum(n for _, _, n in self._groups[cuts[-1] : end]) >= rows:
                cuts.append(end)
        cuts[max(len(cuts) - 1, 1) :] = [len(self._groups)]  # what is left goes to the last one
        found: list[Frames] = [copy(self) for _ in cuts[1:]]
        for part, (begin, end) in zip(found, pairwise(cuts), strict=True):
            part.progress, part._groups, part._part = _untold, self._groups[begin:end], len(found) > 1
        return found

    @property
    def columns(self) -> list[str]:
        """The names of the columns, of some of them where so chosen."""
        return self._columns or self._all

    @property
    def whole(self) -> bool:
        """Whether there is one piece, which is all of it."""
        return not self._part and len(self) <= self.rows

    @property
    def dtypes(self) -> dict[str, Any]:
        """What the columns are in a frame."""
        import pyarrow.parquet as pq

        empty = pq.read_schema(self._files[0]).empty_table().select(self.columns).to_pandas()
        return {str(name): dtype for name, dtype in empty.dtypes.items()}

    def read(self) -> pd.DataFrame:
        """Read all of it."""
        return pd.read_parquet(self._path, columns=self._columns)

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Read the pieces; the rows of each have the index that they have in the whole."""
        if self.whole:
            yield self.read()
            return
        before = 0
        for table in self._tables():
            frame = table.to_pandas()
            yield frame.set_axis(pd.RangeIndex(before, before + len(frame)))
            before += len(frame)
            self.progress(before, len(self))

    def _tables(self) -> Iterator[Any]:
        """Read so many rows at a time, however many stand together in the file."""
        import pyarrow as pa

        batches, held = [], 0
        for batch in self.batches():
            batches.append(batch)
            held += batch.num_rows
            if held >= self.rows:
                table = pa.Table.from_batches(batches)
                yield table[: self.rows].unify_dictionaries()
                batches, held = table[self.rows :].to_batches(), held - self.rows
        if held:
            yield pa.Table.from_batches(batches).unify_dictionaries()

    def batches(self) -> "Iterator[pa.RecordBatch]":
        """Read at most so many rows at a time, as they stand in the file; at least one batch."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not len(self):
            schema = pq.read_schema(self._files[0])
            nothing = [pa.nulls(0, one.type) for one in schema]
            yield pa.record_batch(nothing, schema=schema).select(self.columns)
        for file, groups in groupby(self._groups, key=lambda group: group[0]):
            with pq.ParquetFile(file) as opened:
                # One group of rows after the other: of several, pyarrow keeps what it has read.
                for _, number, _ in groups:
                    yield from opened.iter_batches(self.rows, [number], columns=self._columns)

    def arrays(self, rows: int) -> "Iterator[tuple[str, pa.Array]]":
        """Read one column after the other of each group of rows, so that hardly anything is held.

        Parameters
        ----------
        rows : int
            At most so many values at a time.
        """
        import pyarrow.parquet as pq

        # Whoever asks for `q1` gets `q1.missing` as well.
        together = [
            list(names) for _, names in groupby(sorted(self.columns), lambda name: name.split(".")[0])
        ]
        for file, groups in groupby(self._groups, key=lambda group: group[0]):
            with pq.ParquetFile(file) as opened:
                for _, number, _ in groups:
                    for names in together:
                        for batch in opened.iter_batches(rows, [number], names, use_threads=False):
                            yield from ((name, batch[name]) for name in names)


def _untold(done: int, of: int) -> None:
    """Report to nobody."""


def write_pieces(frames: Iterator[pd.DataFrame], path: Path) -> None:
    """Write frames, one below the other, to a file of parquet; a single one as pandas writes it.

    Parameters
    ----------
    frames : iterator of DataFrame
        With the same columns; their index is not kept.
    path : Path
        The file. Where there are several, at least `GROUP` rows stand together in it as long as there are.
    """
    first = next(frames)
    second = next(frames, None)
    if second is None:
        first.to_parquet(path)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.Schema.from_pandas(first, preserve_index=False)
    # Nobody chooses rows by the least and the largest value of a group.
    with pq.ParquetWriter(path, schema, write_statistics=False) as writer:
        held: list[pa.Table] = []
        for frame in chain((first, second), frames):
            held.append(pa.Table.from_pandas(frame, schema, preserve_index=False))
            if sum(map(len, held)) >= GROUP:
                writer.write_table(pa.concat_tables(held).unify_dictionaries())
                held = []
        if held:
            writer.write_table(pa.concat_tables(held).unify_dictionaries())


class Buckets:
    """Rows of frames, put into buckets.

    Rows that belong together are in the same bucket, in the order in which they came. One bucket is kept in
    memory; of several, each is a file.

    Parameters
    ----------
    number : int
        How many buckets, up to `MOST_FILES`.
    folder : Path, optional
        Where their files are; it is made, and whoever made what it lies in removes it.
    """

    def __init__(self, number: int = 1, folder: Path | None = None) -> None:
        self.number = max(1, min(number, MOST_FILES))
        self._folder = folder
        self._empty: pd.DataFrame | None = None
        self._frames: list[pd.DataFrame] = []
        self._waiting: list[tuple[pd.DataFrame, np.ndarray]] = []
        self._rows = 0
        self._files: dict[int, _File] = {}

    def add(self, frame: pd.DataFrame, by: Sequence[str]) -> None:
        """Put rows into their buckets: those that are alike in some columns into the same one.

        Parameters
        ----------
        frame : DataFrame
            Every one has the same columns, with the same categories.
        by : sequence of str
            The columns that decide. The index is not kept.
        """
        self.put(frame, _hash(frame[list(by)]) % np.uint64(self.number) if self.number > 1 else None)

    def scatter(self, frame: pd.DataFrame) -> None:
        """Put rows into buckets by what they hold, those that are alike into different ones.

        So all buckets become equally long, and where a row is tells nothing of where it came from.
        """
        if self.number == 1:
            self.put(frame, None)
            return
        alike = _hash(frame)
        again = pd.Series(alike).groupby(alike).cumcount().to_numpy().astype(np.uint64)
        self.put(frame, (alike + again) % np.uint64(self.number))

    def put(self, frame: pd.DataFrame, place: np.ndarray | None) -> None:
        """Put rows into buckets.

        Parameters
        ----------
        frame : DataFrame
            As for `add`.
        place : ndarray
            The number of the bucket of each row.
        """
        if self._empty is None:
            self._empty = frame.iloc[:0].copy()
        if self._folder is None or self.number == 1 or place is None:
            self._frames.append(frame)
            return
        if len(frame):
            self._waiting.append((frame, place.astype(np.int64)))
            self._rows += len(frame)
        if self._rows >= WAITING:
            self._write(self._folder)

    def _write(self, folder: Path) -> None:
        """Write the rows that wait to the files of their buckets."""
        import pyarrow as pa

        folder.mkdir(exist_ok=True)
        place = np.concatenate([place for _, place in self._waiting])
        frame = pd.concat([frame for frame, _ in self._waiting], ignore_index=True)
        self._waiting, self._rows = [], 0
        order = np.argsort(place, kind="stable")
        ends = np.searchsorted(place[order], np.arange(self.number + 1))
        schema = next((file.schema for file in self._files.values()), None)
        rows = pa.Table.from_pandas(frame, schema, preserve_index=False).take(order)
        for bucket in np.flatnonzero(np.diff(ends)).tolist():
            if bucket not in self._files:
                self._files[bucket] = _File(folder / f"{bucket}.arrow", rows.schema)
            self._files[bucket].writer.write_table(rows[ends[bucket] : ends[bucket + 1]])

    def _written(self) -> "dict[int, _File]":
        """The files of the buckets, when nothing waits any more."""
        if self._waiting and self._folder is not None:
            self._write(self._folder)
        return self._files

    def __len__(self) -> int:
        """Count the buckets that have rows."""
        return len(self._written()) or int(bool(self._frames))

    def bucket(self, number: int) -> pd.DataFrame:
        """Read the rows of a bucket; afterwards nothing more can be added."""
        import pyarrow as pa

        if self._frames:
            return pd.concat(self._frames, ignore_index=True)
        if number not in self._written():
            return pd.DataFrame() if self._empty is None else self._empty
        file = self._files[number]
        file.close()
        with pa.ipc.open_stream(file.path) as reader:
            return reader.read_all().unify_dictionaries().to_pandas()

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Return the rows of each bucket that has some, once; afterwards nothing more can be added."""
        if self._frames:
            yield self.bucket(0)
        for number in sorted(self._written()):
            yield self.bucket(number)
            self._files[number].path.unlink()
        self._files, self._frames = {}, []


def _hash(frame: pd.DataFrame) -> np.ndarray:
    """Compute a number for each row, the same for rows that are alike."""
    found = np.zeros(len(frame), dtype=np.uint64)
    for name in frame:
        values = frame[name]
        if isinstance(values.dtype, pd.CategoricalDtype):
            own = values.cat.codes.to_numpy().astype(np.uint64)
        elif values.dtype == "boolean":
            own = values.astype("Int8").to_numpy(dtype=np.uint64, na_value=2)
        else:
            own = pd.util.hash_pandas_object(values, index=False).to_numpy()
        found = (found ^ own) * np.uint64(0x9E3779B97F4A7C15)
        found ^= found >> np.uint64(32)
    return found


class _File:
    def __init__(self, path: Path, schema: Any) -> None:
        import pyarrow as pa

        self.path, self.schema = path, schema
        self.writer = pa.ipc.new_stream(path, schema)

    def close(self) -> None:
        self.writer.close()
