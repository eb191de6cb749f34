"""Raking: margins whose small categories are merged, weights that meet them, and replicates raked again.

A design of respondents or of cells: what counts are how many are alike, so both give the same weights.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

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


@dataclass(frozen=True)
class Raking:
    """Respondents, or cells of them, raked to the margins.

    Attributes
    ----------
    calibrated : SurveyDesign
    merged : dict of Target
        The margins by name, their categories merged.
    feasible : float
        The smallest upper bound within which they can be met.
    weights : ndarray
        Of a respondent of each row, of mean 1.
    alternatives : dict
        By the name of a sensitivity: its margin, and such weights.
    """

    calibrated: SurveyDesign
    merged: dict[str, Target]
    feasible: float
    weights: np.ndarray
    alternatives: dict[str, tuple[Target, np.ndarray]]

    @classmethod
    def of(
        cls,
        codebook: Codebook,
        base: SurveyDesign,
        targets: Mapping[str, Target],
        min_category: int,
        max_ratio: float,
    ) -> "Raking":
        """Rake a design; arguments and errors as of `nsmo.stages.weight.weight`."""
        design, merged = merged_categories(base, targets, min_category)
        calibrated, feasible = rake(design, merged, max_ratio)
        weighting = codebook.weighting
        alternatives = {
            sensitivity.name: _alternative(sensitivity, targets, merged, design, max_ratio)
            for sensitivity in (weighting.sensitivity if weighting else ())
        }
        return cls(calibrated, merged, feasible, of_mean_one(calibrated), alternatives)


def of_mean_one(design: SurveyDesign) -> np.ndarray:
    """Compute the weight of a respondent of each row, of mean 1 over all respondents.

    The mean is exact before it is rounded, so it is the same however respondents are put together in rows.
    """
    each = design.base_weights / design.counts
    for projection in design.projections:  # not the weights of a row over its number, which rounds
        each = each * projection.ratio
    values, place = np.unique(each, return_inverse=True)
    counts = np.bincount(place.ravel(), weights=design.counts)
    pairs = zip(values.tolist(), counts.tolist(), strict=True)
    total = sum((Fraction(value) * Fraction(number) for value, number in pairs), Fraction(0))
    return each / float(total / Fraction(design.counts.sum()))


def categories(values: pd.Series, target: Target) -> pd.Series:
    """Return the category of a margin for each answer to its question."""
    coded = values.astype(object).map(target.groups)
    return pd.Series(pd.Categorical(coded, [c.name for c in target.categories]), index=values.index)


def wanted(merged: Mapping[str, Target]) -> dict[str, Any]:
    """Return the shares that each calibration variable shall have."""
    return {f"margin.{name}": target.shares for name, target in merged.items()}


def merged_categories(
    design: SurveyDesign, targets: Mapping[str, Target], min_category: int
) -> tuple[SurveyDesign, dict[str, Target]]:
    """The respondents with their categories, merged where one has too few, and what these shall be."""
    responses, merged, columns = design.frame, {}, {}
    for name, target in targets.items():
        values = responses[target.margin.question]
        counts = _require_complete(name, target, values, responses, design.counts)
        merged[name] = merge_until(target, counts, min_category)
        columns[f"margin.{name}"] = categories(values, merged[name])
    return design.assign(**columns), merged


def _tally(values: pd.Series, counts: np.ndarray) -> dict[str, int]:
    """Count respondents by a value, most frequent first."""
    found = pd.Series(counts, index=values.astype(object)).groupby(level=0, sort=False).sum()
    return {str(value): int(n) for value, n in found.sort_values(ascending=False, kind="stable").items()}


def _require_complete(
    name: str, target: Target, values: pd.Series, responses: pd.DataFrame, counts: np.ndarray
) -> dict[str, int]:
    """Count respondents by the answer to the question of a margin; stop where it cannot be weighted by."""
    where = f"weighting > margins > {name} in rules.yaml"
    absent = values.isna().to_numpy()
    if absent.any():
        reasons = _tally(responses.loc[absent, f"{target.margin.question}.missing"], counts[absent])
        counts_text = ", ".join(f"{reason} {n}" for reason, n in reasons.items())
        ids = responses.loc[absent, "response_id"].tolist() if "response_id" in responses else []
        listed = (": " + ", ".join(ids[:10]) + (" …" if len(ids) > 10 else "")) if ids else ""
        raise StudyError(
            found=f"{int(counts[absent].sum())} respondents have no '{target.margin.question}' "
            f"({counts_text}){listed}",
            where=where,
            expected="a category for every respondent",
            fix="derive a variable that gives them one, or take them out by a cleaning rule with its reason",
        )
    found = _tally(values, counts)
    for option, n in found.items():
        if option not in target.groups:
            raise StudyError(
                found=f"{n} respondents are '{option}', which has no count in population.csv",
                where=where,
                expected=f"one of {', '.join(target.groups)}",
                fix="add its count, or take them out by a cleaning rule with its reason",
            )
    return found


def rake(design: SurveyDesign, targets: Mapping[str, Target], max_ratio: float) -> tuple[SurveyDesign, float]:
    """Compute the design that meets the margins, and the smallest upper bound within which they are met."""
    shares = wanted(targets)
    try:
        feasible = smallest_feasible_bound(design, shares, total=design.n)
        if math.isinf(feasible):
            raise StudyError(
                found="no weights at all meet the margins together",
                where="weighting > margins in rules.yaml",
                expected="margins that some weights of these respondents can meet",
                fix="merge categories, leave a margin out, or correct the counts in population.csv",
            )
        if max_ratio < feasible:
            held_back = max(
                (
                    (share / _share_of(design, column, category), column, category)
                    for column, of in shares.items()
                    for category, share in of.items()
                )
            )
            raise StudyError(
                found=f"no weights up to {max_ratio:g} × the mean meet the margins; most is asked of "
                f"{held_back[1].removeprefix('margin.')} = {held_back[2]}, {held_back[0]:.2f} × its share",
                where="max_ratio of params.yaml, weight",
                expected=f"at least {math.ceil(100 * feasible) / 100:g}",
                fix="raise max_ratio, or declare a merger in rules.yaml and raise min_category",
            )
        return calibrate(design, shares, method="raking", trim=max_ratio, total=design.n), feasible
    except CalibrationError as error:
        raise StudyError(
            found=str(error),
            where="weighting > margins in rules.yaml",
            fix="merge categories, or correct the counts in population.csv",
        ) from None


def _share_of(design: SurveyDesign, column: str, category: str) -> float:
    inside = (design.frame[column] == category).to_numpy()
    return float(design.weights[inside].sum() / design.weights.sum())


def bootstrapped(calibrated: SurveyDesign, replicates: int, seed: int, max_dropped: float) -> ReplicateDesign:
    """Compute bootstrap replicates, each raked again; arguments and errors as of `weight`."""
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


def can_be_drawn_again(design: SurveyDesign) -> bool:
    """Whether a bootstrap can draw from the design: it needs two units in every stratum."""
    return bool((design.stages[0].size > 1).all())


def about_replicates(bootstrap: ReplicateDesign, seed: int) -> dict[str, Any]:
    """Return what weighting.json says of bootstrap replicates."""
    return {
        "method": "bootstrap (Rao–Wu), raked again in every replicate",
        "number": int(bootstrap.replicates),
        "dropped": int(bootstrap.dropped),
        "seed": seed,
        "scale": float(bootstrap.scale),
        "centre": bootstrap.centre,
    }


def replicate_weights_of(bootstrap: ReplicateDesign) -> dict[str, np.ndarray]:
    """Return the weights of each replicate, of a respondent of each row, of mean 1."""
    width, columns = len(str(bootstrap.replicates)), {}
    counts = bootstrap.counts[:, None]
    for block, part in bootstrap.weight_blocks():
        short = (part / counts / (part.sum(axis=0) / counts.sum())).astype("float32")
        columns |= {f"r{block.start + i + 1:0{width}d}": one for i, one in enumerate(short.T)}
    return columns


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
    calibrated, _ = rake(design, {**merged, name: target}, max_ratio)
    return target, of_mean_one(calibrated)
