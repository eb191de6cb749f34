"""Two questions together: how far Somers' D can go."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, combinations_with_replacement, pairwise, product

import numpy as np
import pandas as pd

from nsmo.stages.bounds.extents import MOST_COMBINATIONS, Reach, all_feasible
from nsmo.stages.bounds.groups import Group, shares_compared
from nsmo.stages.bounds.kinds import Uses, marks
from nsmo.stages.bounds.model import Model, Printed
from nsmo.stats import SurveyDesign, somers_d
from nsmo.stats.bounds import Extent, Program, d_of_classes, known
from nsmo.stats.bounds import somers_d as exact_d
from nsmo.study import Variable
from nsmo.study.conditions import evaluate
from nsmo.study.estimands import Association
from nsmo.survey.measures import as_ordered


@dataclass(frozen=True)
class _Crossed:
    """Two ordered questions: their levels, and which kinds have which."""

    model: Model
    x: np.ndarray
    y: np.ndarray

    @property
    def levels(self) -> tuple[np.ndarray, np.ndarray]:
        return np.unique(self.x[~np.isnan(self.x)]), np.unique(self.y[~np.isnan(self.y)])

    def cell(self, u: float | None, v: float | None) -> np.ndarray:
        """Mark the kinds with these two levels; None: any level."""
        here = ~np.isnan(self.x) & ~np.isnan(self.y)
        here &= (self.x == u) if u is not None else True
        here &= (self.y == v) if v is not None else True
        return self.model.spread(here)


def association(estimate: Association, model: Model, printed: Printed) -> Reach:
    """Return how far Somers' D of two questions can go."""
    if estimate.method != "somers_d":
        return Reach(None, note="only Somers' D is bounded, no odds ratio")
    codebook = printed.codebook
    values = []
    for name in (estimate.x, estimate.y):
        values.append(_ordered(model.frame, codebook.variable(name), estimate.high.get(name)))
    inside = np.ones(len(model.frame), dtype=bool)
    if estimate.where is not None:
        inside = evaluate(estimate.where, model.frame).to_numpy()
    x, y = (np.where(inside, v, np.nan) for v in values)
    crossed = _Crossed(model, x, y)
    levels = crossed.levels
    left_out = model.spread(np.isnan(x) | np.isnan(y))
    complete = not any(program.require(left_out, 1).feasible for program in model.programs)
    if complete and len(levels[0]) == 2 and len(levels[1]) == 2:
        # D of two yes-or-no answers is a difference of shares.
        (no, yes), (_, high) = levels
        first, second = (Group(crossed.cell(u, None), crossed.cell(u, high)) for u in (yes, no))
        return shares_compared(first, second, model)
    free = complete and estimate.where is None
    free = free and model.apart(_sources(estimate.x, printed), _sources(estimate.y, printed))
    ends = [False, False]
    for ways in (_two_levels(levels), _all_levels(levels)):
        ways = list(ways)
        for end, turned in enumerate((True, False)):
            ends[end] = ends[end] or any(_sorted_possible(crossed, p, ways, turned) for p in model.programs)
        if all(ends):
            middle = any(_even_possible(crossed, program) for program in model.programs)
            return Reach(Extent.exactly(-1, 1), 0.0, 1.0 if middle else math.nan, "Somers' D")
        found = _free_pairing(estimate, printed) if free else None
        if found is not None:
            middle = any(_even_possible(crossed, program) for program in model.programs)
            return replace(found, p_high=1.0) if math.isnan(found.p_high) and middle else found
    return _through_margins(crossed) or Reach(
        None, note="no exact way is known: the margins of both questions are free"
    )


