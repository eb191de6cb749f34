"""The respondents of a wave with everything that an estimate needs to know of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from nsmo.stats import SurveyDesign, calibrated_design
from nsmo.study import Codebook, StudyError
from nsmo.study.crosstabs import overlapping
from nsmo.survey.cells import Cells
from nsmo.survey.given import PROPENSITY, drawn_again, linearised, restored
from nsmo.survey.linked import BASE, MEAN
from nsmo.survey.protection import Limits, Protection

#: What weighting.json calls weights that came with the responses and were not raked.
GIVEN = "given with the responses"


@dataclass(frozen=True)
class Survey:
    """The respondents as they are, the same adjusted to the population, and what may be shown of them.

    Attributes
    ----------
    codebook : Codebook
        Says type, base and top box of every question.
    unweighted : SurveyDesign
        Every respondent counts once; the published figures were such. Its intervals know of strata and
        clusters that came with the responses.
    weighted : SurveyDesign or None
        With the calibrated weights, whose standard errors know of the calibration, or with those that came
        with the responses, whose standard errors know of their strata, clusters, populations or replicates;
        None where nobody is weighted.
    hide_weighted_groups : bool
        Whether the weights cost so much that no weighted figures of subgroups are shown.
    min_effective_n : float
        Weighted figures of respondents who are worth fewer than this are suppressed, group by group.
    confidence : float
        Of the intervals, for example 0.95. Shares: logit, means: t.
    min_n : int
        Figures of fewer respondents are suppressed, and a second group with them where the rest would give
        the first away.
    plan : Protection or None
        What is shown of the whole wave, where these are cells of some of its columns; see `CountedSurvey`.
    """

    codebook: Codebook
    unweighted: SurveyDesign
    weighted: SurveyDesign | None
    hide_weighted_groups: bool
    min_effective_n: float
    confidence: float
    min_n: int
    plan: Protection | None = None

    @property
    def frame(self) -> pd.DataFrame:
        """The responses that both designs hold."""
        return self.unweighted.frame

    @property
    def respondents(self) -> int:
        """How many respondents there are."""
        return round(float(self.unweighted.counts.sum()))

    def about(self, variables: Sequence[str]) -> "Survey":
        """Return what is needed to estimate some variables: all of it, as all of it is in memory."""
        return self

    @cached_property
    def protection(self) -> Protection | None:
        """The plan of what is shown; None where only figures of few respondents are hidden."""
        return self.plan or planned(self.codebook, self.frame, self.min_n)

    def hides(self, question: str, option: str | None, by: str, group: str) -> bool:
        """Return whether the plan hides the share of an option, or without one the mean, in a group."""
        if self.protection is None:
            return False
        numeric = self.codebook.variable(question).type == "numeric"
        return self.protection.hidden(question, option or (BASE if numeric else MEAN), by, group)

    def tells(self, question: str, by: str, option: str | None = None, groups: Sequence[str] = ()) -> bool:
        """Return whether a number of a whole table, such as a test, would tell what the plan hides in it.

        With the totals, and all cells but a few, its three digits leave one count for each of these. Of a
        table whose groups the plan does not know no cell is shown.

        Parameters
        ----------
        question, by : str
            The table; whichever of the two makes groups in the plan.
        option : str, optional
            The only answer that counts; left out, all.
        groups : sequence of str
            The only groups that count; left out, all.
        """
        if self.protection is None:
            return False
        known = self.protection.tables.groupings
        if by not in known and question in known and option is None:
            return self.tells(by, question) if by in self.codebook.variables else False
        if by not in known:
            return False
        names = [option] if option else self.codebook.variable(question).option_names or [None]
        within = groups or self.codebook.variable(by).option_names
        counts = self.codebook.variable(question).type == "numeric"
        return any(self.hides(question, name, by, group) for name in names for group in within) or (
            # A test of numbers is made of their sums, which are not told exactly.
            counts and any(self.protection.mean_tells(question, by, group) for group in within)
        )

    def number(self, n: float, hidden: bool) -> float:
        """Return how many respondents a figure has, where that may be said: not beside what the plan hides.

        Of three groups the numbers of every two give that of each.
        """
        return np.nan if hidden and self.protection is not None else n

    def worth(self, inside: pd.Series | np.ndarray) -> float:
        """Return how many respondents of equal weight would tell as much as those inside: n over Kish's."""
        if self.weighted is None:
            return float(self.unweighted.counts[np.asarray(inside, dtype=bool)].sum())
        group = self.weighted.subset(np.asarray(inside, dtype=bool))
        return group.n_eff if group.n else 0.0

    def too_few(self, inside: pd.Series | np.ndarray, weighted: bool) -> bool:
        """Return whether too few respondents are behind a figure: by number, and by worth where weighted."""
        n = self.unweighted.counts[np.asarray(inside, dtype=bool)].sum()
        return bool(n < self.min_n or (weighted and self.worth(inside) < self.min_effective_n))

    def designs(self, groups: bool = False) -> Iterator[tuple[bool, SurveyDesign]]:
        """Iterate over the designs, with whether each is weighted.

        Parameters
        ----------
        groups : bool
            Whether figures of groups are wanted: the weighted design is left out where they are not shown.
        """
        yield False, self.unweighted
        if self.weighted is not None and not (groups and self.hide_weighted_groups):
            yield True, self.weighted

    @classmethod
    def from_responses(
        cls,
        responses: pd.DataFrame,
        weighting: Mapping[str, Any],
        codebook: Codebook,
        *,
        confidence: float,
        min_n: int,
        settled: pd.DataFrame | None = None,
    ) -> "Survey":
        """Build the unweighted design and the calibrated one from what the weight stage left.

        Parameters
        ----------
        responses : DataFrame
            With `weight` (mean 1) and the calibration variables `margin.<name>`.
        weighting : mapping
            Evidence of the weight stage (weighting.json); `subgroup_tables` says whether weighted figures of
            subgroups may be shown, `limits` from how many effective respondents on.
        codebook, confidence, min_n
            As the attributes.
        settled : DataFrame, optional
            What the stage weight found to be hidden.

        Raises
        ------
        StudyError
            If there are no weights or calibration variables, or the evidence does not say what may be shown.
        """
        hide, least = shown_of(weighting)
        return cls(
            codebook,
            linearised(responses, codebook),
            _weighted_design(responses, weighting, codebook),
            hide,
            least,
            confidence,
            min_n,
            None if settled is None else planned(codebook, responses, min_n, settled),
        )


