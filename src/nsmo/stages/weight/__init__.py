"""Whom the respondents are made to look like."""

from nsmo.stages.weight.results import Weighted, raked, raked_responses, weight

__all__ = ["Weighted", "raked", "raked_responses", "weight"]
