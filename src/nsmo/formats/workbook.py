"""Workbooks: Excel and OpenDocument, read by python-calamine."""

import datetime
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nsmo.formats.cells import Layout, Records, bad_file

_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!")


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
            "download it again, or open it and save it anew",
        ) from None


def sheet_rows(workbook: Any, path: Path, sheet: str, decimal: str = ".") -> Records:
    """Read the rows of one sheet as texts, with their numbers."""
    from python_calamine import CalamineError

    try:
        rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except CalamineError as error:
        raise bad_file(
            f"the sheet {sheet!r} is not readable: {error}", path.name, fix="open it and save it anew"
        ) from None
    cells = [[as_text(cell, decimal) for cell in row] for row in rows]
    wrong = [
        (number, place, cell)
        for number, row in enumerate(cells, 1)
        for place, cell in enumerate(row)
        if cell.startswith("#") and cell in _ERRORS
    ]
    if wrong:
        number, place, cell = wrong[0]
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise bad_file(
            f"the cell {letters(place)}{number} holds the error {cell}{more}",
            f"{path.name}, sheet {sheet}, row {number}, column {letters(place)}",
            "a value, or nothing",
            "mend the formula in the workbook, or empty the cell, and save it",
        )
    return cells, list(range(1, len(cells) + 1))


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


def letters(place: int) -> str:
    """Name a column as a spreadsheet does: A, B, … Z, AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


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
