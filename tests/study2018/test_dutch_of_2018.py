"""What the study of 2018 says in Dutch is Dutch: its definitions, and its report where one was built here."""

import html
import re
import zipfile
from pathlib import Path

import pytest
import yaml
from dutch import english_in, english_on, mistakes_in

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "data/raw/2018").glob("*.yaml"))
REPORT = ROOT / "reports/2018/html/nl"
built = pytest.mark.skipif(not REPORT.is_dir(), reason="no report of 2018 was built here")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_texts_hold_no_english_and_numbers_as_in_dutch(path):
    assert mistakes_in(yaml.safe_load(path.read_text("utf-8"))) == []


@built
def test_the_report_of_2018_in_dutch_holds_no_english():
    pages = sorted(REPORT.glob("*.html"))
    assert pages
    assert {page.name: found for page in pages if (found := english_on(page.read_text("utf-8")))} == {}


@built
def test_nothing_on_the_pages_of_2018_in_dutch_is_english_but_the_switch():
    marked = r'<(\w+)[^>]* lang="en"[^>]*>(.*?)</\1>'
    pages = {path.name: path.read_text("utf-8") for path in sorted(REPORT.glob("*.html"))}
    english = {name: {text for _, text in re.findall(marked, page)} for name, page in pages.items()}
    assert {name: texts for name, texts in english.items() if texts != {"English"}} == {}


@built
def test_figures_and_the_workbook_in_dutch_hold_no_english():
    figures = sorted((REPORT.parent / "figures").glob("*.nl.*svg"))
    assert len(figures) >= 14
    assert {path.name: found for path in figures if (found := english_on(path.read_text("utf-8")))} == {}
    with zipfile.ZipFile(REPORT.parent / "data/nsmo-2018.nl.xlsx") as book:
        sheets = [book.read(name).decode("utf-8") for name in book.namelist() if "/sheet" in name]
    texts = {html.unescape(one) for sheet in sheets for one in re.findall(r"<t\b[^>]*>([^<]*)</t>", sheet)}
    # Names of the data, such as `yes`, are the same in all languages.
    sentences = [text for text in texts if len(text.split()) > 3]
    assert len(sentences) > 100
    assert [found for text in sentences for found in english_in(text)] == []
