"""The table of statements as people read it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nsmo.present import Wording
from nsmo.stages.claims.judge import COLUMNS

_HEADINGS = {
    "contradiction": "The publications contradict each other",
    "disagreement": "The estimate or the responses disagree",
    "inconclusive": "No test decides",
    "not computable": "Nothing measures it",
    "one unit off": "One unit off in the last digit",
    "agreement": "Agreement",
}


def readable(judged: pd.DataFrame, language: str) -> pd.DataFrame:
    """Return the verdicts as people read them, a row per statement.

    Parameters
    ----------
    judged : DataFrame
        What `judge` gave.
    language : str
        nl or en; the verdicts stay the words of the rules.

    Returns
    -------
    DataFrame
        ``first`` (in words) ``, statement, wording, estimate`` (with its interval) ``, adjusted, n`` and the
        four verdicts.
    """
    statement = "statement" if language == "en" else f"statement_{language}"
    wording = Wording(language)

    def number(row: Mapping[str, Any], column: str) -> str:
        if pd.isna(row[column]):
            return ""
        return wording.measured(row, row[column], 1 if row["unit"] in ("percent", "channels") else 2)

    rows = []
    for row in judged.to_dict("records"):
        decimals = 1 if row["unit"] in ("percent", "channels") else 2
        span = wording.interval(row["ci_low"], row["ci_high"], "number", decimals)
        rows.append(
            {
                "first": _HEADINGS[row["first"]],
                "statement": row[statement],
                "wording": "" if pd.isna(row["wording"]) else row["wording"],
                "estimate": number(row, "unweighted") and f"{number(row, 'unweighted')} ({span})",
                "adjusted": number(row, "weighted"),
                "n": row["n"],
                **{verdict: row[verdict] for verdict in COLUMNS[-4:]},
            }
        )
    return pd.DataFrame(rows).astype({"n": "Int64"})
