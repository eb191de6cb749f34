"""How the study of 2018 is cited."""

from pathlib import Path

import yaml


def test_what_2018_is_cited_by_is_what_the_repository_says():
    root = Path(__file__).parents[2]
    about = yaml.safe_load((root / "data/raw/2018/study.yaml").read_text("utf-8"))["citation"]
    repository = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    assert about["authors"]["en"] == repository["authors"][0]["name"]
    assert "(CC BY 4.0, SPDX" in (root / "LICENSE-DATA").read_text("utf-8").replace("\n", " ")
    assert about["licence"]["name"] == "CC BY 4.0"
