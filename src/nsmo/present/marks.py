"""How an estimate is drawn: its mark by whether it is weighted and where it comes from, and its interval.

A full mark stands for answers of respondents, and for a figure that was published; a ringed one for a figure
that follows from what was published; an open mark, or a hatched area, for one that was assumed. Shape and
filling tell them apart without colour. A range over other reconstructions is a pale band, an interval a line.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from nsmo.present import theme
from nsmo.present.frames import Row
from nsmo.present.shown import has_range
from nsmo.present.wording import Wording
from nsmo.study.origins import ASSUMED, IMPLIED, ORIGINS

_HATCH = "////"
# Of a range: pixels, and how much of its colour shows.
_BAND, _PALE = 7.0, 0.3


def layers(weighted: bool, origin: str, size: float = 8.0) -> list[dict[str, Any]]:
    """List the marks, one over the other, that stand for an estimate.

    Parameters
    ----------
    weighted : bool
    origin : str
        One of `nsmo.study.origins.ORIGINS`, or empty for answers of respondents.
    size : float
        Pixels.
    """
    style = theme.MARKS[weighted] | {"linestyle": "none", "markersize": theme.points(size)}
    if origin == IMPLIED:
        ring = {"markerfacecolor": "none", "markersize": theme.points(1.75 * size)}
        return [style | ring, style | {"markersize": theme.points(0.8 * size)}]
    if origin == ASSUMED:
        return [style | {"markerfacecolor": theme.PAPER, "markeredgewidth": 1.5}]
    return [style]


def over(color: str, origin: str) -> dict[str, Any]:
    """Return how a part of a stacked bar is filled, whose colour says which answer it stands for."""
    if origin == ASSUMED:
        return {"facecolor": color, "edgecolor": theme.PAPER, "hatch": _HATCH}
    if origin == IMPLIED:
        return {"facecolor": color, "edgecolor": theme.INK, "linewidth": 0.9}
    return {"facecolor": color}


def area(color: str, origin: str) -> Rectangle:
    """Return a patch for a legend, filled as `over` fills."""
    return Rectangle((0, 0), 1, 1, linewidth=0, **over(color, origin))


def area_key(origin: str, words: Wording) -> list[tuple[Any, str]]:
    """List the entry of a legend that says what hatching stands for; none where answers are real."""
    return [(area(theme.MUTED, origin), words(f"origin.legend.{origin}"))] if origin else []


def by_origin(placed: Sequence[tuple[float, Row]]) -> Iterator[tuple[str, list[tuple[float, Row]]]]:
    """Yield the estimates of each origin, with their places."""
    for origin in ("", *ORIGINS):
        same = [one for one in placed if one[1].get("origin", "") == origin]
        if same:
            yield origin, same


def key(rows: Iterable[Row], words: Wording) -> list[tuple[Any, str]]:
    """List the entries of a legend: of unweighted and weighted estimates, and of where they come from.

    Parameters
    ----------
    rows : iterable of dict
        With `weighted` and, of reconstructed answers, `origin`; without an estimate a row is not drawn.
    words : Wording

    Returns
    -------
    list of (handle, str)
        None where there is nothing to tell apart.
    """
    rows = [row for row in rows if not pd.isna(row.get("estimate", 0.0))]
    kinds = {(bool(row["weighted"]), row.get("origin", "")) for row in rows}
    both = len({weighted for weighted, _ in kinds}) == 2
    entries: list[tuple[Any, str]] = []
    for weighted, origin in sorted(kinds, key=lambda kind: (kind[0], ["", *ORIGINS].index(kind[1]))):
        how = words.weighting(weighted)
        text = words(f"origin.legend.{origin}") if origin else how
        if both and origin:
            text = words("origin.both", weighting=how, origin=text)
        if both or origin:
            handles = [Line2D([], [], **style) for style in layers(weighted, origin, 7.0)]
            entries.append((tuple(handles) if len(handles) > 1 else handles[0], text))
    return entries


def range_key(rows: Iterable[Row], words: Wording) -> list[tuple[Any, str]]:
    """List the entry of a legend for ranges over other reconstructions; none where no row has one."""
    members = [row["members"] for row in rows if has_range(row)]
    if not members:
        return []
    band = Line2D([], [], color=theme.MUTED, alpha=_PALE, linewidth=theme.points(_BAND))
    return [(band, words("ensemble.legend", members=words.integer(max(members))))]


def mark(**style: Any) -> Line2D:
    """Return a mark for a legend."""
    return Line2D([], [], **{"linestyle": "none", "markersize": theme.points(8), **style})


def whiskers(ax: Axes, placed: Sequence[tuple[float, Row]], size: float = 8.0) -> None:
    """Draw estimates as dots (unweighted) and diamonds (weighted) with their intervals, or ranges.

    What lies beyond the scale is drawn at its end, and an interval that goes on ends in an arrow.

    Parameters
    ----------
    ax : Axes
        With its scale set.
    placed : sequence of (float, dict)
        y and row of each estimate.
    size : float
        Of the marks, in pixels.
    """
    ends = ax.get_xlim()
    for kind, origin, chosen in _kinds(placed):
        y, x, low, high = _numbers(chosen)
        color = theme.MARKS[kind]["color"]
        _bands(ax.hlines, chosen, ends, color)
        interval(ax, y, low, high, color=color, capsize=theme.points(3.5), zorder=3 + kind)
        for style in layers(kind, origin, size):
            ax.plot(np.clip(x, *ends), y, clip_on=False, zorder=3 + kind, **style)
        for beyond, end, arrow in ((low < ends[0], ends[0], "<"), (high > ends[1], ends[1], ">")):
            if beyond.any():
                ax.plot(
                    np.full(beyond.sum(), end),
                    y[beyond],
                    arrow,
                    color=color,
                    markersize=theme.points(6),
                    clip_on=False,
                    zorder=3 + kind,
                )


def columns(ax: Axes, placed: Sequence[tuple[float, Row]]) -> None:
    """Draw estimates above their places on a horizontal scale, as dots and diamonds with upright intervals.

    Parameters
    ----------
    ax : Axes
        With its scales set.
    placed : sequence of (float, dict)
        x and row of each estimate.
    """
    for kind, origin, chosen in _kinds(placed):
        x, y, low, high = _numbers(chosen)
        _bands(ax.vlines, chosen, ax.get_ylim(), theme.MARKS[kind]["color"])
        interval(ax, x, low, high, upright=True, color=theme.MARKS[kind]["color"], capsize=0, zorder=3)
        for style in layers(kind, origin):
            ax.plot(x, y, clip_on=False, zorder=3, **style)


def _bands(
    lines: Callable[..., Any], placed: Sequence[tuple[float, Row]], scale: tuple[float, float], color: str
) -> None:
    """Draw ranges over other reconstructions: broad and pale, without caps, so that none is an interval."""
    known = [(at, row["range_low"], row["range_high"]) for at, row in placed if has_range(row)]
    if known:
        at, low, high = np.array(known, dtype=float).T
        width = theme.points(_BAND)
        lines(at, np.clip(low, *scale), np.clip(high, *scale), color, alpha=_PALE, linewidth=width, zorder=2)


def _kinds(placed: Sequence[tuple[float, Row]]) -> Iterator[tuple[bool, str, list[tuple[float, Row]]]]:
    """Yield the estimates that are drawn alike, unweighted before weighted."""
    for kind in (False, True):
        same = [(at, row) for at, row in placed if bool(row["weighted"]) == kind]
        for origin, chosen in by_origin([one for one in same if not pd.isna(one[1]["estimate"])]):
            yield kind, origin, chosen


def _numbers(placed: Sequence[tuple[float, Row]]) -> np.ndarray:
    """Places, estimates and both ends of their intervals, each as an array."""
    rows = [(at, row["estimate"], row.get("ci_low"), row.get("ci_high")) for at, row in placed]
    return np.array(rows, dtype=float).T


def interval(
    ax: Axes, at: np.ndarray, low: np.ndarray, high: np.ndarray, *, upright: bool = False, **style: Any
) -> None:
    """Draw intervals as far as the scale goes; an estimate need not lie within its own."""
    low, high = (np.clip(end, *(ax.get_ylim() if upright else ax.get_xlim())) for end in (low, high))
    middle, half = (low + high) / 2, (high - low) / 2
    place: dict[str, Any] = (
        {"x": at, "y": middle, "yerr": half} if upright else {"x": middle, "y": at, "xerr": half}
    )
    ax.errorbar(
        **place, fmt="none", elinewidth=theme.points(1.8), capthick=theme.points(1.4), clip_on=False, **style
    )
