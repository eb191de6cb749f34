"""A reader who has nothing but what a wave publishes, and works out what was hidden by linear programming.

Nothing of the plan of the product is used. The questionnaire, which is public, says what can be answered; the
files say how many did. Every respondent falls into one cell of each *table*: the answers to a question by
those to what makes groups. Each printed number is a pair of bounds on a sum of such cells, as wide as its
rounding.
"""

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from nsmo.study import Codebook
from nsmo.study.derived import Count, Cross, Flag, Recode

MISSING = "missing."
#: A number that can be larger is only given or not; its classes are attacked by themselves.
LONG = 45
#: Of longer ones only the sums of all respondents are held against the classes.
SHORT = 12
#: Numbers as they are computed differ by no more.
NEAR = 1e-6


class Variable(NamedTuple):
    """What a question or a derived variable is, for each combination of the answers that make it."""

    roots: tuple[str, ...]
    of: Callable[..., str]


class Figure(NamedTuple):
    """A count: of an option (``base`` is the denominator) of a question, in a group or among all."""

    question: str
    option: str
    by: str = ""
    group: str = ""


@dataclass
class Reader:
    """What the questionnaire says, and what the files add to it.

    Parameters
    ----------
    codebook : Codebook
        Of the wave.
    most : dict
        The largest number that a numeric question can have, as its classes tell.
    margins, weights, doubt
        Questions by which everybody is weighted, what who gave some answers to them weighs, and to which
        fraction that is known; without them, weighted figures say nothing.
    """

    codebook: Codebook
    most: Mapping[str, int] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    atoms: dict[frozenset[str], dict[tuple[str, ...], int]] = field(default_factory=dict)
    size: int = 0
    rows: list[dict[int, float]] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    seen: set[Figure] = field(default_factory=set)
    shown: dict[Figure, float] = field(default_factory=dict)
    margins: Sequence[str] = ()
    weights: Mapping[tuple[str, ...], float] = field(default_factory=dict)
    doubt: float = 0.0
    classes: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        inner = {q.name: q for q in self.codebook.questions if self._filter(q) is not None}
        outer = {self._filter(q)[0]: q.name for q in inner.values()}
        for q in self.codebook.questions:
            if q.identifying or q.name in inner:
                continue
            if q.name in outer:
                self._routed(q, inner[outer[q.name]])
            else:
                self._root(q.name, self._answers(q), lambda value: value)
            if q.type == "multi":
                for option in self.codebook.variable(q.name).option_names:
                    self._part(q.name, option)
        for name, one in self.codebook.variables.items():
            if one.derived:
                self._derived(name, one.definition)

    # --------------------------------------------------------------------------------- what can be answered

    def _filter(self, q) -> tuple[str, list[str]] | None:
        """The one closed question, and its answers, that a question depends on."""
        test = q.asked_if
        known = {one.name: one for one in self.codebook.questions}
        if (
            test is None
            or test.question not in known
            or known[test.question].type not in ("single", "ordinal")
        ):
            return None
        return (test.question, list(test.is_)) if getattr(test, "is_", None) else None

    def _answers(self, q) -> list[str]:
        options = list(self.codebook.variable(q.name).option_names)
        reasons = [MISSING + one.reason for one in getattr(q, "missing", [])] + [MISSING + "no_answer"]
        if q.type in ("single", "ordinal"):
            given = options
        elif q.type == "multi":
            several = product("01", repeat=len(options))
            given = ["".join(ticks) for ticks in several if "1" in ticks]
        elif self.most.get(q.name, LONG + 1) <= LONG:
            given = [str(number) for number in range(self.most[q.name])]
        else:
            given = ["answered"]
        return list(dict.fromkeys([*given, *reasons]))

    def _root(self, name: str, values: list[str], of: Callable[[str], str]) -> None:
        self.answers[name] = values
        self.variables[name] = Variable((name,), of)

    def _routed(self, outer, inner) -> None:
        _, where = self._filter(inner)
        values = []
        for one in self._answers(outer):
            answers = self._answers(inner) if one in where else [MISSING + "not_asked"]
            values += [f"{one}>{two}" for two in answers]
        self._root(outer.name, values, lambda value: value.partition(">")[0])
        self.variables[inner.name] = Variable((outer.name,), lambda value: value.partition(">")[2])

    def _part(self, name: str, option: str) -> None:
        place = self.codebook.variable(name).option_names.index(option)

        def ticked(value: str) -> str:
            return value if value.startswith(MISSING) else ("yes" if value[place] == "1" else "no")

        self.variables[f"{name}.{option}"] = Variable((name,), ticked)

    def _derived(self, name: str, how: object) -> None:
        match how:
            case Recode() if how.from_ in self.variables:
                of = {answer: option.name for option in how.options for answer in option.of}
                one = self.variables[how.from_]
                self.variables[name] = Variable(
                    one.roots, lambda *value: of.get(one.of(*value), one.of(*value))
                )
            case Count() if how.of in self.variables:
                names = self.codebook.variable(how.of).option_names
                counted = [i for i, option in enumerate(names) if option not in how.exclude]

                def many(value: str) -> str:
                    return value if value.startswith(MISSING) else str(sum(value[i] == "1" for i in counted))

                self.variables[name] = Variable(self.variables[how.of].roots, many)
            case Flag() if how.when.question in self.variables:
                test, one = how.when, self.variables[how.when.question]
                options = [*(test.tests.get("is") or test.tests.get("has") or ())]
                if self.codebook.variable(test.question).type == "multi":
                    names = self.codebook.variable(test.question).option_names
                    places = [names.index(option) for option in options]
                    yes = lambda code: any(code[i] == "1" for i in places)  # noqa: E731
                else:
                    yes = lambda code: code in options  # noqa: E731

                def flagged(*value: str) -> str:
                    code = one.of(*value)
                    return code if code.startswith(MISSING) else ("yes" if yes(code) else "no")

                if options:
                    self.variables[name] = Variable(one.roots, flagged)
            case Cross() if all(part in self.variables for part in how.of):
                parts = [self.variables[part] for part in how.of]
                roots = tuple(dict.fromkeys(root for part in parts for root in part.roots))

                def crossed(*value: str) -> str:
                    at = dict(zip(roots, value, strict=True))
                    codes = [part.of(*(at[root] for root in part.roots)) for part in parts]
                    gone = [code for code in codes if code.startswith(MISSING)]
                    return gone[0] if gone else "_".join(codes)

                self.variables[name] = Variable(roots, crossed)

    # ------------------------------------------------------------------------------------------------ tables

    def table(self, roots: Iterable[str]) -> frozenset[str]:
        """Return the table of some roots, made if it is not there."""
        key = frozenset(roots)
        if key not in self.atoms:
            every = list(product(*(self.answers[root] for root in sorted(key))))
            self.atoms[key] = {cell: self.size + i for i, cell in enumerate(every)}
            self.size += len(every)
        return key

    def cells(
        self,
        question: str,
        by: str,
        test: Callable[[str], bool],
        group: str,
        margins: Sequence[str] = (),
    ) -> list[tuple[int, str]]:
        """Return the atoms, with the answer, of those in a group whose answer passes a test.

        With `margins` these are of a table that tells as well to which class of weights everybody belongs.
        """
        one = self.variables[question]
        two = self.variables[by] if by else Variable((), lambda: "")
        key = self.table({*one.roots, *two.roots, *margins})
        if margins:
            at = [sorted(key).index(name) for name in margins]
            for cell, atom in self.atoms[key].items():
                self.classes[atom] = tuple(cell[i] for i in at)
        order = sorted(key)
        places = [[order.index(root) for root in part.roots] for part in (one, two)]
        found = []
        for cell, atom in self.atoms[key].items():
            code, here = (
                part.of(*(cell[i] for i in at)) for part, at in zip((one, two), places, strict=True)
            )
            if here == group and test(code):
                found.append((atom, code))
        return found

    def names(self, question: str, option: str, by: str, group: str) -> tuple[str, str, str, str]:
        """Answers of several are a variable each, in rows and in columns."""
        if self._several(question) and option in self.codebook.variable(question).option_names:
            question, option = f"{question}.{option}", "yes"
        if by and self._several(by):
            by, group = f"{by}.{group}", "yes"
        return question, option, by, group

    def _several(self, name: str) -> bool:
        return name in self.codebook.variables and self.codebook.variable(name).type == "multi"

    def _long(self, question: str, by: str) -> bool:
        return bool(by) and self.most.get(question, 0) > SHORT

    def counted(self, figure: Figure, base: str = "") -> list[tuple[int, str]] | None:
        """Return the atoms of a figure; None where the reader does not know what it counts."""
        question, option, by, group = self.names(*figure)
        if question not in self.variables or (by and by not in self.variables) or self._long(question, by):
            return None
        if option == "base":
            test = _inside(base)
        elif option.startswith(MISSING):
            test = option.__eq__
        else:
            boxes = self._boxes(question, option)
            if self.answers[self.variables[question].roots[0]][0] == "answered":
                return None
            test = lambda code: code in boxes  # noqa: E731
        return self.cells(question, by, test, group)

    def _boxes(self, question: str, option: str) -> set[str]:
        if "–<" in option:
            low, high = (float(end.replace(",", "")) for end in option.split("–<"))
            return {str(number) for number in range(1000) if low <= number < high}
        if question in self.codebook.variables:
            variable = self.codebook.variable(question)
            if option == "top":
                return set(variable.top_box)
            if option == "bottom":
                return set(variable.bottom_box)
        return {option}

    # ------------------------------------------------------------------------------------------- what is said

    def say(self, sums: Mapping[int, float], low: float, high: float, why: str) -> None:
        """Add a statement: a sum of atoms lies between two numbers."""
        self.rows.append(dict(sums))
        self.low.append(low - NEAR)
        self.high.append(high + NEAR)
        self.why.append(why)

    def count(self, figure: Figure, base: str, low: float, high: float, why: str) -> None:
        """Add how many a figure counts."""
        cells = self.counted(figure, base)
        self.seen.add(figure)
        if cells is not None:
            self.say({atom: 1.0 for atom, _ in cells}, low, high, f"{why}: {figure}")

    def total(self, figure: Figure, low: float, high: float, why: str, power: int = 1) -> None:
        """Add what scores or numbers, or their squares, add up to."""
        known = self._scored(figure)
        if known:
            self.say({atom: value**power for atom, value in known}, low, high, f"{why}: sum of {figure}")

    def mean(self, figure: Figure, printed: float, why: str) -> None:
        """Add that scores lie about a printed mean, of one decimal, whatever their number."""
        known = self._scored(figure)
        for sign in (1, -1) if known else ():
            end = printed + sign * 0.05
            sums = {atom: sign * (score - end) for atom, score in known}
            self.say(sums, -np.inf, 0, f"{why}: mean of {figure}")

    def _scored(self, figure: Figure, margins: Sequence[str] = ()) -> list[tuple[int, float]]:
        question, _, by, group = self.names(*figure)
        if question not in self.variables or (by and by not in self.variables) or self._long(question, by):
            return []
        variable = self.codebook.variable(question)
        scores = {name: float(score) for name, score in variable.scores.items()} if variable.options else {}
        cells = self.cells(question, by, _inside("answered"), group, margins)
        if not scores and any(not code.isdigit() for _, code in cells):
            return []
        return [(atom, scores.get(code, 0.0) if scores else float(code)) for atom, code in cells]

    def weighed(
        self, figure: Figure, base: str, statistic: str, estimate: "Number", why: str, *, coarse: bool = False
    ) -> None:
        """Add a weighted share, or mean, to a reader who knows what everybody of a class weighs.

        A share that is `coarse` is printed to whole per cent.
        """
        margins = tuple(self.margins)
        if figure.by and figure.by not in margins:
            return  # the table of three variables and the classes would be too large
        if statistic == "mean":
            known = self._scored(figure, margins)
        elif statistic == "proportion":
            question, option, by, group = self.names(*figure)
            if (
                question not in self.variables
                or self.answers[self.variables[question].roots[0]][0] == "answered"
            ):
                return
            boxes = {option} if option.startswith(MISSING) else self._boxes(question, option)
            cells = self.cells(question, by, _inside(base), group, margins)
            known = [(atom, float(code in boxes)) for atom, code in cells]
        else:
            return
        # So many digits, of which the last may be a nought that is not printed.
        middle, half = (estimate.low + estimate.high) / 2, 0.005 if coarse else 0.0005
        half = 0.05 if statistic == "mean" else half
        for sign, end in ((1, middle + half), (-1, middle - half)):
            sums = {
                atom: (sign * (value - end) - self.doubt * abs(value - end))
                * self.weights.get(self.classes[atom], 0.0)
                for atom, value in known
            }
            if sums:
                self.say(sums, -np.inf, 0, f"{why}: weighted {figure}")

    def close(self) -> None:
        """Tie the tables together: what two of them share, both count alike."""
        for one, two in combinations(list(self.atoms), 2):
            if one & two:
                self.table(one & two)
        every = list(self.atoms)
        for big in every:
            for small in every:
                if small < big:
                    self._tie(big, small)
        alone = [key for key in every if len(key) == 1]
        for one, two in pairwise(alone):
            sums = dict.fromkeys(self.atoms[one].values(), 1.0) | dict.fromkeys(
                self.atoms[two].values(), -1.0
            )
            self.say(sums, 0, 0, "everybody answers each question once")

    def _tie(self, big: frozenset[str], small: frozenset[str]) -> None:
        order = sorted(big)
        at = [order.index(root) for root in sorted(small)]
        sums: dict[tuple[str, ...], dict[int, float]] = {}
        for cell, atom in self.atoms[big].items():
            sums.setdefault(tuple(cell[i] for i in at), {})[atom] = 1.0
        for cell, those in sums.items():
            self.say(those | {self.atoms[small][cell]: -1.0}, 0, 0, "tables share margins")

    # --------------------------------------------------------------------------------------------- the attack

    def bounds(
        self, figures: Mapping[Figure, float], base: Mapping[Figure, str], enough: Mapping[Figure, float]
    ) -> dict[Figure, tuple[float, float]]:
        """Bound figures from below and above, as far as is needed to see that they are wide enough.

        Parameters
        ----------
        figures : mapping
            Figure to its truth, which the reader does not have. Where all statements are true it is one of
            the values that each can have, so that the search may begin there.
        base : mapping
            Of the figures that are denominators.
        enough : mapping
            How many respondents apart the bounds may be at least.
        """
        matrix = _sparse(self.rows, self.size)
        known = {figure: self.counted(figure, base.get(figure, "")) for figure in figures}
        targets = {figure: cells for figure, cells in known.items() if cells}
        sums = _sparse(
            [dict.fromkeys((atom for atom, _ in cells), 1.0) for cells in targets.values()], self.size
        )
        low, high = np.array(self.low), np.array(self.high)
        least = np.array([figures[figure] for figure in targets], dtype=float)
        most = least.copy()
        banners = {root for figure in self.seen if figure.by for root in self._roots(figure.by, figure.group)}
        of = [frozenset(self._roots(figure.question, figure.option)) - banners for figure in targets]
        for own in sorted(set(of), key=sorted):
            # Other questions are tied to this one by what makes groups only, and by how many there are.
            inside = np.zeros(self.size, dtype=bool)
            for key, cells in self.atoms.items():
                inside[list(cells.values())] = key <= own | banners
            atoms = np.flatnonzero(inside)
            rows = np.flatnonzero((abs(matrix) @ ~inside) == 0)
            limits = LinearConstraint(matrix[rows][:, atoms], low[rows], high[rows])
            mine = np.flatnonzero([one == own for one in of])
            inner = sums[mine][:, atoms]
            figures_ = list(targets)
            for at, place in enumerate(mine):
                for sign in (1, -1):
                    if most[place] - least[place] >= enough[figures_[place]]:
                        break
                    costs = sign * inner[[at]].toarray().ravel()
                    found = milp(costs, constraints=limits, bounds=Bounds(0, np.inf))
                    if found.x is None:
                        raise ArithmeticError(f"what is published contradicts itself: {found.message}")
                    there = inner @ found.x
                    least[mine] = np.minimum(least[mine], there)
                    most[mine] = np.maximum(most[mine], there)
        return dict(zip(targets, zip(least.tolist(), most.tolist(), strict=True), strict=True))

    def _roots(self, name: str, option: str) -> tuple[str, ...]:
        name, _, _, _ = self.names(name, option, "", "")
        return self.variables[name].roots if name in self.variables else ()


