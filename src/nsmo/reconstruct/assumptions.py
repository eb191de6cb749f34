"""The assumptions behind reconstructed responses: their form, and whether they agree with what is known."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    model_validator,
)

from nsmo.study.codebook import Codebook
from nsmo.study.conditions import REASONS
from nsmo.study.derived import Count
from nsmo.study.errors import Problem, StudyError
from nsmo.study.estimands import Estimate, Mean, Proportion
from nsmo.study.model import Text
from nsmo.study.statements import Claim, Published
from nsmo.study.wordings import Interval, interval
from nsmo.study.yamlfile import YamlFile

Counts = dict[str, NonNegativeInt]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Propensity(_Model):
    """What makes a record get a higher answer: weights of earlier answers or traits, and of chance."""

    follows: dict[str, int] = {}
    noise: PositiveInt = 1


class _Counted(Propensity):
    question: str
    by: str | None = None
    counts: Counts | dict[str, Counts] = {}

    @model_validator(mode="after")
    def _as_by(self) -> "_Counted":
        nested = [isinstance(value, Mapping) for value in self.counts.values()]
        if nested and (any(nested) != (self.by is not None) or any(nested) != all(nested)):
            raise ValueError("`counts` are by answer, or, with `by`, by category and answer")
        return self

    def groups(self) -> dict[str | None, Counts]:
        """Return the counts by category of `by`, or under None."""
        return dict(self.counts) if self.by else {None: self.counts}  # type: ignore[dict-item]


class Answers(_Counted):
    """Counts of the answers to a question with one answer; `order` from low to high if it has none."""

    order: list[str] = []
    other_texts: list[str] = []


class Battery(Propensity):
    """Counts of the answers to questions asked together."""

    counts: dict[str, Counts]
    not_all_equal: bool = False


class Ticks(_Counted):
    """Counts of the ticks of a multiple choice, or their share among those asked."""

    percent_of_asked: Counts = {}
    at_least: NonNegativeInt = 0
    other_texts: list[str] = []


class Pattern(_Model):
    """Records with the same rule for their ticks: these always, one or more of those, perhaps others."""

    records: PositiveInt
    always: list[str] = []
    some_of: list[str] = []
    may: list[str] = []


class Patterns(_Counted):
    """Ticks that go together; `order` says who gets a later pattern, `follows` who ticks more within one."""

    patterns: list[Pattern]
    order: Propensity = Propensity()
    other_texts: list[str] = []


class Spread(_Model):
    """How many records tick more than a number of options."""

    question: str
    above: PositiveInt
    records: NonNegativeInt
    at_least: NonNegativeInt = 0


class Numbers(Propensity):
    """Values of a numeric question and how often each occurs, from low to high."""

    question: str
    values: Counts


class Totals(_Model):
    """What a derived variable adds up to, reached `by_swapping` answers between records."""

    variable: str
    by: str | None = None
    counts: Counts | dict[str, Counts]
    by_swapping: list[str] = []

    def groups(self) -> dict[str | None, Counts]:
        """Return the counts by category of `by`, or under None."""
        return dict(self.counts) if self.by else {None: self.counts}  # type: ignore[dict-item]


class Claims(_Model):
    """How published statements are met."""

    within_one_unit: list[str] = []
    not_followed: list[str] = []
    between: dict[str, tuple[float, float]] = {}
    apart_by: dict[str, float] = {}

    @property
    def named(self) -> list[str]:
        """The claims that are spoken of."""
        return [*self.within_one_unit, *self.not_followed, *self.between, *self.apart_by]


class Round(_Model):
    """One invitation: on which day of the fieldwork, how many answer it, and for how many days."""

    day: NonNegativeInt
    weight: PositiveInt
    spread: PositiveInt


class Seconds(_Model):
    """How long filling in takes: at least, as a rule, and, for one in `one_in`, up to so much longer."""

    at_least: PositiveInt
    typical: PositiveInt
    tail: PositiveInt
    one_in: PositiveInt


class LeftOpen(_Model):
    """Responses that were interrupted for hours."""

    records: NonNegativeInt
    hours: tuple[PositiveInt, PositiveInt]


class Fieldwork(_Model):
    """When responses came in, and whence; of those that would come at the weekend one in so many does."""

    rounds: list[Round] = Field(min_length=1)
    weekend_one_in: PositiveInt
    hours: list[NonNegativeInt] = Field(min_length=1)
    seconds: Seconds
    left_open: LeftOpen
    referrers: list[str] = Field(min_length=1)


class Names(_Model):
    """How organisations are called: invented stems in forms by category."""

    question: str
    first: list[str]
    second: list[str]
    by: str
    forms: dict[str, list[str]]


class FreeTexts(_Model):
    """Free texts, each given once."""

    question: str
    texts: list[str]


class Excluded(_Model):
    """Responses that a rule of cleaning takes.

    `again` of them are of organisations that count, `twice` of which take part three times; `hours_later` is
    how long after that. `late_start` of them were begun `interrupted[0]` hours after the response that
    counts, which was sent `interrupted[1]` hours after it was begun.
    """

    rule: str
    records: PositiveInt
    set_: dict[str, list[str]] = Field({}, alias="set")
    other_texts: list[str] = []
    last_page: list[PositiveInt] = []
    submitted: bool = True
    seconds: tuple[PositiveInt, PositiveInt] | None = None
    days_before: tuple[PositiveInt, PositiveInt] | None = None
    battery: str | None = None
    answers: list[str] = []
    again: NonNegativeInt = 0
    twice: NonNegativeInt = 0
    hours_later: tuple[PositiveInt, PositiveInt] = (1, 1)
    late_start: NonNegativeInt = 0
    interrupted: tuple[PositiveInt, PositiveInt] = (1, 2)


class Unrouted(_Model):
    """Answers to a question that should not have been asked."""

    question: str
    records: PositiveInt
    answers: list[str] = Field(min_length=1)


class Characters(_Model):
    """How many cells or rows have what exports stumble over."""

    no_break_spaces: NonNegativeInt
    blanks: NonNegativeInt
    blank_cells: NonNegativeInt
    second_date_form: NonNegativeInt


class Traits(_Model):
    """One hidden property of a record, from 0 to 100."""

    follows: dict[str, int] = {}
    noise: PositiveInt


class Assumption(_Model):
    """One assumption, with its reason; it sets exactly one thing."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    topic: str
    states: Text
    basis: Literal["inferred", "assumed"]
    from_: list[str] = Field([], alias="from")
    reason: Text
    quality: Literal["good", "fair", "weak"]
    impact: Literal["high", "medium", "low"]

    records: PositiveInt | None = None
    constants: dict[str, str] | None = None
    answers: Answers | None = None
    battery: Battery | None = None
    ticks: Ticks | None = None
    patterns: Patterns | None = None
    spread: Spread | None = None
    numbers: Numbers | None = None
    totals: Totals | None = None
    claims: Claims | None = None
    traits: dict[str, Traits] | None = None
    fieldwork: Fieldwork | None = None
    names: Names | None = None
    free_texts: FreeTexts | None = None
    excluded: list[Excluded] | None = None
    written_as_other: dict[str, dict[str, list[str]]] | None = None
    also_ticked: NonNegativeInt = 0
    unrouted: list[Unrouted] | None = None
    characters: Characters | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "Assumption":
        if len(self.content) != 1:
            raise ValueError(
                f"an assumption sets exactly one thing, this one {', '.join(self.content) or 'nothing'}"
            )
        if (self.basis == "inferred") != bool(self.from_):
            raise ValueError("`from` names the claims that an assumption is inferred from, and only then")
        return self

    @property
    def content(self) -> dict[str, Any]:
        """What the assumption sets, by the name of its key."""
        return {key: value for key in CONTENTS if (value := getattr(self, key)) is not None}


