"""Reads the export of a questionnaire, as it is, and tells where it and the codebook disagree.

Nothing is interpreted here but blanks and byte-order marks: `Export.cells` holds the trimmed texts of the
file, and `disagreements` names every column and value that the codebook does not explain.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from nsmo.study.codebook import Codebook
from nsmo.study.errors import Problem, StudyError
from nsmo.study.questionnaire import Question
from nsmo.study.records import COUNTED, read_records

_MARKS = re.compile("[\ufeff\u200b\u200c\u200d\u2060]")
_ODD_BLANKS = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_GROUPED = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+")
_NUMBER = re.compile(r"[+-]?\d+(?:([.,])\d+)?")
_EXCEL_EPOCH = datetime(1899, 12, 30)

#: What was mended in a cell without asking, and how the note calls it.
REPAIRS = {
    "mark": "byte-order mark or zero-width sign inside a value",
    "blank": "no-break or other odd blank",
    "trim": "blanks around a value",
    "lines": "line break inside a value",
}


@dataclass(frozen=True)
class Export:
    """The texts of an export.

    Attributes
    ----------
    name : str
        The file, as it stands in messages.
    counted : str
        What `lines` counts: line, row or case.
    cells : DataFrame of str
        One row per response, one column per column of the file; trimmed, never missing.
    lines : ndarray of int
        Where each response begins: the line of a text, the row of a sheet, the number of the case in SPSS.
    columns : list of str
        The header, trimmed; may hold a name twice, `cells` then has the first.
    repairs : DataFrame
        ``column, problem, n, lines``: what trimming changed.
    """

    name: str
    counted: str
    cells: pd.DataFrame
    lines: np.ndarray
    columns: list[str]
    repairs: pd.DataFrame

    @property
    def head(self) -> str:
        """Where the names of the columns stand, for messages."""
        return self.name if self.counted == "case" else f"{self.name}, {self.counted} 1"

    def at(self, lines: Sequence[int], column: str = "") -> str:
        """Tell where something stands, for messages."""
        place = f", column '{column}'" if column else ""
        return f"{self.name}{place}, {self.counted}{'s' * (len(lines) > 1)} {_listed(lines)}"


def read_export(codebook: Codebook, path: Path | str) -> Export:
    """Read an export as its codebook says it is written.

    Parameters
    ----------
    codebook : Codebook
        Its `source` gives the format, encoding, delimiter, sheet and rows of the header.
    path : Path or str
        The file.

    Returns
    -------
    Export

    Raises
    ------
    StudyError
        If the file is not there, is not in that format or encoding, or a row has more or fewer fields than
        the header.
    """
    path, source = Path(path), codebook.source
    records, lines = read_records(source, path)
    if len(records) <= source.header_rows:
        raise StudyError(
            found="there is no response in it", where=path.name, fix="export the responses again"
        )

    counted = COUNTED.get(source.format, "line")
    columns = _header(records[: source.header_rows])
    problems = [
        Problem(
            f"{len(record)} fields where the header has {len(columns)}",
            f"{path.name}, {counted} {line}",
            fix="look for a delimiter or line break that is not quoted, or correct source.delimiter",
        )
        for record, line in zip(records, lines, strict=True)
        if len(record) != len(records[0])
    ]
    if problems:
        raise StudyError(problems=problems)

    rows, row_lines = records[source.header_rows :], lines[source.header_rows :]
    cells, repairs = {}, []
    for j, column in enumerate(columns):
        if column in cells:
            continue
        values, kinds = zip(*(_tidy(row[j]) for row in rows), strict=True)
        cells[column] = list(values)
        for kind, problem in REPAIRS.items():
            where = [line for line, found in zip(row_lines, kinds, strict=True) if kind in found]
            if where:
                repairs.append((column, problem, len(where), _listed(where)))
    for j, name in enumerate(records[0]):
        if _tidy(name)[0] != name.strip() or name != name.strip():
            repairs.append((columns[j], "odd or stray blanks in the header", 1, "1"))
    return Export(
        path.name,
        counted,
        pd.DataFrame(cells, columns=list(dict.fromkeys(columns)), dtype=object),
        np.array(row_lines),
        columns,
        pd.DataFrame(repairs, columns=["column", "problem", "n", "lines"]),
    )


def tidy_text(text: str) -> str:
    """Take out byte-order marks, make every blank an ordinary one, and trim."""
    return _tidy(text)[0]


def disagreements(codebook: Codebook, export: Export, aside: Collection[str] = ()) -> list[Problem]:
    """Name every column and value of an export that the codebook does not explain.

    Parameters
    ----------
    codebook : Codebook
        What the export should hold.
    export : Export
        What it holds.
    aside : collection of str
        Columns that belong to parts of the codebook that could not be read.

    Returns
    -------
    list of Problem
        Empty where they agree. Unknown answer codes come with how often and on which lines they stand.
    """
    return [*_column_problems(codebook, export, aside), *_value_problems(codebook, export)]


def normal_column(column: str) -> str:
    """Write a column's name as `Export.columns` does."""
    return " ".join(_tidy(column)[0].split())


