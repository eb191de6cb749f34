"""Differences of shares: intervals recovered from those of the two shares, p by Rao and Scott."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from web_sample import population

from nsmo.stats import (
    SurveyDesign,
    calibrate,
    chisquare,
    difference,
    paired_share_difference,
    share_difference,
    ttest,
)
from nsmo.stats.intervals import mover


def two_groups(first, of_first, second, of_second, **columns):
    """A design of two groups with as many yes as given."""
    group = ["p"] * of_first + ["q"] * of_second
    yes = np.concatenate([np.arange(of_first) < first, np.arange(of_second) < second])
    return SurveyDesign(pd.DataFrame({"g": group, "y": yes, **columns}))


def wilson(count, n, z):
    p = count / n
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [  # Newcombe (1998), table II, method 10
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
        ((10, 10, 0, 20), (0.6791, 1.0000)),
        ((10, 10, 0, 10), (0.6075, 1.0000)),
    ],
)
def test_the_interval_of_wilsons_intervals_is_newcombes(counts, wanted):
    z = stats.norm.ppf(0.975)
    low, high = mover(wilson(*counts[:2], z), wilson(*counts[2:], z))
    assert (round(low, 4), round(min(high, 1), 4)) == wanted


def test_a_simple_random_sample_has_newcombes_interval_in_closed_form():
    """By t and with n - 1 cases, as the standard errors of a design have it."""
    design = two_groups(9, 30, 36, 50)
    found = share_difference(design, "y", "g", method="wilson")
    t = stats.t.ppf(0.975, [29, 49])
    # The variance of a group's share in the whole sample is p q / n_g times n / (n - 1).
    n_eff = np.array([30, 50]) * 79 / 80
    (a, a_low, a_high), (b, b_low, b_high) = (
        wilson(p * n, n, z) for p, n, z in zip((0.3, 0.72), n_eff, t, strict=True)
    )
    low = b - a - np.hypot(b - b_low, a_high - a)
    high = b - a + np.hypot(b_high - b, a - a_low)
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx((0.42, low, high), rel=1e-9)


def test_p_is_that_of_the_chi_square_test():
    design = two_groups(9, 30, 36, 50)
    found = share_difference(design, "y", "g")
    assert found.p == pytest.approx(chisquare(design, "y", "g").p, rel=1e-12)
    assert (found.n, found.df) == (80, 79)


def test_four_of_four_do_not_differ_from_24_of_40():
    """Wald: p = 7.6e-6, and an interval from -.56 to -.24; Fisher's exact p is .28."""
    design = two_groups(4, 4, 24, 40)
    assert ttest(design, "y", "g").p < 1e-5
    found = share_difference(design, "y", "g")
    assert found.p == pytest.approx(0.11, abs=0.01)
    assert found.ci_low < -0.4
    assert found.ci_high > 0


def test_three_of_three_against_none_of_three_is_not_certain():
    found = share_difference(two_groups(3, 3, 0, 3), "y", "g")
    assert found.estimate == -1
    assert found.ci_high > -0.3
    assert 0.01 < found.p < 0.1


def test_where_all_say_yes_there_is_no_p_but_an_interval():
    found = share_difference(two_groups(10, 10, 20, 20), "y", "g")
    assert found.estimate == 0
    assert np.isnan(found.p)
    assert found.ci_low < -0.1 < 0.2 < found.ci_high
    none = share_difference(two_groups(0, 10, 0, 20), "y", "g")
    assert none.ci_high == pytest.approx(-found.ci_low)


def rejected(size, share, small, large):
    """Chance that two groups with the same share are found different: by p, by interval, and by Wald."""
    counts = [np.arange(n + 1) for n in (small, large)]
    chances = [stats.binom.pmf(k, n, share) for k, n in zip(counts, (small, large), strict=True)]
    found = np.zeros(3)
    for one, other in product(*counts):
        chance = chances[0][one] * chances[1][other]
        if chance < 1e-5:
            continue
        design = two_groups(one, small, other, large)
        effect = share_difference(design, "y", "g")
        wald = ttest(design, "y", "g")
        found += chance * np.array(
            [effect.p < size, effect.ci_low > 0 or effect.ci_high < 0, wald.p < size or wald.se == 0]
        )
    return found


def test_equal_shares_of_a_small_and_a_large_group_are_seldom_found_different():
    """n = 10 and 200, both .9: Wald's test rejects in a third of the samples."""
    by_p, by_interval, by_wald = rejected(0.05, 0.9, 10, 200)
    assert by_wald > 0.3
    assert by_p < 0.06
    assert by_interval < 0.06


