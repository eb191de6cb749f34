"""The words of the verdicts; whether an estimate agrees with a statement, whether responses support it.

No verdict is written by hand. What a wording means, `nsmo.study.statements` says.
"""

import math
from dataclasses import dataclass

from nsmo.stages.claims.measure import Finding
from nsmo.study import StudyError
from nsmo.study.statements import Claim
from nsmo.study.wordings import interval

REPRODUCED, WITHIN, DIFFERS = "reproduced", "within one unit", "differs"
SUPPORTED, INCONCLUSIVE, CONTRADICTED = "supported", "inconclusive", "contradicted"
IF_RANDOM = "supported if a random sample"
NOT_TESTABLE, NOT_COMPUTABLE = "not testable", "not computable"
NO_EVIDENCE = "no evidence: reconstructed"
CONSISTENT, CONTRADICT = "consistent", "sources contradict"

#: Types of statements that are a figure on its own.
FIGURES = ("exact", "about", "almost", "over", "fraction", "group_share")


@dataclass(frozen=True)
class Verdict:
    """A word of claims' vocabulary and, in a sentence, what it rests on."""

    word: str
    reason: str = ""


def agreement(claim: Claim, finding: Finding | None, alpha: float = 0.05) -> str:
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
    str
        reproduced, within one unit (only for a rounded figure, one off in its last digit), differs, or not
        computable.
    """
    if finding is None or math.isnan(finding.value):
        return NOT_COMPUTABLE
    if finding.pairs:
        return REPRODUCED if all(pair.estimate > 0 for pair in finding.pairs) else DIFFERS
    worded = interval(claim)
    if worded is None:
        return NOT_COMPUTABLE
    if worded.contains(finding.value):
        significant = claim.type != "significant" or finding.p < alpha
        return REPRODUCED if significant else DIFFERS
    if "exact" in (claim.type, claim.worded):
        unit = 10.0**claim.digits
        rounded = math.floor(finding.value * unit + 0.5 + 1e-9)
        if abs(rounded - round(claim.figure * unit)) == 1:
            return WITHIN
    return DIFFERS


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
        supported, inconclusive, contradicted, not testable, or no evidence: reconstructed.
    """
    if provenance == "reconstructed":
        return NO_EVIDENCE
    if finding is None or math.isnan(finding.value) or claim.type in FIGURES:
        return NOT_TESTABLE
    if claim.type == "more_than":
        if finding.p < alpha:
            return SUPPORTED
        return CONTRADICTED if finding.ci_high < claim.figure else INCONCLUSIVE
    if finding.pairs:
        if any(pair.ci_high < 0 for pair in finding.pairs):
            return CONTRADICTED
        return SUPPORTED if all(p.p < alpha and p.estimate > 0 for p in finding.pairs) else INCONCLUSIVE
    direction = -1 if claim.sign == "-" else 1
    nearest, farthest = sorted((direction * finding.ci_low, direction * finding.ci_high))
    if farthest < 0:
        return CONTRADICTED
    if claim.type == "significant":
        if adjusted_p is None:
            raise StudyError(
                found=f"'{claim.id}' was published as significant but is not among the directional claims",
                where="params.yaml, claims.directional",
                fix="list it there: Holm's adjustment has to know every test that was planned",
            )
        return SUPPORTED if direction * finding.value > 0 and adjusted_p < alpha else INCONCLUSIVE
    return SUPPORTED if nearest > 0 else INCONCLUSIVE
