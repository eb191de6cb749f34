"""The pages behind the story: changes, questions, statements, how it was made, data, search, glossary."""

from dataclasses import replace

from nsmo.pages.accessibility import accessibility_page
from nsmo.pages.changes import changes_page
from nsmo.pages.claims import claims_page
from nsmo.pages.data import data_page
from nsmo.pages.glossary import glossary_page, linked, no_use
from nsmo.pages.made import made_page
from nsmo.pages.page import Page
from nsmo.pages.questions import Questions
from nsmo.pages.search import search_page
from nsmo.pages.site import SitePage
from nsmo.pages.statements import statements


def pages(page: Page) -> list[SitePage]:
    """List the pages behind the story in one language, with terms linked where they first stand."""
    judged = statements(page)
    questions = Questions(page, judged)
    found = [*changes_page(page), *questions.pages(), search_page(page, questions, judged)]
    if judged:
        found.append(claims_page(page, judged, questions.names))
    found.append(made_page(page))
    unused = no_use(page)
    found = [replace(one, body=linked(one.body, page.language, unused)) for one in found]
    return [*found, accessibility_page(page), glossary_page(page), data_page(page, questions, judged)]
