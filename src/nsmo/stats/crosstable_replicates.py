"""Cross-tables with replicate weights: every share and mean is made again in each replicate."""

from collections.abc import Sequence
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from .crosstable import SQUARES, Array, Counted, Crossing, Means, Shares, Trio
from .design import SurveyDesign
from .replicates import ReplicateDesign, gram_rank


def crossing_of(
    design: SurveyDesign, groups: Sequence[NDArray[np.integer]], sizes: Sequence[int]
) -> Crossing:
    """Return the crossing of a design, whichever way its variances come about.

    Parameters
    ----------
    design, groups, sizes
        As of `Crossing`.
    """
    kind = ReplicateCrossing if isinstance(design, ReplicateDesign) else Crossing
    return kind(design, groups, sizes)


class ReplicateCrossing(Crossing):
    """A design with replicate weights, with all groups by which its respondents are counted."""

    replicated = True

    def __init__(
        self, design: SurveyDesign, groups: Sequence[NDArray[np.integer]], sizes: Sequence[int]
    ) -> None:
        super().__init__(design, groups, sizes)
        self.replicates = cast(ReplicateDesign, design)
        starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
        insides = [np.flatnonzero((group >= 0) & design.active) for group in groups]
        place = np.concatenate(
            [start + group[inside] for start, group, inside in zip(starts, groups, insides, strict=True)]
        )
        person = np.concatenate(insides)
        shape = (self.groups, len(design.frame))
        self._members = sparse.csr_array((np.ones(len(place)), (place, person)), shape=shape)
        self._matrix = self.replicates.weights_matrix()
        self._grams: dict[bytes, Array] = {}
        self._ranks: dict[tuple[bytes, bytes], int] = {}

    # Cells are for the size of a base alone: what they hide of the replicates is not asked of them.
    def _numbers(self, design: SurveyDesign) -> NDArray[np.integer]:
        return SurveyDesign.cell_numbers(design, [])[0]

    def _alike(
        self, design: SurveyDesign, cell: NDArray[np.integer], first: NDArray[np.integer]
    ) -> SurveyDesign:
        return SurveyDesign.collapsed(design, cell, first, pd.DataFrame(index=range(len(first))))

    def _sums(self, counted: Counted) -> tuple[Array, Array]:
        """Sums of weights with each replicate: of columns (k, groups, replicates), and of the base."""
        columns = cast(Array, counted.columns)
        sums = [self._members @ (self._matrix * column[:, None]) for column in columns.T]
        return np.stack(sums), self._members @ (self._matrix * counted.base[:, None])

    def of_shares(
        self, counted: Shares, safe: Array, plain: NDArray[np.bool_]
    ) -> tuple[Array, NDArray[np.bool_]]:
        """As of `Crossing`."""
        sums, base = self._sums(counted)
        with np.errstate(divide="ignore", invalid="ignore"):
            again = (sums / base).transpose(1, 0, 2)
        variance = np.where(plain, 0.0, self.replicates.spread_each(again, safe))
        return variance, np.zeros(safe.shape, dtype=bool)

    def of_table(self, counted: Shares, slope: Array, sides: list[Array]) -> Array:
        """As of `Crossing`."""
        sums, base = self._sums(counted)
        total = np.zeros((sides[0].shape[1], len(sums), sums.shape[2]))
        size = np.zeros((sides[0].shape[1], 1, sums.shape[2]))
        for j, side in enumerate(sides):
            hit = np.einsum("kgr,gp->pkr", sums, side, optimize=True)
            every = (side.T @ base)[:, None, :]
            total = total + slope[0, j][:, :, None] * hit + slope[1, j][:, :, None] * (every - hit)
            size = size + every
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.replicates.spread_each(total / size, np.zeros(total.shape[:2]))

    def of_means(self, counted: Means) -> Array:
        """As of `Crossing`."""
        sums, base = self._sums(counted)
        with np.errstate(divide="ignore", invalid="ignore"):
            again = sums[0] / base
            mean = counted.w[:, :, 0].sum(axis=0) / counted.size
            second = counted.w[:, :, 1].sum(axis=0) / counted.size
        flat = second - mean**2 <= SQUARES * second
        return np.where(flat, 0.0, self.replicates.spread_each(again, np.nan_to_num(mean)))

    def of_gaps(self, counted: Means, sides: list[Array]) -> Array:
        """As of `Crossing`."""
        sums, base = self._sums(counted)
        with np.errstate(divide="ignore", invalid="ignore"):
            first, second = ((side.T @ sums[0]) / (side.T @ base) for side in sides)
            means = [
                (counted.w[:, :, 0] @ side).sum(axis=0) / (counted.base_w @ side).sum(axis=0)
                for side in sides
            ]
        return self.replicates.spread_each(first - second, np.nan_to_num(means[0] - means[1]))

    def of_overlap(self, counted: Counted, centre: Array, trio: Trio) -> Array:
        """As of `Crossing`."""
        sums, base = self._sums(counted)
        with np.errstate(divide="ignore", invalid="ignore"):
            again = (sums[: centre.shape[1]] / base).transpose(1, 0, 2)
        first, second, _ = trio
        gap = np.nan_to_num(centre[first] - centre[second])
        return self.replicates.spread_each(again[first] - again[second], gap)

    def degf_of(self, counted: Counted, side: Array | None = None) -> Array:
        """As of `Crossing`: the rank of the replicate weights of each less one, or what was declared."""
        sets = np.eye(self.groups) if side is None else side
        rule = self.replicates.degf_rule
        if isinstance(rule, int):
            return np.full(sets.shape[1], float(rule))
        if rule == "design":
            return np.minimum(super().degf_of(counted, side), round(float(self.replicates.times.sum())) - 1)
        key = counted.base.tobytes()
        if key not in self._grams:
            before = self.replicates.before_calibration * counted.base[:, None]
            groups = [before[members] for members in self._each_group()]
            self._grams[key] = np.stack([rows.T @ rows for rows in groups])
        return np.array([self._rank(key, column) - 1 for column in sets.T], dtype=float)

    def _each_group(self) -> list[NDArray[np.integer]]:
        ends = self._members.indptr
        return [self._members.indices[ends[g] : ends[g + 1]] for g in range(self.groups)]

    def _rank(self, key: bytes, chosen: Array) -> int:
        known = (key, chosen.tobytes())
        if known not in self._ranks:
            self._ranks[known] = gram_rank(np.tensordot(chosen, self._grams[key], 1))
        return self._ranks[known]
