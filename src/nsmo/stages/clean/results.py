"""Who counts as a respondent, and why the others do not.

First answers are put right: "other" texts that name a listed option, answers to questions that were not
asked. Then the rules of the codebook take responses out, in their order; the first rule that holds takes the
response. Then variables are derived for those who stay. Nothing leaves without a row that says so.
"""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from nsmo.stages.clean.rules import Facts, Thresholds, apply, measure
from nsmo.study.codebook import Codebook
from nsmo.study.conditions import describe, evaluate
from nsmo.study.derivation import derive
from nsmo.study.errors import StudyError
from nsmo.study.questionnaire import OTHER, Question
from nsmo.study.rules import Cleaning
from nsmo.study.spelling import ambiguous, normal_spelling, pieces, spellings

#: Personal tokens link answers to a mailing list; nothing after cleaning needs them.
_PRIVATE = ("paradata.token",)


#: Rules of cleaning that are a judgement on a response, not a matter of scope or of consent: these can be
#: left out to see what they do.
JUDGEMENTS = ("speeder", "straightline", "duplicate")


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
    facts: Facts | None = None,
    seen: pd.DataFrame | None = None,
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
    facts : mapping, optional
        What is known of all responses, where these are some of them; see `nsmo.stages.clean.rules`.
    seen : DataFrame, optional
        What the rules go by, where it was measured before.

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
    limits = Thresholds(
        min_last_page=min_last_page, speeder_ratio=speeder_ratio, straightline_items=straightline_items
    )
    found = apply(codebook, frame, limits, facts, seen)
    taken, out, kept = found.rule, found.rule.notna(), found.rule.isna()
    exclusions = pd.DataFrame(
        {
            "response_id": frame.loc[out, "response_id"],
            "rule": taken[out],
            "reason": taken[out].map({rule.name: rule.reason.en for rule in codebook.cleaning.rules}),
            "detail": found.detail[out],
        }
    ).reset_index(drop=True)
    staying = derive(codebook, frame[kept]).reset_index(drop=True)
    _account_for_all(responses, staying, exclusions)
    return Cleaned(
        staying.drop(columns=_identifying(codebook, staying)),
        exclusions,
        pd.DataFrame(found.flow),
        _recode_counts(recoded, corrected, kept),
        corrected[kept[corrected.index]].drop(columns="raw").reset_index(drop=True),
    )


def put_right(
    codebook: Codebook, responses: pd.DataFrame, only: Collection[str] | None = None
) -> pd.DataFrame:
    """Return responses with "other" texts that name a listed option recoded, and the routing corrected.

    `only` names the questions that are wanted; left out, all.
    """
    return _correct_routing(codebook, _recode_others(codebook, responses, only)[0], only)[0]


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
    return apply(codebook, responses, thresholds).rule


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
    frame = put_right(codebook, responses)
    variants = {"": thresholds} | {name: changed for name, *_, changed in steps(codebook, thresholds)}
    seen = measure(codebook, frame, variants.values())
    stays = {
        name: apply(codebook, frame, changed, seen=seen).rule.isna().to_numpy()
        for name, changed in variants.items()
    }
    return compared_thresholds(codebook, thresholds, stays)


#: Which kind of rule goes by a threshold.
_USED_BY = {"min_last_page": "partial", "speeder_ratio": "speeder", "straightline_items": "straightline"}


def steps(codebook: Codebook, thresholds: Thresholds) -> list[tuple[str, str, str, Thresholds]]:
    """List the thresholds of `other_thresholds`: a name, which one is another, its value, and all of them.

    Those that no rule of the wave uses would change nothing.
    """
    page, ratio = thresholds["min_last_page"], thresholds["speeder_ratio"]
    items = thresholds["straightline_items"]
    longest = max(
        (len(codebook.battery(r.battery)) for r in codebook.cleaning.rules if r.kind == "straightline"),
        default=items,
    )
    last = max((question.page or 1 for question in codebook.questions), default=page)
    tried: list[tuple[str, float]] = [
        *(("min_last_page", page + step) for step in (-2, -1, 1) if 1 <= page + step <= max(last, page)),
        *(
            ("speeder_ratio", round(ratio * factor, 4))
            for factor in (0.5, 0.75, 1.25, 1.5)
            if ratio * factor < 1
        ),
        *(("straightline_items", items + step) for step in (-2, -1, 1) if 2 <= items + step <= longest),
    ]
    return [
        (f"{key} {value:g}", key, f"{value:g}", cast(Thresholds, {**thresholds, key: value}))
        for key, value in tried
        if _USED_BY[key] in {rule.kind for rule in codebook.cleaning.rules}
    ]


