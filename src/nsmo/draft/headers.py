"""Finds in a plain table the columns that belong to one question, by their names and their cells."""

import bisect
import itertools
import re
from dataclasses import replace

from nsmo.draft.scales import order, reason
from nsmo.draft.ticks import is_tick, says_yes
from nsmo.draft.values import Column
from nsmo.formats.cells import without_number
from nsmo.formats.structure import Variable, is_other

#: A name that counts on: v4_1, v4_2; q07a, q07b; phq1, phq2.
_SERIES = re.compile(r"(?P<stem>.*?[A-Za-z]\d*[_.]?)(?P<item>\d{1,3}|(?<=\d)[a-z]|(?<=_)[a-z])")
#: Items that are no items: which of the answers to one question this is.
_MENTION = re.compile(
    r"\b(mention(ed)?|genoemd|nennung|mention|réponse|respuesta|choice|keuze|answer|antwoord|antwort)\b|^(\d+(st|nd|rd|th|e|ste|de|re|ère|º|\.)?)$",
    re.IGNORECASE,
)
#: In plain tables; a label says more in its brackets.
_BRACKETS = re.compile(r"(?P<stem>.+\S)\s+\((?P<item>[^()]+)\)$", re.DOTALL)
_STEMS = (
    re.compile(r"(?P<stem>.+\S)\s*\[(?P<item>[^\[\]]+)\]$", re.DOTALL),
    re.compile(r"(?P<stem>.+\S)\s+/\s+(?P<item>.+)$", re.DOTALL),
    re.compile(r"(?P<stem>.+?\S)\s*(?:\s[-–—|>]+\s|:\s+)(?P<item>\S.*)$", re.DOTALL),
    re.compile(r"(?P<stem>[A-Za-z]\w*?[A-Za-z0-9])[_.](?P<item>[A-Za-z0-9]{1,12})$"),
    re.compile(r"(?P<stem>[A-Za-z]+\d+)(?P<item>[a-z])$"),
)

#: What follows the name of a question in the name of one of its options.
_OPTION = re.compile(r"\s*(\(.+\)|\[.+\]|[/:–-].+)", re.DOTALL)
_TRUE = frozenset({"true", "1", "yes", "checked"})
_TRUTH = _TRUE | {"false", "0", "no", "unchecked"}


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
    result = variables | _beside_joined(variables, columns)
    names = [name for name in result if result[name].part not in ("paradata", "unused")]
    for pattern in _STEMS:
        run: list[tuple[str, str, str]] = []
        # Items in brackets belong together wherever they stand, such as those that were added later.
        ordered = _stems_together(names, result, pattern) if pattern is _STEMS[0] else names
        for name in [*ordered, ""]:
            found = pattern.fullmatch(_heading(result[name])) if name and _is_free(result[name]) else None
            if found and run and found["stem"].casefold() == run[0][1].casefold():
                run.append((name, found["stem"], found["item"]))
                continue
            if len(run) > 1:
                result |= _joined(run, result, columns)
            run = [(name, found["stem"], found["item"])] if found else []
    result |= _series(names, result, columns)
    result |= _in_brackets(names, result, columns)
    result |= _same_sentence(names, result, columns)
    return result | _named_by_option(names, result, columns)


def _beside_joined(variables: dict[str, Variable], columns: dict[str, Column]) -> dict[str, Variable]:
    """Find options in columns "Question (Option)" beside a column "Question" that joins them once more."""
    found: dict[str, Variable] = {}
    place = {name: i for i, name in enumerate(variables)}
    # Names that begin with another stand together, so that not every pair is looked at.
    ordered = sorted(variables)
    for name, variable in variables.items():
        if not _is_free(variable):
            continue
        after = itertools.takewhile(
            lambda other, name=name: other.startswith(name),
            itertools.islice(ordered, bisect.bisect_right(ordered, name), None),
        )
        ticks = {
            other: other[len(name) :].strip(" ()[]/:-–")
            for other in sorted(after, key=place.__getitem__)
            if _OPTION.fullmatch(other, len(name))
            and columns[other].answered
            and set(map(str.casefold, columns[other].counts)) <= _TRUTH
        }
        if len(ticks) < 2 or not all(
            _joins(columns[name], columns[one], item) for one, item in ticks.items()
        ):
            continue
        found[name] = replace(variable, part="unused")
        for other, item in ticks.items():
            yes = tuple(text for text in columns[other].counts if text.casefold() in _TRUE)
            found[other] = replace(
                variables[other],
                question=f"{name}\n",
                part="tick",
                label=variable.label or name,
                item=item,
                counted=yes,
                unticked=tuple(text for text in columns[other].counts if text not in yes),
            )
    return found


def _joins(whole: Column, tick: Column, item: str) -> bool:
    """Return whether the joined cells hold an option wherever its own column ticks it."""
    return whole.texts[tick.texts.str.casefold().isin(_TRUE)].map(lambda text: item in text).all()


