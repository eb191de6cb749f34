"""The cells of a column as different texts and where they stand: whatever is done to a text is done once."""

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd

T = TypeVar("T")


class Texts:
    """The cells of a column.

    Parameters
    ----------
    found : sequence of str
        The different texts, each of which stands somewhere.
    place : ndarray of int
        Which of them stands in each row.
    """

    def __init__(self, found: Sequence[str], place: np.ndarray) -> None:
        self.found, self.place = found, place
        self._known: dict[Hashable, Any] = {}

    @classmethod
    def of(cls, cells: Iterable[str], place: np.ndarray | None = None) -> "Texts":
        """Make the texts of some cells; with `place`, of the cells that stand in each row.

        Of a text that is there twice there will be one, and none that stands nowhere.
        """
        number, found = pd.factorize(np.array([*cells, ""], dtype=object))
        code = number[:-1] if place is None else number[place]
        used = np.bincount(code, minlength=len(found)) > 0
        return cls(found[used].tolist(), (np.cumsum(used) - 1)[code])

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.place)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is made of these texts, made the first time that somebody asks for it by a key."""
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def spread(self, values: Iterable[Any], dtype: Any) -> np.ndarray:
        """Return for every row what was made of its text."""
        return np.array([*values], dtype=dtype)[self.place]

    def of_rows(self, values: Iterable[str | None]) -> pd.Series:
        """Return for every row the text that was made of its text, or none."""
        return pd.Series([*values], dtype="str").take(self.place).reset_index(drop=True)

    def among(self, wanted: Collection[str]) -> np.ndarray:
        """Compute in which rows one of some texts stands."""
        return self.spread((text in wanted for text in self.found), bool)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """In how many rows each text stands."""
        counts = np.bincount(self.place, minlength=len(self.found))
        return dict(zip(self.found, counts.tolist(), strict=True))

    def number(self, text: str) -> int:
        """Count the rows in which a text stands."""
        return self.numbers.get(text, 0)

    def rows_of(self, which: Sequence[int]) -> dict[str, np.ndarray]:
        """Find the rows of some of the texts, named by their places, in one go through the cells."""
        if not which:
            return {}
        wanted = np.full(len(self.found), -1)
        wanted[which] = np.arange(len(which))
        places = wanted[self.place]
        rows = np.flatnonzero(places >= 0)
        rows = rows[np.argsort(places[rows], kind="stable")]
        ends = np.searchsorted(places[rows], np.arange(len(which) + 1))
        return {self.found[text]: rows[ends[i] : ends[i + 1]] for i, text in enumerate(which)}
