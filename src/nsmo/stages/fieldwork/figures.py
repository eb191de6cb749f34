"""How the answers came in, as figures: by day or week, and by how long they took."""

from functools import partial

import pandas as pd
from matplotlib.axes import Axes

from nsmo.present import axes, listed, theme
from nsmo.present.frames import require
from nsmo.present.labels import Labels
from nsmo.present.sentences import Words
from nsmo.stages.fieldwork import words as said

_PARTS = ((theme.UNWEIGHTED, "counted"), (theme.UNWEIGHTED_TINT, "others"))


def arrivals(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw how many responses came in each day or week, and how many of them count.

    Parameters
    ----------
    frame : DataFrame
        Columns from, until, received, counted.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        For absent columns.
    """
    require(frame, ("from", "until", "received", "counted"), "fieldwork.figures.arrivals")
    axes.describe(ax, partial(arrivals_words, frame, labels))
    _bars(frame, said.periods(frame, labels), labels, ax)


def arrivals_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `arrivals`."""
    words, names = labels.words, said.periods(frame, labels)
    most = int(frame["received"].to_numpy().argmax())
    return Words.of(
        words,
        "fieldwork.arrivals",
        n=words.integer(frame["received"].iloc[most]),
        all=words.integer(frame["received"].sum()),
        period=names[most],
        values=_spoken(frame, names, labels),
    )


def durations(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw how long the responses took that were submitted, and how many of them count.

    Parameters
    ----------
    frame : DataFrame
        Columns low, high (minutes), received, counted, median.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        For absent columns.
    """
    require(frame, ("low", "high", "received", "counted", "median"), "fieldwork.figures.durations")
    axes.describe(ax, partial(durations_words, frame, labels))
    _bars(frame, said.classes(frame, labels), labels, ax)


def durations_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `durations`."""
    words = labels.words
    return Words.of(
        words,
        "fieldwork.durations",
        median=words.integer(frame["median"].iloc[0]),
        all=words.integer(frame["received"].sum()),
        values=_spoken(frame, said.classes(frame, labels), labels),
    )


def _bars(frame: pd.DataFrame, names: list[str], labels: Labels, ax: Axes) -> None:
    """Bars of all responses, the part of those that count filled."""
    words = labels.words
    counted, received = frame["counted"].to_numpy(float), frame["received"].to_numpy(float)
    numbers = (counted, (received - counted).clip(min=0))

    def scale(ax: Axes) -> None:
        axes.scale(ax, 0.0, max(float(received.max()), 1.0), count=4)
        axes.tick_texts(ax, lambda number, _: words.integer(number))

    listed.parts(
        ax,
        names,
        [words.integer(number) for number in frame["received"]],
        labels,
        of=[
            listed.Part(words(f"fieldwork.{name}"), color, values)
            for (color, name), values in zip(_PARTS, numbers, strict=True)
        ],
        scale=scale,
    )


def _spoken(frame: pd.DataFrame, names: list[str], labels: Labels) -> str:
    words = labels.words
    return "; ".join(
        words("fieldwork.spoken", name=name, received=words.integer(received), counted=words.integer(counted))
        for name, received, counted in zip(names, frame["received"], frame["counted"], strict=True)
    )
