"""SurveyMonkey: the questions in one row, and below it the options, the items or the word "Response"."""

from collections.abc import Sequence

from nsmo.formats.cells import Export, carry
from nsmo.formats.structure import Structure, Variable, is_other

NAME = "surveymonkey"

_USES = {
    "respondent id": "id",
    "respondentid": "id",
    "collector id": "",
    "collectorid": "",
    "collector": "",
    "start date": "started",
    "startdate": "started",
    "date created": "started",
    "end date": "submitted",
    "enddate": "submitted",
    "date modified": "submitted",
    "ip address": "",
    "ipaddress": "",
    "email address": "",
    "emailaddress": "",
    "first name": "",
    "firstname": "",
    "last name": "",
    "lastname": "",
    "custom data": "",
    "customdata": "",
    "custom data 1": "",
    "customdata1": "",
}
_ANSWERS = ("response", "open-ended response", "antwoord", "antwort", "réponse")


def signs(header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return what speaks for SurveyMonkey; nothing if nothing does."""
    first = header[0][0].casefold() if header[0] else ""
    below = [cell.casefold() for cell in rows[1]] if len(rows) > 1 else []
    found = []
    if first in ("respondent id", "respondentid"):
        found.append(f"the column '{header[0][0]}'")
    if any(cell in _ANSWERS for cell in below):
        found.append("the word 'Response' in the second row")
    return found if len(found) > 1 or (found and _has_gaps(header[0])) else []


def header_rows(rows: Sequence[Sequence[str]]) -> int:
    """Count the rows of the header."""
    return 2


def header_structure(export: Export) -> Structure:
    """List what the two rows say: a question, and below it its options or items, and "other" texts."""
    above, below = carry(export.header)
    starts = _starts(export.header[0])
    variables: dict[str, Variable] = {}
    members: dict[int, list[str]] = {}
    for column, question, item, start in zip(export.columns, above, below, starts, strict=True):
        use = question.casefold()
        if use in _USES and start < 12:
            variables[column] = Variable.aside(column, _USES[use])
            continue
        members.setdefault(start, []).append(column)
        variables[column] = Variable(column, column, f"question {start + 1}", label=question, item=item)
    for columns in members.values():
        for column in columns:
            variables[column] = _part(variables[column], columns, export)
    return Structure(variables)


def _part(variable: Variable, columns: list[str], export: Export) -> Variable:
    """Return what a column holds of its question, by its second heading and by what stands in it."""
    from dataclasses import replace

    item = variable.item.casefold()
    values = set(export.cells[variable.column]) - {""}
    if item in _ANSWERS or item == variable.label.casefold() or (len(columns) == 1 and not item):
        return replace(variable, item="", part="answer")
    if not values and not item:
        return replace(variable, part="unused")
    if is_other(item) and not values <= {variable.item}:
        return replace(variable, part="other")
    if values <= {variable.item}:
        return replace(variable, part="other" if is_other(item) else "tick", counted=(variable.item,))
    return replace(variable, part="item")


def _starts(row: Sequence[str]) -> list[int]:
    """Return for each column the place where its question begins."""
    starts, start = [], 0
    for place, cell in enumerate(row):
        if cell:
            start = place
        starts.append(start)
    return starts


def _has_gaps(row: Sequence[str]) -> bool:
    return any(not cell for cell in row)
