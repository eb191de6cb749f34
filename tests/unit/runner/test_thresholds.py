"""A wave may have thresholds of its own, in its rules.yaml; the others keep those of params.yaml."""

from pathlib import Path

import pytest

from nsmo.runner.declarations import read_params
from nsmo.runner.values import value_problems

PARAMS = """\
chance: {seed: 1}
clean: {min_last_page: 8, speeder_ratio: 0.33, straightline_items: 8}
analyse: {confidence: 0.95, min_n: 20}
"""


@pytest.fixture
def repository(tmp_path: Path):
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")

    def with_rules(text: str) -> Path:
        for wave, rules in (("2025", "cleaning: {rules: []}\n"), ("2026", text)):
            (tmp_path / "data/raw" / wave).mkdir(parents=True)
            (tmp_path / "data/raw" / wave / "rules.yaml").write_text(rules, encoding="utf-8")
        return tmp_path

    return with_rules


def test_a_wave_has_its_own_and_the_others_do_not(repository):
    folder = repository("cleaning: {rules: []}\nthresholds: {min_n: 30, straightline_items: 4}\n")
    assert value_problems(folder) == []
    own = read_params(folder, "2026")
    assert (own["analyse"]["min_n"], own["clean"]["straightline_items"]) == (30, 4)
    assert own["clean"]["speeder_ratio"] == 0.33
    assert read_params(folder, "2025") == read_params(folder)
    assert read_params(folder)["analyse"]["min_n"] == 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("thresholds: {min_n: 2.5}\n", ("min_n is 2.5", "2026/rules.yaml, line 1, thresholds")),
        ("\nthresholds:\n  seed: 3\n", ("a wave has no 'seed' of its own", "line 3", "in params.yaml")),
        ("thresholds:\n  min_m: 3\n", ("a wave has no 'min_m' of its own", "min_n")),
    ],
)
def test_what_cannot_be_is_named_with_its_line(repository, text, said):
    (problem,) = value_problems(repository(text))
    assert all(part in str(problem) for part in said)
