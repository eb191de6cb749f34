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
from nsmo.stages.weight.unmade import as_given
from nsmo.stages.weight.weighted import Weighted, groups_worth, kish, shares_moved
from nsmo.stats import (
    CalibrationError,
    ReplicateDesign,
    SurveyDesign,
    calibrate,
    replicate_weights,
    smallest_feasible_bound,
)
from nsmo.study.codebook import Codebook
from nsmo.study.errors import StudyError
from nsmo.study.margins import Target, merge_until, rated
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
    design, merged = _merged(base, targets, min_category)
    frame = design.frame
    calibrated, feasible = _rake(design, merged, max_ratio)
    weights = calibrated.weights / calibrated.weights.mean()

    alternatives = {
        sensitivity.name: _alternative(sensitivity, targets, merged, design, max_ratio)
        for sensitivity in weighting.sensitivity
    }
    own = replicate_columns(calibrated)  # those that came with the responses, raked again
    bootstrap = None if own or not replicates or not _drawn_again(calibrated) else calibrated
    if bootstrap is not None:
        bootstrap = _bootstrap(calibrated, replicates, seed, max_dropped)
    margins = _margins(merged, frame, weights, design.weights)
    shares = shares_moved(codebook, frame, calibrated, bootstrap, alternatives)
    weighed = calibrated.calibration
    assert weighed is not None, "calibrate leaves its evidence"
    costs = kish(weights)
    evidence = {
        "population": {"nl": weighting.population.nl, "en": weighting.population.en},
        "method": "the given weights, raked with an upper bound" if given else "raking with an upper bound",
        "n": len(frame),
        "n_eff": costs["n_eff"],
        "deff": costs["deff"],
        "cv": math.sqrt(costs["deff"] - 1),
        "min": float(weights.min()),
        "max": float(weights.max()),
        "upper_bound": max_ratio,
        "smallest_feasible_bound": feasible,
        "most_shrunk": _most_shrunk(margins),
        "at_bound": int((weights > max_ratio * (1 - 1e-9)).sum()),
        "trimmed": 0,
        "iterations": int(weighed.iterations),
        "converged": bool(weighed.converged),
        "held": bool(((margins["after"] - margins["target"]).abs() < _EVEN).all()),
        "largest_gap": float((margins["after"] - margins["target"]).abs().max().round(9)),
        "subgroup_tables": bool(costs["deff"] <= max_deff),
        "limits": {"min_effective_n": min_effective_n, "max_deff": max_deff, "min_category": min_category},
        "margins": [_about(target) for target in merged.values()],
        "replicates": _about_replicates(bootstrap, seed) if bootstrap else None,
        "sensitivity": [
            _about_sensitivity(codebook, sensitivity, *alternatives[sensitivity.name], shares)
            for sensitivity in weighting.sensitivity
        ],
    } | ({"design": about_design(codebook, calibrated)} if given else {})
    columns = own if bootstrap is None else _replicates(bootstrap)
    frame = frame.assign(weight=weights, **own)
    return Weighted(
        frame.assign(**{f"sensitivity.{name}": w for name, (_, w) in alternatives.items()}),
        pd.DataFrame({"response_id": frame["response_id"]} | columns),
        evidence,
        margins,
        shares,
        groups_worth(codebook, frame, min_effective_n, max_deff),
    )


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
    design, merged = _merged(SurveyDesign(responses, base), targets, min_category)
    calibrated, _ = _rake(design, merged, max_ratio)
    return calibrated.weights / calibrated.weights.mean()


# --- margins ---


def _merged(
    design: SurveyDesign, targets: Mapping[str, Target], min_category: int
) -> tuple[SurveyDesign, dict[str, Target]]:
    """The respondents with their categories, merged where one has too few, and what these shall be."""
    responses, merged, categories = design.frame, {}, {}
    for name, target in targets.items():
        values = responses[target.margin.question]
        _require_complete(name, target, values, responses)
        merged[name] = merge_until(target, values.value_counts().to_dict(), min_category)
        categories[f"margin.{name}"] = _categories(values, merged[name])
    return design.assign(**categories), merged


def _require_complete(name: str, target: Target, values: pd.Series, responses: pd.DataFrame) -> None:
    where = f"weighting > margins > {name} in rules.yaml"
    absent = values.isna()
    if absent.any():
        reasons = responses.loc[absent, f"{target.margin.question}.missing"].value_counts()
        counts_text = ", ".join(f"{reason} {n}" for reason, n in reasons.items() if n)
        ids = responses.loc[absent, "response_id"].tolist()
        raise StudyError(
            found=f"{absent.sum()} respondents have no '{target.margin.question}' ({counts_text}): "
            + ", ".join(ids[:10])
            + (" …" if len(ids) > 10 else ""),
            where=where,
            expected="a category for every respondent",
            fix="derive a variable that gives them one, or take them out by a cleaning rule with its reason",
        )
    counts = values.value_counts().to_dict()
    for option, n in counts.items():
        if n and option not in target.groups:
            raise StudyError(
                found=f"{n} respondents are '{option}', which has no count in population.csv",
                where=where,
                expected=f"one of {', '.join(target.groups)}",
                fix="add its count, or take them out by a cleaning rule with its reason",
            )


def _categories(values: pd.Series, target: Target) -> pd.Series:
    coded = values.astype(object).map(target.groups)
    return pd.Series(pd.Categorical(coded, [c.name for c in target.categories]), index=values.index)


