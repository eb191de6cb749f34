"""What each published figure and statement alone can say, without any response.

Everything here is computed from the published statements; what stands there in words travels with its rows.
Shares are fractions from 0 to 1. An interval is that of a random sample, which the survey was not.
"""

import math

import pandas as pd

from nsmo.stages.claims import (
    CONTRADICT,
    IF_RANDOM,
    INCONCLUSIVE,
    NOT_TESTABLE,
    counts_at,
    counts_possible,
    random_interval,
    sources_agree,
    support_published,
)
from nsmo.stages.published.groups import two_groups
from nsmo.study.statements import Published
from nsmo.study.wordings import fitting_counts

#: What a reader must know first stands first.
VERDICTS = ("contradicted elsewhere", "uncertain", "borne out", "a figure only", "cannot be computed")

#: The columns of `intervals`.
_INTERVALS = (
    *("id", "topic", "statement", "statement_nl", "publisher", "wording", "decimals", "published"),
    *("n_low", "n_high", "count_low", "count_high", "ci_low", "ci_high", "confidence", "fits"),
)


def intervals(published: Published, found: pd.DataFrame, n: int, confidence: float = 0.95) -> pd.DataFrame:
    """Compute the interval that each published percentage would have if the respondents were a random sample.

    Parameters
    ----------
    published : Published
        The statements.
    found : DataFrame
        The splits: a figure of one of the two groups has every size that is possible.
    n : int
        Number of respondents.
    confidence : float
        Of the intervals (`random_interval`).

    Returns
    -------
    DataFrame
        A row per published percentage in the order of the file: ``id``, ``topic``, ``statement``,
        ``statement_nl``, ``publisher``, ``wording``, ``decimals``, ``published``, ``n_low``, ``n_high``,
        ``count_low``, ``count_high``, ``ci_low``, ``ci_high``, ``confidence``, ``fits`` (some count of n
        agrees; else the nearest were taken). Where several counts or sizes are possible the interval covers
        those of all.
    """
    groups: dict[str, list[tuple[int, int]]] = {}
    for claim, (first, second, _) in two_groups(published):
        rows = found[found["claim"] == claim.id]
        groups[first.id] = list(zip(rows["first_count"], rows["first_n"], strict=True))
        groups[second.id] = list(zip(rows["second_count"], rows["second_n"], strict=True))
    records = []
    for claim in published.claims:
        if claim.unit != "percent" or claim.value is None or claim.type == "more_than":
            continue
        if claim.id in groups:
            possible = groups[claim.id]
        elif getattr(claim.estimate, "where", None) is None:
            possible = [(count, n) for count in counts_at(claim, n)]
        else:
            possible = []
        ends = [random_interval([count], base, confidence) for count, base in possible]
        source = published.sources[claim.source]
        records.append(
            {
                "id": claim.id,
                "topic": claim.topic,
                "statement": claim.statement.en,
                "statement_nl": claim.statement.nl,
                "publisher": source.publisher,
                "wording": claim.wording,
                "decimals": claim.decimals,
                "published": claim.value / 100,
                "n_low": min((base for _, base in possible), default=None),
                "n_high": max((base for _, base in possible), default=None),
                "count_low": min((count for count, _ in possible), default=None),
                "count_high": max((count for count, _ in possible), default=None),
                "ci_low": min((low for low, _ in ends), default=math.nan),
                "ci_high": max((high for _, high in ends), default=math.nan),
                "confidence": confidence,
                "fits": bool(claim.id in groups or fitting_counts(claim, n)),
            }
        )
    counts = dict.fromkeys(("n_low", "n_high", "count_low", "count_high", "decimals"), "Int64")
    return pd.DataFrame(records, columns=_INTERVALS).astype(counts)


def sentences(
    published: Published, n: int, sets: pd.DataFrame, alpha: float = 0.05, confidence: float = 0.95
) -> pd.DataFrame:
    """Judge every published statement, in each reading and part, by the published figures alone.

    Parameters
    ----------
    published : Published
        The statements.
    n : int
        Number of respondents that the figures imply.
    sets : DataFrame
        What follows from the published figures, as the stage bounds saves it.
    alpha, confidence : float
        Level of the tests and of the intervals.

    Returns
    -------
    DataFrame
        A row per statement, or per reading and part where the verdicts on these differ: ``id``, ``topic``,
        ``statement``, ``publisher``, ``url``, ``wording``, ``support_published`` and ``sources_agree`` with
        their reasons, and ``verdict`` (`VERDICTS`), by which the rows are ordered: a contradiction counts
        before what the figures support.
    """
    records, counts = [], counts_possible(sets)
    for claim in published.claims:
        rows = list(claim.rows())
        found = [support_published(r, published, n, counts.get(r.id), alpha, confidence) for r in rows]
        if len(set(found)) == 1:
            rows, found = rows[:1], found[:1]
        several = len(rows) > 1
        for row, support in zip(rows, found, strict=True):
            sources, source = sources_agree(row, published), published.sources[claim.source]
            reading = f" ({row.reading.en})" if several and row.reading else ""
            records.append(
                {
                    "verdict": _verdict(support.word, sources.word),
                    "id": row.id if several else claim.id,
                    "topic": claim.topic,
                    "statement": claim.statement.en + reading,
                    "publisher": source.publisher,
                    "url": source.url,
                    "wording": claim.wording,
                    "support_published": support.word,
                    "support_published_reason": support.reason,
                    "sources_agree": sources.word,
                    "sources_agree_reason": sources.reason,
                }
            )
    found = pd.DataFrame(records)
    order = found["verdict"].map(VERDICTS.index)
    return found.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def _verdict(support: str, sources: str) -> str:
    if sources == CONTRADICT:
        return "contradicted elsewhere"
    words = {INCONCLUSIVE: "uncertain", IF_RANDOM: "borne out", NOT_TESTABLE: "a figure only"}
    return words.get(support, "cannot be computed")


def gaps(published: Published) -> pd.DataFrame:
    """List what was not published and what cannot be computed for that reason.

    Returns
    -------
    DataFrame
        ``missing``, ``so``, ``claims`` (ids of the statements that this concerns).
    """
    rows = [
        {"missing": gap.missing.en, "so": gap.so.en, "claims": "; ".join(gap.claims)}
        for gap in published.not_published
    ]
    return pd.DataFrame(rows, columns=["missing", "so", "claims"])
