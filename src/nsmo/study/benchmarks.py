"""Figures of other surveys, that published statements are compared with."""

import csv
import io
from pathlib import Path

from nsmo.study.cells import read_count
from nsmo.study.errors import Problem
from nsmo.study.textfile import read_utf8


def benchmark_problems(path: Path) -> list[Problem]:
    """List what of benchmarks.csv cannot be read, or can be read in two ways.

    Raises
    ------
    StudyError
        If it is in another encoding than UTF-8.
    """
    problems = []
    reader = csv.DictReader(io.StringIO(read_utf8(path), newline=""))
    for column in ("value", "year"):
        if column not in (reader.fieldnames or []):
            return [Problem(f"the column '{column}' is missing", f"{path.name}, line 1", fix="add it")]
    for row in reader:
        for column in ("value", "year"):
            try:
                read_count((row[column] or "").strip())
            except ValueError:
                problems.append(
                    Problem(
                        f"the {column} {row[column]!r}",
                        f"{path.name}, line {reader.line_num}",
                        expected="a number, as 12.5: with a point before decimals",
                    )
                )
    return problems
