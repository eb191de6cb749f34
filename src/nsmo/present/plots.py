"""The plots of the house: functions that draw a result frame on an Axes.

Each takes `(frame, labels, *, ax)`, draws on an ordinary matplotlib Axes, and sets the height of its figure
by the number of rows, so an Axes that is to hold one stands alone in its figure. A figure as narrow as a
phone gets a drawing of its own. A frame with unweighted and weighted rows gets both, one beneath the other.

In a notebook the Axes come from `stage.figure`; anything else of matplotlib or seaborn may be drawn on them,
too. Title, subtitle and alt text come from `nsmo.present.sentences`. The examples draw the results of
docs/gallery, in the loop of `nsmo.present.picture.Drawing`, which is that of `stage.figure`.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from nsmo.present import axes, frames, marks, sentences, theme
from nsmo.present.arrange import (
    Battery,
    Block,
    Item,
    counts_in_order,
    groups_in_order,
    likert_items,
    options_in_order,
)
from nsmo.present.axes import Layout
from nsmo.present.effects import is_ratio, named_effects
from nsmo.present.frames import Row
from nsmo.present.labels import Labels
from nsmo.present.lettering import line_height, text_width, wrap
from nsmo.present.shown import assumed_base
from nsmo.present.wording import Wording
from nsmo.study.errors import StudyError

#: Pixels between two estimates in one row.
STEP = 19.0
_DRAWN = ("estimate", "ci_low", "ci_high", "range_low", "range_high")


def dots(frame: pd.DataFrame, labels: Labels, *, ax: Axes, sort: bool | None = None) -> None:
    """Draw how many chose each answer to one question, as dots with intervals on a scale from zero.

    Parameters
    ----------
    frame : DataFrame
        Result rows of one question, statistic `proportion` (fractions), one row per answer and kind of
        weighting. The row of the top box and rows of subgroups are left aside.
    labels : Labels
    ax : Axes
    sort : bool, optional
        Largest first; by default for a multi-select, and in codebook order for the rest.

    Raises
    ------
    StudyError
        For absent columns, several questions, or two rows for the same answer.

    Examples
    --------
    >>> drawing = Drawing("media")
    >>> for ax in drawing:
    ...     dots(media, labels, ax=ax)
    >>> drawing.picture.words.title
    'Media used: Web shop, 81.0%'
    """
    blocks = options_in_order(frame, labels, sort)
    axes.describe(ax, partial(sentences.dots, frame, labels, sort=sort))
    estimate_rows(ax, blocks, labels.words, proportion=True)


def intervals(
    frame: pd.DataFrame,
    labels: Labels,
    *,
    ax: Axes,
    tests: pd.DataFrame | None = None,
    within: pd.DataFrame | None = None,
) -> None:
    """Draw one estimate, group by group, as dots with intervals.

    Parameters
    ----------
    frame : DataFrame
        Result rows of one statistic (`proportion` as fractions, or `mean`), broken down by one variable; a
        row without a group stands for everybody. Several questions or answers make a block of rows each. The
        mean of an ordered scale stands on the whole of it, with what its ends mean.
    labels : Labels
    ax : Axes
    tests : DataFrame, optional
        Of the difference between the groups: tests, or the differences of `stage.difference`. The title
        states a difference only where these show it, and says that none is clear where they do not.
    within : DataFrame, optional
        More results of the same statistic, whose intervals the scale spans too: figures that are to be
        compared then have the same one.

    Raises
    ------
    StudyError
        For absent columns, several statistics or breakdowns, or two rows for the same thing.

    Examples
    --------
    >>> drawing = Drawing("by_market")
    >>> for ax in drawing:
    ...     intervals(by_market, labels, ax=ax)
    ...     _ = ax.axvline(0.6, color="0.6", linewidth=1)
    >>> drawing.picture.words.title
    'Good or very good, by market'
    """
    blocks = _with_n(groups_in_order(frame, labels), labels.words)
    axes.describe(ax, partial(sentences.intervals, frame, labels, tests=tests))
    rows = [row for block in blocks for row in block.rows]
    proportion = rows[0]["statistic"] == "proportion"
    ends, name = (None, "") if proportion else _whole_scale(rows, labels)
    if ends is None and within is not None:
        ends = _ends([*rows, *frames.rows_of(within, labels)], proportion)
    estimate_rows(ax, blocks, labels.words, proportion=proportion, ends=ends, name=name)


def _with_n(blocks: Sequence[Block], words: Wording) -> list[Block]:
    """Groups with their numbers of respondents, each where it first stands or has another one.

    The number is hidden where the estimates of a group are.
    """
    said: dict[str, int] = {}
    named = []
    for block in blocks:
        first = block.rows[0]
        if first["suppressed"] or first["n"] is None or said.get(block.label) == first["n"]:
            named.append(block)
            continue
        said[block.label] = first["n"]
        key = "group.n_assumed" if assumed_base(first) else "group.n"
        label = words(key, label=block.label, n=words.integer(first["n"]))
        named.append(block._replace(label=label))
    return named


def _whole_scale(rows: Sequence[Row], labels: Labels) -> tuple[tuple[float, float] | None, str]:
    """The ends of the ordered scale that means are of, and what they mean; nothing for other numbers."""
    asked = list(dict.fromkeys(row["question"] for row in rows))
    scale = labels.scale(asked[0]) if len(asked) == 1 else None
    return ((scale[0][0], scale[1][0]), labels.score(asked[0])) if scale else (None, "")


def effects(frame: pd.DataFrame, labels: Labels, *, ax: Axes, within: pd.DataFrame | None = None) -> None:
    """Draw effects with intervals around the line of no effect: ratios on a log scale, others on a plain one.

    Parameters
    ----------
    frame : DataFrame
        Result rows of one statistic whose name ends in "ratio" (odds ratio, rate ratio: no effect is 1) or of
        another measure of which zero is no effect. `question` is what is explained, with the `option` that
        is meant; `by` is what explains it; `group` is "category – reference" in the names of the codebook, or
        empty where `by` is a number (the effect of one more) or a scale. Rows stay in their order.
    labels : Labels
    ax : Axes
    within : DataFrame, optional
        More effects of the same statistic, whose intervals the scale spans too.

    Raises
    ------
    StudyError
        For absent columns, several statistics, two rows for the same thing, a group that is no pair of
        categories, or a ratio that is not above zero.

    Examples
    --------
    >>> drawing = Drawing("odds")
    >>> for ax in drawing:
    ...     effects(odds, labels, ax=ax)
    >>> ax.get_xscale()
    'log'
    >>> drawing.picture.words.title
    'Mood in the shop: higher for Expected sales over the coming year; lower for Market: Businesses'
    """
    what = "plots.effects"
    frames.require(frame, (*frames.RESULT, "by", "group"), what)
    rows = frames.rows_of(frame, labels)
    statistic = str(frames.only(rows, "statistic", what))
    frames.unique(rows, ["question", "option", "by", "group", "weighted"], what)
    every = rows if within is None else [*rows, *frames.rows_of(within, labels)]
    ends = np.array([[row.get(end) for end in _DRAWN] for row in every], dtype=float)
    ends = ends[np.isfinite(ends) & ~np.isnan(ends[:, :1])]
    log = is_ratio(statistic)
    if log and (ends <= 0).any():
        raise StudyError(
            found=f"{statistic} of {ends.min():.3g}",
            where=f"the frame given to {what}",
            expected="ratios above zero, not their logarithms",
            fix="take exp of the coefficients; where a cell is empty, use Firth's correction",
        )
    null = 1.0 if log else 0.0
    named, _ = named_effects(frame, labels)
    blocks = [Block(effect.heading, effect.label, effect.rows) for effect in named]
    name = labels.statistic(statistic)
    axes.describe(ax, partial(sentences.effects, frame, labels))
    estimate_rows(
        ax,
        blocks,
        labels.words,
        proportion=False,
        ends=(min([null, *ends]), max([null, *ends])),
        null=null,
        log=log,
        name=labels.words("forest.log_axis", statistic=name) if log else name,
    )


def estimate_rows(
    ax: Axes,
    blocks: Sequence[Block],
    words: Wording,
    *,
    proportion: bool,
    ends: tuple[float, float] | None = None,
    null: float | None = None,
    log: bool = False,
    name: str = "",
) -> None:
    """Draw rows of estimates as dots with intervals, their values at the right.

    Parameters
    ----------
    ax : Axes
    blocks : sequence of Block
        Each row has an estimate or two, with the columns estimate, ci_low, ci_high, statistic and weighted.
    words : Wording
    proportion : bool
        Whether the scale is one of percentages, which starts at zero.
    ends : (float, float), optional
        What the scale must span; by default all intervals.
    null : float, optional
        The value of no effect; it gets a line, and in a wide figure the intervals stand in words.
    log : bool
    name : str
        Of the scale.
    """
    known = {id(row) for row in frames.seen([row for block in blocks for row in block.rows])}
    blocks = [block._replace(rows=[row for row in block.rows if id(row) in known]) for block in blocks]
    estimates = [row for block in blocks for row in block.rows]
    text = _value if null is None or axes.is_phone(ax) else _value_and_interval
    values = [text(row, words) for row in estimates if not pd.isna(row["estimate"])]
    column = max((text_width(value, bold=True) for value in values), default=40.0)
    left = axes.is_phone(ax)
    under = wrap(name, axes.width(ax) * 0.62, theme.SMALL) if name else []
    ys = axes.rows(
        ax,
        [axes.Row(block.label, block.heading, max(20.0, (STEP + 2) * len(block.rows))) for block in blocks],
        Layout(
            right=column + 16,
            legend=marks.key(estimates, words) + marks.range_key(estimates, words),
            legend_left=0.0 if left else None,
            bottom=24 + (4 + line_height(theme.SMALL) * len(under) if under else 0),
        ),
    )
    low, high = ends or _ends(estimates, proportion)
    ticks = axes.scale(ax, low, high, count=6 if log else 5 if high <= 0.4 or not proportion else 4, log=log)
    axes.tick_texts(ax, _tick_text(words, ticks, proportion=proportion, log=log))
    if name:
        ax.set_xlabel("\n".join(under))
    if null is not None:
        axes.baseline(ax, null, color=theme.INK)
    elif low == 0:
        axes.baseline(ax)
    placed: list[tuple[float, Row]] = []
    for y, block in zip(ys, blocks, strict=True):
        rows = block.rows
        if all(pd.isna(row["estimate"]) for row in rows):
            _instead(ax, y, words("estimate.suppressed"))
            continue
        if all(row.get("by_rule") for row in rows):
            _instead(ax, y, words("estimate.by_rule"))
            continue
        placed += [(y + (i - (len(rows) - 1) / 2) * STEP, row) for i, row in enumerate(rows)]
    marks.whiskers(ax, placed)
    axes.column(
        ax,
        [y for y, _ in placed],
        [text(row, words) for _, row in placed],
        colors=[theme.TEXTS[bool(row["weighted"])] for _, row in placed],
        bold=[not row["weighted"] for _, row in placed],
    )


def _instead(ax: Axes, y: float, text: str) -> None:
    """Write why a row has no estimate where it would stand."""
    at = ax.get_position().x0 * axes.width(ax) + 4
    axes.write(ax, at, y, [text], size=theme.SMALL, color=theme.MUTED, paper=True)


def percent_scale(ax: Axes, words: Wording, high: float, *, count: int = 4) -> None:
    """Let a scale of shares (fractions) run from zero to above `high`, with percentages beneath."""
    ticks = axes.scale(ax, 0.0, high, count=count)
    axes.tick_texts(ax, _tick_text(words, ticks, proportion=True))
    axes.baseline(ax)


def _value(row: Row, words: Wording) -> str:
    return words.percent(row["estimate"]) if row["statistic"] == "proportion" else words.statistic(row)


def _value_and_interval(row: Row, words: Wording) -> str:
    if pd.isna(row["estimate"]) or pd.isna(row["ci_low"]):
        return _value(row, words)
    return f"{_value(row, words)} ({words.interval(row['ci_low'], row['ci_high'], 'number', 2)})"


def _ends(rows: Sequence[Row], proportion: bool) -> tuple[float, float]:
    """What a scale must span: all that is drawn; of shares from zero, to everybody at most."""
    numbers = np.array([[row.get(end) for end in _DRAWN] for row in rows], dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    if proportion:
        return 0.0, min(1.0, max([0.1, *numbers]))
    return (min(numbers), max(numbers)) if len(numbers) else (0.0, 1.0)


def _decimals(step: float, most: int) -> int:
    """How many decimals the ticks of a scale need, whose step may be 2.5."""
    return next((n for n in range(most) if abs(step - round(step, n)) < 1e-9), most)


def _tick_text(words: Wording, ticks: np.ndarray, *, proportion: bool, log: bool = False):
    if log:
        return lambda value, last: words.number(value, max(0, -math.floor(math.log10(value) + 1e-9)))
    step = ticks[1] - ticks[0]
    if proportion:
        decimals = _decimals(100 * step, 1)
        return lambda value, last: words.percent(value, decimals, sign=last)
    decimals = _decimals(step, 2)
    return lambda value, last: words.number(value, decimals)


# -- likert ----------------------------------------------------------------------------------------------


def likert(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw answers on an ordered scale as bars: diverging from its middle, or in one hue from its low end.

    A scale has a middle where its top box is one of two sides (`theme.two_sided`), as of very bad to very
    good. From never to every day there is none, so the bars begin at zero.

    Parameters
    ----------
    frame : DataFrame
        Result rows, statistic `proportion` (fractions): one ordinal question, several questions that share a
        scale (a battery), or one question by group. Rows with option `top` give the interval of the top box.
        Unweighted rows are drawn; weighted ones only where there are no others.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        For absent columns, scales that differ, or a question that is not ordinal.

    Examples
    --------
    >>> drawing = Drawing("mood")
    >>> for ax in drawing:
    ...     likert(mood, labels, ax=ax)
    >>> drawing.picture.words.title
    'Mood in the shop: Good or very good, 60.0%'
    """
    battery = likert_items(frame, labels)
    axes.describe(ax, partial(sentences.likert, frame, labels))
    words, phone, full = labels.words, axes.is_phone(ax), axes.width(ax)
    colors = theme.scale_colors(len(battery.scale), two_sided=battery.two_sided)
    swatches = [Rectangle((0, 0), 1, 1, facecolor=color) for color in colors]
    panel = 150.0 if any(item.top for item in battery.items) and not phone else 0.0
    tops = [item.top for item in battery.items if item.top and not item.hidden] if panel else []
    head = wrap(battery.top, panel, theme.SMALL) if panel else []
    # On a phone the label stands above its bar, and the interval of the top box beneath it in words.
    under = [wrap(_top_text(item, battery, words), full, theme.SMALL) for item in battery.items]
    room = [len(lines) * line_height(theme.SMALL) + 6 if phone else 0.0 for lines in under]
    places = axes.rows(
        ax,
        [
            axes.Row(item.label, height=28 + below if phone else 34)
            for item, below in zip(battery.items, room, strict=True)
        ],
        Layout(
            right=panel + 22 if panel else 0.0,
            legend=[*zip(swatches, battery.scale.values(), strict=True), *_likert_key(battery, tops, words)],
            legend_left=0.0,
            share=0.3,
            above=phone,
            bottom=4.0,
            pad=2.0,
            inset=0.0,
            head=line_height(theme.SMALL) * len(head) + 4 if head else 0.0,
        ),
    )
    ys = [y - below / 2 for y, below in zip(places, room, strict=True)]
    ax.xaxis.set_visible(False)
    ax.grid(visible=False)
    _stacks(ax, battery, ys, colors, words)
    if phone:
        for y, lines in zip(ys, under, strict=True):
            at = y + 13 + len(lines) * line_height(theme.SMALL) / 2
            axes.write(ax, 0, at, lines, size=theme.SMALL, color=theme.MUTED)
    if panel:
        at = -4 - len(head) * line_height(theme.SMALL) / 2
        axes.write(ax, full - panel, at, head, size=theme.SMALL, color=theme.MUTED)
        _top_boxes(ax, battery.items, ys, words, panel)


