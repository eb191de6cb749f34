"""The codebook of a wave: what was asked, how the answers are stored, cleaned and weighted.

The models mirror ``data/raw/<wave>/codebook.yaml`` key by key. Nothing is accepted that is not described
here, and `load_codebook` reports everything that is wrong at once, with the line it stands on.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from nsmo.study.errors import Problem, StudyError
from nsmo.study.yamlfile import YamlFile

Language = Literal["nl", "en"]
Reason = Literal["dont_know", "refused", "not_asked", "no_answer"]
QuestionType = Literal["single", "multi", "ordinal", "numeric", "text", "date"]
Base = Literal["asked", "answered", "all"]
Role = Literal["background", "substantive", "screening"]

REASONS: tuple[Reason, ...] = ("dont_know", "refused", "not_asked", "no_answer")
OTHER = "other"

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
#: A question, derived variable or battery, or one answer: question.option.
Part = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)?$")]
Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Model(BaseModel):
    """A part of the codebook: no unknown keys, no silent conversions, not to be changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Text(Model):
    """A text in both languages."""

    nl: Filled
    en: Filled

    def __getitem__(self, language: str) -> str:
        return getattr(self, language)


class Condition(Model):
    """Something that is true or false of a response; see `nsmo.study.conditions`.

    Either one statement on one question, or `all`, `any` or `not` of other conditions.
    """

    question: str | None = None
    is_: list[str] | None = Field(None, alias="is", min_length=1)
    is_not: list[str] | None = Field(None, min_length=1)
    has: list[str] | None = Field(None, min_length=1)
    has_all: list[str] | None = Field(None, min_length=1)
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    missing: Literal[True] | list[Reason] | None = None
    all_: "list[Condition] | None" = Field(None, alias="all", min_length=1)
    any_: "list[Condition] | None" = Field(None, alias="any", min_length=1)
    not_: "Condition | None" = Field(None, alias="not")

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


class Option(Model):
    """An answer that can be chosen.

    `code` is what stands in the export (single, ordinal; multi where the cell holds something else than
    `source.ticked`), `column` the column of a multi-select option, `score` its place on an ordinal scale.
    """

    name: Name
    nl: Filled
    en: Filled
    code: str | None = None
    column: str | None = None
    score: float | None = None

    def label(self, language: str) -> str:
        """Give the label in a language."""
        return getattr(self, language)


class MissingCode(Model):
    """A code in the export that is a reason for having no answer."""

    reason: Reason
    code: str
    nl: Filled
    en: Filled


class Other(Model):
    """The free text beside "other, namely"; it makes an option named `other`.

    `code` is the answer code of a single question that opens the text; without one, any text counts.
    """

    column: str
    nl: Filled
    en: Filled
    code: str | None = None


class Question(Model):
    """A question of the questionnaire."""

    name: Name
    type: QuestionType
    label: Text
    text: Text
    column: str | None = None
    separator: str | None = Field(None, min_length=1)
    options: list[Option] = []
    missing: list[MissingCode] = []
    top: list[str] = []
    base: Base = "asked"
    battery: Name | None = None
    asked_if: Condition | None = None
    other: Other | None = None
    identifying: bool = False
    role: Role = "substantive"
    page: int | None = Field(None, ge=1)
    minimum: float | None = None
    maximum: float | None = None
    unit: Text | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        faults = list(self._faults())
        if faults:
            raise ValueError("; ".join(faults))
        if self.other:
            other = Option(name=OTHER, nl=self.other.nl, en=self.other.en, code=self.other.code)
            self.options.append(other)
        return self

    def _faults(self) -> Iterator[str]:
        closed = self.type in ("single", "multi", "ordinal")
        if closed and len(self.options) + bool(self.other) < (1 if self.type == "multi" else 2):
            yield f"a {self.type} question needs its options"
        if not closed and self.options:
            yield f"a {self.type} question has no options"
        if self.other and self.type not in ("single", "multi"):
            yield f"'other' belongs to single and multi questions, not to {self.type}"
        if self.other and OTHER in [option.name for option in self.options]:
            yield "'other:' already makes an option named other: remove it from the options"
        if self.type == "multi" and not self.separator:
            if self.column:
                yield "each option of a multi question has its own column (or give a separator)"
            columnless = [option.name for option in self.options if option.column is None]
            if columnless:
                yield f"no column for {', '.join(columnless)}"
        elif self.column is None:
            yield "no column"
        if self.separator and self.type != "multi":
            yield f"a separator belongs to a multi question, not to {self.type}"
        if self.type != "multi" or self.separator:
            with_column = [option.name for option in self.options if option.column is not None]
            if with_column:
                yield f"a column of {', '.join(with_column)} fits only a multi question without separator"
            codeless = [option.name for option in self.options if option.code is None]
            if codeless:
                yield f"no code for {', '.join(codeless)}"
        if self.type != "ordinal" and any(option.score is not None for option in self.options):
            yield f"scores belong to ordinal questions, not to {self.type}"
        scores = [option.score for option in self.options]
        if any(score is None for score in scores) and any(score is not None for score in scores):
            yield "either every option has a score or none"
        if self.type != "numeric" and (self.minimum is not None or self.maximum is not None):
            yield f"minimum and maximum belong to numeric questions, not to {self.type}"
        names = [option.name for option in self.options]
        yield from _repeated("option", names)
        yield from _repeated("option column", [o.column for o in self.options if o.column is not None])
        codes = [option.code for option in self.options if option.code is not None] if self.column else []
        yield from _repeated("code", [*codes, *(missing.code for missing in self.missing)])
        for option in self.top:
            if option not in names:
                yield f"'{option}' in top is no option; expected some of {', '.join(names)}"

    @property
    def columns(self) -> list[str]:
        """The columns of the export that this question is read from."""
        own = [self.column] if self.column is not None else []
        ticks = [option.column for option in self.options if option.column is not None]
        return [*own, *ticks, *([self.other.column] if self.other else [])]


