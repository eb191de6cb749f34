"""Weighted figures beside hidden ones: which are not shown, and which to whole per cent only.

The plan of a wave reckons with counts. A weighted share is a second sum of the respondents behind it: whoever
knew what everybody weighs could compute from three digits of it what the counts hide. So it is shown to whole
per cent, without its standard error, in a breakdown of which anything is hidden. A question that everybody is
weighted by has no weighted figure there: it would repeat the population, and tell of nothing but the cells.
"""

import math
from functools import cached_property
from itertools import permutations, product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.results import BOTTOM, TOP

if TYPE_CHECKING:
    from nsmo.survey.protection import Protection

#: Weighted shares beside hidden cells are shown to this many decimals.
COARSE = 2
#: Beside hidden combinations of margins the design effect of the weights is told to so many decimals.
ABOUT = 1


class Weighed:
    """What of the weighted figures of a wave is shown.

    Parameters
    ----------
    protection : Protection
        The plan of the counts.
    """

    def __init__(self, protection: "Protection") -> None:
        self._plan = protection
        self._tables = protection.tables
        self._pairs: dict[frozenset[frozenset[str]], list[tuple[str, str]]] = {}
        self._families: dict[str, frozenset[str]] = {}
        self._found: dict[frozenset[frozenset[str]], bool] = {}
        for question in self._tables.questions:
            for by in self._tables.groupings:
                if self._tables.block_of(question, by) is not None:
                    self._pairs.setdefault(self._pair(question, by), []).append((question, by))
        weighting = protection.codebook.weighting
        margins = [] if weighting is None else [margin.question for margin in weighting.margins]
        self._margins = {self._family(name) for name in margins}
        self._weighs = frozenset().union(*self._margins)
        self._names = margins

    @cached_property
    def spread(self) -> bool:
        """Whether it may be told how the weights are spread: their ends, a drawing, what a group is worth.

        Not where that tells respondents apart who are few: everybody with the same answers to the questions
        of the margins weighs the same, so with the population, which is public, three digits of it leave one
        way to fill in what is hidden of one margin by another. Nor where weights came with the responses or
        from a model of taking part.
        """
        codebook, answers = self._plan.codebook, self._tables.answers
        weighting, names = codebook.weighting, list(dict.fromkeys(self._names))
        if weighting is None:
            return True
        if codebook.given is not None or not names or not set(names) <= set(answers.variables):
            return False
        if len(names) == 1:
            return True
        kinds = [[*answers.variables[name].boxes.keys() - {TOP, BOTTOM}] for name in names]
        least = self._plan.limits.min_count
        if math.prod(map(len, kinds)) * least > answers.respondents:
            return False
        if any(self.coarse(*pair) for pair in permutations(names, 2)):
            return False
        domain = answers.domain(frozenset().union(*map(answers.roots_of, names)))
        codes, counts = [answers.codes(name, domain) for name in names], answers.counts(domain)
        return all(
            counts[np.logical_and.reduce([own == kind for own, kind in zip(codes, those, strict=True)])].sum()
            >= least
            for those in product(*kinds)
        )

    def coarse(self, question: str, by: str) -> bool:
        """Return whether anything is hidden of a question, or what is made of the same, by a grouping."""
        return bool(by) and self._hidden(self._pair(question, by))

    def gone(self, question: str, by: str = "") -> bool:
        """Return whether a weighted figure would repeat the population beside cells that are hidden."""
        if not self._family(question) <= self._weighs:
            return False
        if by:
            return self.coarse(question, by)
        return any(self.coarse(one, two) for one, two in permutations(self._names, 2))

    def mark(
        self, rows: pd.DataFrame, hide: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Mark the weighted rows that are not shown, and those that are shown to whole per cent.

        Parameters
        ----------
        rows : DataFrame
            Estimates, without gaps in ``option, by, group``.
        hide : array of bool
            Which rows the plan hides; classes of numbers are in no plan.
        """
        cells = list(rows[["question", "by"]].itertuples(index=False, name=None))
        beside = {cell for cell, hidden in zip(cells, hide, strict=True) if hidden and cell[1]}
        coarse = {cell: bool(cell[1]) and (cell in beside or self.coarse(*cell)) for cell in set(cells)}
        gone = {cell: self.gone(*cell) for cell in set(cells)}
        weighted = rows["weighted"].to_numpy(dtype=bool)
        shares = rows["statistic"].eq("proportion").to_numpy(dtype=bool)
        return (
            weighted & np.array([gone[cell] for cell in cells], dtype=bool),
            weighted & shares & np.array([coarse[cell] for cell in cells], dtype=bool),
        )

    def _family(self, name: str) -> frozenset[str]:
        """The questions that a variable is made of; of one with several answers that question."""
        if name not in self._families:
            answers = self._tables.answers
            own = [one for one in answers.variables if name in (one, one.partition(".")[0])]
            roots = {root.partition(".")[0] for one in own for root in answers.roots_of(one)}
            self._families[name] = frozenset(roots or {name})
        return self._families[name]

    def _pair(self, question: str, by: str) -> frozenset[frozenset[str]]:
        return frozenset({self._family(question), self._family(by)})

    def _hidden(self, pair: frozenset[frozenset[str]]) -> bool:
        if pair not in self._found:
            self._found[pair] = any(self._plan.hides_in(*one) for one in self._pairs.get(pair, ()))
        return self._found[pair]
