"""What weighting does to each margin, and how the weights are spread."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nsmo.present import axes, marks, plots, theme
from nsmo.present.frames import Row, require
from nsmo.present.labels import Labels
from nsmo.present.lettering import text_width
from nsmo.present.sentences import Words
from nsmo.present.shown import of_counts
from nsmo.stats.quantiles import weighted_quantile
from nsmo.study.errors import StudyError

_SHARES = ["before", "target", "after"]
_TARGET = {
    "marker": "|",
    "color": theme.INK,
    "markersize": theme.points(18),
    "markeredgewidth": theme.points(2.5),
}
_AFTER = theme.MARKS[True]


def margins(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw each category of each margin: its share of the sample, of the population, and after weighting.

    Parameters
    ----------
    frame : DataFrame
        Columns margin, category, n, before, target, after (fractions), period, table.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        For absent columns.
    """
    rows, words = _margin_rows(frame), labels.words
    axes.describe(ax, partial(margins_words, frame, labels))
    texts = [f"{words.percent(row['before'])} → {words.percent(row['target'])}" for row in rows]
    # Of which class a respondent is was assumed with the answers; the population is known.
    origin = of_counts(labels.codebook)
    before_style = marks.layers(False, origin)[-1]
    sample = words("margins.before")
    if origin:
        sample = words("origin.both", weighting=sample, origin=words(f"origin.legend.{origin}"))
    wide = 0.0 if axes.is_phone(ax) else max(text_width(text, theme.SMALL) for text in texts)
    ys = axes.rows(
        ax,
        [axes.Row(_category(row, labels), _heading(row, labels)) for row in rows],
        axes.Layout(
            right=wide + 18,
            legend=[
                (marks.mark(**before_style), sample),
                (marks.mark(**{**_TARGET, "markersize": theme.points(12)}), words("margins.target")),
                (marks.mark(**_AFTER), words("margins.after")),
            ],
            legend_left=0.0,
        ),
    )
    plots.percent_scale(ax, words, float(frame[_SHARES].max().max()))
    before, target, after = frame[_SHARES].to_numpy(float).T
    ax.hlines(ys, before, target, theme.MUTED, linewidth=theme.points(1.2))
    size = {"linestyle": "none", "clip_on": False}
    ax.plot(target, ys, **_TARGET, **size)
    ax.plot(after, ys, **_AFTER, **size)
    ax.plot(before, ys, **before_style | size)
    if wide:
        muted, plain = [theme.MUTED] * len(rows), [False] * len(rows)
        axes.column(ax, ys, texts, colors=muted, bold=plain, size=theme.SMALL)


