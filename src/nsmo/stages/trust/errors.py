"""Where errors come from (total survey error): what is known of each source, how large, in which direction.

R. M. Groves, L. Lyberg (2010), Total survey error: past, present, and future, *Public Opinion Quarterly*
74(5), name the sources. Numbers are computed here from what the page has; judgements stand in study.yaml.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from nsmo.stages.trust.spans import UNTOLD, spans
from nsmo.study import Codebook

#: The sources, in the order in which a figure comes about.
SOURCES = ("coverage", "selection", "nonresponse", "measurement", "processing", "adjustment", "chance")
COLUMNS = ["source", "evidence", "low", "high", "unit", "direction", "page", "table", "reconstructed"]
#: Of reconstructed answers besides: the ends over other reconstructions, and whether these differ at all.
RANGES = ["range_low", "range_high", "differs"]


def errors(
    codebook: Codebook,
    received: pd.DataFrame,
    *,
    others: pd.DataFrame,
    shares: pd.DataFrame,
    nonresponse: pd.DataFrame,
    roles: pd.DataFrame,
    rules: pd.DataFrame,
    composition: pd.DataFrame,
    indices: pd.DataFrame,
) -> pd.DataFrame:
    """Gather the evidence on every source of error.

    Parameters
    ----------
    codebook : Codebook
        Its `errors` are the judgements.
    received : DataFrame
        The responses of ingest.
    others, shares, nonresponse, roles, rules, composition, indices : DataFrame
        What the functions of these names give; `others` comes from `anchors`, `roles` from `by_role`.

    Returns
    -------
    DataFrame
        In the order of `SOURCES`: ``source, evidence`` (what was looked at; "declared" with the number of the
        judgement among those of its source), ``low, high, unit`` (points, percent, odds_ratio, cv; low is
        missing where there is one number, both where nothing can be computed), ``direction`` (too_high,
        too_low, either, unknown: of the published figures, which are unweighted), ``page, table`` (where it
        stands), ``reconstructed`` (whether it rests on reconstructed responses). Where answers are
        reconstructed, `RANGES` too, and a direction that holds in all reconstructions.
    """
    found = [
        *_of_others(others),
        *_of_selection(composition, indices),
        *_of_nonresponse(received, nonresponse, shares),
        *_of_measurement(roles),
        *_of_processing(rules),
        *_of_adjustment(shares),
        *_of_chance(shares),
    ]
    made = codebook.provenance == "reconstructed"
    for row in found:
        row["reconstructed"] = made and row["evidence"] not in ("as_published", "turned", "no_rate")
    if made:
        elsewhere = spans(
            codebook, shares=shares, nonresponse=nonresponse, roles=roles, rules=rules, indices=indices
        )
        for row in found:
            row["differs"] = row["evidence"] in elsewhere
            row["range_low"], row["range_high"] = ends = elsewhere.get(row["evidence"], UNTOLD)
            if row["direction"] in ("too_high", "too_low") and not np.isnan(ends).any():
                row["direction"] = _sign(pd.Series([*ends, row["low"], row["high"]]))
    for source in SOURCES:
        own = [entry for entry in codebook.errors if entry.source == source]
        found += [
            _row(source, f"declared {number}", direction=entry.direction, page="", table="")
            | {"reconstructed": False}
            for number, entry in enumerate(own, start=1)
        ]
    table = pd.DataFrame(found, columns=[*COLUMNS, *(RANGES if made else [])])
    order = table["source"].map(SOURCES.index).argsort(kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _row(
    source: str,
    evidence: str,
    low: float = np.nan,
    high: float = np.nan,
    unit: str = "",
    direction: str = "unknown",
    page: str = "trust",
    table: str = "",
) -> dict[str, Any]:
    values = {"low": low, "high": high, "unit": unit, "direction": direction}
    return {"source": source, "evidence": evidence, **values, "page": page, "table": table}


def _of_others(others: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Other surveys: those of everybody tell of coverage too, those turned into ours of selection alone."""
    for source, evidence, turned in (("coverage", "as_published", False), ("selection", "turned", True)):
        rows = others[(others["among"] != "") == turned] if len(others) else others
        if len(rows):
            ratios = rows["odds_ratio"].astype(float)
            direction = _sign(np.log(ratios))
            yield _row(source, evidence, ratios.min(), ratios.max(), "odds_ratio", direction, table="anchors")


