"""Recognises what tells who a person is: addresses, numbers, and what respondents typed themselves."""

import html
import json
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pandas as pd

from nsmo.study.codebook import Codebook
from nsmo.study.errors import StudyError
from nsmo.study.spelling import pieces
from nsmo.study.variable import Variable
from nsmo.study.yamlfile import YamlFile

#: What people put between the digits of a number, whatever their keyboard makes of it.
_GAP = "[ \u00a0\u2007\u2009\u202f\u2010-\u2014-]{0,3}"
#: What is recognised by its form.
FORMS = {
    "an e-mail address": re.compile(r"(?<![\w.+-])[\w.+-]+(?:@| ?[(\[]at[)\]] ?)[\w-]+(?:\.[\w-]+)+"),
    "a telephone number": re.compile(
        rf"(?:(?<![\w./,=-])|(?<=tel=))(?:\+\d{{1,3}}|00\d{{1,3}}|0|(?=\(0\))){_GAP}"
        rf"(?:\(0\){_GAP})?\d(?:{_GAP}\d){{7,10}}(?![\w.]?\w|%)"  # 0 20 40 60 80% stand along an axis
        # Brackets around the area, points between pairs, a stroke behind the area.
        rf"|\((?:0\d{{1,3}}|\+\d{{1,3}})\){_GAP}\d(?:{_GAP}\d){{5,10}}(?![\w.]?\w)"
        r"|(?<![\w./,-])(?:\+\d{2}|0)\d(?:\.\d{2}){4}(?![\w.]?\w)"
        rf"|(?<![\w./,-])0\d{{1,3}}{_GAP}/{_GAP}\d(?:{_GAP}\d){{5,7}}(?![\w./]?\w)"
    ),
    "an IP address": re.compile(
        r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|[01]?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|[01]?\d?\d)(?!\.?\w)"
        r"|(?<![\w:])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])"
        r"|(?<![\w:])(?=[0-9a-f:]{7})(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}(?![\w:])",
        re.IGNORECASE,
    ),
    "a bank account": re.compile(r"\b[A-Z]{2}\d{2} ?[A-Z]{4}(?: ?\d){10}\b"),
}
#: Shorter answers than this stand in other texts by chance.
SHORTEST = 6
#: Codes, drawings and embedded files: digits and letters that nobody reads.
_NOISE = re.compile(r"\b[0-9a-f]{32,}\b|(?:data:|base64,)[\w/+;=,-]+")
#: Where one text ends and another begins: what stands in two of them is no number.
_END = re.compile(r"</(?:text|title|desc|t[dhr]|d[dt]|li|p|h[1-6]|option|figcaption)>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_DESCRIBED = re.compile(r"""(?:alt|title|aria-label)=["']([^"']*)["']""")
_WORD = re.compile(r"\w+")
#: Keys of a wave's files below which stands what respondents may have typed.
_FROM_ANSWERS = {"options", "missing", "other", "other_texts", "missing_codes"}


def forms_in(text: str, allowed: Iterable[str] = ()) -> list[str]:
    """List the forms of personal data that a text holds.

    Parameters
    ----------
    text : str
        Any.
    allowed : iterable of str
        What is known to be no respondent's, such as the address of the publisher.

    Returns
    -------
    list of str
        Of the keys of `FORMS`.
    """
    known = {one.lower() for one in allowed}
    return [
        name
        for name, form in FORMS.items()
        if any(hit[0].lower() not in known and not _counts_on(hit[0]) for hit in form.finditer(text))
    ]


def _counts_on(text: str) -> bool:
    """Return whether numbers count on: a scale from 0 to 10, classes as 0, 1-10, 11-50."""
    numbers = [int(one) for one in re.findall(r"\d+", text)]
    steps = [after - before for before, after in pairwise(numbers)]
    if len(numbers) > 4 and set(steps) in ({1}, {-1}):
        return True
    # Where a class ends, the next one begins.
    return len(numbers) > 4 and min(steps) > 0 and {1} in (set(steps[::2]), set(steps[1::2]))


def written_forms(folder: Path) -> set[str]:
    """Gather what has the form of personal data in the texts that people wrote about a study.

    The address of a publisher, or the number to call in a question, is no respondent's. What may have come
    from answers counts as an answer: options, and what a rule says about "other" texts.

    Parameters
    ----------
    folder : Path
        The wave's folder of data/raw.
    """
    texts = [path.read_text("utf-8", errors="replace") for path in sorted(folder.glob("*.md"))]
    for path in sorted(folder.glob("*.yaml")):
        with suppress(StudyError):  # one that cannot be read allows nothing; whoever reads it says so
            texts += _written(YamlFile(path).data)
    return {hit[0] for text in texts for form in FORMS.values() for hit in form.finditer(text)}


def _written(node: Any) -> Iterable[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in _FROM_ANSWERS:
                yield from _written(value)
    elif isinstance(node, list):
        for value in node:
            yield from _written(value)
    else:
        yield str(node)


def without_code(markup: str) -> str:
    """Return markup without styles and scripts, in time that grows with its length, whatever is left open."""
    for tag in ("style", "script"):
        parts, at = [], 0
        while (start := markup.find(f"<{tag}", at)) >= 0 and (end := markup.find(f"</{tag}>", start)) >= 0:
            parts.append(markup[at:start])
            at = end + len(tag) + 3
        markup = " ".join([*parts, markup[at:]])
    return markup


def readable(markup: str) -> str:
    """Return what a person reads in HTML or SVG: text, descriptions and titles, without tags and codes."""
    plain = _NOISE.sub(" ", without_code(markup))
    return html.unescape("\n".join([_TAG.sub(" ", _END.sub("\n", plain)), *_DESCRIBED.findall(plain)]))


def masked(text: str) -> str:
    """Return a text without what has the form of personal data."""
    for name, form in FORMS.items():
        text = form.sub(f"[{name.split(' ', 1)[1]}]", text)
    return text


class Typed:
    """What respondents typed, to be found again in other texts.

    Compared are words, without case and punctuation.

    Parameters
    ----------
    answers : iterable of str
        What they typed; short answers are left out.
    public : iterable of str
        Texts that are public anyway, such as labels: an answer within one of them tells nothing.
    """

    def __init__(self, answers: Iterable[str], public: Iterable[str] = ()) -> None:
        known = _Phrases(public)
        self._longest = 0
        self._answers: set[tuple[str, ...]] = set()
        for answer in dict.fromkeys(answers):
            words = _words(answer)
            if sum(map(len, words)) >= SHORTEST and words not in known:
                self._answers.add(words)
                self._longest = max(self._longest, len(words))
        self._first = {words[0] for words in self._answers}

    def __bool__(self) -> bool:
        return bool(self._answers)

    def found_in(self, text: str) -> int:
        """Count the different answers that a text holds; in time that grows with its length."""
        words, found = _words(text), set()
        for i, word in enumerate(words):
            if word in self._first:
                parts = (words[i : i + size] for size in range(1, self._longest + 1))
                found |= self._answers.intersection(parts)
        return len(found)


class _Phrases:
    """Texts in which runs of words are looked up quickly."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._words: list[str] = []
        for text in texts:
            self._words += [*_words(text), ""]  # a run does not go on into the next text
        self._places: dict[str, list[int]] = {}
        for place, word in enumerate(self._words):
            self._places.setdefault(word, []).append(place)

    def __contains__(self, words: tuple[str, ...]) -> bool:
        return any(
            tuple(self._words[place : place + len(words)]) == words
            for place in self._places.get(words[0], ())
        )


def house_texts(root: Path) -> list[str]:
    """Return what pages say whatever people answer: notebooks without outputs, and the messages.

    Somebody who typed "nothing" is not found in a page that says of something that nothing stands there.

    Parameters
    ----------
    root : Path
        The repository.
    """
    texts = [path.read_text("utf-8") for path in sorted(root.glob("src/nsmo/present/messages/*.yaml"))]
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        texts += ["".join(cell["source"]) for cell in cells]
    return texts


#: Columns that lead back to a single response: its id, and when it came in, to the second.
_LEADING_BACK = (
    "response_id",
    "paradata.token",
    "paradata.submitted",
    "paradata.started",
    "design.panel_key",
)
#: A number of fewer digits stands in other texts by chance, and leads to nobody without the export.
_DIGITS = 9


def typed_columns(codebook: Codebook, columns: Iterable[str], *, dates: bool = False) -> dict[str, bool]:
    """List the columns of the coded frame that hold what respondents typed, or what leads back to them.

    Parameters
    ----------
    codebook : Codebook
        Of the wave.
    columns : iterable of str
        Those of the frame.
    dates : bool
        Dates that were answered, too: a page has dates of its own, a message has none.

    Returns
    -------
    dict
        Column → whether every answer in it may tell who somebody is, not only those of few.
    """
    typed = ("text", "date") if dates else ("text",)
    identifying = {question.name for question in codebook.questions if question.identifying}
    texts = {variable.name for variable in codebook.variables.values() if variable.type in typed}
    found = {}
    for column in columns:
        name, _, part = column.partition(".")
        if column in _LEADING_BACK or (name in identifying and part in ("", "other_text")):
            found[column] = True
        elif part == "other_text" or (name in texts and not part):
            found[column] = False
    return found


def typed_answers(
    codebook: Codebook,
    responses: pd.DataFrame | Iterable[pd.DataFrame],
    house: Iterable[str] = (),
    within: str | None = None,
    *,
    dates: bool = False,
) -> Typed:
    """Gather what the respondents of a wave typed that may not be shown.

    Parameters
    ----------
    codebook : Codebook
        Says which questions identify, and how many must have typed the same for it to be shown.
    responses : DataFrame, or iterable of DataFrame
        The coded frame of ingest, or its pieces.
    house : iterable of str
        Texts that pages have anyway, see `house_texts`.
    within : str, optional
        A text in which they will be looked for: others are not kept.
    dates : bool
        As for `typed_columns`.

    Returns
    -------
    Typed
    """
    there = None if within is None else set(_words(within))
    public = [text for variable in codebook.variables.values() for text in _public(variable)]
    labels = _Phrases(public)
    certain: set[tuple[str, ...]] = set()
    givers: dict[str, Counter[tuple[str, ...]]] = {}
    typed: dict[str, set[tuple[str, ...]]] = {}
    frames = [responses] if isinstance(responses, pd.DataFrame) else responses
    for piece in cast(Iterable[pd.DataFrame], frames):
        for column, always in typed_columns(codebook, map(str, piece.columns), dates=dates).items():
            if always:
                texts = piece[column].dropna().drop_duplicates().astype("str")
                numbers = column != "paradata.token" and column in _LEADING_BACK
                for words in map(_words, texts.tolist()):
                    if (there is None or there.issuperset(words)) and not (numbers and _is_number(words)):
                        certain.add(words)
                continue
            counts = piece[column].dropna().astype("str").value_counts()
            for text, n in zip(counts.index.tolist(), counts.tolist(), strict=True):
                words = _words(text)
                # Labels one after the other ("Python, C") tell nothing, and stand so along an axis.
                listed = all(part in labels for one in pieces(text) if (part := _words(one)))
                if not listed and (there is None or there.issuperset(words)):
                    typed.setdefault(column, set()).add(words)
                # The same words in another case, or among others, are the same text.
                for part in {words, *map(_words, pieces(text))}:
                    if there is None or there.issuperset(part):
                        givers.setdefault(column, Counter())[part] += n
    few = codebook.privacy.min_givers
    rare: set[tuple[str, ...]] = set()
    often: set[tuple[str, ...]] = set()
    for column, all_ in typed.items():
        for words in all_:
            (rare if givers[column][words] < few else often).add(words)
    # What enough people typed may be shown, and with it the words in it: "scooter" of "e-scooter".
    shown = map(" ".join, sorted(often))
    return Typed((" ".join(words) for words in sorted(certain | rare)), [*public, *house, *shown])


def _is_number(words: tuple[str, ...]) -> bool:
    return len(words) == 1 and words[0].isdecimal() and len(words[0]) < _DIGITS


def _public(variable: Variable) -> Iterable[str]:
    for language in ("nl", "en"):
        yield variable.label(language)
        yield variable.text(language)
        yield from (option.label(language) for option in variable.options)


def _words(text: str) -> tuple[str, ...]:
    small = text.lower()
    return (small,) if small.isalnum() else tuple(_WORD.findall(small))
