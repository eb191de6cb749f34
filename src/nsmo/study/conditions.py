"""Conditions on answers: how they are written, whether they hold, what they ask for, and how they read."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, ValidationError, model_validator

from nsmo.study.errors import StudyError
from nsmo.study.model import Model, Place

if TYPE_CHECKING:
    from nsmo.study.codebook import Codebook
    from nsmo.study.scope import Scope

Reason = Literal["dont_know", "refused", "not_asked", "no_answer"]
REASONS: tuple[Reason, ...] = ("dont_know", "refused", "not_asked", "no_answer")
#: Reasons that somebody gave, and so replied.
REPLIES: tuple[Reason, ...] = ("dont_know", "refused")


class Condition(Model):
    """Something that is true or false of a response; see `evaluate`.

    Either one statement on one question, or `all`, `any` or `not` of other conditions.
    """

    question: str | None = None
    is_: list[str] | None = Field(default=None, alias="is", min_length=1)
    is_not: list[str] | None = Field(default=None, min_length=1)
    has: list[str] | None = Field(default=None, min_length=1)
    has_all: list[str] | None = Field(default=None, min_length=1)
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    missing: Literal[True] | list[Reason] | None = None
    all_: "list[Condition] | None" = Field(default=None, alias="all", min_length=1)
    any_: "list[Condition] | None" = Field(default=None, alias="any", min_length=1)
    not_: "Condition | None" = Field(default=None, alias="not")

    @model_validator(mode="after")
    def _one_statement(self) -> Self:
        tests, parts = self.tests, [part for part in (self.all_, self.any_, self.not_) if part is not None]
        if self.question is None and (len(parts) != 1 or tests):
            raise ValueError("a condition names a question and one test of it, or is one of all, any, not")
        if self.question is not None and (parts or len(tests) != 1):
            raise ValueError(
                f"exactly one test of '{self.question}' is needed: is, is_not, has, has_all, at_least, "
                f"above, at_most, below or missing; found {', '.join(tests) or 'none'}"
            )
        return self

    @property
    def tests(self) -> dict[str, Any]:
        """The tests that were given, by their name in YAML; in a valid condition at most one."""
        words = ("is", "is_not", "has", "has_all", "at_least", "above", "at_most", "below", "missing")
        values = {word: getattr(self, "is_" if word == "is" else word) for word in words}
        return {word: value for word, value in values.items() if value is not None}

    @property
    def children(self) -> list["Condition"]:
        """The conditions that this one is made of."""
        return [*(self.all_ or []), *(self.any_ or []), *([self.not_] if self.not_ else [])]

    def leaves(
        self, place: tuple[str | int, ...] = ()
    ) -> Iterator[tuple["Condition", tuple[str | int, ...]]]:
        """Yield every statement on a question, with its place below this condition."""
        if self.question is not None:
            yield self, place
        for word, parts in (("all", self.all_), ("any", self.any_)):
            for i, part in enumerate(parts or []):
                yield from part.leaves((*place, word, i))
        if self.not_:
            yield from self.not_.leaves((*place, "not"))

    def check(self, scope: "Scope", place: Place) -> None:
        """Check every statement against the variable that it names."""
        for leaf, below in self.leaves():
            spot = (*place, *below)
            variable = scope.variable((*spot, "question"), str(leaf.question))
            if variable is None:
                continue
            ((word, value),) = leaf.tests.items()
            if variable.type not in _FITTING.get(word, ("numeric",)):
                scope.problem(
                    (*spot, word), f"'{word}' does not fit '{variable.name}', which is {variable.type}"
                )
            elif word in ("is", "is_not", "has", "has_all") and variable.type != "text":
                scope.options((*spot, word), variable.name, value)


#: The types of question that a test fits; those that are not named here fit numbers.
_FITTING = {
    "is": ("single", "ordinal", "text"),
    "is_not": ("single", "ordinal", "text"),
    "has": ("multi",),
    "has_all": ("multi",),
    "missing": ("single", "multi", "ordinal", "numeric", "text", "date"),
}


def evaluate(condition: Condition | Mapping[str, Any], frame: pd.DataFrame) -> pd.Series:
    """Compute for every response whether a condition holds.

    A statement on a question does not hold where its answer is missing; so neither ``is: [a]`` nor
    ``is_not: [a]`` holds there, but ``not: {is: [a]}`` does.

    Parameters
    ----------
    condition : Condition or mapping
        As in the codebook.
    frame : DataFrame
        Coded responses (see `nsmo.stages.ingest`).

    Returns
    -------
    Series of bool
        With the index of `frame`, never missing.

    Raises
    ------
    StudyError
        If the condition is malformed, or names a question or option that the frame does not have.
    """
    holds, _ = _truth(_condition(condition), frame, known=False)
    return pd.Series(holds, index=frame.index)


def evaluate_known(condition: Condition | Mapping[str, Any], frame: pd.DataFrame) -> pd.Series:
    """Compute for every response whether a condition holds, missing where that depends on a missing answer.

    Three-valued logic: "a or b" holds when a holds, whatever b is; it is missing when neither is known to
    hold and one is missing.

    Parameters, errors
        See `evaluate`.

    Returns
    -------
    Series of boolean
        With missing values.
    """
    holds, fails = _truth(_condition(condition), frame, known=True)
    return pd.Series(pd.arrays.BooleanArray(holds, ~(holds | fails)), index=frame.index)


def names(condition: Condition | Mapping[str, Any]) -> list[str]:
    """List the questions and derived variables that a condition asks for, each once, in order."""
    return list(dict.fromkeys(str(leaf.question) for leaf, _ in _condition(condition).leaves()))


def describe(condition: Condition | Mapping[str, Any], codebook: "Codebook", language: str) -> str:
    """Return a condition in words, with the labels of the codebook.

    Parameters
    ----------
    condition : Condition or mapping
        As in the codebook.
    codebook : Codebook
        Gives the labels.
    language : str
        nl or en.

    Returns
    -------
    str
        For instance ``Consent is not Yes and Size is Small or Large``.
    """
    return _words(_condition(condition), codebook, language)


def _condition(condition: Condition | Mapping[str, Any]) -> Condition:
    if isinstance(condition, Condition):
        return condition
    try:
        return Condition.model_validate(dict(condition))
    except ValidationError as error:
        faults = "; ".join(
            str(fault.get("ctx", {}).get("error"))
            if fault["type"] == "value_error"
            else f"{fault['loc']}: {fault['msg']}"
            for fault in error.errors(include_url=False)
        )
        raise StudyError(found=f"no condition: {dict(condition)}: {faults}") from None


def _truth(condition: Condition, frame: pd.DataFrame, known: bool) -> tuple[np.ndarray, np.ndarray]:
    """Compute of which responses a condition holds, and of which it fails; with `known` of some neither."""
    if condition.all_ or condition.any_:
        holds, fails = zip(*(_truth(part, frame, known) for part in condition.children), strict=True)
        every, some = np.logical_and.reduce, np.logical_or.reduce
        return (every(holds), some(fails)) if condition.all_ else (some(holds), every(fails))
    if condition.not_:
        holds, fails = _truth(condition.not_, frame, known)
        return fails, holds
    name = str(condition.question)
    ((word, value),) = condition.tests.items()
    reasons = _column(f"{name}.missing", name, frame)
    missing = reasons.notna().to_numpy()
    if word == "missing":
        holds = missing if value is True else _one_of(reasons, value)
        return holds, ~holds
    if word in ("has", "has_all"):
        ticked = [_column(f"{name}.{option}", name, frame) for option in value]
        holds = [one.to_numpy(dtype=bool, na_value=False) for one in ticked]
        truth = np.logical_or.reduce(holds) if word == "has" else np.logical_and.reduce(holds)
    else:
        answers = _column(name, name, frame)
        if word in ("is", "is_not"):
            _require_options(answers, name, value)
            truth = _one_of(answers, value) if word == "is" else ~_one_of(answers, value)
        else:
            compare = {
                "at_least": answers.ge,
                "above": answers.gt,
                "at_most": answers.le,
                "below": answers.lt,
            }
            truth = compare[word](value).to_numpy(dtype=bool, na_value=False)
    truth = truth & ~missing
    return truth, ~(truth | missing) if known else ~truth


def _one_of(values: pd.Series, wanted: list[Any]) -> np.ndarray:
    """Compute which values are among some; of categories, each is looked at once."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return values.isin(wanted).to_numpy(dtype=bool)
    among = np.array([*values.cat.categories.isin(wanted), False], dtype=bool)
    return among[values.cat.codes.to_numpy()]


