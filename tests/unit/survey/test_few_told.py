"""What `nsmo check` says beforehand of categories that the page on weights would tell too much of."""

import shutil
from pathlib import Path
from random import Random

import guarded_study

from nsmo.pipeline.designs import design_problems
from nsmo.runner.declarations import read_params

ROOT = Path(__file__).resolve().parents[3]


def problems_of(root: Path, rules: str) -> list[str]:
    shutil.copy(ROOT / "params.yaml", root)
    rows = guarded_study.answers(Random(2), 120)
    guarded_study.write_wave(root, "w", rows, rules=rules)
    return [str(one) for one in design_problems(root / "data/raw/w", read_params(root, "w"))]


def test_check_names_the_categories_of_few_for_which_weighting_stops(tmp_path):
    found = problems_of(tmp_path, guarded_study.RULES.replace("min_category: 10", "min_category: 1"))
    assert len(found) == 2
    for text, category in zip(sorted(found), ("age, oldest", "region, isles"), strict=True):
        assert f"a category of a margin has fewer than 10 respondents: {category}" in text
        assert "w/rules.yaml, weighting" in text


def test_a_category_that_is_merged_until_it_has_enough_is_no_problem(tmp_path):
    assert problems_of(tmp_path, guarded_study.RULES) == []
