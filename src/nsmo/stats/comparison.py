"""Comparing groups on a measured or ordered question: t tests and rank tests that know the design."""

import numpy as np
from scipy import stats

from .coding import DesignError
from .outcomes import (
    Effect,
    HypothesisTest,
    answered,
    categories,
    covariance,
    distance,
    numbers,
    ordered,
    pair,
    t_interval,
    t_p,
)

RANK_SCORES = {
    "wilcoxon": lambda r: r,
    "KruskalWallis": lambda r: r,
    "vanderWaerden": stats.norm.ppf,
    "median": lambda r: (r > 0.5).astype(float),
}


def ttest(
    design,
    question: str,
    by: str | None = None,
    groups: tuple | None = None,
    mu: float = 0.0,
    level: float = 0.95,
) -> Effect:
    """Whether a mean differs from a number, or between two groups (R's ``svyttest``).

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer (or group) are out.
    question
        Column of numbers or booleans; for booleans the mean is a proportion.
    by
        Column with the groups; None tests one mean.
    groups
        (a, b): mean of b minus mean of a. May be left out when ``by`` has just two categories.
    mu
        The mean, or difference, of the null hypothesis.
    level
        Of the interval.

    Returns
    -------
    Effect
        The mean, or the difference in means, linearised. ``df`` is one less than the degrees of freedom of
        the design where the respondents used lie, for one mean as well as for two, as in R; the interval of
        a mean by itself (``design.mean``) keeps that one.

    Raises
    ------
    DesignError
        A column that holds no numbers, groups that are absent or not two.
    """
    if by is None:
        domain = answered(design, question)
        values = numbers(domain, question)
        estimate, se = _difference(domain, values, np.ones(len(values)), None)
        name = f"mean of {question}"
    else:
        domain = answered(design, question, by)
        codes, labels = categories(domain, by)
        first, second = pair(by, labels, groups)
        domain = domain.subset((codes == first) | (codes == second))
        values = numbers(domain, question)
        estimate, se = _difference(domain, values, codes == second, codes == first)
        name = f"mean of {question}: {labels[second]} − {labels[first]}"
    df = domain.degf() - 1
    low, high = t_interval(estimate, se, df, level)
    return Effect(name, estimate, se, low, high, df, t_p(estimate - mu, se, df), domain.n)


def ranktest(
    design, question: str, by: str, groups: tuple | None = None, test: str = "wilcoxon"
) -> Effect | HypothesisTest:
    """Whether groups differ in where their answers lie, by ranks (R's ``svyranktest``, Lumley and Scott).

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer or group are out.
    question
        Column of numbers, booleans or ordered categories.
    by
        Column with the groups.
    groups
        Restricts the test to these categories of ``by``.
    test
        "wilcoxon" (with three or more groups the same as "KruskalWallis"), "vanderWaerden" (normal scores),
        "median" or "KruskalWallis".

    Returns
    -------
    Effect or HypothesisTest
        Two groups: the difference in mean rank score (second minus first; ranks are shares of the population
        below, 0 to 1), by t with the design's degrees of freedom less one. More: F with (groups - 1) and the
        design's degrees of freedom less (groups - 1).

    Raises
    ------
    DesignError
        A column without order, a single group, an unknown test, or no degrees of freedom left.

    Notes
    -----
    A tie takes the middle of its own weight. R averages the mid-cumulated weights of the tied rows without
    weighting them, so with unequal weights and ties its result depends on the order of the rows.
    """
    if test not in RANK_SCORES:
        raise DesignError(f"test must be one of {', '.join(RANK_SCORES)}, not {test!r}.")
    domain = answered(design, question, by)
    codes, labels = categories(domain, by)
    if groups is not None:
        absent = [g for g in groups if g not in labels]
        if absent:
            raise DesignError(f"groups {absent} do not occur in column {by!r}; found {labels}.")
        domain = domain.subset(np.isin(codes, [labels.index(g) for g in groups]))
        codes, labels = categories(domain, by)
    order = ordered(domain, question)
    weights = domain.weights
    active = domain.active
    blocks = np.bincount(order[active], weights=weights[active])
    middle = (blocks.cumsum() - blocks / 2) / blocks.sum()
    scores = np.zeros(len(weights))
    scores[active] = RANK_SCORES[test](middle[order[active]])

    membership = (codes[:, None] == np.arange(len(labels))).astype(float)
    sizes = weights @ membership
    means = (weights * scores) @ membership / sizes
    # R keeps the ranks fixed in every replicate, so replicates too start from the influence values
    residual = (scores - np.where(active, means[codes], 0)) * weights
    influence = residual[:, None] * membership / sizes
    contrast = influence[:, 1:] - influence[:, :1]
    gaps = means[1:] - means[0]
    cov = domain.cov(contrast)
    nu = domain.degf()
    name = {
        "wilcoxon": "Wilcoxon",
        "KruskalWallis": "Kruskal-Wallis",
        "vanderWaerden": "van der Waerden",
    }.get(test, "median")
    if len(labels) == 2:
        se = float(np.sqrt(cov[0, 0]))
        low, high = t_interval(gaps[0], se, nu - 1, 0.95)
        return Effect(
            f"{name} test of {question}: mean rank score {labels[1]} − {labels[0]}",
            float(gaps[0]), se, low, high, nu - 1, t_p(gaps[0], se, nu - 1), domain.n,
        )  # fmt: skip
    df = len(labels) - 1
    if nu - df < 1:
        raise DesignError(f"{len(labels)} groups leave no degrees of freedom; the design has {nu}.")
    value = distance(gaps, cov, f"rank test of {question}") / df
    if test == "wilcoxon":
        name = "Kruskal-Wallis"
    return HypothesisTest(
        f"{name} test", value, "F", df, nu - df, float(stats.f.sf(value, df, nu - df)), domain.n
    )


def _difference(domain, values: np.ndarray, top, base) -> tuple[float, float]:
    """Mean among ``top``, less the mean among ``base`` if given, with its standard error."""
    sides = np.column_stack([top] if base is None else [top, base]).astype(float)
    signs = np.array([1.0, -1.0])[: sides.shape[1]]

    def estimate(weights: np.ndarray) -> np.ndarray:
        weighted = weights[:, None] * sides
        return np.atleast_1d((values @ weighted / weighted.sum(0)) @ signs)

    weighted = domain.weights[:, None] * sides
    totals = weighted.sum(0)
    scores = (weighted * (values[:, None] - values @ weighted / totals) / totals) @ signs
    theta = estimate(domain.weights)
    return float(theta[0]), float(np.sqrt(covariance(domain, scores[:, None], theta, estimate)[0, 0]))