class _Derived(Model):
    name: Name
    label: Text
    text: Text | None = None
    base: Base = "asked"
    role: Role = "substantive"


class NamedText(Model):
    """A name with its label in both languages."""

    name: Name
    nl: Filled
    en: Filled

    def label(self, language: str) -> str:
        """Give the label in a language."""
        return getattr(self, language)


class Group(NamedText):
    """Several categories under one name."""

    of: list[str] = Field(min_length=1)


class Case(NamedText):
    """A category that holds when a condition holds."""

    when: Condition


class Recode(_Derived):
    """Categories of a single or ordinal variable, put together. Every category must go somewhere."""

    kind: Literal["recode"]
    from_: str = Field(alias="from")
    options: list[Group] = Field(min_length=2)
    top: list[str] = []


class Count(_Derived):
    """How many options of a multi question are ticked."""

    kind: Literal["count"]
    of: str
    exclude: list[str] = []


class Mean(_Derived):
    """The mean score of several ordinal questions, where at least `min_answered` of them were answered."""

    kind: Literal["mean"]
    of: list[str] = Field(min_length=2)
    min_answered: int = Field(ge=1)


class Flag(_Derived):
    """Yes or no: does a condition hold. Missing where the condition hangs on an answer that is missing."""

    kind: Literal["flag"]
    when: Condition
    options: list[NamedText] = [
        NamedText(name="yes", nl="Ja", en="Yes"),
        NamedText(name="no", nl="Nee", en="No"),
    ]

    @model_validator(mode="after")
    def _yes_and_no(self) -> Self:
        if [option.name for option in self.options] != ["yes", "no"]:
            raise ValueError(
                "the options of a flag are yes and no, in this order; only their labels are free"
            )
        return self


class FirstMatch(_Derived):
    """The first category whose condition holds; then `otherwise`: a category, `missing` or `error`.

    `ordered` says that the categories stand from low to high.
    """

    kind: Literal["first_match"]
    ordered: bool = False
    options: list[Case] = Field(min_length=1)
    otherwise: NamedText | str


Derived = Annotated[Recode | Count | Mean | Flag | FirstMatch, Field(discriminator="kind")]


class _Rule(Model):
    name: Name
    reason: Text


class ConditionRule(_Rule):
    """Takes responses of which a condition holds."""

    kind: Literal["condition"]
    when: Condition


class PatternRule(_Rule):
    """Takes responses in which one of some texts contains a regular expression (in any case of letters)."""

    kind: Literal["pattern"]
    questions: list[str] = Field(min_length=1)
    pattern: Filled


class PartialRule(_Rule):
    """Takes responses that were not submitted and did not reach the page `clean.min_last_page`."""

    kind: Literal["partial"]


class SpeederRule(_Rule):
    """Takes responses faster than `clean.speeder_ratio` times the median of the complete ones."""

    kind: Literal["speeder"]


class StraightlineRule(_Rule):
    """Takes responses with one and the same answer to at least `clean.straightline_items` of a battery."""

    kind: Literal["straightline"]
    battery: str


class DuplicateRule(_Rule):
    """Takes all but the last complete response of those that agree in some answers."""

    kind: Literal["duplicate"]
    by: list[str] = Field(min_length=1)


Rule = Annotated[
    ConditionRule | PatternRule | PartialRule | SpeederRule | StraightlineRule | DuplicateRule,
    Field(discriminator="kind"),
]


class Cleaning(Model):
    """Who counts as a respondent, and which spellings of an "other" text name a listed option."""

    rules: list[Rule] = []
    other_texts: dict[str, dict[str, list[Filled]]] = {}


class Margin(Model):
    """A variable whose distribution in the population is known.

    `question` is the variable of the codebook, `population` the name of the margin in population.csv, `merge`
    the mergers allowed when a category has too few respondents, in the order in which they are tried.
    """

    name: Name
    question: str
    population: str
    label: Text | None = None
    merge: list[Group] = []
    note: Text | None = None


