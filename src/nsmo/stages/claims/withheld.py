"""Which statements have an estimate that may not be shown: by the plan for all figures of the wave."""

import numpy as np

from nsmo.stages.claims.adjusted import behind
from nsmo.stages.claims.measure import indicator
from nsmo.stats.disclosure import sensitive
from nsmo.study.conditions import evaluate
from nsmo.study.estimands import Difference, Extreme, Mean, Proportion, Ranking
from nsmo.study.statements import Claim
from nsmo.survey import Survey

_FEW = "too few respondents are behind it, or it would tell of a few"
_NO_GROUP = (
    "no table shows such a group, so what it would tell of a few is not known; one answer to a question is "
    "such a group, and rules.yaml names the question (crosstabs > banners)"
)


def withheld(claim: Claim, survey: Survey) -> str | None:
    """Return why the estimate of a statement, and all that follows from it, may not be shown; None if it may.

    It may where each figure that it is made of is shown in the tables, where enough respondents are behind
    it, and where a share that is no figure of the tables (several answers, a bound, a condition) is not
    sensitive by itself. A group that is no answer to one question, or lies within another one, is no group of
    the plan, so nothing of it is shown.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    survey : Survey
        The respondents, with the plan.
    """
    if claim.estimate is None:
        return None
    if any(survey.too_few(part, False) for part in behind(claim, survey)):
        return _FEW
    if survey.protection is None:
        return None
    group = _group(claim)
    if group is None:
        return _NO_GROUP
    figures = _made_of(claim, survey, *group)
    if any(by and by not in survey.protection.tables.groupings for _, _, by, _ in figures):
        return _NO_GROUP
    hidden = any(survey.hides(*figure) or _mean_tells(*figure, survey) for figure in figures)
    return _FEW if hidden or _tells(claim, survey) else None


def _mean_tells(question: str, option: str | None, by: str, group: str, survey: Survey) -> bool:
    """Whether a figure is a mean that may be shown rounded only; no verdict rests on that."""
    plan = survey.protection
    return option is None and plan is not None and plan.mean_tells(question, by, group)


def _group(claim: Claim) -> tuple[str, str] | None:
    """The variable and the answer that the estimate is of; empty for everybody, None where there is none."""
    estimate = claim.estimate
    if estimate is None or estimate.where is None:
        return "", ""
    names = estimate.where.tests.get("is", ())
    if estimate.where.question is None or len(names) != 1 or isinstance(estimate, Difference | Extreme):
        return None
    return estimate.where.question, names[0]


def _made_of(claim: Claim, survey: Survey, by: str, group: str) -> list[tuple[str, str | None, str, str]]:
    """The figures of the tables that an estimate is made of: question, option, variable and group."""
    estimate = claim.estimate
    match estimate:
        case Proportion(option=str()):
            return [(estimate.question, estimate.option, by, group)]
        case Proportion(options=tuple()):
            return [(estimate.question, option, by, group) for option in estimate.options or ()]
        case Proportion():
            when = estimate.when
            asked = [leaf.question for leaf, _ in when.leaves() if leaf.question] if when else []
            return [
                (name, option, by, group)
                for name in dict.fromkeys(asked)
                for option in survey.codebook.variable(name).option_names
            ]
        case Mean():
            return [(estimate.question, None, by, group)]
        case Difference() | Extreme():
            groups = survey.codebook.variable(estimate.by).option_names
            compared = estimate.groups if isinstance(estimate, Difference) else groups
            return [(estimate.question, estimate.option, estimate.by, name) for name in compared]
        case Ranking():
            every = survey.codebook.variable(estimate.question).option_names
            lower = estimate.lower or [name for name in every if name not in estimate.higher]
            return [(estimate.question, option, by, group) for option in (*estimate.higher, *lower)]
    return []


def _tells(claim: Claim, survey: Survey) -> bool:
    """Whether a share that is no figure of the tables is sensitive by itself."""
    estimate, protection = claim.estimate, survey.protection
    if not isinstance(estimate, Proportion) or estimate.option is not None or protection is None:
        return False
    inside = np.ones(len(survey.frame), dtype=bool)
    if estimate.where is not None:
        inside = evaluate(estimate.where, survey.frame).to_numpy(dtype=bool)
    values = indicator(estimate, survey.frame, survey.codebook.variable(estimate.question))[inside].dropna()
    limits = protection.limits
    return bool(
        sensitive(
            float(values.astype(bool).sum()),
            float(len(values)),
            min_base=limits.min_base,
            min_count=limits.min_count,
            max_share=limits.max_share,
            group=estimate.where is not None,
        ).item()
    )
