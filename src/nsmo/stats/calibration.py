"""Calibration: weights that make the sample agree with the population on chosen margins.

All methods solve one problem (Deville and Särndal 1992): find weights ``w = d F(x'λ)``, with ``d`` the base
weights and ``x`` the calibration variables, that reproduce the population totals of ``x``. The methods differ
in F: raking ``exp``, linear ``1 + u``, logit a curve between two bounds; each may be cut off at bounds.
Respondents with the same ``x`` (and the same bounds) get the same factor, so the problem is solved on the
table of unique cells and costs next to nothing however many respondents there are.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import optimize, special

from .coding import blocks, codes_of, column, combine, look_up
from .design import Projection, SurveyDesign

METHODS = ("raking", "linear", "logit", "poststratify")
TOGETHER = 16_384  # weights of replicates that are raked together: what the fast cache holds
SWEEPS = 4  # of plain raking before Newton's method takes over
COMPARISON = ["margin", "category", "n", "before", "target", "reached"]
COMPARISON += ["share_before", "share_target", "share_reached"]
ZERO_WEIGHT = 1e-9  # a factor below this share of the mean factor is a respondent thrown away
EQUAL_TOTALS = 1e-9  # relative difference between the totals of two margins that counts as rounding


class CalibrationError(ValueError):
    """Margins that the sample cannot meet, or that do not describe it.

    Attributes
    ----------
    problems : list of dict
        One per finding, with ``kind`` and, as far as they apply, ``margin``, ``category``, ``n``, ``target``,
        ``reached``.
    """

    def __init__(self, message: str, problems: list[dict] | None = None):
        super().__init__(message)
        self.problems = problems or []


@dataclass(frozen=True, eq=False)
class Calibration:
    """Evidence of what a calibration did.

    Attributes
    ----------
    method, bounds, trim, total
        As asked; ``total`` is what the weights add up to.
    margins
        One row per category: margin, category, n (unweighted), before (base weights), target, reached, and
        the three as shares of their sum. A numeric variable has one row, without category and shares.
    weights
        n, sum, mean, min, max, cv (coefficient of variation), deff (Kish), n_eff, and how many weights are
        zero or stand at a bound.
    iterations, converged
        Of the search; a calibration that does not converge is refused, so ``converged`` is True here.
    held
        Whether the margins are met: False after `trim_weights`.
    """

    method: str
    margins: pd.DataFrame
    weights: dict[str, float]
    iterations: int
    converged: bool
    held: bool
    total: float | None
    bounds: tuple[float, float] | None = None
    trim: tuple[float, float] | None = None

    def as_dict(self) -> dict:
        """The same as plain numbers, lists and strings, for JSON (infinite limits as None)."""

        def plain(limits):
            return None if limits is None else [x if math.isfinite(x) else None for x in limits]

        rows = self.margins.astype(object).where(self.margins.notna(), None).to_dict("records")
        return {
            "method": self.method,
            "bounds": plain(self.bounds),
            "trim": plain(self.trim),
            "total": self.total,
            "iterations": self.iterations,
            "converged": self.converged,
            "held": self.held,
            "weights": dict(self.weights),
            "margins": rows,
        }


# ---- margins against sample ------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Margin:
    """One margin, matched to the rows: a category number per row, or the values of a numeric variable."""

    name: str
    labels: list
    target: np.ndarray
    total: float  # of all targets as given, also of categories nobody is in
    codes: np.ndarray | None  # None: numeric
    amounts: np.ndarray | None = None
    renumber: np.ndarray | None = None  # from the codes of the column to the categories with cases

    def take(self, first: np.ndarray) -> "_Margin":
        """The same margin on cells, given the first row of each."""
        return replace(
            self,
            codes=None if self.codes is None else self.codes[first],
            amounts=None if self.amounts is None else self.amounts[first],
        )


def _name(key) -> str:
    return key if isinstance(key, str) else " × ".join(map(str, key))


def _label(category) -> str:
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
class _Joined:
    """Rows numbered by their combination of categories, found in one pass; combinations may be empty."""

    joint: np.ndarray  # (rows,) 16-bit: passes over the rows wait for memory
    counts: np.ndarray  # respondents of each combination
    levels: tuple[int, ...]  # categories of each margin

    def tally(self, margin: int) -> np.ndarray:
        """Respondents in each category of one margin."""
        others = tuple(k for k in range(len(self.levels)) if k != margin)
        return self.counts.reshape(self.levels).sum(axis=others)


def _joined(design: SurveyDesign, margins: Mapping, plain: bool) -> _Joined | None:
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
    return _Joined(joint, counts, levels)


def _read_margins(
    design: SurveyDesign, margins: Mapping, total: float | None, joined: _Joined | None = None
) -> list[_Margin]:
    """Match margins to the sample; every mismatch is found before any is reported."""
    if not isinstance(margins, Mapping) or not margins:
        raise CalibrationError(
            "margins must be a mapping of a column (or a tuple of columns) to its targets."
        )
    if total is not None and not (np.isfinite(total) and total > 0):
        raise CalibrationError(f"total must be a positive number, not {total!r}.")
    active = None if joined else design._weights != 0
    whole = joined is not None or bool(active.all())
    cases = None if joined else np.where(active, design.counts, 0.0)
    problems: list[dict] = []
    read = []
    for number, (key, targets) in enumerate(margins.items()):
        name = _name(key)
        if np.isscalar(targets):
            values = _numbers_for(design, key, active, problems)
            if not np.isfinite(targets):
                problems.append({"kind": "target", "margin": name, "target": float(targets)})
            read.append(_Margin(name, [None], np.array([float(targets)]), float(targets), None, values))
            continue
        wanted = {label: float(target) for label, target in dict(targets).items()}
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
                problems.append({"kind": "no target", "margin": name, "category": _label(label), "n": k})
        for label, target in wanted.items():
            if not (np.isfinite(target) and target >= 0):
                problems.append(
                    {"kind": "target", "margin": name, "category": _label(label), "target": target}
                )
            elif label not in here and target > 0:
                problems.append(
                    {"kind": "no cases", "margin": name, "category": _label(label), "target": target}
                )
        kept = [label for label in labels if label in here and label in wanted]
        renumber = np.full(len(labels) + 1, -1)  # the last entry serves the code -1
        renumber[[labels.index(label) for label in kept]] = np.arange(len(kept))
        goal = np.array([wanted[label] for label in kept])
        if total is not None and goal.sum() > 0:
            goal = goal * (total / sum(wanted.values()))
        everything = float(sum(wanted.values()))
        if kept != labels:
            codes = renumber[codes]
        if not whole:
            codes = np.where(active, codes, -1)
        read.append(_Margin(name, kept, goal, everything, codes, renumber=renumber))
    problems += _unequal_totals(read, total)
    if problems:
        raise CalibrationError(_explain(problems), problems)
    return read


def _plain(design: SurveyDesign) -> bool:
    """Whether every row is one respondent with a weight other than zero."""
    alone = design.counts.strides == (0,) or (design.counts == 1).all()
    return bool(alone and design._weights.min() > 0)


def _one_weight(weights: np.ndarray) -> float | None:
    """The weight that all rows have, if they have the same."""
    return float(weights[0]) if weights.min() == weights.max() else None


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


def _unequal_totals(read: list[_Margin], total: float | None) -> list[dict]:
    sums = [(m.name, m.total) for m in read if m.codes is not None]
    if total is not None or len(sums) < 2:
        return []
    reference = sums[0][1]
    if all(abs(s - reference) <= EQUAL_TOTALS * abs(reference) for _, s in sums):
        return []
    return [{"kind": "totals", "margin": name, "target": s} for name, s in sums]


def _explain(problems: list[dict]) -> str:
    lines = []
    for p in problems:
        where = p["margin"] + (f" = {p['category']}" if p.get("category") is not None else "")
        if p["kind"] == "missing":
            lines.append(f"{where}: {p['n']} respondents have no value; recode, impute or exclude them first")
        elif p["kind"] == "no target":
            lines.append(f"{where}: {p['n']} respondents but no target; add one, or merge the category")
        elif p["kind"] == "no cases":
            lines.append(f"{where}: target {p['target']:g} but nobody in the sample; merge the category")
        elif p["kind"] == "target":
            lines.append(f"{where}: the target must be a number of at least zero, not {p['target']}")
        elif p["kind"] == "totals":
            lines.append(f"{where}: targets add up to {p['target']:.10g}")
        elif p["kind"] == "unmet":
            lines.append(f"{where}: target {p['target']:.10g}, reached {p['reached']:.10g}")
    head = "calibration refused"
    if any(p["kind"] == "totals" for p in problems):
        head += "; margins must have equal totals (total= rescales them)"
    return head + ":\n  " + "\n  ".join(lines)


# ---- distances -------------------------------------------------------------------------------------------


def _inside(curve, slope, whole, lower, upper, u_lower, u_upper, u):
    """Cut a curve off at bounds: value, slope and integral (all continuous)."""
    low, high = u < u_lower, u > u_upper
    mid = np.where(low, u_lower, np.where(high, u_upper, u))
    value = np.where(low, lower, np.where(high, upper, curve(mid)))
    integral = whole(mid) + np.where(low | high, value * (u - mid), 0.0)
    return value, np.where(low | high, 0.0, slope(mid)), integral


def _factor(method: str, u, lower, upper):
    """F(u), F'(u) and the integral of F, for factors between lower and upper."""
    if method == "raking":
        with np.errstate(divide="ignore", over="ignore"):
            return _inside(np.exp, np.exp, np.exp, lower, upper, np.log(lower), np.log(upper), u)
    if method == "linear":
        return _inside(
            lambda v: 1 + v, np.ones_like, lambda v: v + v * v / 2, lower, upper, lower - 1, upper - 1, u
        )
    steep = (upper - lower) / ((upper - 1) * (1 - lower))
    shift = np.log((1 - lower) / (upper - 1))
    share = special.expit(steep * u + shift)
    integral = lower * u + (upper - lower) / steep * np.logaddexp(0, steep * u + shift)
    return lower + (upper - lower) * share, (upper - lower) * steep * share * (1 - share), integral


