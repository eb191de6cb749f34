"""How often intervals hold the truth, as figures: dots with Monte-Carlo intervals."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nsmo.present import axes, marks, theme
from nsmo.present.frames import Row, require
from nsmo.present.labels import Labels
from nsmo.present.lettering import text_width
from nsmo.present.sentences import Words
from nsmo.stages.coverage import words as named
from nsmo.stages.coverage.results import BASE, BOOTSTRAP, RAKED, ROBUST, UNWEIGHTED

_STEP = 10.0  # pixels between the marks of a row
_NEEDED = (
    *("target", "by", "group", "estimator", "errors", "selection", "odds", "shown"),
    *("coverage", "coverage_low", "coverage_high", "se_ratio", "bias"),
)
_MARKS: dict[tuple[str, str], dict[str, Any]] = {
    (RAKED, BASE): {"marker": "X", "color": theme.LOW[0], "markerfacecolor": theme.LOW[0]},
    (RAKED, BOOTSTRAP): {"marker": "s", "color": theme.MUTED, "markerfacecolor": theme.PAPER},
    (ROBUST, "linearised"): {"marker": "^", "color": theme.MUTED, "markerfacecolor": theme.PAPER},
    (UNWEIGHTED, "linearised"): theme.MARKS[False],
}


def domains(frame: pd.DataFrame, labels: Labels, *, ax: Axes, report: str, confidence: float) -> None:
    """Draw for each share how often its intervals hold the truth, and how far its standard errors are off.

    Parameters
    ----------
    frame : DataFrame
        Of `words.compared`: a row per share and kind of standard error.
    labels : Labels
    ax : Axes
    report : str
        Which residuals the report uses.
    confidence : float
        What the intervals promise.

    Raises
    ------
    StudyError
        For absent columns or a frame without rows.
    """
    frame = _known(frame)
    groups, ways = _by_label(frame, labels, named.quantity), named.ways_in_order(frame)
    axes.describe(ax, partial(domains_words, frame, labels, report=report, confidence=confidence))
    words = labels.words
    heights = {"coverage": _STEP * len(ways) + 4, "ratio": 16.0}
    blocks = [
        [axes.Row(label, words(f"coverage.{part}"), height) for label in groups]
        for part, height in heights.items()
    ]
    texts = [_ratios(rows, labels, report) for rows in groups.values()]
    right = max(text_width(text, theme.SMALL) for text in texts) + 12
    (first, ys), (second, places) = axes.stack(ax, blocks, _layout(ax, ways, labels, report, right))
    _coverage(first, ys, list(groups.values()), ways, labels, confidence)
    ratios = [row["se_ratio"] for rows in groups.values() for row in rows]
    ticks = axes.scale(second, 0, max(ratios), count=4)
    axes.tick_texts(second, lambda value, last: words.number(value, 0 if ticks[1] % 1 == 0 else 1))
    axes.baseline(second, 1, color=theme.INK)
    for y, rows in zip(places, groups.values(), strict=True):
        for row in rows:
            second.plot(row["se_ratio"], y, linestyle="none", zorder=4, **_style(row))
    plain = {"colors": [theme.INK] * len(texts), "bold": [False] * len(texts)}
    axes.column(second, places, texts, **plain, size=theme.SMALL)


def domains_words(frame: pd.DataFrame, labels: Labels, *, report: str, confidence: float) -> Words:
    """Return the words of `domains`."""
    words, rows = labels.words, frame.to_dict("records")
    of_r = [row for row in rows if row["errors"] == BASE]
    own = [row for row in rows if row["errors"] == report]
    worst = max(of_r, key=lambda row: row["se_ratio"])
    same = next(row for row in own if named.quantity(row, labels) == named.quantity(worst, labels))
    return Words.of(
        words,
        "coverage.domains",
        label=named.quantity(worst, labels),
        ratio=words.number(worst["se_ratio"], 1),
        own=words.number(same["se_ratio"], 1),
        level=words.percent(confidence, 0),
        samples=words.integer(max(row["shown"] for row in rows)),
        values=_spoken(rows, labels, report),
    )


def selections(frame: pd.DataFrame, labels: Labels, *, ax: Axes, report: str, confidence: float) -> None:
    """Draw for each way of taking part how often the intervals of everybody hold the truth.

    Parameters
    ----------
    frame : DataFrame
        Of `words.of_everybody`: a row per way of taking part and estimator.
    labels, ax, report, confidence
        As of `domains`.

    Raises
    ------
    StudyError
        For absent columns or a frame without rows.
    """
    frame = _known(frame)
    groups, ways = _by_label(frame, labels, named.taking_part), named.ways_in_order(frame)
    axes.describe(ax, partial(selections_words, frame, labels, report=report, confidence=confidence))
    texts = [_points(row, labels) for rows in groups.values() for row in rows]
    right = max(text_width(text, theme.SMALL) for text in texts) + 12
    ys = axes.rows(
        ax,
        [axes.Row(label, height=_STEP * len(ways) + 6) for label in groups],
        _layout(ax, ways, labels, report, right),
    )
    _coverage(ax, ys, list(groups.values()), ways, labels, confidence)
    for y, rows in zip(ys, groups.values(), strict=True):
        for row in rows:
            at, text = y + _offset(row, ways), _points(row, labels)
            axes.column(ax, [at], [text], colors=[_ink(row)], bold=[False], size=theme.SMALL)


def selections_words(frame: pd.DataFrame, labels: Labels, *, report: str, confidence: float) -> Words:
    """Return the words of `selections`."""
    words, rows = labels.words, frame.to_dict("records")
    own = [row for row in rows if (row["estimator"], row["errors"]) == (RAKED, report)]
    last = max(own, key=lambda row: row["odds"])
    return Words.of(
        words,
        "coverage.selections",
        odds=words.number(last["odds"], 1 if last["odds"] % 1 else 0),
        coverage=words.percent(last["coverage"], 0),
        level=words.percent(confidence, 0),
        samples=words.integer(max(row["shown"] for row in rows)),
        values=_spoken(rows, labels, report),
    )


# -- pieces ----------------------------------------------------------------------------------------------


def _known(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with an estimate: without a bootstrap, or of groups too small, there is none."""
    require(frame, _NEEDED, "coverage.figures")
    known = frame[frame["coverage"].notna()]
    require(known, _NEEDED, "coverage.figures (rows with coverage)")
    return known


