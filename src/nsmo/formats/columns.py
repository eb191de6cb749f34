"""How each column of an export is read: which codes may stand in it, and what becomes of them.

This is the one place that knows how options, ticks, numbers and dates are written. `disagreements` asks a
column what it cannot read; the stage ingest asks it for coded answers, and for the counts that show how it
came to them.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from nsmo.formats.texts import Texts
from nsmo.study.cells import date_reader, is_length, normal_column, read_number, seconds
from nsmo.study.model import Language
from nsmo.study.questionnaire import OTHER, MissingCode, Option, Question, Source

#: What became of a code, what it stands for in words, and how often it was there.
Count = tuple[str, str, str, int]


@dataclass(frozen=True, kw_only=True)
class Column(ABC):
    """One column of the export.

    Attributes
    ----------
    name : str
        Its name in the export, as `Export.columns` has it.
    use : str
        What is read from it: a question, ``question.option`` or ``paradata.…``.
    language : str
        The language of the labels in counts.
    empty : frozenset of str
        What stands there where nothing was answered.
    missing : mapping
        Codes that are no answer, each with its reason.
    ranges : tuple of MissingCode
        Ranges of numbers that are no answer.
    private : bool
        Whether a value may tell who somebody is, and so must not be shown.
    """

    name: str
    use: str
    language: Language = "en"
    empty: frozenset[str] = frozenset()
    missing: Mapping[str, MissingCode] = field(default_factory=dict)
    ranges: tuple[MissingCode, ...] = ()
    private: bool = False

    @property
    @abstractmethod
    def expected(self) -> str:
        """What may stand in a cell, in words."""

    @property
    def remedy(self) -> str:
        """What to do about a value that cannot be read."""
        return f"correct how '{self.use}' is described in questionnaire.yaml, or declare the value as missing"

    def called(self, value: str) -> str:
        """Return a value that cannot be read as a message names it."""
        return repr(value)

    @cached_property
    def _nothing(self) -> frozenset[str]:
        return self.empty | self.missing.keys()

    def answers(self, text: str) -> bool:
        """Return whether a text is an answer."""
        return text not in self._nothing and not (self.ranges and any(one.holds(text) for one in self.ranges))

    def given(self, cells: Texts) -> list[bool]:
        """List for each different text whether it is an answer."""
        return cells.once((self.use, "given"), lambda: [*map(self.answers, cells.found)])

    def answered(self, cells: Texts) -> np.ndarray:
        """Compute which cells hold an answer."""
        return cells.once((self.use, "answered"), lambda: cells.spread(self.given(cells), bool))

    def has(self, cells: Texts, code: str) -> np.ndarray:
        """Compute which cells hold a code."""
        return cells.among([code])

    def reasons(self, cells: Texts) -> Iterator[tuple[np.ndarray, MissingCode]]:
        """Yield each declared reason for having no answer, with the rows that give it."""
        for code, missing in self.missing.items():
            yield self.has(cells, code), missing
        for missing in self.ranges:
            # A code within the range that has a reason of its own keeps it.
            inside = (missing.holds(text) and text not in self.missing for text in cells.found)
            yield cells.spread(inside, bool), missing

    @abstractmethod
    def unreadable(self, cells: Texts) -> dict[str, np.ndarray]:
        """Collect the values that cannot be read, each with the numbers of its rows, from 0."""

    @abstractmethod
    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read cells that hold nothing unreadable, into the columns of the coded frame."""

    def notes(self, cells: Texts) -> Iterator[tuple[str, np.ndarray]]:
        """Yield what is odd though it can be read, with its rows."""
        return iter(())

    @abstractmethod
    def counts(self, cells: Texts) -> Iterator[tuple[str, Count]]:
        """Yield, for each code that may stand there, what it is counted under, and its count."""


class _Parsed(Column):
    """A column whose texts are read one by one."""

    #: What a value is, as counts call it.
    kind = ""

    @abstractmethod
    def parse(self, text: str) -> Any:
        """Read one text, or raise ValueError."""

    def parsed(self, cells: Texts) -> list[Any]:
        """Read the different texts: None where there is no answer, the error where it cannot be read."""
        texts = zip(cells.found, self.given(cells), strict=True)
        return cells.once(
            (self.use, "parsed"), lambda: [self._parsed(t) if given else None for t, given in texts]
        )

    def _parsed(self, text: str) -> Any:
        try:
            return self.parse(text)
        except ValueError as error:
            return error

    def unreadable(self, cells: Texts) -> dict[str, np.ndarray]:
        return cells.rows_of([i for i, one in enumerate(self.parsed(cells)) if isinstance(one, ValueError)])

    def counts(self, cells: Texts) -> Iterator[tuple[str, Count]]:
        """Yield each code with its count."""
        yield self.use, (f"({self.kind})", "answered", "", int(self.answered(cells).sum()))


