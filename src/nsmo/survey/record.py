"""What later waves compare themselves with: the estimates of a wave as they may be shown."""

import pandas as pd

from nsmo.results import COLUMNS, MISSING, ORIGIN
from nsmo.study.origins import may_have_interval
from nsmo.survey.counted import CountedSurvey
from nsmo.survey.crosstabs import DEGREES, crosstabs
from nsmo.survey.designs import Survey

#: What a figure of assumed answers lacks.
_OF_CHANCE = ["se", "ci_low", "ci_high", DEGREES, "deff", "n_eff"]


def record(survey: Survey | CountedSurvey) -> pd.DataFrame:
    """Return every share and mean of a wave, of everybody and by group, without what may not be shown.

    Parameters
    ----------
    survey : Survey or CountedSurvey
        The respondents.

    Returns
    -------
    DataFrame
        In the columns of `nsmo.results.COLUMNS`, with `df` and `origin`; no group and no option are "". A
        figure of reconstructed answers that nobody published has no standard error and no interval.
    """
    frame = crosstabs(survey, compare=False, degrees=True)
    plain = frame["statistic"].isin(["proportion", "mean"])
    frame = frame.loc[plain, [*COLUMNS, DEGREES]]
    for name in ("option", "by", "group"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), "")
    frame = frame[~frame["option"].str.startswith(MISSING)].reset_index(drop=True)
    origins = survey.codebook.origins
    if origins is None:
        return frame.assign(**{ORIGIN: ""})
    rows = frame.to_dict("records")
    frame[ORIGIN] = [origins.of(row) for row in rows]
    for name in _OF_CHANCE:
        frame[name] = frame[name].astype(float)
    assumed = [not may_have_interval(row) for row in frame.to_dict("records")]
    frame.loc[assumed, _OF_CHANCE] = float("nan")
    return frame
