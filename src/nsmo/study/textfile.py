"""Reads a text that must be UTF-8, and one of the tables of a study in such a text."""

import csv
import io
import re
from pathlib import Path

from nsmo.study.errors import StudyError
from nsmo.study.paths import check_own_file

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
        If it is in another encoding, with the line where that shows, a link that leads out of its folder, or
        git could not merge it.
    """
    check_own_file(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
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
        If two columns have one name, a row has more or fewer cells than the header, or a quote is not closed:
        each could be read in more than one way. As `read_utf8`.
    """
    reader = csv.reader(io.StringIO(read_utf8(path), newline=""), strict=True)
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
            rows.append((reader.line_num, dict(zip(columns, cells, strict=True))))
    except csv.Error as error:
        raise StudyError(
            found=f"no table: {error}",
            where=f"{path.name}, line {reader.line_num}",
            fix='close each quote; within quotes a quote is written twice: ""',
        ) from None
    return columns, rows
