"""Every table of counts that agrees with linear conditions, and how far a quantity can go over all of them.

The unknowns are whole numbers: how many respondents have each combination of answers. Conditions are rows of
whole coefficients between two ends. Smallest and largest values come from SciPy's HiGHS; each table that it
finds is checked again in whole numbers, so an end that is called reached has a table that reaches it.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

import numpy as np
from scipy import optimize, sparse

from .lines import Lines

#: Nodes of the search tree after which the solver gives up. A limit in seconds would give other results on
#: another machine.
NODES = 20_000

#: So many times as many combinations of values are tried as are wanted.
_TRIES = 4
#: Tables found before that are tried before a new one is looked for.
_REMEMBERED = 256
_OPTIMAL, _INFEASIBLE = 0, 2


class UndecidedError(ArithmeticError):
    """The solver gave up before it knew whether any table agrees."""


_Found = TypeVar("_Found")


def known(found: _Found | None) -> _Found:
    """Return what was found of tables that are known to exist."""
    if found is None:
        raise UndecidedError("no table, though one was found before")
    return found


@dataclass(frozen=True)
class Extent:
    """How far a quantity goes: `low` and `high` are reached, and nothing lies outside of the outer ends.

    Both pairs are equal unless the solver stopped early.
    """

    low: Fraction
    high: Fraction
    outer_low: Fraction
    outer_high: Fraction

    @property
    def sharp(self) -> bool:
        """Whether both ends are reached."""
        return self.low == self.outer_low and self.high == self.outer_high

    def __or__(self, other: "Extent | None") -> "Extent":
        """Return the extent over either of two sets of tables."""
        if other is None:
            return self
        return Extent(
            min(self.low, other.low),
            max(self.high, other.high),
            min(self.outer_low, other.outer_low),
            max(self.outer_high, other.outer_high),
        )

    __ror__ = __or__

    def __truediv__(self, by: int) -> "Extent":
        """Divide by a whole number above zero."""
        ends = (self.low, self.high, self.outer_low, self.outer_high)
        return Extent(*(Fraction(end) / by for end in ends))

    @classmethod
    def exactly(cls, low: Fraction | int, high: Fraction | int) -> "Extent":
        """Make the extent whose two ends are known and reached."""
        low, high = Fraction(low), Fraction(high)
        return cls(low, high, low, high)


@dataclass(frozen=True)
class Optimum:
    """The best table found, its value, and a bound that no table passes."""

    counts: np.ndarray
    value: int
    bound: int


@dataclass(frozen=True)
class _Share:
    """A share between two ends: `high * whole >= part >= low * whole`, for the rows see `Program.share`."""

    part: np.ndarray
    whole: np.ndarray
    low: Fraction | None
    high: Fraction | None
    open_low: bool
    open_high: bool

    def at(self, whole: int) -> tuple[float, float]:
        """Return the smallest and the largest part where the whole is so many."""
        least, most = -math.inf, math.inf
        if self.low is not None:
            least = math.floor(self.low * whole) + 1 if self.open_low else math.ceil(self.low * whole)
        if self.high is not None:
            most = math.ceil(self.high * whole) - 1 if self.open_high else math.floor(self.high * whole)
        return least, most


@dataclass(frozen=True)
class Program:
    """Tables of whole counts, none below zero, with `low <= matrix @ counts <= high`.

    Attributes
    ----------
    matrix : numpy.ndarray of int
        A row per condition, a column per kind of respondent.
    low, high : numpy.ndarray of float
        Ends of the conditions; infinite where there is none.
    nodes : int
        Nodes of the search tree after which the solver gives up.
    shares : tuple
        Conditions among those that are about a share.
    tables : list of numpy.ndarray
        Tables found so far, of this program and of those with more conditions made from it: one that agrees
        spares the search for another.
    """

    matrix: np.ndarray
    low: np.ndarray
    high: np.ndarray
    nodes: int = NODES
    shares: tuple[_Share, ...] = ()
    tables: list[np.ndarray] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def of(cls, kinds: int, size: int, nodes: int = NODES) -> "Program":
        """Make the tables of so many respondents of so many kinds, without any other condition."""
        return cls(
            np.ones((1, kinds), dtype=np.int64), np.array([float(size)]), np.array([float(size)]), nodes
        )

    @property
    def width(self) -> int:
        """Number of kinds of respondent."""
        return self.matrix.shape[1]

    def require(self, coefficients: np.ndarray, low: int | None = None, high: int | None = None) -> "Program":
        """Add the condition that a sum with whole coefficients lies between two ends (None: no end)."""
        row = np.asarray(coefficients)
        if not np.array_equal(row, np.rint(row)):
            raise ValueError("conditions need whole coefficients; multiply fractions out first")
        return replace(
            self,
            matrix=np.vstack([self.matrix, row.astype(np.int64)]),
            low=np.append(self.low, -np.inf if low is None else float(low)),
            high=np.append(self.high, np.inf if high is None else float(high)),
        )

    def share(
        self,
        part: np.ndarray,
        whole: np.ndarray,
        low: Fraction | None,
        high: Fraction | None,
        *,
        open_low: bool = False,
        open_high: bool = False,
    ) -> "Program":
        """Add the condition that the sum over `part` over the sum over `whole` lies between two ends.

        An end that is open does not belong to what is allowed. The whole need not be the same in every table
        and must be at least one respondent in each.
        """
        found = self.require(whole, low=1)
        for end, sign, is_open in ((low, 1, open_low), (high, -1, open_high)):
            if end is not None:
                end = Fraction(end)
                row = sign * (end.denominator * part - end.numerator * whole)
                found = found.require(row, low=1 if is_open else 0)
        share = _Share(np.asarray(part), np.asarray(whole), low, high, open_low, open_high)
        return replace(found, shares=(*found.shares, share))

    def beside(self, other: "Program") -> "Program":
        """Put another program's kinds beside these."""
        rows, more = len(self.matrix), len(other.matrix)
        matrix = np.zeros((rows + more, self.width + other.width), dtype=np.int64)
        matrix[:rows, : self.width] = self.matrix
        matrix[rows:, self.width :] = other.matrix
        return Program(
            matrix, np.concatenate([self.low, other.low]), np.concatenate([self.high, other.high]), self.nodes
        )

    def more(self, kinds: int) -> "Program":
        """Add kinds that no condition counts yet."""
        none = np.zeros((len(self.matrix), kinds), dtype=np.int64)
        return Program(np.column_stack([self.matrix, none]), self.low, self.high, self.nodes)

    def holds(self, counts: np.ndarray) -> bool:
        """Return whether a table agrees with every condition, in whole numbers."""
        sums = self.matrix @ counts
        return bool(np.all(counts >= 0) and np.all(sums >= self.low) and np.all(sums <= self.high))

    def some(self) -> np.ndarray | None:
        """Return a table that agrees, or None where there is none."""
        known_before = self._remembered()
        if len(known_before):
            return known_before[0]
        found = self.least(np.zeros(self.width, dtype=np.int64))
        return None if found is None else found.counts

    @cached_property
    def feasible(self) -> bool:
        """Whether any table agrees."""
        return self.some() is not None

    def least(self, objective: np.ndarray) -> Optimum | None:
        """Find a table with the smallest sum of whole coefficients; None where no table agrees.

        Raises
        ------
        UndecidedError
            If the solver gave up without a table.
        """
        objective = np.asarray(objective, dtype=np.int64)
        rows, low, high = self._tightened
        lines = Lines.of(np.vstack([rows, objective]))
        # Without the demand for whole numbers it is solved ten times as fast, and often comes out whole.
        for whole in (False, True):
            result = self._solve(lines, low, high, whole)
            if result.status == _INFEASIBLE:
                return None
            if result.x is None:
                raise UndecidedError(f"no table after {self.nodes} nodes ({result.message})")
            counts = lines.counts(np.rint(result.x).astype(np.int64), self.width)
            value = int(objective @ counts)
            bound = math.ceil((result.fun if not whole else result.mip_dual_bound) - 1e-6)
            if self.holds(counts) and (value == bound or whole):
                self._remember(counts)
                # The solver may stop early; then the bound is all that is known of better tables.
                return Optimum(counts, value, value if result.status == _OPTIMAL else min(value, bound))
            if not whole:
                reaching = [table for table in self._remembered() if int(objective @ table) == bound]
                if reaching:
                    return Optimum(reaching[0], bound, bound)
        raise UndecidedError("the solver's table breaks a condition when it is counted again")

    def _solve(self, lines: Lines, low: np.ndarray, high: np.ndarray, whole: bool) -> optimize.OptimizeResult:
        *rows, objective = lines.matrix
        more = lines.conditions()
        return optimize.milp(
            objective.astype(float),
            integrality=np.full(len(objective), int(whole)),
            bounds=optimize.Bounds(0, np.inf),
            constraints=optimize.LinearConstraint(
                sparse.csr_array(np.concatenate([rows, more]).astype(float)),
                np.append(low, np.zeros(len(more))),
                np.append(high, np.full(len(more), np.inf)),
            ),
            options={"mip_rel_gap": 0.0, "node_limit": self.nodes},
        )

    @cached_property
    def _tightened(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The conditions with whole ends for the part of every share whose whole has one value.

        The same tables agree with both, but without the demand for whole numbers more solutions agree with
        the share itself, and the search takes longer.
        """
        rows, low, high = [self.matrix], [self.low], [self.high]
        equal = np.flatnonzero(self.low == self.high)
        for share in self.shares:
            same = equal[(self.matrix[equal] == share.whole).all(axis=1)]
            if len(same):
                least, most = share.at(int(self.low[same[0]]))
                rows.append(share.part[None, :])
                low.append(np.array([least]))
                high.append(np.array([most]))
        return np.concatenate(rows), np.concatenate(low), np.concatenate(high)

    def _remember(self, counts: np.ndarray) -> None:
        self.tables.append(counts)
        del self.tables[:-_REMEMBERED]

    def _remembered(self) -> np.ndarray:
        """The tables found before that agree with every condition, the latest first."""
        if not self.tables:
            return np.empty((0, self.width), dtype=np.int64)
        tables = np.array(self.tables[::-1])
        # Sums of this size are exact in floats, whose products are many times as fast.
        sums = tables.astype(float) @ self.matrix.T.astype(float)
        return tables[np.all((sums >= self.low) & (sums <= self.high), axis=1)]

    def most(self, objective: np.ndarray) -> Optimum | None:
        """Find a table with the largest sum; otherwise as `least`."""
        found = self.least(-np.asarray(objective, dtype=np.int64))
        return None if found is None else Optimum(found.counts, -found.value, -found.bound)

    def total(self, objective: np.ndarray) -> Extent | None:
        """Return the extent of a sum with whole coefficients; None where no table agrees."""
        least = self.least(objective)
        if least is None:
            return None
        most = known(self.most(objective))
        return Extent(*map(Fraction, (least.value, most.value, least.bound, most.bound)))

    def ratio(self, part: np.ndarray, whole: np.ndarray) -> Extent | None:
        """Return the extent of one sum over another, over the tables in which the second is above zero.

        Notes
        -----
        Dinkelbach's method: part - r whole is maximised for the best ratio r so far, until nothing is left.
        All in whole numbers, so it ends at the exact ratio.
        """
        program = self.require(whole, low=1)
        ends = []
        for sign in (-1, 1):
            start = program.some()
            if start is None:
                return None
            ends.append(_dinkelbach(program, sign * np.asarray(part), np.asarray(whole), start))
        (low, outer_low), (high, outer_high) = ends
        return Extent(-low, high, -outer_low, outer_high)

    def weakest(self, objectives: Sequence[np.ndarray]) -> Extent | None:
        """Return the extent of the smallest of several sums, each in the same table."""
        least = [found for found in map(self.least, objectives) if found is not None]
        if not least:
            return None
        # One more pair of kinds counts the smallest sum, up and down.
        reach = int(max(np.abs(np.asarray(o)).max() for o in objectives))
        wider = self.more(2)
        for objective in objectives:
            wider = wider.require(np.append(objective, [-1, 1]), low=0)
        ceiling = reach * int(self.high[0]) if np.isfinite(self.high[0]) else None
        ends = np.zeros(wider.width, dtype=np.int64)
        ends[-2:] = 1, 1
        wider = wider.require(ends, low=0, high=ceiling)
        ends = ends.copy()
        ends[-1] = -1
        most = known(wider.most(ends))
        low, outer_low = min(o.value for o in least), min(o.bound for o in least)
        return Extent(*map(Fraction, (low, most.value, outer_low, most.bound)))

    def values(self, objectives: Sequence[np.ndarray], limit: int) -> list[tuple[int, ...]] | None:
        """List every combination of values that several sums take in one table; None if more than `limit`."""
        extents = [self.total(objective) for objective in objectives]
        if any(extent is not None and extent.high - extent.low >= limit for extent in extents):
            return None
        found: list[tuple[int, ...]] = []
        # Not only what is found is limited: most of the work may go into combinations that no table has.
        left = [_TRIES * limit]
        for values in self._values(list(objectives), left):
            found.append(values)
            if len(found) > limit:
                return None
        return found if left[0] > 0 else None

    def _values(self, objectives: list[np.ndarray], left: list[int]) -> Iterator[tuple[int, ...]]:
        if not objectives:
            yield ()
            return
        first, *rest = objectives
        settled = self._settled(first)
        extent = self.total(first) if settled is None else Extent.exactly(settled, settled)
        if extent is None or (settled is not None and not self.feasible):
            return
        for value in range(math.ceil(extent.outer_low), math.floor(extent.outer_high) + 1):
            left[0] -= 1
            if left[0] <= 0:
                return
            fixed = self.require(first, value, value)
            if rest:
                yield from ((value, *others) for others in fixed._values(rest, left))
            elif extent.low == extent.high or fixed.feasible:
                yield (value,)

    def _settled(self, objective: np.ndarray) -> int | None:
        """Return the value of a sum where the equations alone leave no choice; None where there is one."""
        equal = self.low == self.high
        rows, values = self.matrix[equal].astype(float), self.low[equal]
        weights, *_ = np.linalg.lstsq(rows.T, objective.astype(float), rcond=None)
        if np.abs(rows.T @ weights - objective).max() > 1e-9:
            return None
        value = float(weights @ values)
        return round(value) if abs(value - round(value)) < 1e-6 else None


def union(extents: Iterable[Extent | None]) -> Extent | None:
    """Return the extent over several sets of tables; None where none of them has any."""
    found: Extent | None = None
    for extent in extents:
        if extent is not None:
            found = extent if found is None else found | extent
    return found


def _dinkelbach(
    program: Program, part: np.ndarray, whole: np.ndarray, start: np.ndarray
) -> tuple[Fraction, Fraction]:
    """Return the largest ratio reached, and a bound that no table passes."""
    best = Fraction(int(part @ start), int(whole @ start))
    while True:
        found = known(program.most(best.denominator * part - best.numerator * whole))
        if found.value > 0:
            best = Fraction(int(part @ found.counts), int(whole @ found.counts))
        elif found.bound <= 0:
            return best, best
        else:
            # The whole is at least one respondent, so a ratio passes the best by no more than what is left.
            return best, best + Fraction(found.bound, best.denominator)