@dataclass(frozen=True, kw_only=True)
class NumberColumn(_Parsed):
    """Numbers, within bounds where there are some."""

    decimal: str = "."
    thousands: str | None = None
    signs: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    kind = "a number"

    @property
    def expected(self) -> str:
        """Return what may stand in a cell, in words."""
        low = f" from {self.minimum:g}" if self.minimum is not None else ""
        high = f" to {self.maximum:g}" if self.maximum is not None else ""
        grouped = "without a sign between thousands (or declare it as source.thousands)"
        if self.thousands:
            grouped = f"or 1{self.thousands}250{self.decimal}5"
        return f"a number{low}{high}, as 1250{self.decimal}5: {grouped}"

    def parse(self, text: str) -> tuple[float, bool]:
        """Read one text, or raise ValueError."""
        for beside in self.signs:
            text = text.removeprefix(beside).removesuffix(beside).strip()
        if is_length(text):
            text = f"{seconds(text):.12g}".replace(".", self.decimal)
        if self.thousands:
            group, sign = re.escape(self.thousands), re.escape(self.decimal)
            if re.fullmatch(rf"[+-]?\d{{1,3}}({group}\d{{3}})+({sign}\d+)?", text):
                text = text.replace(self.thousands, "")
        value, declared = read_number(text, self.decimal)
        if (self.minimum is not None and value < self.minimum) or (
            self.maximum is not None and value > self.maximum
        ):
            raise ValueError(text)
        return value, declared

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        values = (np.nan if one is None else one[0] for one in self.parsed(cells))
        return {self.use: pd.Series(cells.spread(values, float))}

    def notes(self, cells: Texts) -> Iterator[tuple[str, np.ndarray]]:
        """Yield what is odd though it can be read, with its rows."""
        odd = cells.spread((one is not None and not one[1] for one in self.parsed(cells)), bool)
        yield f"decimal sign other than '{self.decimal}'", odd


@dataclass(frozen=True, kw_only=True)
class WholeColumn(_Parsed):
    """Whole numbers."""

    kind = "a whole number"

    @property
    def expected(self) -> str:
        """Return what may stand in a cell, in words."""
        return "a whole number"

    def parse(self, text: str) -> int:
        """Read one text, or raise ValueError."""
        return int(text)

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        values = cells.spread((0 if one is None else one for one in self.parsed(cells)), np.int64)
        return {self.use: pd.Series(pd.arrays.IntegerArray(values, ~self.answered(cells)))}


@dataclass(frozen=True, kw_only=True)
class DateColumn(_Parsed):
    """Dates and moments, in one of the declared forms."""

    forms: tuple[str, ...] = ()
    kind = "a date"

    @property
    def expected(self) -> str:
        """Return what may stand in a cell, in words."""
        return f"a date in one of the forms {', '.join(self.forms)} of source.date_formats"

    def parse(self, text: str) -> tuple[datetime, str]:
        """Read one text, or raise ValueError."""
        return self._reader(text)

    @cached_property
    def _reader(self) -> Callable[[str], tuple[datetime, str]]:
        return date_reader(self.forms)

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        moments = (None if one is None else one[0] for one in self.parsed(cells))
        return {self.use: pd.Series(cells.spread(moments, "datetime64[us]"))}

    def notes(self, cells: Texts) -> Iterator[tuple[str, np.ndarray]]:
        """Yield what is odd though it can be read, with its rows."""
        for form in self.forms[1:]:
            held = (one is not None and one[1] == form for one in self.parsed(cells))
            yield f"date written as {form}", cells.spread(held, bool)


@dataclass(frozen=True, kw_only=True)
class TextColumn(_Parsed):
    """Texts as they were written."""

    kind = "a text"

    @property
    def expected(self) -> str:
        """Return what may stand in a cell, in words."""
        return "a text"

    def parse(self, text: str) -> str:
        """Read one text, or raise ValueError."""
        return text

    def unreadable(self, cells: Texts) -> dict[str, np.ndarray]:
        """Collect nothing: every text can be read."""
        return {}

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        texts = zip(cells.found, self.given(cells), strict=True)
        return {self.use: cells.of_rows(text if given else None for text, given in texts)}


@dataclass(frozen=True, kw_only=True)
class OtherColumn(TextColumn):
    """The text behind "other, namely" of a question with several answers: who wrote something ticked it."""

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        return {self.use: pd.Series(self.answered(cells))}

    def counts(self, cells: Texts) -> Iterator[tuple[str, Count]]:
        """Yield each code with its count."""
        yield self.use, (f"({self.kind})", "ticked", "", int(self.answered(cells).sum()))


