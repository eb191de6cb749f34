"""Weights that are not made here: those that came with the responses, or none."""

import math
from typing import Any

import numpy as np
import pandas as pd

from nsmo.stages.weight.given import about_design, given_design, replicate_columns
from nsmo.stages.weight.weighted import MARGINS, SHARES, Weighted, groups_of, kish, shares_moved
from nsmo.stats import trim_weights
from nsmo.study.codebook import Codebook
from nsmo.study.errors import StudyError


def require_two(n: int) -> None:
    """Stop where fewer than two respondents are left."""
    if n < 2:
        raise StudyError(
            found=f"{n} respondent{'s' * (n != 1)}",
            where="rules.yaml, cleaning; the file with the responses",
            expected="at least 2: one alone says nothing about how answers differ",
            fix="wait for more responses, or look at the page on cleaning which rule takes them out",
        )


def as_given(
    codebook: Codebook, responses: pd.DataFrame, *, min_effective_n: float, max_deff: float
) -> Weighted:
    """Take the weights that came with the responses as they are; without any, everybody counts once.

    Parameters
    ----------
    codebook : Codebook
        Its `weighting` says `given`, or there is none.
    responses : DataFrame
        The coded frame of those who stay after cleaning, with ``design.weight`` where weights are given.
    min_effective_n, max_deff : float
        As of `weight`.

    Returns
    -------
    Weighted

    Raises
    ------
    StudyError
        Naming everything that is wrong with weights that are said to be given (`given.problems`), or if fewer
        than two respondents are left.
    """
    require_two(len(responses))
    given = codebook.weighting is not None
    design = given_design(codebook, responses) if given else None
    before = design.weights if design else np.zeros(0)
    trim = codebook.weighting.as_given.trim if codebook.weighting and codebook.weighting.as_given else None
    if design is not None and trim is not None:
        design = trim_weights(design, trim)
    weights = design.weights if design else np.ones(len(responses))
    frame = responses.assign(weight=weights)
    evidence = evidence_as_given(codebook, weights, None, min_effective_n, max_deff)
    evidence["trimmed"] = 0 if design is None else int((before > design.weights * (1 + 1e-12)).sum())
    evidence["design"] = about_design(codebook, design) if design else None
    shares = pd.DataFrame(columns=SHARES) if design is None else shares_moved(codebook, frame, design)
    replicates = replicate_columns(design)
    return Weighted(
        frame.assign(**replicates),
        pd.DataFrame({"response_id": frame["response_id"]} | replicates),
        evidence,
        pd.DataFrame(columns=MARGINS),
        shares,
        groups_of(codebook, frame, min_effective_n, evidence["subgroup_tables"]),
    )


def evidence_as_given(
    codebook: Codebook,
    weights: np.ndarray,
    counts: np.ndarray | None,
    min_effective_n: float,
    max_deff: float,
) -> dict[str, Any]:
    """Put together what weighting.json holds of weights that were not made here.

    Parameters
    ----------
    codebook : Codebook
    weights, counts : ndarray
        And how many respondents have each; None: one.
    min_effective_n, max_deff : float
        As of `as_given`.
    """
    costs = kish(weights, counts)
    population = codebook.weighting.population if codebook.weighting else None
    return {
        "population": {"nl": population.nl, "en": population.en} if population else None,
        "method": "none" if codebook.weighting is None else "given with the responses",
        "n": len(weights) if counts is None else round(float(counts.sum())),
        "n_eff": costs["n_eff"],
        "deff": costs["deff"],
        "cv": math.sqrt(max(costs["deff"] - 1, 0)),
        "min": float(weights.min()),
        "max": float(weights.max()),
        "subgroup_tables": bool(costs["deff"] <= max_deff),
        "limits": {"min_effective_n": min_effective_n, "max_deff": max_deff},
        "trimmed": 0,
        "margins": [],
        "sensitivity": [],
        "design": None,
    }
