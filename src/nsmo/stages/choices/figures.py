"""How far choices move the headlines, as a figure."""

from functools import partial

import pandas as pd
from matplotlib.axes import Axes

from nsmo.present import axes, listed, marks, theme
from nsmo.present.frames import require
from nsmo.present.labels import Labels
from nsmo.present.sentences import Words
from nsmo.present.shown import marked, of_counts
from nsmo.results import ORIGIN


def extremes(
    frame: pd.DataFrame, labels: Labels, *, ax: Axes, all_of_them: pd.DataFrame | None = None
) -> None:
    """Draw each headline as it was reported, on a bar over all that choices could have made of it.

    Parameters
    ----------
    frame : DataFrame
        Columns question, option, reported, lowest, highest, points, combinations.
    labels : Labels
    ax : Axes
    all_of_them : DataFrame, optional
        Columns question, option, share: each combination is a stroke on the bar.

    Raises
    ------
    StudyError
        For absent columns or a frame without rows.
    """
    rows = _rows(frame, labels)
    axes.describe(ax, partial(extremes_words, frame, labels))
    words, origin = labels.words, of_counts(labels.codebook)
    other = (marks.mark(color=theme.WEIGHTED, marker="|"), words("choices.extremes.others"))
    reported = marks.key(rows, words) or [
        (marks.mark(**theme.MARKS[False]), words("choices.extremes.reported"))
    ]
    ys = listed.headlines(
        ax,
        [labels.share(row["question"], row["option"]) for row in rows],
        [f"{words.percent(row['lowest'])} – {words.percent(row['highest'])}" for row in rows],
        labels,
        legend=[*reported, other, *marks.area_key(origin, words)],
        height=22,
    )
    for y, row in zip(ys, rows, strict=True):
        width = row["highest"] - row["lowest"]
        bar = marks.over(theme.MIDDLE if origin else theme.FAINT, origin)
        ax.barh(y, width, left=row["lowest"], height=11, linewidth=0, zorder=2, **bar)
        if all_of_them is not None:
            mine = (all_of_them["question"] == row["question"]) & (all_of_them["option"] == row["option"])
            values = all_of_them.loc[mine, "share"].dropna().unique()
            ax.vlines(values, y - 5.5, y + 5.5, theme.WEIGHTED, linewidth=0.5, zorder=3)
        for style in marks.layers(False, row[ORIGIN]):
            ax.plot(row["reported"], y, zorder=4, **style)


def extremes_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `extremes`."""
    rows, words = _rows(frame, labels), labels.words
    most = max(rows, key=lambda row: row["points"])
    spoken = "; ".join(
        words(
            "choices.extremes.spoken",
            label=labels.share(row["question"], row["option"]),
            reported=words.percent(row["reported"]),
            low=words.percent(row["lowest"]),
            high=words.percent(row["highest"]),
        )
        for row in rows
    )
    return Words.of(
        words,
        "choices.extremes",
        label=labels.share(most["question"], most["option"]),
        points=words.number(most["points"], 0),
        combinations=words.integer(max(row["combinations"] for row in rows)),
        values=spoken,
    )


def _rows(frame: pd.DataFrame, labels: Labels) -> list[dict]:
    """The headlines with the origin of what was reported."""
    needed = ("question", "option", "reported", "lowest", "highest", "points", "combinations")
    require(frame, needed, "choices.figures.extremes")
    shares = frame.assign(estimate=frame["reported"], statistic="proportion", weighted=False)
    return marked(shares.to_dict("records"), labels.codebook)
