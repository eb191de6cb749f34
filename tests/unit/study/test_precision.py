"""The digits that go to a file."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmo.study.precision import DIGITS, rounded


@given(st.floats(min_value=1e-300, max_value=1e300) | st.floats(min_value=-1e300, max_value=-1e-300))
def test_no_more_is_lost_than_the_last_digit(value):
    assert rounded(value) == pytest.approx(value, rel=0.5 * 10.0 ** (1 - DIGITS) * (1 + 1e-5))
    assert rounded(rounded(value)) == rounded(value)


def test_the_last_bit_of_a_processor_is_gone():
    weight = 0.1 + 0.2
    assert rounded(weight) == rounded(np.nextafter(weight, 1)) == 0.3


def test_only_floats_change_and_missing_stays_missing():
    frame = pd.DataFrame(
        {
            "weight": [1 / 3, np.nan],
            "n": [12345678901234, 2],
            "answer": pd.Categorical(["yes", None]),
            "nullable": pd.array([2 / 3, None], dtype="Float64"),
        }
    )
    before = frame.copy()
    after = rounded(frame)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(after[["n", "answer"]], before[["n", "answer"]])
    assert after.weight[0] == 0.3333333333
    assert np.isnan(after.weight[1])
    assert after.nullable[0] == 0.6666666667
    assert after.nullable.isna()[1]
    assert after.dtypes.equals(frame.dtypes)


def test_containers_are_looked_through():
    evidence = {"bounds": (0, float("inf")), "rows": [{"deff": 2 / 3, "n": 3, "name": "a"}], "none": None}
    assert rounded(evidence) == {
        "bounds": [0, float("inf")],
        "rows": [{"deff": 0.6666666667, "n": 3, "name": "a"}],
        "none": None,
    }
