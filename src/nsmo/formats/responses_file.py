"""Reads the export of a wave as its questionnaire says it is written."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nsmo.formats.cells import SUFFIXES, Export, Layout, bad_file, read_export
from nsmo.formats.rankings import Ranked, taken_apart
from nsmo.formats.text import other_delimiter
from nsmo.study.cells import normal_column
from nsmo.study.questionnaire import Source


def read_responses(source: Source, path: Path | str) -> Export:
    """Read the export of a wave.

    Parameters
    ----------
    source : Source
        The format, encoding, delimiter, sheet and rows of the header.
    path : Path or str
        The file.

    Returns
    -------
    Export

    Raises
    ------
    StudyError
        If the file is not there, is not in that format or encoding, or a row has more or fewer cells than the
        header.
    """
    path, layout = Path(path), layout_of(source)
    expected = SUFFIXES.get(path.suffix.lower(), "csv")
    if path.is_file() and layout.format != expected:
        raise bad_file(
            f"source.format is {source.format}, but the file is called {path.name}",
            "questionnaire.yaml",
            expected="format: limesurvey or csv for a text" if expected == "csv" else f"format: {expected}",
            fix="correct source.format, or export again in that format",
        )
    export = read_export(layout, path)
    if len(export.columns) == 1 and layout.format == "csv" and (sign := other_delimiter(path, layout)):
        raise bad_file(
            "the header has one column",
            export.head,
            f"several columns; with {sign!r} between them there are",
            f"delimiter: {sign!r} under source: in questionnaire.yaml",
        )
    return _ready(source, export)


def rows_of(path: Path) -> int:
    """Count the responses of an export that can be read in pieces; 0 where it cannot."""
    if SUFFIXES.get(path.suffix.lower()) != "parquet" or not path.exists():
        return 0
    from nsmo.formats.parquet import count_rows

    return count_rows(path)


def read_pieces(source: Source, path: Path | str, rows: int | None) -> Iterator[Export]:
    """Read the export of a wave, so many responses at a time.

    Parameters
    ----------
    source, path
        As for `read_responses`; a file of parquet, or a folder of such files, one after the other.
    rows : int or None
        How many at a time; None: all in one piece, of any format.

    Raises
    ------
    StudyError
        As of `read_responses`.
    """
    if rows is None:
        yield read_responses(source, path)
        return
    from nsmo.formats.coded import arrange_columns
    from nsmo.formats.parquet import parquet_pieces

    layout, before = layout_of(source), 0
    for names, columns, above in parquet_pieces(layout, Path(path), rows):
        export = arrange_columns(layout, Path(path).name, names, columns, above)
        if export is not None:
            yield taken_apart(replace(export, before=before), _rankings(source))
            before += len(export.lines)


def layout_of(source: Source) -> Layout:
    """Take from a questionnaire how its export is written."""
    return Layout(
        format="csv" if source.format == "limesurvey" else source.format,
        encoding=source.encoding,
        delimiter=source.delimiter,
        quote=source.quote,
        decimal=source.decimal,
        sheet=source.sheet,
        title_rows=source.title_rows,
        last_rows=source.last_rows,
        header_rows=source.header_rows,
        names_row=source.names_row,
        columns=tuple(normal_column(column) for column in source.columns),
    )


def _rankings(source: Source) -> list[Ranked]:
    return [Ranked.of(one, source.missing_codes) for one in source.rankings]


def _ready(source: Source, export: Export) -> Export:
    """Let each column be called, and hold, what the questionnaire says."""
    return taken_apart(_with_nameless(source, export), _rankings(source))


def _with_nameless(source: Source, export: Export) -> Export:
    """Let an empty text name the one column without a name, as exports of R and pandas have it."""
    if source.key != "" or not export.header:
        return export
    heads = zip(*export.header, strict=True)
    nameless = [name for name, head in zip(export.columns, heads, strict=True) if not any(head)]
    if len(nameless) != 1:
        return export
    return replace(
        export, texts={"" if name == nameless[0] else name: one for name, one in export.texts.items()}
    )
