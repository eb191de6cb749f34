"""`crosstabs:` in rules.yaml: by which groups every question is shown, and which answers are added up.

A net, and a banner made of several variables, are variables like any other: they are derived with those of
questionnaire.yaml, so that whatever is known of derived variables (what is missing, what may be shown, what a
label is) holds for them, too.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from nsmo.study.cells import normal_column
from nsmo.study.conditions import Condition
from nsmo.study.derived import Case, Derived, FirstMatch, Flag
from nsmo.study.model import Group, Model, Name, Text, closest, repeated

if TYPE_CHECKING:
    from nsmo.study.codebook import Codebook
    from nsmo.study.questionnaire import Questionnaire
    from nsmo.study.scope import Scope
    from nsmo.study.variable import Variable

#: More groups than this make no table that anybody reads.
MOST_GROUPS = 60
#: Types of question whose answers make columns; of a multi these overlap.
GROUPING = ("single", "ordinal", "multi")
#: Types of question whose answers can be counted or averaged.
COUNTED = ("single", "multi", "ordinal", "numeric")

Crossed = Annotated[list[Name], Field(min_length=2, max_length=3)]


class Crosstabs(Model):
    """What the cross-tables of a wave show."""

    banners: list[Name | Crossed] = []
    """The variables whose answers make the columns. A list of several, such as [market, size], makes a column
    of each combination. Of a question with several answers the columns overlap. Left out: the background
    variables that make groups elsewhere."""
    questions: list[Name] = []
    """The questions and derived variables that have a table; left out, all that can be counted."""
    nets: dict[Name, list[Group]] = {}
    """By question: answers that are counted together, whoever gave one of them."""
    rankings: list[Name] = []
    """Batteries of numbers in which respondents put things in order, 1 for the first, besides those that are
    read from a ranking of `source: rankings` in questionnaire.yaml."""
    adjust: Literal["holm", "none"] = "holm"
    """For the number of comparisons of a row within a banner: Holm's adjustment, or none."""

    @property
    def makes_groups(self) -> list[str]:
        """Every variable whose answers make columns, alone or crossed."""
        found = [[one] if isinstance(one, str) else [*one, crossed(one)] for one in self.banners]
        return [name for names in found for name in names]

    def check(self, scope: "Scope", questionnaire: "Questionnaire") -> None:
        """Check every name against the questionnaire."""
        for i, banner in enumerate(self.banners):
            self._check_banner(scope, i, [banner] if isinstance(banner, str) else banner)
        names = [one if isinstance(one, str) else crossed(one) for one in self.banners]
        for fault in repeated("banner", names):
            scope.problem(("crosstabs", "banners"), fault)
        for i, name in enumerate(self.questions):
            scope.of_type(("crosstabs", "questions", i), name, COUNTED, "a question that can be counted")
        for name, nets in self.nets.items():
            place = ("crosstabs", "nets", name)
            if scope.of_type(place, name, ("single", "multi", "ordinal"), "a closed one") is None:
                continue
            for i, net in enumerate(nets):
                scope.options((*place, i, "of"), name, net.of)
                if net_name(name, net) in scope.declared:
                    scope.problem((*place, i, "name"), f"the name '{net_name(name, net)}' is already used")
            for fault in repeated("net", [net.name for net in nets]):
                scope.problem(place, fault)
        numbers = {q.battery for q in questionnaire.questions if q.battery and q.type == "numeric"}
        for i, name in enumerate(self.rankings):
            if name not in numbers and name not in scope.broken:
                scope.problem(
                    ("crosstabs", "rankings", i),
                    f"no battery of numbers is called '{name}'",
                    closest(name, sorted(numbers)),
                )

    def _check_banner(self, scope: "Scope", i: int, names: Sequence[str]) -> None:
        place = ("crosstabs", "banners", i)
        found = []
        for name in names:
            known = scope.known.get(name)
            if known is not None and known.type == "multi" and len(names) > 1:
                scope.problem(
                    place,
                    f"'{name}' has several answers, so it makes no cells with another question",
                    "one with one answer",
                    "name it as a banner of its own, or derive a flag of an answer in questionnaire.yaml",
                )
                return
            found.append(scope.of_type(place, name, GROUPING, "a closed one"))
            scope.shown(place, name)
        for fault in repeated("variable", names):
            scope.problem(place, fault)
        if any(variable is None for variable in found):
            return
        groups = prod(len(variable.options) for variable in found if variable)
        if groups > MOST_GROUPS:
            scope.problem(
                place,
                f"{' and '.join(names)} make{'s' * (len(names) == 1)} {groups} columns",
                f"at most {MOST_GROUPS}",
                "derive classes of it in questionnaire.yaml: a recode, or a first_match with `otherwise`",
            )
        if len(names) > 1 and crossed(names) in scope.declared:
            scope.problem(place, f"the name '{crossed(names)}' is already used")


def crossed(names: Sequence[str]) -> str:
    """Return the name of a banner made of several variables."""
    return "_by_".join(names)


