"""Proportional odds and Firth's correction: closed forms, and what is said when there is no estimate."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from nsmo.stats import DesignError, SurveyDesign, calibrate, glm, polr, replicate_weights
from nsmo.stats.cumulative import Cumulative

TABLE = {"a": [12, 25, 30, 9], "b": [20, 22, 18, 4]}  # answers never ... always, in two groups
ANSWERS = ["never", "rarely", "often", "always"]


def spread(table, answers=ANSWERS):
    rows = [
        (g, k) for g, counts in table.items() for k, n in zip(answers, counts, strict=True) for _ in range(n)
    ]
    frame = pd.DataFrame(rows, columns=["group", "answer"])
    return frame.assign(answer=pd.Categorical(frame["answer"], answers, ordered=True))


@pytest.fixture
def frame():
    return spread(TABLE)


def test_the_separate_models_of_two_groups_are_those_of_two_by_two_tables(frame):
    fit = polr(SurveyDesign(frame), "answer", ["group"])
    for k, (_, row) in enumerate(fit.splits.iterrows()):
        low, high = [sum(TABLE[g][: k + 1]) for g in "ab"], [sum(TABLE[g][k + 1 :]) for g in "ab"]
        assert row["group = b"] == pytest.approx(np.log(high[1] / low[1] / (high[0] / low[0])), rel=1e-10)


def test_proportional_odds_of_two_groups_by_the_delta_method(frame):
    """Brant's statistic of a two-column table, from the multinomial covariance of its cells."""
    n, cells = len(frame), np.array([TABLE["a"], TABLE["b"]], dtype=float).ravel()
    slopes = np.zeros((3, 8))
    theta = np.zeros(3)
    for k in range(3):
        for g, sign in ((0, -1), (1, 1)):
            low = np.arange(4 * g, 4 * g + k + 1)
            high = np.arange(4 * g + k + 1, 4 * g + 4)
            theta[k] += sign * np.log(cells[high].sum() / cells[low].sum())
            slopes[k, high] += sign / cells[high].sum()
            slopes[k, low] -= sign / cells[low].sum()
    cov = slopes @ (np.diag(cells) - np.outer(cells, cells) / n) @ slopes.T * n / (n - 1)
    contrast = np.array([[-1, 1, 0], [-1, 0, 1]])
    gap = contrast @ theta
    wald = gap @ np.linalg.solve(contrast @ cov @ contrast.T, gap)
    test = polr(SurveyDesign(frame), "answer", ["group"]).parallel()
    assert (test.df, test.ddf) == (2, n - 2)
    assert test.statistic == pytest.approx(wald * (n - 2) / ((n - 1) * 2), rel=1e-9)


def test_odds_that_are_proportional_are_found_and_not_rejected():
    """Shares made by the model itself, as weights: its parameters come back exactly."""
    cuts, effect = np.array([-1.2, 0.3, 1.9]), 0.7
    shares = [np.diff([0, *special.expit(cuts - x * effect), 1]) for x in (0, 1)]
    frame = spread({"a": [1] * 4, "b": [1] * 4}).assign(w=np.concatenate(shares))
    fit = polr(SurveyDesign(frame, "w"), "answer", ["group"])
    assert fit.coefficients["estimate"].tolist() == pytest.approx([effect], rel=1e-10)
    assert fit.coefficients["ratio"].tolist() == pytest.approx([np.exp(effect)])
    assert fit.cuts["estimate"].tolist() == pytest.approx(cuts.tolist(), rel=1e-10)
    assert fit.cuts["term"].tolist() == ["never | rarely", "rarely | often", "often | always"]
    assert fit.parallel("group").statistic == pytest.approx(0, abs=1e-12)


def test_odds_that_are_not_proportional_are_rejected():
    opposite = spread({"a": [40, 10, 10, 40], "b": [10, 40, 40, 10]})
    assert polr(SurveyDesign(opposite), "answer", ["group"]).parallel().p < 1e-6


