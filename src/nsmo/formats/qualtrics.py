"""Qualtrics: two or three header rows (codes, texts, ImportId), and the survey itself as .qsf."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nsmo.formats.cells import Export, bad_file
from nsmo.formats.structure import Structure, Variable, plain_text

NAME = "qualtrics"

_USES = {
    "startdate": "started",
    "enddate": "",
    "recordeddate": "submitted",
    "status": "status",
    "q_totalduration": "",
    "progress": "",
    "finished": "status",
    "duration (in seconds)": "duration",
    "responseid": "id",
    "userlanguage": "language",
    "ipaddress": "",
    "recipientlastname": "",
    "recipientfirstname": "",
    "recipientemail": "",
    "externalreference": "",
    "externaldatareference": "",
    "locationlatitude": "",
    "locationlongitude": "",
    "distributionchannel": "",
    "q_recaptchascore": "",
    "_recordid": "id",
}
#: What the numbers of these columns say, where an export has numbers.
_CODES = {
    "status": {
        "0": "IP Address",
        "1": "Survey Preview",
        "2": "Survey Test",
        "4": "Imported",
        "8": "Spam",
        "9": "Survey Preview Spam",
        "12": "Imported Spam",
        "16": "Offline",
        "17": "Offline Survey Preview",
    },
    "finished": {"1": "True", "0": "False"},
}
#: What Qualtrics puts behind a question with a text beside an answer, in the languages of its exports.
_CHOSEN = (
    "selected choice",
    "geselecteerde keuze",
    "ausgewählte auswahl",
    "choix sélectionné",
    "text",
)
#: What stands for a question that was seen and left open, where the export was asked to say so.
SEEN = "-99"
_UNUSED = re.compile(
    r".*(_First Click|_Last Click|_Page Submit|_Click Count|_DO(_.*)?|_NPS_GROUP|_FILE_(ID|SIZE|TYPE))$",
    re.IGNORECASE,
)

#: How the text of a question ends whose answers are choices: several of them may stand in a cell.
_MANY = re.compile(rf"- ({'|'.join(_CHOSEN[:-1])})$", re.IGNORECASE)


def signs(header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return what speaks for Qualtrics; nothing if nothing does."""
    names = {name.casefold() for name in header[0]}
    own = [name for name in ("responseid", "recordeddate", "distributionchannel") if name in names]
    found = [f"the column {name}" for name in own]
    if any(cell.startswith('{"ImportId"') for row in rows[:3] for cell in row):
        found.append("a row of ImportId")
    return found if len(found) > 1 or "a row of ImportId" in found else []


def header_rows(rows: Sequence[Sequence[str]]) -> int:
    """Count the rows of the header: the third holds ImportId, and an older export has but two."""
    for number, row in enumerate(rows[:3], 1):
        if any(cell.startswith('{"ImportId"') for cell in row):
            return number
    names = [name.casefold() for name in rows[0]] if rows else []
    if "responseid" in names and len(rows) > 1:
        # Somebody has taken the texts of the questions away: below the codes stand the responses.
        place = names.index("responseid")
        below = rows[1][place] if place < len(rows[1]) else ""
        return 1 if re.fullmatch(r"R_\w{10,}", below) else 2
    return 2


def header_structure(export: Export) -> Structure:
    """List what the rows of the header say: code, text, and which columns belong to one question."""
    texts = export.header[1] if len(export.header) > 1 else [""] * len(export.columns)
    ids = export.header[2] if len(export.header) > 2 else [""] * len(export.columns)
    variables = {}
    for column, text, place in zip(export.columns, texts, ids, strict=True):
        key = column.casefold()
        if key in _USES or _UNUSED.fullmatch(column):
            use = _USES.get(key, "")
            variables[column] = replace(Variable.aside(column, use), options=_CODES.get(key, {}))
            continue
        question = _question(column, place)
        label, item = _split(plain_text(text))
        if column.endswith("_TEXT"):
            variables[column] = Variable(column, column, question, "other", label, item)
        elif question != column and item:
            options = {value for value in export.cells[column] if value not in ("", SEEN)}
            # A ticked option holds its own text or its number; an item of a battery holds one of several
            # answers.
            ticks = len(options) <= 1
            part = "tick" if ticks else "item"
            variables[column] = Variable(
                column, column, question, part, label, item, counted=tuple(options) if ticks else ()
            )
        else:
            variables[column] = Variable(
                column,
                column,
                question,
                label=label if not item else f"{label} – {item}",
                # A comma stands between answers: numbers have a point, whatever the country.
                separator="," if _MANY.search(text) else "",
            )
    return Structure(variables)


