"""Cross-tables as people read them: answers down, banners across, letters for the columns that differ."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any

import pandas as pd

from nsmo.present.crosstab_lines import Line, lines_of
from nsmo.present.frames import Row, rows_of
from nsmo.present.labels import Labels
from nsmo.present.table import SPAN_OF, cell_text, scrolling
from nsmo.present.tables import ORIGIN_MARKS
from nsmo.present.wording import Wording, slug
from nsmo.results import ABOVE, AGAINST_BEFORE, AGAINST_REST, AND, BELOW, HIGHER_THAN
from nsmo.study.crosstabs import nets
from nsmo.study.visible import visible

#: Which way a figure differs from all other groups of its banner.
ARROWS = {ABOVE: "↑", BELOW: "↓"}
#: Which way it differs from what it was in the wave before.
SINCE = {ABOVE: "▲", BELOW: "▼"}


@dataclass(frozen=True)
class Head:
    """A column: a group of a banner, or everybody where it has no banner.

    Attributes
    ----------
    by, group : str
        Names; empty for everybody.
    over, label : str
        What the banner and the group are called.
    letter : str
        By which other columns name it; none where nothing is compared.
    mark : str
        Where all of its figures come from, if from one source.
    """

    by: str
    group: str
    over: str
    label: str
    letter: str
    mark: str


@dataclass(frozen=True, repr=False)
class CrossTable:
    """A table of one question, unweighted or weighted, or of the items of a battery.

    Attributes
    ----------
    id : str
        Name of the question or battery.
    title, subtitle : str
    heads : list of Head
    lines : list of Line
        From top to bottom: bases, answers, means.
    words : Wording
    """

    id: str
    title: str
    subtitle: str
    heads: list[Head]
    lines: list[Line]
    words: Wording

    def letters(self, row: Row | None) -> str:
        """List the columns that a figure is significantly above, by their letters."""
        if not row or not row.get(HIGHER_THAN):
            return ""
        above = row[HIGHER_THAN].split(AND)
        return " ".join(one.letter for one in self.heads if one.by == row["by"] and one.group in above)

    def html(self) -> str:
        """Return the table in a box that scrolls; its heads and its first column stay in sight."""
        caption = f'<span class="subtitle">{_text(self.subtitle)}</span>'
        label = html.escape(visible(f"{self.title}. {self.words('table.scroll')}"))
        rows = "".join(self._line(line) for line in self.lines)
        return (
            f'<div class="table-box crosstab-box" role="region" tabindex="0" aria-label="{label}">'
            f'<table class="data crosstab"><caption>{caption}</caption>'
            f"<thead>{self._heads()}</thead><tbody>{rows}</tbody></table></div>"
        )

    def _heads(self) -> str:
        over, spans = "", _runs([one.over for one in self.heads])
        for text, width in spans:
            over += f'<th scope="colgroup" colspan="{width}">{_text(text)}</th>' if text else "<td></td>"
        under = ""
        for one in self.heads:
            sign = one.letter or one.mark
            sign = f' <span class="letter">{sign}</span>' if sign else ""
            under += f'<th scope="col">{_text(one.label)}{sign}</th>'
        stub = f'<th scope="col" class="left">{_text(self.words("table.answer"))}</th>'
        first = f"<tr><td></td>{over}</tr>" if any(text for text, _ in spans) else ""
        return f"{first}<tr>{stub}{under}</tr>"

    def _line(self, line: Line) -> str:
        cells = "".join(self._cell(line, row, one) for row, one in zip(line.cells, self.heads, strict=True))
        return f'<tr class="{line.kind}"><th scope="row" class="left">{_text(line.label)}</th>{cells}</tr>'

    def _cell(self, line: Line, row: Row | None, head: Head) -> str:
        if row is None:
            return "<td></td>"
        text = _text(cell_text(line.value(row), line.format, self.words))
        if line.estimated and row["origin"] and not head.mark:
            text += f" {ORIGIN_MARKS[row['origin']]}"
        if ends := line.range(row):
            text += f" <small>{_text(cell_text(ends, SPAN_OF[line.format], self.words))}</small>"
        if not line.compared:
            return f"<td>{text}</td>"
        if arrow := ARROWS.get(row.get(AGAINST_REST, "")):
            text += f'<span class="rest">{arrow}</span>'
        if mark := SINCE.get(row.get(AGAINST_BEFORE, "")):
            text += f'<span class="rest">{mark}</span>'
        if letters := self.letters(row):
            text += f' <span class="letters">{letters}</span>'
        return f"<td>{text}</td>"


@dataclass(frozen=True, repr=False)
class Section:
    """The tables of one question or battery.

    Attributes
    ----------
    name, heading, text : str
        Its name, what it is called, and how it was put where that is more.
    tables : list of CrossTable
        Unweighted, then weighted where there are weighted figures of groups.
    """

    name: str
    heading: str
    text: str
    tables: list[CrossTable]

    def html(self) -> str:
        """Return heading and tables; weighted ones are folded."""
        first, *rest = (table.html() for table in self.tables)
        folded = "".join(
            f"<details><summary>{_text(table.subtitle)}</summary>{text}</details>"
            for table, text in zip(self.tables[1:], rest, strict=True)
        )
        anchor = slug(self.name)
        text = f"<p>{_text(self.text)}</p>" if self.text else ""
        return f'<h2 id="{anchor}">{_text(self.heading)}</h2>{text}{first}{folded}'


@dataclass(frozen=True, repr=False)
class Crossbook:
    """All cross-tables of a wave.

    Attributes
    ----------
    title, note, notice : str
        The note says which test the letters stand for; the notice what must be known of the numbers.
    sections : list of Section
    words : Wording
    """

    title: str
    note: str
    sections: list[Section]
    words: Wording
    notice: str = field(default="")

    def html(self) -> str:
        """Return all tables, one below the other."""
        return "".join(section.html() for section in self.sections)

    def xlsx(self, sheets: str) -> bytes:
        """Return an Excel workbook; `sheets` is "question" (one each) or "one"."""
        from nsmo.present.crossbook import crossbook

        return crossbook(self, one_sheet=sheets == "one")

    def __repr__(self) -> str:
        return f"<crossbook: {len(self.sections)} questions>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": scrolling(self.html())}


def sections_of(frame: pd.DataFrame, labels: Labels) -> list[Section]:
    """Return the tables of a frame of cross-tables, a section for each question and each battery.

    Parameters
    ----------
    frame : DataFrame
        As `nsmo.survey.crosstabs.crosstabs` gives it.
    labels : Labels
    """
    rows = rows_of(frame, labels)
    by_question: dict[str, list[Row]] = {}
    for row in rows:
        by_question.setdefault(row["question"], []).append(row)
    of_nets = {net for name in by_question for net in nets(labels.codebook, name)}
    sections, batteries = [], set()
    for name in by_question:
        if name in of_nets:
            continue
        variable = labels.codebook.variable(name)
        if variable.battery and variable.battery not in batteries:
            batteries.add(variable.battery)
            items = [one.name for one in labels.codebook.battery(variable.battery) if one.name in by_question]
            summary = [row for item in items for row in by_question[item]]
            sections += _section(variable.battery, summary, labels, summary=True)
        parts = [name, *nets(labels.codebook, name)]
        sections += _section(name, [row for part in parts for row in by_question.get(part, [])], labels)
    return sections


def _section(name: str, rows: Sequence[Row], labels: Labels, *, summary: bool = False) -> list[Section]:
    """The section of a question or battery; none where there is nothing to show."""
    words = labels.words
    first = rows[0]["question"]
    heading = words("crosstabs.battery", first=labels.question(first)) if summary else labels.question(first)
    tables = []
    for weighted in (False, True):
        mine = [row for row in rows if row["weighted"] == weighted]
        heads = _heads(mine, labels)
        if weighted and len(heads) < 2:
            continue  # weighted figures of groups are not shown; those of everybody stand elsewhere
        lines = lines_of(mine, heads, labels, weighted=weighted, summary=summary)
        if lines:
            subtitle = words("crosstabs.subtitle", how=words.weighting(weighted))
            tables.append(CrossTable(name, heading, subtitle, heads, lines, words))
    text = labels.text(first)
    return [Section(name, heading, text if text != heading else "", tables)] if tables else []


def _heads(rows: Sequence[Row], labels: Labels) -> list[Head]:
    """The columns, everybody first; letters run on over all banners."""
    keys = list(dict.fromkeys((row["by"], row["group"]) for row in rows))
    compared = any(HIGHER_THAN in row for row in rows[:1])
    order = {by: at for at, by in enumerate(dict.fromkeys(by for by, _ in keys))}
    keys.sort(key=lambda key: (key[0] != "", order[key[0]], _place(labels, *key)))
    letters = _letters()
    heads = []
    for by, group in keys:
        origins = {row["origin"] for row in rows if (row["by"], row["group"]) == (by, group)}
        heads.append(
            Head(
                by,
                group,
                labels.question(by) if by else "",
                labels.group(by, group),
                next(letters) if by and compared else "",
                ORIGIN_MARKS[next(iter(origins))] if len(origins) == 1 and any(origins) else "",
            )
        )
    return heads


def _place(labels: Labels, by: str, group: str) -> int:
    return labels.codebook.variable(by).option_names.index(group) if by else -1


def _letters() -> Iterator[str]:
    """A to Z, AA to ZZ."""
    yield from ascii_uppercase
    yield from (one + two for one in ascii_uppercase for two in ascii_uppercase)


def _runs(values: Sequence[str]) -> list[tuple[str, int]]:
    """Equal neighbours with their number."""
    found: list[tuple[str, int]] = []
    for value in values:
        if found and found[-1][0] == value and value:
            found[-1] = (value, found[-1][1] + 1)
        else:
            found.append((value, 1))
    return found


def _text(text: Any) -> str:
    return html.escape(visible(str(text)), quote=False)
