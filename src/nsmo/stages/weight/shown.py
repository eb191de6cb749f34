"""What may be shown of the respondents, settled once for all stages."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import pandas as pd

from nsmo.study import Codebook, Problem
from nsmo.survey.attacked import attacked
from nsmo.survey.linked import Key
from nsmo.survey.protection import Protection, few_told


class Shown(NamedTuple):
    """What is hidden of the figures of a wave.

    Attributes
    ----------
    hidden : DataFrame
        ``question, option, by, group, reason``, as of `nsmo.survey.protection.Protection.frame`: which
        figures are hidden. It belongs in no file that leaves.
    counted : DataFrame
        As of `nsmo.survey.attacked.attacked`: how many, and what a reader of all the rest can bound.
    """

    hidden: pd.DataFrame
    counted: pd.DataFrame

    @classmethod
    def of(cls, plan: Protection | None) -> Self:
        """Attack a plan; without one, as of a reconstruction, only figures of few respondents are hidden.

        Raises
        ------
        StudyError
            If a hidden figure can be bounded more narrowly than was promised.
        """
        hidden = pd.DataFrame(columns=[*Key._fields, "reason"]) if plan is None else plan.frame()
        return cls(hidden, attacked(plan))


def told(codebook: Codebook, margins: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """List the categories of the margins, each as a question and those of its answers that are in it.

    How many respondents each has is told with the weights, whatever is hidden.

    Parameters
    ----------
    codebook : Codebook
    margins : sequence of mapping
        Of the evidence of weighting.
    """
    found: list[tuple[str, list[str]]] = []
    for about in margins:
        declared = (
            {margin.name: margin for margin in codebook.weighting.margins} if codebook.weighting else {}
        )
        parts = {name: [name] for name in codebook.variable(about["question"]).option_names}
        groups = {group.name: group.of for group in declared[about["name"]].merge}
        for name in about["merged"]:
            inside = set(_options(groups, name))
            joined = [part for part, options in parts.items() if set(options) <= inside]
            parts[name] = [option for part in joined for option in parts.pop(part)]
        found += [(about["question"], options) for options in parts.values()]
    return found


def told_problems(
    codebook: Codebook, responses: pd.DataFrame, margins: Sequence[Mapping[str, Any]]
) -> list[Problem]:
    """List the categories of the margins with fewer respondents than may be told, for which the stage stops.

    Parameters
    ----------
    codebook : Codebook
    responses : DataFrame
        Who stays after cleaning.
    margins : sequence of mapping
        Of the evidence of weighting.
    """
    least, found = codebook.privacy.min_count, []
    if codebook.privacy.suppress == "base":
        return []
    for question, answers in told(codebook, margins):
        if 0 < responses[question].isin(answers).sum() < least:
            found += few_told(question, "+".join(answers), least).problems
    return found


def _options(groups: Mapping[str, Sequence[str]], name: str) -> list[str]:
    """The options in a group; groups may hold others."""
    return [option for part in groups.get(name, ()) for option in _options(groups, part)] or [name]
