"""What published figures alone can say, as figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nsmo.present import axes, marks, plots, theme
from nsmo.present.frames import require
from nsmo.present.labels import Labels
from nsmo.present.lettering import line_height, text_width, wrap
from nsmo.present.sentences import Words, n_text
from nsmo.present.wording import Wording

# -- numbers of respondents ------------------------------------------------------------------------------


def fits(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw how many of the published percentages each number of respondents can have given.

    Parameters
    ----------
    frame : DataFrame
        Columns n, fits, of: a row per number of respondents.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        For absent columns or a frame without rows.
    """
    require(frame, ("n", "fits", "of"), "published.figures.fits")
    axes.describe(ax, partial(fits_words, frame, labels))
    words, full = labels.words, axes.width(ax)
    top, of = int(frame["fits"].max()), int(frame["of"].max())
    first, last = int(frame["n"].min()), int(frame["n"].max())
    axes.place(ax, left=26, right=16, top=30, inside=200, bottom=44)
    axes.scale(ax, first, last, count=5)
    ax.set_xlim(first - 1, last + 1)
    ax.set_xticks([tick for tick in ax.get_xticks() if first <= tick <= last])
    ax.set(ylim=(0, of), yticks=range(0, of + 1, 2 if of > 5 else 1), xlabel=words("evidence.fits.axis"))
    for axis in ("x", "y"):
        axes.tick_texts(ax, lambda value, last: words.integer(value), axis=axis)
    ax.grid(visible=False, axis="x")
    axes.baseline(ax, axis="y")
    unit = (full - 42) / (last - first + 2)
    best = frame["fits"] == top
    for chosen, color, least in ((~best, theme.HIGH[0], 0.6), (best, theme.UNWEIGHTED, 2.4)):
        part = frame[chosen & (frame["fits"] > 0)]
        ax.bar(part["n"], part["fits"], width=max(unit - 0.25, least) / unit, color=color)
    if best.sum() <= 6:
        for n in frame.loc[best, "n"]:
            label = words("n.one", n=words.integer(n))
            half = text_width(label, bold=True) / 2 / unit
            x = min(max(n, first + half), last - half)
            ax.annotate(
                label,
                (x, top),
                (0, 5),
                textcoords="offset points",
                horizontalalignment="center",
                color=theme.UNWEIGHTED,
                fontweight="bold",
            )


def fits_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `fits`."""
    require(frame, ("n", "fits", "of"), "published.figures.fits")
    words, top = labels.words, int(frame["fits"].max())
    rest = frame.loc[frame["fits"] < top, "fits"]
    return Words.of(
        words,
        "evidence.fits",
        best=words.join(words.integer(n) for n in frame.loc[frame["fits"] == top, "n"]),
        fits=top,
        of=int(frame["of"].max()),
        low=int(frame["n"].min()),
        high=int(frame["n"].max()),
        rest=words.integer(rest.max() if len(rest) else 0),
        median=words.integer(frame["fits"].median()),
    )


# -- published percentages, and those of others ----------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    """A percentage, as it was published or (not `own`) found by another survey."""

    heading: str
    label: str
    value: float
    text: str
    low: float = float("nan")
    high: float = float("nan")
    own: bool = True


def intervals(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw each published percentage with the interval it would have if the respondents were a random sample.

    Parameters
    ----------
    frame : DataFrame
        Columns statement (and statement_<language>), published, ci_low, ci_high (fractions), decimals,
        n_low, n_high.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        As in `fits`.
    """
    axes.describe(ax, partial(intervals_words, frame, labels))
    _draw_lines(ax, _published_lines(frame, labels.words), labels.words)


