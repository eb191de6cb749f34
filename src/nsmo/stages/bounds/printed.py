"""Which responses agree with what was printed: published figures as conditions on counts of respondents.

A figure allows every value that may have been printed so, under either way of rounding a half. A disputed
figure holds under one of its readings, so it leaves several sets of tables; together they are what the
figures leave possible.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

import numpy as np
import pandas as pd

from nsmo.stages.analyse import base_mask, chose, numbers
from nsmo.stages.bounds.kinds import Uses, kinds, raw_columns
from nsmo.stats.bounds import Program
from nsmo.study import Codebook
from nsmo.study.conditions import evaluate
from nsmo.study.published import Claim, Mean, Proportion, Published, Wording, interval

FIGURES = ("exact", "about", "almost", "over", "fraction", "more_than", "group_share")


@dataclass(frozen=True)
class Allowed:
    """Values from `low` to `high` that may have been printed as a figure; None: no end."""

    low: Fraction
    high: Fraction | None
    open_low: bool = False
    open_high: bool = False

    def contains(self, value: Fraction) -> bool:
        """Tell whether a value may have been printed so."""
        above = value > self.low if self.open_low else value >= self.low
        return above and (self.high is None or (value < self.high if self.open_high else value <= self.high))


def allowed(figure: Claim | Wording, unit: str, slip: bool = False) -> Allowed:
    """Say which values may have been printed as a figure.

    Parameters
    ----------
    figure : Claim or Wording
        A published figure.
    unit : str
        "percent" becomes a share from 0 to 1.
    slip : bool
        Allow one unit more in the last digit of a rounded figure.

    Returns
    -------
    Allowed
        As `nsmo.study.published.interval`, in exact fractions. A half in a rounded figure may have been
        rounded up or to the even digit: the upper end belongs to it where the last digit is even.
    """
    kind = getattr(figure, "worded", None) or figure.type
    scale = 100 if unit == "percent" else 1
    if kind == "exact":
        digits = round(figure.value * 10**figure.decimals)
        step = Fraction(1, scale * 10**figure.decimals)
        reach = Fraction(3, 2) if slip else Fraction(1, 2)
        return Allowed((digits - reach) * step, (digits + reach) * step, open_high=bool(digits % 2) or slip)
    found = interval(figure)
    low, high = (
        Fraction(end).limit_denominator(10**6) if abs(end) < np.inf else None
        for end in (found.low, found.high)
    )
    return Allowed(
        low / scale,
        None if high is None else high / scale,
        not found.closed_low,
        not found.closed_high,
    )


@dataclass(frozen=True)
class Figure:
    """A published figure: what it may be a share or mean of (one of several readings), and what it allows."""

    id: str
    readings: tuple[tuple[str, Proportion | Mean], ...]
    allows: tuple[Allowed, ...]
    with_slip: tuple[Allowed, ...] | None


def figures(published: Published) -> list[Figure]:
    """List the published figures; statements of a direction or an order are none."""
    found = []
    for claim in published.claims:
        if claim.type not in FIGURES or claim.value is None:
            continue
        wordings = [claim, *claim.also]
        rows = [(row.id, row.estimate) for row in claim.rows()]
        # Parts are said all at once, readings instead of one another.
        groups = [[row] for row in rows] if claim.parts else [rows]
        exact = any(
            kind in ("exact",)
            for kind in ((w.worded if isinstance(w, Claim) else None) or w.type for w in wordings)
        )
        for group in groups:
            found.append(
                Figure(
                    claim.id,
                    tuple(group),
                    tuple(allowed(wording, claim.unit) for wording in wordings),
                    tuple(allowed(wording, claim.unit, slip=True) for wording in wordings) if exact else None,
                )
            )
    return found


# ------------------------------------------------------------------------------- estimates as sums over kinds


def uses_of(estimate: object, codebook: Codebook) -> Uses:
    """Say which answers an estimate of the published statements is about."""
    uses = Uses(codebook)
    if getattr(estimate, "where", None) is not None:
        uses.condition(estimate.where)
    match estimate.measure:
        case "association":
            for name in (estimate.x, estimate.y):
                variable = codebook.variable(name)
                high = estimate.high.get(name)
                uses.variable(name, variable.top if high is None else [high])
        case "ranking":
            uses.variable(estimate.question, [*estimate.higher, *lower_of(estimate, codebook)])
        case _:
            options = getattr(estimate, "options", None) or (
                [estimate.option] if getattr(estimate, "option", None) else None
            )
            uses.variable(estimate.question, options)
            if getattr(estimate, "by", None):
                uses.variable(estimate.by)
    return uses


def lower_of(estimate: object, codebook: Codebook) -> list[str]:
    """List the options that a ranking puts below the others."""
    options = codebook.variable(estimate.question).option_names
    return list(estimate.lower or [name for name in options if name not in estimate.higher])


def sums(
    estimate: Proportion | Mean, frame: pd.DataFrame, codebook: Codebook
) -> tuple[np.ndarray, np.ndarray]:
    """Give a share or mean as one sum over kinds over another.

    Returns
    -------
    (part, whole)
        Whole coefficients; of a mean both are multiplied until the scores are whole.
    """
    inside = np.ones(len(frame), dtype=bool)
    if estimate.where is not None:
        inside &= evaluate(estimate.where, frame).to_numpy()
    variable = codebook.variable(estimate.question)
    if estimate.measure == "mean":
        return scores(numbers(frame, variable).to_numpy(), inside)
    inside &= base_mask(frame, variable).to_numpy()
    if estimate.above is not None:
        yes = numbers(frame, variable).gt(estimate.above)
    else:
        yes = chose(frame, variable, estimate.options or [estimate.option])
    return (yes.to_numpy() & inside).astype(np.int64), inside.astype(np.int64)


def scores(values: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean of some values, over those inside that have one, as a sum over a sum."""
    known = inside & ~np.isnan(values)
    fractions = [Fraction(v).limit_denominator(10_000) for v in np.where(known, values, 0.0)]
    by = lcm(*(f.denominator for f in fractions))
    return np.array([int(f * by) for f in fractions]), known.astype(np.int64) * by


