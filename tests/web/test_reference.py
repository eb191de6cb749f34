"""The pages behind the story, in a browser: search, addresses, what is folded, a question on a phone."""

import json
import re
from html import unescape

import pytest
from dutch import english_on
from small_reports import make


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make(tmp_path_factory.mktemp("small"))


@pytest.fixture
def opened(browser):
    tabs = []

    def open_(path, anchor="", **options):
        context = browser.new_context(**options)
        tabs.append(context)
        tab = context.new_page()
        tab.goto(path.as_uri() + anchor)
        return tab

    yield open_
    for context in tabs:
        context.close()


def found(tab):
    return [a.inner_text() for a in tab.query_selector_all("#search-results a")]


def test_search_finds_questions_answers_statements_and_terms(small, opened):
    tab = opened(small / "en/search.html")
    box = tab.query_selector("#search-box")
    box.fill("WEB shop")
    assert "Website & web shop" in found(tab)
    assert tab.inner_text("#search-count").endswith("found")
    box.fill("newspaper quarter")
    assert found(tab) == ["A quarter advertises in the newspaper"]
    assert tab.inner_text("#search-count") == "1 found"
    box.fill("no such thing")
    assert found(tab) == []
    assert tab.inner_text("#search-count") == "Nothing found"


def test_search_finds_without_accents_and_keeps_what_was_looked_for_in_the_address(small, opened):
    tab = opened(small / "nl/search.html", "#q=kr%C3%A1nt")
    assert "Krant" in found(tab)
    tab.fill("#search-box", "radio")
    assert tab.evaluate("location.hash") == "#q=radio"


def test_search_takes_quotes_markup_and_half_an_address(small, opened):
    tab = opened(small / "en/search.html")
    errors = []
    tab.on("pageerror", lambda error: errors.append(str(error)))

    def for_(query):
        tab.fill("#search-box", query)
        return found(tab)

    assert for_("Mood in") == for_("'mood' in") != []
    assert for_('"Mood in"') == for_("“mood in”") != []
    for nothing in ('"in mood"', "<b>mood</b>", '"', ".*", "( [ \\"):
        assert for_(nothing) == []
    cut = opened(small / "en/search.html", "#q=moo%E0%A4")
    assert cut.input_value("#search-box") == "moo"
    assert found(cut)
    broken = opened(small / "en/index.html", "#%E0%A4")
    assert broken.evaluate("document.querySelectorAll('.note-switch').length") == 1, "scripts went on"
    assert errors == []


def test_the_search_field_comes_before_any_list_of_questions(small, opened):
    tab = opened(small / "en/search.html")
    assert not tab.query_selector_all(".pages a[href^=question-]")


def test_search_works_by_keyboard_and_leads_there(small, opened):
    tab = opened(small / "en/search.html")
    tab.focus("#search-box")
    tab.keyboard.type("newspaper")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.textContent") == "Newspaper"
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/question-media.html#answers")


def test_without_scripts_search_leads_to_the_lists_instead(small, opened):
    tab = opened(small / "en/search.html", java_script_enabled=False)
    assert not tab.query_selector("#search-box").is_visible()
    assert "does not run" in tab.inner_text("#text")
    tab.click("text=Every question >> nth=-1")
    tab.wait_for_url("**/questions.html")


def test_the_search_index_holds_nothing_that_is_not_on_the_pages(small):
    for language in ("en", "nl"):
        text = (small / f"{language}/search.html").read_text("utf-8")
        index = json.loads(unescape(re.search(r'data-search="([^"]*)"', text).group(1)))
        for kind, head, _, href in index["entries"]:
            file, _, anchor = href.partition("#")
            there = (small / language / file).read_text("utf-8")
            assert not anchor or f'id="{anchor}"' in there, (kind, href)
            assert head.replace("&", "&amp;") in there, (kind, head)


def test_the_address_of_a_statement_opens_what_is_folded(small, opened):
    tab = opened(small / "en/claims.html", "#claim-a")
    assert tab.query_selector("#claim-a").is_visible()
    tab = opened(small / "en/claims.html")
    assert not tab.query_selector("#claim-a").is_visible()
    assert tab.inner_text(".tools output") == "3 of 4 shown"


def test_a_question_reads_on_a_phone(small, opened):
    tab = opened(small / "en/question-mood.html", viewport={"width": 320, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
    for row in tab.query_selector_all(".reply"):
        label, value = row.query_selector(".reply-label"), row.query_selector(".reply-value")
        assert label.is_visible()
        assert value.bounding_box()["x"] + value.bounding_box()["width"] <= 320
    cell = tab.query_selector("table.groups td")
    assert "Consumers" in cell.evaluate("c => getComputedStyle(c, '::before').content")
    assert cell.bounding_box()["width"] <= 320


def test_a_term_leads_to_its_explanation(small, opened):
    tab = opened(small / "en/question-mood.html")
    term = tab.query_selector("a.term")
    assert term is not None
    term.click()
    tab.wait_for_url("**/glossary.html#term-*")
    anchor = tab.url.partition("#")[2]
    assert tab.query_selector(f"#{anchor}").is_visible()


def test_dutch_pages_are_dutch(small):
    for path in sorted((small / "nl").glob("*.html")):
        assert english_on(path.read_text("utf-8")) == [], path.name


def test_a_dark_screen_and_paper_keep_the_bars(small, opened):
    tab = opened(small / "en/question-mood.html", color_scheme="dark")
    ground = "getComputedStyle(document.querySelector('.fill')).backgroundColor"
    dark = tab.evaluate(ground)
    tab.emulate_media(media="print")
    assert tab.evaluate("getComputedStyle(document.querySelector('.track')).printColorAdjust") == "exact"
    light = opened(small / "en/question-mood.html", color_scheme="light")
    assert light.evaluate(ground) != dark
