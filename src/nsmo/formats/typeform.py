"""Typeform: each option of several in a column that is called by it; its own columns at the ends."""

from collections.abc import Sequence
from dataclasses import replace

from nsmo.formats.cells import Export, without_number
from nsmo.formats.structure import Structure, Variable, is_other

NAME = "typeform"

_USES = {
    "#": "id",
    "network id": "",
    "start date (utc)": "started",
    "stage date (utc)": "",
    "submit date (utc)": "submitted",
    "response type": "status",
    "tags": "",
    "ending": "",
    "score": "",
}


def signs(header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return what speaks for Typeform; nothing if nothing does."""
    names = {name.casefold() for name in header[0]}
    own = [name for name in ("#", "network id", "start date (utc)", "submit date (utc)") if name in names]
    return [f"the column '{name}'" for name in own] if len(own) > 1 else []


def header_structure(export: Export) -> Structure:
    """List what the header says: questions, and options that stand in columns of their own."""
    variables: dict[str, Variable] = {}
    run: list[str] = []
    before = ""
    for column in export.columns:
        text = without_number(column).replace("*", "").strip()
        values = set(export.cells[column]) - {""}
        if column.casefold() in _USES:
            use = _USES[column.casefold()]
            variables[column] = Variable.aside(column, use)
            run = []
        elif is_other(text) and before:
            host = variables[before]
            variables[column] = replace(host, column=column, code=column, part="other", item="Other")
            run = []
        elif values and values <= {without_number(column)}:
            run.append(column)
            variables[column] = Variable(column, column, run[0], "tick", "", text, counted=tuple(values))
        else:
            # Yes and no are 1 and 0.
            options = {"1": "Yes", "0": "No"} if values and values <= {"0", "1"} else {}
            variables[column] = Variable(column, column, column, label=text, options=options)
            run = []
        before = column if variables[column].part in ("answer", "tick") else ""
    return Structure(variables)
