"""The models of questionnaire.yaml: the export, and what was asked."""

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from nsmo.study.conditions import Condition, Reason
from nsmo.study.derived import Derived
from nsmo.study.model import Filled, Labelled, Language, Model, Name, NamedText, Place, SameAs, Text, repeated
from nsmo.study.ranked import Ranked
from nsmo.study.variable import Base, QuestionType, Role, Variable

if TYPE_CHECKING:
    from nsmo.study.scope import Scope

OTHER = "other"

#: What columns of the responses are called, or begin with, that are no question.
RESERVED = ("response_id", "paradata", "design", "weight", "margin")
#: What results call the options of the top and of the bottom box together, which no option can be called.
TAKEN = ("top", "bottom")
#: What else stands behind the name of a question in the responses, as its options do where it has several.
TAKEN_BY_COLUMNS = ("missing", "other_text")


class Option(NamedText):
    """An answer that can be chosen."""

    code: str | None = None
    """What stands in the export; of a multi question what stands there instead of `source.ticked`."""
    column: str | None = None
    """The column of an option of a multi question."""
    score: float | None = None
    """Its place on an ordinal scale; left out, the options count 1, 2, 3."""
    same_as: Annotated[str, Field(min_length=1)] | None = None
    """Its name in earlier waves, where it is the same answer although its name or label is another."""
    as_group: Text | None = None
    """What those who gave it are called where they are compared with others; left out, as the answer is."""


class MissingCode(Labelled):
    """A code in the export, or a range of numbers, that is a reason for having no answer."""

    reason: Reason
    code: str | None = None
    """What stands in the export."""
    from_: float | None = Field(default=None, alias="from")
    """The lowest number of a range."""
    to: float | None = None
    """The highest number of a range."""
    column: str | None = None
    """The column of a box that gives the reason, beside options with columns of their own; `code` is what
    stands there when it is ticked, left out `source.ticked`."""

    @model_validator(mode="after")
    def _code_or_range(self) -> Self:
        if self.column is not None and self.from_ is None and self.to is None:
            return self
        if (self.code is None) == (self.from_ is None or self.to is None) or (
            (self.from_ is None) != (self.to is None)
        ):
            raise ValueError("either a code, a range of numbers with from and to, or the column of a box")
        return self

    @property
    def words(self) -> str:
        """The code or range as it stands in messages and counts."""
        if self.column is not None:
            return self.column
        return self.code if self.code is not None else f"{self.from_:g} to {self.to:g}"

    def holds(self, text: str) -> bool:
        """Return whether a text of the export is this code or lies in this range."""
        if self.column is not None:
            return False  # what stands in the columns of the options says nothing of it
        if self.code is not None or self.from_ is None or self.to is None:
            return text == self.code
        try:
            return self.from_ <= float(text.replace(",", ".")) <= self.to
        except ValueError:
            return False


class Other(Labelled):
    """The free text beside "other, namely"; it makes an option named `other`."""

    column: str
    """Where the text stands: its own column, or that of a multi question whose answers share one."""
    code: str | None = None
    """The answer code of a single question that opens the text; without one, any text counts."""


