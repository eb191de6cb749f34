"""The models of published.yaml: the published statements of a study as typed claims."""

import builtins  # Claim has a field `type`
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from nsmo.study.comparisons import Benchmark, Comparison, Whole
from nsmo.study.conditions import Condition
from nsmo.study.errors import Problem, StudyError
from nsmo.study.estimands import Estimate, Proportion, Statement
from nsmo.study.model import Text, Url
from nsmo.study.wordings import SPOKEN_DENOMINATOR, interval
from nsmo.study.yamlfile import YamlFile

Type = Literal[
    "exact",
    "about",
    "almost",
    "over",
    "fraction",
    "more_than",
    "difference",
    "extreme",
    "association",
    "significant",
    "group_share",
    "unmeasured",
]
Unit = Literal["percent", "number", "channels", "score", "sign"]

_VALUED = ("exact", "about", "almost", "over", "fraction", "more_than", "group_share")
_MEASURES = {
    "difference": ("difference", "ranking"),
    "extreme": ("extreme", "ranking"),
    "association": ("association",),
    "significant": ("association",),
}


class Source(Statement):
    """A publication."""

    title: str
    publisher: str
    url: Url
    date: str | None = None
    seen: Literal["complete", "beginning only"]
    """How much of it was read for this project."""

    @field_validator("date", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return None if value is None else str(value)


class Respondents(Statement):
    """How many took part, as a publication says."""

    n: int = Field(ge=1)
    source: str
    """The key of the publication under `sources`."""
    wording: str | None = None
    """The number as it was printed."""


_Kind = TypeVar("_Kind", bound=Statement)


class FromPublished(Statement):
    """How the published figures alone can test a claim.

    `two_groups`: from the shares of the first group, of the second, and of both together. `ranking`: from the
    shares of the options, in any order. A bound needs neither: the sets of the stage bounds test it.
    """

    rule: Literal["two_groups", "ranking"]
    claims: tuple[str, ...] = Field(min_length=1)


class _Worded(Statement):
    """A figure and how it was worded."""

    wording: str | None = None
    """The figure as it was printed."""
    published: float | None = None
    """The figure as a number, in its unit."""
    fraction: str | None = None
    """The figure as a fraction, such as 1/3."""
    decimals: int | None = Field(default=None, ge=0, le=4)
    """To how many decimals the figure was printed."""

    @field_validator("fraction", mode="before")
    @classmethod
    def _readable(cls, value: Any) -> Any:
        if value is not None:
            try:
                share = Fraction(str(value))
            except (ValueError, ZeroDivisionError):
                raise ValueError(f"{value!r} is no fraction such as 1/3") from None
            if not 0 < share < 1 or share.denominator > SPOKEN_DENOMINATOR:
                raise ValueError(
                    f"{value} is not between 0 and 1 with a denominator up to {SPOKEN_DENOMINATOR}"
                )
        return value

    @property
    def value(self) -> float | None:
        """The figure in its unit; a fraction in per cent."""
        return float(100 * Fraction(self.fraction)) if self.fraction else self.published


class Wording(_Worded):
    """The same figure in another publication, or in other words."""

    source: str
    type: Literal["exact", "about", "almost", "over", "fraction"]

    @model_validator(mode="after")
    def _figure(self) -> "Wording":
        _check_figure(self, self.type)
        return self


class Variant(Statement):
    """One reading of an ambiguous statement, or one part of a statement that says several things."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    text: Text
    estimate: Estimate
    stands_for: Text | None = None
    """What is measured here, and in place of what."""


class Claim(_Worded):
    """One published statement, or one reading or part of it (then `claim` differs from `id`)."""

    id: str = Field(pattern=r"^[a-z0-9_.]+$")
    topic: str
    """What it is about; statements of one topic stand together."""
    type: Type
    """What the figure means.

    exact: `published`, rounded to `decimals`.
    about ("zo'n X"): less than 1 from X.
    almost ("bijna X"): from X - 1 up to X; with a `fraction`: below it, nearer to it than to the next.
    over ("ruim X"): above X, less than X + 1.
    fraction ("een op drie"): `fraction`.
    more_than: a lower bound.
    group_share: the share of a described group; `worded` says how the figure was worded.
    difference: the first group (or option) above the second.
    extreme: the highest or lowest of all groups or options.
    association: the sign of an association.
    significant: the same, said to be significant.
    unmeasured: no question of the survey can tell; `why` says why not.
    """
    worded: Literal["exact", "about", "almost", "over"] | None = None
    """How the figure of a group_share was worded."""
    literal: bool = False
    """Whether the words of a group_share say who belongs to the group; else its rule is the study's own."""
    described: Condition | None = None
    """What a group_share says of everybody in the group; the members are held against it."""
    implicit: bool = False
    """Whether the words of a more_than give no number, so that the bound is this project's reading of them.

    Such a bound is held against the figures and is no condition on them.
    """
    causal: bool = False
    """Whether the sentence of an association speaks of a cause; more than the association is never tested."""
    at_large: bool = True
    """Whether the sentence speaks of organisations at large; advice does not, nor what is of respondents."""
    stands_for: Text | None = None
    """What is measured, and in place of what, where the thing itself was not asked."""
    statement: Text
    """What was said, in other words than the source has."""
    source: str
    """The key of the publication under `sources`."""
    unit: Unit | None = None
    sign: Literal["+", "-"] | None = None
    """Whether an association goes up or down."""
    estimate: Estimate | None = None
    """What of the answers the figure is an estimate of."""
    readings: tuple[Variant, ...] = ()
    """Alternative meanings of one sentence; each is a row of its own."""
    parts: tuple[Variant, ...] = ()
    """Several things said in one sentence; each is a row of its own."""
    also: tuple[Wording, ...] = ()
    """The same figure in other publications."""
    from_published: FromPublished | None = None
    """From which other claims the figures alone can test this one, and how."""
    why: Text | None = None
    """Why an unmeasured statement cannot be measured."""
    note: Text | None = None
    claim: SkipJsonSchema[str] = ""
    """The claim that a reading or part belongs to."""
    reading: SkipJsonSchema[Text | None] = None
    """What a reading or part says."""

    @model_validator(mode="after")
    def _fits_type(self) -> "Claim":
        _check_figure(self, self.worded or self.type)
        if self.type not in _VALUED and self.value is not None:
            raise ValueError(f"type {self.type} has no published value, but {self.value:g} is given")
        if (self.type == "group_share") != (self.worded is not None):
            raise ValueError("`worded` belongs to the type group_share, and only there")
        if self.literal and (self.type != "group_share" or getattr(self.estimate, "option", None) is None):
            raise ValueError("`literal` belongs to a group_share of one option")
        if self.described is not None and self.type != "group_share":
            raise ValueError("`described` belongs to the type group_share")
        if self.implicit and self.type != "more_than":
            raise ValueError("`implicit` belongs to the type more_than")
        if self.causal and self.type not in ("association", "significant"):
            raise ValueError("`causal` belongs to the types association and significant")
        if (self.type in ("association", "significant")) != (self.sign is not None):
            raise ValueError("`sign` belongs to the types association and significant, and only there")
        return self

    @model_validator(mode="after")
    def _has_an_estimate(self) -> "Claim":
        if self.readings and self.parts:
            raise ValueError("either readings or parts, not both")
        variants = self.readings + self.parts
        estimates = [variant.estimate for variant in variants]
        estimates += [self.estimate] if self.estimate else []
        if self.type == "unmeasured":
            if estimates or not self.why:
                raise ValueError("an unmeasured statement has no estimate, and says under `why` why not")
            return self
        if bool(variants) == bool(self.estimate):
            raise ValueError("needs either an estimate, or readings or parts that each have one")
        if self.unit is None or self.decimals is None:
            raise ValueError("needs a unit and decimals")
        if len({variant.id for variant in variants}) < len(variants):
            raise ValueError("two readings or parts have the same id")
        allowed = _MEASURES.get(self.type, ("proportion", "mean"))
        for estimate in estimates:
            if estimate.measure not in allowed:
                raise ValueError(f"type {self.type} needs {' or '.join(allowed)}, not {estimate.measure}")
        return self

    @property
    def figure(self) -> float:
        """The published figure in its unit, of a claim that must have one."""
        if self.value is None:
            raise self._lacks("`published` or `fraction`")
        return self.value

    @property
    def digits(self) -> int:
        """To how many decimals the figure was printed, of a claim that must say so."""
        if self.decimals is None:
            raise self._lacks("`decimals`")
        return self.decimals

    def estimated(self, *kinds: builtins.type[_Kind]) -> _Kind:
        """Return the estimate of a claim that must have one of these kinds."""
        if isinstance(self.estimate, kinds):
            return self.estimate
        measures = (kind.__name__.lower() for kind in kinds)
        raise self._lacks(f"an estimate with the measure {' or '.join(measures)}")

    def _lacks(self, what: str) -> StudyError:
        return StudyError(
            found=f"claim '{self.id}' of the type {self.type} has no {what.removeprefix('an ')}",
            where="published.yaml",
            expected=f"{what}: something is computed from it",
            fix="complete the claim, or take it out of what rests on it",
        )

    def rows(self) -> Iterator["Claim"]:
        """Yield one claim for each reading or part, with its own id, or the claim itself."""
        variants = self.readings + self.parts
        if not variants:
            yield self.model_copy(update={"claim": self.id})
        for variant in variants:
            yield self.model_copy(
                update={
                    "id": f"{self.id}.{variant.id}",
                    "claim": self.id,
                    "reading": variant.text,
                    "estimate": variant.estimate,
                    "stands_for": variant.stands_for or self.stands_for,
                    "readings": (),
                    "parts": (),
                }
            )


def _check_figure(worded: _Worded, kind: str) -> None:
    """Refuse a figure that does not fit the wording's type."""
    if kind in _VALUED and worded.value is None:
        raise ValueError(f"type {kind} needs `published`" + (" or `fraction`" if kind == "almost" else ""))
    if worded.published is not None and worded.fraction is not None:
        raise ValueError("either published or fraction, not both")
    if worded.fraction is not None and kind not in ("fraction", "almost"):
        raise ValueError(f"a fraction belongs to the types fraction and almost, not to {kind}")
    if kind == "fraction" and worded.fraction is None:
        raise ValueError("type fraction needs `fraction`, for example 1/3")
    if kind == "exact":
        if worded.decimals is None:
            raise ValueError("type exact needs `decimals`")
        digits = worded.value * 10**worded.decimals
        if abs(digits - round(digits)) > 1e-6:
            raise ValueError(f"{worded.value:g} has more than {worded.decimals} decimals")


class Gap(Statement):
    """Something that was not published, and what cannot be computed without it."""

    missing: Text
    so: Text
    claims: tuple[str, ...] = ()


class Quantity(Statement):
    """Something that was not published itself, of which the published figures may say how far it can go."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    text: Text
    """What it is, as tables and figures show it."""
    when: Condition | None = None
    """The share of all respondents for whom this holds; or else an `estimate`."""
    estimate: Estimate | None = None

    @model_validator(mode="after")
    def _one(self) -> "Quantity":
        if (self.when is None) == (self.estimate is None):
            raise ValueError("a quantity has either `when` or an `estimate`")
        return self

    @property
    def asked(self) -> Condition | Estimate:
        """What it is: a condition, or an estimate."""
        found = self.when or self.estimate
        assert found is not None  # one of them is given
        return found


class Premise(Statement):
    """Something that is taken to hold of every respondent, beside the figures, with the reason."""

    id: str = Field(pattern=r"^[a-z0-9_]+$")
    text: Text
    when: Condition
    why: Text

    @property
    def estimate(self) -> Proportion:
        """The share of all for whom it holds, which is one."""
        leaf, _ = next(iter(self.when.leaves()))
        return Proportion(measure="proportion", question=str(leaf.question), when=self.when)


class Omitted(Statement):
    """An entry of the list of published figures that is no claim, and why."""

    id: str
    reason: str = Field(min_length=5)


class Published(Statement):
    """published.yaml: what was published about the study, as typed statements with their sources."""

    sources: dict[str, Source]
    respondents: Respondents | None = None
    """How many took part. Left out: it is inferred from the percentages that were printed with decimals."""
    claims: tuple[Claim, ...] = Field(min_length=1)
    comparisons: tuple[Comparison, ...] = ()
    wholes: tuple[Whole, ...] = ()
    benchmarks: tuple[Benchmark, ...] = ()
    not_published: tuple[Gap, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    premises: tuple[Premise, ...] = ()
    omitted: tuple[Omitted, ...] = ()

    @model_validator(mode="after")
    def _names(self) -> "Published":
        known = {claim.id for claim in self.claims}
        wrong = [*self._repeated(known), *self._unknown_to_claims(known), *self._unknown_elsewhere(known)]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def _repeated(self, known: set[str]) -> Iterator[str]:
        """Yield what is wrong with ids."""
        ids = Counter(claim.id for claim in self.claims)
        yield from (f"claim '{name}' stands there twice" for name in sorted(known) if ids[name] > 1)
        elsewhere = Counter(entry.id for entry in (*self.quantities, *self.premises))
        for name in sorted(elsewhere):
            if name in known or elsewhere[name] > 1:
                yield f"'{name}' is the id of two claims, quantities or premises"
        yield from (
            f"'{entry.id}' is both a claim and omitted" for entry in self.omitted if entry.id in known
        )

    def _unknown_to_claims(self, known: set[str]) -> Iterator[str]:
        """Yield the sources and claims that claims name and that are not there."""
        if self.respondents is not None and self.respondents.source not in self.sources:
            yield f"`respondents` has the unknown source '{self.respondents.source}'"
        for claim in self.claims:
            for source in (claim.source, *(other.source for other in claim.also)):
                if source not in self.sources:
                    yield f"claim '{claim.id}' has the unknown source '{source}'"
            for name in claim.from_published.claims if claim.from_published else ():
                if name not in known:
                    yield f"claim '{claim.id}' is to be tested from the unknown claim '{name}'"

    def _unknown_elsewhere(self, known: set[str]) -> Iterator[str]:
        """Yield what comparisons, wholes, benchmarks and gaps name that is not there, or of no use."""
        for comparison in self.comparisons:
            for name in (name for term in comparison.terms for name in term.claims):
                if name not in known:
                    yield f"comparison '{comparison.quantity}' names the unknown claim '{name}'"
                elif interval(self.claim(name)) is None:
                    yield f"comparison '{comparison.quantity}': '{name}' allows no range of values"
        quantities = {comparison.quantity for comparison in self.comparisons}
        for whole in self.wholes:
            if whole.reconciles is not None and whole.reconciles not in quantities:
                yield f"whole '{whole.name}' reconciles the unknown comparison '{whole.reconciles}'"
        elsewhere = [
            (f"whole '{whole.name}'", name, True)
            for whole in self.wholes
            for part in whole.parts
            for name in part.claims
        ]
        elsewhere += [(f"benchmark '{b.indicator}'", b.claim, True) for b in self.benchmarks]
        elsewhere += [
            (f"what is missing, '{gap.missing.en}'", name, False)
            for gap in self.not_published
            for name in gap.claims
        ]
        for place, name, percent in elsewhere:
            if name not in known:
                yield f"{place} names the unknown claim '{name}'"
            elif percent and (self.claim(name).unit != "percent" or interval(self.claim(name)) is None):
                yield f"{place}: '{name}' is no share in per cent"

    def with_decimals(self) -> list[Claim]:
        """List the percentages that were printed with decimals, each figure once."""
        return [
            claim
            for claim in self.claims
            if claim.type == "exact" and claim.unit == "percent" and (claim.decimals or 0) > 0
        ]

    def unknown_base(self) -> list[Problem]:
        """List what is wrong where the number of respondents is not published and cannot be inferred."""
        figures = self.with_decimals()
        decimals = sorted({claim.digits for claim in figures})
        if self.respondents is None and len(decimals) > 1:
            return [
                Problem(
                    f"no number of respondents, and figures with {' and '.join(map(str, decimals))} decimals",
                    "published.yaml",
                    "the same number of decimals for all, from which it could be inferred",
                    "add the line `respondents: {n: …, source: …}` with the number that was published",
                )
            ]
        if self.respondents is not None or figures:
            return []
        return [
            Problem(
                "no number of respondents, and no percentage with decimals that it could be inferred from",
                "published.yaml",
                "how many took part, since every figure is judged at that number",
                "add the line `respondents: {n: …, source: …}` with the number that was published",
            )
        ]

    def claim(self, name: str) -> Claim:
        """Return the claim with this id (without the suffix of a reading)."""
        for claim in self.claims:
            if claim.id == name:
                return claim
        raise KeyError(name)

    @property
    def rows(self) -> tuple[Claim, ...]:
        """All claims in the order of the file; readings and parts each as a row of their own."""
        return tuple(row for claim in self.claims for row in claim.rows())


def load_published(path: Path) -> Published:
    """Read the published statements of a wave.

    Parameters
    ----------
    path : Path
        Its published.yaml.

    Returns
    -------
    Published

    Raises
    ------
    StudyError
        With every fault of the file, each with its line, at once.
    """
    file = YamlFile(path)
    problems = file.repeated_keys()
    try:
        published = Published.model_validate(file.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            place = [part for part in detail["loc"] if part not in _TAGS]
            found = detail["msg"].removeprefix("Value error, ")
            if detail["type"] == "extra_forbidden":
                found = f"unknown key '{place[-1]}'"
            elif detail["type"] == "missing":
                found = f"the key '{place[-1]}' is missing"
            elif not isinstance(detail["input"], dict | list | tuple) and detail["type"] != "value_error":
                found = f"{found}, found {detail['input']!r}"
            problems.append(
                Problem(found, file.where(place), fix="docs/schemas/published.json tells what may stand here")
            )
    if problems:
        raise StudyError(problems=problems)
    return published


#: Pydantic puts the tag of a union into the place; it is no key of the file.
_TAGS = ("proportion", "mean", "difference", "extreme", "ranking", "association")