def _column(column: str, name: str, frame: pd.DataFrame) -> pd.Series:
    if column not in frame:
        raise StudyError(
            found=f"a condition asks for '{column}', which the responses do not have",
            expected=", ".join(c for c in frame if c.startswith(f"{name}.")) or "a name of the codebook",
            fix="correct the name in the condition, or derive the variable before it is used",
        )
    return frame[column]


def _require_options(answers: pd.Series, name: str, wanted: list[str]) -> None:
    if isinstance(answers.dtype, pd.CategoricalDtype):
        unknown = [option for option in wanted if option not in answers.cat.categories]
        if unknown:
            raise StudyError(
                found=f"a condition asks whether '{name}' is '{unknown[0]}', which is none of its answers",
                expected=", ".join(answers.cat.categories),
            )


_WORDS = {
    "en": {
        "all": " and ",
        "any": " or ",
        "not": "not ({})",
        "not is": "{} is not {}",
        "is": "{} is {}",
        "is_not": "{} is answered with something other than {}",
        "has": "{}: {} ticked",
        "has_all": "{}: {} all ticked",
        "at_least": "{} is at least {}",
        "above": "{} is above {}",
        "at_most": "{} is at most {}",
        "below": "{} is below {}",
        "missing": "{} is missing ({})",
        "or": " or ",
        "any reason": "for any reason",
    },
    "nl": {
        "all": " en ",
        "any": " of ",
        "not": "niet ({})",
        "not is": "{} is niet {}",
        "is": "{} is {}",
        "is_not": "{} is beantwoord met iets anders dan {}",
        "has": "{}: {} aangekruist",
        "has_all": "{}: {} alle aangekruist",
        "at_least": "{} is ten minste {}",
        "above": "{} is meer dan {}",
        "at_most": "{} is ten hoogste {}",
        "below": "{} is minder dan {}",
        "missing": "{} ontbreekt ({})",
        "or": " of ",
        "any reason": "om welke reden ook",
    },
}


