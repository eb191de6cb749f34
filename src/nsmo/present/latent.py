"""Figures of a latent class analysis; frames as `nsmo.stages.analyse.profiles` makes them.

A class is called by its number, never by the name of a group that was declared.
"""

import pandas as pd

from nsmo.present.figures import (
    _estimate_text,
    _rows_figure,
    _value_text,
    level,
    n_text,
    nice_ticks,
    outcome_label,
    require,
)
from nsmo.present.sheet import Picture
from nsmo.present.wording import Wording
from nsmo.study.codebook import Codebook


def number_of_classes(frame: pd.DataFrame, language: str = "en") -> Picture:
    """How well each number of classes describes the answers: Schwarz's criterion, lower is better.

    Parameters
    ----------
    frame : DataFrame
        Columns classes and bic, a row per number of classes.
    language : {"en", "nl"}

    Raises
    ------
    StudyError
        For absent columns or no rows.
    """
    require(frame, ("classes", "bic"), "latent.number_of_classes")
    wording = Wording(language)
    best = frame.loc[frame["bic"].idxmin()]
    rows = [
        (
            "",
            wording(
                f"latent.{'one' if row.classes == 1 else 'several'}", number=wording.integer(row.classes)
            ),
            [{"estimate": row.bic, "ci_low": float("nan"), "weighted": False, "statistic": "bic"}],
        )
        for row in frame.itertuples()
    ]
    words = {
        "best": rows[int(frame["bic"].argmin())][1],
        "value": wording.number(best["bic"], 1),
        "values": "; ".join(f"{label} {_value_text(estimates[0], wording)}" for _, label, estimates in rows),
    }
    return Picture.worded(
        _rows_figure(
            rows,
            wording,
            bars=False,
            ticks=nice_ticks(frame["bic"].min(), frame["bic"].max()),
            proportion=False,
            axis_name=wording("latent.bic.axis"),
        ),
        wording,
        "latent.bic",
        **words,
    )


def class_label(number: int, size: float, language: str) -> str:
    """Name a class by its number, with its share: "Class 1 (50.2%)"."""
    wording = Wording(language)
    return wording("latent.class", number=wording.integer(number), size=wording.percent(size))


def answers_by_class(
    frame: pd.DataFrame,
    codebook: Codebook,
    language: str = "en",
) -> Picture:
    """What the members of each class answer: the last option of each indicator, as dots with intervals.

    Parameters
    ----------
    frame : DataFrame
        Columns question, option, class, size, estimate, ci_low, ci_high (fractions), n, confidence.
    codebook : Codebook
    language
        As in `number_of_classes`.

    Raises
    ------
    StudyError
        For absent columns or no rows.
    """
    needed = ("question", "option", "class", "size", "estimate", "ci_low", "ci_high", "n")
    require(frame, needed, "latent.answers_by_class")
    wording = Wording(language)
    last = {name: codebook.variable(name).option_names[-1] for name in frame["question"].unique()}
    shown = frame[frame["option"] == frame["question"].map(last)]
    rows, spoken, gaps = [], [], {}
    for question, part in shown.groupby("question", sort=False):
        heading = outcome_label(codebook, question, last[question], language)
        gaps[question] = part["estimate"].max() - part["estimate"].min()
        for found in part.sort_values("class").to_dict("records"):
            row = {**found, "statistic": "proportion", "weighted": False, "suppressed": False}
            label = class_label(row["class"], row["size"], language)
            rows.append((heading, label, [row]))
            spoken.append(f"{heading}, {label}: {_estimate_text(row, wording)}")
    widest = max(gaps, key=gaps.__getitem__)
    ends = shown[shown["question"] == widest].sort_values("estimate", ascending=False)
    words = {
        "what": outcome_label(codebook, widest, last[widest], language),
        "high": wording.percent(ends["estimate"].iloc[0]),
        "low": wording.percent(ends["estimate"].iloc[-1]),
        "high_class": wording.integer(ends["class"].iloc[0]),
        "low_class": wording.integer(ends["class"].iloc[-1]),
        "level": level(frame, wording),
        "n": n_text(frame, wording),
        "values": "; ".join(spoken),
    }
    alone = frame["class"].max() == 1
    return Picture(
        draw=_rows_figure(rows, wording, bars=False, ticks=(0.0, 0.25, 0.5, 0.75, 1.0), proportion=True),
        title=wording(f"latent.answers.{'title_alone' if alone else 'title'}", **words),
        subtitle=wording("latent.answers.subtitle", **words),
        alt=wording("latent.answers.alt", **words),
    )
