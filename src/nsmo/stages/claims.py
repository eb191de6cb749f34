"""Does each published statement hold: one row per statement, with four separate verdicts.

No verdict is written by hand. `agreement` holds the unweighted estimate against the figure as it was worded,
`support_data` tests the statement on the responses, `support_published` on the published figures alone, and
`sources_agree` holds the publications against each other. What a wording means, `nsmo.study.published` says.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Any

import pandas as pd
from scipy import stats as distributions

from nsmo.present import Wording
from nsmo.stages import analyse
from nsmo.stats import SurveyDesign
from nsmo.stats.association import odds_ratio, somers_d
from nsmo.stats.comparison import ttest
from nsmo.stats.grim import grim
from nsmo.stats.multiplicity import holm
from nsmo.study import Codebook, StudyError, Variable
from nsmo.study.conditions import evaluate
from nsmo.study.statements import Claim, Published
from nsmo.study.wordings import Interval, fitting_counts, interval, values_of

#: Columns of claims.csv; details.csv holds these and everything else that is known of a claim.
COLUMNS = [
    "id",
    "topic",
    "type",
    "statement",
    "source",
    "wording",
    "questions",
    "published",
    "unweighted",
    "weighted",
    "ci_low",
    "ci_high",
    "n",
    "pipeline_check",
    "notebook",
    "table",
    "figure",
    "agreement",
    "support_data",
    "support_published",
    "sources_agree",
]

REPRODUCED, WITHIN, DIFFERS = "reproduced", "within one unit", "differs"
SUPPORTED, INCONCLUSIVE, CONTRADICTED = "supported", "inconclusive", "contradicted"
IF_RANDOM = "supported if a random sample"
NOT_TESTABLE, NOT_COMPUTABLE = "not testable", "not computable"
NO_EVIDENCE = "no evidence: reconstructed"
CONSISTENT, CONTRADICT = "consistent", "sources contradict"

_FIGURES = ("exact", "about", "almost", "over", "fraction", "group_share")

#: For what a reader should come to a statement, the first what must be known first; see `in_order`.
FIRST = ("contradiction", "disagreement", "inconclusive", "not computable", "one unit off", "agreement")
_HEADINGS = {
    "contradiction": "The publications contradict each other",
    "disagreement": "The estimate or the responses disagree",
    "inconclusive": "No test decides",
    "not computable": "Nothing measures it",
    "one unit off": "One unit off in the last digit",
    "agreement": "Agreement",
}


@dataclass(frozen=True)
class Pair:
    """A difference that the statement says is positive, with its interval, two-sided p and respondents."""

    between: str
    estimate: float
    ci_low: float
    ci_high: float
    p: float
    n: int = 0


@dataclass(frozen=True)
class Finding:
    """What the responses say about a claim, in the claim's own unit.

    `value` is the estimate with its interval, from `n` respondents. `pairs` are the differences that an order
    consists of, turned so that the statement says that each is above zero. `p` belongs to `test`: one-sided
    for a bound, else two-sided, and for an order the largest of its pairs.
    """

    value: float
    ci_low: float = math.nan
    ci_high: float = math.nan
    n: int = 0
    p: float = math.nan
    test: str = ""
    pairs: tuple[Pair, ...] = ()

    @property
    def weakest(self) -> Pair:
        """The pair with the least to show for it; a pair the other way round has less than any."""
        return max(
            self.pairs,
            key=lambda pair: (pair.p / 2 if pair.estimate > 0 else 1 - pair.p / 2, -pair.estimate),
        )

    def pair(self, between: str) -> Pair:
        """The pair of this name."""
        return next(pair for pair in self.pairs if pair.between == between)


@dataclass(frozen=True)
class Verdict:
    """A word of claims' vocabulary and, in a sentence, what it rests on."""

    word: str
    reason: str = ""


# ------------------------------------------------------------------------------------------- agreement


def agreement(claim: Claim, finding: Finding | None, alpha: float = 0.05) -> str:
    """Say whether the unweighted estimate agrees with the figure as it was worded and rounded.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    finding : Finding or None
        The unweighted estimate; None where nothing in the responses measures the statement.
    alpha : float
        Level below which an unadjusted p counts as "significant".

    Returns
    -------
    str
        reproduced, within one unit (only for a rounded figure, one off in its last digit), differs, or not
        computable.
    """
    if finding is None or math.isnan(finding.value):
        return NOT_COMPUTABLE
    if finding.pairs:
        return REPRODUCED if all(pair.estimate > 0 for pair in finding.pairs) else DIFFERS
    if interval(claim).contains(finding.value):
        significant = claim.type != "significant" or finding.p < alpha
        return REPRODUCED if significant else DIFFERS
    if "exact" in (claim.type, claim.worded):
        unit = 10.0**claim.decimals
        rounded = math.floor(finding.value * unit + 0.5 + 1e-9)
        if abs(rounded - round(claim.published * unit)) == 1:
            return WITHIN
    return DIFFERS


