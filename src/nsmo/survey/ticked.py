"""How many answers somebody ticked, beside answers of which it is hidden how many ticked them.

The numbers of all respondents add up to all ticks, as do the shares of those who ticked one, two and so on.
Less the answers that are shown that leaves the hidden ones: a single one exactly.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.results import BOTTOM, TOP
from nsmo.study.derived import Count
from nsmo.survey.linked import DECIMALS

if TYPE_CHECKING:
    from nsmo.survey.protection import Protection

#: So many classes are hidden at least: one alone follows from the others.
_CLASSES = 2


class Ticked:
    """What of the numbers of answers of a wave is shown.

    Parameters
    ----------
    protection : Protection
        The plan of the counts.
    """

    def __init__(self, protection: "Protection") -> None:
        self._plan = protection
        self._found: dict[tuple[str, str], bool] = {}

    def tells(self, question: str, by: str = "", group: str = "") -> bool:
        """Return whether a number counts answers of which one is hidden, by a grouping or among all.

        In one group is enough, since the sums of all groups add up to that of everybody.
        """
        how = self._plan.codebook.variable(question).definition
        if not isinstance(how, Count):
            return False
        by, _ = self._plan.flagged(by, group)
        if (question, by) not in self._found:
            boxes = self._plan.tables.answers.variables[by].boxes if by else {"": []}
            names = [
                name for name in self._plan.codebook.variable(how.of).option_names if name not in how.exclude
            ]
            self._found[question, by] = any(
                self._plan.hidden(how.of, name, by, one)
                for name in names
                for one in boxes
                if one not in (TOP, BOTTOM)
            )
        return self._found[question, by]

    def few(self, question: str, by: str, group: str, n: float) -> bool:
        """Return whether a mean is of so few that even one decimal of it leaves the sum too little room."""
        return self.tells(question, by, group) and n < 2 * self._plan.limits.width * 10**DECIMALS

    def classes(self, rows: pd.DataFrame, hide: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Mark the smallest classes, besides those that are hidden, until the sum of all numbers has room.

        Parameters
        ----------
        rows : DataFrame
            Estimates, without gaps in ``option, by, group``.
        hide : array of bool
            Which are hidden already.
        """
        more = np.zeros(len(rows), dtype=bool)
        shares = rows[rows["statistic"].eq("proportion") & rows["question"].map(self._counts)]
        keys = ["question", "by", "group", "weighted"]
        for labels in shares.groupby(keys, sort=False).groups.values():
            own = rows.index.get_indexer(labels)
            row = rows.iloc[own[0]]
            size = rows["count"].to_numpy(dtype=float)
            left = [place for place in own[np.argsort(size[own], kind="stable")] if not hide[place]]
            left = [place for place in left if size[place] > 0]
            if self.tells(row["question"], row["by"], row["group"]):
                more[left[: max(0, _CLASSES - int(hide[own].sum()))]] = True
        return more

    def _counts(self, question: str) -> bool:
        return isinstance(self._plan.codebook.variable(question).definition, Count)
