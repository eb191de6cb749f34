"""The forms of what is assumed behind reconstructed responses: assumptions.yaml."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)

from nsmo.study.model import Text

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