def read_number(codebook: Codebook) -> Callable[[str], tuple[float, bool]]:
    """Make the function that reads a number.

    It gives the number and whether the decimal sign is the declared one, and raises ValueError where the text
    is no number or could be read in two ways (``1.234`` is refused when the comma is the decimal sign).
    """
    sign = codebook.source.decimal

    def read(text: str) -> tuple[float, bool]:
        found = _NUMBER.fullmatch(text)
        other = "." if sign == "," else ","
        if found is None or (_GROUPED.fullmatch(text) and other in text):
            raise ValueError(text)
        return float(text.replace(",", ".")), found[1] in (None, sign)

    return read


def read_date(codebook: Codebook) -> Callable[[str], tuple[datetime, str]]:
    """Make the function that reads a date.

    It gives the date and the form it was written in, and raises ValueError where none of the declared forms
    fits or two of them give different dates.
    """
    forms = codebook.source.date_formats

    def read(text: str) -> tuple[datetime, str]:
        found: dict[datetime, str] = {}
        for form in forms:
            try:
                value = (
                    _EXCEL_EPOCH + timedelta(days=float(text))
                    if form == "excel"
                    else datetime.strptime(text, form)
                )
            except (ValueError, OverflowError):
                continue
            found.setdefault(value, form)
        if len(found) != 1:
            raise ValueError(text)
        return next(iter(found.items()))

    return read


def ticks(codebook: Codebook, question: Question) -> dict[str, tuple[str, set[str]]]:
    """Tell for each option of a multi question with columns: its column and the codes that tick it."""
    preset = ["Y"] if codebook.source.format == "limesurvey" else []
    ticked = [codebook.source.ticked] if codebook.source.ticked is not None else preset
    return {
        option.name: (normal_column(option.column), {option.code} if option.code is not None else set(ticked))
        for option in question.options
        if option.column is not None
    }


def unticked(codebook: Codebook) -> set[str]:
    """Codes that say of an option that it was shown and not ticked."""
    return {*codebook.source.unticked, *(["N"] if codebook.source.format == "limesurvey" else [])}


def codes(codebook: Codebook, question: Question) -> dict[str, str]:
    """Map the answer codes of a question that is read from one column to its options."""
    found = {option.code: option.name for option in question.options if option.code is not None}
    if question.other and question.other.code is None and codebook.source.format == "limesurvey":
        found["-oth-"] = "other"
    return found


def _header(rows: list[list[str]]) -> list[str]:
    carried: list[list[str]] = []
    for i, row in enumerate(rows):
        names = [normal_column(name) for name in row]
        if i < len(rows) - 1:
            for j in range(1, len(names)):
                names[j] = names[j] or names[j - 1]
        carried.append(names)
    return [" / ".join(dict.fromkeys(part for part in parts if part)) for parts in zip(*carried, strict=True)]


def _tidy(text: str) -> tuple[str, tuple[str, ...]]:
    kinds = []
    if _MARKS.search(text):
        text = _MARKS.sub("", text)
        kinds.append("mark")
    if _ODD_BLANKS.search(text):
        text = _ODD_BLANKS.sub(" ", text)
        kinds.append("blank")
    if "\r" in text or "\n" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        kinds.append("lines")
    if text != text.strip():
        text = text.strip()
        kinds.append("trim")
    return text, tuple(kinds)


def _listed(lines: Sequence[int], most: int = 5) -> str:
    shown = ", ".join(str(line) for line in lines[:most])
    return f"{shown} and {len(lines) - most} more" if len(lines) > most else shown


def _column_problems(codebook: Codebook, export: Export, aside: Collection[str]) -> Iterator[Problem]:
    uses = {normal_column(column): use for use, column in codebook.source.paradata.columns.items()}
    uses |= {normal_column(column): q.name for q in codebook.questions for column in q.columns}
    if codebook.source.key is not None:
        uses[normal_column(codebook.source.key)] = "source.key"
    ignored = codebook.source.ignore
    ignored = set(export.columns) - set(uses) if ignored == "rest" else {normal_column(c) for c in ignored}
    for column, use in uses.items():
        count = export.columns.count(column)
        if count == 0:
            yield Problem(
                f"the column '{column}' of '{use}' is not in the export",
                export.head,
                fix="correct the column in questionnaire.yaml, or export the responses with all questions",
            )
        elif count > 1:
            yield Problem(
                f"the column '{column}' of '{use}' is there {count} times",
                export.head,
                fix="export with question codes in the header, so that every column has its own name",
            )
    for column in dict.fromkeys(export.columns):
        if column not in uses and column not in ignored and column not in aside:
            yield Problem(
                f"the column '{column}' is in the export, but the codebook does not know it",
                f"{export.head}, column {export.columns.index(column) + 1}",
                fix="describe it under questions: in questionnaire.yaml, or name it under source.ignore",
            )
    if ignored and codebook.source.ignore != "rest":
        for column in sorted(ignored - set(export.columns)):
            yield Problem(
                f"source.ignore names '{column}', which is not in the export",
                "questionnaire.yaml",
                fix="remove it",
            )


