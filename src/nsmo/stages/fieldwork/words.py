"""The fieldwork in the words of the page."""

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.shown import is_evidence


def periods(frame: pd.DataFrame, labels: Labels) -> list[str]:
    """Return what each day or week of arrivals is called."""
    words = labels.words
    return [
        words.date(first)
        if first == last
        else words("fieldwork.week", first=_short(first, labels), last=words.date(last))
        for first, last in zip(frame["from"], frame["until"], strict=True)
    ]


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
