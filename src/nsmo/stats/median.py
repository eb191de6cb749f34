"""Numbers at some places of more numbers than are held at once, such as their median, exactly."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np


class AtPlaces:
    """Numbers at some places in the order of size, of numbers that come in parts; without keeping them.

    All numbers are added, and then once more for as long as these are not found: each round counts them by
    sixteen more of their bits, of those only that may still be at one of the places.

    Parameters
    ----------
    places : callable
        Which places, from 0 for the smallest, given how many numbers there are.

    Attributes
    ----------
    found : bool
        Whether they are known.
    values : ndarray
        The number at each place; missing where there is no number.
    """

    def __init__(self, places: Callable[[int], Sequence[int]]) -> None:
        self._of = places
        self._places = list(places(1))
        self.found, self.values = False, np.full(len(self._places), np.nan)
        self._shift = 48
        self._known, self._before = [0] * len(self._places), [0] * len(self._places)
        self._counts = [np.zeros(1 << 16, dtype=np.int64)]

    def add(self, numbers: np.ndarray) -> None:
        """Count some of the numbers; missing ones do not count."""
        numbers = numbers[~np.isnan(numbers)].astype(np.float64) + 0.0  # which makes 0 of -0
        bits = numbers.view(np.uint64)
        # Bits of negative numbers count backwards.
        sign = np.uint64(1 << 63)
        bits = np.where(bits & sign, ~bits, bits | sign)
        for known, counts in zip(self._known, self._counts, strict=False):
            inside = bits if self._shift == 48 else bits[bits >> np.uint64(self._shift + 16) == known]
            here = (inside >> np.uint64(self._shift)) & np.uint64(0xFFFF)
            counts += np.bincount(here.astype(np.int64), minlength=1 << 16)

    def narrow(self) -> None:
        """End a round, in which every number was added."""
        if self._shift == 48:
            total = int(self._counts[0].sum())
            if not total:
                self.found = True
                return
            self._places = list(self._of(total))
            self._counts *= len(self._places)
        for i, counts in enumerate(self._counts):
            ends = self._before[i] + np.cumsum(counts)
            step = int(np.searchsorted(ends, self._places[i], side="right"))
            self._before[i] = int(ends[step] - counts[step])
            self._known[i] = self._known[i] << 16 | step
        self._counts = [np.zeros(1 << 16, dtype=np.int64) for _ in self._places]
        self._shift -= 16
        if self._shift < 0:
            bits = np.array(self._known, dtype=np.uint64)
            sign = np.uint64(1 << 63)
            self.values = np.where(bits & sign, bits ^ sign, ~bits).view(np.float64)
            self.found = True


class Middle(AtPlaces):
    """The median of numbers that come in parts."""

    def __init__(self) -> None:
        super().__init__(lambda n: [(n - 1) // 2, n // 2])

    @property
    def value(self) -> float:
        """The median; missing where there is no number."""
        return float(np.mean(self.values))


def at_places(parts: Iterable[np.ndarray], places: Callable[[int], Sequence[int]]) -> np.ndarray:
    """Return the numbers at some places in the order of size.

    Parameters
    ----------
    parts : iterable of ndarray
        The numbers, to be iterated over several times.
    places : callable
        As of `AtPlaces`.

    Examples
    --------
    >>> at_places([np.array([5.0, 1.0]), np.array([np.nan, 3.0])], lambda n: [0, n - 1]).tolist()
    [1.0, 5.0]
    """
    searched = AtPlaces(places)
    while not searched.found:
        for part in parts:
            searched.add(part)
        searched.narrow()
    return searched.values
