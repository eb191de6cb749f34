"""Weights of more respondents than are held at once: raked on cells, put beside the answers piece by piece.

Respondents who are alike in the questions behind the margins get the same weight, so weights, their cost and
their standard errors follow from how many are in each cell, and the work does not grow with the number of
respondents. Replicates are drawn as numbers per cell, which is the same chance as respondent by respondent.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nsmo.stages.weight.raking import (
    Raking,
    about_replicates,
    bootstrapped,
    can_be_drawn_again,
    categories,
    replicate_weights_of,
    wanted,
)
from nsmo.stages.weight.results import evidence_of, margins_of, weight
from nsmo.stages.weight.shown import Shown, told
from nsmo.stages.weight.unmade import evidence_as_given
from nsmo.stages.weight.weighted import (
    MARGINS,
    SHARES,
    groupings,
    groups_worth,
    moved,
    shares_moved,
)
from nsmo.stats import SurveyDesign, calibrate
from nsmo.study.codebook import Codebook
from nsmo.study.margins import Target
from nsmo.study.pieces import Frames
from nsmo.survey.cells import Cells, Each, countable
from nsmo.survey.designs import planned


class Weighting:
    """Respondents who are weighted: iterate over them, and then ask for the evidence, and what may be shown.

    Parameters
    ----------
    codebook, targets
        As for `nsmo.stages.weight.weight`.
    received : Frames
        The cleaned responses.
    scratch : Path
        A folder for files that are gone afterwards.
    stream_above : int
        More respondents than this are weighted from cells and written in pieces; but weights that came with
        the responses, or that a reference sample gives, differ from one to the next: all are held in memory.
    each : callable
        Reads and counts parts of the respondents (`stage.threads`).
    **limits
        The other arguments of `nsmo.stages.weight.weight`.

    Attributes
    ----------
    evidence, margins, shares, groups, replicates
        As of `Weighted`. From cells `replicates` has a row for each cell instead of each respondent: the
        categories of the margins, how many are in it, and what each of them weighs in each replicate.
    weights : DataFrame
        ``weight, n``: each weight, and how many have it.
    in_memory : bool
        Whether there are more than `stream_above`, all held in memory since each has a weight of its own.
    """

    evidence: dict[str, Any]
    margins: pd.DataFrame
    shares: pd.DataFrame
    groups: pd.DataFrame
    replicates: pd.DataFrame
    weights: pd.DataFrame

    def __init__(
        self,
        codebook: Codebook,
        received: Frames,
        targets: Mapping[str, Target],
        scratch: Path,
        *,
        stream_above: int,
        each: Each = map,
        **limits: Any,
    ) -> None:
        self._codebook, self._received, self._targets, self._scratch = codebook, received, targets, scratch
        self._each, self._limits = each, limits
        self._many = len(received) > stream_above
        self.in_memory = self._many and (codebook.given is not None or limits.get("reference") is not None)
        self._from_cells = self._many and not self.in_memory

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Weight, and give the frames of the respondents with their weights."""
        if not self._from_cells:
            yield self._whole()
        elif self._codebook.weighting is None:
            self._count_once()
            yield from (frame.assign(weight=1.0) for frame in self._received)
        else:
            yield from self._weighted(self._rake())

    def shown(self, min_n: int) -> Shown:
        """Settle what may be shown of the respondents, and attack it, once they are weighted.

        Weights play no part, but for how many respondents each category of a margin has, which is told.

        Parameters
        ----------
        min_n : int
            Figures of fewer respondents are never shown.

        Raises
        ------
        StudyError
            As of `Shown.of`.
        """
        if self._codebook.privacy.suppress == "base":
            return Shown.of(None)
        answers = self._cells if self._many else self._received.read()
        known = told(self._codebook, self.evidence["margins"])
        return Shown.of(planned(self._codebook, answers, min_n, told=known))

    def _whole(self) -> pd.DataFrame:
        made = weight(self._codebook, self._received.read(), self._targets, **self._limits)
        self.evidence, self.margins, self.shares = made.evidence, made.margins, made.shares
        self.groups, self.replicates = made.groups, made.replicates
        self.weights = made.responses[["weight"]].assign(n=1)
        return made.responses

    @cached_property
    def _cells(self) -> Cells:
        frames = self._received.only(partial(countable, self._codebook))
        return Cells(frames, self._scratch, self._each, self._each)

    def _counted(self, names: Sequence[str]) -> SurveyDesign:
        """The respondents as cells of some variables."""
        variables = [self._codebook.variable(name) for name in dict.fromkeys(names)]
        columns = [c for one in variables for c in (*one.columns, f"{one.name}.missing")]
        return SurveyDesign.of_cells(*self._cells.of(columns))

    def _count_once(self) -> None:
        """Leave evidence of respondents who are not weighted."""
        least, most = self._limits["min_effective_n"], self._limits["max_deff"]
        one, n = np.ones(1), np.array([len(self._received)])
        self.evidence = evidence_as_given(self._codebook, one, n, least, most)
        self.margins, self.shares = pd.DataFrame(columns=MARGINS), pd.DataFrame(columns=SHARES)
        self.weights = pd.DataFrame({"weight": one, "n": n})
        self.replicates = pd.DataFrame({"n": n})
        sizes = [self._counted([by]).effective_sizes(by) for by in groupings(self._codebook)]
        self.groups = groups_worth(sizes, least, self.evidence["subgroup_tables"])

    def _rake(self) -> Raking:
        """Rake the cells and leave all evidence."""
        limits, codebook = self._limits, self._codebook
        base = self._counted(self._questions)
        raking = Raking.of(codebook, base, self._targets, limits["min_category"], limits["max_ratio"])
        bootstrap = self._replicated(raking.calibrated)
        self.margins = margins_of(raking, base.weights)
        self.shares = self._shares(raking)
        about = about_replicates(bootstrap, limits["seed"]) if bootstrap else None
        self.evidence = evidence_of(codebook, raking, self.margins, self.shares, limits, about)
        self.weights = pd.DataFrame({"weight": raking.weights, "n": raking.calibrated.counts})
        cells = raking.calibrated.frame[list(wanted(raking.merged))].assign(n=raking.calibrated.counts)
        again = pd.DataFrame(replicate_weights_of(bootstrap) if bootstrap else {}, index=cells.index)
        self.replicates = pd.concat([cells, again], axis=1)
        sizes = [self._raked_on(raking, [by]).effective_sizes(by) for by in groupings(codebook)]
        self.groups = groups_worth(sizes, limits["min_effective_n"], self.evidence["subgroup_tables"])
        return raking

    @property
    def _questions(self) -> list[str]:
        """The questions behind the margins."""
        return [target.margin.question for target in self._targets.values()]

    def _replicated(self, calibrated: SurveyDesign) -> Any:
        number = self._limits["replicates"]
        if not number or not can_be_drawn_again(calibrated):
            return None
        return bootstrapped(calibrated, number, self._limits["seed"], self._limits["max_dropped"])

    def _raked_on(self, raking: Raking, names: Sequence[str]) -> SurveyDesign:
        """Cells of the margins and of some variables, raked: with the same weights."""
        design = self._counted([*self._questions, *names])
        made = {
            f"margin.{name}": categories(design.frame[target.margin.question], target)
            for name, target in raking.merged.items()
        }
        limits = {"trim": self._limits["max_ratio"], "total": design.n}
        return calibrate(design.assign(**made), wanted(raking.merged), method="raking", **limits)

    def _shares(self, raking: Raking) -> pd.DataFrame:
        """What the weights do to the answers, question by question."""
        parts = []
        for variable in moved(self._codebook):
            design = self._raked_on(raking, [variable.name])
            others = {
                name: (target, _looked_up(raking, weights, design.frame))
                for name, (target, weights) in raking.alternatives.items()
            }
            again = self._replicated(design)
            parts.append(shares_moved(self._codebook, design.frame, design, again, others, [variable]))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SHARES)

    def _weighted(self, raking: Raking) -> Iterator[pd.DataFrame]:
        """Put the weights beside the answers."""
        for frame in self._received:
            made = {
                f"margin.{name}": categories(frame[target.margin.question], target)
                for name, target in raking.merged.items()
            }
            frame = frame.assign(**made)
            made = {"weight": raking.weights} | {
                f"sensitivity.{name}": weights for name, (_, weights) in raking.alternatives.items()
            }
            yield frame.assign(**{name: _looked_up(raking, values, frame) for name, values in made.items()})


def _looked_up(raking: Raking, weights: np.ndarray, frame: pd.DataFrame) -> np.ndarray:
    """Return for each row of a frame the weight of its categories of the margins."""
    names = list(wanted(raking.merged))
    known = pd.MultiIndex.from_frame(_codes(raking.calibrated.frame, names))
    place = known.drop_duplicates().get_indexer(pd.MultiIndex.from_frame(_codes(frame, names)))
    return weights[~known.duplicated()][place]


def _codes(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return frame[list(names)].apply(lambda values: values.cat.codes)
