"""Options of one question against each other: how far their shares can be apart."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
from scipy import stats as distributions

from nsmo.stages.bounds.extents import Reach, over
from nsmo.stages.bounds.model import Model, Printed
from nsmo.stages.bounds.printed import lower_of
from nsmo.stats.bounds import Extent, Program, known
from nsmo.study.conditions import evaluate
from nsmo.study.estimands import Ranking
from nsmo.survey.measures import base_mask, chosen


def ranking(estimate: Ranking, model: Model, printed: Printed) -> Reach:
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
    # Ticks of options that are not compared take what they can before those that are.
    unnamed = [option for option in variable.option_names if option not in named]
    ticks = {o: chosen(frame, variable, [o]).to_numpy().astype(np.int64) for o in variable.option_names}
    pairs = list(product(estimate.higher, [*lower, *alike[:1]]))
    differences = [model.spread(ticks[a] - ticks[b]) for a, b in pairs]
    if not alike:
        extent = over(model.programs, lambda program: program.weakest(differences))
    else:
        least = [known(program.least(difference)) for program in model.programs for difference in differences]
        rest = np.sum([ticks[option] for option in unnamed], axis=0)
        most = [
            _with_even_rest(
                program,
                [model.spread(ticks[a] - ticks[b]) for a, b in product(estimate.higher, lower)],
                [model.spread(ticks[a]) for a in estimate.higher],
                model.spread(np.maximum(rest - (len(unnamed) - len(alike)), 0)),
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
    tested = [span for span in ranges if span is not None]
    if len(tested) < len(ranges):
        return found
    # The smallest of the largest: each pair at its best, which need not be one table.
    low, high = (max(span[end] for span in tested) for end in (0, 1))
    return replace(found, p_low=low, p_high=high, test="exact McNemar test, largest p of the pairs")


def _with_even_rest(
    program: Program,
    differences: Sequence[np.ndarray],
    higher: Sequence[np.ndarray],
    rest: np.ndarray,
    alike: int,
) -> Extent:
    """Return the extent of the weakest difference when ticks of so many options are dealt out evenly."""
    # One more kind counts the most frequent of them.
    size = int(program.high[0])
    wider = program.more(1).require(np.append(-rest, alike), low=0)
    wider = wider.require(np.append(np.zeros(program.width, dtype=np.int64), 1), 0, size)
    return known(wider.weakest([np.append(d, 0) for d in differences] + [np.append(h, -1) for h in higher]))


def _mcnemar(model: Model, only_first: np.ndarray, only_second: np.ndarray) -> tuple[float, float] | None:
    """Return the smallest and largest p; None where the shares themselves are not known."""
    found = set()
    for program in model.programs:
        gap = known(program.total(only_first - only_second))
        if gap.low != gap.high:
            return None
        both = known(program.total(only_second))
        # With the difference fixed, p grows with those who chose only one of the two.
        for second in (both.low, both.high):
            n = int(gap.low + 2 * second)
            found.add(float(distributions.binomtest(int(second), n, 0.5).pvalue) if n else 1.0)
    return min(found), max(found)
