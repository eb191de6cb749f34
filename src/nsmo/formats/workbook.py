"""Workbooks: Excel and OpenDocument, read by python-calamine."""

import datetime
import math
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from nsmo.formats.cells import Layout, Records, bad_file


def read_workbook(layout: Layout, path: Path) -> Records:
    """Read the rows of a sheet; moments follow the calendar of the workbook (1900 or 1904).

    Raises
    ------
    StudyError
        If it is damaged or locked, several sheets hold something and none is named, or a cell holds an error.
    """
    workbook = open_workbook(path)
    names = workbook.sheet_names
    if layout.sheet is not None and layout.sheet not in names:
        raise bad_file(
            f"there is no sheet {layout.sheet!r}",
            path.name,
            f"one of its sheets: {', '.join(names)}",
            "name the sheet with the responses",
        )
    if layout.sheet is None and len(names) > 1:
        raise bad_file(
            f"it has {len(names)} sheets, and none is named",
            path.name,
            f"one of its sheets: {', '.join(names)}",
            "name the sheet with the responses under source: sheet:",
        )
    return sheet_rows(workbook, path, layout.sheet or names[0], layout.decimal)


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
    except PasswordError:
        raise _locked(path) from None
    except (CalamineError, OSError, ValueError) as error:
        with path.open("rb") as file:
            begin = file.read(8)
        # A workbook with a password is wrapped into the old container, whatever its ending says.
        if begin.startswith(b"\xd0\xcf\x11\xe0") and path.suffix.lower() in (".xlsx", ".xlsm", ".xlsb"):
            raise _locked(path) from None
        broken = "" if not begin.startswith(b"PK") or zipfile.is_zipfile(path) else "; the file is cut off"
        raise bad_file(
            f"not readable as a workbook: {error}{broken}",
            path.name,
            "an .xlsx, .xls or .ods file, whole and without a password",
            "download it again, or open it and save it again",
        ) from None


def sheet_rows(workbook: Any, path: Path, sheet: str, decimal: str = ".") -> Records:
    """Read the rows of one sheet as texts, with their numbers."""
    from python_calamine import CalamineError

    try:
        rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        wrong = error_cells(path, sheet)
    except (CalamineError, zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError) as error:
        raise bad_file(
            f"the sheet {sheet!r} is not readable: {error}", path.name, fix="open it and save it anew"
        ) from None
    if wrong:
        place, error = wrong[0]
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise bad_file(
            f"the cell {place} holds the error {error}{more}",
            f"{path.name}, sheet {sheet}, cell {place}",
            "a value, or nothing",
            "mend the formula in the workbook, or empty the cell, and save it",
        )
    cells = [[as_text(cell, decimal) for cell in row] for row in rows]
    return cells, list(range(1, len(cells) + 1))


def error_cells(path: Path, sheet: str) -> list[tuple[str, str]]:
    """List the cells of a sheet of .xlsx that hold an error such as #N/A; calamine reads them as empty."""
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        return []
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
            return []
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {link.get("Id"): link.get("Target", "") for link in links}
        own = next(
            (one for one in book.iter() if one.tag.endswith("}sheet") and one.get("name") == sheet), None
        )
        link = (
            next((value for key, value in own.items() if key.endswith("}id")), "") if own is not None else ""
        )
        part = targets.get(link, "").removeprefix("/")
        part = part if part.startswith("xl/") else f"xl/{part}"
        content = archive.read(part) if part in names else b""
    if b't="e"' not in content:
        return []
    found = re.findall(rb'<c r="([A-Z]+[0-9]+)"[^>]*\bt="e"[^>]*>.*?<v>([^<]*)</v>', content, re.DOTALL)
    return [(place.decode(), error.decode()) for place, error in found]


def as_text(cell: Any, decimal: str = ".") -> str:
    """Write a value as an export in CSV has it."""
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
            return text.replace(".", decimal)
        case datetime.datetime():
            # pandas' "no moment" is one of these, and unequal to itself.
            return cell.isoformat(" ", "seconds") if cell == cell else ""
        case datetime.date():
            return f"{cell.isoformat()} 00:00:00"
        case datetime.timedelta():
            return as_text(cell.total_seconds(), decimal)
    return str(cell)


def sheets_with_cells(workbook: Any, path: Path, names: Sequence[str]) -> list[str]:
    """List the sheets in which something stands."""
    return [name for name in names if any(any(row) for row in sheet_rows(workbook, path, name)[0][:50])]


def _locked(path: Path) -> Exception:
    return bad_file(
        "the workbook is locked with a password",
        path.name,
        "a workbook without a password",
        "open it with the password, and save it without one",
    )