class Sensitivity(Model):
    """Multiplies the shares of a margin by a rate per category, such as the share that uses a service."""

    name: Name
    margin: str
    label: Text
    rates: dict[str, Annotated[float, Field(gt=0, le=1)]] = Field(min_length=1)
    source: Text
    source_url: str | None = None
    note: Text | None = None


class Weighting(Model):
    """Whom the weights stand for, and by which margins."""

    population: Text
    margins: list[Margin] = Field(min_length=1)
    sensitivity: list[Sensitivity] = []


class Paradata(Model):
    """Columns that tell how a response came about."""

    submitted: str | None = None
    started: str | None = None
    last_page: str | None = None
    duration: str | None = None
    language: str | None = None
    token: str | None = None

    @property
    def columns(self) -> dict[str, str]:
        """The columns that were named, by what they tell."""
        return {name: column for name, column in self.model_dump().items() if column is not None}


class Source(Model):
    """The export: where it lies and how it is written.

    `key` is the column of the response id, or null: then the number of the row counts. `header_rows` above 1
    joins the rows of the header with " / ", an empty cell of an upper row repeating the one before it.
    `date_formats` are those of `strptime`, or "excel" for serial numbers. `encoding` and `delimiter` are of a
    text; a workbook (`excel`) has a `sheet`, and its moments read as ``2018-01-26 13:05:00``, as those of
    SPSS do.
    """

    file: Filled
    format: Literal["limesurvey", "csv", "excel", "spss"]
    key: str | None
    encoding: Filled = "utf-8-sig"
    delimiter: str = Field(",", min_length=1, max_length=1)
    decimal: Literal[",", "."] = "."
    date_formats: list[Filled] = []
    ticked: str | None = None
    unticked: list[str] = [""]
    missing_codes: list[str] = [""]
    paradata: Paradata = Paradata()
    ignore: list[str] | Literal["rest"] = []
    header_rows: int = Field(1, ge=1, le=3)
    sheet: Filled | None = None


class FieldPeriod(Model):
    """When the questionnaire was open, and how sure that is."""

    from_: date | None = Field(alias="from")
    until: date | None
    certainty: Literal["assumed", "published"]
    note: Text | None = None


class Finding(Model):
    """One of the main findings that the report opens with: an estimate, its sentence and its figure.

    `sentence` holds `{value}`, the estimate for everybody; with `by` also `{group}` with the name of a group.
    `option` is an option of the question or `top`; a number has none, and its mean is taken.
    """

    question: Name
    option: Name | None = None
    by: Name | None = None
    figure: Literal["shares", "likert", "comparison", "distribution"]
    sentence: Text


class Report(Model):
    """What the report says of this wave beyond the estimates.

    `recruiting` tells how respondents were found, `unknown` lists what nobody knows about the survey.
    """

    findings: list[Finding] = Field(min_length=1)
    recruiting: Text | None = None
    unknown: list[Text] = []


class Publisher(Model):
    """Who published the study."""

    name: Filled
    url: str | None = None


class Told(Model):
    """What somebody knows about how the study was made: in both languages, and where that was read.

    `certainty`: whether the source says so, or it is inferred from it, or assumed.
    """

    nl: Filled
    en: Filled
    source: Filled
    certainty: Literal["published", "inferred", "assumed"]


Disclosure = Told | Literal["not_published"]


class Method(Model):
    """How the study was made, as far as no other part of the codebook tells; every item is answered.

    Who made it and who paid (`conducted_by`, `sponsor`); the questionnaire as put (`questionnaire`); how
    respondents were found (`frame`, `contact`, `invitation`, `context`, `incentives`, `voluntary`); how it
    was filled in (`mode`, `randomisation`, `completeness`, `review`); care for people and data (`ethics`,
    `consent`, `data_protection`, `testing`); what the site recorded (`visitors`, `cookies`, `ip_check`,
    `log_files`, `registration`); how the published figures were weighted (`original_weighting`).
    """

    conducted_by: Disclosure
    sponsor: Disclosure
    questionnaire: Disclosure
    frame: Disclosure
    mode: Disclosure
    contact: Disclosure
    invitation: Disclosure
    context: Disclosure
    incentives: Disclosure
    voluntary: Disclosure
    ethics: Disclosure
    consent: Disclosure
    data_protection: Disclosure
    testing: Disclosure
    randomisation: Disclosure
    completeness: Disclosure
    review: Disclosure
    visitors: Disclosure
    cookies: Disclosure
    ip_check: Disclosure
    log_files: Disclosure
    registration: Disclosure
    original_weighting: Disclosure


