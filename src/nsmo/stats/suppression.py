"""What must be hidden besides figures that may not be shown, so that subtraction does not give them back."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, csr_array, find, hstack, identity, vstack
from scipy.sparse.csgraph import connected_components

from nsmo.stats.disclosure import NEAR, Linked

#: Among truths in whole numbers any will do that costs at most so much more than the cheapest, as a share of
#: it; and the search ends after so many nodes of its tree. With a limit in seconds another machine would hide
#: other cells.
DEARER, NODES = 0.5, 20


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
                    linked.below[cells],
                    linked.above[cells],
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
            if rest < NEAR:
                break
            step = reach + rest - (moves.down(cell, rest, hidden) if turn == 0 else 0)
            while step > reach + NEAR:
                other = moves.towards(cell, side * step, hidden)
                if other is None:
                    step -= 1
                    continue
                truths.append(other[np.newaxis])
                changed = linked.cells @ other
                low, high = np.minimum(low, values + changed), np.maximum(high, values + changed)
                new = np.flatnonzero(~hidden & ~always & linked.tells(changed))
                hidden[new] = True
                for place in new:
                    heappush(queue, (values[place], int(place)))
                break
        short[cell] = high[cell] - low[cell] < wide[cell] - NEAR
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
        nothing = np.zeros(linked.relations.shape[0])
        self.least = np.concatenate([-linked.below, nothing])
        self.most = np.concatenate([linked.above, nothing])
        self.low = np.concatenate([-linked.atoms, np.zeros(2 * cells)])
        self.whole = np.concatenate([np.ones(many), np.zeros(2 * cells)])
        self.fixed = always
        self._found: dict[tuple[int, float, int], NDArray[np.float64] | None] = {}

    def down(self, cell: int, rest: float, hidden: NDArray[np.bool_]) -> float:
        """How much of the room for a cell lies below it: half, or where rounding leaves it for less."""
        half = min(self.linked.truth[cell], rest // 2)
        rounded = self.linked.below + self.linked.above >= rest  # others are of no help
        if not rounded.any():
            return half
        best, least = half, np.inf
        for part in (half, half + 1, half - 1):
            if 0 <= part <= min(self.linked.truth[cell], rest):
                new = np.zeros(len(hidden), dtype=bool)
                for change in (rest - part, -part):
                    other = self.towards(cell, change, hidden) if change else np.zeros(len(self.linked.atoms))
                    new |= True if other is None else self.linked.tells(self.linked.cells @ other)
                new &= ~hidden & ~self.fixed
                if (price := self.cost[new].sum()) < least - NEAR:
                    best, least = part, price
                if not (new & rounded).any():
                    break
        return best

    def towards(self, cell: int, change: float, hidden: NDArray[np.bool_]) -> NDArray[np.float64] | None:
        """Find the cheapest change that moves one cell by so much; None where there is none.

        Cells are hidden one after the other, so their number says which of them are.
        """
        asked = (cell, change, int(hidden.sum()))
        if asked not in self._found:
            self._found = {key: found for key, found in self._found.items() if key[2] == asked[2]}
            self._found[asked] = self._searched(cell, change, hidden)
        return self._found[asked]

    def _searched(self, cell: int, change: float, hidden: NDArray[np.bool_]) -> NDArray[np.float64] | None:
        many = len(self.linked.atoms)
        # A hidden cell may change for nothing; what is always known may not change at all.
        free = np.where(hidden, np.inf, 0.0)
        free[cell] = abs(change)
        high = np.concatenate([np.full(many, np.inf), *[np.where(self.fixed, 0.0, np.inf)] * 2])
        price = np.where(hidden, 0.0, self.cost)
        low_row, high_row = self.least.copy(), self.most.copy()
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
        if np.abs(found.x[:many] - np.round(found.x[:many])).max() > NEAR:
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
