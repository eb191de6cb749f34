"""Finds out for whom a question was: it is empty but for those with certain answers to an earlier one."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nsmo.draft.questions import Question

#: Chances as small as this are no coincidence: so many answers were to be expected where there is none.
_EXPECTED = 15.0


def route(questions: Sequence[Question], cells: pd.DataFrame) -> None:
    """Set `asked_if` of every question of which the answers tell that it was put to some only.

    Parameters
    ----------
    questions : sequence of Question
        In the order of the questionnaire, with their names.
    cells : DataFrame of str
        The export.
    """
    closed: list[tuple[Question, pd.Series, Mapping[str, str]]] = []
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for question in questions:
        answered = np.zeros(len(cells), dtype=bool)
        for column in question.every_column:
            answered |= (cells[column] != "").to_numpy()
        if 0.02 <= answered.mean() < 0.9 and not (question.kind == "text" and answered.mean() < 0.3):
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
        if question.kind in ("single", "ordinal") and question.column and question.role != "screening":
            names = {option.code: option.name for option in question.options if option.code is not None}
            closed.append((question, cells[question.column], names))


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
            ordered = [option.name for option in question.options if option.name in inside]
            best, best_rate = (question.name, ordered), rate
    return best
