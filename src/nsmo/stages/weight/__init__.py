"""Whom the respondents are made to look like."""

from nsmo.stages.weight.results import Weighted, raked, weight

__all__ = ["Weighted", "raked", "weight"]
