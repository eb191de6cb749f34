"""What a test or an effect size answers, and the few steps they share."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from .coding import DesignError, codes_of, column

if TYPE_CHECKING:
    from .design import SurveyDesign


@dataclass(frozen=True)
class HypothesisTest:
    """A test statistic with its reference distribution.

    Attributes
    ----------
    test
        Name of the test.
    statistic
        Its value.
    distribution
        "t", "F", "chi2", "chi2 sum" (a weighted sum of chi-squares over a mean square), or "bootstrap" where
        it was drawn.
    df
        Degrees of freedom (of the numerator, for F).
    ddf
        Degrees of freedom of the denominator of F or chi2 sum; None for t and chi2.
    p
        Two-sided for t, upper tail otherwise.
    n
        Respondents used.
    """

    test: str
    statistic: float
    distribution: str
    df: float
    ddf: float | None
    p: float
    n: int

    def as_dict(self) -> dict:
        """The attributes by name, for a row of a frame or JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Effect:
    """An effect size with its interval, and the test that it is zero (an odds ratio: one).

    Attributes
    ----------
    measure
        What is measured, in words.
    estimate, se, ci_low, ci_high
        In the unit of the measure. The interval may have been computed on another scale (see the function
        that made it); then it is not symmetric.
    df
        Degrees of freedom of the interval: those of the design, counted where the rows used lie.
    p
        Two-sided p of no effect.
    n
        Respondents used.
    """

    measure: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    df: float
    p: float
    n: int

    def as_dict(self) -> dict:
        """The attributes by name, for a row of a frame or JSON."""
        return asdict(self)


