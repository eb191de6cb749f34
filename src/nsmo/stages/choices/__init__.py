"""How far choices of cleaning, base and weighting move the headlines."""

from nsmo.stages.choices.results import CLEANING, cleanings, extremes, moves, multiverse, weightings

__all__ = ["CLEANING", "cleanings", "extremes", "moves", "multiverse", "weightings"]