class Variable:
    """One thing known of every response, whether asked or derived.

    Attributes
    ----------
    name : str
        Its column in the coded frame (multi: the columns are ``name.option``).
    type : str
        single, multi, ordinal, numeric, text or date; of a derived variable what it amounts to.
    definition : Question or one of the derived kinds
        How it stands in the codebook.
    options : list
        With `name` and `label(language)`, in the order of the codebook; ordinal from low to high.
    scores : dict
        Score by option; empty unless ordinal.
    """

    def __init__(
        self, definition: Question | _Derived, type_: str, options: Sequence[Any], scores: dict
    ) -> None:
        self.definition = definition
        self.name = definition.name
        self.type = type_
        self.options = list(options)
        self.scores: dict[str, float] = scores
        self.base: Base = definition.base
        self.role: Role = definition.role
        self.top: list[str] = list(getattr(definition, "top", []))
        self.battery: str | None = getattr(definition, "battery", None)
        self.identifying: bool = getattr(definition, "identifying", False)
        self.derived = not isinstance(definition, Question)

    def __repr__(self) -> str:
        return f"Variable({self.name!r}, {self.type})"

    @property
    def columns(self) -> list[str]:
        """The columns of the coded frame that hold the answers (without ``.missing`` and ``.other_text``)."""
        if self.type == "multi":
            return [f"{self.name}.{option.name}" for option in self.options]
        return [self.name]

    @property
    def option_names(self) -> list[str]:
        """The names of the options, in order."""
        return [option.name for option in self.options]

    def option(self, name: str) -> Any:
        """Look an option up.

        Raises
        ------
        StudyError
            If the variable has no such option.
        """
        for option in self.options:
            if option.name == name:
                return option
        raise StudyError(
            found=f"'{self.name}' has no option '{name}'",
            where="codebook.yaml",
            expected=", ".join(self.option_names) or f"no options: it is {self.type}",
        )

    def label(self, language: str) -> str:
        """Give the short label."""
        return self.definition.label[language]

    def text(self, language: str) -> str:
        """Give the question as it was asked; of a derived variable its text, else its label."""
        return (self.definition.text or self.definition.label)[language]


class Codebook(Model):
    """Everything that is known of a wave's questionnaire. `load_codebook` reads it from a file.

    `analyse` says, for each stage of the analysis, which question, battery or answer (question.option)
    plays which part in it.
    """

    study: Name
    wave: Filled
    title: Text
    unit: Text
    provenance: Literal["real", "reconstructed"]
    language: Language
    field_period: FieldPeriod
    source: Source
    questions: list[Question] = Field(min_length=1)
    derived: list[Derived] = []
    cleaning: Cleaning = Cleaning()
    weighting: Weighting | None = None
    analyse: dict[Name, dict[Name, Part | list[Part]]] = {}
    publisher: Publisher | None = None
    report: Report | None = None
    method: Method | None = None

    @cached_property
    def variables(self) -> dict[str, Variable]:
        """Every question and every derived variable by its name, in the order of the codebook."""
        variables = {question.name: _asked(question) for question in self.questions}
        for definition in self.derived:
            variables[definition.name] = _derived(definition, variables)
        return variables

    def question(self, name: str) -> Question:
        """Look the definition of a question up.

        Raises
        ------
        StudyError
            If no question has this name.
        """
        for question in self.questions:
            if question.name == name:
                return question
        raise StudyError(
            found=f"no question is called '{name}'",
            where="codebook.yaml",
            expected=closest(name, [question.name for question in self.questions]),
        )

    def variable(self, name: str) -> Variable:
        """Look a question or derived variable up.

        Raises
        ------
        StudyError
            If nothing has this name.
        """
        if name not in self.variables:
            raise StudyError(
                found=f"no question or derived variable is called '{name}'",
                where="codebook.yaml",
                expected=closest(name, list(self.variables)),
            )
        return self.variables[name]

    def battery(self, name: str) -> list[Question]:
        """Give the questions of a battery, in order.

        Raises
        ------
        StudyError
            If no question belongs to it.
        """
        questions = [question for question in self.questions if question.battery == name]
        if not questions:
            batteries = sorted({question.battery for question in self.questions if question.battery})
            raise StudyError(
                found=f"no question belongs to a battery '{name}'",
                where="codebook.yaml",
                expected=closest(name, batteries),
            )
        return questions

    def label(self, name: str, language: str) -> str:
        """Give the label of a variable (``platforms``) or of an option (``platforms.facebook``)."""
        variable, _, option = name.partition(".")
        found = self.variable(variable)
        return found.option(option).label(language) if option else found.label(language)


def load_codebook(path: Path | str) -> Codebook:
    """Read a codebook and hold every part of it against every other.

    Parameters
    ----------
    path : Path or str
        The YAML file.

    Returns
    -------
    Codebook

    Raises
    ------
    StudyError
        Naming everything that is wrong at once, each with its line.
    """
    read = read_codebook(path)
    if read.left is None or read.problems:
        count = f"{len(read.problems)} problem{'s' if len(read.problems) != 1 else ''}"
        raise StudyError(f"{count} in {path}:", problems=read.problems)
    return read.left


@dataclass(frozen=True)
class Reading:
    """A codebook as far as it can be read.

    Attributes
    ----------
    left : Codebook or None
        Without the parts that are wrong in themselves, to be held against other files and never to be used
        while there are problems. None where it could not be understood even so.
    heads : frozenset of str
        Heads that were wrong; what stands in their place in `left` means nothing.
    broken : frozenset of str
        Names of what was left out, or hangs on it: questions, derived variables, batteries, "margin …".
    texts : frozenset of str
        Every text in the list items that were left out, their columns among them.
    problems : list of Problem
        In the order of the file.
    """

    left: Codebook | None
    heads: frozenset[str]
    broken: frozenset[str]
    texts: frozenset[str]
    problems: list[Problem]


