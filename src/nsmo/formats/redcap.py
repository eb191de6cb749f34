"""REDCap: raw or labelled data, and the data dictionary beside it."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from nsmo.formats.cells import Export, bad_file, without_number
from nsmo.formats.structure import Structure, Variable, plain_text
from nsmo.formats.text import decode, guess_encoding

NAME = "redcap"

_FIELD, _TYPE, _LABEL = "Variable / Field Name", "Field Type", "Field Label"
_CHOICES = "Choices, Calculations, OR Slider Labels"
_VALIDATION = "Text Validation Type OR Show Slider Number"
_OWN = {
    "record_id": "id",
    "redcap_event_name": "",
    "redcap_repeat_instrument": "",
    "redcap_repeat_instance": "",
    "redcap_data_access_group": "",
    "redcap_survey_identifier": "token",
}
_COMPLETE = re.compile(r"\w+_complete$")
_TICKED = re.compile(r"(\w+?)___(\w+)$")
_LABELLED = re.compile(r"(.*\S)\s*\(choice=(.*)\)$", re.DOTALL)


def signs(header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return what speaks for REDCap; nothing if nothing does."""
    names = header[0]
    found = [f"the column '{name}'" for name in names if name in _OWN or name == "Survey Identifier"]
    found += [f"the column '{name}'" for name in names if _COMPLETE.fullmatch(name) or name == "Complete?"][
        :1
    ]
    found += [f"the column '{name}'" for name in names if _TICKED.fullmatch(name)][:1]
    found += [f"the column '{name[:40]}'" for name in names if _LABELLED.fullmatch(name)][:1]
    return found if len(found) > 1 else []


def header_structure(export: Export) -> Structure:
    """List what the names of the columns say: REDCap's own, and the options of checkboxes."""
    variables = {}
    for place, column in enumerate(export.columns):
        ticked, labelled = _TICKED.fullmatch(column), _LABELLED.fullmatch(column)
        if column in _OWN or (place == 0 and column == "Record ID"):
            use = _OWN.get(column, "id")
            variables[column] = Variable.aside(column, use)
        elif _COMPLETE.fullmatch(column) or without_number(column) == "Complete?":
            variables[column] = Variable(column, column, column, "unused")
        elif column.endswith("_timestamp") or column == "Survey Timestamp":
            variables[column] = Variable(column, column, column, "paradata", use="submitted")
        elif ticked:
            variables[column] = Variable(
                column,
                column,
                ticked[1],
                "tick",
                ticked[1],
                ticked[2],
                counted=("1", "Checked"),
                unticked=("0", "Unchecked"),
            )
        elif labelled:
            variables[column] = Variable(
                column,
                column,
                labelled[1],
                "tick",
                labelled[1],
                labelled[2],
                counted=("1", "Checked"),
                unticked=("0", "Unchecked"),
            )
        else:
            variables[column] = Variable(column, column, column, label=column)
    return Structure(variables)


def is_dictionary(header: Sequence[str | None]) -> bool:
    """Return whether a header is that of a data dictionary."""
    return {_FIELD, _TYPE, _LABEL} <= {(name or "").lstrip("\ufeff").strip() for name in header}


def read_structure(path: Path) -> Structure:
    """Read a data dictionary.

    Raises
    ------
    StudyError
        If columns are missing, or no field is described.
    """
    content = path.read_bytes()
    text = decode(content, guess_encoding(content)[0], path.name).lstrip("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), restval=""))
    if not rows or not is_dictionary(list(rows[0])):
        raise bad_file(
            "this is not a data dictionary of REDCap",
            f"{path.name}, line 1",
            f"the columns {_FIELD}, {_TYPE}, {_LABEL}",
            "download it in the Online Designer",
        )
    variables: dict[str, Variable] = {}
    pages: dict[str, int] = {}
    for row in rows:
        page = pages.setdefault(row.get("Form Name") or "", len(pages) + 1)
        for variable in _variables(row, page):
            variables[variable.code] = variable
    return Structure(variables)


def _variables(row: Mapping[str, str | None], page: int) -> list[Variable]:
    code, kind = (row[_FIELD] or "").strip(), (row[_TYPE] or "").strip()
    label = plain_text(row[_LABEL] or "")
    choices, matrix = row.get(_CHOICES) or "", (row.get("Matrix Group Name") or "").strip()
    routing = (row.get("Branching Logic (Show field only if...)") or "").strip()
    if kind == "checkbox":
        return [
            Variable(
                f"{code}___{_tick_code(key)}", f"{code}___{_tick_code(key)}", code, "tick", label, text,
                counted=("1", "Checked"), unticked=("0", "Unchecked"), routing=routing, page=page,
            )
            for key, text in _choices(choices).items()
        ]  # fmt: skip
    if kind in ("descriptive", "file", "sql"):
        return [Variable(code, code, code, "unused")]
    options = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}.get(kind, {})
    if kind in ("radio", "dropdown"):
        options = _choices(choices)
    validation = row.get(_VALIDATION) or ""
    known = "single" if options else "numeric" if kind in ("slider", "calc") else "text"
    if kind == "text" and validation.startswith(("number", "integer")):
        known = "numeric"
    if kind == "text" and validation.startswith(("date", "datetime")):
        known = "date"
    section = plain_text(row.get("Section Header") or "")
    return [
        Variable(
            code, code, matrix or code, "item" if matrix else "answer", section if matrix else label,
            label if matrix else "", options, kind=known, routing=routing, page=page,
        )
    ]  # fmt: skip


def _choices(text: str) -> dict[str, str]:
    """Read ``1, Yes | 2, No``."""
    pairs = [part.partition(",") for part in text.split("|") if part.strip()]
    return {key.strip(): plain_text(label) or key.strip() for key, _, label in pairs}


def _tick_code(code: str) -> str:
    """Write a code as it stands in the name of a column: small, a minus as an underscore."""
    return code.lower().replace("-", "_")