class Question(Model):
    """A question of the questionnaire."""

    name: Name
    type: QuestionType
    label: Text
    """The question in a few words, as tables and figures show it."""
    text: Text
    """The question as it was put."""
    column: str | None = None
    """The column of the export; left out where the options have columns of their own."""
    answer_columns: list[str] = Field(default=[], alias="columns")
    """Of a multi question the columns that each hold the code of one answer."""
    separator: str | None = Field(default=None, min_length=1)
    """What stands between the answers of a multi question whose answers share one column."""
    options: list[Option] = []
    """The answers; of an ordinal question from low to high."""
    missing: list[MissingCode] = []
    """Codes that are no answer, each with the reason."""
    top_box: list[str] = []
    """The options that are counted together, such as "important" and "very important"."""
    base: Base = "asked"
    """Of whom shares are taken: who was asked, who answered, or all respondents."""
    asked_if: Condition | None = None
    """The condition under which the question was put."""
    other: Other | None = None
    identifying: bool = False
    """Whether answers can tell who somebody is; then none is shown."""
    role: Role = "substantive"
    page: int | None = Field(default=None, ge=1)
    """The page of the questionnaire; who left before it was not asked."""
    minimum: float | None = None
    """The lowest number that is accepted."""
    maximum: float | None = None
    """The highest number that is accepted."""
    unit: Text | None = None
    """What a number counts, for instance hours."""
    year: bool = False
    """Whether the numbers are years of the calendar: they are counted in classes and have no mean."""
    same_as: SameAs | None = None
    """Its name in earlier waves, where it had another: one name, or a name by wave."""

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        faults = list(_faults(self, self.column))
        if faults:
            raise ValueError("; ".join(faults))
        if self.other:
            other = Option(name=OTHER, nl=self.other.nl, en=self.other.en, code=self.other.code)
            self.options.append(other)
        return self

    @property
    def battery(self) -> str | None:
        """The battery that the question belongs to, if any."""
        return None

    @property
    def columns(self) -> list[str]:
        """The columns of the export that this question is read from."""
        own = [self.column] if self.column is not None else []
        ticks = [option.column for option in self.options if option.column is not None]
        boxes = [missing.column for missing in self.missing if missing.column is not None]
        return [*own, *self.answer_columns, *ticks, *boxes, *([self.other.column] if self.other else [])]

    @property
    def ticked(self) -> bool:
        """Whether it is read from columns that each tick one option."""
        return self.type in ("single", "ordinal", "multi") and self.column is None and not self.answer_columns

    @property
    def other_in_cell(self) -> bool:
        """Whether the "other" text stands in the cell of the answers themselves."""
        return self.other is not None and self.other.column == self.column

    def variable(self) -> Variable:
        """Return the variable that the question is."""
        scores = {}
        if self.type == "ordinal":
            scores = {
                option.name: float(i if option.score is None else option.score)
                for i, option in enumerate(self.options, start=1)
            }
        return Variable(self, self.type, self.options, scores, derived=False)

    def check(self, scope: "Scope", place: Place, source: "Source") -> None:
        """Check the question against those before it and against the source."""
        if self.asked_if:
            self.asked_if.check(scope, (*place, "asked_if"))
        boxes = [*self.options, *self.missing]
        if self.ticked and source.ticked is None and any(box.code is None and box.column for box in boxes):
            scope.problem(
                place,
                f"what stands in the columns of '{self.name}' when an option is ticked?",
                fix="give source.ticked, or a code for each option",
            )
        if self.type == "date" and not source.date_formats:
            scope.problem(place, f"'{self.name}' is a date", fix="give source.date_formats")


class Item(Model):
    """A question of a battery: what it does not share with the others."""

    name: Name
    column: str
    label: Text
    text: Text | None = None
    """The question as it was put, where the text of the battery does not say it."""
    asked_if: Condition | None = None
    """The condition under which this one was put; left out, that of the battery."""
    same_as: SameAs | None = None
    """Its name in earlier waves, where it had another."""


#: What the items of a battery share, besides their answers and for whom they were.
_OF_ITEMS = ("type", "missing", "top_box", "base", "role", "page", "minimum", "maximum", "unit", "year")


class Battery(Model):
    """Questions that share their text, their answers and their page, such as the rows of a grid."""

    battery: Name
    """The name of the battery."""
    type: Literal["single", "ordinal", "numeric"] = "ordinal"
    text: Text
    """The question as it was put above the items."""
    options: list[Option] = []
    missing: list[MissingCode] = []
    top_box: list[str] = []
    base: Base = "asked"
    asked_if: Condition | None = None
    role: Role = "substantive"
    page: int | None = Field(default=None, ge=1)
    minimum: float | None = None
    maximum: float | None = None
    unit: Text | None = None
    year: bool = False
    """Whether the numbers are years of the calendar, as of a question."""
    items: list[Item] = Field(min_length=1)
    """The questions, in the order in which they were put."""

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        faults = list(_faults(self, "the column of each item"))
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def questions(self) -> list[Question]:
        """Return the items as questions of their own."""
        shared = {name: getattr(self, name) for name in _OF_ITEMS}
        return [
            BatteryQuestion(
                of_battery=self.battery,
                name=item.name,
                column=item.column,
                label=item.label,
                text=item.text or self.text,
                options=list(self.options),
                asked_if=item.asked_if or self.asked_if,
                same_as=item.same_as,
                **shared,
            )
            for item in self.items
        ]


