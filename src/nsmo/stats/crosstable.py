"""Cross-tables in one pass: every answer by every group, counted over the cells in which a design is alike.

What an estimate of a share or a mean needs of the respondents are sums of weights, and of squared weights,
by answer, by group and by *cell*: a stratum, a cluster, a combination of calibration variables. These sums
are one product of a sparse matrix; from there on the work does not grow with the number of respondents.
Estimates, standard errors, intervals and p-values are those of `SurveyDesign.proportion`,
`SurveyDesign.mean`, `comparison.share_difference` and `comparison.ttest`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse, stats

from .coding import combine, sum_by
from .contingency import NO_VARIANCE
from .intervals import by_t, proportion_interval

if TYPE_CHECKING:
    from .design import SurveyDesign

Array = NDArray[np.float64]
#: (pairs,) each: the numbers of two groups, and of the group of those who are in both.
Trio = tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]]
_ROUNDING = 1e-12  # of influence values, as in `design`
SQUARES = 1e-13  # of sums of squares: a spread below it is their rounding


@dataclass(frozen=True)
class Figures:
    """Estimates of some columns in some groups: arrays of groups by columns.

    Attributes
    ----------
    n, count
        Respondents in the denominator, and those of them with the answer (of a mean the former).
    estimate, se, low, high, df, deff, n_eff
        As the columns of `estimators.Estimators`.
    """

    n: Array
    count: Array
    estimate: Array
    se: Array
    low: Array
    high: Array
    df: Array
    deff: Array
    n_eff: Array


class Crossing:
    """A design with all groups by which its respondents are counted.

    Parameters
    ----------
    design
        Of respondents, or of cells (`SurveyDesign.of_cells`): no domain.
    groups
        For each division the number of the group of every respondent, -1 for none. Groups of all divisions
        are numbered on, in the order given.
    sizes
        The number of groups of each division.
    """

    replicated = False  # whether variances come from replicate weights

    def __init__(
        self, design: "SurveyDesign", groups: Sequence[NDArray[np.integer]], sizes: Sequence[int]
    ) -> None:
        rows = len(design.frame)
        codes = [self._numbers(design)]
        if design.projections and not design.alike:
            codes.append(np.unique(design.all_weights, return_inverse=True)[1].ravel())
        cell, first = combine(codes, rows)
        self.design = design
        self.cells = len(first)
        self.groups = int(sum(sizes))
        self._collapsed = self._alike(design, cell, first)
        active = design.active
        starts = np.concatenate([[0], np.cumsum(sizes)])[:-1]
        places, people = [], []
        for start, group in zip(starts, groups, strict=True):
            inside = np.flatnonzero((group >= 0) & active)
            places.append(cell[inside] * self.groups + start + group[inside])
            people.append(inside)
        place, person = np.concatenate(places), np.concatenate(people)
        shape = (self.cells * self.groups, rows)
        weight = design.all_weights[person]
        self._adders = [
            sparse.csr_array((values, (place, person)), shape=shape)
            for values in (design.counts[person], weight, design.squares[person])
        ]
        if not design.weighted:
            self._adders = self._adders[:1]

    def _numbers(self, design: "SurveyDesign") -> NDArray[np.integer]:
        return design.cell_numbers([])[0]

    def _alike(self, design: "SurveyDesign", cell: NDArray[np.integer], first: NDArray) -> "SurveyDesign":
        return design.collapsed(cell, first, pd.DataFrame(index=range(len(first))))

    def sums(self, columns: NDArray) -> tuple[Array, Array, Array]:
        """Sum columns by cell and group, (cells, groups, k): respondents, weights, squared weights."""
        columns = np.asarray(columns, dtype=float)
        shape = (self.cells, self.groups, columns.shape[1])
        found = [(adder @ columns).reshape(shape) for adder in self._adders]
        n, *weighted = found
        return (n, *weighted) if weighted else (n, n, n)

    def variance(self, totals: Array, squares: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Variance of estimators, and whether the calibration fixes them.

        Parameters
        ----------
        totals, squares
            (cells, k): of each cell the sum of the weighted influence values, and of their squares.
        """
        design = self._collapsed
        size = squares.sum(axis=0)
        spread = squares - totals**2 / design.counts[:, None]
        spread = np.where(spread > SQUARES * squares, spread, 0.0)
        left = totals
        for projection in design.residual_order():
            left = projection.residual(left)
            spread = spread / projection.retained[:, None] ** 2
        each = spread + left**2 / design.counts[:, None]
        variance = np.zeros(totals.shape[1])
        for stage in design.stages:
            strata = len(stage.size)
            if stage.unit is None:
                found, square, stratum = left, each, stage.stratum
            else:
                found = sum_by(stage.unit, left, len(stage.stratum))
                square, stratum = found**2, stage.stratum
            totals_by, squares_by = sum_by(stratum, found, strata), sum_by(stratum, square, strata)
            variance += stage.variance(totals_by, squares_by, design.lonely_psu)
        none = variance <= _ROUNDING**2 * size
        fixed = (size > 0) & (each.sum(axis=0) <= _ROUNDING**2 * size)
        return np.where(none, 0.0, variance), fixed

    def degf(self, n: Array) -> Array:
        """Degrees of freedom of those counted in n, (cells, k): first-stage units less strata."""
        first = self._collapsed.stages[0]
        strata = len(first.size)
        if first.unit is None:
            units, stratum = n, first.stratum
        else:
            units = (sum_by(first.unit, n, len(first.stratum)) > 0).astype(float)
            stratum = first.stratum
        used = sum_by(stratum, units, strata)
        return used.sum(axis=0) - (used > 0).sum(axis=0)

    def effective_units(self, weights: Array, squares: Array) -> Array:
        """Effective number of those whose weights are summed in (cells, k); as of the design."""
        design, total = self._collapsed, np.zeros(weights.shape[1])
        for stage in design.stages:
            left = np.maximum(stage.outer * (1 - stage.fraction), 0)
            if stage.unit is None:
                total += left[stage.stratum] @ squares
            else:
                of_units = sum_by(stage.unit, weights, len(stage.stratum))
                total += left[stage.stratum] @ of_units**2
        with np.errstate(divide="ignore", invalid="ignore"):
            return weights.sum(axis=0) ** 2 / total

    # ---- variances, which replicate weights take in another way (`crosstable_replicates`) ------------------

    def of_shares(
        self, counted: "Shares", safe: Array, plain: NDArray[np.bool_]
    ) -> tuple[Array, NDArray[np.bool_]]:
        """Variance of each share in each group, and whether the calibration fixes it."""
        size = np.where(counted.size > 0, counted.size, 1.0)[:, None]
        totals = np.where(plain, 0.0, (counted.w - safe * counted.base_w[:, :, None]) / size)
        squares = (1 - 2 * safe) * counted.q + safe**2 * counted.base_q[:, :, None]
        squares = np.where(plain, 0.0, squares / size**2)
        variance, fixed = self.variance(*_flat(totals, squares))
        return variance.reshape(safe.shape), fixed.reshape(safe.shape)

    def of_table(self, counted: "Shares", slope: Array, sides: list[Array]) -> Array:
        """Variance of the sum of slope times the share of each cell of tables of two by two, (pairs, k)."""
        w, q = (
            counted.table(counted.w, counted.base_w, sides),
            counted.table(counted.q, counted.base_q, sides),
        )
        size = w.sum(axis=(0, 1, 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            totals = (slope[:, :, None] * w).sum(axis=(0, 1)) / size
            squares = (slope[:, :, None] ** 2 * q).sum(axis=(0, 1)) / size**2
        totals, squares = (np.nan_to_num(part, posinf=0, neginf=0) for part in (totals, squares))
        return self.variance(*_flat(totals, squares))[0].reshape(size.shape)

    def of_means(self, counted: "Means") -> Array:
        """Variance of the mean of each group."""
        return self.variance(*counted.scores())[0]

    def of_gaps(self, counted: "Means", sides: list[Array]) -> Array:
        """Variance of the difference of two means, (pairs,)."""
        shape = (counted.base_w.shape[0], sides[0].shape[1])
        totals, squares = np.zeros(shape), np.zeros(shape)
        for sign, side in zip((1, -1), sides, strict=True):
            base_w, base_q = counted.base_w @ side, counted.base_q @ side
            w, q = (_over(part, side).transpose(2, 0, 1) for part in (counted.w, counted.q))
            with np.errstate(divide="ignore", invalid="ignore"):
                size = base_w.sum(axis=0)
                mean = w[0].sum(axis=0) / size
                one = (w[0] - mean * base_w) / size
                two = (q[1] - 2 * mean * q[0] + mean**2 * base_q) / size**2
                rough = (q[1] + mean**2 * base_q) / size**2
            flat = ~(two > SQUARES * rough)
            totals = totals + sign * np.where(flat, 0.0, one)
            squares = squares + np.where(flat, 0.0, two)
        return self.variance(totals, squares)[0]

    def of_overlap(self, counted: "Counted", centre: Array, trio: "Trio") -> Array:
        """Variance of the difference of the shares, or means, of groups that overlap, (pairs, k)."""
        w, q, q2 = counted.moments()
        first, second, both = trio

        def squares(group: NDArray[np.integer], one: Array, other: Array) -> Array:
            """Sums of squared weights times the product of the distances from two centres."""
            base = counted.base_q[:, group, None]
            return q2[:, group] - (one + other) * q[:, group] + one * other * base

        with np.errstate(divide="ignore", invalid="ignore"):
            size = [counted.size[group][:, None] for group in (first, second)]
            mean = [centre[first], centre[second]]
            one, two = (
                (w[:, group] - m * counted.base_w[:, group, None]) / s
                for group, m, s in zip((first, second), mean, size, strict=True)
            )
            spread = (
                squares(first, mean[0], mean[0]) / size[0] ** 2
                + squares(second, mean[1], mean[1]) / size[1] ** 2
                - 2 * squares(both, mean[0], mean[1]) / (size[0] * size[1])
            )
        parts = (np.nan_to_num(part, posinf=0, neginf=0) for part in (one - two, spread))
        return self.variance(*_flat(*parts))[0].reshape(centre[first].shape)

    def degf_of(self, counted: "Counted", side: Array | None = None) -> Array:
        """Degrees of freedom of those in the base, of each group or of each set of groups."""
        return self.degf(counted.base_n if side is None else counted.base_n @ side)


def _over(sums: Array, side: Array) -> Array:
    """Add up groups: (cells, groups, k) and (groups, pairs) to (cells, pairs, k)."""
    return (sums.transpose(0, 2, 1) @ side).transpose(0, 2, 1)


def _flat(*parts: Array) -> list[Array]:
    return [part.reshape(part.shape[0], -1) for part in parts]


class Counted:
    """Sums of columns over those in a base, with those of the base itself."""

    def __init__(self, crossing: Crossing, base: NDArray[np.bool_], columns: NDArray) -> None:
        self.crossing = crossing
        self.base, inside = base, np.where(base[:, None], columns, 0)
        self.columns = inside if crossing.replicated else None
        every = crossing.sums(np.column_stack([inside, base]))
        self.n, self.w, self.q = (part[:, :, :-1] for part in every)
        self.base_n, self.base_w, self.base_q = (part[:, :, -1] for part in every)

    @cached_property
    def size(self) -> Array:
        """(groups,) sum of the weights in the base."""
        return self.base_w.sum(axis=0)

    @cached_property
    def cases(self) -> Array:
        """(groups,) respondents in the base."""
        return self.base_n.sum(axis=0)

    def moments(self) -> tuple[Array, Array, Array]:
        """Sums of values by weight, by squared weight, and of their squares by that, (cells, groups, k)."""
        raise NotImplementedError

    @cached_property
    def df(self) -> Array:
        """(groups,) degrees of freedom."""
        return self.crossing.degf_of(self)

    @cached_property
    def worth(self) -> Array:
        """(groups,) n over Kish's design effect of the weights in the base."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.cases > 0, self.size**2 / self.base_q.sum(axis=0), 0.0)


class Shares(Counted):
    """Shares of answers: columns of yes or no, among those in a base.

    Parameters
    ----------
    crossing
        The design and the groups.
    base
        (rows,) who is in the denominator.
    columns
        (rows, k) yes or no.
    """

    def figures(self, level: float) -> Figures:
        """Estimate each share in each group, with the interval of `intervals.proportion_interval`."""
        count, n = self.n.sum(axis=0), self.cases[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = self.w.sum(axis=0) / self.size[:, None]
            # Nobody, or everybody: not "almost", as rounding would have it.
            share = np.where(count == n, 1.0, np.where(count == 0, 0.0, share))
            share = np.where(n > 0, share, np.nan)
            safe = np.where(count < n, np.where(count > 0, share, 0.0), 0.0)
            plain = (count == 0) | (count == n)
            variance, fixed = self.crossing.of_shares(self, safe, plain)
            variance = np.where(n > 0, variance, np.nan)
            srs = share * (1 - share) / (n - 1)
            deff = np.where(srs > 0, variance / srs, np.nan)
            units = self.crossing.effective_units(self.base_w, self.base_q)[:, None]
            n_eff = np.where(deff > 1e-12, n / deff, units)
        every = np.broadcast_to
        df = every(self.df[:, None], share.shape)
        low, high = proportion_interval(
            share, variance, df, every(n, share.shape), every(units, share.shape), level,
            fixed=fixed,
        )  # fmt: skip
        return Figures(every(n, share.shape), count, share, np.sqrt(variance), low, high, df, deff, n_eff)

    def p_values(self, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Array:
        """Test equal shares in pairs of groups: p by Rao and Scott's second order, as of `comparison`.

        Parameters
        ----------
        first, second
            (pairs, groups): which groups make either side; a respondent must be in one at most.

        Returns
        -------
        (pairs, k)
            Missing where nobody or everybody gave the answer, a side has no degree of freedom, or the
            calibration fixes both shares.
        """
        sides = [side.astype(float).T for side in (first, second)]

        n, w = self.table(self.n, self.base_n, sides), self.table(self.w, self.base_w, sides)
        count = n.sum(axis=2)
        cases = count.sum(axis=(0, 1))
        weight = np.where(count > 0, w.sum(axis=2), 0.0)
        size = weight.sum(axis=(0, 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = weight / size
            expected = share.sum(axis=1, keepdims=True) * share.sum(axis=0, keepdims=True)
            pearson = cases * ((share - expected) ** 2 / expected).sum(axis=(0, 1))
            sign = np.array([[1.0, -1.0], [-1.0, 1.0]])[:, :, None, None]
            slope = np.where(share > 0, sign / share, 0.0)
            simple = (sign * slope).sum(axis=(0, 1)) / cases
            slope = np.where(share > 0, slope - (slope * share).sum(axis=(0, 1)), 0.0)
            effect = self.crossing.of_table(self, slope, sides) / simple
            filled = share > 0
            decided = (filled.sum(axis=0) == 1).all(axis=0) | (filled.sum(axis=1) == 1).all(axis=0)
            units = self.crossing.effective_units(*(part @ sum(sides) for part in (self.base_w, self.base_q)))
            effect = np.where(decided, (cases.T / units).T, np.where(effect > NO_VARIANCE, effect, np.nan))
            value = pearson / effect
        none = (count.sum(axis=1) == 0).any(axis=0) | (self._seen(sides) < 1)[:, None]
        df = self.crossing.degf_of(self, sides[0] + sides[1])[:, None]
        return np.where(none, np.nan, stats.f.sf(value, 1, np.where(df > 0, df, np.nan)))

    def moments(self) -> tuple[Array, Array, Array]:
        """As of `Counted`; a yes is its own square."""
        return self.w, self.q, self.q

    def _seen(self, sides: list[Array]) -> Array:
        """(pairs,) the smaller number of degrees of freedom of the two sides."""
        return np.min([self.crossing.degf_of(self, side) for side in sides], axis=0)

    @staticmethod
    def table(yes: Array, base: Array, sides: list[Array]) -> Array:
        """Make tables of answer by side of sums: (2 answers, 2 sides, cells, pairs, k)."""
        hit = np.stack([_over(yes, side) for side in sides])
        every = np.stack([(base @ side)[:, :, None] for side in sides])
        return np.stack([hit, every - hit])


class Means(Counted):
    """Means of numbers.

    Parameters
    ----------
    crossing
        The design and the groups.
    numbers
        (rows,) missing where there is none; these are out of the base.
    """

    def __init__(self, crossing: Crossing, numbers: Array) -> None:
        known = ~np.isnan(numbers)
        # Differences from one of them keep the digits of large numbers.
        self.centre = float(numbers[known][0]) if known.any() else 0.0
        apart = np.where(known, numbers - self.centre, 0.0)
        super().__init__(crossing, known, np.column_stack([apart, apart**2]))

    @cached_property
    def _mean(self) -> Array:
        """(groups,) of the differences."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.w[:, :, 0].sum(axis=0) / self.size

    def moments(self) -> tuple[Array, Array, Array]:
        """As of `Counted`, of the differences."""
        return self.w[:, :, :1], self.q[:, :, :1], self.q[:, :, 1:]

    def scores(self) -> tuple[Array, Array]:
        """(cells, groups): sums of weighted influence values, and of their squares."""
        mean = np.nan_to_num(self._mean)
        size = np.where(self.size > 0, self.size, 1.0)
        totals = (self.w[:, :, 0] - mean * self.base_w) / size
        squares = (self.q[:, :, 1] - 2 * mean * self.q[:, :, 0] + mean**2 * self.base_q) / size**2
        rough = (self.q[:, :, 1] + mean**2 * self.base_q) / size**2
        flat = squares <= SQUARES * rough
        return np.where(flat, 0.0, totals), np.where(flat, 0.0, squares)

    def figures(self, level: float) -> Figures:
        """Estimate the mean of each group, (groups, 1), with its interval by t."""
        n = self.cases
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = np.where(n > 0, self.crossing.of_means(self), np.nan)
            second = self.w[:, :, 1].sum(axis=0) / self.size
            spread = second - self._mean**2
            srs = np.where(spread > SQUARES * second, spread, 0.0) / (n - 1)
            deff = np.where(srs > 0, variance / srs, np.nan)
            units = self.crossing.effective_units(self.base_w, self.base_q)
            n_eff = np.where(deff > 1e-12, n / deff, units)
        mean, se, df = self._mean + self.centre, np.sqrt(variance), self.df
        low, high = by_t(mean, se, df, level)
        return Figures(*(part[:, None] for part in (n, n, mean, se, low, high, df, deff, n_eff)))

    def p_values(self, first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Array:
        """Test equal means in pairs of groups, by t; arguments as of `Shares.p_values`. (pairs, 1)."""
        sides = [side.astype(float).T for side in (first, second)]
        gap = np.zeros(len(first))
        with np.errstate(divide="ignore", invalid="ignore"):
            for sign, side in zip((1, -1), sides, strict=True):
                gap = gap + sign * (self.w[:, :, 0] @ side).sum(axis=0) / (self.base_w @ side).sum(axis=0)
        variance = self.crossing.of_gaps(self, sides)
        df = self.crossing.degf_of(self, sides[0] + sides[1]) - 1
        seen = np.min([self.crossing.degf_of(self, side) for side in sides], axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.abs(gap) / np.sqrt(np.where(variance > 0, variance, np.nan))
        p = 2 * stats.t.sf(value, np.where((df > 0) & (seen >= 1), df, np.nan))
        return p[:, None]
