"""Figures, tables and code on the pages: their feet, their addresses, their switch, in a browser."""

import re
from pathlib import Path

import pytest
from small_reports import make

REPORTS = sorted(path.parent for path in (Path(__file__).parents[2] / "reports").glob("*/html/index.html"))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make(tmp_path_factory.mktemp("small"))


@pytest.fixture
def opened(browser):
    """Open a page, with a width, a colour scheme or without scripts."""
    contexts = []

    def open_page(path, fragment="", width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        tab = context.new_page()
        tab.goto(path.as_uri() + fragment)
        return tab

    yield open_page
    for context in contexts:
        context.close()


def shown_code(tab):
    return tab.evaluate("[...document.querySelectorAll('.nb-place > details[open]')].length")


def test_code_is_away_until_it_is_asked_for_and_the_address_keeps_it(opened, small):
    tab = opened(small / "notebooks/bread.html")
    assert shown_code(tab) == 0
    switch = tab.query_selector("[data-show-code]")
    assert switch.inner_text() == "Show code"
    switch.focus()
    tab.keyboard.press("Enter")
    assert shown_code(tab) == 2
    assert tab.url.endswith("#code")
    assert switch.get_attribute("aria-pressed") == "true"
    assert switch.inner_text() == "Hide code"
    tab.keyboard.press("Space")
    assert shown_code(tab) == 0
    assert "#" not in tab.url
    again = opened(small / "notebooks/bread.html", "#code")
    assert shown_code(again) == 2
    assert again.evaluate("scrollY") == 0


def test_without_scripts_the_code_stands_at_the_end(opened, small):
    tab = opened(small / "notebooks/bread.html", java_script_enabled=False)
    tab.click("[data-show-code]")
    assert tab.evaluate("scrollY") > 0
    block = tab.query_selector("#code #code-1")
    block.query_selector("summary").click()
    assert "plots.likert" in block.inner_text()


def test_every_figure_and_table_has_an_address_and_a_foot_that_leads_somewhere(small):
    for path in small.glob("*/*.html"):
        text = path.read_text("utf-8")
        assert '<p class="foot" data-' not in text, path.name
        for figure in re.findall(r'<figure class="picture".*?</figure>', text, re.DOTALL):
            address = re.search(r'id="(figure-[^"]+)"', figure)[1]
            assert f'<a href="#{address}"' in figure
            assert ">¶</a></p></figure>" in figure
            assert '<a href="#cite">' in figure
        for table in re.findall(
            r'<div class="table" id="([^"]+)".*?<p class="foot">(.*?)</p>', text, re.DOTALL
        ):
            assert f'<a href="#{table[0]}"' in table[1]
        for href in re.findall(r'<p class="foot">(?:<a href="([^"#]+)")?', text):
            assert not href or (path.parent / href).exists()


def test_the_figure_of_the_report_can_be_taken_as_a_file_with_its_notice(small):
    text = (small / "en/index.html").read_text("utf-8")
    files = re.findall(r'<a href="\.\./(figures/[^"]+\.alone\.svg)" download>SVG</a>', text)
    assert files
    for name in files:
        drawing = (small / name).read_text("utf-8")
        assert "reconstructed" in drawing
        assert "prefers-color-scheme" not in drawing


def test_alternative_texts_are_short_and_say_a_number(small):
    for path in small.glob("*/*.html"):
        for alt in re.findall(r'<img src="[^"]*" alt="([^"]*)"', path.read_text("utf-8")):
            assert 40 < len(alt) <= 220, path.name  # escaped
            assert any(character.isdigit() for character in alt), path.name


def test_only_a_table_that_scrolls_is_a_region_and_a_stop(opened, small):
    wide, phone = (opened(small / "notebooks/bread.html", width=width) for width in (1280, 320))
    for tab in (wide, phone):
        tab.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
        tab.wait_for_timeout(100)
        boxes = tab.evaluate(
            "[...document.querySelectorAll('.table-box')].map((box) => "
            "[box.scrollWidth > box.clientWidth + 1, box.tabIndex === 0, box.getAttribute('role')])"
        )
        assert boxes
        assert all(stop == scrolls == (role == "region") for scrolls, stop, role in boxes)
    scriptless = opened(small / "notebooks/bread.html", java_script_enabled=False)
    assert scriptless.query_selector(".table-box").get_attribute("tabindex") == "0"


def test_an_address_opens_what_is_folded_away(opened, small):
    tab = opened(small / "notebooks/bread.html", "#code-1")
    assert tab.query_selector("#code-1").get_attribute("open") is not None


def test_a_figure_turns_dark_with_its_page(opened, small):
    shades = {}
    for scheme in ("light", "dark"):
        tab = opened(small / "en/index.html", color_scheme=scheme)
        picture = tab.query_selector("figure.picture img")
        picture.scroll_into_view_if_needed()
        box = picture.bounding_box()
        corner = {"x": box["x"] + box["width"] - 4, "y": box["y"] + 4, "width": 2, "height": 2}
        shades[scheme] = tab.screenshot(clip=corner)
        ground = tab.screenshot(clip={"x": box["x"] - 6, "y": box["y"], "width": 2, "height": 2})
        assert shades[scheme] == ground, scheme
    assert shades["light"] != shades["dark"]


def test_no_page_is_heavy(small):
    assert max(path.stat().st_size for path in small.rglob("*.html")) < 60_000


def test_a_page_carries_the_styles_and_scripts_that_it_needs_and_no_others(small):
    needed = {
        "en/search.html": ("const MOST",),
        "en/claims.html": ('querySelectorAll("table[data-sortable]', ".claims .source + .source"),
        "en/index.html": (".step{",),
        "en/question-mood.html": (".whisker{",),
        "notebooks/bread.html": ('querySelector("[data-show-code]', ".nb-place"),
    }
    texts = {name: (small / name).read_text("utf-8") for name in needed}
    for name, parts in needed.items():
        for part in parts:
            assert [other for other in texts if part in texts[other]] == [name], part


@pytest.mark.parametrize("report", REPORTS, ids=lambda folder: folder.parent.name)
def test_a_built_report_is_small_enough_to_be_sent(report):
    sizes = {path: path.stat().st_size for path in report.rglob("*") if path.is_file()}
    assert sum(sizes.values()) < 20_000_000
    assert {
        path.name: size for path, size in sizes.items() if path.suffix == ".html" and size > 1_000_000
    } == {}


def first_paint(tab) -> float:
    """Return when the page first showed something, in milliseconds.

    An observer waits for it: a condition that Playwright polls is a string that the page's content
    security policy does not let it evaluate when it is not true at once.
    """
    return tab.evaluate(
        """() => new Promise(done => new PerformanceObserver(list => {
            const paint = list.getEntriesByName('first-contentful-paint')[0];
            if (paint) done(paint.startTime);
        }).observe({type: 'paint', buffered: true}))"""
    )


@pytest.mark.slow
@pytest.mark.parametrize("report", REPORTS, ids=lambda path: path.parent.name)
def test_the_first_view_is_there_within_a_second(opened, report):
    """From disk, of the first page and of the two largest; the best of three: the machine may be busy."""
    largest = sorted(report.glob("*/*.html"), key=lambda page: page.stat().st_size)[-2:]
    for page in (report / "en/index.html", *largest):
        painted = []
        for _ in range(3):
            tab = opened(page)
            painted.append(first_paint(tab))
        assert min(painted) < 1000, page.name