def read_codebook(path: Path | str) -> Reading:
    """Read a codebook as far as it can be read.

    Parts that are wrong in themselves are left out, so that the rest can still be held against each other and
    against other files.

    Parameters
    ----------
    path : Path or str
        The YAML file.

    Raises
    ------
    StudyError
        If there is no such file or it is no YAML.
    """
    file = YamlFile(Path(path))
    problems = [(0, problem) for problem in file.repeated_keys()]
    left, faults = _validate(file)
    problems += [(file.line(place), problem) for place, problem in faults]
    pruned = file.data
    if left is None:
        pruned = _without(file.data, [place for place, _ in faults])
        left, more = _validate(file, pruned) if pruned is not None else (None, [])
        if more:
            left = None
    broken = _names(file.data) - (_names(pruned) if pruned is not None else set())
    if left is not None:
        for place, problem in _cross_check(left, file, broken):
            problems.append((file.line(place), problem))
        questions = {name for name in _names(file.data) if not name.startswith("margin ")}
        broken |= questions - set(left.variables) - {question.battery for question in left.questions}
    return Reading(
        left,
        frozenset(str(place[0]) for place, _ in faults if place and place[0] in _HEADS),
        frozenset(broken),
        frozenset(_texts(file.data) - _texts(pruned)) if pruned is not None else frozenset(),
        [problem for _, problem in sorted(problems, key=lambda p: p[0])],
    )


Place = tuple[str | int, ...]


def _validate(
    file: YamlFile, data: dict | None = None
) -> tuple[Codebook | None, list[tuple[Place, Problem]]]:
    try:
        return Codebook.model_validate(file.data if data is None else data), []
    except ValidationError as error:
        faults = [(tuple(fault["loc"]), _readable(fault, file)) for fault in error.errors(include_url=False)]
        return None, faults


def _readable(fault: Any, file: YamlFile) -> Problem:
    place, kind, value = tuple(fault["loc"]), fault["type"], fault["input"]
    where = file.where(place)
    key = next((str(part) for part in reversed(place) if isinstance(part, str)), "")
    if kind == "missing":
        return Problem(f"the key '{key}' is missing", where, fix="add it")
    if kind == "extra_forbidden":
        return Problem(f"the key '{key}' is unknown here", where, fix="correct its spelling or remove it")
    if kind == "string_type":
        return Problem(
            f"{value!r} is not a text", where, expected="a text", fix="put it between quotes, if it is one"
        )
    if kind == "literal_error":
        return Problem(f"{value!r} is not known here", where, expected=fault["ctx"]["expected"])
    if kind == "string_pattern_mismatch":
        return Problem(
            f"'{value}' cannot be a name", where, expected="small letters, digits and _, a letter first"
        )
    if kind == "union_tag_invalid":
        return Problem(
            f"'{fault['ctx']['tag']}' is no known kind", where, expected=fault["ctx"]["expected_tags"]
        )
    if kind == "union_tag_not_found":
        return Problem("the key 'kind' is missing", where, fix="add it")
    if kind == "value_error":
        return Problem(str(fault["ctx"]["error"]), where)
    return Problem(f"{value!r}: {fault['msg']}", where)


#: What the heads of a codebook may say; read in the place of one that is wrong, to find what else is.
_HEADS: dict[str, Any] = {
    "study": "x",
    "wave": "x",
    "title": {"nl": "x", "en": "x"},
    "unit": {"nl": "x", "en": "x"},
    "provenance": "real",
    "language": "en",
}


def _without(data: dict, places: Sequence[Place]) -> dict | None:
    """Leave out the list items that have a fault; None where a fault lies in what cannot be left out."""
    heads = {str(place[0]) for place in places if place and place[0] in _HEADS}
    data = data | {head: _HEADS[head] for head in heads}
    places = [place for place in places if not place or place[0] not in heads]
    drop: dict[tuple[str, ...], set[int]] = {}
    for place in places:
        index = next((i for i, part in enumerate(place) if isinstance(part, int)), None)
        if index is None:
            if len(place) == 1 and place[0] not in Codebook.model_fields:
                drop.setdefault(("", str(place[0])), set())
                continue
            return None
        drop.setdefault(tuple(str(part) for part in place[:index]), set()).add(place[index])

    def copy(node: Any, path: tuple[str, ...]) -> Any:
        if isinstance(node, dict):
            return {k: copy(v, (*path, str(k))) for k, v in node.items() if ("", str(k)) not in drop or path}
        if isinstance(node, list):
            return [item for i, item in enumerate(node) if i not in drop.get(path, set())]
        return node

    return copy(data, ())


