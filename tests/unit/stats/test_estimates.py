"""The long result frame: what each row means, and what happens at the edges."""

import numpy as np
import pandas as pd
import pytest

from nsmo.stats import DesignError, SurveyDesign
from nsmo.stats.estimates import COLUMNS
from nsmo.stats.quantiles import weighted_quantile


@pytest.fixture
def design():
    frame = pd.DataFrame(
        {
            "important": pd.Categorical(
                ["very", "very", "not", "not", None, "very"],
                categories=["very", "somewhat", "not"],
                ordered=True,
            ),
            "platforms.facebook": pd.array([True, False, True, None, True, True], dtype="boolean"),
            "market": ["b2b", "b2b", "b2c", "b2c", "b2c", None],
            "staff": [1.0, 2, 3, 4, np.nan, 6],
            "w": [1.0, 1, 2, 2, 2, 4],
        }
    )
    return SurveyDesign(frame, weights="w")


def test_a_categorical_has_a_row_per_category_also_of_the_unchosen(design):
    table = design.proportion("important")
    assert list(table.columns) == COLUMNS
    assert table["option"].tolist() == ["very", "somewhat", "not"]
    assert table["count"].tolist() == [3, 0, 2]
    assert (table["n"] == 5).all()  # one did not answer
    np.testing.assert_allclose(table["estimate"], [0.6, 0, 0.4])
    assert (table["by"].isna() & table["group"].isna()).all()


def test_a_boolean_is_the_option_after_the_dot(design):
    row = design.proportion("platforms.facebook").iloc[0]
    assert (row["question"], row["option"], row["count"], row["n"]) == ("platforms", "facebook", 4, 5)
    assert row["estimate"] == pytest.approx(9 / 10)


def test_groups_leave_out_those_without_one_and_cross(design):
    table = design.mean("staff", by="market")
    assert table["group"].tolist() == ["b2b", "b2c"]
    assert table["n"].tolist() == [2, 2]
    crossed = design.mean("staff", by=["market", "important"])
    assert crossed["by"].unique().tolist() == ["market, important"]
    assert crossed["group"].tolist()[:2] == ["b2b, very", "b2b, somewhat"]
    empty = crossed.set_index("group").loc["b2b, somewhat"]
    assert empty["n"] == 0
    assert np.isnan([empty["estimate"], empty["se"], empty["ci_low"]]).all()


def test_nobody_and_everybody_have_an_interval_of_kish_n(design):
    """The exact binomial interval of n over Kish's design effect; the rule of three, for equal weights."""
    frame = pd.DataFrame({"never": [False] * 100, "always": [True] * 100, "w": [1.0] * 50 + [3.0] * 50})
    equal = SurveyDesign(frame).proportion(["never", "always"])
    np.testing.assert_allclose(equal["ci_high"], [1 - 0.025 ** (1 / 100), 1])
    np.testing.assert_allclose(equal["ci_low"], [0, 0.025 ** (1 / 100)])
    n_eff = 200**2 / 500
    unequal = SurveyDesign(frame, weights="w").proportion("never")
    assert unequal["ci_high"][0] == pytest.approx(1 - 0.025 ** (1 / n_eff))
    assert unequal["n_eff"][0] == pytest.approx(n_eff)


def test_an_unweighted_proportion_is_the_textbook(design):
    answered = design.frame[design.frame["platforms.facebook"].notna()]
    plain = SurveyDesign(answered).proportion("platforms.facebook").iloc[0]
    assert plain["se"] == pytest.approx(np.sqrt(0.8 * 0.2 / 4))  # n - 1
    assert (plain["df"], plain["deff"], plain["n_eff"]) == (4, pytest.approx(1), pytest.approx(5))
    assert not plain["weighted"]


def test_a_paired_contrast_knows_that_the_respondents_are_the_same():
    rng = np.random.default_rng(4)
    first = rng.random(400) < 0.5
    second = np.where(rng.random(400) < 0.9, first, ~first)
    design = SurveyDesign(pd.DataFrame({"use.a": first, "use.b": second}))
    estimates = design.estimate("proportion", ["use.a", "use.b"])
    row = estimates.contrast({"a - b": {"use.a": 1, "use.b": -1}}).iloc[0]
    assert row["se"] == pytest.approx((first * 1.0 - second).std(ddof=1) / 20)
    assert (row["option"], row["n"], row["df"]) == ("a - b", 400, 399)


def test_a_difference_counts_both_groups(design):
    row = design.difference("platforms.facebook", by="market").iloc[0]
    assert (row["group"], row["count"], row["n"], row["df"]) == ("b2c - b2b", 3, 4, 3)
    assert row["estimate"] == pytest.approx(1 - 0.5)
    named = design.difference("platforms.facebook", by="market", pairs=[("b2b", "b2c")]).iloc[0]
    assert named["estimate"] == pytest.approx(-0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: d.proportion("staff"), "'staff' is numeric"),
        (lambda d: d.mean("important"), "mean needs a number"),
        (lambda d: d.quantile("platforms.facebook"), "is not a number"),
        (lambda d: d.quantile("staff", 1.5), "between 0 and 1"),
        (lambda d: d.mean("stuff"), "Did you mean 'staff'"),
        (lambda d: d.mean([]), "no question"),
        (lambda d: d.mean("staff", level=95), "level must lie between 0 and 1"),
        (lambda d: d.mean("staff", deff="kish"), "deff must be one of"),
        (lambda d: d.estimate("median", "staff"), "statistic must be one of"),
        (lambda d: d.estimate("ratio", "staff"), "needs a denominator"),
        (
            lambda d: d.estimate("mean", "staff", by="market").contrast({"x": {"b2d": 1}}),
            "'b2d' names no single",
        ),
    ],
)
def test_refusals(design, call, message):
    with pytest.raises(DesignError, match=message):
        call(design)


def test_an_unknown_interval_is_refused(design):
    with pytest.raises(ValueError, match="must be one of logit, beta"):
        design.proportion("platforms.facebook", method="wald")


@pytest.mark.parametrize(
    ("probability", "value"), [(0.01, 1), (0.25, 1), (0.2501, 2), (0.5, 2), (0.75, 3), (0.76, 4), (1, 4)]
)
def test_a_quantile_is_the_first_value_that_reaches_the_probability(probability, value):
    values, weights = np.array([4.0, 2, 9, 1, 3]), np.array([2.0, 2, 0, 2, 2])
    assert weighted_quantile(values, weights, probability) == value