# ---------------------------------------------------------------------------------- support by the responses


def support_data(
    claim: Claim,
    finding: Finding | None,
    provenance: str,
    alpha: float = 0.05,
    adjusted_p: float | None = None,
) -> str:
    """Say whether the responses support the statement.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    finding : Finding or None
        The unweighted estimate with its interval and test.
    provenance : str
        "reconstructed" responses were made from the figures themselves and are evidence of nothing.
    alpha : float
        Level of the tests.
    adjusted_p : float, optional
        Holm-adjusted p; decides where the publication said "significantly".

    Returns
    -------
    str
        supported, inconclusive, contradicted, not testable, or no evidence: reconstructed.
    """
    if provenance == "reconstructed":
        return NO_EVIDENCE
    if finding is None or math.isnan(finding.value) or claim.type in _FIGURES:
        return NOT_TESTABLE
    if claim.type == "more_than":
        if finding.p < alpha:
            return SUPPORTED
        return CONTRADICTED if finding.ci_high < claim.value else INCONCLUSIVE
    if finding.pairs:
        if any(pair.ci_high < 0 for pair in finding.pairs):
            return CONTRADICTED
        return SUPPORTED if all(p.p < alpha and p.estimate > 0 for p in finding.pairs) else INCONCLUSIVE
    direction = -1 if claim.sign == "-" else 1
    nearest, farthest = sorted((direction * finding.ci_low, direction * finding.ci_high))
    if farthest < 0:
        return CONTRADICTED
    if claim.type == "significant":
        if adjusted_p is None:
            raise StudyError(
                found=f"'{claim.id}' was published as significant but is not among the directional claims",
                where="params.yaml, claims.directional",
                fix="list it there: Holm's adjustment has to know every test that was planned",
            )
        return SUPPORTED if direction * finding.value > 0 and adjusted_p < alpha else INCONCLUSIVE
    return SUPPORTED if nearest > 0 else INCONCLUSIVE


# ---------------------------------------------------------------------- support by the published figures


@dataclass(frozen=True)
class ImpliedBase:
    """The number of respondents that the published percentages imply, and how many of them it can give."""

    n: int
    fits: int
    of: int
    misfits: tuple[str, ...]
    chance_up_to: float


def with_decimals(published: Published) -> list[Claim]:
    """List the percentages that were printed with decimals, each figure once."""
    return [
        claim
        for claim in published.claims
        if claim.type == "exact" and claim.unit == "percent" and (claim.decimals or 0) > 0
    ]


def implied_base(published: Published, sizes: Sequence[int]) -> ImpliedBase:
    """Infer the number of respondents from the percentages that were printed with decimals.

    The smallest n that can give the most of them (GRIM test). An inference, not a publication.

    Parameters
    ----------
    published : Published
        The statements; exact percentages with at least one decimal are used, each figure once.
    sizes : sequence of int
        Numbers of respondents to try.

    Raises
    ------
    StudyError
        If no percentage was printed with decimals.
    """
    figures = with_decimals(published)
    if not figures:
        raise StudyError(
            found="no percentage has decimals, so the number of respondents cannot be inferred",
            where="published.yaml",
        )
    table = grim([c.published for c in figures], sizes, [c.decimals for c in figures], rounding="half_up")
    best = table.sort_values(["fits", "n"], ascending=[False, True]).iloc[0]
    names = [c.id for c in figures if not fitting_counts(c, int(best["n"]))]
    return ImpliedBase(
        int(best["n"]), int(best["fits"]), int(best["of"]), tuple(names), float(best["chance_up_to"])
    )


