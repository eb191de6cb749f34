"""What an attacker can work out from published counts, and what must be hidden besides to prevent it.

Every published count is a sum of *atoms*: counts so fine that nobody publishes them, such as the cells of one
question by another. Two tables about the same respondents share sums of atoms (`relations`). The attacker
knows all published cells, the relations, and that nobody is counted less than zero times. Linear programming
finds the smallest and the largest value that a hidden cell may then have (`audit`); `nsmo.stats.suppression`
hides more cells until every hidden one has an interval of a declared width. The rules and their sources stand
in docs/method.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, csr_array, hstack, vstack
from scipy.sparse.csgraph import connected_components

#: Why a figure may not be shown by itself.
REASONS = ("base", "count", "none", "all", "dominance")

#: Figures closer than this are the same.
NEAR = 1e-6


@dataclass(frozen=True)
class Linked:
    """Published figures as sums of counts that nobody publishes.

    Attributes
    ----------
    atoms : array of float
        The true counts, from zero.
    cells : sparse array, cells by atoms
        Each row is a figure: with ones a count; with scores, the sum behind a mean.
    relations : sparse array, relations by atoms
        Sums that are zero whatever the answers are: two tables count the same respondents.
    below, above : array of float
        How far a cell may lie below and above its truth and still be published as it is, because it is
        rounded; zero where it is exact.
    """

    atoms: NDArray[np.float64]
    cells: csr_array
    relations: csr_array
    below: NDArray[np.float64]
    above: NDArray[np.float64]

    @cached_property
    def truth(self) -> NDArray[np.float64]:
        """The true figure of each cell."""
        return self.cells @ self.atoms

    def tells(self, changed: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Mark the cells, the last axis, that would not be published as they are if they changed so much."""
        return (changed > self.above + NEAR) | (changed < -self.below - NEAR)


def sensitive(
    count: ArrayLike,
    base: ArrayLike,
    *,
    min_base: int,
    min_count: int,
    max_share: float = 1.0,
    group: ArrayLike = True,
) -> NDArray[np.object_]:
    """Return which counts may not be shown by themselves, and by which rule.

    Parameters
    ----------
    count, base : array_like
        Respondents in the numerator and in the denominator, unweighted.
    min_base : int
        A base of fewer respondents is not shown, nor is anything on it.
    min_count : int
        Nor is a numerator of fewer, unless it is zero.
    max_share : float
        Nor is a share above this, nor one of everybody: it says what each single one of them answered.
    group : array_like of bool
        Whether the base is a group, not everybody; of a group zero is not shown either, because it says what
        none of them answered.

    Returns
    -------
    array of str
        One of `REASONS`, or empty: the count may be shown. A base of nobody may be: it tells of nobody.
    """
    count, base, group = np.broadcast_arrays(
        np.asarray(count, dtype=float), np.asarray(base, dtype=float), np.asarray(group, dtype=bool)
    )
    reasons = np.full(count.shape, "", dtype=object)
    reasons[(count > max_share * base + NEAR) | (count >= base)] = "all"
    reasons[group & (count == 0)] = "none"
    reasons[(count > 0) & (count < min_count)] = "count"
    reasons[base < min_base] = "base"
    reasons[base == 0] = ""
    return reasons


def dominated(contributions: ArrayLike, n: ArrayLike = 1, *, percent: float) -> bool:
    """Return whether the second largest respondent could work the largest one's number out of a sum.

    The p % rule: the sum less the two largest must be at least `percent` % of the largest.

    Parameters
    ----------
    contributions : array_like
        The numbers that were added up, none below zero; missing ones are left out.
    n : array_like
        How many respondents gave each; one by default.
    percent : float
        How close an estimate of the largest may not come, in percent of it.
    """
    numbers = np.asarray(contributions, dtype=float)
    given = np.broadcast_to(n, numbers.shape)
    known = ~np.isnan(numbers) & (given > 0)
    order = np.argsort(numbers[known])[::-1]
    numbers, given = numbers[known][order], given[known][order]
    if len(numbers) == 0 or numbers[0] == 0:
        return False
    before = np.cumsum(given) - given
    others = given - np.clip(2 - before, 0, given)  # without the two largest
    return bool((numbers * others).sum() < percent / 100 * numbers[0])


# ---------------------------------------------------------------------------------------------------- attack


