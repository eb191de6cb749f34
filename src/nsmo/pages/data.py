"""The data behind the report: every file with what it holds, its size and its checksum, and one workbook."""

import re
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nsmo.pages.answers import Breakdown, Mark, Result
from nsmo.pages.files import digest
from nsmo.pages.page import Page
from nsmo.pages.questions import Questions
from nsmo.pages.site import SitePage
from nsmo.pages.statements import Statement
from nsmo.pages.template import fragment
from nsmo.present.book import PERCENT, Block, Sheet, book
from nsmo.present.shown import RANGE, is_evidence
from nsmo.results import BASE_WORTH

#: What leads to the sheets, and back.
_AROUND = ("contents", "back")
_LONG = (
    "stage",
    "question",
    "option",
    "by",
    "group",
    "statistic",
    "weighted",
    "n",
    "count",
    "estimate",
    "ci_low",
    "ci_high",
    "suppressed",
)


def data_page(page: Page, questions: Questions, statements: Sequence[Statement]) -> SitePage:
    """Write the workbook of the language and return the page that lists all files.

    Parameters
    ----------
    page : Page
    questions : Questions
    statements : sequence of Statement
    """
    name = f"{page.codebook.study}-{page.stage.wave}.{page.language}.xlsx"
    content = workbook(page, questions, statements)
    page.stage.save(content, f"html/data/{name}")
    groups = list(_groups(page))
    body = fragment(
        "data.html.j2",
        page.language,
        book={"href": f"../data/{name}", "name": name, "size": _size(page, len(content))},
        groups=groups,
        total=sum(len(group["files"]) for group in groups),
    )
    return SitePage(
        "data",
        "data",
        page.words("data.title"),
        body,
        contents=[("workbook", page.words("data.workbook")), ("files", page.words("data.by_stage"))],
    )


# ---------------------------------------------------------------------------------------------- the files


def _groups(page: Page) -> Iterator[dict[str, Any]]:
    """Yield the files of each stage, under the title of its notebook."""
    for stage, files in page.downloads:
        notebook = page.notebooks.get(stage)
        yield {
            "id": f"stage-{stage}",
            "title": notebook["title"] if notebook else stage,
            "lang": notebook["lang"] if notebook and notebook["lang"] != page.language else "",
            "href": notebook["href"] if notebook else "",
            "files": [_listed(page, stage, file) for file in files],
        }


def _listed(page: Page, stage: str, file: Mapping[str, str]) -> dict[str, str]:
    path = page.stage.target / f"reports/{page.stage.wave}/html" / file["href"].removeprefix("../")
    text, language = _described(page, stage, file["name"])
    return {
        "href": file["href"],
        "name": file["name"],
        "text": text,
        "lang": language if language != page.language else "",
        "size": _size(page, path.stat().st_size),
        "digest": digest(path),
    }


def _described(page: Page, stage: str, name: str) -> tuple[str, str]:
    """Return what a file holds, and in which language that is said."""
    stem = name.rpartition(".")[0]
    if page.words.has(f"data.file.{stem}"):
        return page.words(f"data.file.{stem}"), page.language
    about = stem.removesuffix("_table")
    if about in page.codebook.variables:
        return page.labels.question(about), page.language
    twin = page.stage.root / f"reports/{page.stage.wave}/workbooks/{stage}/{stem}.xlsx"
    if title := _title(twin):
        return title, "en"
    drawn = name.endswith((".svg", ".png"))
    return page.words("data.file.other_figure" if drawn else "data.file.other"), page.language


def _title(path: Path) -> str:
    """The title of a workbook, as it stands in its properties; empty where there is none."""
    if not path.exists():
        return ""
    with zipfile.ZipFile(path) as archive:
        found = re.search(r"<dc:title>([^<]*)</dc:title>", archive.read("docProps/core.xml").decode("utf-8"))
    return _unescaped(found.group(1)) if found else ""


def _unescaped(text: str) -> str:
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return text


def _size(page: Page, count: int) -> str:
    return page.words("data.size", n=page.words.number(count / 1000, 1 if count < 100_000 else 0))


# -------------------------------------------------------------------------------------------- the workbook