def support_published(
    claim: Claim, published: Published, n: int, alpha: float = 0.05, level: float = 0.95
) -> Verdict:
    """Say whether the published figures alone, at the inferred n, support the statement.

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
        return Verdict(NOT_COMPUTABLE, claim.why)
    if claim.type in _FIGURES:
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
    p_of = {c: distributions.binom.sf(c - 1, n, claim.value / 100) for c in (min(counts), max(counts))}
    few, many = min(counts), max(counts)
    enough = next((c for c in counts if distributions.binom.sf(c - 1, n, claim.value / 100) < alpha), None)
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
        reason += f"; {_sizes(narrow)} fit when {both.value:g} is a rounded figure"
        reason += f", p {_p_range(map(fisher, narrow))}" if narrow else ""
    return Verdict(IF_RANDOM if direction and max(p) < alpha else INCONCLUSIVE, reason)


def random_interval(counts: Sequence[int], n: int, level: float = 0.95) -> tuple[float, float]:
    """Give Wilson's interval of a share, if the n were a random sample, over every count that is possible.

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
    low = distributions.binomtest(min(counts), n).proportion_ci(level, method="wilson").low
    high = distributions.binomtest(max(counts), n).proportion_ci(level, method="wilson").high
    return float(low), float(high)


def fisher(split: tuple[int, int, int, int]) -> float:
    """Give the two-sided p of Fisher's exact test for one way the groups can be split."""
    a, m, b, k = split
    return float(distributions.fisher_exact([[a, m - a], [b, k - b]]).pvalue)


def _sizes(possible: list[tuple[int, int, int, int]]) -> str:
    sizes = sorted(size for _, size, _, _ in possible)
    ends = f" (first group {sizes[0]} to {sizes[-1]})" if sizes else ""
    return f"{len(possible)} splits{ends}"


def _from_ranking(claim: Claim, claims: list[Claim], n: int, alpha: float) -> Verdict:
    by_option = {other.estimate.option: other for other in claims}
    absent = [o for o in (*claim.estimate.higher, *(claim.estimate.lower or ())) if o not in by_option]
    if absent or claim.estimate.lower is None:
        return Verdict(NOT_COMPUTABLE, f"no figure was published for {', '.join(absent) or 'the others'}")
    worst: dict[str, float] = {}
    for high, low in product(claim.estimate.higher, claim.estimate.lower):
        tables = product(counts_at(by_option[high], n), counts_at(by_option[low], n))
        worst[f"{high} – {low}"] = max(_least_paired(a, b, n) for a, b in tables)
    pair = max(worst, key=worst.get)
    reason = (
        f"exact McNemar tests with the least overlap of answers that is possible; largest p "
        f"{_p(worst[pair])} ({pair})"
    )
    return Verdict(IF_RANDOM if worst[pair] < alpha else INCONCLUSIVE, reason)


def _least_paired(more: int, less: int, n: int) -> float:
    """Give the largest exact McNemar p over all joint tables of two shares of the same respondents."""
    if more <= less:
        return 1.0
    overlaps = range(max(0, more + less - n), min(more, less) + 1)
    return max(
        float(distributions.binomtest(less - both, more + less - 2 * both, 0.5).pvalue) for both in overlaps
    )


def counts_at(claim: Claim, n: int) -> list[int]:
    """List the counts that agree with a figure, or, when none does, those one off in its last digit."""
    counts = fitting_counts(claim, n)
    if counts or claim.type != "exact":
        return counts
    step = 10.0**-claim.decimals
    off = [claim.model_copy(update={"published": round(claim.published + s, 6)}) for s in (-step, step)]
    return sorted({count for other in off for count in fitting_counts(other, n)})


_RULES = {
    "same": _from_same,
    "several_of": _from_several,
    "two_groups": _from_two_groups,
    "ranking": _from_ranking,
}


# --------------------------------------------------------------------------- the sources against each other


def sources_agree(claim: Claim, published: Published) -> Verdict:
    """Say whether the publications agree on what the claim speaks of.

    Two terms of a comparison contradict each other when no value fits both. A contradiction counts for the
    claims of both.
    """
    reasons = []
    own = interval(claim)
    for other in claim.also:
        if not own.overlaps(interval(other)):
            reasons.append(f"“{claim.wording}” and “{other.wording}” have no value in common")
    for comparison in published.comparisons:
        for term in comparison.terms:
            if claim.claim not in term.claims:
                continue
            here = values_of(term, published)
            against = [(other, values_of(other, published)) for other in comparison.terms]
            against = [f"{_range(v)} ({' + '.join(o.claims)})" for o, v in against if not here.overlaps(v)]
            if against:
                reasons.append(f"{comparison.quantity}: {_range(here)} here, against {', '.join(against)}")
    return Verdict(CONTRADICT if reasons else CONSISTENT, "; ".join(reasons))


