"""Every question by every banner."""

from typing import NamedTuple

import pandas as pd

from nsmo.results import AGAINST_BEFORE, BEFORE
from nsmo.study.crosstabs import banners, nets
from nsmo.survey import Survey
from nsmo.survey.counted import CountedSurvey
from nsmo.survey.crosstabs import crosstabs


class Extent(NamedTuple):
    """How much a frame of cross-tables holds.

    Attributes
    ----------
    questions : int
        With a table of their own; a net stands in the table of its question.
    banners : list of str
    groups : int
        Columns, everybody not among them.
    tables : int
        A question by a banner each.
    hidden : int
        Figures that are not shown.
    """

    questions: int
    banners: list[str]
    groups: int
    tables: int
    hidden: int


def results(survey: Survey | CountedSurvey, *, compare: bool) -> pd.DataFrame:
    """Estimate every question by every banner; see `nsmo.survey.crosstabs.crosstabs`."""
    return crosstabs(survey, compare=compare)


def since(frame: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Return cross-tables with the marks of what changed since the wave before.

    Parameters
    ----------
    frame : DataFrame
        The `results`.
    changes : DataFrame
        What the stage trend found of everybody and of groups.

    Returns
    -------
    DataFrame
        With `against_before` (`ABOVE`, `BELOW` or nothing) and `before`, the wave; the same frame where
        nothing was tested.
    """
    last = changes[changes["before"].eq(changes["before"].iloc[-1])] if len(changes) else changes
    if last["p"].isna().all():
        return frame
    keys = ["question", "option", "by", "group", "statistic", "weighted"]
    known = dict(zip(last[keys].itertuples(index=False, name=None), last["direction"], strict=True))
    names = frame[keys].astype(object).where(frame[keys].notna(), "")
    marks = [known.get(key, "") for key in names.itertuples(index=False, name=None)]
    return frame.assign(**{AGAINST_BEFORE: marks, BEFORE: last["before"].iloc[0]})


def extent(frame: pd.DataFrame, survey: Survey | CountedSurvey) -> Extent:
    """Count what a frame of cross-tables holds."""
    codebook = survey.codebook
    of_nets = {net for name in codebook.variables for net in nets(codebook, name)}
    own = frame[~frame["question"].isin(of_nets)]
    grouped = own[own["by"].notna()]
    return Extent(
        own["question"].nunique(),
        [name for name in banners(codebook) if name in set(grouped["by"])],
        len(grouped[["by", "group"]].drop_duplicates()),
        len(grouped[["question", "by"]].drop_duplicates()),
        int(frame["suppressed"].sum()),
    )
