"""Adjusting p-values for the number of tests: Holm and Benjamini-Hochberg.

Both return adjusted p-values in the order given (a Series keeps its index), to be compared with the level
itself; R's ``p.adjust`` is the model.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def holm(p: Sequence[float] | pd.Series) -> np.ndarray | pd.Series:
    """Adjust so that the chance of any false rejection stays below the level (Holm 1979).

    Valid whatever the dependence between the tests.

    Parameters
    ----------
    p
        One p-value per test, all between 0 and 1.

    Returns
    -------
    numpy.ndarray or pandas.Series
        ``max over j<=i of min(1, (m-j+1) p_(j))`` for the i-th smallest of m.

    Raises
    ------
    ValueError
        A p-value that is missing or not between 0 and 1.
    """
    values = _checked(p)
    order = np.argsort(values, kind="stable")
    steps = np.arange(len(values), 0, -1) * values[order]
    return _restored(p, order, np.minimum(np.maximum.accumulate(steps), 1))


def holm_by_column(p: np.ndarray) -> np.ndarray:
    """Adjust the p-values of each column by itself, as `holm`; tests that were not made are missing.

    Parameters
    ----------
    p
        (tests, columns), missing where there is no test: it does not count.

    Returns
    -------
    numpy.ndarray
        Of the same shape.
    """
    order = np.argsort(p, axis=0, kind="stable")  # missing ones come last
    ordered = np.take_along_axis(p, order, axis=0)
    steps = np.isfinite(p).sum(axis=0) - np.arange(len(p))[:, None]
    # Where all of a column are missing, the running maximum is, too.
    adjusted = np.minimum(np.maximum.accumulate(steps * ordered, axis=0), 1)
    found = np.empty_like(p)
    np.put_along_axis(found, order, np.where(np.isfinite(ordered), adjusted, np.nan), axis=0)
    return found


def benjamini_hochberg(p: Sequence[float] | pd.Series) -> np.ndarray | pd.Series:
    """Adjust so that the expected share of false among the rejected stays below the level.

    Valid for independent and positively dependent tests (Benjamini and Hochberg 1995).

    Parameters
    ----------
    p
        One p-value per test, all between 0 and 1.

    Returns
    -------
    numpy.ndarray or pandas.Series
        ``min over j>=i of min(1, m/j p_(j))`` for the i-th smallest of m.

    Raises
    ------
    ValueError
        A p-value that is missing or not between 0 and 1.
    """
    values = _checked(p)
    order = np.argsort(values, kind="stable")
    count = len(values)
    steps = values[order] * count / np.arange(1, count + 1)
    return _restored(p, order, np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1))


def _checked(p) -> np.ndarray:
    values = np.asarray(p, dtype=float)
    if values.ndim != 1:
        raise ValueError(f"expected a row of p-values, found an array of {values.ndim} dimensions.")
    bad = ~((values >= 0) & (values <= 1))  # also true for missing ones
    if bad.any():
        places = ", ".join(f"{i}: {values[i]}" for i in np.flatnonzero(bad)[:5])
        raise ValueError(
            f"{int(bad.sum())} of {len(values)} p-values are missing or not between 0 and 1 ({places}); "
            "drop the tests that could not be made before adjusting, so that their number is known."
        )
    return values


def _restored(p, order: np.ndarray, adjusted: np.ndarray) -> np.ndarray | pd.Series:
    result = np.empty(len(order))
    result[order] = adjusted
    return pd.Series(result, index=p.index, name=p.name) if isinstance(p, pd.Series) else result