def _inside(base: str) -> Callable[[str], bool]:
    def test(code: str) -> bool:
        gone = code.removeprefix(MISSING) if code.startswith(MISSING) else ""
        return {
            "all": True,
            "asked": gone != "not_asked",
            "replied": gone not in ("not_asked", "no_answer"),
            "answered": not gone,
        }[base]

    return test


def _sparse(rows: Sequence[Mapping[int, float]], columns: int) -> csr_array:
    pointers = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(int)
    indices = np.array([i for row in rows for i in row], dtype=int)
    data = np.array([value for row in rows for value in row.values()], dtype=float)
    return csr_array((data, indices, pointers), shape=(len(rows), columns))


# ---------------------------------------------------------------------------------------------- what is read


class Number(NamedTuple):
    """A printed number: the least and the most that it stands for."""

    low: float
    high: float

    @classmethod
    def of(cls, text: str | float | None, scale: float = 1.0) -> "Number | None":
        """Read a number as it is printed; None where there is none."""
        text = "" if text is None else str(text).strip()
        if not re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", text):
            return None
        mantissa, _, power = text.partition("e")
        decimals = len(mantissa.partition(".")[2])
        half = 0.5 * 10 ** (int(power or 0) - decimals) if "." in mantissa else 0.0
        half = 0.0 if text.endswith(".0") and abs(float(text)) < 100_000 else half
        return cls((float(text) - half) * scale, (float(text) + half) * scale)