def intervals_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `intervals`."""
    words = labels.words
    lines = _published_lines(frame, words)
    whole = frame[frame["n_low"] == frame["n_high"]]
    half = (whole["ci_high"] - whole["ci_low"]) / 2
    return Words.of(
        words,
        "evidence.intervals",
        n=n_text([frame["n_low"].max()], words),
        low=words.number(100 * half.min(), 0),
        high=words.number(100 * half.max(), 0),
        values="; ".join(
            f"{line.label}: {line.text} ({words.interval(line.low, line.high, 'percent')})"
            for line in lines
            if not pd.isna(line.low)
        ),
    )


def _published_lines(frame: pd.DataFrame, words: Wording) -> list[_Line]:
    needed = ("statement", "published", "ci_low", "ci_high", "decimals", "n_low", "n_high")
    require(frame, needed, "published.figures.intervals")
    return [
        _Line(
            "",
            words.own(row, "statement"),
            row["published"],
            words.percent(row["published"], _decimals(row)),
            row["ci_low"],
            row["ci_high"],
        )
        for row in frame.to_dict("records")
    ]


def benchmarks(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw published percentages with their intervals, and beneath each what other surveys found.

    Parameters
    ----------
    frame : DataFrame
        Columns claim, statement (and statement_<language>), published, ci_low, ci_high, decimals, n_high,
        label (and label_<language>), source, year, population, breakdown, category, value, derived;
        fractions. Rows of one claim stand together.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        As in `fits`.
    """
    words = labels.words
    axes.describe(ax, partial(benchmarks_words, frame, labels))
    legend = [
        (marks.mark(**theme.MARKS[not own]), words(f"evidence.benchmarks.{name}"))
        for own, name in ((True, "own_mark"), (False, "other_mark"))
    ]
    _draw_lines(ax, _benchmark_lines(frame, words), words, legend)


