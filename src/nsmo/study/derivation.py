"""Computes the derived variables of a codebook from coded answers."""

from collections.abc import Collection, Mapping

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
    frame = responses.copy(deep=False)  # columns are added, none is changed
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
                values, needs = _cross(definition, codebook, frame), definition.of
        reasons = np.where(values.isna(), _reason(frame, needs), -1)
        frame[definition.name] = values
        frame[f"{definition.name}.missing"] = pd.Categorical.from_codes(reasons, list(REASONS))
    return frame


def _reason(frame: pd.DataFrame, needs: list[str]) -> np.ndarray:
    """Compute the place in `REASONS` of why the first of several variables is missing, else of no_answer."""
    found = np.full(len(frame), -1)
    for name in dict.fromkeys(needs):
        reasons = _looked_up(frame[f"{name}.missing"], {reason: i for i, reason in enumerate(REASONS)})
        found = np.where(found < 0, reasons, found)
    return np.where(found < 0, REASONS.index("no_answer"), found)


def _looked_up(values: pd.Series, places: Mapping[str, float], missing: float = -1) -> np.ndarray:
    """Compute a number for each answer; of categories, each is looked up once."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        found, codes = values.cat.categories, values.cat.codes.to_numpy()
    else:
        codes, found = pd.factorize(values)
    return np.array([*(places.get(one, missing) for one in found), missing])[codes]


def _recode(definition: Recode, variable: Variable, frame: pd.DataFrame) -> pd.Series:
    place = {name: i for i, name in enumerate(variable.option_names)}
    group = {category: place[option.name] for option in definition.options for category in option.of}
    return _categorical(_looked_up(frame[definition.from_], group), variable, frame.index)


def _count(definition: Count, codebook: Codebook, frame: pd.DataFrame) -> pd.Series:
    options = [
        name for name in codebook.variable(definition.of).option_names if name not in definition.exclude
    ]
    ticked = [frame[f"{definition.of}.{name}"] for name in options]
    number = np.sum([one.to_numpy(dtype=bool, na_value=False) for one in ticked], axis=0, dtype=float)
    known = np.any([one.notna() for one in ticked], axis=0)
    return pd.Series(np.where(known, number, np.nan), index=frame.index)


def _mean(definition: Mean, codebook: Codebook, frame: pd.DataFrame) -> pd.Series:
    scores = pd.DataFrame(
        {name: _looked_up(frame[name], codebook.variable(name).scores, np.nan) for name in definition.of},
        index=frame.index,
        dtype=float,
    )
    return scores.mean(axis=1).where(scores.notna().sum(axis=1) >= definition.min_answered, np.nan)


def _flag(definition: Flag, frame: pd.DataFrame) -> pd.Series:
    truth = evaluate_known(definition.when, frame)
    place = np.where(truth.isna(), -1, np.where(truth.fillna(False), 0, 1))
    return pd.Series(pd.Categorical.from_codes(place, ["yes", "no"]), index=frame.index)


def _first_match(definition: FirstMatch, variable: Variable, frame: pd.DataFrame) -> pd.Series:
    place = {name: i for i, name in enumerate(variable.option_names)}
    chosen = np.full(len(frame), -1)
    for case in definition.options:
        chosen[(chosen < 0) & evaluate(case.when, frame).to_numpy()] = place[case.name]
    none = chosen < 0
    if definition.otherwise == "error" and none.any():
        left = int(none.sum())
        raise StudyError(
            found=f"no category of '{definition.name}' holds for {left} response{'s' * (left != 1)}",
            where=f"questionnaire.yaml, derived > {definition.name}",
            fix="add a category, or say with otherwise: which one they belong to, or missing",
        )
    if definition.otherwise not in ("error", "missing"):
        rest = definition.otherwise
        chosen[none] = place[rest.name if isinstance(rest, NamedText) else rest]
    return _categorical(chosen, variable, frame.index)


def _cross(definition: Cross, codebook: Codebook, frame: pd.DataFrame) -> pd.Series:
    place, known = np.zeros(len(frame), dtype=int), np.ones(len(frame), dtype=bool)
    for name in definition.of:
        options = codebook.variable(name).option_names
        part = _looked_up(frame[name], {option: i for i, option in enumerate(options)})
        place, known = place * len(options) + part, known & (part >= 0)
    return _categorical(np.where(known, place, -1), codebook.variable(definition.name), frame.index)


def _categorical(places: np.ndarray, variable: Variable, index: pd.Index) -> pd.Series:
    ordered = variable.type == "ordinal"
    return pd.Series(pd.Categorical.from_codes(places, variable.option_names, ordered=ordered), index=index)
