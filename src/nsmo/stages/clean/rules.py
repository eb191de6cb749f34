"""The rules of cleaning: each a function of some responses, and of what must be known of all of them.

Most rules look at a response alone. A speeder is held against the median of all who are still in, and a
duplicate against the others with the same answers: such a fact is gathered from the responses in any pieces,
and settled when all have been seen. Responses that are all in memory are one piece.
"""

import re
from collections.abc import Callable, Iterable, Mapping
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
    Rule,
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
        if facts is None and isinstance(rule, SpeederRule | DuplicateRule):
            found = hit(rule, left, codebook, thresholds, settle(rule, [gather(rule, left)]))
        else:
            found = hit(rule, left, codebook, thresholds, (facts or {}).get(rule.name))
        taken[found.index] = rule.name
        detail[found.index] = found
        flow.append(
            {"step": step, "rule": rule.name, "removed": len(found), "remaining": int(taken.isna().sum())}
        )
    return Taken(taken, detail, flow)


def hit(
    rule: Rule, left: pd.DataFrame, codebook: Codebook, thresholds: Thresholds, fact: Any = None
) -> pd.Series:
    """Find the responses that a rule takes; `fact` is what it must know of all.

    Returns
    -------
    Series of str
        What was seen, by the index of the responses.
    """
    match rule:
        case ConditionRule():
            return _condition(rule, left, codebook)
        case PatternRule():
            return _pattern(rule, left)
        case PartialRule():
            return _partial(left, thresholds["min_last_page"])
        case StraightlineRule():
            return _straightline(rule, left, codebook, thresholds["straightline_items"])
        case SpeederRule():
            return _speeder(left, thresholds["speeder_ratio"], fact)
        case DuplicateRule():
            return _duplicate(left, fact)


class Staying:
    """Who of some responses stays under several thresholds; a rule that measures alike is applied once.

    Parameters
    ----------
    codebook : Codebook
        Has the rules.
    frame : DataFrame
        Coded responses, answers put right.
    """

    def __init__(self, codebook: Codebook, frame: pd.DataFrame) -> None:
        self._codebook, self._frame = codebook, frame
        self._taken: dict[tuple[Any, ...], np.ndarray] = {}

    def under(self, thresholds: Thresholds, facts: Facts, before: str | None = None) -> np.ndarray:
        """Return for each response whether it stays, by all rules or by those before one."""
        check_thresholds(thresholds)
        stays = np.ones(len(self._frame), dtype=bool)
        for rule in self._codebook.cleaning.rules:
            if rule.name == before:
                break
            fact = facts.get(rule.name)
            key = (rule.name, measured(rule, thresholds), id(fact))
            if key not in self._taken:
                found = hit(rule, self._frame, self._codebook, thresholds, fact)
                self._taken[key] = self._frame.index.isin(found.index)
            stays &= ~self._taken[key]
        return stays


def measured(rule: Rule, thresholds: Thresholds) -> float | None:
    """Return the threshold that a rule measures by, if it does."""
    match rule:
        case PartialRule():
            return thresholds["min_last_page"]
        case SpeederRule():
            return thresholds["speeder_ratio"]
        case StraightlineRule():
            return thresholds["straightline_items"]
    return None


def earlier(codebook: Codebook, rule: Rule, thresholds: Thresholds) -> tuple[float | None, ...]:
    """Return what the rules before one measure by: where it is the same, so is who is still in."""
    rules = codebook.cleaning.rules
    return tuple(measured(one, thresholds) for one in rules[: [one.name for one in rules].index(rule.name)])


def over_all(codebook: Codebook) -> list[SpeederRule | DuplicateRule]:
    """List the rules that need a fact about all responses, in their order."""
    return [rule for rule in codebook.cleaning.rules if isinstance(rule, SpeederRule | DuplicateRule)]


def asked_by_rules(codebook: Codebook) -> set[str]:
    """Name the questions that the rules look at, and those that decide whether these were asked."""
    questions = {question.name: question for question in codebook.questions}
    found: set[str] = set()
    for rule in codebook.cleaning.rules:
        found |= set(rule.questions_used)
        if isinstance(rule, StraightlineRule):
            found |= {question.name for question in codebook.battery(rule.battery)}
    waiting = found & questions.keys()
    while waiting:
        condition = questions[waiting.pop()].asked_if
        new = {str(leaf.question) for leaf, _ in condition.leaves()} - found if condition else set()
        found |= new
        waiting |= new & questions.keys()
    return found


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
        {name: _of_each(left[name].astype("str"), normal_spelling, None) for name in rule.by}
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


def _of_each(values: pd.Series, function: Callable[[Any], Any], missing: Any) -> np.ndarray:
    """Apply a function to each different value; those that are missing get what is said."""
    place, found = pd.factorize(values)
    return np.array([*map(function, np.asarray(found, dtype=object)), missing], dtype=object)[place]


# --- each gives the responses it takes, with a detail for the log ---


def _condition(rule: ConditionRule, left: pd.DataFrame, codebook: Codebook) -> pd.Series:
    hit = evaluate(rule.when, left)
    return pd.Series(describe(rule.when, codebook, "en"), index=left.index[hit], dtype=object)


def _pattern(rule: PatternRule, left: pd.DataFrame) -> pd.Series:
    found = pd.Series(None, index=left.index, dtype=object)
    pattern = re.compile(rule.pattern, re.IGNORECASE)
    for name in rule.questions:
        hit = _of_each(left[name], lambda text: pattern.search(str(text)) is not None, False).astype(bool)
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
    answers = left[items].astype(object).to_numpy()
    place, found = pd.factorize(answers.ravel())
    place = place.reshape(answers.shape)
    none = place < 0
    answered = pd.Series((~none).sum(axis=1), index=left.index)
    highest = place.max(axis=1, initial=-1)
    lowest = np.where(none, len(found), place).min(axis=1, initial=len(found))
    alike = ((answered >= least) & (highest == lowest)).to_numpy()
    first = pd.Series(found[highest[alike]], index=left.index[alike], dtype=object)
    return answered[alike].astype(str) + f" of {len(items)} items: " + first.astype(str)


def _duplicate(left: pd.DataFrame, stays: pd.Series) -> pd.Series:
    mine = stays[stays.index.isin(left.index)]
    return "response " + mine.astype(str) + " counts"