# --------------------------------------------------------------------------------------- what is compatible


@dataclass(frozen=True)
class Node:
    """Questions whose answers are tabled together: their kinds, and where these stand in the programs."""

    sources: frozenset[str]
    frame: pd.DataFrame
    first: int


@dataclass(frozen=True)
class Model:
    """The tables, of all that a question of ours is about, that agree with the figures.

    Attributes
    ----------
    frame : DataFrame
        The kinds of respondent that the question tells apart.
    programs : tuple of Program
        One for every choice of readings that some table agrees with.
    slips, aside : tuple of str
        Figures that no table gives unless the last digit is off by one; figures that no table gives at all
        together with those before them, which are left out.
    """

    frame: pd.DataFrame
    programs: tuple[Program, ...]
    first: int
    nodes: tuple[Node, ...]
    slips: tuple[str, ...]
    aside: tuple[str, ...]

    def spread(self, coefficients: np.ndarray) -> np.ndarray:
        """Turn coefficients per row of `frame` into coefficients per kind of the programs."""
        return _spread(coefficients, self.first, self.programs[0].width)

    def apart(self, one: frozenset[str], other: frozenset[str]) -> bool:
        """Tell whether no figure ties some questions to others, so that every pairing is possible."""
        ties = [node.sources for node in self.nodes if node.first != self.first]
        return not (_reach(one, ties) & other)


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
    """

    codebook: Codebook
    figures: Sequence[Figure]
    size: int
    nodes: int
    _made: dict = field(default_factory=dict)

    def without(self, claim: str) -> "Printed":
        """Leave the figure of one claim out."""
        left = [figure for figure in self.figures if figure.id != claim]
        return Printed(self.codebook, left, self.size, self.nodes, self._made)

    def reading(self, claim: str, row: str) -> "Printed":
        """Take one reading of a claim's figure as the right one."""
        chosen = [
            Figure(f.id, tuple(r for r in f.readings if r[0] == row), f.allows, f.with_slip)
            if f.id == claim
            else f
            for f in self.figures
        ]
        return Printed(self.codebook, [f for f in chosen if f.readings], self.size, self.nodes, self._made)

    def model(self, uses: Uses) -> Model:
        """Make the tables of all that is in use.

        Notes
        -----
        Questions that no figure speaks of together need no common table: tables of some questions each, with
        the same counts for the questions that two of them share, can always be put together when their
        sharing has no circle. So there is an unknown for every kind in such a part, not for every kind in
        all; where there is a circle, the parts in it become one.
        """
        own = uses.routed().sources
        about = {
            id(f): frozenset().union(*(uses_of(e, self.codebook).sources for _, e in f.readings))
            for f in self.figures
        }
        reached = _reach(own, list(about.values()))
        members = [figure for figure in self.figures if about[id(figure)] & reached]
        needed = uses
        for figure in members:
            for _, estimate in figure.readings:
                needed = needed | uses_of(estimate, self.codebook)
        names = tuple((f.id, tuple(row for row, _ in f.readings)) for f in members)
        key = (self.size, names, needed.key, own)
        if key not in self._made:
            self._made[key] = self._make(own, members, [about[id(f)] for f in members], needed)
        return self._made[key]

    def _make(
        self, own: frozenset[str], members: Sequence[Figure], about: Sequence[frozenset[str]], needed: Uses
    ) -> Model:
        parts, links = join_tree([own, *about])
        nodes, first = [], 0
        for sources in parts:
            frame = kinds(needed.within(sources))
            nodes.append(Node(sources, frame, first))
            first += len(frame)
        program = _side_by_side(nodes, links, self.size, self.nodes, self.codebook)
        programs, slips, aside = [program], [], []
        for figure, sources in zip(members, about, strict=True):
            node = next(node for node in nodes if sources <= node.sources)
            found = _required(programs, figure, figure.allows, node, self.codebook, self.size)
            if not found and figure.with_slip is not None:
                found = _required(programs, figure, figure.with_slip, node, self.codebook, self.size)
                slips += [figure.id] if found else []
            if not found:
                aside.append(figure.id)
            programs = found or programs
        node = next(node for node in nodes if own <= node.sources)
        return Model(node.frame, tuple(programs), node.first, tuple(nodes), tuple(slips), tuple(aside))