CONTENTS = (
    *(
        "records",
        "constants",
        "answers",
        "battery",
        "ticks",
        "patterns",
        "spread",
        "numbers",
        "totals",
        "claims",
    ),
    *("traits", "fieldwork", "names", "free_texts", "excluded", "written_as_other", "unrouted", "characters"),
)
ONCE = ("records", "fieldwork", "names", "excluded", "written_as_other", "unrouted", "characters")


class Assumptions(_Model):
    """Everything in assumptions.yaml, in the order of the file."""

    seed: int
    assumptions: Annotated[list[Assumption], Field(min_length=1)]

    @model_validator(mode="after")
    def _complete(self) -> "Assumptions":
        ids = [assumption.id for assumption in self.assumptions]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"two assumptions are called {', '.join(twice)}")
        for key in ONCE:
            having = [a.id for a in self.assumptions if getattr(a, key) is not None]
            if len(having) != 1:
                raise ValueError(
                    f"exactly one assumption sets `{key}`; found {', '.join(having) or 'nothing'}"
                )
        return self

    def all(self, key: str) -> list[Any]:
        """Return what the assumptions set under a key, in the order of the file."""
        return [value for a in self.assumptions if (value := getattr(a, key)) is not None]

    def the(self, key: str) -> Any:
        """Return what exactly one assumption sets."""
        return self.all(key)[0]

    @property
    def claims(self) -> Claims:
        """What is said of published statements, put together."""
        parts = self.all("claims")
        return Claims(
            within_one_unit=[name for part in parts for name in part.within_one_unit],
            not_followed=[name for part in parts for name in part.not_followed],
            between={name: bounds for part in parts for name, bounds in part.between.items()},
            apart_by={name: least for part in parts for name, least in part.apart_by.items()},
        )


