"""Computes the derived variables of a codebook from coded answers."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from nsmo.study.codebook import Codebook
from nsmo.study.conditions import REASONS, evaluate, evaluate_known, names
from nsmo.study.derived import Count, Cross, FirstMatch, Flag, Mean, Recode
from nsmo.study.errors import StudyError
from nsmo.study.model import NamedText
from nsmo.study.variable import Variable


def derive(codebook: Codebook, responses: pd.DataFrame, only: Collection[str] | None = None) -> pd.DataFrame:
    """Add every derived variable, in the order of the codebook, so that a later one may use an earlier one.

    Where a variable cannot be computed, its ``.missing`` tells why: the reason of the first of the answers it
    needs that is missing.

    Parameters
    ----------
    codebook : Codebook
        Defines the variables.
    responses : DataFrame
        The coded frame.
    only : collection of str, optional
        Names of those that are wanted; left out, all.

    Returns
    -------
    DataFrame
        With two more columns per derived variable, its value and its ``.missing``.

    Raises
    ------
    StudyError
        If no category of a variable with ``otherwise: error`` holds, naming the responses.
    """
    frame = responses.copy()
    wanted = [d for d in codebook.derived if only is None or d.name in only]
    for definition in wanted:
        variable = codebook.variable(definition.name)
        match definition:
            case Recode():
                values, needs = _recode(definition, variable, frame), [definition.from_]
            case Count():
                values, needs = _count(definition, codebook, frame), [definition.of]
            case Mean():
                values, needs = _mean(definition, codebook, frame), definition.of
            case Flag():
                values, needs = _flag(definition, frame), names(definition.when)
            case FirstMatch():
                values = _first_match(definition, variable, frame)
                needs = [name for case in definition.options for name in names(case.when)]
            case Cross():
                values, needs = _cross(definition, variable, frame), definition.of
        reasons = _reason(frame, needs).where(values.isna(), None)
        frame[definition.name] = values
        frame[f"{definition.name}.missing"] = pd.Categorical(reasons, categories=list(REASONS))
    return frame


def _reason(frame: pd.DataFrame, needs: list[str]) -> pd.Series:
    """Return the reason of the first of several variables that is missing, else no_answer."""
    reasons = pd.concat([frame[f"{name}.missing"].astype(object) for name in dict.fromkeys(needs)], axis=1)
    return reasons.bfill(axis=1).iloc[:, 0].fillna("no_answer")


def _recode(definition: Recode, variable: Variable, frame: pd.DataFrame) -> pd.Series:
    group = {category: option.name for option in definition.options for category in option.of}
    coded = frame[definition.from_].astype(object).map(group)
    return _categorical(coded, variable)


def _count(definition: Count, codebook: Codebook, frame: pd.DataFrame) -> pd.Series:
    options = [
        name for name in codebook.variable(definition.of).option_names if name not in definition.exclude
    ]
    ticked = frame[[f"{definition.of}.{name}" for name in options]]
    return ticked.sum(axis=1, min_count=1).astype("Float64").astype(float)


def _mean(definition: Mean, codebook: Codebook, frame: pd.DataFrame) -> pd.Series:
    scores = pd.concat(
        [
            frame[name].astype(object).map(codebook.variable(name).scores).astype(float)
            for name in definition.of
        ],
        axis=1,
    )
    return scores.mean(axis=1).where(scores.notna().sum(axis=1) >= definition.min_answered, np.nan)


def _flag(definition: Flag, frame: pd.DataFrame) -> pd.Series:
    truth = evaluate_known(definition.when, frame)
    words = truth.map({True: "yes", False: "no"}).astype(object)
    return pd.Series(pd.Categorical(words.where(truth.notna(), None), ["yes", "no"]), index=frame.index)


def _first_match(definition: FirstMatch, variable: Variable, frame: pd.DataFrame) -> pd.Series:
    chosen = pd.Series(None, index=frame.index, dtype=object)
    for case in definition.options:
        chosen[chosen.isna() & evaluate(case.when, frame)] = case.name
    if definition.otherwise == "error" and chosen.isna().any():
        left = int(chosen.isna().sum())
        raise StudyError(
            found=f"no category of '{definition.name}' holds for {left} response{'s' * (left != 1)}",
            where=f"questionnaire.yaml, derived > {definition.name}",
            fix="add a category, or say with otherwise: which one they belong to, or missing",
        )
    if definition.otherwise not in ("error", "missing"):
        rest = definition.otherwise
        chosen = chosen.fillna(rest.name if isinstance(rest, NamedText) else rest)
    return _categorical(chosen, variable)


def _cross(definition: Cross, variable: Variable, frame: pd.DataFrame) -> pd.Series:
    parts = [frame[name].astype(object) for name in definition.of]
    known = pd.concat(parts, axis=1).notna().all(axis=1)
    names = parts[0].astype(str).str.cat([part.astype(str) for part in parts[1:]], sep="_")
    return _categorical(names.astype(object).where(known, None), variable)


def _categorical(values: pd.Series, variable: Variable) -> pd.Series:
    categories = pd.Categorical(values, variable.option_names, ordered=variable.type == "ordinal")
    return pd.Series(categories, index=values.index)