def _through_margins(crossed: _Crossed) -> Reach | None:
    """Go through the margins of two questions of which one has two levels: D is linear once they are fixed.

    None where there are too many margins, or no question has two levels.
    """
    model, (xs, ys) = crossed.model, crossed.levels
    if min(len(xs), len(ys)) > 2:
        return None
    rows, columns = [crossed.cell(u, None) for u in xs], [crossed.cell(None, v) for v in ys]
    found: list[tuple[Fraction, np.ndarray]] = []
    for program in model.programs:
        # The last of the columns is what the others leave of the rows.
        spans = [known(program.total(row)) for row in (*rows, *columns[:-1])]
        if math.prod(int(span.high - span.low) + 1 for span in spans) > MOST_COMBINATIONS:
            return None
        margins = program.values([*rows, *columns[:-1]], MOST_COMBINATIONS)
        if margins is None:
            return None
        for margin in margins:
            fixed = program
            for row, value in zip([*rows, *columns[:-1]], margin, strict=True):
                fixed = fixed.require(row, value, value)
            r = margin[: len(xs)]
            c = [*margin[len(xs) :], sum(r) - sum(margin[len(xs) :])]
            untied = (sum(r) ** 2 - sum(one * one for one in r)) // 2
            if untied == 0:
                continue
            if len(xs) == 2:
                first = [crossed.cell(xs[0], v) for v in ys]
                weight = [sum(c[i + 1 :]) - sum(c[:i]) for i in range(len(ys))]
            else:
                first = [crossed.cell(u, ys[0]) for u in xs]
                weight = [sum(r[i + 1 :]) - sum(r[:i]) for i in range(len(xs))]
            objective = np.sum([w * row for w, row in zip(weight, first, strict=True)], axis=0)
            for end in (known(fixed.least(objective)), known(fixed.most(objective))):
                table = np.array([[int(crossed.cell(u, v) @ end.counts) for v in ys] for u in xs])
                found.append((Fraction(end.value, untied), table))
    if not found:
        return Reach(None, note="all who can answer answer alike")
    (low, first_table), (high, last_table) = (end(found, key=lambda one: one[0]) for end in (min, max))
    p = [_d_test(table) for table in (first_table, last_table)]
    return Reach(Extent.exactly(low, high), min(p), math.nan if low <= 0 <= high else max(p), "Somers' D")


def _sources(name: str, printed: Printed) -> frozenset[str]:
    uses = Uses(printed.codebook, printed.loose)
    uses.variable(name)
    return uses.sources


_Levels = tuple[np.ndarray, np.ndarray]
#: Levels of x, by place, and where the stretch of y of each begins and the last one ends.
_Way = tuple[tuple[int, ...], tuple[int, ...]]


def _two_levels(levels: _Levels) -> Iterator[_Way]:
    """List the ways in which two levels of x can have the lower and the higher answers to y."""
    xs, ys = levels
    for pair in sorted(combinations(range(len(xs)), 2), key=lambda pair: pair[0] - pair[1]):
        yield from ((pair, (0, cut, len(ys))) for cut in range(1, len(ys)))


def _all_levels(levels: _Levels) -> Iterator[_Way]:
    """List the ways in which every level of x can have its own stretch of y, if there are not too many."""
    xs, ys = levels
    if len(xs) > 2 and math.comb(len(ys) + len(xs) - 1, len(xs) - 1) <= MOST_COMBINATIONS:
        for cuts in combinations_with_replacement(range(len(ys) + 1), len(xs) - 1):
            yield tuple(range(len(xs))), (0, *cuts, len(ys))


def _sorted_possible(crossed: _Crossed, program: Program, ways: Sequence[_Way], turned: bool) -> bool:
    """Return whether y can go up (`turned`: down) with every step up in x, so that D is at its end."""
    xs, ys = crossed.levels
    everybody = crossed.cell(None, None)
    for members, ends in ways:
        stretches = [ys[a:b] for a, b in pairwise(ends)]
        chosen_levels = [xs[i] for i in (members[::-1] if turned else members)]
        used = [(u, stretch) for u, stretch in zip(chosen_levels, stretches, strict=True) if len(stretch)]
        fits = np.sum([crossed.cell(u, v) for u, stretch in used for v in stretch], axis=0)
        only = program.require(everybody - fits, 0, 0)
        # Somewhere there are respondents on both sides of a step.
        for step in range(1, len(used)):
            sides = [
                np.sum([crossed.cell(u, None) for u, _ in part], axis=0)
                for part in (used[:step], used[step:])
            ]
            if all_feasible(only, sides):
                return True
    return False


