"""The cells of an export as text, each with its place, whatever kind of file they come from.

Nothing is interpreted here but blanks, byte-order marks and empty edges; what a cell means, a questionnaire
says.
"""

import datetime
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from nsmo.formats.archives import check_archive
from nsmo.formats.texts import Texts
from nsmo.study.cells import REPAIRS, all_clean, clean_text, normal_column
from nsmo.study.errors import Problem, StudyError
from nsmo.study.paths import check_own_file

Format = Literal["csv", "excel", "spss", "stata", "sas", "parquet", "limesurvey_archive"]
Records = tuple[list[list[str]], list[int]]

#: What the numbers of lines count, by format; text is counted in lines.
COUNTED: dict[str, str] = {
    "excel": "row",
    "spss": "case",
    "stata": "case",
    "sas": "case",
    "parquet": "row",
    "limesurvey_archive": "response",
}
SUFFIXES: dict[str, Format] = {
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), "excel"),
    **dict.fromkeys((".sav", ".zsav", ".por"), "spss"),
    ".dta": "stata",
    **dict.fromkeys((".sas7bdat", ".xpt"), "sas"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    ".lsa": "limesurvey_archive",
}

#: What is odd about a name of a column.
ODD_HEADER = "odd or stray blanks in the header"

#: So many examples of one kind of mistake are shown, and the rest is counted.
EXAMPLES = 5


@dataclass(frozen=True)
class Layout:
    """How an export is written.

    `title_rows` are rows above the header that are passed over, `last_rows` those at the end that are no
    responses. Of `header_rows` above 1 the texts are joined
    with " / ", an empty cell of an upper row repeating the one before it; with `names_row` only that row of
    them names the columns. Without a header (0), `columns` names them. `encoding`, `delimiter` and `quote`
    are of a text, `sheet` of a workbook.
    """

    format: Format = "csv"
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    quote: str = '"'
    decimal: str = "."
    sheet: str | None = None
    title_rows: int = 0
    last_rows: int = 0
    header_rows: int = 1
    names_row: int | None = None
    columns: tuple[str, ...] = ()


@dataclass
class Lines:
    """Where something stands: how many lines, and the first few of them.

    Two of them add up where the lines of the second come later.
    """

    count: int = 0
    first: tuple[int, ...] = ()

    @classmethod
    def of(cls, lines: Sequence[int] | np.ndarray) -> "Lines":
        """Take the first few of some lines, in their order."""
        return cls(len(lines), tuple(int(line) for line in lines[:EXAMPLES]))

    def __add__(self, later: "Lines") -> "Lines":
        return Lines(self.count + later.count, (self.first + later.first)[:EXAMPLES])

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.first))
        more = self.count - len(self.first)
        return f"{shown} and {more} more" if more else shown


@dataclass(frozen=True)
class Fault:
    """Something of an export that cannot be read, with what was expected and the remedy."""

    found: str
    expected: str = ""
    fix: str = ""
    lines: Lines = field(default_factory=Lines, compare=False)