def workbook(page: Page, questions: Questions, statements: Sequence[Statement]) -> bytes:
    """Return everything in one workbook: a sheet for each question, the statements, all estimates."""
    sheets = [_question(page, name, questions.results[name]) for name in questions.names]
    sheets = [sheet for sheet in sheets if sheet.blocks]
    if statements:
        sheets.append(_statements(page, statements))
    sheets.append(_estimates(page, questions))
    notice = page.words("notice.file") if page.codebook.provenance == "reconstructed" else ""
    title, around = page.codebook.title[page.language], {key: page.words(f"data.{key}") for key in _AROUND}
    shown = repr((title, notice, sheets, around)).encode()

    def make() -> str:
        return b64encode(book(title, notice, sheets, **around)).decode()

    return b64decode(page.remember(f"workbook.{page.language}", (shown,), make))


def _question(page: Page, name: str, found: Result) -> Sheet:
    words, evidence = page.words, is_evidence(page.codebook)
    blocks = []
    if found.answers:
        ends = [words("data.low"), words("data.high")]
        headings = [words("table.answer"), words("question.count"), words("question.share"), *ends]
        formats = ["", "#,##0", *[PERCENT] * 3]
        if found.members:
            headings += _ends_of_ranges(page)
            formats += [PERCENT] * 2
        if found.adjusted:
            headings += [words("table.adjusted"), *ends]
            formats += [PERCENT] * 3
        headings.append(words("data.remark" if evidence else "origin.column"))
        rows = []
        for one in found.answers:
            row = [one.label, one.count, *_share(one.mark), *(_range(one.mark) if found.members else [])]
            if found.adjusted:
                row += _share(one.adjusted) if one.adjusted else [None] * 3
            rows.append([*row, one.note or one.origin])
        blocks.append(Block(headings, rows, formats))
    blocks += [
        _of_groups(page, name, group, ranges=bool(found.of_groups))
        for group in found.breakdowns
        if group.rows
    ]
    text = page.labels.text(name)
    return Sheet(name, page.labels.question(name), [line for line in (text, found.base) if line], blocks)


def _of_groups(page: Page, name: str, group: Breakdown, *, ranges: bool) -> Block:
    """The answers by one grouping; with ranges, beside each figure how far it lies apart elsewhere."""
    numbers, words = page.codebook.variable(name).type == "numeric", page.words
    beside = _ends_of_ranges(page) if ranges else []
    headings = [words("table.answer")]
    for label, n in group.groups:
        headings += [f"{label} ({n})", *beside]
    rows = [
        [
            label,
            *(
                one
                for mark in marks
                for one in (_value(mark, numbers), *(_range(mark, numbers) if ranges else ()))
            ),
        ]
        for label, _, marks in group.rows
    ]
    formats = ["", *["0.00" if numbers else PERCENT] * (len(headings) - 1)]
    return Block(headings, rows, formats, words("question.by", by=group.label))


def _ends_of_ranges(page: Page) -> list[str]:
    return [page.words(f"data.range_{end}") for end in ("low", "high")]


def _range(mark: Mark, number: bool = False) -> list[float | None]:
    ends = (mark.low, mark.high) if mark.members else (None, None)
    return [one if number or one is None else round(one / 100, 4) for one in ends]


def _share(mark: Mark) -> list[float | None]:
    ends = (mark.low, mark.high) if mark.interval and not mark.members else (None, None)
    return [None if one is None else round(one / 100, 4) for one in (mark.at, *ends)]


def _value(mark: Mark, number: bool) -> float | None:
    return mark.at if number or mark.at is None else round(mark.at / 100, 4)


def _statements(page: Page, statements: Sequence[Statement]) -> Sheet:
    words = page.words
    verdicts = statements[0].verdicts
    headings = [words("index.statement"), words("index.published"), words("index.unweighted")]
    headings += [verdict.heading for verdict in verdicts] + [words("data.source")]
    rows = [
        [one.text, one.published.text, one.unweighted.text]
        + [verdict.text for verdict in one.verdicts]
        + [one.source]
        for one in statements
    ]
    return Sheet(words("data.statements"), words("claims_page.title"), [], [Block(headings, rows)])


def _estimates(page: Page, questions: Questions) -> Sheet:
    frame = questions.page.found.once
    if (
        BASE_WORTH in frame
    ):  # cross-tables have a workbook of their own, and stand on the sheets of the questions
        frame = frame[frame[BASE_WORTH].isna()]
    columns = [name for name in (*_LONG, "origin", *RANGE[:2]) if name in frame]
    cells = frame[columns].astype(object).where(frame[columns].notna(), None)
    rows = [list(row) for row in cells.itertuples(index=False)]
    title = page.words("data.file.estimates")
    return Sheet(page.words("data.estimates"), title, [page.words("data.names")], [Block(columns, rows)])
