"""What a difference that does not show leaves possible."""

import math

import pytest

from nsmo.stats import DesignError
from nsmo.stats.equivalence import cohens_h, excluded_difference


def logit_interval(yes, n, t):
    p = yes / n
    half = t * math.sqrt(1 / ((n - 1) * p * (1 - p)))
    odds = math.log(p / (1 - p))
    return tuple(1 / (1 + math.exp(-(odds + sign * half))) for sign in (-1, 1))


def test_the_margin_is_the_larger_end_of_the_interval_at_90_percent():
    """By hand: logit intervals of the shares at 90 %, put together as Newcombe does."""
    from scipy.stats import t

    (yes1, n1), (yes2, n2) = (119, 139), (36, 46)
    low1, high1 = logit_interval(yes1, n1, t.ppf(0.95, n1 - 1))
    low2, high2 = logit_interval(yes2, n2, t.ppf(0.95, n2 - 1))
    p1, p2 = yes1 / n1, yes2 / n2
    ends = (
        p2 - p1 - math.hypot(p2 - low2, high1 - p1),
        p2 - p1 + math.hypot(high2 - p2, p1 - low1),
    )
    found = excluded_difference((yes1, n1), (yes2, n2))
    assert found == pytest.approx(max(map(abs, ends)), abs=2e-3)


def test_more_respondents_exclude_more_and_the_order_of_groups_does_not_matter():
    small = excluded_difference((25, 50), (25, 50))
    large = excluded_difference((2500, 5000), (2500, 5000))
    assert large < small / 5
    # Of two equal shares of one half: 1.645 standard errors of .5 √(2 / n).
    assert large == pytest.approx(1.645 * 0.5 * math.sqrt(2 / 5000), rel=0.01)
    assert excluded_difference((10, 40), (30, 60)) == pytest.approx(excluded_difference((30, 60), (10, 40)))


def test_shares_of_none_and_all_have_a_margin_too():
    assert 0 < excluded_difference((0, 20), (0, 20)) < 0.3


@pytest.mark.parametrize("group", [(1, 1), (5, 4), (-1, 10)])
def test_counts_that_do_not_fit_are_refused(group):
    with pytest.raises(DesignError, match="a group needs two"):
        excluded_difference(group, (5, 10))


def test_an_alpha_out_of_range_is_refused():
    with pytest.raises(DesignError, match="alpha"):
        excluded_difference((5, 10), (5, 10), alpha=0.5)


def test_cohens_h():
    assert cohens_h(1, 0) == pytest.approx(math.pi)
    assert cohens_h(0.5, 0.25) == pytest.approx(math.pi / 2 - math.pi / 3)