class BatteryQuestion(Question):
    """A question that is an item of a battery."""

    of_battery: str

    @property
    def battery(self) -> str | None:
        """The battery that the question belongs to."""
        return self.of_battery


class Paradata(Model):
    """Columns that tell how a response came about."""

    submitted: str | None = None
    """When the response was sent; empty where it was not."""
    started: str | None = None
    last_page: str | None = None
    """The last page that was seen."""
    duration: str | None = None
    """Seconds that the response took."""
    language: str | None = None
    token: str | None = None

    @property
    def columns(self) -> dict[str, str]:
        """The columns that were named, by what they tell."""
        return {name: column for name, column in self.model_dump().items() if column is not None}


def column_range(text: str) -> list[str]:
    """List the columns from a first to a last, as `rw01 to rw80`; ValueError where it is no range."""
    ends = re.fullmatch(r"(.*?)(\d+) to (.*?)(\d+)", text)
    if ends is None or ends[1] != ends[3] or int(ends[2]) >= int(ends[4]):
        raise ValueError(f"'{text}' is no range of columns, as `rw01 to rw80`")
    return [f"{ends[1]}{n:0{len(ends[2])}d}" for n in range(int(ends[2]), int(ends[4]) + 1)]


class Design(Model):
    """Columns that tell with which weight, and how, a respondent was drawn.

    Stratum, cluster and fpc have one column, or one for each stage of drawing, outermost first.
    """

    weight: str | None = None
    """The weight of the response, which is not negative."""
    stratum: str | list[str] | None = None
    """The stratum in which the respondent was drawn."""
    cluster: str | list[str] | None = None
    """The respondents that were drawn together, such as a school."""
    panel_key: str | None = None
    """By what a respondent can be known again in other waves, such as the number of a member of a panel."""
    fpc: str | list[str] | None = None
    """How many units there are in the population of the stratum, or the fraction of them that was drawn."""
    replicates: str | list[str] = []
    """The replicate weights: the names of the columns, or the first and the last as `rw01 to rw80`."""

    @field_validator("replicates")
    @classmethod
    def _each(cls, value: str | list[str]) -> list[str]:
        return value if isinstance(value, list) else column_range(value)

    def named(self, what: Literal["stratum", "cluster", "fpc"]) -> list[str]:
        """List what the columns of one kind are called in the responses, outermost stage first."""
        given = getattr(self, what)
        many = given if isinstance(given, list) else [given] * (given is not None)
        return [f"design.{what}{place if place > 1 else ''}" for place in range(1, len(many) + 1)]

    @property
    def replicate_names(self) -> list[str]:
        """What the replicate weights are called in the responses."""
        width = len(str(len(self.replicates)))
        return [f"design.replicate{place:0{width}d}" for place in range(1, len(self.replicates) + 1)]

    @property
    def columns(self) -> dict[str, str]:
        """The columns that were named, by what they tell."""
        found = {"weight": self.weight} if self.weight is not None else {}
        found |= {"panel_key": self.panel_key} if self.panel_key is not None else {}
        for what in ("stratum", "cluster", "fpc"):
            given = getattr(self, what)
            many = given if isinstance(given, list) else [given] * (given is not None)
            found |= {
                name.removeprefix("design."): one for name, one in zip(self.named(what), many, strict=True)
            }
        names = [name.removeprefix("design.") for name in self.replicate_names]
        return found | dict(zip(names, self.replicates, strict=True))


