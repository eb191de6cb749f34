"""How far any of it can be trusted."""

from nsmo.stages.trust.anchors import anchors, by_statement, ratios
from nsmo.stages.trust.hidden import hidden
from nsmo.stages.trust.indices import composition, indices
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
    "anchors",
    "by_role",
    "by_statement",
    "composition",
    "headlines",
    "hidden",
    "indices",
    "nonresponse",
    "power",
    "ratios",
    "rules",
    "selection",
    "shares",
    "tilt",
]
