"""The titles by which pages lead to notebooks."""

import json
from dataclasses import replace
from pathlib import Path

from nsmo.pages.appendix import notebook_page
from nsmo.present.wording import Wording
from nsmo.runner.html import NotebookBody


def test_a_page_is_called_by_its_title_in_the_language_of_the_reader():
    body = NotebookBody("Who bakes?", "", (), {}, {"nl": "Wie bakt?"})
    page = notebook_page("bakers", body)
    assert page.called("nl") == ("Wie bakt?", "nl")
    assert page.called("en") == ("Who bakes?", "en")
    assert notebook_page("bakers", replace(body, titles={})).called("nl") == ("Who bakes?", "en")


def test_a_notebook_of_any_study_has_its_title_in_every_language():
    """Its page leads to it by that title; where the notebook says otherwise, the title stays English."""
    titles = {}
    for path in (Path(__file__).parents[3] / "notebooks").glob("*.ipynb"):
        first = json.loads(path.read_text("utf-8"))["cells"][0]["source"]
        titles[path.stem.partition("_")[2]] = "".join(first).splitlines()[0].removeprefix("# ")
    english, dutch = Wording("en"), Wording("nl")
    told = [name for name in titles if english.has(f"stage_title.{name}")]
    assert len(told) > 10
    for name in told:
        assert english(f"stage_title.{name}") == titles[name]
        assert dutch(f"stage_title.{name}") != titles[name]
