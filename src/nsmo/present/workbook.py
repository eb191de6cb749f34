"""A table as an Excel workbook: raw numbers, formatted, the same bytes for the same table."""

import datetime
import io
import re
import zipfile
from typing import Any

import pandas as pd

from nsmo.present.table import Column, Table, missing
from nsmo.study.precision import rounded
from nsmo.study.visible import visible

#: Excel's own formats; percentages stay fractions, so that they can be calculated with.
FORMATS = {
    "percent": "0.0%",
    "percent0": "0%",
    "number": "0.00",
    "number1": "0.0",
    "number2": "0.00",
    "integer": "#,##0",
    "year": "0",
    "p": "0.000",
    "span": "0.0%",
    "span2": "0.00",
    "span1": "0.0",
    "span0": "#,##0",
}
#: When every workbook was made.
FIXED = datetime.datetime(2000, 1, 1)
#: With these a program reads a text as a formula.
FORMULA = ("=", "+", "-", "@")


def workbook(table: Table) -> bytes:
    """Return a table as an Excel workbook; an interval has a column for each end.

    Title, base and notice stand above the table, headings in rows 4 and 5, the numbers from row 6 on.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = re.sub(r"[\[\]:*?/\\]", " ", visible(table.id))[:31]
    for row, text in enumerate((table.title, table.subtitle, table.notice), start=1):
        write(sheet.cell(row, 1), text)
    sheet["A1"].font, sheet["A3"].font = font(bold=True, size=13), font(italic=True)
    columns = _flat(table)
    for at, column in enumerate(columns, start=1):
        for row, heading in ((4, column.over), (5, column.heading)):
            cell = sheet.cell(row, at)
            write(cell, heading.replace("\n", " "))
            cell.font, cell.alignment = font(bold=True), Alignment(wrap_text=True, vertical="top")
        for row, value in enumerate(column.cells, start=6):
            cell = sheet.cell(row, at)
            write(cell, raw_value(value, column.format))
            if column.format in FORMATS:
                cell.number_format = FORMATS[column.format]
        longest = max([len(str(v)) for v in column.cells if column.format == "text"] or [10])
        sheet.column_dimensions[get_column_letter(at)].width = min(max(12, longest + 2), 60)
    rows = len(table.columns[0].cells)
    if not rows:
        write(sheet.cell(6, 1), table.words("table.none"))
    sheet.freeze_panes = "B6"
    on_paper(sheet, heads="4:5")
    if table.note:
        write(sheet.cell(7 + max(rows, 1), 1), table.note)
    book.properties.created = book.properties.modified = FIXED
    book.properties.creator = "nsmo"
    book.properties.title, book.properties.description = visible(table.title), visible(table.notice) or None
    raw = io.BytesIO()
    book.save(raw)
    return timeless(raw.getvalue())


def font(**look: Any) -> Any:
    """Return a font of the face that plain cells have; where none is named, some programs put another.

    Parameters
    ----------
    **look
        As of openpyxl.
    """
    from openpyxl.styles import Font

    return Font(**{"name": "Calibri", "size": 11, **look})


def on_paper(sheet: Any, heads: str = "") -> None:
    """Set a sheet for paper, before its first row is written: A4 on its side, as wide as the sheet.

    Parameters
    ----------
    sheet
        Of openpyxl.
    heads : str
        Rows that stand on each page, such as "4:5".
    """
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    if heads:
        sheet.print_title_rows = heads


def _flat(table: Table) -> list[Column]:
    """The columns of a sheet: blocks as a column, intervals as two."""
    flat = [Column(list(table.groups), "", "text")] if table.groups else []
    for column in table.columns:
        if not column.format.startswith("span"):
            flat.append(column)
            continue
        for i, end in enumerate(("low", "high")):
            values = [value if isinstance(value, str) else value[i] for value in column.cells]
            flat.append(Column(values, f"{column.heading} ({end})", column.format, column.over))
    return flat


def write(cell: Any, value: Any) -> None:
    """Fill a cell; a text stays a text, whatever it begins with."""
    if not isinstance(value, str):
        cell.value = value
        return
    text = visible(value)
    if not text:
        return
    cell.value = text
    cell.data_type = "s"
    if text.startswith(FORMULA):
        cell.quotePrefix = True


def raw_value(value: Any, kind: str) -> Any:
    """Return what a cell holds: a number, not its text."""
    if missing(value):
        return None
    if isinstance(value, str):
        return value
    if kind in FORMATS:
        return int(value) if kind == "integer" else rounded(float(value))
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime().replace(tzinfo=None)
    return str(value)


def timeless(content: bytes) -> bytes:
    """Set one fixed date for every member of the archive; openpyxl stamps them, and `modified`, with now."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(
                    rb"(<dcterms:(\w+)[^>]*>)[^<]*(</dcterms:\2>)", rb"\g<1>2000-01-01T00:00:00Z\3", data
                )
            info = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, data)
    return out.getvalue()
