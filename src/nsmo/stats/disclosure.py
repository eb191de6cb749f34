"""What an attacker can work out from published counts, and what must be hidden besides to prevent it.

Every published count is a sum of *atoms*: counts so fine that nobody publishes them, such as the cells of one
question by another. Two tables about the same respondents share sums of atoms (`relations`). The attacker
knows all published cells, the relations, and that nobody is counted less than zero times. Linear programming
finds the smallest and the largest value that a hidden cell may then have (`audit`); `protect` hides more
cells until every hidden one has an interval of a declared width. The rules and their sources stand in
docs/method.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, csc_array, csr_array, find, hstack, identity, vstack
from scipy.sparse.csgraph import connected_components

#: Why a figure may not be shown by itself.
REASONS = ("base", "count", "none", "all", "dominance")

#: Among truths in whole numbers any will do that costs at most so much more than the cheapest, as a share of
#: it; and the search ends after so many nodes of its tree. With a limit in seconds another machine would hide
#: other cells.
DEARER, NODES = 0.5, 20

_NEAR = 1e-6


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
    slack : array of float
        How far the published figure may lie from the truth, because it was rounded; zero where it is exact.
    """

    atoms: NDArray[np.float64]
    cells: csr_array
    relations: csr_array
    slack: NDArray[np.float64]

    @cached_property
    def truth(self) -> NDArray[np.float64]:
        """The true figure of each cell."""
        return self.cells @ self.atoms


@dataclass(frozen=True)
class Hidden:
    """Which cells stay unpublished, and how far another truth could lie for each.

    Attributes
    ----------
    hidden : array of bool
        By cell.
    short : array of bool
        Cells that could not be given their width, whatever else is hidden.
    low, high : array of float
        The smallest and the largest value of each cell among the truths that were found to fit all that is
        published; a published cell has its own value at both ends.
    moves : sparse array, truths by atoms
        These truths, as changes of the atoms: the proof, which `weakest` checks for itself.
    """

    hidden: NDArray[np.bool_]
    short: NDArray[np.bool_]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    moves: csr_array


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
    reasons[(count > max_share * base + _NEAR) | (count >= base)] = "all"
    reasons[group & (count == 0)] = "none"
    reasons[(count > 0) & (count < min_count)] = "count"
    reasons[base < min_base] = "base"
    reasons[base == 0] = ""
    return reasons


def dominated(contributions: ArrayLike, *, percent: float) -> bool:
    """Return whether the second largest respondent could work the largest one's number out of a sum.

    The p % rule: the sum less the two largest must be at least `percent` % of the largest.

    Parameters
    ----------
    contributions : array_like
        The numbers that were added up, none below zero; missing ones are left out.
    percent : float
        How close an estimate of the largest may not come, in percent of it.
    """
    numbers = np.sort(np.asarray(contributions, dtype=float))
    numbers = numbers[~np.isnan(numbers)][::-1]
    if len(numbers) == 0 or numbers[0] == 0:
        return False
    return bool(numbers[2:].sum() < percent / 100 * numbers[0])


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
    fits = (linked.atoms + move >= -_NEAR).all(axis=1) & (np.abs(move - np.round(move)) < _NEAR).all(axis=1)
    fits &= (np.abs(linked.relations @ move.T) < _NEAR).all(axis=0)
    fits &= (np.abs(changed) <= linked.slack + _NEAR)[:, ~np.asarray(hidden, dtype=bool)].all(axis=1)
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
        slack = np.concatenate([linked.slack[shown], np.zeros(linked.relations.shape[0])])
        known = _known(rows, right, slack)
        self.known = known
        self.right = right - rows[:, known] @ linked.atoms[known] if known.any() else right
        self.slack = slack
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
        limits = LinearConstraint(
            matrix, self.right[rows] - self.slack[rows], self.right[rows] + self.slack[rows]
        )
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