def load_assumptions(path: Path, codebook: Codebook, published: Published) -> Assumptions:
    """Read the assumptions and hold them against the codebook and the published figures.

    Parameters
    ----------
    path : Path
        assumptions.yaml.
    codebook : Codebook
        The questions that they are about.
    published : Published
        The statements that they must agree with.

    Returns
    -------
    Assumptions

    Raises
    ------
    StudyError
        Naming everything that is wrong at once: forms, names, counts that do not add up to the records, and
        counts that contradict a published figure.
    """
    file = YamlFile(path)
    problems = file.repeated_keys()
    try:
        assumptions = Assumptions.model_validate(file.data)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            found = fault["msg"].removeprefix("Value error, ")
            problems.append(
                Problem(found, file.where(fault["loc"]), fix="the head of the file tells the forms")
            )
        raise StudyError(problems=problems) from None
    places = {a.id: file.where(("assumptions", i)) for i, a in enumerate(assumptions.assumptions)}
    problems += _names(assumptions, codebook, published, places)
    if not problems:
        problems += _sums(assumptions, codebook, places)
        problems += _contradictions(assumptions, codebook, published, path.name)
    if problems:
        raise StudyError(problems=problems)
    return assumptions


def agrees(claim: Claim, value: Fraction, claims: Claims) -> bool:
    """Return whether a value agrees with a published statement as it is to be met."""
    allowed = allowed_values(claim, claims)
    return value > 0 if allowed is None else allowed.contains(float(value))


def allowed_values(claim: Claim, claims: Claims) -> Interval | None:
    """Return which values meet a statement; None where only an order counts."""
    allowed = interval(claim)
    if allowed is not None and claim.claim in claims.within_one_unit:
        unit = 10.0 ** -(claim.decimals or 0)
        allowed = Interval(allowed.low - unit, allowed.high + unit, allowed.closed_low, allowed.closed_high)
    return allowed


def _names(
    assumptions: Assumptions, codebook: Codebook, published: Published, places: Mapping[str, str]
) -> Iterator[Problem]:
    """Find names of questions, options, rules and claims that do not exist."""
    variables = codebook.variables
    traits = {name for part in assumptions.all("traits") for name in part}
    claims = {name for row in published.rows for name in (row.id, row.claim)}
    rules = {rule.name for rule in codebook.cleaning.rules}

    def options(question: str, names: Any, reasons: bool = True) -> Iterator[str]:
        if question not in variables:
            yield f"no question or derived variable is called '{question}'"
            return
        for name in names:
            if name not in variables[question].option_names and not (reasons and name in REASONS):
                yield f"'{question}' has no option '{name}'"

    for assumption in assumptions.assumptions:
        found: list[str] = [f"no claim is called '{name}'" for name in assumption.from_ if name not in claims]
        ((_, content),) = assumption.content.items()
        if isinstance(content, Answers | Ticks | Patterns | Totals):
            name = content.variable if isinstance(content, Totals) else content.question
            for group, counts in content.groups().items():
                found += options(name, counts)
                found += options(str(content.by), [group], reasons=False) if content.by else []
        if isinstance(content, Ticks):
            found += options(content.question, content.percent_of_asked)
        if isinstance(content, Patterns):
            for pattern in content.patterns:
                found += options(content.question, [*pattern.always, *pattern.some_of, *pattern.may])
        if isinstance(content, Battery):
            for name, counts in content.counts.items():
                found += options(name, counts)
        if isinstance(content, Totals):
            for name in content.by_swapping:
                found += options(name, [])
        if isinstance(content, Claims):
            found += [f"no claim is called '{name}'" for name in content.named if name not in claims]
        if isinstance(content, Propensity):
            strange = [name for name in content.follows if name not in traits and name not in variables]
            found += [f"'{name}' under follows is neither a trait nor a variable" for name in strange]
        if assumption.excluded:
            strange = [dirt.rule for dirt in assumption.excluded if dirt.rule not in rules]
            found += [f"the codebook has no rule of cleaning '{name}'" for name in strange]
            for dirt in assumption.excluded:
                for name, values in dirt.set_.items():
                    kind = variables[name].type if name in variables else ""
                    found += options(name, [] if kind == "text" else values)
        for question, texts in (assumption.written_as_other or {}).items():
            found += options(question, texts, reasons=False)
        for entry in assumption.unrouted or []:
            found += options(entry.question, entry.answers)
        for text in found:
            yield Problem(text, places[assumption.id], fix="correct the name")


