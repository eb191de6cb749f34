"""The tables of counts that agree with everything that was printed, for the questions that matter.

A disputed figure holds under one of its readings, so there may be several sets of tables; together they are
what the figures leave possible.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from typing import TypeVar

import numpy as np
import pandas as pd

from nsmo.stages.bounds.kinds import TooManyKindsError, Uses, kinds, raw_columns
from nsmo.stages.bounds.printed import Allowed, Figure, sums, uses_of
from nsmo.stats.bounds import Program, UndecidedError, join_tree, reached
from nsmo.study import Codebook
from nsmo.study.conditions import Condition
from nsmo.study.estimands import Estimate, Ranking

Made = TypeVar("Made")


@dataclass(frozen=True)
class Node:
    """Questions whose answers are tabled together: their kinds, and where these stand in the programs."""

    sources: frozenset[str]
    frame: pd.DataFrame
    first: int
    key: Hashable


@dataclass(frozen=True)
class Model:
    """The tables, of all that one of our questions is about, that agree with the figures.

    Attributes
    ----------
    frame : DataFrame
        The kinds of respondent that the question tells apart.
    programs : tuple of Program
        One for every choice of readings that some table agrees with.
    first : int
        Where the kinds of `frame` stand in the programs.
    nodes : tuple of Node
        All parts of the programs.
    printed : Uses
        What the figures ask of the answers.
    slips, aside : tuple of str
        Figures that no table gives unless the last digit is off by one; figures that no table gives at all
        together with those before them, which are left out.
    """

    frame: pd.DataFrame
    programs: tuple[Program, ...]
    first: int
    nodes: tuple[Node, ...]
    printed: Uses
    slips: tuple[str, ...]
    aside: tuple[str, ...]

    def spread(self, coefficients: np.ndarray) -> np.ndarray:
        """Turn coefficients per row of `frame` into coefficients per kind of the programs."""
        return _spread(coefficients, self.first, self.programs[0].width)

    def apart(self, one: frozenset[str], other: frozenset[str]) -> bool:
        """Return whether no figure ties some questions to others, so that every pairing is possible."""
        ties = [node.sources for node in self.nodes if node.first != self.first]
        return not (reached(one, ties) & other)


@dataclass
class Printed:
    """What was printed about a wave, at one number of respondents.

    Attributes
    ----------
    figures : list of Figure
        The published figures that count.
    size : int
        Number of respondents.
    nodes : int
        Of the search tree, after which the solver gives up.
    loose : mapping
        Groups of which only the sizes are taken as known; see `Uses`.
    """

    codebook: Codebook
    figures: Sequence[Figure]
    size: int
    nodes: int
    loose: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _made: dict = field(default_factory=dict)

    def without(self, claim: str) -> "Printed":
        """Leave the figure of one claim out."""
        left = [figure for figure in self.figures if figure.id != claim]
        return replace(self, figures=left)

    def uses_of(self, estimate: Estimate) -> Uses:
        """Return which answers an estimate is about."""
        named = self._all_uses(self.figures).ticks if isinstance(estimate, Ranking) else ()
        return uses_of(estimate, self.codebook, self.loose, named)

    def uses_when(self, condition: Condition) -> Uses:
        """Return which answers a condition is about."""
        uses = Uses(self.codebook, self.loose)
        uses.condition(condition)
        return uses

    def settled(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield figures not kept as printed, and why, by those that speak of the same questions."""
        for group in self._groups(self.figures):
            try:
                choice = self._choices(group)
            except (TooManyKindsError, UndecidedError) as error:
                yield tuple(figure.id for figure in group), f"held against no other: {error}"
                continue
            yield choice.slips, "taken as one off in the last digit"
            yield choice.aside, "left out: no responses agree with it and those before"

    def members(self, uses: Uses) -> list[Figure]:
        """List the figures that a chain of questions ties to what is in use."""
        tied = reached(uses.sources, map(self._about, self.figures))
        return [figure for figure in self.figures if self._about(figure) & tied]

    def model(self, uses: Uses) -> Model:
        """Make the tables of all that is in use.

        Notes
        -----
        Questions that no figure speaks of together need no common table: tables of some questions each, with
        the same counts for the questions that two of them share, can always be put together when their
        sharing has no circle. So there is an unknown for every kind in such a part, not for every kind in
        all; where there is a circle, the parts in it become one.
        """
        own, members = uses.sources, self.members(uses)
        key = (self.size, _names(members), uses.key, own)
        return self.once(key, lambda: self._make(own, members, uses))

    @property
    def names(self) -> tuple:
        """The figures with their readings, by name."""
        return _names(self.figures)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was made under a key before, or make it."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _make(self, own: frozenset[str], members: Sequence[Figure], uses: Uses) -> Model:
        printed = self._all_uses(members)
        needed = uses | printed
        nodes, program = self._parts([own, *map(self._about, members)], needed)
        choices = [self._choices(group) for group in self._groups(members)]
        programs = []
        for several in product(*(choice.readings for choice in choices)):
            found = program
            for figure, reading, slip in (chosen for one in several for chosen in one):
                found = self._require(found, nodes, figure, reading, slip)
            programs.append(found)
        node = next(node for node in nodes if own <= node.sources)
        slips = tuple(name for choice in choices for name in choice.slips)
        aside = tuple(name for choice in choices for name in choice.aside)
        return Model(node.frame, tuple(programs), node.first, nodes, printed, slips, aside)

    def _choices(self, members: Sequence[Figure]) -> "_Choices":
        """Find which readings of figures about the same questions some table agrees with."""
        return self.once((self.size, _names(members)), lambda: self._agreeing(members))

    def _agreeing(self, members: Sequence[Figure]) -> "_Choices":
        nodes, program = self._parts(list(map(self._about, members)), self._all_uses(members))
        agreeing: list[tuple[tuple[_Chosen, ...], Program]] = [((), program)]
        slips, aside = [], []
        for figure in members:
            for slip in (False, True):
                found = [
                    ((*before, (figure, reading, slip)), self._require(tables, nodes, figure, reading, slip))
                    for reading in range(len(figure.readings))
                    for before, tables in agreeing
                    if figure.with_slip is not None or not slip
                ]
                found = [(chosen, tables) for chosen, tables in found if tables.feasible]
                if found:
                    agreeing = found
                    slips += [figure.id] if slip else []
                    break
            else:
                aside.append(figure.id)
        return _Choices(tuple(chosen for chosen, _ in agreeing), tuple(slips), tuple(aside))

    def _groups(self, members: Sequence[Figure]) -> list[list[Figure]]:
        """Put figures together that a chain of questions ties."""
        found, left = [], list(members)
        while left:
            tied = reached(self._about(left[0]), map(self._about, left))
            found.append([figure for figure in left if self._about(figure) & tied])
            left = [figure for figure in left if not self._about(figure) & tied]
        return found

    def _all_uses(self, members: Sequence[Figure]) -> Uses:
        uses = Uses(self.codebook, self.loose)
        for _, estimate in (reading for figure in members for reading in figure.readings):
            uses = uses | uses_of(estimate, self.codebook, self.loose)
        return uses

    def _about(self, figure: Figure) -> frozenset[str]:
        return self.once(("about", figure), lambda: self._all_uses([figure]).sources)

    def _parts(self, sets: Sequence[frozenset[str]], needed: Uses) -> tuple[tuple[Node, ...], Program]:
        """List the kinds of each part and put them side by side, alike in what two parts share."""
        parts, links = join_tree(sets)
        nodes, first = [], 0
        for sources in parts:
            own = needed.within(sources)
            key = ("kinds", own.key)
            frame = self.once(key, partial(kinds, own))
            nodes.append(Node(sources, frame, first, key))
            first += len(frame)
        program = Program.of(len(nodes[0].frame), self.size, self.nodes)
        for node in nodes[1:]:
            program = program.beside(Program.of(len(node.frame), self.size, self.nodes))
        for i, j, shared in links:
            one, other = nodes[i], nodes[j]
            columns = raw_columns(one.frame, shared, self.codebook)
            answers = pd.concat([one.frame[columns], other.frame[columns]])
            answers = answers.groupby(columns, dropna=False, observed=True).ngroup().to_numpy()
            here, there = answers[: len(one.frame)], answers[len(one.frame) :]
            for answer in np.unique(answers):
                row = _spread(here == answer, one.first, program.width)
                row -= _spread(there == answer, other.first, program.width)
                program = program.require(row, 0, 0)
        return tuple(nodes), program

    def _require(
        self, program: Program, nodes: Sequence[Node], figure: Figure, reading: int, slip: bool
    ) -> Program:
        node = next(node for node in nodes if self._about(figure) <= node.sources)
        estimate = figure.readings[reading][1]
        key = ("sums", estimate.model_dump_json(), node.key)
        part, whole = self.once(key, lambda: sums(estimate, node.frame, self.codebook))
        for values in (figure.with_slip or ()) if slip else figure.allows:
            program = require(program, part, whole, values, self.size, node.first)
        return program


