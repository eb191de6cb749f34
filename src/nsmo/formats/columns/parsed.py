"""Columns whose texts are read one by one: numbers, dates, and what people wrote."""

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from nsmo.formats.columns.column import Column, Count
from nsmo.formats.texts import Texts
from nsmo.study.cells import date_reader, is_length, read_number, seconds


class ParsedColumn(Column):
    """A column whose texts are read one by one."""

    #: What a value is, as counts call it, and what who gave one did.
    kind = ""
    done = "answered"

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
        """Collect the values that cannot be read, each with the numbers of its rows, from 0."""
        return cells.rows_of([i for i, one in enumerate(self.parsed(cells)) if isinstance(one, ValueError)])

    def counts(self, cells: Texts) -> Iterator[tuple[str, Count]]:
        """Yield each code with its count."""
        yield self.use, (f"({self.kind})", self.done, "", int(self.answered(cells).sum()))


@dataclass(frozen=True, kw_only=True)
class NumberColumn(ParsedColumn):
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
class WholeColumn(ParsedColumn):
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
class DateColumn(ParsedColumn):
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
            written = (one is not None and one[1] == form for one in self.parsed(cells))
            yield f"date written as {form}", cells.spread(written, bool)


@dataclass(frozen=True, kw_only=True)
class TextColumn(ParsedColumn):
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

    done = "ticked"

    def read(self, cells: Texts) -> dict[str, pd.Series]:
        """Read the cells into the columns of the coded frame."""
        return {self.use: pd.Series(self.answered(cells))}
