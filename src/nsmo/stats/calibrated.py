"""A calibrated design from weights that were stored, without calibrating again."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .coding import DesignError, codes_of, column, combine
from .design import SurveyDesign
from .projection import Projection, check_residuals


def calibrated_design(
    frame: pd.DataFrame,
    weights: str | Sequence[float] | np.ndarray | pd.Series,
    margins: Sequence[str],
    base: SurveyDesign | str | Sequence[float] | np.ndarray | pd.Series | None = None,
    residuals: str = "adjusted",
) -> SurveyDesign:
    """Restore a design of respondents that was calibrated before.

    Parameters
    ----------
    frame
        One row per respondent, with the categorical calibration variables.
    weights
        Column or array with the calibrated weights; where `base` is of cells, that of each respondent there.
    margins
        Columns of the calibration variables; none may have missing values.
    base
        Column or array with the weights before the calibration, or the design of these rows that had them.
        None: they were all the same.
    residuals
        As of `calibrate`.

    Returns
    -------
    SurveyDesign
        Estimates and linearised standard errors are those of the design that `calibrate` gave: residuals on
        the margins. It holds no evidence, and cannot be calibrated again in replicates.

    Raises
    ------
    DesignError
        No margins, a missing value in one, or a weight where the base weight is zero.
    """
    check_residuals(residuals)
    if not margins:
        raise DesignError("no margins: a calibrated design needs the variables it was calibrated on.")
    if isinstance(base, SurveyDesign):
        design = base
    else:
        design = SurveyDesign(frame, np.ones(len(frame)) if base is None else base)
    each = SurveyDesign(frame, weights).weights
    before, given = design.weights, each * design.counts
    if (given[before == 0] != 0).any():
        raise DesignError("a calibrated weight above zero where the weight before calibration is zero.")
    codes, indicators = [], []
    for name in margins:
        code, labels = codes_of(column(frame, name))
        if (code < 0).any():
            raise DesignError(f"{int((code < 0).sum())} respondents have no value in the margin {name!r}.")
        codes.append(code)
        indicators.append(code[:, None] == np.arange(len(labels)))
    ratio = np.divide(each, before / design.counts, out=np.ones(len(frame)), where=before != 0)
    # A cell stands for rows with one ratio: under bounds it may differ between rows of the same categories.
    cell, first = combine([*codes, np.unique(ratio, return_inverse=True)[1]], len(frame))
    table = np.hstack(indicators)[first].astype(float)
    total = np.bincount(cell, weights=before if residuals == "base" else given, minlength=len(table))
    projection = Projection.on(
        cell, table, total, before, ratio, design.counts, residuals, None, np.zeros(table.shape[1]), 1.0
    )
    return design.reweighted(ratio, projection, None)