def _named_by_option(
    names: list[str], variables: dict[str, Variable], columns: dict[str, Column]
) -> dict[str, Variable]:
    """Find neighbours that hold nothing but their own names: the options of a question that nothing names."""
    found: dict[str, Variable] = {}
    run: list[str] = []
    for name in [*names, ""]:
        if name and _is_free(variables[name]) and set(columns[name].counts) == {_heading(variables[name])}:
            run.append(name)
            continue
        if len(run) > 1:
            found |= {
                one: replace(
                    variables[one], question=run[0], part="tick", label="", item=_heading(variables[one])
                )
                for one in run
            }
        run = []
    return found


def _stems_together(names: list[str], variables: dict[str, Variable], pattern: re.Pattern[str]) -> list[str]:
    """Put columns of one stem beside the first of them, unless an item comes twice."""
    found = {
        name: pattern.fullmatch(_heading(variables[name])) for name in names if _is_free(variables[name])
    }
    stems: dict[str, list[str]] = {}
    for name, one in found.items():
        if one:
            stems.setdefault(one["stem"].casefold(), []).append(name)
    first: dict[str, str] = {}
    for stem, members in stems.items():
        items = [one["item"].casefold() for name in members if (one := found[name])]
        if len(set(items)) == len(items):
            first |= dict.fromkeys(members, stems[stem][0])
    place = {name: number for number, name in enumerate(names)}
    return sorted(names, key=lambda name: place[first.get(name, name)])


def _series(
    names: list[str], variables: dict[str, Variable], columns: dict[str, Column]
) -> dict[str, Variable]:
    """Find neighbours such as v4_1, v4_2 whose labels begin with the same words and have the same answers."""
    found: dict[str, Variable] = {}
    run: list[str] = []
    for name in [*names, ""]:
        one = _SERIES.fullmatch(name) if name else None
        fits = one and _is_free(variables[name]) and _text_of(variables[name], bare=True)
        if fits and run and _begins_alike([*run, name], variables):
            run.append(name)
            continue
        if len(run) > 1:
            found |= _of_series(run, variables, columns)
        run = [name] if fits else []
    return found


def _begins_alike(names: list[str], variables: dict[str, Variable]) -> int:
    """Count the words with which all labels begin; 0 where these, the names or the answers differ."""
    stems = {found["stem"] for name in names if (found := _SERIES.fullmatch(name))}
    answers = {tuple(variables[name].options.items()) for name in names}
    words = [variables[name].label.split() for name in names]
    shared = 0
    while shared < min(map(len, words)) and len({tuple(one[: shared + 1]) for one in words}) == 1:
        shared += 1
    alike = len(stems) == len(answers) == 1 and shared >= 2 and shared < min(map(len, words))
    return shared if alike else 0


def _of_series(
    run: list[str], variables: dict[str, Variable], columns: dict[str, Column]
) -> dict[str, Variable]:
    shared = _begins_alike(run, variables)
    parts = [variables[name].label.split() for name in run]
    stem = " ".join(parts[0][:shared]).rstrip(" -–—:([")
    items = [" ".join(words[shared:]).strip(" -–—:()[]") for words in parts]
    if not all(items):
        return {}
    if all(_MENTION.search(item) for item in items) and variables[run[0]].options:
        return {
            name: replace(variables[name], question=f"{stem}\n", part="choice", label=stem, item=item)
            for name, item in zip(run, items, strict=True)
        }
    named = [(name, stem, item) for name, item in zip(run, items, strict=True)]
    parted = re.search(r"\s[-–—:|]$|[:?]$", " ".join(parts[0][:shared]))
    if parted and all(columns[name].numbers and not variables[name].options for name in run):
        return {
            name: replace(variables[name], question=f"{stem}\n", part="item", label=stem, item=item)
            for name, stem, item in named
        }
    return _joined(named, variables, columns)


def _in_brackets(
    names: list[str], variables: dict[str, Variable], columns: dict[str, Column]
) -> dict[str, Variable]:
    """Find neighbours "Question (Option)" that hold nothing but the option: the boxes of one question."""
    found: dict[str, Variable] = {}
    run: list[tuple[str, str, str]] = []
    for name in [*names, ""]:
        fits = bool(name) and _is_free(variables[name]) and variables[name].label == name
        one = _BRACKETS.fullmatch(name) if fits else None
        if one and not set(columns[name].counts) <= {one["item"]}:
            one = None
        if one and run and one["stem"] == run[0][1]:
            run.append((name, one["stem"], one["item"]))
            continue
        if len(run) > 1:
            found |= _joined(run, variables, columns)
        run = [(name, one["stem"], one["item"])] if one else []
    return found


