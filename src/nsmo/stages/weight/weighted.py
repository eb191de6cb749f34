"""Respondents with weights, and what the weights do to the answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nsmo.stats import SurveyDesign
from nsmo.study.codebook import Codebook

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


def kish(weights: np.ndarray) -> dict[str, float]:
    """Compute what unequal weights cost: the effective number of respondents and the design effect."""
    n_eff = float(weights.sum() ** 2 / (weights**2).sum())
    return {"n_eff": n_eff, "deff": len(weights) / n_eff}


def groups_worth(codebook: Codebook, frame: pd.DataFrame, least: float, max_deff: float) -> pd.DataFrame:
    """List all groups with what they are worth in respondents of equal weight.

    Parameters
    ----------
    codebook : Codebook
        Knows which variables make groups; those that were weighted by are among them.
    frame : DataFrame
        The respondents with `weight`.
    least, max_deff : float
        The `min_effective_n` and `max_deff` of `weight`.
    """
    design = SurveyDesign(frame, "weight")
    margins = [margin.question for margin in codebook.weighting.margins] if codebook.weighting else []
    listed = [design.effective_sizes(by) for by in dict.fromkeys([*margins, *codebook.groupings])]
    if not listed:
        return pd.DataFrame(columns=["by", "group", "n", "n_eff", "shown"])
    table = pd.concat(listed, ignore_index=True).drop(columns="df")
    table = table[table["n"] > 0].reset_index(drop=True)
    return table.assign(
        shown=(table["n_eff"] >= least) & (kish(frame["weight"].to_numpy())["deff"] <= max_deff)
    )


def _indicators(codebook: Codebook, frame: pd.DataFrame) -> pd.DataFrame:
    """Yes or no to every box that counts, of all who were asked (a don't know counts as no)."""
    columns = {}
    for variable in codebook.variables.values():
        closed = variable.type == "multi" or (variable.top_box and variable.type in ("single", "ordinal"))
        if variable.role != "substantive" or not closed:
            continue
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
) -> pd.DataFrame:
    """Compute what weights do to shares of boxes that count and of options of multi questions.

    Parameters
    ----------
    codebook : Codebook
        Says which questions count, and for whom.
    frame : DataFrame
        The respondents.
    calibrated : SurveyDesign
        With the weights.
    bootstrap : SurveyDesign, optional
        With replicate weights, for a second route to the standard errors.
    alternatives : mapping, optional
        Other weights by name, each second in a pair.
    """
    indicators = _indicators(codebook, frame)
    if indicators.empty:
        return pd.DataFrame(columns=SHARES)
    names = list(indicators)
    linear = calibrated.assign(**indicators).proportion(names)
    again = bootstrap.assign(**indicators).proportion(names)["se"] if bootstrap else [None] * len(names)
    rows = []
    for name, first, second in zip(names, linear.itertuples(), again, strict=True):
        asked = indicators[name].notna().to_numpy()
        yes = indicators[name].fillna(False).to_numpy(dtype=bool)
        question, _, option = name.partition(".")
        rows.append(
            {
                "question": question,
                "option": option,
                "n": int(asked.sum()),
                "unweighted": yes.sum() / asked.sum(),
                "weighted": first.estimate,
                "se": first.se,
                "se_bootstrap": second,
            }
            | {key: other[yes].sum() / other[asked].sum() for key, (_, other) in (alternatives or {}).items()}
        )
    return pd.DataFrame(rows)
