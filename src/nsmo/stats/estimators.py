"""The estimators as methods, which every design has."""

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from .coding import DesignError, as_list
from .contingency import shares_p
from .estimates import Estimates, compute_estimates, long_frame
from .influence import Linearised
from .outcomes import t_p
from .quantiles import compute_quantiles
from .questions import collapse, read_groups, read_question

if TYPE_CHECKING:
    from .design import SurveyDesign

SHARES = ("mover", "wald")


class Estimators:
    """The estimators, as methods of a design.

    Each takes one column name or several, and ``by``: one column, or several to cross. Each returns one long
    frame with the columns

    question, option
        The column's name; a boolean ``platforms.facebook`` is option ``facebook`` of question ``platforms``;
        a categorical has a row per category.
    by, group
        The grouping and the group; None for the whole domain.
    n, count
        Unweighted respondents in the denominator (in the domain, in the group, answered, weight not zero),
        and those of them with that answer. For numbers both are the former.
    statistic, estimate, se, ci_low, ci_high, df
        Proportions are fractions. Intervals are by t with ``df``: first-stage units minus strata, of those
        with a case in the denominator.
    deff, n_eff
        Variance over that of a simple random sample of ``n`` respondents, drawn with replacement
        (``deff="replace"``) or without ("noreplace": needs weights that add up to the population); n over
        deff, or `SurveyDesign.effective_units` where the sample shows no variance. Both are of the group's
        own respondents.
    weighted
        Whether weights were given.

    Missing answers leave the denominator, not the design. Respondents missing in ``by`` are in no group.
    """

    collapsible = True  # whether cells keep all that the design must know

    @property
    def _design(self) -> "SurveyDesign":
        return cast("SurveyDesign", self)  # every design has the estimators; nothing else does

    def joint_covariance(self, parts: Sequence[Linearised]) -> np.ndarray:
        """Covariance of all estimates in ``parts``, one after the other."""
        influence = np.hstack([part.influence for part in parts])
        return self._design.cov(influence * self._design.weights[:, None])

    def estimate(
        self,
        statistic: str,
        questions: str | Sequence[str],
        by: str | Sequence[str] | None = None,
        *,
        denominator: str | None = None,
        level: float = 0.95,
        method: str = "logit",
        deff: str = "replace",
    ) -> Estimates:
        """One statistic of several columns and groups with their joint covariance, for contrasts.

        ``statistic`` is "mean", "proportion", "total", "variance" or "ratio" (with ``denominator``).
        """
        if (statistic == "ratio") != (denominator is not None):
            raise DesignError("a ratio, and only a ratio, needs a denominator.")
        return compute_estimates(self._design, statistic, questions, by, level, method, deff, denominator)

    def _each(self, statistic, questions, by, level, deff, method="logit") -> pd.DataFrame:
        # One question at a time: the joint covariance is not wanted, and cells stay few.
        return long_frame(
            [
                compute_estimates(self._design, statistic, name, by, level, method, deff).columns()
                for name in as_list(questions)
            ]
        )

    def mean(self, questions, by=None, *, level: float = 0.95, deff: str = "replace") -> pd.DataFrame:
        """Weighted means of numbers (or booleans)."""
        return self._each("mean", questions, by, level, deff)

    def proportion(
        self,
        questions,
        by=None,
        *,
        level: float = 0.95,
        method: str = "logit",
        deff: str = "replace",
    ) -> pd.DataFrame:
        """Weighted shares of every category, as fractions; methods: `intervals.proportion_interval`."""
        return self._each("proportion", questions, by, level, deff, method)

    def total(self, questions, by=None, *, level: float = 0.95, deff: str = "replace") -> pd.DataFrame:
        """Weighted totals of numbers, or of the respondents in every category."""
        return self._each("total", questions, by, level, deff)

    def variance(self, questions, by=None, *, level: float = 0.95, deff: str = "replace") -> pd.DataFrame:
        """Population variances of numbers, ``n/(n-1)`` times the weighted mean square (R ``svyvar``)."""
        return self._each("variance", questions, by, level, deff)

    def ratio(
        self,
        numerator,
        denominator: str,
        by=None,
        *,
        level: float = 0.95,
        deff: str = "replace",
    ) -> pd.DataFrame:
        """Ratios of two totals, among respondents with both; question is ``numerator / denominator``."""
        frames = [
            compute_estimates(self._design, "ratio", name, by, level, "logit", deff, denominator)
            .frame()
            .assign(question=f"{name} / {denominator}")
            for name in as_list(numerator)
        ]
        return pd.concat(frames, ignore_index=True)

    def quantile(
        self,
        questions,
        probabilities=(0.25, 0.5, 0.75),
        by=None,
        *,
        level: float = 0.95,
        rule: str = "math",
        interval: str = "mean",
    ) -> pd.DataFrame:
        """Quantiles of numbers with Woodruff intervals (R's ``svyquantile``).

        ``rule`` is one of `quantiles.weighted_quantile`. The interval holds the quantiles, by that rule, at
        the ends of an interval of the share at or below the quantile, of a kind of
        `intervals.proportion_interval`: "mean", which is by t, "beta", "xlogit" …; missing where that leaves
        0 to 1. "score": the values at which a test of the share below does not reject. The standard error is
        the width over twice the t quantile.
        """
        frames = [
            compute_quantiles(self._design, name, probabilities, by, level, rule, interval)
            for name in as_list(questions)
        ]
        return pd.concat(frames, ignore_index=True)

    def difference(
        self,
        questions,
        by: str | Sequence[str],
        statistic: str = "proportion",
        pairs: Sequence[tuple[str, str]] | None = None,
        *,
        level: float = 0.95,
        method: str = "logit",
        shares: str = "mover",
    ) -> pd.DataFrame:
        """First group minus second, with the covariance of the two; ``group`` reads "first - second".

        ``pairs`` None takes all pairs, later group minus earlier. ``statistic`` as in `estimate`, which
        becomes "difference" of it; n and count are those of both groups together. There is a column more, p.

        Proportions: interval and p as of `comparison.share_difference`, from the intervals by ``method``;
        with ``shares="wald"`` as of other statistics. These: interval and test by t, with the degrees of
        freedom of the design where the two groups lie, less one (as `comparison.ttest`, R's ``svyttest``).
        """
        if shares not in SHARES:
            raise DesignError(f"shares must be one of {', '.join(SHARES)}, not {shares!r}.")
        frames = []
        for name in as_list(questions):
            estimates = compute_estimates(self._design, statistic, name, by, level, method, "replace")
            groups = list(dict.fromkeys(estimates.labels["group"]))
            chosen = [(b, a) for a, b in combinations(groups, 2)] if pairs is None else pairs
            wanted = {f"{a} - {b}": {a: 1, b: -1} for a, b in chosen}
            recovered = statistic == "proportion" and shares == "mover"
            frame = estimates.contrast(wanted, f"difference in {statistic}", spent=0 if recovered else 1)
            frame["p"] = [
                t_p(estimate, se, df)
                for estimate, se, df in frame[["estimate", "se", "df"]].itertuples(index=False, name=None)
            ]
            if recovered:
                _recover(self._design, estimates, frame, name, by, chosen)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)


def _recover(design, estimates: Estimates, frame: pd.DataFrame, name: str, by, pairs) -> None:
    """Put intervals by `mover` and p of Rao and Scott into a frame of differences of shares."""
    table = estimates.frame()
    group, groups, _ = read_groups(design.frame, by)
    question = read_question(design.frame, name, "proportion")
    design, (question,), group = collapse(design, [question], group)
    group = np.where(question.answered, group, -1)
    place = {(row.option, row.group): i for i, row in enumerate(table.itertuples())}
    at = 0
    for code, option in zip(question.kept or [], [option for _, option in question.labels], strict=True):
        for first, second in pairs:
            i, j = place[option, str(first)], place[option, str(second)]
            _, _, low, high = estimates.recovered(i, j)
            side = np.where(
                group == groups.index(str(first)), 1, np.where(group == groups.index(str(second)), 0, -1)
            )
            frame.loc[at, ["ci_low", "ci_high", "p"]] = (
                low,
                high,
                shares_p(design, question.codes == code, side),
            )
            at += 1