def tables(folders: Iterable[Path]) -> dict[str, list[dict[str, str]]]:
    """Read every table in files of comma-separated values."""
    found = {}
    for folder in folders:
        for file in sorted(folder.rglob("*.csv")):
            with file.open(encoding="utf-8", newline="") as lines:
                found[f"{folder.name}/{file.relative_to(folder).as_posix()}"] = list(csv.DictReader(lines))
    return found


def is_result(row: Mapping[str, str]) -> bool:
    """Whether a row of a table is an estimate of a figure."""
    return {"question", "option", "statistic", "estimate", "n"} <= row.keys()


def read_result(reader: Reader, row: Mapping[str, str], why: str) -> None:
    """Add what a row with an estimate says."""
    option, by, group = (row.get(name, "") or "" for name in ("option", "by", "group"))
    base = row.get("base") or reader.codebook.variable(row["question"]).base
    statistic, weighted = row["statistic"], row["weighted"] == "True"
    if statistic.startswith("difference"):
        return
    denominator = Figure(row["question"], option if statistic.startswith("proportion") else "", by, group)
    if reader._several(row["question"]) and not option.startswith(MISSING):
        question, _, by_, group_ = reader.names(*denominator)
        size = Figure(question, "base", by_, group_)
    else:
        size = Figure(row["question"], "base", by, group)
    n, count, estimate = Number.of(row["n"]), Number.of(row.get("count")), Number.of(row["estimate"])
    base = "answered" if statistic == "mean" or statistic.startswith("quantile") else base
    if n:
        reader.count(size, base, n.low, n.high, why)
    if count and statistic == "mean":
        reader.count(size, base, count.low, count.high, f"{why} count of a mean")
    if weighted and estimate and reader.weights:
        figure, coarse = Figure(row["question"], option, by, group), not row.get("se")
        reader.weighed(figure, base, statistic, estimate, why, coarse=coarse)
    for name in ("base_weight", "base_worth"):
        about = Number.of(row.get(name))
        if about and not weighted:
            reader.count(size, base, about.low - 0.5, about.high + 0.5, f"{why} {name}")
    if statistic in ("proportion", "proportion of answers"):
        figure = Figure(row["question"], option, by, group)
        if count:
            reader.count(figure, base, count.low, count.high, why)
        elif estimate and n and not weighted and statistic == "proportion":
            reader.count(figure, base, estimate.low * n.low, estimate.high * n.high, f"{why} share")
    elif statistic == "mean" and estimate and not n and not weighted:
        reader.mean(Figure(row["question"], "", by, group), float(row["estimate"]), why)
    elif statistic == "mean" and estimate and n and not weighted:
        figure = Figure(row["question"], "", by, group)
        decimals = len(row["estimate"].partition(".")[2])
        half = 0.05 if decimals <= 1 else 0.5 * 10.0**-decimals
        middle = float(row["estimate"])
        reader.total(figure, (middle - half) * n.low, (middle + half) * n.high, why)
        if (se := Number.of(row["se"])) and decimals > 1:
            # A group keeps the design of all respondents.
            squares = [n.low * (n.low - 1) * se.low**2, n.high**2 * se.high**2]
            middles = [n.low * (middle - half) ** 2, n.high * (middle + half) ** 2]
            reader.total(figure, squares[0] + middles[0] - 1, squares[1] + middles[1] + 1, why, power=2)


