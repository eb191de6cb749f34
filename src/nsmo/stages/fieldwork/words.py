"""The fieldwork in the words of the page."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.shown import is_evidence
from nsmo.study import Codebook
from nsmo.study.headlines import Headline


def unseen(codebook: Codebook) -> str:
    """Return why nothing is shown of when the responses came in."""
    known = codebook.source.paradata.submitted or codebook.source.paradata.started
    if not known or codebook.privacy.keep_rows:
        return "The export does not tell when a response was begun or sent."
    return "When responses came in is not shown: they are too few, or the export does not tell it."


def untimed(codebook: Codebook) -> str:
    """Return why nothing is shown of how long the responses took."""
    paradata = codebook.source.paradata
    known = paradata.duration or (paradata.started and paradata.submitted)
    if not known or codebook.privacy.keep_rows:
        return "The export does not tell how long a response took."
    return "How long responses took is not shown: they are too few, or the export does not tell it."


def untold(codebook: Codebook) -> str:
    """Return why nothing is shown of how far the responses went."""
    if not codebook.source.paradata.last_page or codebook.privacy.keep_rows:
        return "The export does not tell how far each response went."
    return "How far responses went is not shown: they are too few, or the pages are not known."


def uncompared(codebook: Codebook, heads: Sequence[Headline]) -> str:
    """Return why those who came early and late are not compared."""
    if not heads:
        return "The study names no headline about everybody (headlines, in study.yaml) that may be shown."
    if not (codebook.source.paradata.submitted or codebook.source.paradata.started):
        return "The export does not tell when a response was begun or sent."
    return "The moments of too few respondents are known to compare them."


def periods(frame: pd.DataFrame, labels: Labels) -> list[str]:
    """Return what each day or week of arrivals is called."""
    words = labels.words
    return [
        words.date(first)
        if first == last
        else words("fieldwork.week", first=_first(first, last, labels), last=words.date(last))
        for first, last in zip(frame["from"], frame["until"], strict=True)
    ]


def _first(first: str, last: str, labels: Labels) -> str:
    """The first day of a week, or with its year that of a longer time."""
    try:
        days = (date.fromisoformat(last) - date.fromisoformat(first)).days
    except ValueError:  # a clock that was wrong by thousands of years
        return first
    return _short(first, labels) if days < 7 else labels.words.date(first)


def _short(day: str, labels: Labels) -> str:
    """A day without its year."""
    return labels.words.date(day).rsplit(" ", 1)[0]


def classes(frame: pd.DataFrame, labels: Labels) -> list[str]:
    """Return what each class of durations is called."""
    words = labels.words
    return [
        words("fieldwork.longer", low=f"{low:g}")
        if pd.isna(high)
        else words("fieldwork.minutes", low=f"{low:g}", high=f"{high:g}")
        for low, high in zip(frame["low"], frame["high"], strict=True)
    ]


def outcomes(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the outcomes with `label`."""
    return frame.assign(label=[labels.words(f"fieldwork.outcome.{name}") for name in frame["outcome"]])


def compared(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the comparison of early and late with `label`; of reconstructed answers without its interval."""
    pairs = zip(frame["question"], frame["option"], strict=True)
    found = frame.assign(label=[labels.share(*pair) for pair in pairs])
    return found if is_evidence(labels.codebook) else found.drop(columns=["low", "high"])
