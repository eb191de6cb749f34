"""Every count of a wave that may be published, as sums of counts that nobody publishes.

A breakdown of one variable by another lives in the table of all their roots (`survey.answers`), and two
tables that share roots share the counts over these. So it shows that the categories of a derived variable add
up those of the question, that a box of answers is the sum of its answers, and that every breakdown adds up to
the same totals.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from nsmo.results import BOTTOM, TOP
from nsmo.stats.disclosure import Linked
from nsmo.study.conditions import REPLIES
from nsmo.survey.answers import ANSWERED, COUNTED, GONE, Answers, Roots

#: The denominator is a figure too. A mean of scores is the sum of how far they lie from the printed mean, so
#: that it tells what it tells to a reader who has not its denominator. No option can be called so.
BASE, MEAN = ":base", ":mean"

#: Begins the name of a sum of answers that is told elsewhere, whatever is hidden.
TOLD = "told:"

#: The block of what is told of everybody.
TOTALS = -1

#: The decimals of a mean of scores beside a hidden answer. With more, the sum of the scores would be known
#: nearly to the last one, and shares that tell of nobody would have to be hidden beside it.
DECIMALS = 1

#: A reader who has not the denominator of a mean may hold one possible that is so much smaller.
_FEWER = 5

#: A mean that lies as near to where rounding turns may have been rounded either way.
_TURN = 1e-3


class Key(NamedTuple):
    """What a figure is about: an option of a question, its base or its mean, in a group or among all."""

    question: str
    option: str
    by: str = ""
    group: str = ""


class Figure(NamedTuple):
    """A figure that may be published: which combinations of answers it counts, and on which base."""

    key: Key
    roots: Roots
    weights: Mapping[int, float]
    base: Key


class Tables:
    """What may be published of a wave: each question among all, and by each grouping.

    Parameters
    ----------
    answers : Answers
        Of the wave.
    groupings : iterable of str
        The variables whose answers make groups.
    told : sequence of (str, list of str)
        Questions and answers: how many gave one of these is known to everybody.
    """

    def __init__(
        self, answers: Answers, groupings: Iterable[str], told: Sequence[tuple[str, list[str]]] = ()
    ) -> None:
        self.answers = answers
        self._told = [(question, options) for question, options in told if question in answers.variables]
        self.groupings = list(dict.fromkeys(groupings))
        # A question that everybody answered alike, because the rules say so, has nothing to tell.
        self.questions = [name for name in answers.variables if len(answers.values(name)) > 1]
        single = {frozenset([root]) for name in self.questions for root in answers.roots_of(name)}
        self.own = single | {answers.roots_of(name) for name in self.questions}
        pairs = [(question, by) for question in self.questions for by in self.groupings if question != by]
        # A variable by what it is made of is no finding; such a breakdown is not published.
        published = [(q, by) for q, by in pairs if not self._shared(q, by)]
        # A variable made of both tells their breakdown among all respondents: it is weighed with the totals.
        self._whole = [pair for pair in published if any(self.roots(*pair) <= roots for roots in self.own)]
        whole = set(self._whole)
        self._block_of = self._blocks([pair for pair in published if pair not in whole])
        self._block_of |= dict.fromkeys(self._whole, TOTALS)

    def roots(self, question: str, by: str | None = None) -> Roots:
        """Return the roots of a question, or of a breakdown."""
        own = self.answers.roots_of(question)
        return own | self.answers.roots_of(by) if by else own

    def _shared(self, question: str, by: str) -> bool:
        several = question.partition(".")[0] == by.partition(".")[0]
        return several or bool(self.answers.roots_of(question) & self.answers.roots_of(by))

    def _blocks(self, pairs: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Number the breakdowns so that those with more in common than totals have the same number."""
        sets = sorted({self.roots(*pair) for pair in pairs}, key=sorted)
        number = {roots: i for i, roots in enumerate(sets)}
        sharing: dict[Roots, list[int]] = {}
        for roots, i in number.items():
            for two in map(frozenset, combinations(sorted(roots), 2)):
                if not any(two <= own for own in self.own):
                    sharing.setdefault(two, []).append(i)
            # As many have none of several answers beside each of them.
            silent = frozenset(self.answers.silent(root) or root for root in roots)
            sharing.setdefault(frozenset({"", *silent}), []).append(i)
        ties = np.array([pair for those in sharing.values() for pair in pairwise(those)], dtype=int)
        links = coo_array((np.ones(len(ties)), ties.reshape(-1, 2).T), (len(sets),) * 2)
        _, block = connected_components(links, directed=False)
        return {pair: int(block[number[self.roots(*pair)]]) for pair in pairs}

    def block_of(self, question: str, by: str) -> int | None:
        """Return which block a breakdown belongs to, which may be `TOTALS`; None: it is not published."""
        return self._block_of.get((question, by))

    def totals(self) -> "Block":
        """Return the figures about everybody, and the breakdowns that a variable made of both tells."""
        pairs = [(question, None) for question in self.questions] + self._whole
        figures = [figure for question, by in pairs for figure in self._figures(question, by)]
        figures += [
            self._sum(question, options) for question, options in self._told if question in self.questions
        ]
        tables = self.own | {self.roots(*pair) for pair in self._whole}
        return Block(self.answers, sorted(tables, key=sorted), figures, [])

    def block(self, number: int) -> "Block":
        """Return the figures of the breakdowns of one block, with the totals that they add up to."""
        if number == TOTALS:
            return self.totals()
        pairs = [pair for pair, found in self._block_of.items() if found == number]
        figures = [figure for question, by in pairs for figure in self._figures(question, by)]
        tables = sorted({self.roots(*pair) for pair in pairs}, key=sorted)
        return Block(self.answers, tables, figures, sorted(self.own, key=sorted))

    def _sum(self, question: str, options: Sequence[str]) -> Figure:
        """Those who gave one of some answers, as it is told with the weights."""
        roots = self.roots(question)
        codes = self.answers.codes(question, self.answers.domain(roots))
        key = Key(question, TOLD + "+".join(options))
        return Figure(key, roots, _weights(np.isin(codes, options)), key)

    def _figures(self, question: str, by: str | None) -> Iterator[Figure]:
        variable, roots = self.answers.variables[question], self.roots(question, by)
        domain = self.answers.domain(roots)
        codes = self.answers.codes(question, domain)
        answered = ~np.isin(codes, [*GONE.values()])
        inside = {
            "all": np.ones(len(codes), dtype=bool),
            "asked": codes != GONE["not_asked"],
            "replied": answered | np.isin(codes, [GONE[reason] for reason in REPLIES]),
            "answered": answered,
        }
        places = {"": inside["all"]}
        if by:
            held = self.answers.codes(by, domain)
            places = {
                group: held == group
                for group in self.answers.variables[by].boxes
                if group not in (TOP, BOTTOM)
            }
        for group, here in places.items():
            base = Key(question, BASE, by or "", group)
            every = [(base, _weights(inside[variable.base] & here), base)]
            boxes = {**variable.boxes, **{GONE[reason]: [GONE[reason]] for reason in COUNTED[variable.base]}}
            for name, options in boxes.items():
                every.append((base._replace(option=name), _weights(np.isin(codes, options) & here), base))
            full = base._replace(option=ANSWERED)
            if variable.scores or not by:
                every.append((full, _weights(answered & here), full))
            if variable.scores:
                scores = np.array([variable.scores.get(code, 0.0) for code in codes])
                every.append((base._replace(option=MEAN), _weights(answered & here, scores), full))
            yield from (Figure(key, roots, weights, on) for key, weights, on in every if weights)