class _Coded(Column):
    """A column in which codes stand."""

    @property
    @abstractmethod
    def codes(self) -> Mapping[str, str]:
        """What each code is read as; an empty text is no answer."""

    @property
    def expected(self) -> str:
        """Return what may stand in a cell, in words."""
        return ", ".join(
            f"{code} ({option})" if option else code for code, option in self.codes.items() if code
        )

    @property
    def remedy(self) -> str:
        question = self.use.partition(".")[0]
        return f"add it to the options or to missing of '{question}' in questionnaire.yaml"

    def called(self, value: str) -> str:
        return f"the code {value!r}"

    def pieces(self, cell: str) -> list[str]:
        """Split a cell into its codes."""
        return [cell]

    def _in_range(self, text: str) -> bool:
        return any(one.holds(text) for one in self.ranges)

    def unreadable(self, cells: Texts) -> dict[str, np.ndarray]:
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


@dataclass(frozen=True, kw_only=True)
class ChoiceColumn(_Coded):
    """The answer to a question with one answer."""

    options: tuple[Option, ...]
    ordered: bool = False
    #: The code of "other" that LimeSurvey writes by itself.
    other_code: str | None = None

    @property
    def codes(self) -> Mapping[str, str]:
        """Return what each code is read as."""
        found = {option.code: option.name for option in self.options if option.code is not None}
        return found | ({self.other_code: OTHER} if self.other_code is not None else {})

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        categories, codes = [option.name for option in self.options], self.codes
        place = {code: categories.index(option) for code, option in codes.items()}
        texts = zip(cells.found, self.given(cells), strict=True)
        chosen = (place.get(text, -1) if given else -1 for text, given in texts)
        coded = pd.Categorical.from_codes(cells.spread(chosen, np.int16), categories, ordered=self.ordered)
        return {self.use: pd.Series(coded)}

    def counts(self, cells: Texts) -> Iterator[tuple[str, Count]]:
        """Yield each code with its count."""
        labels = {option.name: option.label(self.language) for option in self.options}
        for code, option in self.codes.items():
            yield self.use, (code, option, labels[option], cells.number(code))


@dataclass(frozen=True, kw_only=True)
class TickColumn(_Coded):
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
class AnyChoiceColumn(ChoiceColumn):
    """One of the answers to a question with several, of which each column holds one."""

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        return {f"{self.use}.{option}": pd.Series(cells.among([code])) for code, option in self.codes.items()}


@dataclass(frozen=True, kw_only=True)
class JoinedColumn(_Coded):
    """All answers to a question with several, in one cell; with `own_texts` what people typed among them."""

    options: tuple[Option, ...]
    separator: str
    other_code: str | None = None
    own_texts: bool = False

    @property
    def codes(self) -> Mapping[str, str]:
        """Return what each code is read as."""
        found = {option.code: option.name for option in self.options if option.code is not None}
        return found | ({self.other_code: OTHER} if self.other_code is not None else {})

    def split(self, cell: str) -> tuple[list[str], list[str]]:
        """Split a cell into its codes, and what stands between them; a code may hold the separator itself."""
        parts, known = cell.split(self.separator), {*self.codes, *self.missing}
        found: list[str] = []
        rest: list[list[str]] = [[]]
        while parts:
            longest = next(
                (n for n in range(len(parts), 0, -1) if self.separator.join(parts[:n]).strip() in known), 0
            )
            if longest:
                found.append(self.separator.join(parts[:longest]).strip())
                rest.append([])
            elif parts[0].strip():
                rest[-1].append(parts[0])
            parts = parts[longest or 1 :]
        return found, [self.separator.join(run).strip() for run in rest if run]

    def pieces(self, cell: str) -> list[str]:
        """Split a cell into its codes, and what is none."""
        found, rest = self.split(cell)
        return found if self.own_texts else [*found, *rest]

    def has(self, cells: Texts, code: str) -> np.ndarray:
        """Compute which cells hold a code among others."""
        codes = cells.once((self.use, "codes"), lambda: [self.split(cell)[0] for cell in cells.found])
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

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        return {self.use: pd.Series(self.answered(cells))}

    def counts(self, cells: Texts) -> Iterator[tuple[str, Count]]:
        """Yield each code with its count."""
        yield self.use, (f"({self.kind})", "ticked", "", int(self.answered(cells).sum()))


