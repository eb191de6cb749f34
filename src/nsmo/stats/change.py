"""Change between surveys: differences and averages of estimates of several designs, with what they share.

Each survey has a design of its own, so an estimate brings its standard error, interval and degrees of freedom
along, and of two surveys only the correlation of their estimates is wanted: none for samples drawn apart, and
for respondents who took part in both what they have in common (`deviates`, `correlations`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from .coding import DesignError
from .intervals import mover
from .replicates import ReplicateDesign

if TYPE_CHECKING:
    from .design import SurveyDesign

Array = NDArray[np.float64]
_SAME = 1e-9  # a variance of a difference below this part of the two variances is rounding


@dataclass(frozen=True)
class Side:
    """Estimates of one survey: arrays of one shape.

    Attributes
    ----------
    estimate, se, low, high, df, n_eff
        As the columns of `estimators.Estimators`.
    """

    estimate: Array
    se: Array
    low: Array
    high: Array
    df: Array
    n_eff: Array

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Side":
        """Take the columns estimate, se, ci_low, ci_high, df and n_eff of a frame."""
        names = ("estimate", "se", "ci_low", "ci_high", "df", "n_eff")
        return cls(*(frame[name].to_numpy(dtype=float, na_value=np.nan) for name in names))


class Change(NamedTuple):
    """Differences with their intervals and tests: arrays of one shape."""

    estimate: Array
    se: Array
    low: Array
    high: Array
    df: Array
    p: Array


def change(
    before: Side,
    now: Side,
    *,
    share: NDArray[np.bool_],
    correlation: Array | float = 0.0,
    level: float = 0.95,
) -> Change:
    """Estimate how much later estimates differ from earlier ones, and test that they do not.

    Parameters
    ----------
    before, now
        The two surveys.
    share
        Which are shares; the others are means.
    correlation
        Of the two estimates; 0 for independent samples.
    level
        Of the intervals of both surveys, and of the difference.

    Returns
    -------
    Change
        Later minus earlier. Shares: interval by `intervals.mover` of the two, as `share_difference` has it;
        p of the score test: the difference over its standard error were both shares the one that they have
        together, with the effective numbers of both, referred to F with 1 and ``df`` degrees of freedom. A
        Wald test is wrong by far where shares are near 0 or 1. Means: by t. ``df`` is Satterthwaite's of the
        two variances, and the smaller of the two designs' where estimates are correlated. No difference at
        all has p 1; there is no test where nobody, or everybody, gave the answer in both surveys, and where
        the calibration of either sets the share.
    """
    rho = np.broadcast_to(np.asarray(correlation, dtype=float), now.estimate.shape)
    share = np.asarray(share, dtype=bool)
    gap = now.estimate - before.estimate
    variance = _variance(before.se, now.se, rho)
    low, high = mover((now.estimate, now.low, now.high), (before.estimate, before.low, before.high), rho)
    df = np.where(share, _df(before, now, 1 / before.n_eff, 1 / now.n_eff, rho),
                  _df(before, now, before.se**2, now.se**2, rho))  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        half = stats.t.ppf((1 + level) / 2, np.where(df > 0, df, np.nan)) * np.sqrt(variance)
        of_null = _null_variance(before, now, rho)
        value = gap**2 / np.where(share, of_null, variance)
        p = stats.f.sf(value, 1, np.where(df > 0, df, np.nan))
    none = np.isnan(np.where(share, of_null, variance)) | ~(df > 0)
    size = before.se**2 + now.se**2
    unmoved = (gap == 0) & (size > 0)
    p = np.where(none, np.nan, np.where(unmoved, 1.0, p))
    p = np.where((variance <= _SAME * size) & (gap != 0) & ~share, np.nan, p)
    return Change(
        gap, np.sqrt(variance), np.where(share, low, gap - half), np.where(share, high, gap + half), df, p
    )


def _variance(first: Array, second: Array, rho: Array) -> Array:
    return np.maximum(first**2 + second**2 - 2 * rho * first * second, 0.0)


def _df(before: Side, now: Side, v_before: Array, v_now: Array, rho: Array) -> Array:
    """Satterthwaite's degrees of freedom; with correlated estimates the smaller number of the two."""
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = [np.where(v > 0, v**2 / one.df, 0.0) for v, one in ((v_before, before), (v_now, now))]
        welch = (v_before + v_now) ** 2 / (parts[0] + parts[1])
    least = np.minimum(before.df, now.df)
    return np.where(
        (least < 1) | np.isnan(least), np.nan, np.where((rho != 0) | np.isnan(welch), least, welch)
    )


