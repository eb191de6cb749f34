"""The published statements as the report shows them: each with its figures, its verdicts and its address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.pages.page import Page
from nsmo.present.shown import (
    has_range,
    is_evidence,
    statement_interval,
    statement_origin,
    statement_range,
)
from nsmo.present.tables import ORIGIN_MARKS
from nsmo.present.wording import slug
from nsmo.stages.claims import words

#: Mark beside each verdict: a full disc, half of one, a diamond; anything else gets an empty ring.
MARKS = {
    "implied": "good",
    "impossible": "bad",
    "reproduced": "good",
    "supported": "good",
    "supported if a random sample": "good",
    "size reproduced": "half",
    "consistent": "good",
    "within one unit": "half",
    "differs": "bad",
    "contradicted": "bad",
    "sources contradict": "bad",
}


#: The verdict that leads, and has a column of its own.
AGREEMENT = "agreement"


@dataclass(frozen=True)
class Verdict:
    """One verdict on a statement: which one (`name`, and its `heading`), in words, and the mark beside it."""

    name: str
    heading: str
    text: str
    value: str
    mark: str


@dataclass(frozen=True)
class Estimate:
    """A figure beside a statement: in words, with its interval and base, and as it is sorted by."""

    text: str
    sort: str = ""
    interval: str = ""
    n: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Statement:
    """One published statement, or one of its readings.

    Attributes
    ----------
    id : str
        Its anchor, below `claim-`.
    agrees : bool
        Whether it may be folded away: the estimate agrees, and no publication contradicts it.
    text, lang : str
        In the language of the page, or, where there is no such text, in that of `lang`.
    wording, wording_lang : str
        The figure as it was printed.
    remark, source, url : str
    questions : tuple of str
        What it is about.
    unit : str
        Values of different units are not sorted among each other.
    published, unweighted, weighted : Estimate
    verdicts : tuple of Verdict
    notebook : mapping or None
        The page of the notebook that measures it: `href`, `stage`, `lang`.
    """

    id: str
    agrees: bool
    text: str
    lang: str
    wording: str
    wording_lang: str
    remark: str
    source: str
    url: str
    questions: tuple[str, ...]
    unit: str
    published: Estimate
    unweighted: Estimate
    weighted: Estimate
    verdicts: tuple[Verdict, ...]
    notebook: Mapping[str, str] | None

    @property
    def href(self) -> str:
        """Its address, among the pages of its language."""
        return f"claims.html#claim-{self.id}"

    def verdict(self, name: str) -> Verdict:
        """Return one of its verdicts."""
        return next(one for one in self.verdicts if one.name == name)


def statements(page: Page) -> list[Statement]:
    """List the published statements, those that a reader must know first before those that agree.

    None where the wave has no stage that judges them.
    """
    details = page.found.judged
    if details.empty:
        return []
    sources, verdicts = page.found.published["sources"], words.shown(details)
    return [_statement(page, row, sources, verdicts) for row in details.to_dict("records")]


def tally(page: Page, statements: Sequence[Statement]) -> list[tuple[str, str]]:
    """List how many statements have which word of agreement, most first, as number and word."""
    counts: dict[str, int] = {}
    for one in statements:
        text = one.verdict(AGREEMENT).text
        counts[text] = counts.get(text, 0) + 1
    return [(page.words.integer(n), text) for text, n in sorted(counts.items(), key=lambda item: -item[1])]


def _statement(
    page: Page, row: Mapping[str, Any], sources: Mapping[str, Any], verdicts: Sequence[str]
) -> Statement:
    source = sources.get(row["source"], {})
    text = page.words.own(row, "statement")
    put = page.codebook.language
    dutch = row.get("statement_nl")
    translated = page.language == "en" or (isinstance(dutch, str) and bool(dutch))
    return Statement(
        id=slug(str(row["id"])),
        agrees=row["first"] == "agreement",
        text=text,
        lang="" if translated else "en",
        wording="" if pd.isna(row.get("wording")) else row["wording"],
        wording_lang=put if put != page.language else "",
        remark=words.remark(row, page.words),
        source=source.get("publisher", row["source"]),
        url=source.get("url", ""),
        questions=tuple(_listed(row["questions"])),
        unit=f"{row['unit']} {row.get('statistic') or ''}".strip(),
        published=Estimate(page.words.as_published(row), _sorted_by(row["published"])),
        unweighted=_unweighted(page, row),
        weighted=Estimate(
            page.words.measured(row, row["weighted"]),
            _sorted_by(row["weighted"]),
            _span(page, row, "weighted_ci_low", "weighted_ci_high"),
        ),
        verdicts=tuple(
            Verdict(
                name,
                page.words(f"index.{name}"),
                words.verdict(row, name, page.words),
                slug(row[name]),
                MARKS.get(row[name], ""),
            )
            for name in verdicts
        ),
        notebook=page.notebooks.get(Path(row["notebook"]).stem),
    )


def _unweighted(page: Page, row: Mapping[str, Any]) -> Estimate:
    known = not pd.isna(row["unweighted"])
    return Estimate(
        page.words.measured(row, row["unweighted"]),
        _sorted_by(row["unweighted"]),
        _span(page, row, "ci_low", "ci_high")
        if statement_interval(row, page.codebook)
        else _range(page, row),
        _respondents(page, row),
        ORIGIN_MARKS[statement_origin(row)] if known and not is_evidence(page.codebook) else "",
    )


def _sorted_by(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:.6g}"


def _span(page: Page, row: Mapping[str, Any], low: str, high: str) -> str:
    if pd.isna(row.get(low)) or pd.isna(row.get(high)):
        return ""
    return page.words.span(row[low], row[high], "number", 1 if row["unit"] == "percent" else 2)


def _range(page: Page, row: Mapping[str, Any]) -> str:
    """How far an assumed estimate lies apart in other reconstructions; empty where it does not."""
    found = statement_range(row, page.codebook)
    if not has_range(found):
        return ""
    decimals = 1 if row["unit"] == "percent" else 2
    ends = page.words.interval(found["range_low"], found["range_high"], "number", decimals)
    return page.words("ensemble.range", range=ends)


def _respondents(page: Page, row: Mapping[str, Any]) -> str:
    """How many an estimate is of, and which group where it is of one."""
    if pd.isna(row["n"]):
        return ""
    n, group = page.words.integer(row["n"]), row.get("group")
    if pd.isna(group):
        return page.words("n.one", n=n)
    return page.words("group.n", label=page.labels.group(row["by"], group), n=n)


def _listed(names: Any) -> list[str]:
    return [] if pd.isna(names) else names.split("; ")
