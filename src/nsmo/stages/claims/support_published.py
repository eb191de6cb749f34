"""What the published figures alone, at the number of respondents that they imply, can support."""

from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats as distributions

from nsmo.stages.claims.base import counts_at
from nsmo.stages.claims.verdicts import (
    FIGURES,
    IF_RANDOM,
    INCONCLUSIVE,
    NOT_COMPUTABLE,
    NOT_TESTABLE,
    Verdict,
)
from nsmo.stats.intervals import proportion_interval
from nsmo.study.estimands import Difference, Mean, Proportion, Ranking
from nsmo.study.statements import Claim, Published
from nsmo.study.wordings import fitting_counts


def support_published(
    claim: Claim,
    published: Published,
    n: int,
    counts: tuple[int, int] | None = None,
    alpha: float = 0.05,
    level: float = 0.95,
) -> Verdict:
    """Decide whether the published figures alone, at the number of respondents, support the statement.

    The figures leave several sets of counts possible: "supported" means under every one of them.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    published : Published
        All of them.
    n : int
        Number of respondents.
    counts : (int, int), optional
        Of a bound: the fewest and the most respondents of whom it can be so, by the sets of the stage bounds.
    alpha, level : float
        Level of the tests, and of the interval that is given in the reason.

    Returns
    -------
    Verdict
        supported if a random sample, inconclusive, not testable, or not computable.
    """
    if claim.type == "unmeasured":
        return Verdict(NOT_COMPUTABLE, claim.why["en"] if claim.why else "")
    if claim.type in FIGURES:
        if claim.unit != "percent":
            return Verdict(NOT_TESTABLE, "a figure on its own says nothing that could be tested")
        if getattr(claim.estimate, "where", None) is not None:
            return Verdict(NOT_TESTABLE, "a figure on its own, of a group whose number was not published")
        own = counts_at(claim, n)
        if not own:
            return Verdict(NOT_TESTABLE, f"a figure on its own; no count of {n} agrees with it")
        low, high = random_interval(own, n, level)
        return Verdict(
            NOT_TESTABLE, f"a figure on its own; {level:.0%} interval {low:.1%} to {high:.1%} of {n}"
        )
    if claim.type == "more_than":
        return bound_by_figures(claim, counts, n, alpha)
    if claim.from_published is None:
        return Verdict(NOT_COMPUTABLE, _absent(claim, published))
    claims = [published.claim(name) for name in claim.from_published.claims]
    return _RULES[claim.from_published.rule](claim, claims, n, alpha)


_MISSING = {
    "difference": "no figures were published for the groups",
    "extreme": "no figures were published for the others",
    "association": "only the direction was published",
    "significant": "only the direction was published, neither a coefficient nor a p",
}


def _absent(claim: Claim, published: Published) -> str:
    """Return in words what was not published that a test would need."""
    estimate = claim.estimate
    if isinstance(estimate, Difference) and estimate.of == "mean":
        means = {
            row.estimate.where.is_[0]
            for row in published.rows
            if isinstance(row.estimate, Mean) and row.estimate.question == estimate.question
            if row.estimate.where is not None and row.estimate.where.question == estimate.by
            if row.estimate.where.is_ and row.value is not None
        }
        if means >= set(estimate.groups):
            return "the means were published without their spread, so their difference has no test"
        return "neither the means nor their spread were published"
    return _MISSING[claim.type]


