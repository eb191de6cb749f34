"""Reads the tables that stages wrote: a text stays one, whatever it looks like."""

import re
from pathlib import Path

import pandas as pd

#: As Python writes numbers. A label "007" or "1e5" is none, though `pandas.read_csv` takes it for one.
_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?((0|[1-9][0-9]*)(\.[0-9]+)?(e[+-][0-9]{2,})?|inf)")
#: What names something, or is somebody's wording: no number, though all of a column look like numbers.
_TEXTS = re.compile(
    r"(questions?|option|by|group|id|claim|rule|reason|margin|category|table|indicator|wording"
    r"|label|statement|text|title|source)(_(nl|en|as))?"
)


def read_made_table(path: Path) -> pd.DataFrame:
    """Return a table in CSV that a stage wrote, each column as it was: texts, numbers, or yes and no.

    Parameters
    ----------
    path : Path
        The file. Only what is empty in it is missing: "None" and "N/A" are answers and labels.
    """
    found = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    return found.apply(_as_it_was) if len(found) else found.astype(object)


def _as_it_was(column: pd.Series) -> pd.Series:
    if _TEXTS.fullmatch(str(column.name)):
        return column
    there = column.dropna()
    if there.empty:
        return column.astype(float)
    different = there.unique()
    if {*different} <= {"True", "False"}:
        known = column.map({"True": True, "False": False})
        return known.astype(bool) if len(there) == len(column) else known.astype(object)
    if len(there) == len(column) and all(map(_WHOLE.fullmatch, different)):
        return column.astype(int)
    return column.astype(float) if all(map(_NUMBER.fullmatch, different)) else column
