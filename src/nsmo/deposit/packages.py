"""The answers as files of SPSS and Stata, with labels and missing values, written by pyreadstat."""

import re
from datetime import date
from pathlib import Path
from textwrap import wrap
from typing import Any

import pandas as pd

from nsmo.deposit.coded import Coded
from nsmo.deposit.column import Column
from nsmo.deposit.sets import declare_sets

#: What Stata calls the reasons for having no answer, by the last digit of their code.
_LETTERS = {1: "a", 2: "b", 3: "c", 4: "d"}
_LONGEST_NOTE = 75
_MOST_MISSING = 3
# Both programs write down when a file was made; here the day of the deposit, so that it can be made again.
_MOMENT = 92  # bytes before the date in a file of SPSS
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST_LABEL = {"sav": 255, "dta": 80}


def write_sav(coded: Coded, path: Path, on: date) -> None:
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
        missing_ranges={column.name: _missing(column) for column in coded.columns if column.missing},
        variable_measure={
            column.name: {"date": "scale", "text": "nominal"}.get(column.kind, column.kind)
            for column in coded.columns
        },
    )
    sets = {name: [column.name for column in columns] for name, columns in coded.sets.items()}
    labels = {name: columns[0].label.partition(": ")[0] for name, columns in coded.sets.items()}
    declare_sets(path, [column.name for column in coded.columns], sets, labels)
    content = path.read_bytes()
    moment = f"{on:%d} {_MONTHS[on.month - 1]} {on:%y}00:00:00".encode("ascii")
    path.write_bytes(content[:_MOMENT] + moment + content[_MOMENT + len(moment) :])


def _missing(column: Column) -> list[Any]:
    """Declare each reason by itself, so that they stay apart; SPSS takes three, or a range."""
    codes = sorted(column.missing)
    if len(codes) > _MOST_MISSING:
        return [{"lo": codes[0], "hi": codes[-1]}]
    return [{"lo": code, "hi": code} for code in codes]


def write_sets(coded: Coded, path: Path) -> None:
    """Write the syntax by which SPSS makes one question of columns with several answers.

    The file has these sets already; this is for whoever reads the codes from another file.
    """
    lines = ["* Run this with the data open; a .sav file of this deposit has these sets already."]
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


def write_dta(coded: Coded, path: Path, on: date) -> None:
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
    moment = f"{on:%d} {_MONTHS[on.month - 1]} {on:%Y} 00:00".encode("ascii")
    path.write_bytes(
        re.sub(rb"(?<=<timestamp>\x11).{17}(?=</timestamp>)", moment, path.read_bytes(), count=1)
    )


def _letter(code: int) -> str:
    return _LETTERS[-code % 100]


def _lettered(values: pd.Series, column: Column) -> pd.Series:
    letters = {float(code): _letter(code) for code in column.missing}
    return values.astype(object).map(lambda value: letters.get(value, value))
