"""SoSci Survey: columns named by section and question (A101, A104_02), answers as numbers, -9 for none."""

import re
from collections import Counter
from collections.abc import Sequence

from nsmo.formats.cells import Export
from nsmo.formats.structure import MissingValue, Structure, Variable, plain_text

NAME = "sosci"

_USES = {
    "case": "id",
    "serial": "",
    "ref": "",
    "questnnr": "",
    "mode": "",
    "started": "started",
    "mailsent": "",
    "lastdata": "submitted",
    "status": "",
    "finished": "status",
    "q_viewer": "",
    "lastpage": "last_page",
    "maxpage": "",
    "missing": "",
    "missrel": "",
    "time_rsi": "",
    "deg_time": "",
    "time_sum": "duration",
    "language": "language",
}
_TIME = re.compile(r"time\d{3}", re.IGNORECASE)
_QUESTION = re.compile(r"([A-Z]{2}\d\d|[A-Z]\d{3})(?:_(\d{2,3})([a-z])?)?")
#: What these numbers say in every questionnaire of this tool.
_MISSING = {"-9": "no answer", "-1": "don't know", "-2": "don't know", "-7": "not asked", "-8": "not shown"}


def signs(header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return what speaks for SoSci Survey; nothing if nothing does."""
    names = {name.casefold() for name in header[0]}
    own = [name for name in ("questnnr", "lastdata", "missrel", "maxpage", "q_viewer") if name in names]
    return [f"the column {name.upper()}" for name in own] if "case" in names and len(own) > 1 else []


def header_rows(rows: Sequence[Sequence[str]]) -> int:
    """Count the rows of the header: the second may hold the questions."""
    return 1 if len(rows) > 1 and rows[1][:1] and re.fullmatch(r"\d*", rows[1][0]) else 2


def header_structure(export: Export) -> Structure:
    """List what the names of the columns say, and what numbers mean that there is no answer."""
    texts = export.header[1] if len(export.header) > 1 else [""] * len(export.columns)
    found = [_QUESTION.fullmatch(column) for column in export.columns]
    stems = Counter(one[1] for one in found if one and one[2] and not one[3])
    variables = {}
    for column, text, one in zip(export.columns, texts, found, strict=True):
        key = column.casefold()
        if key in _USES or _TIME.fullmatch(column):
            use = _USES.get(key, "")
            variables[column] = Variable.aside(column, use)
            continue
        values = set(export.cells[column]) - {""}
        missing = tuple(MissingValue(code, code, said) for code, said in _MISSING.items() if code in values)
        label, _, item = plain_text(text).partition(": ")
        if one and one[3]:
            host = f"{one[1]}_{one[2]}"
            ours = one[1] if stems[one[1]] > 1 and host in export.columns else host
            variables[column] = Variable(column, column, ours, "other", label or one[1], "Other")
        elif one and one[2] and stems[one[1]] > 1:
            # Ticks are 1 (left) and 2 (chosen); beside them stands how many were chosen.
            ticks = one[1] in export.columns and values <= {"1", "2", *_MISSING}
            variables[column] = Variable(
                column,
                column,
                one[1],
                "tick" if ticks else "item",
                label or one[1],
                item or column,
                missing=missing,
                counted=("2",) if ticks else (),
                unticked=("1",) if ticks else (),
            )
        elif one and stems[column] > 1:
            variables[column] = Variable(column, column, column, "unused")
        else:
            variables[column] = Variable(column, column, column, label=label or column, missing=missing)
    return Structure(variables)
