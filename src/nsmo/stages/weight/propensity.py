"""Weights by the chance of taking part, estimated with a reference sample, and how the two overlap."""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from nsmo.stages.weight.given import replicate_columns
from nsmo.stages.weight.weighted import Weighted, groups_of, kish, shares_moved
from nsmo.stats import DesignError, Participation, SurveyDesign, model_participation
from nsmo.study.codebook import Codebook
from nsmo.study.errors import Problem, StudyError
from nsmo.study.paths import REFERENCE
from nsmo.study.propensity import Propensity
from nsmo.survey.given import PROPENSITY

_PLACE = "rules.yaml, weighting > propensity"
_SHOWN = 10  # ids of respondents that a message names


def by_propensity(
    codebook: Codebook,
    responses: pd.DataFrame,
    reference: pd.DataFrame,
    *,
    max_ratio: float,
    seed: int,
    min_effective_n: float,
    max_deff: float,
    max_dropped: float,
) -> Weighted:
    """Weight respondents by one over their chance of taking part.

    Parameters
    ----------
    codebook : Codebook
        Its `weighting: propensity:` says what the chance depends on.
    responses : DataFrame
        The coded frame of those who stay after cleaning.
    reference : DataFrame
        As of `nsmo.study.propensity.read_reference`.
    max_ratio, seed, min_effective_n, max_deff, max_dropped
        As of `nsmo.stages.weight.weight`.

    Returns
    -------
    Weighted
        Its margins are the terms of the model: how far sample and reference lie apart in each, before and
        after. The replicates stand in the responses, as those that come with data do.

    Raises
    ------
    StudyError
        Naming everything that is wrong, see `problems`; or if the chances have no finite estimate in too many
        replicates.
    """
    propensity = _declared(codebook)
    found = problems(codebook, responses, reference, max_ratio)
    if found:
        raise StudyError(
            f"no weights can be made with the reference sample, for {len(found)} "
            f"reason{'s' * (len(found) > 1)}:",
            problems=found,
        )
    model = _model(propensity, responses, reference)
    again, dropped = _replicates(model, propensity.replicates, seed, max_dropped)
    weights = model.weights / model.weights.mean()
    columns = replicate_columns(again)
    frame = responses.assign(weight=weights)
    margins = _terms(propensity, model, frame)
    costs = kish(weights)
    population = codebook.weighting.population if codebook.weighting else None
    evidence = {
        "population": {"nl": population.nl, "en": population.en} if population else None,
        "method": PROPENSITY,
        "n": len(frame),
        "n_eff": costs["n_eff"],
        "deff": costs["deff"],
        "cv": math.sqrt(max(costs["deff"] - 1, 0)),
        "min": float(weights.min()),
        "max": float(weights.max()),
        "upper_bound": max_ratio,
        "trimmed": 0,
        "subgroup_tables": bool(costs["deff"] <= max_deff),
        "limits": {"min_effective_n": min_effective_n, "max_deff": max_deff},
        "margins": [],
        "sensitivity": [],
        "replicates": None,
        "propensity": {
            "by": propensity.by,
            "source": propensity.source.model_dump(),
            "source_url": propensity.source_url,
            "period": propensity.period,
            "reference": len(reference),
            "total": float(model.reference.weights.sum()),
            "uncovered": _uncovered(propensity, model),
            "largest_gap": float((margins["after"] - margins["target"]).abs().max()),
            "largest_gap_before": float((margins["before"] - margins["target"]).abs().max()),
            "lowest_chance": float(model.chance.min()),
            "highest_chance": float(model.chance.max()),
            "degrees_of_freedom": int(model.df),
            "replicates": int(again.replicates),
            "dropped": dropped,
            "seed": seed,
        },
    }
    return Weighted(
        pd.concat([frame, pd.DataFrame(columns, index=frame.index)], axis=1),
        pd.DataFrame({"response_id": frame["response_id"]} | columns),
        evidence,
        margins,
        shares_moved(codebook, frame, again),
        groups_of(codebook, frame, min_effective_n, evidence["subgroup_tables"]),
    )


