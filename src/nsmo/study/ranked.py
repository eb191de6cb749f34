"""`rankings:` under `source:` of questionnaire.yaml: which columns put answers in an order."""

from typing import Literal, Self

from pydantic import Field, model_validator

from nsmo.study.model import Filled, Model, repeated


class Ranked(Model):
    """A ranking, in one of three shapes; each answer is an item of a battery of numbers, 1 for the first.

    - `column`, `separator`, `answers`: all answers in a cell, in their order, such as `b; a; c`.
    - `name`, `columns`, `answers`: a column for each place, from the first on, that holds an answer.
    - `columns` alone: a column for each answer, that holds its place: 1, 2, 3, or the texts in `places`.

    In the first two shapes a column `column [answer]` or `name [answer]` is made for each answer; the battery
    reads these. In the third it reads the columns as they are. A response may leave answers without a place.
    """

    column: Filled | None = None
    separator: str | None = Field(default=None, min_length=1)
    """What stands between the answers of a cell."""
    name: Filled | None = None
    """What the columns that are made of a ranking by place are called."""
    columns: list[Filled] = []
    answers: list[Filled] = []
    """The answers, as they stand in the cells."""
    places: list[Filled] = []
    """What stands for the first place, for the second, and so on, where it is no number."""
    missing: list[Filled] = []
    """What stands where no answer is given, besides `source.missing_codes`."""
    faulty: Literal["stop", "no_answer"] = "stop"
    """What happens where a response has an answer twice, two at one place, or leaves a place open before one
    that it fills: reading stops and names the lines, or the ranking of that response counts as no answer."""

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        for what, texts in (("column", self.columns), ("answer", self.answers), ("place", self.places)):
            for fault in repeated(what, texts):
                raise ValueError(fault)
        given = {name for name in ("column", "separator", "name", "columns", "answers", "places")
                 if getattr(self, name)}  # fmt: skip
        shapes: list[set[str]] = [
            {"column", "separator", "answers"},
            {"name", "columns", "answers"},
            {"columns"},
            {"columns", "places"},
        ]
        if given not in shapes:
            raise ValueError(
                "a ranking has column, separator and answers (all in one cell); or name, columns and answers "
                "(a column for each place); or columns, with or without places (a column for each answer)"
            )
        if self.column is None and len(self.columns) < 2:
            raise ValueError("a ranking by columns has two columns or more")
        if self.answers and len(self.answers) < 2:
            raise ValueError("a ranking has two answers or more")
        return self

    @property
    def called(self) -> str:
        """What it is called in messages, and how the columns that are made of it begin."""
        return self.column or self.name or self.columns[0]

    @property
    def read_from(self) -> list[str]:
        """The columns of the export that hold it."""
        return [self.column] if self.column is not None else self.columns

    @property
    def items(self) -> list[str]:
        """The columns that hold the place of each answer when it was read."""
        return [f"{self.called} [{answer}]" for answer in self.answers] if self.answers else self.columns