def margins_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `margins`."""
    rows, words = _margin_rows(frame), labels.words
    widest = max(rows, key=lambda row: abs(row["before"] - row["target"]))
    spoken = "; ".join(
        words(
            "margins.spoken",
            label=labels.category(row["margin"], row["category"]),
            **{name: words.percent(row[name]) for name in _SHARES},
        )
        for row in rows
    )
    sources = dict.fromkeys(str(row.get("table") or "") for row in rows)
    n = words.integer(frame.groupby("margin")["n"].sum().max())
    return Words(
        words(
            "title.margins",
            label=labels.category(widest["margin"], widest["category"]),
            before=words.percent(widest["before"]),
            target=words.percent(widest["target"]),
        ),
        words("margins.subtitle", tables=words.join(filter(None, sources)) or "–", n=n),
        words("alt.margins", values=spoken),
    )


def _margin_rows(frame: pd.DataFrame) -> list[Row]:
    require(frame, ("margin", "category", "n", *_SHARES), "weight.figures.margins")
    return frame.to_dict("records")


def _category(row: Row, labels: Labels) -> str:
    label = labels.category(row["margin"], row["category"])
    return labels.words("group.n", label=label, n=labels.words.integer(row["n"]))


def _heading(row: Row, labels: Labels) -> str:
    name, period = labels.margin(row["margin"]), row.get("period")
    return labels.words("margins.heading", name=name, period=labels.words.date(period)) if period else name


def weights(frame: pd.DataFrame, labels: Labels, *, ax: Axes, bound: float | None = None) -> None:
    """Draw how the weights are spread, scaled to mean 1.

    Parameters
    ----------
    frame : DataFrame
        ``weight, n``: each weight, and how many respondents have it.
    labels : Labels
    ax : Axes
    bound : float, optional
        The highest weight that was allowed.

    Raises
    ------
    StudyError
        For missing or negative weights.
    """
    # Imported here: no other figure needs it.
    import seaborn as sns

    scaled, words = _scaled(frame), labels.words
    axes.describe(ax, partial(weights_words, frame, labels))
    origin = of_counts(labels.codebook)
    top = axes.legend(ax, marks.area_key(origin, words), 34.0) if origin else 0.0
    axes.place(ax, left=34, right=8, top=top + 26, inside=194, bottom=46)
    ticks = axes.scale(ax, 0, max(scaled.max(), bound or 0), count=6)
    bins = {"bins": 30, "binrange": (ticks[0], ticks[-1])}
    edge = {"edgecolor": theme.PAPER, "linewidth": theme.points(1)}
    fill = edge | ({"hatch": marks.over(theme.WEIGHTED, origin)["hatch"]} if origin else {})
    sns.histplot(
        x=scaled,
        weights=frame["n"].to_numpy(),
        ax=ax,
        color=theme.WEIGHTED,
        alpha=1,
        legend=False,
        **bins,
        **fill,
    )
    axes.scale(ax, 0, ax.dataLim.y1, count=4, axis="y")
    decimals = 0 if ticks[1] >= 1 else 1
    axes.tick_texts(ax, lambda value, last: words.number(value, decimals))
    axes.tick_texts(ax, lambda value, last: words.integer(value), axis="y")
    ax.set(xlabel=words("weights.axis"), ylabel="")
    ax.grid(visible=False, axis="x")
    axes.baseline(ax, axis="y")
    for value, text in ((1.0, words("weights.mean")), (bound, words("weights.bound"))):
        if value:
            ax.axvline(
                value, ymax=1.05, color=theme.INK, linewidth=0.75, linestyle=(0, (3, 3)), clip_on=False
            )
            right = value > 0.8 * ticks[-1]
            ax.annotate(
                text,
                (value, 1),
                (-4 if right else 4, 6),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                horizontalalignment="right" if right else "left",
                fontsize=theme.points(theme.SMALL),
            )


def weights_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `weights`."""
    scaled, words = _scaled(frame), labels.words
    number = frame["n"].to_numpy(dtype=float)
    n, n_eff = number.sum(), (number * scaled).sum() ** 2 / (number * scaled**2).sum()
    cost = {"n": words.integer(n), "n_eff": words.integer(n_eff), "deff": words.number(n / n_eff, 2)}
    # Half-way where the half is just reached, as one learns it at school.
    middle = weighted_quantile(scaled, number, 0.5, "school")
    low, median, high = (words.number(float(end), 2) for end in (scaled.min(), middle, scaled.max()))
    return Words(
        words("title.weights", **cost),
        words("weights.subtitle", **cost),
        words("alt.weights", low=low, median=median, high=high, **cost),
    )


def _scaled(frame: pd.DataFrame) -> np.ndarray:
    weights = frame["weight"].to_numpy(dtype=float)
    wrong = ~np.isfinite(weights) | (weights < 0)
    if weights.size == 0 or wrong.any():
        raise StudyError(
            found=f"{int(wrong.sum())} of {weights.size} weights are no finite number ≥ 0",
            where="the weights given to weight.figures.weights",
            expected="one finite weight ≥ 0 for each respondent",
            fix="pass the weights of nsmo.stages.weight.Weighting",
        )
    number = frame["n"].to_numpy(dtype=float)
    return weights / ((number * weights).sum() / number.sum())
