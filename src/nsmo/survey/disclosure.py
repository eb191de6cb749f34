"""What may not be shown, since a reader could tell who it is about."""

import numpy as np
import pandas as pd

from nsmo.results import VALUES


def suppress(frame: pd.DataFrame, min_n: int) -> pd.DataFrame:
    """Blank figures of too few respondents, and those that would give them away.

    Where one group alone is too small, everybody less the other groups would tell its figures: the next
    smallest group of that grouping is blanked too. How many respondents a group has stays.

    Parameters
    ----------
    frame : DataFrame
        Estimates with n, question, by, group, weighted.
    min_n : int
        Smallest number of respondents that may be shown.

    Returns
    -------
    DataFrame
        With the boolean column `suppressed`.

    Examples
    --------
    >>> from nsmo.results import COLUMNS
    >>> row = dict.fromkeys(COLUMNS) | {"question": "fresh", "by": "size", "weighted": False}
    >>> sizes = {"small": 30, "middle": 12, "large": 4}
    >>> frame = pd.DataFrame([row | {"group": name, "n": n, "estimate": 0.5} for name, n in sizes.items()])
    >>> suppress(frame, 10)["estimate"].tolist()
    [0.5, nan, nan]
    """
    frame = frame.copy()
    hide = frame["n"].to_numpy(dtype=float) < min_n
    grouped = frame["by"].notna().to_numpy()
    keys = ["question", "option", "by", "statistic", "weighted"]
    for rows in frame[grouped].groupby(keys, dropna=False, sort=False, observed=True).indices.values():
        places = np.flatnonzero(grouped)[rows]
        if hide[places].sum() == 1 and len(places) > 1:
            shown = places[~hide[places]]
            hide[shown[np.argmin(frame["n"].to_numpy(dtype=float)[shown])]] = True
    for column in VALUES:
        frame[column] = frame[column].astype(float).mask(hide)
    frame["suppressed"] = hide
    return frame
