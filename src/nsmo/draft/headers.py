"""Finds in a plain table the columns that belong to one question, by their names and their cells."""

import re
from dataclasses import replace

from nsmo.draft.closed import is_tick
from nsmo.draft.values import Column
from nsmo.formats.cells import without_number
from nsmo.formats.structure import Variable

_STEMS = (
    re.compile(r"(?P<stem>.+\S)\s*\[(?P<item>[^\[\]]+)\]$", re.DOTALL),
    re.compile(r"(?P<stem>.+\S)\s+/\s+(?P<item>.+)$", re.DOTALL),
    re.compile(r"(?P<stem>.+?\S)\s*(?:\s[-–—|>]+\s|:\s+)(?P<item>\S.*)$", re.DOTALL),
    re.compile(r"(?P<stem>[A-Za-z]\w*?[A-Za-z0-9])[_.](?P<item>[A-Za-z0-9]{1,12})$"),
    re.compile(r"(?P<stem>[A-Za-z]+\d+)(?P<item>[a-z])$"),
)


def grouped(variables: dict[str, Variable], columns: dict[str, Column]) -> dict[str, Variable]:
    """Make neighbours of one stem the ticks or items of one question, where nothing else says what they are.

    Parameters
    ----------
    variables : dict
        What is known of each column, by its name.
    columns : dict
        What stands in it.

    Returns
    -------
    dict
        The same, with those changed that belong together.
    """
    names = [name for name in variables if variables[name].part not in ("paradata", "unused")]
    result = dict(variables)
    for pattern in _STEMS:
        run: list[tuple[str, str, str]] = []
        for name in [*names, ""]:
            found = pattern.fullmatch(_heading(result[name])) if name and _is_free(result[name]) else None
            if found and run and found["stem"].casefold() == run[0][1].casefold():
                run.append((name, found["stem"], found["item"]))
                continue
            if len(run) > 1:
                result |= _joined(run, result, columns)
            run = [(name, found["stem"], found["item"])] if found else []
    return result


def _heading(variable: Variable) -> str:
    return (
        without_number(variable.column)
        if variable.label == variable.column
        else variable.label or variable.column
    )


def _text_of(variable: Variable) -> str:
    """Return what a file says of a column, if that is more than its name."""
    return variable.label if variable.label not in (variable.column, _heading(variable)) else ""


def _is_free(variable: Variable) -> bool:
    return (
        variable.part == "answer"
        and variable.kind in ("", "single", "ordinal")
        and not variable.separator.strip(",;")
    )


def _joined(
    run: list[tuple[str, str, str]], variables: dict[str, Variable], columns: dict[str, Column]
) -> dict[str, Variable]:
    ticks = [is_tick(columns[name], item) for name, _, item in run]
    filled = [name for name, _, _ in run if columns[name].answered]
    if filled and all(tick for tick, (name, _, _) in zip(ticks, run, strict=True) if columns[name].answered):
        part = "tick"
    elif _alike([columns[name] for name in filled]):
        part = "item"
    else:
        return {}
    return {
        name: replace(
            variables[name],
            question=f"{stem}\n",
            part=part,
            label=stem,
            item=_text_of(variables[name]) or item,
        )
        for name, stem, item in run
    }


def _alike(columns: list[Column]) -> bool:
    """Tell whether columns hold the same few answers."""
    if len(columns) < 2 or any(len(column.counts) > 12 for column in columns):
        return False
    every = set().union(*(column.counts for column in columns))
    shared = set.intersection(*(set(column.counts) for column in columns))
    return len(every) <= 12 and len(shared) >= max(2, len(every) // 2)
