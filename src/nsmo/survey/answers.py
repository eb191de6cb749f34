"""The answers of a wave as words, and which questions each variable is a function of.

A variable is a function of its *roots*: a question is its own root, a variable derived from closed questions
has these.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nsmo.results import BOTTOM, MISSING, TOP
from nsmo.study import Codebook, Variable
from nsmo.study.conditions import REASONS, REPLIES, evaluate, names
from nsmo.study.derivation import derive
from nsmo.study.derived import Cross, FirstMatch, Flag, Recode
from nsmo.study.rules import ConditionRule
from nsmo.survey.cells import Cells

#: A derived variable of questions with more combinations of answers than this stands for itself.
LARGEST = 150

#: What stands for every answer of a question that is none of its options; no option can be called so.
ANSWERED = ":answered"

#: What stands for a reason for having no answer; with a full stop, which no option has in its name.
GONE: Mapping[str, str] = {reason: f"{MISSING}{reason}" for reason in REASONS}

#: The reasons for having no answer that are answers like others: those that the base of a question counts.
COUNTED: Mapping[str, tuple[str, ...]] = {
    "all": (*REPLIES, "no_answer"),
    "asked": (*REPLIES, "no_answer"),
    "replied": REPLIES,
    "answered": (),
}

#: Tests of a condition that name answers.
_NAMING = ("is", "is_not", "has", "has_all")

Roots = frozenset[str]


class Counted(NamedTuple):
    """A variable with closed answers, or one option of a question that takes several.

    Attributes
    ----------
    name, base
        As in the codebook; an option of several is called ``question.option``.
    boxes : mapping
        Name of a figure to the answers that it counts.
    scores : mapping
        Score of each answer; empty where there is no order.
    """

    name: str
    base: str
    boxes: Mapping[str, list[str]]
    scores: Mapping[str, float]


class Answers:
    """The answers of a wave as words: an option, or the reason why there is none.

    Parameters
    ----------
    codebook : Codebook
        Says how variables are made of each other.
    responses : DataFrame or Cells
        The cleaned responses; of cells each word stands once for all who are alike.
    """

    def __init__(self, codebook: Codebook, responses: pd.DataFrame | Cells) -> None:
        self.codebook = codebook
        self._responses = responses
        self.variables: dict[str, Counted] = {}
        self.words: dict[str, pd.Series] = {}
        frame = responses.columns
        for variable in codebook.variables.values():
            if f"{variable.name}.missing" in frame and not variable.identifying:
                self._add(variable)
        self._values = {name: self._find_values(name) for name in self.variables}
        self._roots = {name: self._find_roots(name) for name in self.variables}
        self._maps: dict[str, dict[tuple[str, ...], str]] = {}

    @property
    def respondents(self) -> int:
        """How many there are."""
        known = self._responses
        return known.respondents if isinstance(known, Cells) else len(known)

    def routed(self, name: str) -> list[tuple[str, str]]:
        """List the answers, as variable and option, that decide whether a question is put; none: always.

        Several answers to one question are several; of numbers there are none.
        """
        question = self.codebook.variable(name.partition(".")[0])
        when = getattr(question.definition, "asked_if", None)
        found: list[tuple[str, str]] = []
        for leaf, _ in when.leaves() if when is not None else ():
            asked = leaf.question or ""
            for option in (option for word in _NAMING for option in leaf.tests.get(word, ())):
                several = self.codebook.variable(asked).type == "multi"
                found.append((f"{asked}.{option}", "yes") if several else (asked, option))
        return [(one, option) for one, option in dict.fromkeys(found) if one in self.variables]

    def numbers(
        self, question: str, by: str = "", group: str = ""
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return answers to a numeric question, of everybody or of a group, and how many gave each."""
        frame, n = self._counted([question, *(self._columns(by) if by else [])])
        inside = (
            self._words(by, frame).eq(group).to_numpy(dtype=bool) if by else np.ones(len(frame), dtype=bool)
        )
        return frame.loc[inside, question].to_numpy(dtype=float, na_value=np.nan), n[inside]

    def size(self, by: str, group: str) -> int:
        """Return how many respondents belong to a group."""
        frame, n = self._counted(self._columns(by))
        return int(n[self._words(by, frame).eq(group).to_numpy(dtype=bool)].sum())

    def _counted(self, columns: Sequence[str]) -> tuple[pd.DataFrame, NDArray[np.int64]]:
        """The responses, or the cells of some of their columns, and for how many each row stands."""
        if isinstance(self._responses, Cells):
            frame, n = self._responses.of(columns)
            return frame, n.astype(np.int64)
        return self._responses, np.ones(len(self._responses), dtype=np.int64)

    def _add(self, variable: Variable) -> None:
        if variable.type == "multi":
            for option in variable.option_names:
                name = f"{variable.name}.{option}"
                self.variables[name] = Counted(name, variable.base, {"yes": ["yes"], "no": ["no"]}, {})
        elif variable.options:
            boxes = {name: [name] for name in variable.option_names}
            if len(variable.top_box) > 1:
                boxes[TOP] = list(variable.top_box)
            if len(variable.bottom_box) > 1:
                boxes[BOTTOM] = variable.bottom_box
            self.variables[variable.name] = Counted(variable.name, variable.base, boxes, variable.scores)
        elif variable.type == "numeric":
            self.variables[variable.name] = Counted(variable.name, "answered", {}, {})
        for name in [name for name in self.variables if name not in self.words]:
            self.words[name] = self._words(name, self._counted(self._columns(name))[0])

    def _columns(self, name: str) -> list[str]:
        """The columns in which a variable, or an option of one that takes several, stands."""
        question = name.partition(".")[0]
        numeric = self.codebook.variable(question).type == "numeric"
        return [f"{question}.missing", *[name] * (not numeric)]

    def _words(self, name: str, frame: pd.DataFrame) -> pd.Series:
        question = name.partition(".")[0]
        missing = frame[f"{question}.missing"].astype(object).map(GONE)
        match self.codebook.variable(question).type:
            case "multi":
                given = frame[name].fillna(False).astype(bool).map({True: "yes", False: "no"})
            case "numeric":
                given = ANSWERED
            case _:
                given = frame[name].astype(object)
        return missing.where(missing.notna(), given)

    def values(self, name: str) -> list[str]:
        """List all that the answer of a respondent can be, whether anybody gave it or not."""
        return self._values[name]

    def roots_of(self, name: str) -> Roots:
        """Return which variables a variable is a function of."""
        return self._roots[name]

    def silent(self, name: str) -> str:
        """Return the question of an answer of several beside which reasons for having none are counted.

        As many have none in the table of each of its answers. Empty for all else.
        """
        reasons = COUNTED[self.variables[name].base]
        gone = {GONE[reason] for reason in reasons}
        return name.partition(".")[0] if "." in name and gone & {*self.values(name)} else ""

    def domain(self, roots: Iterable[str]) -> pd.DataFrame:
        """List every combination of the answers to some roots, a row each."""
        columns = sorted(roots)
        every = product(*(self.values(root) for root in columns))
        return pd.DataFrame(list(every), columns=columns, dtype=object)

    def counts(self, domain: pd.DataFrame) -> NDArray[np.float64]:
        """Count the respondents with each combination."""
        if isinstance(self._responses, Cells):
            frame, n = self._counted([column for name in domain for column in self._columns(name)])
            words = pd.DataFrame({name: self._words(name, frame) for name in domain})
            found = Counter()
            for key, number in zip(words.itertuples(index=False, name=None), n.tolist(), strict=True):
                found[key] += number
        else:
            found = pd.DataFrame({name: self.words[name] for name in domain}).value_counts()
        return np.array([float(found.get(key, 0)) for key in domain.itertuples(index=False, name=None)])

    def codes(self, name: str, domain: pd.DataFrame) -> NDArray[np.object_]:
        """Return what a variable is for each combination of its roots."""
        roots = self._roots[name]
        if roots == {name}:
            return domain[name].to_numpy(dtype=object)
        known = self._maps.get(name) or self._map(name)
        keys = zip(*(domain[root] for root in sorted(roots)), strict=True)
        return np.array([known[key] for key in keys], dtype=object)

    def _find_values(self, name: str) -> list[str]:
        options = list(dict.fromkeys(word for box in self.variables[name].boxes.values() for word in box))
        seen = set(self.words[name].dropna().unique())
        every = [*(options or [ANSWERED]), *(gone for gone in GONE.values() if gone in seen)]
        out = self._cleaned_out(name)
        return [word for word in every if word not in out]

    def _cleaned_out(self, name: str) -> set[str]:
        """The answers that a rule of cleaning, which is public, leaves to no respondent."""
        if name not in self.codebook.variables or not self.variables[name].boxes:
            return set()
        options = self.codebook.variable(name).option_names
        nobody = [None] * len(REASONS)
        every = pd.DataFrame(
            {
                name: pd.Categorical([*options, *nobody], options),
                f"{name}.missing": pd.Categorical([*[None] * len(options), *REASONS], list(REASONS)),
            }
        )
        found: set[str] = set()
        for rule in self.codebook.cleaning.rules:
            if isinstance(rule, ConditionRule) and names(rule.when) == [name]:
                out = evaluate(rule.when, every)
                found |= {word for word, gone in zip([*options, *GONE.values()], out, strict=True) if gone}
        return found

    def _find_roots(self, name: str) -> Roots:
        definition = self.codebook.variable(name).definition if name in self.codebook.variables else None
        match definition:
            case Recode():
                needs = [definition.from_]
            case Cross():
                needs = definition.of
            case Flag():
                needs = names(definition.when)
            case FirstMatch():
                needs = [need for case in definition.options for need in names(case.when)]
            case _:
                return frozenset([name])
        found: set[str] = set()
        for need in needs:
            if need not in self.variables or not self.variables[need].boxes:
                return frozenset([name])
            own = self._find_roots(need)
            if any(self.codebook.variable(root).derived for root in own):
                return frozenset([name])
            found |= own
        size = np.prod([len(self.values(root)) for root in found])
        return frozenset(found if size <= LARGEST else [name])

    def _map(self, name: str) -> dict[tuple[str, ...], str]:
        """Derive a variable for every combination of the answers it is made of."""
        roots = sorted(self._roots[name])
        every = self.domain(roots)
        made = pd.DataFrame({"response_id": [str(i) for i in range(len(every))]})
        for root in roots:
            variable, gone = self.codebook.variable(root), every[root].isin([*GONE.values()])
            made[root] = pd.Categorical(
                every[root].mask(gone), variable.option_names, ordered=variable.type == "ordinal"
            )
            made[f"{root}.missing"] = pd.Categorical(
                every[root].map({gone: reason for reason, gone in GONE.items()}), list(REASONS)
            )
        steps = [one for one in self.codebook.derived if self._is_step(one.name, name)]
        made = derive(self.codebook.changed(derived=steps), made)
        missing = made[f"{name}.missing"].astype(object).map(GONE)
        words = missing.where(missing.notna(), made[name].astype(object))
        self._maps[name] = dict(zip(every.itertuples(index=False, name=None), words, strict=True))
        return self._maps[name]

    def _is_step(self, name: str, towards: str) -> bool:
        own = self._roots.get(name, frozenset([name]))
        return name == towards or (own != {name} and own <= self._roots[towards])