def _weights(mask: NDArray[np.bool_], values: NDArray[np.float64] | None = None) -> dict[int, float]:
    return {int(i): 1.0 if values is None else float(values[i]) for i in np.flatnonzero(mask)}


@dataclass(frozen=True)
class Block:
    """Figures that are sums over the same tables.

    Attributes
    ----------
    answers : Answers
        Of the wave.
    tables : sequence of set of str
        The roots of each table.
    figures : sequence of Figure
        What may be published of them.
    known : sequence of set of str
        Roots whose counts are taken as known: whoever attacks a breakdown has all totals.
    """

    answers: Answers
    tables: Sequence[Roots]
    figures: Sequence[Figure]
    known: Sequence[Roots]

    @cached_property
    def _domains(self) -> dict[Roots, pd.DataFrame]:
        every = dict.fromkeys(self.tables)
        for one, two in combinations(self.tables, 2):
            if one & two and not any((one & two) <= roots for roots in self.known):
                every[one & two] = None
        return {roots: self.answers.domain(roots) for roots in every}

    @cached_property
    def _solved(self) -> tuple[Linked, dict[Key, int], NDArray[np.bool_]]:
        starts, atoms, total = {}, [], 0
        for roots, domain in self._domains.items():
            starts[roots] = total
            total += len(domain)
            atoms.append(self.answers.counts(domain))
        sums: dict[tuple[tuple[int, float], ...], int] = {}
        places = {}
        every = np.concatenate([np.zeros(0), *atoms])  # of nothing that is counted there are none
        for figure in self.figures:
            first = starts[figure.roots]
            shape = tuple((first + i, weight) for i, weight in figure.weights.items())
            if figure.key.option == MEAN:
                shape = _from_printed(shape, every)
            places[figure.key] = sums.setdefault(shape, len(sums))
        always = [
            place
            for figure, place in zip(self.figures, places.values(), strict=True)
            if self._is_known(figure)
        ]
        relations: list[dict[int, float]] = []
        for roots, domain in self._domains.items():
            for hub in self._domains:
                if hub < roots:
                    margin = self._domains[hub]
                    relations += [
                        {starts[hub] + i: -1.0, **{starts[roots] + j: 1.0 for j in those}}
                        for i, those in enumerate(_sums_over(domain, margin))
                    ]
            for hub in sorted({roots & known for known in self.known} - {frozenset()}, key=sorted):
                for those in _sums_over(domain, self.answers.domain(hub)):
                    shape = tuple((starts[roots] + j, 1.0) for j in those)
                    always.append(sums.setdefault(shape, len(sums)))
        relations += self._silent(starts)
        shown = np.zeros(len(sums), dtype=bool)
        shown[always] = True
        exact = np.zeros(len(sums))
        linked = Linked(
            every,
            _sparse([dict(shape) for shape in sums], total),
            _sparse(relations, total),
            exact,
            exact,
        )
        room = self._room(linked.truth, places)
        below, above = (np.maximum(0, room + sign * linked.truth * (room > 0)) for sign in (1, -1))
        return replace(linked, below=below, above=above), places, shown

    def _silent(self, starts: Mapping[Roots, int]) -> Iterator[dict[int, float]]:
        """Tie the answers of a question that takes several: who has none has none in the table of each."""
        alike: dict[tuple[str, Roots], list[tuple[Roots, str]]] = {}
        for roots in self._domains:
            for root in roots:
                question = self.answers.silent(root)
                if question and sum(self.answers.silent(one) == question for one in roots) == 1:
                    alike.setdefault((question, roots - {root}), []).append((roots, root))
        for those in alike.values():
            for one, two in pairwise(those):
                both = [
                    starts[roots] + np.flatnonzero(self._domains[roots][root].isin([*GONE.values()]))
                    for roots, root in (one, two)
                ]
                # ordered by the columns' names, of which the answer's own is at the same place
                yield from ({int(i): 1.0, int(j): -1.0} for i, j in zip(*both, strict=True))

    def _room(self, truth: NDArray[np.float64], places: Mapping[Key, int]) -> NDArray[np.float64]:
        """How far each cell may lie from what is printed, and be published as the same figure."""
        room = np.zeros(len(truth))
        for figure in self.figures:
            if figure.key.option == MEAN:
                n = truth[places[figure.base]]
                room[places[figure.key]] = max(0, (n - _FEWER) * 0.5 / 10**DECIMALS - _TURN)
        return room

    def _is_known(self, figure: Figure) -> bool:
        """Whether a figure is the number of all respondents, or of those who answered a question."""
        if figure.key.option.startswith(TOLD):
            return True
        size = len(self._domains[figure.roots])
        return len(figure.weights) == size and set(figure.weights.values()) == {1.0}

    @property
    def linked(self) -> Linked:
        """The figures as sums."""
        return self._solved[0]

    @property
    def places(self) -> dict[Key, int]:
        """Which cell of `linked` a figure is; figures of the same respondents share one."""
        return self._solved[1]

    @property
    def always(self) -> NDArray[np.bool_]:
        """Which cells are known whatever is hidden: all respondents, and what is taken as known."""
        return self._solved[2]


def _from_printed(
    shape: tuple[tuple[int, float], ...], atoms: NDArray[np.float64]
) -> tuple[tuple[int, float], ...]:
    """How far scores lie from what is printed as their mean, in place of the scores."""
    n, total = (
        sum(value * atoms[place] for place, value in those) for those in (((p, 1.0) for p, _ in shape), shape)
    )
    printed = round(total / n, DECIMALS) if n else 0.0
    return tuple((place, score - printed) for place, score in shape)


def _sums_over(domain: pd.DataFrame, margin: pd.DataFrame) -> list[list[int]]:
    """List for each row of a margin the rows of a table that add up to it."""
    columns = list(margin.columns)
    place = {key: i for i, key in enumerate(margin.itertuples(index=False, name=None))}
    found: list[list[int]] = [[] for _ in place]
    for j, key in enumerate(domain[columns].itertuples(index=False, name=None)):
        found[place[key]].append(j)
    return found


def _sparse(rows: Sequence[Mapping[int, float]], columns: int) -> csr_array:
    pointers = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(int)
    indices = np.array([i for row in rows for i in row], dtype=int)
    data = np.array([weight for row in rows for weight in row.values()], dtype=float)
    return csr_array((data, indices, pointers), shape=(len(rows), columns))
