"""Names every column and value of an export that the questionnaire does not explain."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from nsmo.formats.cells import EXAMPLES, Export, Fault, Lines
from nsmo.formats.columns import Column, TickColumn, paradata_columns, question_columns
from nsmo.formats.texts import Texts
from nsmo.study.cells import normal_column
from nsmo.study.codebook import Codebook
from nsmo.study.errors import Problem
from nsmo.study.model import closest
from nsmo.study.pieces import Buckets
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
    found = Disagreements(codebook, aside)
    found.look(export)
    return found.problems()


class Disagreements:
    """What an export holds that the questionnaire does not explain, found piece by piece.

    Parameters
    ----------
    codebook, aside
        As for `disagreements`.
    ids, values : Buckets, optional
        Where the ids of the responses, and the values that cannot be read, are brought together; left out, in
        memory.
    """

    def __init__(
        self,
        codebook: Codebook,
        aside: Collection[str] = (),
        ids: Buckets | None = None,
        values: Buckets | None = None,
    ) -> None:
        self.codebook = codebook
        self._aside = aside
        # Buckets that are still empty count as false.
        self._ids = Buckets() if ids is None else ids
        self._others = Buckets() if values is None else values
        self._export: Export | None = None
        self._values: dict[tuple[str, str], _Values] = {}
        self._several: dict[str, Lines] = {}
        self._faults: dict[Fault, Lines] = {}

    def look(self, export: Export) -> bool:
        """Look at the next responses of the export; return whether nothing was found in any of them.

        Whether an id stands twice is known in the end only.
        """
        if self._export is None:
            self._export = replace(export, texts=dict.fromkeys(export.texts, Texts.of([])))
            self._head = [*_absent(self.codebook, export), *_unknown(self.codebook, export, self._aside)]
        source = self.codebook.source
        key = normal_column(source.key) if source.key is not None else None
        if key is not None and key in export.texts:
            ids = export.texts[key].of_rows(export.texts[key].found)
            self._ids.add(pd.DataFrame({"id": ids, "line": export.lines}), ["id"])
        for column in self._columns():
            if column.name in export.texts:
                values = self._values.setdefault(
                    (column.name, column.use), _Values(column, len(self._values))
                )
                if others := values.look(export):
                    self._others.add(pd.DataFrame({"column": values.number, "value": others}), ["value"])
        for question in self.codebook.questions:
            if question.ticked and question.type != "multi":
                here = _ticked_twice(self.codebook, export, question)
                self._several[question.name] = self._several.get(question.name, Lines()) + here
        for fault in export.faults:
            self._faults[fault] = self._faults.get(fault, Lines()) + fault.lines
        return not (
            self._head
            or self._faults
            or any(values.shown for values in self._values.values())
            or any(lines.count for lines in self._several.values())
        )

    def _columns(self) -> Iterator[Column]:
        yield from paradata_columns(self.codebook.source)
        for question in self.codebook.questions:
            yield from question_columns(question, self.codebook.source, self.codebook.language)

    def problems(self) -> list[Problem]:
        """List what was found, when all responses have been looked at."""
        export = self._export
        if export is None:
            return []
        found = [*self._head, *_repeated_ids(export, self._ids)]
        for fault, lines in self._faults.items():
            some = f", in {lines.count} response{'s' * (lines.count > 1)}" * bool(lines.count)
            where = export.at(lines) if lines.count else export.head
            found.append(Problem(fault.found + some, where, fault.expected, fault.fix))
        others = Counter[int]()
        for bucket in self._others:
            others.update(bucket.drop_duplicates()["column"].tolist())
        for values in self._values.values():
            values.others = others[values.number]
        for column in paradata_columns(self.codebook.source):
            found += self._unreadable(export, column)
        for question in self.codebook.questions:
            for column in question_columns(question, self.codebook.source, self.codebook.language):
                found += self._unreadable(export, column)
            if (several := self._several.get(question.name, Lines())).count:
                found.append(
                    Problem(
                        f"two and more options of '{question.name}' are ticked in {several.count} responses",
                        export.at(several),
                        "one answer, as the question is single",
                        f"write type: multi for '{question.name}' in questionnaire.yaml",
                    )
                )
        return found

    def _unreadable(self, export: Export, column: Column) -> Iterator[Problem]:
        values = self._values.get((column.name, column.use))
        return values.problems(export) if values else iter(())


class _Values:
    """The values of a column that cannot be read: the first few, and how many others there are."""

    def __init__(self, column: Column, number: int) -> None:
        self.column, self.number = column, number
        self.answered = 0
        self.shown: dict[str, Lines] = {}
        self.others = 0  # is known when all have been looked at
        self.rest = Lines()
        self.all = Lines()

    def look(self, export: Export) -> list[str]:
        """Look at some of the responses; return the different values that are none of the first few."""
        cells = export.texts[self.column.name]
        bad = self.column.unreadable(cells)
        self.answered += int(self.column.answered(cells).sum())
        others, rest = [], []
        for value, rows in bad.items():
            if value in self.shown or len(self.shown) < EXAMPLES:
                self.shown[value] = self.shown.get(value, Lines()) + Lines.of(export.lines[rows])
            else:
                others.append(value)
                rest.append(rows)
        self.rest += Lines.of(export.lines[_together(rest)])
        self.all += Lines.of(export.lines[_together(bad.values())])
        return others

    def problems(self, export: Export) -> Iterator[Problem]:
        column = self.column
        # Where nearly everybody has a value of their own, a value may tell who somebody is.
        different = len(self.shown) + self.others
        unique = self.others > 0 and different > 0.5 * self.answered
        if different and (column.private or unique):
            why = "it is identifying" if column.private else "nearly every response has its own"
            yield Problem(
                f"{different} value{'s' * (different > 1)} that cannot be read, in the column of "
                f"'{column.use}' (not shown: {why})",
                export.at(self.all, column.name),
                column.expected,
                column.remedy.replace(
                    "add it to the options", "correct the type, or add them to the options"
                ),
            )
            return
        for value, lines in self.shown.items():
            yield Problem(
                f"{column.called(value)} stands {lines.count} time{'s' * (lines.count > 1)} in the column of "
                f"'{column.use}'",
                export.at(lines, column.name),
                column.expected,
                column.remedy,
            )
        if self.others:
            yield Problem(
                f"{self.others} more values in the column of '{column.use}' cannot be read",
                export.at(self.rest, column.name),
                column.expected,
                column.remedy,
            )


def _ticked_twice(codebook: Codebook, export: Export, question: Question) -> Lines:
    """Find the responses with two ticked options of a question with one answer."""
    columns = question_columns(question, codebook.source, codebook.language)
    ticks = [
        export.texts[column.name].among(column.ticked)
        for column in columns
        if isinstance(column, TickColumn) and column.name in export.texts
    ]
    return Lines.of(export.lines[np.sum(ticks, axis=0) > 1]) if ticks else Lines()


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
    there = set(export.columns)
    missing = [column for column in uses if column not in there]
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


def _repeated_ids(export: Export, ids: Buckets) -> Iterator[Problem]:
    first, different = dict[str, Lines](), 0
    for bucket in ids:
        odd = bucket[(bucket["id"] == "") | bucket["id"].duplicated(keep=False)]
        found = odd.groupby("id")["line"]
        different += found.ngroups
        first |= {
            value: Lines.of(found.get_group(value).to_numpy()) for value in sorted(found.groups)[:EXAMPLES]
        }
        first = {value: first[value] for value in sorted(first)[:EXAMPLES]}
    for value in first:
        yield Problem(
            f"{f'the response id {value!r}' if value else 'no response id'} on {first[value].count} rows",
            export.at(first[value]),
            expected="an id of its own for every response",
            fix="export the responses again",
        )
    if (more := different - EXAMPLES) > 0:
        message = f"{more} more ids stand on several rows"
        yield Problem(message, export.name, fix="export the responses again")


def _together(rows: Iterable[np.ndarray]) -> np.ndarray:
    return np.unique(np.concatenate([np.zeros(0, dtype=int), *rows]))
