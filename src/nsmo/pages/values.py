"""What the placeholders of a report's text stand for: each as a piece of a page, and as plain text."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import pandas as pd

from nsmo.pages.changes import Changes
from nsmo.pages.page import Page
from nsmo.pages.site import SitePage
from nsmo.pages.story_figures import rows_of_figure
from nsmo.present import tables
from nsmo.present.sentences import n_text
from nsmo.present.shown import is_evidence, marked
from nsmo.present.tables import ORIGIN_MARKS
from nsmo.present.wording import slug
from nsmo.stages.claims import words as claim_words
from nsmo.stages.trend import words as trend_words
from nsmo.study.errors import StudyError
from nsmo.study.placeholders import PLACEHOLDERS, VERDICTS
from nsmo.study.promised import lacking

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Inserted:
    """What comes in the place of a placeholder.

    Attributes
    ----------
    html : str
        As it stands on a page; every text in it is escaped.
    text : str
        The same without markup.
    """

    html: str
    text: str


class Values:
    """The values of a wave in one language, looked up in what its stages estimated.

    Parameters
    ----------
    page : Page
    others : sequence of SitePage
        The pages that links may lead to; what has none is named without a link.
    """

    def __init__(self, page: Page, others: Sequence[SitePage] = ()) -> None:
        self.page = page
        self.words, self.labels, self.codebook = page.words, page.labels, page.codebook
        # A notebook may be called as a page of the report is; that one is meant then.
        self.pages = {one.name: one for one in sorted(others, key=lambda one: not one.folder)}
        self._figures = 0

    def functions(self) -> dict[str, Callable[..., Inserted]]:
        """Return a function for each of `PLACEHOLDERS`."""
        return {name: self._or_nothing(name, getattr(self, name)) for name in PLACEHOLDERS}

    def _or_nothing(self, name: str, function: Callable[..., Inserted]) -> Callable[..., Inserted]:
        """Let a placeholder say so, for which a stage has nothing although its files promise something."""

        def filled(*texts: str, **named: str) -> Inserted:
            try:
                return function(*texts, **named)
            except StudyError:
                known = PLACEHOLDERS[name]
                given = dict(zip((*known.needs, *known.takes), texts, strict=False)) | named
                stages = set(self.page.stage.earlier)
                if not self._named(given) or lacking(name, given, self.codebook, stages) is not None:
                    raise
                return _plain(self.words(_NOTHING.get(name, "story.nothing")))

        return filled

    def _named(self, given: Mapping[str, str]) -> bool:
        """Whether a question, its answer and groups are named rightly."""
        variables = self.codebook.variables
        asked, by = variables.get(given.get("question", "")), variables.get(given.get("by", ""))
        option, group = given.get("option"), given.get("group")
        if asked is None and not option:  # a battery
            batteries = {one.battery: one.name for one in self.codebook.questions}
            asked = variables.get(batteries.get(given.get("question"), ""))
        return (
            asked is not None
            and (by is not None or not given.get("by"))
            and (not option or option in (*asked.option_names, *(["top"] * bool(asked.top_box))))
            and (not group or (by is not None and group in by.option_names))
        )

    # ------------------------------------------------------------------------------------------ estimates

    def share(self, question: str, option: str, by: str = "", group: str = "") -> Inserted:
        """Return a share, with the mark of its origin where it has one."""
        return self._number(self._row(question, option, by, group))

    def mean(self, question: str, by: str = "", group: str = "") -> Inserted:
        """Return a mean with one decimal, as publications print it; for the rest as `share`."""
        row = self._row(question, "", by, group)
        return (
            self._number(row)
            if row.get("suppressed")
            else self._marked(self.words.number(row["estimate"], 1), row)
        )

    def average(self, question: str, by: str = "", group: str = "") -> Inserted:
        """Return a mean and of how many it is; where it is not shown, that alone, and why."""
        row = self._row(question, "", by, group)
        if row.get("suppressed"):
            return _plain(self.words("story.average_hidden"))
        mean, n = self.mean(question, by, group), f" ({n_text([row['n']], self.words)})"
        return Inserted(mean.html + escape(n), mean.text + n)

    def count(self, question: str, option: str, by: str = "", group: str = "") -> Inserted:
        """Return how many gave an answer."""
        row = self._row(question, option, by, group)
        if row.get("suppressed", False):
            return self._number(row)
        return self._marked(self.words.integer(row["count"]), row)

    def base(self, question: str, option: str = "", by: str = "", group: str = "") -> Inserted:
        """Return of how many an estimate is."""
        n = self._row(question, option, by, group)["n"]
        return _plain(self.words("estimate.suppressed") if pd.isna(n) else self.words.integer(n))

    def interval(self, question: str, option: str = "", by: str = "", group: str = "") -> Inserted:
        """Return an interval, or that there is none."""
        row = self._row(question, option, by, group)
        if row.get("suppressed", False):
            return self._number(row)
        if pd.isna(row["ci_low"]):
            return _plain(self.words("story.no_interval" if row["origin"] else "story.no_interval_shown"))
        kind, decimals = ("percent", 1) if row["statistic"] == "proportion" else ("number", 2)
        ends = self.words.interval(row["ci_low"], row["ci_high"], kind, decimals)
        return _plain(self.words("estimate.interval", level=self.page.level, interval=ends))

    def evidence(self, question: str, option: str = "", by: str = "", group: str = "") -> Inserted:
        """Return origin, interval and base of an estimate."""
        return _plain("; ".join(self.words.facts(self._row(question, option, by, group))))

    def adjusted(self, question: str, option: str = "") -> Inserted:
        """Return an estimate after weighting, or its range over other reconstructions."""
        if is_evidence(self.codebook):
            row = self._row(question, option, weighted=True)
            if row.get("suppressed", False) or pd.isna(row["ci_low"]):
                return self._number(row)
            kind, decimals = ("percent", 1) if row["statistic"] == "proportion" else ("number", 2)
            ends = self.words.interval(row["ci_low"], row["ci_high"], kind, decimals)
            return _plain(f"{self.words.statistic(row)} ({ends})")
        rows = self._first(question, option, weighted=True)
        for row in self.page.stage.ranges(rows).to_dict("records"):
            low, high = (self.words.statistic(row, row[f"range_{end}"]) for end in ("low", "high"))
            members = self.words.integer(row["members"])
            return _plain(self.words("story.range", low=low, high=high, members=members))
        return _plain(self.words("story.left_out"))

    def clear(self, question: str, by: str, option: str = "") -> Inserted:
        """Return whether groups differ, in one of three words; only a test or an interval decides it."""
        if not is_evidence(self.codebook):
            return _plain(self.words("story.unknown"))
        tests = self.page.found.tests.get(question, [])
        same = (row for row in tests if row["by"] == by and row["option"] == option)
        found = [row["p_holm"] for row in same if not row["weighted"]]
        if not found:
            raise StudyError(
                found=f"no test of {'.'.join(filter(None, [question, option]))} by {by}",
                where="reports/<wave>/tables/*/tests.csv",
                expected="one, so that the text can say whether groups differ",
                fix="let a stage test it, or say nothing of the difference",
            )
        decides = any(p < 1 - self.page.stage.params.confidence for p in found)
        return _plain(self.words("story.clear" if decides else "story.not_clear"))

    def figure(self, question: str, option: str = "", by: str = "") -> Inserted:
        """Draw a figure of a question or a battery, of everybody or by group."""
        rows = rows_of_figure(self._shown, self.codebook, question, option, by)
        if rows.empty:
            raise self._nothing(question, option, by)
        self._figures += 1
        drawn = self.page.draw(rows, self.labels, by)
        name = f"story-{self._figures}-{question.replace('_', '-')}"
        there = self.pages.get(f"question-{question}")
        links = [("table", there.href)] if there else []
        links += self.page.files_of(question) if not by else []
        return Inserted(self.page.place(drawn, name, links), drawn.words.title)

    def table(self, question: str, by: str = "") -> Inserted:
        """Return a table of estimates."""
        rows = self._of_one_stage(question, "", by)
        rows = rows[rows["by"].eq(by) & rows["statistic"].isin(["proportion", "mean"])]
        if rows.empty:
            raise self._nothing(question, "", by)
        made = tables.estimates(rows.drop(columns="stage"), self.labels)
        return Inserted(made.html(), made.title)

    def _number(self, row: Row) -> Inserted:
        if row.get("suppressed", False):
            return _plain(self.words("estimate.suppressed"))
        return self._marked(self.words.statistic(row), row)

    def _marked(self, text: str, row: Row) -> Inserted:
        """A number with the mark of its origin, which is read out as a word."""
        if not row["origin"]:
            return _plain(text)
        word = self.words(f"origin.{row['origin']}")
        mark = ORIGIN_MARKS[row["origin"]]
        html = (
            f'<span class="value">{escape(text)}<span class="origin" aria-hidden="true" '
            f'title="{escape(word)}">{mark}</span><span class="spoken"> ({escape(word)})</span></span>'
        )
        return Inserted(html, f"{text} ({word})")

    def _row(self, question: str, option: str, by: str = "", group: str = "", weighted: bool = False) -> Row:
        rows = self._first(question, option, by, group, weighted)
        if rows.empty:
            raise self._nothing(question, option, by, group)
        return marked(rows.to_dict("records"), self.codebook)[0]

    def _first(
        self, question: str, option: str, by: str = "", group: str = "", weighted: bool = False
    ) -> pd.DataFrame:
        """The row of an estimate, that of the first stage; of a flag its one answer is meant."""
        return self.page.found.first(
            question=question,
            option=option,
            by=by,
            group=group,
            statistic="proportion" if option else "mean",
            weighted=weighted,
        )

    def _of_one_stage(self, question: str, option: str, by: str) -> pd.DataFrame:
        rows = rows_of_figure(self._shown, self.codebook, question, option, by)
        return rows if len(rows) else self._shown.iloc[:0]

    @cached_property
    def _shown(self) -> pd.DataFrame:
        """The estimates of which figures and tables are made: of a reconstruction, none that is adjusted."""
        table = self.page.found.estimates
        return table if is_evidence(self.codebook) else table[~table["weighted"]]

    def _nothing(self, question: str, option: str, by: str = "", group: str = "") -> StudyError:
        what = ".".join(filter(None, [question, option]))
        who = ".".join(filter(None, [by, group]))
        table = self.page.found.estimates
        there = table[table["question"].eq(question)]
        by_there = [one for one in dict.fromkeys(there["by"]) if one]
        return StudyError(
            found=f"no estimate of {what}{f' by {who}' if who else ''}",
            where=f"{self.page.stage.wave}, report.{self.page.language}.md",
            expected=f"one of everybody{', or by ' + ' or '.join(by_there) if by_there else ''}",
            fix="`nsmo values` lists what was estimated; or let a stage of the analysis estimate it",
        )

    # ------------------------------------------------------------------------------------------ earlier waves

    @cached_property
    def earlier_waves(self) -> Changes:
        """What changed since earlier waves."""
        return Changes(self.page)

    def changed(self, question: str, option: str = "") -> Inserted:
        """Return how much an estimate changed since the wave before."""
        row = self._change(question, option)
        return _plain(trend_words.gap(row, self.labels, interval=True))

    def earlier(self, question: str, option: str = "") -> Inserted:
        """Return an estimate of the wave before, with the mark of its origin where it has one."""
        row = self._change(question, option)
        if pd.isna(row["estimate_before"]):
            return _plain(self.words("estimate.suppressed"))
        text = self.words.statistic(row, row["estimate_before"])
        return self._marked(text, {"origin": row["origin_before"]})

    def changes(self) -> Inserted:
        """Return what changed since the wave before: a sentence, and the clearest changes as a list."""
        if not self.earlier_waves.compared:
            return _plain(self.words("trend.none"))
        lead, found = self.earlier_waves.lead(self.earlier_waves.before), self.earlier_waves.items()
        listed = "".join(f"<li>{escape(one)}</li>" for one in found)
        more = self._link("changes", self.words("trend.title"))
        html = f"<p>{escape(lead)} {more.html}</p>" + (f'<ul class="changes">{listed}</ul>' if found else "")
        return Inserted(html, " ".join([lead, *found]))

    def changes_figure(self) -> Inserted:
        """Return a figure of the clearest changes, wave by wave."""
        if not self.earlier_waves.compared:
            return _plain(self.words("trend.none"))
        drawn = list(self.earlier_waves.figures("story-changes"))
        return Inserted("".join(drawn), self.words("trend.title")) if drawn else _plain("–")

    def previous(self) -> Inserted:
        """Return what the wave before is called."""
        return _plain(self.earlier_waves.before if self.earlier_waves.compared else "–")

    def _change(self, question: str, option: str) -> Row:
        found = self.earlier_waves.since_last()
        if len(found):
            statistic = "proportion" if option else "mean"
            same = found["question"].eq(question) & found["option"].eq(option)
            found = found[same & found["statistic"].eq(statistic)]
        if found.empty:
            raise StudyError(
                found=f"no earlier wave to compare {'.'.join(filter(None, [question, option]))} with",
                where=f"{self.page.stage.wave}, report.{self.page.language}.md",
                expected="a question that the wave before put in a way that can be compared",
                fix="take the placeholder out; the page What changed says what was put otherwise",
            )
        return found.iloc[0].to_dict()

    # ---------------------------------------------------------------------------------- questions and links

    def question(self, question: str) -> Inserted:
        """Return what a question is called."""
        return _plain(self.labels.question(question))

    def answer(self, question: str, option: str) -> Inserted:
        """Return what an answer is called."""
        return _plain(self.labels.option(question, option))

    def question_link(self, question: str, text: str = "") -> Inserted:
        """Return what a question is called, or a text, as a link to its page."""
        return self._link(f"question-{question}", text or self.labels.question(question))

    def page_link(self, page: str) -> Inserted:
        """Return the title of a page, as a link to it."""
        there = self.pages.get(page)
        return self._link(page, there.called(self.page.language)[0] if there else page)

    def _link(self, page: str, text: str, anchor: str = "") -> Inserted:
        there = self.pages.get(page)
        if there is None:
            return _plain(text)
        english = ""
        if there.folder and self.page.language != "en":
            called = there.called(self.page.language)[1]
            english = ' hreflang="en"' + (' lang="en"' if called == "en" else "")
        address = escape(there.href + (f"#{anchor}" if anchor else ""))
        return Inserted(f'<a href="{address}"{english}>{escape(text)}</a>', text)

    # ------------------------------------------------------------------------------------------- statements

    def statement(self, statement: str) -> Inserted:
        """Return a published statement, as a link to its verdicts."""
        row = self._statement(statement).iloc[0].to_dict()
        text = self._claims.get(statement) or self.words.own(row, "statement")
        return self._claim_link(text, row)

    def _claim_link(self, text: str, row: Row) -> Inserted:
        there = self.pages.get("claims")
        if there is None or there.folder:
            return _plain(text)
        return self._link("claims", text, f"claim-{slug(str(row['id']))}")

    @cached_property
    def _claims(self) -> dict[str, str]:
        """The statements as they were made, by id; a reading of one has a text of its own elsewhere."""
        claims = self.page.found.published.get("claims") or ()
        # One text, or that in one language, stands for both.
        texts = {claim["id"]: claim["statement"] for claim in claims}
        return {
            name: text if isinstance(text, str) else text.get(self.page.language) or next(iter(text.values()))
            for name, text in texts.items()
        }

    def printed(self, statement: str) -> Inserted:
        """Return the figure that a statement printed."""
        return _plain(self.words.as_published(self._statement(statement).iloc[0].to_dict()))

    def verdict(self, statement: str, which: str = VERDICTS[0]) -> Inserted:
        """Return a verdict on a statement; where its readings differ in it, all of them."""
        found = self._statement(statement)[which]
        return _plain(self.words.join(dict.fromkeys(self.words.verdict(which, one) for one in found)))

    def statements(self) -> Inserted:
        """Return how many statements were checked, their readings apart."""
        return _plain(self.words.integer(len(self.page.found.judged)))

    def agreeing(self) -> Inserted:
        """Return on how many of them the estimate agrees, and no publication contradicts another."""
        return _plain(self.words.integer(self.page.found.judged["first"].eq("agreement").sum()))

    def disputed(self) -> Inserted:
        """List the statements with which the estimate does not agree, each with its verdict."""
        items, texts = [], []
        for row in self.page.found.judged[self.page.found.judged["agreement"].eq("differs")].to_dict(
            "records"
        ):
            text = ". ".join(
                filter(None, [self.words.own(row, "statement"), claim_words.remark(row, self.words)])
            )
            link = self._claim_link(text, row)
            verdict = self.words.verdict("agreement", row["agreement"])
            items.append(f'<li>{link.html}: <span class="verdict bad">{escape(verdict)}</span></li>')
            texts.append(f"{text}: {verdict}")
        return _list(items, texts)

    def _statement(self, name: str) -> pd.DataFrame:
        found = self.page.found.judged[
            self.page.found.judged["claim"].eq(name) | self.page.found.judged["id"].eq(name)
        ]
        if found.empty:
            raise StudyError(
                found=f"no verdict on the statement '{name}'",
                where=f"{self.page.stage.wave}, report.{self.page.language}.md",
                expected="a stage `claims` that judges it",
                fix="name the wave under waves: claims: in params.yaml, or take the placeholder out",
            )
        return found

    # ------------------------------------------------------------------------------------------- the survey

    def respondents(self) -> Inserted:
        """Return how many respondents were analysed."""
        return _plain(self.words.integer(self._flow["remaining"].iloc[-1]))

    def received(self) -> Inserted:
        """Return how many responses were received."""
        return _plain(self.words.integer(self._flow["remaining"].iloc[0]))

    @cached_property
    def _flow(self) -> pd.DataFrame:
        return self.page.stage.read("clean/flow.csv")

    def title(self) -> Inserted:
        """Return the title of the study."""
        return _plain(self.codebook.title[self.page.language])

    def unit(self) -> Inserted:
        """Return what one response speaks for, in the plural."""
        return _plain(self.labels.unit)

    def period(self) -> Inserted:
        """Return when the questionnaire was open."""
        return _plain(self.page.period)

    def publisher(self) -> Inserted:
        """Return who published the study."""
        publisher = self.codebook.publisher
        return _plain(publisher.name if publisher else self.words("story.not_known"))

    def recruiting(self) -> Inserted:
        """Return how respondents were found."""
        text = self.codebook.about.recruiting
        return _plain(text[self.page.language] if text else self.words("story.not_known"))

    def level(self) -> Inserted:
        """Return the level of the intervals."""
        return _plain(self.page.level)

    def unknown(self) -> Inserted:
        """List what nobody knows about the survey."""
        texts = [text[self.page.language] for text in self.codebook.about.unknown]
        return _list([f"<li>{escape(text)}</li>" for text in texts], texts)

    def assumptions(self) -> Inserted:
        """Return how many assumptions a reconstruction rests on."""
        return _plain(self.words.integer(len(self.page.assumptions)))


#: What is said where the answers give nothing for a placeholder; of the others that all answered alike.
_NOTHING = {
    "clear": "story.not_tested",
    "changed": "story.not_compared",
    "earlier": "story.not_compared",
}


def _plain(text: str) -> Inserted:
    return Inserted(escape(text), text)


def _list(items: Iterable[str], texts: Sequence[str]) -> Inserted:
    return Inserted(f"<ul>{''.join(items)}</ul>" if texts else "", "; ".join(texts))
