"""The questionnaire in the words of the page."""

from collections.abc import Iterator, Mapping

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.study.model import LANGUAGES


def pages(frame: pd.DataFrame, labels: Labels) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield each page of the questionnaire with its headings and its lines as people read them.

    Parameters
    ----------
    frame : DataFrame
        From `nsmo.stages.questionnaire.rows`.
    labels : Labels

    Yields
    ------
    tuple
        The heading, which questions they are, and the lines with `heading` (number, wording and kind of the
        question), `what` (which part a line is), `shown` (in the language of the labels) and `as_put` (in
        that of the questionnaire).
    """
    words, own = labels.words, labels.codebook.language
    wordings = frame[frame["part"] == "wording"].set_index("number")
    kinds = {name: words(f"questionnaire.type.{name}") for name in wordings["type"].unique()}
    headings = {
        number: f"{number}. {row[labels.language]} ({kinds[row['type']]})"
        for number, row in wordings.iterrows()
    }
    named = frame.assign(
        heading=frame["number"].map(headings),
        what=[words(f"questionnaire.part.{part}") for part in frame["part"]],
        shown=frame[labels.language],
        as_put=frame[own if own in LANGUAGES else labels.language],
    )
    for page, part in named.groupby("page", dropna=False, sort=False):
        if pd.isna(page):  # of some questions, or of all
            title = words("questionnaire.unpaged" if named["page"].notna().any() else "question.questions")
        else:
            title = words("questionnaire.page", page=page)
        first, last = part["number"].iloc[0], part["number"].iloc[-1]
        which = "questions" if last > first else "question"
        yield title, words(f"questionnaire.{which}", first=first, last=last), part


def columns(labels: Labels) -> dict[str, str]:
    """Return the columns of a page: the wording as it was put stands beside a translation.

    What was put in a language that no page has, stands in the files in place of both that pages have. A
    questionnaire that stands in one language only has no other column.
    """
    words, own = labels.words, labels.codebook.language
    shown = {"shown": words("questionnaire.text")}
    texts = labels.codebook.questions
    translated = own in LANGUAGES and any(one.text[own] != one.text[labels.language] for one in texts)
    if own != labels.language and translated:
        shown["as_put"] = words("questionnaire.as_put", language=words.language_called(own))
    return shown | {"what": words("questionnaire.what"), "code": words("questionnaire.code")}


def known(labels: Labels) -> str:
    """Return a sentence on whether this is the questionnaire as it was put."""
    method, words = labels.codebook.method, labels.words
    entry = getattr(method, "questionnaire", "not_published")
    if labels.codebook.provenance == "reconstructed":
        return words("questionnaire.reconstructed")
    return words("questionnaire.not_stated" if isinstance(entry, str) else "questionnaire.stated")


def order(labels: Labels) -> str:
    """Return what is known of questions or answers that changed their order."""
    entry = getattr(labels.codebook.method, "randomisation", None)
    if entry is None or isinstance(entry, str):
        return labels.words("questionnaire.order_unknown")
    return getattr(entry, labels.language)


def extent(counts: Mapping[str, int], labels: Labels) -> str:
    """Return how many questions there are, and on how many pages, where that is stated."""
    key = "extent" if counts["pages"] else "extent_unpaged"
    return labels.words(f"questionnaire.{key}", numbers=counts["numbers"], pages=counts["pages"])
