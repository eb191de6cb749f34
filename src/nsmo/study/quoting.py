"""Answers that the message of an error repeats between quotes, as Python and its libraries do."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from nsmo.study.codebook import Codebook

#: A text between quotes; an apostrophe within a word opens and closes none. What is longer was typed, and is
#: found without quotes.
_QUOTED = (re.compile(r"(?<!\w)'(.{1,200}?)'(?!\w)"), re.compile(r'(?<!\w)"(.{1,200}?)"(?!\w)'))
#: Lines of source, as a trace shows them: what is quoted there was written by whoever wrote the notebook.
_SOURCE = re.compile(r"\s|-+>")


def quoted_texts(codebook: Codebook, text: str) -> set[str]:
    """List what stands between quotes in a message, without the words of the questionnaire.

    Parameters
    ----------
    codebook : Codebook
        Of the wave: what it calls questions, answers and columns, and how it words them, is no answer.
    text : str
        The message, with a trace or without one.

    Returns
    -------
    set of str
        In small letters.
    """
    lines = [line for line in text.split("\n") if not _SOURCE.match(line)]
    found = {_bare(hit) for line in lines for form in _QUOTED for hit in form.findall(line)}
    if not found:
        return found
    written = map(_bare, _texts(codebook.questionnaire.model_dump(mode="json")))
    return found - {*written, *map(_bare, codebook.variables)}


def answers_among(texts: set[str], pieces: Iterable[pd.DataFrame]) -> set[str]:
    """Return which of some texts are the whole answer of a respondent, however short.

    Parameters
    ----------
    texts : set of str
        In small letters, as `quoted_texts` lists them.
    pieces : iterable of DataFrame
        The received answers. Names of their columns are none.

    Returns
    -------
    set of str
    """
    numbers = {text: number for text in texts if (number := _number(text)) is not None}
    found: set[str] = set()
    columns: set[str] = set()
    for piece in pieces:
        columns |= {_bare(part) for name in map(str, piece.columns) for part in (name, *name.split("."))}
        for name in piece:
            given = piece[name].dropna()
            if pd.api.types.is_bool_dtype(given):
                continue
            if pd.api.types.is_numeric_dtype(given):
                held = given.isin(list(numbers.values()))
                some = set(given[held].astype(float))
                found |= {text for text, number in numbers.items() if number in some}
            else:
                found |= texts & set(map(_bare, given.drop_duplicates().astype("str")))
    return found - columns


def _bare(text: str) -> str:
    return text.strip().casefold()


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def _texts(node: Any) -> Iterator[str]:
    """Every word of the questionnaire's file, keys too."""
    match node:
        case dict():
            for key, value in node.items():
                yield str(key)
                yield from _texts(value)
        case list():
            for value in node:
                yield from _texts(value)
        case str() | int() | float():
            yield str(node)
