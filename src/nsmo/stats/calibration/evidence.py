"""Evidence of what a calibration did: margins before and after, spread and cost of the weights."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .margins import Margin, label_of

COMPARISON = ["margin", "category", "n", "before", "target", "reached"]
COMPARISON += ["share_before", "share_target", "share_reached"]


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
        zero, negative (by the linear method without bounds) or stand at a bound.
    iterations, converged
        Of the search; a calibration that does not converge is refused, so ``converged`` is True here.
    met
        Whether the margins are met: False after `trim_weights`.
    """

    method: str
    margins: pd.DataFrame
    weights: dict[str, float]
    iterations: int
    converged: bool
    met: bool
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
            "met": self.met,
            "weights": dict(self.weights),
            "margins": rows,
        }


def compare(
    design,
    read: list[Margin],
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
                    "category": label_of(label),
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


def describe_rows(design, weights, ratio, bounds, trim) -> dict[str, float]:
    """`describe` for weights per row."""
    active = design.all_weights != 0
    counts = design.counts[active]
    squares = design.squares[active] @ ratio[active] ** 2
    return describe(counts, weights[active] / counts, squares, ratio[active], bounds, trim)


def describe(counts, each, squares, ratio, bounds, trim) -> dict[str, float]:
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
        "negative": int(counts @ (each < 0)) if lowest < 0 else 0,
        "at_lower": at_lower,
        "at_upper": at_upper,
    }
