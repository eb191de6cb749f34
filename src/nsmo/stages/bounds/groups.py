"""One group against others: how far their shares or means can be apart."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from scipy import stats as distributions

from nsmo.stages.bounds.extents import MOST_COMBINATIONS, Reach, all_feasible
from nsmo.stages.bounds.model import Model, Printed
from nsmo.stages.bounds.printed import scores
from nsmo.stats.bounds import Extent, Program, known, union
from nsmo.study import Codebook
from nsmo.study.conditions import evaluate
from nsmo.study.estimands import Difference, Extreme
from nsmo.survey.measures import as_numeric, base_mask, chosen

_NOBODY = "no group to compare with has respondents"


@dataclass(frozen=True)
class Group:
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


def _groups(estimate: Difference | Extreme, model: Model, codebook: Codebook) -> tuple[dict[str, Group], int]:
    """Return the groups of a comparison, and by how much the added numbers are multiplied to be whole."""
    frame, variable = model.frame, codebook.variable(estimate.question)
    inside = np.ones(len(frame), dtype=bool)
    if estimate.where is not None:
        inside &= evaluate(estimate.where, frame).to_numpy()
    if estimate.of == "proportion":
        values = chosen(frame, variable, [str(estimate.option)]).to_numpy().astype(float)
        values[~base_mask(frame, variable).to_numpy()] = np.nan
    else:
        values = as_numeric(frame, variable).to_numpy()
    part, whole = scores(values, inside)
    by = int(whole.max(initial=1))
    known = whole > 0
    found = {}
    for name in codebook.variable(estimate.by).option_names:
        own = known & frame[estimate.by].eq(name).fillna(False).to_numpy()
        found[name] = Group(model.spread(own), model.spread(np.where(own, part, 0)))
    return found, by


def difference(estimate: Difference, model: Model, printed: Printed) -> Reach:
    """Return how far the first of two groups can be above the second, in a share or a mean."""
    groups, by = _groups(estimate, model, printed.codebook)
    first, second = (groups[name] for name in estimate.groups)
    if estimate.of == "proportion":
        return shares_compared(first, second, model)
    extent, note = _weakest([(first, second)], model)
    return Reach(None if extent is None else extent / by, note=note)


def extreme(estimate: Extreme, model: Model, printed: Printed) -> Reach:
    """Return how far one group can be beyond the nearest of all others, in a share or a mean."""
    groups, by = _groups(estimate, model, printed.codebook)
    own = groups[estimate.group]
    others = [group for name, group in groups.items() if name != estimate.group]
    pairs = [(other, own) if estimate.which == "lowest" else (own, other) for other in others]
    extent, note = _weakest(pairs, model)
    return Reach(None if extent is None else extent / by, note=note)


def _weakest(pairs: Sequence[tuple[Group, Group]], model: Model) -> tuple[Extent | None, str]:
    """Return the extent of the smallest difference in means (first minus second) of pairs with respondents.

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
    gone_through = [sizes for sizes in by_sizes if sizes is not None]
    if len(gone_through) == len(by_sizes):
        extent = union(found for sizes in gone_through for found in sizes)
        return extent, "" if extent is not None else _NOBODY
    inner = union(_at_some_sizes(pairs, program) for program in model.programs)
    if inner is None:
        return None, _NOBODY
    low, high = outer_low if turned else inner.low, outer_high if apart else inner.high
    note = "the sizes of the groups are too many to go through: outer ends"
    return Extent(low, high, outer_low, outer_high), note if (low, high) != (outer_low, outer_high) else ""


def _turned(pairs: Sequence[tuple[Group, Group]], program: Program) -> bool:
    """Return whether one pair can be the other way round as far as can be."""
    for first, second in pairs:
        found = program.require(first.others(first.low), 0, 0).require(second.others(second.high), 0, 0)
        if all_feasible(found, (first.whole, second.whole)):
            return True
    return False


def _apart(pairs: Sequence[tuple[Group, Group]], program: Program) -> bool:
    """Return whether all pairs with respondents can be as the statement has them, as far as can be."""
    for first, second in pairs:
        program = program.require(first.others(first.high), 0, 0).require(second.others(second.low), 0, 0)
    present = [np.sign(np.sum([pair[place].whole for pair in pairs], axis=0)) for place in (0, 1)]
    return all_feasible(program, present)


def _by_sizes(pairs: Sequence[tuple[Group, Group]], program: Program) -> list[Extent | None] | None:
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


def _at_some_sizes(pairs: Sequence[tuple[Group, Group]], program: Program) -> Extent | None:
    groups = list({id(group): group for pair in pairs for group in pair}.values())
    table = known(program.some())
    values = {id(group): int(group.whole @ table) for group in groups}
    for group in groups:
        program = program.require(group.whole, values[id(group)], values[id(group)])
    return _weakest_at(pairs, program, [[values[id(g)] for g in pair] for pair in pairs])


def _weakest_at(
    pairs: Sequence[tuple[Group, Group]], program: Program, sizes: Sequence[Sequence[int]]
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


def shares_compared(first: Group, second: Group, model: Model) -> Reach:
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
