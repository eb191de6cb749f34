"""The exact median of more numbers than are held at once."""

import numpy as np


class Middle:
    """The median of numbers that come in parts, exactly, and without keeping them.

    All numbers are added, and then once more for as long as it is not found: each round counts them by
    sixteen more of their bits, of those only that may still be in the middle.

    Attributes
    ----------
    found : bool
        Whether it is known.
    value : float
        The median; missing where there is no number.
    """

    def __init__(self) -> None:
        self.found, self.value = False, np.nan
        self._shift = 48
        self._known, self._before = [0, 0], [0, 0]
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
            self._places = [(total - 1) // 2, total // 2]
            self._counts *= 2
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
            self.value = float(np.mean(np.where(bits & sign, bits ^ sign, ~bits).view(np.float64)))
            self.found = True
