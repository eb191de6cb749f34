"""What may be shown of a result, by where its answers come from: the one place that decides it.

Answers of respondents are evidence, and everything is shown. Reconstructed answers were drawn to agree with
what was published; what nobody published about them is an assumption. So of these

- each figure says its origin: published, implied by what was published, or assumed;
- only a share of everybody that was published or follows from that has an interval: chance had no part in the
  others, and neither how large a group was nor how far numbers lay apart was published;
- what tests or intervals decide is shown nowhere: no p, no count of differences, no effect in a sentence. The
  p-values stand in the column `pipeline_check` of tests.csv, as a check of the pipeline;
- no headline is adjusted: what weighting changes depends on ties that were assumed.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nsmo.results import ORIGIN, PIPELINE_CHECK, Tested, is_tests
from nsmo.study.origins import ASSUMED, IMPLIED, PUBLISHED

if TYPE_CHECKING:
    from nsmo.study.codebook import Codebook

_INTERVAL = ("se", "ci_low", "ci_high")
_PLAIN = ("proportion", "mean")
_P = ("p", "p_holm")
#: Types of statements that print a figure.
_FIGURES = ("exact", "about", "almost", "over", "fraction", "group_share")


def is_evidence(codebook: "Codebook | None") -> bool:
    """Return whether the answers are those of respondents, so that a test of them says something."""
    return codebook is None or codebook.origins is None


def marked(rows: Iterable[Mapping[str, Any]], codebook: "Codebook | None") -> list[dict[str, Any]]:
    """Return rows of estimates with their origin, and without the intervals that they may not have.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of a result frame.
    codebook : Codebook or None
        Of the wave.

    Returns
    -------
    list of dict
        `origin` is empty where the answers are real.
    """
    origins = codebook.origins if codebook else None
    found = []
    for row in rows:
        origin = origins.of(row) if origins else ""
        gone = dict.fromkeys(_INTERVAL, np.nan) if not has_interval({**row, ORIGIN: origin}) else {}
        found.append({**row, **{name: end for name, end in gone.items() if name in row}, ORIGIN: origin})
    return found


def has_interval(row: Mapping[str, Any]) -> bool:
    """Return whether a row with an origin may have an interval."""
    return not row[ORIGIN] or (
        row[ORIGIN] != ASSUMED and row["statistic"] == "proportion" and not _of_group(row)
    )


def assumed_base(row: Mapping[str, Any]) -> bool:
    """Return whether a row with an origin is of a group, whose size nobody published."""
    return bool(row.get(ORIGIN)) and _of_group(row)


def _of_group(row: Mapping[str, Any]) -> bool:
    group = row.get("group")
    return isinstance(group, str) and bool(group)


def statement_origin(row: Mapping[str, Any]) -> str:
    """Return the origin of the estimate beside a published statement (`row` of details.csv).

    One of several readings, a bound or a direction prints no figure, so its estimate is assumed; and so is
    one that differs from what was printed.
    """
    agreement = row.get("agreement")
    if row["id"] != row.get("claim", row["id"]) or row["type"] not in _FIGURES or agreement == "differs":
        return ASSUMED
    return PUBLISHED if row["type"] == "exact" and agreement != "within one unit" else IMPLIED


def statement_interval(row: Mapping[str, Any], codebook: "Codebook | None") -> bool:
    """Return whether the estimate beside a statement may have an interval; as `has_interval`."""
    of_group = len(str(row.get("questions", "")).split(";")) > 1
    printed = statement_origin(row) != ASSUMED and row["unit"] == "percent" and not of_group
    return is_evidence(codebook) or printed


def of_headlines(frame: pd.DataFrame, codebook: "Codebook | None") -> pd.DataFrame:
    """Return a table of headlines, shares in words of their own, with origins and without other intervals.

    Parameters
    ----------
    frame : DataFrame
        ``question, option, by, group``, and of the unweighted share ``ci_low, ci_high``, of the weighted one
        ``weighted_low, weighted_high``, as far as it has them.
    codebook : Codebook or None
        Of the wave.
    """
    if is_evidence(codebook):
        return frame
    shares = frame.assign(statistic="proportion", weighted=False).to_dict("records")
    rows = pd.DataFrame(marked(shares, codebook), index=frame.index)
    ends = {name: rows[name] for name in ("ci_low", "ci_high") if name in frame}
    adjusted = {name: np.nan for name in ("weighted_low", "weighted_high") if name in frame}
    return frame.assign(**ends, **adjusted, **{ORIGIN: rows[ORIGIN]})


def as_saved(frame: pd.DataFrame, codebook: "Codebook | None") -> pd.DataFrame:
    """Return a frame of estimates with its origins, or one of tests as a check of the pipeline.

    Parameters
    ----------
    frame : DataFrame
        As a stage saves it, in the columns of `nsmo.results`.
    codebook : Codebook or None
        Of the wave.

    Returns
    -------
    DataFrame
        The same where the answers are real. Estimates keep all their columns.
    """
    origins = codebook.origins if codebook else None
    if origins is None:
        return frame
    if is_tests(frame):
        checks = [
            None if pd.isna(p) else f"p {p:.10g}" + ("" if pd.isna(holm) else f"; Holm p {holm:.10g}")
            for p, holm in zip(frame["p"], frame["p_holm"], strict=True)
        ]
        return frame.drop(columns=list(_P)).assign(**{PIPELINE_CHECK: checks})
    return frame.assign(**{ORIGIN: [origins.of(row) for row in frame.to_dict("records")]})


def withheld(value: Any, spec: str) -> bool:
    """Return whether a value may not be said of answers that are no evidence.

    Parameters
    ----------
    value : object
        What stands in a sentence: a result, a text, a number.
    spec : str
        How it is to be said; see `nsmo.present.saying.said`.
    """
    if isinstance(value, Tested) or spec == "p":
        return True
    if isinstance(value, pd.DataFrame):
        if is_tests(value):
            return True
        if "weighted" not in value or "statistic" not in value:
            return False
        return "weighted" in spec.split() or not value["statistic"].isin(_PLAIN).all()
    if isinstance(value, pd.Series) and {"estimate", "statistic", "weighted"} <= set(value.index):
        return spec not in ("n", "label") and (bool(value["weighted"]) or value["statistic"] not in _PLAIN)
    return False