def _words(condition: Condition, codebook: "Codebook", language: str) -> str:
    words = _WORDS[language]
    if condition.not_ and condition.not_.is_:
        return words["not is"].format(*_parts(condition.not_, codebook, language))
    if condition.not_:
        return words["not"].format(_words(condition.not_, codebook, language))
    if condition.all_ or condition.any_:
        parts = [_words(part, codebook, language) for part in condition.children]
        nested = [
            f"({text})" if part.all_ or part.any_ else text
            for text, part in zip(parts, condition.children, strict=True)
        ]
        return words["all" if condition.all_ else "any"].join(nested)
    ((word, _),) = condition.tests.items()
    return words[word].format(*_parts(condition, codebook, language))


def _parts(condition: Condition, codebook: "Codebook", language: str) -> tuple[str, str]:
    """Return what a statement is about, and what it says of it."""
    words, variable = _WORDS[language], codebook.variable(str(condition.question))
    ((word, value),) = condition.tests.items()
    if word == "missing":
        text = words["any reason"] if value is True else words["or"].join(value)
    elif isinstance(value, list):
        text = words["or"].join(variable.option(v).label(language) if variable.options else v for v in value)
    else:
        text = f"{value:g}"
        text = text.replace(".", ",") if language == "nl" else text
    return variable.label(language), text
