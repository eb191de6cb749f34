"""The sets as people read them: sentences and tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.sets import span
from nsmo.present.wording import Wording
from nsmo.stages.bounds.verdicts import IMPLIED, IMPOSSIBLE, NOT_COMPUTABLE, POSSIBLE
from nsmo.study.statements import Published


def tally(statements: pd.DataFrame, directions: pd.DataFrame) -> dict[str, int]:
    """Count the verdicts, for the sentence that the page opens with."""
    words = statements["implied"]
    return {
        "n": int(statements["n"].iloc[0]),
        "all": len(statements),
        "implied": int((words == IMPLIED).sum()),
        "possible": int((words == POSSIBLE).sum()),
        "impossible": int((words == IMPOSSIBLE).sum()),
        "rest": int((words == NOT_COMPUTABLE).sum()),
        "order": len(directions),
        "carried": int((directions["implied"] == IMPLIED).sum()),
    }


def sizes(tried: Sequence[int], over_sizes: pd.DataFrame) -> dict[str, Any]:
    """Return which numbers of respondents are possible and how many verdicts depend on the choice."""
    judged = over_sizes.dropna(subset=["implied"])
    other = judged[judged["n"] != tried[0]]
    return {
        "n": int(tried[0]),
        "sizes": [str(n) for n in tried],
        "change": int(other.loc[~other["same"], "id"].nunique()),
        "all": int(judged["id"].nunique()),
    }


def membership(members: pd.DataFrame, published: Published, labels: Labels) -> dict[str, Any]:
    """Return whether responses lie within what was printed, and which figures they do not have.

    Parameters
    ----------
    members : DataFrame
        From `results.membership`.
    published : Published
        The statements.
    labels : Labels
        Of the language.
    """
    held = members.groupby("claim", sort=False)["as_printed"].any()
    names = [published.claim(name).statement[labels.language] for name in held.index[~held]]
    return {
        "whether": "lie" if held.all() else "do not lie",
        "held": int(held.sum()),
        "all": len(held),
        "but": "" if held.all() else f" Not as published: {labels.words.join(names)}.",
    }


def readable(sets: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return sets as people read them, a row each.

    Parameters
    ----------
    sets : DataFrame
        Rows of sets.csv.
    labels : Labels
        Of the language.

    Returns
    -------
    DataFrame
        ``statement, wording, possible, count, others, ruled, given, p, implied, reason``, all in words.
    """
    words = labels.words
    return pd.DataFrame([_readable(row, words) for row in sets.to_dict("records")])


def _readable(row: Mapping[str, Any], words: Wording) -> dict[str, str]:
    possible, others, ruled = (
        span(row, f"{name}low", f"{name}high", words) for name in ("outer_", "others_", "ruled_")
    )
    counted = pd.notna(row["count_low"])
    count = words.span(row["count_low"], row["count_high"], "number", 0) if counted else ""
    tested = pd.notna(row["p_low"]) and pd.notna(row["p_high"])
    return {
        "statement": words.own(row, "statement"),
        "wording": _text(row["wording"]),
        "possible": possible,
        "count": count,
        "others": others,
        "ruled": "" if ruled == possible else ruled,
        "given": _text(row["given"]),
        "p": words("interval.to", low=words.p(row["p_low"]), high=words.p(row["p_high"])) if tested else "",
        "implied": "" if pd.isna(row["implied"]) else words.verdict("implied", row["implied"]),
        "reason": _text(row["reason"]),
    }


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value)
