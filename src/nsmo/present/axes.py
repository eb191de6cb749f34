"""What matplotlib's Axes lack for tables of estimates: rows of words, in a wide and in a phone version.

An Axes of a house figure has pixels from its upper edge as y, and its own scale, ticks, grid and legend as x.
`rows` writes the words of each row at the left and sets the height of the figure by what they need; what is
drawn at the y that it returns stands beside them. Nothing else here is needed to draw: an Axes with words
beside it is an ordinary one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from weakref import WeakKeyDictionary

import matplotlib.transforms as mtransforms
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from nsmo.present import theme
from nsmo.present.lettering import line_height, text_width, wrap
from nsmo.study.errors import StudyError

# -- the figure around an Axes ---------------------------------------------------------------------------

_WORDS: WeakKeyDictionary[Figure, Callable[[], tuple[str, str, str]]] = WeakKeyDictionary()


def figure_of(ax: Axes) -> Figure:
    """Return the figure that an Axes stands in."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("an Axes that stands in no figure")
    return figure


def describe(ax: Axes, words: Callable[[], tuple[str, str, str]]) -> None:
    """Keep what makes title, subtitle and alt text of what was drawn, for whoever publishes the figure."""
    _WORDS[figure_of(ax)] = words


def description(ax: Axes) -> tuple[str, str, str] | None:
    """Return title, subtitle and alt text that a plot has kept for its figure, if one has."""
    words = _WORDS.get(figure_of(ax))
    return words() if words else None


def width(ax: Axes) -> float:
    """Return the width of the figure in pixels."""
    return figure_of(ax).get_figwidth() * 96


def is_phone(ax: Axes) -> bool:
    """Whether this is the drawing for phones."""
    return width(ax) <= theme.PHONE


def place(ax: Axes, *, left: float, right: float, top: float, inside: float, bottom: float) -> None:
    """Set the margins of an Axes and its height in pixels, and that of the figure as this needs."""
    figure = figure_of(ax)
    figure.set_layout_engine("none")
    wide, high = width(ax), top + inside + bottom
    figure.set_figheight(high / 96)
    ax.set_position((left / wide, bottom / high, (wide - left - right) / wide, inside / high))


def in_pixels(ax: Axes) -> mtransforms.Transform:
    """Return the transformation of pixels from the left edge of the figure, and of y as the Axes has it."""
    pixels = mtransforms.Affine2D().scale(1 / 96) + figure_of(ax).dpi_scale_trans
    return mtransforms.blended_transform_factory(pixels, ax.transData)


def write(
    ax: Axes,
    x: float,
    y: float,
    lines: Sequence[str],
    *,
    size: float = theme.TEXT,
    paper: bool = False,
    transform: mtransforms.Transform | None = None,
    **style: Any,
) -> None:
    """Write lines of text around the middle `y`.

    Parameters
    ----------
    ax : Axes
        With pixels as y, from above.
    x : float
        Pixels from the left edge of the figure, or as `transform` has it.
    y : float
    lines : sequence of str
    size : float
        Pixels.
    paper : bool
        Whether to lay paper under the text, so that grid lines do not strike it out.
    transform : Transform, optional
    **style
        Of `Axes.text`.
    """
    step = line_height(size)
    if paper:
        style["bbox"] = {"facecolor": theme.PAPER, "edgecolor": "none", "pad": 3}
    for i, line in enumerate(lines):
        # The base line is placed, not the box of the letters, so that it depends on no letter.
        at = y + (i - (len(lines) - 1) / 2) * step + 0.36 * size
        ax.text(
            x,
            at,
            line,
            fontsize=theme.points(size),
            verticalalignment="baseline",
            transform=transform or in_pixels(ax),
            **style,
        )


