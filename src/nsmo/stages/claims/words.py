"""The table of statements as people read it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.sets import span
from nsmo.present.shown import (
    RANGE,
    has_range,
    is_evidence,
    statement_interval,
    statement_origin,
    statement_range,
)
from nsmo.present.wording import Wording
from nsmo.stages.claims.judge import COLUMNS, VERDICTS
from nsmo.stages.claims.verdicts import NO_EVIDENCE, SIZE

_HEADINGS = {
    "contradiction": "The publications contradict each other",
    "disagreement": "The estimate or the responses disagree",
    "size only": "The size agrees, the description does not",
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


def shown(judged: pd.DataFrame) -> list[str]:
    """List the verdicts that a table has a column for: not that on responses which are no evidence at all.

    Parameters
    ----------
    judged : DataFrame
        What `judge` gave.
    """
    silent = judged["support_data"].eq(NO_EVIDENCE).all()
    return [verdict for verdict in VERDICTS if not (silent and verdict == "support_data")]


def remark(row: Mapping[str, Any], words: Wording) -> str:
    """Return what must be known of a row beside its statement; empty where that is nothing.

    Parameters
    ----------
    row : mapping
        A row of details.csv.
    words : Wording
    """
    parts = [words("claims.causal")] if row["causal"] else []
    if not pd.isna(row["stands_for"]):
        parts.append(words.own(row, "stands_for"))
    if row["agreement"] == SIZE and not pd.isna(row["members"]):
        counts = {name: words.integer(row[name]) for name in ("fitting", "members")}
        parts.append(words("claims.fitting", **counts))
    return "; ".join(parts)


def verdict(row: Mapping[str, Any], column: str, words: Wording) -> str:
    """Return a verdict in words; with what follows from the figures, all that they leave possible.

    Parameters
    ----------
    row : mapping
        A row of details.csv.
    column : str
        One of the verdicts.
    words : Wording
    """
    text = words.verdict(column, row[column])
    if column != "implied" or pd.isna(row["set_low"]):
        return text
    possible = span({**row, "statistic": row["set_statistic"]}, "set_low", "set_high", words)
    return words("bounds.verdict", verdict=text, possible=possible)


def readable(judged: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the verdicts as people read them, a row per statement.

    Parameters
    ----------
    judged : DataFrame
        What `judge` gave.
    labels : Labels
        Of the language.

    Returns
    -------
    DataFrame
        ``first`` (in words) ``, statement`` (with the figure as worded and its `remark`) ``, estimate`` (with
        its interval, or its range over other reconstructions) ``, adjusted, n`` and the verdicts.
    """
    words, rows = labels.words, []
    for row in judged.to_dict("records"):
        decimals = 1 if row["unit"] in ("percent", "channels", "number") else 2
        estimate = _measured(row, "unweighted", decimals, words)
        other = statement_range(row, labels.codebook)
        if has_range(other):
            ends = words.interval(other["range_low"], other["range_high"], "number", decimals)
            estimate += f" ({words('ensemble.range', range=ends)})"
        span = words.interval(row["ci_low"], row["ci_high"], "number", decimals)
        with_span = statement_interval(row, labels.codebook)
        rows.append(
            {
                "first": _HEADINGS[row["first"]],
                "statement": _with_remark(row, words),
                "estimate": f"{estimate} ({span})" if estimate and with_span else estimate,
                "adjusted": _measured(row, "weighted", decimals, words),
                "n": row["n"],
                **{column: verdict(row, column, words) for column in VERDICTS},
            }
        )
    return pd.DataFrame(rows).astype({"n": "Int64"})


def note(judged: pd.DataFrame, labels: Labels, checked: str) -> str:
    """Return what stands beneath the table of `readable`: where its tests are, and what its ranges are.

    Parameters
    ----------
    judged : DataFrame
        What `judge` gave.
    labels : Labels
    checked : str
        The file of the tests.
    """
    ranges = [statement_range(row, labels.codebook) for row in judged.to_dict("records")]
    members = [one["members"] for one in ranges if has_range(one)]
    text = f"Tests are in {checked}."
    if not members:
        return text
    return f"{text} {labels.words('ensemble.others_note', members=labels.words.integer(max(members)))}"


def _with_remark(row: Mapping[str, Any], words: Wording) -> str:
    text, more = words.own(row, "statement"), remark(row, words)
    if not pd.isna(row["wording"]):
        text += f" [{row['wording']}]"
    return f"{text}. {more[0].upper()}{more[1:]}." if more else text


def detailed(judged: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return details.csv: of reconstructed answers without the intervals that a figure may not have.

    These stand in pipeline_check.csv, which no page shows.

    Parameters
    ----------
    judged : DataFrame
        What `judge` gave.
    labels : Labels
    """
    if is_evidence(labels.codebook):
        return judged
    may = [statement_interval(row, labels.codebook) for row in judged.to_dict("records")]
    gone = [name for name in judged if name.endswith(("_ci_low", "_ci_high"))]
    ends = {end: judged[end].where(may) for end in ("ci_low", "ci_high")}
    return judged.assign(**dict.fromkeys(gone, float("nan")), **ends)


def saved(judged: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return claims.csv: of reconstructed answers with the origin of each estimate, and its range.

    Parameters
    ----------
    judged : DataFrame
        What `judge` gave.
    labels : Labels
    """
    if is_evidence(labels.codebook):
        return judged[COLUMNS]
    rows = judged.to_dict("records")
    ranges = [statement_range(row, labels.codebook) for row in rows]
    return detailed(judged, labels)[COLUMNS].assign(
        estimate_origin=["" if pd.isna(row["unweighted"]) else statement_origin(row) for row in rows],
        **{name: [one[name] for one in ranges] for name in RANGE[:2]},
    )


def disputed(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the readings of a disputed share as people read them, with the intervals that they may have.

    Parameters
    ----------
    frame : DataFrame
        What `nsmo.stages.claims.disputed` gave.
    labels : Labels

    Returns
    -------
    DataFrame
        ``id, statement, publisher, wording, n, agreement``, and ``estimate, ci_low, ci_high`` and
        ``range_low, range_high`` as fractions.
    """
    may = pd.Series(
        [statement_interval(row, labels.codebook) for row in frame.to_dict("records")], frame.index
    )
    ranges = [statement_range(row, labels.codebook) for row in frame.to_dict("records")]
    return frame[["id", "statement", "publisher", "wording", "n", "agreement"]].assign(
        estimate=frame["unweighted"] / 100,
        **{end: (frame[end] / 100).where(may) for end in ("ci_low", "ci_high")},
        **{end: [one[end] / 100 for one in ranges] for end in RANGE[:2]},
    )


def range_columns(readable: pd.DataFrame, words: Wording) -> dict[str, str]:
    """Return headings of the columns of ranges of a frame of `disputed`, if it has any."""
    if readable["range_low"].isna().all():
        return {}
    return {"range_low": words("ensemble.column"), "range_high": words("ensemble.to")}


def _measured(row: Mapping[str, Any], column: str, decimals: int, words: Wording) -> str:
    return "" if pd.isna(row[column]) else words.measured(row, row[column], decimals)