def read_other(reader: Reader, name: str, rows: list[dict[str, str]], removed: int) -> None:
    """Add what tables say that are no estimates."""
    if name.endswith("ingest/counts.csv"):
        by_question: dict[str, list[dict[str, str]]] = {}
        for row in rows:
            by_question.setdefault(row["question"].partition(".")[0], []).append(row)
        known = [int(float(row["n"])) for row in rows if row.get("n")]
        half = 5 if all(n % 10 == 0 for n in known) else 0
        for row in rows:
            if not row.get("n"):
                continue
            question, _, option = row["question"].partition(".")
            coded = row["coded"]
            if question not in reader.codebook.variables or coded in ("answered", "not ticked"):
                continue
            option = option or (
                MISSING + coded if coded in ("dont_know", "refused", "no_answer", "not_asked") else coded
            )
            n = int(row["n"])
            reader.count(Figure(question, option), "", n - half - removed, n + half, name)
    if name.endswith("weight/margins.csv"):
        sizes = reader.codebook.rules.weighting.margins if reader.codebook.rules.weighting else []
        margins = {one.name: one for one in sizes}
        coarse = all(int(float(row["n"])) % 10 == 0 for row in rows if row["n"])
        for row in rows:
            if row["margin"] in margins and Number.of(row["n"]):
                half, n, margin = (5 if coarse else 0), float(row["n"]), margins[row["margin"]]
                merged = {group.name: group.of for group in margin.merge}
                options = merged.get(row["category"], [row["category"]])
                cells = reader.cells(margin.question, "", lambda code, options=options: code in options, "")
                reader.say({atom: 1.0 for atom, _ in cells}, n - half, n + half, f"{name}: {options}")
    if name.endswith("trust/nonresponse.csv"):
        for row in rows:
            asked, answered = Number.of(row["asked"]), Number.of(row["answered"])
            if asked:
                reader.count(Figure(row["question"], "base"), "asked", *asked, name)
            if answered:
                reader.count(Figure(row["question"], "base"), "answered", *answered, name)
            for reason in ("dont_know", "refused", "no_answer"):
                if n := Number.of(row[reason]):
                    reader.count(Figure(row["question"], MISSING + reason), "", *n, name)
            share = Number.of(row["with_dont_know"])
            if asked and share and answered:
                low, high = (1 - share.high) * asked.low, (1 - share.low) * asked.high
                reader.count(Figure(row["question"], "base"), "answered", low, high, name)


