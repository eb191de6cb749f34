"""What the weighted responses say about a statement, where those behind it are worth enough."""

from collections.abc import Iterable

import pandas as pd

from nsmo.stages.claims.measure import Finding, compared, indicator, measure
from nsmo.study.conditions import evaluate
from nsmo.study.estimands import Association, Difference, Extreme, Mean, Proportion, Ranking
from nsmo.study.statements import Claim
from nsmo.survey import Survey
from nsmo.survey.measures import as_numeric, as_ordered, shares


def adjusted(claim: Claim, survey: Survey) -> Finding | None:
    """Estimate, from the weighted responses, what a claim speaks of.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    survey : Survey
        The respondents.

    Returns
    -------
    Finding or None
        As of `measure`; None also where nobody is weighted, and where those behind the figure, or one of the
        groups that it compares, are worth fewer respondents than `Survey.min_effective_n`.
    """
    if survey.weighted is None or claim.estimate is None:
        return None
    if any(survey.worth(part) < survey.min_effective_n for part in behind(claim, survey)):
        return None
    return measure(claim, survey.weighted, survey.codebook, survey.confidence)


def behind(claim: Claim, survey: Survey) -> list[pd.Series]:
    """List the groups of respondents that the figure of a claim rests on, one or all compared."""
    frame, codebook, estimate = survey.frame, survey.codebook, claim.estimate
    inside = pd.Series(True, index=frame.index)
    if estimate is not None and estimate.where is not None:
        inside &= evaluate(estimate.where, frame)
    match estimate:
        case Proportion():
            return [inside & indicator(estimate, frame, codebook.variable(estimate.question)).notna()]
        case Mean():
            return [inside & as_numeric(frame, codebook.variable(estimate.question)).notna()]
        case Difference():
            return _groups(estimate, inside, survey, estimate.groups)
        case Extreme():
            return _groups(estimate, inside, survey, frame[estimate.by].cat.categories)
        case Ranking():
            ticked = shares(frame, codebook.variable(estimate.question), list(estimate.higher))
            return [inside & ticked.notna().all(axis=1)]
        case Association():
            ends = [
                as_ordered(frame, codebook.variable(name), estimate.high.get(name))
                for name in (estimate.x, estimate.y)
            ]
            return [inside & ends[0].notna() & ends[1].notna()]
    return []


def _groups(
    estimate: Difference | Extreme, inside: pd.Series, survey: Survey, names: Iterable[str]
) -> list[pd.Series]:
    known = inside & compared(estimate, survey.frame, survey.codebook).notna()
    parts = [known & survey.frame[estimate.by].eq(name) for name in names]
    return [part for part in parts if part.any()]
