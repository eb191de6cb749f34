"""Reads a text that must be UTF-8, and one of the tables of a study in such a text."""

import codecs
import csv
import io
import re
from pathlib import Path

from nsmo.study.errors import StudyError
from nsmo.study.paths import check_own_file
from nsmo.study.visible import CONTROLS

#: What stands between the cells of tables that are no CSV with commas.
_DIVIDED_BY = {";": "semicolons", "\t": "tabs", "|": "bars"}
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BEGINS = re.compile(r"^<{7} ", re.MULTILINE)
_ENDS = re.compile(r"^>{7} ", re.MULTILINE)


def conflict_line(text: str) -> int:
    """Return on which line git's marks of a conflict begin; 0 where it has left none."""
    begins = _BEGINS.search(text)
    if begins is None or _ENDS.search(text, begins.end()) is None:
        return 0
    return text.count("\n", 0, begins.start()) + 1


def conflict(where: str, line: int) -> StudyError:
    """Return what to say about a file that git could not merge."""
    return StudyError(
        found="conflict markers of git",
        where=f"{where}, line {line}",
        fix="keep one side of each conflict, and take out the lines <<<<<<<, ======= and >>>>>>>",
    )


def read_utf8(path: Path) -> str:
    """Read a file in UTF-8, with or without a byte-order mark; line breaks stay as they are.

    Raises
    ------
    StudyError
        If it is in another encoding, with the line where that shows, a link that leads out of its folder, a
        workbook, or git could not merge it.
    """
    check_own_file(path)
    content = path.read_bytes()
    if found := _no_text(content):
        raise StudyError(
            found=found, where=f"{path.name}, line 1", fix="save the file as UTF-8 (in Excel: CSV UTF-8)"
        )
    try:
        text = content.decode("utf-8-sig")
        if line := conflict_line(text):
            raise conflict(path.name, line)
        return text
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise StudyError(
            found=f"not UTF-8: byte {error.object[error.start]:#04x}",
            where=f"{path.name}, line {line}",
            fix="save the file as UTF-8 (in Excel: CSV UTF-8)",
        ) from None


def _no_text(content: bytes) -> str:
    """Return what a file is that is no text in UTF-8, as its first bytes tell; "" where they do not."""
    if content.startswith(b"PK\x03\x04"):
        return "a workbook or an archive, not a text"
    half = content[:1000]
    if content.startswith(_UTF_16) or max(half[::2].count(0), half[1::2].count(0)) > len(half) // 5:
        return "not UTF-8 but UTF-16"
    return ""


def read_rows(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Read a table that somebody writes beside the answers, such as population.csv.

    Returns
    -------
    columns : list of str
        Its header.
    rows : list
        Of the line and the cells by column; rows without anything in them, as a spreadsheet leaves at the
        end, are no rows.

    Raises
    ------
    StudyError
        If something else than commas divides the cells, two columns have one name, a row has more or fewer
        cells than the header, or a quote is not closed: each could be read in more than one way. If a cell
        holds a sign that controls a screen. As `read_utf8`.
    """
    text = read_utf8(path)
    _refuse_other_dividers(text, path.name)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        columns = next(reader, [])
        if again := [name for place, name in enumerate(columns) if name in columns[:place]]:
            raise StudyError(
                found=f"the column '{again[0]}' is there twice", where=f"{path.name}, line 1", fix="keep one"
            )
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(columns):
                raise StudyError(
                    found=f"{'more' if len(cells) > len(columns) else 'fewer'} fields than the header has",
                    where=f"{path.name}, line {reader.line_num}",
                    expected=f"{len(columns)} of them",
                    fix="put quotes around a cell with a comma in it",
                )
            row = {column: cell.replace("\r\n", "\n") for column, cell in zip(columns, cells, strict=True)}
            for column, cell in row.items():
                if found := CONTROLS.search(cell):
                    raise StudyError(
                        found=f"the sign U+{ord(found[0]):04X} in '{column}', which does not show",
                        where=f"{path.name}, line {reader.line_num}",
                        fix="delete it; it came along when the text was pasted",
                    )
            rows.append((reader.line_num, row))
    except csv.Error as error:
        raise StudyError(
            found=f"no table: {error}",
            where=f"{path.name}, line {reader.line_num}",
            fix='close each quote; within quotes a quote is written twice: ""',
        ) from None
    return columns, rows


def _refuse_other_dividers(text: str, name: str) -> None:
    """Refuse a table with semicolons, tabs or bars between its cells."""
    first = re.split("[\r\n]", text, maxsplit=1)[0]
    if first.strip('"').startswith("sep="):
        found = f"the line {first!r}, which only Excel reads"
    elif "," not in first and (divider := next((sign for sign in _DIVIDED_BY if sign in first), "")):
        found = f"cells divided by {_DIVIDED_BY[divider]}"
    else:
        return
    raise StudyError(
        found=found,
        where=f"{name}, line 1",
        expected="a comma between cells, and a point before decimals",
        fix="save it with commas; in a text editor mind the commas within cells and numbers",
    )
