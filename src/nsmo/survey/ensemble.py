"""How far a figure of reconstructed answers could have come out otherwise: its range over an ensemble."""

import pandas as pd

FILE = "ensemble.csv"
#: What names a row of ensemble.csv, beside whether it is weighted.
NAMES = ["statement", "question", "option", "by", "group", "statistic"]
KEYS = [*NAMES, "weighted"]


def ranges(frame: pd.DataFrame, ensemble: pd.DataFrame) -> pd.DataFrame:
    """Add to estimates the smallest and the largest value over an ensemble of reconstructions.

    Parameters
    ----------
    frame : DataFrame
        Estimates, in the columns of `nsmo.results.COLUMNS`; statements have their id in `statement`.
    ensemble : DataFrame
        ensemble.csv of the wave.

    Returns
    -------
    DataFrame
        With ``range_low, range_high`` and ``members``, how many reconstructions that is over. Missing where
        the ensemble has no such figure, or the same in all members: then a publication, or an assumed count,
        fixes it, and a range would say that it is known.

    Examples
    --------
    >>> found = pd.DataFrame({"question": ["mood"], "option": ["top"], "weighted": [True]})
    >>> known = found.assign(low=0.4, high=0.7, members=200)
    >>> ranges(found, known)[["range_low", "range_high"]].values.tolist()
    [[0.4, 0.7]]
    """
    left, right = _keys(frame), _keys(ensemble)
    known = ensemble[["low", "high", "members"]].set_index(pd.MultiIndex.from_frame(right))
    found = known.reindex(pd.MultiIndex.from_frame(left))
    return frame.assign(
        range_low=found["low"].to_numpy(),
        range_high=found["high"].to_numpy(),
        members=found["members"].to_numpy(),
    )


def _keys(frame: pd.DataFrame) -> pd.DataFrame:
    names = {name: frame.get(name, "") for name in NAMES}
    keys = pd.DataFrame(names, index=frame.index)
    keys = keys.astype(object).where(keys.notna(), "").astype(str)
    return keys.assign(weighted=frame["weighted"].astype(bool))
