import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nsmo.stats import DesignError, SurveyDesign, correlation, correlations, cronbach_alpha, replicate_weights


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(10)
    n = 300
    thing = rng.normal(size=n)
    items = {f"i{k}": np.round(3 + thing + rng.normal(size=n)).clip(1, 5) for k in range(4)}
    return pd.DataFrame({**items, "psu": np.arange(n) // 10, "w": rng.uniform(1, 3, n)})


def test_without_weights_it_is_pearsons_r(frame):
    found = correlation(SurveyDesign(frame), "i0", "i1")
    assert found.estimate == pytest.approx(stats.pearsonr(frame["i0"], frame["i1"]).statistic)
    assert correlation(SurveyDesign(frame), "i1", "i0").se == pytest.approx(found.se)
    turned = correlation(SurveyDesign(frame.assign(i1=-7 * frame["i1"])), "i0", "i1")
    assert (turned.estimate, turned.ci_low) == pytest.approx((-found.estimate, -found.ci_high))


def test_the_interval_of_independent_normal_numbers_is_fishers():
    rng = np.random.default_rng(3)
    held = []
    for _ in range(300):
        frame = pd.DataFrame(rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 60), columns=["x", "y"])
        found = correlation(SurveyDesign(frame), "x", "y")
        held.append(found.ci_low <= 0.6 <= found.ci_high)
    assert 0.9 < np.mean(held) < 0.98


def test_the_same_numbers_correlate_without_error(frame):
    found = correlation(SurveyDesign(frame.assign(twice=2 * frame["i0"])), "i0", "twice")
    assert found.estimate == pytest.approx(1)
    assert np.isnan([found.p, found.ci_low]).all()


def test_all_pairs(frame):
    table = correlations(SurveyDesign(frame, "w"), ["i0", "i1", "i2"])
    assert table[["x", "y"]].to_numpy().tolist() == [["i0", "i1"], ["i0", "i2"], ["i1", "i2"]]
    one = correlation(SurveyDesign(frame, "w"), "i0", "i2")
    assert (table["estimate"][1], table["p"][1]) == (one.estimate, one.p)


def test_alpha_is_that_of_the_covariance_matrix(frame):
    items = [f"i{k}" for k in range(4)]
    found = cronbach_alpha(SurveyDesign(frame), items)
    matrix = frame[items].cov().to_numpy()
    assert found.estimate == pytest.approx(4 / 3 * (1 - np.trace(matrix) / matrix.sum()))
    assert found.ci_low < found.estimate < found.ci_high < 1


def test_the_same_item_twice_is_wholly_consistent(frame):
    found = cronbach_alpha(SurveyDesign(frame.assign(copy=frame["i0"])), ["i0", "copy"])
    assert found.estimate == pytest.approx(1)


def test_errors_are_those_of_a_jackknife(frame):
    design = SurveyDesign(frame, "w", clusters="psu")
    jackknife = replicate_weights(design, "jk1")
    for function, arguments in ((correlation, ("i0", "i1")), (cronbach_alpha, (["i0", "i1", "i2"],))):
        one, two = (function(d, *arguments) for d in (design, jackknife))
        assert one.estimate == pytest.approx(two.estimate)
        assert one.se == pytest.approx(two.se, rel=0.05)


def test_the_interval_of_alpha_holds_the_truth():
    """Four items of variance 2 with covariances 1: alpha is 4/3 (1 - 8/20) = .8."""
    rng = np.random.default_rng(8)
    held = []
    for _ in range(300):
        answers = rng.normal(size=(80, 1)) + rng.normal(size=(80, 4))
        found = cronbach_alpha(SurveyDesign(pd.DataFrame(answers, columns=list("abcd"))), list("abcd"))
        held.append(found.ci_low <= 0.8 <= found.ci_high)
    assert 0.9 < np.mean(held) < 0.98


def test_what_cannot_be_correlated_is_refused(frame):
    design = SurveyDesign(frame.assign(same=1.0, text="a"))
    with pytest.raises(DesignError, match="same value for all 300"):
        correlation(design, "i0", "same")
    with pytest.raises(DesignError, match="expected numbers"):
        correlation(design, "i0", "text")
    with pytest.raises(DesignError, match="two items or more"):
        cronbach_alpha(design, ["i0"])
    with pytest.raises(DesignError, match="needs two columns"):
        correlations(design, "i0")
