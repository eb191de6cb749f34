"""Recognises texts that mean the same though they are written differently."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache

from nsmo.study.codebook import Codebook
from nsmo.study.errors import Problem
from nsmo.study.questionnaire import OTHER, Question

#: Between the parts of an enumeration; a slash or ampersand without blanks only between words, not in "R&D".
_JOINTS = re.compile(r"[,;\n]+|(?<![^\S\n])[^\S\n]+(?:[/&]|en|and)\s+|(?<=\w{3})[/&](?=\w{3})", re.IGNORECASE)
#: Signs that say nothing, wherever they stand.
_SILENT = re.compile(r"[\s\"'`´‘’“”„«»,;:!?()\[\]{}/\\_–—…·|]")
#: A full stop between digits, and a hyphen at the end of a word, tell names apart (3.1 and 31, A- and A).
_STOP = re.compile(r"(?<!\d)\.|\.(?!\d)")
_HYPHEN = re.compile(r"(?<=\w)-(?=\w)|(?<!\w)-(?!\d)")


@lru_cache(maxsize=50_000)
def normal_spelling(text: str) -> str:
    """Reduce a text to what tells it apart from others: small, without accents, blanks or punctuation.

    Signs that make names stay: those of C++ and C#, of C&A, 3.1 and A-.
    """
    plain = text.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = "".join(plain.split())
    if words.isalnum():  # most are
        return words
    plain = _HYPHEN.sub("", _STOP.sub("", plain))
    return _SILENT.sub("", plain)


def spellings(question: Question, others: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    """Collect under which normal spelling which options are named: by their labels and by `others`.

    Parameters
    ----------
    question : Question
        A question with an "other" text.
    others : mapping
        More spellings per option, as in ``cleaning.other_texts`` of the codebook.

    Returns
    -------
    dict
        Normal spelling to option names; more than one is a mistake in the codebook.
    """
    found: dict[str, set[str]] = {}
    for option in question.options:
        if option.name != OTHER:
            for text in (option.nl, option.en, *others.get(option.name, ())):
                found.setdefault(normal_spelling(text), set()).add(option.name)
    return found


def ambiguous(codebook: Codebook) -> list[Problem]:
    """List the spellings of a codebook that name more than one option of a question."""
    return [
        Problem(
            f"the spelling '{text}' of '{question.name}' names {' and '.join(sorted(options))}",
            "rules.yaml (cleaning > other_texts)",
            fix="leave it with one of them",
        )
        for question in codebook.questions
        if question.other
        for text, options in spellings(question, codebook.cleaning.other_texts.get(question.name, {})).items()
        if len(options) > 1
    ]


def pieces(text: str) -> list[str]:
    """Split an enumeration ("Vimeo, Snapchat en Flickr") into its parts."""
    return [piece.strip() for piece in _JOINTS.split(text) if piece.strip()]