def _same_sentence(
    names: list[str], variables: dict[str, Variable], columns: dict[str, Column]
) -> dict[str, Variable]:
    """Find four neighbours or more that begin with the same sentence and share a scale: a battery."""
    found: dict[str, Variable] = {}
    run: list[str] = []
    for name in [*names, ""]:
        fits = bool(name) and _is_free(variables[name]) and not variables[name].options
        if fits and run and _shared_words([*run, name], variables):
            run.append(name)
            continue
        shared = _shared_words(run, variables) if len(run) > 3 else 0
        if shared and _same_scale([columns[one] for one in run]):
            words = {one: _heading(variables[one]).split() for one in run}
            stem = " ".join(words[run[0]][:shared])
            for one in run:
                item = " ".join(words[one][shared:]).strip(" .,:;?")
                found[one] = replace(
                    variables[one], question=f"{stem}\n", part="item", label=f"{stem} …", item=item
                )
        run = [name] if fits else []
    return found


def _shared_words(names: list[str], variables: dict[str, Variable]) -> int:
    """Count the words with which all headings begin, if that is most of each; else 0."""
    words = [_heading(variables[name]).casefold().split() for name in names]
    shared = 0
    while shared < min(map(len, words)) and len({tuple(one[: shared + 1]) for one in words}) == 1:
        shared += 1
    most = shared >= 5 and all(shared < len(one) <= shared + max(4, shared // 2) for one in words)
    return shared if most else 0


def _same_scale(columns: list[Column]) -> bool:
    """Return whether all columns hold the same answers, and these are a scale or numbers."""
    answers = {text for column in columns for text in column.counts if not reason(text)}
    scale = all(text.isdigit() for text in answers) or order(sorted(answers)) is not None
    return _alike(columns) and len(answers) > 2 and scale


def _heading(variable: Variable) -> str:
    return (
        without_number(variable.column)
        if variable.label == variable.column
        else variable.label or variable.column
    )


def _text_of(variable: Variable, *, bare: bool = False) -> str:
    """Return what a file says of a column, if that is more than its name or heading."""
    if bare:
        return variable.label if variable.label != variable.column else ""
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
    own = {name for name, _, item in run if is_other(item) and not is_tick(columns[name], item)}
    if len(run) - len(own) < 2:
        own = set()
    run = [one for one in run if one[0] not in own]
    ticks = [is_tick(columns[name], item) for name, _, item in run]
    filled = [name for name, _, _ in run if columns[name].answered]
    counted: tuple[str, ...] = ()
    unticked: tuple[str, ...] = ()
    if filled and all(tick for tick, (name, _, _) in zip(ticks, run, strict=True) if columns[name].answered):
        part = "tick"
    elif texts := _option_each([columns[name] for name, _, _ in run]):
        part = "tick"
        run = [(name, stem, text) for (name, stem, _), text in zip(run, texts, strict=True)]
    elif marked := _by_labels([variables[name] for name, _, _ in run]):
        part, counted, unticked = "tick", (marked[0],), (marked[1],)
    elif _alike([columns[name] for name in filled]) or _same_options([variables[name] for name, _, _ in run]):
        part = "item"
    else:
        return {}
    others = [(name, run[0][1], "Other") for name in own if part == "tick" or len(own) == 1]
    return {
        name: replace(
            variables[name],
            question=f"{run[0][1]}\n",
            part="other" if name in own else part,
            label=run[0][1],
            item=_own_words(variables[name], run[0][1]) or (name if item.isdigit() else item),
            **(
                {"counted": counted, "unticked": unticked, "options": {}}
                if counted and name not in own
                else {}
            ),
        )
        for name, _, item in [*run, *others]
    }


def _option_each(columns: list[Column]) -> list[str] | None:
    """Find the one text that each column holds beside "not selected", where each holds another one."""
    found = [[text for text in column.counts if says_yes(text) is not False] for column in columns]
    alone = all(len(texts) == 1 and says_yes(texts[0]) is None for texts in found)
    texts = [texts[0] for texts in found if texts]
    return texts if alone and len(set(texts)) == len(columns) > 1 else None


def _own_words(variable: Variable, stem: str) -> str:
    """Return what the file says of a column beside its heading, but for the words of the question."""
    text = _text_of(variable)
    return "" if text.startswith(stem) else text


def _by_labels(variables: list[Variable]) -> tuple[str, str] | None:
    """Find the codes of yes and no where all columns have just these two, whatever their numbers."""
    options = variables[0].options
    if len(options) != 2 or not _same_options(variables):
        return None
    found = {says_yes(label): code for code, label in options.items() if says_yes(label) is not None}
    return (found[True], found[False]) if len(found) == 2 else None


def _same_options(variables: list[Variable]) -> bool:
    return bool(variables[0].options) and all(one.options == variables[0].options for one in variables)


def _alike(columns: list[Column]) -> bool:
    """Return whether columns hold the same few answers."""
    if len(columns) < 2 or any(len(column.counts) > 12 for column in columns):
        return False
    every = set().union(*(column.counts for column in columns))
    shared = set.intersection(*(set(column.counts) for column in columns))
    return len(every) <= 12 and len(shared) >= max(2, len(every) // 2)