def audit(
    linked: Linked, hidden: NDArray[np.bool_], which: Sequence[int] | None = None, *, whole: bool = True
) -> pd.DataFrame:
    """Work out what somebody who has all published cells knows of the hidden ones.

    Parameters
    ----------
    linked : Linked
        The cells and what ties them together.
    hidden : array of bool
        Which cells are not published.
    which : sequence of int, optional
        The cells to bound; all hidden ones by default.
    whole : bool
        The attacker knows that atoms are whole numbers. Without it the bounds are those of linear programming
        alone: as wide or wider.

    Returns
    -------
    DataFrame
        ``cell, value, low, high``, a row per cell; a cell whose bounds meet is known.
    """
    hidden = np.asarray(hidden, dtype=bool)
    places = np.flatnonzero(hidden) if which is None else np.asarray(which, dtype=int)
    parts = _Parts(linked, hidden) if len(places) else None
    rows = [(int(cell), linked.truth[cell], *parts.bounds(int(cell), whole)) for cell in places if parts]
    return pd.DataFrame(rows, columns=["cell", "value", "low", "high"])


def weakest(
    linked: Linked,
    hidden: NDArray[np.bool_],
    which: Sequence[int],
    *,
    width: ArrayLike,
    least: float,
    narrowest: float = np.inf,
    moves: csr_array | None = None,
) -> pd.DataFrame:
    """Bound those hidden cells that may be known too well, or better than all others.

    Every truth that the search for one bound finds fits all that is published, so it says how far apart the
    bounds of the other cells are at least. Where that is enough, a cell needs no search of its own.

    Parameters
    ----------
    linked, hidden, which
        As of `audit`.
    width : float or array of float
        What was promised, by cell of `linked`.
    least : float
        Only cells that were promised as much compete for the narrowest; the others need no more than what
        they were promised.
    narrowest : float
        Of cells that were bounded before.
    moves : sparse array, truths by atoms, optional
        Other truths that somebody claims to know, as changes of the atoms. Each is held against all that is
        published, and counts as a truth that was found if it fits.

    Returns
    -------
    DataFrame
        As of `audit`, of some of the cells: all that have less than was promised, and the narrowest of those
        that compete, if it is narrower than `narrowest`.
    """
    wide = np.broadcast_to(np.asarray(width, dtype=float), hidden.shape)
    rows: list[tuple[int, float, float, float]] = []
    parts = _Parts(linked, np.asarray(hidden, dtype=bool)) if len(which) else None
    low, high = _extent(linked, hidden, moves)
    # What is known best so far, and then what is smallest, has the least room.
    for cell in sorted(map(int, which), key=lambda cell: (high[cell] - low[cell], linked.truth[cell], cell)):
        competes = wide[cell] >= least
        if parts is None or high[cell] - low[cell] >= (
            max(wide[cell], narrowest) if competes else wide[cell]
        ):
            continue
        bounds = parts.bounds(cell, True, low, high)
        rows.append((cell, linked.truth[cell], *bounds))
        if competes:
            narrowest = min(narrowest, bounds[1] - bounds[0])
    return pd.DataFrame(rows, columns=["cell", "value", "low", "high"])