def _likert_key(battery: Battery, tops: Sequence[Row], words: Wording) -> list[tuple[Any, str]]:
    """List the entries of a legend that say where the bars, and the shares of the top box, come from."""
    parts = dict.fromkeys(origin for item in battery.items for origin in item.origins if origin)
    entries = [
        (Rectangle((0, 0), 1, 1, **marks.over(theme.MUTED, origin)), words(f"origin.legend.{origin}"))
        for origin in parts
    ]
    others = [row for row in tops if row["origin"] not in parts]
    if any(item.rest for item in battery.items):
        entries.append((Rectangle((0, 0), 1, 1, **_NOT_SHOWN), words("estimate.suppressed")))
    return entries + marks.key(others, words) + marks.range_key(tops, words)


#: The piece of a bar of which nothing is said.
_NOT_SHOWN = {"facecolor": "none", "edgecolor": theme.RULE, "linewidth": theme.points(1)}


def _stacks(ax: Axes, battery: Battery, ys: Sequence[float], colors: Sequence[str], words: Wording) -> None:
    """Draw the bars around zero, the middle of the scale, with their numbers where these fit."""
    half, odd = divmod(len(battery.scale), 2) if battery.two_sided else (0, 0)
    shares = np.array([np.nan_to_num(item.values) for item in battery.items])
    rests = np.array([[item.rest] for item in battery.items])
    shown = [not item.hidden for item in battery.items]
    below = shares[:, :half].sum(axis=1) + (shares[:, half] / 2 if odd else 0)
    above = shares.sum(axis=1) + rests[:, 0] - below
    reach = (max(below[shown]), max(above[shown])) if any(shown) else (0.5, 0.5)
    ax.set_xlim(-reach[0], reach[1])
    pixels = ax.get_position().width * axes.width(ax) / math.fsum(reach)
    starts = np.cumsum(shares, axis=1) - shares - below[:, None]
    # What is not shown stands where the first of its answers would.
    gone = np.array([np.isnan(item.values) for item in battery.items])
    starts += rests * (np.cumsum(gone, axis=1) > 0)
    first = [int(one.argmax()) for one in gone]
    for k, item in enumerate(battery.items):
        if item.rest:
            left = starts[k, first[k]] - item.rest
            ax.barh([ys[k]], [item.rest], left=left, height=22, **_NOT_SHOWN)
    for i, color in enumerate(colors):
        ink = theme.ink_on(color)
        drawn = [k for k, visible in enumerate(shown) if visible]
        for origin in dict.fromkeys(battery.items[k].origins[i] for k in drawn):
            same = [k for k in drawn if battery.items[k].origins[i] == origin]
            place = {"left": starts[same, i], "height": 22}
            ax.barh([ys[k] for k in same], shares[same, i], **place, **marks.over(color, origin))
        for k in drawn:
            text = words.percent(shares[k, i], 0, sign=False)
            if shares[k, i] * pixels > text_width(text, theme.SMALL) + 6:
                axes.write(
                    ax,
                    starts[k, i] + shares[k, i] / 2,
                    ys[k],
                    [text],
                    size=theme.SMALL,
                    color=ink,
                    horizontalalignment="center",
                    transform=ax.transData,
                    # Hatching would strike the number out.
                    bbox={"facecolor": color, "pad": 1} if battery.items[k].origins[i] else None,
                )
    # The middle of the scale, outside of the bars: across them, it would strike out a number. On a phone
    # words stand close below.
    sides = (-13.0,) if axes.is_phone(ax) else (-13.5, 13.5)
    middles = np.array([y + side for y, visible in zip(ys, shown, strict=True) if visible for side in sides])
    half = 2.0 if axes.is_phone(ax) else 2.5
    # It is there to compare bars by: one bar needs none.
    if battery.two_sided and math.fsum(shown) > 1:
        ax.vlines(np.zeros(len(middles)), middles - half, middles + half, theme.INK, linewidth=0.9)
    for y, visible in zip(ys, shown, strict=True):
        if not visible:
            hidden = words("estimate.suppressed")
            ax.text(0, y, hidden, va="center", fontsize=theme.points(theme.SMALL), color=theme.MUTED)


