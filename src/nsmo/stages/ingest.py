"""Holds the export against the codebook, and turns its texts into coded answers.

The coded frame has one row per response, first `response_id`, then ``paradata.…``, then per question

- single, ordinal: ``q``, a categorical of option names in the order of the codebook (ordinal: ordered)
- multi: ``q.option``, nullable booleans; missing where the whole question has no answer
- numeric ``q`` float, text ``q`` string, date ``q`` datetime64
- ``q.missing``: why there is no answer: dont_know, refused, not_asked, no_answer; missing where there is one
- ``q.other_text``: what was written behind "other, namely"
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nsmo.formats.cells import COUNTED, Export, normal_column
from nsmo.formats.responses_file import (
    codes,
    disagreements,
    read_date,
    read_number,
    read_responses,
    split_answers,
    ticks,
    unticked,
)
from nsmo.study.codebook import Codebook
from nsmo.study.conditions import REASONS, evaluate
from nsmo.study.errors import StudyError
from nsmo.study.questionnaire import OTHER, Question
from nsmo.study.variable import Variable


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
        ``column, problem, n, lines``: what was mended or is odd, though nothing was lost.
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
    export = read_responses(codebook, path)
    problems = disagreements(codebook, export)
    if problems:
        raise StudyError(
            f"{export.name} and questionnaire.yaml disagree in {len(problems)} "
            f"place{'s' * (len(problems) > 1)}:",
            problems=problems,
        )
    coder = _Coder(codebook, export)
    coder.identify()
    for question in codebook.questions:
        coder.code(question)
    responses = pd.DataFrame(coder.columns)
    return Ingested(responses, coder.schema(responses), coder.counts_frame(), coder.problems_frame())


def overview(codebook: Codebook, responses: pd.DataFrame, language: str) -> pd.DataFrame:
    """Count, for each question, the answers and the reasons for having none.

    Returns
    -------
    DataFrame
        ``question, label, type, answered`` and a column per reason; rows in the order of the codebook.
    """
    rows = []
    for question in codebook.questions:
        reasons = responses[f"{question.name}.missing"]
        rows.append(
            {
                "question": question.name,
                "label": question.label[language],
                "type": question.type,
                "answered": int(reasons.isna().sum()),
                **{reason: int((reasons == reason).sum()) for reason in REASONS},
            }
        )
    return pd.DataFrame(rows)


def untidy(problems: pd.DataFrame) -> pd.DataFrame:
    """Sum the problems of an export up by kind, most frequent first.

    Returns
    -------
    DataFrame
        ``problem, columns, n, where``: how many columns and cells, and one place where to see it.
    """
    places = problems.assign(
        where="line " + problems["lines"].str.split(",| and").str[0] + ", " + problems["column"]
    )
    kinds = places.groupby("problem", sort=False).agg(
        columns=("column", "nunique"), n=("n", "sum"), where=("where", "first")
    )
    return kinds.reset_index().sort_values("n", ascending=False, kind="stable", ignore_index=True)


class _Coder:
    def __init__(self, codebook: Codebook, export: Export) -> None:
        self.codebook, self.export = codebook, export
        self.columns: dict[str, pd.Series] = {}
        self.counts: list[tuple[str, str, str, str, int]] = []
        self.notes: list[tuple[str, str, int, str]] = []
        self.number, self.date = read_number(codebook), read_date(codebook)
        self.empty = set(codebook.source.missing_codes)

    def cells(self, column: str) -> pd.Series:
        return self.export.cells[normal_column(column)]

    def note(self, column: str, problem: str, rows: pd.Series) -> None:
        if rows.any():
            lines = self.export.lines[rows.to_numpy()]
            shown = ", ".join(map(str, lines[:5])) + (f" and {len(lines) - 5} more" if len(lines) > 5 else "")
            self.notes.append((normal_column(column), problem, len(lines), shown))

    def identify(self) -> None:
        source = self.codebook.source
        rows = range(1, len(self.export.cells) + 1)
        ids = self.cells(source.key) if source.key is not None else pd.Series([str(row) for row in rows])
        self.columns["response_id"] = ids.astype("str")
        for name, column in source.paradata.columns.items():
            values = self.cells(column)
            answered = ~values.isin(self.empty)
            if name in ("submitted", "started"):
                coded = self._dates(column, values, answered)
            elif name == "last_page":
                coded = pd.array(
                    [int(v) if a else pd.NA for v, a in zip(values, answered, strict=True)], "Int64"
                )
            elif name == "duration":
                coded = self._numbers(column, values, answered)
            else:
                coded = values.where(answered, None).astype("str")
            self.columns[f"paradata.{name}"] = pd.Series(coded)

    def _dates(self, column: str, values: pd.Series, answered: pd.Series) -> pd.Series:
        read = {value: self.date(value) for value in values[answered].unique()}
        for form in dict.fromkeys(form for _, form in read.values()):
            if form != self.codebook.source.date_formats[0]:
                held = answered & values.map(lambda v, f=form: v in read and read[v][1] == f).astype(bool)
                self.note(column, f"date written as {form}", held)
        return pd.to_datetime(pd.Series([read[v][0] if v in read else None for v in values]))

    def _numbers(self, column: str, values: pd.Series, answered: pd.Series) -> pd.Series:
        read = {value: self.number(value) for value in values[answered].unique()}
        odd = answered & values.map(lambda v: v in read and not read[v][1]).astype(bool)
        self.note(column, f"decimal sign other than '{self.codebook.source.decimal}'", odd)
        return pd.Series([read[v][0] if v in read else np.nan for v in values], dtype=float)

    def code(self, question: Question) -> None:
        """Add the columns of one question; those before it are there already, for `asked_if`."""
        reasons = pd.Series(None, index=self.export.cells.index, dtype=object)
        if question.type == "multi":
            answers = self._multi(question, reasons)
        else:
            answers = {question.name: self._plain(question, reasons)}
        other_text = None
        if question.other:
            other_text = self._other_text(question)
            if question.type == "single":
                self._text_without_other(question, answers, other_text, reasons)
        answered = pd.concat([values.notna() for values in answers.values()], axis=1).any(axis=1)
        self._route(question, reasons, answered)
        self.columns |= answers
        self.columns[f"{question.name}.missing"] = pd.Series(
            pd.Categorical(reasons.where(~answered, None), categories=list(REASONS)), index=reasons.index
        )
        if other_text is not None:
            self.columns[f"{question.name}.other_text"] = other_text

    def _plain(self, question: Question, reasons: pd.Series) -> pd.Series:
        if question.ticked:
            return self._one_ticked(question, reasons)
        values = self.cells(question.column)
        answered = self._reasons(question, question.name, values, reasons)
        if question.type in ("single", "ordinal"):
            options = codes(self.codebook, question)
            for code, option in options.items():
                label = next(o.label(self.codebook.language) for o in question.options if o.name == option)
                self.counts.append((question.name, code, option, label, int((values == code).sum())))
            return self._categories(question, values.where(answered, None).map(options))
        kind = {"numeric": "a number", "date": "a date", "text": "a text"}[question.type]
        self.counts.append((question.name, f"({kind})", "answered", "", int(answered.sum())))
        if question.type == "numeric":
            return self._numbers(question.column, values, answered)
        if question.type == "date":
            return self._dates(question.column, values, answered)
        return values.where(answered, None).astype("str")

    def _categories(self, question: Question, values: pd.Series) -> pd.Series:
        names = [option.name for option in question.options]
        return pd.Series(pd.Categorical(values, names, ordered=question.type == "ordinal"))

    def _one_ticked(self, question: Question, reasons: pd.Series) -> pd.Series:
        """Code a question with one answer whose options have columns of their own."""
        chosen = pd.Series(None, index=reasons.index, dtype=object)
        for option, (column, texts) in ticks(self.codebook, question).items():
            values, place = self.cells(column), f"{question.name}.{option}"
            self._reasons(question, place, values, reasons)
            ticked = values.isin(texts)
            chosen[ticked] = option
            label = self.codebook.label(place, self.codebook.language)
            for text in sorted(texts):
                self.counts.append((question.name, text, option, label, int((values == text).sum())))
        return self._categories(question, chosen)

    def _reasons(self, question: Question, place: str, values: pd.Series, reasons: pd.Series) -> pd.Series:
        """Set the reasons that the codes themselves give; return where there is an answer."""
        silent = values.isin(self.empty)
        for missing in question.missing:
            if missing.code is not None:
                stands = values == missing.code
            else:
                stands = values.map(missing.holds).astype(bool)
            reasons[stands] = missing.reason
            label = missing.label(self.codebook.language)
            self.counts.append((place, missing.words, missing.reason, label, int(stands.sum())))
            silent |= stands
        return ~silent

    def _multi(self, question: Question, reasons: pd.Series) -> dict[str, pd.Series]:
        answers: dict[str, pd.Series] = {}
        said = pd.Series(False, index=reasons.index)
        if question.separator:
            values = self.cells(question.column)
            said |= self._reasons(question, question.name, values, reasons)
            known = codes(self.codebook, question)
            pieces = [set(split_answers(value, question.separator, known)[0]) for value in values]
            for code, option in known.items():
                ticked = pd.Series([code in piece for piece in pieces]) & said
                answers[f"{question.name}.{option}"] = ticked
                self.counts.append((f"{question.name}.{option}", code, "ticked", "", int(ticked.sum())))
        elif question.answer_columns:
            said = self._choices(question, reasons, answers)
        else:
            for option, (column, codes_) in ticks(self.codebook, question).items():
                values, place = self.cells(column), f"{question.name}.{option}"
                said |= self._reasons(question, place, values, reasons)
                answers[place] = values.isin(codes_)
                for code in sorted(codes_):
                    label = self.codebook.label(place, self.codebook.language)
                    self.counts.append((place, code, "ticked", label, int((values == code).sum())))
                for code in sorted(unticked(self.codebook) - self.empty):
                    self.counts.append((place, code, "not ticked", "", int((values == code).sum())))
        if question.other:
            place = f"{question.name}.{OTHER}"
            written = self._other_text(question).notna()
            answers[place] = answers.get(place, False) | written
            said |= written
            self.counts.append((place, "(a text)", "ticked", "", int(written.sum())))
        contradiction = said & reasons.notna()
        self.note(
            question.columns[0], f"'{question.name}' has answers and a reason for having none", contradiction
        )
        return {
            f"{question.name}.{option.name}": answers[f"{question.name}.{option.name}"]
            .astype("boolean")
            .mask(~said, pd.NA)
            for option in question.options
        }

    def _choices(self, question: Question, reasons: pd.Series, answers: dict[str, pd.Series]) -> pd.Series:
        """Code a multi question whose columns each hold the code of one answer; return who answered."""
        said = pd.Series(False, index=reasons.index)
        known = codes(self.codebook, question)
        for option in known.values():
            answers[f"{question.name}.{option}"] = pd.Series(False, index=reasons.index)
        for column in question.answer_columns:
            values = self.cells(column)
            said |= self._reasons(question, question.name, values, reasons)
            for code, option in known.items():
                answers[f"{question.name}.{option}"] |= values == code
        for code, option in known.items():
            place = f"{question.name}.{option}"
            self.counts.append((place, code, "ticked", "", int(answers[place].sum())))
        # A column less is filled by those who chose less: a reason counts where nothing was chosen.
        reasons[said] = None
        return said

    def _other_text(self, question: Question) -> pd.Series:
        """Return what was written beside "other", also where that stands among the answers themselves."""
        assert question.other is not None
        texts = self.cells(question.other.column)
        if question.other_in_cell and question.separator:
            known = {*codes(self.codebook, question), *(m.code for m in question.missing if m.code)}
            rest = {text: "; ".join(split_answers(text, question.separator, known)[1]) for text in set(texts)}
            texts = texts.map(rest)
        elif question.missing:
            texts = texts.mask(texts.map(lambda text: question.reason_of(text) is not None).astype(bool), "")
        return texts.where(~texts.isin(self.empty), None).astype("str")

    def _text_without_other(
        self, question: Question, answers: dict[str, pd.Series], text: pd.Series, reasons: pd.Series
    ) -> None:
        chosen = answers[question.name]
        lone = text.notna() & chosen.isna() & reasons.isna()
        if OTHER not in codes(self.codebook, question).values():
            self.counts.append((question.name, "(only a text)", OTHER, "", int(lone.sum())))
        else:
            self.note(
                question.other.column, f"a text without a choice in '{question.name}', read as other", lone
            )
        answers[question.name] = chosen.mask(lone, OTHER)
        beside = text.notna() & chosen.notna() & (chosen != OTHER)
        self.note(question.other.column, f"a text beside another choice in '{question.name}'", beside)

    def _route(self, question: Question, reasons: pd.Series, answered: pd.Series) -> None:
        """Tell questions that were never put from those that were left empty."""
        silent = ~answered & reasons.isna()
        put = pd.Series(True, index=reasons.index)
        if question.asked_if:
            names = {leaf.question for leaf, _ in question.asked_if.leaves()}
            known = {name: values for name, values in self.columns.items() if name.split(".")[0] in names}
            put &= evaluate(question.asked_if, pd.DataFrame(known))
            self.note(
                question.columns[0], f"'{question.name}' is answered though it was not asked", answered & ~put
            )
        page, submitted = self.columns.get("paradata.last_page"), self.columns.get("paradata.submitted")
        if question.page is not None and page is not None and submitted is not None:
            put &= submitted.notna() | (page.fillna(0) >= question.page).astype(bool)
        reasons[silent & ~put] = "not_asked"
        reasons[silent & put] = "no_answer"
        for reason in ("no_answer", "not_asked"):
            rows = silent & (reasons == reason)
            self.counts.append((question.name, "", reason, "", int(rows.sum())))

    def counts_frame(self) -> pd.DataFrame:
        return pd.DataFrame(self.counts, columns=["question", "raw", "coded", "label", "n"])

    def problems_frame(self) -> pd.DataFrame:
        notes = pd.DataFrame(self.notes, columns=["column", "problem", "n", "lines"])
        both = pd.concat([self.export.repairs, notes], ignore_index=True)
        order = Counter()
        for position, column in enumerate(self.export.columns):
            order.setdefault(column, position)
        return both.sort_values("column", key=lambda c: c.map(order), kind="stable", ignore_index=True)

    def schema(self, responses: pd.DataFrame) -> dict[str, Any]:
        source = self.codebook.source
        encoding = {} if source.format in COUNTED else {"encoding": source.encoding}
        variables = {q.name: self.codebook.variable(q.name) for q in self.codebook.questions}
        return {
            "study": self.codebook.study,
            "wave": self.codebook.wave,
            "provenance": self.codebook.provenance,
            "source": {"file": source.file, "format": source.format} | encoding,
            "responses": len(responses),
            "columns_read": len(self.export.columns),
            "columns": [
                {"column": column, "dtype": _dtype(responses[column]), **_describe(column, variables)}
                for column in responses
            ],
        }


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
