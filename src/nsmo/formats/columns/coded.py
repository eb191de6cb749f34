"""Columns in which codes stand: of options, and of ticks."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from nsmo.formats.columns.column import Column, Count
from nsmo.formats.columns.parsed import TextColumn
from nsmo.formats.texts import Texts
from nsmo.study.questionnaire import OTHER, MissingCode, Option

#: So many codes are named where one is wrong; nobody reads on through thousands.
_NAMED = 100


class CodedColumn(Column):
    """A column in which codes stand."""

    @property
    @abstractmethod
    def codes(self) -> Mapping[str, str]:
        """What each code is read as; an empty text is no answer."""

    @property
    def expected(self) -> str:
        """Return what may stand in a cell, in words; of very many codes the first ones."""
        said = [f"{code} ({option})" if option else code for code, option in self.codes.items() if code]
        more = f" and {len(said) - _NAMED:,} more" if len(said) > _NAMED else ""
        return ", ".join(said[:_NAMED]) + more

    @property
    def remedy(self) -> str:
        """What to do about a value that cannot be read."""
        question = self.use.partition(".")[0]
        return f"add it to the options or to missing of '{question}' in questionnaire.yaml"

    def called(self, value: str) -> str:
        """Return a value that cannot be read as a message names it."""
        return f"the code {value!r}"

    def pieces(self, cell: str) -> list[str]:
        """Split a cell into its codes."""
        return [cell]

    def _in_range(self, text: str) -> bool:
        return any(one.holds(text) for one in self.ranges)

    def unreadable(self, cells: Texts) -> dict[str, np.ndarray]:
        """Collect the codes that nobody declared, each with the numbers of its rows, from 0."""
        known = {*self.codes, *self.missing, *self.empty}
        odd = {
            i: {piece for piece in set(self.pieces(cell)) - known if not self._in_range(piece)}
            for i, cell in enumerate(cells.found)
            if cell not in known
        }
        by_cell = {cells.found[i]: pieces for i, pieces in odd.items() if pieces}
        found: dict[str, list[np.ndarray]] = {}
        for cell, rows in cells.rows_of([i for i, pieces in odd.items() if pieces]).items():
            for piece in by_cell[cell]:
                found.setdefault(piece, []).append(rows)
        return {piece: np.sort(np.concatenate(rows)) for piece, rows in found.items()}


def _codes(options: Sequence[Option], other_code: str | None) -> dict[str, str]:
    """Return the option of each code."""
    found = {option.code: option.name for option in options if option.code is not None}
    return found | ({other_code: OTHER} if other_code is not None else {})


@dataclass(frozen=True, kw_only=True)
class ChoiceColumn(CodedColumn):
    """The answer to a question with one answer."""

    options: tuple[Option, ...]
    ordered: bool = False
    #: The code of "other" that LimeSurvey writes by itself.
    other_code: str | None = None

    @property
    def codes(self) -> Mapping[str, str]:
        """Return what each code is read as."""
        return _codes(self.options, self.other_code)

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        categories, codes = [option.name for option in self.options], self.codes
        number = {option: at for at, option in enumerate(categories)}
        place = {code: number[option] for code, option in codes.items()}
        texts = zip(cells.found, self.given(cells), strict=True)
        chosen = (place.get(text, -1) if given else -1 for text, given in texts)
        coded = pd.Categorical.from_codes(cells.spread(chosen, np.int32), categories, ordered=self.ordered)
        return {self.use: pd.Series(coded)}

    def counts(self, cells: Texts) -> Iterator[tuple[str, Count]]:
        """Yield each code with its count."""
        labels = {option.name: option.label(self.language) for option in self.options}
        for code, option in self.codes.items():
            yield self.use, (code, option, labels[option], cells.number(code))


@dataclass(frozen=True, kw_only=True)
class TickColumn(CodedColumn):
    """One option of a question with several answers."""

    option: Option
    ticked: tuple[str, ...]
    unticked: tuple[str, ...]

    @property
    def codes(self) -> Mapping[str, str]:
        """Return what each code is read as."""
        return dict.fromkeys(self.ticked, "ticked") | dict.fromkeys(self.unticked, "")

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        return {self.use: pd.Series(cells.among(self.ticked))}

    def counts(self, cells: Texts) -> Iterator[tuple[str, Count]]:
        """Yield each code with its count."""
        for code in self.ticked:
            yield self.use, (code, "ticked", self.option.label(self.language), cells.number(code))
        for code in self.unticked:
            if code not in self.empty:
                yield self.use, (code, "not ticked", "", cells.number(code))


@dataclass(frozen=True, kw_only=True)
class ReasonColumn(TickColumn):
    """The box beside several options that says why none of them was ticked, such as "don't know"."""

    box: MissingCode

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read nothing: it is no option."""
        return {}

    def counts(self, cells: Texts) -> Iterator[tuple[str, Count]]:
        """Yield nothing: those who ticked it count with the reasons."""
        return iter(())

    def answered(self, cells: Texts) -> np.ndarray:
        """Compute which cells hold an answer: none does."""
        return np.zeros(len(cells), dtype=bool)

    def reasons(self, cells: Texts) -> Iterator[tuple[np.ndarray, MissingCode]]:
        """Yield the reason with the rows that ticked it, and those that stand there as elsewhere."""
        yield from super().reasons(cells)
        yield cells.among(self.ticked), self.box


