"""Margins matched to the sample, and the table of unique cells that a calibration is solved on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..coding import blocks, codes_of, column, combine, look_up
from ..design import SurveyDesign
from .problems import CalibrationError, explain

EQUAL_TOTALS = 1e-9  # relative difference between the totals of two margins that counts as rounding


@dataclass(frozen=True, eq=False)
class Margin:
    """One margin, matched to the rows: a category number per row, or the values of a numeric variable."""

    name: str
    labels: list
    target: np.ndarray
    total: float  # of all targets as given, also of categories nobody is in
    codes: np.ndarray | None  # None: numeric
    amounts: np.ndarray | None = None
    renumber: np.ndarray | None = None  # from the codes of the column to the categories with cases

    def take(self, first: np.ndarray) -> "Margin":
        """The same margin on cells, given the first row of each."""
        return replace(
            self,
            codes=None if self.codes is None else self.codes[first],
            amounts=None if self.amounts is None else self.amounts[first],
        )


def _name(key) -> str:
    return key if isinstance(key, str) else " × ".join(map(str, key))


def _as_number(target) -> float:
    """A target as a number; missing where it is none, which is then reported with the other problems."""
    try:
        return float(target)
    except (TypeError, ValueError):
        return float("nan")


def label_of(category) -> str:
    """A category, or a combination of categories, in words."""
    return " × ".join(map(str, category)) if isinstance(category, tuple) else str(category)


def _row_codes(design: SurveyDesign, key) -> tuple[np.ndarray, list]:
    if isinstance(key, str):
        codes, labels = codes_of(column(design.frame, key))
        return codes, list(labels)
    parts = [codes_of(column(design.frame, name)) for name in key]
    whole = np.all([codes >= 0 for codes, _ in parts], axis=0)
    joint, first = combine([np.where(whole, codes, 0) for codes, _ in parts], len(whole))
    labels = [tuple(names[codes[i]] for codes, names in parts) for i in first]
    return np.where(whole, joint, -1), labels


@dataclass(frozen=True, eq=False)
class JoinedMargins:
    """Rows numbered by their combination of categories, found in one pass; combinations may be empty."""

    joint: np.ndarray  # (rows,) 16-bit: passes over the rows wait for memory
    counts: np.ndarray  # respondents of each combination
    levels: tuple[int, ...]  # categories of each margin

    def tally(self, margin: int) -> np.ndarray:
        """Respondents in each category of one margin."""
        others = tuple(k for k in range(len(self.levels)) if k != margin)
        return self.counts.reshape(self.levels).sum(axis=others)


def join_margins(design: SurveyDesign, margins: Mapping, plain: bool) -> JoinedMargins | None:
    """The quick way to the cells, for categoricals without missing values and few combinations.

    Passes over the rows are what a calibration costs, so they are made with the small integers of the
    categoricals. None where that does not serve.
    """
    if not plain or not isinstance(margins, Mapping) or not all(key in design.frame for key in margins):
        return None
    parts = [design.frame[key].array for key in margins]
    if not parts or not all(isinstance(part.dtype, pd.CategoricalDtype) for part in parts):
        return None
    levels = tuple(len(part.categories) for part in parts)
    combinations = math.prod(levels)
    if not 0 < combinations <= min(2**15, len(design.frame) // 8):
        return None
    codes = [part.codes for part in parts]
    if any(code.min() < 0 for code in codes):
        return None
    joint = np.empty(len(design.frame), dtype=np.int16)
    counts = np.zeros(combinations, dtype=np.int64)
    for block in blocks(len(joint)):
        here = codes[0][block].astype(np.int16)
        for code, size in zip(codes[1:], levels[1:], strict=True):
            here *= size
            here += code[block]
        joint[block] = here
        counts += np.bincount(here, minlength=combinations)
    return JoinedMargins(joint, counts, levels)


def read_margins(
    design: SurveyDesign, margins: Mapping, total: float | None, joined: JoinedMargins | None = None
) -> list[Margin]:
    """Match margins to the sample; every mismatch is found before any is reported."""
    if not isinstance(margins, Mapping) or not margins:
        raise CalibrationError(
            "margins must be a mapping of a column (or a tuple of columns) to its targets."
        )
    if total is not None and not (np.isfinite(total) and total > 0):
        raise CalibrationError(f"total must be a positive number, not {total!r}.")
    active = np.ones(1, dtype=bool) if joined else design.all_weights != 0  # joined: every row is a case
    whole = bool(active.all())
    cases = design.counts if joined else np.where(active, design.counts, 0.0)
    problems: list[dict] = []
    read = []
    for number, (key, targets) in enumerate(margins.items()):
        name = _name(key)
        if isinstance(targets, int | float | np.number):
            values, one = _numbers_for(design, key, active, problems), float(targets)
            if not np.isfinite(one):
                problems.append({"kind": "target", "margin": name, "target": one})
            read.append(Margin(name, [None], np.array([one]), one, None, values))
            continue
        if not isinstance(targets, Mapping | pd.Series):
            raise CalibrationError(
                f"the targets of {name!r} must be a number, or a mapping of categories to numbers, not "
                f"{targets!r}."
            )
        wanted = {label: _as_number(target) for label, target in dict(targets).items()}
        if joined is None:
            codes, labels = _row_codes(design, key)
            missing, *n = np.bincount(codes + 1, weights=cases, minlength=len(labels) + 1)
        else:
            codes, labels = design.frame[key].array.codes, list(design.frame[key].array.categories)
            missing, n = 0, joined.tally(number)
        if missing:
            problems.append({"kind": "missing", "margin": name, "n": int(missing)})
        here = {label: int(k) for label, k in zip(labels, n, strict=True) if k}
        for label, k in here.items():
            if label not in wanted:
                problems.append({"kind": "no target", "margin": name, "category": label_of(label), "n": k})
        for label, target in wanted.items():
            if not (np.isfinite(target) and target >= 0):
                problems.append(
                    {"kind": "target", "margin": name, "category": label_of(label), "target": target}
                )
            elif label not in here and target > 0:
                problems.append(
                    {"kind": "no cases", "margin": name, "category": label_of(label), "target": target}
                )
        kept = [label for label in labels if label in here and label in wanted]
        renumber = np.full(len(labels) + 1, -1)  # the last entry serves the code -1
        renumber[[labels.index(label) for label in kept]] = np.arange(len(kept))
        goal = np.array([wanted[label] for label in kept])
        if total is not None and goal.sum() > 0:
            goal = goal * (total / sum(wanted.values()))
        everything = float(sum(wanted.values()))
        if everything == 0:
            problems.append({"kind": "nobody", "margin": name})
        if kept != labels:
            codes = renumber[codes]
        if not whole:
            codes = np.where(active, codes, -1)
        read.append(Margin(name, kept, goal, everything, codes, renumber=renumber))
    problems += _unequal_totals(read, total)
    if problems:
        raise CalibrationError(explain(problems), problems)
    return read


def plain_rows(design: SurveyDesign) -> bool:
    """Whether every row is one respondent with a weight other than zero."""
    alone = design.counts.strides == (0,) or (design.counts == 1).all()
    return bool(alone and design.all_weights.min() > 0)


def _numbers_for(design, key, active, problems) -> np.ndarray:
    if not isinstance(key, str):
        raise CalibrationError(f"a single total needs a single numeric column, not {key!r}.")
    values = column(design.frame, key)
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        raise CalibrationError(
            f"margin {key!r} has one total but the column is {values.dtype}: give a target per category."
        )
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    missing = design.counts[active & ~np.isfinite(numbers)].sum()
    if missing:
        problems.append({"kind": "missing", "margin": key, "n": int(missing)})
    return np.where(active, numbers, 0.0)


def _unequal_totals(read: list[Margin], total: float | None) -> list[dict]:
    sums = [(m.name, m.total) for m in read if m.codes is not None]
    if total is not None or len(sums) < 2:
        return []
    reference = sums[0][1]
    if all(abs(s - reference) <= EQUAL_TOTALS * abs(reference) for _, s in sums):
        return []
    return [{"kind": "totals", "margin": name, "target": s} for name, s in sums]


def population_of(read: list[Margin]) -> float | None:
    """What the targets of the categories add up to; None where all margins are numeric."""
    for margin in read:
        if margin.codes is not None:
            return float(margin.target.sum())
    return None


def _number_cells(design: SurveyDesign, read: list[Margin]) -> tuple[np.ndarray, np.ndarray]:
    """Cell of each row, and the first row of each cell."""
    keys = [
        margin.codes
        if margin.codes is not None
        else np.unique(np.asarray(margin.amounts), return_inverse=True)[1].ravel()
        for margin in read
    ]
    active = design.all_weights != 0
    if active.all():
        return combine(keys, len(active))
    kept = np.flatnonzero(active)
    joint, first = combine([key[kept] for key in keys], len(kept))
    cell = np.zeros(len(active), dtype=np.int64)  # rows of weight zero are nowhere; they stay at zero
    cell[kept] = joint
    return cell, kept[first]


def cells_of(design: SurveyDesign, read: list[Margin], joined: JoinedMargins | None = None):
    """Unique combinations of the calibration variables: row numbers, table, targets, sizes, names, codes."""
    if joined is None:
        cell, first = _number_cells(design, read)
    else:
        used = np.flatnonzero(joined.counts)
        cell = joined.joint
        if len(used) < len(joined.counts):
            cell = look_up((np.cumsum(joined.counts > 0) - 1).astype(np.int16), cell)
        combination = np.unravel_index(used, joined.levels)
    columns, target, names, codes = [], [], [], []
    for number, margin in enumerate(read):
        if margin.codes is None:
            columns.append(np.asarray(margin.amounts)[first][:, None])
            names.append((margin.name, None))
        else:
            code = margin.codes[first] if joined is None else np.asarray(margin.renumber)[combination[number]]
            columns.append((code[:, None] == np.arange(len(margin.labels))).astype(float))
            codes.append(code)
            names.extend((margin.name, label_of(label)) for label in margin.labels)
        target.append(margin.target)
    table, target = np.hstack(columns), np.concatenate(target)
    scale = population_of(read)
    if not scale:
        scale = np.abs(table).T @ np.bincount(cell, weights=design.all_weights, minlength=len(table))
    size = np.where(target != 0, np.abs(target), scale)
    numeric = any(margin.codes is None for margin in read)
    return cell, table, target, np.where(size > 0, size, 1.0), names, None if numeric else tuple(codes)