def question_columns(question: Question, source: Source, language: Language) -> list[Column]:
    """List the columns of the answers to a question, without the text beside "other" of a single one."""
    shared: dict[str, Any] = {
        "language": language,
        "empty": frozenset(source.missing_codes),
        "missing": {missing.code: missing for missing in question.missing if missing.code is not None},
        "ranges": tuple(missing for missing in question.missing if missing.code is None),
        "private": question.identifying,
    }
    own: dict[str, Any] = shared | {"name": normal_column(question.column or ""), "use": question.name}
    options = tuple(question.options)
    limesurvey = source.format in ("limesurvey", "limesurvey_archive")
    other_code = "-oth-" if question.other and question.other.code is None and limesurvey else None
    if question.ticked:
        found = _tick_columns(question, source, shared)
        if question.other and question.type == "multi":
            name, use = normal_column(question.other.column), f"{question.name}.{OTHER}"
            found.append(OtherColumn(name=name, use=use, **dict(shared, missing={})))
        return found
    match question.type:
        case "single" | "ordinal":
            ordered = question.type == "ordinal"
            return [ChoiceColumn(options=options, ordered=ordered, other_code=other_code, **own)]
        case "numeric":
            bounds: dict[str, Any] = {"minimum": question.minimum, "maximum": question.maximum}
            return [NumberColumn(**_written(source), **bounds, **own)]
        case "date":
            return [DateColumn(forms=tuple(source.date_formats), **own)]
        case "text":
            return [TextColumn(**own)]
    joined = _joined_column(question, source, own) if question.separator else None
    found: list[Column] = [joined] if joined else []
    for name in question.answer_columns:
        found.append(AnyChoiceColumn(options=options, **dict(own, name=normal_column(name))))
    if question.other:
        name, use = normal_column(question.other.column), f"{question.name}.{OTHER}"
        if joined and question.other_in_cell:
            found.append(OtherInCellColumn(joined=joined, **dict(own, use=use, missing={})))
        else:
            found.append(OtherColumn(name=name, use=use, **dict(shared, missing={})))
    return found


def other_column(question: Question, source: Source) -> TextColumn | None:
    """Return the column of the text beside "other", if the question has one."""
    if question.other is None:
        return None
    own = {
        "name": normal_column(question.other.column),
        "use": f"{question.name}.other_text",
        "empty": frozenset(source.missing_codes),
        "private": True,
    }
    if question.other_in_cell:
        (joined, *_) = question_columns(question, source, "en")
        if isinstance(joined, JoinedColumn):
            return OwnTextColumn(joined=joined, **own)
    return TextColumn(**own)


def _tick_columns(question: Question, source: Source, shared: Mapping[str, Any]) -> list[Column]:
    limesurvey = source.format in ("limesurvey", "limesurvey_archive")
    preset = source.ticked if source.ticked is not None else "Y" if limesurvey else None
    found: list[Column] = []
    for option in question.options:
        if option.column is not None:
            ticked = option.code if option.code is not None else preset
            found.append(
                TickColumn(
                    name=normal_column(option.column),
                    use=f"{question.name}.{option.name}",
                    option=option,
                    ticked=(ticked,) if ticked is not None else (),
                    unticked=tuple(sorted({*source.unticked, *(["N"] if limesurvey else [])})),
                    **shared,
                )
            )
    return found


def _joined_column(question: Question, source: Source, own: Mapping[str, Any]) -> JoinedColumn:
    limesurvey = source.format in ("limesurvey", "limesurvey_archive")
    other_code = "-oth-" if question.other and question.other.code is None and limesurvey else None
    return JoinedColumn(
        options=tuple(question.options),
        separator=question.separator or "",
        other_code=other_code,
        own_texts=question.other_in_cell,
        **own,
    )


def _written(source: Source) -> dict[str, Any]:
    """How numbers are written in an export."""
    return {"decimal": source.decimal, "thousands": source.thousands, "signs": tuple(source.signs)}


def paradata_columns(source: Source) -> list[Column]:
    """List the columns that tell how a response came about, and how the respondent was drawn."""
    found: list[Column] = []
    for name, column in source.design.columns.items():
        own = {
            "name": normal_column(column),
            "use": f"design.{name}",
            "empty": frozenset(source.missing_codes),
        }
        if name.startswith(("weight", "fpc", "replicate")):
            found.append(NumberColumn(**_written(source), minimum=0, **own))
        else:
            found.append(TextColumn(**own))
    for name, column in source.paradata.columns.items():
        own = {
            "name": normal_column(column),
            "use": f"paradata.{name}",
            "empty": frozenset(source.missing_codes),
        }
        match name:
            case "submitted" | "started":
                found.append(DateColumn(forms=tuple(source.date_formats), **own))
            case "last_page":
                found.append(WholeColumn(**own))
            case "duration":
                found.append(NumberColumn(**_written(source), **own))
            case _:
                found.append(TextColumn(**own))
    return found
