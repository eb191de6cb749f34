"""Figures that the plan of a wave does not weigh, and that follow those that it does.

Shares of all answers and quantiles are no cells of the tables that the plan protects. With the figures that
are shown, the first would give hidden ones away; so they are shown for a whole banner, or not at all.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.results import OF_ANSWERS
from nsmo.stats.disclosure import sensitive

if TYPE_CHECKING:
    from nsmo.survey.protection import Limits


def follows(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Which rows the plan of the wave does not weigh: quantiles and shares of answers."""
    return ~frame["statistic"].isin(["proportion", "mean"]).to_numpy(dtype=bool)


def following(
    frame: pd.DataFrame, n: pd.Series, hidden: NDArray[np.bool_], follows: NDArray[np.bool_], limits: "Limits"
) -> NDArray[np.bool_]:
    """Hide what follows from hidden figures: all of a banner where one of its groups would tell something.

    Shares of answers, with the figures that are shown, would give the hidden ones away. A quantile is hidden
    where the mean is, and where fewer respondents than `min_count` lie beyond it.
    """
    key = pd.MultiIndex.from_frame(frame[["question", "by", "weighted"]].fillna(""))
    spread = frame["statistic"].str.startswith("quantile").to_numpy(dtype=bool)
    reason = sensitive(
        frame["count"],
        frame["n"],
        min_base=limits.min_base,
        min_count=limits.min_count,
        max_share=limits.max_share,
    )
    alone = follows & ~spread & (reason != "")
    of_answers = frame["statistic"].eq(OF_ANSWERS).to_numpy(dtype=bool)
    share = frame["statistic"].eq("proportion").to_numpy(dtype=bool) & ~follows
    gone = key.isin(key[alone | (share & hidden)].unique())
    found = follows & ~spread & gone
    # A share of answers says nothing of its own count that the share of respondents does not.
    found |= of_answers & gone
    means = frame["statistic"].eq("mean").to_numpy(dtype=bool)
    cell = pd.MultiIndex.from_frame(frame[["question", "by", "group", "weighted"]].fillna(""))
    beyond = frame["statistic"].str.removeprefix("quantile ").where(spread).astype(float)
    few = frame["n"] * np.minimum(beyond, 1 - beyond) < limits.min_count
    return found | (spread & (cell.isin(cell[means & hidden].unique()) | few.to_numpy(dtype=bool)))
