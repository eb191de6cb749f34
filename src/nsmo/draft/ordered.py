"""Finds rankings: in one cell, in a column for each place, in a column for each answer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from nsmo.draft import joined
from nsmo.draft.places import place_in, place_of_cell, says_to_rank
from nsmo.draft.scales import reason
from nsmo.draft.values import Column
from nsmo.formats.cells import Export
from nsmo.formats.detect import Reading
from nsmo.formats.rankings import Ranked, taken_apart
from nsmo.formats.structure import MissingValue, Variable, same_text
from nsmo.study.ranked import Ranked as Declared

#: So many of the rankings may be none, because an answer is there twice or a place was left open; up to the
#: second share they are asked about.
_SLIPS, _DOUBT = 0.05, 0.5
#: More answers than this are not put in order, and so often each must stand there: else they were typed.
_MOST, _OFTEN = 60, 3
#: How columns of one question begin: "Put in order [Price]", "rank_price".
_BEGINS = re.compile(r"(.+?)\s*\[([^\[\]]+)\]$|([^\W\d_]+\d*)[\W_]")


#: That the first of some labels says it is the last place: then the numbers run the other way.
_LEAST = re.compile(r"\b(least|last|lowest|minst|laatste|laagste|am wenigsten|unwichtigste)", re.IGNORECASE)


@dataclass
class _Found:
    """Rankings, what is said of each, and the variables that their columns are when they are taken apart."""

    rankings: list[Ranked] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    made: dict[str, list[Variable]] = field(default_factory=dict)

    def add(self, ranked: Ranked, told: str, variables: Sequence[Variable]) -> None:
        self.rankings.append(ranked)
        self.told.append(told)
        self.made |= {column: [] for column in ranked.columns}
        self.made[ranked.columns[0]] = list(variables)


def with_rankings(reading: Reading, declared: Sequence[Declared] = ()) -> Reading:
    """Return what was read with a column for each answer of a ranking, in which its place stands.

    Parameters
    ----------
    reading : Reading
    declared : sequence of Ranked
        Those that a questionnaire has already; they get the answers that are new in this export.
    """
    export, variables = reading.export, reading.structure.variables
    found = _Found()
    for one in declared:
        ranked = _with_new_answers(export, Ranked.of(one, ()))
        if all(column in variables for column in ranked.columns):
            first = variables[ranked.columns[0]]
            found.rankings.append(ranked)
            found.made |= {column: [] for column in ranked.columns}
            found.made[ranked.columns[0]] = _items(ranked, first, first.label or ranked.name)
            if not ranked.answers:
                found.made |= {c: [replace(variables[c], kind="numeric", options={})] for c in ranked.columns}
    _in_one_cell(export, variables, found)
    _by_place(export, variables, found)
    _by_answer(export, variables, found)
    described: dict[str, Variable] = {}
    for name, variable in variables.items():
        made = found.made.get(name)
        if variable.kind == "ranking":  # whose cells hold something else
            variable = replace(variable, kind="joined")
        described |= {name: variable} if made is None else {one.column: one for one in made}
    return replace(
        reading,
        export=taken_apart(export, found.rankings),
        structure=replace(reading.structure, variables=described),
        rankings=tuple(found.rankings),
        doubts=[*reading.doubts, *found.doubts, *found.told],
    )


def _with_new_answers(export: Export, ranked: Ranked) -> Ranked:
    """Return a ranking with the texts that stand in its columns and are no answer of it yet."""
    if not ranked.answers or any(column not in export.texts for column in ranked.columns):
        return ranked
    texts = [text for column in ranked.columns for text in export.texts[column].found]
    if ranked.separator:
        texts = [part for text in texts for part in joined.split(text, ranked.separator)]
        held = " ".join(ranked.answers)
        texts = [text for text in texts if text not in held]
    new = [text for text in dict.fromkeys(texts) if text not in {*ranked.answers, *ranked.missing}]
    return replace(ranked, answers=(*ranked.answers, *new[:_MOST]))


def _items(ranked: Ranked, first: Variable, label: str) -> list[Variable]:
    """Describe the columns of a ranking as items of a battery of numbers."""
    made = []
    for answer, column in zip(ranked.answers, ranked.made, strict=True):
        item = ranked.labels.get(answer) or answer
        code = first.question.strip() if first.part == "item" else ranked.name
        one = replace(first, column=column, code=column, question=f"{code}\n", part="item", item=item)
        made.append(replace(one, kind="numeric", label=label, separator="", options={}, missing=()))
    return made


def _in_one_cell(export: Export, variables: Mapping[str, Variable], found: _Found) -> None:
    for name, variable in variables.items():
        told = variable.kind == "ranking"
        if name in found.made or variable.part != "answer" or (variable.options and not told):
            continue
        if variable.kind not in ("", "joined") and not told:
            continue
        column = Column(name, export.cells[name])
        sign = variable.separator or " " if told else joined.ranking_sign(column, variable.separator)
        if not sign and says_to_rank(variable.label or name):
            sign = _sign_of_some(column, variable.separator)
        if not sign or not column.answered:
            continue
        answers = tuple(variable.options) or tuple(joined.options(column, sign)[0])
        ranked = Ranked(name, (name,), answers, sign, labels=dict(variable.options))
        _, faults = ranked.places_in([export.texts[name]])
        faulty = _rows(faults)
        if len(answers) < 2 or len(faulty) > _SLIPS * max(column.answered, 1):
            continue
        if any(what.startswith("'") for what in faults):
            continue
        ranked = replace(ranked, lenient=len(faulty) > 0)
        text = f"'{name}' is a ranking in one cell: the place of each answer is read from it, 1 for the first"
        found.add(ranked, text + _slips(faulty), _items(ranked, variable, variable.label or name))


def _sign_of_some(column: Column, preferred: str) -> str:
    """Return the sign between answers of which each response has some, in an order of its own."""
    sign = joined.separator(column, preferred)
    if sign is None:
        return ""
    before: dict[tuple[str, str], int] = {}
    for text, n in column.counts.items():
        parts = joined.split(text, sign)
        if len(set(parts)) < len(parts):
            return ""
        for i, left in enumerate(parts):
            for right in parts[i + 1 :]:
                before[left, right] = before.get((left, right), 0) + n
    both = {tuple(sorted(pair)) for pair in before}
    turned = sum(min(before.get((a, b), 0), before.get((b, a), 0)) for a, b in both)
    return sign if turned > 0.1 * sum(before.values()) else ""


def _by_place(export: Export, variables: Mapping[str, Variable], found: _Found) -> None:
    """Find columns called "Rank 1", "Rank 2" … that hold what stands at each place."""
    for run, label in _runs(variables):
        if any(one.column in found.made for one in run):
            continue
        columns = [Column(one.column, export.cells[one.column]) for one in run]
        bare = all(re.fullmatch(r"\d+", one.item) for one in run)
        ranked = _ranked_by_place(export, run, columns, label)
        if ranked is None:
            continue
        places, faults = ranked.places_in([export.texts[one.column] for one in run])
        given = (places > 0).sum(axis=1)
        several, faulty = int((given > 1).sum()), _rows(faults)
        if several < (15 if bare else 3) or len(faulty) > _DOUBT * int((given > 0).sum()):
            continue
        named = f"'{_short(run[0].column)}' to '{_short(run[-1].column)}'"
        if len(faulty) > (0.02 if bare else _SLIPS) * int((given > 0).sum()):
            if not bare:
                found.doubts.append(
                    f"{named} look like a ranking, but {len(faulty)} responses have an answer twice, or "
                    "leave a place open: each place is a question here, who put what there"
                )
            continue
        ranked = replace(ranked, lenient=len(faulty) > 0)
        twice = "" if len(faulty) else ", nothing twice"
        text = f"{named} hold what each response put there{twice}: a ranking, 1 for the first"
        found.add(ranked, text + _slips(faulty), _items(ranked, run[0], label))


def _runs(variables: Mapping[str, Variable]) -> Iterator[tuple[list[Variable], str]]:
    """Yield columns that follow each other and are about place 1, 2, 3 of the same, and what that is."""
    run: list[Variable] = []
    about = ("", "")
    for variable in [*variables.values(), Variable("")]:
        item = variable.part == "item"
        heading = variable.item if item else variable.label or variable.column
        place, stem = place_in(heading)
        if not place and item and re.fullmatch(r"\d{1,2}", heading):
            place, stem = int(heading), ""
        if not place and not item and variable.label:
            place, _ = place_in(variable.column)
        same = (variable.question if item else "", same_text(stem))
        fits = variable.part in ("item", "answer") and variable.kind in ("", "single", "ordinal")
        if run and fits and place == len(run) + 1 and same == about:
            run.append(variable)
            continue
        if len(run) > 1:
            yield run, _about(run)
        run, about = ([variable], same) if fits and place == 1 else ([], ("", ""))


def _about(run: Sequence[Variable]) -> str:
    """Return what the columns of a ranking by place are about."""
    first = run[0]
    if first.part == "item" and (first.label or first.question.strip()):
        return first.label or first.question.strip()
    said = place_in(first.label or first.column)[1] or place_in(first.column)[1]
    # "Rank 1", "1st choice": what is left without the number.
    return said or re.sub(r"\W*\d+(st|e|ste|de|er|\.)?\W*", "", first.label or first.column) or first.column


def _ranked_by_place(
    export: Export, run: Sequence[Variable], columns: Sequence[Column], label: str
) -> Ranked | None:
    texts = {text: n for column in columns for text, n in column.counts.items()}
    answered = sum(column.answered for column in columns)
    declared = [one for variable in run for one in variable.missing]
    missing = tuple(text for text in texts if _is_none(text, declared))
    options = dict(next((one.options for one in run if one.options), {}))
    options = {code: text for code, text in options.items() if not any(m.holds(code) for m in declared)}
    given = [text for text in texts if text not in missing]
    labels = {same_text(text): text for text in options.values()}
    if options and sum(text in options for text in given) < sum(same_text(text) in labels for text in given):
        known = {same_text(text): text for text in given}
        options = {known.get(same_text(text), text): text for text in options.values()}
    else:
        numbers = not options and all(re.fullmatch(r"\d+([.,]0)?", text) for text in given)
        said = all(re.search(r"rank|rang|\d(st|nd|rd|th|e)", f"{one.item} {one.column}") for one in run)
        if numbers and not said:
            return None
    answers = (*options, *(text for text in given if text not in options))
    if not 2 <= len(answers) <= _MOST or len(answers) < len(run) or answered < _OFTEN * len(given):
        return None
    name = (run[0].question.strip() if run[0].part == "item" else "") or label
    while any(f"{name} [{answer}]" in export.texts for answer in answers):
        name += "_"
    return Ranked(name, tuple(one.column for one in run), answers, missing=("", *missing), labels=options)


def _by_answer(export: Export, variables: Mapping[str, Variable], found: _Found) -> None:
    """Find columns of one answer each that hold the place it was given."""
    groups: dict[str, list[Variable]] = {}
    for name, variable in variables.items():
        if variable.part == "item" and variable.kind != "text" and name not in found.made:
            groups.setdefault(variable.question, []).append(variable)
    for items in [*groups.values(), *_begin_alike(export, variables)]:
        if not 3 <= len(items) <= _MOST or any(one.column in found.made for one in items):
            continue
        columns = [Column(one.column, export.cells[one.column]) for one in items]
        words = _places_said(items, columns)
        if words is None:
            continue
        ranked = Ranked(items[0].column, tuple(one.column for one in items), places=words)
        places, faults = ranked.places_in([export.texts[one.column] for one in items])
        given = (places > 0).sum(axis=1)
        faulty = [rows for what, rows in faults.items() if not what.startswith("'")]
        wrong = np.unique(np.concatenate([*faulty, np.zeros(0, dtype=np.int64)]))
        enough = (given > 2).sum() >= 8 or (given > 1).sum() >= 20
        slips = _SLIPS * (given > 1).sum() if (given > 1).sum() >= 20 else 0
        if not enough or len(wrong) > slips:
            continue
        ranked = replace(ranked, lenient=len(wrong) > 0)
        text = (
            f"'{_short(items[0].column)}' to '{_short(items[-1].column)}': each response has the places 1 to "
            f"{places.max()} once: a ranking, with 1 for the first"
        )
        plain = [replace(one, kind="numeric", options={}) for one in items]
        found.rankings.append(ranked)
        found.told.append(text + _slips(wrong))
        found.made |= {one.column: [one] for one in plain}


def _begin_alike(export: Export, variables: Mapping[str, Variable]) -> Iterator[list[Variable]]:
    """Yield columns of no known question that follow each other, begin alike and hold nothing but places."""
    run: list[Variable] = []
    stem = ""
    for variable in [*variables.values(), Variable("")]:
        texts = export.texts[variable.column].found if variable.column in export.texts else []
        begin = _BEGINS.match(variable.column)
        few = [text for text in texts if text] if len(texts) <= _MOST else ["many"]
        places = all(place_of_cell(text) or reason(text) for text in few)
        called = not variable.options or says_to_rank(f"{variable.column} {variable.label}")
        fits = begin and places and any(texts) and variable.part == "answer" and called
        own = (begin[1] or begin[3]).strip() if begin and fits else ""
        if own != stem:
            if len(run) > 2:
                yield run
            run, stem = [], own
        if own and begin:
            item = begin[2] or (variable.label if variable.label != variable.column else variable.column)
            run.append(replace(variable, question=f"{stem}\n", part="item", label=stem, item=item))


def _places_said(items: Sequence[Variable], columns: Sequence[Column]) -> tuple[str, ...] | None:
    """Return the texts that stand for places, none of numbers; None where something else stands there."""
    declared = [value for one in items for value in one.missing]
    texts = dict.fromkeys(
        text for column in columns for text in column.distinct if not _is_none(text, declared)
    )
    labels = {code: text for one in items for code, text in one.options.items()
              if not any(value.holds(code) for value in declared)}  # fmt: skip
    said = all(says_to_rank(f"{one.column} {one.label}") for one in items)
    if labels and not all(place_of_cell(text) for text in labels.values()):
        least = _LEAST.search(next(iter(labels.values())))
        if least or not (said and all(text.isdigit() for text in labels)):
            return None
        labels = {}
    if all(re.fullmatch(r"\d{1,2}([.,]0)?", text) for text in texts):
        numbers = sorted(int(re.split(r"[.,]", text)[0]) for text in texts)
        last = numbers[-1] if numbers else 0
        return () if 3 <= last <= len(items) and set(numbers) == {*range(1, last + 1)} else None
    by_place = {place_of_cell(text): text for text in [*labels.values(), *texts] if place_of_cell(text)}
    steps = sorted(by_place)
    complete = len(steps) >= 3 and steps[0] == 1 and all(b == a + 1 for a, b in pairwise(steps))
    if not complete or steps[-1] > len(items) or not set(texts) <= set(by_place.values()):
        return None
    return tuple(by_place[step] for step in steps)


def _short(column: str) -> str:
    """Shorten the name of a column, which may be a whole question, to its begin and its end."""
    return column if len(column) <= 60 else f"{column[:30].rstrip()} … {column[-20:].lstrip()}"


def _is_none(text: str, declared: Sequence[MissingValue]) -> bool:
    """Return whether a text is no answer: a reason for none, a code below zero, or declared as missing."""
    told = reason(text) or re.fullmatch(r"-\d+([.,]0)?", text)
    return bool(told) or any(one.holds(text) for one in declared)


def _rows(faults: Mapping[str, np.ndarray]) -> np.ndarray:
    return np.unique(np.concatenate([*faults.values(), np.zeros(0, dtype=np.int64)]))


def _slips(faulty: np.ndarray) -> str:
    if not len(faulty):
        return ""
    some = f"{len(faulty)} response{'s' * (len(faulty) > 1)}"
    return f"; the ranking of {some}, with an answer or a place twice or one left open, counts as no answer"
