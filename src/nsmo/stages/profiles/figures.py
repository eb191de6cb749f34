"""Figures of a latent class analysis.

A class is called by its number, never by the name of a group that was declared.
"""

from functools import partial

import pandas as pd
from matplotlib.axes import Axes

from nsmo.present import axes, plots
from nsmo.present.arrange import Block
from nsmo.present.frames import require
from nsmo.present.labels import Labels
from nsmo.present.sentences import Words, estimate_text, level, n_text


def number_of_classes(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw how well each number of classes describes the answers: Schwarz's criterion, lower is better.

    Parameters
    ----------
    frame : DataFrame
        Columns classes and bic, a row per number of classes.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        For absent columns or no rows.
    """
    blocks = _fits(frame, labels)
    axes.describe(ax, partial(number_of_classes_words, frame, labels))
    plots.estimate_rows(
        ax,
        blocks,
        labels.words,
        proportion=False,
        ends=(frame["bic"].min(), frame["bic"].max()),
        name=labels.words("latent.bic.axis"),
    )


def number_of_classes_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `number_of_classes`."""
    blocks, words = _fits(frame, labels), labels.words
    best = min(blocks, key=lambda block: block.rows[0]["estimate"])
    values = "; ".join(f"{block.label} {words.statistic(block.rows[0])}" for block in blocks)
    lowest = words.number(best.rows[0]["estimate"], 1)
    return Words.of(words, "latent.bic", best=best.label, value=lowest, values=values)


def _fits(frame: pd.DataFrame, labels: Labels) -> list[Block]:
    require(frame, ("classes", "bic"), "profiles.figures.number_of_classes")
    words = labels.words
    blocks = []
    for row in frame.itertuples():
        label = words(f"latent.{'one' if row.classes == 1 else 'several'}", number=words.integer(row.classes))
        estimate = {"estimate": row.bic, "ci_low": float("nan"), "weighted": False, "statistic": "bic"}
        blocks.append(Block("", label, [estimate]))
    return blocks


def answers_by_class(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw what the members of each class answer: the last option of each indicator, as dots with intervals.

    Parameters
    ----------
    frame : DataFrame
        Columns question, option, class, size, estimate, ci_low, ci_high (fractions), n, confidence.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        For absent columns or no rows.
    """
    blocks = _answers(frame, labels)
    axes.describe(ax, partial(answers_by_class_words, frame, labels))
    plots.estimate_rows(ax, blocks, labels.words, proportion=True, ends=(0.0, 1.0))


def answers_by_class_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `answers_by_class`; the title is where intervals part classes most."""
    blocks, words = _answers(frame, labels), labels.words
    rows = [row for block in blocks for row in block.rows]
    by_question: dict[str, list[Block]] = {}
    for block in blocks:
        by_question.setdefault(block.heading, []).append(block)

    def ends(what: str) -> tuple[dict, dict]:
        same = sorted((b.rows[0] for b in by_question[what]), key=lambda row: row["estimate"])
        return same[0], same[-1]

    widest = max(by_question, key=lambda what: ends(what)[1]["estimate"] - ends(what)[0]["estimate"])
    low, high = ends(widest)
    values = {
        "what": widest,
        "high": words.percent(high["estimate"]),
        "low": words.percent(low["estimate"]),
        "high_class": words.integer(high["class"]),
        "low_class": words.integer(low["class"]),
        "level": level(rows, words),
        "n": n_text(frame["n"], words),
        "classes": words.integer(frame["class"].max()),
        "values": "; ".join(f"{b.heading}, {b.label}: {estimate_text(b.rows[0], words)}" for b in blocks),
    }
    alone, apart = frame["class"].max() == 1, high["ci_low"] > low["ci_high"]
    return Words(
        words(f"latent.answers.title{'_alone' if alone else '' if apart else '_open'}", **values),
        words("latent.answers.subtitle", **values),
        words("latent.answers.alt", **values),
    )


def _answers(frame: pd.DataFrame, labels: Labels) -> list[Block]:
    needed = ("question", "option", "class", "size", "estimate", "ci_low", "ci_high", "n")
    require(frame, needed, "profiles.figures.answers_by_class")
    last = {name: labels.codebook.variable(name).option_names[-1] for name in frame["question"].unique()}
    shown = frame[frame["option"] == frame["question"].map(last)]
    blocks = []
    for question, part in shown.groupby("question", sort=False):
        heading = labels.outcome(question, last[question])
        for found in part.sort_values("class").to_dict("records"):
            row = {**found, "statistic": "proportion", "weighted": False, "suppressed": False}
            blocks.append(Block(heading, labels.latent_class(row["class"], row["size"]), [row]))
    return blocks
