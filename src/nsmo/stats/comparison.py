"""Comparing groups: differences of shares and means, t tests and rank tests that know the design."""

import numpy as np
import pandas as pd
from scipy import stats

from .coding import DesignError, column
from .contingency import shares_p
from .design import SurveyDesign
from .outcomes import (
    Effect,
    HypothesisTest,
    answered,
    categories,
    covariance,
    distance,
    numbers,
    ordered,
    place,
    t_interval,
    t_p,
    two_groups,
)

RANK_SCORES = {
    "wilcoxon": lambda r: r,
    "KruskalWallis": lambda r: r,
    "vanderWaerden": stats.norm.ppf,
    "median": lambda r: (r > 0.5).astype(float),
}


def difference(
    design: SurveyDesign,
    question: str,
    by: str,
    groups: tuple | None = None,
    level: float = 0.95,
    method: str = "logit",
) -> Effect:
    """Compare two groups: in a share if the question is yes or no, else in a mean.

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer or group are out.
    question
        Column of booleans (`share_difference`) or numbers (`ttest`).
    by, groups, level
        As of `ttest`: the second group minus the first.
    method
        Of the intervals of the shares.

    Returns
    -------
    Effect
        As the function it calls.
    """
    values = column(design.frame, question)
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.infer_dtype(values, skipna=True) == "boolean":
        return share_difference(design, question, by, groups, True, level, method)
    return ttest(design, question, by, groups, level=level)


def share_difference(
    design: SurveyDesign,
    outcome: str,
    by: str,
    groups: tuple | None = None,
    event=True,
    level: float = 0.95,
    method: str = "logit",
) -> Effect:
    """Compare the share of an answer between two groups.

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer or group are out.
    outcome
        Column with the answer.
    by
        Column with the groups.
    groups
        (a, b): share in b minus share in a, as of `ttest`. May be left out when ``by`` has just two
        categories.
    event
        The category of ``outcome`` whose share is meant.
    level, method
        Of the intervals of the two shares, see `intervals.proportion_interval`.

    Returns
    -------
    Effect
        Interval: `intervals.mover` of the intervals of the two shares, with the correlation that clusters and
        calibration give them; with Wilson's intervals of a simple random sample it is Newcombe's (1998). p:
        Rao and Scott's chi-square of the two by two table, second order, with ``df`` degrees of freedom,
        those of the design where the two groups lie; missing where nobody or everybody gave the answer, or a
        group lies in a single first-stage unit. Interval and p come from different methods and may part at
        the edge. A Wald interval (`ttest`, R's ``svyttest``) rejects a true hypothesis in a third of samples
        where the shares are near 1 and a group is small.

    Raises
    ------
    DesignError
        A category that does not occur; a group or event that is not said.
    """
    domain, _, inside, labels = two_groups(design, outcome, by, groups)
    answer, answers = categories(domain, outcome, least=1)
    if event is True and len(answers) == 1 and answers[0] in (False, 0):
        hit = np.zeros(len(answer), dtype=bool)
    else:
        hit = answer == place(outcome, answers, event, "event")
    local = domain.assign(__hit=hit, __group=inside.astype(int))
    estimates = local.estimate("proportion", "__hit", "__group", level=level, method=method)
    gap, se, low, high = estimates.recovered(1, 0)
    p = shares_p(local, hit, np.where(domain.active, inside, -1))
    name = f"share of {outcome}: {labels[1]} − {labels[0]}"
    return Effect(name, gap, se, low, high, domain.degf(), p, domain.n)


def paired_share_difference(
    design: SurveyDesign, first: str, second: str, level: float = 0.95, method: str = "logit"
) -> Effect:
    """Compare two shares among the same respondents: whether more said yes to the one than to the other.

    Parameters
    ----------
    design
        Survey or replicate design. Respondents without an answer to either are out.
    first, second
        Columns of booleans.
    level, method
        Of the intervals of the two shares, see `intervals.proportion_interval`.

    Returns
    -------
    Effect
        Share of the first minus share of the second. Interval: `intervals.mover` of those of the two shares,
        with their correlation (as Newcombe's 1998 interval for paired data). p: McNemar's score test by the
        design, among those who said yes to one only: ``n_eff (q - 1/2)² / (1/4)`` referred to F with 1
        and the degrees of freedom of the design where they lie, q the share of the first and n_eff their
        number over the design effect of q (`SurveyDesign.effective_units` where q is 0 or 1). Missing where
        nobody said yes to one only.

    Raises
    ------
    DesignError
        A column that is not yes or no.
    """
    domain = answered(design, first, second)
    hits = np.column_stack([numbers(domain, name) for name in (first, second)]) != 0
    local = domain.assign(**{"pair.first": hits[:, 0], "pair.second": hits[:, 1]})
    estimates = local.estimate("proportion", ["pair.first", "pair.second"], level=level, method=method)
    gap, se, low, high = estimates.recovered(0, 1)
    p = float("nan")
    apart = local.subset(hits[:, 0] != hits[:, 1])
    if apart.n:
        row = apart.proportion("pair.first").iloc[0]
        n_eff = apart.effective_units(np.where(apart.active, 0, -1), 1)[0]
        if row["se"] > 0:
            n_eff = row["estimate"] * (1 - row["estimate"]) / row["se"] ** 2
        if row["df"] > 0:
            p = float(stats.f.sf(4 * n_eff * (row["estimate"] - 0.5) ** 2, 1, row["df"]))
    return Effect(f"share of {first} − {second}", gap, se, low, high, domain.degf(), p, domain.n)


