"""Reads a sheet of a workbook, errors and formulas without a result among its values."""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from nsmo.study.errors import StudyError

#: More cells than this between the first and the last are a mistake, and too many to read.
MOST_CELLS = 50_000_000
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


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
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(path)
    except (CalamineError, OSError) as error:
        raise StudyError(
            found=f"not readable as a workbook: {error}",
            where=path.name,
            fix="open it, and save it again without a password",
        ) from None
    names = workbook.sheet_names
    if sheet not in (names if sheet is not None or len(names) > 1 else [None]):
        raise StudyError(
            found=f"source.sheet is {sheet!r}" if sheet else "source.sheet names no sheet",
            where="questionnaire.yaml",
            expected=f"one of the sheets of {path.name}: {', '.join(names)}",
            fix="name the sheet with the responses",
        )
    gaps = _gaps(path, sheet or names[0])
    rows = workbook.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=False)
    for (row, column), text in gaps.items():
        rows += [[] for _ in range(row + 1 - len(rows))]
        rows[row] += [""] * (column + 1 - len(rows[row]))
        rows[row][column] = text
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


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
    for letter in re.match("[A-Z]*", reference.upper())[0]:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
