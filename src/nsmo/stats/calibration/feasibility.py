"""Whether margins can be met within limits, by linear programs over the unique cells."""

import math
from collections.abc import Mapping

import numpy as np
from scipy import optimize

from ..design import SurveyDesign
from .margins import cells_of, population_of, read_margins
from .problems import CalibrationError
from .solver import Solver


def nearest_targets(solver: Solver, base: np.ndarray) -> list[dict]:
    """The targets that no weights within the limits can meet, with the nearest that they can.

    A linear program: least sum of relative misfits over weights between the limits. Empty when all targets
    can be met together.
    """
    whole = base.sum()  # the program is about shares: it has tolerances of its own, for numbers near 1
    base = base / whole
    table, unit = np.unique(solver.table, axis=0, return_inverse=True)
    unit = unit.ravel()
    low = np.bincount(unit, weights=np.where(np.isfinite(solver.lower), solver.lower, 0) * base)
    high = np.bincount(unit, weights=np.where(base > 0, solver.upper, 0) * np.where(base > 0, base, 1))
    cells, variables = table.shape
    scaled = table * (whole / solver.size)
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
    design: SurveyDesign,
    margins: Mapping,
    lower: float = 0.0,
    total: float | None = None,
    relative_to: str = "mean",
) -> float:
    """Compute the smallest upper limit on weights under which the margins can be met.

    A linear program over the unique cells (scipy's HiGHS): minimise U over weights between ``lower`` and U
    times the mean weight (or times the base weight) that reproduce every target. A limit below it, in
    ``calibrate(trim=…)`` (or ``bounds=…``), is refused.

    Parameters
    ----------
    design, margins, total
        As for `calibrate`.
    lower
        Lower limit, in the same unit.
    relative_to
        "mean": limits on weight / mean weight; base weights matter only where they are zero. "base": limits
        on weight / base weight.

    Returns
    -------
    float
        Infinite when no weights at all, above ``lower``, can meet the margins.

    Raises
    ------
    CalibrationError
        As `calibrate`, for margins that do not describe the sample.
    """
    if relative_to not in ("mean", "base"):
        raise CalibrationError(f"relative_to must be mean or base, not {relative_to!r}.")
    read = read_margins(design, margins, total)
    population = population_of(read)
    if population is None and relative_to == "mean":
        raise CalibrationError("the mean weight is unknown: give at least one margin of categories.")
    cell, table, target, size, _, _ = cells_of(design, read)
    active = design.all_weights != 0
    measure = design.counts if relative_to == "mean" else design.all_weights
    unit = np.bincount(cell[active], weights=measure[active], minlength=len(table))
    # Weights as shares of a whole: the program has tolerances of its own, for numbers near 1.
    whole = population if relative_to == "mean" else unit.sum()
    unit = unit / unit.sum()
    cells = len(table)
    answer = optimize.linprog(
        np.concatenate([np.zeros(cells), [1.0]]),
        A_ub=np.hstack([np.eye(cells), -unit[:, None]]),
        b_ub=np.zeros(cells),
        A_eq=np.hstack([(table * (whole / size)).T, np.zeros((table.shape[1], 1))]),
        b_eq=target / size,
        bounds=[(lower * u, None) for u in unit] + [(0, None)],
        method="highs",
    )
    if answer.status == 2:
        return math.inf
    if answer.status != 0:
        raise CalibrationError(f"the search for the smallest bound failed: {answer.message}")
    return float(answer.x[-1])
