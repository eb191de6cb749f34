"""Whom the respondents stand for."""

from nsmo.stages.weight.results import Weighted, cost, weight

__all__ = [
    "Weighted",
    "cost",
    "weight",
]
