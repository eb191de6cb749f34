"""Quantiles of numbers, with Woodruff's intervals."""

import numpy as np
import pandas as pd

from .coding import DesignError
from .estimates import COLUMNS, long_frame
from .influence import linear_mean, srs_variance
from .intervals import t_quantile
from .questions import read_groups, read_question


def weighted_quantile(values: np.ndarray, weights: np.ndarray, probability) -> np.ndarray:
    """Smallest value at which the weighted distribution function reaches each probability (R qrule "math").

    Values of weight zero are passed over; rounding of the weights' sum does not push to the next value.
    """
    kept = weights != 0
    values, weights = values[kept], weights[kept]
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    position = np.searchsorted(cumulated / cumulated[-1], np.asarray(probability) - 1e-12, side="left")
    return values[order][np.minimum(position, len(values) - 1)]


def compute_quantiles(design, question, probabilities, by, level) -> pd.DataFrame:
    """Quantiles of one column in every group, as a long frame; see `Estimators.quantile`."""
    read = read_question(design.frame, question, "quantile")
    if read.codes is not None:
        raise DesignError(f"{question!r} is not a number; quantiles need one.")
    probabilities = np.atleast_1d(np.asarray(probabilities, dtype=float))
    if not ((probabilities > 0) & (probabilities < 1)).all():
        raise DesignError(f"probabilities must lie between 0 and 1, not {probabilities.tolist()}.")
    negative = design.weights < 0
    if negative.any():
        raise DesignError(
            f"{int(design.counts[negative].sum())} respondents have a weight below zero, with which "
            "quantiles mean nothing; calibrate with bounds."
        )
    group, groups, by_name = read_groups(design.frame, by)
    w, active = design.weights, design.active
    rows = []
    for g, label in enumerate(groups):
        inside = active & read.answered & (group == g)
        n = design.counts[inside].sum()
        df = design.degf(inside)
        values, weights = read.amounts[inside], w[inside]
        for p in probabilities:
            row = {"question": question, "option": None, "by": by_name, "group": label}
            row |= {
                "n": n,
                "count": n,
                "statistic": f"quantile {p:g}",
                "df": df,
                "weighted": design.weighted,
            }
            row |= dict.fromkeys(("estimate", "se", "ci_low", "ci_high", "deff", "n_eff"), np.nan)
            rows.append(row)
            if not n:
                continue
            row["estimate"] = float(weighted_quantile(values, weights, p))
            below = np.where(inside, read.amounts <= row["estimate"], 0.0)[:, None]
            share = linear_mean(w, below, np.where(inside, 0, -1), 1, None)
            variance = design.joint_covariance([share])[0, 0]
            srs = srs_variance(w, design.counts, np.where(inside, 0, -1), 1, share, "replace")[0]
            if srs > 0:
                row["deff"], row["n_eff"] = variance / srs, n * srs / variance if variance else np.nan
            t = t_quantile(level, df)
            low, high = share.theta[0] - t * np.sqrt(variance), share.theta[0] + t * np.sqrt(variance)
            row["ci_low"] = weighted_quantile(values, weights, low) if low >= 0 else np.nan
            row["ci_high"] = weighted_quantile(values, weights, high) if high <= 1 else np.nan
            row["se"] = (row["ci_high"] - row["ci_low"]) / (2 * t)
    return long_frame([{name: [row[name] for row in rows] for name in COLUMNS}])
