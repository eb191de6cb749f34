"""How far any of it can be trusted."""

from nsmo.stages.trust.hidden import hidden
from nsmo.stages.trust.results import (
    JUDGEMENTS,
    Headline,
    by_role,
    headlines,
    nonresponse,
    power,
    rules,
    selection,
    shares,
    tilt,
)

__all__ = [
    "JUDGEMENTS",
    "Headline",
    "by_role",
    "headlines",
    "hidden",
    "nonresponse",
    "power",
    "rules",
    "selection",
    "shares",
    "tilt",
]
