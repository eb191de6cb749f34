"""What may be shown of the respondents, settled once for all stages."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nsmo.study import Codebook
from nsmo.study.pieces import Frames
from nsmo.survey.attacked import attacked
from nsmo.survey.cells import Cells, Each, countable
from nsmo.survey.designs import planned
from nsmo.survey.linked import Key


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


def shown(
    codebook: Codebook,
    received: Frames,
    scratch: Path,
    *,
    min_n: int,
    stream_above: int,
    each: Each = map,
) -> Shown:
    """Settle what may be shown, and attack it.

    Parameters
    ----------
    codebook : Codebook
    received : Frames
        The cleaned responses; weights play no part.
    scratch : Path
        A folder for files that are gone afterwards.
    min_n : int
        Figures of fewer respondents are never shown.
    stream_above : int
        More respondents than this are counted as cells.
    each : callable
        Reads and counts parts of them (`stage.threads`).

    Returns
    -------
    Shown
        Without rows where only figures of few respondents are hidden, as of a reconstruction.

    Raises
    ------
    StudyError
        If a hidden figure can be bounded more narrowly than was promised.
    """
    plan = None
    if codebook.privacy.suppress != "base":
        many = len(received) > stream_above
        frames = received.only(partial(countable, codebook))
        answers = Cells(frames, scratch, each, each) if many else received.read()
        plan = planned(codebook, answers, min_n)
    hidden = pd.DataFrame(columns=[*Key._fields, "reason"]) if plan is None else plan.frame()
    return Shown(hidden, attacked(plan))
