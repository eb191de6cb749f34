"""Compares the export with the questionnaire, and turns its texts into coded answers.

The coded frame has one row per response, first `response_id`, then ``paradata.…``, then per question

- single, ordinal: ``q``, a categorical of option names in the order of the codebook (ordinal: ordered)
- multi: ``q.option``, nullable booleans; missing where the whole question has no answer
- numeric ``q`` float, text ``q`` string, date ``q`` datetime64
- ``q.missing``: why there is no answer: dont_know, refused, not_asked, no_answer; missing where there is one
- ``q.other_text``: what was written behind "other, namely"
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nsmo.formats.cells import COUNTED, ODD_HEADER, Export, Lines
from nsmo.formats.columns import (
    ChoiceColumn,
    Column,
    ReasonColumn,
    other_column,
    paradata_columns,
    question_columns,
)
from nsmo.formats.disagreements import Disagreements
from nsmo.formats.responses_file import read_pieces, rows_of
from nsmo.study.cells import normal_column
from nsmo.study.codebook import Codebook
from nsmo.study.conditions import REASONS, evaluate
from nsmo.study.errors import StudyError
from nsmo.study.pieces import Buckets
from nsmo.study.privacy import Privacy
from nsmo.study.questionnaire import OTHER, Question
from nsmo.study.variable import Variable

#: Stands for no reason among the places in `REASONS`.
NONE = -1
#: Column, what is odd about it, and where.
Note = tuple[str, str, Lines]


@dataclass(frozen=True)
class Ingested:
    """Coded responses with the evidence of how they were coded.

    Attributes
    ----------
    responses : DataFrame
        The coded frame, see the module.
    schema : dict
        Source, and for every column of `responses`: type, question, labels, and the column it was read from.
    counts : DataFrame
        ``question, raw, coded, label, n``: each code of the export, what became of it, and how often it stood
        there. A code of the codebook that nobody used is there with 0.
    problems : DataFrame
        ``column, problem, n, lines``: what was mended or is odd, though nothing was dropped.
    """

    responses: pd.DataFrame
    schema: dict[str, Any]
    counts: pd.DataFrame
    problems: pd.DataFrame


def ingest(codebook: Codebook, path: Path | str) -> Ingested:
    """Read an export and code every answer as the codebook says.

    Parameters
    ----------
    codebook : Codebook
        Describes the export.
    path : Path or str
        The export.

    Returns
    -------
    Ingested

    Raises
    ------
    StudyError
        Naming every column and code that the codebook does not explain, with lines and expected codes.
    """
    reading = Reading(codebook, path)
    (responses,) = reading
    return Ingested(responses, reading.schema, reading.counts, reading.problems)


class Reading:
    """An export that is read and coded piece by piece: iterate over it, and then ask for the evidence.

    Parameters
    ----------
    codebook, path
        As for `ingest`.
    rows : int, optional
        So many responses are held at once where the export is parquet and has more; left out, all of them.
    scratch : Path, optional
        A folder for files that are gone afterwards; needed for an export in pieces.
    progress : callable, optional
        Is called with how many of how many responses have been read, piece by piece.

    Attributes
    ----------
    responses : int
        How many have been read.
    """

    def __init__(
        self,
        codebook: Codebook,
        path: Path | str,
        rows: int | None = None,
        scratch: Path | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.codebook = codebook
        self.responses = 0
        self._path, self._rows, self._scratch = Path(path), rows, scratch
        self._progress = progress or (lambda *_: None)
        self._overview = pd.DataFrame()

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Return the coded frame of each piece.

        Raises
        ------
        StudyError
            As of `ingest`, when all pieces have been seen; nothing is given from the first mistake on.
        """
        there, read = rows_of(self._path), 0
        rows = self._rows if self._rows is not None and there > self._rows else None
        with ExitStack() as stack:
            ids, values = Buckets(), Buckets()
            if rows is not None:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self._scratch)))
                number = -(-there // rows)
                ids, values = Buckets(number, folder / "ids"), Buckets(number, folder / "values")
            found = Disagreements(self.codebook, ids=ids, values=values)
            for export in read_pieces(self.codebook.source, self._path, rows):
                if found.look(export):
                    yield self._code(export)
                read += len(export.lines)
                self._progress(read, max(there, read))
            if problems := found.problems():
                raise StudyError(
                    f"{self._path.name} and questionnaire.yaml disagree in {len(problems)} "
                    f"place{'s' * (len(problems) > 1)}:",
                    problems=problems,
                )

    def _code(self, export: Export) -> pd.DataFrame:
        coder = _Coder(self.codebook, export)
        coder.identify()
        for question in self.codebook.questions:
            coder.code(question)
        coded = pd.DataFrame(coder.columns)
        seen = overview(self.codebook, coded)
        if self.responses == 0:
            self._columns, self._first = export.columns, coded.iloc[:0].copy()
            self._counts, self._notes, self._overview = coder.counts, coder.notes, seen
        else:
            both = zip(self._counts, coder.counts, strict=True)
            self._counts = [(*one[:4], one[4] + other[4]) for one, other in both]
            notes = zip(self._notes, coder.notes, strict=True)
            # All pieces have the same header.
            self._notes = [
                one if one[1] == ODD_HEADER else (*one[:2], one[2] + other[2]) for one, other in notes
            ]
            numbers = ["answered", *REASONS]
            self._overview[numbers] += seen[numbers]
        self.responses += len(coded)
        return coded

    @property
    def counts(self) -> pd.DataFrame:
        """How often each code stood there; see `Ingested`."""
        return pd.DataFrame(self._counts, columns=["question", "raw", "coded", "label", "n"])

    @property
    def problems(self) -> pd.DataFrame:
        """What was mended or is odd; see `Ingested`."""
        order = Counter()
        for position, column in enumerate(self._columns):
            order.setdefault(column, position)
        rows = [(column, problem, lines.count, str(lines)) for column, problem, lines in self._notes]
        frame = pd.DataFrame([row for row in rows if row[2]], columns=["column", "problem", "n", "lines"])
        return frame.sort_values("column", key=lambda c: c.map(order), kind="stable", ignore_index=True)

    @property
    def overview(self) -> pd.DataFrame:
        """The answers to each question and the reasons for having none, as of `overview`."""
        return self._overview

    @property
    def schema(self) -> dict[str, Any]:
        """Source, and what is known of each column; see `Ingested`."""
        source = self.codebook.source
        encoding = {} if source.format in COUNTED else {"encoding": source.encoding}
        variables = {q.name: self.codebook.variable(q.name) for q in self.codebook.questions}
        return {
            "study": self.codebook.study,
            "wave": self.codebook.wave,
            "provenance": self.codebook.provenance,
            "source": {"file": source.file, "format": source.format} | encoding,
            "responses": self.responses,
            "columns_read": len(self._columns),
            "columns": [
                {"column": column, "dtype": _dtype(self._first[column]), **_describe(column, variables)}
                for column in self._first
            ],
        }


def codes(counts: pd.DataFrame) -> pd.DataFrame:
    """List the codes of the codebook with how often each stands in the export.

    Parameters
    ----------
    counts : DataFrame
        Of `Ingested`.

    Returns
    -------
    DataFrame
        Its rows without those that are no code: empty cells, boxes left unticked, texts.
    """
    given = (counts["raw"] != "") & ~counts["raw"].str.startswith("(")
    return counts[given & (counts["coded"] != "not ticked")]


def overview(codebook: Codebook, responses: pd.DataFrame) -> pd.DataFrame:
    """Count, for each question, the answers and the reasons for having none.

    Returns
    -------
    DataFrame
        ``question, type, answered`` and a column per reason; rows in the order of the codebook.
    """
    rows = []
    for question in codebook.questions:
        why = pd.Categorical(responses[f"{question.name}.missing"], list(REASONS))
        answered, *numbers = np.bincount(why.codes + 1, minlength=len(REASONS) + 1).tolist()
        reasons = dict(zip(REASONS, numbers, strict=True))
        rows.append({"question": question.name, "type": question.type, "answered": answered, **reasons})
    return pd.DataFrame(rows)


def public_counts(counts: pd.DataFrame, privacy: Privacy) -> pd.DataFrame:
    """Return how often each code stands in an export as it may leave: of real answers, which codes there are.

    Even in rounded numbers the counts of two answers whose sum is known can leave a few respondents of room.

    Parameters
    ----------
    counts : DataFrame
        Of `Ingested`.
    privacy : Privacy
    """
    return counts if privacy.suppress == "base" else counts.drop(columns="n")


def public(problems: pd.DataFrame, privacy: Privacy) -> pd.DataFrame:
    """Return the problems of an export as they may leave: of real answers without lines, which lead to one.

    Parameters
    ----------
    problems : DataFrame
        Of `Ingested`.
    privacy : Privacy
    """
    return problems if privacy.keep_rows else problems.assign(lines="")


def untidy(problems: pd.DataFrame) -> pd.DataFrame:
    """Sum the problems of an export up by kind, most frequent first.

    Returns
    -------
    DataFrame
        ``problem, columns, n, where``: how many columns and cells, and one place where to see it.
    """
    first = problems["lines"].str.split(",| and").str[0]
    places = problems.assign(where=("line " + first + ", ").where(first.ne(""), "") + problems["column"])
    kinds = places.groupby("problem", sort=False).agg(
        columns=("column", "nunique"), n=("n", "sum"), where=("where", "first")
    )
    return kinds.reset_index().sort_values("n", ascending=False, kind="stable", ignore_index=True)


class _Coder:
    def __init__(self, codebook: Codebook, export: Export) -> None:
        self.codebook, self.export = codebook, export
        self.columns: dict[str, pd.Series] = {}
        self.counts: list[tuple[str, str, str, str, int]] = []
        self.notes: list[Note] = list(export.repairs)

    def note(self, column: str, problem: str, rows: np.ndarray) -> None:
        self.notes.append((normal_column(column), problem, Lines.of(self.export.lines[rows])))

    def identify(self) -> None:
        source = self.codebook.source
        if source.key is not None:
            ids = self.export.texts[normal_column(source.key)]
            self.columns["response_id"] = ids.of_rows(ids.found)
        else:
            before = self.export.before
            rows = [str(row) for row in range(before + 1, before + len(self.export.lines) + 1)]
            self.columns["response_id"] = pd.Series(rows, dtype="str")
        for column in paradata_columns(source):
            self.columns |= self._read(column)

    def _read(self, column: Column) -> dict[str, pd.Series]:
        cells = self.export.texts[column.name]
        for problem, rows in column.notes(cells):
            self.note(column.name, problem, rows)
        return column.read(cells)

    def code(self, question: Question) -> None:
        """Add the columns of one question; those before it are there already, for `asked_if`."""
        reasons = np.full(len(self.export.lines), NONE, dtype=np.int8)
        columns = question_columns(question, self.codebook.source, self.codebook.language)
        answers, answered = self._answers(columns, reasons)
        if question.type == "multi":
            if question.answer_columns:
                # Who chose less leaves columns over: a reason counts where nothing was chosen.
                reasons[answered] = NONE
            self._nothing_beside(columns, answers, answered)
            problem = f"'{question.name}' has answers and a reason for having none"
            self.note(question.columns[0], problem, answered & (reasons != NONE))
            order = self.codebook.variable(question.name).columns
            answers = {name: _ticks(answers[name], answered) for name in order}
        elif question.ticked:
            answers = {question.name: _chosen(question, answers)}
        other = other_column(question, self.codebook.source)
        texts = self._read(other) if other else {}
        if other and question.type == "single":
            knows = any(isinstance(c, ChoiceColumn) and OTHER in c.codes.values() for c in columns)
            self._text_without_other(question, other.name, answers, texts[other.use], reasons, knows)
        answered = np.logical_or.reduce([values.notna().to_numpy() for values in answers.values()])
        self._route(question, reasons, answered)
        self.columns |= answers
        why = pd.Categorical.from_codes(np.where(answered, NONE, reasons), list(REASONS))
        self.columns[f"{question.name}.missing"] = pd.Series(why)
        self.columns |= texts

    def _nothing_beside(
        self, columns: list[Column], answers: Mapping[str, pd.Series], answered: np.ndarray
    ) -> None:
        """Let those who ticked a reason, and none of the options beside it, have given no answer."""
        boxes = [column for column in columns if isinstance(column, ReasonColumn)]
        if boxes:
            ticked = np.logical_or.reduce([self.export.texts[one.name].among(one.ticked) for one in boxes])
            chosen = np.logical_or.reduce(
                [one.fillna(value=False).to_numpy(bool) for one in answers.values()]
            )
            answered &= ~ticked | chosen

    def _answers(self, columns: list[Column], reasons: np.ndarray) -> tuple[dict[str, pd.Series], np.ndarray]:
        """Read the columns of a question, and set the reasons that codes give for having no answer."""
        answers: dict[str, pd.Series] = {}
        answered = np.zeros(len(reasons), dtype=bool)
        for column in columns:
            cells = self.export.texts[column.name]
            for rows, missing in column.reasons(cells):
                reasons[rows] = REASONS.index(missing.reason)
                label = missing.label(self.codebook.language)
                self.counts.append((column.use, missing.words, missing.reason, label, int(rows.sum())))
            for name, values in self._read(column).items():
                answers[name] = answers[name] | values if name in answers else values
            answered |= column.answered(cells)
            self.counts += [(place, *count) for place, count in column.counts(cells)]
        return answers, answered

    def _text_without_other(
        self,
        question: Question,
        column: str,
        answers: dict[str, pd.Series],
        text: pd.Series,
        reasons: np.ndarray,
        knows_other: bool,
    ) -> None:
        chosen, wrote = answers[question.name], text.notna().to_numpy()
        place, none = chosen.cat.codes.to_numpy(), chosen.isna().to_numpy()
        lone = wrote & none & (reasons == NONE)
        if not knows_other:
            self.counts.append((question.name, "(only a text)", OTHER, "", int(lone.sum())))
        else:
            self.note(column, f"a text without a choice in '{question.name}', read as other", lone)
        other = chosen.cat.categories.get_loc(OTHER)
        answers[question.name] = pd.Series(
            pd.Categorical.from_codes(np.where(lone, other, place), dtype=chosen.dtype)
        )
        beside = wrote & ~none & (place != other)
        self.note(column, f"a text beside another choice in '{question.name}'", beside)

    def _route(self, question: Question, reasons: np.ndarray, answered: np.ndarray) -> None:
        """Mark questions that were never put apart from those that were left empty."""
        silent = ~answered & (reasons == NONE)
        put = np.ones(len(reasons), dtype=bool)
        if question.asked_if:
            names = {leaf.question for leaf, _ in question.asked_if.leaves()}
            known = {name: values for name, values in self.columns.items() if name.split(".")[0] in names}
            put &= evaluate(question.asked_if, pd.DataFrame(known)).to_numpy()
            self.note(
                question.columns[0], f"'{question.name}' is answered though it was not asked", answered & ~put
            )
        page, submitted = self.columns.get("paradata.last_page"), self.columns.get("paradata.submitted")
        if question.page is not None and page is not None and submitted is not None:
            reached = page.to_numpy(dtype=np.int64, na_value=0) >= question.page
            put &= submitted.notna().to_numpy() | reached
        for reason, rows in (("no_answer", silent & put), ("not_asked", silent & ~put)):
            reasons[rows] = REASONS.index(reason)
            self.counts.append((question.name, "", reason, "", int(rows.sum())))


def _ticks(ticked: pd.Series, answered: np.ndarray) -> pd.Series:
    """Return whether an option was ticked, missing where nothing was."""
    values = ticked.to_numpy() & answered
    return pd.Series(pd.arrays.BooleanArray(values, ~answered))


def _chosen(question: Question, ticks: Mapping[str, pd.Series]) -> pd.Series:
    """Make the answer to a question with one of the ticks of its options."""
    names = [option.name for option in question.options]
    chosen = np.full(len(next(iter(ticks.values()))), -1)
    for place, name in enumerate(names):
        if f"{question.name}.{name}" in ticks:
            chosen[ticks[f"{question.name}.{name}"].to_numpy()] = place
    return pd.Series(pd.Categorical.from_codes(chosen, names, ordered=question.type == "ordinal"))


def _dtype(values: pd.Series) -> str:
    if isinstance(values.dtype, pd.CategoricalDtype):
        return "ordered categories" if values.cat.ordered else "categories"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "datetime"
    return {"boolean": "boolean", "float64": "number", "Int64": "integer"}.get(str(values.dtype), "text")


def _describe(column: str, variables: dict[str, Variable]) -> dict[str, Any]:
    name, _, part = column.partition(".")
    if name not in variables:
        return {}
    variable = variables[name]
    question = variable.definition
    about: dict[str, Any] = {"question": name, "type": variable.type}
    if part == "missing":
        return about | {"holds": "why there is no answer"}
    if part == "other_text":
        return about | {"holds": "other, namely", "from": question.other.column}
    option = variable.option(part) if part else None
    about |= {"label": {lang: (option or variable).label(lang) for lang in ("nl", "en")}}
    about["from"] = question.column if question.column is not None else None
    if option is not None and option.column is not None:
        about["from"] = option.column
    elif part == OTHER and question.other:
        about["from"] = question.other.column
    if variable.options and not part:
        about["options"] = [
            {"name": o.name, "code": o.code, "nl": o.nl, "en": o.en} for o in variable.options
        ]
        about["missing"] = [{"code": m.words, "reason": m.reason} for m in question.missing]
    return about