def join_tree(
    sets: Sequence[frozenset[str]],
) -> tuple[list[frozenset[str]], list[tuple[int, int, frozenset[str]]]]:
    """Arrange sets so that what two of them share is shared by all that lie between them.

    Returns
    -------
    (parts, links)
        The largest sets, and pairs of them (by place) with what they share. Sets that cannot be arranged so,
        because their sharing goes round in a circle, are put together.
    """
    parts: list[frozenset[str]] = []
    for one in sorted(set(sets), key=lambda s: (-len(s), sorted(s))):
        if not any(one <= other for other in parts):
            parts.append(one)
    while True:
        # A part whose shared questions all lie in one other part is a leaf; without leaves there is a circle.
        left, links = list(range(len(parts))), []
        while len(left) > 1:
            for i in left:
                others = [j for j in left if j != i]
                shared = parts[i] & frozenset().union(*(parts[j] for j in others))
                host = next((j for j in others if shared <= parts[j]), None)
                if host is not None:
                    links += [(i, host, shared)] if shared else []
                    left.remove(i)
                    break
            else:
                break
        if len(left) <= 1:
            return parts, links
        ring = frozenset().union(*(parts[i] for i in left))
        parts = [ring] + [part for i, part in enumerate(parts) if not part <= ring]


def _reach(start: frozenset[str], ties: Sequence[frozenset[str]]) -> frozenset[str]:
    """Give everything that a chain of ties leads to."""
    found = start
    while True:
        more = found.union(*(tie for tie in ties if tie & found))
        if more == found:
            return found
        found = more


def _side_by_side(
    nodes: Sequence[Node],
    links: Sequence[tuple[int, int, frozenset[str]]],
    size: int,
    limit: int,
    codebook: Codebook,
) -> Program:
    """Put the kinds of all parts into one program: each of all respondents, alike in what they share."""
    program = Program.of(len(nodes[0].frame), size, limit)
    for node in nodes[1:]:
        program = program.beside(Program.of(len(node.frame), size, limit))
    for i, j, shared in links:
        one, other = nodes[i], nodes[j]
        columns = raw_columns(one.frame, shared, codebook)
        answers = pd.concat([one.frame[columns], other.frame[columns]])
        answers = answers.groupby(columns, dropna=False, observed=True).ngroup().to_numpy()
        here, there = answers[: len(one.frame)], answers[len(one.frame) :]
        for answer in np.unique(answers):
            row = _spread(here == answer, one.first, program.width)
            row -= _spread(there == answer, other.first, program.width)
            program = program.require(row, 0, 0)
    return program


def _spread(coefficients: np.ndarray, first: int, width: int) -> np.ndarray:
    found = np.zeros(width, dtype=np.int64)
    found[first : first + len(coefficients)] = coefficients
    return found


def _required(
    programs: Sequence[Program],
    figure: Figure,
    allows: Sequence[Allowed],
    node: Node,
    codebook: Codebook,
    size: int,
) -> list[Program]:
    """Require a figure under each of its readings, of each of several programs; keep what can be."""
    found = []
    for _, estimate in figure.readings:
        part, whole = sums(estimate, node.frame, codebook)
        for program in programs:
            for values in allows:
                program = require(program, part, whole, values, size, node.first)
            if program.feasible:
                found.append(program)
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
    wide = [_spread(c, first, program.width) for c in (part, whole)]
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
        return program.require(wide[0], least, most)
    return program.share(*wide, values.low, values.high, open_low=values.open_low, open_high=values.open_high)
