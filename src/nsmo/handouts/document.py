"""One document of several pages of the report: links lead within it, the addresses of others are printed."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from bs4 import Tag

from nsmo.handouts.built import BuiltPage, BuiltReport, said
from nsmo.present.wording import Wording

#: Pages that lead to others and say nothing on paper.
_OF_SCREEN = ("search", "data", "notebooks")


def whole_report(report: BuiltReport, *, tables: bool = False) -> list[BuiltPage]:
    """Return the pages of the whole report, in reading order: behind the list of questions each of them.

    Answers by group stay on the pages and in the workbooks: they would be two sheets of three.

    Parameters
    ----------
    report : BuiltReport
    tables : bool
        Whether answers are shown as a table, in place of bars.
    """
    names: list[str] = []
    made = Wording(report.language)("question.part.made")
    for name in report.menu():
        if name not in _OF_SCREEN:
            names += [name, *(_questions(report) if name == "questions" else [])]
    glossary = [name for name in ("glossary",) if (report.folder / f"{name}.html").is_file()]
    pages = [report.page(name) for name in dict.fromkeys([*names, *glossary])]
    for page in pages:
        if page.name == "questions":  # the questions follow, and the contents list them
            _leave_out(page, "#text > :not(p), h2, ul, ol")
        for heading in page.text.select("#groups, #asked") if _kind(page) == "question" else ():
            # How a variable is made stands nowhere else; the answers offered are those of the table.
            if heading["id"] == "groups" or made not in said(heading):
                _without(heading)
        if _kind(page) == "question":  # its bars say what the table does
            _leave_out(page, "#figure [role=img], .summary" if tables else "#table")
    return pages


def topline(report: BuiltReport) -> list[BuiltPage]:
    """Return every question with its wording, of whom it was asked, and the table of its answers."""
    pages = [report.page(name) for name in _questions(report)]
    for page in pages:
        for heading in page.text.select("#groups, #statements, #made, #asked"):
            _without(heading)
        _leave_out(page, "#answers, #figure .bars, #figure [role=img], .summary")
    return pages


def _questions(report: BuiltReport) -> list[str]:
    if not (report.folder / "questions.html").is_file():
        return []
    return [name for name in report.listed("questions") if name.startswith("question-")]


def _leave_out(page: BuiltPage, selector: str) -> None:
    for part in page.text.select(selector):
        if not part.decomposed:
            part.decompose()


def _without(heading: Tag) -> None:
    """Take out a heading with everything up to the next of its level."""
    for part in list(heading.next_siblings):
        if isinstance(part, Tag) and part.name == heading.name:
            break
        part.extract()
    heading.decompose()


def document(
    report: BuiltReport,
    pages: Sequence[BuiltPage],
    title: str,
    numbers: Mapping[str, int] | None = None,
) -> str:
    """Return one HTML document of pages, with a title page and contents.

    Parameters
    ----------
    report : BuiltReport
    pages : sequence of BuiltPage
        Those of `whole_report` or `topline`; their links and anchors are changed.
    title : str
        What stands on the first sheet, below the name of the study.
    numbers : mapping
        The sheet on which each page begins, by its name; left out, the contents have no numbers yet.
    """
    words = Wording(report.language)
    names = [page.name for page in pages]
    printed: set[str] = set()
    for page in pages:
        _joined(page, names, report.folder, printed)
    lines = [
        f'<li class="{_kind(page)}"><a href="#{page.name}"><span>{escape(page.title)}</span>'
        f'<span class="sheet">{(numbers or {}).get(page.name, "")}</span></a></li>'
        for page in pages
    ]
    running = "\n".join(
        f'@page sheet-{i} {{ @top-right {{ content: "{_css(page.title)}"; {_SMALL} }} }}\n'
        f"#{page.name} {{ page: sheet-{i}; }}"
        for i, page in enumerate(pages)
        if _kind(page) == "chapter"
    )
    bodies = "\n".join(
        f'<section class="{_kind(page)}" id="{page.name}">\n{_body(page)}\n</section>' for page in pages
    )
    notice = f'<p class="notice">{escape(report.notice)}</p>' if report.notice else ""
    return f"""<!doctype html>
