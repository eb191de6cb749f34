"""One response, two responses: nouns behind a number that is filled into a sentence."""

import re
from collections.abc import Mapping

_ENGLISH = (
    *("respondent", "response", "question", "rule", "column", "row", "page", "answer", "text", "cell"),
    *("statement", "file", "term", "table", "group", "wave", "test", "figure", "code", "cluster"),
    *("replicate", "minute", "weight", "comparison", "variable", "degree", "percentage point"),
)
#: The plural in which messages have a noun, and what one of them is called.
_NOUNS = {
    "en": {f"{one}s": one for one in _ENGLISH} | {"strata": "stratum", "classes": "class"},
    "nl": {
        **{"respondenten": "respondent", "deelnemers": "deelnemer", "vragenlijsten": "vragenlijst"},
        **{"vragen": "vraag", "regels": "regel", "kolommen": "kolom", "rijen": "rij", "pagina’s": "pagina"},
        **{"antwoorden": "antwoord", "teksten": "tekst", "cellen": "cel", "uitspraken": "uitspraak"},
        **{"bestanden": "bestand", "begrippen": "begrip", "tabellen": "tabel", "groepen": "groep"},
        **{"metingen": "meting", "toetsen": "toets", "cijfers": "cijfer", "minuten": "minuut"},
        **{"procentpunten": "procentpunt", "gewichten": "gewicht"},
    },
}
_WORD = re.compile(r" ((?:percentage )?[\w’]+)")
_FIELD = re.compile(r"\{(\w+)\}( (?:percentage )?[\w’]+)")


def behind(literal: str, value: object, language: str) -> str:
    """Return the text behind a value, its noun in the singular where the value is one.

    Parameters
    ----------
    literal : str
        What follows in the sentence.
    value : object
        As it is written there, or the number.
    language : str

    Examples
    --------
    >>> behind(" responses received", 1, "en"), behind(" vragen", "1", "nl"), behind(" responses", 2, "en")
    (' response received', ' vraag', ' responses')
    """
    found = _WORD.match(literal) if str(value) == "1" else None
    one = _NOUNS.get(language, {}).get(found[1]) if found else None
    return f" {one}{literal[found.end() :]}" if found and one else literal


def agreeing(message: str, values: Mapping[str, object], language: str) -> str:
    """Return a message, with names in braces, whose nouns agree with the values that are one."""
    if not any(str(value) == "1" for value in values.values()):
        return message

    def one(found: re.Match[str]) -> str:
        return f"{{{found[1]}}}{behind(found[2], values.get(found[1], ''), language)}"

    return _FIELD.sub(one, message)
