"""The words of the verdicts; whether an estimate agrees with a statement, whether responses support it.

No verdict is written by hand. What a wording means, `nsmo.study.wordings` says; each type of statement has a
function for its agreement and one for its support.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from nsmo.stages.claims.measure import Finding
from nsmo.study import StudyError
from nsmo.study.statements import Claim
from nsmo.study.wordings import interval

REPRODUCED, WITHIN, DIFFERS = "reproduced", "within one unit", "differs"
SIZE = "size reproduced"
SUPPORTED, INCONCLUSIVE, CONTRADICTED = "supported", "inconclusive", "contradicted"
IF_RANDOM = "supported if a random sample"
NOT_TESTABLE, NOT_COMPUTABLE = "not testable", "not computable"
NO_EVIDENCE = "no evidence: reconstructed"
CONSISTENT, ONE_SOURCE, CONTRADICT = "consistent", "one source only", "sources contradict"

#: Types of statements that are a figure on its own.
FIGURES = ("exact", "about", "almost", "over", "fraction", "group_share")


@dataclass(frozen=True)
class Verdict:
    """A word of claims' vocabulary and, in a sentence, what it rests on."""

    word: str
    reason: str = ""


# ------------------------------------------------------------------------------------------------ agreement


def figure_agrees(claim: Claim, finding: Finding, alpha: float) -> Verdict:
    """Compare an estimate with a figure as it was worded; a rounded one may be one off in its last digit."""
    worded = interval(claim)
    if worded is None:
        return Verdict(NOT_COMPUTABLE)
    if worded.contains(finding.value):
        return Verdict(REPRODUCED)
    if "exact" in (claim.type, claim.worded):
        unit = 10.0**claim.digits
        rounded = math.floor(finding.value * unit + 0.5 + 1e-9)
        if abs(rounded - round(claim.figure * unit)) == 1:
            return Verdict(WITHIN)
    return Verdict(DIFFERS)


def size_agrees(claim: Claim, finding: Finding, alpha: float) -> Verdict:
    """Compare the size of a described group with its figure, and its members with the description."""
    found = figure_agrees(claim, finding, alpha)
    if finding.members is None or finding.fitting is None:
        return Verdict(SIZE, "no description was declared") if found.word == REPRODUCED else found
    share = finding.fitting / finding.members if finding.members else math.nan
    reason = f"{finding.fitting} of {finding.members} members fit the description ({share:.0%})"
    complete = found.word != REPRODUCED or finding.fitting == finding.members
    return Verdict(found.word if complete else SIZE, reason)


def order_agrees(claim: Claim, finding: Finding, alpha: float) -> Verdict:
    """Return whether every pair has the order."""
    if not finding.pairs:
        return Verdict(NOT_COMPUTABLE)
    wrong = [pair.between for pair in finding.pairs if pair.estimate <= 0]
    return Verdict(DIFFERS, f"not so of {', '.join(wrong)}") if wrong else Verdict(REPRODUCED)


def sign_agrees(claim: Claim, finding: Finding, alpha: float) -> Verdict:
    """Return whether a difference or association has the stated sign."""
    if finding.pairs:
        return order_agrees(claim, finding, alpha)
    return figure_agrees(claim, finding, alpha)


def significance_agrees(claim: Claim, finding: Finding, alpha: float) -> Verdict:
    """Return whether an association has the stated sign, and an unadjusted p below the level."""
    found = sign_agrees(claim, finding, alpha)
    return Verdict(DIFFERS) if found.word == REPRODUCED and not finding.p < alpha else found


_AGREES: dict[str, Callable[[Claim, Finding, float], Verdict]] = {
    "group_share": size_agrees,
    "extreme": order_agrees,
    "difference": sign_agrees,
    "association": sign_agrees,
    "significant": significance_agrees,
}


