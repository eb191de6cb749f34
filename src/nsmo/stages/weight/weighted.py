"""Respondents with weights, and what the weights do to the answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nsmo.stats import SurveyDesign
from nsmo.study.codebook import Codebook
from nsmo.study.variable import Variable

SHARES = ["question", "option", "n", "unweighted", "weighted", "se", "se_bootstrap"]
MARGINS = ["margin", "category", "n", "before", "target", "after", "period", "table"]


@dataclass(frozen=True)
class Weighted:
    """Respondents with weights, and the evidence of what the weights did.

    Attributes
    ----------
    responses : DataFrame
        With `weight` (mean 1) and a categorical ``margin.<name>`` per margin, its categories merged where
        that was needed; ``sensitivity.<name>`` holds the weights of each sensitivity, mean 1 too.
    replicates : DataFrame
        ``response_id``, then a weight (mean 1, float32) per bootstrap replicate, each calibrated again.
    evidence : dict
        What weighting.json holds.
    margins : DataFrame
        ``margin, category, n, before, target, after, period, table``; shares as fractions.
    shares : DataFrame
        ``question, option, n, unweighted, weighted, se, se_bootstrap`` and a column per sensitivity:
        what the weights do to the share of every box that counts and of every option of multi questions.
    groups : DataFrame
        ``by, group, n, n_eff, shown``: what each group is worth, and whether its weighted figures are shown.
    """

    responses: pd.DataFrame
    replicates: pd.DataFrame
    evidence: dict[str, Any]
    margins: pd.DataFrame
    shares: pd.DataFrame
    groups: pd.DataFrame


def kish(weights: np.ndarray, counts: np.ndarray | None = None) -> dict[str, float]:
    """Compute what unequal weights cost: the effective number of respondents and the design effect.

    `counts` says how many respondents have each weight; left out, one.
    """
    number = np.ones(len(weights)) if counts is None else counts
    n_eff = float((number * weights).sum() ** 2 / (number * weights**2).sum())
    return {"n_eff": n_eff, "deff": float(number.sum()) / n_eff}


def groupings(codebook: Codebook) -> list[str]:
    """List the variables that make groups; those that were weighted by are among them."""
    margins = [margin.question for margin in codebook.weighting.margins] if codebook.weighting else []
    return list(dict.fromkeys([*margins, *codebook.groupings]))


def groups_of(codebook: Codebook, frame: pd.DataFrame, least: float, shown: bool) -> pd.DataFrame:
    """List all groups with what they are worth, as of `groups_worth`, of responses with `weight`."""
    design = SurveyDesign(frame, "weight")
    return groups_worth([design.effective_sizes(by) for by in groupings(codebook)], least, shown)


def groups_worth(sizes: Sequence[pd.DataFrame], least: float, shown: bool) -> pd.DataFrame:
    """List groups with what they are worth in respondents of equal weight.

    Parameters
    ----------
    sizes : sequence of DataFrame
        Of each of the `groupings`: its effective sizes.
    least : float
        The `min_effective_n` of `weight`.
    shown : bool
        Whether weighted figures of groups are shown at all.
    """
    if not sizes:
        return pd.DataFrame(columns=["by", "group", "n", "n_eff", "shown"])
    table = pd.concat(sizes, ignore_index=True).drop(columns="df")
    table = table[table["n"] > 0].reset_index(drop=True)
    return table.assign(shown=(table["n_eff"] >= least) & shown)


def moved(codebook: Codebook) -> list[Variable]:
    """List the variables whose shares `shares_moved` computes."""
    return [
        variable
        for variable in codebook.variables.values()
        if variable.role == "substantive"
        and (variable.type == "multi" or (variable.top_box and variable.type in ("single", "ordinal")))
    ]


def _indicators(variables: Sequence[Variable], frame: pd.DataFrame) -> pd.DataFrame:
    """Yes or no to every box that counts, of all who were asked (a don't know counts as no)."""
    columns = {}
    for variable in variables:
        asked = (frame[f"{variable.name}.missing"] != "not_asked").to_numpy()
        if variable.type == "multi":
            chosen = {o: frame[f"{variable.name}.{o}"].fillna(False) for o in variable.option_names}
        else:
            chosen = {"top": frame[variable.name].isin(variable.top_box)}
        for option, values in chosen.items():
            columns[f"{variable.name}.{option}"] = values.astype("boolean").where(asked, pd.NA)
    return pd.DataFrame(columns, index=frame.index)


def shares_moved(
    codebook: Codebook,
    frame: pd.DataFrame,
    calibrated: SurveyDesign,
    bootstrap: SurveyDesign | None = None,
    alternatives: Mapping[str, tuple[Any, np.ndarray]] | None = None,
    variables: Sequence[Variable] | None = None,
) -> pd.DataFrame:
    """Compute what weights do to shares of boxes that count and of options of multi questions.

    Parameters
    ----------
    codebook : Codebook
        Says which questions count, and for whom.
    frame : DataFrame
        The respondents, or cells of them.
    calibrated : SurveyDesign
        With the weights.
    bootstrap : SurveyDesign, optional
        With replicate weights, for a second route to the standard errors.
    alternatives : mapping, optional
        Other weights by name, of a respondent of each row, second in a pair.
    variables : sequence of Variable, optional
        Some of those that `moved` lists; left out, all.
    """
    indicators = _indicators(moved(codebook) if variables is None else variables, frame)
    if indicators.empty:
        return pd.DataFrame(columns=SHARES)
    names = list(indicators)
    linear = calibrated.assign(**indicators).proportion(names)
    again = bootstrap.assign(**indicators).proportion(names)["se"] if bootstrap else [None] * len(names)
    counts, rows = calibrated.counts, []
    for name, first, second in zip(names, linear.itertuples(), again, strict=True):
        asked = indicators[name].notna().to_numpy()
        yes = indicators[name].fillna(False).to_numpy(dtype=bool)
        question, _, option = name.partition(".")
        rows.append(
            {
                "question": question,
                "option": option,
                "n": round(float(counts[asked].sum())),
                "unweighted": counts[yes].sum() / counts[asked].sum(),
                "weighted": first.estimate,
                "se": first.se,
                "se_bootstrap": second,
            }
            | {
                key: (other * counts)[yes].sum() / (other * counts)[asked].sum()
                for key, (_, other) in (alternatives or {}).items()
            }
        )
    return pd.DataFrame(rows)