def _known(rows: csr_array, right: NDArray[np.float64], slack: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Find the atoms that are known: from a sum of one, a sum of zero, and what follows of these."""
    known = np.zeros(rows.shape[1], dtype=bool)
    positive = csr_array(rows).copy()
    all_positive = np.asarray(positive.minimum(0).sum(axis=1) == 0).ravel()
    exact = slack < _NEAR
    pattern = csr_array((np.ones(rows.nnz), rows.indices, rows.indptr), rows.shape)
    by_atom = csc_array(pattern)
    nothing = all_positive & exact & (np.abs(right) < _NEAR)
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
    if whole and found.x is not None and np.abs(found.x - np.round(found.x)).max() > _NEAR:
        found = milp(costs, constraints=limits, bounds=bounds, integrality=np.ones(len(costs)))
    if found.status == 3 or (found.x is None and found.status == 4):  # without an end
        return -np.inf, None
    if found.x is None:
        raise ArithmeticError(f"the bounds of a hidden figure were not found: {found.message}")
    return float(found.fun), found.x


# ------------------------------------------------------------------------------------------------ protection


def protect(
    linked: Linked,
    primary: NDArray[np.bool_],
    *,
    width: ArrayLike,
    cost: NDArray[np.float64] | None = None,
    always: NDArray[np.bool_] | None = None,
) -> Hidden:
    """Hide more cells until no hidden one can be bounded more narrowly than a width.

    For every hidden cell other truths are looked for that fit what is published, one with a larger and one
    with a smaller value, and that change as little as possible of what is still shown. What they do change is
    hidden as well. These truths are the proof: the attacker cannot tell them from the real one.

    Parameters
    ----------
    linked : Linked
        The cells and what ties them together.
    primary : array of bool
        Cells that may not be shown by themselves.
    width : float or array of float
        From the smallest to the largest value that the attacker must hold possible, by cell.
    cost : array of float, optional
        What it costs to hide a cell; its value by default, and one more, so that small ones go first.
    always : array of bool, optional
        Cells that are known whatever happens, such as the number of all respondents.

    Returns
    -------
    Hidden
    """
    values = linked.truth
    wide = np.broadcast_to(np.asarray(width, dtype=float), values.shape)
    always = np.zeros(len(values), dtype=bool) if always is None else np.asarray(always, dtype=bool)
    cost = values + 1 if cost is None else np.asarray(cost, dtype=float)
    hidden = np.asarray(primary, dtype=bool) & ~always
    short, low, high = hidden.copy(), values.copy(), values.copy()
    moves = [csr_array((0, len(linked.atoms)))]
    # Tables that have nothing to do with each other are settled one by one: the work grows with their number.
    for cells, atoms, part in _apart(linked):
        if hidden[cells].any():
            own = _settled(part, hidden[cells], wide[cells], cost[cells], always[cells])
            hidden[cells], short[cells], low[cells], high[cells] = own.hidden, own.short, own.low, own.high
            rows, columns, changes = find(own.moves)
            moves.append(
                csr_array((changes, (rows, atoms[columns])), (own.moves.shape[0], len(linked.atoms)))
            )
    return Hidden(hidden, short, low, high, csr_array(vstack(moves, format="csr")))


def _apart(linked: Linked) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], Linked]]:
    """List the cells and atoms of each group of atoms that no cell and no relation ties to another group."""
    rows = csr_array(vstack([linked.cells, linked.relations], format="csr"))
    size = rows.shape[0]
    pattern = csr_array((np.ones(rows.nnz), rows.indices, rows.indptr), rows.shape)
    links = block_array([[None, pattern], [csr_array(pattern.T), None]], format="csr")
    many, labels = connected_components(links, directed=False)
    groups = [np.argsort(own, kind="stable") for own in (labels[:size], labels[size:])]
    ends = [np.searchsorted(np.sort(own), np.arange(many + 1)) for own in (labels[:size], labels[size:])]
    for part in range(many):
        mine, atoms = (order[at[part] : at[part + 1]] for order, at in zip(groups, ends, strict=True))
        cells = mine[mine < linked.cells.shape[0]]
        ties = mine[mine >= linked.cells.shape[0]] - linked.cells.shape[0]
        if len(cells) and len(atoms):
            yield (
                cells,
                atoms,
                Linked(
                    linked.atoms[atoms],
                    csr_array(linked.cells[cells][:, atoms]),
                    csr_array(linked.relations[ties][:, atoms]),
                    linked.slack[cells],
                ),
            )


def _settled(
    linked: Linked,
    hidden: NDArray[np.bool_],
    wide: NDArray[np.float64],
    cost: NDArray[np.float64],
    always: NDArray[np.bool_],
) -> Hidden:
    values = linked.truth
    moves = _Moves(linked, cost, always)
    short = np.zeros(len(values), dtype=bool)
    low, high = values.copy(), values.copy()
    truths = [np.zeros((0, len(linked.atoms)))]
    queue = [(values[cell], int(cell)) for cell in np.flatnonzero(hidden)]
    heapify(queue)
    while queue:
        _, cell = heappop(queue)
        # First about as far down as up; then, where one side is blocked, the rest on the other side.
        for turn, side in enumerate((1, -1, 1)):
            reach = high[cell] - values[cell] if side > 0 else values[cell] - low[cell]
            rest = wide[cell] - (high[cell] - low[cell])
            if rest < _NEAR:
                break
            step = reach + rest - (min(values[cell], rest // 2) if turn == 0 else 0)
            while step > reach + _NEAR:
                other = moves.towards(cell, side * step, hidden)
                if other is None:
                    step -= 1
                    continue
                truths.append(other[np.newaxis])
                changed = linked.cells @ other
                low, high = np.minimum(low, values + changed), np.maximum(high, values + changed)
                new = np.flatnonzero(~hidden & ~always & (np.abs(changed) > linked.slack + _NEAR))
                hidden[new] = True
                for place in new:
                    heappush(queue, (values[place], int(place)))
                break
        short[cell] = high[cell] - low[cell] < wide[cell] - _NEAR
    shown = ~hidden
    low[shown], high[shown] = values[shown], values[shown]
    return Hidden(hidden, short, low, high, csr_array(np.concatenate(truths)))


class _Moves:
    """Other truths: changes of the atoms that leave the relations and, at the least cost, what is shown."""

    def __init__(self, linked: Linked, cost: NDArray[np.float64], always: NDArray[np.bool_]) -> None:
        self.linked = linked
        self.cost = cost
        cells, many = linked.cells.shape[0], len(linked.atoms)
        steps = identity(cells, format="csr")
        ties = csr_array((linked.relations.shape[0], 2 * cells))
        self.rows = csr_array(
            vstack([hstack([linked.cells, -steps, steps]), hstack([linked.relations, ties])], format="csr")
        )
        self.right = np.concatenate([linked.slack, np.zeros(linked.relations.shape[0])])
        self.low = np.concatenate([-linked.atoms, np.zeros(2 * cells)])
        self.whole = np.concatenate([np.ones(many), np.zeros(2 * cells)])
        self.fixed = always

    def towards(self, cell: int, change: float, hidden: NDArray[np.bool_]) -> NDArray[np.float64] | None:
        """Find the cheapest change that moves one cell by so much; None where there is none."""
        many = len(self.linked.atoms)
        # A hidden cell may change for nothing; what is always known may not change at all.
        free = np.where(hidden, np.inf, 0.0)
        free[cell] = abs(change)
        high = np.concatenate([np.full(many, np.inf), *[np.where(self.fixed, 0.0, np.inf)] * 2])
        price = np.where(hidden, 0.0, self.cost)
        low_row, high_row = -self.right.copy(), self.right.copy()
        low_row[: len(free)] -= np.where(hidden, free, 0.0)
        high_row[: len(free)] += np.where(hidden, free, 0.0)
        low_row[cell] = high_row[cell] = change
        high[[many + cell, many + len(free) + cell]] = 0.0
        costs = np.concatenate([np.zeros(many), price, price])
        limits = LinearConstraint(self.rows, low_row, high_row)
        bounds = Bounds(self.low, high)
        found = milp(costs, constraints=limits, bounds=bounds)
        if found.x is None:
            return None
        if np.abs(found.x[:many] - np.round(found.x[:many])).max() > _NEAR:
            found = milp(
                costs,
                constraints=limits,
                bounds=bounds,
                integrality=self.whole,
                options={"mip_rel_gap": DEARER, "node_limit": NODES},
            )
            if found.x is None:
                return None
        return np.round(found.x[:many])
