"""The answers as files of SPSS and Stata, with labels and missing values, written by pyreadstat."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.deposit.coded import Coded, unused
from nsmo.deposit.column import Column
from nsmo.deposit.sets import declare_sets
from nsmo.deposit.short import LABEL, STATA, TITLE, cut, label, note, value_labels

#: What Stata calls the reasons for having no answer, by the last digit of their code.
_LETTERS = {1: "a", 2: "b", 3: "c", 4: "d"}
_MOST_MISSING = 3
# Both programs write down when a file was made; here the day of the deposit, so that it can be made again.
_MOMENT = 92  # bytes before the date in a file of SPSS
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = pd.Timestamp("1960-01-01")  # from which Stata counts days


def write_sav(coded: Coded, path: Path, on: date) -> None:
    """Write a file of SPSS: reasons for having no answer are codes that the file declares missing."""
    import pyreadstat

    pyreadstat.write_sav(
        coded.frame,
        path,
        file_label=cut(coded.title, TITLE),
        note=note(coded.notice) or None,
        column_labels=[label(column, LABEL) for column in coded.columns],
        variable_value_labels={
            column.name: value_labels(column.every) for column in coded.columns if column.every
        },
        missing_ranges={column.name: _missing(column) for column in coded.columns if column.missing},
        variable_measure={
            column.name: {"date": "scale", "text": "nominal"}.get(column.kind, column.kind)
            for column in coded.columns
        },
        variable_format={column.name: "DATE11" for column in coded.columns if column.kind == "date"},
    )
    declare_sets(path, [column.name for column in coded.columns], _sets(coded))
    content = path.read_bytes()
    moment = f"{on:%d} {_MONTHS[on.month - 1]} {on:%y}00:00:00".encode("ascii")
    path.write_bytes(content[:_MOMENT] + moment + content[_MOMENT + len(moment) :])


def _missing(column: Column) -> list[Any]:
    """Declare each reason by itself, so that they stay apart; SPSS takes three, or a range."""
    codes = sorted(column.missing)
    if len(codes) > _MOST_MISSING:
        return [{"lo": codes[0], "hi": codes[-1]}]
    return [{"lo": code, "hi": code} for code in codes]


def _sets(coded: Coded) -> dict[str, tuple[str, list[str]]]:
    """Find label and columns of each set by its name, which SPSS takes no longer than 64 signs with its $."""
    found, taken = {}, set[str]()
    for question, columns in coded.sets.items():
        name = unused(question, taken, TITLE - 1)
        found[name] = (cut(columns[0].option_of, LABEL), [column.name for column in columns])
    return found


def write_sets(coded: Coded, path: Path) -> None:
    """Write the syntax by which SPSS makes one question of columns with several answers.

    The file has these sets already; this is for whoever reads the codes from another file.
    """
    lines = ["* Run this with the data open; a .sav file of this deposit has these sets already."]
    for name, (said, members) in _sets(coded).items():
        quoted, variables = said.replace("'", "''"), "\n    ".join(members)
        lines += [
            "MRSETS",
            f"  /MDGROUP NAME=${name} LABEL='{quoted}' CATEGORYLABELS=VARLABELS",
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
        elif column.kind == "date":
            frame[column.name] = (pd.to_datetime(frame[column.name]) - _EPOCH).dt.days.astype(float)
    pyreadstat.write_dta(
        frame,
        path,
        file_label=cut(coded.title, STATA, len),
        column_labels=[label(column, STATA, len) for column in coded.columns],
        variable_value_labels={
            column.name: {**column.codes, **{_letter(code): text for code, text in column.missing.items()}}
            for column in coded.columns
            if column.every
        },
        missing_user_values={
            column.name: sorted(_letter(code) for code in column.missing)
            for column in coded.columns
            if column.missing
        },
        variable_format={column.name: "%td" for column in coded.columns if column.kind == "date"},
    )
    moment = f"{on:%d} {_MONTHS[on.month - 1]} {on:%Y} 00:00".encode("ascii")
    path.write_bytes(
        re.sub(rb"(?<=<timestamp>\x11).{17}(?=</timestamp>)", moment, path.read_bytes(), count=1)
    )


def _letter(code: int) -> str:
    return _LETTERS[-code % 100]


def _lettered(values: pd.Series, column: Column) -> pd.Series:
    """Put letters in the place of the codes of reasons.

    A column of numbers and letters is categorical here: of any other, pyreadstat looks at the first hundred
    values only, and where nobody of these was asked it takes the whole column for text.
    """
    letters = {float(code): _letter(code) for code in column.missing}
    mixed = values.astype(object).map(lambda value: letters.get(value, value))
    known = sorted(set(mixed.dropna()), key=lambda one: (not isinstance(one, str), one))
    return pd.Series(pd.Categorical(mixed, categories=known), values.index)
