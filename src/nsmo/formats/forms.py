"""Google Forms and Microsoft Forms: choices joined in a cell, with own texts among them."""

import re
from collections import Counter
from collections.abc import Sequence

from nsmo.formats.cells import Export
from nsmo.formats.structure import Structure, Variable

_TIMESTAMPS = (
    "timestamp",
    "tijdstempel",
    "zeitstempel",
    "horodateur",
    "marca temporal",
    "carimbo de data/hora",
    "informazioni cronologiche",
    "sygnatura czasowa",
    "отметка времени",
    "タイムスタンプ",
    "타임스탬프",
    "时间戳记",
    "時間戳記",
    "zaman damgası",
    "tidstämpel",
    "tidsstempel",
    "aikaleima",
    "časová značka",
    "časová pečiatka",
    "időbélyeg",
    "marcaj de timp",
    "marca de temps",
    "позначка часу",
    "χρονική σήμανση",
    "cap waktu",
    "stempel waktu",
    "dấu thời gian",
    "طابع زمني",
    "חותמת זמן",
)
_GOOGLE_USES = {"email address": "", "e-mailadres": "", "e-mail-adresse": "", "username": "", "score": ""}
#: Points and remarks that a quiz adds to each question.
_OF_A_QUIZ = re.compile(
    r"(^|\[)((total )?score|feedback|(gesamt)?punktzahl|(totaal)?score|punteggio( totale)?"
    r"|puntuación( total)?"
    r"|note( totale)?|commentaires?|comentarios)(\]|$)",
    re.IGNORECASE,
)
_MICROSOFT_USES = {
    "id": "id",
    "start time": "started",
    "completion time": "submitted",
    "email": "",
    "name": "",
    "last modified time": "",
    "language": "language",
    "total points": "",
    "quiz feedback": "",
    "grade posted time": "",
    "begintijd": "started",
    "tijd van voltooien": "submitted",
    "e-mail": "",
    "naam": "",
    "tijd van laatste wijziging": "",
    "taal": "language",
    "startzeit": "started",
    "fertigstellungszeit": "submitted",
    "e-mail-adresse": "",
    "heure de début": "started",
    "heure de fin": "submitted",
    "adresse de messagerie": "",
    "nom": "",
    "hora de inicio": "started",
    "hora de finalización": "submitted",
    "correo electrónico": "",
    "nombre": "",
    "ora di inizio": "started",
    "ora di completamento": "submitted",
    "posta elettronica": "",
    "nome": "",
}
_GRID = re.compile(r"(.*\S)\s*\[([^\[\]]+)\]")


def google_signs(header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return what speaks for Google Forms; nothing if nothing does."""
    first = header[0][0].casefold() if header[0] else ""
    return [f"'{header[0][0]}' as the first column"] if first in _TIMESTAMPS else []


def microsoft_signs(header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return what speaks for Microsoft Forms; nothing if nothing does."""
    names = [name.casefold() for name in header[0][:3]]
    if len(names) == 3 and names[0] == "id" and _MICROSOFT_USES.get(names[1]) == "started":
        return [f"the columns {', '.join(header[0][:3])}"]
    return []


def google_structure(export: Export) -> Structure:
    """List what the header says: the moment, and the items of grids in brackets."""
    variables = {}
    grids = Counter(found[1] for column in export.columns if (found := _GRID.fullmatch(column)))
    for place, column in enumerate(export.columns):
        found = _GRID.fullmatch(column)
        if place == 0 and column.casefold() in _TIMESTAMPS:
            variables[column] = Variable.aside(column, "submitted")
        elif column.casefold() in _GOOGLE_USES or _OF_A_QUIZ.search(column):
            variables[column] = Variable.aside(column)
        elif found and grids[found[1]] > 1:
            variables[column] = Variable(column, column, found[1], "item", found[1], found[2])
        else:
            variables[column] = Variable(column, column, column, label=column, separator=",")
    return Structure(variables)


def microsoft_structure(export: Export) -> Structure:
    """List what the header says: Microsoft's own columns, and the items of a Likert question after a dot."""
    variables = {}
    heads = Counter(column.rpartition(".")[0] for column in export.columns if "." in column[:-1])
    for place, column in enumerate(export.columns):
        key = column.casefold()
        head, _, item = column.rpartition(".")
        if key in _MICROSOFT_USES and place < 8:
            variables[column] = Variable.aside(column, _MICROSOFT_USES[key])
        elif key.startswith(("points - ", "feedback - ", "punten - ", "punkte - ")):
            variables[column] = Variable.aside(column)
        elif item and heads[head] > 1:
            variables[column] = Variable(column, column, head, "item", head, item.strip())
        else:
            variables[column] = Variable(column, column, column, label=column, separator=";")
    return Structure(variables)
