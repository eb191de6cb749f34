"""Quantiles of numbers, with Woodruff's intervals."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .coding import DesignError
from .estimates import COLUMNS, long_frame
from .influence import Linearised, linear_mean, srs_variance
from .intervals import METHODS, proportion_interval, t_quantile
from .questions import read_groups, read_question

if TYPE_CHECKING:
    from .design import SurveyDesign

RULES = ("math", "school", "hf2", "hf7", "shahvaish")
INTERVALS = (*METHODS, "score")
BATCH = 64  # values that are tried at once
EQUAL = 1e-12  # shares that differ by less are the same but for rounding


def weighted_quantile(values: np.ndarray, weights: np.ndarray, probability, rule: str = "math"):
    """Quantiles of values with weights, by one of the rules of R's ``svyquantile``.

    Parameters
    ----------
    values, weights
        Numbers and their weights, at least zero; those of weight zero are passed over.
    probability
        One, or an array; rounding of the weights' sum does not push to the next value.
    rule
        With F the weighted distribution function: "math": the smallest value at which F reaches the
        probability. "school" and "hf2": the same, but half-way to the next value where F is just the
        probability, as one learns of the median at school (Hyndman and Fan's definition 2). "hf7": linear
        between values, the smallest at 0 and the largest at 1 (definition 7, R's default without weights).
        "shahvaish": the largest value at which ``(S + (1 - w)/2) / (n + 1)`` is at most the probability, S
        the cumulated weights at mean 1 (Shah and Vaish 2006); R forgets to bring w to mean 1.
    """
    if rule not in RULES:
        raise DesignError(f"the rule must be one of {', '.join(RULES)}, not {rule!r}.")
    kept = weights != 0
    values, weights = values[kept], weights[kept]
    order = np.argsort(values, kind="stable")
    values, weights = values[order], weights[order]
    probability = np.asarray(probability, dtype=float)
    cumulated, last = np.cumsum(weights), len(values) - 1
    if rule == "hf7":
        if last == 0:
            return np.broadcast_to(values[0], probability.shape).copy()[()]
        reached = np.concatenate([[0.0], cumulated[:-1]]) / cumulated[-2]
        return np.interp(probability, reached, values)
    if rule == "shahvaish":
        each = weights / weights.mean()
        reached = (np.cumsum(each) + (1 - each) / 2) / (len(values) + 1)
        return values[np.maximum(np.searchsorted(reached, probability + EQUAL, side="right") - 1, 0)]
    reached = cumulated / cumulated[-1]
    position = np.minimum(np.searchsorted(reached, probability - EQUAL, side="left"), last)
    if rule == "math":
        return values[position]
    following = np.where(reached[position] <= probability + EQUAL, np.minimum(position + 1, last), position)
    return (values[position] + values[following]) / 2


def compute_quantiles(
    design: "SurveyDesign",
    question: str,
    probabilities: float | Sequence[float],
    by: str | Sequence[str] | None,
    level: float,
    rule: str,
    interval: str,
) -> pd.DataFrame:
    """Quantiles of one column in every group, as a long frame; see `Estimators.quantile`."""
    if interval not in INTERVALS:
        raise DesignError(f"the interval must be one of {', '.join(INTERVALS)}, not {interval!r}.")
    read = read_question(design.frame, question, "quantile")
    if read.amounts is None:
        raise DesignError(f"{question!r} is not a number; quantiles need one.")
    chances = np.atleast_1d(np.asarray(probabilities, dtype=float))
    if not ((chances > 0) & (chances < 1)).all():
        raise DesignError(f"probabilities must lie between 0 and 1, not {chances.tolist()}.")
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
        for p in chances:
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
            row["estimate"] = float(weighted_quantile(values, weights, p, rule))
            share, variance = _share_below(design, read.amounts, inside, row["estimate"])
            srs = srs_variance(w, design.counts, np.where(inside, 0, -1), 1, share, "replace")[0]
            if srs > 0:
                row["deff"], row["n_eff"] = variance / srs, n * srs / variance if variance else np.nan
            t = float(t_quantile(level, df))
            if interval == "score":
                row["ci_low"], row["ci_high"] = _score_interval(design, read.amounts, inside, p, t)
            else:
                if interval == "mean":
                    ends = share.theta[0] - t * np.sqrt(variance), share.theta[0] + t * np.sqrt(variance)
                else:
                    effective = design.effective_units(np.where(inside, 0, -1), 1)[0]
                    ends = proportion_interval(share.theta[0], variance, df, n, effective, level, interval)
                low, high = map(float, ends)
                row["ci_low"] = weighted_quantile(values, weights, low, rule) if low >= 0 else np.nan
                row["ci_high"] = weighted_quantile(values, weights, high, rule) if high <= 1 else np.nan
            row["se"] = (row["ci_high"] - row["ci_low"]) / (2 * t)
    return long_frame([{name: [row[name] for row in rows] for name in COLUMNS}])


def _share_below(
    design: "SurveyDesign", amounts: np.ndarray, inside: np.ndarray, value: float
) -> tuple[Linearised, float]:
    """The share of those inside at or below a value, with its variance."""
    share = _shares_below(design, amounts, inside, np.array([value]))
    return share, float(design.joint_covariance([share])[0, 0])


def _shares_below(
    design: "SurveyDesign", amounts: np.ndarray, inside: np.ndarray, values: np.ndarray
) -> Linearised:
    """The shares of those inside at or below each of several values."""
    below = np.where(inside[:, None], amounts[:, None] <= values, 0.0)
    exact = below[inside].all(axis=0).astype(int)[None, :]
    return linear_mean(design.weights, below, np.where(inside, 0, -1), 1, exact)


def _score_interval(
    design: "SurveyDesign", amounts: np.ndarray, inside: np.ndarray, p: float, t: float
) -> tuple[float, float]:
    """Values at which a t test does not reject that the share below is p (Francisco and Fuller 1991).

    The lower end is the smallest of the values for which it does not, the upper end the value after the
    largest; missing where that is beyond the sample. With clusters the test does not always grow with the
    value, so all values are tried, from the quantile outward, until a whole batch is rejected at twice t.
    """
    values = np.unique(amounts[inside])
    if not np.isfinite(t):
        return np.nan, np.nan

    def scores(start: int, stop: int) -> np.ndarray:
        share = _shares_below(design, amounts, inside, values[start:stop])
        gap, variance = share.theta - p, np.diag(design.joint_covariance([share]))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(variance > 0, gap / np.sqrt(variance), np.copysign(np.inf, gap))

    middle = int(np.searchsorted(values, weighted_quantile(amounts[inside], design.weights[inside], p)))
    start, beyond = middle, middle
    for low in range(middle, -BATCH, -BATCH):
        z = scores(max(low, 0), low + BATCH)
        kept = np.flatnonzero(z >= -t)
        start = max(low, 0) + int(kept[0]) if len(kept) else start
        if (z < -2 * t).all():
            break
    for low in range(middle, len(values), BATCH):
        z = scores(low, low + BATCH)
        kept = np.flatnonzero(z <= t)
        beyond = low + int(kept[-1]) + 1 if len(kept) else beyond
        if (z > 2 * t).all():
            break
    return (
        float(values[start]) if start < len(values) else np.nan,
        float(values[beyond]) if beyond < len(values) else np.nan,
    )
