"""Whom the respondents are made to look like, and what may be shown of them."""

from nsmo.stages.weight.given import problems as design_problems
from nsmo.stages.weight.pieces import Weighting
from nsmo.stages.weight.propensity import problems as propensity_problems
from nsmo.stages.weight.results import Weighted, raked, weight
from nsmo.stages.weight.shown import Shown, told_problems

__all__ = [
    "Shown",
    "Weighted",
    "Weighting",
    "design_problems",
    "propensity_problems",
    "raked",
    "told_problems",
    "weight",
]