def _by_label(frame: pd.DataFrame, labels: Labels, name: Any) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in frame.to_dict("records"):
        groups.setdefault(name(row, labels), []).append(row)
    return groups


def _layout(
    ax: Axes, ways: Sequence[tuple[str, str]], labels: Labels, report: str, right: float
) -> axes.Layout:
    phone = axes.is_phone(ax)
    return axes.Layout(
        right=right,
        legend=[
            (marks.mark(**_MARKS.get(way, theme.MARKS[True])), named.way(*way, labels, report))
            for way in ways
        ],
        legend_left=0.0,
        share=0.36,
        above=phone,
        size=theme.SMALL if phone else theme.TEXT,
    )


def _coverage(
    ax: Axes,
    ys: Sequence[float],
    groups: Sequence[Sequence[Row]],
    ways: Sequence[tuple[str, str]],
    labels: Labels,
    confidence: float,
) -> None:
    """Draw shares of intervals with their Monte-Carlo intervals, and a line at what was promised."""
    least = min(row["coverage_low"] for rows in groups for row in rows)
    ticks = axes.scale(ax, min(least, confidence - 0.05), 1.0, count=5)
    ax.set_xlim(max(ticks[0], 0), 1.0)
    ax.set_xticks([tick for tick in ticks if 0 <= tick <= 1])
    decimals = 0 if np.allclose(100 * ticks, np.round(100 * ticks)) else 1
    axes.tick_texts(ax, lambda value, last: labels.words.percent(value, decimals, sign=last))
    axes.baseline(ax, confidence, color=theme.INK)
    for y, rows in zip(ys, groups, strict=True):
        for row in rows:
            at, style = np.array([y + _offset(row, ways)]), _style(row)
            low, high = (np.array([row[f"coverage_{end}"]]) for end in ("low", "high"))
            marks.interval(ax, at, low, high, color=style["color"], capsize=theme.points(2.5), zorder=3)
            ax.plot(row["coverage"], at, linestyle="none", clip_on=False, zorder=4, **style)


def _offset(row: Row, ways: Sequence[tuple[str, str]]) -> float:
    return (ways.index((row["estimator"], row["errors"])) - (len(ways) - 1) / 2) * _STEP


def _style(row: Row) -> dict[str, Any]:
    style = _MARKS.get((row["estimator"], row["errors"]), theme.MARKS[True])
    return style | {"markersize": theme.points(7)}


def _ink(row: Row) -> str:
    """The colour of a text that belongs to a mark: text needs more contrast than marks do."""
    color = _style(row)["color"]
    return theme.WEIGHTED_TEXT if color == theme.WEIGHTED else color


def _ratios(rows: Sequence[Row], labels: Labels, report: str) -> str:
    """Write what a standard error is of the true one, by R's convention and as in the report."""
    of = {row["errors"]: labels.words.number(row["se_ratio"], 2) for row in rows}
    return " → ".join(of[kind] for kind in (BASE, report) if kind in of)


def _points(row: Row, labels: Labels) -> str:
    words = labels.words
    sign = "+" if row["bias"] > 0 else ""
    return words("coverage.bias", points=sign + words.number(100 * row["bias"], 1))


def _spoken(rows: Sequence[Row], labels: Labels, report: str) -> str:
    words = labels.words
    return "; ".join(
        words(
            "coverage.spoken",
            label=named.quantity(row, labels),
            selection=named.taking_part(row, labels),
            way=named.way(row["estimator"], row["errors"], labels, report),
            coverage=words.percent(row["coverage"]),
            interval=words.interval(row["coverage_low"], row["coverage_high"]),
            ratio=words.number(row["se_ratio"], 2),
            bias=words.number(100 * row["bias"], 1),
        )
        for row in rows
    )