def _top_text(item: Item, battery: Battery, words: Wording) -> str:
    if item.top is None or item.hidden:
        return sentences.n_text([item.n], words)
    return f"{battery.top}: {sentences.estimate_text(item.top, words)}"


def _top_boxes(ax: Axes, items: Sequence[Item], ys: Sequence[float], words: Wording, panel: float) -> None:
    """Draw the share of the top box with its interval beside each bar, on a scale from 0 to 1."""
    full, place = axes.width(ax), ax.get_position()
    beside = axes.figure_of(ax).add_axes(((full - panel) / full, place.y0, (panel - 58) / full, place.height))
    beside.set(xlim=(0, 1), ylim=ax.get_ylim())
    beside.axis("off")
    placed = [(y, item.top) for y, item in zip(ys, items, strict=True) if item.top and not item.hidden]
    beside.hlines([y for y, _ in placed], 0, 1, theme.RULE, linewidth=theme.points(1), zorder=0)
    marks.whiskers(beside, placed, size=6.0)
    axes.column(
        ax,
        [y for y, _ in placed],
        [words.percent(top["estimate"]) for _, top in placed],
        colors=[theme.TEXTS[bool(top["weighted"])] for _, top in placed],
        bold=[True] * len(placed),
    )


# -- distribution ----------------------------------------------------------------------------------------


