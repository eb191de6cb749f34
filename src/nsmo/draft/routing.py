"""Finds out for whom a question was: the form says it, or it is empty but for those with certain answers."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from nsmo.draft import relevance
from nsmo.draft.questions import Option, Question
from nsmo.formats.structure import Variable
from nsmo.study.conditions import evaluate
from nsmo.study.conditions import names as asked_in
from nsmo.study.questionnaire import OTHER

#: Chances as small as this are no coincidence: so many answers were to be expected where there is none.
_EXPECTED = 15.0


#: Of more answers than this where a form did not put the question, the form was another one.
_MOST_OUTSIDE = 0.1


def route(questions: Sequence[Question], cells: pd.DataFrame, variables: Mapping[str, Variable]) -> None:
    """Set the condition of every question of which the form or the answers tell that it was put to some only.

    Parameters
    ----------
    questions : sequence of Question
        In the order of the questionnaire, with their names.
    cells : DataFrame of str
        The export.
    variables : mapping
        What is known of each column.
    """
    known = relevance.Known(questions, variables)
    unread: set[str] = set()
    place = {id(question): at for at, question in enumerate(questions)}
    closed: list[tuple[Question, pd.Series, Mapping[str, str]]] = []
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for at, question in enumerate(questions):
        answered = np.zeros(len(cells), dtype=bool)
        for column in question.every_column:
            answered |= (cells[column] != "").to_numpy()
        before = partial(_comes_before, place, at)
        said = relevance.read(question.routing, known, before) if question.routing else None
        if said is not None and _agrees(question, said, answered, questions, cells):
            pass
        elif 0.02 <= answered.mean() < 0.9 and not (question.kind == "text" and answered.mean() < 0.3):
            question.asked_if = _condition(answered, closed)
            if question.asked_if:
                key = (question.asked_if[0], tuple(question.asked_if[1]))
                if key not in seen:
                    name, options = question.asked_if
                    rest = f" or {len(options) - 4} more" if len(options) > 5 else ""
                    shown = " or ".join(options[:4] if rest else options) + rest
                    question.confirm.append(
                        f"all {answered.sum():,} answers are of those with {name}: {shown}"
                    )
                seen.add(key)
        if question.routing and said is None and not question.asked_if and question.routing not in unread:
            unread.add(question.routing)
            question.confirm.append(f"the form puts it only where {question.routing[:120]}")
        if question.kind in ("single", "ordinal") and question.column and question.role != "screening":
            called = {option.code: option.name for option in question.options if option.code is not None}
            if question.other and question.other.code:
                called[question.other.code] = OTHER
            closed.append((question, cells[question.column], called))


def _comes_before(place: Mapping[int, int], at: int, other: Question) -> bool:
    return place[id(other)] < at


def _agrees(
    question: Question,
    said: relevance.Condition,
    answered: np.ndarray,
    questions: Sequence[Question],
    cells: pd.DataFrame,
) -> bool:
    """Take the condition over that a form writes, unless the answers speak against it; say what does."""
    frame = _coded(questions, cells, set(asked_in(said)))
    outside = int((answered & ~evaluate(said, frame).to_numpy()).sum())
    if outside:
        question.confirm.append(
            f"{outside} of {answered.sum():,} answers stand where the form does not put it: "
            f"{question.routing[:80]}"
        )
    if outside > _MOST_OUTSIDE * answered.sum():
        return False
    if set(said) == {"question", "is"}:
        question.asked_if = (said["question"], said["is"])
    else:
        question.asked_when = said
    return True


def _coded(questions: Sequence[Question], cells: pd.DataFrame, wanted: Collection[str]) -> pd.DataFrame:
    """Read the answers to some questions, as conditions ask for them."""
    frame: dict[str, pd.Series] = {}
    for question in questions:
        columns = {item.name: item.column for item in question.items} or {question.name: question.column}
        reasons = {one.code: one.reason for one in question.missing if one.code is not None}
        for name, column in columns.items():
            if name not in wanted:
                continue
            if question.kind == "multi":
                given = pd.Series(False, index=cells.index)
                for option in question.options:
                    ticked = _ticked(question, option, cells)
                    frame[f"{name}.{option.name}"] = ticked
                    given |= ticked
                frame[f"{name}.missing"] = pd.Series("no_answer", index=cells.index).where(~given)
                continue
            texts = cells[column]
            codes = {option.code: option.name for option in question.options}
            if question.other and question.other.code:
                codes[question.other.code] = OTHER
            numbers = pd.to_numeric(texts.str.replace(",", "."), errors="coerce")
            frame[name] = texts.map(codes.get) if question.options else numbers
            if question.kind == "text":
                frame[name] = texts.where(texts != "")
            why = texts.map(lambda text, reasons=reasons: reasons.get(text, "no_answer"))
            frame[f"{name}.missing"] = why.where(frame[name].isna())
    return pd.DataFrame(frame, index=cells.index)


def _ticked(question: Question, option: Option, cells: pd.DataFrame) -> pd.Series:
    if option.column:
        return cells[option.column] == option.code
    if question.column:
        sign = question.separator
        return cells[question.column].map(
            lambda text: option.code in [part.strip() for part in text.split(sign)]
        )
    return (cells[question.columns] == option.code).any(axis=1)


def _condition(
    answered: np.ndarray, closed: Sequence[tuple[Question, pd.Series, Mapping[str, str]]]
) -> tuple[str, list[str]] | None:
    best, best_rate = None, 0.0
    for question, values, names in closed:
        coded = values.map(lambda value, names=names: names.get(value))
        known = coded.notna().to_numpy()
        if not known.any() or (answered & ~known).any():
            continue
        inside = set(coded[answered].dropna())
        if not inside or len(inside) == len(set(names.values())):
            continue
        within = coded.isin(inside).to_numpy()
        rate = answered[within].mean()
        outside = (known & ~within).sum()
        # An answer that everybody gave who was asked tells more than one that half of them gave.
        if rate >= 0.5 and outside * rate >= _EXPECTED and rate > best_rate + 0.02:
            ordered = [name for name in dict.fromkeys(names.values()) if name in inside]
            best, best_rate = (question.name, ordered), rate
    return best