def everything(reader: Reader, published: Mapping[str, list[dict[str, str]]]) -> dict[Figure, str]:
    """Add all that the tables of a wave say, and return what they do not show, with its base."""
    steps = next((rows for name, rows in published.items() if name.endswith("clean/flow.csv")), [])
    removed = int(steps[0]["remaining"]) - int(steps[-1]["remaining"]) if steps else 0
    hidden: dict[Figure, str] = {}
    for name, rows in published.items():
        for row in rows:
            if not is_result(row):
                break
            if row.get("wave") and row["wave"] != reader.codebook.wave:
                continue
            read_result(reader, row, name)
            figure = Figure(*(row.get(key) or "" for key in ("question", "option", "by", "group")))
            if row["statistic"] == "proportion" and row["weighted"] == "False" and "count" in row:
                if row["count"]:
                    reader.shown[figure] = float(row["count"])
                else:
                    hidden[figure] = row.get("base") or ""
        read_other(reader, name, rows, removed)
    return {figure: base for figure, base in hidden.items() if figure not in reader.shown}


def largest(published: Mapping[str, list[dict[str, str]]]) -> dict[str, int]:
    """Return one more than the largest number that each numeric question can have, from its classes."""
    found: dict[str, int] = {}
    for rows in published.values():
        for row in rows:
            option = row.get("option") or ""
            if not is_result(row) or row["statistic"] != "proportion":
                break
            if re.fullmatch(r"\d+–<\d+", option):
                found[row["question"]] = max(found.get(row["question"], 0), int(option.split("–<")[1]))
            elif re.fullmatch(r"\d+", option):
                found[row["question"]] = max(found.get(row["question"], 0), int(option) + 1)
    return found


