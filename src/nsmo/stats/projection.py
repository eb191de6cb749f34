"""What calibration takes out of the influence values."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .coding import sum_by


@dataclass(frozen=True, eq=False)
class Projection:
    """What a calibration takes out of the influence values.

    After calibration the estimator varies only by the residuals of a regression, weighted by the weights
    before calibration, on the calibration variables (Deville and Särndal 1992; R's ``calibrate``).

    Attributes
    ----------
    cell
        (rows,) number of the row's combination of calibration variables.
    basis
        (cells, rank) columns that span the calibration variables, orthonormal under the base weights.
    base
        (rows,) weights before this calibration.
    ratio
        (rows,) calibrated over base weight.
    solver, start, scale
        What calibrates again in a replicate: the problem on cells, the multipliers of the full sample to
        start from, and the number the base weights were multiplied with first.
    """

    cell: np.ndarray
    basis: np.ndarray
    base: np.ndarray
    ratio: np.ndarray
    solver: Any
    start: np.ndarray
    scale: float

    @classmethod
    def on(
        cls,
        cell: np.ndarray,
        table: np.ndarray,
        total: np.ndarray,
        base: np.ndarray,
        ratio: np.ndarray,
        solver: Any,
        start: np.ndarray,
        scale: float,
    ) -> "Projection":
        """Build from the calibration variables of each cell (cells by variables), redundant ones included.

        ``total`` is the sum of ``base`` in each cell.
        """
        root = np.sqrt(total)
        left, singular, _ = np.linalg.svd(table * root[:, None], full_matrices=False)
        rank = int((singular > singular.max(initial=0) * max(table.shape) * np.finfo(float).eps).sum())
        inverse = np.divide(1, root, out=np.zeros_like(root), where=root > 0)
        return cls(cell, left[:, :rank] * inverse[:, None], base, ratio, solver, start, scale)

    def residuals(self, scores: np.ndarray) -> np.ndarray:
        """Weighted scores less their regression on the calibration variables."""
        ratio = self.ratio[:, None]
        before = np.divide(scores, ratio, out=np.zeros_like(scores), where=ratio != 0)
        fitted = self.basis @ (self.basis.T @ sum_by(self.cell, before, len(self.basis)))
        return scores - (self.base * self.ratio)[:, None] * fitted[self.cell]

    def take(self, joint: np.ndarray, first: np.ndarray) -> "Projection":
        """Collapse the rows to cells that never split a combination of calibration variables."""
        return replace(
            self,
            cell=self.cell[first],
            base=np.bincount(joint, weights=self.base, minlength=len(first)),
            ratio=self.ratio[first],
        )
