"""The figure of estimates over waves: a part for each, on one scale."""

from functools import partial

import pandas as pd
from matplotlib.axes import Axes

from nsmo.present import axes, plots
from nsmo.present.arrange import Block
from nsmo.present.labels import Labels
from nsmo.present.sentences import Words
from nsmo.stages.trend import words


def series(frame: pd.DataFrame, labels: Labels, texts: Words, *, ax: Axes) -> None:
    """Draw estimates wave by wave, those of one question and answer below each other.

    Parameters
    ----------
    frame : DataFrame
        Rows of `Trend.series` of one statistic.
    labels : Labels
    texts : Words
        Title, subtitle and alternative text.
    ax : Axes
    """
    blocks = []
    for _, rows in frame.groupby(["question", "option"], sort=False):
        heading = words.what(rows.iloc[0], labels)
        if otherwise := words.remarks(max(rows["asked_otherwise"]), labels):
            heading = f"{heading} ({otherwise})"
        for wave, own in rows.groupby("wave", sort=False):
            blocks.append(Block(heading, str(wave), words.drawn(own)))
    proportion = frame["statistic"].iloc[0] == "proportion"
    axes.describe(ax, partial(tuple, texts))
    plots.estimate_rows(ax, blocks, labels.words, proportion=proportion)
