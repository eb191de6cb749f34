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
#: Of fewer answers than so many for each answer of the other question, such as a district, it is chance.
_EACH = 5
#: So many questions before it are looked at for who was put one: with all of thousands it takes hours.
_MOST_BEFORE = 1000

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
    closed = _Closed(len(cells))
    # By the question that decides: who got a question by which of its answers, each set of answers once.
    deciding: dict[str, dict[tuple[str, ...], tuple[Question, str, int]]] = {}
    for at, question in enumerate(questions):
        answered = np.zeros(len(cells), dtype=bool)
        for column in question.every_column:
            answered |= (cells[column] != "").to_numpy()
        before = partial(_comes_before, place, at)
        said = relevance.read(question.routing, known, before) if question.routing else None
        if said is not None and _agrees(question, said, answered, questions, cells):
            pass
        elif 0.02 <= answered.mean() < 0.9 and not (question.kind == "text" and answered.mean() < 0.3):
            question.asked_if = closed.condition(answered)
            if question.asked_if:
                name, options = question.asked_if
                rest = f" or {len(options) - 4} more" if len(options) > 5 else ""
                shown = " or ".join(options[:4] if rest else options) + rest
                found = deciding.setdefault(name, {})
                found.setdefault(tuple(options), (question, shown, answered.sum()))
        if question.routing and said is None and not question.asked_if and question.routing not in unread:
            unread.add(question.routing)
            question.confirm.append(f"the form puts it only where {question.routing[:120]}")
        if question.kind in ("single", "ordinal") and question.column and question.role != "screening":
            closed.add(question, cells[question.column])
    for name, found in deciding.items():
        (question, shown, answers), *others = found.values()
        # Who is right about one is about the others: a question for each country, say.
        like = [f"{other.name} with {by}" for other, by, _ in others]
        rest = f" and {len(like) - 3} more" if len(like) > 3 else ""
        also = f"; so are those to {', '.join(like[:3])}{rest}" if like else ""
        question.confirm.append(f"all {answers:,} answers are of those with {name}: {shown}{also}")


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
        reasons = {
            one.code: one.reason for one in question.missing if one.code is not None and not one.column
        }
        for name, column in columns.items():
            if name not in wanted:
                continue
            if question.kind == "multi":
                given = pd.Series(False, index=cells.index)
                for option in question.options:
                    ticked = _ticked(question, option, cells)
                    frame[f"{name}.{option.name}"] = ticked
                    given |= ticked
                why = pd.Series("no_answer", index=cells.index)
                for one in question.missing:
                    if one.column:
                        why = why.mask(cells[one.column] == one.code, one.reason)
                frame[f"{name}.missing"] = why.where(~given)
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


class _Closed:
    """The closed questions that came before, as numbers of their answers; -1 where there is none of them."""

    def __init__(self, rows: int) -> None:
        self._questions: list[tuple[str, list[str]]] = []
        self._codes: list[np.ndarray] = []
        self._counts: list[np.ndarray] = []
        self._silent = np.zeros((64, -(-rows // 8)), dtype=np.uint8)

    def add(self, question: Question, values: pd.Series) -> None:
        called = {option.code: option.name for option in question.options if option.code is not None}
        if question.other and question.other.code:
            called[question.other.code] = OTHER
        names = list(dict.fromkeys(called.values()))
        place = {name: number for number, name in enumerate(names)}
        numbers = {code: place[name] for code, name in called.items()}
        codes = np.fromiter((numbers.get(value, -1) for value in values), np.int32, len(values))
        if len(self._codes) == len(self._silent):
            self._silent = np.concatenate([self._silent, np.zeros_like(self._silent)])
        self._silent[len(self._codes)] = np.packbits(codes < 0)
        self._questions.append((question.name, names))
        self._codes.append(codes)
        self._counts.append(np.bincount(codes[codes >= 0], minlength=len(names)))

    def condition(self, answered: np.ndarray) -> tuple[str, list[str]] | None:
        """Find the question whose answers tell best who answered another one."""
        if (~answered).sum() < _EXPECTED:  # of so few nothing can be told
            return None
        first = max(0, len(self._codes) - _MOST_BEFORE)
        silent = (self._silent[first : len(self._codes)] & np.packbits(answered)).any(axis=1)
        best, best_rate = None, 0.0
        for at in first + np.flatnonzero(~silent):
            (name, names), counts = self._questions[at], self._counts[at]
            inside = np.bincount(self._codes[at][answered], minlength=len(names)) > 0
            if not inside.any() or inside.all() or answered.sum() < _EACH * inside.sum():
                continue
            within = counts[inside].sum()
            rate = answered.sum() / within
            outside = counts.sum() - within
            # An answer that everybody gave who was asked tells more than one that half of them gave.
            if rate >= 0.5 and outside * rate >= _EXPECTED and rate > best_rate + 0.02:
                best = (name, [option for option, one in zip(names, inside, strict=True) if one])
                best_rate = rate
        return best
