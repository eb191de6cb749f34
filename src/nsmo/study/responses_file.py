"""Reads the export of a questionnaire as it is: the trimmed texts of the file, with the lines they stand on.

Nothing is interpreted here but blanks and byte-order marks.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from nsmo.study.cells import REPAIRS, clean_text, normal_column
from nsmo.study.errors import Problem, StudyError
from nsmo.study.questionnaire import Source
from nsmo.study.records import COUNTED, read_records

#: So many examples of one kind of mistake are shown, and the rest is counted.
EXAMPLES = 5


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
        The header, trimmed; the second column of one name is called ``name (2)``.
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
        """Return where something stands, for messages."""
        place = f", column '{column}'" if column else ""
        return f"{self.name}{place}, {self.counted}{'s' * (len(lines) > 1)} {listed(lines)}"


def read_export(source: Source, path: Path | str) -> Export:
    """Read an export as its questionnaire says it is written.

    Parameters
    ----------
    source : Source
        The format, encoding, delimiter, sheet and rows of the header.
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
    path = Path(path)
    records, lines = read_records(source, path)
    if len(records) <= source.header_rows:
        raise StudyError(
            found="there is no response in it", where=path.name, fix="export the responses again"
        )

    counted = COUNTED.get(source.format, "line")
    _refuse_torn_rows(records, lines, f"{path.name}, {counted}")
    rows, row_lines = records[source.header_rows :], lines[source.header_rows :]
    names = _header(records[: source.header_rows])
    # What a spreadsheet saves beside the table has no name and no content.
    used = [j for j, name in enumerate(names) if name or any(row[j].strip() for row in rows)]
    columns = _unique([names[j] or f"(column {j + 1})" for j in used])
    cells, repairs = {}, []
    for j, column in zip(used, columns, strict=True):
        values, kinds = zip(*(clean_text(row[j]) for row in rows), strict=True)
        cells[column] = list(values)
        for kind, problem in REPAIRS.items():
            where = [line for line, found in zip(row_lines, kinds, strict=True) if kind in found]
            if where:
                repairs.append((column, problem, len(where), listed(where)))
    for j, column in zip(used, columns, strict=True):
        name = records[0][j]
        if clean_text(name)[0] != name.strip() or name != name.strip():
            repairs.append((column, "odd or stray blanks in the header", 1, "1"))
    return Export(
        path.name,
        counted,
        pd.DataFrame(cells, columns=columns, dtype=object),
        np.array(row_lines),
        columns,
        pd.DataFrame(repairs, columns=["column", "problem", "n", "lines"]),
    )


def listed(lines: Sequence[int], most: int = EXAMPLES) -> str:
    """List the first of some lines, and count the rest."""
    shown = ", ".join(str(line) for line in lines[:most])
    return f"{shown} and {len(lines) - most} more" if len(lines) > most else shown


def _refuse_torn_rows(records: list[list[str]], lines: list[int], where: str) -> None:
    """Refuse rows that have more or fewer fields than the header."""
    width = len(records[0])
    torn = [(len(record), line) for record, line in zip(records, lines, strict=True) if len(record) != width]
    fix = "look for a delimiter or line break that is not quoted, or correct source.delimiter"
    problems = [
        Problem(f"{fields} fields where the header has {width}", f"{where} {line}", fix=fix)
        for fields, line in torn[:EXAMPLES]
    ]
    if len(torn) > EXAMPLES:
        more, last = len(torn) - EXAMPLES, torn[-1][1]
        problems.append(Problem(f"so it is {more} times more, up to {last}", f"{where} {last}", fix=fix))
    if problems:
        raise StudyError(problems=problems)


def _unique(names: list[str]) -> list[str]:
    """Number the columns of one name: name, name (2), name (3)."""
    seen: Counter[str] = Counter()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
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
