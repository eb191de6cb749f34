"""How two ends between which everything is possible are written."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nsmo.present.wording import Wording

#: Statistics that are shown in per cent.
SHARES = ("proportion", "difference in proportions", "smallest difference in proportions")


def span(row: Mapping[str, Any], low: str, high: str, words: Wording) -> str:
    """Write two ends of a set in short, once where they are the same; nothing where there are none."""
    if pd.isna(row[low]):
        return ""
    share = row["statistic"] in SHARES
    decimals = 3 if row["statistic"] == "Somers' D" else 2

    def end(value: float) -> str:
        return words.percent(value, 1, sign=False) if share else words.number(value, decimals)

    first, last = end(row[low]), end(row[high])
    text = first if first == last else words("interval.to", low=first, high=last)
    if row["statistic"] == "proportion":
        return f"{text}%"
    return words("bounds.points", value=text) if share else text
