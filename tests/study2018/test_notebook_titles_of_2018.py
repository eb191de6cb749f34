"""The titles by which Dutch pages lead to the notebooks of the study of 2018."""

import json
from pathlib import Path

from nsmo.present.wording import Wording


def test_the_notebooks_of_2018_have_a_title_in_dutch():
    """In the notebook itself where it is about this study, in the messages where it serves any."""
    for path in (Path(__file__).parents[3] / "notebooks").glob("*.ipynb"):
        first = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
        known = Wording("en").has(f"stage_title.{path.stem.partition('_')[2]}")
        assert known or "\n<!-- title:nl: " in first, path.name