#: A figure, which of its readings holds, and whether its last digit may be one off.
_Chosen = tuple[Figure, int, bool]


@dataclass(frozen=True)
class _Choices:
    readings: tuple[tuple[_Chosen, ...], ...]
    slips: tuple[str, ...]
    aside: tuple[str, ...]


def _names(members: Sequence[Figure]) -> tuple:
    return tuple((figure.id, tuple(row for row, _ in figure.readings)) for figure in members)


def _spread(coefficients: np.ndarray, first: int, width: int) -> np.ndarray:
    found = np.zeros(width, dtype=np.int64)
    found[first : first + len(coefficients)] = coefficients
    return found


def require(
    program: Program, part: np.ndarray, whole: np.ndarray, values: Allowed, size: int, first: int = 0
) -> Program:
    """Require of a program that a share or mean is one of the values that may have been printed.

    Parameters
    ----------
    part, whole : array of int
        As from `sums`, of the kinds from `first` on.
    """
    part_of, whole_of = (_spread(c, first, program.width) for c in (part, whole))
    if (whole == whole[0]).all() and whole[0] > 0:
        # Of everybody: whole counts leave the solver less to search.
        base = size * int(whole[0])
        low, high = values.low * base, None if values.high is None else values.high * base
        least = -(-low.numerator // low.denominator)
        least += 1 if values.open_low and least == low else 0
        most = None
        if high is not None:
            most = high.numerator // high.denominator
            most -= 1 if values.open_high and most == high else 0
        return program.require(part_of, least, most)
    return program.share(
        part_of, whole_of, values.low, values.high, open_low=values.open_low, open_high=values.open_high
    )
