"""Cleaned answers as numbers with labels, as SPSS, Stata and DDI know them."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from nsmo.deposit.column import Column
from nsmo.deposit.design import declaration, design_columns
from nsmo.present.wording import Wording
from nsmo.study import Codebook, Variable
from nsmo.study.conditions import REASONS

#: The code of each reason for having no answer: below zero, of numbers so far below that none is an answer.
REASON_CODES = {reason: -place for place, reason in enumerate(REASONS, start=1)}
FAR = -999_999_900
#: Longer names than this Stata does not read.
LONGEST = 32


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
            if column.question:
                found.setdefault(column.question, []).append(column)
        return {name: columns for name, columns in found.items() if columns[0].name != name}


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
    words = Wording(language)
    data: dict[str, pd.Series | np.ndarray] = {"case": np.arange(1, len(responses) + 1)}
    columns = [Column("case", words("deposit.case"), "nominal")]
    design = list(design_columns(codebook, responses, words))
    taken = {"case", *(column.name for column, _ in design)}
    for variable in codebook.variables.values():
        shown = f"{variable.name}.missing" in responses and not variable.identifying
        if shown and variable.type != "text":
            for column, values in _columns(variable, responses, words, taken):
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
    variable: Variable, responses: pd.DataFrame, words: Wording, taken: set[str]
) -> list[tuple[Column, pd.Series]]:
    reasons = responses[f"{variable.name}.missing"].astype(object)
    seen = [reason for reason in REASONS if reasons.eq(reason).any()]
    language = words.language
    label, text = variable.label(language), variable.text(language)
    about = {"question": variable.name, "text": text, "derived": variable.derived}
    if variable.type == "date":
        name = _name(variable.name, taken)
        return [(Column(name, label, "date", **about), responses[variable.name])]
    number = variable.type == "numeric"
    codes = {reason: REASON_CODES[reason] + FAR * number for reason in seen}
    missing = {codes[reason]: _reason(reason, words) for reason in seen}
    gone = reasons.map(codes).astype(float)
    if variable.type == "multi":
        found, ticks = [], {1: words("deposit.yes"), 0: words("deposit.no")}
        for option in variable.options:
            name = _name(f"{variable.name}_{option.name}", taken)
            ticked = responses[f"{variable.name}.{option.name}"].astype("Float64").astype(float)
            what = f"{label}: {option.label(language)}"
            found.append((Column(name, what, "nominal", ticks, missing, **about), gone.fillna(ticked)))
        return found
    name = _name(variable.name, taken)
    if number:
        values = gone.fillna(responses[variable.name].astype(float))
        return [(Column(name, label, "scale", {}, missing, **about), values)]
    code = {option.name: place for place, option in enumerate(variable.options, start=1)}
    labels = {code[option.name]: option.label(language) for option in variable.options}
    values = gone.fillna(responses[variable.name].astype(object).map(code).astype(float))
    kind = "ordinal" if variable.type == "ordinal" else "nominal"
    return [(Column(name, label, kind, labels, missing, **about), values)]


def _reason(reason: str, words: Wording) -> str:
    return words("deposit.not_asked" if reason == "not_asked" else f"crosstabs.missing.{reason}")


def _name(wanted: str, taken: set[str]) -> str:
    """A name that no other column has, whatever its case, and that every program reads."""
    name, number = wanted[:LONGEST], 1
    while name.lower() in taken:
        number += 1
        name = f"{wanted[: LONGEST - len(str(number)) - 1]}_{number}"
    taken.add(name.lower())
    return name
