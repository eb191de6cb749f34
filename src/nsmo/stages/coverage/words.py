"""Quantities, selections and ways of estimating under the names that people read."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.present.wording import slug
from nsmo.stages.coverage.results import BASE, BOOTSTRAP, RAKED, ROBUST, UNWEIGHTED, WAYS
from nsmo.stages.coverage.world import DIFFERENCE, DOMAIN, EVERYBODY, MARGINS, UNKNOWN


def readable(frame: pd.DataFrame, labels: Labels, report: str) -> pd.DataFrame:
    """Return rows of the simulation as people read them.

    Parameters
    ----------
    frame : DataFrame
        Of `results.simulate`.
    labels : Labels
    report : str
        Which residuals the report uses.

    Returns
    -------
    DataFrame
        With `quantity`, `taking_part`, `way` and `monte_carlo` in words, `bias_points` and `width_points`.
        Rows without an estimate are left out.
    """
    known = frame[frame["shown"] > 1]
    rows = known.to_dict("records")
    return known.assign(
        bias_points=100 * known["bias"],
        width_points=100 * known["width"],
        monte_carlo=[labels.words.span(row["coverage_low"], row["coverage_high"]) for row in rows],
        quantity=[quantity(row, labels) for row in rows],
        taking_part=[taking_part(row, labels) for row in rows],
        way=[way(row["estimator"], row["errors"], labels, report) for row in rows],
    )


def quantity(row: Mapping[str, Any], labels: Labels) -> str:
    """Return what is estimated: everybody, a category of a margin, the difference between two."""
    words, by, group = labels.words, row["by"], str(row["group"])
    if row["target"] == EVERYBODY:
        return words("everybody")
    if by == UNKNOWN:
        return words(f"coverage.unknown.{row['target']}")
    if row["target"] == DIFFERENCE:
        first, second = (labels.category(by, name) for name in group.split(" - "))
        return words("coverage.less", first=first, second=second)
    return labels.category(by, group)


def taking_part(row: Mapping[str, Any], labels: Labels) -> str:
    """Return who takes part."""
    words, odds = labels.words, float(row["odds"])
    return words(
        f"coverage.selection.{slug(row['selection'])}", odds=words.number(odds, 1 if odds % 1 else 0)
    )


def way(estimator: str, errors: str, labels: Labels, report: str) -> str:
    """Return how it is estimated; the report's own way says so."""
    text = labels.words(f"coverage.way.{slug(estimator)}_{errors}")
    own = (estimator, errors) == (RAKED, report)
    return labels.words("coverage.way.report", way=text) if own else text


def by_margins(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the first population where the margins alone decide who takes part."""
    return frame[(frame["level"] == frame["level"].iloc[0]) & (frame["selection"] == MARGINS)]


def compared(frame: pd.DataFrame, report: str) -> pd.DataFrame:
    """Return the rows of weighted shares with the standard errors that are held against one another.

    These are by R's convention, as in the report, and by bootstrap.
    """
    rows = by_margins(frame)
    kinds = list(dict.fromkeys((BASE, report, BOOTSTRAP)))
    return rows[(rows["estimator"] == RAKED) & rows["errors"].isin(kinds)]


def of_everybody(frame: pd.DataFrame, report: str) -> pd.DataFrame:
    """Return the share of everybody by each estimator, over all ways of taking part, for one population."""
    rows = frame[(frame["level"] == frame["level"].iloc[0]) & (frame["target"] == EVERYBODY)]
    own = (rows["estimator"] == RAKED) & (rows["errors"] == report)
    return rows[own | rows["estimator"].isin([UNWEIGHTED, ROBUST])]


def ways_in_order(frame: pd.DataFrame) -> list[tuple[str, str]]:
    """List the ways of estimating in a frame, in the order of the report."""
    known = set(zip(frame["estimator"], frame["errors"], strict=True))
    return [one for one in WAYS if one in known]


def verdict(found: pd.DataFrame, group: tuple[str, str], report: str, labels: Labels) -> dict[str, Any]:
    """Return what the page opens with.

    Parameters
    ----------
    found : DataFrame
        Of `results.simulate`.
    group : (str, str)
        Margin and name of the category that weighting shrinks most.
    report : str
        Which residuals the report uses.
    labels : Labels

    Returns
    -------
    dict
        `group` in words; its coverage and standard error, times the true one, by R's convention (`by_r`,
        `r_ratio`) and as in the report (`own`, `own_ratio`); what is covered least as in the report (`least`,
        `least_held`).
    """
    by_r, own = (_shrunk(found, group, errors) for errors in (BASE, report))
    rows = by_margins(found)
    rows = rows[(rows["estimator"] == RAKED) & (rows["errors"] == report)]
    least = rows.loc[rows["coverage"].idxmin()].to_dict()
    return {
        "group": labels.category(*group),
        "by_r": by_r["coverage"],
        "r_ratio": by_r["se_ratio"],
        "own": own["coverage"],
        "own_ratio": own["se_ratio"],
        "least": quantity(least, labels),
        "least_held": least["coverage"],
    }


def worst(everybody: pd.DataFrame, report: str) -> dict[str, float]:
    """Return what the weighted share of everybody is worth at the largest odds of taking part for a yes."""
    own = everybody[(everybody["estimator"] == RAKED) & (everybody["errors"] == report)]
    last = own.loc[own["odds"].idxmax()]
    return {"odds": last["odds"], "points": 100 * abs(last["bias"]), "held": last["coverage"]}


def _shrunk(frame: pd.DataFrame, group: tuple[str, str], errors: str) -> dict[str, Any]:
    """Return the row of the category that weighting shrinks most, with one kind of standard error."""
    rows = by_margins(frame)
    rows = rows[(rows["target"] == DOMAIN) & (rows["by"] == group[0]) & (rows["group"] == group[1])]
    return rows[(rows["estimator"] == RAKED) & (rows["errors"] == errors)].iloc[0].to_dict()
