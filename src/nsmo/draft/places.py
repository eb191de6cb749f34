"""Reads from a heading, or from what stands in a cell, which place of a ranking it is about."""

import re

_WORDS = (
    r"rank(?:ing|ed)?|rang(?:platz)?|place|plaats|plek|position|positie|platz|choice|choix|keuzes?|keus|wahl"
    r"|preference|voorkeur|priority|prioriteit|priorität|preferencia|opción|posto|scelta|elección"
)
_ORDINALS = (
    ("first", "eerste", "erste[rs]?", "premi(?:er|ère)", "primer[ao]?", "prim[ao]"),
    ("second", "tweede", "zweite[rs]?", "deuxième|second[eo]?", "segund[ao]"),
    ("third", "derde", "dritte[rs]?", "troisième", "tercer[ao]?", "terz[ao]"),
    ("fourth", "vierde", "vierte[rs]?", "quatrième", "cuart[ao]", "quart[ao]"),
    ("fifth", "vijfde", "fünfte[rs]?", "cinquième", "quint[ao]"),
)
_BEGIN, _END = r"(?<![^\W_])", r"(?![^\W_])"  # an underscore parts words here, as a blank does
_NUMBERED = re.compile(rf"{_BEGIN}(?:{_WORDS})[\W_]{{0,3}}(\d{{1,2}}){_END}", re.IGNORECASE)
_SUFFIX = r"(?:st|nd|rd|th|e|ste|de|er|ère|ème|\.|º|ª)"
_COUNTED = re.compile(
    rf"{_BEGIN}(\d{{1,2}}){_SUFFIX}[\W_]{{0,2}}(?:{_WORDS}|most|meest)"
    rf"(?:[\W_]+(?:important|belangrijk\w*))?{_END}",
    re.IGNORECASE,
)
_NAMED = [
    re.compile(
        rf"{_BEGIN}(?:{'|'.join(words)})[\W_]{{1,2}}(?:{_WORDS}|most|meest|op een na)"
        rf"(?:[\W_]+(?:important|belangrijk\w*))?{_END}",
        re.IGNORECASE,
    )
    for words in _ORDINALS
]
_MOST = re.compile(
    rf"{_BEGIN}(?:most[\W_]+important|meest[\W_]+belangrijke?|wichtigste[rs]?){_END}", re.IGNORECASE
)
#: What a cell may hold that stands for a place, and is no number.
_CELL = re.compile(rf"(?:#|no\.? ?)?(\d{{1,2}})(?:{_SUFFIX}|\)|:)?(?:\s.*|\s*\(.*\))?", re.IGNORECASE)
_SAYS = re.compile(
    r"\b(rank\w*|(put|place|sort|arrange|drag)\b.*\border|in (the )?order|order of (importance|preference)"
    r"|volgorde|rangschik\w*|ranglijst|reihenfolge|rangfolge|ordnen|class(ez|er|ement)|orden(a|e|ar)\b|ordina)",
    re.IGNORECASE,
)


def place_in(heading: str) -> tuple[int, str]:
    """Return the place that a heading is about, and the heading without it; 0 where it is about none.

    Examples
    --------
    >>> place_in("What matters? Rank 2"), place_in("1e keuze"), place_in("Rank of your school")
    ((2, 'What matters?'), (1, ''), (0, 'Rank of your school'))
    """
    for pattern in (_NUMBERED, _COUNTED):
        if found := pattern.search(heading):
            return int(found[1]), _without(heading, found)
    for place, pattern in enumerate(_NAMED, 1):
        if found := pattern.search(heading):
            return place, _without(heading, found)
    if found := _MOST.search(heading):
        return 1, _without(heading, found)
    return 0, heading


def place_of_cell(text: str) -> int:
    """Return the place that a cell says ("1st choice", "Rank 2", "3"); 0 where it says none."""
    found = _CELL.fullmatch(text)
    return place_in(text)[0] or (int(found[1]) if found else 0)


def says_to_rank(text: str) -> bool:
    """Return whether a question says to put things in order."""
    return bool(_SAYS.search(text))


def _without(heading: str, found: re.Match[str]) -> str:
    left = f"{heading[: found.start()]} {heading[found.end() :]}"
    return " ".join(re.sub(r"[(\[]\s*[)\]]", " ", left).split()).strip(" -–_:./[](),")
