"""Reads the export of a wave as its questionnaire says it is written."""

from dataclasses import replace
from pathlib import Path

from nsmo.formats.cells import SUFFIXES, Export, Layout, bad_file, read_export
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
    return _with_nameless(source, export)


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
        header_rows=source.header_rows,
        names_row=source.names_row,
        columns=tuple(normal_column(column) for column in source.columns),
    )


def _with_nameless(source: Source, export: Export) -> Export:
    """Let an empty text name the one column without a name, as exports of R and pandas have it."""
    if source.key != "" or not export.header:
        return export
    heads = zip(*export.header, strict=True)
    nameless = [name for name, head in zip(export.columns, heads, strict=True) if not any(head)]
    if len(nameless) != 1:
        return export
    return replace(export, cells=export.cells.rename(columns={nameless[0]: ""}))