def test_turning_the_scale_turns_the_sign(frame):
    turned = frame.assign(answer=frame["answer"].cat.reorder_categories(ANSWERS[::-1], ordered=True))
    for firth in (False, True):
        one, other = (polr(SurveyDesign(f), "answer", ["group"], firth=firth) for f in (frame, turned))
        assert one.coefficients["estimate"][0] == pytest.approx(-other.coefficients["estimate"][0], rel=1e-10)
        assert one.coefficients["se"][0] == pytest.approx(other.coefficients["se"][0], rel=1e-9)


@pytest.mark.parametrize("firth", [False, True])
def test_the_scale_of_the_weights_and_rows_split_in_two_change_nothing(frame, firth):
    rng = np.random.default_rng(2)
    frame = frame.assign(w=rng.uniform(0.5, 3, len(frame)), x=rng.normal(size=len(frame)))
    fit = polr(SurveyDesign(frame, "w"), "answer", ["group", "x"], firth=firth)
    large = polr(SurveyDesign(frame.assign(w=frame["w"] * 1000), "w"), "answer", ["group", "x"], firth=firth)
    np.testing.assert_allclose(large.cov, fit.cov, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(large.coefficients["estimate"], fit.coefficients["estimate"], rtol=1e-10)


@pytest.mark.parametrize("firth", [False, True])
def test_the_jackknife_agrees_with_the_influence_values(frame, firth):
    """Leaving out one respondent at a time moves the estimate by what its influence says."""
    rng = np.random.default_rng(4)
    design = SurveyDesign(frame.assign(w=rng.uniform(0.5, 2, len(frame))), "w")
    jackknife = replicate_weights(design, "jk1")
    for model in (polr, lambda *a, **k: glm(*a, family="logistic", **k)):
        outcome = "answer" if model is polr else "high"
        one, many = (
            model(d.assign(high=frame["answer"] >= "often"), outcome, ["group"], firth=firth)
            for d in (design, jackknife)
        )
        np.testing.assert_allclose(many.cov, one.cov, rtol=0.1, atol=0.02 * one.cov.max())


# ---- Firth -------------------------------------------------------------------------------------------------


def test_firth_in_a_two_by_two_table_adds_half_a_case_to_each_cell():
    cells = {"a": [7, 3], "b": [2, 11]}
    design = SurveyDesign(spread(cells, ["no", "yes"]))
    fit = glm(design, "answer", ["group"], "logistic", event="yes", firth=True)
    odds = {g: (yes + 0.5) / (no + 0.5) for g, (no, yes) in cells.items()}
    assert fit.coefficients["estimate"].tolist() == pytest.approx(
        [np.log(odds["a"]), np.log(odds["b"] / odds["a"])], rel=1e-10
    )
    # The derivative of log((yes + ½)/(no + ½)) to the cells, and their multinomial covariance.
    variance = {}
    for g, (no, yes) in cells.items():
        variance[g] = no / (no + 0.5) ** 2 + yes / (yes + 0.5) ** 2
    n = 23
    # the mean influence of all is zero up to the penalty, which centres the sum
    total = sum(yes / (yes + 0.5) - no / (no + 0.5) for no, yes in [cells["a"]])
    expected = (variance["a"] - total**2 / n) * n / (n - 1)
    assert fit.cov[0, 0] == pytest.approx(expected, rel=1e-9)
    assert fit.separated == ()


def test_firth_of_a_group_that_all_agree(frame):
    cells = {"a": [7, 13], "b": [0, 12]}
    design = SurveyDesign(spread(cells, ["no", "yes"]))
    with pytest.raises(
        DesignError, match=r"group = b tell the answer without error for 12 of 32 .*firth=True"
    ):
        glm(design, "answer", ["group"], "logistic", event="yes")
    fit = glm(design, "answer", ["group"], "logistic", event="yes", firth=True)
    assert fit.coefficients["estimate"][1] == pytest.approx(np.log(12.5 / 0.5 / (13.5 / 7.5)), rel=1e-10)
    assert fit.separated == ("group = b",)
    # No variance in the group: that of the corrected table, 1/(n p (1-p)), as if drawn at random.
    inverse = [1 / (n * p * (1 - p)) for n, p in ((20, 13.5 / 21), (12, 12.5 / 13))]
    assert fit.coefficients["se"][1] == pytest.approx(np.sqrt(sum(inverse)), rel=1e-9)


def test_firth_of_an_ordered_answer_is_finite_where_a_group_gives_one_answer_only():
    design = SurveyDesign(spread({"a": [10, 20, 20, 10], "b": [0, 0, 0, 15]}))
    with pytest.raises(DesignError, match="group = b tell"):
        polr(design, "answer", ["group"])
    fit = polr(design, "answer", ["group"], firth=True)
    assert fit.separated == ("group = b",)
    assert 2 < fit.coefficients["estimate"][0] < 10
    assert fit.coefficients["se"][0] > 0.5
    with pytest.raises(DesignError, match="proportional odds cannot be tested"):
        fit.parallel()


def test_firth_of_a_count_is_refused(frame):
    with pytest.raises(DesignError, match="logistic"):
        glm(SurveyDesign(frame.assign(n=1)), "n", ["group"], "poisson", firth=True)


# ---- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"answer": ["x", "y"] * 70}, "has no order"),
        ({"answer": [0, 1] * 70}, "has 2 answers"),
        ({"group": "a"}, "needs 2 or more categories"),
    ],
)
def test_outcomes_and_terms_that_do_not_suit(frame, change, message):
    with pytest.raises(DesignError, match=message):
        polr(SurveyDesign(frame.assign(**change)), "answer", ["group"])


