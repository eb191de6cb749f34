"""Columns as integer codes, and sums by code: what designs, calibration and estimates all count with."""

import difflib
from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import sparse

BLOCK = 1 << 15  # rows


class DesignError(ValueError):
    """A sampling design that cannot be, or that the data do not carry."""


def as_list(names) -> list:
    """One column name, several, or none, as a list."""
    if names is None:
        return []
    if isinstance(names, str):
        return [names]
    names = list(names) if isinstance(names, Iterable) else [names]
    odd = [name for name in names if not isinstance(name, str)]
    if odd:
        raise DesignError(f"columns are named by text; {odd[0]!r} is {type(odd[0]).__name__}.")
    return names


def column(frame: pd.DataFrame, name: str) -> pd.Series:
    """The column of that name; refused are an unknown name, with the nearest that exist, and a shared one."""
    if name not in frame.columns:
        near = difflib.get_close_matches(str(name), [str(c) for c in frame.columns], n=3)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise DesignError(f"no column {name!r} in the frame of {frame.shape[1]} columns.{hint}")
    found = frame[name]
    if isinstance(found, pd.DataFrame):
        raise DesignError(f"{found.shape[1]} columns are called {name!r}; rename all but one.")
    return found


def codes_of(values: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """Integer codes (-1 for missing) and the labels they stand for.

    Categories keep their declared order, also those nobody chose; other values are sorted.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values.array.codes.astype(np.int64), values.cat.categories
    codes, labels = pd.factorize(values, sort=True)
    return codes.astype(np.int64), pd.Index(labels)


def combine(codes: Iterable[np.ndarray], rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Number the unique combinations of several code arrays (all codes >= 0).

    Returns the combination of each row, and the first row of each combination; combinations stand in the
    order of their codes, so the numbering does not depend on the order of rows.
    """
    joint = np.zeros(rows, dtype=np.int64)
    size = 1
    for code in codes:
        levels = int(code.max(initial=0)) + 1
        # What can be numbered anew without a sort is, so that in the end a sort is seldom needed.
        if size * levels > 2**62 or size <= _tabled(rows) < size * levels:
            joint, size = _compact(joint, size)
        joint *= levels
        joint += code
        size *= levels
    joint, size = _compact(joint, size)
    return joint, _first_rows(joint, size)


def _first_rows(joint: np.ndarray, size: int) -> np.ndarray:
    """First row of each number 0..size-1, all of which occur; stops looking once each has been seen."""
    first = np.full(size, -1, dtype=np.int64)
    begin, step = 0, max(4096, 8 * size)
    while begin < len(joint):
        block = joint[begin : begin + step]
        here = np.full(size, -1, dtype=np.int64)
        here[block[::-1]] = np.arange(begin + len(block) - 1, begin - 1, -1)  # the last written is the first
        first = np.where(first < 0, here, first)
        if first.min(initial=0) >= 0:
            break
        begin, step = begin + step, 2 * step
    return first


def _tabled(rows: int) -> int:
    """Of so many combinations a table is cheaper than a sort of the rows."""
    return 4 * rows + 1024


def _compact(joint: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    if size <= _tabled(len(joint)):
        used = np.bincount(joint, minlength=size) > 0
        if used.all():
            return joint, size
        renumber = np.cumsum(used) - 1
        return renumber[joint], int(used.sum())
    values, joint = np.unique(joint, return_inverse=True)
    return joint, len(values)


def blocks(rows: int) -> Iterable[slice]:
    """Slices of the rows short enough that several arrays of a block stay in the fast cache together."""
    return (slice(begin, begin + BLOCK) for begin in range(0, rows, BLOCK))


def look_up(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """``values[codes]`` for small integers, which numpy would first widen all at once."""
    found = np.empty(len(codes), dtype=values.dtype)
    for block in blocks(len(codes)):
        np.take(values, codes[block], out=found[block], mode="clip")
    return found


def sum_by(codes: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """Sum the rows of ``values`` (rows or rows by k) within each code: (size,) or (size, k)."""
    if values.ndim == 1:
        return np.bincount(codes, weights=values, minlength=size)
    if values.shape[1] == 1:
        return np.bincount(codes, weights=values[:, 0], minlength=size)[:, None]
    rows = len(codes)
    adder = sparse.csc_array((np.ones(rows), codes, np.arange(rows + 1)), shape=(size, rows))
    return adder @ values


def examples(labels: Iterable, limit: int = 5) -> str:
    """The first few labels in words, and how many more there are."""
    labels = list(labels)
    shown = ", ".join(map(str, labels[:limit]))
    return shown + (f" and {len(labels) - limit} more" if len(labels) > limit else "")
