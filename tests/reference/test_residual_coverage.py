"""Intervals after raking hold what they say, also for the class that weighting shrinks: kept and redrawn."""

import importlib.util

import pytest
from from_r import FOLDER, expected

DOMAINS = ["all", "2-9", "10-49", "50+", "a-f", "g-i", "j-n", "o-u"]
spec = importlib.util.spec_from_file_location("simulate_coverage", FOLDER / "simulate_coverage.py")
simulation = importlib.util.module_from_spec(spec)
spec.loader.exec_module(simulation)


@pytest.fixture(scope="module")
def kept():
    return {found["level"]: found for found in expected("coverage")}


@pytest.mark.parametrize("level", [0.5, 0.8])
def test_by_base_weights_the_shrunken_class_has_intervals_two_to_three_times_too_wide(kept, level):
    base, bootstrap = kept[level]["base"]["50+"], kept[level]["bootstrap"]["50+"]
    assert base["coverage"] > 0.995
    assert base["width"] > 2 * bootstrap["width"]
    assert base["se_ratio"] > 2.2


@pytest.mark.parametrize("level", [0.5, 0.8])
@pytest.mark.parametrize("kind", ["adjusted", "bootstrap"])
def test_adjusted_residuals_and_the_bootstrap_have_the_right_standard_error_everywhere(kept, level, kind):
    ratios = {domain: kept[level][kind][domain]["se_ratio"] for domain in DOMAINS}
    assert all(0.9 < ratio < 1.05 for ratio in ratios.values()), ratios


def test_adjusted_residuals_cover_for_everybody_and_by_size(kept):
    for level, found in kept.items():
        for domain in ("all", "2-9", "10-49", "50+"):
            assert 0.94 < found["adjusted"][domain]["coverage"] < 0.975, (level, domain)


def test_a_small_simulation_shows_fault_and_remedy():
    found = simulation.simulate(0.5, samples=250, bootstrapped=0, seed=5)
    assert found["base"]["50+"]["coverage"] == 1
    assert found["base"]["50+"]["se_ratio"] > 2
    for kind in ("adjusted", "final"):
        assert 0.92 < found[kind]["50+"]["coverage"] < 0.985
        assert 0.9 < found[kind]["50+"]["se_ratio"] < 1.12


@pytest.mark.slow
def test_the_kept_numbers_come_again(kept):
    found = simulation.simulate(0.5, bootstrapped=100)
    for kind in ("adjusted", "final", "base"):
        assert found[kind] == kept[0.5][kind]
