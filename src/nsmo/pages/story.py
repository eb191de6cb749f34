"""The first page of the report: the text of the wave, with everything computed filled in."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from html import escape, unescape
from typing import TYPE_CHECKING

from nsmo.pages.page import Page
from nsmo.pages.site import SitePage
from nsmo.pages.template import fragment
from nsmo.pages.values import Inserted, Values
from nsmo.present.shown import is_evidence
from nsmo.study.drafts import marks
from nsmo.study.errors import StudyError
from nsmo.study.first_report import first_report
from nsmo.study.report import ReportText, file_of, read_reports

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

#: Signs that no keyboard has: between them stands which inserted thing comes in their place.
_OPEN, _CLOSE = "\ue000", "\ue001"
_PLACE = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_ALONE = re.compile(f"<p>(?:{_OPEN}(\\d+){_CLOSE})</p>")
_ANCHOR = re.compile(r"\s*\{#([a-z][a-z0-9-]*)\}\s*$")


def story_page(page: Page, others: Sequence[SitePage]) -> SitePage:
    """Return the first page of the report in one language.

    Parameters
    ----------
    page : Page
    others : sequence of SitePage
        The pages that its links may lead to.
    """
    text = read_reports(page.stage.path("raw/study.yaml").parent).get(page.language)
    values = Values(page, others)
    if text is None:
        known = set(page.found.estimates["question"])
        text = ReportText(file_of(page.language), first_report(page.codebook, page.language, known))
    title, body, contents = filled_text(text, values)
    head = fragment(
        "story.html.j2",
        page.language,
        lead=_survey(page, values),
        unconfirmed=_unconfirmed(page),
        evidence=is_evidence(page.codebook),
        level=page.level,
    )
    lead, rest = body
    study = page.codebook.title[page.language]
    return SitePage(
        "index",
        "findings",
        title,
        f"{lead}\n{head}\n{rest}",
        contents,
        kicker="" if title == study else study,
    )


def filled_text(text: ReportText, values: Values) -> tuple[str, tuple[str, str], list[tuple[str, str]]]:
    """Return the title of a report's text, its lead and the rest as HTML, and its parts.

    Parameters
    ----------
    text : ReportText
    values : Values

    Returns
    -------
    tuple
        The title; the first paragraph and what follows it; anchor and text of each heading.

    Raises
    ------
    StudyError
        For a placeholder that is none, or for which there is no result.
    """
    put: list[Inserted] = []

    def placed(make: Callable[..., Inserted]) -> Callable[..., str]:
        def place(*args: str, **named: str) -> str:
            put.append(make(*args, **named))
            return f"{_OPEN}{len(put) - 1}{_CLOSE}"

        return place

    plain = ReportText(text.file, text.text.replace(_OPEN, "").replace(_CLOSE, ""))
    filled = plain.filled({name: placed(make) for name, make in values.functions().items()})
    markdown = _markdown()
    tokens = markdown.parse(filled)

    def words(content: str) -> str:
        return _PLACE.sub(lambda match: put[int(match[1])].text, _ANCHOR.sub("", content))

    title, contents, kept = "", [], []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "heading_open":
            inline = tokens[at + 1]
            if token.tag == "h1":
                title = words(_bare(inline))
                at += 3
                continue
            anchor = _ANCHOR.search(inline.content)
            spoken = words(_bare(inline))
            name = anchor[1] if anchor else "-".join(re.findall(r"[a-z0-9]+", spoken.lower())) or "part"
            token.attrSet("id", name)
            if inline.children and anchor:
                inline.children[-1].content = _ANCHOR.sub("", inline.children[-1].content)
            if token.tag == "h2":
                contents.append((name, spoken))
        kept.append(token)
        at += 1
    html = markdown.renderer.render(kept, markdown.options, {})
    html = _ALONE.sub(lambda match: put[int(match[1])].html, html)
    html = _PLACE.sub(lambda match: put[int(match[1])].html, html)
    if _OPEN in html or "%EE%80%80" in html:
        raise StudyError(
            found="a placeholder inside an address",
            where=text.file,
            expected="addresses without placeholders",
            fix="use page_link, question_link or statement, which are links themselves",
        )
    lead, rest = _lead(html)
    return title or values.title().text, (lead, _in_parts(rest)), contents


def _lead(html: str) -> tuple[str, str]:
    """Part the first paragraph, if the text opens with one, from the rest."""
    if not html.startswith("<p>"):
        return "", html
    first, _, rest = html.partition("</p>")
    return f'<p class="lead conclusion">{first.removeprefix("<p>")}</p>', rest


def _in_parts(html: str) -> str:
    """Put what stands below each heading into a part; one with a figure has it beside the text on a desk."""
    before, *parts = re.split(r"(?=<h2[ >])", html)
    parts = [said_once(part) for part in parts]
    kinds = ("part step" if "<figure" in part else "part" for part in parts)
    return before + "".join(
        f'<section class="{kind}">\n{part}</section>\n' for kind, part in zip(kinds, parts, strict=True)
    )


def said_once(part: str) -> str:
    """Take the words of a heading out of the titles of figures right below it that begin with them."""
    heading = re.match(r"<h2[^>]*>(.*?)</h2>", part, re.DOTALL)
    said = unescape(heading[1].strip()).removesuffix("…") if heading else ""

    def shorter(match: re.Match[str]) -> str:
        title = unescape(match[2])
        rest = title[len(said) :].lstrip(" …:,–")
        # "7, 21.5%" alone would not say which of the numbers is the answer.
        if not said or not title.startswith(said) or rest[:1].isdigit():
            return match[0]
        return f"{match[1]}{escape(rest[0].upper() + rest[1:], quote=False)}{match[3]}" if rest else ""

    return re.sub(r'(<h3 class="figure-title">)(.*?)(</h3>)', shorter, part, flags=re.DOTALL)


def _bare(inline: object) -> str:
    """The text of a heading without its markup."""
    return "".join(child.content for child in getattr(inline, "children", None) or ())


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    # What a writer types is text: no HTML, and nothing that a page would load.
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def _survey(page: Page, values: Values) -> str:
    """Return in words of whom and of when the report is, and who published it first."""
    publisher = page.codebook.publisher
    return page.words(
        "index.lead" if is_evidence(page.codebook) else "index.inferred_n",
        n=values.respondents().text,
        unit=page.labels.unit,
        period=page.period,
        publisher=page.words("index.publisher", name=publisher.name) if publisher else "",
    ).strip()


def _unconfirmed(page: Page) -> int:
    """Count the guesses of `nsmo new` in the files of the wave that nobody has confirmed."""
    names = ("questionnaire.yaml", "rules.yaml", "study.yaml")
    return sum(len(marks(page.stage.path(f"raw/{name}"))) for name in names)
