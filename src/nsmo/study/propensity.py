"""`weighting: propensity:` in rules.yaml, and the reference sample that it names: reference.csv of a wave."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import pandas as pd
from pydantic import Field, StringConstraints

from nsmo.study.errors import Problem, StudyError
from nsmo.study.model import Filled, Model, Name, Place, Text, Url, closest, repeated
from nsmo.study.textfile import read_rows

if TYPE_CHECKING:
    from nsmo.study.codebook import Codebook
    from nsmo.study.scope import Scope

_SHOWN = 10  # lines that a message names
#: What some write for thousands, and others with three decimals.
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
#: As programs write them: float() would take 1_000 and digits of other scripts, too.
_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?|\.[0-9]+")


class Propensity(Model):
    """Weights of one over the chance of taking part, which a reference sample lets be estimated.

    The reference is a probability sample of the same population in which some of the same questions were put.
    """

    by: list[Name] = Field(min_length=1)
    """What the chance may depend on: questions and derived variables with one answer. The reference has a
    column of each, with the names of their options."""
    weight: Filled = "weight"
    """The column of the reference with its weights, which add up to the population."""
    strata: Filled | None = None
    """The column of the strata in which the reference was drawn."""
    clusters: Filled | None = None
    """The column of the units that were drawn together."""
    replicates: Annotated[int, Field(ge=50, le=2000)] = 200
    """How often both samples are drawn again to see how sure a weighted figure is."""
    period: Annotated[str, StringConstraints(pattern=r"^\d{4}(-Q[1-4]|-\d{2}(-\d{2})?)?$")]
    """When the reference was asked: a year, quarter, month or day, as "2020" or "2020-Q3"."""
    source: Text
    """What the reference is, as it is cited."""
    source_url: Url | None = None

    @property
    def columns(self) -> list[str]:
        """The columns that the reference must have."""
        design = [name for name in (self.weight, self.strata, self.clusters) if name is not None]
        return [*self.by, *design]

    def check(self, scope: "Scope", place: Place) -> None:
        """Check the questions against the questionnaire."""
        for name in self.by:
            scope.of_type((*place, "by"), name, ("single", "ordinal"), "one with one answer")
            scope.shown((*place, "by"), name)
        for fault in repeated("column", self.columns):
            scope.problem(place, fault)


def read_reference(codebook: "Codebook", path: Path) -> pd.DataFrame | None:
    """Read the reference sample; None where no weights are made with one.

    Parameters
    ----------
    codebook : Codebook
        Its `weighting` says what the columns are.
    path : Path
        reference.csv.

    Returns
    -------
    DataFrame or None
        A row for each respondent of it: the questions as categories, the weight as a number, stratum and
        cluster as texts.

    Raises
    ------
    StudyError
        Naming everything that is wrong, see `reference_problems`.
    """
    propensity = codebook.weighting.propensity if codebook.weighting else None
    if propensity is None:
        return None
    found = reference_problems(codebook, path)
    if found:
        raise StudyError(f"{len(found)} problem{'s' * (len(found) > 1)} in {path.name}:", problems=found)
    frame = pd.DataFrame([row for _, row in read_rows(path)[1]])[propensity.columns]
    options = {name: codebook.variable(name).option_names for name in propensity.by}
    frame = frame.assign(**{name: pd.Categorical(frame[name], known) for name, known in options.items()})
    return frame.astype({propensity.weight: float})


def reference_problems(codebook: "Codebook", path: Path) -> list[Problem]:
    """List what is wrong with the reference sample of a wave; empty where none is asked for.

    Parameters
    ----------
    codebook, path
        As of `read_reference`.

    Returns
    -------
    list of Problem
        A file that is not there or has no row; a column that it lacks; an answer that is no option; a weight
        that is no number above 0; an empty stratum or cluster. With lines.
    """
    propensity = codebook.weighting.propensity if codebook.weighting else None
    if propensity is None:
        return []
    try:
        columns, rows = read_rows(path) if path.is_file() else ([], [])
    except StudyError as error:
        return list(error.problems)
    if not rows:
        return [
            Problem(
                "the reference sample is empty" if path.is_file() else "the reference sample is not there",
                path.name,
                f"a row for each of its respondents, with the columns {', '.join(propensity.columns)}",
                "write it there, or take `propensity:` out of rules.yaml",
            )
        ]
    absent = [name for name in propensity.columns if name not in columns]
    if absent:
        return [
            Problem(f"no column {name!r}", f"{path.name}, line 1", closest(name, columns)) for name in absent
        ]
    return [*_unread(columns, propensity, path.name), *_wrong_cells(codebook, propensity, rows, path.name)]


def _unread(columns: list[str], propensity: Propensity, file: str) -> Iterator[Problem]:
    """Yield the columns that nothing reads: of persons who took part elsewhere, in a file that git keeps."""
    if more := [name for name in columns if name not in propensity.columns]:
        yield Problem(
            f"columns that nothing reads: {', '.join(map(repr, more[:_SHOWN]))}",
            f"{file}, line 1",
            ", ".join(propensity.columns),
            "leave them out: what they tell of the respondents of the reference would be kept for nothing",
        )


def _wrong_cells(
    codebook: "Codebook", propensity: Propensity, rows: list[tuple[int, dict[str, str]]], file: str
) -> Iterator[Problem]:
    from nsmo.study.personal import forms_in  # which reads codebooks

    for name in propensity.by:
        options = codebook.variable(name).option_names
        wrong = {row[name]: line for line, row in reversed(rows) if row[name] not in options}
        for value, line in sorted(wrong.items(), key=lambda one: one[1])[:_SHOWN]:
            told = f"(left out: {' and '.join(kinds)})" if (kinds := forms_in(value)) else repr(value)
            yield Problem(
                f"{told} is no option of '{name}'" if value else f"no answer to '{name}'",
                f"{file}, line {line}",
                f"one of {', '.join(options)}",
                "write the option's name, or leave the row out and weight the reference for it",
            )
    for line, row in [one for one in rows if not _is_weight(one[1][propensity.weight])][:_SHOWN]:
        yield Problem(
            f"the weight {row[propensity.weight]!r}", f"{file}, line {line}", "a number above 0, as 1234.5"
        )
    if line := _two_ways(propensity, rows):
        yield Problem(
            f"the weight {dict(rows)[line][propensity.weight]!r} beside weights without a point",
            f"{file}, line {line}",
            "weights that can be read in one way only",
            "write thousands without a sign between them, and every weight with the same number of decimals",
        )
    for name in filter(None, (propensity.strata, propensity.clusters)):
        if lines := [line for line, row in rows if not row[name].strip()]:
            yield Problem(f"no {name!r}", f"{file}, line {lines[0]}", "one for every row")


def _two_ways(propensity: Propensity, rows: list[tuple[int, dict[str, str]]]) -> int:
    """Return the line of a weight whose point may part thousands: 1.234 beside 987; 0 without one."""
    weights = {row[propensity.weight].strip(): line for line, row in reversed(rows)}
    pointed = [text for text in weights if "." in text]
    if not pointed or len(pointed) == len(weights) or not all(map(_THOUSANDS.fullmatch, pointed)):
        return 0
    return min(weights[text] for text in pointed)


def _is_weight(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text.strip())) and 0 < float(text) < np.inf