def _sums(assumptions: Assumptions, codebook: Codebook, places: Mapping[str, str]) -> Iterator[Problem]:
    """Find counts that do not add up to the number of records that they are about."""
    n = assumptions.the("records")
    sizes = {a.answers.question: a.answers for a in assumptions.assumptions if a.answers}
    for assumption in assumptions.assumptions:
        wanted: list[tuple[str, int, int]] = []
        if assumption.answers and not codebook.question(assumption.answers.question).asked_if:
            answers = assumption.answers
            for group, counts in answers.groups().items():
                size = n if group is None else _total(sizes[str(answers.by)], group)
                wanted.append(
                    (
                        f"{answers.question} of {group}" if group else answers.question,
                        sum(counts.values()),
                        size,
                    )
                )
        if assumption.battery:
            wanted += [(name, sum(counts.values()), n) for name, counts in assumption.battery.counts.items()]
        if assumption.numbers:
            wanted.append((assumption.numbers.question, sum(assumption.numbers.values.values()), n))
        if assumption.patterns:
            wanted.append(("the patterns", sum(p.records for p in assumption.patterns.patterns), n))
        for what, total, size in wanted:
            if total != size:
                yield Problem(
                    f"the counts of {what} add up to {total}",
                    places[assumption.id],
                    expected=f"{size} records",
                    fix="correct a count; a don't know or no answer needs one too",
                )


def _total(answers: Answers, option: str) -> int:
    return sum(counts.get(option, 0) for counts in answers.groups().values())


def _contradictions(
    assumptions: Assumptions, codebook: Codebook, published: Published, name: str
) -> Iterator[Problem]:
    """Find assumed counts that do not agree with a published figure, before anything is drawn."""
    for row in published.rows:
        if row.estimate is None or row.id in assumptions.claims.not_followed:
            continue
        assumed = _assumed(row.estimate, assumptions, codebook)
        if assumed is None:
            continue
        value, counts, source = assumed
        allowed = allowed_values(row, assumptions.claims)
        if allowed is not None and not allowed.contains(float(value)):
            yield Problem(
                f"'{source}' assumes {counts}, which is {float(value):.2f}: not what '{row.id}' published",
                name,
                expected=f"{row.wording}, that is from {allowed.low:g} to {allowed.high:g}",
                fix="correct the counts, or name the claim under `not_followed` with the reason",
            )


def _assumed(
    wanted: Estimate, assumptions: Assumptions, codebook: Codebook
) -> tuple[Fraction, str, str] | None:
    """Compute a published quantity from assumed counts alone, where they tell it.

    Returns the value, the count in words, and which assumption tells.
    """
    if not isinstance(wanted, Proportion | Mean) or getattr(wanted, "when", None) is not None:
        return None
    several = isinstance(wanted, Proportion) and wanted.options
    if several and codebook.variable(wanted.question).type == "multi":
        return None  # who ticks two of the options counts once
    by, group = None, None
    if wanted.where is not None:
        if wanted.where.question is None or len(wanted.where.is_ or []) != 1:
            return None
        by, group = wanted.where.question, (wanted.where.is_ or [""])[0]
    bases = [a.answers for a in assumptions.assumptions if a.answers and a.answers.question == by]
    base = assumptions.the("records") if by is None else _total(bases[0], str(group)) if bases else 0
    derived = {definition.name: definition for definition in codebook.derived}.get(wanted.question)
    counted = derived.of if isinstance(derived, Count) and not derived.exclude else None
    for assumption in assumptions.assumptions:
        content = next(iter(assumption.content.values()))
        count: int | None = None
        if isinstance(content, Spread) and isinstance(wanted, Proportion) and by is None:
            if content.question == counted and content.above == wanted.above:
                count = content.records
        elif isinstance(content, Answers | Ticks | Totals | Patterns) and (by is None or content.by == by):
            chosen = [content.groups().get(group, {})] if by else list(content.groups().values())
            name = content.variable if isinstance(content, Totals) else content.question
            if isinstance(wanted, Mean) and name == counted and isinstance(content, Ticks) and content.counts:
                count = sum(sum(counts.values()) for counts in chosen)
            elif isinstance(wanted, Proportion) and name == wanted.question and wanted.above is None:
                options = wanted.options or (str(wanted.option),)
                known = [counts[o] for counts in chosen for o in options if o in counts]
                count = sum(known) if known else None
                if isinstance(content, Patterns):
                    always = sum(p.records for p in content.patterns if set(options) & set(p.always))
                    count = (count or 0) + always
        if count is not None and base:
            scale = 100 if isinstance(wanted, Proportion) else 1
            return Fraction(scale * count, base), f"{count} of {base}", assumption.id
    return None
