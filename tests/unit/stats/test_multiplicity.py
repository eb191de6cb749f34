"""Holm and Benjamini-Hochberg against R's p.adjust and their definitions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmo.stats.multiplicity import benjamini_hochberg, holm

chances = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_values_of_r_p_adjust():
    p = [0.01, 0.02, 0.03, 0.04, 0.05]
    np.testing.assert_allclose(holm(p), [0.05, 0.08, 0.09, 0.09, 0.09])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.05] * 5)
    p = [0.03, 0.001, 0.5, 0.02]
    np.testing.assert_allclose(holm(p), [0.06, 0.004, 0.5, 0.06])
    np.testing.assert_allclose(benjamini_hochberg(p), [0.04, 0.004, 0.5, 0.04])


def test_a_series_keeps_its_index_and_order():
    p = pd.Series([0.04, 0.01], index=["later", "first"], name="p")
    pd.testing.assert_series_equal(holm(p), pd.Series([0.04, 0.02], index=["later", "first"], name="p"))


@given(chances)
def test_adjusted_lie_between_the_raw_and_bonferronis(p):
    p = np.array(p)
    for adjust in (holm, benjamini_hochberg):
        found = adjust(p)
        assert (found >= p - 1e-15).all()
        assert (found <= np.minimum(1, p * len(p)) + 1e-15).all()
    assert (benjamini_hochberg(p) <= holm(p) + 1e-15).all()


@given(chances, st.floats(0.001, 0.5))
def test_holm_rejects_what_the_step_down_rule_rejects(p, level):
    rejected = np.zeros(len(p), dtype=bool)
    for step, i in enumerate(np.argsort(p, kind="stable")):
        if p[i] * (len(p) - step) > level:
            break
        rejected[i] = True
    np.testing.assert_array_equal(holm(p) <= level, rejected)


@pytest.mark.parametrize("p", [[0.1, np.nan], [0.1, 1.2], [-0.1]])
@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_what_is_no_p_value_is_refused_with_its_place(adjust, p):
    with pytest.raises(ValueError, match=f"1 of {len(p)} p-values.*{len(p) - 1}: "):
        adjust(p)
