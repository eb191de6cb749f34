"""The models of rules.yaml: who counts, how answers are weighted, and which question plays which part."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from nsmo.study.conditions import Condition
from nsmo.study.crosstabs import Crosstabs
from nsmo.study.given import Given
from nsmo.study.model import Filled, Group, Model, Name, Place, Text, Url, closest, repeated
from nsmo.study.origins import Origins
from nsmo.study.privacy import Privacy
from nsmo.study.propensity import Propensity
from nsmo.study.variable import Variable

if TYPE_CHECKING:
    from nsmo.study.questionnaire import Questionnaire
    from nsmo.study.scope import Scope

#: A question, derived variable or battery, or one answer: question.option.
Part = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)?$")]


#: Types of question in whose answers a pattern can be looked for.
_SEARCHABLE = ("single", "ordinal", "numeric", "text", "date")


class _Rule(Model):
    name: Name
    reason: Text
    """Why a response leaves, as tables and figures show it."""

    @property
    def questions_used(self) -> list[str]:
        """The questions that the rule asks for, which must not be derived: that happens after cleaning."""
        return []

    def check(self, scope: "Scope", place: Place, paradata: Mapping[str, str]) -> None:
        """Check the rule against the questionnaire."""

    def _needs(self, scope: "Scope", place: Place, paradata: Mapping[str, str], *names: str) -> None:
        if any(name not in paradata for name in names):
            scope.problem(place, f"this rule needs source.paradata {' and '.join(names)}")


class ConditionRule(_Rule):
    """Takes responses of which a condition holds."""

    kind: Literal["condition"]
    when: Condition

    @property
    def questions_used(self) -> list[str]:
        """The questions of the condition."""
        return [str(leaf.question) for leaf, _ in self.when.leaves()]

    def excludes(self, variables: Mapping[str, Variable]) -> list[tuple[str, str]]:
        """List the answers (question and option) that nobody who stays has given."""
        stays = self.when.not_
        asked = stays or self.when
        named = asked.tests.get("is")
        if asked.question is None or named is None or asked.question not in variables:
            return []
        options = variables[asked.question].option_names
        return [(asked.question, name) for name in options if (name in named) != (stays is not None)]

    def check(self, scope: "Scope", place: Place, paradata: Mapping[str, str]) -> None:
        """Check the condition against the questions."""
        self.when.check(scope, (*place, "when"))


class PatternRule(_Rule):
    """Takes responses in which one of some texts contains a regular expression (in any case of letters)."""

    kind: Literal["pattern"]
    questions: list[str] = Field(min_length=1)
    """Text questions, or columns of the source as `paradata.token`."""
    pattern: Filled

    @property
    def questions_used(self) -> list[str]:
        """The questions whose texts are searched."""
        return [name for name in self.questions if not name.startswith("paradata.")]

    def check(self, scope: "Scope", place: Place, paradata: Mapping[str, str]) -> None:
        """Compile the expression, and hold the questions against the questionnaire."""
        try:
            re.compile(self.pattern)
        except re.error as error:
            scope.problem((*place, "pattern"), f"'{self.pattern}' is no regular expression: {error}")
        for name in self.questions:
            if not name.startswith("paradata."):
                scope.of_type((*place, "questions"), name, _SEARCHABLE, "a question with one column")
            elif name.removeprefix("paradata.") not in paradata:
                scope.problem((*place, "questions"), f"source.paradata names no '{name}'")


class PartialRule(_Rule):
    """Takes responses that were not submitted and did not reach the page `clean.min_last_page`."""

    kind: Literal["partial"]

    def check(self, scope: "Scope", place: Place, paradata: Mapping[str, str]) -> None:
        """Check that the export has the columns by which the rule decides."""
        self._needs(scope, place, paradata, "submitted", "last_page")


class SpeederRule(_Rule):
    """Takes responses faster than `clean.speeder_ratio` times the median of the complete ones."""

    kind: Literal["speeder"]

    def check(self, scope: "Scope", place: Place, paradata: Mapping[str, str]) -> None:
        """Check that the export has the columns by which the rule decides."""
        self._needs(scope, place, paradata, "duration", "submitted")


class StraightlineRule(_Rule):
    """Takes responses with one and the same answer to at least `clean.straightline_items` of a battery."""

    kind: Literal["straightline"]
    battery: str

    def check(self, scope: "Scope", place: Place, paradata: Mapping[str, str]) -> None:
        """Look up the battery."""
        if self.battery not in scope.batteries and self.battery not in scope.broken:
            scope.problem(
                (*place, "battery"),
                f"no question belongs to a battery '{self.battery}'",
                closest(self.battery, sorted(scope.batteries)),
            )


class DuplicateRule(_Rule):
    """Takes all but one complete response of those that agree in some answers."""

    kind: Literal["duplicate"]
    by: list[str] = Field(min_length=1)
    """The questions whose answers tell that two responses are of the same respondent."""
    keep: Literal["last", "first"] = "last"
    """Which one counts. The last: who answers again is taken to put right what was answered before. The
    first: who answers again may have read the results, or be somebody else. A response that was submitted
    goes before one that was not, either way."""

    @property
    def questions_used(self) -> list[str]:
        """The questions that are compared."""
        return self.by

    def check(self, scope: "Scope", place: Place, paradata: Mapping[str, str]) -> None:
        """Check the questions against the questionnaire."""
        for name in self.by:
            variable = scope.variable((*place, "by"), name)
            if variable is not None and variable.type == "multi":
                scope.problem(
                    (*place, "by"), f"'{name}' is multi", "questions with one answer, such as a name"
                )
        if "submitted" not in paradata:
            scope.problem(place, "this rule needs source.paradata submitted, to tell which came later")


Rule = Annotated[
    ConditionRule | PatternRule | PartialRule | SpeederRule | StraightlineRule | DuplicateRule,
    Field(discriminator="kind"),
]


class Cleaning(Model):
    """Who counts as a respondent, and which spellings of an "other" text name a listed option."""

    rules: list[Rule] = []
    """Applied in this order; the first that holds takes the response."""
    other_texts: dict[str, dict[str, list[Filled]]] = {}
    """By question, by option: what people write beside "other" who mean that option."""

    def check(self, scope: "Scope", questionnaire: "Questionnaire") -> None:
        """Check rules and spellings against the questionnaire."""
        for fault in repeated("rule", [rule.name for rule in self.rules]):
            scope.problem(("cleaning", "rules"), fault)
        derived = {variable.name for variable in questionnaire.derived}
        for rule in self.rules:
            place = scope.place("cleaning.rules", rule.name)
            for name in sorted(derived.intersection(rule.questions_used)):
                scope.problem(
                    place,
                    f"'{name}' is derived after cleaning",
                    "questions of the questionnaire",
                    "name what it is derived from",
                )
            rule.check(scope, place, questionnaire.source.paradata.columns)
        with_other = [question.name for question in questionnaire.questions if question.other]
        for name, spellings in self.other_texts.items():
            place = ("cleaning", "other_texts", name)
            if name in with_other:
                scope.options(place, name, list(spellings))
            elif name not in scope.broken:
                scope.problem(
                    place, f"'{name}' is no question with an 'other' text", closest(name, with_other)
                )


class Margin(Model):
    """A variable whose distribution in the population is known."""

    name: Name
    question: str
    """The question or derived variable."""
    population: str
    """The name of the margin in population.csv."""
    label: Text | None = None
    merge: list[Group] = []
    """Mergers allowed when a category has too few respondents, in the order in which they are tried."""
    note: Text | None = None

    def check(self, scope: "Scope", place: Place) -> None:
        """Check the margin against the categories of its variable."""
        variable = scope.of_type(
            (*place, "question"), self.question, ("single", "ordinal"), "a single or ordinal one"
        )
        if variable is None:
            return
        scope.shown((*place, "question"), self.question)
        categories = list(variable.option_names)
        for i, group in enumerate(self.merge):
            for name in group.of:
                if name not in categories:
                    scope.problem(
                        (*place, "merge", i, "of"),
                        f"'{name}' is no category of '{variable.name}', or was merged before",
                        closest(name, categories),
                    )
            categories = [name for name in categories if name not in group.of]
            if group.name in categories:
                scope.problem((*place, "merge", i, "name"), f"'{group.name}' is already a category")
            categories.append(group.name)


class Sensitivity(Model):
    """Multiplies the shares of a margin by a rate per category, such as the share that uses a service."""

    name: Name
    margin: str
    label: Text
    rates: dict[str, Annotated[float, Field(gt=0, le=1)]] = Field(min_length=1)
    source: Text
    source_url: Url | None = None
    note: Text | None = None


class Alternative(Model):
    """Other weights that could have been made, to see how far that choice moves the results."""

    name: Name
    label: Text
    margins: list[str] = Field(min_length=1)
    """The margins that are met; the others are left aside."""
    only: Condition | None = None
    """The respondents that count; categories of the margins that none of them has are left aside too."""

    def check(self, scope: "Scope", place: Place, names: list[str]) -> None:
        """Check the margins, and the condition against the questionnaire."""
        for name in self.margins:
            if name not in names and f"margin {name}" not in scope.broken:
                scope.problem((*place, "margins"), f"there is no margin '{name}'", closest(name, names))
        if self.only is not None:
            self.only.check(scope, (*place, "only"))


class Weighting(Model):
    """Whom the weights stand for, to which margins they are made, and whether some came with the data."""

    population: Text
    """The population in words."""
    words: Text | None = None
    """What weighted figures are called, in small letters: "adjusted for size and sector"."""
    given: Given | bool = False
    """Whether, and how, the weights and the design of source.design in questionnaire.yaml are used. With
    margins, the given weights are raked to them, and so are the replicate weights."""
    propensity: Propensity | None = None
    """Weights by the chance of taking part, estimated with a reference sample, instead of margins."""
    margins: list[Margin] = []
    sensitivity: list[Sensitivity] = []
    """Other populations that the weights are tried with."""
    alternatives: list[Alternative] = []
    """Other weights that the page on choices tries."""

    @model_validator(mode="after")
    def _given_or_made(self) -> Self:
        if not self.given and not self.margins and self.propensity is None:
            raise ValueError("neither margins, to which weights are made, nor given: true, nor propensity")
        if self.propensity is not None and (self.given or self.margins):
            raise ValueError("propensity makes weights of its own: take given and margins out")
        if self.sensitivity and not self.margins:
            raise ValueError("sensitivity changes a margin, and there is none")
        if self.margins and isinstance(self.given, Given) and self.given.trim is not None:
            raise ValueError("trim: raked weights keep the bound max_ratio of params.yaml instead")
        return self

    @property
    def as_given(self) -> Given | None:
        """How weights and design that came with the responses are used; None where they are not."""
        return self.given if isinstance(self.given, Given) else Given() if self.given else None

    def check(self, scope: "Scope") -> None:
        """Check the margins against the questionnaire."""
        if self.propensity is not None:
            self.propensity.check(scope, ("weighting", "propensity"))
        names = [margin.name for margin in self.margins]
        for fault in repeated("margin", names):
            scope.problem(("weighting", "margins"), fault)
        for margin in self.margins:
            margin.check(scope, scope.place("weighting.margins", margin.name))
        for i, sensitivity in enumerate(self.sensitivity):
            if sensitivity.margin not in names and f"margin {sensitivity.margin}" not in scope.broken:
                scope.problem(
                    ("weighting", "sensitivity", i, "margin"),
                    f"there is no margin '{sensitivity.margin}'",
                    closest(sensitivity.margin, names),
                )
        for fault in repeated("alternative", [alternative.name for alternative in self.alternatives]):
            scope.problem(("weighting", "alternatives"), fault)
        for i, alternative in enumerate(self.alternatives):
            alternative.check(scope, ("weighting", "alternatives", i), names)


class Rules(Model):
    """rules.yaml: who counts, how answers are weighted, and which question plays which part in a stage."""

    cleaning: Cleaning = Cleaning()
    weighting: Weighting | None = None
    analyse: dict[Name, dict[Name, Part | list[Part]]] = {}
    """By stage: which question, battery or answer (question.option) plays which part in it."""
    crosstabs: Crosstabs | None = None
    """By which groups every question is shown; left out, by the background variables that make groups."""
    privacy: Privacy | None = None
    """What may be shown; left out, real answers are held to the defaults."""
    thresholds: dict[Name, int | float] = {}
    """What this wave has of its own of the sections clean, weight, analyse and topline of params.yaml."""
    origins: Origins = Origins()
    """Of reconstructed answers: which figures were published, or follow from what was."""

    def check(self, scope: "Scope", questionnaire: "Questionnaire") -> None:
        """Check every part against the questionnaire."""
        self.cleaning.check(scope, questionnaire)
        if self.weighting is not None:
            self.weighting.check(scope)
        if self.crosstabs is not None:
            self.crosstabs.check(scope, questionnaire)
        if self.privacy is not None:
            for name in self.privacy.groupings:
                scope.variable(("privacy", "groupings"), name)
        self.origins.check(scope)
        for stage, parts in self.analyse.items():
            for part, named in parts.items():
                for name in [named] if isinstance(named, str) else named:
                    place, (question, _, option) = ("analyse", stage, part), name.partition(".")
                    if question not in scope.batteries:
                        scope.variable(place, question, "question, derived variable or battery")
                    scope.shown(place, question)
                    if option:
                        scope.options(place, question, [option])