def _texts(node: Any) -> set[str]:
    """Every text below a node of the file, however deep."""
    if isinstance(node, dict | list):
        return set().union(*map(_texts, node.values() if isinstance(node, dict) else node))
    return {node} if isinstance(node, str) else set()


def _names(data: dict) -> set[str]:
    """Every name of a question, derived variable, battery or (as "margin …") margin in the file."""
    weighting = data.get("weighting") if isinstance(data.get("weighting"), dict) else {}
    names = set()
    for part, prefix in (
        (data.get("questions"), ""),
        (data.get("derived"), ""),
        (weighting.get("margins"), "margin "),
    ):
        for item in part if isinstance(part, list) else []:
            if isinstance(item, dict):
                names |= {f"{prefix}{item[key]}" for key in ("name", "battery") if item.get(key)}
    return names


def _asked(question: Question) -> Variable:
    scores = {}
    if question.type == "ordinal":
        scores = {o.name: float(o.score or i) for i, o in enumerate(question.options, start=1)}
        if question.options[0].score is not None:
            scores = {o.name: float(o.score) for o in question.options if o.score is not None}
    return Variable(question, question.type, question.options, scores)


def _derived(definition: Any, variables: dict[str, Variable]) -> Variable:
    if isinstance(definition, Count | Mean):
        return Variable(definition, "numeric", [], {})
    options = list(definition.options)
    if isinstance(definition, FirstMatch) and isinstance(definition.otherwise, NamedText):
        options.append(definition.otherwise)
    source = variables.get(definition.from_) if isinstance(definition, Recode) else None
    ordered = isinstance(definition, FirstMatch) and definition.ordered
    if ordered or (source is not None and source.type == "ordinal"):
        return Variable(definition, "ordinal", options, {o.name: float(i) for i, o in enumerate(options, 1)})
    return Variable(definition, "single", options, {})


def _repeated(what: str, values: Sequence[Any]) -> Iterator[str]:
    for value in dict.fromkeys(values):
        if values.count(value) > 1:
            yield f"the {what} '{value}' is there {values.count(value)} times"


def closest(name: str, names: Sequence[str]) -> str:
    """Suggest the names that a misspelt one may have meant."""
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=3)
    if close:
        return f"perhaps {' or '.join(close)}"
    return f"one of {', '.join(names)}" if names else "there is none"


