"""How far evidence on errors lies apart in other reconstructions, from the ranges of its figures."""

import math
from collections.abc import Iterator

import pandas as pd

from nsmo.study import Codebook
from nsmo.study.ensemble import Range, of_column

Span = tuple[float, float]
#: Figures differ between reconstructions, and their ranges do not tell how far what is made of them does.
UNTOLD = (math.nan, math.nan)


def spans(
    codebook: Codebook,
    *,
    shares: pd.DataFrame,
    nonresponse: pd.DataFrame,
    roles: pd.DataFrame,
    rules: pd.DataFrame,
    indices: pd.DataFrame,
) -> dict[str, Span]:
    """Return the lowest and the highest of each evidence of `trust.errors` over the reconstructions.

    The lowest of several figures in any member is the lowest of their ranges, so it needs no member. A
    difference is known where one of its figures is the same in all.

    Parameters
    ----------
    codebook : Codebook
        With its ensemble.
    shares, nonresponse, roles, rules, indices : DataFrame
        As of `trust.errors`.

    Returns
    -------
    dict
        By evidence; `UNTOLD` where figures differ and their ranges do not say it. What is the same in all
        reconstructions is not in it.
    """
    known = codebook.ensemble
    found: dict[str, Span] = {}
    if len(indices):
        index = indices[indices["option"].notna()]
        found |= _span("index", index, known.beside(of_column(index, "trust.indices", "by_both")), "by_both")
    if len(rules):
        ranges = known.beside(of_column(rules, "trust.rules", "points", "rule"))
        found |= _turned(_span("rules", rules, ranges, "points"))
    if any(known.beside(of_column(nonresponse, "trust.nonresponse", "with_dont_know"))):
        found["items"] = UNTOLD
    if any(known.of(row) for row in roles.to_dict("records")):
        found["roles"] = UNTOLD
    fixed = not any(known.beside(of_column(shares, "trust.choices", "share")))
    for evidence, column in (("dont_know", "answered"), ("weights", "weighted")):
        if column not in shares or not any(
            ranges := known.beside(of_column(shares, "trust.choices", column))
        ):
            continue
        moved = shares.assign(moved=100 * (shares["share"] - shares[column]).astype(float))
        ends = [one and _less(share, one) for share, one in zip(shares["share"], ranges, strict=True)]
        found |= _span(evidence, moved, ends, "moved") if fixed else {evidence: UNTOLD}
    others = [column for column in shares if column.startswith("sensitivity.")]
    if any(one for column in others for one in known.beside(of_column(shares, "trust.choices", column))):
        found["sensitivity"] = UNTOLD
    return found


def _less(share: float, other: Range) -> Range:
    """The range of a share, the same in all, less another one, in points."""
    return Range(100 * (share - other.high), 100 * (share - other.low), other.members)


def _span(evidence: str, frame: pd.DataFrame, ranges: list[Range | None], column: str) -> dict[str, Span]:
    """From the lowest to the highest of all rows, in any reconstruction; nothing where all are the same."""
    if not any(ranges):
        return {}
    ends = list(_ends(frame[column].astype(float), ranges))
    return {evidence: (min(low for low, _ in ends), max(high for _, high in ends))}


def _ends(values: pd.Series, ranges: list[Range | None]) -> Iterator[Span]:
    for value, one in zip(values, ranges, strict=True):
        if one or not math.isnan(value):
            yield (one.low, one.high) if one else (value, value)


def _turned(found: dict[str, Span]) -> dict[str, Span]:
    """As it is, against what it would be otherwise."""
    return {evidence: (0.0 - high, 0.0 - low) for evidence, (low, high) in found.items()}
