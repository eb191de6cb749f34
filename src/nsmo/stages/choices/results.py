"""The headlines under every combination of choices that could have been made (a multiverse).

S. Steegen, F. Tuerlinckx, A. Gelman, W. Vanpaemel (2016), Increasing transparency through a multiverse
analysis, *Perspectives on Psychological Science* 11(5). What is reported is by how much choices move an
estimate, never how many of the results would be significant: combinations are no sample of anything.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd

from nsmo.stages.clean import JUDGEMENTS, Thresholds, under
from nsmo.stages.weight import raked
from nsmo.study import Codebook, StudyError
from nsmo.study.conditions import evaluate
from nsmo.study.margins import Target, rated
from nsmo.study.privacy import Privacy
from nsmo.study.rules import Cleaning, Condition, DuplicateRule, Rule
from nsmo.survey import Survey, measures
from nsmo.survey.given import base_weights
from nsmo.survey.headlines import shown

#: What becomes of a rule: as it is declared, left out, or with the other of two duplicates kept.
CLEANING = ("applied", "left_out", "other_kept")
BASES = ("base", "answered")
#: Of real answers, estimates leave in steps of so many percentage points.
STEP = 5


def cleanings(codebook: Codebook) -> dict[tuple[str, ...], Cleaning]:
    """List every way to clean: each rule that is a judgement as it is, left out, or the other duplicate kept.

    Returns
    -------
    dict
        One of `CLEANING` per rule that is a judgement, in the order of the rules → the rules. The first is
        how it was done.
    """
    judged = [rule for rule in codebook.cleaning.rules if rule.kind in JUDGEMENTS]
    found = {}
    for choice in product(*(CLEANING if rule.kind == "duplicate" else CLEANING[:2] for rule in judged)):
        chosen = dict(zip([rule.name for rule in judged], choice, strict=True))
        rules = [
            _as_chosen(rule, chosen[rule.name]) if rule.name in chosen else rule
            for rule in codebook.cleaning.rules
        ]
        kept = [rule for rule in rules if rule is not None]
        found[choice] = codebook.cleaning.model_copy(update={"rules": kept})
    return found


def _as_chosen(rule: Rule, choice: str) -> Rule | None:
    if choice == "other_kept" and isinstance(rule, DuplicateRule):
        return rule.model_copy(update={"keep": "first" if rule.keep == "last" else "last"})
    return None if choice == "left_out" else rule


def weightings(
    codebook: Codebook, targets: Mapping[str, Target]
) -> dict[str, tuple[dict[str, Target], Condition | None]]:
    """List every way to weight: not at all, to the margins, to those of each sensitivity and alternative.

    Parameters
    ----------
    codebook : Codebook
        Its `weighting` declares sensitivities and alternatives.
    targets : mapping
        The margins; empty where the study makes no weights.

    Returns
    -------
    dict
        Name ("unweighted", "weighted", "sensitivity.<name>", "alternative.<name>") → the margins to meet, and
        who counts (None: everybody). Weights that came with the responses have no margins to meet; where they
        are raked to some, they are a way of their own ("given").
    """
    found: dict[str, tuple[dict[str, Target], Condition | None]] = {"unweighted": ({}, None)}
    weighting = codebook.weighting
    if weighting is None or not (targets or weighting.given):
        return found
    if targets and weighting.given:
        found["given"] = ({}, None)
    found["weighted"] = (dict(targets), None)
    for sensitivity in weighting.sensitivity:
        changed = rated(targets[sensitivity.margin], sensitivity)
        found[f"sensitivity.{sensitivity.name}"] = ({**targets, sensitivity.margin: changed}, None)
    for other in weighting.alternatives:
        found[f"alternative.{other.name}"] = ({name: targets[name] for name in other.margins}, other.only)
    return found


def multiverse(
    survey: Survey,
    received: pd.DataFrame,
    targets: Mapping[str, Target],
    thresholds: Thresholds,
    *,
    min_category: int,
    max_ratio: float,
) -> pd.DataFrame:
    """Estimate each headline about everybody under every combination of choices.

    Parameters
    ----------
    survey : Survey
        The respondents as they are reported; headlines that may not be shown are left out.
    received : DataFrame
        The responses of ingest.
    targets : mapping
        The margins of the population.
    thresholds : mapping
        The keyword arguments of cleaning.
    min_category, max_ratio
        As of the stage weight.

    Returns
    -------
    DataFrame
        A row per headline and combination: ``question, option``; a column ``rule.<name>`` per rule that is a
        judgement (`CLEANING`), ``base`` (`BASES`), ``weighting``; ``n`` and ``share`` (a fraction; missing
        where no weights meet the margins). The first row of a headline is how it was reported.
    """
    codebook = survey.codebook
    heads = shown(survey)
    ways = cleanings(codebook)
    judged = [rule.name for rule in codebook.cleaning.rules if rule.kind in JUDGEMENTS]
    names = {" ".join(choice): choice for choice in ways}
    frame, counts = under(
        codebook, received, {name: ways[choice] for name, choice in names.items()}, thresholds
    )
    answers = {}
    for head in heads:
        yes = measures.shares(frame, codebook.variable(head.question), [head.option]).iloc[:, 0]
        knows = frame[f"{head.question}.missing"].isna()
        answers[head] = {"base": yes, "answered": yes.where(knows, pd.NA)}
    rows = []
    for name, choice in names.items():
        for how, (margins, only) in weightings(codebook, targets).items():
            inside = counts[name] if only is None else counts[name] & evaluate(only, frame)
            given = how != "unweighted" and codebook.weighting is not None and bool(codebook.weighting.given)
            weights = _weights(frame[inside], margins, min_category, max_ratio, given)
            chosen = {f"rule.{rule}": one for rule, one in zip(judged, choice, strict=True)}
            for head, base in product(heads, BASES):
                values = answers[head][base][inside]
                known = values.notna().to_numpy()
                share = np.nan
                if weights is not None and known.any():
                    share = np.average(values[known].astype(float), weights=weights[known])
                about = {"question": head.question, "option": head.option}
                rows.append(
                    about | chosen | {"base": base, "weighting": how, "n": int(known.sum()), "share": share}
                )
    columns = ["question", "option", *(f"rule.{rule}" for rule in judged), "base", "weighting", "n", "share"]
    found = pd.DataFrame(rows, columns=columns)
    order = found["question"].map({head.question: i for i, head in reversed(list(enumerate(heads)))})
    return found.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def _weights(
    frame: pd.DataFrame, margins: Mapping[str, Target], min_category: int, max_ratio: float, given: bool
) -> np.ndarray | None:
    """Weights for these respondents; None where no weights within the bound meet the margins."""
    base = base_weights(frame) if given else np.ones(len(frame))
    if not np.isfinite(base).all():  # another cleaning keeps respondents who came without a weight
        return None
    if not margins:
        return base
    there = {}
    for name, target in margins.items():
        present = set(frame[target.margin.question].dropna())
        categories = tuple(one for one in target.categories if present & set(one.of))
        there[name] = replace(target, categories=categories)
    try:
        return raked(
            frame.reset_index(drop=True), there, min_category=min_category, max_ratio=max_ratio, base=base
        )
    except StudyError:
        return None


def extremes(found: pd.DataFrame, privacy: Privacy) -> pd.DataFrame:
    """Compute how far all choices together move each headline.

    Parameters
    ----------
    found : DataFrame
        From `multiverse`.
    privacy : Privacy
        What may be shown.

    Returns
    -------
    DataFrame
        A row per headline: ``question, option, combinations`` (that give an estimate), ``out_of_reach`` (that
        give none), ``reported, lowest, highest`` (fractions), ``points`` (highest minus lowest, in percentage
        points). Of real answers lowest is rounded down and highest up, to steps of five points.
    """
    rows = []
    for (question, option), part in found.groupby(["question", "option"], sort=False):
        low, high = float(part["share"].min()), float(part["share"].max())
        if not privacy.keep_rows:
            step = STEP / 100
            low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
        rows.append(
            {
                "question": question,
                "option": option,
                "combinations": int(part["share"].notna().sum()),
                "out_of_reach": int(part["share"].isna().sum()),
                "reported": part["share"].iloc[0],
                "lowest": low,
                "highest": min(high, 1.0),
                "points": 100 * (min(high, 1.0) - low),
            }
        )
    columns = [
        "question",
        "option",
        "combinations",
        "out_of_reach",
        "reported",
        "lowest",
        "highest",
        "points",
    ]
    return pd.DataFrame(rows, columns=columns)


def made(found: pd.DataFrame) -> list[str]:
    """List the choices that there were: the columns of `multiverse` with more than one option."""
    every = [column for column in found if column.startswith("rule.")] + ["base", "weighting"]
    return [name for name in every if len(found[name].unique()) > 1]


def moves(found: pd.DataFrame, privacy: Privacy) -> pd.DataFrame:
    """Compute how far each single choice moves a headline.

    Parameters
    ----------
    found : DataFrame
        From `multiverse`.
    privacy : Privacy
        What may be shown.

    Returns
    -------
    DataFrame
        A row per headline and choice: ``question, option, choice`` (a column of `multiverse`), ``options``
        (how many there are), ``alone`` (the largest change from what was reported, when all else stays),
        ``at_most`` (the largest spread over its options, whatever else is chosen); in percentage points, of
        real answers in steps of five.
    """
    choices, rows = made(found), []
    for (question, option), part in found.groupby(["question", "option"], sort=False):
        reported = part.iloc[0]
        for choice in choices:
            others = [name for name in choices if name != choice]
            same = part[(part[others] == reported[others]).all(axis=1)]
            shares = part.groupby(others)["share"] if others else part.assign(all=0).groupby("all")["share"]
            spread = shares.agg(lambda values: values.max() - values.min())
            row = {"question": question, "option": option, "choice": choice}
            row |= {"options": part[choice].nunique()}
            row |= {
                "alone": 100 * (same["share"] - reported["share"]).abs().max(),
                "at_most": 100 * spread.max(),
            }
            rows.append(row)
    table = pd.DataFrame(rows, columns=["question", "option", "choice", "options", "alone", "at_most"])
    if privacy.keep_rows:
        return table
    return table.assign(**{name: STEP * (table[name] / STEP).round() + 0.0 for name in ("alone", "at_most")})
