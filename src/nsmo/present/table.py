"""A table and how it is shown: on a page and, by `nsmo.present.workbook`, in Excel."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from nsmo.present.wording import Wording
from nsmo.study.errors import StudyError
from nsmo.study.visible import visible

#: How cells are written: fractions as percentages with one decimal or none; numbers with two decimals, or
#: one; whole numbers; years; p-values; dates; text; intervals, pairs (low, high) of fractions, or of numbers
#: with two decimals, one or none.
FORMATS = (
    "percent",
    "percent0",
    "number",
    "number1",
    "number2",
    "integer",
    "year",
    "p",
    "date",
    "text",
    "span",
    "span2",
    "span1",
    "span0",
)
#: The format of an interval beside a number, by the format of the number.
SPAN_OF = {
    "percent": "span",
    "percent0": "span",
    "number": "span2",
    "number2": "span2",
    "number1": "span1",
    "integer": "span0",
}
_SENTENCE = 60  # characters from which a cell reads as a sentence
#: Of how many decimals the ends of an interval are; fractions are percentages.
_DECIMALS = {"span": 1, "span2": 2, "span1": 1, "span0": 0}
# Around an interval beside its estimate, until great_tables has escaped the rest.
_OPEN, _CLOSE = "\ue000", "\ue001"
# Around a cell in another language, which stands between the first two.
_SPOKEN, _FROM, _TO = "\ue002", "\ue003", "\ue004"
_QUOTED = re.compile(f"{_SPOKEN}([a-z-]+){_FROM}(.*?){_TO}", re.DOTALL)


@dataclass(frozen=True)
class Column:
    """One column as it is shown.

    Attributes
    ----------
    cells : list
        Raw values, one per row; pairs for the formats that begin with `span`, where words stand as they are.
    heading : str
    format : str
        One of `FORMATS`.
    over : str
        Heading over several columns.
    language : str
        In which the cells are written, where it is another one than that of the table.
    """

    cells: list[Any]
    heading: str
    format: str = "text"
    over: str = ""
    language: str = ""


@dataclass(frozen=True, repr=False)
class Table:
    """A table with its words.

    Attributes
    ----------
    frame : DataFrame
        Raw values, for csv.
    columns : list of Column
        What is shown; the first one heads the rows.
    title : str
    words : Wording
        Of the language of the table.
    subtitle, note : str
    groups : list of str
        A heading for each row; a new one opens a block.
    id : str
    notice : str
        What must be known of the numbers wherever the table goes.
    name : str
        What it is called on its page, and its files; from it its address is made.
    """

    frame: pd.DataFrame
    columns: list[Column]
    title: str
    words: Wording
    subtitle: str = ""
    note: str = ""
    groups: list[str] = field(default_factory=list)
    id: str = "table"
    notice: str = ""
    name: str = ""

    def cells(self, column: Column) -> list[str]:
        """List the cells of a column as they are read."""
        return [visible(cell_text(value, column.format, self.words)) for value in column.cells]

    def html(self) -> str:
        """Return the table in a box of its own that scrolls sideways where the screen is narrow.

        Built by great_tables; a caption takes the place of its title rows, and its style sheet stays behind,
        since the page has one. Row and column heads carry `scope`, which says all that its `headers` lists
        would. A table without rows says so.
        """
        caption = f'<caption><span class="table-title">{_escaped(self.title)}</span>'
        if self.subtitle:
            caption += f' <span class="subtitle">{_escaped(self.subtitle)}</span>'
        body = self._body() if self.columns[0].cells else self._empty()
        text = re.sub(r"<table[^>]*>", lambda _: f'<table class="data">{caption}</caption>', body, count=1)
        label = html.escape(visible(f"{self.title}. {self.words('table.scroll')}"))
        note = f'<p class="table-note">{_escaped(self.note)}</p>' if self.note else ""
        address = f' id="table-{self.name}" data-name="{self.name}"' if self.name else ""
        # A script takes role and tab stop away where nothing has to be scrolled.
        box = f'<div class="table-box" role="region" tabindex="0" aria-label="{label}">{text}</div>'
        return f'<div class="table"{address}>{box}{note}</div>'

    def _empty(self) -> str:
        heads = "".join(f'<th scope="col">{_heading(column)}</th>' for column in self.columns)
        none = _escaped(self.words("table.none"))
        row = f'<tr><td class="left" colspan="{len(self.columns)}">{none}</td></tr>'
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{row}</tbody></table>"

    def _body(self) -> str:
        from great_tables import GT
        from great_tables import html as raw

        columns = list(self._merged())
        names = [f"c{i}" for i in range(len(columns))]
        shown = pd.DataFrame({n: cells for n, (_, _, cells) in zip(names, columns, strict=True)})
        if self.groups:
            shown["group"] = [visible(group) for group in self.groups]
        gt = GT(shown, rowname_col="c0", groupname_col="group" if self.groups else None, id=self.id)
        gt = gt.tab_stubhead(visible(self.columns[0].heading))
        gt = gt.cols_label(
            {n: raw(heading) for n, (_, heading, _) in zip(names, columns, strict=True) if n != "c0"}
        )
        right = [n for n, (c, _, _) in zip(names, columns, strict=True) if c.format != "text"]
        left = [n for n, (c, _, _) in zip(names[1:], columns[1:], strict=True) if c.format == "text"]
        if right:
            gt = gt.cols_align("right", [n for n in right if n != "c0"])
        if left:
            gt = gt.cols_align("left", left)
        for over in dict.fromkeys(c.over for c in self.columns if c.over):
            span = [n for n, (c, _, _) in zip(names, columns, strict=True) if c.over == over]
            gt = gt.tab_spanner(raw(_breakable(over)), span, id=f"over{names.index(span[0])}")
        text = gt.as_raw_html()
        body = re.search(r"<table.*?</table>", text, re.DOTALL)
        if body is None:  # great_tables changed its output; better to stop than to publish an empty box
            raise StudyError(
                found="great_tables wrote no <table>", where="nsmo.present.table", fix="adapt Table.html"
            )
        text = re.sub(
            r' (id|headers|data-[a-z-]+|rowspan="1"|colspan="1")(="[^"]*")?(?=[\s>])', "", body.group()
        )
        text = re.sub(r' (?:row|col)span="1"', "", text)
        text = re.sub(
            r'class="[^"]*?(gt_right|gt_left|gt_center|gt_stub|gt_group_heading)[^"]*"', _plain_class, text
        )
        text = re.sub(r'<tr class="[^"]*">', "<tr>", text).replace('<tbody class="gt_table_body">', "<tbody>")
        text = _QUOTED.sub(r'<span lang="\1">\2</span>', text)
        return text.replace(_OPEN, " <small>").replace(_CLOSE, "</small>")

    def _merged(self) -> Iterator[tuple[Column, str, list[str]]]:
        """Yield each column as it is seen, with its heading and cells: an interval stands with its estimate.

        So a wide table has half the columns, and a phone sets the interval beneath.
        """
        i = 0
        while i < len(self.columns):
            column = self.columns[i]
            heading, cells = _heading(column), self.cells(column)
            after = self.columns[i + 1] if i + 1 < len(self.columns) else None
            i += 1
            if after and after.format == SPAN_OF.get(column.format) and after.over == column.over:
                heading = f"{heading}{_OPEN}{_heading(after)}{_CLOSE}"
                ends = self.cells(after)
                pairs = zip(cells, ends, strict=True)
                cells = [one if end in ("", one) else f"{one}{_OPEN}{end}{_CLOSE}" for one, end in pairs]
                i += 1
            if column.language:
                cells = [f"{_SPOKEN}{column.language}{_FROM}{one}{_TO}" for one in cells]
            yield column, heading, cells

    def xlsx(self) -> bytes:
        """Return an Excel workbook with the raw numbers, formatted; the same bytes for the same table."""
        from nsmo.present.workbook import workbook

        return workbook(self)

    def __repr__(self) -> str:
        return f"<table: {self.title}, {len(self.frame)} rows>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": scrolling(self.html())}


def scrolling(page: str) -> str:
    """Return tables that scroll sideways in their boxes also where the style sheet of the site is not."""
    return page.replace('<div class="table-box', '<div style="overflow-x: auto" class="table-box')


def _plain_class(found: re.Match[str]) -> str:
    words = found.group().split('"')[1].split()
    known = [w.removeprefix("gt_") for w in words if w in ("gt_right", "gt_center", "gt_group_heading")]
    return f'class="{" ".join(known)}"' if known else 'class="left"'


def _heading(column: Column) -> str:
    """The head of a column; over sentences it has room, so that a phone does not set them word by word."""
    text = _breakable(column.heading)
    longest = max((len(cell) for cell in column.cells if isinstance(cell, str)), default=0)
    return f'<span class="sentences">{text}</span>' if longest > _SENTENCE else text


def _breakable(text: str) -> str:
    return _escaped(text).replace("\n", "<br>")


def _escaped(text: str) -> str:
    return html.escape(visible(text), quote=False)


def missing(value: Any) -> bool:
    """Whether a cell is empty."""
    return value is None or (not isinstance(value, (list, tuple)) and bool(pd.isna(value)))


def cell_text(value: Any, kind: str, words: Wording) -> str:
    """Return a cell as it is read, by its format."""
    if isinstance(value, str):
        return words.date(value) if kind == "date" else value
    if kind in _DECIMALS:
        low, high = value
        return words.span(low, high, "percent" if kind == "span" else "number", _DECIMALS[kind])
    if missing(value):
        return "–"
    match kind:
        case "percent":
            return words.percent(value)
        case "percent0":
            return words.percent(value, 0)
        case "number" | "number2":
            return words.number(value, 2)
        case "number1":
            return words.number(value, 1)
        case "integer":
            return words.integer(value)
        case "year":
            return f"{value:.0f}"
        case "p":
            return words.p(value)
        case "date":
            return words.date(value)
    return str(value)
