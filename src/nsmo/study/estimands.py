"""What of the answers a published statement speaks of: a share, mean, difference, order or association."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nsmo.study.conditions import Condition


class Statement(BaseModel):
    """A part of published.yaml: unknown keys are refused, and nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Proportion(Statement):
    """Share of those asked that chose one of some options, have a number above a bound, or are as `when`."""

    measure: Literal["proportion"]
    question: str
    option: str | None = None
    options: tuple[str, ...] | None = None
    above: float | None = None
    when: Condition | None = None
    """What must hold of a response, for a share that no single answer gives."""
    where: Condition | None = None

    @model_validator(mode="after")
    def _one_of(self) -> "Proportion":
        given = [name for name in ("option", "options", "above", "when") if getattr(self, name) is not None]
        if len(given) != 1:
            needed = "option, options, above, when"
            raise ValueError(f"a proportion needs one of {needed}; {given or 'none'} given")
        if self.when is not None and self.question not in [leaf.question for leaf, _ in self.when.leaves()]:
            raise ValueError(f"`when` does not ask for '{self.question}', of which the base is")
        return self


class Mean(Statement):
    """Mean of a number or of the scores of an ordered answer."""

    measure: Literal["mean"]
    question: str
    where: Condition | None = None


class Difference(Statement):
    """The first group of `by` minus the second, in a proportion or a mean."""

    measure: Literal["difference"]
    of: Literal["proportion", "mean"]
    question: str
    option: str | None = None
    by: str
    groups: tuple[str, str]
    where: Condition | None = None

    @model_validator(mode="after")
    def _option(self) -> "Difference":
        if (self.of == "proportion") != (self.option is not None):
            raise ValueError("an option belongs to a difference of proportions, and only there")
        return self


class Extreme(Statement):
    """One group of `by` against every other."""

    measure: Literal["extreme"]
    of: Literal["proportion", "mean"]
    question: str
    option: str | None = None
    by: str
    group: str
    which: Literal["lowest", "highest"]
    where: Condition | None = None

    @model_validator(mode="after")
    def _option(self) -> "Extreme":
        if (self.of == "proportion") != (self.option is not None):
            raise ValueError("an option belongs to an extreme of proportions, and only there")
        return self


class Ranking(Statement):
    """Options of one question: every one of `higher` against every one of `lower` (left out: all others)."""

    measure: Literal["ranking"]
    question: str
    higher: tuple[str, ...] = Field(min_length=1)
    lower: tuple[str, ...] | None = None
    where: Condition | None = None


class Association(Statement):
    """Somers' D of y given x, or the log odds ratio of two yes-or-no answers.

    `high` names, for a question whose options have no order, the option that counts as the high end.
    """

    measure: Literal["association"]
    x: str
    y: str
    method: Literal["somers_d", "log_odds"]
    high: dict[str, str] = Field(default_factory=dict)
    where: Condition | None = None

    @model_validator(mode="after")
    def _high(self) -> "Association":
        strange = sorted(set(self.high) - {self.x, self.y})
        if strange:
            raise ValueError(f"high names {', '.join(strange)}, which is neither x nor y")
        if self.method == "log_odds" and set(self.high) != {self.x, self.y}:
            raise ValueError("a log odds ratio needs the high end of both questions under high")
        return self


Estimate = Annotated[
    Proportion | Mean | Difference | Extreme | Ranking | Association, Field(discriminator="measure")
]