def _even_possible(crossed: _Crossed, program: Program) -> bool:
    """Return whether D can be 0: all of x at one answer to y but one level, balanced around that answer."""
    xs, ys = crossed.levels
    for v, t in product(xs, ys[1:-1] if len(ys) > 2 else ys):
        beside = crossed.cell(None, None) - crossed.cell(v, None)
        there = np.sum([crossed.cell(u, t) for u in xs if u != v], axis=0)
        below, above = (
            sum((crossed.cell(v, y) for y in ys if side * (y - t) > 0), np.zeros_like(beside))
            for side in (-1, 1)
        )
        even = program.require(beside - there, 0, 0).require(below - above, 0, 0)
        if all_feasible(even, (there, crossed.cell(v, None))):
            return True
    return False


def _free_pairing(estimate: Association, printed: Printed) -> Reach | None:
    """Go through the margins of two questions that everybody answers and that can be paired in any way."""
    rows = _margins(estimate.x, estimate, printed, together=True)
    columns = _margins(estimate.y, estimate, printed, together=False)
    if rows is None or columns is None:
        return None
    (classes, totals), (_, margins) = rows, columns
    ends = [d_of_classes(classes, [total], [margin]) for total, margin in product(totals, margins)]
    ends = [end for end in ends if end is not None]
    if not ends:
        return Reach(None, note="all who can answer answer alike")
    low = min(ends, key=lambda end: end[0].low)
    high = max(ends, key=lambda end: end[0].high)
    p = [_d_test(table) for table in (low[1], high[2])]
    largest = math.nan if low[0].low <= 0 <= high[0].high else max(p)
    return Reach(Extent.exactly(low[0].low, high[0].high), min(p), largest, "Somers' D")


def _margins(
    name: str, estimate: Association, printed: Printed, *, together: bool
) -> tuple[list[int], list[tuple[int, ...]]] | None:
    """List the counts that the levels of one question can have when everybody answers.

    Returns
    -------
    (classes, counts) or None
        How many levels each class has, and every combination of counts per class. A class is one level or,
        `together`, neighbouring levels that no figure tells apart. None where there are too many, or where
        levels are not told apart though they should be.
    """
    uses = Uses(printed.codebook, printed.loose)
    variable, high = printed.codebook.variable(name), estimate.high.get(name)
    uses.variable(name, variable.top_box if high is None else [high])
    model = printed.model(uses)
    values = _ordered(model.frame, variable, high)
    levels = np.unique(values[~np.isnan(values)])
    sources = uses.sources
    marked = pd.Series("", index=model.frame.index)
    for source in sources:
        marked += "|" + marks(model.frame, source, model.printed).agg("|".join, axis=1)
    classes: list[list[float]] = []
    for level in levels:
        alike = classes and set(marked[values == level]) == set(marked[values == classes[-1][-1]])
        if alike and not together:
            return None
        classes = [*classes[:-1], [*classes[-1], level]] if alike else [*classes, [level]]
    counts = [model.spread(np.isin(values, members)) for members in classes]
    found: set[tuple[int, ...]] = set()
    for program in model.programs:
        # Everybody answers, so the last class is what is left.
        program = program.require(model.spread(np.isnan(values)), 0, 0)
        some = program.values(counts[:-1], MOST_COMBINATIONS)
        if some is None:
            return None
        found |= {(*one, printed.size - sum(one)) for one in some}
    return [len(members) for members in classes], sorted(found)


def _ordered(frame: pd.DataFrame, variable: Variable, high: str | None) -> np.ndarray:
    column = as_ordered(frame, variable, high)
    return column.astype(object).where(column.notna(), np.nan).astype(float).to_numpy()


def _d_test(table: np.ndarray) -> float:
    """Return the p of Somers' D in a table; as small as can be where no pair is the other way round."""
    if abs(known(exact_d(table))) == 1:
        return 0.0
    i, j = np.indices(table.shape)
    frame = pd.DataFrame({"x": np.repeat(i.ravel(), table.ravel()), "y": np.repeat(j.ravel(), table.ravel())})
    return float(somers_d(SurveyDesign(frame), "x", "y").p)
