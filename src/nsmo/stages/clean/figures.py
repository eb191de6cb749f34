"""The way from responses received to respondents analysed, as a chart."""

from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from nsmo.present import axes, marks, theme
from nsmo.present.frames import nothing, require
from nsmo.present.labels import Labels
from nsmo.present.lettering import line_height, wrap
from nsmo.present.sentences import Words
from nsmo.present.shown import of_counts
from nsmo.study.errors import StudyError


def flow(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw the way from responses received to respondents analysed, each exclusion with its reason.

    Parameters
    ----------
    frame : DataFrame
        Columns rule, removed, remaining, in order; the first row is what was received (removed 0).
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        For absent columns, or numbers that do not add up.
    """
    _check(frame)
    axes.describe(ax, partial(flow_words, frame, labels))
    words, full, phone = labels.words, axes.width(ax), axes.is_phone(ax)
    spine, box = (74.0, 148.0) if phone else (150.0, 300.0)
    reasons = spine + (44 if phone else 64)
    first, last = frame["remaining"].iloc[0], frame["remaining"].iloc[-1]

    spots, y = [], _box_height(words("flow.received"), box) + 10
    start = y - 10
    for reason, removed in _reasons(frame, labels):
        lines = wrap(reason, full - reasons - 46)
        high = max(26.0, len(lines) * line_height(theme.TEXT) + 9)
        spots.append((y + high / 2, lines, removed))
        y += high
    y += 10
    analysed = words("flow.kept", unit=labels.unit)
    # What was taken out was made with the answers; how many were left follows from what was printed.
    origin = of_counts(labels.codebook)
    assumed = marks.layers(False, origin)[0]
    legend = [(marks.mark(**assumed), words(f"origin.legend.{origin}"))] if origin else []
    top = axes.legend(ax, legend) if legend else 0.0
    axes.place(ax, left=0, right=0, top=top, inside=y + _box_height(analysed, box) + 2, bottom=0)
    ax.set(xlim=(0, full), ylim=(y + _box_height(analysed, box) + 2, 0))
    ax.axis("off")

    _box(ax, 0, box, words.integer(first), words("flow.received"), strong=False)
    ax.vlines(spine, start, y, theme.MUTED, linewidth=theme.points(1.5))
    middles = [at for at, _, _ in spots]
    ax.hlines(middles, spine, reasons - 8, theme.MUTED, linewidth=theme.points(1.2))
    for at, lines, removed in spots:
        ink = theme.INK if removed else theme.MUTED
        number = f"−{words.integer(removed)}" if removed else "0"
        weight = "bold" if removed else "normal"
        axes.write(ax, reasons + 34, at, [number], color=ink, fontweight=weight, horizontalalignment="right")
        axes.write(ax, reasons + 46, at, lines, color=ink)
        if origin:
            ax.plot(reasons - 8, at, **assumed)
    _box(ax, y, box, words.integer(last), analysed, strong=True)


def _box_height(text: str, width: float) -> float:
    return 38 + len(wrap(text, width - 20, theme.SMALL)) * line_height(theme.SMALL)


def _box(ax: Axes, top: float, width: float, number: str, text: str, *, strong: bool) -> None:
    """Draw a box with a number in it, and what it counts."""
    lines = wrap(text, width - 20, theme.SMALL)
    paper, ink = (theme.UNWEIGHTED, theme.PAPER) if strong else (theme.FAINT, theme.INK)
    ax.add_patch(Rectangle((0, top), width, _box_height(text, width), color=paper))
    middle: dict[str, Any] = {"color": ink, "horizontalalignment": "center"}
    axes.write(ax, width / 2, top + 19, [number], size=18, fontweight="bold", **middle)
    below = top + 32 + len(lines) * line_height(theme.SMALL) / 2
    axes.write(ax, width / 2, below, lines, size=theme.SMALL, **middle)


def flow_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `flow`."""
    _check(frame)
    words = labels.words
    values = {
        "first": words.integer(frame["remaining"].iloc[0]),
        "last": words.integer(frame["remaining"].iloc[-1]),
        "unit": labels.unit,
    }
    left_out = "; ".join(f"{reason} −{removed}" for reason, removed in _reasons(frame, labels))
    return Words(
        words("title.flow", **values),
        words("flow.subtitle"),
        words("alt.flow", values=left_out, **values),
    )


def _reasons(frame: pd.DataFrame, labels: Labels) -> list[tuple[str, int]]:
    return [
        (labels.rule(rule), int(removed))
        for rule, removed in zip(frame["rule"], frame["removed"], strict=True)
        if not nothing(rule)
    ]


def _check(frame: pd.DataFrame) -> None:
    require(frame, ("rule", "removed", "remaining"), "clean.figures.flow")
    removed, remaining = frame["removed"].astype(int).tolist(), frame["remaining"].astype(int).tolist()
    for i in range(1, len(frame)):
        if remaining[i - 1] - removed[i] != remaining[i]:
            raise StudyError(
                found=f"{remaining[i - 1]} minus {removed[i]} is not {remaining[i]}",
                where=f"row {i + 1} of the flow ({frame['rule'].iloc[i]})",
                expected="remaining = remaining before − removed",
                fix="run the stage clean again; the flow is its output",
            )
