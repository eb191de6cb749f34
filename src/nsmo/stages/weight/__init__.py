"""Whom the respondents stand for."""

from nsmo.stages.weight.results import Weighted, weight

__all__ = ["Weighted", "weight"]
