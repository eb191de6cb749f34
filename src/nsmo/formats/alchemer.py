"""Alchemer (SurveyGizmo): ``Option:Question`` in the header, options of one question in columns or joined."""

from collections.abc import Sequence

from nsmo.formats.cells import Export, without_number
from nsmo.formats.structure import Structure, Variable

NAME = "alchemer"

_OTHER = ("other", "anders", "overig", "sonstig", "andere", "autre", "otro")

_USES = {
    "response id": "id",
    "responseid": "id",
    "time started": "started",
    "date submitted": "submitted",
    "status": "status",
    "language": "language",
    "contact id": "",
    "legacy comments": "",
    "comments": "",
    "referer": "",
    "sessionid": "",
    "session id": "",
    "user agent": "",
    "tags": "",
    "ip address": "",
    "longitude": "",
    "latitude": "",
    "country": "",
    "city": "",
    "state/region": "",
    "postal": "",
}


def signs(header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return what speaks for Alchemer; nothing if nothing does."""
    names = [name.casefold() for name in header[0]]
    own = [name for name in ("time started", "date submitted", "status") if name in names[:12]]
    return [f"the column '{name}'" for name in own] if len(own) > 1 else []


def header_structure(export: Export) -> Structure:
    """List what the header says: questions, and before a colon the option, item or number of the text."""
    texts = [without_number(column) for column in export.columns]
    # A question whose own text has a colon stands whole at least once, or its parts differ from column to
    # column.
    whole = {text.casefold() for text in texts if ":" not in text}
    tails: dict[str, int] = {}
    for text in texts:
        if ":" in text:
            tail = _tail(text, whole)[1].casefold()
            tails[tail] = tails.get(tail, 0) + 1
    variables = {}
    for place, (column, text) in enumerate(zip(export.columns, texts, strict=True)):
        use = column.casefold()
        if use in _USES and place < 25:
            variables[column] = Variable.aside(column, _USES[use])
            continue
        item, question = _tail(text, whole) if ":" in text else ("", text)
        if not item or (tails.get(question.casefold(), 0) < 2 and question.casefold() not in whole):
            variables[column] = Variable(column, column, text, label=text)
            continue
        values = set(export.cells[column]) - {""}
        if item.casefold().startswith(_OTHER) and not values <= {item}:
            variables[column] = Variable(column, column, question, "other", question, item)
        elif values <= {item}:
            variables[column] = Variable(column, column, question, "tick", question, item, counted=(item,))
        elif is_numbered(item):
            variables[column] = Variable(column, column, text, label=f"{question} – {item}")
        else:
            variables[column] = Variable(column, column, question, "item", question, item)
    return Structure(variables)


def is_numbered(item: str) -> bool:
    """Return whether an item is one of several fields for the same thing (``Tool #2``)."""
    return item.rsplit("#", 1)[-1].strip().isdigit() and "#" in item


def _tail(text: str, whole: set[str]) -> tuple[str, str]:
    """Cut ``Option:Question``: at a question that is known whole, else at the first colon."""
    for place, sign in enumerate(text):
        if sign == ":" and text[place + 1 :].strip().casefold() in whole:
            return text[:place].strip(" :"), text[place + 1 :].strip()
    item, _, question = text.partition(":")
    return item.strip(), question.strip(" :")
