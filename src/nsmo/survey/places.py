"""What a ranking tells of a few: who put one answer first is everybody less those who put another first."""

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.results import CLASS, FIRST
from nsmo.stats.disclosure import sensitive
from nsmo.study import Codebook
from nsmo.study.crosstabs import rankings
from nsmo.survey.answers import Answers


class Places:
    """The rankings of a wave: which places of their answers are not shown.

    Parameters
    ----------
    codebook : Codebook
    answers : Answers
        Of the wave.
    min_base, min_count : int
    max_share : float
        What a figure must satisfy to be shown.
    """

    def __init__(
        self, codebook: Codebook, answers: Answers, min_base: int, min_count: int, max_share: float
    ) -> None:
        self._codebook, self._answers = codebook, answers
        self._least = {"min_base": min_base, "min_count": min_count, "max_share": max_share}
        self._known: dict[str, dict[str, NDArray[np.bool_]]] = {}

    @cached_property
    def batteries(self) -> dict[str, tuple[str, list[str]]]:
        """By question its ranking, and all questions of that."""
        found = rankings(self._codebook).items()
        return {name: (battery, names) for battery, names in found for name in names}

    def hides(self, question: str, option: str) -> bool:
        """Return whether a place of an answer, or a class of places, is not shown among all respondents.

        Parameters
        ----------
        question : str
            One of the answers of a ranking; of another question nothing is hidden here.
        option : str
            The place, or the class of places.
        """
        if question not in self.batteries:
            return False
        battery, names = self.batteries[question]
        if battery not in self._known:
            self._known[battery] = self._of(names)
        hidden = self._known[battery][question]
        first, _, beyond = option.partition(CLASS)
        try:
            begin = int(float(first))
            end = int(float(beyond)) if beyond else begin + 1
        except ValueError:
            return False
        return bool(hidden[max(begin - 1, 0) : max(end - 1, 0)].any())

    def _of(self, names: list[str]) -> dict[str, NDArray[np.bool_]]:
        """Settle the table of all answers by all places, so that no row or column gives one cell away."""
        given = [self._places(name) for name in names]
        last = max(map(len, given), default=0)
        counts = np.array([np.pad(row, (0, last - len(row))) for row in given]).reshape(len(names), last)
        hidden = sensitive(counts, counts.sum(axis=1, keepdims=True), **self._least, group=False) != ""
        before = -1
        while before != (before := int(hidden.sum())):
            for lines, table in ((hidden, counts), (hidden.T, counts.T)):  # each a view of the same
                for line, row in zip(lines, table, strict=True):
                    _hide_another(line, row)
        return dict(zip(names, hidden, strict=True))

    def _places(self, name: str) -> NDArray[np.int64]:
        numbers, n = self._answers.numbers(name)
        known = (numbers >= 1) & (numbers % 1 == 0) & (numbers < len(self._codebook.variables) + 1000)
        return np.bincount(numbers[known].astype(np.int64), weights=n[known])[1:].astype(np.int64)

    def beside(self, rows: pd.DataFrame, hide: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Mark another first place where one alone is hidden in a group: all of them add up to the base.

        Parameters
        ----------
        rows : DataFrame
            Estimates, in the columns of results.
        hide : array of bool
            What is hidden so far.
        """
        battery = rows["question"].map(lambda name: self.batteries.get(name, ("", []))[0])
        mine = battery.ne("") & rows["statistic"].eq("proportion") & rows["option"].eq(FIRST)
        more = np.zeros(len(rows), dtype=bool)
        keys = [battery, rows["by"], rows["group"], rows["weighted"]]
        for places in rows[mine].groupby([key[mine] for key in keys], sort=False).indices.values():
            own = np.flatnonzero(mine)[places]
            line = hide[own].copy()
            _hide_another(line, rows["count"].to_numpy(dtype=float)[own])
            more[own] = line & ~hide[own]
        return more


def _hide_another(line: NDArray[np.bool_], counts: NDArray) -> None:
    """Hide the smallest figure that somebody gave beside one that is hidden alone."""
    if line.sum() == 1 and len(line) > 1:
        sizes = np.where(line | (counts == 0), np.inf, counts)
        line[int(np.argmin(sizes if np.isfinite(sizes).any() else np.where(line, np.inf, counts)))] = True
