"""The site around the pages: its entry, its languages, its menu, as a reader uses them."""

import re

import pytest
from small_reports import make


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make(tmp_path_factory.mktemp("site"))


@pytest.fixture
def opened(browser):
    """Open a page for a reader with these settings; nothing may be said on the console."""
    contexts, said = [], []

    def open_page(path, **settings):
        context = browser.new_context(**settings)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto(path.as_uri())
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def place(tab):
    return "/".join(tab.url.split("/")[-2:])


@pytest.mark.parametrize(
    ("locale", "where"), [("nl-BE", "nl/index.html"), ("en-GB", "en/index.html"), ("fr-FR", "en/index.html")]
)
def test_the_entry_leads_to_the_language_of_the_browser(opened, small, locale, where):
    tab = opened(small / "index.html", locale=locale)
    tab.wait_for_url(f"**/{where}")


def test_a_language_that_the_reader_chose_is_kept(opened, small):
    tab = opened(small / "index.html", locale="en-GB")
    tab.wait_for_url("**/en/index.html")
    tab.click(".languages a")
    tab.wait_for_url("**/nl/index.html")
    tab.goto((small / "index.html").as_uri())
    tab.wait_for_url("**/nl/index.html")


def test_the_entry_works_without_scripts(opened, small):
    tab = opened(small / "index.html", java_script_enabled=False)
    assert tab.inner_text("h1") == "A small study"
    assert "reconstructed" in tab.inner_text("main")
    tab.click("text=Lees het rapport in het Nederlands")
    assert place(tab) == "nl/index.html"


def test_another_language_is_the_same_place(opened, small):
    tab = opened(small / "en/index.html")
    tab.click(".here a >> nth=1")
    anchor = tab.url.partition("#")[2]
    tab.click(".languages a")
    assert place(tab) == f"nl/index.html#{anchor}"
    assert tab.evaluate("document.querySelector(':target') !== null")
    assert tab.evaluate("document.documentElement.lang") == "nl"
    assert tab.inner_text(".languages [aria-current]") == "Nederlands"


def test_every_page_has_the_same_anchors_in_each_language(small):
    names = {language: {path.name for path in (small / language).iterdir()} for language in ("en", "nl")}
    assert names["en"] == names["nl"]
    for name in names["en"]:
        ids = [
            re.findall(r'\bid="([^"]+)"', (small / code / name).read_text("utf-8")) for code in ("en", "nl")
        ]
        # A list may be sorted by the names of its language.
        assert sorted(ids[0]) == sorted(ids[1])


def test_a_notebook_says_that_it_is_english_and_leads_back_to_both_languages(opened, small):
    tab = opened(small / "notebooks/bread.html")
    assert "In English only" in tab.inner_text(".kicker")
    tab.click("text=Nederlands")
    assert place(tab) == "nl/notebooks.html"


def test_the_menu_is_folded_on_a_phone_below_the_heading_and_open_on_a_desk(opened, small):
    phone = opened(small / "nl/index.html", viewport={"width": 390, "height": 844})
    link = phone.query_selector(".pages a[href='notebooks.html']")
    assert not link.is_visible()
    summary = phone.query_selector(".pages summary")
    heading = phone.query_selector("h1").bounding_box()
    assert summary.bounding_box()["y"] >= heading["y"] + heading["height"]
    summary.focus()
    phone.keyboard.press("Enter")
    link.click()
    assert place(phone) == "nl/notebooks.html"
    desk = opened(small / "nl/index.html", viewport={"width": 1280, "height": 900})
    assert desk.query_selector(".pages a[href='notebooks.html']").is_visible()
    assert not desk.query_selector(".pages summary").is_visible()


def test_the_keyboard_skips_the_menu(opened, small):
    tab = opened(small / "en/index.html")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "text"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('.text') !== null")


def test_the_foot_says_how_to_cite_and_only_what_is_known(opened, tmp_path, small):
    plain = opened(small / "en/index.html").inner_text("footer")
    assert re.search(r"A small study\. Edition [0-9a-f]{12}, made with nsmo", plain)
    assert "Licence" not in plain
    assert "Questions" not in plain
    cited = {"authors": "The bakers", "licence": {"name": "CC0"}, "contact": "bakers@example.org"}
    foot = opened(make(tmp_path, citation=cited) / "nl/index.html").inner_text("footer")
    assert "The bakers. Een klein onderzoek." in foot
    assert "Licentie: CC0." in foot
    assert "Vragen: bakers@example.org" in foot


def test_a_dark_screen_gets_dark_pages(opened, small):
    tab = opened(small / "en/index.html", color_scheme="dark")
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", ground))) < 60
