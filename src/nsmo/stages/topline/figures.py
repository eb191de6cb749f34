"""The figure that fits the answers to a question, or to a battery."""

import pandas as pd

from nsmo.present import figures
from nsmo.present.sheet import Picture
from nsmo.study import Codebook


def picture(frame: pd.DataFrame, codebook: Codebook, language: str) -> Picture:
    """Draw the result of a question, or of a battery, as its type asks for.

    Parameters
    ----------
    frame : DataFrame
        One of the `results`.
    codebook : Codebook
        Of the same wave.
    language : str
        nl or en.
    """
    names = frame["question"].unique()
    if len(names) > 1:
        return figures.likert(frame, codebook, language)
    shares = frame[frame["statistic"] == "proportion"]
    if codebook.variable(names[0]).type == "numeric":
        if shares["option"].str.fullmatch(r"\d+").all():
            return figures.distribution(shares, codebook, language)
        return figures.shares(shares, codebook, language, sort=False)
    return figures.shares(shares, codebook, language)
