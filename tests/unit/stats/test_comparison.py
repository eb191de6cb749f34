"""t tests and rank tests: what they reduce to, what they must not depend on, what they refuse."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from nsmo.stats import DesignError, SurveyDesign
from nsmo.stats.comparison import ranktest, ttest


def sample(n=200, seed=5):
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b", "c"], n)
    return pd.DataFrame(
        {
            "score": np.round(rng.normal(5, 2, n) + (group == "b"), 1),
            "level": rng.integers(1, 6, n),
            "group": group,
            "pair": rng.choice(["x", "y"], n),
            "w": rng.uniform(0.5, 4, n),
            "cluster": rng.integers(0, 20, n),
        }
    )


def test_one_mean_against_a_number():
    frame = sample()
    found = ttest(SurveyDesign(frame), "score", mu=5)
    plain = stats.ttest_1samp(frame["score"], 5)
    assert found.estimate == pytest.approx(frame["score"].mean())
    assert (found.estimate - 5) / found.se == pytest.approx(plain.statistic, rel=1e-12)
    assert found.df == plain.df - 1  # as R


def test_two_means_are_welchs_but_for_the_small_sample_factor():
    frame = sample()
    found = ttest(SurveyDesign(frame), "score", "pair")
    x, y = (frame.loc[frame["pair"] == g, "score"] for g in "xy")
    n = len(frame)
    within = x.var(ddof=0) / len(x) + y.var(ddof=0) / len(y)
    assert found.estimate == pytest.approx(y.mean() - x.mean(), rel=1e-12)
    assert found.se == pytest.approx(np.sqrt(within * n / (n - 1)), rel=1e-12)


def test_a_pair_of_groups_is_the_domain_of_both_not_a_new_sample():
    design = SurveyDesign(sample(), weights="w", clusters="cluster")
    chosen = ttest(design, "score", "group", groups=("a", "c"))
    domain = ttest(design.subset((design.frame["group"] != "b").to_numpy()), "score", "group")
    assert chosen == domain
    assert chosen.n < design.n


def test_the_order_of_groups_turns_the_sign():
    design = SurveyDesign(sample(), weights="w")
    there, back = ttest(design, "score", "pair", ("x", "y")), ttest(design, "score", "pair", ("y", "x"))
    assert there.estimate == pytest.approx(-back.estimate)
    assert there.p == pytest.approx(back.p)


def test_t_tests_agree_with_the_difference_of_the_design():
    design = SurveyDesign(sample(), weights="w", clusters="cluster")
    found = ttest(design, "score", "pair")
    row = design.difference("score", by="pair", statistic="mean").iloc[0]
    assert found.estimate == pytest.approx(row["estimate"], rel=1e-12)
    assert found.se == pytest.approx(row["se"], rel=1e-12)


@pytest.mark.parametrize("test", ["wilcoxon", "KruskalWallis", "vanderWaerden", "median"])
@pytest.mark.parametrize("by", ["pair", "group"])
def test_rank_tests_do_not_depend_on_the_order_of_tied_rows(test, by):
    frame = sample()
    mixed = frame.sample(frac=1, random_state=3).reset_index(drop=True)
    one = ranktest(SurveyDesign(frame, weights="w", clusters="cluster"), "level", by, test=test)
    other = ranktest(SurveyDesign(mixed, weights="w", clusters="cluster"), "level", by, test=test)
    assert one.p == pytest.approx(other.p, rel=1e-9)


@pytest.mark.parametrize("test", ["wilcoxon", "vanderWaerden", "median"])
def test_rank_tests_only_use_the_order(test):
    frame = sample()
    design = SurveyDesign(frame.assign(stretched=np.exp(frame["score"])), weights="w")
    assert (
        ranktest(design, "stretched", "pair", test=test).p == ranktest(design, "score", "pair", test=test).p
    )


def test_wilcoxon_without_weights_is_close_to_the_classic_test():
    frame = sample(2000)
    x, y = (frame.loc[frame["pair"] == g, "level"] for g in "xy")
    classic = stats.mannwhitneyu(x, y, use_continuity=False).pvalue
    assert ranktest(SurveyDesign(frame), "level", "pair").p == pytest.approx(classic, rel=0.02)


def test_kruskal_wallis_without_weights_is_close_to_the_classic_test():
    frame = sample(3000)
    classic = stats.kruskal(*[frame.loc[frame["group"] == g, "level"] for g in "abc"]).pvalue
    assert ranktest(SurveyDesign(frame), "level", "group").p == pytest.approx(classic, rel=0.03)


def test_rank_test_of_collapsed_cells_is_that_of_respondents():
    design = SurveyDesign(sample(), weights="w")
    for by in ("pair", "group"):
        one, other = ranktest(design, "level", by), ranktest(design.cells(["level", by]), "level", by)
        assert one.p == pytest.approx(other.p, rel=1e-9)
        assert one.n == other.n


@given(st.lists(st.integers(1, 5), min_size=6, max_size=40).filter(lambda v: len(set(v)) > 1))
def test_two_groups_by_kruskal_wallis_is_wilcoxon(levels):
    frame = pd.DataFrame({"level": levels, "pair": [["x", "y"][i % 2] for i in range(len(levels))]})
    design = SurveyDesign(frame)
    assert ranktest(design, "level", "pair").p == pytest.approx(
        ranktest(design, "level", "pair", test="KruskalWallis").p, nan_ok=True
    )


def test_what_cannot_be_compared_is_refused_by_name():
    design = SurveyDesign(sample())
    with pytest.raises(DesignError, match=r"'group' has 3 categories \('a', 'b', 'c'\)"):
        ttest(design, "score", "group")
    with pytest.raises(DesignError, match="'group' holds"):
        ttest(design, "group", "pair")
    with pytest.raises(DesignError, match="'z' does not occur"):
        ttest(design, "score", "group", groups=("a", "z"))
    with pytest.raises(DesignError, match=r"'group'.*no order"):
        ranktest(design, "group", "pair")
    with pytest.raises(DesignError, match=r"\['z'\] do not occur"):
        ranktest(design, "score", "group", groups=("a", "z"))
    with pytest.raises(DesignError, match="test must be one of"):
        ranktest(design, "score", "pair", test="Wilcoxon")