def quantities(published: Published) -> pd.DataFrame:
    """List what each publication says about the quantities that several of them speak of.

    Returns
    -------
    DataFrame
        ``quantity, wording, publisher, low, high, agrees``: the values, in per cent, that each term of a
        comparison allows, and whether some value fits it and every other term.
    """
    rows = []
    for comparison in published.comparisons:
        values = [values_of(term, published) for term in comparison.terms]
        for term, here in zip(comparison.terms, values, strict=True):
            claims = [published.claim(name) for name in term.claims]
            wording = " and ".join(
                claim.wording if term.as_ in ("same", "sum") else f"“{claim.wording}”" for claim in claims
            )
            rows.append(
                {
                    "quantity": comparison.quantity,
                    "wording": _TERMS[term.as_].format(wording=wording),
                    "publisher": published.sources[claims[0].source].publisher,
                    "low": here.low / 100,
                    "high": here.high / 100,
                    "agrees": all(here.overlaps(other) for other in values),
                }
            )
    return pd.DataFrame(rows, columns=["quantity", "wording", "publisher", "low", "high", "agrees"])


#: How a term of a comparison is made of the words as printed.
_TERMS = {
    "same": "{wording}",
    "sum": "{wording}",
    "complement": "100% less {wording}",
    "at_most": "at most {wording}",
}


def _range(values: Interval) -> str:
    return f"{values.low:.4g} to {values.high:.4g}%"


# ------------------------------------------------------------------------------------ what the responses say


def measure(claim: Claim, design: SurveyDesign, codebook: Codebook, confidence: float) -> Finding | None:
    """Estimate, from the responses, what a claim speaks of.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    design : SurveyDesign
        Unweighted or weighted.
    codebook : Codebook
        Says type, base and options of the questions.
    confidence : float
        Of the intervals.

    Returns
    -------
    Finding or None
        In the claim's unit; None for a statement that no question can answer.

    Raises
    ------
    StudyError
        If the estimate does not fit the questions it names.
    """
    if claim.estimate is None:
        return None
    if claim.estimate.where is not None:
        design = design.subset(evaluate(claim.estimate.where, design.frame))
    scale = 100.0 if claim.unit == "percent" else 1.0
    finding = _MEASURES[claim.estimate.measure](claim, design, codebook, confidence)
    return _scaled(finding, scale)


def _share(claim: Claim, design: SurveyDesign, codebook: Codebook, confidence: float) -> Finding:
    estimate = claim.estimate
    values = _indicator(estimate, design.frame, codebook.variable(estimate.question))
    row = analyse.estimate(design, "proportion", values.to_frame("measured"), None, confidence).iloc[0]
    p, test = math.nan, ""
    if claim.type == "more_than" and not design.weighted:
        count, n = int(row["count"]), int(row["n"])
        p = float(distributions.binomtest(count, n, claim.value / 100, "greater").pvalue)
        test = "exact binomial test, one-sided"
    return Finding(row["estimate"], row["ci_low"], row["ci_high"], int(row["n"]), p, test)


def _mean(claim: Claim, design: SurveyDesign, codebook: Codebook, confidence: float) -> Finding:
    values = analyse.numbers(design.frame, codebook.variable(claim.estimate.question))
    row = analyse.estimate(design, "mean", values.to_frame("measured"), None, confidence).iloc[0]
    return Finding(row["estimate"], row["ci_low"], row["ci_high"], int(row["n"]))


def _difference(claim: Claim, design: SurveyDesign, codebook: Codebook, confidence: float) -> Finding:
    design, by = _compared(claim.estimate, design, codebook)
    first, second = claim.estimate.groups
    effect = ttest(design, "measured", by, (second, first), level=confidence)
    return Finding(effect.estimate, effect.ci_low, effect.ci_high, effect.n, effect.p, "design-based t test")


def _extreme(claim: Claim, design: SurveyDesign, codebook: Codebook, confidence: float) -> Finding:
    estimate = claim.estimate
    design, by = _compared(estimate, design, codebook)
    inside = design.frame["measured"].notna() & (design.weights > 0)
    present = [
        group for group in design.frame[by].cat.categories if (inside & design.frame[by].eq(group)).any()
    ]
    others = [group for group in present if group != estimate.group]
    if estimate.group not in present or not others:
        return Finding(math.nan)
    pairs = []
    for other in others:
        order = (other, estimate.group) if estimate.which == "highest" else (estimate.group, other)
        effect = ttest(design, "measured", by, order, level=confidence)
        between = f"{order[1]} – {order[0]}"
        pairs.append(Pair(between, effect.estimate, effect.ci_low, effect.ci_high, effect.p, effect.n))
    group = design.subset(design.frame[by].eq(estimate.group).to_numpy())
    row = analyse.estimate(group, "mean", design.frame[["measured"]], None, confidence).iloc[0]
    return Finding(
        row["estimate"],
        row["ci_low"],
        row["ci_high"],
        # The estimate is of the one group; who is in the others counts in the pairs.
        int(row["n"]),
        max(pair.p for pair in pairs),
        f"largest p of {len(pairs)} design-based t tests",
        tuple(pairs),
    )


