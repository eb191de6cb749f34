"""Workbooks, Excel and OpenDocument: the cells of a sheet, errors and empty formulas among them."""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from nsmo.formats.archives import MOST_CELLS
from nsmo.formats.cells import Layout, Records, as_text, bad_file
from nsmo.study.errors import StudyError

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def read_workbook(layout: Layout, path: Path) -> Records:
    """Read the rows of a sheet as texts; moments follow the calendar of the workbook (1900 or 1904)."""
    rows = [[as_text(cell, layout.decimal) for cell in row] for row in read_sheet(path, layout.sheet)]
    return rows, list(range(1, len(rows) + 1))


def sheets_with_cells(path: Path) -> list[str]:
    """List the sheets in which something stands."""
    workbook = open_workbook(path)
    return [name for name in workbook.sheet_names if workbook.get_sheet_by_name(name).total_height]


def open_workbook(path: Path) -> Any:
    """Open a workbook.

    Raises
    ------
    StudyError
        If it is damaged, or locked with a password.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        return CalamineWorkbook.from_path(path)
    except (CalamineError, OSError, ValueError) as error:
        with path.open("rb") as file:
            begin = file.read(8)
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

    A cell with an error has its name (``#N/A``), a formula that was never calculated its text (``=A1+1``).
    Both only in the formats of Office Open XML; the others do not tell.

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
    if sheet not in (names if sheet is not None or len(names) > 1 else [None]):
        raise bad_file(
            f"source.sheet is {sheet!r}"
            if sheet
            else f"it has {len(names)} sheets, and source.sheet names none",
            path.name,
            f"one of its sheets: {', '.join(names)}",
            "name the sheet with the responses under source: sheet:",
        )
    gaps = _gaps_of(path, sheet or names[0])
    rows = _values(workbook, path, sheet or names[0])
    for (row, column), text in gaps.items():
        rows += [[] for _ in range(row + 1 - len(rows))]
        rows[row] += [""] * (column + 1 - len(rows[row]))
        rows[row][column] = text
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


def _values(workbook: Any, path: Path, sheet: str) -> list[list[Any]]:
    from python_calamine import CalamineError

    try:
        return workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise _damaged(path, sheet, error) from None


def _gaps_of(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    try:
        return _gaps(path, sheet)
    except (
        zipfile.BadZipFile,
        zlib.error,
        ElementTree.ParseError,
        KeyError,
        ValueError,
        EOFError,
        NotImplementedError,
    ) as error:
        raise _damaged(path, sheet, error) from None


def _damaged(path: Path, sheet: str, error: Exception) -> StudyError:
    return bad_file(
        f"the sheet {sheet!r} is not readable: {error}",
        path.name,
        "a whole workbook",
        "open it, and save it again",
    )


def _gaps(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Collect the errors and the formulas without a result, by row and column from zero."""
    found = {}
    last = (0, 0)
    for row, column, reference, cell in _cells(path, sheet):
        value = cell.findtext("{*}v")
        formula = cell.find("{*}f")
        last = (max(last[0], row), max(last[1], column))
        if last[0] * last[1] > MOST_CELLS:
            raise StudyError(
                found=f"the sheet '{sheet}' reaches to {reference}, {last[0] + 1} rows by {last[1] + 1}",
                where=path.name,
                expected="responses and nothing far beside or below them",
                fix=f"delete what stands in {reference}, for instance a blank, and save the workbook",
            )
        if cell.get("t") == "e" and value:
            found[row, column] = value
        elif formula is not None and not value and cell.get("t") != "str":
            found[row, column] = f"={formula.text or ''}"
    return found


def _cells(path: Path, sheet: str) -> Iterator[tuple[int, int, str, ElementTree.Element]]:
    """Yield the cells of a sheet that hold something; none where the file is no Office Open XML."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        member = _member(archive, sheet)
        if member is None:
            return
        row = column = -1
        with archive.open(member) as file:
            for event, element in ElementTree.iterparse(file, events=("start", "end")):
                tag = element.tag.rpartition("}")[2]
                if tag == "row" and event == "start":
                    row, column = int(element.get("r") or row + 2) - 1, -1
                elif tag == "row":
                    element.clear()
                elif tag == "c" and event == "end":
                    reference = element.get("r") or ""
                    column = _column(reference) if reference else column + 1
                    if len(element):
                        yield row, column, reference or f"row {row + 1}", element


def _member(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Find the file of a sheet in the archive."""
    try:
        workbook = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except (KeyError, ElementTree.ParseError):
        return None
    ids = {entry.get("name"): entry.get(_RELATION) for entry in workbook.iterfind("{*}sheets/{*}sheet")}
    targets = {entry.get("Id"): entry.get("Target") for entry in relations}
    target = targets.get(ids.get(sheet))
    if target is None:
        return None
    member = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
    return member if member in archive.namelist() else None


def _column(reference: str) -> int:
    """Return the number of a column from zero: A is 0, AB is 27."""
    number = 0
    for letter in re.sub("[^A-Z]", "", reference.upper()):
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
