"""Rankings, in whichever shape they come: each answer gets a column of its own, with the place that it has.

They stand in one cell ("b; a; c"), in a column for each place that holds an answer ("Rank 1", "Rank 2"), or
in a column for each answer that holds a place ("Q5_1", "Q5_2").
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nsmo.formats.cells import EXAMPLES, Export, Fault, Lines
from nsmo.formats.texts import Texts
from nsmo.study.cells import normal_column
from nsmo.study.ranked import Ranked as Declared

#: What stands for a cell that holds nothing, and for one that holds something else.
_NONE, _UNKNOWN = -1, -2
#: What was mended of a ranking that cannot be one.
NO_RANKING = "no ranking: an answer twice, two at one place, or a place left open; read as no answer"
#: What is wrong with a ranking that can be read, and what was expected.
_WANTED = {
    "an answer twice": "each answer once",
    "two answers at one place": "each place once",
    "a place left open": "the places in a row, from the first one",
}
_FAULTY = "`faulty: no_answer` below it, under source: rankings, reads such a ranking as no answer"


@dataclass(frozen=True)
class Ranked:
    """A ranking of an export.

    Attributes
    ----------
    name : str
        What it is called.
    columns : tuple of str
        Those that hold it: one with a separator, or one for each place; without answers one for each answer.
    answers : tuple of str
        As they stand in the cells.
    separator : str
        Between the answers of one cell.
    places : tuple of str
        What stands for the first place, the second, and so on; numbers where it is empty.
    lenient : bool
        Whether a ranking that cannot be one is no answer; else it is named as a fault.
    missing : tuple of str
        What stands where there is no answer.
    labels : dict
        Of a draft: what each answer is called, where its cells hold something else.
    """

    name: str
    columns: tuple[str, ...]
    answers: tuple[str, ...] = ()
    separator: str = ""
    places: tuple[str, ...] = ()
    lenient: bool = False
    missing: tuple[str, ...] = ("",)
    labels: dict[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, one: Declared, missing: Iterable[str]) -> "Ranked":
        """Take a ranking as questionnaire.yaml has it."""
        return cls(
            one.called,
            tuple(map(normal_column, one.read_from)),
            tuple(one.answers),
            one.separator or "",
            tuple(one.places),
            one.faulty == "no_answer",
            ("", *missing, *one.missing),
        )

    def column(self, answer: str) -> str:
        """Return what the column with the places of an answer is called."""
        return normal_column(f"{self.name} [{answer}]")

    @property
    def made(self) -> list[str]:
        """List the columns in which the places stand when it was read."""
        return [self.column(answer) for answer in self.answers] if self.answers else list(self.columns)

    def places_in(self, cells: Sequence[Texts]) -> tuple[NDArray[np.int64], dict[str, NDArray[np.int64]]]:
        """Read the places.

        Parameters
        ----------
        cells : sequence of Texts
            Of each of its columns.

        Returns
        -------
        places : ndarray of int
            (responses, answers); 0 where it has none.
        faults : dict
            In which rows something cannot be read, by what is said of it.
        """
        if self.separator:
            return self._of_one_cell(cells[0])
        if self.answers:
            return self._of_places(cells)
        return self._of_numbers(cells)

    def _of_one_cell(self, cells: Texts) -> tuple[NDArray[np.int64], dict[str, NDArray[np.int64]]]:
        known = np.zeros((len(cells.found), len(self.answers)), dtype=np.int64)
        unread: list[int] = []
        twice: list[int] = []
        for number, text in enumerate(cells.found):
            parts = [] if text in self.missing else text.split(self.separator)
            order = self._order([part.strip() for part in parts])
            if order is None:
                unread.append(number)
            elif len(set(order)) < len(order):
                twice.append(number)
            else:
                for place, answer in enumerate(order, 1):
                    known[number, answer] = place
        faults = {f"'{text}'": rows for text, rows in cells.rows_of(unread).items()}
        if twice:
            faults["an answer twice"] = np.sort(np.concatenate([*cells.rows_of(twice).values()]))
        return known[cells.place], faults

    def _order(self, parts: Sequence[str]) -> list[int] | None:
        """Put parts together to answers, which may hold what stands between them; None where that fails."""
        order: list[int] = []
        left = [part for part in parts if part]
        known, most, at = self._known, max(map(len, self._known), default=0), 0
        while at < len(left):
            fitting = (tuple(left[at : at + n]) for n in range(min(most, len(left) - at), 0, -1))
            longest = next((parts for parts in fitting if parts in known), ())
            if not longest:
                return None
            order.append(known[longest])
            at += len(longest)
        return order

    @cached_property
    def _known(self) -> dict[tuple[str, ...], int]:
        return {self._alone(answer): place for place, answer in enumerate(self.answers)}

    def _alone(self, answer: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in answer.split(self.separator) if part.strip())

    def _of_places(self, cells: Sequence[Texts]) -> tuple[NDArray[np.int64], dict[str, NDArray[np.int64]]]:
        known = {answer: place for place, answer in enumerate(self.answers)}
        known |= dict.fromkeys(self.missing, _NONE)
        faults: dict[str, NDArray[np.int64]] = {}
        rows = np.arange(len(cells[0]))
        places = np.zeros((len(rows), len(self.answers)), dtype=np.int64)
        twice, above, open_ = (np.zeros(len(rows), dtype=bool) for _ in range(3))
        for place, column in enumerate(cells, 1):
            answer = column.spread((known.get(text, _UNKNOWN) for text in column.found), np.int64)
            odd = [number for number, text in enumerate(column.found) if text not in known]
            faults |= {f"'{text}' at place {place}": one for text, one in column.rows_of(odd).items()}
            given = rows[answer >= 0]
            twice[given] |= places[given, answer[given]] > 0
            places[given, answer[given]] = place
            open_ |= above & (answer != _NONE)
            above |= answer == _NONE
        return places, faults | _named({"an answer twice": twice, "a place left open": open_})

    def _of_numbers(self, cells: Sequence[Texts]) -> tuple[NDArray[np.int64], dict[str, NDArray[np.int64]]]:
        words = self.places or [str(place) for place in range(1, len(cells) + 1)]
        known = {text: place for place, text in enumerate(words, 1)}
        known |= {f"{text}{end}": place for text, place in known.items() for end in (".0", ",0")}
        places = np.column_stack([
            column.spread((known.get(text, 0) for text in column.found), np.int64) for column in cells
        ])  # fmt: skip
        faults: dict[str, NDArray[np.int64]] = {}
        if self.places:
            for name, column in zip(self.columns, cells, strict=True):
                odd = [
                    at for at, text in enumerate(column.found) if not (text in known or text in self.missing)
                ]
                faults |= {f"'{text}' of '{name}'": rows for text, rows in column.rows_of(odd).items()}
        ordered = np.sort(places, axis=1)
        tied = ((np.diff(ordered, axis=1) == 0) & (ordered[:, 1:] > 0)).any(axis=1)
        open_ = ~tied & (ordered[:, -1] != (places > 0).sum(axis=1))
        return places, faults | _named({"two answers at one place": tied, "a place left open": open_})


def _named(rows: dict[str, NDArray[np.bool_]]) -> dict[str, NDArray[np.int64]]:
    return {name: np.flatnonzero(one) for name, one in rows.items() if one.any()}


def taken_apart(export: Export, rankings: Sequence[Ranked]) -> Export:
    """Put columns with places where rankings stood, and note those that cannot be read.

    Parameters
    ----------
    export : Export
    rankings : sequence of Ranked

    Returns
    -------
    Export
    """
    for ranked in rankings:
        export = _one_apart(export, ranked)
    return export


def _one_apart(export: Export, ranked: Ranked) -> Export:
    lost = [column for column in ranked.columns if column not in export.texts]
    if lost:
        faults = [
            Fault(
                f"the column '{column}' of the ranking '{ranked.name}' is not in the export",
                fix="correct it under source: rankings in questionnaire.yaml",
            )
            for column in lost
        ]
        empty = Texts.of([""], np.zeros(len(export.lines), dtype=np.int64))
        texts = export.texts | {name: empty for name in ranked.made if name not in export.texts}
        return replace(export, texts=texts, faults=[*export.faults, *faults])
    places, found = ranked.places_in([export.texts[column] for column in ranked.columns])
    unread = [rows for what, rows in found.items() if what.startswith("'")]
    odd = [rows for what, rows in found.items() if not what.startswith("'")]
    repairs, faults = list(export.repairs), list(export.faults)
    gone = np.zeros(len(export.lines), dtype=bool)
    for rows in unread if ranked.answers or ranked.places else ():
        gone[rows] = True
    faults += _faults(export, ranked, found)
    if ranked.lenient and odd:
        rows = np.unique(np.concatenate(odd))
        gone[rows] = True
        repairs.append((ranked.made[0], NO_RANKING, Lines.of(export.lines[rows])))
    places[gone] = 0
    if ranked.answers or ranked.places:
        digits = ["", *(str(place) for place in range(1, int(places.max(initial=0)) + 1))]
        made = {name: Texts.of(digits, places[:, at]) for at, name in enumerate(ranked.made)}
    else:  # beside the places reasons for having none may stand
        made = {}
        for name in ranked.columns:
            column = export.texts[name]
            emptied = np.where(gone, len(column.found), column.place)
            made[name] = Texts.of([*column.found, ""], emptied) if gone.any() else column
    texts: dict[str, Texts] = {}
    for column, cells in export.texts.items():
        if column == ranked.columns[0]:
            texts |= made
        elif column not in ranked.columns:
            texts[column] = cells
    return replace(export, texts=texts, repairs=repairs, faults=faults)


def _faults(export: Export, ranked: Ranked, found: dict[str, NDArray[np.int64]]) -> Iterator[Fault]:
    """Yield what cannot be read, the first few of texts and the others together."""
    texts = [what for what in found if what.startswith("'")]
    expected = ", ".join(ranked.answers or ranked.places)
    fix = f"add it to {'answers' if ranked.answers else 'places'}: of the ranking under source: rankings"

    def fault(what: str, rows: NDArray[np.int64], expected: str, fix: str) -> Fault:
        of_it = f"{what} in the ranking '{ranked.name}'"
        return Fault(of_it, expected, fix, Lines.of(export.lines[rows]))

    for what in texts[:EXAMPLES]:
        yield fault(what, found[what], expected, fix)
    if texts[EXAMPLES:]:
        rows = np.unique(np.concatenate([found[what] for what in texts[EXAMPLES:]]))
        yield fault("other texts that cannot be read", rows, expected, fix)
    for what in [] if ranked.lenient else _WANTED:
        if what in found:
            yield fault(what, found[what], _WANTED[what], _FAULTY)