def _ranking(claim: Claim, design: SurveyDesign, codebook: Codebook, confidence: float) -> Finding:
    estimate = claim.estimate
    variable = codebook.variable(estimate.question)
    lower = estimate.lower or [name for name in variable.option_names if name not in estimate.higher]
    shares = analyse.shares(design.frame, variable, [*estimate.higher, *lower]).astype(float)
    pairs = []
    for high, low in product(estimate.higher, lower):
        values = shares[f"{variable.name}.{high}"] - shares[f"{variable.name}.{low}"]
        effect = ttest(design.assign(measured=values), "measured", level=confidence)
        between = f"{high} – {low}"
        pairs.append(Pair(between, effect.estimate, effect.ci_low, effect.ci_high, effect.p, effect.n))
    test = f"largest p of {len(pairs)} design-based paired t tests"
    found = Finding(math.nan, p=max(pair.p for pair in pairs), test=test, pairs=tuple(pairs))
    return _resting_on(found, found.weakest)


def _resting_on(finding: Finding, pair: Pair) -> Finding:
    """Give an order of options the numbers of one of its pairs."""
    return replace(finding, value=pair.estimate, ci_low=pair.ci_low, ci_high=pair.ci_high, n=pair.n)


def _association(claim: Claim, design: SurveyDesign, codebook: Codebook, confidence: float) -> Finding:
    estimate = claim.estimate
    columns = {}
    for end, name in (("x", estimate.x), ("y", estimate.y)):
        columns[end] = analyse.scale(design.frame, codebook.variable(name), estimate.high.get(name))
    design = design.assign(**columns)
    if estimate.method == "somers_d":
        effect = somers_d(design, "x", "y", confidence)
        return Finding(effect.estimate, effect.ci_low, effect.ci_high, effect.n, effect.p, "Somers' D")
    effect = odds_ratio(design, "y", "x", True, (True, False), confidence)
    low, high = (math.log(end) for end in (effect.ci_low, effect.ci_high))
    return Finding(math.log(effect.estimate), low, high, effect.n, effect.p, "log odds ratio")


_MEASURES = {
    "proportion": _share,
    "mean": _mean,
    "difference": _difference,
    "extreme": _extreme,
    "ranking": _ranking,
    "association": _association,
}


def _indicator(estimate: Any, frame: pd.DataFrame, variable: Variable) -> pd.Series:
    """Yes or no to a proportion, missing outside of its base; no answer counts as no."""
    if getattr(estimate, "above", None) is not None:
        answer = analyse.numbers(frame, variable).gt(estimate.above)
    else:
        answer = analyse.chose(frame, variable, getattr(estimate, "options", None) or [estimate.option])
    return answer.astype("boolean").where(analyse.base_mask(frame, variable), pd.NA)


def _compared(estimate: Any, design: SurveyDesign, codebook: Codebook) -> tuple[SurveyDesign, str]:
    """Put what is compared between groups into the column `measured`."""
    variable = codebook.variable(estimate.question)
    if estimate.of == "proportion":
        values = _indicator(estimate, design.frame, variable)
    else:
        values = analyse.numbers(design.frame, variable)
    return design.assign(measured=values), codebook.variable(estimate.by).name


def _scaled(finding: Finding, scale: float) -> Finding:
    if scale == 1:
        return finding
    pairs = tuple(
        replace(p, estimate=scale * p.estimate, ci_low=scale * p.ci_low, ci_high=scale * p.ci_high)
        for p in finding.pairs
    )
    return replace(
        finding,
        value=scale * finding.value,
        ci_low=scale * finding.ci_low,
        ci_high=scale * finding.ci_high,
        pairs=pairs,
    )


# ------------------------------------------------------------------------------------------- all together


