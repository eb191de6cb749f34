"""What calibration takes out of the influence values."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .coding import DesignError, sum_by

RESIDUALS = ("adjusted", "final", "base")
LARGEST_LEVERAGE = 0.9  # beyond it a respondent is hardly compared with any other


def check_residuals(residuals: str) -> None:
    """Refuse an unknown choice of the weights of the residual regression."""
    if residuals not in RESIDUALS:
        raise DesignError(f"residuals must be one of {', '.join(RESIDUALS)}, not {residuals!r}.")


@dataclass(frozen=True, eq=False)
class Projection:
    """What a calibration takes out of the influence values.

    After calibration the estimator varies only by the residuals of a weighted regression on the calibration
    variables: with influence value z, calibration variables x and calibrated weight w the variance is that of
    ``sum w (z - x'B)``, ``B = (sum v x x')^-1 sum v x z``. There are two choices of v, and one correction.

    "final": the calibrated weights w (Särndal and Lundström 2005, chapter 11). Where calibration stands for
    unknown chances of taking part, w estimates the population regression; and for raking this is the exact
    derivative of the estimator to the weights, what replicates that are raked again show too (Demnati and Rao
    2004). "base": the weights d before calibration (Deville and Särndal 1992; R's ``calibrate``), which is
    the same to first order when w / d is near 1, but far too wide for domains that calibration makes much
    smaller. "adjusted": final, and each residual over one less its leverage ``w x' (sum w x x')^-1 x``, which
    is what leaving the respondent out and calibrating again would show: residuals of a fit are smaller than
    those of respondents that it has not seen (MacKinnon and White 1985, HC3; Yung and Rao 1996).

    Attributes
    ----------
    cell
        (rows,) number of the row's combination of calibration variables.
    basis, sign
        (cells, rank) columns that span the calibration variables, orthogonal under v, and the sign of their
        square under v: 1, unless there are negative weights.
    base
        (rows,) weights before this calibration.
    ratio
        (rows,) calibrated over base weight.
    residuals
        "adjusted", "final" or "base".
    counts
        (rows,) respondents of each row, who weigh the same.
    solver, start, scale
        What calibrates again in a replicate: the problem on cells, the multipliers of the full sample to
        start from, and the number the base weights were multiplied with first.
    """

    cell: np.ndarray
    basis: np.ndarray
    sign: np.ndarray
    base: np.ndarray
    ratio: np.ndarray
    residuals: str
    solver: Any
    start: np.ndarray
    scale: float
    counts: np.ndarray

    @classmethod
    def on(
        cls,
        cell: np.ndarray,
        table: np.ndarray,
        total: np.ndarray,
        base: np.ndarray,
        ratio: np.ndarray,
        counts: np.ndarray,
        residuals: str,
        solver: Any,
        start: np.ndarray,
        scale: float,
    ) -> "Projection":
        """Build from the calibration variables of each cell (cells by variables), redundant ones included.

        ``total`` is the sum of v in each cell, ``counts`` the respondents of each row, who weigh the same.
        """
        basis, sign = _orthogonal(table, total)
        return cls(cell, basis, sign, base, ratio, residuals, solver, start, scale, counts)

    def residual(self, scores: np.ndarray) -> np.ndarray:
        """Weighted scores less their regression on the calibration variables."""
        if self.residuals == "base":
            ratio = self.ratio[:, None]
            before = np.divide(scores, ratio, out=np.zeros_like(scores), where=ratio != 0)
        else:
            before = scores
        slopes = self.basis.T @ sum_by(self.cell, before, len(self.basis))
        fitted = self.basis @ (self.sign[:, None] * slopes)
        residual = scores - (self.base * self.ratio)[:, None] * fitted[self.cell]
        if self.residuals != "adjusted":
            return residual
        return residual / self.retained[:, None]

    @property
    def retained(self) -> np.ndarray:
        """(rows,) what "adjusted" divides residuals by: one less the leverage, and 1 for other residuals."""
        if self.residuals != "adjusted":
            return np.ones(len(self.cell))
        leverage = (self.basis**2 @ self.sign)[self.cell] * (self.base * self.ratio / self.counts)
        return 1 - np.clip(leverage, 0, LARGEST_LEVERAGE)

    def take(self, joint: np.ndarray, first: np.ndarray) -> "Projection":
        """Collapse the rows to cells that never split a combination of calibration variables."""
        return replace(
            self,
            cell=self.cell[first],
            base=np.bincount(joint, weights=self.base, minlength=len(first)),
            ratio=self.ratio[first],
            counts=np.bincount(joint, weights=self.counts, minlength=len(first)),
        )


def _orthogonal(table: np.ndarray, total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Columns B with ``B diag(sign) B'`` the generalised inverse of ``table' diag(total) table`` on cells."""
    precision = max(table.shape) * np.finfo(float).eps
    if total.min(initial=0) >= 0:
        root = np.sqrt(total)
        left, singular, _ = np.linalg.svd(table * root[:, None], full_matrices=False)
        rank = int((singular > singular.max(initial=0) * precision).sum())
        inverse = np.divide(1, root, out=np.zeros_like(root), where=root > 0)
        return left[:, :rank] * inverse[:, None], np.ones(rank)
    values, vectors = np.linalg.eigh(table.T @ (table * total[:, None]))
    kept = np.abs(values) > np.abs(values).max() * precision
    values, vectors = values[kept], vectors[:, kept]
    return table @ (vectors / np.sqrt(np.abs(values))), np.sign(values)