def _value_problems(codebook: Codebook, export: Export) -> Iterator[Problem]:
    empty = set(codebook.source.missing_codes)
    key = codebook.source.key
    if key is not None and normal_column(key) in export.cells:
        ids = export.cells[normal_column(key)]
        for value, rows in ids.groupby(ids).groups.items():
            if value == "" or len(rows) > 1:
                yield Problem(
                    f"{f'the response id {value!r}' if value else 'no response id'} on {len(rows)} rows",
                    export.at([int(export.lines[i]) for i in rows]),
                    expected="an id of its own for every response",
                    fix="export the responses again",
                )
    for name, column in codebook.source.paradata.columns.items():
        readers = {
            "submitted": (read_date(codebook), _date_words(codebook)),
            "started": (read_date(codebook), _date_words(codebook)),
            "last_page": (_whole, "a whole number"),
            "duration": (read_number(codebook), "a number of seconds"),
        }
        if name in readers:
            yield from _unreadable(export, column, f"paradata.{name}", empty, *readers[name])
    for question in codebook.questions:
        missing = {m.code for m in question.missing} | empty
        name = question.name
        if question.type == "multi" and question.separator:
            yield from _unknown(
                export, question.column, name, codes(codebook, question), missing, question.separator
            )
        elif question.type == "multi":
            for option, (column, ticked) in ticks(codebook, question).items():
                known = dict.fromkeys(sorted(ticked), "ticked") | dict.fromkeys(
                    sorted(unticked(codebook)), ""
                )
                yield from _unknown(export, column, f"{name}.{option}", known, missing)
        elif question.type in ("single", "ordinal"):
            yield from _unknown(export, question.column, name, codes(codebook, question), missing)
        elif question.type == "numeric":
            yield from _unreadable(
                export,
                question.column,
                name,
                missing,
                _in_range(question, read_number(codebook)),
                _range_words(question),
            )
        elif question.type == "date":
            yield from _unreadable(
                export, question.column, name, missing, read_date(codebook), _date_words(codebook)
            )


def _unknown(export, column, name, known, missing, separator=None) -> Iterator[Problem]:
    column = normal_column(column)
    if column not in export.cells:
        return
    values = export.cells[column]
    counts = Counter(
        piece.strip()
        for value in values
        if value not in missing
        for piece in (value.split(separator) if separator else [value])
    )
    for value, count in counts.items():
        if value in known or value in missing:
            continue
        held = (
            values.str.split(separator).map(lambda ps, v=value: v in [p.strip() for p in ps])
            if separator
            else values == value
        )
        labels = ", ".join(f"{code} ({option})" if option else code for code, option in known.items() if code)
        yield Problem(
            f"the code {value!r} stands {count} time{'s' * (count > 1)} in the column of '{name}'",
            export.at(export.lines[held.to_numpy()], column),
            expected=labels,
            fix=f"add it to the options or to missing of '{name.split('.')[0]}' in questionnaire.yaml",
        )


def _unreadable(export, column, name, missing, read, expected) -> Iterator[Problem]:
    column = normal_column(column)
    if column not in export.cells:
        return
    values = export.cells[column]
    bad: dict[str, list[int]] = {}
    for value, line in zip(values, export.lines, strict=True):
        if value not in missing:
            try:
                read(value)
            except ValueError:
                bad.setdefault(value, []).append(int(line))
    for value, lines in bad.items():
        yield Problem(
            f"{value!r} stands {len(lines)} time{'s' * (len(lines) > 1)} in the column of '{name}'",
            export.at(lines, column),
            expected=expected,
            fix=f"correct how '{name}' is described in questionnaire.yaml, or declare the value as missing",
        )


def _in_range(question: Question, read: Callable[[str], tuple[float, bool]]) -> Callable[[str], float]:
    def check(text: str) -> float:
        value, _ = read(text)
        if (question.minimum is not None and value < question.minimum) or (
            question.maximum is not None and value > question.maximum
        ):
            raise ValueError(text)
        return value

    return check


def _range_words(question: Question) -> str:
    low = f" from {question.minimum:g}" if question.minimum is not None else ""
    high = f" to {question.maximum:g}" if question.maximum is not None else ""
    return f"a number{low}{high}"


def _date_words(codebook: Codebook) -> str:
    return f"a date in one of the forms {', '.join(codebook.source.date_formats)} of source.date_formats"


def _whole(text: str) -> int:
    return int(text)
