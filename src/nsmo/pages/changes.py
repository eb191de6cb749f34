"""What changed: the page on the waves before, and what the story and the pages of questions say of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from nsmo.pages.files import writes
from nsmo.pages.page import Page
from nsmo.pages.site import SitePage
from nsmo.pages.template import fragment
from nsmo.present import tables
from nsmo.present.picture import drawn
from nsmo.stages.trend import figures, words
from nsmo.study.waves import ADDED

STAGE = "trend"


@dataclass(frozen=True)
class Changes:
    """The changes since earlier waves, in one language.

    Parameters
    ----------
    page : Page
    """

    page: Page

    @cached_property
    def compared(self) -> list[str]:
        """The waves that this one is compared with, the last one first; none where there are none."""
        return list(reversed(self._read("waves")["wave"].astype(str).tolist()[:-1]))

    @property
    def before(self) -> str:
        """The wave before this one."""
        return self.compared[0]

    @cached_property
    def changes(self) -> pd.DataFrame:
        """The differences of everybody, as of `nsmo.stages.trend.results.Trend.everybody`."""
        return self._read("changes")

    @cached_property
    def series(self) -> pd.DataFrame:
        """The estimates of everybody in all waves."""
        return self._read("series")

    @cached_property
    def averages(self) -> pd.DataFrame:
        """The means over all waves."""
        return self._read("averages")

    @cached_property
    def questions(self) -> pd.DataFrame:
        """The questions that waves share."""
        return self._read("questions")

    def _read(self, name: str) -> pd.DataFrame:
        stage = self.page.stage
        if not writes(stage, STAGE, "tables"):
            return pd.DataFrame(columns=["wave"])
        texts = {
            "wave",
            "before",
            "option",
            "by",
            "group",
            "asked_otherwise",
            "direction",
            "why",
            "origin",
            "origin_before",
            "changes",
            "new",
        }
        texts |= {f"{what}_{language}" for what in ("gone", "text") for language in ("nl", "en")}
        frame = pd.read_csv(
            stage.path(f"tables/{STAGE}") / f"{name}.csv",
            dtype=dict.fromkeys(texts | {"question", "asked_as", "statistic"}, str),
            keep_default_na=False,
            na_values=[""],
        )
        return frame.assign(**{one: frame[one].fillna("") for one in texts & set(frame.columns)})

    def since_last(self) -> pd.DataFrame:
        """Return the unweighted changes since the wave before; none where there was none."""
        return words.unweighted(self.changes, self.before) if self.compared else self.changes.iloc[:0]

    # ------------------------------------------------------------------------------------------- its parts

    def lead(self, before: str) -> str:
        """Return the sentence on what changed since a wave."""
        return words.lead(self.changes, before, self.page.labels)

    def items(self) -> list[str]:
        """Return the clearest changes since the wave before, each in words."""
        return words.items(self.changes, self.before, self.page.labels)

    def figures(self, name: str) -> Iterator[str]:
        """Draw what changed most over the waves, shares and means apart.

        Parameters
        ----------
        name : str
            Of the figures, which stand in the files of the report.
        """
        labels = self.page.labels
        rows = words.clearest(self.changes, self.before, labels)
        for statistic in ("proportion", "mean"):
            shown = words.of_series(self.series, rows, statistic)
            if len(shown):
                texts = words.figure(shown, self.changes, self.before, labels)
                picture = drawn(figures.series, shown, labels, texts)
                yield self.page.place(picture, f"{name}-{statistic}", [("table", "changes.html#all")])

    def earlier(self, question: str) -> str:
        """Return a table of a question in all waves; empty where no earlier wave asked it."""
        if not self.compared:
            return ""
        labels = self.page.labels
        rows = self.series[self.series["question"].eq(question) & ~self.series["weighted"].astype(bool)]
        if rows["wave"].nunique() < 2:
            return ""
        frame = words.by_wave(rows, self.changes, self.before, labels)
        remarks = self.questions[
            self.questions["question"].eq(question) & ~self.questions["changes"].isin(["", ADDED])
        ]
        note = "; ".join(
            f"{row['before']}: {words.remarks(row['changes'], labels)}" for row in remarks.to_dict("records")
        )
        title = self.page.words("trend.earlier")
        heads = {"answer": self.page.words("trend.answer")} | {
            name: str(name) for name in frame.columns if name != "answer"
        }
        if "gap" in heads:
            heads["gap"] = self.page.words("trend.since", before=self.before)
        note = f"{self.page.words('trend.table.remark')}: {note}." if note else ""
        note = " ".join(filter(None, [note, words.origin_note(rows, labels)]))
        return tables.table(frame, labels, title=title, columns=heads, note=note, id="earlier-table").html()


def changes_page(page: Page) -> list[SitePage]:
    """Return the page on what changed; none where the wave is compared with no other.

    Parameters
    ----------
    page : Page
    """
    found = Changes(page)
    if not found.compared:
        return []
    message = page.words
    parts = {
        "charts": message("trend.charts"),
        "words": message("trend.words.heading"),
        "all": message("trend.all"),
    }
    body = fragment(
        "changes.html.j2",
        page.language,
        parts=parts,
        leads=[found.lead(before) for before in found.compared],
        items=found.items(),
        figures=list(found.figures("changes")),
        others=[(before, _otherwise(found, before)) for before in found.compared],
        tables=[table for before in found.compared for table in _tables(found, before)],
        averages=list(_averages(found)),
        notebook=page.notebooks.get(STAGE),
    )
    return [SitePage("changes", "changes", message("trend.title"), body, contents=list(parts.items()))]


def _tables(found: Changes, before: str) -> Iterator[tuple[str, str]]:
    """Yield title and table of all that was compared with a wave, unweighted and weighted."""
    labels = found.page.labels
    rows = found.changes[found.changes["before"].eq(before)]
    for weighted, own in rows.groupby("weighted"):
        table = words.readable(own, labels)
        how = labels.words.weighting(bool(weighted))
        title = labels.words("trend.table.title", before=before, how=how)
        heads, note = words.headings(table, before, labels), words.origin_note(own, labels)
        made = tables.table(table, labels, title=title, columns=heads, note=note)
        yield title, made.html()


def _otherwise(found: Changes, before: str) -> str:
    """Return a table of what was put otherwise than in a wave; empty where nothing was."""
    labels = found.page.labels
    frame = words.otherwise(found.questions, before, labels)
    title = labels.words("trend.words.title", before=before)
    heads = words.other_headings(before, labels)
    return "" if frame.empty else tables.table(frame, labels, title=title, columns=heads).html()


def _averages(found: Changes) -> Iterator[tuple[str, str]]:
    labels = found.page.labels
    for weighted, rows in found.averages.groupby("weighted"):
        how, n = labels.words.weighting(bool(weighted)), len(found.compared) + 1
        title = labels.words("trend.average_table.title", n=n, how=how)
        frame, heads = words.averages(rows, labels), words.average_headings(labels)
        note = labels.words("trend.average")
        yield title, tables.table(frame, labels, title=title, columns=heads, note=note).html()