def compared_thresholds(
    codebook: Codebook, thresholds: Thresholds, stays: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Count who stays under other thresholds.

    Parameters
    ----------
    codebook, thresholds
        As for `other_thresholds`.
    stays : mapping
        By the names of `steps`, and "" for the thresholds as they are: true or false of each response.

    Returns
    -------
    DataFrame
        As of `other_thresholds`.
    """
    done = stays[""]
    rows = [("", "", int(done.sum()), 0, 0)]
    for name, threshold, value, _ in steps(codebook, thresholds):
        now = stays[name]
        joined, left = int((now & ~done).sum()), int((done & ~now).sum())
        rows.append((threshold, value, int(now.sum()), joined, left))
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
    frame = put_right(codebook, responses)
    counts = pd.DataFrame(
        {
            name: taken_by(codebook.changed(cleaning=cleaning), frame, thresholds).isna()
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


# --- answers put right ---


def _recode_others(
    codebook: Codebook, responses: pd.DataFrame, only: Collection[str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    if problems := ambiguous(codebook):
        raise StudyError(problems=problems)
    frame, found = responses.copy(deep=False), [pd.DataFrame(columns=["question", "raw", "new", "rule"])]
    for question in codebook.questions:
        if question.other and (only is None or question.name in only):
            known = spellings(question, codebook.cleaning.other_texts.get(question.name, {}))
            found.append(_recode_other(question, {text: min(names) for text, names in known.items()}, frame))
    return frame, pd.concat(found)


def _recode_other(question: Question, known: dict[str, str], frame: pd.DataFrame) -> pd.DataFrame:
    """Change the frame in place, each text once; list responses with question, raw text, new option, rule."""
    name, text = question.name, f"{question.name}.other_text"
    multi = question.type == "multi"
    chosen = frame[f"{name}.{OTHER}"].fillna(False).astype(bool) if multi else frame[name] == OTHER
    typed = frame.loc[chosen & frame[text].notna(), text]
    place, texts = pd.factorize(typed)
    rows, of_text, left = [], [], []
    for number, raw in enumerate(map(str, texts)):
        parts = [raw] if normal_spelling(raw) in known or not multi else pieces(raw)
        named = [(part, known.get(normal_spelling(part))) for part in parts]
        rest = [part for part, option in named if option is None]
        rows += [
            (name, part, option or OTHER, "left_as_other" if option is None else "other_text")
            for part, option in named
        ]
        of_text += [number] * len(named)
        left.append(raw if len(rest) == len(named) else ", ".join(rest) or None)
    options = pd.DataFrame(rows, columns=["question", "raw", "new", "rule"], dtype=object)
    named_by = options["new"].where(options["rule"] == "other_text")
    for option in named_by.dropna().unique():
        told = np.isin(place, np.array(of_text)[named_by == option])
        frame.loc[typed.index[told], f"{name}.{option}" if multi else name] = True if multi else option
    changed = np.array([now != raw for now, raw in zip(left, texts, strict=True)], dtype=bool)[place]
    if changed.any():
        rest = np.array(left, dtype=object)[place]
        frame.loc[typed.index[changed], text] = rest[changed]
        if multi:
            frame.loc[typed.index[changed & pd.isna(rest)], f"{name}.{OTHER}"] = False
    # Each response that typed a text, with each of its parts.
    each = pd.Series(typed.index).groupby(place).indices if len(typed) else {}
    at = [typed.index[each[number]] for number in of_text]
    number = np.repeat(np.arange(len(rows)), [len(index) for index in at]) if at else []
    listed = options.iloc[number]
    return listed.set_axis(np.concatenate(at) if at else listed.index[:0])


def _correct_routing(
    codebook: Codebook, responses: pd.DataFrame, only: Collection[str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame, rows = responses.copy(deep=False), []
    for question in codebook.questions:
        if question.asked_if is None or (only is not None and question.name not in only):
            continue
        variable, reasons = codebook.variable(question.name), frame[f"{question.name}.missing"]
        wrong = ~evaluate(question.asked_if, frame) & ~reasons.isin(["not_asked", "no_answer"])
        reason = f"asked only if {describe(question.asked_if, codebook, 'en')}"
        about = frame.loc[wrong, ["response_id", *variable.columns, reasons.name]]
        for i, row in zip(about.index, about.to_dict("records"), strict=True):
            found = _answer(question, row)
            rows.append((i, row["response_id"], question.name, found, "not_asked", "routing", reason, found))
        for column in variable.columns:
            frame.loc[wrong, column] = pd.NA if variable.type == "multi" else None
        if question.other:
            frame.loc[wrong, f"{question.name}.other_text"] = None
        frame.loc[wrong, f"{question.name}.missing"] = "not_asked"
    return frame, _indexed(rows, ["response_id", "question", "found", "now", "rule", "reason", "raw"])


def _answer(question: Question, row: Mapping[Hashable, Any]) -> str:
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
    if len(ids) != len(received) or set(ids.tolist()) != set(received["response_id"].tolist()):
        stay, left = len(kept), len(exclusions)
        raise StudyError(
            found=f"{len(received)} responses came in, {stay} stay, {left} are logged as left",
            fix="this is a mistake in nsmo itself: every response that leaves must be logged",
        )
