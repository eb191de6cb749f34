"""Tells where an export and its questionnaire disagree, column by column and value by value."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.formats.cells import SUFFIXES, Export, Layout, bad_file, mend, normal_column, read_export
from nsmo.formats.text import other_delimiter
from nsmo.study.codebook import Codebook
from nsmo.study.errors import Problem
from nsmo.study.model import closest
from nsmo.study.questionnaire import Question, Source

_GROUPED = re.compile(r"[+-]?\d{1,3}([.,]\d{3})+")
_NUMBER = re.compile(r"[+-]?\d+(?:([.,])\d+)?")
_EXCEL_EPOCH = datetime(1899, 12, 30)
#: So many problems of one kind are named; the rest are counted.
_MOST = 20


def read_responses(codebook: Codebook, path: Path | str) -> Export:
    """Read the export of a wave as its questionnaire says it is written.

    Parameters
    ----------
    codebook : Codebook
        Its `source` gives the format, encoding, delimiter, sheet and rows of the header.
    path : Path or str
        The file.

    Raises
    ------
    StudyError
        If the file is not there, is not in that format or encoding, or a row has more or fewer cells than the
        header.
    """
    path, layout = Path(path), layout_of(codebook.source)
    expected = SUFFIXES.get(path.suffix.lower(), "csv")
    if path.is_file() and layout.format != expected:
        raise bad_file(
            f"source.format is {codebook.source.format}, but the file is called {path.name}",
            "questionnaire.yaml",
            expected="format: limesurvey or csv for a text" if expected == "csv" else f"format: {expected}",
            fix="correct source.format, or export again in that format",
        )
    export = _with_nameless(codebook, read_export(layout, path))
    if len(export.columns) == 1 and layout.format == "csv" and (sign := other_delimiter(path, layout)):
        raise bad_file(
            "the header has one column",
            export.head,
            f"several columns; with {sign!r} between them there are",
            f"delimiter: {sign!r} under source: in questionnaire.yaml",
        )
    return export


def _with_nameless(codebook: Codebook, export: Export) -> Export:
    """Let an empty text name the one column without a name, as exports of R and pandas have it."""
    if not export.header:
        return export
    nameless = [
        name
        for name, heads in zip(export.columns, zip(*export.header, strict=True), strict=True)
        if not any(heads)
    ]
    if codebook.source.key != "" or len(nameless) != 1:
        return export
    return replace(export, cells=export.cells.rename(columns={nameless[0]: ""}))


def layout_of(source: Source) -> Layout:
    """Take from a questionnaire how its export is written."""
    return Layout(
        format="csv" if source.format == "limesurvey" else source.format,
        encoding=source.encoding,
        delimiter=source.delimiter,
        quote=source.quote,
        decimal=source.decimal,
        sheet=source.sheet,
        title_rows=source.title_rows,
        header_rows=source.header_rows,
        names_row=source.names_row,
        columns=tuple(normal_column(column) for column in source.columns),
    )


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
    values = list(_value_problems(codebook, export))
    return [*_columns_agree(codebook, export, aside), *_capped(values, codebook)]


def read_number(codebook: Codebook) -> Callable[[str], tuple[float, bool]]:
    """Make the function that reads a number.

    It gives the number and whether the decimal sign is the declared one, and raises ValueError where the text
    is no number or could be read in two ways (``1.234`` is refused when the comma is the decimal sign, unless
    the point is declared to stand between thousands).
    """
    sign, thousands = codebook.source.decimal, codebook.source.thousands
    group = (
        re.compile(rf"[+-]?\d{{1,3}}({re.escape(thousands)}\d{{3}})+({re.escape(sign)}\d+)?")
        if thousands
        else None
    )

    def read(text: str) -> tuple[float, bool]:
        if group is not None and thousands and group.fullmatch(text):
            text = text.replace(thousands, "")
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
                    else datetime.strptime(text, form).replace(tzinfo=None)
                )
            except (ValueError, OverflowError):
                continue
            found.setdefault(value, form)
        if len(found) != 1:
            raise ValueError(text)
        return next(iter(found.items()))

    return read


def ticks(codebook: Codebook, question: Question) -> dict[str, tuple[str, set[str]]]:
    """List for each option that has a column: the column and the codes that tick it."""
    preset = ["Y"] if codebook.source.format == "limesurvey" else []
    ticked = [codebook.source.ticked] if codebook.source.ticked is not None else preset
    return {
        option.name: (
            normal_column(option.column),
            {mend(option.code)} if option.code is not None else {mend(one) for one in ticked},
        )
        for option in question.options
        if option.column is not None
    }


def unticked(codebook: Codebook) -> set[str]:
    """List the codes that say of an option that it was shown and not ticked."""
    return {*codebook.source.unticked, *(["N"] if codebook.source.format == "limesurvey" else [])}


def codes(codebook: Codebook, question: Question) -> dict[str, str]:
    """Map the codes of a question read from one column, or from one column a choice, to its options."""
    found = {mend(option.code): option.name for option in question.options if option.code is not None}
    if question.other and question.other.code is None and codebook.source.format in (
        "limesurvey", "limesurvey_archive"
    ):  # fmt: skip
        found["-oth-"] = "other"
    return found


def split_answers(text: str, separator: str, known: Collection[str]) -> tuple[list[str], list[str]]:
    """Split a cell that joins answers, where an answer may hold the separator itself.

    Parameters
    ----------
    text : str
        The cell.
    separator : str
        What joins the answers.
    known : collection of str
        The codes of the options.

    Returns
    -------
    found, rest : list of str
        The codes in the cell, and what is left between them; the longest code that fits is taken.

    Examples
    --------
    >>> split_answers("Post, Telephone, including fax, my own", ",", {"Post", "Telephone, including fax"})
    (['Post', 'Telephone, including fax'], ['my own'])
    """
    pieces = [piece.strip() for piece in text.split(separator)]
    longest = max((code.count(separator) + 1 for code in known), default=1)
    joined = {_without_blanks(code, separator): code for code in known}
    found, rest, place = [], [], 0
    loose: list[str] = []
    while place < len(pieces):
        for length in range(min(longest, len(pieces) - place), 0, -1):
            code = joined.get(separator.join(pieces[place : place + length]))
            if code is not None:
                break
        else:
            code, length = None, 1
        if code is None:
            if pieces[place]:
                loose.append(pieces[place])
        else:
            found.append(code)
        if loose and (code is not None or place + length >= len(pieces)):
            rest.append(f"{separator} ".join(loose))
            loose = []
        place += length
    return found, rest


def _without_blanks(code: str, separator: str) -> str:
    return separator.join(piece.strip() for piece in code.split(separator))


def _columns_agree(codebook: Codebook, export: Export, aside: Collection[str]) -> Iterator[Problem]:
    uses = {normal_column(column): use for use, column in codebook.source.paradata.columns.items()}
    uses |= {normal_column(column): q.name for q in codebook.questions for column in q.columns}
    if codebook.source.key is not None:
        uses[normal_column(codebook.source.key)] = "source.key"
    columns = export.columns
    if codebook.source.ignore == "rest":
        ignored = set(columns) - set(uses)
    else:
        ignored = {normal_column(c) for c in codebook.source.ignore}
        gone = sorted(ignored - set(columns))
        ignored |= {normal_column(c) for c in aside}
        for column in gone:
            yield Problem(
                f"source.ignore names '{column}', which is not in the export",
                "questionnaire.yaml",
                fix="remove it",
            )
    spare = [column for column in columns if column not in uses]
    for column, use in uses.items():
        twins = [
            one for one in columns if re.fullmatch(re.escape(column) + r" #\d+", one) and one not in uses
        ]
        if column not in columns:
            yield Problem(
                f"the column '{column}' of '{use}' is not in the export",
                export.head,
                expected=closest(column, spare) if len(spare) <= 60 else _close(column, spare),
                fix="correct the column in questionnaire.yaml, or export the responses with all questions",
            )
        elif [one for one in twins if one not in ignored or codebook.source.ignore == "rest"]:
            yield Problem(
                f"the column '{column}' of '{use}' is there {len(twins) + 1} times",
                export.head,
                expected="a name of its own for every column",
                fix=f"export with question codes in the header, or call the second one '{twins[0]}' and "
                f"describe it "
                "or name it under source.ignore",
            )
    unknown = [column for column in columns if column not in uses and column not in ignored]
    if len(unknown) > _MOST and len(unknown) == len(columns):
        yield Problem(
            f"the questionnaire knows none of the {len(columns)} columns, such as {', '.join(unknown[:3])}",
            export.head,
            expected=f"{', '.join(list(uses)[:3])} and {max(len(uses) - 3, 0)} more",
            fix="export with the header in the language and form that questionnaire.yaml has, or "
            "correct header_rows",
        )
        return
    for column in unknown:
        if re.search(r" #\d+$", column) and re.sub(r" #\d+$", "", column) in uses:
            continue
        yield Problem(
            f"the column '{column}' is in the export, but the codebook does not know it",
            f"{export.head}, column {columns.index(column) + 1}",
            expected=_close(column, [one for one in uses if one not in columns]),
            fix="describe it under questions: in questionnaire.yaml, or name it under source.ignore",
        )


def _close(name: str, names: Sequence[str]) -> str:
    found = closest(name, names)
    return found if found.startswith("perhaps") else ""


def _capped(problems: Sequence[Problem], codebook: Codebook) -> list[Problem]:
    """Name the first problems with values only, where there are very many: one cause makes thousands."""
    if len(problems) <= 5 * _MOST:
        return list(problems)
    rest = len(problems) - 5 * _MOST
    return [
        *problems[: 5 * _MOST],
        Problem(
            f"and {rest:,} more of this kind",
            codebook.source.file,
            fix="mend the first ones, then check again; a wrong delimiter, header or encoding makes "
            "many at once",
        ),
    ]


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
    number, date = read_number(codebook), read_date(codebook)
    for name, column in codebook.source.paradata.columns.items():
        readers: dict[str, tuple[Callable[[str], Any], str]] = {
            "submitted": (date, _date_words(codebook)),
            "started": (date, _date_words(codebook)),
            "last_page": (int, "a whole number"),
            "duration": (number, "a number of seconds"),
        }
        if name in readers:
            yield from _unreadable(export, column, f"paradata.{name}", empty.__contains__, *readers[name])
    for question in codebook.questions:
        yield from _question_problems(codebook, export, question, empty, number, date)


def _question_problems(
    codebook: Codebook,
    export: Export,
    question: Question,
    empty: Collection[str],
    number: Callable[[str], tuple[float, bool]],
    date: Callable[[str], tuple[datetime, str]],
) -> Iterator[Problem]:
    name = question.name

    def missing(text: str) -> bool:
        return text in empty or question.reason_of(text) is not None

    if question.separator and question.column:
        known = codes(codebook, question)
        if not question.other_in_cell:
            reasons = {one.code for one in question.missing if one.code}
            split = {
                text: split_answers(text, question.separator, {*known, *reasons})[1]
                for text in set(_cells(export, question.column))
            }
            yield from _unknown(export, question.column, question, known, missing, lambda text: split[text])
    elif question.ticked:
        left = unticked(codebook)
        for option, (column, ticked) in ticks(codebook, question).items():
            known = dict.fromkeys(sorted(ticked), "ticked") | dict.fromkeys(sorted(left), "")
            yield from _unknown(export, column, question, known, missing, part=f"{name}.{option}")
        if question.type != "multi":
            yield from _ticked_twice(codebook, export, question)
    elif question.type in ("single", "ordinal", "multi"):
        for column in [question.column] if question.column else question.answer_columns:
            yield from _unknown(export, column, question, codes(codebook, question), missing)
    elif question.type == "numeric" and question.column:
        yield from _unreadable(
            export, question.column, name, missing, _in_range(question, number), _range_words(question)
        )
    elif question.type == "date" and question.column:
        yield from _unreadable(export, question.column, name, missing, date, _date_words(codebook))


def _ticked_twice(codebook: Codebook, export: Export, question: Question) -> Iterator[Problem]:
    """Name the responses in which two options of a question with one answer are ticked."""
    ticked = sum(
        _cells(export, column).isin(texts).astype(int) for column, texts in ticks(codebook, question).values()
    )
    several = (pd.Series(ticked) > 1).to_numpy()
    if len(several) == len(export.lines) and several.any():
        yield Problem(
            f"two and more options of '{question.name}' are ticked in {several.sum()} responses",
            export.at([int(line) for line in export.lines[several]]),
            expected="one answer, as the question is single",
            fix=f"type: multi for '{question.name}' in questionnaire.yaml",
        )


def _cells(export: Export, column: str) -> pd.Series:
    name = normal_column(column)
    return export.cells[name] if name in export.cells else pd.Series([], dtype=object)


def _unknown(
    export: Export,
    column: str,
    question: Question,
    known: Mapping[str, str],
    missing: Callable[[str], bool],
    parts: Callable[[str], list[str]] = lambda text: [text],
    part: str = "",
) -> Iterator[Problem]:
    """Name the texts of a column that are no code, each with how often and where it stands."""
    column = normal_column(column)
    if column not in export.cells:
        return
    values = export.cells[column]
    lines: dict[str, list[int]] = {}
    for value, line in zip(values, export.lines, strict=True):
        if not missing(value):
            for piece in parts(value):
                if piece not in known and not missing(piece):
                    lines.setdefault(piece, []).append(int(line))
    labels = ", ".join(f"{code} ({option})" if option else code for code, option in known.items() if code)
    for value, where in sorted(lines.items(), key=lambda item: -len(item[1])):
        close = closest(value, list(known)) if len(known) > 20 else labels
        yield Problem(
            f"the code {value!r} stands {len(where)} time{'s' * (len(where) > 1)} in the column of "
            f"'{part or question.name}'",
            export.at(where, column),
            expected=close,
            fix=f"add it to the options or to missing of '{question.name}' in questionnaire.yaml",
        )


def _unreadable(
    export: Export,
    column: str,
    name: str,
    missing: Callable[[str], bool],
    read: Callable[[str], Any],
    expected: str,
) -> Iterator[Problem]:
    column = normal_column(column)
    if column not in export.cells:
        return
    bad: dict[str, list[int]] = {}
    for value, line in zip(export.cells[column], export.lines, strict=True):
        if not missing(value):
            try:
                read(value)
            except ValueError:
                bad.setdefault(value, []).append(int(line))
    for value, lines in bad.items():
        yield Problem(
            f"{value!r} stands {len(lines)} time{'s' * (len(lines) > 1)} in the column of '{name}'",
            export.at(lines, column),
            expected=expected,
            fix=f"correct how '{name}' is described in questionnaire.yaml, or declare the value as missing"
            + (
                " (thousands: under source: says what stands between thousands)"
                if _GROUPED.match(value)
                else ""
            ),
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
