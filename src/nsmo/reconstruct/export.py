"""Writes records as a questionnaire tool would export them, with the dirt that real exports have."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import cycle

from nsmo.reconstruct.assumptions import Assumptions, Excluded, Fieldwork
from nsmo.reconstruct.chance import Chance
from nsmo.reconstruct.rules import Missing, Record, Rules
from nsmo.study.codebook import Codebook
from nsmo.study.errors import StudyError
from nsmo.study.questionnaire import OTHER, Question

NO_BREAK_SPACE = "\u00a0"
TOKEN_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"
#: Columns that LimeSurvey adds and no study reads.
SEED, REFERRER = "seed", "refurl"


@dataclass
class Row:
    """A response on its way to the file: its answers, how it came about, and its cells once written."""

    record: Record
    start: datetime
    seconds: int
    last_page: int
    submitted: bool = True
    pause: timedelta = timedelta(0)
    counts: bool = False
    cells: dict[str, str] = field(default_factory=dict)

    @property
    def end(self) -> datetime:
        """When it was sent, if it was."""
        return self.start + timedelta(seconds=self.seconds) + self.pause


def export(records: Sequence[Record], codebook: Codebook, assumptions: Assumptions, chance: Chance) -> bytes:
    """Write the records, and the responses that cleaning must take, as the file that the codebook describes.

    Parameters
    ----------
    records : sequence of dict
        Those that must be left after cleaning.
    codebook : Codebook
        Columns, codes and form of the file.
    assumptions : Assumptions
        Which other responses there are, and what is wrong with the cells.
    chance : Chance
        Which record gets what.

    Returns
    -------
    bytes
        The whole file.

    Raises
    ------
    StudyError
        If the assumptions ask for dirt for which there are not enough records.
    """
    return _Export(codebook, assumptions, chance).write(records)


class _Export:
    def __init__(self, codebook: Codebook, assumptions: Assumptions, chance: Chance) -> None:
        self.codebook, self.assumptions, self.chance = codebook, assumptions, chance
        self.rules = Rules(codebook)
        self.fieldwork: Fieldwork = assumptions.the("fieldwork")
        self.pages = max(question.page or 1 for question in codebook.questions)
        self.named: set[str] = set()
        opening, closing = codebook.field_period.from_, codebook.field_period.until
        if opening is None or closing is None:
            raise StudyError(
                found="the field period has no beginning or no end",
                where="study.yaml (field_period)",
                fix="give from and until",
            )
        self.opening, self.closing = opening, closing

    def write(self, records: Sequence[Record]) -> bytes:
        rows = [self._kept(record) for record in records]
        for row in self.chance.sample(rows, self.fieldwork.left_open.records):
            row.pause = timedelta(hours=self.chance.between(*self.fieldwork.left_open.hours))
        extra = [row for dirt in self.assumptions.the("excluded") for row in self._excluded(dirt, rows)]
        for row in rows + extra:
            row.cells = self._encode(row)
        self._written_as_other(rows)
        self._unrouted(rows)
        everything = sorted(rows + extra, key=lambda row: row.start)
        self._meta(everything)
        self._characters(rows, everything)
        return self._file(everything)

    # --- responses

    def _kept(self, record: Record) -> Row:
        names = self.assumptions.the("names")
        return Row(
            {**record, names.question: self._name(record)},
            self._moment(),
            self._seconds(),
            self.pages,
            counts=True,
        )

    def _name(self, record: Record) -> str:
        """Invent a name that no other response has."""
        names = self.assumptions.the("names")
        while True:
            stem = self.chance.pick(names.first) + self.chance.pick(names.second)
            name = self.chance.pick(names.forms[str(self.rules.value(record, names.by))]).format(stem)
            if stem not in self.named:
                self.named.add(stem)
                return name

    def _moment(self) -> datetime:
        lots = [invitation for invitation in self.fieldwork.rounds for _ in range(invitation.weight)]
        while True:
            invitation = self.chance.pick(lots)
            early = min(self.chance.below(invitation.spread), self.chance.below(invitation.spread))
            day = self.opening + timedelta(days=invitation.day + early)
            weekend = day.weekday() >= 5
            if day < self.closing and not (weekend and self.chance.below(self.fieldwork.weekend_one_in)):
                return self._at(day)

    def _at(self, day: date) -> datetime:
        hour = self.chance.pick(self.fieldwork.hours)
        return datetime.combine(day, time(hour, self.chance.below(60), self.chance.below(60)))

    def _seconds(self) -> int:
        usual = self.fieldwork.seconds
        seconds = usual.at_least + self.chance.below(2 * (usual.typical - usual.at_least))
        return seconds + (self.chance.below(usual.tail) if self.chance.below(usual.one_in) == 0 else 0)

    def _excluded(self, dirt: Excluded, kept: Sequence[Row]) -> Iterator[Row]:
        """Make the responses that one rule must take, out of parts of the answers of those that count."""
        values = {name: cycle(options) for name, options in dirt.set_.items()}
        texts, answers, pages = (
            cycle(dirt.other_texts or [""]),
            cycle(dirt.answers or [""]),
            cycle(dirt.last_page or [0]),
        )
        again = self._again(dirt, kept)
        for i in range(dirt.records):
            record = self._mixed(kept)
            row = Row(record, self._moment(), self._seconds(), next(pages) or self.pages, dirt.submitted)
            for name, options in values.items():
                record[name] = next(options)
                if record[name] == OTHER:
                    record[f"{name}.other_text"] = next(texts)
            if dirt.battery:
                answer = next(answers)
                record.update({question.name: answer for question in self.codebook.battery(dirt.battery)})
            row.seconds = max(row.seconds * row.last_page // self.pages, 10)
            if dirt.seconds:
                row.seconds = self.chance.between(*dirt.seconds)
            if dirt.days_before:
                day = self.opening - timedelta(days=self.chance.between(*dirt.days_before))
                row.start = self._at(day)
            if i < len(again):
                self._repeat(row, again[i], dirt, late=i < dirt.late_start)
            yield row

    def _mixed(self, kept: Sequence[Row]) -> Record:
        """Take each page from another response, so that answers on one page keep belonging together."""
        record: Record = {}
        for page in range(1, self.pages + 1):
            record |= self._on_page(self.chance.pick(kept).record, page)
        record[self.assumptions.the("names").question] = self._name(record)
        for question in self.codebook.questions:
            if question.type == "text" and question.name != self.assumptions.the("names").question:
                record[question.name] = Missing("no_answer")
        return record

    def _on_page(self, record: Record, page: int) -> Record:
        """Return the answers on one page, with what was written beside "other"."""
        keys = [
            key
            for question in self.codebook.questions
            if (question.page or 1) == page
            for key in (question.name, f"{question.name}.other_text")
        ]
        return {key: record[key] for key in keys if key in record}

    def _again(self, dirt: Excluded, kept: Sequence[Row]) -> list[Row]:
        """Choose the organisations that take part more than once; the first ones twice more."""
        middle = [row for row in kept if (row.start.date() - self.opening).days > 2 and not row.pause]
        chosen = self.chance.sample(middle, dirt.again - dirt.twice)
        return (chosen[: dirt.twice] + chosen)[: dirt.again]

    def _repeat(self, row: Row, original: Row, dirt: Excluded, late: bool) -> None:
        """Let a response be of an organisation that counts, and come before the one that counts if complete.

        `late`: it was begun after that one and sent before it.
        """
        page = self._page_of_name()
        for key in self._on_page(row.record, page):
            del row.record[key]
        row.record |= self._on_page(original.record, page)
        name = self.assumptions.the("names").question
        row.record[name] = self._spelled(original.record[name])
        if not row.submitted:
            row.last_page = max(row.last_page, page + 1)
            row.start = original.end + timedelta(hours=self.chance.between(*dirt.hours_later))
        elif late:
            begun, sent = dirt.interrupted
            row.start = original.start + timedelta(hours=begun)
            original.pause = timedelta(hours=sent)
        else:
            first = datetime.combine(self.opening, time(8))
            minutes = int((original.start - first).total_seconds()) // 60 - 60
            row.start = first + timedelta(minutes=self.chance.below(minutes), seconds=self.chance.below(60))

    def _page_of_name(self) -> int:
        return self.codebook.question(self.assumptions.the("names").question).page or 1

    def _spelled(self, name: str) -> str:
        """Spell a name as somebody in a hurry would; letters and digits stay the same."""
        ways: list[Callable[[str], str]] = [
            str.lower,
            str.upper,
            lambda text: text.replace(" ", "  "),
            lambda text: text + ".",
            lambda text: text.replace(" ", NO_BREAK_SPACE),
            lambda text: text.lower() + " ",
        ]
        return self.chance.pick(ways)(name)

    # --- cells

    def _encode(self, row: Row) -> dict[str, str]:
        cells: dict[str, str] = {}
        for question in self.codebook.questions:
            cells.update(dict.fromkeys(question.columns, ""))
            if (question.page or 1) <= row.last_page:
                cells.update(self._answer(question, row.record))
        return cells

    def _answer(self, question: Question, record: Record) -> dict[str, str]:
        answer = record[question.name]
        text = record.get(f"{question.name}.other_text", "")
        if isinstance(answer, Missing):
            codes = [missing.code for missing in question.missing if missing.reason == answer]
            return {str(question.column): codes[0] or ""} if codes else {}
        if question.type == "multi":
            cells = {str(o.column): self._ticked() for o in question.options if o.name in answer and o.column}
        elif question.type in ("single", "ordinal"):
            cells = {str(question.column): self._code(question, answer)}
        elif question.type == "numeric":
            return {str(question.column): answer.replace(".", self.codebook.source.decimal)}
        else:
            return {str(question.column): answer}
        return {**cells, question.other.column: text} if question.other and text else cells

    def _ticked(self) -> str:
        return str(self.codebook.source.ticked)

    def _code(self, question: Question, answer: str) -> str:
        codes = {option.name: option.code for option in question.options}
        codes |= {missing.reason: missing.code for missing in question.missing}
        return str(codes[answer])

    def _written_as_other(self, rows: Sequence[Row]) -> None:
        """Write some answers beside "other" instead of ticking them."""
        ticked = next(a.also_ticked for a in self.assumptions.assumptions if a.written_as_other is not None)
        for name, spellings in self.assumptions.the("written_as_other").items():
            question = self.codebook.question(name)
            if question.other is None:
                raise StudyError(f"'{name}' has no field for another answer", where="assumptions.yaml")
            for option, texts in spellings.items():
                for text in texts:
                    row = self._one(
                        f"{name}.{option} to be written as other",
                        [
                            r
                            for r in rows
                            if not r.cells[question.other.column] and _chose(r.record[name], option)
                        ],
                    )
                    row.cells[question.other.column] = text
                    if question.type == "single":
                        row.cells[str(question.column)] = str(question.other.code)
                        continue
                    if ticked:
                        ticked -= 1
                        continue
                    column = next(str(o.column) for o in question.options if o.name == option)
                    row.cells[column] = ""

    def _unrouted(self, rows: Sequence[Row]) -> None:
        """Leave answers behind to questions that were not asked in the end."""
        for entry in self.assumptions.the("unrouted"):
            question = self.codebook.question(entry.question)
            answers = cycle(entry.answers)
            for _ in range(entry.records):
                row = self._one(
                    f"an answer to '{entry.question}' that was not asked",
                    [
                        r
                        for r in rows
                        if r.record[question.name] == Missing("not_asked")
                        and not any(r.cells[c] for c in question.columns)
                    ],
                )
                answer = next(answers)
                if question.type == "multi":
                    row.cells[next(str(o.column) for o in question.options if o.name == answer)] = (
                        self._ticked()
                    )
                else:
                    row.cells[str(question.column)] = self._code(question, answer)

    def _one(self, what: str, able: Sequence[Row]) -> Row:
        if not able:
            raise StudyError(
                found=f"no record is left for {what}",
                where="assumptions.yaml",
                fix="ask for less of it",
            )
        return self.chance.pick(able)

    def _meta(self, rows: Sequence[Row]) -> None:
        source = self.codebook.source
        form, *_ = source.date_formats
        number = self.chance.between(2, 4)
        for row in rows:
            wanted = {
                "submitted": row.end.strftime(form) if row.submitted else "",
                "started": row.start.strftime(form),
                "last_page": str(row.last_page),
                "duration": f"{row.seconds}{source.decimal}{self.chance.below(100):02d}",
                "language": self.codebook.language,
                "token": "".join(self.chance.pick(TOKEN_SIGNS) for _ in range(15)),
            }
            row.cells[str(source.key)] = str(number)
            row.cells.update({column: wanted[name] for name, column in source.paradata.columns.items()})
            row.cells[SEED] = str(self.chance.between(10**8, 2 * 10**9))
            row.cells[REFERRER] = self.chance.pick(self.fieldwork.referrers)
            number += 1 if self.chance.below(5) else self.chance.between(2, 4)

    def _characters(self, kept: Sequence[Row], rows: Sequence[Row]) -> None:
        """Spoil cells in ways that do not change what they mean."""
        wanted = self.assumptions.the("characters")
        columns = [column for question in self.codebook.questions for column in question.columns]
        texts = [q.column for q in self.codebook.questions if q.type == "text"]
        filled = [(row, c) for row in kept for c in columns if row.cells[c] and c not in texts]
        empty = [(row, q.other.column) for row in kept for q in self.codebook.questions if q.other]
        empty = [(row, column) for row, column in empty if not row.cells[column]]
        spoiled = self.chance.sample(filled, wanted.no_break_spaces + wanted.blanks)
        for i, (row, column) in enumerate(spoiled):
            blank = NO_BREAK_SPACE if i < wanted.no_break_spaces else " "
            text = row.cells[column]
            row.cells[column] = self.chance.pick([blank + text, text + blank, blank + text + blank * 2])
        for row, column in self.chance.sample(empty, wanted.blank_cells):
            row.cells[column] = self.chance.pick([" ", "  ", NO_BREAK_SPACE])
        first, *others = self.codebook.source.date_formats
        if wanted.second_date_form and not others:
            raise StudyError(
                found="the assumptions want a second form of dates, the codebook has one",
                where="questionnaire.yaml (source.date_formats)",
                fix="add a form, or set second_date_form to 0",
            )
        dates = [self.codebook.source.paradata.submitted, self.codebook.source.paradata.started]
        for row in self.chance.sample(rows, wanted.second_date_form):
            for column in dates:
                if column and row.cells[column]:
                    moment = datetime.strptime(row.cells[column], first)
                    row.cells[column] = moment.strftime(others[0])

    def _file(self, rows: Sequence[Row]) -> bytes:
        source = self.codebook.source
        meta = source.paradata
        unread = [c for c in (SEED, REFERRER) if source.ignore == "rest" or c in source.ignore]
        before = [source.key, meta.submitted, meta.last_page, meta.language, meta.token, meta.started]
        before += unread
        columns = [str(column) for column in before if column]
        columns += [column for question in self.codebook.questions for column in question.columns]
        columns += [meta.duration] if meta.duration else []
        text = io.StringIO()
        writer = csv.writer(text, delimiter=source.delimiter, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([row.cells[column] for column in columns] for row in rows)
        return text.getvalue().encode(source.encoding)


def _chose(answer: object, option: str) -> bool:
    return option in answer if isinstance(answer, frozenset) else answer == option
