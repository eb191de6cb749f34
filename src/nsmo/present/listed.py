"""Rows with a name at the left and a number at the right: headlines on a scale, and bars of parts."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from nsmo.present import axes, marks, plots, theme
from nsmo.present.labels import Labels
from nsmo.present.lettering import text_width
from nsmo.present.shown import of_counts


class Part(NamedTuple):
    """A part of every bar.

    Attributes
    ----------
    text : str
        What it counts.
    color : str
    values : array
        One number per bar.
    """

    text: str
    color: str
    values: NDArray[np.float64]


def headlines(
    ax: Axes,
    names: Sequence[str],
    texts: Sequence[str],
    labels: Labels,
    *,
    legend: list[tuple[Any, str]],
    height: float,
    color: str = theme.INK,
) -> Sequence[float]:
    """Lay out a row for each headline on a scale of shares, and return where each stands.

    Parameters
    ----------
    ax : Axes
    names, texts : sequence of str
        What stands at the left of each row, on a phone above it, and at its right end.
    labels : Labels
    legend : list of (handle, str)
    height : float
        Of a row, in pixels.
    color : str
        Of the texts.
    """
    phone = axes.is_phone(ax)
    ys = axes.rows(
        ax,
        [axes.Row(name, height=height) for name in names],
        axes.Layout(
            right=max(text_width(text, bold=True) for text in texts) + 16,
            legend=legend,
            legend_left=0.0,
            share=0.4,
            above=phone,
            size=theme.SMALL if phone else theme.TEXT,
            pad=8.0,
        ),
    )
    plots.percent_scale(ax, labels.words, 1.0)
    axes.column(ax, ys, texts, colors=[color] * len(ys), bold=[True] * len(ys))
    return ys


def parts(
    ax: Axes,
    names: Sequence[str],
    texts: Sequence[str],
    labels: Labels,
    *,
    of: Sequence[Part],
    scale: Callable[[Axes], object],
) -> None:
    """Draw a bar of several parts for each name, with a text at its end.

    Of reconstructed answers the bars are hatched, as whatever is assumed: counts of who came when, or left
    what open, nobody published.

    Parameters
    ----------
    ax : Axes
    names, texts : sequence of str
        One for each bar.
    labels : Labels
    of : sequence of Part
        From the left to the right.
    scale : callable
        Sets the scale of the Axes.
    """
    origin = of_counts(labels.codebook)
    ys = axes.rows(
        ax,
        [axes.Row(name, height=16) for name in names],
        axes.Layout(
            right=max((text_width(text, theme.SMALL) for text in texts), default=0.0) + 10,
            legend=[
                *((marks.area(part.color, origin), part.text) for part in of),
                *marks.area_key(origin, labels.words),
            ],
            legend_left=0.0,
            share=0.42,
            size=theme.SMALL,
            pad=6.0,
        ),
    )
    scale(ax)
    start = np.zeros(len(names))
    for part in of:
        ax.barh(ys, part.values, left=start, height=12, linewidth=0, **marks.over(part.color, origin))
        start = start + part.values
    for y, end, text in zip(ys, start, texts, strict=True):
        ax.annotate(
            text,
            (end, y),
            (4, 0),
            textcoords="offset points",
            verticalalignment="center",
            fontsize=theme.points(theme.SMALL),
            bbox={"facecolor": theme.PAPER, "edgecolor": "none", "pad": 1},
        )
