"""Names every column and value of an export that the questionnaire does not explain."""

import re
from collections.abc import Collection, Iterable, Iterator

import numpy as np

from nsmo.formats.cells import EXAMPLES, Export
from nsmo.formats.columns import Column, TickColumn, paradata_columns, question_columns
from nsmo.study.cells import normal_column
from nsmo.study.codebook import Codebook
from nsmo.study.errors import Problem
from nsmo.study.model import closest
from nsmo.study.questionnaire import Question

#: So many unknown columns are named one by one.
_COLUMNS_SHOWN = 10


def disagreements(codebook: Codebook, export: Export, aside: Collection[str] = ()) -> list[Problem]:
    """List every column and value of an export that the questionnaire does not explain.

    Parameters
    ----------
    codebook : Codebook
        What the export should hold.
    export : Export
        What it holds.
    aside : collection of str
        Columns that belong to parts of the questionnaire that could not be read.

    Returns
    -------
    list of Problem
        Empty where they agree. Of each column a few unknown values come with how often and on which lines
        they stand, and the others are counted.
    """
    found = [*_absent(codebook, export), *_unknown(codebook, export, aside), *_repeated_ids(codebook, export)]
    for column in paradata_columns(codebook.source):
        found += _unreadable(export, column)
    for question in codebook.questions:
        for column in question_columns(question, codebook.source, codebook.language):
            found += _unreadable(export, column)
        if question.ticked and question.type != "multi":
            found += _ticked_twice(codebook, export, question)
    return found


def _ticked_twice(codebook: Codebook, export: Export, question: Question) -> Iterator[Problem]:
    """Yield that two options of a question with one answer are ticked."""
    columns = question_columns(question, codebook.source, codebook.language)
    ticks = [
        export.cells[column.name].isin(column.ticked).to_numpy()
        for column in columns
        if isinstance(column, TickColumn) and column.name in export.cells
    ]
    several = np.sum(ticks, axis=0) > 1 if ticks else np.zeros(0, dtype=bool)
    if several.any():
        yield Problem(
            f"two and more options of '{question.name}' are ticked in {several.sum()} responses",
            export.at([int(line) for line in export.lines[several]]),
            "one answer, as the question is single",
            f"write type: multi for '{question.name}' in questionnaire.yaml",
        )


def _uses(codebook: Codebook) -> dict[str, str]:
    return {normal_column(column): use for use, column in codebook.questionnaire.columns}


def _ignored(codebook: Codebook) -> set[str]:
    ignored = codebook.source.ignore
    return set() if ignored == "rest" else {normal_column(column) for column in ignored}


def _absent(codebook: Codebook, export: Export) -> Iterator[Problem]:
    """Yield the columns that are named and not there, or there more than once under one name only."""
    uses, ignored = _uses(codebook), _ignored(codebook)
    there = set(export.columns)
    for column, use in uses.items():
        if column not in there:
            left = sorted(there - set(uses) - ignored)
            near = closest(column, left) if left else ""
            yield Problem(
                f"the column '{column}' of '{use}' is not in the export",
                export.head,
                near if near.startswith("perhaps") else "",
                "correct the column in questionnaire.yaml, or export the responses with all questions",
            )
            continue
        again = f"{column} (2)"
        if again in there and again not in uses and again not in ignored:
            times = sum(
                re.fullmatch(re.escape(column) + r"( \(\d+\))?", other) is not None for other in there
            )
            yield Problem(
                f"the column '{column}' of '{use}' is there {times} times",
                export.head,
                f"a column of its own; the second is called '{again}' here",
                f"name '{again}' under source.ignore or with a question, or export with question codes in "
                "the header",
            )
    for column in sorted(ignored - there):
        yield Problem(
            f"source.ignore names '{column}', which is not in the export",
            "questionnaire.yaml",
            fix="remove it",
        )


def _unknown(codebook: Codebook, export: Export, aside: Collection[str]) -> Iterator[Problem]:
    """Yield the columns that are there and not named."""
    if codebook.source.ignore == "rest":
        return
    uses = _uses(codebook)
    known = set(uses) | _ignored(codebook) | set(aside)
    # A repeated name is reported with the column that has the name.
    known |= {column for column in export.columns if re.sub(r" \(\d+\)$", "", column) in uses}
    missing = [column for column in uses if column not in export.columns]
    strangers = [column for column in export.columns if column not in known]
    fix = "describe it under questions: in questionnaire.yaml, or name it under source.ignore"
    for column in strangers[:_COLUMNS_SHOWN]:
        near = closest(column, missing) if missing else ""
        yield Problem(
            f"the column '{column}' is in the export, but the questionnaire does not know it",
            f"{export.head}, column {export.columns.index(column) + 1}",
            near if near.startswith("perhaps") else "",
            fix,
        )
    if more := strangers[_COLUMNS_SHOWN:]:
        yield Problem(
            f"{len(more)} more columns that the questionnaire does not know: {', '.join(more)}",
            export.head,
            fix="describe them under questions: in questionnaire.yaml, or name them under source.ignore "
            "(`ignore: rest` for all)",
        )


def _repeated_ids(codebook: Codebook, export: Export) -> Iterator[Problem]:
    key = codebook.source.key
    if key is None or normal_column(key) not in export.cells:
        return
    ids = export.cells[normal_column(key)]
    problems = [
        Problem(
            f"{f'the response id {value!r}' if value else 'no response id'} on {len(rows)} rows",
            export.at([int(export.lines[i]) for i in rows]),
            expected="an id of its own for every response",
            fix="export the responses again",
        )
        for value, rows in ids.groupby(ids).groups.items()
        if value == "" or len(rows) > 1
    ]
    yield from problems[:EXAMPLES]
    if more := problems[EXAMPLES:]:
        found = f"{len(more)} more ids stand on several rows"
        yield Problem(found, export.name, fix="export the responses again")


def _unreadable(export: Export, column: Column) -> Iterator[Problem]:
    """Yield the values of a column that cannot be read: a few of them, and how many more there are."""
    if column.name not in export.cells:
        return
    cells = export.cells[column.name]
    bad = column.unreadable(cells)
    # Where nearly everybody has a value of their own, a value may tell who somebody is.
    unique = len(bad) > EXAMPLES and len(bad) > 0.5 * int(column.answered(cells).sum())
    if bad and (column.private or unique):
        rows = _together(bad.values())
        why = "it is identifying" if column.private else "nearly every response has its own"
        yield Problem(
            f"{len(bad)} value{'s' * (len(bad) > 1)} that cannot be read, in the column of '{column.use}' "
            f"(not shown: {why})",
            export.at(export.lines[rows], column.name),
            column.expected,
            column.remedy.replace("add it to the options", "correct the type, or add them to the options"),
        )
        return
    for value, rows in list(bad.items())[:EXAMPLES]:
        count = len(rows)
        yield Problem(
            f"{column.called(value)} stands {count} time{'s' * (count > 1)} in the column of '{column.use}'",
            export.at(export.lines[rows], column.name),
            column.expected,
            column.remedy,
        )
    if len(bad) > EXAMPLES:
        rest = list(bad.values())[EXAMPLES:]
        yield Problem(
            f"{len(rest)} more values in the column of '{column.use}' cannot be read",
            export.at(export.lines[_together(rest)], column.name),
            column.expected,
            column.remedy,
        )


def _together(rows: Iterable[np.ndarray]) -> np.ndarray:
    return np.unique(np.concatenate(list(rows)))
