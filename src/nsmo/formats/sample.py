"""Which responses of a large file of parquet a draft looks at: some of all, and each answer once."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nsmo.formats.archives import MOST_CELLS
from nsmo.formats.parquet import count_rows, in_words, parts, too_many_cells, whole_table

#: A file with more responses than this is not looked at as a whole; so many, evenly spread, are.
MOST = 20_000
#: Besides, the first response with each value of a column that has no more different ones than this.
DIFFERENT = 500
_ROWS = 50_000


def looked_at(path: Path) -> tuple[pa.Table, np.ndarray]:
    """Read what a draft looks at, and the number of each row, from 1.

    Parameters
    ----------
    path : Path
        A file of parquet, or a folder of such files.

    Returns
    -------
    Table, ndarray
        All of it, up to `MOST` responses.

    Raises
    ------
    StudyError
        If a file is damaged, or has other columns than the first.
    """
    n = count_rows(path)
    if n <= MOST:
        table = whole_table(path)
        return table, np.arange(1, len(table) + 1)
    rows = np.unique(np.concatenate([np.arange(0, n, -(-n // MOST)), *_first_of_each(path)]))
    columns = len(pq.read_schema(parts(path)[0]).names)
    if len(rows) * columns > MOST_CELLS:
        raise too_many_cells(len(rows) * columns, f"{len(rows):,} of the responses", path)
    tables, before = [], 0
    for batch in _batches(path):
        here = rows[np.searchsorted(rows, before) : np.searchsorted(rows, before + len(batch))]
        # A part of a batch would keep all of it.
        tables.append(pa.Table.from_batches([batch]).take(pa.array(here - before)))
        before += len(batch)
    with in_words(path):
        return pa.concat_tables(tables).unify_dictionaries(), rows + 1


def _batches(path: Path, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    for part in parts(path):
        with in_words(part):
            yield from pq.ParquetFile(part).iter_batches(_ROWS, columns=columns)


def _first_of_each(path: Path) -> list[np.ndarray]:
    """Find for each column with few different values the first row with each."""
    places: list[np.ndarray] = []
    for name in pq.read_schema(parts(path)[0]).names:
        found: dict[object, int] = {}
        before = 0
        for batch in _batches(path, [name]):
            column = batch.column(0)
            try:
                coded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
            except pa.ArrowNotImplementedError:  # lists, for instance
                break
            codes, first = np.unique(
                coded.indices.fill_null(-1).to_numpy(zero_copy_only=False), return_index=True
            )
            values = coded.dictionary
            for code, row in zip(codes.tolist(), first.tolist(), strict=True):
                found.setdefault(values[code].as_py() if code >= 0 else None, before + row)
            if len(found) > DIFFERENT:
                break
            before += len(batch)
        else:
            places.append(np.fromiter(found.values(), dtype=np.int64))
    return places
