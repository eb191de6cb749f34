"""How far choices move the headlines, as a figure."""

from functools import partial

import pandas as pd
from matplotlib.axes import Axes

from nsmo.present import axes, marks, plots, theme
from nsmo.present.frames import require
from nsmo.present.labels import Labels
from nsmo.present.lettering import text_width
from nsmo.present.sentences import Words


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
    rows = _rows(frame)
    axes.describe(ax, partial(extremes_words, frame, labels))
    words, phone = labels.words, axes.is_phone(ax)
    texts = [f"{words.percent(row['lowest'])} – {words.percent(row['highest'])}" for row in rows]
    ys = axes.rows(
        ax,
        [axes.Row(labels.share(row["question"], row["option"]), height=22) for row in rows],
        axes.Layout(
            right=max(text_width(text, bold=True) for text in texts) + 16,
            legend=[
                (marks.mark(**theme.MARKS[False]), words("choices.extremes.reported")),
                (
                    marks.mark(color=theme.WEIGHTED, marker="|"),
                    words("choices.extremes.others"),
                ),
            ],
            legend_left=0.0,
            share=0.4,
            above=phone,
            size=theme.SMALL if phone else theme.TEXT,
            pad=8.0,
        ),
    )
    plots.percent_scale(ax, words, 1.0)
    for y, row in zip(ys, rows, strict=True):
        width = row["highest"] - row["lowest"]
        ax.barh(y, width, left=row["lowest"], height=11, color=theme.FAINT, zorder=2)
        if all_of_them is not None:
            mine = (all_of_them["question"] == row["question"]) & (all_of_them["option"] == row["option"])
            values = all_of_them.loc[mine, "share"].dropna().unique()
            ax.vlines(values, y - 5.5, y + 5.5, theme.WEIGHTED, linewidth=0.5, zorder=3)
        ax.plot(row["reported"], y, linestyle="none", zorder=4, **theme.MARKS[False])
    axes.column(ax, ys, texts, colors=[theme.INK] * len(rows), bold=[True] * len(rows))


def extremes_words(frame: pd.DataFrame, labels: Labels) -> Words:
    """Return the words of `extremes`."""
    rows, words = _rows(frame), labels.words
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


def _rows(frame: pd.DataFrame) -> list[dict]:
    needed = ("question", "option", "reported", "lowest", "highest", "points", "combinations")
    require(frame, needed, "choices.figures.extremes")
    return frame.to_dict("records")
