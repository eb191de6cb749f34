"""The respondents of a large wave as cells: what an estimate needs of them is counted when it is asked for.

Weights that were made here are the same for all whose categories of the margins are the same, so these
categories and the variables in question make the cells; estimates and standard errors of the design on cells
are those of the design of all respondents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.stats import SurveyDesign, calibrated_design
from nsmo.study import Codebook
from nsmo.study.pieces import Frames
from nsmo.survey.cells import Cells, Each, countable
from nsmo.survey.designs import GIVEN, Survey, planned, shown_of
from nsmo.survey.given import PROPENSITY
from nsmo.survey.protection import Protection

#: The column of the responses by which respondents can be known again in another wave.
PANEL_KEY = "design.panel_key"


@dataclass(frozen=True)
class CountedSurvey:
    """Respondents who are not held in memory; `about` gives what some variables need.

    Attributes
    ----------
    codebook, hide_weighted_groups, min_effective_n, confidence, min_n
        As of `Survey`.
    cells : Cells
        The respondents.
    margins : list of str
        The calibration variables; none where nobody is weighted.
    settled : DataFrame or None
        What the stage weight found to be hidden.
    """

    codebook: Codebook
    cells: Cells
    margins: Sequence[str]
    hide_weighted_groups: bool
    min_effective_n: float
    confidence: float
    min_n: int
    settled: pd.DataFrame | None = None

    @property
    def respondents(self) -> int:
        """How many respondents there are."""
        return self.cells.respondents

    @property
    def weighted(self) -> bool:
        """Whether they are weighted."""
        return bool(self.margins)

    @cached_property
    def protection(self) -> Protection | None:
        """The plan of what is shown, as of `Survey`."""
        return planned(self.codebook, self.cells, self.min_n, self.settled)

    def about(self, variables: Sequence[str]) -> Survey:
        """Count by some variables, and by what decides about weights.

        Parameters
        ----------
        variables : sequence of str
            Names; one that was not derived in this wave is passed over, as its columns are not there.
        """
        known = [self.codebook.variable(name) for name in dict.fromkeys(variables)]
        columns = [
            c for one in known for c in (*one.columns, f"{one.name}.missing") if c in self.cells.columns
        ]
        frame, counts = self.cells.of([*self.margins, *["weight"] * self.weighted, *columns])
        plain = SurveyDesign.of_cells(frame, counts)
        return Survey(
            self.codebook,
            plain,
            calibrated_design(frame, "weight", self.margins, base=plain) if self.margins else None,
            self.hide_weighted_groups,
            self.min_effective_n,
            self.confidence,
            self.min_n,
            self.protection,
        )


def survey_of(
    responses: Frames,
    weighting: Mapping[str, Any],
    codebook: Codebook,
    scratch: Path,
    *,
    confidence: float,
    min_n: int,
    stream_above: int,
    each: Each = map,
    here: Each = map,
    settled: pd.DataFrame | None = None,
) -> Survey | CountedSurvey:
    """Return the respondents in memory, or as cells where there are many.

    Parameters
    ----------
    responses : Frames
        As the weight stage left them.
    weighting, codebook, confidence, min_n
        As of `Survey.from_responses`.
    scratch : Path
        A folder for files that are gone afterwards.
    stream_above : int
        More respondents than this are counted. Where weights or a design came with the responses, a reference
        sample gave the weights, or a key tells each respondent, everybody differs from everybody else, and
        cells would be no fewer: they are held in memory.
    each, here : callable
        Read the parts of a large wave, and count them, as of `Cells`.
    settled : DataFrame, optional
        What the stage weight found to be hidden.
    """
    differ = (
        codebook.given is not None
        or weighting.get("method") in (GIVEN, PROPENSITY)
        or PANEL_KEY in responses.columns
    )
    if differ or len(responses) <= stream_above:
        return Survey.from_responses(
            responses.read(), weighting, codebook, confidence=confidence, min_n=min_n, settled=settled
        )
    hide, least = shown_of(weighting)
    cells = Cells(responses.only(partial(countable, codebook)), scratch, each, here)
    margins = [name for name in cells.columns if name.startswith("margin.")]
    return CountedSurvey(codebook, cells, margins, hide, least, confidence, min_n, settled)
