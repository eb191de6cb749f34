import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nsmo.stats import DesignError, SurveyDesign, calibrate, goodness_of_fit
from nsmo.stats.quadratic import sum_tail

SHARES = {"a": 0.5, "b": 0.3, "c": 0.2}


def design(counts, **options):
    answers = np.repeat(list("abc"), counts)
    return SurveyDesign(pd.DataFrame({"q": answers, "psu": np.arange(len(answers)) % 20}), **options)


def test_x2_is_pearsons():
    found = goodness_of_fit(design([60, 25, 15]), "q", SHARES, "sum")
    assert found.statistic == pytest.approx(stats.chisquare([60, 25, 15], [50, 30, 20]).statistic)


def test_yes_or_no_is_the_square_of_the_t_test():
    frame = pd.DataFrame({"q": [True] * 30 + [False] * 70})
    found = goodness_of_fit(SurveyDesign(frame), "q", {"True": 0.4, "False": 0.6})
    t = (0.3 - 0.4) / np.sqrt(0.3 * 0.7 / 99)
    assert found.statistic == pytest.approx(t**2)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), 99))


def test_the_size_of_the_test_with_clusters():
    """Clusters that are much alike: Pearson's own test rejects far too often."""
    rng = np.random.default_rng(1)
    rejected = np.zeros(2)
    for _ in range(400):
        chances = rng.dirichlet(np.array([0.5, 0.3, 0.2]) * 8, 40)
        answers = np.concatenate([rng.choice(list("abc"), 10, p=p) for p in chances])
        frame = pd.DataFrame({"q": answers, "psu": np.arange(400) // 10})
        counts = frame["q"].value_counts().reindex(list("abc"))
        found = goodness_of_fit(SurveyDesign(frame, clusters="psu"), "q", SHARES)
        rejected += (
            found.p < 0.05,
            stats.chisquare(counts, counts.sum() * np.array([0.5, 0.3, 0.2])).pvalue < 0.05,
        )
    assert 0.025 < rejected[0] / 400 < 0.085
    assert rejected[1] / 400 > 0.15


@pytest.mark.parametrize(("shares", "message"), [
    ({"a": 0.5, "b": 0.5}, "no share for c"),
    (SHARES | {"d": 0.1}, "nobody answered d"),
    (SHARES | {"c": 0}, "all above zero"),
])  # fmt: skip
def test_shares_that_do_not_suit_are_refused(shares, message):
    with pytest.raises(DesignError, match=message):
        goodness_of_fit(design([60, 25, 15]), "q", shares)


def test_shares_that_the_calibration_fixes_are_refused():
    fixed = calibrate(design([60, 25, 15]), {"q": {"a": 40, "b": 40, "c": 20}})
    with pytest.raises(DesignError, match="nothing to test"):
        goodness_of_fit(fixed, "q", SHARES)


@pytest.mark.parametrize("df", [1, 2, 5])
@pytest.mark.parametrize("value", [1e-3, 0.5, 4, 60, 500])
def test_the_tail_of_a_sum_of_chi_squares(df, value):
    assert sum_tail(2.5 * value, np.full(df, 2.5)) == pytest.approx(stats.chi2.sf(value, df), rel=1e-10)