@pytest.mark.slow
@pytest.mark.parametrize(("share", "small", "large"), [(0.9, 20, 200), (0.9, 30, 300), (0.5, 15, 150)])
def test_the_size_of_the_test_at_other_sizes(share, small, large):
    by_p, by_interval, _ = rejected(0.05, share, small, large)
    assert by_p < 0.065
    assert by_interval < 0.065


def test_after_calibration_a_difference_covers_the_truth():
    """50+ against 2-9, of the web sample; the interval of base residuals is far too wide."""
    people = population(0.8)
    truth = people.share(size="50+") - people.share(size="2-9")
    rng = np.random.default_rng(9)
    held, width = {"adjusted": [], "base": []}, {"adjusted": [], "base": []}
    for _ in range(150):
        sample = people.draw(rng, 185)
        for kind in held:
            raked = calibrate(sample, people.margins, total=185, residuals=kind)
            found = share_difference(raked, "yes", "size", ("2-9", "50+"))
            held[kind].append(found.ci_low <= truth <= found.ci_high)
            width[kind].append(found.ci_high - found.ci_low)
    assert 0.9 < np.mean(held["adjusted"]) < 0.99
    assert np.mean(width["base"]) > 1.4 * np.mean(width["adjusted"])


def test_the_design_gives_the_same_for_all_options_and_pairs():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "psu": np.arange(240) // 12,
            "g": rng.choice(["a", "b", "c"], 240),
            "q": pd.Categorical(rng.choice(["x", "y", "z"], 240)),
            "w": rng.uniform(1, 3, 240),
        }
    )
    design = SurveyDesign(frame, "w", clusters="psu")
    table = design.difference("q", by="g")
    assert table["group"].tolist() == ["b - a", "c - a", "c - b"] * 3
    for row in table.itertuples():
        second, first = row.group.split(" - ")
        one = share_difference(design, "q", "g", (first, second), row.option)
        assert (row.estimate, row.se, row.df) == pytest.approx((one.estimate, one.se, one.df), rel=1e-9)
        assert (row.ci_low, row.ci_high, row.p) == pytest.approx((one.ci_low, one.ci_high, one.p), rel=1e-9)


def test_a_wald_difference_is_the_t_test():
    design = two_groups(9, 30, 36, 50)
    row = design.difference("y", by="g", shares="wald").iloc[0]
    test = ttest(design, "y", "g")
    assert (row["ci_low"], row["ci_high"], row["p"], row["df"]) == pytest.approx(
        (test.ci_low, test.ci_high, test.p, test.df)
    )


def test_means_and_shares_have_one_door():
    design = two_groups(9, 30, 36, 50, x=np.random.default_rng(1).normal(size=80))
    assert difference(design, "x", "g") == ttest(design, "x", "g")
    assert difference(design, "y", "g") == share_difference(design, "y", "g")


def paired(both, first, second, neither):
    counts = [both, first, second, neither]
    return SurveyDesign(
        pd.DataFrame(
            {
                "a": np.repeat([True, True, False, False], counts),
                "b": np.repeat([True, False, True, False], counts),
            }
        )
    )


def test_two_shares_of_the_same_people_are_compared_by_those_who_differ():
    found = paired_share_difference(paired(20, 15, 5, 40), "a", "b")
    assert found.estimate == pytest.approx(0.125)
    # McNemar's (b - c)² / (b + c), with n - 1 for n, by F with 19 degrees of freedom
    n_eff = 20 * 79 / 80  # the variance of a domain's share in a sample of 80
    assert found.p == pytest.approx(stats.f.sf(4 * n_eff * 0.25**2, 1, 19))
    assert found.ci_low > 0


def test_the_paired_interval_is_newcombes_with_the_correlation():
    design = paired(20, 15, 5, 40)
    a, b = (tuple(design.proportion(name)[["estimate", "ci_low", "ci_high"]].iloc[0]) for name in "ab")
    correlation = np.corrcoef(design.frame["a"], design.frame["b"])[0, 1]
    found = paired_share_difference(design, "a", "b")
    assert (found.ci_low, found.ci_high) == pytest.approx(mover(a, b, correlation), rel=1e-9)


def test_where_all_who_differ_chose_the_same_the_p_is_not_zero():
    found = paired_share_difference(paired(10, 5, 0, 10), "a", "b")
    assert 0.01 < found.p < 0.1
    assert np.isnan(paired_share_difference(paired(10, 0, 0, 10), "a", "b").p)


def test_equal_paired_shares_are_seldom_found_different():
    """Exact, over all tables of 20 of whom one in five differs."""
    rejected = 0.0
    for first, second in product(range(13), range(13)):
        chance = stats.multinomial.pmf([first, second, 20 - first - second], 20, [0.1, 0.1, 0.8])
        if chance > 1e-6:
            found = paired_share_difference(paired(5, first, second, 20 - first - second), "a", "b")
            rejected += chance * (found.p < 0.05)
    assert rejected < 0.06
