"""Whether a statement may be said of organisations at large, by how respondents were found."""

from nsmo.stages.claims.verdicts import Verdict
from nsmo.study.about import Design
from nsmo.study.statements import Claim

NOT_CLAIMED, IF_PROBABILITY = "not claimed", "yes, if a probability sample"
#: What keeps the respondents of a design from speaking for others.
_NOT: dict[Design, str] = {
    "open_call": "no: open call",
    "panel": "no: panel of volunteers",
    "quota": "no: quota sample",
}


def generalises(claim: Claim, design: Design | None) -> Verdict:
    """Decide whether a statement may be said of organisations at large.

    Parameters
    ----------
    claim : Claim
        A row of the published statements; it says whether its sentence speaks of organisations at large.
    design : str or None
        How respondents were found, as study.yaml declares it; None where it does not.

    Returns
    -------
    Verdict
        not claimed, where the sentence speaks of nobody else or no design was declared; "no: open call" and
        its like, where respondents chose themselves; yes, if a probability sample, where all could be drawn.
    """
    if not claim.at_large:
        return Verdict(NOT_CLAIMED, "the sentence does not speak of organisations at large")
    if design is None:
        return Verdict(NOT_CLAIMED, "study.yaml declares no design")
    if design == "probability":
        return Verdict(IF_PROBABILITY)
    return Verdict(_NOT[design], "respondents chose to take part; no test can make up for that")
