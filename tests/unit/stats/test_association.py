"""Chi-square, Cramér's V, odds ratio and Somers' D: against closed forms and other implementations."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats

from nsmo.stats import DesignError, SurveyDesign
from nsmo.stats.association import chisquare, cramers_v, odds_ratio, somers_d
from nsmo.stats.comparison import ttest
from nsmo.stats.quadratic import saddlepoint, upper_tail
from nsmo.stats.regression import glm


def sample(n=300, seed=7):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, n)
    y = np.clip(x + rng.integers(-2, 3, n), 0, 4)
    return pd.DataFrame(
        {
            "x": x,
            "y": y,
            "high_x": x > 1,
            "high_y": y > 2,
            "colour": rng.choice(["blue", "green", "red"], n),
            "w": rng.uniform(1, 5, n),
            "cluster": rng.integers(0, 25, n),
        }
    )


tables = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 4), st.floats(0.2, 5)), min_size=8, max_size=60
).filter(lambda rows: len({x for x, _, _ in rows}) > 1)


# ---- Somers' D ---------------------------------------------------------------------------------------------


def test_somers_d_is_that_of_scipy_without_weights():
    frame = sample()
    ours = somers_d(SurveyDesign(frame), "x", "y")
    assert ours.estimate == pytest.approx(stats.somersd(frame["x"], frame["y"]).statistic, rel=1e-12)


def test_somers_d_has_the_textbook_standard_error():
    """Goodman and Kruskal's ASE1, with the n/(n-1) of a sample variance."""
    frame = sample()
    t = pd.crosstab(frame["x"], frame["y"]).to_numpy(float)
    n, (rows, columns) = t.sum(), t.shape
    concordance = np.array(
        [
            [
                t[:i, :j].sum() + t[i + 1 :, j + 1 :].sum() - t[:i, j + 1 :].sum() - t[i + 1 :, :j].sum()
                for j in range(columns)
            ]
            for i in range(rows)
        ]
    )
    untied = n**2 - (t.sum(1) ** 2).sum()
    surplus = (t * concordance).sum()
    inner = untied * concordance - surplus * (n - t.sum(1))[:, None]
    closed = 2 / untied**2 * np.sqrt((t * inner**2).sum())
    ours = somers_d(SurveyDesign(frame), "x", "y")
    assert ours.se == pytest.approx(closed * np.sqrt(n / (n - 1)), rel=1e-12)


def test_somers_d_of_two_yes_no_questions_is_the_difference_in_points():
    design = SurveyDesign(sample(), weights="w", clusters="cluster")
    ours, points = somers_d(design, "high_x", "high_y"), ttest(design, "high_y", "high_x")
    assert ours.estimate == pytest.approx(points.estimate, rel=1e-12)
    assert ours.se == pytest.approx(points.se, rel=1e-12)


@given(tables)
@example([(0, 0, 0.2)] * 7 + [(1, 1, 0.95)])  # rounds to a little more than 1
def test_somers_d_is_the_weighted_count_of_pairs(rows):
    frame = pd.DataFrame(rows, columns=["x", "y", "w"])
    x, y, w = (frame[c].to_numpy() for c in "xyw")
    pairs = np.outer(w, w)
    dx, dy = np.sign(x[:, None] - x), np.sign(y[:, None] - y)
    ours = somers_d(SurveyDesign(frame, weights="w"), "x", "y")
    assert ours.estimate == pytest.approx((pairs * dx * dy).sum() / (pairs * (dx != 0)).sum(), abs=1e-12)
    if ours.se > 0 or abs(ours.estimate) == 1:
        assert -1 <= ours.ci_low <= ours.estimate <= ours.ci_high <= 1
    else:
        assert np.isnan([ours.ci_low, ours.ci_high, ours.p]).all()


def test_that_all_answer_the_same_does_not_prove_that_nothing_goes_with_it():
    ours = somers_d(SurveyDesign(pd.DataFrame({"x": range(9), "y": 1})), "x", "y")
    assert (ours.estimate, ours.se) == (0, 0)
    assert np.isnan([ours.ci_low, ours.ci_high, ours.p]).all()


@given(tables)
def test_somers_d_turns_its_sign_with_the_scale(rows):
    frame = pd.DataFrame(rows, columns=["x", "y", "w"])
    design = SurveyDesign(frame.assign(down=4 - frame["y"]), weights="w")
    assert somers_d(design, "x", "down").estimate == pytest.approx(
        -somers_d(design, "x", "y").estimate, abs=1e-12
    )


