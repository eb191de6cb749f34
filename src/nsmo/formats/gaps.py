"""The cells of a sheet that its reader, calamine, leaves empty: errors, and formulas without a result."""

import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from nsmo.formats.archives import MOST_CELLS, member
from nsmo.study.errors import StudyError

Gaps = dict[tuple[int, int], str]

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


def gaps_of(path: Path, sheet: str) -> Gaps:
    """Compute the texts of such cells: ``#N/A`` of an error, ``=A1+1`` of a formula never calculated.

    Parameters
    ----------
    path : Path
        A workbook. Of one in the old binary format (.xls) nothing is known, and of a formula in .xlsb or .ods
        neither.
    sheet : str
        The name of the sheet.

    Returns
    -------
    dict
        By row and column, from zero.

    Raises
    ------
    ValueError
        If the archive is damaged.
    StudyError
        If the sheet has a cell so far out that it cannot be read.
    """
    if not zipfile.is_zipfile(path):
        return {}
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "content.xml" in names:
                return _of_opendocument(archive, sheet)
            if "xl/workbook.bin" in names:
                return _of_binary(archive, sheet, path.name)
            return _of_open_xml(archive, sheet, path.name)
    except (
        zipfile.BadZipFile,
        zlib.error,
        ElementTree.ParseError,
        KeyError,
        IndexError,
        EOFError,
        struct.error,
        NotImplementedError,
    ) as error:
        raise ValueError(str(error)) from None


def check_reach(row: int, column: int, reference: str, sheet: str, name: str) -> None:
    """Refuse a sheet whose last row and column, from zero, lie so far out that it cannot be read.

    Raises
    ------
    StudyError
        Naming the cell.
    """
    if (row + 1) * (column + 1) > MOST_CELLS:
        raise StudyError(
            found=f"the sheet '{sheet}' reaches to {reference}, {row + 1:,} rows by {column + 1:,}",
            where=name,
            expected="responses and nothing far beside or below them",
            fix=f"delete what stands in {reference}, for instance a blank, and save the workbook",
        )


def _of_opendocument(archive: zipfile.ZipFile, sheet: str) -> Gaps:
    """Find the errors of OpenDocument: LibreOffice marks them, and repeats cells and rows by number."""
    found: Gaps = {}
    row, inside = 0, False
    with archive.open("content.xml") as file:
        for event, element in ElementTree.iterparse(file, events=("start", "end")):
            if element.tag == f"{_TABLE}table":
                inside = event == "start" and element.get(f"{_TABLE}name") == sheet
            elif inside and event == "end" and element.tag == f"{_TABLE}table-row":
                column = 0
                for cell in element:
                    if any(
                        name.endswith("}value-type") and kind == "error" for name, kind in cell.attrib.items()
                    ):
                        found[row, column] = "".join(cell.itertext()).strip() or "#ERROR"
                    column += int(cell.get(f"{_TABLE}number-columns-repeated") or 1)
                row += int(element.get(f"{_TABLE}number-rows-repeated") or 1)
                element.clear()
    return found


def _of_binary(archive: zipfile.ZipFile, sheet: str, name: str) -> Gaps:
    """Find the errors of .xlsb: records 3 (a cell) and 11 (a formula), of which a byte is the error."""
    with archive.open("xl/workbook.bin") as file:
        sheets = [_strings(content[8:]) for kind, content in _records(file) if kind == 156]
    ids = {title: key for key, title in sheets}
    target = _targets(archive, "xl/_rels/workbook.bin.rels").get(ids.get(sheet))
    place = _member_of(archive, target)
    found: Gaps = {}
    row, last = 0, (0, 0)
    if place is not None:
        with archive.open(place) as file:
            for kind, content in _records(file):
                if kind == 0:
                    (row,) = struct.unpack_from("<I", content)
                elif kind <= 11:  # a cell: of a formula, or of a value
                    (column,) = struct.unpack_from("<I", content)
                    last = (max(last[0], row), max(last[1], column))
                    check_reach(*last, f"row {row + 1}, column {column + 1}", sheet, name)
                    if kind in (3, 11):
                        found[row, column] = _ERRORS.get(content[8], "#ERROR")
    return found


def _records(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Read records: kind and length are numbers of seven bits a byte, the lowest first."""

    def number(most: int) -> int | None:
        value = 0
        for place in range(most):
            read = file.read(1)
            if not read:
                return None
            value |= (read[0] & 127) << 7 * place
            if read[0] < 128:
                break
        return value

    while (first := file.read(1)) and (second := file.read(1) if first[0] > 127 else b"\0"):
        kind = first[0] & 127 | second[0] << 7
        size = number(4)
        if size is None:
            return
        yield kind, file.read(size)


def _strings(content: bytes) -> list[str]:
    """Read texts of two bytes a sign, each after its length."""
    texts, place = [], 0
    while place + 4 <= len(content) and len(texts) < 2:
        (size,) = struct.unpack_from("<I", content, place)
        texts.append(content[place + 4 : place + 4 + 2 * size].decode("utf-16-le", "replace"))
        place += 4 + 2 * size
    return [*texts, "", ""][:2]


def _of_open_xml(archive: zipfile.ZipFile, sheet: str, name: str) -> Gaps:
    found: Gaps = {}
    last = (0, 0)
    for row, column, reference, cell in _cells(archive, sheet):
        value = cell.findtext("{*}v")
        formula = cell.find("{*}f")
        last = (max(last[0], row), max(last[1], column))
        check_reach(*last, reference, sheet, name)
        if cell.get("t") == "e" and value:
            found[row, column] = value
        elif formula is not None and not value and cell.get("t") != "str":
            found[row, column] = f"={formula.text or ''}"
    return found


def _cells(archive: zipfile.ZipFile, sheet: str) -> Iterator[tuple[int, int, str, ElementTree.Element]]:
    """Yield the cells of a sheet that hold something."""
    try:
        workbook = ElementTree.fromstring(member(archive, "xl/workbook.xml"))
        targets = _targets(archive, "xl/_rels/workbook.xml.rels")
    except (KeyError, ElementTree.ParseError):
        return
    ids = {entry.get("name"): entry.get(_RELATION) for entry in workbook.iterfind("{*}sheets/{*}sheet")}
    place = _member_of(archive, targets.get(ids.get(sheet)))
    if place is None:
        return
    row = column = -1
    with archive.open(place) as file:
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


def _targets(archive: zipfile.ZipFile, name: str) -> dict[str | None, str | None]:
    return {entry.get("Id"): entry.get("Target") for entry in ElementTree.fromstring(member(archive, name))}


def _member_of(archive: zipfile.ZipFile, target: str | None) -> str | None:
    """Find the file of a sheet in the archive."""
    if target is None:
        return None
    place = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
    return place if place in archive.namelist() else None


def _column(reference: str) -> int:
    """Return the number of a column from zero: A is 0, AB is 27."""
    number = 0
    for letter in re.sub("[^A-Z]", "", reference.upper()):
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
