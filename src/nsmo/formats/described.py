"""Codebooks as tables, in a sheet or a file: variables, their labels, and the labels of their codes."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nsmo.formats.structure import Structure, Variable, plain_text

#: What the columns of such a table are called, in English, Dutch, German and French.
_HEADS = {
    "name": r"var(iable|iabele|name|iablename|iablenname)?s?|variable name|name|naam|column( name)?"
    r"|kolom(naam)?|field( name)?|veld(naam)?|spalte|nom( de (la )?variable)?|item",
    "label": r"(variable |column |var ?)?labels?|description|omschrijving|beschrijving|beschreibung|libellé"
    r"|vraag(tekst|stelling)?|fragetext|frage|intitulé|text|tekst|toelichting|question text",
    "question": r"question",
    "values": r"values|waarden|waardelabels|value ?labels|codes|codering|antwoord(en|categorie(ë|e)n|opties)"
    r"|answers?|options|categor(ies|ie(ë|e)n)|werte|wertelabels|antworten|modalités|coding|levels",
    "code": r"code|value|waarde|response|wert|level|valeur|antwoordcode",
    "meaning": r"meaning|value ?label|label of (the )?value|waardelabel|betekenis|bedeutung|wertelabel"
    r"|antwoord|category|categorie|code ?label|signification|label",
}
_HEAD = {use: re.compile(words, re.IGNORECASE) for use, words in _HEADS.items()}
_PAIR = re.compile(r"\s*(-?\w[\w.]*)\s*(?:=|:|\)|\.|\s[-–—])\s*(\S.*)", re.DOTALL)
_ONE_CODE = re.compile(r"\s*(-?\d+)\s*=\s*([^=;|]*[^\W\d][^=;|]*)")
_BETWEEN = (r"\n", r";", r"\|", r",(?=\s*-?\d+\s*[=:)-])")
Rows = Sequence[Sequence[str]]


@dataclass
class Described:
    """What a codebook says of one column."""

    label: str = ""
    question: str = ""
    options: dict[str, str] = field(default_factory=dict)


def read_codebook(rows: Rows) -> dict[str, Described]:
    """Read a table as a codebook: by the names of the columns that it describes; empty if it is none."""
    for at, row in enumerate(rows[:8]):
        uses = _uses([cell.strip() for cell in row], rows[at + 1 :])
        if "name" in uses and len(uses) > 1:
            return _read(rows[at + 1 :], uses)
    return {}


def describes(found: Mapping[str, Described], columns: Iterable[str]) -> bool:
    """Return whether a codebook is that of some columns: it knows half of them, or they all of it."""
    there = {_key(column) for column in columns}
    known = there & {_key(name) for name in found}
    return len(known) >= 2 and (len(known) >= 0.5 * len(there) or len(known) == len(found))


def with_codebook(structure: Structure, found: Mapping[str, Described]) -> Structure:
    """Take over what a codebook says of columns; which of them belong together stays as it is known."""
    by_key = {_key(name): one for name, one in found.items()}
    return replace(
        structure,
        variables={
            column: _described(variable, by_key.get(_key(column)) or by_key.get(_key(variable.code)))
            for column, variable in structure.variables.items()
        },
    )


def _described(variable: Variable, said: Described | None) -> Variable:
    if said is None or variable.part in ("paradata", "unused"):
        return variable
    # Codes that the tool itself declares as missing keep that; the codebook calls them in its language.
    missing = tuple(replace(one, label=said.options.get(one.low, one.label)) for one in variable.missing)
    options = {
        code: text for code, text in said.options.items() if not any(one.holds(code) for one in missing)
    }
    variable = replace(variable, missing=missing, options=options or variable.options)
    if variable.part == "answer":
        label = said.label if len(said.label) > len(said.question) else said.question
        return replace(variable, label=label or variable.label)
    head, _, item = said.label.rpartition(": ")
    variable = replace(variable, label=said.question or head or variable.label)
    if variable.part == "other":
        return replace(variable, options={})
    variable = replace(variable, item=item or said.label or variable.item)
    return replace(variable, options={}) if variable.part == "tick" else variable


def _uses(head: Sequence[str], below: Rows) -> dict[str, int]:
    """Find which column of a table tells what; where "label" stands for labels of values is seen below."""
    uses: dict[str, int] = {}
    for place, text in enumerate(head):
        for use, words in _HEAD.items():
            if use not in uses and place not in uses.values() and words.fullmatch(text):
                uses[use] = place
    if "values" in uses and "code" not in uses and "meaning" in uses:
        # "Values" beside "Label" twice: the codes themselves, one a row.
        texts = [row[uses["values"]].strip() for row in below if uses["values"] < len(row)]
        if not any(_pairs(text) for text in texts):
            uses["code"] = uses.pop("values")
    if "code" not in uses or "meaning" not in uses:
        uses.pop("code", None)
        uses.pop("meaning", None)
    return uses


def _read(rows: Rows, uses: Mapping[str, int]) -> dict[str, Described]:
    found: dict[str, Described] = {}
    name = ""
    for row in rows:
        cells = {use: row[place].strip() if place < len(row) else "" for use, place in uses.items()}
        # The codes of a variable stand below its first row, which alone may name it.
        name = cells["name"] or name
        if not name or not any(cells.values()):
            continue
        one = found.setdefault(name, Described())
        one.label = one.label or plain_text(cells.get("label", ""))
        one.question = one.question or plain_text(cells.get("question", ""))
        one.options |= _pairs(cells.get("values", ""))
        if cells.get("code") and cells.get("meaning"):
            one.options[cells["code"]] = plain_text(cells["meaning"])
    return found


def _pairs(text: str) -> dict[str, str]:
    """Read ``1 = Yes; 2 = No``, whatever stands between; nothing where it is no such list."""
    for sign in _BETWEEN:
        parts = [part for part in re.split(sign, text) if part.strip()]
        pairs = [found for part in parts if (found := _PAIR.fullmatch(part))]
        if len(pairs) > 1 and len(pairs) == len(parts):
            return {pair[1]: plain_text(pair[2].strip(" \"'")) for pair in pairs}
    # One code alone, such as "999 = don't know" of a number.
    one = _ONE_CODE.fullmatch(text)
    return {one[1]: plain_text(one[2].strip(" \"'"))} if one else {}


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()