def test_a_split_without_an_estimate_is_named(frame):
    """In group b nobody says never: the model holds, its first separate logistic does not."""
    design = SurveyDesign(spread(TABLE | {"b": [0, 22, 18, 4]}))
    fit = polr(design, "answer", ["group"])
    with pytest.raises(DesignError, match=r"divided at never \| rarely.*group = b"):
        fit.parallel()


def test_more_differences_than_degrees_of_freedom(frame):
    design = SurveyDesign(frame.assign(school=np.arange(len(frame)) % 3), clusters="school")
    with pytest.raises(DesignError, match=r"compares \d differences, but the design has 2"):
        polr(design.assign(x=np.arange(140.0) % 7), "answer", ["group", "x"]).parallel()


def test_calibration_takes_out_what_it_explains(frame):
    """Calibrated to the group's answers, the model has nothing left to vary by."""
    targets = {(g, a): 1.0 + i for i, (g, a) in enumerate((g, a) for g in "ab" for a in ANSWERS)}
    fixed = calibrate(SurveyDesign(frame), {("group", "answer"): targets}, "poststratify")
    assert polr(fixed, "answer", ["group"]).coefficients["se"].tolist() == [0]


@pytest.mark.parametrize("answers", [2, 4])
@pytest.mark.parametrize("firth", [False, True])
def test_the_influence_of_a_row_is_what_its_weight_does_to_the_estimate(answers, firth):
    rng = np.random.default_rng(1)
    X, y, w = rng.normal(size=(60, 2)), rng.integers(0, answers, 60), rng.uniform(0.5, 3, 60)
    model = Cumulative(X, y, firth, [("a", None), ("b", None)], "y")
    influence = model.influence(model.fit(w), w)
    for row in (0, 7, 30):
        step = 1e-4 * (np.arange(60) == row)
        change = (model.fit(w + step) - model.fit(w - step)) / 2e-4
        np.testing.assert_allclose(change * w[row], influence[row], rtol=1e-7, atol=1e-9)
