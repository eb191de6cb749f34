"""Whom the respondents are made to look like."""

from nsmo.stages.weight.given import problems as design_problems
from nsmo.stages.weight.pieces import Weighting
from nsmo.stages.weight.propensity import problems as propensity_problems
from nsmo.stages.weight.results import Weighted, raked, weight

__all__ = ["Weighted", "Weighting", "design_problems", "propensity_problems", "raked", "weight"]
