"""What a draft says of a question, before it is written as YAML."""

from dataclasses import dataclass, field
from typing import Any, Literal

from nsmo.draft.sampling import Sampling
from nsmo.draft.scales import Reason

Kind = Literal["single", "multi", "ordinal", "numeric", "text", "date"]


@dataclass
class Option:
    """An answer: its label, and what stands in the export or in which column."""

    label: str
    code: str | None = None
    column: str | None = None
    name: str = ""


@dataclass
class Missing:
    """A code, or a range of numbers, that is a reason for having no answer."""

    reason: Reason
    label: str
    code: str | None = None
    low: str | None = None
    high: str | None = None
    #: That of the box which gives the reason, beside options that were ticked.
    column: str | None = None


@dataclass
class Other:
    """The text beside "other, namely"; in the column of the answers themselves where it is the same."""

    column: str
    label: str
    code: str | None = None


@dataclass
class Item:
    """A question of a battery."""

    label: str
    column: str
    name: str = ""


@dataclass
class Question:
    """A question, or a battery where it has `items`.

    `column` is its own, `columns` are those that each hold one code of the same options, and options have
    columns of their own where they were ticked. `confirm` are the guesses that a person must look at.
    """

    kind: Kind
    label: str
    code: str = ""
    column: str | None = None
    columns: list[str] = field(default_factory=list)
    separator: str = ""
    options: list[Option] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    other: Other | None = None
    items: list[Item] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    unticked: list[str] = field(default_factory=list)
    page: int | None = None
    role: str = ""
    identifying: bool = False
    year: bool = False
    #: Where it is not that of the study.
    base: str = ""
    asked_if: tuple[str, list[str]] | None = None
    #: What the form says of whom it was for, and that as questionnaire.yaml has it where it is no `asked_if`.
    routing: str = ""
    asked_when: dict[str, Any] | None = None
    confirm: list[str] = field(default_factory=list)
    name: str = ""
    #: What tells it from another question in the same words.
    apart: str = ""

    @property
    def every_column(self) -> list[str]:
        """List the columns of the export that it is read from."""
        own = [self.column] if self.column else []
        ticks = [option.column for option in self.options if option.column]
        other = [self.other.column] if self.other and self.other.column != self.column else []
        ticks += [missing.column for missing in self.missing if missing.column]
        return [*own, *self.columns, *ticks, *(item.column for item in self.items), *other]


@dataclass
class Draft:
    """Everything that was guessed of an export."""

    questions: list[Question]
    key: str | None
    paradata: dict[str, str]
    weights: list[str]
    ignored: list[str]
    decimal: str
    grouping: str
    signs: list[str]
    date_formats: list[str]
    ticked: str | None
    unticked: list[str]
    missing_codes: list[str]
    confirm: list[str]
    language: str
    title: str
    sampling: Sampling