def ttest(
    design: SurveyDesign,
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
        a mean by itself (``design.mean``) keeps that one. Where a group lies in a single first-stage unit the
        sample does not show how much its mean varies: se, interval and p are missing (R counts it as zero).

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
        domain, first, second, labels = two_groups(design, question, by, groups)
        values = numbers(domain, question)
        estimate, se = _difference(domain, values, second, first)
        name = f"mean of {question}: {labels[1]} − {labels[0]}"
        if _unseen(domain, first, second):
            se = float("nan")
    df = domain.degf() - 1
    low, high = t_interval(estimate, se, df, level)
    p = t_p(estimate - mu, se, df, float(np.ptp(values[domain.active])))
    return Effect(name, estimate, se, low, high, df, p, domain.n)


def ranktest(
    design: SurveyDesign, question: str, by: str, groups: tuple | None = None, test: str = "wilcoxon"
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
        below, 0 to 1), by t with the design's degrees of freedom less one; without se where a group lies in a
        single first-stage unit. More: F with (groups - 1) and the
        design's degrees of freedom less (groups - 1); without statistic and p where a group lies in a single
        first-stage unit, or two show no spread.

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
        se = float("nan") if _unseen(domain, codes == 0, codes == 1) else float(np.sqrt(cov[0, 0]))
        low, high = t_interval(gaps[0], se, nu - 1, 0.95)
        return Effect(
            f"{name} test of {question}: mean rank score {labels[1]} − {labels[0]}",
            float(gaps[0]), se, low, high, nu - 1, t_p(gaps[0], se, nu - 1, 1.0), domain.n,
        )  # fmt: skip
    df = len(labels) - 1
    if nu - df < 1:
        raise DesignError(f"{len(labels)} groups leave no degrees of freedom; the design has {nu}.")
    value = float("nan")
    if not (_unseen(domain, *(codes == k for k in range(len(labels)))) or _singular(cov)):
        value = distance(gaps, cov, f"rank test of {question}") / df
    if test == "wilcoxon":
        name = "Kruskal-Wallis"
    return HypothesisTest(
        f"{name} test", value, "F", df, nu - df, float(stats.f.sf(value, df, nu - df)), domain.n
    )


def _singular(cov: np.ndarray) -> bool:
    """Whether some combination of the differences has no more variance than rounding leaves."""
    return bool(np.linalg.eigvalsh(cov)[0] <= 1e-14 * np.diag(cov).max())


def _unseen(domain: SurveyDesign, *groups: np.ndarray) -> bool:
    """Whether a group lies in a single first-stage unit, so that its variance cannot be seen."""
    return min(domain.degf(group) for group in groups) < 1


def _difference(domain: SurveyDesign, values: np.ndarray, top, base) -> tuple[float, float]:
    """Mean among ``top``, less the mean among ``base`` if given, with its standard error."""
    first = values[np.argmax(domain.active)]  # differences from it keep the digits of large numbers
    values = np.where(domain.active, values - first, 0.0)
    sides = np.column_stack([top] if base is None else [top, base]).astype(float)
    signs = np.array([1.0, -1.0])[: sides.shape[1]]

    def estimate(weights: np.ndarray) -> np.ndarray:
        weighted = weights[:, None] * sides
        return np.atleast_1d((values @ weighted / weighted.sum(0)) @ signs)

    weighted = domain.weights[:, None] * sides
    totals = weighted.sum(0)
    scores = (weighted * (values[:, None] - values @ weighted / totals) / totals) @ signs
    theta = estimate(domain.weights)
    se = float(np.sqrt(covariance(domain, scores[:, None], theta, estimate)[0, 0]))
    return float(theta[0] + (first if base is None else 0)), se