def _of_selection(composition: pd.DataFrame, indices: pd.DataFrame) -> Iterator[dict[str, Any]]:
    if len(composition):
        # All margins together, where that may be told; else the one by which chances vary most.
        whole = composition[composition["margin"].eq("")]
        cv = float((whole if len(whole) else composition)["cv"].max())
        yield _row(
            "selection", "composition", high=100 * cv, unit="cv", direction="either", table="composition"
        )
    points = (
        indices.loc[indices["option"].notna(), "by_both"].dropna() if len(indices) else pd.Series(dtype=float)
    )
    if len(points):
        yield _row("selection", "index", points.min(), points.max(), "points", _sign(points), table="indices")


def _of_nonresponse(
    received: pd.DataFrame, nonresponse: pd.DataFrame, shares: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    yield _row("nonresponse", "no_rate", page="method", table="method")
    if "paradata.submitted" in received and len(received):
        away = float(round(100 * received["paradata.submitted"].isna().mean()))
        yield _row(
            "nonresponse", "broken_off", high=away, unit="percent", page="fieldwork", table="break_off"
        )
    if len(nonresponse):
        most = 100 * float(nonresponse["with_dont_know"].max())
        yield _row("nonresponse", "items", high=most, unit="percent", table="nonresponse")
    moved = 100 * (shares["share"] - shares["answered"]).astype(float).dropna()
    if len(moved):
        # A don't know counts as not chosen, so that a share is at most too low by it.
        yield _row(
            "nonresponse", "dont_know", moved.min(), moved.max(), "points", _sign(moved), table="choices"
        )


def _of_measurement(roles: pd.DataFrame) -> Iterator[dict[str, Any]]:
    rows = roles[roles["group"].notna() & roles["estimate"].notna()]
    spread = 100 * rows.groupby(["question", "option"])["estimate"].agg(lambda one: one.max() - one.min())
    if len(spread):
        yield _row("measurement", "roles", spread.min(), spread.max(), "points", "either", table="role")


def _of_processing(rules: pd.DataFrame) -> Iterator[dict[str, Any]]:
    if len(rules) and rules["points"].notna().any():
        moved = 0.0 - rules["points"].astype(
            float
        )  # as it is, against what it would be with the rule left out
        yield _row("processing", "rules", moved.min(), moved.max(), "points", _sign(moved), table="rules")


def _of_adjustment(shares: pd.DataFrame) -> Iterator[dict[str, Any]]:
    if "weighted" in shares and shares["weighted"].notna().any():
        moved = 100 * (shares["share"] - shares["weighted"]).astype(float).dropna()
        yield _row("adjustment", "weights", moved.min(), moved.max(), "points", _sign(moved), table="choices")
        others = [column for column in shares if column.startswith("sensitivity.")]
        if others:
            more = (100 * shares[others].sub(shares["weighted"], axis=0)).astype(float).abs().max(axis=None)
            yield _row(
                "adjustment", "sensitivity", high=more, unit="points", direction="either", table="choices"
            )


def _of_chance(shares: pd.DataFrame) -> Iterator[dict[str, Any]]:
    half = 50 * (shares["ci_high"] - shares["ci_low"]).astype(float).dropna()
    if len(half):
        yield _row("chance", "intervals", half.min(), half.max(), "points", "either", table="selection")


def _sign(values: pd.Series) -> str:
    """In which direction figures are off: up, down, or now one and now the other."""
    up, down = bool((values > 0).any()), bool((values < 0).any())
    return "either" if up == down else "too_high" if up else "too_low"
