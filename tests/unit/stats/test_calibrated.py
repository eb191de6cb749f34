import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmo.stats import DesignError, SurveyDesign, calibrate, calibrated_design, somers_d, ttest

SIZE = {"small": 0.6, "middle": 0.3, "large": 0.1}
SECTOR = {"a": 0.5, "b": 0.5}


@pytest.fixture
def frame():
    rng = np.random.default_rng(8)
    rows = 90
    size = rng.choice(list(SIZE), rows)
    sector = rng.choice(list(SECTOR), rows, p=[0.3, 0.7])
    number = rng.poisson(2 + (size == "large") + (sector == "a"))
    return pd.DataFrame(
        {
            "size": size,
            "sector": sector,
            "number": number,
            "many": number > 2,
            "base": rng.uniform(1, 3, rows),
        }
    )


@pytest.mark.parametrize("base", [None, "base"])
def test_everything_estimated_is_that_of_the_calibrated_design(frame, base):
    original = calibrate(SurveyDesign(frame, base), {"size": SIZE, "sector": SECTOR}, trim=3, total=90)
    stored = frame.assign(weight=original.weights)
    restored = calibrated_design(stored, "weight", ["size", "sector"], base)
    for estimator in ("mean", "total"):
        one = getattr(original, estimator)("number", by="size")
        two = getattr(restored, estimator)("number", by="size")
        pd.testing.assert_frame_equal(one, two, rtol=1e-10)
    pd.testing.assert_frame_equal(original.proportion("many"), restored.proportion("many"), rtol=1e-10)
    assert somers_d(original, "number", "many").se == pytest.approx(somers_d(restored, "number", "many").se)
    assert ttest(original, "number", "sector").se == pytest.approx(ttest(restored, "number", "sector").se)


def test_shares_of_the_margins_have_no_error_left(frame):
    weights = calibrate(SurveyDesign(frame), {"size": SIZE}, total=90).weights
    table = calibrated_design(frame, weights, ["size"]).proportion("size")
    assert table["se"].max() < 1e-12


@given(st.integers(1, 10**6))
def test_order_of_rows_and_margins_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": list("xxyyxy"), "b": list("uvuvuv"), "y": rng.normal(size=6)})
    frame["w"] = rng.uniform(0.5, 2, 6)
    shuffled = frame.sample(frac=1, random_state=seed).reset_index(drop=True)
    one = calibrated_design(frame, "w", ["a", "b"]).mean("y")["se"].iloc[0]
    two = calibrated_design(shuffled, "w", ["b", "a"]).mean("y")["se"].iloc[0]
    assert one == pytest.approx(two, abs=1e-12)


def test_faults_are_named(frame):
    with pytest.raises(DesignError, match="no margins"):
        calibrated_design(frame, "base", [])
    with pytest.raises(DesignError, match="1 respondents have no value in the margin 'size'"):
        calibrated_design(frame.assign(size=frame["size"].where(frame.index > 0)), "base", ["size"])
    with pytest.raises(DesignError, match="above zero where"):
        calibrated_design(frame, "base", ["size"], np.r_[0.0, np.ones(89)])
