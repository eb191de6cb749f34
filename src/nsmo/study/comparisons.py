"""How published statements bear on each other and on other surveys: comparisons, wholes, benchmarks."""

from typing import Literal

from pydantic import Field, model_validator

from nsmo.study.estimands import Statement
from nsmo.study.model import Text


class Term(Statement):
    """Values that one or more claims allow for the quantity of a comparison, in per cent.

    `at_most`: the claim's figure counts everybody in the quantity and perhaps others too.
    """

    claims: tuple[str, ...] = Field(min_length=1)
    as_: Literal["same", "sum", "complement", "at_most"] = Field(default="same", alias="as")
    reading: bool = False
    """Whether the term is this project's reading of a label, and no publication's figure or words.

    What it clashes with is not contradicted by it; the claims of the term itself are.
    """

    @model_validator(mode="after")
    def _count(self) -> "Term":
        if self.as_ in ("same", "at_most") and len(self.claims) > 1:
            raise ValueError("several claims make one term only as `sum` or `complement`")
        return self


class Comparison(Statement):
    """Claims that speak of the same quantity."""

    quantity: str
    terms: tuple[Term, ...] = Field(min_length=2)


class Part(Statement):
    """One of the groups that everybody is in exactly one of; each claim gives its share."""

    label: Text
    claims: tuple[str, ...] = Field(min_length=1)


class Whole(Statement):
    """Groups that together are everybody.

    `assumption` says why they are taken so where no publication does; then the whole is an inference. It
    `reconciles` a comparison whose terms have no value in common.
    """

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    label: Text
    parts: tuple[Part, ...] = Field(min_length=2)
    assumption: Text | None = None
    reconciles: str | None = None


class Benchmark(Statement):
    """A figure of other surveys that one of the claims is compared with.

    `relation`: the indicator counts the `same` as the claim, something `similar`, or something `wider`, which
    includes what the claim counts and so cannot be rarer among the same organisations. `among` names the
    indicator of a group (users) whose share turns the figure into one of that group.
    """

    indicator: str
    claim: str
    label: Text
    relation: Literal["same", "wider", "similar"]
    among: str | None = None
    among_label: Text | None = None

    @model_validator(mode="after")
    def _labelled(self) -> "Benchmark":
        if (self.among is None) != (self.among_label is None):
            raise ValueError("`among` and `among_label` belong together")
        return self
