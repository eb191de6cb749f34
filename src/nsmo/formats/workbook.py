"""Workbooks, Excel and OpenDocument: the cells of a sheet, errors and empty formulas among them."""

import contextlib
import html
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nsmo.formats.archives import check_archive
from nsmo.formats.cells import Layout, Records, as_text, bad_file
from nsmo.formats.gaps import check_reach, gaps_of
from nsmo.formats.kinds import kind_of_text
from nsmo.study.errors import StudyError

_DURATION = re.compile(r"(-?)PT(\d+)H(\d+)M(\d+(?:[.,]\d+)?)S")


def read_workbook(layout: Layout, path: Path) -> Records:
    """Read the rows of a sheet as texts; moments follow the calendar of the workbook (1900 or 1904)."""
    rows = [[_as_text(cell, layout.decimal) for cell in row] for row in read_sheet(path, layout.sheet)]
    return rows, list(range(1, len(rows) + 1))


def _as_text(cell: Any, decimal: str) -> str:
    if isinstance(cell, str) and (found := _DURATION.fullmatch(cell)):  # of OpenDocument
        sign, hours, minutes, seconds = found.groups()
        length = 3600 * int(hours) + 60 * int(minutes) + float(seconds.replace(",", "."))
        return as_text(-length if sign else length, decimal)
    return as_text(cell, decimal)


def sheets_with_cells(path: Path) -> list[str]:
    """List the sheets in which something stands: the visible ones first, the largest of them first."""
    workbook = open_workbook(path)
    found = []
    for place, known in enumerate(workbook.sheets_metadata):
        sheet = _sheet(workbook, path, known.name)
        if sheet.total_height:
            hidden = "Hidden" in str(known.visible)
            found.append((hidden, -sheet.total_height * sheet.total_width, place, known.name))
    return [name for *_, name in sorted(found)]


def title_of(path: Path) -> str:
    """Return what a workbook (.xlsx) is called in its properties; an empty text where it says nothing."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("docProps/core.xml") as file:
            content = file.read(100_000).decode("utf-8", "replace")
    except (KeyError, OSError, EOFError, NotImplementedError, RuntimeError, zlib.error, zipfile.BadZipFile):
        return ""
    found = re.search(r"<(?:\w+:)?title\b[^>]*>([^<]*)<", content)
    return html.unescape(found[1]).strip() if found else ""


def check_merged(path: Path, sheet: str | None, first: int) -> None:
    """Refuse answers in merged cells: whose they are, one response's or several', nothing tells.

    Parameters
    ----------
    path, sheet
        As for `read_sheet`.
    first : int
        The row of the first response, from 1.

    Raises
    ------
    StudyError
        Naming the cells.
    """
    workbook = open_workbook(path)
    merged = _sheet(workbook, path, sheet or workbook.sheet_names[0]).merged_cell_ranges or []
    found = [f"{_cell(*begin)}:{_cell(*end)}" for begin, end in merged if begin[0] >= first - 1]
    if found:
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise bad_file(
            f"merged cells among the answers: {', '.join(found[:5])}{more}",
            f"{path.name}, row {min(begin[0] for begin, _ in merged if begin[0] >= first - 1) + 1}",
            "a cell of its own for each answer",
            "take the cells apart (unmerge) and fill each of them, or export to CSV",
        )


def _cell(row: int, column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row + 1}"


def open_workbook(path: Path) -> Any:
    """Open a workbook.

    Raises
    ------
    StudyError
        If it is damaged, or locked with a password.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    check_archive(path)
    try:
        with _without_panic():
            return CalamineWorkbook.from_path(path)
    except (CalamineError, OSError, ValueError) as error:
        with path.open("rb") as file:
            begin = file.read(200)
        if kind := kind_of_text(begin):
            raise bad_file(
                f"this is {kind}, but it is called {path.name}",
                path.name,
                "an .xlsx, .xls or .ods file",
                "open it in a spreadsheet and save it as .xlsx, or give it the ending of what it is",
            ) from None
        # A workbook with a password is wrapped into the old container, whatever its ending says.
        wrapped = begin.startswith(b"\xd0\xcf\x11\xe0") and path.suffix.lower() in (".xlsx", ".xlsm", ".xlsb")
        if wrapped or isinstance(error, PasswordError):
            raise bad_file(
                "the workbook is locked with a password",
                path.name,
                "a workbook without a password",
                "open it with the password, and save it without one",
            ) from None
        broken = "" if not begin.startswith(b"PK") or zipfile.is_zipfile(path) else "; the file is cut off"
        raise bad_file(
            f"not readable as a workbook: {error}{broken}",
            path.name,
            "an .xlsx, .xls or .ods file, whole and without a password",
            "download it again, or open it and save it again",
        ) from None


def read_sheet(path: Path, sheet: str | None) -> list[list[Any]]:
    """Read the values of a sheet, row by row from its first.

    A cell with an error has its name (``#N/A``), a formula that was never calculated its text (``=A1+1``), as
    far as `gaps` can tell. Of merged cells only the first has the value.

    Parameters
    ----------
    path : Path
        The workbook.
    sheet : str or None
        The name of the sheet; None where there is but one.

    Raises
    ------
    StudyError
        If it is no workbook, several sheets are there and none is named, or the sheet has a cell so far out
        that it cannot be read.
    """
    workbook = open_workbook(path)
    names = workbook.sheet_names
    if not names:
        raise bad_file("no sheet is in it", path.name, "a whole workbook", "open it and save it again")
    if sheet not in (names if sheet is not None or len(names) > 1 else [None]):
        raise bad_file(
            f"source.sheet is {sheet!r}"
            if sheet
            else f"it has {len(names)} sheets, and source.sheet names none",
            path.name,
            f"one of its sheets: {', '.join(names)}",
            "name the sheet with the responses under source: sheet:",
        )
    try:
        gaps = gaps_of(path, sheet or names[0])
    except ValueError as error:
        raise _damaged(path, sheet or names[0], error) from None
    found = _sheet(workbook, path, sheet or names[0])
    if found.end is not None:
        row, column = found.end
        check_reach(row, column, _cell(row, column), found.name, path.name)
    rows = found.to_python(skip_empty_area=False)
    for (row, column), text in gaps.items():
        rows += [[] for _ in range(row + 1 - len(rows))]
        rows[row] += [""] * (column + 1 - len(rows[row]))
        rows[row][column] = text
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


def _sheet(workbook: Any, path: Path, sheet: str) -> Any:
    from python_calamine import CalamineError, WorksheetNotFound

    try:
        with _without_panic():
            return workbook.get_sheet_by_name(sheet)
    except (CalamineError, WorksheetNotFound, OSError, ValueError) as error:
        raise _damaged(path, sheet, error) from None


@contextlib.contextmanager
def _without_panic() -> Iterator[None]:
    """Raise ValueError and print nothing where the library fails in a way that is no ordinary exception."""
    with tempfile.TemporaryFile() as printed:
        before = os.dup(2)
        os.dup2(printed.fileno(), 2)
        try:
            yield
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise ValueError("it is damaged so that the library which reads it fails") from None
        finally:
            os.dup2(before, 2)
            os.close(before)


def _damaged(path: Path, sheet: str, error: Exception) -> StudyError:
    return bad_file(
        f"the sheet {sheet!r} is not readable: {error}",
        path.name,
        "a whole workbook",
        "open it, and save it again",
    )
