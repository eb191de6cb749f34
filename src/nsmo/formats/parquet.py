"""Parquet: a table with types of its own, read by pyarrow."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nsmo.formats.archives import MOST_CELLS
from nsmo.formats.cells import Layout, Records, as_text, bad_file, shortest
from nsmo.formats.deposited import described_column, described_sets
from nsmo.formats.structure import Structure, Variable
from nsmo.formats.texts import Texts
from nsmo.study.errors import StudyError
from nsmo.study.paths import check_own_file

#: What stands between the items of a list, and of how many different ones they may be options.
_BETWEEN, _MOST_ITEMS = ";", 200
#: Cells in a byte of a file: of answers hardly ten, of one value over and over hundreds.
MOST_OF_A_BYTE = 100


def read_parquet(layout: Layout, path: Path) -> Records:
    """Read the rows of a parquet file as texts; the header is row 0, a list in a cell is joined with ``;``.

    Raises
    ------
    StudyError
        If it is damaged or of another kind.
    """
    table = whole_table(path)
    return table_records(table, layout.decimal, range(1, len(table) + 1))


def table_records(table: Any, decimal: str, numbers: Iterable[int]) -> Records:
    """Write the values of a table as texts; `numbers` are those of its rows."""
    columns = [_texts(column, decimal) for column in table.combine_chunks().columns]
    return [list(table.column_names), *(list(row) for row in zip(*columns, strict=True))], [0, *numbers]


def parquet_pieces(layout: Layout, path: Path, rows: int) -> Iterator[tuple[list[str], list[Texts], int]]:
    """Read a file, or the files of a folder in the order of their names, so many rows at a time.

    Of each piece the names of the columns, the texts of each, and how many rows come before; rows are counted
    through all files.

    Raises
    ------
    StudyError
        If one is damaged, or has other columns than the first.
    """
    before, names = 0, None
    for part in parts(path):
        with in_words(part):
            import pyarrow.parquet as pq

            file = pq.ParquetFile(part)
            names = _same_columns(names, file, path, part)
            if not all(map(str.strip, names)):
                raise bad_file("a column without a name", part.name, fix="name every column, or leave it out")
            batches = file.iter_batches(batch_size=rows)
        while (batch := _next(batches, part)) is not None:
            yield names, [_coded(column, layout.decimal) for column in batch.columns], before
            before += batch.num_rows


def parts(path: Path) -> list[Path]:
    """List the files of an export that is a folder of them; else the file itself."""
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix == ".parquet" and file.is_file())
    if not found:
        raise bad_file(
            "no file of parquet is in it", f"{path.name}/", fix="put the parts of the export there"
        )
    for file in found:
        check_own_file(file)
    return found


def count_rows(path: Path) -> int:
    """Count the rows, from what the files say of themselves.

    Raises
    ------
    StudyError
        If a file is damaged, has other columns than the first, or unfolds to more than anybody's answers
        would: reading it would not end.
    """
    import pyarrow.parquet as pq

    count, names = 0, None
    for part in parts(path):
        with in_words(part):
            file = pq.ParquetFile(part)
        names, about = _same_columns(names, file, path, part), file.metadata
        cells, size = about.num_rows * about.num_columns, part.stat().st_size
        if cells > MOST_CELLS and cells > MOST_OF_A_BYTE * size:
            raise too_many_cells(cells, f"{size:,} bytes", path)
        count += about.num_rows
    return count


def _same_columns(names: list[str] | None, file: Any, path: Path, part: Path) -> list[str]:
    """Return the columns of a file, which are those of the files before it."""
    if names is not None and file.schema_arrow.names != names:
        raise bad_file(
            "its columns are not those of the first file",
            f"{path.name}/{part.name}",
            ", ".join(names),
            "write all files of the folder with the same columns",
        )
    return file.schema_arrow.names


def too_many_cells(cells: int, where: str, path: Path) -> StudyError:
    """Return the error for a table that cannot be held."""
    return bad_file(
        f"{cells:,} cells in {where}",
        path.name,
        f"at most {MOST_CELLS:,}",
        "write the columns of the questionnaire only",
    )


def _next(batches: Iterator[Any], part: Path) -> Any:
    with in_words(part):
        return next(batches, None)


@contextlib.contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Return in words what is wrong with a file."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise bad_file(
            f"not readable as parquet: {error}",
            path.name,
            "a whole parquet file",
            "write it again",
        ) from None


def parquet_structure(table: Any, name: str) -> Structure:
    """List what the types of a parquet file say: categories, their order, numbers, moments, notes."""
    import pyarrow as pa

    variables, fields = {}, []
    for field, column in zip(table.schema, table.columns, strict=True):
        notes = {
            key.decode(errors="replace"): value.decode(errors="replace")
            for key, value in (field.metadata or {}).items()
        }
        if "measure" in notes and (about := _deposited(notes)):
            fields.append(about | {"name": field.name})
            variables[field.name] = described_column(field.name, about)
            continue
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
        elif _is_list(field.type):
            options, kind = _items(column, field.name, name), "joined"
        variables[field.name] = Variable(
            field.name,
            code=field.name,
            label=label,
            options=options,
            kind=kind,
            separator=_BETWEEN if kind == "joined" else "",
        )
    return Structure(variables, described_sets(fields))


def _deposited(notes: Mapping[str, str]) -> dict[str, Any]:
    """Read what a deposit of this project says of a column, each note in JSON; nothing if they are others."""
    with contextlib.suppress(ValueError):
        about = {key: json.loads(text) for key, text in notes.items()}
        if isinstance(about.get("labels", {}), dict) and isinstance(about.get("missing", []), list):
            return about
    return {}


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _items(column: Any, name: str, file: str) -> dict[str, str]:
    """List what stands in lists; none where it is too much to be answers to choose.

    Raises
    ------
    StudyError
        If the lists cannot be told apart once their items are joined.
    """
    lists = column.to_pylist()
    found = {as_text(item) for one in lists for item in one or () if item is not None}
    joined = [item for item in found if _BETWEEN in item and found >= {*item.split(_BETWEEN)}]
    if joined:
        raise bad_file(
            f"{min(joined)!r} is one item of a list, and its parts are items as well",
            f"{file}, column '{name}'",
            f"items that are told apart with {_BETWEEN} between them",
            "write a column of its own for each item",
        )
    return {item: item for item in sorted(found)} if len(found) <= _MOST_ITEMS else {}


def whole_table(path: Path) -> Any:
    """Read a file, or the files of a folder one below the other, with at most `MOST_CELLS` cells."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables, cells = [], 0
    for part in parts(path):
        with in_words(part):
            file = pq.ParquetFile(part)
            cells += file.metadata.num_rows * file.metadata.num_columns
            if cells > MOST_CELLS:
                raise too_many_cells(cells, f"{part.stat().st_size:,} bytes", path)
            tables.append(file.read())
    with in_words(path):
        return tables[0] if len(tables) == 1 else pa.concat_tables(tables)


def _texts(column: Any, decimal: str) -> np.ndarray:
    """Write the values of a column as texts."""
    import pyarrow as pa

    coded = _coded(column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column, decimal)
    return coded.spread(coded.found, object)


def _coded(column: Any, decimal: str) -> Texts:
    """Write the values of a column as texts, each that occurs once."""
    import pyarrow as pa

    try:
        coded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
    except pa.ArrowNotImplementedError:  # lists, for instance
        return Texts.of([_text(value, decimal) for value in column.to_pylist()])
    values = coded.dictionary.to_pylist()
    kind = coded.type.value_type
    if coded is not column and (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        # Each is there once, and stands somewhere.
        if coded.null_count and "" not in values:
            values.append("")
        nothing = values.index("") if coded.null_count else 0
        return Texts(values, coded.indices.fill_null(nothing).to_numpy(zero_copy_only=False))
    if pa.types.is_float32(coded.type.value_type):
        values = [shortest(value) for value in values]
    found = [as_text(value, decimal) for value in values]
    places = coded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
    return Texts.of([*found, ""], places)


def _text(value: Any, decimal: str) -> str:
    if isinstance(value, list):
        return _BETWEEN.join(as_text(one, decimal) for one in value if one is not None)
    return as_text(value, decimal)
