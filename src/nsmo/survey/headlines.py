"""Which of the shares that open a report may be shown."""

from nsmo.study.headlines import Headline, headlines
from nsmo.survey.designs import Survey
from nsmo.survey.estimates import estimates


def shown(survey: Survey) -> list[Headline]:
    """List the headlines about everybody that may be shown as they are.

    What is hidden may not be shown under another choice, or of some respondents, either.
    """
    found = []
    for head in headlines(survey.codebook):
        if head.by is None:
            own = estimates(survey, head.question, [None], options=[head.option], statistics=["proportion"])
            if not own.loc[~own["weighted"], "suppressed"].any():
                found.append(head)
    return found