def benchmarks_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `benchmarks`."""
    words = labels.words
    spoken = [
        f"{line.heading}: {line.label} {line.text} ({words.interval(line.low, line.high, 'percent')})"
        if line.own
        else f"{line.label}: {line.text}"
        for line in _benchmark_lines(frame, words)
    ]
    # Only a share of the same group can be held against ours; the others count other organisations.
    comparable = frame[frame["derived"].astype(bool)]
    below = comparable["value"] < comparable["ci_low"]
    title = words("evidence.benchmarks.title_none")
    if len(comparable):
        counts = {"below": words.integer(below.sum()), "all": words.integer(len(comparable))}
        title = words("evidence.benchmarks.title", **counts)
    subtitle = words("evidence.benchmarks.subtitle", n=n_text(frame["n_high"], words))
    return Words(title, subtitle, words("evidence.benchmarks.alt", values="; ".join(spoken)))


def _benchmark_lines(frame: pd.DataFrame, words: Wording) -> list[_Line]:
    needed = ("claim", "statement", "published", "ci_low", "ci_high", "label", "source", "year", "value")
    more = ("population", "breakdown", "category", "derived")
    require(frame, (*needed, *more), "published.figures.benchmarks")
    lines = []
    for _, part in frame.groupby("claim", sort=False):
        first = part.iloc[0]
        heading, text = words.own(first, "statement"), words.percent(first["published"], _decimals(first))
        label = words("evidence.benchmarks.own")
        lines.append(_Line(heading, label, first["published"], text, first["ci_low"], first["ci_high"]))
        for row in part.to_dict("records"):
            label = words.own(row, "label")
            of = "" if row["breakdown"] == "total" else f" ({row['category']})"
            label = f"{label[:1].upper()}{label[1:]}: {row['population']}{of}, {row['year']}; {row['source']}"
            lines.append(_Line(heading, label, row["value"], words.percent(row["value"], 0), own=False))
    return lines


def _decimals(row: Any) -> int:
    return 0 if pd.isna(row["decimals"]) else int(row["decimals"])


def _draw_lines(
    ax: Axes, lines: Sequence[_Line], words: Wording, legend: Sequence[tuple[Any, str]] = ()
) -> None:
    """Draw percentages on one scale from 0 to 100; on a phone their texts stand above them."""
    phone = axes.is_phone(ax)
    ys = axes.rows(
        ax,
        [axes.Row(line.label, line.heading, height=20 if phone else 17) for line in lines],
        axes.Layout(
            right=max(text_width(line.text, bold=True) for line in lines) + 14,
            legend=legend,
            legend_left=0.0,
            share=0.5,
            above=phone,
            size=theme.SMALL if phone else 12.0,
            pad=9.0,
        ),
    )
    plots.percent_scale(ax, words, 1.0)
    for own in (True, False):
        spots = [(y, line) for y, line in zip(ys, lines, strict=True) if line.own == own]
        at, value, low, high = (
            np.array([(y, line.value, line.low, line.high) for y, line in spots], dtype=float)
            .reshape(-1, 4)
            .T
        )
        style = theme.MARKS[not own]
        marks.interval(ax, at, low, high, color=style["color"], zorder=2)
        ax.plot(value, at, linestyle="none", clip_on=False, zorder=3, **style)
    axes.column(
        ax,
        ys,
        [line.text for line in lines],
        colors=[theme.TEXTS[not line.own] for line in lines],
        bold=[line.own for line in lines],
    )


# -- splits ----------------------------------------------------------------------------------------------

_SPLITS: dict[str, dict[str, Any]] = {
    "rounded_figure": {"marker": "o", "color": theme.UNWEIGHTED},
    "worded_figure": {"marker": "o", "color": theme.UNWEIGHTED, "markerfacecolor": theme.PAPER},
}


def splits(frame: pd.DataFrame, labels: Labels, *, ax: Axes, alpha: float = 0.05) -> None:
    """Draw the p of the same comparison in every split of the respondents that the published shares allow.

    Parameters
    ----------
    frame : DataFrame
        Columns by, first, second (the groups), first_n, second_n, first_share, second_share, p,
        rounded: a row per split of one claim.
    labels : Labels
    ax : Axes
    alpha : float
        Level of the test; a line is drawn there.

    Raises
    ------
    StudyError
        As in `fits`.
    """
    words, values = labels.words, _split_values(frame, labels, alpha)
    axes.describe(ax, partial(splits_words, frame, labels, alpha=alpha))
    kinds = {"rounded_figure": frame["rounded"].astype(bool), "worded_figure": ~frame["rounded"].astype(bool)}
    kinds = {name: chosen for name, chosen in kinds.items() if chosen.any()}
    legend = [(marks.mark(**_SPLITS[name]), words(f"evidence.splits.{name}")) for name in kinds]
    name = wrap(words("evidence.splits.axis", **values), axes.width(ax) - 36, theme.SMALL)
    top = axes.legend(ax, legend)
    bottom = 32 + len(name) * line_height(theme.SMALL)
    axes.place(ax, left=46, right=14, top=top + 8, inside=190, bottom=bottom)
    axes.scale(ax, frame["first_n"].min(), frame["first_n"].max())
    heights = axes.scale(ax, 0, max(frame["p"].max(), 2 * alpha), axis="y")
    axes.tick_texts(ax, lambda value, last: words.integer(value))
    decimals = 2 if heights[1] < 0.1 else 1
    axes.tick_texts(ax, lambda value, last: words.number(value, decimals), axis="y")
    ax.set_xlabel("\n".join(name))
    ax.grid(visible=False, axis="x")
    axes.baseline(ax, axis="y")
    ax.axhline(alpha, color=theme.INK, linewidth=0.75, linestyle=(0, (3, 3)))
    ax.annotate(
        words("evidence.splits.alpha", **values),
        (1, alpha),
        (0, 4),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        horizontalalignment="right",
        fontsize=theme.points(theme.SMALL),
    )
    for kind, chosen in kinds.items():
        part = frame[chosen]
        ax.plot(part["first_n"], part["p"], linestyle="none", clip_on=False, **_SPLITS[kind])


def splits_words(frame: pd.DataFrame, labels: Labels, *, alpha: float = 0.05) -> Words:
    """Return the words of `splits`."""
    words, values = labels.words, _split_values(frame, labels, alpha)
    spoken = "; ".join(
        words(
            "evidence.splits.spoken",
            first=words.integer(row["first_n"]),
            second=words.integer(row["second_n"]),
            p=words.p_is(row["p"]),
        )
        for row in frame.sort_values("first_n").to_dict("records")
    )
    return Words.of(words, "evidence.splits", values=spoken, **values)


def _split_values(frame: pd.DataFrame, labels: Labels, alpha: float) -> dict[str, str]:
    needed = ("by", "first", "second", "first_n", "second_n", "first_share", "second_share", "p", "rounded")
    require(frame, needed, "published.figures.splits")
    words, row = labels.words, frame.iloc[0]
    return {
        "first": labels.group(row["by"], row["first"]),
        "second": labels.group(row["by"], row["second"]),
        "first_share": words.percent(frame["first_share"].mean(), 0),
        "second_share": words.percent(frame["second_share"].mean(), 0),
        "n": words.integer(row["first_n"] + row["second_n"]),
        "splits": words.integer(len(frame)),
        "rounded": words.integer(int(frame["rounded"].sum())),
        "low": words.p(frame["p"].min()),
        "high": words.p(frame["p"].max()),
        "alpha": words.p_is(alpha),
    }
