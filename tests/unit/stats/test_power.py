import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmo.stats.power import power_of_difference, smallest_difference


@given(st.floats(5, 500), st.floats(5, 500), st.floats(0.1, 0.9), st.floats(0.001, 0.1), st.floats(0.5, 0.95))
def test_the_smallest_difference_has_the_wanted_power(first, second, share, alpha, power):
    found = smallest_difference(first, second, share, alpha=alpha, power=power)
    if math.isnan(found):  # then not even the largest possible difference has it
        largest = (first + second) * min((1 - share) / second, share / first)
        assert power_of_difference(first, second, share, largest, alpha=alpha) < power
    else:
        assert power_of_difference(first, second, share, found, alpha=alpha) == pytest.approx(power)


def test_more_tests_and_fewer_respondents_hide_more():
    plain = smallest_difference(92.5, 92.5, 0.5, alpha=0.05, power=0.8)
    assert smallest_difference(92.5, 92.5, 0.5, alpha=0.05 / 14, power=0.8) > plain
    assert smallest_difference(35, 35, 0.5, alpha=0.05, power=0.8) > plain


def test_two_tiny_groups_can_show_nothing():
    assert math.isnan(smallest_difference(3, 3, 0.5, alpha=0.001, power=0.9))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((0, 10, 0.5, 0.1), "0 and 10 respondents"),
        ((10, 10, 1.0, 0.1), "share 1.0"),
        ((10, 10, 0.9, 0.5), "differ by 0.5"),
    ],
)
def test_what_cannot_be_is_refused(arguments, told):
    with pytest.raises(ValueError, match=told):
        power_of_difference(*arguments, alpha=0.05)


def test_a_power_below_the_level_is_refused():
    with pytest.raises(ValueError, match=r"power 0\.01"):
        smallest_difference(10, 10, 0.5, alpha=0.05, power=0.01)
