"""All cross-tables as one Excel workbook, with links to each table, and letters in cells of their own."""

import io
import re
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from nsmo.present.crosstab import ARROWS, SINCE, CrossTable, Section
from nsmo.present.crosstab_lines import Line
from nsmo.present.frames import Row, nothing
from nsmo.present.tables import ORIGIN_MARKS
from nsmo.present.workbook import FIXED, FORMATS, font, on_paper, raw_value, timeless, write
from nsmo.results import AGAINST_BEFORE, AGAINST_REST
from nsmo.study.visible import visible

if TYPE_CHECKING:
    from nsmo.present.crosstab import Crossbook

#: Rows above a table on a sheet of its own: title, subtitle, notice, way back.
_ABOVE = 4
_HEADS = 3
_ENDS = ("low", "high")  # of a range over other reconstructions
_WIDE = 15  # of a column of figures: the longest word of most headings
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def crossbook(book: "Crossbook", *, one_sheet: bool) -> bytes:
    """Return the cross-tables as a workbook; the same bytes for the same tables.

    Parameters
    ----------
    book : Crossbook
    one_sheet : bool
        Whether all stand below each other on one sheet, not each question on its own.
    """
    from openpyxl import Workbook

    workbook = Workbook()
    contents = workbook.worksheets[0]
    contents.title = visible(book.words("crosstabs.contents"))
    names = _names([section.name for section in book.sections], {contents.title.lower()})
    places: list[tuple[str, int]] = []
    if one_sheet:
        sheet = workbook.create_sheet(_names([book.words("crosstabs.sheet")], {contents.title.lower()})[0])
        at = 1
        for section in book.sections:
            places.append((sheet.title, at))
            at = _write_section(sheet, section, book, at) + 1
        sheet.freeze_panes = "B1"  # each table has heads of its own; what an answer is called stays in sight
        on_paper(sheet)
    else:
        for section, name in zip(book.sections, names, strict=True):
            sheet = workbook.create_sheet(name)
            places.append((name, 1))
            _write_section(sheet, section, book, 1)
            sheet.freeze_panes = sheet.cell(_ABOVE + _HEADS + 2, 2)
            on_paper(sheet)
    _write_contents(contents, book, places)
    workbook.properties.created = workbook.properties.modified = FIXED
    workbook.properties.creator = "nsmo"
    workbook.properties.title = visible(book.title)
    workbook.properties.description = visible(book.notice) or None
    raw = io.BytesIO()
    workbook.save(raw)
    return timeless(raw.getvalue())


def _names(wanted: Iterable[str], taken: set[str]) -> list[str]:
    """Names of sheets: at most 31 characters, each once, whatever the case of letters."""
    found = []
    for name in wanted:
        plain = _FORBIDDEN.sub(" ", visible(name)).strip()[:31] or "table"
        one, number = plain, 1
        while one.lower() in taken:
            number += 1
            one = f"{plain[: 30 - len(str(number))]} {number}"
        taken.add(one.lower())
        found.append(one)
    return found


def _write_contents(sheet: Any, book: "Crossbook", places: list[tuple[str, int]]) -> None:
    from openpyxl.styles import Alignment

    on_paper(sheet)
    for row, text in enumerate((book.title, book.notice, book.note), start=1):
        write(sheet.cell(row, 1), text)
    sheet["A1"].font, sheet["A2"].font = font(bold=True, size=13), font(italic=True)
    for at, heading in enumerate(("question", "put"), start=1):
        cell = sheet.cell(5, at)
        write(cell, book.words(f"crosstabs.{heading}"))
        cell.font = font(bold=True)
    for row, (section, (name, at)) in enumerate(zip(book.sections, places, strict=True), start=6):
        cell = sheet.cell(row, 1)
        write(cell, section.heading)
        cell.hyperlink = f"#'{name}'!A{at}"
        cell.font = font(color="1B5583", underline="single")
        write(sheet.cell(row, 2), section.text)
        for at in (1, 2):
            sheet.cell(row, at).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[row].height = max(
            _height(len(section.heading), 55), _height(len(section.text), 90)
        )
    for row, text in ((2, book.notice), (3, book.note)):
        sheet.cell(row, 1).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=2)
        sheet.row_dimensions[row].height = _height(len(text), 140)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 60, 90
    sheet.freeze_panes = "A6"


def _write_section(sheet: Any, section: Section, book: "Crossbook", top: int) -> int:
    """Write the tables of a question; return the row below them."""
    write(sheet.cell(top, 1), section.heading)
    sheet.cell(top, 1).font = font(bold=True, size=13)
    write(sheet.cell(top + 1, 1), section.text)
    write(sheet.cell(top + 2, 1), book.notice)
    sheet.cell(top + 2, 1).font = font(italic=True)
    back = sheet.cell(top + 3, 1)
    write(back, book.words("crosstabs.back"))
    back.hyperlink = f"#'{visible(book.words('crosstabs.contents'))}'!A1"
    back.font = font(color="1B5583", underline="single")
    at = top + _ABOVE
    for table in section.tables:
        at = _write_table(sheet, table, at) + 1
    return at


