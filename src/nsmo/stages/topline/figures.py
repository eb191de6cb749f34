"""The figure that fits the answers to a question, or to a battery."""

import pandas as pd
from matplotlib.axes import Axes

from nsmo.present import plots
from nsmo.present.labels import Labels


def answers(frame: pd.DataFrame, labels: Labels, *, ax: Axes) -> None:
    """Draw the result of a question, or of a battery, as its type asks for.

    Parameters
    ----------
    frame : DataFrame
        One of the `results`.
    labels : Labels
    ax : Axes
    """
    names = frame["question"].unique()
    shares = frame[frame["statistic"] == "proportion"]
    if len(names) > 1:
        plots.likert(frame, labels, ax=ax)
    elif labels.codebook.variable(names[0]).type != "numeric":
        plots.dots(shares, labels, ax=ax)
    elif shares["option"].str.fullmatch(r"\d+").all():
        plots.distribution(shares, labels, ax=ax)
    else:
        plots.dots(shares, labels, ax=ax, sort=False)
