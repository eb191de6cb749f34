"""Standard errors after calibration: by which weights the residuals are taken."""

import numpy as np
import pandas as pd
import pytest
from web_sample import population

from nsmo.stats import (
    CalibrationError,
    DesignError,
    SurveyDesign,
    calibrate,
    calibrated_design,
    replicate_weights,
)

KINDS = ["adjusted", "final", "base"]


@pytest.fixture(scope="module")
def people():
    return population(0.5)


@pytest.fixture
def sample(people):
    return people.draw(np.random.default_rng(12), 185)


def test_final_residuals_are_those_of_a_calibration_that_changes_nothing(people, sample):
    """With the raked weights as base weights, R's convention and Särndal and Lundström's are the same."""
    raked = calibrate(sample, people.margins, total=185, residuals="final")
    again = SurveyDesign(sample.frame.assign(w=raked.weights), "w")
    unchanged = calibrate(again, people.margins, "linear", total=185, residuals="base")
    np.testing.assert_allclose(unchanged.weights, raked.weights, rtol=1e-9)
    for by in (None, "size", ["size", "sector"]):
        one, two = raked.mean("yes", by=by), unchanged.mean("yes", by=by)
        np.testing.assert_allclose(one["se"], two["se"], rtol=1e-8, atol=1e-15)


def test_final_residuals_are_the_derivative_of_a_raked_share(people, sample):
    """Move one respondent's base weight, rake again, and the share moves by his influence."""
    margins = {name: {k: 185 * v for k, v in target.items()} for name, target in people.margins.items()}
    raked = calibrate(SurveyDesign(sample.frame), margins, residuals="final", tol=1e-13).subset(
        sample.frame["size"] == "50+"
    )
    share = raked.mean("yes")["estimate"][0]
    yes = sample.frame["yes"].to_numpy(dtype=float)
    scores = raked.weights * (yes - share) / raked.weights.sum()
    residual = raked.projections[0].residual(scores[:, None])[:, 0]
    step = 1e-5
    for row in (0, 7, 60, 111):
        moved = []
        for side in (-1, 1):
            base = np.ones(185)
            base[row] += side * step
            again = calibrate(SurveyDesign(sample.frame.assign(w=base), "w"), margins, tol=1e-13)
            moved.append(again.subset(sample.frame["size"] == "50+").mean("yes")["estimate"][0])
        assert (moved[1] - moved[0]) / (2 * step) == pytest.approx(residual[row], rel=1e-4, abs=1e-9)


def test_adjusted_residuals_are_what_a_jackknife_that_is_raked_again_shows(people, sample):
    raked = calibrate(sample, people.margins, total=185, residuals="adjusted")
    jackknife = replicate_weights(raked, "jk1")
    for by in (None, "size", "sector"):
        ratio = raked.proportion("yes", by=by)["se"] / jackknife.proportion("yes", by=by)["se"]
        assert ratio.between(0.93, 1.07).all(), ratio.tolist()


def test_base_residuals_exaggerate_the_error_of_the_class_that_weighting_shrinks(people, sample):
    by_kind = {
        kind: calibrate(sample, people.margins, total=185, residuals=kind).proportion("yes", by="size")
        for kind in KINDS
    }
    se = {kind: frame.set_index("group")["se"]["50+"] for kind, frame in by_kind.items()}
    assert se["base"] > 1.8 * se["final"]
    assert se["final"] < se["adjusted"] < 1.1 * se["final"]
    assert by_kind["base"]["estimate"].equals(by_kind["final"]["estimate"])


@pytest.mark.parametrize("kind", KINDS)
def test_cells_and_stored_weights_keep_the_standard_errors(people, sample, kind):
    raked = calibrate(sample, people.margins, total=185, trim=(0.02, 6), residuals=kind)
    assert raked.residuals == kind
    wanted = raked.mean("yes", by="sector")
    cells = raked.cells(["yes", "sector"]).mean("yes", by="sector")
    stored = calibrated_design(raked.frame, raked.weights, ["size", "sector"], residuals=kind)
    for found in (cells, stored.mean("yes", by="sector")):
        pd.testing.assert_frame_equal(found, wanted, rtol=1e-10)
    assert stored.residuals == kind
    fixed = raked.proportion("size")
    assert (fixed["se"] == 0).all()


def test_cells_of_unequal_weights_keep_adjusted_standard_errors(people, sample):
    frame = sample.frame.assign(w=np.random.default_rng(3).choice([1.0, 2.0, 3.0], 185))
    raked = calibrate(SurveyDesign(frame, "w"), people.margins, total=185, residuals="adjusted")
    pd.testing.assert_frame_equal(
        raked.cells(["yes", "size"]).mean("yes", by="size"), raked.mean("yes", by="size"), rtol=1e-10
    )


@pytest.mark.parametrize("kind", ["adjusted", "final"])
def test_calibrated_twice_agrees_with_the_jackknife(people, sample, kind):
    once = calibrate(sample, {"size": people.margins["size"]}, total=185, residuals=kind)
    twice = calibrate(once, people.margins, total=185, residuals=kind)
    ratio = twice.mean("yes", by="size")["se"] / replicate_weights(twice, "jk1").mean("yes", by="size")["se"]
    assert ratio.between(0.8, 1.1).all(), ratio.tolist()


def test_an_unknown_kind_is_refused(people, sample):
    with pytest.raises(DesignError, match="adjusted, final, base"):
        calibrate(sample, people.margins, total=185, residuals="new")
    with pytest.raises(DesignError, match="adjusted, final, base"):
        calibrated_design(sample.frame, np.ones(185), ["size"], residuals="new")


def test_cells_that_hide_the_leverage_are_refused(people, sample):
    frame = sample.frame.assign(w=np.random.default_rng(3).choice([1.0, 2.0], 185))
    cells = SurveyDesign(frame, "w").cells(["size", "sector", "yes"])
    with pytest.raises(CalibrationError, match="hides their leverage"):
        calibrate(cells, people.margins, total=185, residuals="adjusted")
    equal = calibrate(
        sample.cells(["size", "sector", "yes"]), people.margins, total=185, residuals="adjusted"
    )
    rows = calibrate(sample, people.margins, total=185, residuals="adjusted")
    pd.testing.assert_frame_equal(
        equal.proportion("yes", by="size"), rows.proportion("yes", by="size"), rtol=1e-9
    )