def _write_table(sheet: Any, table: CrossTable, top: int) -> int:
    from openpyxl.styles import Alignment

    marked = any(row and row["origin"] for line in table.lines for row in line.cells)
    ranged = any(row and line.range(row) for line in table.lines for row in line.cells)
    write(sheet.cell(top, 1), table.subtitle)
    sheet.cell(top, 1).font = font(italic=True)
    since = any(row and row.get(AGAINST_BEFORE) for line in table.lines for row in line.cells)
    columns = _write_heads(sheet, table, top, marked=marked, ranged=ranged, since=since)
    sheet.column_dimensions["A"].width = 48
    for at, line in enumerate(table.lines, start=top + 1 + _HEADS):
        cell = sheet.cell(at, 1)
        write(cell, line.label)
        if line.kind in ("base", "box"):
            cell.font = font(bold=True)
        for head, row, (column, after) in zip(table.heads, line.cells, columns, strict=True):
            if row is None:
                continue
            value = line.value(row)
            if nothing(value) and row["suppressed"]:  # an empty cell would look as if nobody had been asked
                write(sheet.cell(at, column), "–")
                sheet.cell(at, column).alignment = Alignment(horizontal="right")
            else:
                _write_cell(sheet.cell(at, column), value, line.format)
            if beside := _beside(table, line, row, marked and not head.mark):
                write(sheet.cell(at, column + 1), beside)
            for place, end in enumerate(line.range(row) or (), start=after):
                _write_cell(sheet.cell(at, place), end, line.format)
    return top + 1 + _HEADS + len(table.lines)


def _write_heads(
    sheet: Any, table: CrossTable, top: int, *, marked: bool, ranged: bool, since: bool
) -> list[tuple[int, int]]:
    """Write the heads; return of each the column of its figures, and the first one of their ranges."""
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    columns, column, before = [], 2, ""
    for head in table.heads:
        texts = (head.over if head.over != before else "", head.label, head.letter or head.mark)
        before = head.over
        for row, text in enumerate(texts, start=top + 1):
            cell = sheet.cell(row, column)
            write(cell, text)
            cell.font, cell.alignment = font(bold=True), Alignment(wrap_text=True, vertical="top")
        beside = bool(head.letter) or (marked and not head.mark) or since
        after = column + 1 + beside
        for at, end in enumerate(_ENDS if ranged else (), start=after):
            write(sheet.cell(top + _HEADS, at), table.words(f"ensemble.range_{end}"))
            sheet.cell(top + _HEADS, at).font = font(italic=True)
        columns.append((column, after))
        # Programs do not all make a row as high as a heading that wraps.
        row = sheet.row_dimensions[top + 2]
        row.height = max(row.height or 0, _height(len(head.label), _WIDE - 3))
        following = after + (len(_ENDS) if ranged else 0)
        for at in range(column, following):
            width = _WIDE if at == column else 7 if at < after else 9
            sheet.column_dimensions[get_column_letter(at)].width = width
        column = following
    _spread_banners(sheet, table, top + 1, [*(place for place, _ in columns), column])
    return columns


def _spread_banners(sheet: Any, table: CrossTable, row: int, columns: list[int]) -> None:
    """Let the name of each banner reach over its columns, in as many lines as it needs there.

    Parameters
    ----------
    sheet : Worksheet
    table : CrossTable
    row : int
        In which the names stand.
    columns : list of int
        The first column of each head, and the one behind the last.
    """
    from openpyxl.utils import get_column_letter

    place = 0
    for over, heads in groupby(table.heads, key=lambda head: head.over):
        first, place = place, place + len(list(heads))
        begin, end = columns[first], columns[place] - 1
        if not over:
            continue
        widths = [sheet.column_dimensions[get_column_letter(at)].width for at in range(begin, end + 1)]
        sheet.merge_cells(start_row=row, end_row=row, start_column=begin, end_column=end)
        height = _height(len(over), int(sum(widths)) - 3)
        sheet.row_dimensions[row].height = max(sheet.row_dimensions[row].height or 0, height)


def _height(letters: int, width: int) -> float:
    """How high a row is in points, of so many letters in a column so many wide."""
    return 15.0 * max(1, -(-letters // width))


def _write_cell(cell: Any, value: Any, kind: str) -> None:
    write(cell, raw_value(value, kind))
    cell.number_format = FORMATS[kind]


def _beside(table: CrossTable, line: Line, row: Row, marked: bool) -> str:
    """What stands in the cell beside a figure: letters and arrow, or where it comes from."""
    if marked and line.estimated and row["origin"]:
        return ORIGIN_MARKS[row["origin"]]
    if not line.compared:
        return ""
    arrow, mark = ARROWS.get(row.get(AGAINST_REST, "")), SINCE.get(row.get(AGAINST_BEFORE, ""))
    return " ".join(filter(None, [table.letters(row), arrow, mark]))