# -- rows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """The words of a row.

    Attributes
    ----------
    label : str
    heading : str
        A new one opens a block.
    height : float
        Pixels that what is drawn beside the label needs.
    """

    label: str
    heading: str = ""
    height: float = 20.0


@dataclass(frozen=True)
class Layout:
    """How rows of words stand.

    Attributes
    ----------
    right : float
        Pixels kept free at the right, for a column of values.
    legend : sequence of (handle, str)
        Handles (an Artist, or a tuple of them, drawn over one another) and labels; a place is kept for them
        above the rows.
    legend_left : float or None
        Pixels from the left where the legend begins; None: where the scale does.
    share : float
        Most of the width that labels take.
    above : bool
        Whether each label stands above what is drawn, as on phones where labels are sentences.
    size : float
        Of the labels, in pixels.
    bottom : float
        Pixels kept free beneath the rows, for tick labels.
    rules : bool
        Whether faint lines divide the rows.
    pad : float
        Pixels between the labels of two rows.
    inset : float
        Pixels between labels and scale, for what is drawn around its lower end.
    head : float
        Pixels kept free between legend and rows.
    """

    right: float = 0.0
    legend: Sequence[tuple[Any, str]] = field(default_factory=tuple)
    legend_left: float | None = None
    share: float = 0.36
    above: bool = False
    size: float = theme.TEXT
    bottom: float = 24.0
    rules: bool = False
    pad: float = 7.0
    inset: float = 6.0
    head: float = 0.0


def rows(ax: Axes, words: Sequence[Row], layout: Layout = Layout()) -> list[float]:
    """Write the words of rows at the left of an Axes and make room for them.

    Parameters
    ----------
    ax : Axes
        Of a figure of its own, whose height is set.
    words : sequence of Row
    layout : Layout

    Returns
    -------
    list of float
        The y at which to draw beside each label.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure(figsize=(theme.WIDE / 96, 1)).add_subplot()
    >>> ys = rows(ax, [Row("Newspaper"), Row("Local radio and television")])
    >>> ax.barh(ys, [0.25, 0.125], height=14)
    <BarContainer object of 2 artists>
    """
    return stack(ax, [words], layout)[0][1]


def stack(
    ax: Axes, blocks: Sequence[Sequence[Row]], layout: Layout = Layout()
) -> list[tuple[Axes, list[float]]]:
    """Write blocks of rows beneath one another, each beside an Axes of its own, with a scale of its own.

    Parameters
    ----------
    ax : Axes
        The first one, of a figure of its own, whose height is set.
    blocks : sequence of sequences of Row
    layout : Layout
        Of all of them.

    Returns
    -------
    list of (Axes, list of float)
        For each block, and in it the y at which to draw beside each label.
    """
    full, figure = width(ax), figure_of(ax)
    labels = [row.label for words in blocks for row in words]
    left = 0.0 if layout.above else gutter(labels, full, layout.share, layout.size)
    start = left + layout.inset
    top = legend(ax, layout.legend, start if layout.legend_left is None else layout.legend_left)
    top += layout.head + 4
    arranged = [_arranged(words, layout, full, left) for words in blocks]
    total = top + math.fsum(one.height + layout.bottom for one in arranged) + 10 * (len(blocks) - 1)
    figure.set_layout_engine("none")
    figure.set_figheight(total / 96)
    result = []
    for i, one in enumerate(arranged):
        place = (
            start / full,
            1 - (top + one.height) / total,
            (full - start - layout.right) / full,
            one.height / total,
        )
        beside = figure.add_axes(place) if i else ax
        beside.set_position(place)
        beside.set_ylim(one.height, 0)
        beside.yaxis.set_visible(False)
        one.write(beside, layout)
        result.append((beside, one.middles))
        top += one.height + layout.bottom + 10
    return result


@dataclass
class _Arranged:
    """Where the words of a block stand, in pixels from its upper edge."""

    height: float = 0.0
    middles: list[float] = field(default_factory=list)
    texts: list[tuple[float, list[str], bool]] = field(default_factory=list)
    rules: list[float] = field(default_factory=list)

    @staticmethod
    def _part(ax: Axes, y: float, high: float) -> None:
        """End the lines of the scale above a heading and begin them below it: a heading stands on none."""
        strip = Rectangle((-0.01, y - high / 2 - 4), 1.02, high + 6, facecolor=theme.PAPER, zorder=0.8)
        strip.set(transform=ax.get_yaxis_transform(), clip_on=False)
        ax.add_patch(strip)

    def write(self, ax: Axes, layout: Layout) -> None:
        """Write the words on an Axes of this height."""
        for y, lines, heading in self.texts:
            if heading:
                self._part(ax, y, len(lines) * line_height(theme.TEXT))
                write(ax, 0, y, lines, fontweight="bold")
            else:
                write(ax, 0, y, lines, size=layout.size, paper=layout.above)
        if layout.rules:
            ax.hlines(
                self.rules,
                0,
                width(ax),
                theme.FAINT,
                transform=in_pixels(ax),
                linewidth=theme.points(1),
                clip_on=False,
                zorder=0,
            )


def _arranged(words: Sequence[Row], layout: Layout, full: float, left: float) -> _Arranged:
    one, y, heading = _Arranged(), 0.0, ""
    for row in words:
        if row.heading and row.heading != heading:
            lines = wrap(row.heading, full, bold=True)
            high = len(lines) * line_height(theme.TEXT)
            y += 10 if heading else 0
            one.texts.append((y + high / 2, lines, True))
            y += high + 4
            heading = row.heading
        elif one.middles:
            one.rules.append(y)
        lines = wrap(row.label, full if layout.above else left - 8, layout.size) if row.label else []
        high = len(lines) * line_height(layout.size)
        if layout.above:
            one.texts.append((y + 3 + high / 2, lines, False))
            one.middles.append(y + 3 + high + layout.pad / 2 + row.height / 2)
            y += 3 + high + layout.pad + row.height
        else:
            tall = max(high, row.height) + layout.pad
            one.texts.append((y + tall / 2, lines, False))
            one.middles.append(y + tall / 2)
            y += tall
    one.height = y + 2
    return one


def gutter(labels: Sequence[str], full: float, share: float = 0.36, size: float = theme.TEXT) -> float:
    """Return the width for row labels: the longest one, at most a share of all, at least a long word."""
    if not any(labels):
        return 0.0
    words = [text_width(word, size) for label in labels for word in label.split(" ")]
    longest = max(text_width(label, size) for label in labels)
    return min(longest, max(full * share, min(max(words), full * 0.5))) + 12


def column(
    ax: Axes,
    ys: Sequence[float],
    texts: Sequence[str],
    *,
    colors: Sequence[str],
    bold: Sequence[bool],
    size: float = theme.TEXT,
) -> None:
    """Write a text at the right end of each row."""
    for y, text, color, strong in zip(ys, texts, colors, bold, strict=True):
        style: dict[str, Any] = {"color": color, "fontweight": "bold" if strong else "normal"}
        write(ax, width(ax), y, [text], size=size, horizontalalignment="right", **style)


def legend(ax: Axes, entries: Sequence[tuple[Any, str]], left: float = 0.0) -> float:
    """Set a legend above an Axes, in as few lines as fit; return the pixels that it needs."""
    if not entries:
        return 2.0
    room = width(ax) - left
    texts = [wrap(label, room - 18, theme.SMALL) for _, label in entries]
    widths = [18 + max(text_width(line, theme.SMALL) for line in lines) for lines in texts]
    columns = len(entries)
    while columns > 1:
        most = [max(widths[i::columns]) for i in range(columns)]
        if math.fsum(most) + 14 * (columns - 1) <= room:
            break
        columns -= 1
    # matplotlib fills columns; readers read lines.
    order = [i for first in range(columns) for i in range(first, len(entries), columns)]
    figure = figure_of(ax)
    ax.legend(
        handles=[entries[i][0] for i in order],
        labels=["\n".join(texts[i]) for i in order],
        loc="upper left",
        bbox_to_anchor=(0, 1),
        bbox_transform=figure.transFigure
        + mtransforms.ScaledTranslation(left / 96, -3 / 96, figure.dpi_scale_trans),
        ncols=columns,
    )
    lines = sum(
        max(len(texts[i]) for i in range(start, min(start + columns, len(entries))))
        for start in range(0, len(entries), columns)
    )
    return lines * 18.0 + 6


# -- scales ----------------------------------------------------------------------------------------------


def scale(
    ax: Axes, low: float, high: float, *, count: int = 5, log: bool = False, axis: Literal["x", "y"] = "x"
) -> np.ndarray:
    """Let a scale run from one round number to another around `low` and `high`, and return its ticks.

    Parameters
    ----------
    ax : Axes
    low, high : float
    count : int
        About how many steps.
    log : bool
        For ratios: the scale holds 1, and goes from 0.01 to 100 at most.
    axis : {"x", "y"}

    Raises
    ------
    StudyError
        For a log scale whose ends are no numbers above zero.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> scale(Figure().add_subplot(), 0.3, 7, log=True)
    array([ 0.2,  0.5,  1. ,  2. ,  5. , 10. ])
    """
    if log:
        ticks = _ratio_ticks(low, high, count)
        ax.set(**{f"{axis}scale": "log"})
    else:
        high = high if high > low else low + 1
        ticks = MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        ticks = np.round(ticks, 12)
    ax.set(**{f"{axis}lim": (ticks[0], ticks[-1]), f"{axis}ticks": ticks})
    # The outer grid lines lie on the edge: half of them would be cut off.
    ax.tick_params(axis=axis, grid_clip_on=False)
    if log:
        one = getattr(ax, f"{axis}axis")
        one.set_minor_locator(NullLocator())
        one.set_minor_formatter(NullFormatter())
    return ticks


def _ratio_ticks(low: float, high: float, count: int) -> np.ndarray:
    if not (0 < low <= high < np.inf):
        raise StudyError(
            found=f"ratios from {low} to {high}",
            where="a log scale of nsmo.present",
            expected="numbers above zero",
            fix="leave out what has no interval",
        )
    low, high = max(min(low, 1.0), 0.01), min(max(high, 1.0), 100.0)
    for steps in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        ladder = np.round(LogLocator(subs=steps, numticks=50).tick_values(low / 10, high * 10), 10)
        first = np.searchsorted(ladder, low * 1.001, side="right") - 1
        last = np.searchsorted(ladder, high * 0.999)
        # A scale needs two ends, also where everything is 1.
        alike = int(first == last)
        ticks = ladder[first - alike : last + alike + 1]
        if len(ticks) <= count + 1:
            break
    return ticks


def baseline(ax: Axes, at: float = 0.0, *, color: str = theme.MUTED, axis: Literal["x", "y"] = "x") -> None:
    """Draw the line from which a scale counts, a little stronger than the grid."""
    line = ax.axvline if axis == "x" else ax.axhline
    line(at, color=color, linewidth=theme.points(1.2), clip_on=False, zorder=0.6)


def tick_texts(ax: Axes, text: Callable[[float, bool], str], axis: Literal["x", "y"] = "x") -> None:
    """Write tick labels in the reader's language; `text` takes the number, and whether it is the last one."""
    one = getattr(ax, f"{axis}axis")
    last = one.get_majorticklocs()[-1]
    one.set_major_formatter(FuncFormatter(lambda value, _: text(value, bool(np.isclose(value, last)))))
