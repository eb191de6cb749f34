"""What may be shown of the respondents, settled once for all stages."""

from typing import NamedTuple, Self

import pandas as pd

from nsmo.survey.attacked import attacked
from nsmo.survey.linked import Key
from nsmo.survey.protection import Protection


class Shown(NamedTuple):
    """What is hidden of the figures of a wave.

    Attributes
    ----------
    hidden : DataFrame
        ``question, option, by, group, reason``, as of `nsmo.survey.protection.Protection.frame`: which
        figures are hidden. It belongs in no file that leaves.
    counted : DataFrame
        As of `nsmo.survey.attacked.attacked`: how many, by rule, and what a reader of all the rest can bound.
    """

    hidden: pd.DataFrame
    counted: pd.DataFrame

    @classmethod
    def of(cls, plan: Protection | None) -> Self:
        """Attack a plan; without one, as of a reconstruction, only figures of few respondents are hidden.

        Raises
        ------
        StudyError
            If a hidden figure can be bounded more narrowly than was promised.
        """
        hidden = pd.DataFrame(columns=[*Key._fields, "reason"]) if plan is None else plan.frame()
        return cls(hidden, attacked(plan))