def net_name(question: str, net: Group) -> str:
    """Return the name of the variable that a net is."""
    return f"{question}_{net.name}"


def completed(codebook: "Codebook") -> "Codebook":
    """Return a codebook with the variables that its cross-tables need besides those of the questionnaire."""
    rules = codebook.read_rules
    if rules is None or rules.crosstabs is None:
        return codebook
    made = [*_nets(rules.crosstabs, codebook), *_crossings(rules.crosstabs, codebook)]
    return codebook.changed(derived=[*codebook.derived, *made]) if made else codebook


def _nets(crosstabs: Crosstabs, codebook: "Codebook") -> Iterator[Derived]:
    for name, nets in crosstabs.nets.items():
        variable = codebook.variable(name)
        test = "has" if variable.type == "multi" else "is"
        for net in nets:
            yield Flag(
                kind="flag",
                name=net_name(name, net),
                label=Text(nl=net.nl, en=net.en),
                base=variable.base,
                role=variable.role,
                when=Condition.model_validate({"question": name, test: net.of}),
            )


def _crossings(crosstabs: Crosstabs, codebook: "Codebook") -> Iterator[Derived]:
    for banner in crosstabs.banners:
        if isinstance(banner, str):
            continue
        parts = [codebook.variable(name) for name in banner]
        yield FirstMatch(
            kind="first_match",
            name=crossed(banner),
            label=_joined([(one.label("nl"), one.label("en")) for one in parts], " × "),
            base="answered",
            role="background",
            options=[_case(parts, options) for options in product(*(one.options for one in parts))],
            otherwise="missing",
        )


def _case(parts: Sequence["Variable"], options: Sequence) -> Case:
    label = _joined([(option.label("nl"), option.label("en")) for option in options], ", ")
    tests = [{"question": one.name, "is": [option.name]} for one, option in zip(parts, options, strict=True)]
    name = "__".join(option.name for option in options)
    return Case.model_validate({"name": name, "nl": label.nl, "en": label.en, "when": {"all": tests}})


def _joined(labels: Sequence[tuple[str, str]], between: str) -> Text:
    return Text(nl=between.join(nl for nl, _ in labels), en=between.join(en for _, en in labels))


def banners(codebook: "Codebook") -> list[str]:
    """List the variables that make the columns: those declared, else the background ones that make groups."""
    crosstabs = codebook.rules.crosstabs
    if crosstabs is not None and crosstabs.banners:
        return [one if isinstance(one, str) else crossed(one) for one in crosstabs.banners]
    made = codebook.groupings
    return [name for name in made if codebook.variable(name).role == "background"] or made


def overlapping(codebook: "Codebook") -> list[str]:
    """List the banners with several answers, whose columns overlap."""
    return [name for name in banners(codebook) if codebook.variable(name).type == "multi"]


def nets(codebook: "Codebook", question: str) -> list[str]:
    """List the variables that are nets of a question."""
    crosstabs = codebook.rules.crosstabs
    declared = crosstabs.nets.get(question, []) if crosstabs else []
    return [net_name(question, net) for net in declared]


def rankings(codebook: "Codebook") -> dict[str, list[str]]:
    """Return by battery the questions in which respondents put things in order, 1 for the first."""
    declared = codebook.rules.crosstabs.rankings if codebook.rules.crosstabs else []
    read = {normal_column(column) for one in codebook.source.rankings for column in one.items}
    if not declared and not read:
        return {}
    found: dict[str, list[str]] = {}
    ordered: set[str] = set(declared)
    for question in codebook.questions:
        if question.battery and question.type == "numeric":
            found.setdefault(question.battery, []).append(question.name)
            if question.column is not None and normal_column(question.column) in read:
                ordered.add(question.battery)
    return {battery: names for battery, names in found.items() if battery in ordered}


def tabulated(codebook: "Codebook") -> list[str]:
    """List the questions and derived variables that have a table of their own, in order."""
    crosstabs = codebook.rules.crosstabs or Crosstabs()
    made, names = added(codebook), crosstabs.questions or list(codebook.variables)
    return [name for name in names if name not in made and is_counted(codebook.variable(name))]


def added(codebook: "Codebook") -> set[str]:
    """Return the names of the variables that its cross-tables need besides those of the questionnaire."""
    crosstabs = codebook.rules.crosstabs or Crosstabs()
    made = {net_name(name, net) for name, nets in crosstabs.nets.items() for net in nets}
    return made | {crossed(one) for one in crosstabs.banners if not isinstance(one, str)}


def is_counted(variable: "Variable") -> bool:
    """Return whether answers can be counted or averaged, and identify nobody."""
    return variable.type in COUNTED and not variable.identifying


def made_of(codebook: "Codebook", name: str) -> set[str]:
    """Return a variable with everything that it is computed from."""
    needs = codebook.variable(name).sources
    return {name}.union(*(made_of(codebook, need) for need in needs))
