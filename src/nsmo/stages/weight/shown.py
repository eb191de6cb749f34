"""What may be shown of the respondents, settled once for all stages."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

import pandas as pd

from nsmo.study import Codebook, Problem
from nsmo.survey.attacked import attacked
from nsmo.survey.linked import BASE, Key
from nsmo.survey.protection import Protection, few_told
from nsmo.survey.weighed import ABOUT

#: What weighting.json tells of how the weights are spread. Who knows the population, and how many are in each
#: category of the margins, finds with three digits of these how many are in each combination.
_SPREAD = ("min", "max", "smallest_feasible_bound", "at_bound", "iterations")
_CHANCES = ("lowest_chance", "highest_chance")


class Shown(NamedTuple):
    """What is hidden of the figures of a wave.

    Attributes
    ----------
    hidden : DataFrame
        ``question, option, by, group, reason``, as of `nsmo.survey.protection.Protection.frame`: which
        figures are hidden. It belongs in no file that leaves.
    counted : DataFrame
        As of `nsmo.survey.attacked.attacked`: how many, and what a reader of all the rest can bound.
    plan : Protection or None
        What is shown; None as of a reconstruction, where only figures of few respondents are hidden.
    """

    hidden: pd.DataFrame
    counted: pd.DataFrame
    plan: Protection | None = None

    @classmethod
    def of(cls, plan: Protection | None) -> Self:
        """Attack a plan; without one, as of a reconstruction, only figures of few respondents are hidden.

        Raises
        ------
        StudyError
            If a hidden figure can be bounded more narrowly than was promised.
        """
        hidden = pd.DataFrame(columns=[*Key._fields, "reason"]) if plan is None else plan.frame()
        return cls(hidden, attacked(plan), plan)

    @property
    def spread(self) -> bool:
        """Whether it may be told how the weights are spread."""
        return self.plan is None or self.plan.weighed.spread

    def evidence(self, made: Mapping[str, Any], shares: pd.DataFrame) -> dict[str, Any]:
        """Return what weighting.json holds.

        Parameters
        ----------
        made : mapping
            As of `nsmo.stages.weight.Weighted`.
        shares : DataFrame
            Of the same; what is hidden of them is not named.
        """
        told = dict(made)
        if self.plan is not None:
            shares = self.shares(shares)
            told["sensitivity"] = [
                one | {"largest_change": largest_change(one["name"], shares)} for one in made["sensitivity"]
            ]
        if self.spread:
            return told
        told = {name: value for name, value in told.items() if name not in _SPREAD}
        told.update(_about(made))
        told["sensitivity"] = [one | _about(one | {"n": made["n"]}) for one in told["sensitivity"]]
        if chances := told.get("propensity"):
            told["propensity"] = {name: one for name, one in chances.items() if name not in _CHANCES}
        return told

    def shares(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what the weights do to the shares that are shown, of bases that are shown."""
        if self.plan is None or frame.empty:
            return frame
        pairs = zip(frame["question"], frame["option"], strict=True)
        return frame[[not self._hides(*pair) for pair in pairs]].reset_index(drop=True)

    def _hides(self, question: str, option: str) -> bool:
        assert self.plan is not None, "asked where there is one"
        of_several = self.plan.codebook.variable(question).type == "multi"
        base = self.plan.hidden(f"{question}.{option}" if of_several else question, BASE)
        return base or self.plan.hidden(question, option) or self.plan.weighed.gone(question)

    def groups(self, frame: pd.DataFrame, evidence: Mapping[str, Any]) -> pd.DataFrame:
        """Return what groups are worth; where the spread is not told, as if it were alike in all of them."""
        return frame if self.spread else frame.assign(n_eff=frame["n"] / evidence["deff"])


def _about(made: Mapping[str, Any]) -> dict[str, float]:
    """What the weights cost, of which one decimal is told."""
    deff = round(made["deff"], ABOUT)
    costs = {"deff": deff, "n_eff": made["n"] / deff, "cv": math.sqrt(max(deff - 1, 0))}
    return {name: value for name, value in costs.items() if name in made}


def largest_change(name: str, shares: pd.DataFrame) -> dict[str, Any] | None:
    """Return the share that differs most under other weights, and by how many percentage points."""
    if not len(shares):
        return None
    moved = (shares[name] - shares["weighted"]).abs()
    most = shares.loc[moved.idxmax()]
    return {"question": most["question"], "option": most["option"], "points": float(100 * moved.max())}


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
