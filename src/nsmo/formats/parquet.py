"""Parquet: a table with types of its own, read by pyarrow."""

import contextlib
import json
from pathlib import Path
from typing import Any

from nsmo.formats.archives import MOST_CELLS
from nsmo.formats.cells import Layout, Records, as_text, bad_file
from nsmo.formats.structure import Structure, Variable


def read_parquet(layout: Layout, path: Path) -> Records:
    """Read the rows of a parquet file as texts; the header is row 0, a list in a cell is joined with ``;``.

    Raises
    ------
    StudyError
        If it is damaged or of another kind.
    """
    table = _table(path)
    columns = [[_text(value.as_py(), layout.decimal) for value in column] for column in table.columns]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return [list(table.column_names), *rows], list(range(len(rows) + 1))


def parquet_structure(path: Path) -> Structure:
    """List what the types of a parquet file say: categories, their order, numbers, moments, notes."""
    import pyarrow as pa

    table = _table(path)
    variables = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        notes = {
            key.decode(errors="replace"): value.decode(errors="replace")
            for key, value in (field.metadata or {}).items()
        }
        label = notes.get("label") or notes.get("description") or ""
        if label.startswith('"'):
            with contextlib.suppress(ValueError):
                label = str(json.loads(label))
        options, kind = {}, ""
        if pa.types.is_dictionary(field.type):
            texts = [str(value) for chunk in column.chunks for value in chunk.dictionary.to_pylist()]
            options = {text: text for text in dict.fromkeys(texts)}
            kind = "ordinal" if field.type.ordered else "single"
        elif pa.types.is_temporal(field.type):
            kind = "date"
        elif pa.types.is_floating(field.type):
            kind = "numeric"
        elif pa.types.is_list(field.type):
            kind = "joined"
        variables[field.name] = Variable(field.name, code=field.name, label=label, options=options, kind=kind)
    return Structure(variables, [])


def _table(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        cells = file.metadata.num_rows * file.metadata.num_columns
        if cells > MOST_CELLS:
            raise bad_file(
                f"{cells:,} cells in {path.stat().st_size:,} bytes",
                path.name,
                f"at most {MOST_CELLS:,}",
                "write the columns of the questionnaire only",
            )
        return file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise bad_file(
            f"not readable as parquet: {error}",
            path.name,
            "a whole parquet file",
            "write it again",
        ) from None


def _text(value: Any, decimal: str) -> str:
    if isinstance(value, list):
        return ";".join(as_text(one, decimal) for one in value)
    return as_text(value, decimal)
