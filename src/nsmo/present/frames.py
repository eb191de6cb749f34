"""What figures, sentences and tables ask of a result frame, and its rows as they read them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nsmo.present.shown import marked
from nsmo.study.errors import StudyError

if TYPE_CHECKING:
    from nsmo.present.labels import Labels

#: The columns without which a result says nothing.
RESULT = ("question", "option", "n", "statistic", "estimate", "ci_low", "ci_high", "weighted")

#: A ratio is not shown where the upper end of its interval is more than so many times the lower one.
UNDETERMINED = 1000.0

Row = dict[str, Any]


def require(frame: pd.DataFrame | list[Row], columns: Iterable[str], what: str) -> None:
    """Stop, naming the absent columns, when a frame is not what a figure or table is made of.

    Raises
    ------
    StudyError
        For absent columns, or a frame without rows.
    """
    columns = list(columns)
    empty = len(frame) == 0
    known = (columns if empty else list(frame[0])) if isinstance(frame, list) else list(frame.columns)
    absent = [c for c in columns if c not in known]
    if absent or empty:
        raise StudyError(
            found=f"no column {', '.join(absent)}" if absent else "a frame without rows",
            where=f"the frame given to {what}",
            expected=f"at least one row and the columns {', '.join(columns)}",
            fix="pass a result frame of the analysis stage, filtered to the rows to show",
        )


def rows_of(frame: pd.DataFrame, labels: "Labels") -> list[Row]:
    """List the rows of a result frame: what is empty is "", and what may not be shown is gone.

    Parameters
    ----------
    frame : DataFrame
    labels : Labels
        Of the wave, whose codebook tells where its answers come from.

    Returns
    -------
    list of dict
        With `origin`, which is empty where the answers are real.
    """
    # By columns: `to_dict("records")` takes ten times as long on a frame of so many kinds.
    excluded = labels.codebook.excluded if "estimate" in frame else set()
    names = frame.columns.tolist()
    cells = zip(*(frame[name].tolist() for name in names), strict=True)
    rows = [dict(zip(names, row, strict=True)) for row in cells]
    for row in rows:
        for name in ("by", "group", "option", "base"):
            if nothing(row.get(name)):
                row[name] = ""
        hidden = row.get("suppressed")
        row["suppressed"] = not nothing(hidden) and bool(hidden)
        row["weighted"] = bool(row["weighted"])
        row["suppressed"] = row["suppressed"] or _undetermined(row)
        if row["suppressed"]:
            row |= dict.fromkeys(("estimate", "se", "ci_low", "ci_high"), np.nan)
        # Of some groups the number of respondents is hidden too.
        row["n"] = None if nothing(row.get("n")) else row["n"]
        # What cleaning lets nobody answer is no estimate, so chance has no part in it.
        answer = (row.get("question"), row.get("option"))
        row["by_rule"] = answer in excluded and row.get("estimate") == 0
        if row["by_rule"]:
            row |= dict.fromkeys(("se", "ci_low", "ci_high"), np.nan)
    return marked(rows, labels.codebook) if "statistic" in frame and "estimate" in frame else rows


def _undetermined(row: Row) -> bool:
    """Whether a ratio is so uncertain that its number says nothing: few answers, or none, make it."""
    low, high = (row.get(end, np.nan) for end in ("ci_low", "ci_high"))
    if not str(row.get("statistic")).endswith("ratio") or nothing(low) or nothing(high):
        return False
    return bool(low > 0 and high / low > UNDETERMINED)


def nothing(value: object) -> bool:
    """Whether a cell of a result frame is empty."""
    return value is None or value is pd.NA or value == "" or (isinstance(value, float) and np.isnan(value))


def only(rows: Iterable[Row], column: str, what: str) -> Any:
    """Return the one value of a column.

    Raises
    ------
    StudyError
        Where there are several.
    """
    values = list(dict.fromkeys(row[column] for row in rows))
    if len(values) != 1:
        raise StudyError(
            found=f"{len(values)} different values of {column}: {', '.join(map(str, values[:6]))}",
            where=f"the frame given to {what}",
            expected=f"one {column}",
            fix="filter the frame first",
        )
    return values[0]


def unique(rows: Iterable[Row], keys: Sequence[str], what: str) -> None:
    """Stop where two rows stand for the same thing.

    Raises
    ------
    StudyError
    """
    groups = by_key(rows, *keys)
    twice = [same for same in groups.values() if len(same) > 1]
    if twice:
        first = ", ".join(f"{key}={twice[0][0][key]!r}" for key in keys)
        raise StudyError(
            found=f"{sum(map(len, twice))} rows that stand for the same thing, for example {first}",
            where=f"the frame given to {what}",
            expected=f"one row for each {', '.join(keys)}",
            fix="filter the frame first: one statistic, one breakdown",
        )


def by_key(rows: Iterable[Row], *columns: str) -> dict[tuple, list[Row]]:
    """Gather the rows of each key, in the order in which keys come; unweighted before weighted."""
    found: dict[tuple, list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[column] for column in columns), []).append(row)
    return {key: sorted(same, key=lambda row: row["weighted"]) for key, same in found.items()}


def seen(rows: Sequence[Row]) -> list[Row]:
    """List the rows of the weightings of which anything may be shown; all where nothing may."""
    kinds = {row["weighted"] for row in rows if not nothing(row["estimate"])}
    return [row for row in rows if row["weighted"] in kinds] or list(rows)


def leading(rows: Sequence[Row]) -> list[Row]:
    """List the rows that lead: the unweighted ones, the weighted ones where there are no others."""
    lead = min(row["weighted"] for row in rows)
    return [row for row in rows if row["weighted"] == lead]
