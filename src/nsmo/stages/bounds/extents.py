"""How far something can go, with what has to be said of it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nsmo.stats.bounds import Extent, Program, known, union

#: So many combinations of counts are gone through one by one; beyond, the ends are given as outer ones.
MOST_COMBINATIONS = 400


@dataclass(frozen=True)
class Reach:
    """How far something can go.

    Attributes
    ----------
    extent : Extent or None
        None where nothing can be said; then `note` says why.
    p_low, p_high : float
        Smallest and largest p over the same responses; not a number where there is no test or no range.
    test : str
        The test that p belongs to.
    note : str
        What a reader has to know of how the ends were found.
    """

    extent: Extent | None
    p_low: float = math.nan
    p_high: float = math.nan
    test: str = ""
    note: str = ""


def over(programs: Sequence[Program], ask: Callable[[Program], Extent | None]) -> Extent:
    """Return the extent over several sets of tables, none of which is empty."""
    return known(union(ask(program) for program in programs))


def all_feasible(program: Program, present: Sequence[np.ndarray]) -> bool:
    """Return whether a table has at least one respondent in each of several sets of kinds."""
    for some in present:
        program = program.require(some, 1)
    return program.feasible