def judge(
    published: Published,
    codebook: Codebook,
    designs: analyse.Designs,
    *,
    directional: Sequence[str],
    base_sizes: Sequence[int],
    confidence: float,
) -> pd.DataFrame:
    """Hold every published statement against the responses, the other figures and the other publications.

    Parameters
    ----------
    published : Published
        The statements.
    codebook : Codebook
        Of the same wave.
    designs : Designs
        Unweighted and weighted responses.
    directional : sequence of str
        Ids of the rows that Holm's adjustment covers; listed before the tests were seen.
    base_sizes : sequence of int
        Numbers of respondents to try when the published base is inferred.
    confidence : float
        Of the intervals; the tests are made at one minus this.

    Returns
    -------
    DataFrame
        A row per statement, reading or part, in the order of `in_order`: `COLUMNS` (claims.csv), and besides
        these the statement in Dutch, publisher and address, unit and decimals of the figure and the values
        that its wording allows, the weighted interval, what a direction rests on, and what the verdicts on
        figures and sources rest on.

    Raises
    ------
    StudyError
        If a directional id is none of the rows, or has no two-sided test.
    """
    rows, alpha = published.rows, round(1 - confidence, 10)
    plain = {row.id: measure(row, designs.unweighted, codebook, confidence) for row in rows}
    adjusted_p = _adjusted(directional, plain)
    n = implied_base(published, base_sizes).n
    records = []
    for row in rows:
        finding = plain[row.id]
        weighted = measure(row, designs.weighted, codebook, confidence)
        if finding is not None and row.estimate.measure == "ranking":
            # Weights may make another pair the weakest; two pairs side by side would be no comparison.
            weighted = _resting_on(weighted, weighted.pair(finding.weakest.between))
        figures = support_published(row, published, n, alpha, confidence)
        sources = sources_agree(row, published)
        records.append(
            {
                **stated(row, published, finding, weighted, confidence),
                "pipeline_check": _check(finding, adjusted_p.get(row.id)),
                **evidence(row, codebook),
                "agreement": agreement(row, finding, alpha),
                "support_data": support_data(
                    row, finding, codebook.provenance, alpha, adjusted_p.get(row.id)
                ),
                "support_published": figures.word,
                "support_published_reason": figures.reason,
                "sources_agree": sources.word,
                "sources_agree_reason": sources.reason,
                "note": row.note,
            }
        )
    return in_order(
        pd.DataFrame(records).astype({"n": "Int64", "difference_n": "Int64", "decimals": "Int64"})
    )


def stated(
    row: Claim, published: Published, plain: Finding | None, weighted: Finding | None, confidence: float
) -> dict[str, Any]:
    """Put what was stated beside what the responses say.

    Parameters
    ----------
    row : Claim
        One of the rows of `published`.
    published : Published
        Knows the sources.
    plain, weighted : Finding or None
        What `measure` gave.
    confidence : float
        Of their intervals.

    Returns
    -------
    dict
        The first columns of details.csv, from `id` to `confidence`; numbers in the claim's own unit.
    """
    questions = list(dict.fromkeys(_questions(row)))
    worded = interval(row) if row.type in _FIGURES else None
    source = published.sources[row.source]
    return {
        "id": row.id,
        "claim": row.claim,
        "topic": row.topic,
        "type": row.type,
        "statement": _statement(row, "en"),
        "statement_nl": _statement(row, "nl"),
        "source": row.source,
        "publisher": source.publisher,
        "url": source.url,
        "wording": row.wording,
        "questions": "; ".join(questions),
        "measured": questions[0] if questions else None,
        "published": row.value,
        "published_low": worded.low if worded else None,
        "published_high": worded.high if worded else None,
        "unit": row.unit,
        "decimals": row.decimals,
        "statistic": _statistic(row),
        "by": getattr(row.estimate, "by", None),
        "group": getattr(row.estimate, "group", None),
        "unweighted": plain.value if plain else None,
        "weighted": weighted.value if weighted else None,
        "ci_low": plain.ci_low if plain else None,
        "ci_high": plain.ci_high if plain else None,
        "weighted_ci_low": weighted.ci_low if weighted else None,
        "weighted_ci_high": weighted.ci_high if weighted else None,
        **_difference_columns(row, plain, weighted),
        "n": plain.n if plain else None,
        "confidence": confidence,
    }


