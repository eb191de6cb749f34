"""The cross-tables of a wave with their words: what is compared with what, and how."""

from collections.abc import Sequence

import pandas as pd

from nsmo.present.crosstab import Crossbook, sections_of
from nsmo.present.labels import Labels
from nsmo.results import AGAINST_BEFORE, BEFORE, HIGHER_THAN
from nsmo.runner import gate
from nsmo.study.crosstabs import Crosstabs, overlapping
from nsmo.survey import Survey
from nsmo.survey.counted import CountedSurvey


def book(
    frame: pd.DataFrame, survey: Survey | CountedSurvey, labels: Labels, *, notice: str = ""
) -> Crossbook:
    """Return all cross-tables, for the page and for the workbook.

    Parameters
    ----------
    frame : DataFrame
        The `results`.
    survey : Survey
        The respondents.
    labels : Labels
    notice : str
        What must be known of the numbers wherever they go.
    """
    codebook = survey.codebook
    frame = gate.pass_frame(frame, codebook, "the cross-tables")
    title = labels.words("crosstabs.title", study=codebook.study, wave=codebook.wave)
    return Crossbook(title, note(frame, survey, labels), sections_of(frame, labels), labels.words, notice)


def banners(names: Sequence[str], labels: Labels) -> list[str]:
    """Return by what the questions are shown, as it stands within a sentence; a whole question is quoted."""
    texts = (labels.question(name) for name in names)
    return [labels.words("quoted", text=text) if text.endswith("?") else text for text in texts]


def note(frame: pd.DataFrame, survey: Survey | CountedSurvey, labels: Labels) -> str:
    """Return what letters and arrows stand for, or that there are none; and what is not shown."""
    words = labels.words
    if HIGHER_THAN in frame:
        alpha = words.percent(1 - survey.confidence, 0)
        adjust = (survey.codebook.rules.crosstabs or Crosstabs()).adjust
        parts = [
            words("crosstabs.letters", alpha=alpha),
            words("crosstabs.holm" if adjust == "holm" else "crosstabs.unadjusted", alpha=alpha),
            words("crosstabs.few", min_n=words.integer(survey.min_n)),
        ]
        if survey.weighted:
            parts.append(words("crosstabs.few_weighted", worth=words.integer(survey.min_effective_n)))
    else:
        parts = [words("crosstabs.not_compared"), words("origin.note")]
        if members := survey.codebook.ensemble.members:
            parts.append(words("crosstabs.ranges", members=words.integer(members)))
    if AGAINST_BEFORE in frame:
        alpha = words.percent(1 - survey.confidence, 0)
        parts.append(words("trend.mark", before=frame[BEFORE].iloc[0], alpha=alpha))
    if several := [name for name in overlapping(survey.codebook) if frame["by"].eq(name).any()]:
        parts.append(words("crosstabs.overlap", banners=words.join(map(labels.question, several))))
    if frame["suppressed"].any():
        parts.append(words("table.suppressed_note"))
    return " ".join(parts)
