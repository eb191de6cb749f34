"""The first page of the report: what a writer typed, with what was computed in its place."""

import re

import pytest
from small_reports import REPORTS, make


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    return make(tmp_path_factory.mktemp("real"), provenance="real")


def main(folder, language="en"):
    text = (folder / f"{language}/index.html").read_text("utf-8")
    return re.search(r"<main.*</main>", text, re.DOTALL)[0].replace("\xa0", " ")


def test_the_text_is_filled_in_and_what_was_typed_stays_text(small, real):
    shown = main(real)
    assert "<h1>Shops are in a good mood</h1>" in shown
    lead = re.search(r'<p class="lead conclusion">(.*?)</p>', shown)[1]
    assert lead == "60.0% &lt;b&gt;are glad&lt;/b&gt;: 95% interval 55.0 to 65.0; n = 200."
    assert "B2C 70.0%" in shown
    assert "B2B 50.0%" in shown
    assert "<h1>Winkels zijn goed gestemd</h1>" in main(small, "nl")


def test_what_is_reconstructed_says_its_origin_and_decides_nothing(small, real):
    made, answered = main(small), main(real)
    lead = re.search(r'<p class="lead conclusion">.*?</p>', made)[0]
    assert "60.0%<span" in lead
    assert '<span class="spoken"> (assumed)</span>' in lead
    assert "assumed; n = 200" in lead
    assert "interval" not in lead
    # An adjusted figure, and whether groups differ.
    assert "not shown, since it is assumed; not known, since the responses are reconstructed" in made
    assert re.search(r"76\.3% \(\d+\.\d to \d+\.\d\); clear<", answered)
    assert 'class="origin"' not in answered


def test_figures_and_tables_are_in_the_language_of_the_page(small):
    for language, title in (("en", "Media"), ("nl", "Media")):
        shown = main(small, language)
        assert shown.count('<figure class="picture"') == 2
        assert f"../figures/story-1-mood.{language}.svg" in shown
        assert (small / f"figures/story-1-mood.{language}.svg").is_file()
        assert title in shown
        assert shown.count("<table") == 1


def test_what_is_disputed_and_what_nobody_knows_are_lists(small):
    shown = main(small)
    assert "1/4: differs" in shown
    assert '<a href="claims.html#claim-b">Nine in ten are on the web &amp; sell there</a>' in shown
    assert "<li>How many shops there are &lt;1&gt;.</li>" in shown


def test_links_lead_to_the_question_the_statement_and_the_notebook(small):
    shown = main(small, "nl")
    assert '<a href="question-mood.html">' in shown
    assert '<a href="claims.html#claim-a">Zes op de tien</a>' in shown
    assert '<a href="notebooks.html">' in shown
    assert re.search(r'<a href="../notebooks/bread.html" hreflang="en" lang="en">[^<]*', shown)


def test_a_wave_without_a_text_gets_one_made_of_its_questions(tmp_path):
    folder = make(tmp_path, texts={})
    for language in ("en", "nl"):
        shown = main(folder, language)
        assert 'id="mood"' in shown
        assert 'id="media"' in shown
        assert shown.count('<figure class="picture"') >= 2


def test_a_report_in_one_language_has_no_switch_and_the_entry_leads_there(browser, tmp_path):
    folder = make(tmp_path, texts={"nl": REPORTS["nl"]})
    assert not (folder / "en").exists()
    context = browser.new_context(java_script_enabled=False)
    try:
        tab = context.new_page()
        tab.goto((folder / "index.html").as_uri())
        tab.wait_for_url("**/nl/index.html")
        assert not tab.query_selector_all(".languages")
        tab.click("text=notebooks")
        assert tab.url.endswith("/nl/notebooks.html")
        tab.goto((folder / "notebooks/bread.html").as_uri())
        tab.click(".study a")
        assert tab.url.endswith("/nl/index.html")
    finally:
        context.close()


def test_a_mark_is_read_out_as_a_word_and_takes_no_place(browser, small):
    tab = browser.new_page()
    tab.goto((small / "en/index.html").as_uri())
    assert tab.query_selector(".lead .spoken").bounding_box()["width"] <= 1
    assert tab.query_selector(".lead .origin").get_attribute("aria-hidden") == "true"
    tab.close()


def test_the_figure_stands_beside_the_text_where_there_is_room(browser, small):
    for width, beside in ((1280, True), (390, False)):
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.goto((small / "en/index.html").as_uri())
        text, figure = (tab.query_selector(f".step > {one}").bounding_box() for one in ("p", "figure"))
        assert (figure["x"] >= text["x"] + text["width"]) is beside
        tab.close()
