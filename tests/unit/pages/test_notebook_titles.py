"""The titles by which pages lead to notebooks."""

import json
from pathlib import Path

from nsmo.present.wording import Wording


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
