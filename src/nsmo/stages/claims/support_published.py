"""What the published figures alone, at the number of respondents that they imply, can support."""

import math
from collections.abc import Iterable, Sequence
from itertools import combinations, product

import numpy as np
from scipy import stats as distributions

from nsmo.stages.claims.implied_base import counts_at
from nsmo.stages.claims.verdicts import (
    FIGURES,
    IF_RANDOM,
    INCONCLUSIVE,
    NOT_COMPUTABLE,
    NOT_TESTABLE,
    Verdict,
)
from nsmo.stats.intervals import proportion_interval
from nsmo.study.statements import Claim, Proportion, Published, Ranking
from nsmo.study.wordings import fitting_counts


def support_published(
    claim: Claim, published: Published, n: int, alpha: float = 0.05, level: float = 0.95
) -> Verdict:
    """Decide whether the published figures alone, at the inferred n, support the statement.

    The figures leave several sets of counts possible: "supported" means under every one of them.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    published : Published
        All of them.
    n : int
        Inferred number of respondents.
    alpha, level : float
        Level of the tests, and of the interval that is given in the reason.

    Returns
    -------
    Verdict
        supported if a random sample, inconclusive, not testable, or not computable.
    """
    if claim.type == "unmeasured":
        return Verdict(NOT_COMPUTABLE, claim.why or "")
    if claim.type in FIGURES:
        if claim.unit != "percent":
            return Verdict(NOT_TESTABLE, "a figure on its own says nothing that could be tested")
        if getattr(claim.estimate, "where", None) is not None:
            return Verdict(NOT_TESTABLE, "a figure on its own, of a group whose number was not published")
        counts = counts_at(claim, n)
        if not counts:
            return Verdict(NOT_TESTABLE, f"a figure on its own; no count of {n} agrees with it")
        low, high = random_interval(counts, n, level)
        return Verdict(
            NOT_TESTABLE, f"a figure on its own; {level:.0%} interval {low:.1%} to {high:.1%} of {n}"
        )
    if claim.from_published is None:
        return Verdict(NOT_COMPUTABLE, _MISSING[claim.type])
    claims = [published.claim(name) for name in claim.from_published.claims]
    return _RULES[claim.from_published.rule](claim, claims, n, alpha)


_MISSING = {
    "more_than": "no figure was published beside the bound",
    "difference": "no spread was published, so a difference of means has no test",
    "extreme": "no figures were published for the others",
    "association": "only the direction was published",
    "significant": "only the direction was published, neither a coefficient nor a p",
}


def _from_same(claim: Claim, claims: list[Claim], n: int, alpha: float) -> Verdict:
    return _above_bound(claim, fitting_counts(claims, n), n, alpha)


def _from_several(claim: Claim, claims: list[Claim], n: int, alpha: float) -> Verdict:
    lowest = {other.id: min(counts_at(other, n)) for other in claims}
    least = 0
    for size in range(2, len(claims) + 1):
        for chosen in combinations(lowest.values(), size):
            least = max(least, math.ceil((sum(chosen) - n) / (size - 1)))
    return _above_bound(claim, list(range(least, n + 1)), n, alpha)


def _above_bound(claim: Claim, counts: list[int], n: int, alpha: float) -> Verdict:
    """Test a lower bound under every count that the figures leave possible."""
    if not counts:
        return Verdict(NOT_COMPUTABLE, f"no count of {n} agrees with the published figures")
    few, many, bound = min(counts), max(counts), claim.figure / 100
    p_of = {c: distributions.binom.sf(c - 1, n, bound) for c in (few, many)}
    enough = next((c for c in counts if distributions.binom.sf(c - 1, n, bound) < alpha), None)
    reason = f"{few} to {many} of {n} agree with the figures; one-sided exact p {_p_range(p_of.values())}"
    if enough is not None and enough > few:
        reason += f"; {enough} would be needed"
    return Verdict(IF_RANDOM if p_of[few] < alpha else INCONCLUSIVE, reason)


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


def _from_two_groups(claim: Claim, claims: list[Claim], n: int, alpha: float) -> Verdict:
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


def _from_ranking(claim: Claim, claims: list[Claim], n: int, alpha: float) -> Verdict:
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
    "same": _from_same,
    "several_of": _from_several,
    "two_groups": _from_two_groups,
    "ranking": _from_ranking,
}


def p_text(value: float) -> str:
    """Write a p with its sign, as the reasons of verdicts have it: "= .021", "< .001"."""
    return "< .001" if value < 0.001 else f"= {value:.3f}".replace("0.", ".", 1)


def _p_range(values: Iterable[float]) -> str:
    low, high = min(values := list(values)), max(values)
    if p_text(low) == p_text(high):
        return p_text(low)
    return f"from {p_text(low).removeprefix('= ')} to {p_text(high).removeprefix('= ')}"