def _cross_check(codebook: Codebook, file: YamlFile, broken: set[str]) -> Iterator[tuple[Place, Problem]]:
    """Yield what is wrong between the parts; `broken` are names of parts that are wrong in themselves."""

    def problem(place: Place, found: str, expected: str = "", fix: str = "") -> tuple[Place, Problem]:
        return place, Problem(found, file.where(place), expected, fix)

    def at(key: str, name: str) -> Place:
        node: Any = file.data
        for part in key.split("."):
            node = node[part]
        index = next(i for i, item in enumerate(node) if isinstance(item, dict) and item.get("name") == name)
        return (*key.split("."), index)

    known: dict[str, Variable] = {}

    def unknown(place: Place, name: str, what: str = "question or derived variable"):
        if name not in known and name not in broken:
            later = name in codebook.variables
            yield problem(
                place,
                f"'{name}' is used here before it is derived" if later else f"there is no {what} '{name}'",
                "" if later else closest(name, list(known)),
                "move it up" if later else "correct the name",
            )

    def options(place: Place, name: str, wanted: Sequence[str]):
        if name in known:
            names = known[name].option_names
            for option in wanted:
                if option not in names:
                    yield problem(
                        place,
                        f"'{name}' has no option '{option}'",
                        closest(option, names),
                        "correct the name",
                    )

    def condition(place: Place, tree: Condition):
        for leaf, below in tree.leaves():
            spot, name = (*place, *below), str(leaf.question)
            yield from unknown((*spot, "question"), name)
            if name not in known:
                continue
            ((word, value),) = leaf.tests.items()
            kind = known[name].type
            fits = {
                "is": ("single", "ordinal", "text"),
                "is_not": ("single", "ordinal", "text"),
                "has": ("multi",),
                "has_all": ("multi",),
                "missing": ("single", "multi", "ordinal", "numeric", "text", "date"),
            }.get(word, ("numeric",))
            if kind not in fits:
                yield problem((*spot, word), f"'{word}' does not fit '{name}', which is {kind}")
            elif word in ("is", "is_not", "has", "has_all") and kind != "text":
                yield from options((*spot, word), name, value)

    seen: dict[str, Place] = {}

    def once(place: Place, name: str):
        if name in seen:
            yield problem(
                (*place, "name"), f"the name '{name}' is already used on line {file.line(seen[name])}"
            )
        seen.setdefault(name, place)

    # Two of one name share the place of the first; the second is found by walking the list itself.
    for i, item in enumerate(file.data.get("questions") or []):
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            yield from once(("questions", i), item["name"])
    for i, item in enumerate(file.data.get("derived") or []):
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            yield from once(("derived", i), item["name"])

    form = codebook.source.format
    of_texts = dict.fromkeys(("encoding", "delimiter"), ("limesurvey", "csv"))
    of_sheets = {"sheet": ("excel",), "header_rows": ("limesurvey", "csv", "excel")}
    for name, formats in (of_texts | of_sheets).items():
        if name in codebook.source.model_fields_set and form not in formats:
            yield problem(
                ("source", name), f"source.{name} says nothing about format {form}", fix="take it out"
            )

    columns: dict[str, str] = {}
    for use, column in _columns(codebook):
        if column in columns:
            place = at("questions", use) if "." not in use else ("source", "paradata", use.split(".")[1])
            yield problem(place, f"the column '{column}' is already read for '{columns[column]}'")
        columns.setdefault(column, use)

    known.update({name: variable for name, variable in codebook.variables.items() if not variable.derived})
    for question in codebook.questions:
        place = at("questions", question.name)
        if question.asked_if:
            yield from condition((*place, "asked_if"), question.asked_if)
        if question.type == "multi" and not question.separator and codebook.source.ticked is None:
            codeless = [o.name for o in question.options if o.code is None and o.column]
            if codeless:
                yield problem(
                    place,
                    f"what stands in the columns of '{question.name}' when an option is ticked?",
                    fix="give source.ticked, or a code for each option",
                )
        if question.type == "date" and not codebook.source.date_formats:
            yield problem(place, f"'{question.name}' is a date", fix="give source.date_formats")

    for definition in codebook.derived:
        place = at("derived", definition.name)
        match definition:
            case Recode():
                yield from unknown((*place, "from"), definition.from_)
                source = known.get(definition.from_)
                if source is not None and source.type not in ("single", "ordinal"):
                    yield problem(
                        (*place, "from"), f"'{source.name}' is {source.type}", "a single or ordinal one"
                    )
                elif source is not None:
                    taken = [name for group in definition.options for name in group.of]
                    yield from options((*place, "options"), source.name, taken)
                    for fault in _repeated("category", taken):
                        yield problem((*place, "options"), fault)
                    left = [name for name in source.option_names if name not in taken]
                    if left:
                        yield problem(
                            (*place, "options"),
                            f"no place for {', '.join(left)} of '{source.name}'",
                            fix="put every category into one of the groups",
                        )
                for option in definition.top:
                    if option not in [group.name for group in definition.options]:
                        yield problem((*place, "top"), f"'{option}' in top is no option")
            case Count():
                yield from unknown((*place, "of"), definition.of)
                if definition.of in known and known[definition.of].type != "multi":
                    yield problem(
                        (*place, "of"), f"'{definition.of}' is {known[definition.of].type}", "a multi one"
                    )
                yield from options((*place, "exclude"), definition.of, definition.exclude)
            case Mean():
                for name in definition.of:
                    yield from unknown((*place, "of"), name)
                    if name in known and known[name].type != "ordinal":
                        yield problem((*place, "of"), f"'{name}' is {known[name].type}", "ordinal ones")
                if definition.min_answered > len(definition.of):
                    yield problem(
                        (*place, "min_answered"),
                        f"{definition.min_answered} answers are asked of {len(definition.of)} questions",
                    )
            case Flag():
                yield from condition((*place, "when"), definition.when)
            case FirstMatch():
                for i, case in enumerate(definition.options):
                    yield from condition((*place, "options", i, "when"), case.when)
                names = [case.name for case in definition.options]
                if isinstance(definition.otherwise, str):
                    if definition.otherwise not in (*names, "missing", "error"):
                        yield problem(
                            (*place, "otherwise"),
                            f"'{definition.otherwise}' is none of the categories",
                            f"one of {', '.join(names)}, missing, error, or a new one with name, nl and en",
                        )
                else:
                    names.append(definition.otherwise.name)
                for fault in _repeated("category", names):
                    yield problem((*place, "options"), fault)
        known[definition.name] = codebook.variables[definition.name]

    yield from _check_cleaning(codebook, problem, at, unknown, options, condition, broken)
    yield from _check_weighting(codebook, problem, at, unknown, known, broken)
    batteries = {question.battery for question in codebook.questions if question.battery}
    for stage, parts in codebook.analyse.items():
        for part, named in parts.items():
            for name in [named] if isinstance(named, str) else named:
                place, (question, _, option) = ("analyse", stage, part), name.partition(".")
                if question not in batteries:
                    yield from unknown(place, question, "question, derived variable or battery")
                if option:
                    yield from options(place, question, [option])
    if codebook.report:
        yield from _check_report(codebook, codebook.report, problem, unknown, options, known)


def _check_report(codebook: Codebook, report: Report, problem, unknown, options, known: dict[str, Variable]):
    for i, finding in enumerate(report.findings):
        place = ("report", "findings", i)
        for key in ("question", "by"):
            if name := getattr(finding, key):
                yield from unknown((*place, key), name)
        subject, by = known.get(finding.question), known.get(finding.by or "")
        if subject and finding.option and finding.option != "top":
            yield from options((*place, "option"), subject.name, [finding.option])
        if subject and finding.option == "top" and not subject.top:
            yield problem((*place, "option"), f"'{subject.name}' has no top box", "a question with `top:`")
        allowed = {"value", *(by.option_names if by else [])}
        for language in ("nl", "en"):
            wrong = set(re.findall(r"{([^{}]*)}", finding.sentence[language])) - allowed
            if wrong or "{" not in finding.sentence[language]:
                yield problem(
                    (*place, "sentence", language),
                    f"no place for {', '.join(sorted(wrong))}"
                    if wrong
                    else "a sentence without a computed number",
                    ", ".join(f"{{{name}}}" for name in sorted(allowed)),
                )


