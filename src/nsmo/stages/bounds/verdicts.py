"""What the published figures imply of a statement, whatever the responses were.

A statement is implied when it holds in all responses that agree with the figures, possible when it holds in
some, impossible when in none. A figure is not implied because it was printed: it is held against the figures
of the other statements only.
"""

from dataclasses import dataclass, replace

from nsmo.stages.bounds.extents import Reach
from nsmo.stages.bounds.model import Printed, require
from nsmo.stages.bounds.printed import FIGURES, Allowed, allowed, sums
from nsmo.stats.bounds import Extent, Program
from nsmo.study.estimands import Mean, Proportion
from nsmo.study.statements import Claim

IMPLIED, POSSIBLE, IMPOSSIBLE, NOT_COMPUTABLE = "implied", "possible", "impossible", "not computable"


@dataclass(frozen=True)
class Implied:
    """The verdict, and what it rests on."""

    word: str
    reason: str = ""


def implied(claim: Claim, found: Reach | None, printed: Printed, alpha: float) -> Implied:
    """Return whether a statement is implied, possible or impossible.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    found : Reach or None
        How far its estimate can go by all figures; None for a statement that nothing measures.
    printed : Printed
        What was printed.
    alpha : float
        Level below which a p counts as "significant".
    """
    if found is None:
        return Implied(NOT_COMPUTABLE, claim.why["en"] if claim.why else "")
    if found.extent is None:
        return Implied(NOT_COMPUTABLE, found.note)
    if claim.type in FIGURES and isinstance(claim.estimate, Proportion | Mean):
        return _figure(claim, claim.estimate, printed)
    return _direction(claim, found.extent, found, alpha)


def _direction(claim: Claim, extent: Extent, found: Reach, alpha: float) -> Implied:
    """Judge a statement that something is above zero (or, with a sign, below)."""
    least, most, surely_least, surely_most = extent.low, extent.high, extent.outer_low, extent.outer_high
    if claim.sign == "-":
        least, most, surely_least, surely_most = -most, -least, -surely_most, -surely_least
    significant = claim.type == "significant"
    if surely_least > 0 and not (significant and not found.p_high < alpha):
        return Implied(IMPLIED, "the figures allow nothing else")
    if surely_most <= 0 or (significant and found.p_low >= alpha):
        return Implied(IMPOSSIBLE, "the figures allow it in no way")
    if most <= 0:
        return Implied(NOT_COMPUTABLE, "the search was stopped before it was known")
    reason = "the figures allow the opposite as well"
    if least > 0:
        reason = "the figures allow it with a p above the level as well"
    elif least == 0:
        reason = "the figures allow no difference as well"
    return Implied(POSSIBLE, reason)


def _figure(claim: Claim, estimate: Proportion | Mean, printed: Printed) -> Implied:
    others = printed.without(claim.claim)
    model = others.model(printed.uses_of(estimate))
    values = [allowed(wording, claim.unit) for wording in (claim, *claim.also)]
    part, whole = sums(estimate, model.frame, printed.codebook)

    def holds(program: Program, *required: Allowed) -> bool:
        for value in required:
            program = require(program, part, whole, value, printed.size, model.first)
        return program.feasible

    if not any(holds(program, *values) for program in model.programs):
        alone = _alone(estimate, printed, values)
        return Implied(IMPOSSIBLE, alone or "the other figures leave no responses that give it")
    outside = [side for value in values for side in _outside(value)]
    if any(holds(program, side) for program in model.programs for side in outside):
        return Implied(POSSIBLE, "the other figures allow other values as well")
    return Implied(IMPLIED, "it follows from the other figures")


def _alone(estimate: Proportion | Mean, printed: Printed, values: list[Allowed]) -> str:
    """Return the verdict on a figure that is no share of that many respondents at all, if it is none."""
    nothing = replace(printed, figures=[])
    model = nothing.model(printed.uses_of(estimate))
    part, whole = sums(estimate, model.frame, printed.codebook)
    program = model.programs[0]
    for value in values:
        program = require(program, part, whole, value, printed.size, model.first)
    return "" if program.feasible else f"no count of {printed.size} gives it"


def _outside(value: Allowed) -> list[Allowed]:
    """Return the values below and above those that may have been printed so."""
    sides = [Allowed(low=value.low - 1_000_000, high=value.low, open_high=not value.open_low)]
    if value.high is not None:
        sides.append(Allowed(low=value.high, high=None, open_low=not value.open_high))
    return sides
