"""How many digits of a number go to a file.

Processors and their libraries differ in the last bits of a sum or an exponential. Files that kept those bits
would differ from machine to machine, and so would everything that is computed from them. Ten significant
digits are far more than a survey can mean and far fewer than where processors part.
"""

import math
from typing import Any

import numpy as np
import pandas as pd

DIGITS = 10


def rounded(thing: Any) -> Any:
    """Round every float in a thing to `DIGITS` significant digits.

    Parameters
    ----------
    thing : DataFrame, dict, list, tuple, float or anything
        Containers are looked through; what is no float stays as it is.

    Returns
    -------
    the same kind of thing
        A new one; a tuple comes back as a list, as JSON has it.
    """
    if isinstance(thing, float):
        return float(f"{thing:.{DIGITS}g}") if math.isfinite(thing) else thing
    if isinstance(thing, dict):
        return {key: rounded(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [rounded(value) for value in thing]
    if isinstance(thing, pd.DataFrame):
        result = thing.copy(deep=False)  # what is not changed is shared
        for name in [name for name in thing if pd.api.types.is_float_dtype(thing[name])]:
            result[name] = _column(thing[name])
        return result
    return thing


def _column(values: pd.Series) -> pd.Series:
    if not isinstance(values.dtype, np.dtype):
        return values.map(rounded, na_action="ignore").astype(values.dtype)
    # Weights and scores repeat: each is written and read once. By their bits, which tell 0 and -0 apart.
    place, bits = pd.factorize(values.to_numpy(copy=True).view(f"i{values.dtype.itemsize}"))
    short = bits.view(values.dtype).copy()
    # Of hundredths with so few digits nothing is rounded.
    with np.errstate(over="ignore", invalid="ignore"):
        long = ~((np.abs(short) < 10 ** (DIGITS - 2)) & (np.rint(short * 100) / 100 == short))
    if short.dtype != np.float64:
        long[:] = True
    short[long] = [rounded(float(value)) for value in short[long]]
    return pd.Series(short[place], index=values.index)
