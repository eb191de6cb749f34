"""The answers as files of SPSS and Stata, with labels and missing values, written by pyreadstat."""

from pathlib import Path
from textwrap import wrap

import pandas as pd

from nsmo.deposit.coded import Coded, Column

#: What Stata calls the reasons for having no answer, by the last digit of their code.
_LETTERS = {1: "a", 2: "b", 3: "c", 4: "d"}
_LONGEST_NOTE = 75
_LONGEST_LABEL = {"sav": 255, "dta": 80}


def write_sav(coded: Coded, path: Path) -> None:
    """Write a file of SPSS: reasons for having no answer are codes that the file declares missing."""
    import pyreadstat

    pyreadstat.write_sav(
        coded.frame,
        path,
        file_label=coded.title[:64],
        note=wrap(coded.notice, _LONGEST_NOTE) or None,
        column_labels=[column.label[: _LONGEST_LABEL["sav"]] for column in coded.columns],
        variable_value_labels={
            column.name: {**column.codes, **column.missing}
            for column in coded.columns
            if column.codes or column.missing
        },
        missing_ranges={
            column.name: [{"lo": min(column.missing), "hi": max(column.missing)}]
            for column in coded.columns
            if column.missing
        },
        variable_measure={
            column.name: {"date": "scale", "text": "nominal"}.get(column.kind, column.kind)
            for column in coded.columns
        },
    )


def write_sets(coded: Coded, path: Path) -> None:
    """Write the syntax by which SPSS knows which columns make one question with several answers.

    No library writes these sets into the file itself.
    """
    lines = ["* Run this once with the data open; the sets then stand in the file when it is saved."]
    for name, columns in coded.sets.items():
        label = columns[0].label.partition(": ")[0].replace("'", "''")
        variables = "\n    ".join(column.name for column in columns)
        lines += [
            "MRSETS",
            f"  /MDGROUP NAME=${name[:63]} LABEL='{label[:255]}' CATEGORYLABELS=VARLABELS",
            f"    VARIABLES={variables}",
            "    VALUE=1.",
        ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def write_dta(coded: Coded, path: Path) -> None:
    """Write a file of Stata: reasons for having no answer are the extended missing values .a to .d."""
    import pyreadstat

    frame = coded.frame.copy()
    for column in coded.columns:
        if column.missing:
            frame[column.name] = _lettered(frame[column.name], column)
    pyreadstat.write_dta(
        frame,
        path,
        file_label=coded.title[:80],
        column_labels=[column.label[: _LONGEST_LABEL["dta"]] for column in coded.columns],
        variable_value_labels={
            column.name: {**column.codes, **{_letter(code): text for code, text in column.missing.items()}}
            for column in coded.columns
            if column.codes
        },
        missing_user_values={
            column.name: sorted(_letter(code) for code in column.missing)
            for column in coded.columns
            if column.missing
        },
    )


def _letter(code: int) -> str:
    return _LETTERS[-code % 100]


def _lettered(values: pd.Series, column: Column) -> pd.Series:
    letters = {float(code): _letter(code) for code in column.missing}
    return values.astype(object).map(lambda value: letters.get(value, value))
