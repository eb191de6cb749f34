"""The rules of cleaning: each a function of some responses, and of what must be known of all of them.

What rules go by is measured once of each response, whatever the thresholds and whoever is still in. Most
rules look at a response alone. A speeder is held against the median of all who are still in, and a duplicate
against the others with the same answers: such a fact is gathered from the responses in any pieces, and
settled when all have been seen. Responses that are all in memory are one piece.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from nsmo.stages.clean.searching import searcher
from nsmo.stats.median import Middle
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
    seen: pd.DataFrame | None = None,
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
    seen : DataFrame, optional
        What `measure` gives for `frame`, where it is there already.

    Returns
    -------
    Taken
    """
    measures = measure(codebook, frame, [thresholds]) if seen is None else seen
    rules = codebook.cleaning.rules
    step, detail = np.zeros(len(frame), dtype=int), np.full(len(frame), "", dtype=object)
    flow = [{"step": 0, "rule": "", "removed": 0, "remaining": len(frame)}]
    for number, rule in enumerate(rules, start=1):
        fact = (facts or {}).get(rule.name)
        if facts is None and isinstance(rule, SpeederRule | DuplicateRule):
            fact = _fact(rule, gather(rule, measures[step == 0]))
        hit = (step == 0) & takes(rule, measures, thresholds, fact)
        step[hit] = number
        detail[hit] = _detail(rule, frame[hit], codebook, thresholds, fact)
        removed, remaining = int(hit.sum()), int((step == 0).sum())
        flow.append({"step": number, "rule": rule.name, "removed": removed, "remaining": remaining})
    names = np.array([None, *(rule.name for rule in rules)], dtype=object)
    return Taken(
        pd.Series(names[step], index=frame.index, dtype=object),
        pd.Series(detail, index=frame.index, dtype=object),
        flow,
    )


def measure(codebook: Codebook, frame: pd.DataFrame, variants: Iterable[Thresholds]) -> pd.DataFrame:
    """Compute what the rules go by of each response.

    Parameters
    ----------
    codebook : Codebook
        Its `cleaning` has the rules.
    frame : DataFrame
        Coded responses, answers put right.
    variants : iterable of Thresholds
        What the rules measure by, one after the other.

    Returns
    -------
    DataFrame
        With the index of `frame`. For a rule that looks at a response alone, and each of its thresholds,
        whether it holds; for a speeder ``duration, submitted``; for a duplicate the answers that are
        compared, in one spelling, and ``moment, id``.
    """
    found: dict[str, Any] = {}
    for thresholds in variants:
        check_thresholds(thresholds)
        for rule in codebook.cleaning.rules:
            match rule:
                case SpeederRule():
                    found["duration"] = frame["paradata.duration"]
                    found["submitted"] = frame["paradata.submitted"].notna()
                case DuplicateRule():
                    found["moment"], found["id"] = frame["paradata.submitted"], frame["response_id"]
                    for name, column in zip(rule.by, compared(rule), strict=True):
                        if column not in found:
                            texts = _of_each(frame[name].astype("str"), normal_spelling, None, object)
                            found[column] = pd.Series(texts, index=frame.index, dtype="str")
                case _ if (column := _column(rule, thresholds)) not in found:
                    found[column] = _holds(rule, frame, codebook, thresholds)
    return pd.DataFrame(found, index=frame.index)


def takes(rule: Rule, seen: pd.DataFrame, thresholds: Thresholds, fact: Any = None) -> np.ndarray:
    """Compute which responses a rule takes, if they are still in.

    Parameters
    ----------
    rule : Rule
    seen : DataFrame
        Of `measure`.
    thresholds : Thresholds
        What it measures by.
    fact : optional
        What it must know of all responses.
    """
    match rule:
        case SpeederRule():
            return (seen["duration"] < thresholds["speeder_ratio"] * fact).to_numpy()
        case DuplicateRule():
            here = seen.index.get_indexer(fact.index)
            found = np.zeros(len(seen), dtype=bool)
            found[here[here >= 0]] = True
            return found
    return seen[_column(rule, thresholds)].to_numpy()