def covariance(
    design: "SurveyDesign", scores: np.ndarray, theta: np.ndarray, refit: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Covariance of an estimator: of its influence values, or of its value in every replicate.

    Parameters
    ----------
    design
        A survey design or a replicate design.
    scores
        (rows, k) influence values times weight.
    theta
        (k,) the estimate.
    refit
        Weights (rows,) to estimate (k,), for replicate designs.
    """
    return design.estimator_covariance(scores, theta, refit)


def distance(gap: np.ndarray, cov: np.ndarray, what: str) -> float:
    """``gap' cov^-1 gap``, what a Wald test divides by its degrees of freedom.

    Raises
    ------
    DesignError
        A combination of the numbers has no variance: the calibration fixes it, or one implies another.
    """
    try:
        return float(gap @ np.linalg.solve(cov, gap))
    except np.linalg.LinAlgError:
        raise DesignError(
            f"{what}: a combination of the {len(gap)} numbers tested has no variance (fixed by the "
            "calibration, or determined by the others), so there is nothing to test."
        ) from None


def answered(design: "SurveyDesign", *names: str):
    """The domain of respondents who answered all of these columns; weights below zero are refused."""
    negative = design.weights < 0
    if negative.any():
        raise DesignError(
            f"{int(design.counts[negative].sum())} respondents have a weight below zero, with which tests "
            'and models mean nothing; calibrate with method="raking", or with bounds.'
        )
    known = np.ones(len(design.frame), dtype=bool)
    for name in names:
        known &= column(design.frame, name).notna().to_numpy()
    domain = design.subset(known)
    if domain.n == 0:
        raise DesignError(
            f"none of the {design.n} respondents of the domain answered {' and '.join(map(repr, names))}."
        )
    return domain


def numbers(design: "SurveyDesign", name: str) -> np.ndarray:
    """A column as floats, 0 outside the domain; text and unordered categories are refused."""
    values = column(design.frame, name)
    if isinstance(values.dtype, pd.CategoricalDtype) or not (
        pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)
    ):
        raise DesignError(
            f"column {name!r} holds {values.dtype}, expected numbers; give its categories scores first "
            "(design.assign)."
        )
    result = np.zeros(len(values))
    result[design.active] = values[design.active].to_numpy(dtype=float)
    if not np.isfinite(result).all():
        raise DesignError(
            f"column {name!r} holds {int((~np.isfinite(result)).sum())} infinite or missing values."
        )
    return result


def categories(design: "SurveyDesign", name: str, least: int = 2) -> tuple[np.ndarray, list]:
    """Codes 0..k-1 (-1 outside the domain) and labels of the categories that occur in the domain."""
    codes, labels = codes_of(column(design.frame, name))
    labels = labels.tolist()
    codes = np.where(design.active, codes, -1)
    present = np.unique(codes[codes >= 0])
    if len(present) < least:
        found = ", ".join(repr(labels[i]) for i in present) or "none"
        raise DesignError(
            f"column {name!r} needs {least} or more categories with respondents in the domain; found {found}."
        )
    renumber = np.full(len(labels) + 1, -1)
    renumber[present] = np.arange(len(present))
    return renumber[codes], [labels[i] for i in present]


def ordered(design: "SurveyDesign", name: str) -> np.ndarray:
    """Position of each answer among the values that occur, lowest first; -1 outside the domain."""
    values = column(design.frame, name)
    has_order = isinstance(values.dtype, pd.CategoricalDtype) and values.dtype.ordered
    if not (has_order or pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)):
        raise DesignError(
            f"column {name!r} ({values.dtype}) has no order; expected numbers, booleans, ordered categories."
        )
    if pd.api.types.is_float_dtype(values) and np.isinf(values[design.active].to_numpy(dtype=float)).any():
        raise DesignError(f"column {name!r} holds infinite values.")
    return categories(design, name, least=1)[0]


def place(name: str, labels: list, wanted, role: str) -> int:
    """Position of a category; an absent one is refused with those that are there."""
    if wanted not in labels:
        raise DesignError(
            f"{role} {wanted!r} does not occur in column {name!r}; found {', '.join(map(repr, labels))}."
        )
    return labels.index(wanted)


def pair(name: str, labels: list, groups: tuple | None) -> tuple[int, int]:
    """Positions of the two groups to compare; without a choice there must be just two."""
    if groups is None:
        if len(labels) != 2:
            raise DesignError(
                f"column {name!r} has {len(labels)} categories ({', '.join(map(repr, labels))}); "
                "say which two to compare: groups=(a, b)."
            )
        return 0, 1
    if len(groups) != 2 or groups[0] == groups[1]:
        raise DesignError(f"groups must be two different categories of {name!r}, not {groups!r}.")
    return place(name, labels, groups[0], "group"), place(name, labels, groups[1], "group")


def two_groups(
    design: "SurveyDesign", question: str, by: str, groups: tuple | None
) -> tuple["SurveyDesign", np.ndarray, np.ndarray, tuple]:
    """The domain of those who answered in one of two groups, who is in each, and how the groups are called.

    Parameters
    ----------
    design
        A survey design or a replicate design.
    question, by
        Column of the answer, and of the groups.
    groups
        Labels of the two, or None where there are just two.
    """
    domain = answered(design, question, by)
    codes, labels = categories(domain, by)
    first, second = pair(by, labels, groups)
    domain = domain.subset((codes == first) | (codes == second))
    return domain, codes == first, codes == second, (labels[first], labels[second])


def t_interval(estimate: float, se: float, df: float, level: float) -> tuple[float, float]:
    """Estimate plus and minus t times se; missing without degrees of freedom."""
    half = stats.t.ppf((1 + level) / 2, df) * se if df > 0 else np.nan
    return float(estimate - half), float(estimate + half)


def t_p(estimate: float, se: float, df: float, size: float = 0.0) -> float:
    """Two-sided p of estimate / se by t; missing without spread or degrees of freedom.

    A spread below the rounding of numbers that differ by as much as ``size`` is none.
    """
    if se <= 1e-12 * size:
        return float("nan")
    return float(2 * stats.t.sf(abs(estimate) / se, df)) if df > 0 and se > 0 else float("nan")
