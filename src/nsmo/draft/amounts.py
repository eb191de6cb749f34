"""Numbers that have more about them than digits: a sign of money or per cent, hours and minutes."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

import pandas as pd

from nsmo.draft.scales import reason
from nsmo.draft.values import is_number
from nsmo.study.cells import is_length, seconds

_SIGNS = ("€", "$", "£", "¥", "%", "EUR", "USD", "GBP", "CHF", "kr")
#: How a whole amount ends in Dutch: € 45,-
_WHOLE = (",--", ",-", ".-", ",—")


@dataclass
class Amounts:
    """What was found: the cells as plain numbers, the signs, and what is to be confirmed of each column."""

    cells: pd.DataFrame
    signs: list[str] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)


def amounts(cells: pd.DataFrame, marks: Collection[str]) -> Amounts:
    """Find the columns in which nothing stands but numbers with a sign beside them, or lengths of time.

    Parameters
    ----------
    cells : DataFrame of str
        The export.
    marks : collection of str
        Texts that say that there is no value.

    Returns
    -------
    Amounts
    """
    found = Amounts(cells)
    for name in cells.columns:
        texts = [text for text in cells[name].unique() if text and text not in marks and not reason(text)]
        if len(texts) < 3:
            continue
        if all(map(is_length, texts)):
            lengths = {text: f"{seconds(text):.12g}" for text in texts}
            found.cells = found.cells.assign(**{name: found.cells[name].replace(lengths)})
            found.told[name] = f"lengths of time, such as '{texts[0]}', are read as seconds"
        elif signs := _signs(texts):
            plain = {text: without_signs(text, signs) for text in texts}
            found.cells = found.cells.assign(**{name: found.cells[name].replace(plain)})
            found.signs += [sign for sign in signs if sign not in found.signs]
            found.told[name] = f"numbers with a sign beside them, such as '{texts[0]}', are read as numbers"
    return found


def without_signs(text: str, signs: Collection[str]) -> str:
    """Take the signs beside a number away."""
    for sign in signs:
        text = text.removeprefix(sign).removesuffix(sign).strip()
    return text


def _signs(texts: Collection[str]) -> list[str]:
    """Return the one sign that all numbers of a column have, and how whole amounts end; else nothing."""
    for sign in _SIGNS:
        beside = [sign, *(end for end in _WHOLE if any(text.endswith(end) for text in texts))]
        if all(
            sign in text and re.search(r"\d", text) and is_number(without_signs(text, beside))
            for text in texts
        ):
            return beside
    return []
