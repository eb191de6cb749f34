"""The schemas by which editors check a wave's files follow the models."""

import json
from pathlib import Path

from nsmo.pipeline import schemas

ROOT = Path(__file__).parents[2]


def test_the_committed_schemas_are_what_the_models_say():
    assert list(schemas.outdated(ROOT)) == [], "run `nsmo format`"


def test_hovering_over_a_key_says_what_it_means():
    published = json.loads((ROOT / schemas.FOLDER / "published.json").read_text("utf-8"))
    about = published["$defs"]["Claim"]["properties"]["type"]["description"]
    assert all(f"{name}" in about for name in published["$defs"]["Claim"]["properties"]["type"]["enum"])
