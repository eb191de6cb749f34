"""The simulation weights and estimates as the report does, and shows the fault of R's convention."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from nsmo.runner.mapping import mapper
from nsmo.stages.coverage import raking, robust, samples
from nsmo.stages.coverage.dirt import Left
from nsmo.stages.coverage.results import Plan, errors_of_report, simulate
from nsmo.stages.coverage.world import ANSWER, MARGINS, NONE, Selection, World, selections
from nsmo.stats import CalibrationError, SurveyDesign, calibrate, model_participation
from nsmo.study.margins import Category, Target
from nsmo.study.rules import Margin

SHARES = ["estimate", "se", "ci_low", "ci_high"]


def target(name: str, merge: list[str], **counts: float) -> Target:
    """A margin whose last two categories may be merged."""
    both = {"name": "_".join(merge), "en": "both", "nl": "beide", "of": merge}
    margin = Margin.model_validate({"name": name, "question": name, "population": name, "merge": [both]})
    categories = tuple(Category(one, one, one, (one,), n) for one, n in counts.items())
    return Target(margin, categories, "table", "2020", "final")


TARGETS = {
    "size": target("size", ["middle", "large"], small=834_000, middle=129_000, large=37_000),
    "sector": target("sector", ["trade", "care"], farm=234_000, make=347_000, trade=253_000, care=166_000),
}
TAKEN_PART = {
    "size": {"small": 0.31, "middle": 0.3, "large": 0.39},
    "sector": {"farm": 0.14, "make": 0.25, "trade": 0.39, "care": 0.22},
}
CLEAN = Left(np.array([[185, 0, 0]]), 0, 0.0, 0.0)


@pytest.fixture(scope="module")
def world() -> World:
    return World(TARGETS, TAKEN_PART, level=0.8, gradient=2.0, apart=0.25)


def plan(**changed) -> Plan:
    settings = {"replications": 400, "bootstrapped": 0, "draws": 50, "reference": 1000, "min_category": 20}
    return Plan(**settings | {"max_ratio": 8, "confidence": 0.95, "min_n": 10} | changed)


def rows_of(counts: np.ndarray, world: World, margins: raking.Margins) -> tuple[pd.DataFrame, dict]:
    """A sample as a frame with a row per respondent, and its margins."""
    cell, group, yes = np.unravel_index(np.repeat(np.arange(counts.size), counts.ravel()), counts.shape)
    frame, wanted = pd.DataFrame({"yes": yes == 1, "other": group == 1}), {}
    for j, (code, share) in enumerate(zip(margins.codes, margins.shares, strict=True)):
        names = [str(i) for i in range(len(share))]
        frame[f"margin{j}"] = pd.Categorical.from_codes(code[cell], names)
        wanted[f"margin{j}"] = dict(zip(names, share, strict=True))
    for j, names in enumerate(world.categories):
        frame[f"own{j}"] = pd.Categorical.from_codes(world.codes[cell, j], names)
    return frame, wanted


@pytest.mark.parametrize("selection", [Selection(NONE), Selection(MARGINS), Selection(ANSWER, 3.0)])
def test_samples_are_weighted_and_estimated_as_in_the_report(world, selection):
    """Weights to the bound, mergers, refusals, standard errors and intervals of all three kinds."""
    counts = samples.draw(world, selection, CLEAN, 25, np.random.default_rng(3))
    tables = counts.sum(axis=(2, 3))
    seen, refused = 0, 0
    for margins, numbers in raking.merged(world, tables, 20):
        weights = margins.weights(tables[numbers], 5)
        for row, w in zip(numbers, weights, strict=True):
            frame, wanted = rows_of(counts[row], world, margins)
            cell = np.repeat(np.arange(len(w)), tables[row])
            for residuals in ("base", "final", "adjusted"):
                try:
                    options = {"trim": 5, "total": len(frame), "residuals": residuals}
                    design = calibrate(SurveyDesign(frame), wanted, **options)
                except CalibrationError:
                    assert np.isnan(w).any()
                    refused += 1
                    break
                assert design.weights == pytest.approx(w[cell], rel=1e-8)
                made = samples.linearised(world, counts[[row]], w[None], margins, residuals)
                found = made.estimates(world, 0.95, 1)[0]
                known = {(q.by, q.group): values for q, values in zip(world.quantities, found, strict=True)}
                parts = [(("", ""), design.proportion("yes").iloc[0])]
                for j, name in enumerate(world.targets):
                    by = design.proportion("yes", by=f"own{j}")
                    parts += [((name, one["group"]), one) for _, one in by.iterrows()]
                gap = design.difference("yes", by="other", pairs=[("True", "False")])
                parts.append((("unknown", "unknown"), gap.iloc[0]))
                for key, expected in parts:
                    assert known[key] == pytest.approx(expected[SHARES].astype(float), rel=1e-6), key
                seen += 1
    assert seen > 40
    assert refused > 0 or selection.kind == NONE


def test_the_doubly_robust_estimate_is_that_of_the_package(world):
    rng = np.random.default_rng(4)
    counts = samples.draw(world, Selection(MARGINS), CLEAN, 6, rng)
    there = rng.multinomial(800, world.shares, 6)
    tables = counts.sum(axis=(2, 3))
    margins, numbers = next(raking.merged(world, tables, 1))
    found = robust.estimated(margins, tables, counts[..., 1].sum(axis=2), there, 50.0, 0.95)
    for row in numbers:
        frame, wanted = rows_of(counts[row], world, margins)
        cell = np.repeat(np.arange(len(world.codes)), there[row])
        reference = pd.DataFrame(
            {
                f"margin{j}": pd.Categorical.from_codes(code[cell], list(wanted[f"margin{j}"]))
                for j, code in enumerate(margins.codes)
            }
        )
        reference = SurveyDesign(reference.assign(w=50.0), "w")
        model = model_participation(SurveyDesign(frame), reference, list(wanted))
        one = model.doubly_robust("yes", list(wanted), family="gaussian")
        assert found[row] == pytest.approx([one.estimate, one.se, one.ci_low, one.ci_high], rel=1e-9)


def test_the_truth_of_a_population_is_counted_by_hand():
    """Half are small, of whom 1 in 2 say yes; among the large the odds are 4 times as high: 4 in 5."""
    two = {"size": target("size", ["small", "large"], small=50, large=50)}
    world = World(two, {"size": {"small": 0.5, "large": 0.5}}, 2 / 3, 4.0, 0.25)
    assert world.truth == pytest.approx([0.65, 0.5, 0.8, 0.65, 0.3, 0.0])
    assert world.members.sum() == pytest.approx(1)


def test_the_category_that_weighting_shrinks_most_is_named(world):
    assert world.shrunk == ("size", "large")


def test_careless_answers_pull_a_share_towards_a_half(world):
    drawn = {
        careless: samples.draw(
            world,
            Selection(NONE),
            Left(np.array([[200 - careless, careless, 0]]), 0, 0.0, 0.0),
            400,
            np.random.default_rng(2),
        )
        for careless in (0, 100)
    }
    share = {careless: counts[..., 1].sum() / counts.sum() for careless, counts in drawn.items()}
    assert share[0] == pytest.approx(world.truth[0], abs=0.01)
    assert share[100] == pytest.approx((world.truth[0] + 0.5) / 2, abs=0.01)


@pytest.fixture(scope="module")
def found(world) -> pd.DataFrame:
    return simulate([world], [1, 2, 5], CLEAN, plan(), seed=2018)


def pick(found: pd.DataFrame, selection: str, estimator: str, errors: str, odds: float = 1.0, **where):
    rows = found[(found["selection"] == selection) & (found["odds"] == odds)]
    rows = rows[(rows["estimator"] == estimator) & (rows["errors"] == errors)]
    for name, value in where.items():
        rows = rows[rows[name] == value]
    (row,) = rows.to_dict("records")
    return row


def test_by_r_the_class_that_weighting_shrinks_has_intervals_twice_too_wide_and_in_the_report_not(found):
    by_r = pick(found, MARGINS, "raked", "base", by="size", group="large")
    assert by_r["coverage"] > 0.99
    assert by_r["se_ratio"] > 2
    own = pick(found, MARGINS, "raked", errors_of_report(), by="size", group="large")
    assert 0.92 < own["coverage"] < 0.985
    assert 0.9 < own["se_ratio"] < 1.12
    assert own["coverage_low"] < own["coverage"] < own["coverage_high"]


def test_everybody_is_covered_where_only_the_margins_decide_and_missed_where_the_answer_does(found):
    adjusted = {
        odds: pick(found, ANSWER if odds > 1 else MARGINS, "raked", "adjusted", odds, target="everybody")
        for odds in (1.0, 2.0, 5.0)
    }
    assert 0.92 < adjusted[1.0]["coverage"] < 0.98
    assert abs(adjusted[1.0]["bias"]) < 0.01
    for less, more in pairwise(adjusted.values()):
        assert more["bias"] > less["bias"] + 0.05
        assert more["coverage"] < less["coverage"]
    robust_too = pick(found, ANSWER, "doubly robust", "linearised", 5.0, target="everybody")
    assert robust_too["coverage"] < 0.3, "a reference sample does not know the answer either"
    plain = pick(found, MARGINS, "unweighted", "linearised", target="everybody")
    assert plain["bias"] > 0.03, "larger organisations say yes more often, and take part more often"


def test_nothing_is_wrong_where_everybody_takes_part_alike(found):
    rows = found[(found["selection"] == NONE) & (found["estimator"] == "unweighted")]
    rows = rows[~rows["group"].str.contains("large")]  # too few to be shown in most samples
    assert rows["coverage"].between(0.915, 0.985).all()


def test_figures_of_too_few_respondents_are_left_out_as_in_the_report(found):
    row = pick(found, NONE, "unweighted", "linearised", by="size", group="large")
    # 185 times 3.7 % are 7 on average; ten or more come up in a sixth of the samples.
    assert row["shown"] < 0.4 * row["samples"]


def test_any_number_of_processes_gives_the_same_numbers(world):
    small = plan(replications=1200, bootstrapped=20, draws=20)
    alone, together = (
        simulate([world], [1], CLEAN, small, seed=7, each=mapper(workers, print)) for workers in (1, 2)
    )
    pd.testing.assert_frame_equal(alone, together, check_exact=True)
    other = simulate([world], [1], CLEAN, small, seed=8)
    assert not alone.equals(other)


def test_the_ways_of_taking_part_start_harmless_and_end_worst():
    assert selections([5, 1, 2]) == [
        Selection(NONE),
        Selection(MARGINS),
        Selection(ANSWER, 2.0),
        Selection(ANSWER, 5.0),
    ]
