"""What calibration refuses, and the evidence that it leaves."""

import json

import numpy as np
import pandas as pd
import pytest

from nsmo.stats import (
    CalibrationError,
    DesignError,
    SurveyDesign,
    calibrate,
    chisquare,
    smallest_feasible_bound,
    trim_weights,
)

SIZE = {"small": 80.0, "large": 20.0}
SECTOR = {"a": 50.0, "b": 50.0}


@pytest.fixture
def frame():
    return pd.DataFrame(
        {"size": ["small"] * 4 + ["large"] * 6, "sector": list("abababaabb"), "staff": np.arange(10.0) + 1}
    )


def refused(frame, margins, *expected, **options):
    with pytest.raises(CalibrationError) as caught:
        calibrate(SurveyDesign(frame), margins, **options)
    for text in expected:
        assert text in str(caught.value)
    return caught.value


def test_a_category_without_cases(frame):
    error = refused(frame, {"size": SIZE | {"giant": 5.0}}, "size = giant: target 5 but nobody")
    assert error.problems == [{"kind": "no cases", "margin": "size", "category": "giant", "target": 5.0}]


def test_a_category_without_target(frame):
    refused(frame, {"size": {"small": 80}}, "size = large: 6 respondents but no target")


def test_a_missing_value(frame):
    refused(
        frame.assign(size=[None, None, *frame["size"][2:]]),
        {"size": SIZE},
        "size: 2 respondents have no value",
    )


def test_unequal_totals_unless_told_to_rescale(frame):
    margins = {"size": SIZE, "sector": {"a": 300.0, "b": 100.0}}
    refused(frame, margins, "size: targets add up to 100", "sector: targets add up to 400", "total=")
    reached = calibrate(SurveyDesign(frame), margins, total=10).calibration.margins.set_index("category")[
        "reached"
    ]
    np.testing.assert_allclose(reached[["small", "large", "a", "b"]], [8, 2, 7.5, 2.5])


def test_every_problem_is_told_at_once(frame):
    error = refused(frame, {"size": {"small": -1.0, "huge": 3.0}, "sector": {"a": np.nan, "b": 1.0}})
    assert {(p["kind"], p["category"]) for p in error.problems if "category" in p} == {
        ("target", "small"), ("no target", "large"), ("no cases", "huge"), ("target", "a"),
    }  # fmt: skip


def test_margins_that_cannot_be_met_together(frame):
    nested = frame.assign(sector=["a"] * 4 + ["b"] * 6)
    error = refused(nested, {"size": SIZE, "sector": SECTOR}, "No weights at all meet these margins together")
    found = {(p["margin"], p["category"]): (p["target"], p["reached"]) for p in error.problems}
    assert found
    assert all(target != reached for target, reached in found.values())


def test_margins_that_need_weights_of_zero(frame):
    """small & b would have to weigh nothing for size and sector to agree."""
    odd = frame.assign(size=["small"] * 5 + ["large"] * 5, sector=["a"] * 4 + ["b"] * 6)
    refused(
        odd,
        {"size": {"small": 50.0, "large": 50.0}, "sector": SECTOR},
        "weight of zero",
        "size = small, sector = b",
    )


def test_limits_that_are_too_narrow_name_the_smallest_that_is_not(frame):
    margins = {"size": SIZE}
    assert smallest_feasible_bound(SurveyDesign(frame), margins) == pytest.approx(2)  # 80 % from 40 %
    refused(
        frame,
        margins,
        "size = small: target 80, reached 76",
        "smallest upper limit that can be met is 2",
        trim=1.9,
    )
    assert calibrate(SurveyDesign(frame), margins, trim=2.1).weights.max() == pytest.approx(20)


def test_no_bound_at_all():
    frame = pd.DataFrame({"x": ["a", "a", "b"], "y": ["c", "c", "d"]})
    margins = {"x": {"a": 1.0, "b": 2.0}, "y": {"c": 2.0, "d": 1.0}}
    assert smallest_feasible_bound(SurveyDesign(frame), margins) == np.inf


def test_bounds_on_the_wrong_scale_say_so(frame):
    refused(frame, {"size": {"small": 8e4, "large": 2e4}}, "trim= is in mean weights", bounds=(0.2, 5))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "ipf"}, "must be one of raking, linear, logit"),
        ({"method": "logit"}, "two finite bounds"),
        ({"method": "logit", "bounds": (1.1, 3)}, "around 1"),
        ({"bounds": (3, 1)}, "a lower and a higher number"),
        ({"trim": 0.9}, "around 1"),
        ({"method": "poststratify", "trim": 3}, "one margin of categories, without limits"),
        ({"total": -1}, "positive number"),
    ],
)
def test_options_that_make_no_sense(frame, options, message):
    refused(frame, {"size": SIZE}, message, **options)


