"""What may be shown of a result, by where its answers come from: the one place that decides it.

Answers of respondents are evidence, and everything is shown. Reconstructed answers were drawn to agree with
what was published; what nobody published about them is an assumption. So of these

- each figure says its origin: published, implied by what was published, or assumed;
- an assumed figure has its range over other reconstructions, where these differ, in place of an interval;
- only a share of everybody that was published or follows from that has an interval, on pages and in files:
  chance had no part in the others, and neither how large a group was nor how far numbers lay apart was
  published;
- what tests or intervals decide is shown nowhere: no p, no count of differences, no effect in a sentence. The
  p-values stand in the column `pipeline_check` of tests.csv, as a check of the pipeline;
- no headline is adjusted: what weighting changes depends on ties that were assumed.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nsmo.results import ORIGIN, PIPELINE_CHECK, Tested, is_tests
from nsmo.study.ensemble import DIFFERENCE, VALUE
from nsmo.study.origins import ASSUMED, IMPLIED, PUBLISHED, may_have_interval

if TYPE_CHECKING:
    from nsmo.study.codebook import Codebook

#: How far an assumed figure lies apart in other reconstructions, and how many these are.
RANGE = ("range_low", "range_high", "members")
_INTERVAL = ("se", "ci_low", "ci_high")
_PLAIN = ("proportion", "mean")
_P = ("p", "p_holm")
_SAME = 1e-6  # a set narrower than this is one value
#: Types of statements that print a figure.
_FIGURES = ("exact", "about", "almost", "over", "fraction", "group_share")


def is_evidence(codebook: "Codebook | None") -> bool:
    """Return whether the answers are those of respondents, so that a test of them says something."""
    return codebook is None or codebook.origins is None


def of_counts(codebook: "Codebook | None") -> str:
    """Return the origin of counts that nobody publishes: of who came when, or left what open."""
    return "" if is_evidence(codebook) else ASSUMED


def marked(rows: Iterable[Mapping[str, Any]], codebook: "Codebook | None") -> list[dict[str, Any]]:
    """Return rows of estimates with their origin, without the intervals that they may not have, with ranges.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of a result frame.
    codebook : Codebook or None
        Of the wave.

    Returns
    -------
    list of dict
        `origin` is empty where the answers are real; else there is `RANGE`, missing where a figure is not
        assumed, or the same in all reconstructions.
    """
    if codebook is None or codebook.origins is None:
        return [{**row, ORIGIN: ""} for row in rows]
    found = []
    for row in rows:
        one = {**row, ORIGIN: codebook.origins.of(row)}
        gone = dict.fromkeys(_INTERVAL, np.nan) if not has_interval(one) else {}
        found.append(
            {**one, **{name: end for name, end in gone.items() if name in row}, **range_of(one, codebook)}
        )
    return found


def range_of(row: Mapping[str, Any], codebook: "Codebook") -> dict[str, float]:
    """Return `RANGE` of a row with an origin; missing where it is not assumed, or not shown.

    Parameters
    ----------
    row : mapping
        Of estimates; of a statement, with its id in `statement`.
    codebook : Codebook
        Of the wave.
    """
    assumed = row[ORIGIN] == ASSUMED and not pd.isna(row.get("estimate", np.nan))
    known = codebook.ensemble.of(row) if assumed else None
    ends = (known.low, known.high, known.members) if known else (np.nan,) * 3
    return dict(zip(RANGE, ends, strict=True))


def has_range(row: Mapping[str, Any]) -> bool:
    """Return whether a row of `marked` has a range over other reconstructions."""
    return not pd.isna(row.get("range_low", np.nan))


def has_interval(row: Mapping[str, Any]) -> bool:
    """Return whether a row with an origin may have an interval."""
    return not row[ORIGIN] or may_have_interval(row)


def assumed_base(row: Mapping[str, Any]) -> bool:
    """Return whether a row with an origin is of a group, whose size nobody published."""
    return bool(row.get(ORIGIN)) and _of_group(row)


def _of_group(row: Mapping[str, Any]) -> bool:
    group = row.get("group")
    return isinstance(group, str) and bool(group)


def statement_origin(row: Mapping[str, Any], column: str = "unweighted") -> str:
    """Return the origin of the estimate beside a published statement (`row` of details.csv).

    One of several readings, a bound or a direction prints no figure, and an estimate that differs from what
    was printed is none: these are assumed, unless the published figures leave this value and no other.

    Parameters
    ----------
    row : mapping
        Of details.csv.
    column : str
        What is shown: the estimate, or the `difference` that a direction rests on.
    """
    agreement = row.get("agreement")
    printed = row["id"] == row.get("claim", row["id"]) and row["type"] in _FIGURES and agreement != "differs"
    if printed and column == "unweighted":
        return PUBLISHED if row["type"] == "exact" and agreement != "within one unit" else IMPLIED
    return IMPLIED if _only_value(row, column) else ASSUMED


def _only_value(row: Mapping[str, Any], column: str) -> bool:
    """Whether all responses that agree with what was printed give this value."""
    low, high = (row.get(end, np.nan) for end in ("set_low", "set_high"))
    if pd.isna(low) or pd.isna(row[column]) or high - low > _SAME:
        return False
    return abs(row[column] / (100 if row["unit"] == "percent" else 1) - low) < _SAME


def statement_interval(row: Mapping[str, Any], codebook: "Codebook | None") -> bool:
    """Return whether the estimate beside a statement may have an interval; as `has_interval`."""
    of_group = len(str(row.get("questions", "")).split(";")) > 1
    share = row["type"] in (*_FIGURES, "more_than") and row["unit"] == "percent" and not of_group
    return is_evidence(codebook) or (share and statement_origin(row) != ASSUMED)


def statement_range(
    row: Mapping[str, Any], codebook: "Codebook | None", column: str = "unweighted"
) -> dict[str, float]:
    """Return `RANGE` of the estimate beside a statement, or of the difference that it rests on.

    Parameters
    ----------
    row, column
        As of `statement_origin`.
    codebook : Codebook or None
        Of the wave.
    """
    if codebook is None or codebook.origins is None:
        return dict.fromkeys(RANGE, np.nan)
    named = {
        "statement": row["id"],
        "statistic": VALUE if column == "unweighted" else DIFFERENCE,
        "weighted": False,
        "estimate": row[column],
        ORIGIN: statement_origin(row, column),
    }
    return range_of(named, codebook)


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
    if frame.empty:
        return frame.assign(**{ORIGIN: ""})
    shares = frame.assign(statistic="proportion", weighted=False).to_dict("records")
    rows = pd.DataFrame(marked(shares, codebook), index=frame.index)
    ends = {name: rows[name] for name in _INTERVAL if name in frame}
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
        The same where the answers are real. Estimates keep all their columns; an interval or a standard error
        that a figure may not have is missing.
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
    rows = marked(frame.to_dict("records"), codebook)
    columns = [name for name in _INTERVAL if name in frame] + [ORIGIN, *RANGE[:2]]
    return frame.assign(**{name: [row[name] for row in rows] for name in columns})


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
