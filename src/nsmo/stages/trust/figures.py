"""How far the results can be trusted, as figures: who may have stayed away, and who left what open."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from nsmo.present import axes, listed, marks, plots, theme
from nsmo.present.frames import Row, require
from nsmo.present.labels import Labels
from nsmo.present.sentences import Words, level, n_text
from nsmo.present.shown import of_headlines

_PARTS = ((theme.UNWEIGHTED, "nonresponse.silent"), (theme.HIGH[0], "nonresponse.dont_know"))
_TOGETHER = ((theme.UNWEIGHTED, "nonresponse_together.either"),)


def selection(frame: pd.DataFrame, labels: Labels, *, ax: Axes, odds: Sequence[float]) -> None:
    """Draw each headline as it was found, and what it would be if those who say so took part more readily.

    Parameters
    ----------
    frame : DataFrame
        Columns question, option, by, group, n, share, ci_low, ci_high; `confidence` is the level of the
        intervals.
    labels : Labels
    ax : Axes
    odds : sequence of float
        The odds ratios, each the name of a column.

    Raises
    ------
    StudyError
        For absent columns or a frame without rows.
    """
    rows, tilts, words = _headlines(frame, odds, labels), _columns(odds), labels.words
    axes.describe(ax, partial(selection_words, frame, labels, odds=odds))
    texts = [f"{words.percent(row['share'])} → {words.percent(row[tilts[-1]])}" for row in rows]
    tilted = {**theme.MARKS[True], "markersize": theme.points(7)}
    ratios = _ratios(odds, labels)
    found = marks.key(rows, words) or [(marks.mark(**theme.MARKS[False]), words("trust.tilts.found"))]
    ys = listed.headlines(
        ax,
        [_headline(row, labels) for row in rows],
        texts,
        labels,
        legend=[*found, (marks.mark(**theme.MARKS[True]), words("trust.tilts.tilted", odds=ratios))],
        height=20,
        color=theme.UNWEIGHTED,
    )
    share = [row["share"] for row in rows]
    ends = [row[tilts[-1]] for row in rows]
    ax.hlines(ys, ends, share, theme.WEIGHTED, linewidth=0.75, linestyles=(0, (3, 3)))
    for name in tilts:
        ax.plot([row[name] for row in rows], ys, linestyle="none", zorder=3, **tilted)
    marks.whiskers(ax, list(zip(ys, rows, strict=True)))


def selection_words(frame: pd.DataFrame, labels: Labels, *, odds: Sequence[float]) -> Words:
    """Return the words of `selection`."""
    rows, tilts, words = _headlines(frame, odds, labels), _columns(odds), labels.words
    spoken = "; ".join(
        words(
            "trust.tilts.spoken",
            label=_headline(row, labels),
            share=words.percent(row["share"]),
            interval=", ".join(words.facts({**row, "statistic": "proportion"}, level=False)[:-1]),
            values=words.join(
                words(
                    "trust.tilts.one",
                    ratio=_ratios([float(name)], labels),
                    share=words.percent(row[name]),
                )
                for name in tilts
            ),
        )
        for row in rows
    )
    first = rows[0]
    return Words.of(
        words,
        "trust.tilts",
        label=_headline(first, labels),
        share=words.percent(first["share"]),
        first=words.percent(first[tilts[0]]),
        least=_ratios([min(odds)], labels),
        tilted=words.percent(first[tilts[-1]]),
        most=_ratios([max(odds)], labels),
        odds=_ratios(odds, labels),
        n=n_text((row["n"] for row in rows), words),
        level=level(rows, words),
        values=spoken,
    )


def _columns(odds: Sequence[float]) -> list[str]:
    return [f"{ratio:g}" for ratio in sorted(odds)]


def _ratios(odds: Sequence[float], labels: Labels) -> str:
    return labels.words.join(labels.words.number(ratio, 1 if ratio % 1 else 0) for ratio in sorted(odds))


def _headlines(frame: pd.DataFrame, odds: Sequence[float], labels: Labels) -> list[Row]:
    needed = ("question", "option", "by", "group", "n", "share", "ci_low", "ci_high")
    require(frame, (*needed, *_columns(odds)), "trust.figures.selection")
    shown = of_headlines(frame[frame["share"].notna()], labels.codebook)
    return shown.assign(estimate=shown["share"], weighted=False).to_dict("records")


def _headline(row: Row, labels: Labels) -> str:
    return labels.share(row["question"], row["option"], row["by"], row["group"])


def nonresponse(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw how many left each question without an answer, and how many did not know.

    Parameters
    ----------
    frame : DataFrame
        Columns question, asked, without, with_dont_know (fractions). Questions that everybody answered are
        counted, not drawn. Where `without` is not told of a question, none is split.
    labels : Labels
    ax : Axes

    Raises
    ------
    StudyError
        For absent columns or a frame without rows.
    """
    asked, shown = _questions(frame)
    words, rows, split = labels.words, shown.to_dict("records"), _split(asked)
    axes.describe(ax, partial(nonresponse_words, frame, labels))
    silent = shown["without" if split else "with_dont_know"].to_numpy(float)
    numbers = (silent, shown["with_dont_know"].to_numpy(float) - silent)
    kinds = _PARTS if split else _TOGETHER
    listed.parts(
        ax,
        [labels.question(row["question"]) for row in rows],
        [words.percent(row["with_dont_know"]) for row in rows],
        labels,
        of=[
            listed.Part(words(f"trust.{name}"), color, values)
            for (color, name), values in zip(kinds, numbers, strict=False)
        ],
        scale=lambda ax: plots.percent_scale(ax, words, max(float(asked["with_dont_know"].max()), 0.02)),
    )


def nonresponse_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `nonresponse`."""
    asked, shown = _questions(frame)
    words = labels.words
    most = asked.loc[asked["with_dont_know"].idxmax()]
    common: dict[str, Any] = {
        "most_with": words.percent(most["with_dont_know"]),
        "label": labels.question(most["question"]),
        "n": n_text(asked["asked"], words),
        "none": words.integer(len(asked) - len(shown)),
    }
    if not _split(asked):
        spoken = "; ".join(
            words(
                "trust.nonresponse_together.spoken",
                label=labels.question(row["question"]),
                share=words.percent(row["with_dont_know"]),
                n=words.integer(row["asked"]),
            )
            for row in shown.to_dict("records")
        )
        return Words.of(words, "trust.nonresponse_together", **common, values=spoken)
    silent = asked.loc[asked["without"].idxmax()]
    spoken = "; ".join(
        words(
            "trust.nonresponse.spoken",
            label=labels.question(row["question"]),
            silent=words.percent(row["without"]),
            dont_know=words.percent(row["with_dont_know"] - row["without"]),
            n=words.integer(row["asked"]),
        )
        for row in shown.to_dict("records")
    )
    return Words.of(
        words,
        "trust.nonresponse",
        **common,
        most=words.percent(silent["without"]),
        most_label=labels.question(silent["question"]),
        values=spoken,
    )


def _split(asked: pd.DataFrame) -> bool:
    """Whether it may be told how many did not know, and how many were silent."""
    return bool(asked["without"].notna().all())


def _questions(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The questions that were put, and those of them that somebody left open, most first."""
    require(frame, ("question", "asked", "without", "with_dont_know"), "trust.figures.nonresponse")
    asked = frame[frame["asked"] > 0]
    left_open = asked[asked["with_dont_know"] > 0]
    return asked, left_open.sort_values("with_dont_know", ascending=False, kind="stable")