def in_order(judged: pd.DataFrame) -> pd.DataFrame:
    """Put what a reader must know first.

    Parameters
    ----------
    judged : DataFrame
        ``claim`` and the four verdicts.

    Returns
    -------
    DataFrame
        The rows in another order, with ``first``: one of `FIRST`, the reason for their place.

    Notes
    -----
    Where publications contradict each other, no verdict about one of them can be understood without the
    other, so that comes first. Then what the estimate or the responses speak against; then what no test could
    decide, which a reader would else take for settled; then what cannot be checked at all; then slips of
    rounding. What agrees comes last: nobody is misled who stops reading there. The reason is no verdict over
    all, and the rows of one statement stay together, at the place of the first of them.
    """

    def reason(row: Mapping[str, Any]) -> str:
        if row["sources_agree"] == CONTRADICT:
            return "contradiction"
        if row["agreement"] == DIFFERS or row["support_data"] == CONTRADICTED:
            return "disagreement"
        if INCONCLUSIVE in (row["support_data"], row["support_published"]):
            return "inconclusive"
        if row["agreement"] == NOT_COMPUTABLE:
            return "not computable"
        return "one unit off" if row["agreement"] == WITHIN else "agreement"

    own = pd.Series([FIRST.index(reason(row)) for row in judged.to_dict("records")], index=judged.index)
    place = own.groupby(judged["claim"]).transform("min")
    return (
        judged.assign(first=[FIRST[at] for at in place])
        .loc[place.sort_values(kind="stable").index]
        .reset_index(drop=True)
    )


def evidence(claim: Claim, codebook: Codebook) -> dict[str, str | None]:
    """Say where the evidence on a statement stands.

    Parameters
    ----------
    claim : Claim
        A row of the published statements.
    codebook : Codebook
        Its `analyse:` says which stage is about which questions.

    Returns
    -------
    dict
        ``notebook`` (its page), ``table`` and ``figure``, below reports/<wave>. The stage is the first that
        is about every question in the statement, and for an association the first that estimates it; if none
        is, the evidence is the estimate in the table of this stage. A statement that nothing measures has no
        figure.
    """
    stage = next((name for name, parts in codebook.analyse.items() if _holds(name, parts, claim)), "claims")
    table = "claims" if stage == "claims" else "estimates"
    drawn = None if claim.estimate is None else "claims" if claim.type in _FIGURES else "directions"
    return {
        "notebook": f"html/{stage}.html",
        "table": f"tables/{stage}/{table}.csv",
        "figure": drawn and f"figures/claims/{drawn}.svg",
    }


#: Of the stages that estimate associations: which of their parts explain which, all with all.
_ASSOCIATED = {
    "budget": [(("question", "size"), ("importance", "policy"))],
    "accountability": [
        (("goals",), ("results", "frequency", "satisfaction")),
        (("importance",), ("goals", "frequency")),
    ],
}


def _holds(stage: str, parts: Mapping[str, str | list[str]], claim: Claim) -> bool:
    """Tell whether the table of a stage has the estimate of a statement.

    Shares and means of groups are there where a stage is about both questions. An association is not: a stage
    that shows how groups answer has reckoned none.
    """
    asked = _questions(claim)
    if claim.type in ("association", "significant"):
        estimate = claim.estimate
        return estimate.method == "somers_d" and any(
            estimate.x in _entries(parts, explaining) and estimate.y in _entries(parts, explained)
            for explaining, explained in _ASSOCIATED.get(stage, ())
        )
    return bool(asked) and {*asked} <= {entry.split(".")[0] for entry in _entries(parts)}


def _entries(parts: Mapping[str, str | list[str]], names: Sequence[str] | None = None) -> list[str]:
    """List what the parts of a stage (or those of these names) say, each a question or question.option."""
    chosen = [parts[name] for name in (parts if names is None else names) if name in parts]
    return [entry for part in chosen for entry in ([part] if isinstance(part, str) else part)]


def _questions(claim: Claim) -> list[str]:
    """Name the questions that a statement is about, the measured one first."""
    estimate = claim.estimate
    if estimate is None:
        return []
    named = [getattr(estimate, part, None) for part in ("question", "y", "x", "by")]
    where = getattr(estimate, "where", None)
    named += [str(leaf.question) for leaf, _ in where.leaves()] if where else []
    return [name for name in named if name]


def _statistic(claim: Claim) -> str | None:
    """Name what is estimated, in the words of the tables of estimates."""
    estimate = claim.estimate
    match estimate and estimate.measure:
        case "ranking":
            return "difference in proportions"
        case "difference":
            return f"difference in {estimate.of}s"
        case "extreme":
            return estimate.of
        case "association":
            return "Somers' D" if estimate.method == "somers_d" else "log odds ratio"
    return estimate and estimate.measure


