"""Tells of a table of no known tool whether its header has two rows, and what these say of the columns."""

import re
from collections import Counter
from collections.abc import Sequence

from nsmo.formats.cells import Export, bad_file, carry, mend
from nsmo.formats.structure import Structure, Variable

Rows = Sequence[Sequence[str]]

_NUMBER = re.compile(r"(?=\D*\d)[-+]?[\d.,:/ %-]+")
#: A day and a time of it.
_MOMENT = re.compile(
    r"\s*\d{1,4}[-./]\d{1,2}[-./]\d{1,4}[ T,]+\d{1,2}:\d{2}\S*( ?[AP]M)?( \S+)?\s*", re.IGNORECASE
)
#: A heading that is a question itself, or of the tool.
_ALONE = re.compile(r"\?\W*$|^(start|submit|end|stage) date\b|^network id$", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]\w{0,30}(\[\w+\])*")
_TOTAL = re.compile(
    r"(grand )?total.*|totaal.*|sum|summe|gesamt.*|average|mean|gemiddelde|mittelwert", re.IGNORECASE
)


def header_rows(records: Rows) -> tuple[int, int | None]:
    """Count the rows of a header, and name the one that names the columns where the other explains it.

    The second row is part of it if it holds texts only, each for its own column and none that comes back
    below, while the first has gaps (questions above their items) or codes (names above their questions).
    """
    if len(records) < 12:
        return 1, None
    width = max(len(row) for row in records[:12])
    above, below = (_row(records[i], width) for i in (0, 1))
    rows = [_row(row, width) for row in records[2:202]]
    said = [text for text in below if text]
    if len(said) < 2 or any(_NUMBER.fullmatch(text) for text in said):
        return 1, None
    back = 0
    for place, text in enumerate(below):
        under = Counter(row[place] for row in rows if row[place])
        # A column of ticks repeats its option, and nothing else stands there.
        back += bool(text) and text in under and len(under) > 1
    if back > 0.1 * len(said):
        return 1, None
    gaps = sum(not upper and bool(lower) for upper, lower in zip(above, below, strict=True))
    # The column of the id may have its name below.
    if gaps and gaps >= 0.15 * width and len(said) >= 0.5 * width and (above[0] or below[0]):
        return 2, None
    if above[0] and _below_merged(above, below):
        return 2, None
    coded = [text for text in above if text]
    worded = sum(" " in text for text in said)
    if (
        len(coded) == len(set(coded)) >= 0.9 * width
        and all(_CODE.fullmatch(text) for text in coded)
        and worded >= 0.5 * len(said) >= 0.4 * width
        and sum(map(len, said)) > 2 * sum(map(len, coded))
    ):
        return 2, 1
    return 1, None


def refuse_without(records: Rows, name: str) -> None:
    """Stop where the first row is a response: a moment stands in it, as in every row below it.

    Raises
    ------
    StudyError
        With the moment.
    """
    for place, text in enumerate(records[0]) if len(records) > 10 else ():
        below = [row[place] for row in records[1:201] if place < len(row) and row[place]]
        if _MOMENT.fullmatch(text) and len(below) > 8 and all(map(_MOMENT.fullmatch, below)):
            raise bad_file(
                f"the first row is a response: it has the moment {text!r}, as the rows below it",
                f"{name}, line 1",
                "a row that names the columns, above the responses",
                "export with the row of names, or put one above the responses",
            )


def _below_merged(above: Sequence[str], below: Sequence[str]) -> bool:
    """Return whether the second row holds the items of questions in merged cells, and nothing else."""
    gaps = {place for place, text in enumerate(above) if not text and below[place]}
    first = {place for place, text in enumerate(above) if text and place + 1 in gaps}
    filled = {place for place, text in enumerate(below) if text}
    whole = all(text or place in gaps for place, text in enumerate(above))
    return bool(gaps) and whole and filled == gaps | first


def header_structure(export: Export, names_row: int | None) -> Structure:
    """List what the two rows say: a code and its question, or a question and below it its items."""
    if len(export.header) < 2:
        return Structure({one: Variable(one, one, one, label=one) for one in export.columns})
    if names_row is not None:
        texts = export.header[2 - names_row]
        return Structure(
            {
                column: Variable(column, column, column, label=text or column)
                for column, text in zip(export.columns, texts, strict=True)
            }
        )
    above, below = carry(export.header)
    for place, (upper, item) in enumerate(zip(export.header[0], below, strict=True)):
        # Behind the items of a question stand others without one above them, and what the tool adds.
        alone = not upper and place and (_ALONE.search(item) or not above[place - 1])
        above[place] = "" if alone else above[place] if upper or not place else above[place - 1]
    many = Counter(above)
    variables = {}
    for column, question, item in zip(export.columns, above, below, strict=True):
        label = (
            f"{question} / {item}" if question and many[question] > 1 and item else question or item or column
        )
        variables[column] = Variable(column, column, column, label=label)
    return Structure(variables)


def total(export: Export) -> str:
    """Return what the last row begins with where that says that it is a total; else an empty text."""
    if len(export.cells) < 10:
        return ""
    last = [text for text in export.cells.iloc[-1] if text]
    return last[0] if last and _TOTAL.fullmatch(last[0]) else ""


def _row(row: Sequence[str], width: int) -> list[str]:
    return [mend(cell) for cell in row] + [""] * (width - len(row))
