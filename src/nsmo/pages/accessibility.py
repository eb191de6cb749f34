"""The page on accessibility: what the report aims at, how that is tested, what does not conform."""

from nsmo.pages.page import Page
from nsmo.pages.site import SitePage
from nsmo.pages.template import fragment

NAME = "accessibility"


def accessibility_page(page: Page) -> SitePage:
    """Return the statement on accessibility in the language of the page.

    Parameters
    ----------
    page : Page
    """
    citation = page.codebook.about.citation
    body = fragment(
        f"{NAME}.{page.language}.html.j2", page.language, contact=citation.contact if citation else None
    )
    return SitePage(NAME, "made", page.words(f"page.{NAME}"), body)