<html lang="{report.language}"><head><meta charset="utf-8">
<title>{escape(f"{title} – {report.study}")}</title>
<style>{report.style}
{_STYLE}
{running}</style></head>
<body><div class="cover"><p class="kicker">{escape(report.study)}</p><h1>{escape(title)}</h1>
{notice}<p>{escape(report.reading)}</p><p>{escape(words("handout.by_group"))}</p>
<p class="small">{escape(report.citation)}</p></div>
<nav class="toc"><h2>{escape(words("handout.contents"))}</h2><ol>{"".join(lines)}</ol></nav>
<main class="text">{bodies}</main></body></html>
"""


def _kind(page: BuiltPage) -> str:
    return "question" if page.name.startswith("question-") else "chapter"


def _body(page: BuiltPage) -> str:
    """A page with its title; of a question all that comes before and with its answers stays on one sheet."""
    title = f"<{_level(page)}>{escape(page.title)}</{_level(page)}>\n"
    answers = page.text.select_one("figure.bars [role=img], table.data")
    if _kind(page) != "question" or answers is None:
        return title + page.text.decode_contents()
    parts = list(page.text.contents)
    last = next(i for i, part in enumerate(parts) if part in [answers, *answers.parents])
    together, rest = ("".join(map(str, some)) for some in (parts[: last + 1], parts[last + 1 :]))
    return f'<div class="together">{title}{together}</div>\n{rest}'


def _level(page: BuiltPage) -> str:
    return "h2" if _kind(page) == "question" else "h1"


def _joined(page: BuiltPage, names: Sequence[str], folder: Path, printed: set[str]) -> None:
    """Make ids of a page its own, lead its links within the document, and find its drawings.

    The address of a link to elsewhere is printed once: `printed` are those that were.
    """
    for node in page.text.select("[id]"):
        node["id"] = f"{page.name}--{node['id']}"
    if _kind(page) == "question":  # it stands below its list, so its headings do too
        for heading in page.text.select("h2, h3, h4"):
            heading.name = f"h{int(heading.name[1]) + 1}"
    for link in page.text.select("a[href]"):
        target, _, place = str(link["href"]).partition("#")
        name = target.removesuffix(".html") if target else page.name
        if re.match(r"https?:", target):
            if target in printed:
                link["class"] = "again"
            printed.add(target)
            continue
        if name in names and "/" not in target:
            link["href"] = f"#{name}--{place}" if place else f"#{name}"
        else:
            link.unwrap()
    for image in page.text.select("img[src]"):
        if not str(image["src"]).startswith("data:"):
            image["src"] = (folder / str(image["src"])).resolve().as_uri()
    for source in page.text.select("picture source"):  # the drawing for a phone
        source.decompose()


def _css(text: str) -> str:
    """Write a text as CSS has it in quotes; nothing in it can end the style."""
    return "".join(c if c.isalnum() or c in " .,:–-()" else f"\\{ord(c):x} " for c in text)


_SMALL = 'font: 8pt "Liberation Sans", Arial, sans-serif; color: #566270;'
_STYLE = """
@page { size: A4; margin: 20mm 16mm 18mm; }
@page :first { @top-left { content: none; } @bottom-right { content: none; } }
body { background: #fff; color: #1b2733; }
.cover { display: block; min-height: 200mm; padding-top: 55mm; }
.cover h1 { font-size: 26pt; line-height: 1.2; max-width: 150mm; margin-bottom: 8mm; }
.cover p { max-width: 150mm; }
.cover .notice { border: 1px solid currentColor; border-width: 1px 0; padding: 3mm 0; background: none; }
.toc { break-before: page; }
.toc ol { list-style: none; margin: 0; padding: 0; columns: 2; column-gap: 10mm; }
.toc li { break-inside: avoid; }
.toc a { display: flex; justify-content: space-between; gap: 6mm; padding: .35mm 0; }
.toc a { font-size: 9.5pt; text-decoration: none; color: inherit; }
.toc .chapter { font-weight: 600; margin-top: 3mm; }
.toc .question { padding-left: 6mm; }
.text, .text > section { display: block; max-width: none; margin: 0; padding: 0; }
section.chapter { break-before: page; }
section.question { break-before: auto; margin-top: 6mm; }
section.question h2 { margin: 0 0 2mm; padding-top: 2mm; }
section.question .together { break-inside: avoid; }
section.question .lead { font-size: 11pt; }
section.question h3 { margin: 4mm 0 2mm; }
section.question .reply { padding: .3mm 0; }
section.question .track { min-height: 4mm; padding: .4mm 0; }
section.question .bars { margin: 2mm 0; }
section.question .data :is(th, td) { padding-block: .5mm; line-height: 1.3; }
section.question .asked, section.question p { margin-block: 2mm; }
.part.step { display: block; break-inside: avoid; }
.part.step > h2 { margin-top: 8mm; }
a.term, .text a { text-decoration: none; }
figure, .bars { break-inside: avoid; }
img, svg { max-width: 100%; height: auto; }
.summary { font-weight: 600; break-after: avoid; }
.text a.again[href^="http"]::after { content: none; }
table.claims, table.claims tbody, table.claims tr, table.claims td, table.claims tbody th { display: block; }
table.claims { width: auto; }
table.claims thead { display: none; }
table.claims tr { break-inside: avoid; padding: 3mm 0; border-bottom: 1px solid #c6ced6; }
table.claims td, table.claims tbody th { border: 0; padding: .4mm 0; text-align: left; min-width: 0; }
table.claims td::before { content: attr(data-label) ": "; color: #566270; }
table.claims .interval, table.claims li, table.claims ul { display: inline; padding: 0; margin: 0 2mm 0 0; }
"""