def _difference_columns(
    claim: Claim, finding: Finding | None, weighted: Finding | None
) -> dict[str, float | str | None]:
    """Give what a direction rests on, turned so that the statement says that it is above nought.

    Of an order that is the pair with the least to show for it, of a bound the distance from it.
    """
    columns: dict[str, float | str | None] = {"between": None}
    names = ("difference", "difference_ci_low", "difference_ci_high")
    columns |= dict.fromkeys([*names, *(f"weighted_{name}" for name in names), "difference_n"])
    if finding is None or claim.type in _FIGURES or math.isnan(finding.value):
        return columns
    columns["difference_n"] = finding.weakest.n if finding.pairs else finding.n
    for prefix, found in (("", finding), ("weighted_", weighted)):
        if finding.pairs:
            columns["between"] = finding.weakest.between
            pair = found.pair(columns["between"])
            values = (pair.estimate, pair.ci_low, pair.ci_high)
        else:
            values = (found.value, found.ci_low, found.ci_high)
            if claim.type == "more_than":
                values = tuple(value - claim.value for value in values)
            elif claim.sign == "-":
                values = (-values[0], -values[2], -values[1])
        columns |= {f"{prefix}{name}": value for name, value in zip(names, values, strict=True)}
    return columns


def tally(judged: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Count the rows with each verdict; for `dvc metrics diff`.

    Parameters
    ----------
    judged : DataFrame
        From `judge`.

    Returns
    -------
    dict
        Kind of verdict to its words to numbers of rows.
    """
    return {kind: judged[kind].value_counts().sort_index().to_dict() for kind in COLUMNS[-4:]}


def _adjusted(directional: Sequence[str], findings: Mapping[str, Finding | None]) -> dict[str, float]:
    """Adjust the p-values of the directional claims together, by Holm's method."""
    strange = [name for name in directional if name not in findings]
    untested = [
        name
        for name in directional
        if name in findings and (findings[name] is None or math.isnan(findings[name].p))
    ]
    if strange or untested:
        found = [f"'{name}' is no row of published.yaml" for name in strange]
        found += [f"'{name}' has no test" for name in untested]
        raise StudyError(
            found="; ".join(found),
            where="params.yaml, claims.directional",
            expected="ids of rows with a test, those of readings and parts with their suffix",
            fix="correct the list",
        )
    return dict(zip(directional, holm([findings[name].p for name in directional]), strict=True))


def _statement(row: Claim, language: str) -> str:
    return row.statement[language] + (f" ({row.reading[language]})" if row.reading else "")


def _check(finding: Finding | None, adjusted_p: float | None) -> str | None:
    """Put the test and its p into words; a check of the pipeline where the responses are reconstructed."""
    if finding is None or math.isnan(finding.p):
        return None
    text = f"{finding.test}: p {_p(finding.p)}"
    return text if adjusted_p is None else f"{text}, Holm p {_p(adjusted_p)}"


def _p(value: float) -> str:
    return "< .001" if value < 0.001 else f"= {value:.3f}".replace("0.", ".", 1)


def _p_range(values: Iterable[float]) -> str:
    low, high = min(values := list(values)), max(values)
    if _p(low) == _p(high):
        return _p(low)
    return f"from {_p(low).removeprefix('= ')} to {_p(high).removeprefix('= ')}"


def readable(judged: pd.DataFrame, language: str) -> pd.DataFrame:
    """Make of the verdicts a frame that people can read, a row per statement.

    Parameters
    ----------
    judged : DataFrame
        What `judge` gave.
    language : str
        nl or en; the verdicts stay the words of the rules.

    Returns
    -------
    DataFrame
        ``first`` (in words) ``, statement, wording, estimate`` (with its interval) ``, adjusted, n`` and the
        four verdicts.
    """
    statement = "statement" if language == "en" else f"statement_{language}"
    wording = Wording(language)

    def number(row: Mapping[str, Any], column: str) -> str:
        if pd.isna(row[column]):
            return ""
        return wording.measured(row, row[column], 1 if row["unit"] in ("percent", "channels") else 2)

    rows = []
    for row in judged.to_dict("records"):
        decimals = 1 if row["unit"] in ("percent", "channels") else 2
        span = wording.interval(row["ci_low"], row["ci_high"], "number", decimals)
        rows.append(
            {
                "first": _HEADINGS[row["first"]],
                "statement": row[statement],
                "wording": "" if pd.isna(row["wording"]) else row["wording"],
                "estimate": number(row, "unweighted") and f"{number(row, 'unweighted')} ({span})",
                "adjusted": number(row, "weighted"),
                "n": row["n"],
                **{verdict: row[verdict] for verdict in COLUMNS[-4:]},
            }
        )
    return pd.DataFrame(rows).astype({"n": "Int64"})
