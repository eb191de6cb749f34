"""What the weights cost and what they move, in the words of the page."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from nsmo.present.labels import Labels


def margins(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the margins with `heading`, the label of the margin, and `label`, that of the category.

    Margin and category are `by` and `group` as well, which tell the rows of every table apart.
    """
    pairs = zip(frame["margin"], frame["category"], strict=True)
    return frame.assign(
        by=frame["margin"],
        group=frame["category"],
        heading=frame["margin"].map(labels.margin),
        label=[labels.category(*pair) for pair in pairs],
    )


def shares(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return the shares with `heading`, the label of the question, and `label`, that of the answer."""
    pairs = zip(frame["question"], frame["option"], strict=True)
    return frame.assign(
        heading=frame["question"].map(labels.question), label=[labels.option(*pair) for pair in pairs]
    )


def groups(frame: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Return what groups are worth with `heading`, label of the question, and `label`, that of the answer.

    Where a group of real respondents has few of them, what each is worth is a multiple of `min_count`.
    """
    pairs = zip(frame["by"], frame["group"], strict=True)
    privacy = labels.codebook.privacy
    if not privacy.keep_rows and (frame["n"] < privacy.min_count).any():
        # As the numbers of respondents beside it: with equal weights it is the same number.
        frame = frame.assign(n_eff=(frame["n_eff"] / privacy.min_count).round() * privacy.min_count)
    return frame.assign(
        heading=frame["by"].map(labels.question),
        label=[labels.option(*pair) for pair in pairs],
        shown=frame["shown"].map({True: "shown", False: "withheld"}),
    )


def limits(frame: pd.DataFrame, evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Return the limits of weighted figures of groups, and how many groups keep to them."""
    asked = evidence["limits"]
    return {
        "most": asked["max_deff"],
        "deff": evidence["deff"],
        "least": asked["min_effective_n"],
        "all": len(frame),
        "enough": int(frame["shown"].sum()),
    }


def most_moved(shares: pd.DataFrame) -> dict[str, Any]:
    """Return the share that the weights move most, and by how much half of the shares move at most."""
    shift = (shares["weighted"] - shares["unweighted"]).abs()
    moved = shares.loc[shift.idxmax()]
    return {
        "number": len(shares),
        "question": moved["heading"],
        "answer": moved["label"],
        "before": moved["unweighted"],
        "after": moved["weighted"],
        "half": shift.median(),
    }


def design(about: Mapping[str, Any]) -> str:
    """Return how respondents were drawn, as the data say, in a sentence."""
    if about["replicates"]:
        one = about["replicates"]
        rho = f" with rho {one['rho']:g}" if "rho" in one else ""
        made = f"{one['number']} replicate weights ({one['type']}{rho})"
        return f"Standard errors come from the {made} beside them."
    parts = []
    if about["strata"]:
        parts.append(f"{about['strata']} strata")
    if about["clusters"]:
        parts.append(f"{about['clusters']} clusters" + (" first" if about["stages"] > 1 else ""))
    if about["fpc"]:
        parts.append("the sizes of the populations")
    if not parts:
        return "Nothing is known of strata or clusters, so respondents count as drawn one by one."
    return f"Standard errors know of {' and '.join([', '.join(parts[:-1])] * (len(parts) > 1) + parts[-1:])}."


def chances(about: Mapping[str, Any], labels: Labels) -> dict[str, Any]:
    """Return by what, and with which reference sample, the chances of taking part were estimated."""
    return {
        "by": [f"“{labels.question(name)}”" for name in about["by"]],
        "source": about["source"][labels.language],
        "period": labels.words.date(about["period"]),
        **{name: about[name] for name in ("reference", "total", "replicates", "degrees_of_freedom")},
    }


def overlap(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return how far the respondents and the reference sample lie apart, before weighting and after."""
    return {
        "uncovered": about["uncovered"],
        "before": about["largest_gap_before"],
        "after": about["largest_gap"],
    }


def cost(evidence: Mapping[str, Any], labels: Labels) -> pd.DataFrame:
    """List the numbers of the weights with what they mean.

    Returns
    -------
    DataFrame
        ``what, value, meaning``, texts in English.
    """
    rows = [
        ("Respondents", f"{evidence['n']:d}", "all of them have a weight; the mean weight is 1"),
        *_spread(evidence),
    ]
    if evidence["margins"]:
        rows += _raking(evidence, labels)
    elif one := evidence.get("propensity"):
        rows += [
            ("Replicates left out", f"{one['dropped']:d}", "the chances have no finite estimate in them"),
        ]
        if "lowest_chance" in one:
            ends = f"{one['lowest_chance']:.2g} to {one['highest_chance']:.2g}"
            meaning = "estimated; a weight is one over it, times the same for all"
            rows.insert(-1, ("Chance of taking part", ends, meaning))
    elif evidence.get("trimmed"):
        count = f"{evidence['trimmed']:d}"
        rows.append(("Trimmed weights", count, "cut to the largest; what was cut off is spread evenly"))
    for margin in evidence["margins"]:
        merged = ", ".join(margin["merged"]) or "none"
        source = f"{margin['table']}, {labels.words.date(margin['period'])}"
        rows.append((f"Mergers in margin {margin['name']}", merged, source))
    return pd.DataFrame(rows, columns=["what", "value", "meaning"])


def _spread(evidence: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """How far weights lie apart; where that would tell of few, one decimal of what it costs."""
    if "max" not in evidence:
        about = "1 + the squared coefficient of variation; more digits would tell what is hidden"
        return [
            ("Design effect (Kish)", f"{evidence['deff']:.1f}", about),
            ("Effective respondents", f"{evidence['n_eff']:.0f}", "respondents / that design effect"),
        ]
    return [
        ("Smallest and largest weight", f"{evidence['min']:.2f} and {evidence['max']:.2f}", "times the mean"),
        (
            "Coefficient of variation",
            f"{evidence['cv']:.2f}",
            "standard deviation of the weights / their mean",
        ),
        ("Design effect (Kish)", f"{evidence['deff']:.2f}", "1 + the squared coefficient of variation"),
        ("Effective respondents", f"{evidence['n_eff']:.1f}", "respondents / design effect"),
    ]


def _raking(evidence: Mapping[str, Any], labels: Labels) -> list[tuple[str, str, str]]:
    shrunk = evidence["most_shrunk"]
    category = labels.category(shrunk["margin"], shrunk["category"])
    told = "max" in evidence
    at_bound = "no weight is larger"
    if told:
        at_bound = (
            f"weights that stand at it: {evidence['at_bound']}"
            if evidence["at_bound"]
            else "no weight stands at it, so it changes nothing here"
        )
    rows = [
        ("Upper bound", f"{evidence['upper_bound']:g}", at_bound),
        (
            "Lower bound",
            "none",
            f"above {shrunk['ratio']:.3f} none could be met: “{category}” is "
            f"{shrunk['before']:.1%} of the respondents and {shrunk['target']:.1%} of the population",
        ),
        ("Trimmed weights", f"{evidence['trimmed']:d}", "the bound is kept within the raking"),
        (
            "Largest gap after weighting",
            f"{100 * evidence['largest_gap']:.4f} points",
            "margins held" if evidence["held"] else "margin not held",
        ),
    ]
    if told:
        least = f"{evidence['smallest_feasible_bound']:.2f}"
        rows.insert(2, ("Smallest feasible bound", least, "below it no weights meet the margins"))
        ended = "converged" if evidence["converged"] else "not converged"
        rows.append(("Iterations", f"{evidence['iterations']:d}", ended))
    return rows
