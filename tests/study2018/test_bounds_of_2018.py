"""What the published figures of 2018 leave possible."""

from pathlib import Path

import pytest

from nsmo.stages.bounds.model import Printed
from nsmo.stages.bounds.printed import figures, loose_groups
from nsmo.stages.bounds.reach import holds, reach
from nsmo.study import load_codebook
from nsmo.study.statements import Published, load_published

RAW = Path(__file__).parents[2] / "data/raw/2018"


def estimate_of(published: Published, name: str):
    return next(row.estimate for row in published.rows if row.id == name)


@pytest.fixture(scope="module")
def of_2018():
    published = load_published(RAW / "published.yaml")
    codebook = load_codebook(RAW)
    return published, Printed(codebook, figures(published), 185, 20_000, loose_groups(published))


def test_of_2018_the_association_of_importance_with_the_market_is_small_and_never_significant(of_2018):
    published, at_185 = of_2018
    found = reach(estimate_of(published, "importance_market"), at_185)
    assert (float(found.extent.low), float(found.extent.high)) == pytest.approx((0.0727, 0.0824), abs=5e-5)
    assert (found.p_low, found.p_high) == pytest.approx((0.203, 0.485), abs=5e-4)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("any_sending_goal", 117, 118), ("inform_or_awareness", 89, 118), ("all_three_goals", 0, 60)],
)
def test_of_2018_so_many_can_have_pursued_goals(of_2018, name, low, high):
    published, at_185 = of_2018
    quantity = next(q for q in published.quantities if q.id == name)
    extent = holds(quantity.when, at_185).extent
    assert (extent.low * 185, extent.high * 185) == (low, high)


def test_of_2018_the_means_cap_those_with_more_than_four_platforms(of_2018):
    published, at_185 = of_2018
    extent = reach(estimate_of(published, "platforms_gt4"), at_185).extent
    assert (extent.low * 185, extent.high * 185) == (47, 147)
