"""The first page of the report of 2018, as it was built here."""

from pathlib import Path

import pytest

BUILT = Path(__file__).parents[2] / "reports/2018/html"


@pytest.mark.skipif(not BUILT.is_dir(), reason="no report of 2018 was built here")
@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_story_of_2018_is_five_screens_at_most_with_all_its_steps(browser, language):
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto((BUILT / language / "index.html").as_uri())
    assert tab.evaluate("document.documentElement.scrollHeight") <= 5 * 900
    # Seven steps, each with a heading, a figure, and links to the question or the statement that it rests on.
    steps = tab.query_selector_all(".step")
    assert len(steps) == 7
    for step in steps:
        assert step.query_selector("h2 + p")
        assert len(step.query_selector_all("figure")) == 1
        assert step.query_selector("a[href^=question-], a[href^='claims.html#']")
    assert [part.get_attribute("id") for part in tab.query_selector_all(".part:not(.step) h2")] == [
        "disputed",
        "sure",
        "made",
    ]
    tab.close()
