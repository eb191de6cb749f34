"""What every column of an export can be asked."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from nsmo.formats.texts import Texts
from nsmo.study.model import Language
from nsmo.study.questionnaire import MissingCode

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