def test_somers_d_covers_the_truth_of_a_known_population():
    """Independent questions have D = 0: the interval covers it in about 95 of 100 samples."""
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(400):
        frame = pd.DataFrame({"x": rng.integers(0, 3, 80), "y": rng.integers(0, 4, 80)})
        found = somers_d(SurveyDesign(frame), "x", "y")
        inside += found.ci_low <= 0 <= found.ci_high
    assert 0.92 <= inside / 400 <= 0.98


def test_somers_d_refuses_categories_without_an_order():
    with pytest.raises(DesignError, match=r"'colour'.*no order"):
        somers_d(SurveyDesign(sample()), "colour", "y")


def test_somers_d_takes_ordered_categories_in_their_declared_order():
    frame = sample()
    words = pd.Categorical.from_codes(frame["x"], ["none", "few", "some", "all"], ordered=True)
    design = SurveyDesign(frame.assign(words=words))
    assert somers_d(design, "words", "y").estimate == somers_d(design, "x", "y").estimate


# ---- chi-square and Cramér's V -----------------------------------------------------------------------------


def test_chisquare_of_a_simple_sample_is_pearsons():
    """With equal weights the design effects are n/(n-1): the second-order F is Pearson's X² over df."""
    frame = sample()
    pearson, _, df, _ = stats.chi2_contingency(pd.crosstab(frame["x"], frame["colour"]), correction=False)
    first = chisquare(SurveyDesign(frame), "x", "colour", "Chisq")
    second = chisquare(SurveyDesign(frame), "x", "colour")
    assert first.statistic == pytest.approx(pearson, rel=1e-12)
    assert first.df == df
    n = len(frame)
    assert second.statistic == pytest.approx(pearson / df * (n - 1) / n, rel=0.02)
    assert second.df == pytest.approx(df, rel=0.01)


def test_chisquare_counts_only_who_answered_both():
    frame = sample()
    holes = frame.assign(colour=frame["colour"].where(frame.index % 5 != 0))
    kept = chisquare(SurveyDesign(frame[frame.index % 5 != 0].reset_index(drop=True)), "x", "colour")
    found = chisquare(SurveyDesign(holes), "x", "colour")
    assert found.n == kept.n == 240
    assert found.statistic == pytest.approx(kept.statistic, rel=0.01)  # n/(n-1) of the whole design


@pytest.mark.parametrize("statistic", ["F", "Chisq", "Wald", "adjWald"])
def test_chisquare_does_not_care_which_question_is_in_the_rows(statistic):
    design = SurveyDesign(sample(), weights="w", clusters="cluster")
    one, other = chisquare(design, "x", "colour", statistic), chisquare(design, "colour", "x", statistic)
    assert one.statistic == pytest.approx(other.statistic, rel=1e-9)
    assert one.p == pytest.approx(other.p, rel=1e-8)


@pytest.mark.parametrize("statistic", ["F", "Chisq", "Wald", "adjWald"])
def test_chisquare_of_collapsed_cells_is_that_of_respondents(statistic):
    design = SurveyDesign(sample(), weights="w")
    cells = design.cells(["x", "colour"])
    assert len(cells.frame) < len(design.frame)
    one, other = chisquare(design, "x", "colour", statistic), chisquare(cells, "x", "colour", statistic)
    assert one.statistic == pytest.approx(other.statistic, rel=1e-10)
    assert (one.n, one.ddf) == (other.n, pytest.approx(other.ddf) if one.ddf else None)


def test_chisquare_refuses_a_question_with_one_answer():
    frame = sample().assign(same="yes")
    with pytest.raises(DesignError, match=r"'same' needs 2 or more categories.*'yes'"):
        chisquare(SurveyDesign(frame), "x", "same")


def test_cramers_v_is_that_of_scipy_without_weights():
    frame = sample()
    table = pd.crosstab(frame["x"], frame["y"])
    ours = cramers_v(SurveyDesign(frame), "x", "y")
    assert ours.estimate == pytest.approx(stats.contingency.association(table, method="cramer"), rel=1e-12)