@dataclass(frozen=True, kw_only=True)
class AnyChoiceColumn(ChoiceColumn):
    """One of the answers to a question with several, of which each column holds one."""

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        return {f"{self.use}.{option}": pd.Series(cells.among([code])) for code, option in self.codes.items()}


@dataclass(frozen=True, kw_only=True)
class JoinedColumn(CodedColumn):
    """All answers to a question with several, in one cell; with `own_texts` what people typed among them."""

    options: tuple[Option, ...]
    separator: str
    other_code: str | None = None
    own_texts: bool = False

    @property
    def codes(self) -> Mapping[str, str]:
        """Return what each code is read as."""
        return _codes(self.options, self.other_code)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset({*self.codes, *self.missing})

    @cached_property
    def _most_parts(self) -> int:
        """Of how many parts a code consists at most, where it holds the separator itself."""
        return 1 + max((code.count(self.separator) for code in self._known), default=0)

    def split(self, cell: str) -> tuple[list[str], list[str]]:
        """Split a cell into its codes, and what stands between them; a code may hold the separator itself."""
        parts, known = cell.split(self.separator), self._known
        found: list[str] = []
        rest: list[list[str]] = [[]]
        place = 0
        while place < len(parts):
            most = min(self._most_parts, len(parts) - place)
            joined = (self.separator.join(parts[place : place + n]).strip() for n in range(most, 0, -1))
            longest, code = next(
                ((most - n, code) for n, code in enumerate(joined) if code in known), (0, "")
            )
            if longest:
                found.append(code)
                rest.append([])
            elif parts[place].strip():
                rest[-1].append(parts[place])
            place += longest or 1
        return found, [self.separator.join(run).strip() for run in rest if run]

    def pieces(self, cell: str) -> list[str]:
        """Split a cell into its codes, and what is none."""
        found, rest = self.split(cell)
        return found if self.own_texts else [*found, *rest]

    def has(self, cells: Texts, code: str) -> np.ndarray:
        """Compute which cells hold a code among others."""
        codes = cells.once((self.use, "codes"), lambda: [{*self.split(cell)[0]} for cell in cells.found])
        return cells.spread((code in found for found in codes), bool)

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        answered = self.answered(cells)
        return {
            f"{self.use}.{option}": pd.Series(self.has(cells, code) & answered)
            for code, option in self.codes.items()
        }

    def counts(self, cells: Texts) -> Iterator[tuple[str, Count]]:
        """Yield each code with its count."""
        for code, option in self.codes.items():
            yield f"{self.use}.{option}", (code, "ticked", "", int(self.has(cells, code).sum()))


@dataclass(frozen=True, kw_only=True)
class OwnTextColumn(TextColumn):
    """What people typed among the joined answers of a cell."""

    joined: JoinedColumn

    def typed(self, text: str) -> str:
        """Return what of a cell is no answer that can be chosen."""
        return "; ".join(self.joined.split(text)[1])

    def answers(self, text: str) -> bool:
        """Return whether something was typed."""
        return self.joined.answers(text) and self.typed(text) != ""

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        return {
            self.use: cells.of_rows(self.typed(one) if self.answers(one) else None for one in cells.found)
        }


@dataclass(frozen=True, kw_only=True)
class OtherInCellColumn(OwnTextColumn):
    """Whether people typed something among the joined answers: that ticks "other"."""

    done = "ticked"

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        return {self.use: pd.Series(self.answered(cells))}
