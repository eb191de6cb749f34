"""Who counts as a respondent, and why the others do not.

First answers are put right: "other" texts that name a listed option, answers to questions that were not
asked. Then the rules of the codebook take responses out, in their order; the first rule that holds takes the
response. Then variables are derived for those who stay. Nothing leaves without a row that says so.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypedDict

import pandas as pd

from nsmo.study.codebook import Codebook
from nsmo.study.conditions import describe, evaluate
from nsmo.study.derivation import derive
from nsmo.study.errors import StudyError
from nsmo.study.questionnaire import OTHER, Question
from nsmo.study.rules import (
    Cleaning,
    ConditionRule,
    DuplicateRule,
    PartialRule,
    PatternRule,
    SpeederRule,
    StraightlineRule,
)
from nsmo.study.spelling import ambiguous, normal_spelling, pieces, spellings

#: Personal tokens link answers to a mailing list; nothing after cleaning needs them.
_PRIVATE = ("paradata.token",)


#: Rules of cleaning that are a judgement on a response, not a matter of scope or of consent: these can be
#: left out to see what they do.
JUDGEMENTS = ("speeder", "straightline", "duplicate")


class Thresholds(TypedDict):
    """What the rules of cleaning measure by: the thresholds of `clean`."""

    min_last_page: int
    speeder_ratio: float
    straightline_items: int


@dataclass(frozen=True)
class Cleaned:
    """Respondents, with the evidence of how they were chosen.

    Attributes
    ----------
    responses : DataFrame
        The coded frame of those who stay, with derived variables, without identifying answers.
    exclusions : DataFrame
        ``response_id, rule, reason, detail``: one row per response that left.
    flow : DataFrame
        ``step, rule, removed, remaining``: from received, which has no rule, to respondents.
    recodes : DataFrame
        ``question, raw, new, n, rule``: answers put right among those who stay, with how often. The rule
        `left_as_other` lists the "other" texts that name no listed option.
    corrections : DataFrame
        ``response_id, question, found, now, rule, reason``: one row per answer that contradicted the routing.
    """

    responses: pd.DataFrame
    exclusions: pd.DataFrame
    flow: pd.DataFrame
    recodes: pd.DataFrame
    corrections: pd.DataFrame


def clean(
    codebook: Codebook,
    responses: pd.DataFrame,
    *,
    min_last_page: int,
    speeder_ratio: float,
    straightline_items: int,
) -> Cleaned:
    """Apply the cleaning rules of a codebook.

    Parameters
    ----------
    codebook : Codebook
        Its `cleaning` names the rules and the spellings.
    responses : DataFrame
        The coded frame of ingest.
    min_last_page : int
        The page that a response which was not submitted must have reached to count.
    speeder_ratio : float
        Share of the median duration below which a response counts as too fast; above 0, below 1.
    straightline_items : int
        How many items of a battery must be answered, all alike, to count as straight-lining; at least 2.

    Returns
    -------
    Cleaned

    Raises
    ------
    StudyError
        For thresholds out of range, a rule that no response could ever meet, or a derived variable without
        category.
    """
    frame, recoded = _recode_others(codebook, responses)
    frame, corrected = _correct_routing(codebook, frame)
    taken, detail, flow = _select(codebook, frame, min_last_page, speeder_ratio, straightline_items)
    out, kept = taken.notna(), taken.isna()
    exclusions = pd.DataFrame(
        {
            "response_id": frame.loc[out, "response_id"],
            "rule": taken[out],
            "reason": taken[out].map({rule.name: rule.reason.en for rule in codebook.cleaning.rules}),
            "detail": detail[out],
        }
    ).reset_index(drop=True)
    staying = derive(codebook, frame[kept]).reset_index(drop=True)
    _account_for_all(responses, staying, exclusions)
    return Cleaned(
        staying.drop(columns=_identifying(codebook, staying)),
        exclusions,
        pd.DataFrame(flow),
        _recode_counts(recoded, corrected, kept),
        corrected[kept[corrected.index]].drop(columns="raw").reset_index(drop=True),
    )


def taken_by(codebook: Codebook, responses: pd.DataFrame, thresholds: Thresholds) -> pd.Series:
    """Return the rule that takes each response; missing for those that stay.

    Parameters
    ----------
    codebook
        Its rules are applied in their order, as `clean` does.
    responses
        Needs the columns that the rules look at, and ``response_id``.
    thresholds
        The keyword arguments of `clean`.
    """
    return _select(codebook, responses, **thresholds)[0]


def other_thresholds(codebook: Codebook, responses: pd.DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Show who would count if one threshold were a step lower or higher.

    A step is a page, an item, or a quarter of the speeder's ratio.

    Parameters
    ----------
    codebook, responses
        As for `clean`.
    thresholds : mapping
        The keyword arguments of `clean`.

    Returns
    -------
    DataFrame
        ``threshold, value, respondents, joined, left``; the first row has no threshold: as it was done.
    """
    page, ratio = thresholds["min_last_page"], thresholds["speeder_ratio"]
    items = thresholds["straightline_items"]
    longest = max(
        (len(codebook.battery(r.battery)) for r in codebook.cleaning.rules if r.kind == "straightline"),
        default=items,
    )
    last = max((question.page or 1 for question in codebook.questions), default=page)
    pages = [page + step for step in (-2, -1, 1) if 1 <= page + step <= max(last, page)]
    ratios = [round(ratio * factor, 4) for factor in (0.5, 0.75, 1.25, 1.5) if ratio * factor < 1]
    numbers = [items + step for step in (-2, -1, 1) if 2 <= items + step <= longest]
    steps: list[tuple[str, float, tuple[int, float, int]]] = [
        *(("min_last_page", value, (value, ratio, items)) for value in pages),
        *(("speeder_ratio", value, (page, value, items)) for value in ratios),
        *(("straightline_items", value, (page, ratio, value)) for value in numbers),
    ]
    frame, _ = _correct_routing(codebook, _recode_others(codebook, responses)[0])

    def kept(limits: tuple[int, float, int]) -> set[str]:
        taken, _, _ = _select(codebook, frame, *limits)
        return set(frame.loc[taken.isna(), "response_id"])

    done = kept((page, ratio, items))
    rows = [("", "", len(done), 0, 0)]
    for threshold, value, limits in steps:
        now = kept(limits)
        counts = (len(now), len(now - done), len(done - now))
        rows.append((threshold, f"{value:g}", *counts))
    return pd.DataFrame(rows, columns=["threshold", "value", "respondents", "joined", "left"])