class Source(Model):
    """The export: where it lies and how it is written.

    A workbook (`excel`) has a `sheet`, and its moments read as ``2018-01-26 13:05:00``, as those of SPSS do.
    """

    file: Filled
    """The file with the responses, in the folder of the wave."""
    format: Literal["limesurvey", "csv", "excel", "spss", "stata", "sas", "parquet", "limesurvey_archive"]
    key: str | None
    """The column of the response id, or null: then the number of the row counts."""
    encoding: Filled = "utf-8-sig"
    """How a text is encoded, for instance windows-1252."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field('"', min_length=1, max_length=1)
    """The sign around a cell of a text that holds the delimiter."""
    decimal: Literal[",", "."] = "."
    thousands: Literal[",", ".", " ", "'"] | None = None
    """The sign between the thousands of a number."""
    signs: list[Filled] = []
    """What may stand beside a number and is not read, such as € or %."""
    date_formats: list[Filled] = []
    """As `strptime` has them; "excel" for serial numbers, "excel_1904" for those of an older Mac."""
    ticked: str | None = None
    """What stands in the column of an option that was ticked."""
    unticked: list[str] = [""]
    """What stands in the column of an option that was shown and not ticked."""
    missing_codes: list[str] = [""]
    """What stands where there is no answer, in any column."""
    paradata: Paradata = Paradata()
    design: Design = Design()
    ignore: list[str] | Literal["rest"] = []
    """Columns that are left unread; "rest" for all that are not named."""
    title_rows: int = Field(default=0, ge=0)
    """Rows above the header, which are passed over."""
    last_rows: int = Field(default=0, ge=0)
    """Rows at the end that are no responses, such as totals."""
    header_rows: int = Field(default=1, ge=0, le=3)
    """Rows of the header, joined by " / "; an empty cell of an upper row repeats the one before it."""
    names_row: int | None = Field(default=None, ge=1, le=3)
    """The one row of the header that names the columns, where the others only explain it."""
    rankings: list[Ranked] = []
    """The rankings, and in which columns they stand."""
    columns: list[str] = []
    """The names of the columns, where the file has no header."""
    sheet: Filled | None = None
    """The sheet of a workbook; left out, the only one."""

    @field_validator("file")
    @classmethod
    def _in_the_folder(cls, file: str) -> str:
        if len(PurePosixPath(file).parts) != 1 or "\\" in file or file in (".", ".."):
            raise ValueError(f"'{file}' is no file in the folder of the wave: give its name alone")
        return file

    @field_validator("encoding")
    @classmethod
    def _known(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except LookupError:
            raise ValueError(
                f"'{encoding}' is no encoding: utf-8-sig and windows-1252 are the most frequent"
            ) from None
        return encoding

    def check(self, scope: "Scope") -> None:
        """Note what the format has no use for."""
        of_texts = dict.fromkeys(("encoding", "delimiter"), ("limesurvey", "csv"))
        tables = ("limesurvey", "csv", "excel")
        of_sheets = {"sheet": ("excel",), "quote": ("limesurvey", "csv")}
        of_sheets |= dict.fromkeys(("header_rows", "names_row", "title_rows", "last_rows", "columns"), tables)
        for name, formats in (of_texts | of_sheets).items():
            if name in self.model_fields_set and self.format not in formats:
                scope.problem(
                    ("source", name),
                    f"source.{name} says nothing about format {self.format}",
                    fix="take it out",
                )
        if not self.header_rows and not self.columns:
            scope.problem(
                ("source", "header_rows"), "nothing names the columns", fix="list them under source.columns"
            )
        if self.names_row and self.names_row > self.header_rows:
            scope.problem(
                ("source", "names_row"),
                f"row {self.names_row} of a header of {self.header_rows}",
                fix="correct one of the two",
            )


def _kind(entry: Any) -> str:
    if isinstance(entry, dict):
        return "battery" if "items" in entry or "battery" in entry else "question"
    return "battery" if isinstance(entry, Battery) else "question"


Entry = Annotated[
    Annotated[Question, Tag("question")] | Annotated[Battery, Tag("battery")], Discriminator(_kind)
]


class Questionnaire(Model):
    """questionnaire.yaml: what was asked and of whom, how the export says it, and what is derived from it."""

    study: Name
    """The study that the wave belongs to."""
    unit: Text
    """What one response speaks for, in the plural: organisations, households."""
    language: Language
    """The language in which the questionnaire was put."""
    provenance: Literal["real", "reconstructed"]
    """Whether somebody gave these answers, or they were drawn so that they agree with published figures."""
    base: Base = "asked"
    """Of whom shares are taken, where a question says nothing else."""
    source: Source
    entries: list[Entry] = Field(alias="questions", min_length=1)
    """The questions in the order of the questionnaire; those of a grid as one `battery`."""
    derived: list[Derived] = []
    """Variables that are computed from answers, each from what stands above it."""

    @model_validator(mode="before")
    @classmethod
    def _base_of_all(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not isinstance(value.get("base"), str):
            return value

        def completed(entries: Any) -> Any:
            if not isinstance(entries, list):
                return entries
            return [{"base": value["base"]} | one if isinstance(one, dict) else one for one in entries]

        return value | {key: completed(value[key]) for key in ("questions", "derived") if key in value}

    @cached_property
    def questions(self) -> list[Question]:
        """Every question, those of batteries among them, in order."""
        return [
            question
            for entry in self.entries
            for question in (entry.questions() if isinstance(entry, Battery) else [entry])
        ]

    @cached_property
    def variables(self) -> dict[str, Variable]:
        """Every question and every derived variable by its name, in the order of the file."""
        variables = {question.name: question.variable() for question in self.questions}
        for definition in self.derived:
            variables[definition.name] = definition.variable(variables)
        return variables

    @property
    def columns(self) -> Iterator[tuple[str, str]]:
        """Every column of the export that is read, with what it is read for."""
        if self.source.key is not None:
            yield "source.key", self.source.key
        for name, column in self.source.paradata.columns.items():
            yield f"paradata.{name}", column
        for name, column in self.source.design.columns.items():
            yield f"design.{name}", column
        for question in self.questions:
            for column in dict.fromkeys(question.columns):
                yield question.name, column


def _faults(asked: Question | Battery, column: str | None) -> Iterator[str]:
    """Yield what does not fit the type of a question, or of the questions of a battery."""
    type_, options, other = asked.type, asked.options, getattr(asked, "other", None)
    closed = type_ in ("single", "multi", "ordinal")
    names = [option.name for option in options]
    if closed and len(options) + bool(other) < (1 if type_ == "multi" else 2):
        yield f"a {type_} question needs its options"
    if not closed and options:
        yield f"a {type_} question has no options"
    if other and type_ not in ("single", "multi"):
        yield f"'other' belongs to single and multi questions, not to {type_}"
    if other and OTHER in names:
        yield "'other:' already makes an option named other: remove it from the options"
    yield from _column_faults(asked, column)
    if type_ != "ordinal" and any(option.score is not None for option in options):
        yield f"scores belong to ordinal questions, not to {type_}"
    scores = [option.score for option in options]
    if any(score is None for score in scores) and any(score is not None for score in scores):
        yield "either every option has a score or none"
    if type_ != "numeric" and (asked.minimum is not None or asked.maximum is not None):
        yield f"minimum and maximum belong to numeric questions, not to {type_}"
    if type_ != "numeric" and getattr(asked, "year", False):
        yield f"a year is a number: it belongs to numeric questions, not to {type_}"
    for name in names:
        if name in TAKEN or (type_ == "multi" and name in TAKEN_BY_COLUMNS):
            yield f"the option name '{name}' is taken: results and responses have another use for it"
    yield from repeated("option", names)
    yield from repeated("option column", [o.column for o in options if o.column is not None])
    codes = [option.code for option in options if option.code is not None] if column else []
    yield from repeated("code", [*codes, *(missing.words for missing in asked.missing)])
    for option in asked.top_box:
        if option not in names:
            yield f"'{option}' in top_box is no option; expected some of {', '.join(names)}"


def _column_faults(asked: Question | Battery, column: str | None) -> Iterator[str]:
    separator, columns = getattr(asked, "separator", None), getattr(asked, "answer_columns", [])
    other = getattr(asked, "other", None)
    with_column = [option.name for option in asked.options if option.column is not None]
    if columns and (asked.type != "multi" or column or separator or with_column):
        yield "columns that each hold one answer belong to a multi question without column and separator"
    if separator and asked.type != "multi":
        yield f"a separator belongs to a multi question, not to {asked.type}"
    if other is not None and column is not None and other.column == column and not separator:
        yield "'other' stands in the column of the answers only where a separator joins them"
    ticked = asked.type == "multi" or (asked.type in ("single", "ordinal") and with_column)
    boxes = [missing.column for missing in asked.missing if missing.column is not None]
    if boxes and not (ticked and with_column):
        yield f"the column '{boxes[0]}' of a reason belongs beside options with columns of their own"
    if ticked and not separator and not columns:
        if column:
            yield "each option has its own column, or all share one (of a multi question with a separator)"
        columnless = [option.name for option in asked.options if option.column is None]
        if columnless:
            yield f"no column for {', '.join(columnless)}"
        return
    if column is None and not columns:
        yield "no column"
    if with_column:
        yield f"a column of {', '.join(with_column)} fits only a question without column and separator"
    codeless = [option.name for option in asked.options if option.code is None]
    if codeless:
        yield f"no code for {', '.join(codeless)}"
