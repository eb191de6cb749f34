"""Whom the respondents stand for: weights by raking to known margins, what they do and what they cost.

The weights adjust for the margins and for nothing else. They are a model of who took part, not a remedy for
having chosen to.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from nsmo.stages.weight.given import about_design, given_design, replicate_columns
from nsmo.stages.weight.propensity import by_propensity
from nsmo.stages.weight.raking import (
    Raking,
    about_replicates,
    bootstrapped,
    can_be_drawn_again,
    merged_categories,
    of_mean_one,
    rake,
    replicate_weights_of,
)
from nsmo.stages.weight.shown import largest_change
from nsmo.stages.weight.unmade import as_given, require_two
from nsmo.stages.weight.weighted import Weighted, groups_of, kish, shares_moved
from nsmo.stats import SurveyDesign
from nsmo.study.codebook import Codebook
from nsmo.study.margins import Target
from nsmo.study.rules import Sensitivity

_EVEN = 1e-6  # largest difference of a share from its target that counts as held


def weight(
    codebook: Codebook,
    responses: pd.DataFrame,
    targets: Mapping[str, Target],
    *,
    min_category: int,
    max_ratio: float,
    replicates: int,
    seed: int,
    min_effective_n: float,
    max_deff: float,
    max_dropped: float,
    reference: pd.DataFrame | None = None,
) -> Weighted:
    """Weight respondents to the margins of the population.

    With a reference sample the weights are one over the chance of taking part (`by_propensity`). Without
    margins they are those that came with the responses, or everybody counts once. With margins, these
    weights, or equal ones, are raked: categories are merged as declared until each has `min_category`
    respondents, then the margins are met with an upper bound that no weight exceeds; nothing is trimmed.
    Replicate weights that came with the responses are raked again, each for itself.

    Parameters
    ----------
    codebook : Codebook
        Its `weighting` names margins and sensitivities.
    responses : DataFrame
        The coded frame of those who stay after cleaning.
    targets : mapping
        The margins, from `nsmo.study.margins.read_targets`.
    min_category : int
        Respondents that every category of a margin must have.
    max_ratio : float
        Upper bound of a weight, times the mean weight.
    replicates, seed : int
        Number of bootstrap replicates, 0 for none, and where their random numbers start.
    min_effective_n : float
        Weighted figures are withheld of every group that is worth fewer respondents.
    max_deff : float
        Above that design effect (Kish: one plus the squared coefficient of variation of the weights) no
        weighted figures of subgroups are shown at all.
    max_dropped : float
        Share of the replicates in which the margins may be out of reach within the bound; these are left out.
    reference : DataFrame, optional
        The reference sample, from `nsmo.study.propensity.read_reference`.

    Returns
    -------
    Weighted

    Raises
    ------
    StudyError
        Naming margin, category, counts and what to do: for respondents without a category, a category without
        respondents, too few of them, margins that cannot be met within the bound.
    """
    weighting = codebook.weighting
    require_two(len(responses))
    if reference is not None:
        return by_propensity(
            codebook,
            responses,
            reference,
            max_ratio=max_ratio,
            seed=seed,
            min_effective_n=min_effective_n,
            max_deff=max_deff,
            max_dropped=max_dropped,
        )
    if not targets or weighting is None:
        return as_given(codebook, responses, min_effective_n=min_effective_n, max_deff=max_deff)
    given = weighting.as_given is not None
    base = given_design(codebook, responses) if given else SurveyDesign(responses)
    raking = Raking.of(codebook, base, targets, min_category, max_ratio)
    calibrated, frame = raking.calibrated, raking.calibrated.frame
    own = replicate_columns(calibrated)  # those that came with the responses, raked again
    bootstrap = None if own or not replicates or not can_be_drawn_again(calibrated) else calibrated
    if bootstrap is not None:
        bootstrap = bootstrapped(calibrated, replicates, seed, max_dropped)
    shares = shares_moved(codebook, frame, calibrated, bootstrap, raking.alternatives)
    margins = margins_of(raking, base.weights)
    limits = {"min_effective_n": min_effective_n, "max_deff": max_deff, "min_category": min_category}
    evidence = evidence_of(
        codebook,
        raking,
        margins,
        shares,
        limits | {"max_ratio": max_ratio},
        about_replicates(bootstrap, seed) if bootstrap else None,
    )
    if given:
        evidence["design"] = about_design(codebook, calibrated)
    columns = own if bootstrap is None else replicate_weights_of(bootstrap)
    frame = frame.assign(weight=raking.weights, **own)
    return Weighted(
        frame.assign(**{f"sensitivity.{name}": w for name, (_, w) in raking.alternatives.items()}),
        pd.DataFrame({"response_id": frame["response_id"]} | columns),
        evidence,
        margins,
        shares,
        groups_of(codebook, frame, min_effective_n, evidence["subgroup_tables"]),
    )


def evidence_of(
    codebook: Codebook,
    raking: Raking,
    margins: pd.DataFrame,
    shares: pd.DataFrame,
    limits: Mapping[str, float],
    replicates: dict[str, Any] | None,
) -> dict[str, Any]:
    """Put together what weighting.json holds of weights that were raked here.

    Parameters
    ----------
    codebook : Codebook
    raking : Raking
    margins, shares : DataFrame
        Of `Weighted`.
    limits : mapping
        `min_effective_n`, `max_deff`, `min_category` and `max_ratio`.
    replicates : dict or None
        Of `about_replicates`.
    """
    weighting, weighed = codebook.weighting, raking.calibrated.calibration
    assert weighting is not None, "raked to its margins"
    assert weighed is not None, "calibrate leaves its evidence"
    weights, counts = raking.weights, raking.calibrated.counts
    most, costs = limits["max_ratio"], kish(weights, counts)
    gaps = (margins["after"] - margins["target"]).abs()
    return {
        "population": {"nl": weighting.population.nl, "en": weighting.population.en},
        "method": "the given weights, raked with an upper bound"
        if weighting.as_given is not None
        else "raking with an upper bound",
        "n": round(float(counts.sum())),
        "n_eff": costs["n_eff"],
        "deff": costs["deff"],
        "cv": math.sqrt(costs["deff"] - 1),
        "min": float(weights.min()),
        "max": float(weights.max()),
        "upper_bound": most,
        "smallest_feasible_bound": raking.feasible,
        "most_shrunk": _most_shrunk(margins),
        "at_bound": round(float(counts[weights > most * (1 - 1e-9)].sum())),
        "trimmed": 0,
        "iterations": int(weighed.iterations),
        "converged": bool(weighed.converged),
        "held": bool((gaps < _EVEN).all()),
        "largest_gap": float(gaps.max().round(9)),
        "subgroup_tables": bool(costs["deff"] <= limits["max_deff"]),
        "limits": {name: limits[name] for name in ("min_effective_n", "max_deff", "min_category")},
        "margins": [_about(target) for target in raking.merged.values()],
        "replicates": replicates,
        "sensitivity": [
            _about_sensitivity(sensitivity, *raking.alternatives[sensitivity.name], counts, shares)
            for sensitivity in weighting.sensitivity
        ],
    }


def raked(
    responses: pd.DataFrame,
    targets: Mapping[str, Target],
    *,
    min_category: int,
    max_ratio: float,
    base: np.ndarray | None = None,
) -> np.ndarray:
    """Compute weights that meet some margins, as `weight` makes them, without all that stands beside them.

    Parameters
    ----------
    responses, targets, min_category, max_ratio
        As for `weight`.
    base : ndarray, optional
        The weights that are raked; left out, all are 1.

    Returns
    -------
    ndarray
        (rows,) of mean 1.

    Raises
    ------
    StudyError
        As of `weight`.
    """
    design, merged = merged_categories(SurveyDesign(responses, base), targets, min_category)
    calibrated, _ = rake(design, merged, max_ratio)
    return of_mean_one(calibrated)


def margins_of(raking: Raking, base: np.ndarray) -> pd.DataFrame:
    """List the margins before and after, as of `Weighted`; `base` has the weights of the rows before."""
    frame, counts = raking.calibrated.frame, raking.calibrated.counts
    weights, rows = raking.weights * counts, []
    for name, target in raking.merged.items():
        shares = target.shares
        for category in target.categories:
            here = (frame[f"margin.{name}"] == category.name).to_numpy()
            rows.append(
                {
                    "margin": name,
                    "category": category.name,
                    "n": round(float(counts[here].sum())),
                    "before": base[here].sum() / base.sum(),
                    "target": shares[category.name],
                    "after": weights[here].sum() / weights.sum(),
                    "period": target.period,
                    "table": target.table,
                }
            )
    return pd.DataFrame(rows)


def _most_shrunk(margins: pd.DataFrame) -> dict[str, Any]:
    """The category whose weights are smallest on average: no lower bound above that can be met."""
    ratio = margins["target"] / margins["before"]
    row = margins.loc[ratio.idxmin()]
    return {
        "margin": row["margin"],
        "category": row["category"],
        "before": float(row["before"]),
        "target": float(row["target"]),
        "ratio": float(ratio.min()),
    }


def _about(target: Target) -> dict[str, Any]:
    margin = target.margin
    return {
        "name": margin.name,
        "question": margin.question,
        "merged": list(target.merged),
        "table": target.table,
        "period": target.period,
        "status": target.status,
        "note": margin.note.model_dump() if margin.note else None,
    }


def _about_sensitivity(
    sensitivity: Sensitivity, target: Target, weights: np.ndarray, counts: np.ndarray, shares: pd.DataFrame
) -> dict[str, Any]:
    return {
        "name": sensitivity.name,
        "label": sensitivity.label.model_dump(),
        "source": sensitivity.source.model_dump(),
        "note": sensitivity.note.model_dump() if sensitivity.note else None,
        "rates": dict(sensitivity.rates),
        "target": target.shares,
        **kish(weights, counts),
        "largest_change": largest_change(sensitivity.name, shares),
    }
