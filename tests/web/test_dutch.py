"""A reader of a page in Dutch meets Dutch; what is English says so to who listens to it."""

import pytest
from dutch import english_on
from small_reports import make


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make(tmp_path_factory.mktemp("dutch"))


def test_pages_in_dutch_hold_no_english(small):
    pages = sorted((small / "nl").glob("*.html"))
    assert pages
    assert {page.name: found for page in pages if (found := english_on(page.read_text("utf-8")))} == {}