# ------------------------------------------------------------------------------------------------ who judges


def truth(reader: Reader, responses: pd.DataFrame) -> np.ndarray:
    """Count the respondents in each atom, which no reader can: it says whether he is right."""
    codes = pd.DataFrame({root: _codes(reader, responses, root) for root in reader.answers})
    found = np.zeros(reader.size)
    for key, cells in reader.atoms.items():
        for cell, n in codes[sorted(key)].value_counts().items():
            found[cells[cell if isinstance(cell, tuple) else (cell,)]] = n
    return found


def _codes(reader: Reader, responses: pd.DataFrame, root: str) -> pd.Series:
    inner = [
        name
        for name, one in reader.variables.items()
        if one.roots == (root,) and name != root and not reader.codebook.variables.get(name, _MADE).derived
    ]
    first = _own_codes(reader, responses, root)
    if any(">" in value for value in reader.answers[root]):
        return first + ">" + _own_codes(reader, responses, inner[0])
    return first


_MADE = SimpleNamespace(derived=True)


def _own_codes(reader: Reader, responses: pd.DataFrame, name: str) -> pd.Series:
    variable, gone = reader.codebook.variable(name), responses[f"{name}.missing"].astype(object)
    if variable.type == "multi":
        ticks = responses[[f"{name}.{option}" for option in variable.option_names]].fillna(False)
        codes = ticks.astype(bool).astype(int).astype(str).agg("".join, axis=1)
    elif variable.type == "numeric" and reader.answers[name][0] != "answered":
        codes = responses[name].map(lambda number: f"{number:.0f}", na_action="ignore").astype(object)
    elif variable.type == "numeric":
        codes = pd.Series("answered", index=responses.index)
    else:
        codes = responses[name].astype(object)
    return codes.where(gone.isna(), MISSING + gone.astype(str))


def untrue(reader: Reader, atoms: np.ndarray) -> list[str]:
    """List the statements that do not hold: what is published was read wrongly."""
    values = _sparse(reader.rows, reader.size) @ atoms
    wrong = (values < np.array(reader.low)) | (values > np.array(reader.high))
    return [reader.why[place] for place in np.flatnonzero(wrong)]


def room(reader: Reader, figure: Figure, base: str, atoms: np.ndarray, width: float) -> float:
    """How far apart bounds can be asked to lie: an answer and a group may have less in common."""

    def n(cells: Iterable[tuple[int, str]]) -> float:
        return sum(atoms[atom] for atom, _ in cells)

    if not figure.by:
        return width
    everybody = sum(atoms[atom] for atom in next(iter(reader.atoms.values())).values())
    row = n(reader.counted(figure._replace(by="", group=""), base) or [])
    _, _, by, group = reader.names(*figure)
    column = n(reader.cells(by, "", group.__eq__, ""))
    return min(width, min(row, column) - max(0.0, row + column - everybody))
