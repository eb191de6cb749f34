"""What the responses say about a statement, in the unit of the statement."""

import math
from dataclasses import dataclass, replace
from itertools import product

import pandas as pd
from scipy import stats as distributions

from nsmo.stats import SurveyDesign
from nsmo.stats.association import odds_ratio, somers_d
from nsmo.stats.comparison import difference, paired_share_difference
from nsmo.study import Codebook, Variable
from nsmo.study.conditions import evaluate
from nsmo.study.estimands import Association, Difference, Extreme, Mean, Proportion, Ranking
from nsmo.study.statements import Claim
from nsmo.survey.estimates import estimate_columns
from nsmo.survey.measures import as_numeric, as_ordered, base_mask, chosen, shares


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
    for a bound, else two-sided, and for an order the largest of its pairs. Of a described group there are
    `members`, and `fitting` of them are as described.
    """

    value: float
    ci_low: float = math.nan
    ci_high: float = math.nan
    n: int = 0
    p: float = math.nan
    test: str = ""
    pairs: tuple[Pair, ...] = ()
    members: int | None = None
    fitting: int | None = None

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
    estimate = claim.estimated(Proportion)
    values = indicator(estimate, design.frame, codebook.variable(estimate.question))
    row = estimate_columns(design, "proportion", values.to_frame("measured"), None, confidence).iloc[0]
    p, test = math.nan, ""
    if claim.type == "more_than" and design.independent:
        count, n = int(row["count"]), int(row["n"])
        p = float(distributions.binomtest(count, n, claim.figure / 100, "greater").pvalue)
        test = "exact binomial test, one-sided"
    found = Finding(row["estimate"], row["ci_low"], row["ci_high"], int(row["n"]), p, test)
    if claim.described is None:
        return found
    members = values.fillna(False).astype(bool)
    fitting = members & evaluate(claim.described, design.frame)
    return replace(found, members=int(members.sum()), fitting=int(fitting.sum()))


def _mean(claim: Claim, design: SurveyDesign, codebook: Codebook, confidence: float) -> Finding:
    values = as_numeric(design.frame, codebook.variable(claim.estimated(Mean).question))
    row = estimate_columns(design, "mean", values.to_frame("measured"), None, confidence).iloc[0]
    return Finding(row["estimate"], row["ci_low"], row["ci_high"], int(row["n"]))


def _difference(claim: Claim, design: SurveyDesign, codebook: Codebook, confidence: float) -> Finding:
    estimate = claim.estimated(Difference)
    design = design.assign(measured=compared(estimate, design.frame, codebook))
    by = codebook.variable(estimate.by).name
    first, second = estimate.groups
    effect = difference(design, "measured", by, (second, first), level=confidence)
    test = _TESTS[estimate.of]
    return Finding(effect.estimate, effect.ci_low, effect.ci_high, effect.n, effect.p, test)


def _extreme(claim: Claim, design: SurveyDesign, codebook: Codebook, confidence: float) -> Finding:
    estimate = claim.estimated(Extreme)
    design = design.assign(measured=compared(estimate, design.frame, codebook))
    by = codebook.variable(estimate.by).name
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
        effect = difference(design, "measured", by, order, level=confidence)
        between = f"{order[1]} – {order[0]}"
        pairs.append(Pair(between, effect.estimate, effect.ci_low, effect.ci_high, effect.p, effect.n))
    group = design.subset(design.frame[by].eq(estimate.group).to_numpy())
    row = estimate_columns(group, estimate.of, design.frame[["measured"]], None, confidence).iloc[0]
    return Finding(
        row["estimate"],
        row["ci_low"],
        row["ci_high"],
        # The estimate is of the one group; who is in the others counts in the pairs.
        int(row["n"]),
        _largest(pairs),
        f"largest p of {len(pairs)}: {_TESTS[estimate.of]}",
        tuple(pairs),
    )


def _ranking(claim: Claim, design: SurveyDesign, codebook: Codebook, confidence: float) -> Finding:
    estimate = claim.estimated(Ranking)
    variable = codebook.variable(estimate.question)
    lower = estimate.lower or [name for name in variable.option_names if name not in estimate.higher]
    ticked = shares(design.frame, variable, [*estimate.higher, *lower])
    design = design.assign(**ticked)
    pairs = []
    for high, low in product(estimate.higher, lower):
        columns = (f"{variable.name}.{name}" for name in (high, low))
        effect = paired_share_difference(design, *columns, level=confidence)
        between = f"{high} – {low}"
        pairs.append(Pair(between, effect.estimate, effect.ci_low, effect.ci_high, effect.p, effect.n))
    test = f"largest p of {len(pairs)}: McNemar's test by the design"
    found = Finding(math.nan, p=_largest(pairs), test=test, pairs=tuple(pairs))
    return resting_on(found, found.weakest)


def _largest(pairs: list[Pair]) -> float:
    """Return the largest p of all pairs; missing if one is, for then it is not known which is largest."""
    return math.nan if any(math.isnan(pair.p) for pair in pairs) else max(pair.p for pair in pairs)


def resting_on(finding: Finding, pair: Pair) -> Finding:
    """Return an order of options the numbers of one of its pairs."""
    return replace(finding, value=pair.estimate, ci_low=pair.ci_low, ci_high=pair.ci_high, n=pair.n)


def _association(claim: Claim, design: SurveyDesign, codebook: Codebook, confidence: float) -> Finding:
    estimate = claim.estimated(Association)
    columns = {}
    for end, name in (("x", estimate.x), ("y", estimate.y)):
        columns[end] = as_ordered(design.frame, codebook.variable(name), estimate.high.get(name))
    design = design.assign(**columns)
    if estimate.method == "somers_d":
        effect = somers_d(design, "x", "y", confidence)
        return Finding(effect.estimate, effect.ci_low, effect.ci_high, effect.n, effect.p, "Somers' D")
    effect = odds_ratio(design, "y", "x", True, (True, False), confidence)
    # With an empty cell the ratio is 0 or infinite.
    value, low, high = (
        math.log(number) if number > 0 else -math.inf if number == 0 else math.nan
        for number in (effect.estimate, effect.ci_low, effect.ci_high)
    )
    return Finding(value, low, high, effect.n, effect.p, "log odds ratio")


_TESTS = {"mean": "design-based t test", "proportion": "Rao and Scott's chi-square"}
_MEASURES = {
    "proportion": _share,
    "mean": _mean,
    "difference": _difference,
    "extreme": _extreme,
    "ranking": _ranking,
    "association": _association,
}


def indicator(
    estimate: Proportion | Difference | Extreme, frame: pd.DataFrame, variable: Variable
) -> pd.Series:
    """Return yes or no to a proportion, missing outside of its base; no answer counts as no."""
    if isinstance(estimate, Proportion) and estimate.when is not None:
        answer = evaluate(estimate.when, frame)
    elif isinstance(estimate, Proportion) and estimate.above is not None:
        answer = as_numeric(frame, variable).gt(estimate.above)
    else:
        several = estimate.options if isinstance(estimate, Proportion) else None
        one = [] if estimate.option is None else [estimate.option]
        answer = chosen(frame, variable, several or one)
    return answer.astype("boolean").where(base_mask(frame, variable), pd.NA)


def compared(estimate: Difference | Extreme, frame: pd.DataFrame, codebook: Codebook) -> pd.Series:
    """Return what is compared between groups: yes or no, or numbers."""
    variable = codebook.variable(estimate.question)
    if estimate.of == "proportion":
        return indicator(estimate, frame, variable)
    return as_numeric(frame, variable)


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
