"""More rows than are held at once: frames read and written piece by piece, and rows brought together.

What a piece is, a stage decides by a number of `params.yaml`; a frame that has no more rows is one piece.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from copy import copy
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import pyarrow as pa

#: Files that are open at once.
MOST_FILES = 256


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

    def parts(self, rows: int) -> "list[Frames]":
        """Return the frame in parts of at least so many rows, one below the other.

        Parts are cut where the files are. Of what was worked off they tell nobody, so they can be sent away.
        """
        cuts = [0]
        for end in range(1, len(self._groups) + 1):
            if sum(n for _, _, n in self._groups[cuts[-1] : end]) >= rows:
                cuts.append(end)
        cuts[max(len(cuts) - 1, 1) :] = [len(self._groups)]  # what is left goes to the last one
        found = [copy(self) for _ in cuts[1:]]
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

    def read(self) -> pd.DataFrame:
        """Read all of it."""
        return pd.read_parquet(self._path, columns=self._columns)

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Read the pieces; the rows of each have the index that they have in the whole."""
        if self.whole:
            yield self.read()
            return
        before = 0
        for batch in self.batches():
            frame = batch.to_pandas()
            yield frame.set_axis(pd.RangeIndex(before, before + len(frame)))
            before += len(frame)
            self.progress(before, len(self))

    def batches(self) -> "Iterator[pa.RecordBatch]":
        """Read the pieces as they stand in the file; of a frame without a row, one without a row."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not len(self):
            schema = pq.read_schema(self._files[0])
            nothing = [pa.nulls(0, one.type) for one in schema]
            yield pa.record_batch(nothing, schema=schema).select(self.columns)
        for file, groups in groupby(self._groups, key=lambda group: group[0]):
            with pq.ParquetFile(file) as opened:
                wanted = [number for _, number, _ in groups]
                yield from opened.iter_batches(self.rows, wanted, columns=self._columns)


def _untold(done: int, of: int) -> None:
    """Tell nobody."""


def write_pieces(frames: Iterator[pd.DataFrame], path: Path) -> None:
    """Write frames, one below the other, to a file of parquet; a single one as pandas writes it.

    Parameters
    ----------
    frames : iterator of DataFrame
        With the same columns; their index is not kept.
    path : Path
        The file.
    """
    first = next(frames)
    second = next(frames, None)
    if second is None:
        first.to_parquet(path)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.Schema.from_pandas(first, preserve_index=False)
    with pq.ParquetWriter(path, schema) as writer:
        for frame in chain((first, second), frames):
            writer.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False))


class Buckets:
    """Rows of frames, put into buckets by a hash of some of their columns.

    Rows that are alike in these columns are in the same bucket, in the order in which they came. One bucket
    is kept in memory; of several, each is a file.

    Parameters
    ----------
    number : int
        How many buckets, up to `MOST_FILES`.
    folder : Path, optional
        Where their files are; it exists, and whoever made it removes it.
    """

    def __init__(self, number: int = 1, folder: Path | None = None) -> None:
        self.number = min(number, MOST_FILES)
        self._folder = folder
        self._frames: list[pd.DataFrame] = []
        self._files: dict[int, Any] = {}

    def add(self, frame: pd.DataFrame, by: Sequence[str]) -> None:
        """Put rows into their buckets.

        Parameters
        ----------
        frame : DataFrame
            Every one has the same columns.
        by : sequence of str
            The columns that decide. The index is not kept.
        """
        if self._folder is None or self.number == 1:
            self._frames.append(frame)
            return
        place = pd.util.hash_pandas_object(frame[list(by)], index=False).to_numpy() % self.number
        for bucket, rows in frame.groupby(place, sort=True):
            self._write(int(bucket), rows)

    def _write(self, bucket: int, rows: pd.DataFrame) -> None:
        import pyarrow as pa

        assert self._folder is not None
        known = self._files.get(bucket)
        table = pa.Table.from_pandas(rows, schema=known.schema if known else None, preserve_index=False)
        if known is None:
            known = _File(self._folder / f"{bucket}.arrow", table.schema)
            self._files[bucket] = known
        known.writer.write_table(table)

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Return the rows of each bucket that has some; afterwards nothing more can be added."""
        import pyarrow as pa

        if self._frames:
            yield pd.concat(self._frames, ignore_index=True)
        for bucket in sorted(self._files):
            file = self._files[bucket]
            file.close()
            with pa.ipc.open_stream(file.path) as reader:
                yield reader.read_all().to_pandas()
            file.path.unlink()
        self._files = {}


class _File:
    def __init__(self, path: Path, schema: Any) -> None:
        import pyarrow as pa

        self.path, self.schema = path, schema
        self.writer = pa.ipc.new_stream(path, schema)

    def close(self) -> None:
        self.writer.close()