def test_cramers_v_is_one_when_one_question_settles_the_other():
    frame = sample().assign(copy=lambda f: f["colour"].str.upper())
    found = cramers_v(SurveyDesign(frame), "colour", "copy")
    assert found.estimate == pytest.approx(1)
    assert 0.8 < found.ci_low < found.ci_high <= 1


def test_cramers_v_reaches_zero_just_when_the_first_order_test_does_not_reject():
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(40):
        frame = pd.DataFrame({"a": rng.integers(0, 3, 120)})
        frame["b"] = np.where(rng.uniform(size=120) < 0.12, frame["a"], rng.integers(0, 3, 120))
        design = SurveyDesign(frame)
        one_sided = chisquare(design, "a", "b", "Chisq").p
        assert (cramers_v(design, "a", "b").ci_low == 0) == (one_sided >= 0.025)
        seen.add(one_sided >= 0.025)
    assert seen == {True, False}


# ---- odds ratio --------------------------------------------------------------------------------------------


def test_odds_ratio_of_a_plain_table_is_woolfs():
    frame = sample()
    a, b = ((frame["high_x"]) & frame["high_y"]).sum(), (frame["high_x"] & ~frame["high_y"]).sum()
    c, d = (~frame["high_x"] & frame["high_y"]).sum(), (~frame["high_x"] & ~frame["high_y"]).sum()
    found = odds_ratio(SurveyDesign(frame), "high_y", "high_x", groups=(True, False))
    assert found.estimate == pytest.approx(a * d / (b * c), rel=1e-12)
    woolf = np.sqrt(1 / a + 1 / b + 1 / c + 1 / d) * np.sqrt(len(frame) / (len(frame) - 1))
    assert found.se / found.estimate == pytest.approx(woolf, rel=1e-12)


def test_odds_ratio_is_the_exponent_of_a_logistic_slope():
    design = SurveyDesign(sample(), weights="w", clusters="cluster")
    slope = glm(design, "high_y", ["high_x"], family="logistic").coefficients.iloc[1]
    found = odds_ratio(design, "high_y", "high_x", groups=(True, False))
    assert np.log(found.estimate) == pytest.approx(slope["estimate"], rel=1e-10)
    assert found.se / found.estimate == pytest.approx(slope["se"], rel=1e-10)


def test_odds_ratio_with_an_empty_cell_is_infinite_without_an_interval():
    frame = pd.DataFrame({"group": list("aaabbb"), "yes": [True, True, True, True, False, False]})
    found = odds_ratio(SurveyDesign(frame), "yes", "group", groups=("a", "b"))
    assert found.estimate == np.inf
    assert np.isnan(found.ci_low)
    assert np.isnan(found.p)


def test_odds_ratio_of_three_groups_asks_which_two():
    with pytest.raises(DesignError, match=r"'colour' has 3 categories.*groups=\(a, b\)"):
        odds_ratio(SurveyDesign(sample()), "high_y", "colour")
    with pytest.raises(DesignError, match="'pink' does not occur"):
        odds_ratio(SurveyDesign(sample()), "high_y", "colour", groups=("pink", "red"))


@pytest.mark.parametrize("ratio", [0.2, 1.0, 4.0, 40.0])
def test_the_tail_of_equal_weights_is_that_of_f(ratio):
    weights, df = np.array([2.0, 2.0, 2.0, -2.0 * ratio * 3 / 17]), np.array([1, 1, 1, 17])
    exact = stats.f.sf(ratio, 3, 17)
    assert upper_tail(weights, df) == pytest.approx(exact, rel=1e-10)
    if ratio != 1:  # too near the middle for the formula
        assert saddlepoint(weights, df) == pytest.approx(exact, rel=0.05)


def test_the_tail_of_unequal_weights_is_that_of_a_simulation():
    rng = np.random.default_rng(5)
    weights, df = np.array([3.0, 1.0, 0.2, -1.5]), np.array([1, 1, 1, 9])
    share = np.mean(rng.chisquare(df, (400_000, 4)) @ weights > 0)
    assert upper_tail(weights, df) == pytest.approx(share, abs=4 * np.sqrt(share / 400_000))


@pytest.mark.parametrize("statistic", ["lincom", "saddlepoint"])
def test_a_table_without_any_association_has_p_one(statistic):
    frame = pd.DataFrame({"a": list("xxyy") * 10, "b": list("uvuv") * 10})
    assert chisquare(SurveyDesign(frame), "a", "b", statistic).p == 1
