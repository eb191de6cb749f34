"""Published statements against what the responses say, as figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nsmo.present import axes, marks, theme
from nsmo.present.frames import Row, require
from nsmo.present.labels import Labels
from nsmo.present.lettering import text_width
from nsmo.present.sentences import Words, level, n_text
from nsmo.present.shown import (
    RANGE,
    has_range,
    is_evidence,
    statement_interval,
    statement_origin,
    statement_range,
)
from nsmo.present.wording import Wording
from nsmo.study.origins import IMPLIED

_TEXT = 12.0
_PUBLISHED = {
    "marker": "|",
    "color": theme.INK,
    "markersize": theme.points(12),
    "markeredgewidth": theme.points(2.5),
}
_PERCENT = (0.0, 100.0)
_FIGURES = ("unweighted", "ci_low", "ci_high")
_DIFFERENCES = ("difference", "difference_ci_low", "difference_ci_high")


@dataclass(frozen=True)
class _Statement:
    """A statement, its estimates, the published values (two ends, or none) and the words at the right."""

    text: str
    marks: list[Row]
    published: tuple[float, float] | None
    value: str


@dataclass(frozen=True)
class _Block:
    """Statements in one unit, so on one scale; without a heading where there is no other block."""

    heading: str
    ends: tuple[float, float]
    decimals: int
    statements: list[_Statement]


def claims(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw each published figure, as it was worded, against the estimate and its interval.

    Parameters
    ----------
    frame : DataFrame
        Rows of details.csv; those with a published figure and an estimate are drawn, each unit on a scale of
        its own. Columns type, statement (or statement_<language>), unit, published, decimals, measured (the
        question), published_low, published_high (the values that the wording allows), unweighted, ci_low,
        ci_high, n, and, where present, weighted, weighted_ci_low, weighted_ci_high.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        When no row can be drawn.
    """
    axes.describe(ax, partial(claims_words, frame, labels))
    _draw(ax, _figure_blocks(_with_figure(frame), labels), labels.words)


def claims_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `claims`."""
    data, words = _with_figure(frame), labels.words
    inside = (data["published_low"] <= data["ci_high"]) & (data["published_high"] >= data["ci_low"])
    title = words(
        f"title.claims{_assumed(labels)}",
        inside=words.integer(inside.sum()),
        all=words.integer(len(data)),
    )
    return _words("claims", title, data, _figure_blocks(data, labels), words)


def _with_figure(frame: pd.DataFrame) -> pd.DataFrame:
    needed = ("type", "statement", "unit", "measured", "published_low", "published_high", *_FIGURES)
    return _drawn(frame, needed, ("published_low", "unweighted"), "claims.figures.claims")


def _figure_blocks(data: pd.DataFrame, labels: Labels) -> list[_Block]:
    shares, words = data["unit"] == "percent", labels.words
    blocks = []
    for measured in [None, *dict.fromkeys(data.loc[~shares, "measured"])]:
        # All shares have one scale; a mean has that of its question.
        rows = data[shares] if measured is None else data[~shares & (data["measured"] == measured)]
        if rows.empty:
            continue
        statements = [
            _Statement(
                words.own(row, "statement"),
                _marks(row, _FIGURES, labels),
                (row["published_low"], row["published_high"]),
                _published(row, words),
            )
            for row in rows.to_dict("records")
        ]
        blocks.append(
            _Block(
                words("claims.shares") if measured is None else labels.question(measured),
                _PERCENT if measured is None else _with_ranges(_ends(rows, _FIGURES), statements),
                1 if measured is None else 2,
                statements,
            )
        )
    return blocks


def directions(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw what each stated direction rests on: a difference or association, above zero as it says.

    Parameters
    ----------
    frame : DataFrame
        Rows of details.csv; those with a difference are drawn, each unit on a scale of its own. Columns
        statement (or statement_<language>), unit, measured, difference, difference_ci_low,
        difference_ci_high, n (or difference_n, where the difference is of others than the estimate), and the
        same three with weighted_ before them.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        When no row can be drawn.
    """
    axes.describe(ax, partial(directions_words, frame, labels))
    _draw(ax, _direction_blocks(_with_difference(frame), labels), labels.words)


