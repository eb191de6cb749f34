"""Texts in the room that SPSS and Stata have for them."""

from collections.abc import Callable
from textwrap import wrap

from nsmo.deposit.column import Column

#: What SPSS takes at most, in bytes.
TITLE, LABEL, VALUE_LABEL, NOTE = 64, 255, 120, 80
#: What Stata takes at most, in signs.
STATA = 80


def in_bytes(text: str) -> int:
    """Return the bytes of a text, as SPSS counts."""
    return len(text.encode("utf-8"))


def cut(text: str, most: int, size: Callable[[str], int] = in_bytes) -> str:
    """Return a text on one line that has room; an ellipsis where some of it is gone.

    Parameters
    ----------
    text : str
    most : int
        The room, at least an ellipsis.
    size : callable
        How much a text takes.
    """
    text = " ".join(text.split())
    if size(text) <= most:
        return text
    kept = text[:most]
    while size(kept + "…") > most:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def label(column: Column, most: int, size: Callable[[str], int] = in_bytes) -> str:
    """Return the label of a column. Of one of several answers the question is cut first, and inside.

    Questions that begin alike often differ at their end.

    Parameters
    ----------
    column : Column
    most : int
        The room.
    size : callable
        How much a text takes.
    """
    if not column.option_of or size(" ".join(column.label.split())) <= most:
        return cut(column.label, most, size)
    least = most // 4
    answer = cut(column.label.removeprefix(f"{column.option_of}: "), most - least - 2, size)
    return f"{_inside(column.option_of, most - size(answer) - 2, size)}: {answer}"


def _inside(text: str, most: int, size: Callable[[str], int]) -> str:
    """Cut a text in its middle."""
    text = " ".join(text.split())
    if size(text) <= most:
        return text
    for kept in range(min(most, len(text)), 1, -1):
        shorter = f"{text[: kept - kept // 3].rstrip()}…{text[len(text) - kept // 3 :].lstrip()}"
        if size(shorter) <= most:
            return shorter
    return "…"


def value_labels(labels: dict[int, str]) -> dict[int | float, str]:
    """Cut the labels of codes for SPSS so that two which begin alike can still be told apart.

    Parameters
    ----------
    labels : dict
        By code.
    """
    short = {code: cut(text, VALUE_LABEL) for code, text in labels.items()}
    told = list(short.values())
    return {
        code: text if told.count(text) == 1 else cut(f"{code}: {labels[code]}", VALUE_LABEL)
        for code, text in short.items()
    }


def note(text: str) -> list[str]:
    """Wrap a text into the lines that a note of SPSS has.

    Parameters
    ----------
    text : str
    """
    width = NOTE
    while any(in_bytes(line) > NOTE for line in wrap(text, width)):
        width -= 1
    return wrap(text, width)
