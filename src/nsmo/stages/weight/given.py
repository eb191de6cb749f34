"""Weights and designs that came with the responses: what is wrong with them, and what they are."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from nsmo.stats import DesignError, ReplicateDesign, SurveyDesign
from nsmo.study.codebook import Codebook
from nsmo.study.errors import Problem, StudyError
from nsmo.study.given import Replicates
from nsmo.survey.given import REPLICATE, base_weights, linearised, replicated

_PLACE = "rules.yaml, weighting > given"
_COLUMNS = "questionnaire.yaml, source > design"
_SHOWN = 10  # ids of respondents that a message names
_NEAR = 1e-6  # of the ratio of a replicate weight to the weight, where nobody adjusted it later


def given_design(codebook: Codebook, responses: pd.DataFrame) -> SurveyDesign:
    """Compute the design that came with the responses, its weights of mean 1.

    Parameters
    ----------
    codebook : Codebook
        Its `weighting` says `given`.
    responses : DataFrame
        Those who stay after cleaning, with the columns ``design.…``.

    Raises
    ------
    StudyError
        Naming everything that is wrong, see `problems`.
    """
    found = problems(codebook, responses)
    if found:
        raise StudyError(
            f"the weights and the design that came with the responses have {len(found)} "
            f"problem{'s' * (len(found) > 1)}:",
            problems=found,
        )
    again = replicated(responses, codebook)
    return again if again is not None else linearised(responses, codebook, base_weights(responses))


def problems(codebook: Codebook, responses: pd.DataFrame) -> list[Problem]:
    """List what is wrong with the weights and the design that came with the responses.

    Parameters
    ----------
    codebook, responses
        As of `given_design`.

    Returns
    -------
    list of Problem
        Columns that nobody named; respondents without a weight, or with one of 0; replicate weights that are
        missing, or not of the type or the number declared; a population smaller than the sample; a stratum in
        which one unit was drawn; a cluster without a stratum, and whatever else the design refuses.
    """
    given = codebook.weighting.as_given if codebook.weighting else None
    if given is None:
        return []
    design, kinds = codebook.source.design, given.replicates
    if not design.columns and "design.weight" not in responses:
        return [
            Problem(
                "weights are said to be given, and no column has them",
                _PLACE,
                "source: design: weight: in questionnaire.yaml, with the column",
                "name the column there, or take `weighting:` out",
            )
        ]
    found = list(_weight_problems(responses, given.zero == "keep"))
    named = bool(design.replicates)
    if named != (kinds is not None):
        found.append(_one_of_two(named, len(design.replicates)))
    if found:
        return found
    if named and kinds is not None:
        found += _replicate_problems(codebook, responses, kinds)
    try:
        linearised(responses, codebook, base_weights(responses))
        if not found:
            replicated(responses, codebook)
    except DesignError as error:
        found.append(_of_the_design(str(error)))
    return found


def about_design(codebook: Codebook, design: SurveyDesign) -> dict[str, Any]:
    """Return what weighting.json says of a design that came with the responses."""
    first, columns = design.stages[0], codebook.source.design
    again = design if isinstance(design, ReplicateDesign) else None
    given = codebook.weighting.as_given if codebook.weighting else None
    kinds = given.replicates if given else None
    return {
        "strata": len(first.size) if columns.stratum and not again else None,
        "clusters": len(first.stratum) if columns.cluster and not again else None,
        "stages": len(design.stages),
        "fpc": bool(columns.fpc) and not again,
        "degrees_of_freedom": int(design.degf()),
        "replicates": {
            "type": kinds.type,
            "number": again.replicates,
            "scale": float(again.scale),
            "centre": again.centre,
            **({"rho": kinds.rho} if kinds.rho is not None else {}),
        }
        if again and kinds
        else None,
    }


def replicate_columns(design: SurveyDesign | None) -> dict[str, np.ndarray]:
    """List the weights of each replicate, times the same as the weight; none without replicates."""
    if not isinstance(design, ReplicateDesign):
        return {}
    matrix = design.weights_matrix() / design.weights.mean()
    width = len(str(matrix.shape[1]))
    return {f"{REPLICATE}{i:0{width}d}": matrix[:, i - 1] for i in range(1, matrix.shape[1] + 1)}


def _ids(responses: pd.DataFrame, rows: np.ndarray) -> str:
    ids = responses.loc[rows, "response_id"].astype(str).tolist()
    return ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")


def _weight_problems(responses: pd.DataFrame, zero_stays: bool) -> Iterator[Problem]:
    if "design.weight" not in responses:
        return
    weights = responses["design.weight"].to_numpy(dtype=float)
    lost, none = ~np.isfinite(weights), weights == 0
    if lost.any():
        yield Problem(
            f"{lost.sum()} respondents have no weight: {_ids(responses, lost)}",
            _COLUMNS,
            "a weight for every respondent who stays after cleaning",
            "take those without one out by a cleaning rule, or export the responses again",
        )
    elif none.all():
        yield Problem("every weight is 0", _COLUMNS, "weights above 0", "name the column of the weights")
    if none.any() and not none.all() and not zero_stays:
        yield Problem(
            f"{none.sum()} respondents have a weight of 0: {_ids(responses, none)}",
            _COLUMNS,
            "a weight above 0 for every respondent who stays after cleaning",
            "take them out by a cleaning rule, or write given: {zero: keep} in rules.yaml",
        )


def _one_of_two(named: bool, number: int) -> Problem:
    if named:
        return Problem(
            f"{number} replicate weights, and not how they were made",
            f"{_PLACE} > replicates",
            "their type: JK1, JKn, JK2, BRR, Fay (with rho), bootstrap, ACS, or other (with scale)",
            "look it up in the documentation of the data, and write given: {replicates: {type: …}}",
        )
    return Problem(
        "replicates are declared, and no column has them",
        f"{_PLACE} > replicates",
        "source: design: replicates: in questionnaire.yaml, with the columns",
        "name the columns there, as `rw01 to rw80`",
    )


def _replicate_problems(codebook: Codebook, responses: pd.DataFrame, kinds: Replicates) -> Iterator[Problem]:
    design, place = codebook.source.design, f"{_PLACE} > replicates"
    number = len(design.replicates)
    for said, what in ((kinds.number, "number"), (len(kinds.rscales) or None, "rscales")):
        if said is not None and said != number:
            yield Problem(
                f"{what} says {said} replicates, and {number} columns are named",
                place,
                "one column for each replicate",
                "correct the columns of source.design.replicates, or this number",
            )
    matrix = responses[design.replicate_names].to_numpy(dtype=float)
    lost = ~np.isfinite(matrix)
    if lost.any():
        column = design.replicates[int(lost.any(axis=0).argmax())]
        yield Problem(
            f"{lost.any(axis=1).sum()} respondents lack a replicate weight: "
            f"{_ids(responses, lost.any(axis=1))}; the first in column {column}",
            _COLUMNS,
            "every replicate weight of every respondent who stays after cleaning",
            "take them out by a cleaning rule, or export the responses again",
        )
        return
    if "design.weight" not in responses:
        yield Problem("replicate weights, and no weight", _COLUMNS, "weight: with the column of the weight")
        return
    yield from _of_another_type(responses["design.weight"].to_numpy(dtype=float), matrix, kinds, place)


def _of_another_type(
    weights: np.ndarray, matrix: np.ndarray, kinds: Replicates, place: str
) -> Iterator[Problem]:
    """Yield what the replicates show that the type declared cannot be."""
    size = float(matrix.mean() / weights.mean())
    if kinds.combined and not 0.2 < size < 5:
        yield Problem(
            f"the replicate weights are {size:.3g} times the weights on average",
            place,
            "weights; those that multiply the weight are declared as combined: false",
            "write combined: false, or name the right columns",
        )
        return
    if not kinds.combined and not 0.2 < float(matrix.mean()) < 5:
        yield Problem(
            f"the replicate weights are {matrix.mean():.3g} on average, and combined is false",
            place,
            "numbers about 1, by which the weight is multiplied",
            "take combined: false out, or name the right columns",
        )
        return
    ratio = matrix / weights[:, None] if kinds.combined else matrix
    ratio = ratio[weights > 0]
    none = float((ratio == 0).mean())
    expected = {"BRR": none > 0.25, "Fay": none < 0.25, "JK1": none <= 0.5, "JKn": none <= 0.5}
    if not expected.get(kinds.type, True):
        yield Problem(
            f"{none:.0%} of the replicate weights are 0, which {kinds.type} does not make",
            place,
            {
                "BRR": "about half of them 0; with none it is Fay's method",
                "Fay": "none of them 0; with about half it is BRR",
            }.get(kinds.type, "few of them 0: each replicate leaves one unit out"),
            "look the type up in the documentation of the data",
        )
        return
    seen = np.unique(np.round(ratio / _NEAR)) * _NEAR
    if kinds.type == "Fay" and kinds.rho is not None and len(seen) == 2:
        low = float(seen[0])
        if abs(low - kinds.rho) > 10 * _NEAR and abs(seen.sum() - 2) < 10 * _NEAR:
            yield Problem(
                f"the replicate weights are {low:g} or {seen[1]:g} times the weight",
                place,
                f"{kinds.rho:g} or {2 - kinds.rho:g} times, as rho {kinds.rho:g} makes them",
                f"write rho: {low:g}",
            )
    if kinds.type == "JKn" and len(kinds.rscales) == ratio.shape[1]:
        largest = ratio.max(axis=0)
        # Where nobody adjusted them, all units of the stratum but one are n / (n - 1) times as heavy.
        plain = all(len(np.unique(np.round(column / _NEAR))) <= 3 for column in ratio.T)
        off = np.abs(np.array(kinds.rscales) * largest - 1) > 1e-3
        if plain and (largest > 1).all() and off.all():
            wanted = ", ".join(f"{1 / one:.4g}" for one in largest[:3])
            yield Problem(
                f"no rscales fits its replicate: the first are {', '.join(map(str, kinds.rscales[:3]))}",
                place,
                f"(n - 1) / n of the stratum of each: {wanted} …",
                "correct rscales",
            )


def _of_the_design(text: str) -> Problem:
    fixes = {
        "single unit": "write given: {lonely_psu: adjust} in rules.yaml (or average, remove, certainty: R's "
        "names), or merge strata in the data",
        "more units drawn": "the column fpc holds the size of the population of the stratum, in units drawn "
        "first: correct it, or take it out",
        "fpc": "correct the column of source.design.fpc",
    }
    # The library speaks of its arguments; who reads this has files.
    plain = text.replace('lonely_psu="adjust", "average", "remove" or "certainty"', "lonely_psu")
    plain = plain.replace("'design.", "'source.design.")
    fix = next((fix for key, fix in fixes.items() if key in text), "correct the columns of source.design")
    return Problem(plain, _COLUMNS, fix=fix)
