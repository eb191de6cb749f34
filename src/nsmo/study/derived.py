"""The kinds of variable that are computed from answers: how each is written, and what it may be made of."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from nsmo.study.conditions import Condition, names
from nsmo.study.model import Group, Model, Name, NamedText, Place, SameAs, Text, repeated
from nsmo.study.variable import Base, Role, Variable

if TYPE_CHECKING:
    from nsmo.study.scope import Scope


class _Derived(Model, ABC):
    name: Name
    label: Text
    """The variable in a few words, as tables and figures show it."""
    text: Text | None = None
    """What it says in full; left out, the label."""
    base: Base = "asked"
    """Of whom shares are taken: who was asked what it is made of, who answered, or all respondents."""
    role: Role = "substantive"
    same_as: SameAs | None = None
    """Its name in earlier waves, where it had another."""

    @property
    @abstractmethod
    def sources(self) -> list[str]:
        """What it is computed from: questions, and derived variables that stand above it."""

    @abstractmethod
    def variable(self, known: Mapping[str, Variable]) -> Variable:
        """Return the variable that it amounts to."""

    @abstractmethod
    def check(self, scope: "Scope", place: Place) -> None:
        """Check it against what stands above it in the file."""


class Recode(_Derived):
    """Categories of a single or ordinal variable, put together. Every category must go somewhere."""

    kind: Literal["recode"]
    from_: str = Field(alias="from")
    """The variable that it is made of."""
    options: list[Group] = Field(min_length=2)
    top_box: list[str] = []
    """The groups that are counted together."""

    @property
    def sources(self) -> list[str]:
        """The variable that is recoded."""
        return [self.from_]

    def variable(self, known: Mapping[str, Variable]) -> Variable:
        """Return an ordinal variable where it is made of one, else a single one."""
        source = known.get(self.from_)
        if source is not None and source.type == "ordinal":
            return Variable(self, "ordinal", self.options, _in_order(self.options))
        return Variable(self, "single", self.options)

    def check(self, scope: "Scope", place: Place) -> None:
        """Check the groups against the categories of the variable."""
        source = scope.of_type((*place, "from"), self.from_, ("single", "ordinal"), "a single or ordinal one")
        if source is not None:
            taken = [name for group in self.options for name in group.of]
            scope.options((*place, "options"), source.name, taken)
            for fault in repeated("category", taken):
                scope.problem((*place, "options"), fault)
            left = [name for name in source.option_names if name not in taken]
            if left:
                scope.problem(
                    (*place, "options"),
                    f"no place for {', '.join(left)} of '{source.name}'",
                    fix="put every category into one of the groups",
                )
        for option in self.top_box:
            if option not in [group.name for group in self.options]:
                scope.problem((*place, "top_box"), f"'{option}' in top_box is no option")


class Count(_Derived):
    """How many options of a multi question are ticked."""

    kind: Literal["count"]
    of: str
    """The question."""
    exclude: list[str] = []
    """Options that do not count, such as "none of these"."""

    @property
    def sources(self) -> list[str]:
        """The question whose options are counted."""
        return [self.of]

    def variable(self, known: Mapping[str, Variable]) -> Variable:
        """Return a numeric variable."""
        return Variable(self, "numeric")

    def check(self, scope: "Scope", place: Place) -> None:
        """Check it against the question."""
        scope.of_type((*place, "of"), self.of, ("multi",), "a multi one")
        scope.options((*place, "exclude"), self.of, self.exclude)


class Mean(_Derived):
    """The mean score of several ordinal questions, where at least `min_answered` of them were answered."""

    kind: Literal["mean"]
    of: list[str] = Field(min_length=2)
    """The questions."""
    min_answered: int = Field(ge=1)

    @property
    def sources(self) -> list[str]:
        """The questions whose mean it is."""
        return self.of

    def variable(self, known: Mapping[str, Variable]) -> Variable:
        """Return a numeric variable."""
        return Variable(self, "numeric")

    def check(self, scope: "Scope", place: Place) -> None:
        """Check it against the questions."""
        for name in self.of:
            scope.of_type((*place, "of"), name, ("ordinal",), "ordinal ones")
        if self.min_answered > len(self.of):
            scope.problem(
                (*place, "min_answered"),
                f"{self.min_answered} answers are asked of {len(self.of)} questions",
            )


class Flag(_Derived):
    """Yes or no: does a condition hold. Missing where the condition depends on an answer that is missing."""

    kind: Literal["flag"]
    when: Condition
    options: list[NamedText] = [
        NamedText(name="yes", nl="Ja", en="Yes"),
        NamedText(name="no", nl="Nee", en="No"),
    ]
    """The labels of yes and no, where they shall be others than these words."""

    @model_validator(mode="after")
    def _yes_and_no(self) -> Self:
        if [option.name for option in self.options] != ["yes", "no"]:
            raise ValueError(
                "the options of a flag are yes and no, in this order; only their labels are free"
            )
        return self

    @property
    def sources(self) -> list[str]:
        """What the condition asks for."""
        return names(self.when)

    def variable(self, known: Mapping[str, Variable]) -> Variable:
        """Return a single variable."""
        return Variable(self, "single", self.options)

    def check(self, scope: "Scope", place: Place) -> None:
        """Check the condition against the questions."""
        self.when.check(scope, (*place, "when"))


class Case(NamedText):
    """A category that holds when a condition holds."""

    when: Condition


class FirstMatch(_Derived):
    """The first category whose condition holds; then `otherwise`."""

    kind: Literal["first_match"]
    ordered: bool = False
    """Whether the categories stand from low to high."""
    options: list[Case] = Field(min_length=1)
    otherwise: NamedText | str
    """Where no condition holds: a category of the list or a new one, `missing`, or `error`."""
    shown: list[str] = []
    """In which order the categories are shown; left out, that in which their conditions are tried."""

    @property
    def sources(self) -> list[str]:
        """What the conditions ask for, each once."""
        return list(dict.fromkeys(name for case in self.options for name in names(case.when)))

    def variable(self, known: Mapping[str, Variable]) -> Variable:
        """Return an ordinal variable where the categories are ordered, else a single one."""
        options: list[NamedText] = list(self.options)
        if isinstance(self.otherwise, NamedText):
            options.append(self.otherwise)
        if self.shown:
            place = {name: i for i, name in enumerate(self.shown)}
            options.sort(key=lambda option: place.get(option.name, len(place)))
        if self.ordered:
            return Variable(self, "ordinal", options, _in_order(options))
        return Variable(self, "single", options)

    def check(self, scope: "Scope", place: Place) -> None:
        """Check the conditions against the questions, and `otherwise` against the categories."""
        for i, case in enumerate(self.options):
            case.when.check(scope, (*place, "options", i, "when"))
        names = [case.name for case in self.options]
        if not isinstance(self.otherwise, str):
            names.append(self.otherwise.name)
        elif self.otherwise not in (*names, "missing", "error"):
            scope.problem(
                (*place, "otherwise"),
                f"'{self.otherwise}' is none of the categories",
                f"one of {', '.join(names)}, missing, error, or a new one with name, nl and en",
            )
        for fault in repeated("category", names):
            scope.problem((*place, "options"), fault)
        if self.shown and sorted(self.shown) != sorted(names):
            scope.problem(
                (*place, "shown"),
                f"the order {', '.join(self.shown)}",
                f"every category once: {', '.join(names)}",
            )


class Cross(_Derived):
    """Every combination of the categories of two and more variables, such as the cells to weight by.

    Its categories are called ``small_retail`` and labelled “Small × Retail”. Missing where one of the
    variables is.
    """

    kind: Literal["cross"]
    of: list[str] = Field(min_length=2)
    """The variables, single or ordinal."""

    @property
    def sources(self) -> list[str]:
        """The variables that are crossed."""
        return self.of

    def variable(self, known: Mapping[str, Variable]) -> Variable:
        """Return a single variable."""
        sources = [known[name].options for name in self.of if name in known]
        cells = product(*sources) if len(sources) == len(self.of) else ()
        return Variable(self, "single", [_cell(parts) for parts in cells])

    def check(self, scope: "Scope", place: Place) -> None:
        """Check the variables, and that no two cells have one name."""
        sources = [
            scope.of_type((*place, "of"), name, ("single", "ordinal"), "single or ordinal ones")
            for name in self.of
        ]
        for fault in repeated("variable", self.of):
            scope.problem((*place, "of"), fault)
        known = [source.options for source in sources if source is not None]
        if len(known) == len(self.of):
            for fault in repeated("category", [_cell(parts).name for parts in product(*known)]):
                scope.problem((*place, "of"), fault, fix="give an option another name")


def _cell(parts: Sequence[Any]) -> NamedText:
    nl, en = (" × ".join(part.label(language) for part in parts) for language in ("nl", "en"))
    return NamedText(name="_".join(part.name for part in parts), nl=nl, en=en)


Derived = Annotated[Recode | Count | Mean | Flag | FirstMatch | Cross, Field(discriminator="kind")]


def _in_order(options: list) -> dict[str, float]:
    return {option.name: float(i) for i, option in enumerate(options, start=1)}