def problems(
    codebook: Codebook, responses: pd.DataFrame, reference: pd.DataFrame, max_ratio: float
) -> list[Problem]:
    """List why no weights can be made with a reference sample.

    Parameters
    ----------
    codebook, responses, reference, max_ratio
        As of `by_propensity`.

    Returns
    -------
    list of Problem
        Respondents without an answer; an answer that only one of the samples has; a reference whose weights
        do not add up to a population, or whose design cannot be; chances without a finite estimate; a weight
        above the bound.
    """
    propensity = _declared(codebook)
    found = [*_without_answer(propensity, responses), *_in_one_only(propensity, responses, reference)]
    if found:
        return found
    try:
        model = _model(propensity, responses, reference)
    except DesignError as error:
        return [
            Problem(str(error), f"{_PLACE}; {REFERENCE}", fix="merge answers, or take a question out of by")
        ]
    most = float(model.weights.max() / model.weights.mean())
    if most <= max_ratio:
        return []
    return [
        Problem(
            f"the largest weight is {most:.2f} × the mean: a chance to take part of {model.chance.min():.2g}",
            "max_ratio of params.yaml, weight",
            f"at least {math.ceil(100 * most) / 100:g}",
            "merge small answers, take a question out of by, or raise max_ratio",
        )
    ]


def _declared(codebook: Codebook) -> Propensity:
    propensity = codebook.weighting.propensity if codebook.weighting else None
    assert propensity is not None, "who calls has looked"
    return propensity


def _model(propensity: Propensity, responses: pd.DataFrame, reference: pd.DataFrame) -> Participation:
    there = SurveyDesign(
        reference, propensity.weight, propensity.strata, propensity.clusters, nest=True, lonely_psu="error"
    )
    return model_participation(SurveyDesign(responses), there, propensity.by)


def _without_answer(propensity: Propensity, responses: pd.DataFrame) -> Iterator[Problem]:
    for name in propensity.by:
        absent = responses[name].isna()
        if absent.any():
            ids = responses.loc[absent, "response_id"].astype(str).tolist()
            yield Problem(
                f"{absent.sum()} respondents have no '{name}': {', '.join(ids[:_SHOWN])}"
                + (" …" if len(ids) > _SHOWN else ""),
                _PLACE,
                "an answer of every respondent",
                "derive a variable that gives them one, or take them out by a cleaning rule with its reason",
            )


def _in_one_only(
    propensity: Propensity, responses: pd.DataFrame, reference: pd.DataFrame
) -> Iterator[Problem]:
    for name in propensity.by:
        here, there = set(responses[name].dropna()), set(reference[name])
        for one, only in (("the respondents", here - there), ("the reference", there - here)):
            if only:
                yield Problem(
                    f"only {one} have {', '.join(sorted(only))} of '{name}'",
                    f"{_PLACE}; {REFERENCE}",
                    "answers that both samples have",
                    "derive a variable in which they are merged with others, and weight by that",
                )


def _replicates(model: Participation, number: int, seed: int, max_dropped: float) -> tuple[Any, int]:
    try:
        again, dropped = model.replicates(number, seed)
    except DesignError:
        again, dropped = None, number
    if again is None or dropped > max_dropped * number:
        raise StudyError(
            found=f"the chances have no finite estimate in {dropped} of {number} replicates",
            where=f"{_PLACE}; max_dropped of params.yaml, weight",
            expected=f"at most {math.floor(max_dropped * number)}, and two replicates left",
            fix="merge small answers, or take a question out of by",
        )
    return again, dropped


def _terms(propensity: Propensity, model: Participation, frame: pd.DataFrame) -> pd.DataFrame:
    """The share of each answer among the respondents, in the reference, and after weighting."""
    rows, there, weights = [], model.reference.frame, model.reference.weights
    for name in propensity.by:
        for option in frame[name].cat.categories:
            here = (frame[name] == option).to_numpy()
            if here.any():
                rows.append(
                    {
                        "margin": name,
                        "category": option,
                        "n": int(here.sum()),
                        "before": float(here.mean()),
                        "target": float(weights[(there[name] == option).to_numpy()].sum() / weights.sum()),
                        "after": float(frame["weight"].to_numpy()[here].sum() / frame["weight"].sum()),
                        "period": propensity.period,
                        "table": propensity.source.en,
                    }
                )
    return pd.DataFrame(rows)


def _uncovered(propensity: Propensity, model: Participation) -> float:
    """The share of the population in combinations of answers that no respondent has."""
    known = set(model.sample.frame[propensity.by].astype(str).itertuples(index=False, name=None))
    there = model.reference.frame[propensity.by].astype(str).itertuples(index=False, name=None)
    weights = model.reference.weights
    return float(weights[[one not in known for one in there]].sum() / weights.sum())