def test_a_number_needs_one_total_and_a_category_one_each(frame):
    refused(frame, {"size": 100.0}, "give a target per category")
    by_number = calibrate(SurveyDesign(frame), {"size": SIZE, "staff": 400.0}, "linear")
    assert by_number.weights @ frame["staff"] == pytest.approx(400)


def test_a_domain_is_not_calibrated(frame):
    with pytest.raises(CalibrationError, match="whole sample"):
        calibrate(SurveyDesign(frame).subset(frame["staff"] > 2), {"size": SIZE})


def test_a_target_of_zero_gives_weights_of_zero(frame):
    raked = calibrate(SurveyDesign(frame), {"size": {"small": 100.0, "large": 0.0}, "sector": SECTOR})
    assert not raked.weights[4:].any()
    assert (raked.n, raked.calibration.weights["zero"]) == (4, 6)


def test_crossed_margins(frame):
    targets = {("small", "a"): 10.0, ("small", "b"): 20.0, ("large", "a"): 30.0, ("large", "b"): 40.0}
    design = calibrate(SurveyDesign(frame), {("size", "sector"): targets}, "poststratify")
    cells = pd.Series(design.weights).groupby([frame["size"], frame["sector"]]).sum()
    assert cells.to_dict() == pytest.approx(targets)
    assert design.calibration.margins["margin"].unique().tolist() == ["size × sector"]


@pytest.mark.parametrize("method", ["poststratify", "raking", "linear"])
def test_what_the_calibration_fixes_has_no_variance_at_all(method):
    # Shares whose sums do not come out even: rounding would leave a standard error of about 1e-17.
    rng = np.random.default_rng(3)
    size = rng.choice(["small", "middle", "large"], 185, p=[0.3, 0.5, 0.2])
    frame = pd.DataFrame({"size": size, "sector": rng.choice(list("ab"), 185), "w": rng.uniform(0.3, 7, 185)})
    targets = {"small": 1.7, "middle": 0.9, "large": 0.1}
    design = calibrate(SurveyDesign(frame, "w"), {"size": targets}, method)
    shares = design.proportion("size")
    assert shares["se"].tolist() == shares["deff"].tolist() == [0, 0, 0]
    assert (shares["ci_low"] == shares["estimate"]).all()
    assert (design.total("size")["se"] == 0).all()
    assert (design.difference("size", by="sector")["se"] > 0).all()  # not fixed within a sector
    assert (design.proportion("sector")["se"] > 0.01).all()


def test_a_table_that_the_calibration_fixes_is_not_tested(frame):
    targets = {("small", "a"): 10.0, ("small", "b"): 20.0, ("large", "a"): 30.0, ("large", "b"): 40.0}
    design = calibrate(SurveyDesign(frame), {("size", "sector"): targets}, "poststratify")
    for statistic in ("F", "Wald"):
        with pytest.raises(DesignError, match="calibration"):
            chisquare(design, "size", "sector", statistic)


def test_the_evidence(frame):
    design = calibrate(SurveyDesign(frame), {"size": SIZE, "sector": SECTOR}, trim=4)
    evidence = design.calibration
    small = evidence.margins.set_index("category").loc["small"]
    assert (small["n"], small["before"], small["target"]) == (4, 4, 80)
    assert (small["share_before"], small["share_target"]) == (0.4, 0.8)
    assert small["reached"] == pytest.approx(80)
    weights = evidence.weights
    assert weights["deff"] == pytest.approx(10 * (design.weights**2).sum() / 100**2)
    assert weights["n_eff"] == pytest.approx(10 / weights["deff"])
    assert weights["cv"] == pytest.approx(design.weights.std() / 10)
    assert (weights["n"], weights["max"]) == (10, design.weights.max())
    assert json.loads(json.dumps(evidence.as_dict()))["trim"] == [0.0, 4.0]


def test_trimming_afterwards_breaks_the_margin_and_says_so(frame):
    raked = calibrate(SurveyDesign(frame), {"size": SIZE})
    trimmed = trim_weights(raked, 1.5)
    assert trimmed.weights.max() == pytest.approx(15)
    assert trimmed.weights.sum() == pytest.approx(100)
    assert not trimmed.calibration.met
    assert trimmed.calibration.weights["trimmed"] == 4
    small = trimmed.calibration.margins.set_index("category").loc["small"]
    assert (small["target"], small["reached"]) == (80, pytest.approx(60))
    assert trim_weights(raked, 3).calibration.met
