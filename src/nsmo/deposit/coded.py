"""Cleaned answers as numbers with labels, as SPSS, Stata and DDI know them."""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from nsmo.deposit.column import Column
from nsmo.deposit.design import declaration, design_columns
from nsmo.present.labels import Labels
from nsmo.present.making import how_made
from nsmo.present.wording import Wording
from nsmo.study import Codebook, Variable
from nsmo.study.conditions import REASONS
from nsmo.study.personal import masked

#: The code of each reason for having no answer: below zero, of numbers so far below that none is an answer.
REASON_CODES = {reason: -place for place, reason in enumerate(REASONS, start=1)}
FAR = -999_999_900
#: Stata reads names of 32 signs. The list of a column's labels has its name and a number behind it, of five
#: digits at most.
LONGEST = 32 - 5
#: Names that mean something else to SPSS or Stata.
RESERVED = frozenset({
    "all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with",
    "byte", "double", "float", "if", "in", "int", "long", "strl", "using",
})  # fmt: skip
_TEXT_OF_STATA = re.compile(r"str[0-9]+")


@dataclass(frozen=True)
class Coded:
    """The answers as numbers, a row for each respondent, with what they mean.

    Attributes
    ----------
    title, wave, language : str
    notice : str
        What must be known of the answers, such as that they are reconstructed.
    words : Wording
        Of the language.
    frame : DataFrame
    columns : list of Column
        In the order of the frame.
    weighting : list of str
        How the weights came about and are used, in lines of Markdown.
    counted : bool
        Whether it may be said how many respondents gave each answer.
    """

    title: str
    wave: str
    language: str
    notice: str
    words: Wording
    frame: pd.DataFrame
    columns: list[Column]
    weighting: list[str] = field(default_factory=list)
    counted: bool = True

    @property
    def sets(self) -> dict[str, list[Column]]:
        """The columns of each question that takes several answers."""
        found: dict[str, list[Column]] = {}
        for column in self.columns:
            if column.option_of:
                found.setdefault(column.question, []).append(column)
        return found


def coded(codebook: Codebook, responses: pd.DataFrame, language: str = "en") -> Coded:
    """Return the cleaned answers as numbers with labels.

    Parameters
    ----------
    codebook : Codebook
        Of the wave.
    responses : DataFrame
        As the stage weight leaves them.
    language : str
        Of the labels.

    Returns
    -------
    Coded
        Without what respondents typed, without paradata, and without the ids of the tool: rows are numbered.
    """
    words, labels = Wording(language), Labels(codebook, language)
    data: dict[str, pd.Series | np.ndarray] = {"case": np.arange(1, len(responses) + 1)}
    columns = [Column("case", words("deposit.case"), "nominal")]
    design = list(design_columns(codebook, responses, words))
    taken = {"case", *(column.name for column, _ in design)}
    for variable in codebook.variables.values():
        shown = f"{variable.name}.missing" in responses and not variable.identifying
        if shown and variable.type != "text":
            for column, values in _columns(variable, responses, labels, taken):
                columns.append(column)
                data[column.name] = values
    columns += [column for column, _ in design]
    data |= {column.name: values for column, values in design}
    frame = pd.DataFrame(data).reset_index(drop=True)
    title, notice = codebook.title[language], ""
    if codebook.provenance == "reconstructed":
        title, notice = words("deposit.reconstructed", title=title), words("notice.file")
    return Coded(
        title,
        codebook.wave,
        language,
        notice,
        words,
        frame,
        columns,
        declaration(codebook, columns, words),
        # A description may go where the answers may not, and a count of one would go with it.
        codebook.privacy.keep_rows,
    )


def _columns(
    variable: Variable, responses: pd.DataFrame, labels: Labels, taken: set[str]
) -> list[tuple[Column, pd.Series]]:
    reasons = responses[f"{variable.name}.missing"].astype(object)
    seen = [reason for reason in REASONS if reasons.eq(reason).any()]
    words, language = labels.words, labels.language
    label, text = masked(variable.label(language)), masked(variable.text(language))
    about: dict[str, Any] = {"question": variable.name, "text": text}
    if variable.derived:
        about |= {"made": how_made(variable.name, labels), "sources": variable.sources}
    if variable.type == "date":
        name = unused(variable.name, taken)
        days = pd.to_datetime(responses[variable.name]).dt.normalize()  # a time of day tells when, not what
        return [(Column(name, label, "date", **about), days)]
    number = variable.type == "numeric"
    codes = {reason: REASON_CODES[reason] + FAR * number for reason in seen}
    missing = {codes[reason]: _reason(reason, words) for reason in seen}
    gone = reasons.map(codes).astype(float)
    if variable.type == "multi":
        found, ticks = [], {1: words("deposit.yes"), 0: words("deposit.no")}
        for option in variable.options:
            name = unused(f"{variable.name}_{option.name}", taken)
            ticked = responses[f"{variable.name}.{option.name}"].astype("Float64").astype(float)
            what = f"{label}: {masked(option.label(language))}"
            column = Column(name, what, "nominal", ticks, missing, option_of=label, **about)
            found.append((column, gone.fillna(ticked)))
        return found
    name = unused(variable.name, taken)
    if number:
        values = gone.fillna(responses[variable.name].astype(float))
        return [(Column(name, label, "scale", {}, missing, **about), values)]
    code = {option.name: place for place, option in enumerate(variable.options, start=1)}
    answers = {code[option.name]: masked(option.label(language)) for option in variable.options}
    values = gone.fillna(responses[variable.name].astype(object).map(code).astype(float))
    kind = "ordinal" if variable.type == "ordinal" else "nominal"
    return [(Column(name, label, kind, answers, missing, **about), values)]


def _reason(reason: str, words: Wording) -> str:
    return words("deposit.not_asked" if reason == "not_asked" else f"crosstabs.missing.{reason}")


def unused(wanted: str, taken: set[str], longest: int = LONGEST) -> str:
    """Return a name that nothing else has, whatever its case, and that every program reads.

    Parameters
    ----------
    wanted : str
    taken : set of str
        The names that others have; it is added.
    longest : int
        How many signs it may have.
    """
    name, number = wanted[:longest].rstrip("_"), 1
    while name in RESERVED or _TEXT_OF_STATA.fullmatch(name) or name.lower() in taken:
        number += 1
        name = f"{wanted[: longest - len(str(number)) - 1]}_{number}"
    taken.add(name.lower())
    return name
