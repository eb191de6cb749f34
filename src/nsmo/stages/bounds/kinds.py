"""Every kind of respondent that a questionnaire allows, as far as it matters for what is asked.

A kind is a combination of answers. Two answers that no figure and no query tells apart are one; so are the
ticks of a multiple choice of which only the number counts. The kinds are a frame as the pipeline's own coded
responses, so that derived variables, conditions and shares of them are computed by the code that computes
those of the responses.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, product

import numpy as np
import pandas as pd

from nsmo.study import Codebook, Variable
from nsmo.study.conditions import REASONS, Condition, evaluate, evaluate_known
from nsmo.study.derivation import derive
from nsmo.study.derived import Count, Mean, Recode
from nsmo.study.questionnaire import Question

#: More kinds than this are not put into one frame.
MOST = 200_000


class TooManyKindsError(ValueError):
    """The answers involved make more combinations than can be listed, or endlessly many."""


@dataclass
class Uses:
    """What is asked of the answers: single ones, ticks, and conditions on them.

    Attributes
    ----------
    whole : set of str
        Questions, counts and means whose every answer counts.
    ticks : set of (str, str)
        Options of multiple choices.
    tests : dict
        Conditions on one question, count or mean.
    derived : set of str
        Derived variables that have to be computed.
    loose : mapping
        Derived variables that are taken as groups of which only the sizes are known, whatever rule computes
        them; with the options whose rule holds nevertheless.
    """

    codebook: Codebook
    loose: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    ticks: set[tuple[str, str]] = field(default_factory=set)
    tests: dict[str, Condition] = field(default_factory=dict)
    derived: set[str] = field(default_factory=set)

    def variable(self, name: str, options: Iterable[str] | None = None) -> None:
        """Note that a variable is used; of a multiple choice all options, or only some."""
        variable = self.codebook.variable(name)
        definition = variable.definition
        if name in self.loose:
            self.whole.add(name)
        elif isinstance(definition, Question):
            if variable.type == "multi":
                self.ticks |= {
                    (name, option) for option in (variable.option_names if options is None else options)
                }
            else:
                self.whole.add(name)
        else:
            self.derived.add(name)
            if isinstance(definition, Count | Mean):
                self.whole.add(name)
            elif isinstance(definition, Recode):
                self.variable(definition.from_)
            else:
                for condition in _conditions(variable):
                    self.condition(condition)

    def condition(self, condition: Condition) -> None:
        """Note that a condition is used."""
        for leaf, _ in condition.leaves():
            variable = self.codebook.variable(str(leaf.question))
            definition = variable.definition
            if variable.name not in self.loose:
                if not isinstance(definition, Question | Count | Mean):
                    self.variable(variable.name)
                    continue
                if not isinstance(definition, Question):
                    self.derived.add(variable.name)
            self.tests[f"{leaf.model_dump_json(exclude_none=True)}"] = leaf
            self.ticks |= {(variable.name, option) for option in [*(leaf.has or []), *(leaf.has_all or [])]}

    def __or__(self, other: "Uses") -> "Uses":
        return Uses(
            self.codebook,
            self.loose,
            self.whole | other.whole,
            self.ticks | other.ticks,
            self.tests | other.tests,
            self.derived | other.derived,
        )

    @property
    def key(self) -> tuple:
        """The same for two uses of the same things."""
        return tuple(tuple(sorted(part)) for part in (self.whole, self.ticks, self.tests, self.derived))

    @property
    def sources(self) -> frozenset[str]:
        """What has to be listed: questions, means of several questions, and groups known by size only."""
        return frozenset(self._own() | {name for inner in self._tied() for name in inner.sources})

    def routed(self) -> "Uses":
        """Return the same uses with those of the conditions on which they depend, such as the routing."""
        found = self
        for inner in self._tied():
            found = found | inner.routed()
        return found

    def _own(self) -> set[str]:
        names = {*self.whole, *(name for name, _ in self.ticks)}
        names |= {str(leaf.question) for leaf in self.tests.values()}
        return {_source(self.codebook.variable(name)) for name in names}

    def _tied(self) -> Iterator["Uses"]:
        """Return the uses of the conditions under which questions are asked, and of rules that hold."""
        for name in sorted(self._own()):
            inner = Uses(self.codebook, self.loose)
            for condition in _rules(self.codebook.variable(name), self.loose.get(name)):
                inner.condition(condition)
            if inner._own():
                yield inner

    def within(self, sources: Iterable[str]) -> "Uses":
        """Return the uses of some sources only; derived variables stay, to be computed where they can be."""
        sources = set(sources)

        def inside(name: str) -> bool:
            return _source(self.codebook.variable(name)) in sources

        return Uses(
            self.codebook,
            self.loose,
            {name for name in self.whole if inside(name)},
            {(name, option) for name, option in self.ticks if inside(name)},
            {key: leaf for key, leaf in self.tests.items() if inside(str(leaf.question))},
            set(self.derived),
        )


def _rules(variable: Variable, literal: tuple[str, ...] | None) -> list[Condition]:
    """Return the condition on which a question is asked, or those of the groups whose rule holds."""
    if literal is not None:
        return [case.when for case in variable.definition.options if case.name in literal]
    asked_if = getattr(variable.definition, "asked_if", None)
    return [] if asked_if is None else [asked_if]


def kinds(uses: Uses) -> pd.DataFrame:
    """List every combination of answers that the uses tell apart.

    Returns
    -------
    DataFrame
        Columns as in the coded responses, one row per kind, derived variables included.

    Raises
    ------
    TooManyKindsError
        Naming what makes too many.
    """
    uses = uses.routed()
    for name in uses.sources:
        definition = uses.codebook.variable(name).definition
        if isinstance(definition, Mean) and uses.sources & set(definition.of):
            raise TooManyKindsError(f"{name} is used beside questions that it is the mean of")
    frame = pd.DataFrame(index=[0])
    for source in sorted(uses.sources):
        states = _distinct(_states(source, uses), source, uses)
        if len(frame) * len(states) > MOST:
            raise TooManyKindsError(f"more than {MOST:,} combinations of {', '.join(sorted(uses.sources))}")
        frame = frame.merge(states, how="cross")
    frame = _as_ruled(frame, uses)
    return add_derived(frame, uses)


def add_derived(frame: pd.DataFrame, uses: Uses) -> pd.DataFrame:
    """Add the derived variables in use that the frame has not and can have.

    A combination for which no category of a derived variable holds, though one must, is no response: the
    pipeline would stop at it.
    """
    codebook = uses.codebook
    for definition in codebook.derived:
        if definition.name not in uses.derived or definition.name in frame:
            continue
        variable = codebook.variable(definition.name)
        if not all(f"{name}.missing" in frame for name in _needs(variable)):
            continue
        if getattr(definition, "otherwise", None) == "error":
            held = [evaluate(condition, frame) for condition in _conditions(variable)]
            frame = frame[np.any(held, axis=0)].reset_index(drop=True)
        frame = derive(codebook, frame, only=[definition.name])
    return frame


def answered(frame: pd.DataFrame, uses: Uses) -> np.ndarray:
    """List the kinds that have an answer to every question in use, unless the routing left it out."""
    reasons = [frame[f"{name}.missing"] for name in sorted(uses.sources) if f"{name}.missing" in frame]
    return np.all([(r.isna() | r.eq("not_asked")).to_numpy() for r in reasons], axis=0)


def raw_columns(frame: pd.DataFrame, sources: Iterable[str], codebook: Codebook) -> list[str]:
    """List the columns of a frame that hold what was asked."""
    found = []
    for name in sorted(sources):
        variable = codebook.variable(name)
        found += [*(c for c in variable.columns if c in frame), f"{name}.missing"]
        found += [
            d.name for d in codebook.derived if isinstance(d, Count) and d.of == name and d.name in frame
        ]
        found += [f"{c}.missing" for c in found if f"{c}.missing" in frame and f"{c}.missing" not in found]
    return list(dict.fromkeys(found))


def _source(variable: Variable) -> str:
    return variable.definition.of if isinstance(variable.definition, Count) else variable.name


def _conditions(variable: Variable) -> list[Condition]:
    definition = variable.definition
    return [definition.when] if hasattr(definition, "when") else [case.when for case in definition.options]


def _needs(variable: Variable) -> list[str]:
    definition = variable.definition
    if isinstance(definition, Count):
        return [definition.of]
    if isinstance(definition, Mean):
        return definition.of
    if isinstance(definition, Recode):
        return [definition.from_]
    return [str(leaf.question) for condition in _conditions(variable) for leaf, _ in condition.leaves()]


# ------------------------------------------------------------------------------ the answers of one source


def _states(source: str, uses: Uses) -> pd.DataFrame:
    variable = uses.codebook.variable(source)
    if source in uses.loose:
        values = pd.Categorical(variable.option_names, variable.option_names)
        return _frame(source, {source: values}, [None] * len(variable.option_names))
    if isinstance(variable.definition, Mean):
        return _means(variable, uses)
    if variable.type == "multi":
        return _ticks(variable, uses)
    if variable.type in ("single", "ordinal"):
        return _closed(variable)
    return _thresholds(variable, uses)


def _reasons(variable: Variable) -> list[str]:
    """List the reasons for which a question may have no answer, as the questionnaire offers them."""
    definition = variable.definition
    reasons = [missing.reason for missing in definition.missing]
    return list(dict.fromkeys([*reasons, *(["not_asked"] if definition.asked_if is not None else [])]))


def _frame(source: str, values: dict[str, list], reasons: list[str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(values)
    frame[f"{source}.missing"] = pd.Categorical(reasons, categories=list(REASONS))
    return frame


def _closed(variable: Variable) -> pd.DataFrame:
    reasons = _reasons(variable)
    answers = [*variable.option_names, *([None] * len(reasons))]
    values = pd.Categorical(answers, variable.option_names, ordered=variable.type == "ordinal")
    return _frame(variable.name, {variable.name: values}, [None] * len(variable.option_names) + reasons)


def _ticks(variable: Variable, uses: Uses) -> pd.DataFrame:
    """List the ticks in use one by one and, where their number counts, how many of the others there are."""
    name = variable.name
    counted = [
        definition
        for definition in uses.codebook.derived
        if isinstance(definition, Count) and definition.of == name and definition.name in uses.derived
    ]
    single = [option for option in variable.option_names if (name, option) in uses.ticks]
    single += [o for d in counted for o in d.exclude if o not in single]
    rest = [option for option in variable.option_names if option not in single] if counted else []
    if 2 ** len(single) * (len(rest) + 1) > MOST:
        raise TooManyKindsError(f"{len(single)} options of {name} used one by one")
    rows = []
    for chosen in product((False, True), repeat=len(single)):
        for number in range(len(rest) + 1):
            ticked = dict(zip(single, chosen, strict=True)) | {o: i < number for i, o in enumerate(rest)}
            rows.append([ticked.get(option, False) for option in variable.option_names])
    reasons: list[str | None] = [None] * len(rows)
    for reason in _reasons(variable):
        rows.append([None] * len(variable.option_names))
        reasons.append(reason)
    columns = dict(zip(variable.columns, map(list, zip(*rows, strict=True)), strict=True))
    typed = {column: pd.array(values, dtype="boolean") for column, values in columns.items()}
    return _frame(name, typed, reasons)


def _means(variable: Variable, uses: Uses) -> pd.DataFrame:
    """List the values that the mean of several scores can take, and that it can be missing."""
    definition = variable.definition
    reached: set[tuple[float, int]] = {(0.0, 0)}
    missing = False
    for name in definition.of:
        item = uses.codebook.variable(name)
        scores = [(score, 1) for score in item.scores.values()]
        scores += [(0.0, 0)] if _reasons(item) else []
        missing |= bool(_reasons(item))
        reached = {(total + score, n + one) for total, n in reached for score, one in scores}
    values = sorted({total / n for total, n in reached if n >= definition.min_answered and n})
    reasons: list[str | None] = [None] * len(values)
    if missing:
        values.append(np.nan)
        reasons.append("dont_know")
    return _frame(variable.name, {variable.name: values}, reasons)


def _thresholds(variable: Variable, uses: Uses) -> pd.DataFrame:
    """List a number on each side of every bound that is used, and at it; a number itself has no end."""
    name = variable.name
    if name in uses.whole or variable.type != "numeric":
        raise TooManyKindsError(f"{name} is {variable.type}: its answers have no end")
    bounds = {
        float(value)
        for leaf in uses.tests.values()
        if leaf.question == name
        for value in leaf.tests.values()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    ends = sorted(bounds)
    between = [(a + b) / 2 for a, b in pairwise(ends)]
    values = sorted({*ends, *between, *([ends[0] - 1, ends[-1] + 1] if ends else [0.0])})
    least, most = variable.definition.minimum, variable.definition.maximum
    values = [v for v in values if (least is None or v >= least) and (most is None or v <= most)]
    reasons = _reasons(variable)
    return _frame(name, {name: [*values, *([np.nan] * len(reasons))]}, [None] * len(values) + reasons)


def _distinct(states: pd.DataFrame, source: str, uses: Uses) -> pd.DataFrame:
    """Keep one of all answers that nothing in use tells apart."""
    states = add_derived(states, uses.within([source]))
    return states[~marks(states, source, uses).duplicated()].reset_index(drop=True)


def marks(frame: pd.DataFrame, source: str, uses: Uses) -> pd.DataFrame:
    """Return what is in use of the answers to one question: rows that are alike in it are not told apart."""
    own = uses.within([source])
    reasons = frame[f"{source}.missing"]
    found: list[pd.Series] = [reasons.notna(), reasons.eq("not_asked")]
    for name in sorted(own.whole):
        found.append(frame[name].astype(object).where(frame[name].notna(), None))
    found += [frame[f"{name}.{option}"].fillna(False) for name, option in sorted(own.ticks)]
    for _, leaf in sorted(own.tests.items()):
        found += [evaluate(leaf, frame), evaluate_known(leaf, frame).astype(object)]
    return pd.DataFrame({i: mark.astype(object).map(str) for i, mark in enumerate(found)}, index=frame.index)


def _as_ruled(frame: pd.DataFrame, uses: Uses) -> pd.DataFrame:
    """Keep the combinations that can be: asked what the routing asks, and in the groups whose rule holds."""
    frame = add_derived(frame, uses)
    for source in uses.sources:
        variable = uses.codebook.variable(source)
        if source in uses.loose:
            for case in variable.definition.options:
                if case.name in uses.loose[source]:
                    inside = evaluate(case.when, frame).eq(frame[source].eq(case.name))
                    frame = frame[inside].reset_index(drop=True)
        elif getattr(variable.definition, "asked_if", None) is not None:
            asked = evaluate(variable.definition.asked_if, frame)
            frame = frame[asked.ne(frame[f"{source}.missing"].eq("not_asked"))].reset_index(drop=True)
    return frame