def _extent(
    linked: Linked, hidden: NDArray[np.bool_], moves: csr_array | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The smallest and largest value of each cell in the claimed truths that fit all that is published."""
    low, high = linked.truth.copy(), linked.truth.copy()
    if moves is None or not moves.shape[0]:
        return low, high
    move = moves.toarray()
    changed = (linked.cells @ move.T).T
    fits = (linked.atoms + move >= -NEAR).all(axis=1) & (np.abs(move - np.round(move)) < NEAR).all(axis=1)
    fits &= (np.abs(linked.relations @ move.T) < NEAR).all(axis=0)
    fits &= ~linked.tells(changed)[:, ~np.asarray(hidden, dtype=bool)].any(axis=1)
    values = linked.truth + changed[fits]
    return np.minimum(low, values.min(axis=0, initial=np.inf)), np.maximum(
        high, values.max(axis=0, initial=-np.inf)
    )


class _Parts:
    """The atoms in groups that have nothing to do with each other, given what is published."""

    def __init__(self, linked: Linked, hidden: NDArray[np.bool_]) -> None:
        self.linked = linked
        shown = np.flatnonzero(~hidden)
        rows = vstack([linked.cells[shown], linked.relations], format="csr")
        right = np.concatenate([linked.truth[shown], np.zeros(linked.relations.shape[0])])
        nothing = np.zeros(linked.relations.shape[0])
        below, above = (np.concatenate([ends[shown], nothing]) for ends in (linked.below, linked.above))
        known = _known(rows, right, below + above < NEAR)
        self.known = known
        right = right - rows[:, known] @ linked.atoms[known] if known.any() else right
        self.least, self.most = right - below, right + above
        self.free = np.flatnonzero(~known)
        self.rows = csr_array(rows[:, self.free])
        pattern = csr_array((np.ones(self.rows.nnz), self.rows.indices, self.rows.indptr), self.rows.shape)
        size = self.rows.shape[0]
        links = vstack(
            [
                hstack([csr_array((size, size)), pattern]),
                hstack([csr_array(pattern.T), csr_array((len(self.free),) * 2)]),
            ],
            format="csr",
        )
        _, labels = connected_components(links, directed=False)
        self.of_row, self.of_atom = labels[:size], labels[size:]

    def bounds(
        self,
        cell: int,
        whole: bool,
        low: NDArray[np.float64] | None = None,
        high: NDArray[np.float64] | None = None,
    ) -> tuple[float, float]:
        """The smallest and the largest value that one cell may have.

        What the truths that are found make of the other cells widens `low` and `high`, by cell.
        """
        weights = self.linked.cells[[cell]].toarray().ravel()
        base = float(weights[self.known] @ self.linked.atoms[self.known])
        weights = weights[self.free]
        touched = np.unique(self.of_atom[weights != 0])
        if not len(touched):
            return base, base
        atoms = np.flatnonzero(np.isin(self.of_atom, touched))
        rows = np.flatnonzero(np.isin(self.of_row, touched))
        matrix = self.rows[rows][:, atoms]
        limits = LinearConstraint(matrix, self.least[rows], self.most[rows])
        ends = []
        for sign in (1, -1):
            found, truth = _optimum(sign * weights[atoms], limits, np.zeros(len(atoms)), whole)
            ends.append(base + (sign * found if np.isfinite(found) else sign * -np.inf))
            if truth is not None and low is not None and high is not None:
                other = self.linked.atoms.copy()
                other[self.free[atoms]] = np.round(truth)
                values = self.linked.cells @ other
                np.minimum(low, values, out=low)
                np.maximum(high, values, out=high)
        return ends[0], ends[1]


def _known(rows: csr_array, right: NDArray[np.float64], exact: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find the atoms that are known: from a sum of one, a sum of zero, and what follows of these."""
    known = np.zeros(rows.shape[1], dtype=bool)
    positive = csr_array(rows).copy()
    all_positive = np.asarray(positive.minimum(0).sum(axis=1) == 0).ravel()
    pattern = csr_array((np.ones(rows.nnz), rows.indices, rows.indptr), rows.shape)
    by_atom = csc_array(pattern)
    nothing = all_positive & exact & (np.abs(right) < NEAR)
    known |= np.asarray(pattern[nothing].sum(axis=0)).ravel() > 0
    left = pattern @ (~known).astype(float)
    queue = list(np.flatnonzero(exact & (left == 1)))
    while queue:
        row = queue.pop()
        if left[row] != 1:
            continue
        places = rows.indices[rows.indptr[row] : rows.indptr[row + 1]]
        atom = places[~known[places]][0]
        known[atom] = True
        for other in by_atom.indices[by_atom.indptr[atom] : by_atom.indptr[atom + 1]]:
            left[other] -= 1
            if exact[other] and left[other] == 1:
                queue.append(other)
    return known


def _optimum(
    costs: NDArray[np.float64], limits: LinearConstraint, low: NDArray[np.float64], whole: bool
) -> tuple[float, NDArray[np.float64] | None]:
    """The smallest cost, infinite where it has no end, and where it is reached."""
    bounds = Bounds(low, np.inf)
    found = milp(costs, constraints=limits, bounds=bounds)
    # Mostly it comes out in whole numbers by itself, many times as fast.
    if whole and found.x is not None and np.abs(found.x - np.round(found.x)).max() > NEAR:
        found = milp(costs, constraints=limits, bounds=bounds, integrality=np.ones(len(costs)))
    if found.status == 3 or (found.x is None and found.status == 4):  # without an end
        return -np.inf, None
    if found.x is None:
        raise ArithmeticError(f"the bounds of a hidden figure were not found: {found.message}")
    return float(found.fun), found.x
