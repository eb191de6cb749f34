"""A reader of a page in Dutch meets Dutch; what is English says so to who listens to it."""

from pathlib import Path

import pytest
from dutch import english_on
from small_reports import make

REPORT = Path(__file__).parents[2] / "reports/2018/html/nl"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make(tmp_path_factory.mktemp("dutch"))


def test_pages_in_dutch_hold_no_english(small):
    pages = sorted((small / "nl").glob("*.html"))
    assert pages
    assert {page.name: found for page in pages if (found := english_on(page.read_text("utf-8")))} == {}


@pytest.mark.skipif(not REPORT.is_dir(), reason="no report of 2018 was built here")
def test_the_report_of_2018_in_dutch_holds_no_english():
    pages = sorted(REPORT.glob("*.html"))
    assert pages
    assert {page.name: found for page in pages if (found := english_on(page.read_text("utf-8")))} == {}
