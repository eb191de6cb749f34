"""The rules of cleaning: each a function of some responses, and of what must be known of all of them.

Most rules look at a response alone. A speeder is held against the median of all who are still in, and a
duplicate against the others with the same answers: such a fact is gathered from the responses in any pieces,
and settled when all have been seen. Responses that are all in memory are one piece.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from nsmo.study.codebook import Codebook
from nsmo.study.conditions import describe, evaluate
from nsmo.study.errors import StudyError
from nsmo.study.rules import (
    ConditionRule,
    DuplicateRule,
    PartialRule,
    PatternRule,
    SpeederRule,
    StraightlineRule,
)
from nsmo.study.spelling import normal_spelling


class Thresholds(TypedDict):
    """What the rules of cleaning measure by: the thresholds of `clean`."""

    min_last_page: int
    speeder_ratio: float
    straightline_items: int


@dataclass(frozen=True)
class Taken:
    """What the rules did to some responses.

    Attributes
    ----------
    rule : Series
        Which rule took a response; missing: it stays.
    detail : Series of str
        What was seen.
    flow : list of dict
        ``step, rule, removed, remaining``; step 0 are those received.
    """

    rule: pd.Series
    detail: pd.Series
    flow: list[dict[str, Any]]


#: By the name of a rule: the median of durations; or, by the index of a duplicate, the id that counts.
Facts = Mapping[str, Any]


def apply(
    codebook: Codebook,
    frame: pd.DataFrame,
    thresholds: Thresholds,
    facts: Facts | None = None,
    before: str | None = None,
) -> Taken:
    """Apply the rules in their order; the first that holds takes a response.

    Parameters
    ----------
    codebook : Codebook
        Its `cleaning` has the rules.
    frame : DataFrame
        Coded responses, answers put right.
    thresholds : Thresholds
        What they measure by.
    facts : mapping, optional
        What is known of all responses; left out, `frame` is all of them.
    before : str, optional
        Only the rules before that one.

    Returns
    -------
    Taken
    """
    check_thresholds(thresholds)
    taken = pd.Series(None, index=frame.index, dtype=object)
    detail = pd.Series("", index=frame.index, dtype=object)
    flow = [{"step": 0, "rule": "", "removed": 0, "remaining": len(frame)}]
    for step, rule in enumerate(codebook.cleaning.rules, start=1):
        if rule.name == before:
            break
        left = frame[taken.isna()]
        match rule:
            case ConditionRule():
                hit = _condition(rule, left, codebook)
            case PatternRule():
                hit = _pattern(rule, left)
            case PartialRule():
                hit = _partial(left, thresholds["min_last_page"])
            case StraightlineRule():
                hit = _straightline(rule, left, codebook, thresholds["straightline_items"])
            case SpeederRule() | DuplicateRule():
                fact = settle(rule, [gather(rule, left)]) if facts is None else facts[rule.name]
                ratio = thresholds["speeder_ratio"]
                hit = _duplicate(left, fact) if rule.kind == "duplicate" else _speeder(left, ratio, fact)
        taken[hit.index] = rule.name
        detail[hit.index] = hit
        flow.append(
            {"step": step, "rule": rule.name, "removed": len(hit), "remaining": int(taken.isna().sum())}
        )
    return Taken(taken, detail, flow)


def over_all(codebook: Codebook) -> list[SpeederRule | DuplicateRule]:
    """List the rules that need a fact about all responses, in their order."""
    return [rule for rule in codebook.cleaning.rules if isinstance(rule, SpeederRule | DuplicateRule)]


def gather(rule: SpeederRule | DuplicateRule, left: pd.DataFrame) -> pd.DataFrame:
    """Take from some of the responses that are still in what the fact of a rule is made of.

    Parameters
    ----------
    rule : SpeederRule or DuplicateRule
    left : DataFrame
        Those whom no earlier rule took; their index tells their order.

    Returns
    -------
    DataFrame
        For a speeder ``duration, n``; for a duplicate the answers that are compared, in one spelling, with
        ``row, submitted, id``, of those who gave them all.
    """
    if isinstance(rule, SpeederRule):
        counts = left.loc[left["paradata.submitted"].notna(), "paradata.duration"].value_counts()
        return pd.DataFrame({"duration": counts.index, "n": counts.to_numpy()})
    keys = pd.DataFrame(
        {
            name: left[name].astype("str").map(normal_spelling, na_action="ignore").to_numpy()
            for name in rule.by
        }
    ).set_axis(compared(rule), axis=1)
    known = (keys.notna() & (keys != "")).all(axis=1).to_numpy()
    others = left[["paradata.submitted", "response_id"]].set_axis(["submitted", "id"], axis=1)
    return pd.concat([keys, others.reset_index(names="row")], axis=1)[known]


def compared(rule: DuplicateRule) -> list[str]:
    """Name the columns of what is gathered for a rule in which duplicates agree."""
    return [f"key {i}" for i in range(len(rule.by))]


def settle(rule: SpeederRule | DuplicateRule, parts: Iterable[pd.DataFrame]) -> Any:
    """Compute the fact of a rule from what was gathered of all responses.

    Returns
    -------
    float or Series
        The median of the durations (missing where there is none); or, for each duplicate, by its index, the
        id of the response that counts.
    """
    seen = pd.concat(list(parts), ignore_index=True)
    if isinstance(rule, SpeederRule):
        counts = seen.groupby("duration")["n"].sum()
        return median(counts.index.to_numpy(dtype=float), counts.to_numpy())
    # The one that counts stands last: submitted goes before not submitted, then by moment, then by row.
    later = rule.keep == "last"
    order = seen.sort_values(["submitted", "row"], ascending=later, na_position="first", kind="stable")
    stays = order.groupby(compared(rule))["id"].transform("last")
    return stays.set_axis(order["row"])[(order["id"] != stays).to_numpy()].sort_index()


def median(values: np.ndarray, counts: np.ndarray) -> float:
    """Compute the median of values that occur so often; values ascend."""
    if not counts.sum():
        return np.nan
    ends = np.cumsum(counts)
    low, high = ((ends[-1] - 1) // 2, ends[-1] // 2)
    return float(np.mean(values[np.searchsorted(ends, [low, high], side="right")]))


def check_thresholds(thresholds: Thresholds) -> None:
    """Refuse a threshold out of its range."""
    page, ratio, items = (
        thresholds["min_last_page"],
        thresholds["speeder_ratio"],
        thresholds["straightline_items"],
    )
    for key, value, fits, expected in (
        ("min_last_page", page, page >= 1, "a page number from 1"),
        ("speeder_ratio", ratio, 0 < ratio < 1, "a share between 0 and 1"),
        ("straightline_items", items, items >= 2, "a number of items from 2"),
    ):
        if not fits:
            raise StudyError(
                found=f"{key} is {value}",
                where="params.yaml, clean",
                expected=expected,
                fix="correct it there",
            )


# --- each gives the responses it takes, with a detail for the log ---


def _condition(rule: ConditionRule, left: pd.DataFrame, codebook: Codebook) -> pd.Series:
    hit = evaluate(rule.when, left)
    return pd.Series(describe(rule.when, codebook, "en"), index=left.index[hit], dtype=object)


def _pattern(rule: PatternRule, left: pd.DataFrame) -> pd.Series:
    found = pd.Series(None, index=left.index, dtype=object)
    pattern = re.compile(rule.pattern, re.IGNORECASE)
    for name in rule.questions:
        hit = (
            left[name].map(lambda text: pd.notna(text) and pattern.search(str(text)) is not None).astype(bool)
        )
        found[hit] = f"pattern found in '{name}'"
    return found.dropna()


def _partial(left: pd.DataFrame, min_last_page: int) -> pd.Series:
    page = left["paradata.last_page"].fillna(0).astype(int)
    hit = left["paradata.submitted"].isna() & (page < min_last_page)
    return "not submitted, last page " + page[hit].astype(str) + f" of {min_last_page}"


def _speeder(left: pd.DataFrame, ratio: float, usual: float) -> pd.Series:
    duration = left["paradata.duration"]
    hit = duration < ratio * usual
    return duration[hit].map(lambda s: f"{s:.0f} s, below {ratio:g} × the median of {usual:.0f} s")


def _straightline(rule: StraightlineRule, left: pd.DataFrame, codebook: Codebook, least: int) -> pd.Series:
    items = [question.name for question in codebook.battery(rule.battery)]
    if least > len(items):
        raise StudyError(
            found=f"straightline_items is {least}, but the battery '{rule.battery}' has {len(items)} items",
            where="params.yaml, clean",
            expected=f"2 to {len(items)}",
            fix="lower it, or take the rule out of rules.yaml",
        )
    # A don't know is no place on the scale: it neither makes a straight line nor breaks one.
    answers = left[items].astype(object)
    answered, kinds = answers.notna().sum(axis=1), answers.nunique(axis=1)
    hit = (answered >= least) & (kinds == 1)
    first = answers[hit].bfill(axis=1).iloc[:, 0]
    return answered[hit].astype(str) + f" of {len(items)} items: " + first.astype(str)


def _duplicate(left: pd.DataFrame, stays: pd.Series) -> pd.Series:
    mine = stays[stays.index.isin(left.index)]
    return "response " + mine.astype(str) + " counts"
