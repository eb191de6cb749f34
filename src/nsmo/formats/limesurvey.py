"""LimeSurvey: columns named by codes, by full texts, or by both; answers as codes or in full."""

import re
from collections.abc import Sequence
from dataclasses import replace

from nsmo.formats.cells import Export
from nsmo.formats.structure import Structure, Variable, is_other, plain_text

NAME = "limesurvey"

#: Columns of LimeSurvey itself: by code, and as the full texts in the languages whose exports are common.
_USES = {
    "id": "id",
    "response id": "id",
    "antwoord-id": "id",
    "antwort id": "id",
    "submitdate": "submitted",
    "date submitted": "submitted",
    "datum ingestuurd": "submitted",
    "datum abgeschickt": "submitted",
    "lastpage": "last_page",
    "last page": "last_page",
    "laatste pagina": "last_page",
    "letzte seite": "last_page",
    "startlanguage": "language",
    "start language": "language",
    "starttaal": "language",
    "start-sprache": "language",
    "startdate": "started",
    "date started": "started",
    "datum gestart": "started",
    "datum gestartet": "started",
    "datestamp": "",
    "date last action": "",
    "datum laatste actie": "",
    "datum letzte aktivität": "",
    "id de la réponse": "id",
    "id de respuesta": "id",
    "id risposta": "id",
    "id da resposta": "id",
    "date de soumission": "submitted",
    "fecha de envío": "submitted",
    "data invio": "submitted",
    "data di invio": "submitted",
    "data de envio": "submitted",
    "dernière page": "last_page",
    "última página": "last_page",
    "ultima pagina": "last_page",
    "langue de départ": "language",
    "idioma inicial": "language",
    "lingua iniziale": "language",
    "lingua di partenza": "language",
    "date de lancement": "started",
    "date de début": "started",
    "fecha de inicio": "started",
    "data di inizio": "started",
    "data de início": "started",
    "date de la dernière action": "",
    "fecha de la última acción": "",
    "data dell'ultima azione": "",
    "token": "token",
    "toegangscode": "token",
    "seed": "",
    "zufallsstartwert": "",
    "tête de série": "",
    "semilla": "",
    "ipaddr": "",
    "ip address": "",
    "ip-adres": "",
    "refurl": "",
    "referrer url": "",
    "interviewtime": "duration",
    "total time": "duration",
    "totale tijd": "duration",
    "gesamtzeit": "duration",
}
_CODE = r"[A-Za-z][A-Za-z0-9]*"
_HEADING = re.compile(rf"({_CODE})((?:\[[^\[\]]*\])*)(?:\._?\.?\s*(.*))?", re.DOTALL)
_ITEM = re.compile(r"(.*?)\s*\[([^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]\s*((?:\[[^\[\]]*\]\s*)?)", re.DOTALL)
_TIMED = re.compile(r"((group|question)Time\d+|.*Time|interviewtime|.*[Tt]ime: .*|.*tijd: .*)$")
_TIMED_TEXT = re.compile(
    r"((question|group) time|(vraag|groep|vragengroep)s?tijd|(fragen?|gruppen)zeit"
    r"|durée (de la|du) \w+)(: .*)?",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\[\w*comment\]$")
_COMMENT_TEXT = re.compile(
    r"(^|/ ?)(comment|commentaar|kommentar|opmerking"
    r"|commentaire|comentario)$",
    re.IGNORECASE,
)
#: What stands in the column of an option.
_TICKS = {"Yes", "No", "Ja", "Nee", "Nein", "Oui", "Non", "Sí", "Sì", "No seleccionado", "N/A"}
#: Of the code: the item, and which of the two scales of an array.
_TWO_SCALES = re.compile(r"[^\[\]]+\[([^\[\]]+)\]\[([12])\]")


def signs(header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return what in a header speaks for LimeSurvey; nothing if nothing does."""
    names = [_own(name) for name in header[0]]
    own = [name for name in names if name in _USES]
    found = [f"the column '{name}'" for name in own if name not in ("id", "token", "response id")]
    codes = [
        name for name in header[0] if re.fullmatch(rf"{_CODE}\[[^\[\]]+\](\[[^\[\]]+\])?(\._?\.?.*)?", name)
    ]
    if len(codes) > 2:
        found.append(f"columns called as '{codes[0][:40]}'")
    return found if len(found) > 1 or len(codes) > 2 else []


def header_structure(export: Export) -> Structure:
    """List what the names of the columns say: question, item, and LimeSurvey's own columns."""
    variables = {column: column_variable(column) for column in export.columns}
    for column, variable in variables.items():
        timed = _TIMED.fullmatch(variable.code) or _TIMED_TEXT.fullmatch(variable.label)
        if timed and variable.part == "answer":
            variables[column] = Variable(column, variable.code, variable.question, "unused")
        elif _COMMENT.search(variable.code) or _COMMENT_TEXT.search(variable.item):
            variables[column] = _of_its_own(variable)
        elif not variable.code and variable.part == "item" and is_other(variable.item):
            texts = {cell for cell in export.cells[column] if cell}
            if len(texts) > 2 or not texts <= _TICKS:  # what was written beside "other", not its box
                variables[column] = replace(variable, part="other")
    return Structure(_scales_apart(variables))


def _of_its_own(variable: Variable) -> Variable:
    """Make the comment beside an answer a question in one's own words."""
    about = _COMMENT_TEXT.sub("", variable.item).strip(" /")
    text = " – ".join(part for part in (variable.label, about) if part)
    return replace(
        variable,
        question=variable.code or text,
        part="answer",
        kind="text",
        label=f"{text} – comment",
        item="",
    )


def _scales_apart(variables: dict[str, Variable]) -> dict[str, Variable]:
    """Make two questions of an array with two scales: its columns end in [1] and [2]."""
    found = dict(variables)
    for column, variable in variables.items():
        code = _TWO_SCALES.fullmatch(variable.code)
        twin = code and f"{variable.question}[{code[1]}][{3 - int(code[2])}]"
        if code and variable.part == "item" and any(one.code == twin for one in variables.values()):
            item, _, heading = variable.item.rpartition(" / ")
            label = f"{variable.label} – {heading}" if item else f"{variable.label} ({code[2]})"
            found[column] = replace(
                variable, question=f"{variable.question}[{code[2]}]", label=label, item=item or variable.item
            )
    return found


def _own(name: str) -> str:
    """Reduce a name to LimeSurvey's own: ``id. Response ID`` and ``id`` are the same."""
    name = name.casefold()
    return name if name in _USES else re.split(r"\._?\.?\s*", name, maxsplit=1)[0]


def column_variable(column: str) -> Variable:
    """Describe a column by its name alone."""
    own = _own(column)
    if own in _USES:
        return Variable.aside(column, _USES[own], own)
    found = _HEADING.fullmatch(column)
    if found:
        question, subs, text = found[1], found[2], plain_text(found[3] or "")
        inside = re.findall(r"\[([^\[\]]*)\]", subs)
        part = "other" if inside[-1:] == ["other"] else ""
        label, item = _split(text) if inside and text else (text, inside[-1] if inside else "")
        return Variable(
            column, question + subs, question, part or ("item" if inside else "answer"), label, item
        )
    label, item = _split(plain_text(column))
    return Variable(column, "", label if item else column, "item" if item else "answer", label, item)


def _split(text: str) -> tuple[str, str]:
    """Split ``Question [Item]`` into question and item."""
    found = _ITEM.fullmatch(text)
    if not found:
        return text, ""
    second = found[3].strip().strip("[]")
    return found[1].strip(), f"{found[2].strip()} / {second}" if second else found[2].strip()