class _UnmetError(Exception):
    """The search ended away from the targets."""

    def __init__(self, iterations: int):
        self.iterations = iterations


@dataclass(frozen=True, eq=False)
class _Solver:
    """A calibration problem on units (cells of respondents alike); solves it for any base weights.

    ``table`` is units by variables, ``target`` and ``size`` (what a misfit is measured against) are per
    variable, ``codes`` holds one category number per unit for every margin (None when there are numeric
    variables), ``lower`` and ``upper`` limit the factor per unit.
    """

    method: str
    table: np.ndarray
    target: np.ndarray
    size: np.ndarray
    codes: tuple[np.ndarray, ...] | None
    names: list[tuple[str, str | None]]
    lower: np.ndarray
    upper: np.ndarray
    tol: float
    max_iter: int

    @property
    def plain(self) -> bool:
        """Raking of categories without bounds, which needs no more than proportional fitting."""
        return (
            self.method == "raking"
            and self.codes is not None
            and not self.lower.any()
            and np.isinf(self.upper).all()
        )

    def solve(self, base: np.ndarray, start: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, int]:
        """Factors per unit, the multipliers λ, and the iterations used; `_UnmetError` when it cannot."""
        dead = self._dead()
        base = np.where(dead, 0.0, base)
        iterations = 0
        if start is None and self.plain:
            start, iterations = self._sweep(base)
        table = self.table / self.size
        goal = self.target / self.size
        multiplier = np.zeros(len(goal)) if start is None else start * self.size
        value, slope, integral = _factor(self.method, table @ multiplier, self.lower, self.upper)
        height = base @ integral - goal @ multiplier
        misfit = goal - table.T @ (base * value)
        ridge = 1e-13
        while np.abs(misfit).max(initial=0) > self.tol:
            iterations += 1
            if iterations > self.max_iter:
                raise _UnmetError(iterations)
            curvature = table.T @ (table * (base * slope)[:, None])
            damping = ridge * max(np.trace(curvature), base.sum() * 1e-12) / len(goal)
            step = np.linalg.solve(curvature + damping * np.eye(len(goal)), misfit)
            gain = misfit @ step
            length = 1.0
            while True:
                trial = multiplier + length * step
                with np.errstate(over="ignore", invalid="ignore"):
                    value, slope, integral = _factor(self.method, table @ trial, self.lower, self.upper)
                    new = base @ integral - goal @ trial
                # At full precision the height no longer tells; there the misfit does.
                if np.isfinite(new) and (
                    new <= height - 1e-4 * length * gain
                    or (
                        abs(new - height) <= 1e-12 * (1 + abs(height))
                        and np.abs(goal - table.T @ (base * value)).max() < np.abs(misfit).max()
                    )
                ):
                    break
                length /= 2
                if length < 1e-10:
                    break
            if length < 1e-10:
                ridge *= 1e3
                if ridge > 1:
                    raise _UnmetError(iterations)
                value, slope, integral = _factor(self.method, table @ multiplier, self.lower, self.upper)
                continue
            ridge = max(ridge / 10, 1e-13)
            multiplier, height = trial, new
            misfit = goal - table.T @ (base * value)
        factor = np.where(dead, 0.0, value)
        return factor, multiplier / self.size, iterations

    def _dead(self) -> np.ndarray:
        """Units of a category with target zero: raking and logit can only give them weight zero."""
        if self.codes is None or self.method == "linear":
            return np.zeros(len(self.table), dtype=bool)
        return (self.table[:, self.target == 0] != 0).any(axis=1) & (self.lower <= 0)

    def _sweep(self, base: np.ndarray) -> tuple[np.ndarray, int]:
        """A few rounds of plain raking: the logarithm of each category's factor."""
        weights = base.copy()
        factors = []
        position = 0
        for code in self.codes:
            factors.append(np.ones(int(code.max()) + 1))
        for _ in range(SWEEPS):
            position = 0
            for code, factor in zip(self.codes, factors, strict=True):
                now = np.bincount(code, weights=weights, minlength=len(factor))
                goal = self.target[position : position + len(factor)]
                change = np.divide(goal, now, out=np.ones_like(goal), where=(now > 0) & (goal > 0))
                factor *= change
                weights *= change[code]
                position += len(factor)
        return np.log(np.concatenate(factors)), SWEEPS

    def solve_many(self, base: np.ndarray, start: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Factors for many sets of base weights (units by sets), and which sets could be solved."""
        if self.plain:
            return self._rake_many(base, start)
        factors = np.zeros_like(base)
        solved = np.ones(base.shape[1], dtype=bool)
        for r in range(base.shape[1]):
            try:
                factors[:, r], _, _ = self.solve(base[:, r], start)
            except (_UnmetError, np.linalg.LinAlgError):
                solved[r] = False
        return factors, solved

    def _rake_many(self, base: np.ndarray, start: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Proportional fitting of many sets at once, from the factors of the full sample."""
        first = np.where(self._dead(), 0.0, 1.0 if start is None else np.exp(self.table @ start))
        margins, position = [], 0
        for code in self.codes:
            levels = int(code.max()) + 1
            adder = np.ascontiguousarray((code == np.arange(levels)[:, None]).astype(float))
            margins.append((code, adder, self.target[position : position + levels, None]))
            position += levels
        factors = np.zeros_like(base)
        solved = np.zeros(base.shape[1], dtype=bool)
        width = max(8, TOGETHER // len(base))
        for begin in range(0, base.shape[1], width):
            block = slice(begin, begin + width)
            factors[:, block], solved[block] = self._rake_block(base[:, block], first, margins)
        return factors, solved

    def _rake_block(
        self, base: np.ndarray, first: np.ndarray, margins: list
    ) -> tuple[np.ndarray, np.ndarray]:
        weights = base * first[:, None]
        spread = np.empty_like(weights)
        for _ in range(self.max_iter):
            worst = np.zeros(base.shape[1])
            for code, adder, goal in margins:
                now = adder @ weights
                change = np.divide(goal, now, out=np.ones_like(now), where=(now > 0) & (goal > 0))
                np.maximum(worst, np.where(now > 0, np.abs(change - 1), goal > 0).max(axis=0), out=worst)
                np.take(change, code, axis=0, out=spread, mode="clip")
                weights *= spread
            if worst.max() <= self.tol:
                break
        return np.divide(weights, base, out=np.zeros_like(base), where=base != 0), worst <= self.tol


# ---- what cannot be met, and why ---------------------------------------------------------------------------


def _nearest(solver: _Solver, base: np.ndarray) -> list[dict]:
    """The targets that no weights within the limits can meet, with the nearest that they can.

    A linear program: least sum of relative misfits over weights between the limits. Empty when all targets
    can be met together.
    """
    table, unit = np.unique(solver.table, axis=0, return_inverse=True)
    unit = unit.ravel()
    low = np.bincount(unit, weights=np.where(np.isfinite(solver.lower), solver.lower, 0) * base)
    high = np.bincount(unit, weights=np.where(base > 0, solver.upper, 0) * np.where(base > 0, base, 1))
    cells, variables = table.shape
    scaled = table / solver.size
    identity = np.eye(variables)
    answer = optimize.linprog(
        np.concatenate([np.zeros(cells), np.ones(2 * variables)]),
        A_eq=np.hstack([scaled.T, identity, -identity]),
        b_eq=solver.target / solver.size,
        bounds=[
            (a if np.isfinite(solver.lower).all() else None, b if np.isfinite(b) else None)
            for a, b in zip(low, high, strict=True)
        ]
        + [(0, None)] * (2 * variables),
        method="highs",
    )
    if answer.status != 0:
        raise CalibrationError(f"the search for reachable margins failed: {answer.message}")
    short = answer.x[cells : cells + variables] - answer.x[cells + variables :]
    return [
        {
            "kind": "unmet",
            "margin": solver.names[j][0],
            "category": solver.names[j][1],
            "target": float(solver.target[j]),
            "reached": float(solver.target[j] - short[j] * solver.size[j]),
        }
        for j in np.flatnonzero(np.abs(short) > 1e-8)
    ]


def smallest_feasible_bound(
    design: SurveyDesign, margins: Mapping, lower: float = 0.0, total: float | None = None
) -> float:
    """The smallest upper limit on weight / mean weight under which the margins can be met.

    A linear program over the unique cells (scipy's HiGHS): minimise U over weights between ``lower`` and U
    times the mean weight that reproduce every target. A limit below it, in ``calibrate(trim=…)``, is refused.

    Parameters
    ----------
    design, margins, total
        As for `calibrate`; base weights matter only where they are zero.
    lower
        Lower limit on weight / mean weight.

    Returns
    -------
    float
        At least 1; infinite when no weights at all, above ``lower``, can meet the margins.

    Raises
    ------
    CalibrationError
        As `calibrate`, for margins that do not describe the sample.
    """
    read = _read_margins(design, margins, total)
    if all(m.codes is None for m in read):
        raise CalibrationError("the mean weight is unknown: give at least one margin of categories.")
    cell, table, target, size, _, _ = _cells_of(design, read)
    active = design._weights != 0
    counts = np.bincount(cell[active], weights=design.counts[active], minlength=len(table))
    mean = _population(read) / counts.sum()
    unit = counts * mean
    cells = len(table)
    answer = optimize.linprog(
        np.concatenate([np.zeros(cells), [1.0]]),
        A_ub=np.hstack([np.eye(cells), -unit[:, None]]),
        b_ub=np.zeros(cells),
        A_eq=np.hstack([(table / size).T, np.zeros((table.shape[1], 1))]),
        b_eq=target / size,
        bounds=[(lower * u, None) for u in unit] + [(0, None)],
        method="highs",
    )
    if answer.status == 2:
        return math.inf
    if answer.status != 0:
        raise CalibrationError(f"the search for the smallest bound failed: {answer.message}")
    return float(answer.x[-1])


# ---- calibrate -------------------------------------------------------------------------------------------


def _population(read: list[_Margin]) -> float | None:
    for margin in read:
        if margin.codes is not None:
            return float(margin.target.sum())
    return None


def _number_cells(design: SurveyDesign, read: list[_Margin]) -> tuple[np.ndarray, np.ndarray]:
    """Cell of each row, and the first row of each cell."""
    keys = [
        np.unique(margin.amounts, return_inverse=True)[1].ravel() if margin.codes is None else margin.codes
        for margin in read
    ]
    active = design._weights != 0
    if active.all():
        return combine(keys, len(active))
    kept = np.flatnonzero(active)
    joint, first = combine([key[kept] for key in keys], len(kept))
    cell = np.zeros(len(active), dtype=np.int64)  # rows of weight zero are nowhere; they stay at zero
    cell[kept] = joint
    return cell, kept[first]


def _cells_of(design: SurveyDesign, read: list[_Margin], joined: _Joined | None = None):
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
            columns.append(margin.amounts[first][:, None])
            names.append((margin.name, None))
        else:
            code = margin.codes[first] if joined is None else margin.renumber[combination[number]]
            columns.append((code[:, None] == np.arange(len(margin.labels))).astype(float))
            codes.append(code)
            names.extend((margin.name, _label(label)) for label in margin.labels)
        target.append(margin.target)
    table, target = np.hstack(columns), np.concatenate(target)
    scale = _population(read)
    if not scale:
        scale = np.abs(table).T @ np.bincount(cell, weights=design._weights, minlength=len(table))
    size = np.where(target != 0, np.abs(target), scale)
    numeric = any(margin.codes is None for margin in read)
    return cell, table, target, np.where(size > 0, size, 1.0), names, None if numeric else tuple(codes)


def calibrate(
    design: SurveyDesign,
    margins: Mapping,
    method: str = "raking",
    *,
    bounds: tuple[float, float] | None = None,
    trim: float | tuple[float, float] | None = None,
    total: float | None = None,
    tol: float = 1e-10,
    max_iter: int = 500,
) -> SurveyDesign:
    """Weights that reproduce the population margins, as close as possible to the base weights.

    Parameters
    ----------
    design
        The whole sample; a domain is refused (calibrate first, then `subset`).
    margins
        Per column the target of every category: ``{"size": {"2-9": 344240, …}, …}``, mappings or Series. A
        tuple of columns crosses them (categories are tuples); a single number is the total of a numeric
        column.
    method
        "raking" (multiplicative), "linear" (GREG; weights may become negative without bounds), "logit"
        (needs ``bounds`` or ``trim``), "poststratify" (one margin).
    bounds
        Lowest and highest calibrated weight / base weight, as R's ``bounds``; of use when the base weights
        already add up to about the population.
    trim
        Highest, or lowest and highest, calibrated weight / mean calibrated weight. Unlike trimming
        afterwards it keeps the margins: the weights that are held back are made up for by the others.
    total
        None: all margins must have the same total, which the weights will have. A number: rescale every
        margin to this total (``total=design.n`` gives a mean weight of 1).
    tol
        Largest misfit of a target, relative to the target.
    max_iter
        Iterations after which the search gives up.

    Returns
    -------
    SurveyDesign
        With the new weights, standard errors that account for the calibration, and `Calibration` evidence in
        ``.calibration``. Weights do not depend on the order of rows, margins or categories.

    Raises
    ------
    CalibrationError
        By name and count: a category without cases or without target, a missing value, unequal totals,
        targets that cannot be met, or not within the limits (then with the smallest limit that can).

    Notes
    -----
    Solved by Newton's method on the dual problem (after a few sweeps of proportional fitting for plain
    raking), on the table of unique cells. Where R's ``calibrate`` and ``rake`` differ, this follows
    ``calibrate``.
    """
    if method not in METHODS:
        raise CalibrationError(f"method must be one of {', '.join(METHODS)}, not {method!r}.")
    if not design.domain.all():
        raise CalibrationError("calibrate the whole sample, then take the domain with subset().")
    bounds, trim = _limits(bounds, trim, method)
    plain = _plain(design)
    joined = _joined(design, margins, plain)
    read = _read_margins(design, margins, total, joined)
    if method == "poststratify" and (len(read) != 1 or read[0].codes is None or bounds or trim):
        raise CalibrationError(
            "poststratify takes one margin of categories, without limits (a tuple of columns crosses them)."
        )
    cell, table, target, size, names, codes = _cells_of(design, read, joined)
    population = _population(read)
    # Without limits on the ratio to the base weights their scale is of no consequence: start from the right
    # one. With them it is what the caller meant.
    # Where all weigh the same, the cells know everything.
    each = _one_weight(design._weights) if plain else None
    whole = design._weights.sum() if each is None else each * len(design._weights)
    scale = population / whole if bounds is None and population is not None else 1.0
    lower, upper, cell, kept = _unit_limits(design, method, cell, len(table), bounds, trim, scale, population)
    if kept is not None:
        table = table[kept]
        codes = None if codes is None else tuple(code[kept] for code in codes)
    distance = "raking" if method == "poststratify" else method
    solver = _Solver(distance, table, target, size, codes, names, lower, upper, tol, max_iter)
    if joined is not None and kept is None:
        cases = joined.counts[joined.counts > 0]
    else:
        counted = None if plain else np.where(design._weights != 0, design.counts, 0.0)
        cases = np.bincount(cell, weights=counted, minlength=len(table))
    if each is None:
        before = np.bincount(cell, weights=design._weights, minlength=len(table))
    else:
        before = cases * each
    base = before * scale
    try:
        factor, multiplier, iterations = solver.solve(base)
    except (_UnmetError, np.linalg.LinAlgError) as failure:
        raise _refusal(design, margins, solver, base, bounds, trim, total, failure) from None
    _refuse_zero_weights(design, solver, cell, factor)
    ratio = look_up(factor * scale, cell)
    if not plain:
        ratio[design._weights == 0] = 1.0
    projection = Projection.on(cell, table, before, design._weights, ratio, solver, multiplier, scale)
    new = design._reweighted(ratio, projection, None, read, ratio if each == 1 else None)
    if each is None:
        described = _describe_rows(design, new._weights, ratio, bounds, trim)
    else:
        final = factor * (scale * each)
        described = _describe(cases, final, cases @ final**2, factor * scale, bounds, trim)
    sums = None
    if codes is not None:
        sums = codes, (cases, before, before * factor * scale)
    new.calibration = Calibration(
        method=method,
        margins=_compare(design, read, design._weights, new._weights, sums),
        weights=described,
        iterations=iterations,
        converged=True,
        held=True,
        total=described["sum"],
        bounds=bounds,
        trim=trim,
    )
    return new


def _limits(bounds, trim, method):
    if trim is not None:
        trim = (0.0, float(trim)) if np.isscalar(trim) else tuple(map(float, trim))
    if bounds is not None:
        bounds = tuple(map(float, bounds))
    for what, limits in (("bounds", bounds), ("trim", trim)):
        if limits is not None and not (len(limits) == 2 and limits[0] < limits[1] and limits[1] > 0):
            raise CalibrationError(f"{what} must be a lower and a higher number, not {limits}.")
    if trim is not None and not (trim[0] < 1 < trim[1]):
        raise CalibrationError(f"trim is in mean weights and must lie around 1, not {trim}.")
    if method == "logit":
        limits = bounds or trim
        if limits is None or not np.isfinite(limits).all():
            raise CalibrationError("the logit distance needs two finite bounds.")
        if not limits[0] < 1 < limits[1]:
            raise CalibrationError(f"the bounds of the logit distance must lie around 1, not {limits}.")
    return bounds, trim


def _unit_limits(design, method, cell, cells, bounds, trim, scale, population):
    """Lower and upper factor per unit; with ``trim``, units are split by base weight (kept: their cell)."""
    floor = -np.inf if method == "linear" else 0.0
    lower = np.full(cells, max(floor, bounds[0]) if bounds else floor)
    upper = np.full(cells, bounds[1] if bounds else np.inf)
    if trim is None:
        return lower, upper, cell, None
    if population is None:
        raise CalibrationError("trim is in mean weights: give at least one margin of categories.")
    weights, counts = design._weights, design.counts
    unequal = (counts > 1) & (design._squares * counts > weights**2 * (1 + 1e-9))
    if unequal.any():
        raise CalibrationError(
            f"{int(unequal.sum())} cells hold unequal base weights; trim the design before cells()."
        )
    each = weights / counts
    active = weights != 0
    level = np.unique(each, return_inverse=True)[1].ravel()
    joint, first = combine([cell, np.where(active, level, level[active].min())], len(cell))
    mean = population / counts[active].sum()
    own = np.where(active, each, np.inf)[first] * scale
    kept = cell[first]
    lower = np.maximum(lower[kept], trim[0] * mean / own)
    upper = np.minimum(upper[kept], trim[1] * mean / own)
    crossed = lower > upper
    if crossed.any():
        raise CalibrationError(f"bounds and trim exclude each other for {int(crossed.sum())} cells.")
    if method == "logit" and ((lower >= 1) | (upper <= 1)).any():
        raise CalibrationError(
            "the logit distance needs base weights within the limits of trim; use raking, or trim them first."
        )
    return lower, upper, joint, kept


def _refusal(design, margins, solver, base, bounds, trim, total, failure) -> CalibrationError:
    unmet = _nearest(solver, base)
    if not unmet:
        iterations = getattr(failure, "iterations", 0)
        return CalibrationError(
            f"calibration refused: no convergence to {solver.tol:g} in {iterations} iterations, although the "
            "margins can be met (perhaps only with weights of zero, or with all weights at a limit); merge "
            "categories, or widen the limits.",
            [{"kind": "convergence", "iterations": iterations}],
        )
    text = _explain(unmet)
    if bounds is None and trim is None:
        text += "\nNo weights at all meet these margins together: merge categories, or leave out a margin."
    else:
        smallest = smallest_feasible_bound(design, margins, trim[0] if trim else 0.0, total)
        limits = f"bounds={bounds} on weight / base weight" if bounds else f"trim={trim} mean weights"
        text += f"\nNot within {limits}. "
        if math.isfinite(smallest):
            text += f"The smallest upper limit that can be met is {smallest:.4g} times the mean weight."
        else:
            text += "No upper limit can be met: merge categories, or leave out a margin."
        ratio = _sum_of_targets(solver) / base.sum()
        if bounds and not 0.5 < ratio < 2:
            text += (
                f" The base weights add up to {base.sum():g}, the margins to {_sum_of_targets(solver):g}: "
                "bounds limit the ratio of the two; trim= is in mean weights."
            )
    return CalibrationError(text, unmet)


def _sum_of_targets(solver) -> float:
    first = solver.names[0][0]
    return float(sum(t for (name, _), t in zip(solver.names, solver.target, strict=True) if name == first))


def _refuse_zero_weights(design, solver, cell, factor) -> None:
    """Weights that run to zero mean that the margins are met only by dropping respondents."""
    if solver.method == "linear" or (solver.lower > 0).all():
        return
    limit = ZERO_WEIGHT * factor.mean()
    gone = (factor < limit) & ~solver._dead()
    if not gone.any():
        return
    rows = gone[cell] & (design._weights != 0)
    who = []
    for unit in np.flatnonzero(gone)[:5]:
        own = [
            f"{name} = {label}"
            for (name, label), x in zip(solver.names, solver.table[unit], strict=True)
            if x
        ]
        who.append(", ".join(own))
    n = int(design.counts[rows].sum())
    raise CalibrationError(
        f"calibration refused: the margins can be met only by giving {n} respondents a weight of zero "
        f"({'; '.join(who)}). Merge categories, or leave out a margin.",
        [{"kind": "zero weights", "n": n}],
    )


def _compare(
    design,
    read: list[_Margin],
    before: np.ndarray,
    after: np.ndarray,
    sums: tuple | None = None,
) -> pd.DataFrame:
    """Margins before, wanted and reached: the table of the evidence.

    ``sums`` (categories of each calibration cell; respondents, weight before and after in it) spares the
    passes over the rows.
    """
    rows = []
    active = before != 0 if sums is None else None
    for number, margin in enumerate(read):
        if margin.codes is None:
            values = [
                {
                    "margin": margin.name,
                    "category": None,
                    "n": int(design.counts[active].sum()),
                    "before": float(before @ margin.amounts),
                    "target": float(margin.target[0]),
                    "reached": float(after @ margin.amounts),
                }
            ]
            rows.extend(values)
            continue
        levels = len(margin.labels)
        if sums is None:
            codes = margin.codes[active]
            parts = [w[active] for w in (design.counts, before, after)]
        else:
            codes, parts = sums[0][number], sums[1]
        n, old, new = (np.bincount(codes, weights=w, minlength=levels) for w in parts)
        for j, label in enumerate(margin.labels):
            rows.append(
                {
                    "margin": margin.name,
                    "category": _label(label),
                    "n": round(n[j]),
                    "before": float(old[j]),
                    "target": float(margin.target[j]),
                    "reached": float(new[j]),
                    "share_before": float(old[j] / old.sum()),
                    "share_target": float(margin.target[j] / margin.target.sum()),
                    "share_reached": float(new[j] / new.sum()),
                }
            )
    return pd.DataFrame(rows, columns=COMPARISON)


def _describe_rows(design, weights, ratio, bounds, trim) -> dict[str, float]:
    active = design._weights != 0
    counts = design.counts[active]
    squares = design._squares[active] @ ratio[active] ** 2
    return _describe(counts, weights[active] / counts, squares, ratio[active], bounds, trim)


def _describe(counts, each, squares, ratio, bounds, trim) -> dict[str, float]:
    """Sum, spread and cost of weights; limits count as touched within rounding.

    Respondents, weight of each, and ratio to the base weight, per row or cell; the sum of squared weights.
    """
    n, whole = counts.sum(), counts @ each
    mean = whole / n
    deff = n * squares / whole**2
    lowest, highest = float(each.min()), float(each.max())
    at_lower = at_upper = 0
    for limits, value in ((bounds, ratio), (trim, each / mean)):
        if limits is not None:
            near = 1e-9 * np.maximum(1.0, np.abs(value))
            if limits[0] > 0:
                at_lower += int(counts[value <= limits[0] + near].sum())
            at_upper += int(counts[value >= limits[1] - near].sum())
    return {
        "n": int(n),
        "sum": float(whole),
        "mean": float(mean),
        "min": lowest,
        "max": highest,
        "max_over_mean": float(highest / mean),
        "cv": float(np.sqrt(max(deff - 1, 0))),
        "deff": float(deff),
        "n_eff": float(n / deff),
        "zero": int(counts @ (each == 0)) if lowest <= 0 else 0,
        "at_lower": at_lower,
        "at_upper": at_upper,
    }


def trim_weights(
    design: SurveyDesign, upper: float, lower: float = 0.0, *, strict: bool = True
) -> SurveyDesign:
    """Cut weights off at multiples of the mean weight and spread the difference evenly (R ``trimWeights``).

    The sum of weights stays, but **calibration margins do not**: the evidence then says ``held=False`` and
    shows how far each margin moved. ``calibrate(trim=…)`` keeps them.

    Parameters
    ----------
    design
        A calibrated design, or one with base weights only.
    upper, lower
        Limits in mean weights.
    strict
        Repeat until no weight is outside (spreading may push some over the limit); R's default is once.

    Raises
    ------
    CalibrationError
        Limits that do not lie around 1; cells of unequal weights.
    """
    _, limits = _limits(None, (lower, upper), "raking")
    old, counts = design._weights, design.counts
    if ((counts > 1) & (design._squares * counts > old**2 * (1 + 1e-9))).any():
        raise CalibrationError("some cells hold unequal weights; trim the design before cells().")
    active = old != 0
    mean = old.sum() / counts[active].sum()
    each = np.where(active, old / counts, 0.0)
    beyond = np.zeros(len(each), dtype=bool)
    while True:
        outside = active & ((each > limits[1] * mean * (1 + 1e-12)) | (each < limits[0] * mean * (1 - 1e-12)))
        if not outside.any():
            break
        beyond |= outside
        new = np.where(active, np.clip(each, limits[0] * mean, limits[1] * mean), 0.0)
        inside = active & ~outside
        if not inside.any():
            raise CalibrationError("no weight is inside the limits; nothing can take the difference.")
        new[inside] += ((each - new) * counts)[active].sum() / counts[inside].sum()
        each = new
        if not strict:
            break
    weights = each * counts
    ratio = np.divide(weights, old, out=np.ones_like(old), where=active)
    read = design._margins
    earlier = design.calibration
    compared = _compare(design, read, old, weights) if read else pd.DataFrame(columns=COMPARISON)
    moved = bool(read) and bool(
        (np.abs(compared["reached"] - compared["target"]) > 1e-6 * compared["target"].abs()).any()
    )
    described = _describe_rows(design, weights, ratio, None, limits)
    described["trimmed"] = int(counts[beyond].sum())
    evidence = Calibration(
        method="trimmed" if earlier is None else f"{earlier.method}, then trimmed",
        margins=compared,
        weights=described,
        iterations=earlier.iterations if earlier else 0,
        converged=True,
        held=not moved,
        total=float(weights.sum()),
        bounds=earlier.bounds if earlier else None,
        trim=limits,
    )
    return design._reweighted(ratio, None, evidence)
