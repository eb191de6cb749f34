"""Finds columns that hold what respondents wrote beside an answer to the question before them."""

import re
from collections.abc import Mapping
from dataclasses import replace

from nsmo.draft.ticks import is_tick
from nsmo.draft.values import Column
from nsmo.formats.cells import without_number
from nsmo.formats.structure import Variable, is_other, same_text

#: How pandas tells columns of one name apart.
_COUNTED = re.compile(r"(.+?)\s*\.\d{1,2}$", re.DOTALL)


def without_counts(variables: Mapping[str, Variable]) -> dict[str, Variable]:
    """Call a column "What? .1" as the column "What?" that it repeats."""
    called = {name.strip(): one.label for name, one in variables.items() if one.label == name}
    found = dict(variables)
    for name, one in variables.items():
        counted = _COUNTED.fullmatch(name)
        if counted and one.label == name and counted[1].strip() in called:
            found[name] = replace(one, label=called[counted[1].strip()].strip())
    return found


def beside(variables: Mapping[str, Variable], columns: Mapping[str, Column]) -> dict[str, Variable]:
    """Make a column the text beside an answer of the question before it, where heading and cells say so.

    Parameters
    ----------
    variables : mapping
        What is known of each column, by its name, in the order of the export.
    columns : mapping
        What stands in it.

    Returns
    -------
    dict
        The same, with those changed that hold such a text.
    """
    found = dict(variables)
    before: Variable | None = None
    for name, one in variables.items():
        if one.part != "answer":
            before = None
            continue
        item = _answer(one, columns[name], before, columns[before.column]) if before else ""
        if before and item:
            found[name] = replace(
                before, column=name, code=one.code, question=_question(before), part="other", item=item
            )
            before = None
        else:
            before = one if not one.kind or one.kind == "single" else None
    return found


def _question(variable: Variable) -> str:
    return variable.question or variable.column


def _answer(variable: Variable, column: Column, host: Variable, chosen: Column) -> str:
    """Return the answer beside which the texts of a column were written; an empty text if there is none."""
    heading, question = (without_number(one.label or one.column).strip() for one in (variable, host))
    if not column.answered or not chosen.answered or variable.options:
        return ""
    if heading.startswith(question):
        rest = heading[len(question) :].strip(" -–—:/[]")
        return rest if rest and is_other(rest) and not is_tick(column, rest) else ""
    answers = {same_text(text): text for text in chosen.counts}
    filled = column.texts != ""
    if same_text(heading) in answers and len(answers) > 2:
        text = answers[same_text(heading)]
        fits = (chosen.texts[filled] == text).mean() >= 0.9
        return text if fits and not is_tick(column, heading) else ""
    if is_other(heading) and not is_tick(column, heading):
        open_ = chosen.texts.map(lambda text: not text or is_other(text))
        return heading if open_[filled].mean() >= 0.9 else ""
    return ""
