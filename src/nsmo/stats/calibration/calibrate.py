"""Calibration: weights that make the sample agree with the population on chosen margins.

All methods solve one problem (Deville and Särndal 1992): find weights ``w = d F(x'λ)``, with ``d`` the base
weights and ``x`` the calibration variables, that reproduce the population totals of ``x``. The methods differ
in F: raking ``exp``, linear ``1 + u``, logit a curve between two bounds; each may be cut off at bounds.
Respondents with the same ``x`` (and the same bounds) get the same factor, so the problem is solved on the
table of unique cells and costs next to nothing however many respondents there are.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ..coding import combine, look_up
from ..design import SurveyDesign
from ..projection import Projection, check_residuals
from .evidence import Calibration, compare, describe, describe_rows
from .feasibility import nearest_targets, smallest_feasible_bound
from .margins import cells_of, join_margins, plain_rows, population_of, read_margins
from .problems import CalibrationError, explain
from .solver import Solver, UnmetError

METHODS = ("raking", "linear", "logit", "poststratify")
LARGEST_TOLERANCE = 0.01
ZERO_WEIGHT = 1e-9  # a factor below this share of the mean factor is a respondent thrown away


def calibrate(
    design: SurveyDesign,
    margins: Mapping,
    method: str = "raking",
    *,
    bounds: tuple[float, float] | None = None,
    trim: float | tuple[float, float] | None = None,
    total: float | None = None,
    residuals: str = "adjusted",
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
        "raking" (multiplicative), "linear" (GREG; without bounds weights may become negative: the evidence
        counts them, and tests, models and quantiles refuse them), "logit"
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
    residuals
        How standard errors take out the calibration variables: "adjusted" by the calibrated weights and for
        leverage, whose intervals hold what they say; "final" by the calibrated weights; "base" by those
        before, as R's ``calibrate`` does. See `projection.Projection`.
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
    check_residuals(residuals)
    if not 0 < tol <= LARGEST_TOLERANCE:
        raise CalibrationError(f"tol must lie between 0 and {LARGEST_TOLERANCE}, not {tol}.")
    if not max_iter >= 1:
        raise CalibrationError(f"max_iter must be at least 1, not {max_iter}.")
    bounds, limits = limits_of(bounds, trim, method)
    plain = plain_rows(design)
    if residuals == "adjusted" and not plain and design.unequal_cells.any():
        raise CalibrationError(
            f"{int(design.unequal_cells.sum())} cells hold unequal base weights, which hides their leverage; "
            'calibrate the rows and take cells() after, or pass residuals="final".'
        )
    joined = join_margins(design, margins, plain)
    read = read_margins(design, margins, total, joined)
    if method == "poststratify" and (len(read) != 1 or read[0].codes is None or bounds or limits):
        raise CalibrationError(
            "poststratify takes one margin of categories, without limits (a tuple of columns crosses them)."
        )
    cell, table, target, size, names, codes = cells_of(design, read, joined)
    population = population_of(read)
    # Without limits on the ratio to the base weights their scale is of no consequence: start from the right
    # one. With them it is what the caller meant.
    # Where all weigh the same, the cells know everything.
    each = _one_weight(design.all_weights) if plain else None
    whole = design.all_weights.sum() if each is None else each * len(design.all_weights)
    scale = population / whole if bounds is None and population is not None else 1.0
    lower, upper, cell, kept = _unit_limits(
        design, method, cell, len(table), bounds, limits, scale, population
    )
    if kept is not None:
        table = table[kept]
        codes = None if codes is None else tuple(code[kept] for code in codes)
    distance = "raking" if method == "poststratify" else method
    solver = Solver(distance, table, target, size, codes, names, lower, upper, tol, max_iter)
    if joined is not None and kept is None:
        cases = joined.counts[joined.counts > 0]
    else:
        counted = None if plain else np.where(design.all_weights != 0, design.counts, 0.0)
        cases = np.bincount(cell, weights=counted, minlength=len(table))
    if each is None:
        before = np.bincount(cell, weights=design.all_weights, minlength=len(table))
    else:
        before = cases * each
    base = before * scale
    try:
        factor, multiplier, iterations = solver.solve(base)
    except (UnmetError, np.linalg.LinAlgError) as failure:
        raise _refusal(design, margins, solver, base, bounds, limits, total, failure) from None
    _refuse_zero_weights(design, solver, cell, factor)
    ratio = look_up(factor * scale, cell)
    if not plain:
        ratio[design.all_weights == 0] = 1.0
    regression = before if residuals == "base" else before * factor * scale
    projection = Projection.on(
        cell,
        table,
        regression,
        design.all_weights,
        ratio,
        design.counts,
        residuals,
        solver,
        multiplier,
        scale,
    )
    new = design.reweighted(ratio, projection, None, read, ratio if each == 1 else None)
    if each is None:
        described = describe_rows(design, new.all_weights, ratio, bounds, limits)
    else:
        final = factor * (scale * each)
        described = describe(cases, final, cases @ final**2, factor * scale, bounds, limits)
    sums = None
    if codes is not None:
        sums = codes, (cases, before, before * factor * scale)
    new.calibration = Calibration(
        method=method,
        margins=compare(design, read, design.all_weights, new.all_weights, sums),
        weights=described,
        iterations=iterations,
        converged=True,
        met=True,
        total=described["sum"],
        bounds=bounds,
        trim=limits,
    )
    return new


def _one_weight(weights: np.ndarray) -> float | None:
    """The weight that all rows have, if they have the same."""
    return float(weights[0]) if weights.min() == weights.max() else None


def limits_of(
    bounds: Sequence[float] | None, trim: float | Sequence[float] | None, method: str
) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """Check limits: ``bounds`` on calibrated over base weight, ``trim`` in mean weights, as pairs."""
    ratio = _pair("bounds", bounds)
    mean = _pair("trim", (0.0, trim) if isinstance(trim, int | float) else trim)
    if mean is not None and not (mean[0] < 1 < mean[1]):
        raise CalibrationError(f"trim is in mean weights and must lie around 1, not {mean}.")
    if method == "logit":
        limits = ratio or mean
        if limits is None or not np.isfinite(limits).all():
            raise CalibrationError("the logit distance needs two finite bounds.")
        if not limits[0] < 1 < limits[1]:
            raise CalibrationError(f"the bounds of the logit distance must lie around 1, not {limits}.")
    return ratio, mean


def _pair(what: str, limits: Sequence[float] | None) -> tuple[float, float] | None:
    if limits is None:
        return None
    pair = tuple(map(float, limits))
    if not (len(pair) == 2 and pair[0] < pair[1] and pair[1] > 0):
        raise CalibrationError(f"{what} must be a lower and a higher number, not {pair}.")
    return pair[0], pair[1]


def _unit_limits(design, method, cell, cells, bounds, trim, scale, population):
    """Lower and upper factor per unit; with ``trim``, units are split by base weight (kept: their cell)."""
    floor = -np.inf if method == "linear" else 0.0
    lower = np.full(cells, max(floor, bounds[0]) if bounds else floor)
    upper = np.full(cells, bounds[1] if bounds else np.inf)
    if trim is None:
        return lower, upper, cell, None
    if population is None:
        raise CalibrationError("trim is in mean weights: give at least one margin of categories.")
    weights, counts = design.all_weights, design.counts
    unequal = design.unequal_cells
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
    unmet = nearest_targets(solver, base)
    if not unmet:
        iterations = getattr(failure, "iterations", 0)
        return CalibrationError(
            f"calibration refused: no convergence to {solver.tol:g} in {iterations} iterations, although the "
            "margins can be met (perhaps only with weights of zero, or with all weights at a limit); merge "
            "categories, or widen the limits.",
            [{"kind": "convergence", "iterations": iterations}],
        )
    text = explain(unmet)
    if bounds is None and trim is None:
        text += "\nNo weights at all meet these margins together: merge categories, or leave out a margin."
    else:
        limits, unit = (trim, "mean") if bounds is None else (bounds, "base")
        smallest = smallest_feasible_bound(design, margins, limits[0], total, unit)
        named = f"trim={trim} mean weights" if bounds is None else f"bounds={bounds} on weight / base weight"
        text += f"\nNot within {named}. "
        if bounds and trim:
            text += f"Without trim={trim}: "
        if math.isfinite(smallest):
            text += f"The smallest upper limit that can be met is {smallest:.4g} times the {unit} weight."
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
    gone = (factor < limit) & ~solver.dead()
    if not gone.any():
        return
    rows = gone[cell] & (design.all_weights != 0)
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
