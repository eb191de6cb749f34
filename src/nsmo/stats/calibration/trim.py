"""Weights cut off after calibration, which gives up the margins."""

import numpy as np
import pandas as pd

from ..design import SurveyDesign
from .calibrate import limits_of
from .evidence import COMPARISON, Calibration, compare, describe_rows
from .problems import CalibrationError


def trim_weights(
    design: SurveyDesign, upper: float, lower: float = 0.0, *, strict: bool = True
) -> SurveyDesign:
    """Cut weights off at multiples of the mean weight and spread the difference evenly (R ``trimWeights``).

    The sum of weights stays, but **calibration margins do not**: the evidence then says ``met=False`` and
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
    limits_of(None, (lower, upper), "raking")
    old, counts = design.all_weights, design.counts
    if design.unequal_cells.any():
        raise CalibrationError("some cells hold unequal weights; trim the design before cells().")
    if (old < 0).any():
        raise CalibrationError(
            f"{int(counts[old < 0].sum())} weights are negative, which trimming cannot mend; calibrate with "
            "bounds."
        )
    active = old != 0
    mean = old.sum() / counts[active].sum()
    each = np.where(active, old / counts, 0.0)
    beyond = np.zeros(len(each), dtype=bool)
    while True:
        outside = active & ((each > upper * mean * (1 + 1e-12)) | (each < lower * mean * (1 - 1e-12)))
        if not outside.any():
            break
        beyond |= outside
        new = np.where(active, np.clip(each, lower * mean, upper * mean), 0.0)
        inside = active & ~outside
        if not inside.any():
            raise CalibrationError("no weight is inside the limits; nothing can take the difference.")
        new[inside] += ((each - new) * counts)[active].sum() / counts[inside].sum()
        each = new
        if not strict:
            break
    weights = each * counts
    ratio = np.divide(weights, old, out=np.ones_like(old), where=active)
    read = design.margins
    earlier = design.calibration
    compared = compare(design, read, old, weights) if read else pd.DataFrame(columns=COMPARISON)
    moved = bool(read) and bool(
        (np.abs(compared["reached"] - compared["target"]) > 1e-6 * compared["target"].abs()).any()
    )
    described = describe_rows(design, weights, ratio, None, (lower, upper))
    described["trimmed"] = int(counts[beyond].sum())
    evidence = Calibration(
        method="trimmed" if earlier is None else f"{earlier.method}, then trimmed",
        margins=compared,
        weights=described,
        iterations=earlier.iterations if earlier else 0,
        converged=True,
        met=not moved,
        total=float(weights.sum()),
        bounds=earlier.bounds if earlier else None,
        trim=(float(lower), float(upper)),
    )
    return design.reweighted(ratio, None, evidence)
