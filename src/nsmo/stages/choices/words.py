"""The choices in the words of the page."""

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.stages.choices.results import made
from nsmo.study import Codebook


def named(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return a frame of headlines with `label`, and with `choice_label` where there is a choice."""
    pairs = zip(frame["question"], frame["option"], strict=True)
    found = frame.assign(label=[labels.share(*pair) for pair in pairs])
    if "choice" in frame:
        found["choice_label"] = [choice(name, labels) for name in frame["choice"]]
    return found


def plain(frame: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Return a table of choices with the numbers of choices as texts, where small numbers may not be shown.

    They count no respondents, and a small number of real ones is held back wherever it stands.
    """
    if codebook.privacy.keep_rows:
        return frame
    counts = [name for name in ("combinations", "out_of_reach", "options") if name in frame]
    return frame.astype(dict.fromkeys(counts, str))


def choice(name: str, labels: Labels) -> str:
    """Return what a choice is called: a rule of cleaning, the base or the weights."""
    if name.startswith("rule."):
        rule = labels.rule(name.removeprefix("rule."))
        return labels.words("choices.rule", rule=rule)
    return labels.words(f"choices.{name}")


def weighting(name: str, labels: Labels) -> str:
    """Return what a way of weighting is called."""
    kind, _, own = name.partition(".")
    declared = labels.codebook.weighting
    if name == "given":
        return labels.words("choices.given")
    if not own or declared is None:
        return labels.words.weighting(name == "weighted")
    entries = declared.sensitivity if kind == "sensitivity" else declared.alternatives
    return next(entry.label[labels.language] for entry in entries if entry.name == own)


def options(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return every option of every choice, each as people read it.

    Parameters
    ----------
    frame : DataFrame
        Of `nsmo.stages.choices.multiverse`.
    labels : Labels

    Returns
    -------
    DataFrame
        ``choice, option``; the first option of a choice is how it was done.
    """
    words, rows = labels.words, []
    for name in made(frame):
        for value in frame[name].unique():
            text = weighting(value, labels) if name == "weighting" else words(f"choices.option.{value}")
            rows.append((choice(name, labels), f"{text[:1].upper()}{text[1:]}"))
    return pd.DataFrame(rows, columns=["choice", "option"])
