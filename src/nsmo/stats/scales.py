"""Several numbers of each respondent together: correlation, and how well items measure one thing."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from .coding import DesignError, as_list
from .design import SurveyDesign
from .outcomes import Effect, answered, covariance, numbers, t_interval, t_p


def correlation(design: SurveyDesign, x: str, y: str, level: float = 0.95) -> Effect:
    """Compute the weighted product-moment correlation of two numbers.

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer to either are out.
    x, y
        Columns of numbers or booleans.
    level
        Of the interval.

    Returns
    -------
    Effect
        ``r = S_xy / sqrt(S_xx S_yy)`` with weighted sums of products about the means. se linearised,
        influence value ``(a b - r (a² + b²) / 2) / sum w`` with a and b the standardised numbers (in R
        `svycontrast` of that ratio, of what `svyvar` of both has). Interval by t with the design's degrees of
        freedom on Fisher's z scale; p by t of r over its standard error. Without spread (r = ±1) both are
        missing.

    Raises
    ------
    DesignError
        A column that holds no numbers, or the same number for all.
    """
    domain = answered(design, x, y)
    values = np.column_stack([numbers(domain, x), numbers(domain, y)])
    values = _spread_out(domain, values, (x, y))
    w = domain.weights

    def estimate(weights: np.ndarray) -> np.ndarray:
        share = weights / weights.sum()
        away = values - share @ values
        products = (away * share[:, None]).T @ away
        return np.array([products[0, 1] / np.sqrt(products[0, 0] * products[1, 1])])

    share = w / w.sum()
    away = np.where(domain.active[:, None], values - share @ values, 0.0)
    unit = away / np.sqrt(share @ away**2)
    r = float(np.clip(estimate(w)[0], -1, 1))
    scores = share * (unit[:, 0] * unit[:, 1] - r * (unit**2).sum(axis=1) / 2)
    se = float(np.sqrt(max(covariance(domain, scores[:, None], np.array([r]), estimate)[0, 0], 0.0)))
    df = domain.degf()
    low = high = p = float("nan")
    if se > 1e-12 and abs(r) < 1:
        low, high = np.tanh(t_interval(np.arctanh(r), se / (1 - r * r), df, level))
        p = t_p(r, se, df)
    return Effect(f"correlation of {x} and {y}", r, se, float(low), float(high), df, p, domain.n)


def correlations(design: SurveyDesign, columns: Sequence[str], level: float = 0.95) -> pd.DataFrame:
    """Correlate all pairs of several numbers: a row each, x, y and the fields of `correlation`.

    Each pair is of the respondents who answered both.
    """
    names = as_list(columns)
    if len(names) < 2:
        raise DesignError(f"a correlation needs two columns, not {names}.")
    return pd.DataFrame(
        [{"x": x, "y": y} | correlation(design, x, y, level).as_dict() for x, y in combinations(names, 2)]
    ).drop(columns="measure")


def cronbach_alpha(design: SurveyDesign, items: Sequence[str], level: float = 0.95) -> Effect:
    """Compute how consistently several items measure one thing: Cronbach's (1951) alpha.

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer to any of the items are out.
    items
        Two or more columns of numbers that all point the same way.
    level
        Of the interval.

    Returns
    -------
    Effect
        ``k/(k-1) (1 - sum of the items' variances / variance of their sum)``, population variances (R's
        ``svycralpha``, which has no standard error). se linearised. Interval by t on the scale of
        ``log(1 - alpha)``, so below 1; p is that of alpha = 0. Where the sample shows no spread of alpha (of
        two respondents it is the same whatever they weigh) both are missing.

    Raises
    ------
    DesignError
        Fewer than two items; an item that holds no numbers, or the same number for all.
    """
    names = as_list(items)
    if len(names) < 2:
        raise DesignError(f"alpha needs two items or more, not {names}.")
    domain = answered(design, *names)
    values = _spread_out(domain, np.column_stack([numbers(domain, name) for name in names]), names)
    k = len(names)

    def estimate(weights: np.ndarray) -> np.ndarray:
        share = weights / weights.sum()
        squares = share @ (values - share @ values) ** 2
        total = values.sum(axis=1)
        return np.array([k / (k - 1) * (1 - squares.sum() / (share @ (total - share @ total) ** 2))])

    share = domain.weights / domain.weights.sum()
    away = np.where(domain.active[:, None], values - share @ values, 0.0)
    whole = away.sum(axis=1)
    variance = float(share @ whole**2)
    if variance == 0:
        raise DesignError(f"the sum of {', '.join(map(repr, names))} is the same for all respondents.")
    alpha = float(estimate(domain.weights)[0])
    ratio = float((share @ away**2).sum() / variance)
    scores = -k / (k - 1) * share * ((away**2).sum(axis=1) - ratio * whole**2) / variance
    se = float(np.sqrt(max(covariance(domain, scores[:, None], np.array([alpha]), estimate)[0, 0], 0.0)))
    df = domain.degf()
    low = high = p = float("nan")
    if alpha < 1 and se > 1e-12 * max(1, abs(alpha)):
        ends = t_interval(np.log1p(-alpha), se / (1 - alpha), df, level)
        high, low = -np.expm1(ends)
        p = t_p(alpha, se, df)
    name = f"Cronbach's alpha of {len(names)} items"
    return Effect(name, alpha, se, float(low), float(high), df, p, domain.n)


def _spread_out(domain: SurveyDesign, values: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Values as distances from the first respondent's, 0 outside the domain; all the same is refused."""
    values = np.where(domain.active[:, None], values - values[np.argmax(domain.active)], 0.0)
    for name, own in zip(names, values.T, strict=True):
        if not own.any():
            raise DesignError(f"column {name!r} has the same value for all {domain.n} respondents.")
    return values