def directions_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `directions`."""
    data, words = _with_difference(frame), labels.words
    blocks = _direction_blocks(data, labels)
    above, adjusted = (
        words.integer((data[name] > 0).sum()) for name in ("difference_ci_low", "weighted_difference_ci_low")
    )
    drawn = [mark for block in blocks for statement in block.statements for mark in statement.marks]
    fixed = sum(mark.get("origin") == IMPLIED for mark in drawn)
    title = words(
        "title.directions_implied" if fixed else f"title.directions{_assumed(labels)}",
        above=above,
        adjusted=adjusted,
        fixed=words.integer(fixed),
        all=words.integer(len(data)),
    )
    return _words("directions", title, data, blocks, words, _assumed(labels))


def _assumed(labels: Labels) -> str:
    """The ending of messages that do without what tests and intervals decide."""
    return "" if is_evidence(labels.codebook) else "_assumed"


def _with_difference(frame: pd.DataFrame) -> pd.DataFrame:
    needed = ("statement", "unit", "measured", *_DIFFERENCES)
    data = _drawn(frame, needed, ("difference",), "claims.figures.directions")
    return data.assign(n=data["difference_n"]) if "difference_n" in data else data


def _direction_blocks(data: pd.DataFrame, labels: Labels) -> list[_Block]:
    words, blocks = labels.words, []
    for unit in dict.fromkeys(data["unit"]):
        rows = data[data["unit"] == unit]
        decimals = 1 if unit == "percent" else 2
        measured = ", ".join(dict.fromkeys(labels.question(name) for name in rows["measured"]))
        statements = [
            _Statement(
                words.own(row, "statement"),
                _marks(row, _DIFFERENCES, labels),
                None,
                words.number(row["difference"], decimals),
            )
            for row in rows.to_dict("records")
        ]
        heading = words(f"claims.unit.{unit}", label=measured)
        low, high = _with_ranges(_ends(rows, _DIFFERENCES), statements)
        blocks.append(_Block(heading, (min(0.0, low), max(0.0, high)), decimals, statements))
    return blocks


def _drawn(frame: pd.DataFrame, needed: Sequence[str], present: Sequence[str], what: str) -> pd.DataFrame:
    """The rows that can be drawn, their numbers as numbers."""
    require(frame, needed, what)
    texts = {"type", "statement", "unit", "measured"}
    numbers = [c for c in frame if (c in needed and c not in texts) or c.startswith("weighted")]
    data = frame.assign(**{c: pd.to_numeric(frame[c], errors="coerce") for c in numbers})
    data = data.dropna(subset=list(present))
    require(data, needed, f"{what} (rows with {' and '.join(present)})")
    return data


def _ends(rows: pd.DataFrame, values: tuple[str, str, str]) -> tuple[float, float]:
    """The lowest and the highest end of all intervals, weighted ones too."""
    ends = rows[[c for c in rows if c.removeprefix("weighted_") in values[1:]]]
    return float(ends.min().min()), float(ends.max().max())


def _with_ranges(ends: tuple[float, float], statements: Sequence[_Statement]) -> tuple[float, float]:
    """Ends of a scale that holds the ranges over other reconstructions, too."""
    marks = [mark for statement in statements for mark in statement.marks]
    known = [mark[end] for mark in marks if has_range(mark) for end in RANGE[:2]]
    return min([ends[0], *known]), max([ends[1], *known])


def _marks(row: Row, values: tuple[str, str, str], labels: Labels) -> list[Row]:
    """The estimate and, where there is one, the weighted estimate, as marks with intervals.

    Of reconstructed answers the unweighted one alone, with its origin, with an interval where it is a share
    of everybody that was published, and with its range where it is assumed.
    """
    if not is_evidence(labels.codebook):
        estimate, low, high = (row.get(name, np.nan) for name in values)
        if values == _DIFFERENCES or not statement_interval(row, labels.codebook):
            low = high = np.nan
        return [
            {"estimate": estimate, "ci_low": low, "ci_high": high, "weighted": False}
            | {"origin": statement_origin(row, values[0])}
            | statement_range(row, labels.codebook, values[0])
        ]
    weighted = tuple("weighted" if name == "unweighted" else f"weighted_{name}" for name in values)
    marks = []
    for kind, names in ((False, values), (True, weighted)):
        estimate, low, high = (row.get(name, np.nan) for name in names)
        if not pd.isna(estimate):
            marks.append({"estimate": estimate, "ci_low": low, "ci_high": high, "weighted": kind})
    return marks


def _published(row: Row, words: Wording) -> str:
    """The figure as printed where it was printed exactly, else the values that its words allow."""
    if row["type"] == "exact":
        return words.number(row["published"], int(row["decimals"]))
    low, high = row["published_low"], row["published_high"]
    whole = all(abs(end - round(end)) < 1e-9 for end in (low, high))
    return words.span(low, high, "number", 0 if whole else 1)


def _draw(ax: Axes, blocks: Sequence[_Block], words: Wording) -> None:
    """Draw blocks of statements beneath one another; on a phone each statement stands above its marks."""
    every = [statement for block in blocks for statement in block.statements]
    phone = axes.is_phone(ax)
    drawn = [mark for statement in every for mark in statement.marks]
    legend = marks.key(drawn, words) + marks.range_key(drawn, words)
    if any(statement.published for statement in every):
        legend.insert(0, (marks.mark(**_PUBLISHED), words("claims.published")))
    rows = [
        [
            axes.Row(s.text, block.heading if len(blocks) > 1 else "", 17.0 * len(s.marks) + 6)
            for s in block.statements
        ]
        for block in blocks
    ]
    layout = axes.Layout(
        right=max(text_width(s.value, _TEXT, bold=True) for s in every) + 10,
        legend=legend,
        legend_left=0.0,
        share=0.44,
        above=phone,
        size=theme.SMALL if phone else _TEXT,
        rules=True,
        pad=8.0,
        inset=14.0 if phone else 6.0,
    )
    for block, (one, ys) in zip(blocks, axes.stack(ax, rows, layout), strict=True):
        ticks = axes.scale(one, *block.ends, count=4 if block.ends == _PERCENT else 5)
        step = ticks[1] - ticks[0]
        decimals = 0 if step >= 1 else 1 if step >= 0.1 else 2
        axes.tick_texts(one, lambda value, last, decimals=decimals: words.number(value, decimals))
        if ticks[0] <= 0 <= ticks[-1]:
            axes.baseline(one)
        _draw_statements(one, block.statements, ys)


def _draw_statements(ax: Axes, statements: Sequence[_Statement], ys: Sequence[float]) -> None:
    low, high = ax.get_xlim()
    unit = ax.get_position().width * axes.width(ax) / (high - low)
    spots: list[tuple[float, Row]] = []
    for y, statement in zip(ys, statements, strict=True):
        reach = 9 * len(statement.marks)
        if statement.published:
            start, end = statement.published
            if (end - start) * unit > 2.5:
                ax.barh(y, end - start, left=start, height=2 * reach, color=theme.MIDDLE, zorder=1)
                ax.vlines([start, end], y - reach, y + reach, theme.INK, linewidth=theme.points(1))
            else:
                ax.vlines((start + end) / 2, y - reach, y + reach, theme.INK, linewidth=theme.points(2))
        middle = (len(statement.marks) - 1) / 2
        spots += [(y + (i - middle) * 16, mark) for i, mark in enumerate(statement.marks)]
    marks.whiskers(ax, spots)
    values = [statement.value for statement in statements]
    axes.column(ax, ys, values, colors=[theme.INK] * len(values), bold=[True] * len(values), size=_TEXT)


def _words(
    name: str,
    title: str,
    data: pd.DataFrame,
    blocks: Sequence[_Block],
    words: Wording,
    ending: str = "",
) -> Words:
    spoken = "; ".join(
        words(
            f"{name}.spoken",
            statement=statement.text.rstrip(". "),
            published=statement.value,
            values=words.join(_spoken(mark, block, words) for mark in statement.marks),
        )
        for block in blocks
        for statement in block.statements
    )
    numbers = pd.to_numeric(data["n"], errors="coerce").dropna() if "n" in data else []
    interval = level(data.to_dict("records"), words)
    n = n_text(numbers, words) if len(numbers) else ""
    return Words(
        title,
        words(f"{name}.subtitle{ending}", n=n, level=interval),
        words(f"alt.{name}{ending}", values=spoken, level=interval),
    )


def _spoken(mark: Row, block: _Block, words: Wording) -> str:
    text = f"{words.weighting(mark['weighted'])} {words.number(mark['estimate'], block.decimals)}"
    if has_range(mark):
        ends = words.interval(mark["range_low"], mark["range_high"], "number", block.decimals)
        return f"{text} ({words('ensemble.range', range=ends)})"
    if pd.isna(mark["ci_low"]):
        return text
    return f"{text} ({words.interval(mark['ci_low'], mark['ci_high'], 'number', block.decimals)})"