def _rake(
    design: SurveyDesign, targets: Mapping[str, Target], max_ratio: float
) -> tuple[SurveyDesign, float]:
    wanted = {f"margin.{name}": target.shares for name, target in targets.items()}
    try:
        feasible = smallest_feasible_bound(design, wanted, total=design.n)
        if max_ratio < feasible:
            held_back = max(
                (
                    (share / _share_of(design, column, category), column, category)
                    for column, shares in wanted.items()
                    for category, share in shares.items()
                )
            )
            raise StudyError(
                found=f"no weights up to {max_ratio:g} × the mean meet the margins; most is asked of "
                f"{held_back[1].removeprefix('margin.')} = {held_back[2]}, {held_back[0]:.2f} × its share",
                where="max_ratio of params.yaml, weight",
                expected=f"at least {math.ceil(100 * feasible) / 100:g}",
                fix="raise max_ratio, or declare a merger in rules.yaml and raise min_category",
            )
        return calibrate(design, wanted, method="raking", trim=max_ratio, total=design.n), feasible
    except CalibrationError as error:
        raise StudyError(
            found=str(error),
            where="weighting > margins in rules.yaml",
            fix="merge categories, or correct the counts in population.csv",
        ) from None


def _share_of(design: SurveyDesign, column: str, category: str) -> float:
    inside = (design.frame[column] == category).to_numpy()
    return float(design.weights[inside].sum() / design.weights.sum())


def _bootstrap(calibrated: SurveyDesign, replicates: int, seed: int, max_dropped: float) -> ReplicateDesign:
    bootstrap = None
    try:
        bootstrap = replicate_weights(
            calibrated,
            "bootstrap",
            replicates=replicates,
            seed=seed,
            unreachable="drop",
            ignore_fpc=any(stage.fraction.any() for stage in calibrated.stages),
        )
        dropped = bootstrap.dropped
    except CalibrationError as error:
        dropped = sum(problem.get("n", 0) for problem in error.problems)
    if bootstrap is None or dropped > max_dropped * replicates:
        raise StudyError(
            found=f"no weights up to the bound meet the margins in {dropped} of {replicates} replicates",
            where="max_ratio and max_dropped of params.yaml, weight",
            expected=f"at most {math.floor(max_dropped * replicates)}, and two replicates left",
            fix="raise max_ratio, or merge small categories by raising min_category; the rest would tell "
            "less than the truth about the spread",
        )
    return bootstrap


def _drawn_again(design: SurveyDesign) -> bool:
    """Whether a bootstrap can draw from the design: it needs two units in every stratum."""
    return bool((design.stages[0].size > 1).all())


def _about_replicates(bootstrap: ReplicateDesign, seed: int) -> dict[str, Any]:
    return {
        "method": "bootstrap (Rao–Wu), raked again in every replicate",
        "number": int(bootstrap.replicates),
        "dropped": int(bootstrap.dropped),
        "seed": seed,
        "scale": float(bootstrap.scale),
        "centre": bootstrap.centre,
    }


def _replicates(bootstrap: ReplicateDesign) -> dict[str, np.ndarray]:
    """The weights of each replicate, of mean 1."""
    width, columns = len(str(bootstrap.replicates)), {}
    for block, part in bootstrap.weight_blocks():
        short = (part / part.mean(axis=0)).astype("float32")
        columns |= {f"r{block.start + i + 1:0{width}d}": one for i, one in enumerate(short.T)}
    return columns


def _margins(
    targets: Mapping[str, Target], frame: pd.DataFrame, weights: np.ndarray, base: np.ndarray
) -> pd.DataFrame:
    rows = []
    for name, target in targets.items():
        shares = target.shares
        for category in target.categories:
            here = (frame[f"margin.{name}"] == category.name).to_numpy()
            rows.append(
                {
                    "margin": name,
                    "category": category.name,
                    "n": int(here.sum()),
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


# --- what the weights do ---


def _alternative(
    sensitivity: Sensitivity,
    targets: Mapping[str, Target],
    merged: Mapping[str, Target],
    design: SurveyDesign,
    max_ratio: float,
) -> tuple[Target, np.ndarray]:
    """Rake again with one margin multiplied by its rates, merged in the same way."""
    name = sensitivity.margin
    changed = rated(targets[name], sensitivity)
    shares = changed.shares
    count = {category.name: 0.0 for category in merged[name].categories}
    for category in changed.categories:
        count[merged[name].groups[category.of[0]]] += shares[category.name]
    categories = tuple(type(c)(c.name, c.nl, c.en, c.of, count[c.name]) for c in merged[name].categories)
    target = Target(changed.margin, categories, changed.table, changed.period, changed.status)
    calibrated, _ = _rake(design, {**merged, name: target}, max_ratio)
    return target, calibrated.weights / calibrated.weights.mean()


def _about_sensitivity(
    codebook: Codebook, sensitivity: Sensitivity, target: Target, weights: np.ndarray, shares: pd.DataFrame
) -> dict[str, Any]:
    moved = (shares[sensitivity.name] - shares["weighted"]).abs()
    most = shares.loc[moved.idxmax()] if len(shares) else None
    return {
        "name": sensitivity.name,
        "label": sensitivity.label.model_dump(),
        "source": sensitivity.source.model_dump(),
        "note": sensitivity.note.model_dump() if sensitivity.note else None,
        "rates": dict(sensitivity.rates),
        "target": target.shares,
        **kish(weights),
        "largest_change": None
        if most is None
        else {"question": most["question"], "option": most["option"], "points": float(100 * moved.max())},
    }