def shown_of(weighting: Mapping[str, Any]) -> tuple[bool, float]:
    """Read from weighting.json whether weighted figures of groups are hidden, and from what worth they show.

    Raises
    ------
    StudyError
        If it does not say.
    """
    least = weighting.get("limits", {}).get("min_effective_n")
    if not isinstance(weighting.get("subgroup_tables"), bool) or not isinstance(least, int | float):
        raise StudyError(
            found=f"subgroup_tables is {weighting.get('subgroup_tables')!r}, min_effective_n {least!r}",
            where="weight/weighting.json",
            expected="whether weighted figures of subgroups may be shown, and of how many respondents",
            fix="run the stage weight again",
        )
    return not weighting["subgroup_tables"], float(least)


def planned(
    codebook: Codebook,
    responses: pd.DataFrame | Cells,
    min_n: int,
    settled: pd.DataFrame | None = None,
    told: Sequence[tuple[str, list[str]]] = (),
) -> Protection | None:
    """Plan what may be shown of some responses; None where only figures of few respondents are hidden.

    `settled` is what the stage weight found to be hidden (`Protection.frame`); left out, it is found here,
    with what is `told` whatever is hidden: how many gave one of several answers.
    """
    rules = codebook.privacy
    if rules.suppress == "base":
        return None
    limits = Limits(
        max(rules.min_base, min_n),
        rules.min_count,
        rules.max_share,
        rules.width,
        rules.dominance,
        rules.reasons == "hidden",
    )
    flags = [column for name in overlapping(codebook) for column in codebook.variable(name).columns]
    there = [column for column in flags if column in responses.columns]
    return Protection(codebook, responses, limits, [*codebook.groupings, *there], settled, told)


def _weighted_design(
    responses: pd.DataFrame, weighting: Mapping[str, Any], codebook: Codebook
) -> SurveyDesign | None:
    """Restore the design with weights, as the weight stage says that they came about."""
    method = weighting.get("method")
    if method == "none":
        return None
    if method == PROPENSITY:
        return drawn_again(responses, weighting["propensity"])
    margins = [name for name in responses.columns if name.startswith("margin.")]
    given = codebook.given is not None or method == GIVEN
    if "weight" not in responses or not (margins or given):
        absent = "calibration variables" if "weight" in responses else "weights"
        raise StudyError(
            found=f"the responses have no {absent}",
            where="weight/responses.parquet",
            expected="the column weight and a column margin.<name> for each margin",
            fix="run the stage weight again",
        )
    return (
        restored(responses, codebook, margins) if given else calibrated_design(responses, "weight", margins)
    )