def counts_possible(sets: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Return the fewest and the most respondents of whom each statement can be so, where those are counts.

    Parameters
    ----------
    sets : DataFrame
        What follows from the published figures alone, as the stage bounds saves it.
    """
    counted = sets.dropna(subset=["count_low", "count_high"])
    ends = zip(counted["count_low"].astype(int), counted["count_high"].astype(int), strict=True)
    return dict(zip(counted["id"], ends, strict=True))


def bound_by_figures(claim: Claim, counts: tuple[int, int] | None, n: int, alpha: float) -> Verdict:
    """Test a lower bound at the smallest count that the figures leave possible, one-sided and exact."""
    if counts is None:
        return Verdict(NOT_COMPUTABLE, "no figure was published beside the bound")
    few, many = counts
    if (few, many) == (0, n):
        return Verdict(NOT_COMPUTABLE, "no figure was published that says anything of it")
    p_of = [exact_p(count, n, claim.figure / 100) for count in counts]
    span = f"{few}" if few == many else f"{few} to {many}"
    reason = f"{span} of {n} agree with the figures; one-sided exact p {_p_range(p_of)}"
    if p_of[0] >= alpha:
        enough = next((c for c in range(few, n + 1) if exact_p(c, n, claim.figure / 100) < alpha), None)
        reason += f"; {enough} would be needed" if enough is not None else ""
    return Verdict(IF_RANDOM if p_of[0] < alpha else INCONCLUSIVE, reason)


def exact_p(count: int, n: int, share: float) -> float:
    """Return the one-sided p of the exact binomial test that more than a share of all are so."""
    return float(distributions.binom.sf(count - 1, n, share))


def splits(
    first: Claim, second: Claim, both: Claim, n: int, *, rounded: bool = False
) -> list[tuple[int, int, int, int]]:
    """List every way in which two groups can have given their shares and the share of both together.

    Parameters
    ----------
    first, second, both : Claim
        Shares of the first group, of the second, and of all.
    n : int
        Number of respondents; each is in one of the groups.
    rounded : bool
        Take the share of all as a rounded figure, whatever words stand around it.

    Returns
    -------
    list of (count in the first, size of the first, count in the second, size of the second)
    """
    if rounded:
        both = both.model_copy(update={"type": "exact"})
    totals = set(fitting_counts([both, *both.also], n))
    found = []
    for size in range(1, n):
        ones = fitting_counts([first, *first.also], size)
        others = fitting_counts([second, *second.also], n - size)
        found += [(a, size, b, n - size) for a, b in product(ones, others) if a + b in totals]
    return found


def groups_by_figures(claim: Claim, claims: list[Claim], n: int, alpha: float) -> Verdict:
    """Test a difference of two groups by Fisher's exact test under every split that the figures leave."""
    first, second, both = claims
    possible = splits(first, second, both, n)
    if not possible:
        return Verdict(NOT_COMPUTABLE, f"no split of {n} into two groups gives the published shares")
    p = [fisher(split) for split in possible]
    direction = all(a / m > b / k for a, m, b, k in possible)
    reason = f"{_sizes(possible)} of {n} fit the wording, Fisher's p {_p_range(p)}"
    if both.type == "about":
        narrow = splits(first, second, both, n, rounded=True)
        reason += f"; {_sizes(narrow)} fit when {both.figure:g} is a rounded figure"
        reason += f", p {_p_range(map(fisher, narrow))}" if narrow else ""
    return Verdict(IF_RANDOM if direction and max(p) < alpha else INCONCLUSIVE, reason)


def random_interval(counts: Sequence[int], n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share, if the n were a random sample, over every count that is possible.

    It is the one that the estimates of the report have, so that a figure has one interval wherever it stands.

    Parameters
    ----------
    counts : sequence of int
        Counts that agree with the figure.
    n : int
        Respondents in the base.
    level : float
        Of the interval.

    Returns
    -------
    (float, float)
        Lower end at the smallest count, upper end at the largest; fractions.
    """
    share = np.array([min(counts), max(counts)]) / n
    low, high = proportion_interval(share, share * (1 - share) / max(n - 1, 1), n - 1, n, n, level)
    return float(low[0]), float(high[1])


def fisher(split: tuple[int, int, int, int]) -> float:
    """Return the two-sided p of Fisher's exact test for one way the groups can be split."""
    a, m, b, k = split
    return float(distributions.fisher_exact([[a, m - a], [b, k - b]]).pvalue)


def _sizes(possible: list[tuple[int, int, int, int]]) -> str:
    sizes = sorted(size for _, size, _, _ in possible)
    ends = f" (first group {sizes[0]} to {sizes[-1]})" if sizes else ""
    return f"{len(possible)} splits{ends}"


def ranking_by_figures(claim: Claim, claims: list[Claim], n: int, alpha: float) -> Verdict:
    """Test an order of options by McNemar's test, with as many giving both answers as is least favourable."""
    estimate = claim.estimated(Ranking)
    by_option = {other.estimated(Proportion).option: other for other in claims}
    absent = [option for option in (*estimate.higher, *(estimate.lower or ())) if option not in by_option]
    if absent or estimate.lower is None:
        return Verdict(NOT_COMPUTABLE, f"no figure was published for {', '.join(absent) or 'the others'}")
    worst: dict[str, float] = {}
    for high, low in product(estimate.higher, estimate.lower):
        tables = product(counts_at(by_option[high], n), counts_at(by_option[low], n))
        worst[f"{high} – {low}"] = max(largest_mcnemar_p(a, b, n) for a, b in tables)
    pair = max(worst, key=worst.__getitem__)
    reason = (
        f"exact McNemar tests with the least overlap of answers that is possible; largest p "
        f"{p_text(worst[pair])} ({pair})"
    )
    return Verdict(IF_RANDOM if worst[pair] < alpha else INCONCLUSIVE, reason)


def largest_mcnemar_p(more: int, less: int, n: int) -> float:
    """Return the largest exact McNemar p over all joint tables of two shares of the same respondents."""
    if more <= less:
        return 1.0
    overlaps = range(max(0, more + less - n), min(more, less) + 1)
    return max(
        float(distributions.binomtest(less - both, more + less - 2 * both, 0.5).pvalue) for both in overlaps
    )


_RULES = {
    "two_groups": groups_by_figures,
    "ranking": ranking_by_figures,
}


def p_text(value: float) -> str:
    """Write a p with its sign, as the reasons of verdicts have it: "= .021", "< .001"."""
    return "< .001" if value < 0.001 else f"= {value:.3f}".replace("0.", ".", 1)


def _p_range(values: Iterable[float]) -> str:
    low, high = min(values := list(values)), max(values)
    if p_text(low) == p_text(high):
        return p_text(low)
    return f"from {p_text(low).removeprefix('= ')} to {p_text(high).removeprefix('= ')}"
