"""A second oracle, the Python package svy: skipped without it (it is no dependency; ``pip install svy``).

Only what svy is known to do right: no finite population corrections in two stages, no trimming. After raking
only the estimates are compared: svy's standard errors then differ from those of R's ``calibrate``, which are
the convention here.
"""

import pytest
from from_r import DESIGNS, FOLDER, sample, three_margins

from nsmo.stats import SurveyDesign, calibrate

svy = pytest.importorskip("svy", reason="svy is not installed")
polars = pytest.importorskip("polars")

#: How svy is told of our designs.
FOR_SVY = {"unequal": {}, "paired": {"stratum": "stratum", "psu": "psu"}}


@pytest.fixture(params=[(name, raked) for name in FOR_SVY for raked in (False, True)], ids=str)
def both(request):
    """Our design and svy's sample, raked or not."""
    name, raked = request.param
    design = SurveyDesign(sample(name), weights="w", **DESIGNS[name])
    frame = polars.read_csv(FOLDER / "data" / f"{name}.csv", null_values="NA")
    drawn = svy.Sample(frame, svy.Design(wgt="w", **FOR_SVY[name]))
    if raked:
        three = three_margins(name)
        design = calibrate(design, three, method="raking", residuals="base")
        drawn = drawn.weighting.rake(controls=three, tol=1e-13, max_iter=10_000)
    return design, drawn


def same(design, found, theirs):
    assert found["estimate"].tolist() == pytest.approx([row.est for row in theirs], rel=1e-8)
    if design.calibration is None:
        assert found["se"].tolist() == pytest.approx([row.se for row in theirs], rel=1e-8)


def test_means_and_totals(both):
    design, sample = both
    same(design, design.mean("y"), sample.estimation.mean("y").estimates)
    same(design, design.total("y"), sample.estimation.total("y").estimates)


def test_ratio(both):
    design, sample = both
    same(design, design.ratio("y", "x"), sample.estimation.ratio("y", "x").estimates)


def test_shares_with_logit_intervals(both):
    design, sample = both
    found, theirs = design.proportion("cat"), sample.estimation.prop("cat").estimates
    same(design, found, theirs)
    if design.calibration is None:
        assert found["ci_low"].tolist() == pytest.approx([row.lci for row in theirs], rel=1e-8)
        assert found["ci_high"].tolist() == pytest.approx([row.uci for row in theirs], rel=1e-8)


def test_means_by_group(both):
    design, sample = both
    theirs = sorted(sample.estimation.mean("y", by="group").estimates, key=lambda row: row.by_level)
    same(design, design.mean("y", by="group"), theirs)
