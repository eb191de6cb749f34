"""What follows from figures whatever the responses were: extents over every table of counts that agrees."""

from .concordance import d_of_classes, d_of_margins, somers_d, sorted_table
from .program import Extent, Optimum, Program, Undecided, union

__all__ = [
    "Extent",
    "Optimum",
    "Program",
    "Undecided",
    "d_of_classes",
    "d_of_margins",
    "somers_d",
    "sorted_table",
    "union",
]