def staying(
    codebook: Codebook, seen: pd.DataFrame, thresholds: Thresholds, facts: Facts, before: str | None = None
) -> np.ndarray:
    """Compute which responses no rule takes, or none of those before one; `seen` is of `measure`."""
    stays = np.ones(len(seen), dtype=bool)
    for rule in codebook.cleaning.rules:
        if rule.name == before:
            break
        stays &= ~takes(rule, seen, thresholds, facts.get(rule.name))
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
    """Return the questions that the rules look at, and those that decide whether these were asked."""
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
        Of `measure`, those whom no earlier rule took; their index tells their order.

    Returns
    -------
    DataFrame
        For a speeder ``duration``, of those who submitted; for a duplicate the answers that are compared,
        with ``row, moment, id``, of those who gave them all.
    """
    if isinstance(rule, SpeederRule):
        return left.loc[left["submitted"], ["duration"]]
    keys = left[compared(rule)]
    known = (keys.notna() & (keys != "")).all(axis=1)
    return left.loc[known, [*keys, "moment", "id"]].reset_index(names="row")


def compared(rule: DuplicateRule) -> list[str]:
    """Name the columns of what is measured for a rule in which duplicates agree."""
    return [f"{name} in one spelling" for name in rule.by]


def _fact(rule: SpeederRule | DuplicateRule, gathered: pd.DataFrame) -> Any:
    """Compute the fact of a rule from what was gathered of all responses."""
    if isinstance(rule, DuplicateRule):
        return counting(rule, gathered)
    middle = Middle()
    while not middle.found:
        middle.add(gathered["duration"].to_numpy())
        middle.narrow()
    return middle.value


def counting(rule: DuplicateRule, gathered: pd.DataFrame) -> pd.Series:
    """Return for each duplicate, by its index, the id of the response that counts.

    Parameters
    ----------
    rule : DuplicateRule
    gathered : DataFrame
        Of `gather`: of all responses, or of all of which the compared answers are some of them.
    """
    # The one that counts stands last: submitted goes before not submitted, then by moment, then by row.
    later = rule.keep == "last"
    again = gathered[gathered.duplicated(compared(rule), keep=False)]
    order = again.sort_values(["moment", "row"], ascending=later, na_position="first", kind="stable")
    stays = order.groupby(compared(rule))["id"].transform("last")
    return stays.set_axis(order["row"])[(order["id"] != stays).to_numpy()].sort_index()


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


def _of_each(values: pd.Series, function: Callable[[Any], Any], missing: Any, dtype: Any) -> np.ndarray:
    """Apply a function to each different value; those that are missing get what is said."""
    return _of_all(values, lambda found: map(function, found), missing, dtype)


def _of_all(
    values: pd.Series, function: Callable[[np.ndarray], Iterable[Any]], missing: Any, dtype: Any
) -> np.ndarray:
    """Apply a function to all different values at once, as `_of_each` does to each."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        place, found = values.cat.codes.to_numpy(), values.cat.categories
    else:
        place, found = pd.factorize(values)
    return np.array([*function(np.asarray(found, dtype=object)), missing], dtype=dtype)[place]


# --- whether a rule holds that looks at a response alone ---


def _column(rule: Rule, thresholds: Thresholds) -> str:
    return f"{rule.name} {measured(rule, thresholds)}"


def _holds(rule: Rule, frame: pd.DataFrame, codebook: Codebook, thresholds: Thresholds) -> np.ndarray:
    match rule:
        case ConditionRule():
            return evaluate(rule.when, frame).to_numpy()
        case PatternRule():
            return np.logical_or.reduce([_matches(rule, frame[name]) for name in rule.questions])
        case PartialRule():
            page = _page(frame) < thresholds["min_last_page"]
            return (frame["paradata.submitted"].isna() & page).to_numpy()
        case StraightlineRule():
            answered, lowest, highest, _ = _line(rule, frame, codebook)
            return (answered >= _least(rule, codebook, thresholds)) & (highest == lowest)
    raise TypeError(rule)


def _matches(rule: PatternRule, texts: pd.Series) -> np.ndarray:
    there = searcher(rule.pattern, rule.name)
    return _of_all(texts, lambda found: there(map(str, found)), False, bool)


def _page(frame: pd.DataFrame) -> pd.Series:
    return frame["paradata.last_page"].fillna(0).astype(int)


def _least(rule: StraightlineRule, codebook: Codebook, thresholds: Thresholds) -> int:
    least, items = thresholds["straightline_items"], codebook.battery(rule.battery)
    if least > len(items):
        raise StudyError(
            found=f"straightline_items is {least}, but the battery '{rule.battery}' has {len(items)} items",
            where="params.yaml, clean",
            expected=f"2 to {len(items)}",
            fix="lower it, or take the rule out of rules.yaml",
        )
    return least


def _line(
    rule: StraightlineRule, frame: pd.DataFrame, codebook: Codebook
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Compute how many items were answered, the lowest and highest answer by place, and what stands there."""
    answers = [frame[question.name] for question in codebook.battery(rule.battery)]
    found = np.array([*dict.fromkeys(one for values in answers for one in values.dropna().unique())], object)
    place = {answer: i for i, answer in enumerate(found)}
    # A don't know is no place on the scale: it neither makes a straight line nor breaks one.
    places = np.array([_of_each(values, lambda one: place.get(one, -1), -1, int) for values in answers])
    none = places < 0
    lowest = np.where(none, len(found), places).min(axis=0, initial=len(found))
    return (~none).sum(axis=0), lowest, places.max(axis=0, initial=-1), found


# --- what was seen of the responses that a rule takes, for the log ---


def _detail(
    rule: Rule, hit: pd.DataFrame, codebook: Codebook, thresholds: Thresholds, fact: Any
) -> np.ndarray | str:
    match rule:
        case ConditionRule():
            return describe(rule.when, codebook, "en")
        case PatternRule():
            detail = np.full(len(hit), "", dtype=object)
            for name in rule.questions:
                detail[_matches(rule, hit[name])] = f"pattern found in '{name}'"
            return detail
        case PartialRule():
            pages = _page(hit).astype(str)
            return ("not submitted, last page " + pages + f" of {thresholds['min_last_page']}").to_numpy()
        case SpeederRule():
            limit = f"below {thresholds['speeder_ratio']:g} × the median of {fact:.0f} s"
            return np.array([f"{one:.0f} s, {limit}" for one in hit["paradata.duration"]], dtype=object)
        case StraightlineRule():
            answered, _, highest, found = _line(rule, hit, codebook)
            items = len(codebook.battery(rule.battery))
            lines = zip(answered, found[highest], strict=True)
            return np.array([f"{n} of {items} items: {answer}" for n, answer in lines], dtype=object)
        case DuplicateRule():
            return ("response " + fact.reindex(hit.index).astype("str") + " counts").to_numpy(dtype=object)