def read_structure(path: Path) -> Structure:
    """Read a survey in .qsf.

    Raises
    ------
    StudyError
        If the file is not one, or holds no question.
    """
    try:
        survey = json.loads(path.read_bytes().decode("utf-8-sig"))
        elements = survey["SurveyElements"]
        entry = survey["SurveyEntry"]
        payloads = [one["Payload"] for one in elements if one.get("Element") == "SQ"]
    except RecursionError:
        raise bad_file(
            "lists within each other without end", path.name, "a .qsf, whole", "export it again"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise bad_file(
            f"not readable as a survey of Qualtrics: {error}", path.name, "a .qsf, whole", "export it again"
        ) from None
    variables = {variable.code: variable for payload in payloads for variable in _variables(payload)}
    if not variables:
        raise bad_file("there is no question in it", path.name, "a survey with questions", "export it again")
    return Structure(
        variables,
        [],
        plain_text(entry.get("SurveyName") or ""),
        (entry.get("SurveyLanguage") or "").lower()[:2],
    )


def _question(column: str, place: str) -> str:
    """Find the question that a column belongs to: by its ImportId, else by its name up to the last ``_``."""
    try:
        known = json.loads(place) if place else {}
    except (ValueError, RecursionError):
        known = {}
    found = re.match(r"(QID\d+)", str(known.get("ImportId", ""))) if isinstance(known, dict) else None
    base = re.sub(r"(_\d+)?_TEXT$|_\d+$|_x\d+$", "", column)
    return f"{base}" if found or base != column else column


def _split(text: str) -> tuple[str, str]:
    """Split ``Question - Selected Choice - Item`` into question and item."""
    parts = [part for part in re.split(r"\s+-\s+", text) if part.casefold() not in _CHOSEN]
    return (" - ".join(parts[:-1]), parts[-1]) if len(parts) > 1 else (parts[0] if parts else text, "")


def _variables(payload: Mapping[str, Any]) -> Iterator[Variable]:
    """Describe the columns that a question makes."""
    code = str(payload.get("DataExportTag") or payload.get("QuestionID"))
    text = plain_text(str(payload.get("QuestionText", "")))
    kind, selector = payload.get("QuestionType", ""), payload.get("Selector", "")
    choices = _ordered(payload.get("Choices"), payload.get("ChoiceOrder"))
    recoded = payload.get("RecodeValues") or {}
    tags = payload.get("ChoiceDataExportTags") or {}
    shown = {key: plain_text(str(one.get("Display", ""))) for key, one in choices.items()}
    other = [key for key, one in choices.items() if str(one.get("TextEntry", "")).lower() == "true"]

    def tag(key: str) -> str:
        return (
            str(tags.get(key) or f"{code}_{recoded.get(key, key)}")
            if isinstance(tags, dict)
            else f"{code}_{key}"
        )

    if kind == "MC" and selector in ("MAVR", "MAHR", "MACOL", "MSB"):
        for key, label in shown.items():
            counted = (str(recoded.get(key, key)), "1", label)
            yield Variable(tag(key), tag(key), code, "tick", text, label, counted=counted)
        # The same question in one column, where the export was not split.
        yield Variable(
            code,
            code,
            code,
            label=text,
            kind="joined",
            separator=",",
            options={str(recoded.get(key, key)): label for key, label in shown.items()},
        )
    elif kind == "MC":
        options = {str(recoded.get(key, key)): label for key, label in shown.items()}
        yield Variable(code, code, code, label=text, kind="single", options=options)
    elif kind == "Matrix":
        answers = _ordered(payload.get("Answers"), payload.get("AnswerOrder"))
        options = {
            str(recoded.get(k, k)): plain_text(str(one.get("Display", ""))) for k, one in answers.items()
        }
        for key, label in shown.items():
            if selector == "Likert":
                yield Variable(tag(key), tag(key), code, "item", text, label, options, kind="ordinal")
            else:
                yield Variable(tag(key), tag(key), tag(key), label=f"{text} – {label}")
    elif kind in ("Slider", "CS") or kind == "RO":
        for key, label in shown.items():
            yield Variable(tag(key), tag(key), code, "item", text, label, kind="numeric")
    elif kind == "TE":
        if selector == "FORM":
            for key, label in shown.items():
                yield Variable(tag(key), tag(key), tag(key), label=f"{text} – {label}", kind="text")
        else:
            content = ((payload.get("Validation") or {}).get("Settings") or {}).get("ContentType", "")
            number = content in ("ValidNumber", "ValidUSZip")
            yield Variable(code, code, code, label=text, kind="numeric" if number else "text")
    for key in other:
        yield Variable(f"{tag(key)}_TEXT", f"{tag(key)}_TEXT", code, "other", text, shown[key])


def _ordered(choices: Any, order: Any) -> dict[str, dict[str, Any]]:
    """Put choices into the order shown; Qualtrics writes a list where their numbers have no gap."""
    if isinstance(choices, list):
        choices = {str(place): one for place, one in enumerate(choices, 1)}
    if not isinstance(choices, dict):
        return {}
    keys = [str(key) for key in order or [] if str(key) in choices] or list(choices)
    return {key: choices[key] for key in keys if isinstance(choices[key], dict)}
