"""Reads options that stand in columns of their own: what ticks one, and what says that it was left."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from nsmo.draft.asked import asks_for_several
from nsmo.draft.questions import Missing, Option, Question
from nsmo.draft.scales import order, reason
from nsmo.draft.values import Column
from nsmo.formats.structure import Variable, same_text

_YES = {
    "y",
    "yes",
    "ja",
    "j",
    "1",
    "true",
    "waar",
    "checked",
    "selected",
    "x",
    "✓",
    "oui",
    "si",
    "sí",
    "1.0",
    "ticked",
    "wel",
}
_NO = {
    "n",
    "no",
    "nee",
    "nein",
    "0",
    "false",
    "onwaar",
    "unchecked",
    "not selected",
    "not chosen",
    "not mentioned",
    "niet",
    "niet gekozen",
    "niet geselecteerd",
    "niet genoemd",
    "nicht gewählt",
    "nicht genannt",
    "non sélectionné",
    "no seleccionado",
    "non",
    "0.0",
    "quoted",
    "",
}


#: The reasons that somebody ticks instead of an answer, and how often an answer may be ticked beside one.
ALONE, _BESIDE = ("dont_know", "refused", "no_answer"), 0.2


def multi(ticks: Sequence[Variable], columns: Mapping[str, Column]) -> Question:
    """Make a multi question of columns that each tick one option."""
    first = ticks[0]
    question = Question("multi", first.label or first.question.strip(), first.question.strip())
    if not first.label and first.question.strip() == first.column:
        items = [variable.item or variable.column for variable in ticks]
        question.label = f"{' / '.join(items[:3])}{' / …' * (len(items) > 3)}"
        question.confirm.append("the export names the options and not the question")
    for variable in ticks:
        column = columns[variable.column]
        ticked, others = _tick_texts(variable, column)
        reasons = {text: Missing(why, text, text) for text in others if (why := reason(text))}
        for declared in variable.missing:
            why, label = reason(declared.label) or "no_answer", declared.label or f"({declared.low})"
            reasons |= {text: Missing(why, label, text) for text in others if declared.holds(text)}
        question.unticked += [text for text in others if text and text not in reasons]
        known = [one.code for one in question.missing]
        question.missing += [one for text, one in reasons.items() if text not in known]
        question.options.append(Option(variable.item or variable.column, ticked, variable.column))
        question.counted = list(dict.fromkeys([*question.counted, ticked]))
    left = {text for variable in ticks for text in variable.unticked}
    odd = [
        text for text in dict.fromkeys(question.unticked) if text.casefold() not in _NO and text not in left
    ]
    if odd:
        question.confirm.append(f"what ticks an option? read as not ticked: {', '.join(odd[:5])}")
    question.unticked = list(dict.fromkeys(question.unticked))
    return question


def reasons_in_boxes(question: Question, columns: Mapping[str, Column]) -> None:
    """Take "don't know" and its like from the options, as of a question with one answer.

    Whoever ticks it has said nothing of the other options; where many tick it beside them, it is one of them.
    """
    ticked = {one.column: (columns[one.column].texts == one.code).to_numpy()
              for one in question.options if one.column and one.code}  # fmt: skip
    boxes = [one for one in question.options if one.column in ticked and reason(one.label) in ALONE]
    others = [one.column for one in question.options if one.column in ticked and one not in boxes]
    if not boxes or len(others) < 2:
        return
    chosen = np.logical_or.reduce([ticked[name] for name in others])
    for box in boxes:
        here, why = ticked[box.column or ""], reason(box.label)
        if why and here.any() and (here & chosen).sum() <= _BESIDE * here.sum():
            question.options.remove(box)
            question.missing.append(Missing(why, box.label, box.code, column=box.column))


def reasons_alone(question: Question) -> None:
    """Take "don't know" and its like from the options that stand in cells as codes."""
    found = [one for one in question.options if reason(one.label) in ALONE]
    if len(question.options) - len(found) >= 2:
        for one in found:
            if why := reason(one.label):
                question.options.remove(one)
                question.missing.append(Missing(why, one.label, one.code))


def split_choice(question: Question, columns: Sequence[Column]) -> bool:
    """Return whether options in columns are one question with a single answer; that is to be confirmed."""
    if len(columns) < 3 or question.other or asks_for_several(question.label):
        return False
    codes = [option.code for option in question.options]
    hits = [
        (column.texts == code).astype(int)
        for column, code in zip(columns, codes, strict=True)
        if code is not None
    ]
    if not hits:
        return False
    ticked = sum(hits[1:], start=hits[0])
    if (ticked > 1).any() or (ticked == 1).sum() < 20:
        return False
    options = [option.label for option in question.options]
    if len({(column.texts == code).sum() > 0 for column, code in zip(columns, codes, strict=True)}) > 1:
        return False
    question.confirm.append(
        f"nobody of {int((ticked == 1).sum()):,} ticked two: one answer spread over columns?"
    )
    places = order(options)
    if places:
        question.options = [question.options[i] for i in places[0]]
    return True


def is_tick(column: Column, item: str) -> bool:
    """Return whether a column ticks one option: it holds the option itself, or a yes and a no."""
    texts = set(column.counts)
    if not texts:
        return True
    if len(texts) == 1:
        text = next(iter(texts))
        return same_text(text) == same_text(item) or text.casefold() in _YES or text.casefold() in _NO
    return len(texts) == 2 and {text.casefold() in _YES for text in texts} == {True, False} and all(
        text.casefold() in _YES | _NO for text in texts
    )  # fmt: skip


def says_yes(label: str) -> bool | None:
    """Return whether a label of one of two answers says yes or no; None if neither."""
    text = label.strip().casefold()
    if text in _NO or re.fullmatch(r"(not|niet|nicht|non) (\w+)|quoted no", text):
        return False
    return (
        True
        if text in _YES or re.fullmatch(r"mentioned|genoemd|quoted|genannt|chosen|gekozen", text)
        else None
    )


def begins_with_yes(label: str) -> bool:
    """Return whether an answer begins with yes, such as "Yes, every day"."""
    first = re.split(r"[\s,;:.–-]", label.casefold(), maxsplit=1)[0]
    return first in _YES and first.isalpha()


def begins_with_yes_or_no(label: str) -> bool:
    """Return whether an answer begins with yes or no, such as "no, it is not"."""
    first = re.split(r"[\s,;:.–-]", label.casefold(), maxsplit=1)[0]
    return first in _YES | _NO and first.isalpha()


def _tick_texts(variable: Variable, column: Column) -> tuple[str, list[str]]:
    """Find the text that ticks an option, and what else stands in its column."""
    texts = column.distinct
    known = [text for text in texts if text in variable.counted]
    same = [text for text in texts if same_text(text) == same_text(variable.item)]
    yes = [text for text in texts if text.casefold() in _YES]
    alone = texts if len(texts) == 1 and texts[0].casefold() not in _NO else []
    found = [*known, *same, *yes, *alone]
    ticked = found[0] if found else (variable.counted[0] if variable.counted else "")
    return ticked or variable.item, [text for text in texts if text != ticked]
