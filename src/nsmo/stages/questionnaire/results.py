"""The questionnaire line by line: order, wording, answers, who was asked. No response is used."""

from collections.abc import Iterator
from itertools import groupby

import pandas as pd

from nsmo.study import Codebook
from nsmo.study.conditions import describe
from nsmo.study.personal import masked
from nsmo.study.questionnaire import OTHER, Question

COLUMNS = ("page", "number", "question", "type", "part", "nl", "en", "code")
_LANGUAGES = ("nl", "en")


def rows(codebook: Codebook) -> pd.DataFrame:
    """List the questionnaire in the order in which it was put.

    Returns
    -------
    DataFrame
        `COLUMNS`. A number for each question, one for all of a battery. `part` is wording, item (of a
        battery), answer, open (the text beside “other”), no_answer (a code for don't know and the like),
        limits (of a number) or asked_of (the routing; none: whoever reached the page). `page` is missing
        where the questionnaire does not say. Addresses and telephone numbers in a wording are masked.
    """
    entries = []
    for number, questions in enumerate(_entries(codebook), start=1):
        first = questions[0]
        about = {"page": first.page, "number": number, "type": first.type}
        for question, part, texts, code in _parts(questions, codebook):
            shown = {language: masked(texts[language]) for language in _LANGUAGES}
            entries.append(about | {"question": question, "part": part, **shown, "code": code})
    return pd.DataFrame(entries, columns=list(COLUMNS)).astype({"page": "Int64"})


def _entries(codebook: Codebook) -> Iterator[list[Question]]:
    """Questions one by one, those of a battery together."""
    named = ((question.battery or f" {question.name}", question) for question in codebook.questions)
    for _, group in groupby(named, key=lambda pair: pair[0]):
        yield [question for _, question in group]


def _parts(
    questions: list[Question], codebook: Codebook
) -> Iterator[tuple[str, str, dict[str, str], str | None]]:
    first, several = questions[0], len(questions) > 1
    yield first.name, "wording", _both(first.text), None
    for question in questions:
        if several:
            own = "" if question.text == first.text else "{}: "
            texts = {
                language: (own.format(question.text[language]) if own else "") + question.label[language]
                for language in _LANGUAGES
            }
            yield question.name, "item", texts, question.column
        if question.asked_if is not None and (question is first or question.asked_if != first.asked_if):
            routing = {language: describe(question.asked_if, codebook, language) for language in _LANGUAGES}
            yield question.name, "asked_of", routing, None
    for option in first.options:
        part = "open" if option.name == OTHER and first.other else "answer"
        yield first.name, part, {"nl": option.nl, "en": option.en}, option.code or option.column
    for code in first.missing:
        yield first.name, "no_answer", {"nl": code.nl, "en": code.en}, code.words
    if first.minimum is not None or first.maximum is not None:
        ends = ["" if end is None else f"{end:g}" for end in (first.minimum, first.maximum)]
        yield first.name, "limits", dict.fromkeys(_LANGUAGES, "–".join(ends)), None


def _both(text) -> dict[str, str]:
    return {language: text[language] for language in _LANGUAGES}


def tally(frame: pd.DataFrame) -> dict[str, int]:
    """Count questions, pages and how many were put to some only.

    Parameters
    ----------
    frame : DataFrame
        From `rows`.

    Returns
    -------
    dict
        ``questions`` (the items of a battery each), ``numbers``, ``pages``, ``routed`` (numbers).
    """
    routed = frame.loc[frame["part"] == "asked_of", "number"].nunique()
    return {
        "questions": int(frame["question"].nunique()),
        "numbers": int(frame["number"].nunique()),
        "pages": int(frame["page"].nunique()),
        "routed": int(routed),
    }