def _check_cleaning(codebook: Codebook, problem, at, unknown, options, condition, broken):
    rules = codebook.cleaning.rules
    for fault in _repeated("rule", [rule.name for rule in rules]):
        yield problem(("cleaning", "rules"), fault)
    paradata = codebook.source.paradata.columns
    batteries = {question.battery for question in codebook.questions if question.battery}
    derived = {variable.name for variable in codebook.derived}
    for rule in rules:
        place = at("cleaning.rules", rule.name)
        used = [leaf.question for leaf, _ in rule.when.leaves()] if isinstance(rule, ConditionRule) else []
        for name in sorted(derived.intersection([*used, *getattr(rule, "by", ())])):
            yield problem(
                place,
                f"'{name}' is derived after cleaning",
                "questions of the questionnaire",
                "name what it is derived from",
            )
        match rule:
            case ConditionRule():
                yield from condition((*place, "when"), rule.when)
            case PatternRule():
                try:
                    re.compile(rule.pattern)
                except re.error as error:
                    yield problem((*place, "pattern"), f"'{rule.pattern}' is no regular expression: {error}")
                for name in rule.questions:
                    if not name.startswith("paradata."):
                        yield from unknown((*place, "questions"), name)
                    elif name.removeprefix("paradata.") not in paradata:
                        yield problem((*place, "questions"), f"source.paradata names no '{name}'")
            case PartialRule() if "submitted" not in paradata or "last_page" not in paradata:
                yield problem(place, "this rule needs source.paradata submitted and last_page")
            case SpeederRule() if "duration" not in paradata or "submitted" not in paradata:
                yield problem(place, "this rule needs source.paradata duration and submitted")
            case StraightlineRule() if rule.battery not in batteries and rule.battery not in broken:
                yield problem(
                    (*place, "battery"),
                    f"no question belongs to a battery '{rule.battery}'",
                    closest(rule.battery, sorted(batteries)),
                )
            case DuplicateRule():
                for name in rule.by:
                    yield from unknown((*place, "by"), name)
                if "submitted" not in paradata:
                    yield problem(
                        place, "this rule needs source.paradata submitted, to tell which came later"
                    )
    with_other = [question.name for question in codebook.questions if question.other]
    for name, spellings in codebook.cleaning.other_texts.items():
        place = ("cleaning", "other_texts", name)
        if name in with_other:
            yield from options(place, name, list(spellings))
        elif name not in broken:
            yield problem(place, f"'{name}' is no question with an 'other' text", closest(name, with_other))


def _check_weighting(codebook: Codebook, problem, at, unknown, known: dict[str, Variable], broken):
    if codebook.weighting is None:
        return
    margins = {margin.name: margin for margin in codebook.weighting.margins}
    for fault in _repeated("margin", [margin.name for margin in codebook.weighting.margins]):
        yield problem(("weighting", "margins"), fault)
    for margin in margins.values():
        place = at("weighting.margins", margin.name)
        yield from unknown((*place, "question"), margin.question)
        variable = known.get(margin.question)
        if variable is None:
            continue
        if variable.type not in ("single", "ordinal"):
            yield problem(
                (*place, "question"), f"'{variable.name}' is {variable.type}", "a single or ordinal one"
            )
            continue
        categories = list(variable.option_names)
        for i, group in enumerate(margin.merge):
            absent = [name for name in group.of if name not in categories]
            for name in absent:
                yield problem(
                    (*place, "merge", i, "of"),
                    f"'{name}' is no category of '{variable.name}', or was merged before",
                    closest(name, categories),
                )
            categories = [name for name in categories if name not in group.of]
            if group.name in categories:
                yield problem((*place, "merge", i, "name"), f"'{group.name}' is already a category")
            categories.append(group.name)
    for i, sensitivity in enumerate(codebook.weighting.sensitivity):
        if sensitivity.margin not in margins and f"margin {sensitivity.margin}" not in broken:
            yield problem(
                ("weighting", "sensitivity", i, "margin"),
                f"there is no margin '{sensitivity.margin}'",
                closest(sensitivity.margin, list(margins)),
            )


def _columns(codebook: Codebook) -> Iterator[tuple[str, str]]:
    """Yield every column of the export that is read, with what it is read for."""
    if codebook.source.key is not None:
        yield "source.key", codebook.source.key
    for name, column in codebook.source.paradata.columns.items():
        yield f"paradata.{name}", column
    for question in codebook.questions:
        for column in dict.fromkeys(question.columns):
            yield question.name, column
