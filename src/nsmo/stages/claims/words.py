"""The table of statements as people read it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.shown import statement_interval
from nsmo.present.wording import Wording
from nsmo.stages.claims.judge import VERDICTS

_HEADINGS = {
    "contradiction": "The publications contradict each other",
    "disagreement": "The estimate or the responses disagree",
    "inconclusive": "No test decides",
    "not computable": "Nothing measures it",
    "one unit off": "One unit off in the last digit",
    "agreement": "Agreement",
}


def counted(judged: pd.DataFrame, verdict: str) -> list[str]:
    """List how many rows have each word of a verdict, most first: "reproduced 40".

    Parameters
    ----------
    judged : DataFrame
        What `judge` gave.
    verdict : str
        One of its columns of verdicts.
    """
    return [f"{word} {n}" for word, n in judged[verdict].value_counts().items()]


def readable(judged: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the verdicts as people read them, a row per statement.

    Parameters
    ----------
    judged : DataFrame
        What `judge` gave.
    labels : Labels
        Of the language; the verdicts stay the words of the rules.

    Returns
    -------
    DataFrame
        ``first`` (in words) ``, statement, wording, estimate`` (with its interval) ``, adjusted, n`` and the
        verdicts.
    """
    words, rows = labels.words, []
    for row in judged.to_dict("records"):
        decimals = 1 if row["unit"] in ("percent", "channels") else 2
        estimate = _measured(row, "unweighted", decimals, words)
        span = words.interval(row["ci_low"], row["ci_high"], "number", decimals)
        with_span = statement_interval(row, labels.codebook)
        rows.append(
            {
                "first": _HEADINGS[row["first"]],
                "statement": words.own(row, "statement"),
                "wording": "" if pd.isna(row["wording"]) else row["wording"],
                "estimate": f"{estimate} ({span})" if estimate and with_span else estimate,
                "adjusted": _measured(row, "weighted", decimals, words),
                "n": row["n"],
                **{verdict: row[verdict] for verdict in VERDICTS},
            }
        )
    return pd.DataFrame(rows).astype({"n": "Int64"})


def _measured(row: Mapping[str, Any], column: str, decimals: int, words: Wording) -> str:
    return "" if pd.isna(row[column]) else words.measured(row, row[column], decimals)