def distribution(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw how often each count occurs, as dots with intervals.

    Parameters
    ----------
    frame : DataFrame
        Result rows of one question, statistic `proportion` (fractions); `option` holds the count as a whole
        number. Counts between the lowest and the highest that are absent are empty places.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        For absent columns, or options that are not whole numbers.

    Examples
    --------
    >>> drawing = Drawing("counts")
    >>> for ax in drawing:
    ...     distribution(counts, labels, ax=ax)
    >>> drawing.picture.words.title
    'Number of media: 1 most often (45.0%)'
    """
    rows, words = counts_in_order(frame, labels), labels.words
    axes.describe(ax, partial(sentences.distribution, frame, labels))
    kinds = sorted({row["weighted"] for row in rows})
    counts = [row["count"] for row in rows]
    first, last = min(counts), max(counts)
    entries = marks.key(rows, words) + marks.range_key(rows, words)
    top = axes.legend(ax, entries, 34.0) if entries else 4.0
    axes.place(ax, left=34, right=0, top=top + 8, inside=230, bottom=46)
    low, high = _ends(rows, proportion=True)
    ticks = axes.scale(ax, low, high, count=4, axis="y")
    axes.tick_texts(ax, _tick_text(words, ticks, proportion=True), axis="y")
    ax.set(xlim=(first - 0.5, last + 0.5), xticks=_whole(first, last, axes.width(ax) - 34))
    ax.set_xlabel(labels.question(rows[0]["question"]))
    ax.grid(visible=False, axis="x")
    ax.tick_params(axis="x", labelcolor=theme.INK)
    axes.baseline(ax, axis="y")
    for kind in kinds:
        shift = 0.0 if len(kinds) == 1 else 0.22 if kind else -0.22
        chosen = [row for row in rows if row["weighted"] == kind and not pd.isna(row["estimate"])]
        placed = [(row["count"] + shift, row) for row in chosen]
        marks.columns(ax, placed)


def _whole(first: int, last: int, room: float) -> range:
    """Return whole numbers to write below a scale, as many as have room side by side: all, or round ones."""
    needed = max(text_width(f"{end}", theme.SMALL) for end in (first, last)) + 4
    steps = (factor * 10**power for power in range(len(f"{last - first}") + 1) for factor in (1, 2, 5))
    step = next(one for one in steps if needed <= room / (last - first + 1) * one)
    return range(first + -first % step, last + 1, step)