def agreement(claim: Claim, finding: Finding | None, alpha: float = 0.05) -> Verdict:
    """Decide whether the unweighted estimate agrees with the figure as it was worded and rounded.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    finding : Finding or None
        The unweighted estimate; None where nothing in the responses measures the statement.
    alpha : float
        Level below which an unadjusted p counts as "significant".

    Returns
    -------
    Verdict
        reproduced, size reproduced (of a described group not all of whose members fit the description),
        within one unit (only for a rounded figure, one off in its last digit), differs, or not computable.
    """
    if finding is None or math.isnan(finding.value):
        return Verdict(NOT_COMPUTABLE)
    return _AGREES.get(claim.type, figure_agrees)(claim, finding, alpha)


# ------------------------------------------------------------------------------------- support by responses


def bound_supported(claim: Claim, finding: Finding, alpha: float, adjusted_p: float | None) -> str:
    """Test a lower bound one-sided; against it is an interval that lies below."""
    if finding.p < alpha:
        return SUPPORTED
    return CONTRADICTED if finding.ci_high < claim.figure else INCONCLUSIVE


def order_supported(claim: Claim, finding: Finding, alpha: float, adjusted_p: float | None) -> str:
    """Return whether every pairwise test bears out an order; one pair the other way round is against it."""
    if any(pair.ci_high < 0 for pair in finding.pairs):
        return CONTRADICTED
    sure = bool(finding.pairs) and all(pair.p < alpha and pair.estimate > 0 for pair in finding.pairs)
    return SUPPORTED if sure else INCONCLUSIVE


def sign_supported(claim: Claim, finding: Finding, alpha: float, adjusted_p: float | None) -> str:
    """Return whether the interval of a difference or association lies on the stated side of zero.

    A sentence that speaks of a cause gets no more than this: `causal` changes nothing here.
    """
    if finding.pairs:
        return order_supported(claim, finding, alpha, adjusted_p)
    direction = -1 if claim.sign == "-" else 1
    nearest, farthest = sorted((direction * finding.ci_low, direction * finding.ci_high))
    if farthest < 0:
        return CONTRADICTED
    return SUPPORTED if nearest > 0 else INCONCLUSIVE


def significance_supported(claim: Claim, finding: Finding, alpha: float, adjusted_p: float | None) -> str:
    """Return whether Holm's p is below the level for an association that was called significant."""
    if sign_supported(claim, finding, alpha, adjusted_p) == CONTRADICTED:
        return CONTRADICTED
    if adjusted_p is None:
        raise StudyError(
            found=f"'{claim.id}' was published as significant but is not among the directional claims",
            where="params.yaml, claims.directional",
            fix="list it there: Holm's adjustment has to know every test of its family",
        )
    direction = -1 if claim.sign == "-" else 1
    return SUPPORTED if direction * finding.value > 0 and adjusted_p < alpha else INCONCLUSIVE


_SUPPORTED: dict[str, Callable[[Claim, Finding, float, float | None], str]] = {
    "more_than": bound_supported,
    "difference": sign_supported,
    "extreme": order_supported,
    "association": sign_supported,
    "significant": significance_supported,
}


def support_data(
    claim: Claim,
    finding: Finding | None,
    provenance: str,
    alpha: float = 0.05,
    adjusted_p: float | None = None,
) -> str:
    """Decide whether the responses support the statement.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    finding : Finding or None
        The unweighted estimate with its interval and test.
    provenance : str
        "reconstructed" responses were made from the figures themselves and are evidence of nothing.
    alpha : float
        Level of the tests.
    adjusted_p : float, optional
        Holm-adjusted p; decides where the publication said "significantly".

    Returns
    -------
    str
        supported, inconclusive, contradicted, not testable (a figure on its own, the size of a described
        group among them), or no evidence: reconstructed.
    """
    if provenance == "reconstructed":
        return NO_EVIDENCE
    rule = _SUPPORTED.get(claim.type)
    if finding is None or math.isnan(finding.value) or rule is None:
        return NOT_TESTABLE
    return rule(claim, finding, alpha, adjusted_p)
