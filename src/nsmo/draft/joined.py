"""Finds the options in cells that join several answers, where an option may hold the separator itself."""

import re
from collections import Counter
from itertools import pairwise

from nsmo.draft.asked import asks_for_several
from nsmo.draft.scales import reason
from nsmo.draft.values import Column

# No answer holds a line break; a semicolon it may.
_SEPARATORS = ("\n", ";", "|", "┋", ",")
#: So many options are the most that a question is thought to have.
_MOST = 60


def split(text: str, sign: str) -> list[str]:
    """Split a joined cell; a comma joins answers where it is no part of a number."""
    number = sign == "," and not re.fullmatch(r"\d{1,2}(,\d{1,2})*", text)
    parts = re.split(r",(?!\d)", text) if number else text.split(sign)
    return [part.strip() for part in parts if part.strip()]


def separator(column: Column, preferred: str = "") -> str | None:
    """Find the sign that joins the answers of a column; None if its cells hold one answer each.

    Joined answers come back in several different cells, and a few of them make up most of what stands there;
    the parts of an answer that has a comma of its own come back in the same cell only.
    """
    if column.answered < 5:
        return None
    if preferred and all(text.endswith(preferred) and len(text) > 1 for text in column.counts):
        return preferred  # which Microsoft writes behind the last of them, too
    signs = [sign for sign in (preferred, *_SEPARATORS) if sign]
    return next((sign for sign in dict.fromkeys(signs) if _joins(column, sign)), None)


def _joins(column: Column, sign: str) -> bool:
    times: Counter[str] = Counter()
    cells: Counter[str] = Counter()
    several = 0
    for text, n in column.counts.items():
        parts = set(split(text, sign))
        several += n * (len(parts) > 1)
        for part in parts:
            times[part] += n
            cells[part] += 1
    answered = column.answered
    # A reason for having no answer stands alone, whatever joins the others.
    frequent = [part for part, n in times.items() if n >= max(2, answered * 0.02) and not reason(part)]
    return (
        several >= max(2, answered * 0.05)
        and 2 <= len(frequent) <= _MOST
        and sum(times[part] for part in frequent) >= 0.7 * sum(n for t, n in times.items() if not reason(t))
        and sum(cells[part] for part in frequent) >= 1.7 * len(frequent)
    )


def codes(column: Column, label: str, preferred: str) -> bool:
    """Return whether the cells of a column join the numbers of several answers: 1,4 or 2,3,9.

    Two of them look like a number with a decimal comma. What tells them apart is that they run upward, and
    that the question or the tool says so, or that three stand together.

    Parameters
    ----------
    column : Column
        The cells.
    label : str
        The question.
    preferred : str
        The sign that joins answers where a tool has one.
    """
    cells = [text.split(",") for text in column.counts]
    if not all(re.fullmatch(r"[1-9]\d?|0", part) for parts in cells for part in parts):
        return False
    several = sum(column.counts[",".join(parts)] for parts in cells if len(parts) > 1)
    rising = all(int(a) < int(b) for parts in cells for a, b in pairwise(parts))
    told = preferred == "," or asks_for_several(label) or any(len(parts) > 2 for parts in cells)
    different = {part for parts in cells for part in parts}
    return told and rising and several >= max(2, 0.05 * column.answered) and len(different) <= _MOST


def ranking_sign(column: Column, preferred: str = "") -> str:
    """Return the sign between the parts of cells that all hold the same parts, in another order: a ranking.

    An empty text where they are no ranking but choices.
    """
    for sign in dict.fromkeys(sign for sign in (preferred, *_SEPARATORS) if sign):
        cells = [split(text, sign) for text in column.counts]
        same = {tuple(sorted(parts)) for parts in cells}
        if len(cells) > 2 and len(same) == 1 and 2 < len(set(next(iter(same)))) <= _MOST:
            return sign
    return ""


def options(column: Column, sign: str) -> tuple[list[str], list[str], list[str]]:
    """List the options that are joined in a column.

    Parameters
    ----------
    column : Column
        The cells.
    sign : str
        What joins them.

    Returns
    -------
    options : list of str
        In the order in which they stand within the cells, which is that of the questionnaire.
    held : list of str
        Those of the options that hold the separator.
    own : list of str
        Parts that stand there too seldom to be options: texts that people typed.
    """
    cells = [(split(text, sign), n) for text, n in column.counts.items()]
    while pairs := _one_option(cells):
        spaced: dict[tuple[str, str], bool] = dict.fromkeys(pairs, False)
        for (parts, _), text in zip(cells, column.counts, strict=True):
            for pair in {*pairwise(parts)} & pairs:
                spaced[pair] = spaced[pair] or f"{sign} ".join(pair) in text
        wholes = {pair: (f"{sign} " if blank else sign).join(pair) for pair, blank in spaced.items()}
        cells = [(_merge(parts, wholes), n) for parts, n in cells]
    times: Counter[str] = Counter()
    for parts, n in cells:
        for part in dict.fromkeys(parts):
            times[part] += n
    often = {part: n for part, n in times.items() if n >= max(2, column.answered * 0.01)}
    found = _in_order([parts for parts, _ in cells], [*often])
    return found, [part for part in found if sign in part], [part for part in times if part not in often]


def _one_option(cells: list[tuple[list[str], int]]) -> set[tuple[str, str]]:
    """Find neighbours that are one option: a bracket is open, or neither stands without the other.

    All pairs that have no part in common, since thousands of them taken one by one would take a look at all
    cells each.
    """
    times: Counter[str] = Counter()
    follows: Counter[tuple[str, str]] = Counter()
    for parts, n in cells:
        for part in parts:
            times[part] += n
        for pair in pairwise(parts):
            follows[pair] += n
    taken: set[str] = set()
    found: set[tuple[str, str]] = set()
    for (left, right), n in follows.most_common():
        opens = left.count("(") > left.count(")") and right.count(")") > right.count("(")
        together = n == times[left] == times[right] and n >= (2 if right[:1].islower() else 5)
        if left != right and n >= 2 and (opens or together) and not taken & {left, right}:
            found.add((left, right))
            taken |= {left, right}
    return found


def _merge(parts: list[str], wholes: dict[tuple[str, str], str]) -> list[str]:
    found, place = [], 0
    while place < len(parts):
        whole = wholes.get((parts[place], parts[place + 1])) if place + 1 < len(parts) else None
        found.append(parts[place] if whole is None else whole)
        place += 1 if whole is None else 2
    return found


def _in_order(cells: list[list[str]], wanted: list[str]) -> list[str]:
    before: Counter[tuple[str, str]] = Counter()
    known = set(wanted)
    for parts in cells:
        kept = [part for part in dict.fromkeys(parts) if part in known]
        before.update((left, right) for i, left in enumerate(kept) for right in kept[i + 1 :])
    wins = {part: sum(before[part, other] > before[other, part] for other in wanted) for part in wanted}
    return sorted(wanted, key=lambda part: -wins[part])
