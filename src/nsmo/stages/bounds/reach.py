"""How far an estimate, and the p of its test, can go over all responses that agree with what was printed."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from scipy import stats as distributions

from nsmo.stages.bounds.associations import association
from nsmo.stages.bounds.extents import Reach, over
from nsmo.stages.bounds.groups import difference, extreme
from nsmo.stages.bounds.kinds import answered
from nsmo.stages.bounds.model import Model, Printed
from nsmo.stages.bounds.printed import sums
from nsmo.stages.bounds.ranks import ranking
from nsmo.stats.bounds import union
from nsmo.study.conditions import Condition, evaluate
from nsmo.study.estimands import Estimate, Mean, Proportion


def reach(
    estimate: Estimate, printed: Printed, *, bound: float | None = None, all_answered: bool = False
) -> Reach:
    """Return how far an estimate can go.

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
    # Without one of the figures it is another question.
    key = ("reach", printed.names, estimate.model_dump_json(), bound, all_answered)
    return printed.once(key, lambda: _reach(estimate, printed, bound, all_answered))


def _reach(estimate: Estimate, printed: Printed, bound: float | None, all_answered: bool) -> Reach:
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
        low, high = (
            float(distributions.binom.sf(math.ceil(end * printed.size) - 1, printed.size, bound))
            for end in (found.extent.high, found.extent.low)
        )
        found = replace(found, p_low=low, p_high=high, test="exact binomial test, one-sided")
    return found


def holds(condition: Condition, printed: Printed) -> Reach:
    """Return how many of all respondents a condition can hold for, as a share."""
    model = printed.model(printed.uses_when(condition))
    yes = evaluate(condition, model.frame).to_numpy()
    return Reach(over(model.programs, lambda program: program.total(model.spread(yes))) / printed.size)


def _quotient(estimate: Proportion | Mean, model: Model, printed: Printed) -> Reach:
    part, whole = (model.spread(c) for c in sums(estimate, model.frame, printed.codebook))
    own = whole[model.first : model.first + len(model.frame)]
    if not own.any():
        return Reach(None, note="by the questionnaire nobody can be asked it")
    if (own == own[0]).all():
        by = int(own[0]) * printed.size
        return Reach(over(model.programs, lambda program: program.total(part)) / by)
    return Reach(union(program.ratio(part, whole) for program in model.programs))


_MEASURES: dict[str, Callable[[Any, Model, Printed], Reach]] = {
    "proportion": _quotient,
    "mean": _quotient,
    "difference": difference,
    "extreme": extreme,
    "ranking": ranking,
    "association": association,
}
