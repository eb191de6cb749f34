"""Does it hold: the published statements, what is disputed first, each with an address."""

from collections.abc import Collection, Sequence
from typing import Any

from nsmo.pages.page import Page
from nsmo.pages.questions import address
from nsmo.pages.site import SitePage
from nsmo.pages.statements import AGREEMENT, Statement, tally
from nsmo.pages.template import fragment
from nsmo.present.shown import is_evidence


def claims_page(page: Page, statements: Sequence[Statement], questions: Collection[str]) -> SitePage:
    """Return the page of the published statements.

    Parameters
    ----------
    page : Page
    statements : sequence of Statement
        All of them.
    questions : collection of str
        The names that have a page.
    """
    same = {verdict.name for verdict in _constant(statements)}
    parts = {
        "disputed": not all(one.agrees for one in statements),
        "agreed": any(one.agrees for one in statements),
        "reading": True,
    }
    body = fragment(
        "claims.html.j2",
        page.language,
        disputed=[_row(page, one, same, questions) for one in statements if not one.agrees],
        agreed=[_row(page, one, same, questions) for one in statements if one.agrees],
        total=len(statements),
        tally=tally(page, statements),
        constant=[(one.heading, one.text) for one in _constant(statements)],
        selects=list(_selects(page, statements, same)),
        notebook=page.notebooks.get("claims"),
        files=next((files for group, files in page.downloads if group == "claims"), []),
        # No headline of reconstructed answers is adjusted.
        weighted=page.codebook.weighs and is_evidence(page.codebook),
        caption=_caption(page),
        more=len({verdict.name for one in statements for verdict in one.verdicts} - same) > 1,
        reconstructed=page.codebook.provenance == "reconstructed",
        level=page.level,
        called=page.words,
    )
    return SitePage(
        "claims",
        "claims",
        page.words("claims_page.title"),
        body,
        contents=[(name, page.words(f"claims_page.{name}")) for name, there in parts.items() if there],
    )


def _caption(page: Page) -> str:
    """Return in words what the estimates of the table are."""
    if not is_evidence(page.codebook):
        return page.words("index.claims_caption_assumed", level=page.level)
    weighted = f" {page.words('index.claims_caption_weighted')}" if page.codebook.weighs else ""
    return page.words("index.claims_caption", level=page.level) + weighted


def _constant(statements: Sequence[Statement]) -> list[Any]:
    """The verdicts that say the same of all statements, so that one sentence says it."""
    if not statements:
        return []
    return [
        verdict
        for verdict in statements[0].verdicts
        if verdict.name != AGREEMENT and len({one.verdict(verdict.name).text for one in statements}) == 1
    ]


def _row(page: Page, one: Statement, same: set[str], named: Collection[str]) -> dict[str, Any]:
    return {
        "statement": one,
        "agreement": one.verdict(AGREEMENT),
        "others": [
            verdict for verdict in one.verdicts if verdict.name != AGREEMENT and verdict.name not in same
        ],
        "filters": [(verdict.name, verdict.value) for verdict in one.verdicts],
        "questions": [(address(name), page.labels.question(name)) for name in one.questions if name in named],
    }


def _selects(page: Page, statements: Sequence[Statement], same: set[str]) -> Any:
    """Yield a choice for each verdict that tells statements apart."""
    for verdict in statements[0].verdicts if statements else ():
        every = [one.verdict(verdict.name) for one in statements]
        # What stands in brackets behind a verdict differs from row to row; a choice is by its word.
        found = {one.value: page.words(f"verdict.{one.name}.{one.value}") for one in every}
        if verdict.name not in same and len(found) > 1:
            yield {"name": verdict.name, "label": verdict.heading, "options": list(found.items())}
