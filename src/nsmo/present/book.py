"""A workbook of many sheets: a contents sheet that links to each, the same bytes for the same sheets."""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nsmo.present.workbook import FIXED, FORMULA, font, on_paper, timeless
from nsmo.study.visible import visible

#: What a cell holds, as Excel writes it; text and whole numbers need no format.
PERCENT, NUMBER = "0.0%", "0.00"


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes
    ----------
    name : str
        On its tab; made short and unique.
    title : str
        At its head, and in the contents.
    about : sequence of str
        Lines below the title.
    blocks : sequence of Block
        Tables, one below the other.
    """

    name: str
    title: str
    about: Sequence[str]
    blocks: "Sequence[Block]"


@dataclass(frozen=True)
class Block:
    """A table on a sheet.

    Attributes
    ----------
    headings : sequence of str
    rows : sequence of sequence
        Raw values: numbers stay numbers.
    formats : sequence of str
        A format of Excel for each column; empty: as it is.
    title : str
        Above it, where a sheet has several.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    formats: Sequence[str] = ()
    title: str = ""


def book(title: str, notice: str, sheets: Sequence[Sheet], *, contents: str, back: str) -> bytes:
    """Return a workbook.

    Parameters
    ----------
    title, notice : str
        At the head of the contents; the notice stands on every sheet too.
    sheets : sequence of Sheet
    contents, back : str
        What the contents sheet, and the link back to it, are called.
    """
    from openpyxl import Workbook

    made = Workbook(write_only=True)
    names = list(_names([contents, *(sheet.name for sheet in sheets)]))
    write = _Writer(made.create_sheet(names[0]))
    write.sheet.column_dimensions["A"].width, write.sheet.column_dimensions["B"].width = 34, 90
    on_paper(write.sheet)
    write.row([title], bold=True)
    if notice:
        write.row([notice])
    write.row([])
    for name, sheet in zip(names[1:], sheets, strict=True):
        write.linked(name, name, sheet.title)
    for name, sheet in zip(names[1:], sheets, strict=True):
        _fill(made.create_sheet(name), sheet, notice, names[0], back)
    made.properties.created = made.properties.modified = FIXED
    made.properties.creator = "nsmo"
    made.properties.title, made.properties.description = visible(title), visible(notice) or None
    raw = io.BytesIO()
    made.save(raw)
    return timeless(raw.getvalue())


def _fill(sheet: Any, given: Sheet, notice: str, contents: str, back: str) -> None:
    write = _Writer(sheet)
    sheet.column_dimensions["A"].width = 44
    for letter in "BCDEFGHIJ":
        sheet.column_dimensions[letter].width = 16
    lines = [line for line in (*given.about, notice) if line]
    if len(given.blocks) == 1:
        sheet.freeze_panes = f"B{len(lines) + 4}"
    # The headings of the one table stand on each page.
    on_paper(sheet, heads=f"{len(lines) + 3}:{len(lines) + 3}" if len(given.blocks) == 1 else "")
    write.row([given.title], bold=True)
    write.linked(contents, back)
    for line in lines:
        write.row([line])
    for at, block in enumerate(given.blocks):
        if at:
            write.row([])
        if block.title:
            write.row([block.title], bold=True)
        write.row(block.headings, bold=True)
        for row in block.rows:
            write.row(row, block.formats)


class _Writer:
    """Writes rows to a sheet; a text stays a text, whatever it begins with."""

    def __init__(self, sheet: Any) -> None:
        self.sheet = sheet
        self._bold, self._link = font(bold=True), font(color="1B5583", underline="single")

    def row(self, values: Sequence[Any], formats: Sequence[str] = (), *, bold: bool = False) -> None:
        styles = [*formats, *[""] * (len(values) - len(formats))]
        self.sheet.append([self._cell(v, f, bold) for v, f in zip(values, styles, strict=True)])

    def linked(self, to: str, text: str, *more: str) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.worksheet.hyperlink import Hyperlink

        cell = WriteOnlyCell(self.sheet, text)
        cell.hyperlink, cell.font = (
            Hyperlink(ref="", location=f"'{to.replace(chr(39), chr(39) * 2)}'!A1"),
            self._link,
        )
        self.sheet.append([cell, *map(self._cell, more)])

    def _cell(self, value: Any, format_: str = "", bold: bool = False) -> Any:
        from openpyxl.cell import WriteOnlyCell

        if isinstance(value, str):
            text = visible(value)
            if not bold and not text.startswith(FORMULA):
                return text
            cell = WriteOnlyCell(self.sheet, text)
            cell.data_type = "s"
            if text.startswith(FORMULA):
                cell.quotePrefix = True
            if bold:
                cell.font = self._bold
            return cell
        if not format_ or value is None:
            return value
        cell = WriteOnlyCell(self.sheet, value)
        cell.number_format = format_
        return cell


def _names(wanted: Iterable[str]) -> Iterable[str]:
    """Yield names that Excel takes: at most 31 signs, none of its own, and each once, whatever its case."""
    seen: set[str] = set()
    for name in wanted:
        plain = re.sub(r"[\[\]:*?/\\']", " ", visible(name)).strip() or "-"
        short, number = plain[:31], 1
        while short.casefold() in seen:
            number += 1
            short = f"{plain[: 30 - len(str(number))]} {number}"
        seen.add(short.casefold())
        yield short