def _null_variance(before: Side, now: Side, rho: Array) -> Array:
    """Variance of the difference of two shares that are the same; missing where there is nothing to test."""
    fixed = np.zeros(rho.shape, dtype=bool)
    for one in (before, now):
        fixed |= (one.se == 0) & (one.estimate > 0) & (one.estimate < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = before.n_eff + now.n_eff
        share = (before.n_eff * before.estimate + now.n_eff * now.estimate) / total
        first, second = (np.sqrt(share * (1 - share) / one.n_eff) for one in (before, now))
    variance = _variance(first, second, rho)
    return np.where(fixed | ~((share > 0) & (share < 1)), np.nan, variance)


def pooled(
    sides: Sequence[Side],
    *,
    share: NDArray[np.bool_],
    correlation: Array | None = None,
    level: float = 0.95,
) -> Change:
    """Average the estimates of several surveys, each of which counts alike, however many took part in it.

    Parameters
    ----------
    sides
        The surveys.
    share
        Which are shares; the others are means.
    correlation
        (surveys, surveys, …) of the estimates; None for independent samples.
    level
        Of the intervals.

    Returns
    -------
    Change
        The mean over surveys, R's ``svycontrast`` with 1/k for each. Shares: the ends are recovered from
        those of the surveys, as of `change`; means: by t, with Satterthwaite's degrees of freedom. No p.
    """
    k = len(sides)
    share = np.asarray(share, dtype=bool)
    estimate = np.mean([one.estimate for one in sides], axis=0)
    below, above, variance = (np.zeros(share.shape) for _ in range(3))
    for i, one in enumerate(sides):
        for j, two in enumerate(sides):
            rho = 1.0 if i == j else (0.0 if correlation is None else correlation[i, j])
            variance = variance + rho * one.se * two.se / k**2
            below = below + rho * (one.estimate - one.low) * (two.estimate - two.low) / k**2
            above = above + rho * (one.high - one.estimate) * (two.high - two.estimate) / k**2
    least = np.min([one.df for one in sides], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spent = sum(np.where(one.se > 0, one.se**4 / one.df, 0.0) for one in sides)
        df = np.where(spent > 0, sum(one.se**2 for one in sides) ** 2 / spent, least)
        df = least if correlation is not None and (np.asarray(correlation) != 0).any() else df
        half = stats.t.ppf((1 + level) / 2, np.where(df > 0, df, np.nan)) * np.sqrt(np.maximum(variance, 0))
    low = np.where(share, estimate - np.sqrt(np.maximum(below, 0)), estimate - half)
    high = np.where(share, estimate + np.sqrt(np.maximum(above, 0)), estimate + half)
    nothing = np.full(share.shape, np.nan)
    return Change(estimate, np.sqrt(np.maximum(variance, 0)), low, high, df, nothing)


def deviates(design: "SurveyDesign", scores: Array) -> Array:
    """Take estimators apart into what each respondent adds: their squares sum to the variances.

    Parameters
    ----------
    design
        Of respondents who were drawn one by one, in strata or not.
    scores
        (rows, k) influence value times weight, as of `SurveyDesign.cov`.

    Returns
    -------
    numpy.ndarray
        (rows, k): ``sqrt((1 - f) n/(n-1))`` times the residual of the score on the calibration variables,
        less the mean of its stratum; of a stratum with one respondent as the design has it.

    Raises
    ------
    DesignError
        Respondents were drawn in clusters, or have replicate weights: what each adds is not known.
    """
    if isinstance(design, ReplicateDesign):
        raise DesignError("of replicate weights it is not known what a single respondent adds.")
    if len(design.stages) != 1 or design.stages[0].unit is not None:
        raise DesignError("respondents drawn in clusters have no deviates of their own.")
    scores = np.where(design.domain[:, None], np.asarray(scores, dtype=float), 0.0)
    for projection in design.residual_order():
        scores = projection.residual(scores)
    stage = design.stages[0]
    size = np.bincount(stage.stratum).astype(float)
    mean = np.zeros((len(size), scores.shape[1]))
    np.add.at(mean, stage.stratum, scores)
    mean = np.where(size[:, None] > 1, mean / size[:, None], 0.0)
    scale = np.sqrt(np.maximum(stage.factor(design.lonely_psu), 0))
    return (scores - mean[stage.stratum]) * scale[stage.stratum, None]


def correlations(first: Array, second: Array, units: tuple[Sequence, Sequence]) -> Array:
    """Correlate the estimates of two surveys by the respondents who took part in both.

    Parameters
    ----------
    first, second
        (rows, k) `deviates` of the two, column by column of the same estimate.
    units
        Who each row is, in either; nobody twice in one survey.

    Returns
    -------
    numpy.ndarray
        (k,): sum over those in both of the product of their deviates, over both standard errors. With the
        same respondents twice the variance of the difference is that of the paired test; of simple random
        samples that share n12 respondents the covariance is ``n12 s12 / (n1 n2)`` (Kish 1965, 12.4).

    Raises
    ------
    DesignError
        Somebody is there twice.
    """
    index = [pd.Index(one) for one in units]
    for one in index:
        if one.has_duplicates:
            raise DesignError(f"{int(one.duplicated().sum())} respondents are there twice, by their key.")
    shared = index[0].intersection(index[1])
    a, b = (part[one.get_indexer(shared)] for part, one in ((first, index[0]), (second, index[1])))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (a * b).sum(axis=0) / np.sqrt((first**2).sum(axis=0) * (second**2).sum(axis=0))
    return np.clip(np.nan_to_num(found), -1.0, 1.0)
