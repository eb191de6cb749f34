"""Every question on a page of its own, derived variables too, and the list of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nsmo.pages.answers import Result, result
from nsmo.pages.changes import Changes
from nsmo.pages.foot import foot
from nsmo.pages.page import Page
from nsmo.pages.site import SitePage
from nsmo.pages.statements import Statement
from nsmo.pages.template import fragment
from nsmo.present.making import how_made
from nsmo.present.shown import is_evidence
from nsmo.study.conditions import describe
from nsmo.study.crosstabs import added
from nsmo.study.derived import Flag
from nsmo.study.personal import masked
from nsmo.study.questionnaire import Question
from nsmo.study.variable import Variable

SERIES = "questions"


def address(name: str) -> str:
    """Return the address of the page of a question, among the pages of its language."""
    return f"{_file(name)}.html"


def _file(name: str) -> str:
    return f"question-{name}"


@dataclass(frozen=True)
class Questions:
    """The pages of the questions of a wave in one language.

    Attributes
    ----------
    page : Page
    statements : sequence of Statement
        The published statements, each linked from the questions that it is about.
    """

    page: Page
    statements: Sequence[Statement] = ()

    @cached_property
    def changes(self) -> Changes:
        """What earlier waves found."""
        return Changes(self.page)

    @cached_property
    def results(self) -> dict[str, Result]:
        """What was estimated of each question and derived variable, in order."""
        found = self.page.found
        return {
            name: result(
                self.page,
                name,
                found.rows.get(name, []),
                found.silent.get(name, {}),
                found.tests.get(name, []),
            )
            for name in self.page.codebook.variables
        }

    @property
    def names(self) -> list[str]:
        """What has a page: every question and derived variable.

        Of what the cross-tables alone need, a net or a banner, that of which something was estimated.
        """
        of_tables = added(self.page.codebook)
        return [
            name
            for name, one in self.results.items()
            if name not in of_tables or one.answers or one.means or one.breakdowns
        ]

    def pages(self) -> Iterator[SitePage]:
        """Yield the list of questions, then the page of each."""
        yield self._list()
        for name in self.names:
            yield self._page(name)

    # ------------------------------------------------------------------------------------------ the list

    def _list(self) -> SitePage:
        page, book = self.page, self.page.codebook
        blocks: list[dict[str, Any]] = []
        for name in self.names:
            heading, about = self._block(name)
            if not blocks or blocks[-1]["key"] != heading:
                blocks.append(
                    {
                        "key": heading,
                        "title": heading,
                        "about": about,
                        "id": f"block-{len(blocks) + 1}",
                        "rows": [],
                    }
                )
            variable = book.variable(name)
            blocks[-1]["rows"].append(
                {
                    "href": address(name),
                    "name": name,
                    "label": page.labels.question(name),
                    "text": self._more_than_label(variable),
                    "lead": self.results[name].lead,
                }
            )
        body = fragment(
            "questions.html.j2",
            page.language,
            blocks=blocks,
            count=len(self.names),
            derived=any(book.variable(name).derived for name in self.names),
            evidence=is_evidence(book),
            level=page.level,
        )
        return SitePage(
            "questions",
            "questions",
            page.words("question.list"),
            body,
            contents=[(block["id"], block["title"]) for block in blocks],
        )

    def _block(self, name: str) -> tuple[str, str]:
        """Under which heading a question stands in the list, and what is said there once for all of them."""
        words, variable = self.page.words, self.page.codebook.variable(name)
        if variable.derived:
            return words("question.derived"), words("question.derived_about")
        number = variable.definition.page
        if not any(question.page for question in self.page.codebook.questions):
            # Where no page is known, none is spoken of.
            return self._wording(variable)[0] if variable.battery else words("question.questions"), ""
        place = words("questionnaire.place", page=number) if number else words("questionnaire.unpaged")
        if variable.battery:
            return f"{place}: {self._wording(variable)[0]}", ""
        return place, ""

    def _more_than_label(self, variable: Variable) -> str:
        """The wording of a question, where its label does not say the same, and no heading does."""
        wording = "" if variable.battery else self._wording(variable)[0]
        return "" if wording == self.page.labels.question(variable.name) else wording

    # ---------------------------------------------------------------------------------------- one question

    def _page(self, name: str) -> SitePage:
        page, found = self.page, self.results[name]
        variable = page.codebook.variable(name)
        wording, original = self._wording(variable)
        about, earlier = self._statements(name), self.changes.earlier(name)
        parts = {
            "answers": bool(found.answers or found.means),
            "earlier": bool(earlier),
            "groups": bool(found.breakdowns),
            "statements": bool(about),
            "asked": True,
        }
        body = fragment(
            "question.html.j2",
            page.language,
            name=name,
            derived=variable.derived,
            called=page.words,  # knows what weighted figures are called in this wave
            title=page.labels.question(name),
            # What the title says already, word for word, is not quoted below it.
            wording="" if wording == page.labels.question(name) and not original else wording,
            original=original,
            original_lang=page.codebook.language,
            result=found,
            spoken=self._spoken(name, found),
            unshown=self._why_nothing(variable, found),
            reached=self._reached(name, found),
            routing=self._routing(variable),
            foot=foot(page.words, "figure", [("table", "#table"), *self.page.files_of(name)]),
            earlier=earlier,
            facts=list(self._facts(variable)),
            statements=about,
            notebooks=self._notebooks(name),
            made_of=self._links(variable.sources),
            used_in=self._links(one for one in self.names if name in page.codebook.variable(one).sources),
            evidence=is_evidence(page.codebook),
            level=page.level,
            members=found.members,
        )
        return SitePage(
            _file(name),
            "questions",
            page.labels.question(name),
            body,
            contents=[(part, page.words(f"question.part.{part}")) for part, there in parts.items() if there],
            series=SERIES,
        )

    def _wording(self, variable: Variable) -> tuple[str, str]:
        """The question as it was put, in the language of the page, and in the original where that differs."""
        if not isinstance(variable.definition, Question):
            return self.page.labels.text(variable.name), ""
        text = masked(variable.definition.text[self.page.language])
        original = self.page.codebook.language
        if original == self.page.language or original not in ("nl", "en"):
            return text, ""
        put = masked(variable.definition.text[original])
        return text, "" if put == text else put

    def _why_nothing(self, variable: Variable, found: Result) -> str:
        if found.answers or found.means:
            return ""
        if variable.identifying:
            return self.page.words("question.none.identifying")
        if variable.type in ("text", "date"):
            return self.page.words("question.none.open")
        return self.page.words("question.none.alike")

    def _reached(self, name: str, found: Result) -> str:
        """Return in words to how many a question was put and how many answered, where that may be shown."""
        row, page = self.page.found.silent.get(name), self.page
        hides = any(answer.count is None for answer in found.answers)
        if row is None or hides or row["answered"] != row["answered"]:  # not told, of few
            return ""
        return page.words(
            "question.reached",
            asked=page.words.integer(row["asked"]),
            answered=page.words.integer(row["answered"]),
            unit=page.labels.unit,
        )

    def _routing(self, variable: Variable) -> str:
        """Return in words to whom a question was put; nothing for a derived variable."""
        if not isinstance(variable.definition, Question):
            return ""
        routing = variable.definition.asked_if
        if routing is None:
            return self.page.words("question.asked_all")
        condition = describe(routing, self.page.codebook, self.page.language)
        return self.page.words("question.asked_if", condition=condition)

    def _spoken(self, name: str, found: Result) -> str:
        """The figure in one sentence for those who do not see it; its numbers stand in the table."""
        return self.page.words("question.spoken", label=self.page.labels.question(name), lead=found.lead)[
            :200
        ]

    def _facts(self, variable: Variable) -> Iterator[tuple[str, list[str]]]:
        """Yield how a question was put, or how a derived variable is made, as term and lines."""
        words, language = self.page.words, self.page.language
        definition = variable.definition
        if not isinstance(definition, Question):
            yield words("question.made"), how_made(variable.name, self.page.labels)
            return
        yield words("question.kind"), [words(f"questionnaire.type.{variable.type}")]
        if variable.type not in ("text", "date"):
            yield words("question.percentages"), [words(f"base_of.{variable.base}")]
        if variable.options:
            yield words("question.offered"), [option.label(language) for option in variable.options]
        if definition.missing:
            yield words("question.offered_missing"), [code.label(language) for code in definition.missing]
        if definition.minimum is not None or definition.maximum is not None:
            ends = [
                "…" if end is None else words.number(end, 0)
                for end in (definition.minimum, definition.maximum)
            ]
            yield words("questionnaire.part.limits"), ["–".join(ends)]

    def _links(self, found: Any) -> list[tuple[str, str]]:
        there = set(self.names)
        return [(address(name), self.page.labels.question(name)) for name in found if name in there]

    def _statements(self, name: str) -> list[Statement]:
        """The statements about a question, or about whether one of its answers was given."""
        flags = {
            one
            for one in self.page.codebook.variables
            if isinstance(self.page.codebook.variable(one).definition, Flag)
            and self.page.codebook.variable(one).sources == [name]
        }
        return [one for one in self.statements if {name, *flags} & set(one.questions)]

    def _notebooks(self, name: str) -> list[Mapping[str, str]]:
        """The pages of the notebooks that estimate something of a question."""
        rows = self.page.found.rows.get(name, [])
        stages = [*dict.fromkeys(row["stage"] for row in rows), "questionnaire"]
        return [self.page.notebooks[stage] for stage in stages if stage in self.page.notebooks]
