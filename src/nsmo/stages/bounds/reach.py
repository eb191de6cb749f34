"""How far an estimate, and the p of its test, can go over all responses that agree with what was printed."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import combinations, combinations_with_replacement, pairwise, product
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as distributions

from nsmo.stages.bounds.kinds import Uses, answered, marks
from nsmo.stages.bounds.model import Model, Printed
from nsmo.stages.bounds.printed import lower_of, scores, sums
from nsmo.stats import SurveyDesign, somers_d
from nsmo.stats.bounds import Extent, Program, d_of_classes, union
from nsmo.stats.bounds import somers_d as exact_d
from nsmo.study import Codebook, Variable
from nsmo.study.conditions import Condition, evaluate
from nsmo.survey.measures import as_numeric, as_ordered, base_mask, chosen

#: So many combinations of counts are gone through one by one; beyond, the ends are given as outer ones.
MOST_COMBINATIONS = 400


@dataclass(frozen=True)
class Reach:
    """How far something can go.

    Attributes
    ----------
    extent : Extent or None
        None where nothing can be said; then `note` says why.
    p_low, p_high : float
        Smallest and largest p over the same responses; not a number where there is no test or no range.
    test : str
        The test that p belongs to.
    note : str
        What a reader has to know of how the ends were found.
    """

    extent: Extent | None
    p_low: float = math.nan
    p_high: float = math.nan
    test: str = ""
    note: str = ""


def reach(
    estimate: Any, printed: Printed, *, bound: float | None = None, all_answered: bool = False
) -> Reach:
    """Say how far an estimate can go.

    Parameters
    ----------
    estimate : Estimate
        Of the published statements.
    printed : Printed
        What was printed.
    bound : float, optional
        A share that a statement says is exceeded; p is that of the one-sided test of it.
    all_answered : bool
        Only over responses in which everybody who was asked answered the questions of the estimate.

    Returns
    -------
    Reach
        Shares are fractions from 0 to 1.
    """
    uses = printed.uses_of(estimate)
    model = printed.model(uses)
    if all_answered:
        given = answered(model.frame, uses)
        programs = [p.require(model.spread(~given), 0, 0) for p in model.programs]
        programs = [program for program in programs if program.feasible]
        if not programs:
            return Reach(None, note="the figures need some who did not answer")
        model = replace(model, programs=tuple(programs))
    found = _MEASURES[estimate.measure](estimate, model, printed)
    if bound is not None and found.extent is not None:
        found = _against_bound(found, bound, printed.size)
    return found


def holds(condition: Condition, printed: Printed) -> Reach:
    """Say how many of all respondents a condition can hold for, as a share."""
    model = printed.model(printed.uses_when(condition))
    yes = evaluate(condition, model.frame).to_numpy()
    return Reach(union(program.total(model.spread(yes)) / printed.size for program in model.programs))


def _against_bound(found: Reach, bound: float, size: int) -> Reach:
    low, high = (
        float(distributions.binom.sf(math.ceil(end * size) - 1, size, bound))
        for end in (found.extent.high, found.extent.low)
    )
    return replace(found, p_low=low, p_high=high, test="exact binomial test, one-sided")


# ----------------------------------------------------------------------------------------- shares and means


def _quotient(estimate: Any, model: Model, printed: Printed) -> Reach:
    part, whole = (model.spread(c) for c in sums(estimate, model.frame, printed.codebook))
    own = whole[model.first : model.first + len(model.frame)]
    if (own == own[0]).all():
        by = int(own[0]) * printed.size
        return Reach(union(program.total(part) / by for program in model.programs))
    return Reach(union(program.ratio(part, whole) for program in model.programs))


# ----------------------------------------------------------------------------------- one group against others


@dataclass(frozen=True)
class _Group:
    """Of the kinds in a group: whether they count, and the whole number that each adds."""

    whole: np.ndarray
    part: np.ndarray

    @property
    def low(self) -> int:
        """The smallest number that somebody in the group adds."""
        return int(self.part[self.whole > 0].min())

    @property
    def high(self) -> int:
        """The largest."""
        return int(self.part[self.whole > 0].max())

    def others(self, value: int) -> np.ndarray:
        """Mark those of the group who add another number."""
        return ((self.whole > 0) & (self.part != value)).astype(np.int64)


def _groups(estimate: Any, model: Model, codebook: Codebook) -> tuple[dict[str, _Group], int]:
    """Give the groups of a comparison, and by how much the added numbers are multiplied to be whole."""
    frame, variable = model.frame, codebook.variable(estimate.question)
    inside = np.ones(len(frame), dtype=bool)
    if estimate.where is not None:
        inside &= evaluate(estimate.where, frame).to_numpy()
    if estimate.of == "proportion":
        values = chosen(frame, variable, [estimate.option]).to_numpy().astype(float)
        values[~base_mask(frame, variable).to_numpy()] = np.nan
    else:
        values = as_numeric(frame, variable).to_numpy()
    part, whole = scores(values, inside)
    by = int(whole.max(initial=1))
    known = whole > 0
    found = {}
    for name in codebook.variable(estimate.by).option_names:
        own = known & frame[estimate.by].eq(name).fillna(False).to_numpy()
        found[name] = _Group(model.spread(own), model.spread(np.where(own, part, 0)))
    return found, by


def _difference(estimate: Any, model: Model, printed: Printed) -> Reach:
    groups, by = _groups(estimate, model, printed.codebook)
    first, second = (groups[name] for name in estimate.groups)
    if estimate.of == "proportion":
        return _shares_compared(first, second, model)
    extent, note = _weakest([(first, second)], model)
    return Reach(None if extent is None else extent / by, note=note)


def _extreme(estimate: Any, model: Model, printed: Printed) -> Reach:
    groups, by = _groups(estimate, model, printed.codebook)
    own = groups[estimate.group]
    others = [group for name, group in groups.items() if name != estimate.group]
    pairs = [(other, own) if estimate.which == "lowest" else (own, other) for other in others]
    extent, note = _weakest(pairs, model)
    return Reach(None if extent is None else extent / by, note=note)


def _weakest(pairs: Sequence[tuple[_Group, _Group]], model: Model) -> tuple[Extent | None, str]:
    """Give the extent of the smallest difference in means (first minus second) of the pairs with respondents.

    Notes
    -----
    Where all of one group can have the highest and all of another the lowest number, that is the end. Else
    the sizes of the groups are gone through: with these fixed, a difference is a sum over the kinds.
    """
    pairs = [pair for pair in pairs if all((group.whole > 0).any() for group in pair)]
    if not pairs:
        return None, _NOBODY
    spans = [(first.low - second.high, first.high - second.low) for first, second in pairs]
    outer_low, outer_high = (Fraction(end(span[i] for span in spans)) for i, end in enumerate((min, max)))
    lowest = [pair for pair, span in zip(pairs, spans, strict=True) if span[0] == outer_low]
    turned = any(_turned(lowest, program) for program in model.programs)
    apart = len({span[1] for span in spans}) == 1 and any(_apart(pairs, p) for p in model.programs)
    if turned and apart:
        return Extent.exactly(outer_low, outer_high), ""
    by_sizes = [_by_sizes(pairs, program) for program in model.programs]
    if None not in by_sizes:
        extent = union(found for sizes in by_sizes for found in sizes)
        return extent, "" if extent is not None else _NOBODY
    inner = union(_at_some_sizes(pairs, program) for program in model.programs)
    if inner is None:
        return None, _NOBODY
    low, high = outer_low if turned else inner.low, outer_high if apart else inner.high
    note = "the sizes of the groups are too many to go through: outer ends"
    return Extent(low, high, outer_low, outer_high), note if (low, high) != (outer_low, outer_high) else ""


_NOBODY = "no group to compare with has respondents"


def _turned(pairs: Sequence[tuple[_Group, _Group]], program: Program) -> bool:
    """Tell whether one pair can be the other way round as far as can be."""
    for first, second in pairs:
        found = program.require(first.others(first.low), 0, 0).require(second.others(second.high), 0, 0)
        if all_feasible(found, (first.whole, second.whole)):
            return True
    return False


def _apart(pairs: Sequence[tuple[_Group, _Group]], program: Program) -> bool:
    """Tell whether all pairs with respondents can be as the statement has them, as far as can be."""
    for first, second in pairs:
        program = program.require(first.others(first.high), 0, 0).require(second.others(second.low), 0, 0)
    present = [np.sign(sum(pair[place].whole for pair in pairs)) for place in (0, 1)]
    return all_feasible(program, present)


def all_feasible(program: Program, present: Sequence[np.ndarray]) -> bool:
    """Tell whether a table has at least one respondent in each of several sets of kinds."""
    for some in present:
        program = program.require(some, 1)
    return program.feasible


def _by_sizes(pairs: Sequence[tuple[_Group, _Group]], program: Program) -> list[Extent | None] | None:
    groups = list({id(group): group for pair in pairs for group in pair}.values())
    sizes = program.values([group.whole for group in groups], MOST_COMBINATIONS)
    if sizes is None:
        return None
    place = {id(group): i for i, group in enumerate(groups)}
    extents = []
    for values in sizes:
        fixed = program
        for group, size in zip(groups, values, strict=True):
            fixed = fixed.require(group.whole, size, size)
        extents.append(_weakest_at(pairs, fixed, [[values[place[id(g)]] for g in pair] for pair in pairs]))
    return extents


def _at_some_sizes(pairs: Sequence[tuple[_Group, _Group]], program: Program) -> Extent | None:
    groups = list({id(group): group for pair in pairs for group in pair}.values())
    table = program.some()
    values = {id(group): int(group.whole @ table) for group in groups}
    for group in groups:
        program = program.require(group.whole, values[id(group)], values[id(group)])
    return _weakest_at(pairs, program, [[values[id(g)] for g in pair] for pair in pairs])


def _weakest_at(
    pairs: Sequence[tuple[_Group, _Group]], program: Program, sizes: Sequence[Sequence[int]]
) -> Extent | None:
    present = [(pair, size) for pair, size in zip(pairs, sizes, strict=True) if min(size) > 0]
    if not present:
        return None
    common = math.lcm(*(a * b for _, (a, b) in present))
    differences = [
        common // (a * b) * (b * first.part - a * second.part) for (first, second), (a, b) in present
    ]
    extent = program.weakest(differences) if len(differences) > 1 else program.total(differences[0])
    return None if extent is None else extent / common


def _shares_compared(first: _Group, second: _Group, model: Model) -> Reach:
    """Compare the shares of two groups: through every table of two by two, where these are not too many."""
    test = "Fisher's exact test, two-sided"
    found: set[tuple[int, ...]] = set()
    for program in model.programs:
        program = program.require(first.whole, 1).require(second.whole, 1)
        sums_ = [first.whole, second.whole, first.part, second.part]
        tables = program.values(sums_, MOST_COMBINATIONS)
        if tables is None:
            extent, note = _weakest([(first, second)], model)
            return Reach(extent, note=note)
        found |= set(tables)
    if not found:
        return Reach(None, note=_NOBODY)
    gaps = [Fraction(a, m) - Fraction(b, k) for m, k, a, b in found]
    p = [_fisher_p(a, m, b, k) for m, k, a, b in found]
    return Reach(Extent.exactly(min(gaps), max(gaps)), min(p), max(p), test)


@cache
def _fisher_p(a: int, m: int, b: int, k: int) -> float:
    return float(distributions.fisher_exact([[a, m - a], [b, k - b]]).pvalue)


# ------------------------------------------------------------------------------------------ ranks of options


def _ranking(estimate: Any, model: Model, printed: Printed) -> Reach:
    """Compare options of one question.

    Notes
    -----
    Options that no figure names are alike: one can stand for all of them where one has to be as frequent as
    can be, and where all have to be as rare as can be, their ticks can be dealt out evenly.
    """
    codebook, frame = printed.codebook, model.frame
    variable = codebook.variable(estimate.question)
    inside = base_mask(frame, variable).to_numpy()
    if estimate.where is not None:
        inside &= evaluate(estimate.where, frame).to_numpy()
    if not inside.all():
        return Reach(None, note="not everybody was asked")
    named = {option for name, option in model.printed.ticks if name == variable.name} | {*estimate.higher}
    lower = [option for option in lower_of(estimate, codebook) if option in named]
    alike = [option for option in lower_of(estimate, codebook) if option not in named]
    ticks = {o: chosen(frame, variable, [o]).to_numpy().astype(np.int64) for o in variable.option_names}
    pairs = list(product(estimate.higher, [*lower, *alike[:1]]))
    differences = [model.spread(ticks[a] - ticks[b]) for a, b in pairs]
    if not alike:
        extent = union(program.weakest(differences) for program in model.programs)
    else:
        least = [program.least(difference) for program in model.programs for difference in differences]
        most = [
            _with_even_rest(
                program,
                [model.spread(ticks[a] - ticks[b]) for a, b in product(estimate.higher, lower)],
                [model.spread(ticks[a]) for a in estimate.higher],
                model.spread(sum(ticks[o] for o in variable.option_names if o not in named)),
                len(alike),
            )
            for program in model.programs
        ]
        extent = Extent(
            Fraction(min(found.value for found in least)),
            max(found.high for found in most),
            Fraction(min(found.bound for found in least)),
            max(found.outer_high for found in most),
        )
    found = Reach(extent / printed.size)
    ranges = [
        _mcnemar(model, model.spread(ticks[a] * (1 - ticks[b])), model.spread(ticks[b] * (1 - ticks[a])))
        for a, b in pairs
    ]
    if any(span is None for span in ranges):
        return found
    # The smallest of the largest: each pair at its best, which need not be one table.
    low, high = (max(span[end] for span in ranges) for end in (0, 1))
    return replace(found, p_low=low, p_high=high, test="exact McNemar test, largest p of the pairs")


def _with_even_rest(
    program: Program,
    differences: Sequence[np.ndarray],
    higher: Sequence[np.ndarray],
    rest: np.ndarray,
    alike: int,
) -> Extent:
    """Give the extent of the weakest difference when ticks of so many options are dealt out evenly."""
    # One more kind counts the most frequent of them.
    size = int(program.high[0])
    wider = program.more(1).require(np.append(-rest, alike), low=0)
    wider = wider.require(np.append(np.zeros(program.width, dtype=np.int64), 1), 0, size)
    return wider.weakest([np.append(d, 0) for d in differences] + [np.append(h, -1) for h in higher])


def _mcnemar(model: Model, only_first: np.ndarray, only_second: np.ndarray) -> tuple[float, float] | None:
    """Give the smallest and largest p; None where the shares themselves are not known."""
    found = set()
    for program in model.programs:
        gap = program.total(only_first - only_second)
        if gap.low != gap.high:
            return None
        both = program.total(only_second)
        # With the difference fixed, p grows with those who chose only one of the two.
        for second in (both.low, both.high):
            n = int(gap.low + 2 * second)
            found.add(float(distributions.binomtest(int(second), n, 0.5).pvalue) if n else 1.0)
    return min(found), max(found)


# ---------------------------------------------------------------------------------------------- associations


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


def _association(estimate: Any, model: Model, printed: Printed) -> Reach:
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
        pair = [_Group(crossed.cell(u, None), crossed.cell(u, high)) for u in (yes, no)]
        return _shares_compared(*pair, model)
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
            objective = sum(w * row for w, row in zip(weight, first, strict=True))
            for end in (fixed.least(objective), fixed.most(objective)):
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
    """Tell whether y can go up (`turned`: down) with every step up in x, so that D is at its end."""
    xs, ys = crossed.levels
    everybody = crossed.cell(None, None)
    for members, ends in ways:
        stretches = [ys[a:b] for a, b in pairwise(ends)]
        chosen_levels = [xs[i] for i in (members[::-1] if turned else members)]
        used = [(u, stretch) for u, stretch in zip(chosen_levels, stretches, strict=True) if len(stretch)]
        fits = sum(crossed.cell(u, v) for u, stretch in used for v in stretch)
        only = program.require(everybody - fits, 0, 0)
        # Somewhere there are respondents on both sides of a step.
        for step in range(1, len(used)):
            sides = [sum(crossed.cell(u, None) for u, _ in part) for part in (used[:step], used[step:])]
            if all_feasible(only, sides):
                return True
    return False


def _even_possible(crossed: _Crossed, program: Program) -> bool:
    """Tell whether D can be 0: all of x at one answer to y but one level, balanced around that answer."""
    xs, ys = crossed.levels
    for v, t in product(xs, ys[1:-1] if len(ys) > 2 else ys):
        beside = crossed.cell(None, None) - crossed.cell(v, None)
        there = sum(crossed.cell(u, t) for u in xs if u != v)
        below, above = (
            sum((crossed.cell(v, y) for y in ys if side * (y - t) > 0), np.zeros_like(beside))
            for side in (-1, 1)
        )
        even = program.require(beside - there, 0, 0).require(below - above, 0, 0)
        if all_feasible(even, (there, crossed.cell(v, None))):
            return True
    return False


def _free_pairing(estimate: Any, printed: Printed) -> Reach | None:
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
    name: str, estimate: Any, printed: Printed, *, together: bool
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
    told = pd.Series("", index=model.frame.index)
    for source in sources:
        told += "|" + marks(model.frame, source, model.printed).agg("|".join, axis=1)
    classes: list[list[float]] = []
    for level in levels:
        alike = classes and set(told[values == level]) == set(told[values == classes[-1][-1]])
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
    """Give the p of Somers' D in a table; as small as can be where no pair is the other way round."""
    if abs(exact_d(table)) == 1:
        return 0.0
    i, j = np.indices(table.shape)
    frame = pd.DataFrame({"x": np.repeat(i.ravel(), table.ravel()), "y": np.repeat(j.ravel(), table.ravel())})
    return float(somers_d(SurveyDesign(frame), "x", "y").p)


_MEASURES: dict[str, Callable[[Any, Model, Printed], Reach]] = {
    "proportion": _quotient,
    "mean": _quotient,
    "difference": _difference,
    "extreme": _extreme,
    "ranking": _ranking,
    "association": _association,
}