@dataclass(frozen=True)
class Export:
    """The texts of an export, or of some of its responses.

    Attributes
    ----------
    name : str
        The file, as it stands in messages.
    counted : str
        What `lines` counts: line, row or case.
    header : list of list of str
        The rows of the header, formatted as the cells are.
    texts : dict of Texts
        By the names of the columns, one row per response; without blanks around, never missing.
    lines : ndarray of int
        Where each response begins: the line of a text, the row of a sheet, the number of the case.
    repairs : list of (str, str, Lines)
        Column, problem and where: what was mended in the cells.
    before : int
        Responses of the export that come before these.
    faults : list of Fault
        What of rankings cannot be read.
    """

    name: str
    counted: str
    header: list[list[str]]
    texts: dict[str, Texts]
    lines: np.ndarray
    repairs: list[tuple[str, str, Lines]]
    before: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """List the names of the columns; the second of one name is called ``name (2)``."""
        return list(self.texts)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The cells as a frame of texts."""
        columns = {name: texts.spread(texts.found, object) for name, texts in self.texts.items()}
        return pd.DataFrame(columns, columns=self.columns, dtype=object)

    @property
    def head(self) -> str:
        """Return where the names of the columns stand, for messages."""
        return self.name if self.counted not in ("line", "row") else f"{self.name}, {self.counted} 1"

    def at(self, lines: Lines, column: str = "") -> str:
        """Return where something stands, for messages."""
        place = f", column '{column}'" if column else ""
        return f"{self.name}{place}, {self.counted}{'s' * (lines.count > 1)} {lines}"


def bad_file(found: str, where: str, expected: str = "", fix: str = "") -> StudyError:
    """Make the error of a file that cannot be read."""
    return StudyError(problems=[Problem(found, where, expected, fix)])


def no_file(path: Path, fix: str = "correct its name") -> StudyError:
    """Make the error of a path at which no file stands that can be read, with what stands there instead."""
    if path.is_dir():
        return bad_file(
            "this is a folder", str(path), "a file", "name the file in it that holds the responses"
        )
    if path.is_symlink():
        return bad_file("this link leads to no file", str(path), "a file", "name the file itself")
    if path.exists():
        return bad_file(
            "this is no file but a device or a pipe",
            str(path),
            "a file, which can be read more than once",
            "save what comes from there to a file first",
        )
    return bad_file("there is no such file", str(path), fix=fix)


def read_records(layout: Layout, path: Path) -> Records:
    """Read all rows of a file, those of the header first.

    Cells that are no text become text as an export in CSV has them: a whole number without decimals, another
    number with the declared decimal sign, a moment as ``2018-01-26 13:05:00``, nothing as an empty text. Rows
    in which nothing stands are left out.

    Parameters
    ----------
    layout : Layout
        How the file is written.
    path : Path
        The file.

    Returns
    -------
    records : list of list of str
        The cells, row by row.
    numbers : list of int
        Where each row begins: a line of a text, a row of a sheet, a case (0 is its header).

    Raises
    ------
    StudyError
        If the file is not there, is not in that format, or cannot be read to its end.
    """
    if not path.is_file() and not (path.is_dir() and layout.format == "parquet"):
        raise no_file(path, f"put the export there as {path.name}, or correct the name of the file")
    expected = SUFFIXES.get(path.suffix.lower(), "csv")
    if expected != layout.format:
        raise bad_file(
            f"the format is {layout.format}, but the file is called {path.name}",
            path.name,
            expected=f"format: {expected}",
            fix="correct the format, or export again in that format",
        )
    check_own_file(path)
    if path.is_file():
        check_archive(path)
    return without_empty(*_reader(layout.format)(layout, path))


def without_empty(records: list[list[str]], numbers: list[int]) -> Records:
    """Leave out rows in which nothing stands."""
    kept = [i for i, record in enumerate(records) if any(cell and not cell.isspace() for cell in record)]
    return [records[i] for i in kept], [numbers[i] for i in kept]


def read_export(layout: Layout, path: Path | str) -> Export:
    """Read an export as it is declared to be written.

    Parameters
    ----------
    layout : Layout
        The format, and where the names of the columns stand.
    path : Path or str
        The file.

    Returns
    -------
    Export

    Raises
    ------
    StudyError
        If the file is not there, is not in that format or encoding, or a row has more or fewer cells than the
        header.
    """
    path = Path(path)
    export = arrange(layout, path.name, *read_records(layout, path))
    if layout.format == "excel":
        from nsmo.formats.workbook import check_merged

        check_merged(path, layout.sheet, int(export.lines[0]))
    return export


def arrange(layout: Layout, name: str, records: list[list[str]], numbers: list[int]) -> Export:
    """Split cells into header and responses, and mend what is odd about blanks.

    Parameters
    ----------
    layout : Layout
        Which rows are the header.
    name : str
        The file, for messages.
    records, numbers : list
        As `read_records` gives them.

    Raises
    ------
    StudyError
        If no response is left, or a row has more or fewer cells than the header.
    """
    counted = COUNTED.get(layout.format, "line")
    end = len(records) - layout.last_rows
    records, numbers = records[layout.title_rows : end], numbers[layout.title_rows : end]
    if len(records) <= layout.header_rows:
        raise bad_file(
            "there is no response in it",
            name,
            f"a header of {layout.header_rows} row{'s' * (layout.header_rows != 1)}, and rows with "
            f"answers below it",
            "export the responses again",
        )
    head, rows = records[: layout.header_rows], records[layout.header_rows :]
    lines = numbers[layout.header_rows :]
    if again := [
        line for row, line in zip(rows, lines, strict=True) if head and len(row) > 1 and row == head[-1]
    ]:
        raise bad_file(
            "the header stands there once more",
            f"{name}, {counted} {again[0]}",
            "one header, and responses below it",
            "take that row out, or export all responses at once instead of joining files",
        )
    if head:
        width = max(max(map(_filled, head)), min(len(records[0]), max(map(_filled, rows))))
    else:  # the names that were declared say how many columns there are
        width = len(layout.columns)
    _same_width(rows, lines, width, len(records[0]) if head else width, layout, f"{name}, {counted}")
    header = [[normal_column(cell) for cell in row[:width]] + [""] * (width - len(row)) for row in head]
    texts = [cleaned(Texts.of([row[j] if j < len(row) else "" for row in rows])) for j in range(width)]
    empty = [not any(row[j] for row in header) and not any(texts[j][0].found) for j in range(width)]
    kept = [j for j in range(width) if not empty[j] or not head]
    header = [[row[j] for j in kept] for row in header]
    columns = name_columns(header, layout)
    cells, repairs, places_of = {}, [], np.array(lines)
    for j, column in zip(kept, columns, strict=True):
        cells[column], repaired = texts[j]
        for kind, problem in REPAIRS.items():
            repairs.append((column, problem, Lines.of(places_of[repaired[kind]])))
        names = [row[j] for row in head if j < len(row)]
        if any(clean_text(text)[0] != text for text in names):
            repairs.append((column, ODD_HEADER, Lines.of(numbers[:1])))
    return Export(
        name,
        counted,
        header,
        cells,
        places_of,
        repairs,
    )


def cleaned(texts: Texts) -> tuple[Texts, dict[str, np.ndarray]]:
    """Clean the cells of a column, each text once, and say which rows were mended in which way."""
    mended = dict.fromkeys(REPAIRS, np.zeros(0, dtype=int))
    if all_clean(texts.found):
        return texts, mended
    found = [clean_text(text) for text in texts.found]
    for kind in {kind for _, kinds in found for kind in kinds}:
        mended[kind] = np.flatnonzero(texts.spread((kind in kinds for _, kinds in found), bool))
    return Texts.of([text for text, _ in found], texts.place), mended


def name_columns(header: list[list[str]], layout: Layout) -> list[str]:
    """Name the columns by the rows of their header, every one differently.

    A column without a name is called by its place (``(column 7)``), the second of one name ``name (2)``.
    """
    if not header:
        return list(layout.columns)
    if layout.names_row is not None:
        names = list(header[layout.names_row - 1])
    else:
        carried = carry([*header])
        parts = zip(*carried, strict=True)
        names = [" / ".join(dict.fromkeys(part for part in column if part)) for column in parts]
    seen: dict[str, int] = {}
    unique = []
    for place, name in enumerate(names, 1):
        name = name or f"(column {place})"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique


def without_number(column: str) -> str:
    """Return the name that a column has in its file: ``name`` for ``name (2)``."""
    return re.sub(r" \(\d+\)$", "", column)


def carry(header: list[list[str]]) -> list[list[str]]:
    """Repeat the text of an upper row of a header over the empty cells to its right."""
    carried = []
    for i, row in enumerate(header):
        names = list(row)
        if i < len(header) - 1:
            for j in range(1, len(names)):
                names[j] = names[j] or names[j - 1]
        carried.append(names)
    return carried


def mend(text: str) -> str:
    """Take out byte-order marks, make every blank an ordinary one, and take those around it off."""
    return clean_text(text)[0]


def as_text(cell: Any, decimal: str = ".") -> str:
    """Write a value as an export in CSV has it."""
    match cell:
        case str():
            return cell
        case None:
            return ""
        case bool():
            return str(cell).upper()
        case int() | float():
            if not math.isfinite(cell):
                return "" if math.isnan(cell) else str(cell)
            # A workbook holds fifteen digits; what follows is how a fraction is stored.
            text = str(int(cell)) if cell == math.floor(cell) else f"{cell:.15g}"
            return text.replace(".", decimal)
        case datetime.datetime():
            # pandas' "no moment" is one of these, and unequal to itself.
            return cell.isoformat(" ", "seconds") if cell == cell else ""
        case datetime.date():
            return f"{cell.isoformat()} 00:00:00"
        case datetime.timedelta():
            return as_text(cell.total_seconds(), decimal)
        case bytes():  # older writers of parquet do not say that these are texts
            return cell.decode("utf-8", "replace")
    return str(cell)


def shortest(cell: Any) -> Any:
    """Return a number of single precision as it was meant: 0.1, not 0.100000001490116."""
    return float(str(np.float32(cell))) if isinstance(cell, float) else cell


def _filled(row: Sequence[str]) -> int:
    """Count the cells of a row up to the last in which something stands."""
    return next((i for i in range(len(row), 0, -1) if row[i - 1] and not row[i - 1].isspace()), 0)


def _same_width(
    rows: list[list[str]], lines: list[int], width: int, written: int, layout: Layout, where: str
) -> None:
    """Stop at rows with more cells than the header, or with fewer than they were written with.

    Empty cells at the end say nothing: spreadsheets add them, and leave them out.
    """
    wrong: dict[int, list[int]] = {}
    for row, line in zip(rows, lines, strict=True):
        if _filled(row) > width or (len(row) < width and layout.format == "csv" and len(row) != written):
            wrong.setdefault(len(row), []).append(line)
    if wrong:
        first = dict(sorted(wrong.items(), key=lambda item: item[1][0])[:EXAMPLES])
        rest = sorted(line for count, at in wrong.items() if count not in first for line in at)
        more = [
            Problem(
                f"other numbers of cells where the header has {width}",
                f"{where}{'s' * (len(rest) > 1)} {Lines.of(rest)}",
                f"{width} cells in every row",
                "mend the first ones, and try again",
            )
        ] * bool(rest)
        raise StudyError(
            problems=[
                Problem(
                    f"{count} cell{'s' * (count != 1)} where the header has {width}",
                    f"{where}{'s' * (len(at) > 1)} {Lines.of(at)}",
                    f"{width} cells in every row",
                    "look for a delimiter, a quote or a line break that is not quoted, or correct the "
                    "delimiter",
                )
                for count, at in sorted(first.items())
            ]
            + more
        )


def _reader(form: str) -> Callable[[Layout, Path], Records]:
    # Each kind of file is read by a library of its own, which costs its import only when such a file is read.
    match form:
        case "excel":
            from nsmo.formats.workbook import read_workbook as reader
        case "spss" | "stata" | "sas":
            from nsmo.formats.packages import read_package as reader
        case "parquet":
            from nsmo.formats.parquet import read_parquet as reader
        case "limesurvey_archive":
            from nsmo.formats.limesurvey_files import read_archive as reader
        case _:
            from nsmo.formats.text import read_text as reader
    return reader
