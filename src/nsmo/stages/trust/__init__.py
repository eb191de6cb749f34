"""How far any of it can be trusted."""

from nsmo.stages.trust.anchors import anchors, by_statement, ratios
from nsmo.stages.trust.errors import errors
from nsmo.stages.trust.indices import composition, indices
from nsmo.stages.trust.others import associations, varying
from nsmo.stages.trust.results import (
    by_role,
    nonresponse,
    power,
    rules,
    selection,
    shares,
    tilt,
)
from nsmo.study.headlines import headlines

__all__ = [
    "anchors",
    "associations",
    "by_role",
    "by_statement",
    "composition",
    "errors",
    "headlines",
    "indices",
    "nonresponse",
    "power",
    "ratios",
    "rules",
    "selection",
    "shares",
    "tilt",
    "varying",
]
