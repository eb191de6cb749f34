"""Weights for many samples at once: what the stage `weight` does to one, on tables of counts.

Categories are merged by the rules of the wave, margins met by raking, no weight above the bound. A test holds
it to `calibrate`, sample by sample.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nsmo.stages.coverage.world import World
from nsmo.study.errors import StudyError
from nsmo.study.margins import Target, merge_until

_SWEEPS = 500  # of proportional fitting, after which margins count as out of reach
_TOGETHER = 10  # sweeps between looks at who has arrived
_TOLERANCE = 1e-10  # as of `calibrate`
_FAR = 1e6  # times the bound: where factors of those stop that no weight within the bound would do


@dataclass(frozen=True)
class Margins:
    """Margins as they are after merging, on the cells of a world.

    Attributes
    ----------
    codes
        One array per margin: the number of each cell's category.
    shares
        One array per margin: the share of each category in the population.
    """

    codes: tuple[np.ndarray, ...]
    shares: tuple[np.ndarray, ...]

    @property
    def indicators(self) -> np.ndarray:
        """(cells, categories of all margins)."""
        parts = [code[:, None] == np.arange(len(s)) for code, s in zip(self.codes, self.shares, strict=True)]
        return np.hstack(parts).astype(float)

    @property
    def terms(self) -> np.ndarray:
        """Columns that span the indicators, of full rank: one, and each category but the first."""
        parts = [
            code[:, None] == np.arange(1, len(s)) for code, s in zip(self.codes, self.shares, strict=True)
        ]
        return np.hstack([np.ones((len(self.codes[0]), 1)), *parts]).astype(float)

    def weights(self, tables: np.ndarray, max_ratio: float) -> np.ndarray:
        """Rake tables of counts.

        Parameters
        ----------
        tables
            (samples, cells).
        max_ratio
            Upper bound of a weight, times the mean.

        Returns
        -------
        ndarray
            (samples, cells): weights with mean 1, not a number for a sample that cannot be weighted so.
        """
        base = (tables / tables.sum(axis=1, keepdims=True)).T
        weights = np.full(base.shape, np.nan)
        left = np.flatnonzero(self._everywhere(base))
        base, factor = base[:, left], np.ones((len(base), len(left)))
        for _ in range(0, _SWEEPS, _TOGETHER):
            for _ in range(_TOGETHER):
                gap = self._sweep(base, factor, max_ratio)
            met = gap <= _TOLERANCE
            weights[:, left[met]] = np.minimum(factor[:, met], max_ratio)
            left, base, factor = left[~met], base[:, ~met], factor[:, ~met]
            if not len(left):
                break
        return weights.T

    def _everywhere(self, base: np.ndarray) -> np.ndarray:
        """Whether somebody is in each category that has a share of the population: (samples,)."""
        present = [
            (_adder(code, share) @ base > 0) | (share == 0)[:, None]
            for code, share in zip(self.codes, self.shares, strict=True)
        ]
        return np.all(np.vstack(present), axis=0)

    def _sweep(self, base: np.ndarray, factor: np.ndarray, bound: float) -> np.ndarray:
        """Fit each margin once, in place; return how far each sample was from its margins, relatively.

        Weights are the factors cut off at the bound, which solves the bounded problem: who is at the bound
        stays there, and the others of the category make up for it.
        """
        gap = np.zeros(base.shape[1])
        for code, share in zip(self.codes, self.shares, strict=True):
            adder, goal = _adder(code, share), share[:, None]
            held = adder @ np.where(factor >= bound, base * bound, 0)
            free = adder @ np.where(factor >= bound, 0, base * factor)
            now = held + free
            np.maximum(gap, np.abs(now / goal - 1).max(axis=0), out=gap)
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                change = np.where((free > 0) & (goal > held), (goal - held) / free, goal / now)
            factor *= change[code]
            np.minimum(factor, _FAR * bound, out=factor)
        return gap


def _adder(code: np.ndarray, share: np.ndarray) -> np.ndarray:
    return (np.arange(len(share))[:, None] == code).astype(float)


def merged(world: World, tables: np.ndarray, min_category: int) -> Iterator[tuple[Margins, np.ndarray]]:
    """Merge the categories of each sample as the stage `weight` would.

    Parameters
    ----------
    world
        Whose targets say which categories may be merged.
    tables
        (samples, cells) counts.
    min_category
        Respondents that each category must have.

    Yields
    ------
    (Margins, ndarray)
        Margins, and the numbers of the samples that have them. Samples with too few in a category that
        nothing can be merged with are in none.
    """
    alike: dict[tuple[tuple[str, ...], ...], tuple[list[Target], list[int]]] = {}
    counts = [
        tables @ (code[:, None] == np.arange(len(names))).astype(float)
        for code, names in zip(world.codes.T, world.categories, strict=True)
    ]
    for i in range(len(tables)):
        try:
            targets = [
                _merged(target, one[i], min_category)
                for target, one in zip(world.targets.values(), counts, strict=True)
            ]
        except StudyError:
            continue
        alike.setdefault(tuple(target.merged for target in targets), (targets, []))[1].append(i)
    for targets, numbers in alike.values():
        yield _margins(world, targets), np.array(numbers)


def _merged(target: Target, counts: np.ndarray, least: int) -> Target:
    if counts.min() >= least:
        return target
    own: Mapping[str, int] = {
        category.of[0]: int(n) for category, n in zip(target.categories, counts, strict=True)
    }
    return merge_until(target, own, least)


def _margins(world: World, targets: Sequence[Target]) -> Margins:
    codes, shares = [], []
    for before, after, code in zip(world.targets.values(), targets, world.codes.T, strict=True):
        names = [category.name for category in after.categories]
        place = np.array([names.index(after.groups[category.of[0]]) for category in before.categories])
        codes.append(place[code])
        shares.append(np.array([after.shares[name] for name in names]))
    return Margins(tuple(codes), tuple(shares))