def under(
    codebook: Codebook, responses: pd.DataFrame, cleanings: Mapping[str, Cleaning], thresholds: Thresholds
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find who would count under other rules, without cleaning everything again for each.

    Parameters
    ----------
    codebook, responses
        As for `clean`.
    cleanings : mapping
        Name → the rules; spellings are those of the codebook.
    thresholds : mapping
        The keyword arguments of `clean`.

    Returns
    -------
    tuple of DataFrame
        Everybody who counts under some of them, with derived variables; and beside it (same index) a column
        of true or false per name. The first has identifying answers and may not be saved.
    """
    frame, _ = _correct_routing(codebook, _recode_others(codebook, responses)[0])
    limits = (thresholds["min_last_page"], thresholds["speeder_ratio"], thresholds["straightline_items"])
    counts = pd.DataFrame(
        {
            name: _select(codebook.changed(cleaning=cleaning), frame, *limits)[0].isna()
            for name, cleaning in cleanings.items()
        }
    )
    ever = counts.any(axis=1)
    return derive(codebook, frame[ever]).reset_index(drop=True), counts[ever].reset_index(drop=True)


def around_the_speeders(
    codebook: Codebook, responses: pd.DataFrame, exclusions: pd.DataFrame, speeder_ratio: float
) -> tuple[float, float] | None:
    """Compute between which durations the threshold for too fast could lie without changing who counts.

    Parameters
    ----------
    codebook, responses
        As for `clean`.
    exclusions : DataFrame
        From `clean`.
    speeder_ratio : float
        The threshold as it was.

    Returns
    -------
    tuple of float or None
        The longest duration below the threshold and the shortest from it on, as parts of the median of the
        rule. None without such a rule, or where all durations lie on one side.
    """
    names = [rule.name for rule in codebook.cleaning.rules]
    kinds = [rule.kind for rule in codebook.cleaning.rules]
    if "speeder" not in kinds:
        return None
    earlier = exclusions.loc[exclusions["rule"].isin(names[: kinds.index("speeder")]), "response_id"]
    left = responses[~responses["response_id"].isin(earlier)]
    duration = left["paradata.duration"].dropna()
    parts = duration / duration[left["paradata.submitted"].notna()].median()
    below, above = parts[parts < speeder_ratio], parts[parts >= speeder_ratio]
    return None if below.empty or above.empty else (float(below.max()), float(above.min()))


def _check_thresholds(min_last_page: int, speeder_ratio: float, straightline_items: int) -> None:
    for key, value, fits, expected in (
        ("min_last_page", min_last_page, min_last_page >= 1, "a page number from 1"),
        ("speeder_ratio", speeder_ratio, 0 < speeder_ratio < 1, "a share between 0 and 1"),
        ("straightline_items", straightline_items, straightline_items >= 2, "a number of items from 2"),
    ):
        if not fits:
            raise StudyError(
                found=f"{key} is {value}",
                where="params.yaml, clean",
                expected=expected,
                fix="correct it there",
            )


def _select(
    codebook: Codebook, frame: pd.DataFrame, min_last_page: int, speeder_ratio: float, straightline_items: int
) -> tuple[pd.Series, pd.Series, list[dict]]:
    """Apply the rules: by which rule (missing: stays), what was seen, and the flow."""
    _check_thresholds(min_last_page, speeder_ratio, straightline_items)
    taken = pd.Series(None, index=frame.index, dtype=object)
    detail = pd.Series("", index=frame.index, dtype=object)
    flow = [{"step": 0, "rule": "", "removed": 0, "remaining": len(frame)}]
    for step, rule in enumerate(codebook.cleaning.rules, start=1):
        left = frame[taken.isna()]
        match rule:
            case ConditionRule():
                hit = _condition(rule, left, codebook)
            case PatternRule():
                hit = _pattern(rule, left)
            case PartialRule():
                hit = _partial(left, min_last_page)
            case SpeederRule():
                hit = _speeder(left, speeder_ratio)
            case StraightlineRule():
                hit = _straightline(rule, left, codebook, straightline_items)
            case DuplicateRule():
                hit = _duplicate(rule, left)
        taken[hit.index] = rule.name
        detail[hit.index] = hit
        flow.append(
            {
                "step": step,
                "rule": rule.name,
                "removed": len(hit),
                "remaining": int(taken.isna().sum()),
            }
        )
    return taken, detail, flow


# --- rules: each gives the responses it takes, with a detail for the log ---


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


def _speeder(left: pd.DataFrame, ratio: float) -> pd.Series:
    duration = left["paradata.duration"]
    median = duration[left["paradata.submitted"].notna()].median()
    hit = duration < ratio * median
    return duration[hit].map(lambda s: f"{s:.0f} s, below {ratio:g} × the median of {median:.0f} s")


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


def _duplicate(rule: DuplicateRule, left: pd.DataFrame) -> pd.Series:
    keys = pd.concat(
        [left[name].astype("str").map(normal_spelling, na_action="ignore") for name in rule.by], axis=1
    )
    known = left[(keys.notna() & (keys != "")).all(axis=1)]
    # The one that counts stands last: submitted goes before not submitted, then by moment, then by row.
    later = rule.keep == "last"
    order = known.assign(position=range(len(known))).sort_values(
        ["paradata.submitted", "position"], ascending=later, na_position="first", kind="stable"
    )
    groups = order.groupby([keys.loc[order.index, name] for name in rule.by])
    stays = groups["response_id"].transform("last")
    hit = order["response_id"] != stays
    return ("response " + stays[hit].astype(str) + " counts").sort_index()


# --- answers put right ---


def _recode_others(codebook: Codebook, responses: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    if problems := ambiguous(codebook):
        raise StudyError(problems=problems)
    frame, rows = responses.copy(), []
    for question in codebook.questions:
        if question.other:
            known = spellings(question, codebook.cleaning.other_texts.get(question.name, {}))
            rows += list(_recode_other(question, {text: min(names) for text, names in known.items()}, frame))
    return frame, _indexed(rows, ["question", "raw", "new", "rule"])


def _recode_other(question: Question, known: dict[str, str], frame: pd.DataFrame) -> Iterator[tuple]:
    """Change the frame in place; yield index, question, raw text, new option and rule of every change."""
    name, text = question.name, f"{question.name}.other_text"
    multi = question.type == "multi"
    chosen = frame[f"{name}.{OTHER}"].fillna(False).astype(bool) if multi else frame[name] == OTHER
    for i, raw in frame.loc[chosen & frame[text].notna(), text].items():
        parts = [raw] if normal_spelling(raw) in known or not multi else pieces(raw)
        named = [(part, known.get(normal_spelling(part))) for part in parts]
        for part, option in named:
            if option is None:
                yield i, name, part, OTHER, "left_as_other"
            else:
                frame.loc[i, f"{name}.{option}" if multi else name] = True if multi else option
                yield i, name, part, option, "other_text"
        rest = [part for part, option in named if option is None]
        if len(rest) < len(named):
            frame.loc[i, text] = ", ".join(rest) if rest else None
            if multi and not rest:
                frame.loc[i, f"{name}.{OTHER}"] = False


def _correct_routing(codebook: Codebook, responses: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame, rows = responses.copy(), []
    for question in codebook.questions:
        if question.asked_if is None:
            continue
        variable, reasons = codebook.variable(question.name), frame[f"{question.name}.missing"]
        wrong = ~evaluate(question.asked_if, frame) & ~reasons.isin(["not_asked", "no_answer"])
        reason = f"asked only if {describe(question.asked_if, codebook, 'en')}"
        for i in frame.index[wrong]:
            found = _answer(question, frame.loc[i])
            rows.append(
                (i, frame.loc[i, "response_id"], question.name, found, "not_asked", "routing", reason, found)
            )
        for column in variable.columns:
            frame.loc[wrong, column] = pd.NA if variable.type == "multi" else None
        if question.other:
            frame.loc[wrong, f"{question.name}.other_text"] = None
        frame.loc[wrong, f"{question.name}.missing"] = "not_asked"
    return frame, _indexed(rows, ["response_id", "question", "found", "now", "rule", "reason", "raw"])


def _answer(question: Question, row: pd.Series) -> str:
    if pd.notna(row[f"{question.name}.missing"]):
        return str(row[f"{question.name}.missing"])
    if question.type == "multi":
        return "|".join(o.name for o in question.options if row[f"{question.name}.{o.name}"])
    value = row[question.name]
    return f"{value:g}" if question.type == "numeric" else str(value)


def _indexed(rows: list[tuple], columns: list[str]) -> pd.DataFrame:
    """Return a frame whose index says which response each row is about."""
    return pd.DataFrame([row[1:] for row in rows], columns=columns, index=[row[0] for row in rows])


def _recode_counts(recoded: pd.DataFrame, corrected: pd.DataFrame, kept: pd.Series) -> pd.DataFrame:
    routing = corrected.rename(columns={"now": "new"})[["question", "raw", "new", "rule"]]
    both = pd.concat([recoded, routing])
    both = both[kept[both.index].to_numpy(dtype=bool)]
    counts = both.groupby(["question", "rule", "new", "raw"], sort=True).size().rename("n").reset_index()
    return counts[["question", "raw", "new", "n", "rule"]]


def _identifying(codebook: Codebook, frame: pd.DataFrame) -> list[str]:
    marked = {question.name for question in codebook.questions if question.identifying}
    return [column for column in frame if column.partition(".")[0] in marked or column in _PRIVATE]


def _account_for_all(received: pd.DataFrame, kept: pd.DataFrame, exclusions: pd.DataFrame) -> None:
    ids = pd.concat([kept["response_id"], exclusions["response_id"]])
    if sorted(ids) != sorted(received["response_id"]):
        stay, left = len(kept), len(exclusions)
        raise StudyError(
            found=f"{len(received)} responses came in, {stay} stay, {left} are logged as left",
            fix="this is a mistake in nsmo itself: every response that leaves must be logged",
        )
