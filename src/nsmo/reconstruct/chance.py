"""Chance that falls the same way on every machine."""

import random
from collections.abc import MutableSequence, Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Chance:
    """Draws from a seed.

    Built on `random.Random.random` alone, the one method whose sequence Python promises to keep, and on whole
    numbers: so neither a version of Python or numpy nor a processor's last bit can change a response.

    Parameters
    ----------
    seed : int
        Where to start.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed).random

    def below(self, n: int) -> int:
        """Draw a whole number from 0 up to, not including, `n`."""
        return int(self._random() * n)

    def between(self, low: int, high: int) -> int:
        """Draw a whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1)

    def pick(self, items: Sequence[Item]) -> Item:
        """Draw one of some things."""
        return items[self.below(len(items))]

    def shuffle(self, items: MutableSequence[Item]) -> None:
        """Put things in random order, in place."""
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]

    def sample(self, items: Sequence[Item], n: int) -> list[Item]:
        """Draw `n` different ones."""
        mixed = list(items)
        self.shuffle(mixed)
        return mixed[:n]

    def noise(self) -> int:
        """Draw a bell-shaped score with mean 50 and standard deviation 30, like a score from 0 to 100."""
        return 50 + (self.below(101) + self.below(101) + self.below(101) - 150) * 3 // 5
