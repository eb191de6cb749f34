"""Reads the cells of an export as text, whatever kind of file it is: delimited text, a workbook, SPSS."""

import csv
import datetime
import io
import math
import re
from pathlib import Path
from typing import Any

from nsmo.study.errors import StudyError
from nsmo.study.questionnaire import Source
from nsmo.study.workbook import read_sheet

#: What the numbers of `read_records` count, by format; text is counted in lines.
COUNTED = {"excel": "row", "spss": "case"}
_SUFFIXES = {
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "excel"),
    **dict.fromkeys((".sav", ".zsav"), "spss"),
}

Records = tuple[list[list[str]], list[int]]


def read_records(source: Source, path: Path) -> Records:
    """Read all rows of an export, those of the header first.

    Cells that are no text become text as an export in CSV has them: a whole number without decimals, another
    number with the declared decimal sign, a moment as ``2018-01-26 13:05:00``, nothing as an empty text. Rows
    in which nothing stands are left out.

    Parameters
    ----------
    source : Source
        How the codebook describes the file.
    path : Path
        The file.

    Returns
    -------
    records : list of list of str
        The cells, row by row.
    numbers : list of int
        Where each row begins: a line of a text, a row of a sheet, a case of SPSS (0 is its header).

    Raises
    ------
    StudyError
        If the file is not there or not of that format, or a workbook has several sheets and none is named.
    """
    if not path.is_file():
        raise StudyError(
            found="the responses are not there",
            where=str(path),
            fix=f"put the export there as {path.name}, or correct source.file in questionnaire.yaml",
        )
    expected = _SUFFIXES.get(path.suffix.lower(), "")
    if expected != (source.format if source.format in COUNTED else ""):
        raise StudyError(
            found=f"source.format is {source.format}, but the file is called {path.name}",
            where="questionnaire.yaml",
            expected=f"format: {expected}" if expected else "format: limesurvey or csv for a text",
            fix="correct source.format, or export again in that format",
        )
    match source.format:
        case "excel":
            return _workbook(source, path)
        case "spss":
            return _spss(source, path)
    return _text(source, path)


def _text(source: Source, path: Path) -> Records:
    content = _decoded(source, path)
    begin = 1
    # Excel writes what separates the fields above the header.
    if hint := re.match(r"sep=(.)\r?\n", content):
        if hint[1] != source.delimiter:
            raise StudyError(
                found=f"the file says sep={hint[1]}, source.delimiter is {source.delimiter!r}",
                where=f"{path.name}, line 1",
                fix=f"write delimiter: {hint[1]!r} under source: in questionnaire.yaml",
            )
        content, begin = content[hint.end() :], 2
    # The whole text is in memory anyway, so a long answer costs nothing.
    csv.field_size_limit(max(csv.field_size_limit(), len(content) + 1))
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=source.delimiter, strict=True)
    records: list[list[str]] = []
    lines: list[int] = []
    first = begin
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append(record)
                lines.append(begin)
            begin = reader.line_num + first
    except csv.Error as error:
        raise StudyError(
            found=f"not readable as CSV: {error}",
            where=f"{path.name}, line {begin}",
            fix="look for a quote that is not closed or not doubled",
        ) from None
    return records, lines


def _decoded(source: Source, path: Path) -> str:
    try:
        return path.read_bytes().decode(source.encoding)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise StudyError(
            found=f"byte {error.object[error.start]:#04x} is not {source.encoding}",
            where=f"{path.name}, line {line}",
            fix="correct source.encoding in questionnaire.yaml (utf-8-sig, windows-1252, …), or export again",
        ) from None


def _workbook(source: Source, path: Path) -> Records:
    cells = ([_as_text(cell, source) for cell in row] for row in read_sheet(path, source.sheet))
    kept = [(number, row) for number, row in enumerate(cells, 1) if any(row)]
    return [row for _, row in kept], [number for number, _ in kept]


def _spss(source: Source, path: Path) -> Records:
    import pyreadstat

    try:
        # With the codes, not their labels; codes declared as missing in SPSS are for the codebook to explain.
        frame, meta = pyreadstat.read_sav(path, user_missing=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        raise StudyError(
            found=f"not readable as a file of SPSS: {error}",
            where=path.name,
            fix="save it again as .sav, or export it as CSV",
        ) from None
    rows = frame.astype(object).to_numpy().tolist()
    cells = [[_as_text(cell, source) for cell in row] for row in rows]
    kept = [(number, row) for number, row in enumerate(cells, 1) if any(row)]
    header = list(meta.column_names)
    return [header, *(row for _, row in kept)], [0, *(number for number, _ in kept)]


def _as_text(cell: Any, source: Source) -> str:
    match cell:
        case str():
            return cell
        case None:
            return ""
        case bool():
            return str(cell).upper()
        case int() | float():
            if not math.isfinite(cell):
                return "" if math.isnan(cell) else str(cell)
            # A workbook holds fifteen digits; what follows is how a fraction is stored.
            text = str(int(cell)) if cell == math.floor(cell) else f"{cell:.15g}"
            return text.replace(".", source.decimal)
        case datetime.datetime():
            # pandas' "no moment" is one of these, and unequal to itself.
            return cell.isoformat(" ", "seconds") if cell == cell else ""
        case datetime.date():
            return f"{cell.isoformat()} 00:00:00"
        case datetime.timedelta():
            return _as_text(cell.total_seconds(), source)
    return str(cell)
