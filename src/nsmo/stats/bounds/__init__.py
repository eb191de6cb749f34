"""What follows from figures whatever the responses were: extents over every table of counts that agrees."""

from .concordance import d_of_classes, d_of_margins, somers_d, sorted_table
from .parts import join_tree, reached
from .program import Extent, Optimum, Program, UndecidedError, known, union

__all__ = [
    "Extent",
    "Optimum",
    "Program",
    "UndecidedError",
    "d_of_classes",
    "d_of_margins",
    "join_tree",
    "known",
    "reached",
    "somers_d",
    "sorted_table",
    "union",
]
