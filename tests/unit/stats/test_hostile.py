"""What careless or hostile input gives: the right value, or a refusal that names what was found."""

import numpy as np
import pandas as pd
import pytest

from nsmo.stats import (
    CalibrationError,
    DesignError,
    ReplicateDesign,
    SurveyDesign,
    calibrate,
    calibrated_design,
    chisquare,
    cronbach_alpha,
    difference,
    glm,
    polr,
    predictive_margins,
    ranktest,
    replicate_weights,
    smallest_feasible_bound,
    somers_d,
    trim_weights,
    ttest,
)

# ---- weights -----------------------------------------------------------------------------------------------


def test_weights_in_another_order_are_not_taken_by_position():
    frame = pd.DataFrame({"y": np.arange(100.0), "w": np.arange(1.0, 101)})
    sorted_weights = frame["w"].sort_values(ascending=False)
    assert SurveyDesign(frame, frame["w"]).mean("y")["estimate"][0] == pytest.approx(66)
    for call in (
        lambda: SurveyDesign(frame, sorted_weights),
        lambda: calibrated_design(frame.assign(a="u"), sorted_weights, ["a"]),
        lambda: ReplicateDesign.from_weights(
            frame, "w", pd.DataFrame({"one": sorted_weights, "two": sorted_weights}), scale=1
        ),
    ):
        with pytest.raises(DesignError, match=r"index of the .*weights differs"):
            call()


def test_a_frame_that_is_sorted_afterwards_does_not_move_the_weights():
    frame = pd.DataFrame({"y": np.arange(100.0), "w": np.arange(1.0, 101)})
    design = SurveyDesign(frame, "w")
    frame[:] = frame.to_numpy()[::-1]
    assert design.mean("y")["estimate"][0] == pytest.approx(66)


@pytest.mark.parametrize("weights", [3.0, np.ones((4, 2)), None])
def test_weights_that_are_not_one_number_per_row(weights):
    frame = pd.DataFrame({"y": range(4)})
    if weights is None:
        assert SurveyDesign(frame).n == 4
        return
    with pytest.raises(DesignError, match="one number per row"):
        SurveyDesign(frame, weights)


def negative():
    rng = np.random.default_rng(19)
    frame = pd.DataFrame(
        {"x": rng.integers(0, 10, 20), "c": rng.choice(list("pq"), 20), "b": rng.choice(list("mn"), 20)}
    )
    frame["k"] = rng.integers(0, 3, 20)
    return calibrate(
        SurveyDesign(frame), {"x": float(frame["x"].sum() * 2), "b": {"m": 10, "n": 10}}, method="linear"
    )


def test_negative_weights_are_counted_and_refused_where_they_mean_nothing():
    design = negative()
    count = int((design.weights < 0).sum())
    assert count > 0
    assert design.calibration.weights["negative"] == count
    assert np.isfinite(design.mean("x")["se"][0])  # the regression estimator is what they are for
    for call in (
        lambda: chisquare(design, "c", "b"),
        lambda: glm(design, "x", ["c"]),
        lambda: polr(design, "k", ["c"]),
        lambda: ttest(design, "x", "c"),
        lambda: difference(design, "x", "c"),
        lambda: ranktest(design, "x", "c"),
        lambda: somers_d(design, "x", "k"),
        lambda: design.quantile("x"),
    ):
        with pytest.raises(DesignError, match=f"{count} respondents have a weight below zero"):
            call()
    with pytest.raises(CalibrationError, match=f"{count} weights are negative"):
        trim_weights(design, 3)


# ---- margins -----------------------------------------------------------------------------------------------


def test_the_advice_after_refused_bounds_can_be_followed():
    frame = pd.DataFrame({"a": ["u"] * 10 + ["v"] * 10, "w": [10.0] * 10 + [1.0] * 10})
    design, margins = SurveyDesign(frame, "w"), {"a": {"u": 90, "v": 20}}
    with pytest.raises(CalibrationError, match="upper limit that can be met is 2 times the base weight"):
        calibrate(design, margins, bounds=(0.5, 1.64))
    assert smallest_feasible_bound(design, margins, 0.5, relative_to="base") == pytest.approx(2)
    assert calibrate(design, margins, bounds=(0.5, 2.001)).calibration.met


def test_a_population_of_nobody_is_refused():
    design = SurveyDesign(pd.DataFrame({"a": list("uv") * 3}))
    with pytest.raises(CalibrationError, match="all targets are zero"):
        calibrate(design, {"a": {"u": 0, "v": 0}})


def test_bounds_hold_for_weights_of_any_size():
    frame = pd.DataFrame({"a": list("uuvvv"), "b": list("pqpqq"), "w": [3e12, 5e12, 4e12, 6e12, 2e12]})
    margins = {"a": {"u": 9e12, "v": 11e12}, "b": {"p": 8e12, "q": 12e12}}
    design = calibrate(SurveyDesign(frame, "w"), margins, bounds=(0.5, 2))
    assert design.calibration.met
    with pytest.raises(CalibrationError, match="The smallest upper limit"):
        calibrate(SurveyDesign(frame, "w"), margins, bounds=(0.5, 1.01))


@pytest.mark.parametrize("tol", [float("nan"), 0, 1, -1e-8])
def test_a_tolerance_that_tolerates_anything_is_refused(tol):
    design = SurveyDesign(pd.DataFrame({"a": list("uv") * 3}))
    with pytest.raises(CalibrationError, match="tol must lie between"):
        calibrate(design, {"a": {"u": 5, "v": 1}}, tol=tol)


@pytest.mark.parametrize("targets", [None, "all", [1, 2], {"u": None, "v": 3}])
def test_targets_that_are_no_numbers_are_refused(targets):
    design = SurveyDesign(pd.DataFrame({"a": list("uv") * 3}))
    with pytest.raises(CalibrationError, match="a"):
        calibrate(design, {"a": targets})


# ---- columns, labels, sizes --------------------------------------------------------------------------------


def test_names_that_are_no_text_or_stand_twice_are_refused():
    frame = pd.DataFrame(np.ones((3, 2)), columns=["y", "y"])
    with pytest.raises(DesignError, match="2 columns are called 'y'"):
        SurveyDesign(frame).mean("y")
    with pytest.raises(DesignError, match="named by text; 0 is int"):
        SurveyDesign(pd.DataFrame(np.ones((3, 2)))).mean(0)
    with pytest.raises(DesignError, match="named by text"):
        SurveyDesign(pd.DataFrame({"y": [1, 2]})).mean(["y", 3])


@pytest.mark.parametrize("seed", ["a", -1, 1.5])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(DesignError, match="seed must be a whole number"):
        replicate_weights(SurveyDesign(pd.DataFrame({"y": range(5)})), "bootstrap", replicates=9, seed=seed)


def test_a_question_nobody_answered_is_named():
    frame = pd.DataFrame({"n": pd.Series([None] * 6, dtype=object), "y": range(6), "z": [np.nan] * 6})
    design = SurveyDesign(frame)
    with pytest.raises(DesignError, match="nobody answered 'n'"):
        design.proportion("n")
    with pytest.raises(DesignError, match="nobody answered 'n'"):
        design.mean("y", by="n")
    assert design.total("z")[["estimate", "se"]].isna().all(axis=None)


def test_groups_that_would_have_one_label_are_refused():
    frame = pd.DataFrame({"g1": ["a, b", "a"] * 2, "g2": ["c", "b, c"] * 2, "y": [1.0, 2, 3, 4]})
    with pytest.raises(DesignError, match="are both called 'a, b, c'"):
        SurveyDesign(frame).mean("y", by=["g1", "g2"])
    mixed = pd.DataFrame({"g": pd.Categorical([1, "1", 1, "1"]), "y": [1.0, 2, 3, 4]})
    for call in (lambda d: d.mean("y", by="g"), lambda d: d.proportion("g")):
        with pytest.raises(DesignError, match="both called '1'"):
            call(SurveyDesign(mixed))


def test_an_empty_text_is_a_group_of_its_own():
    frame = pd.DataFrame({"g": ["", "e"] * 4, "h": ["a", "a", "b", "b"] * 2, "y": range(8)})
    table = SurveyDesign(frame).mean("y", by=["g", "h"])
    assert table["group"].tolist() == [", a", ", b", "e, a", "e, b"]


def test_an_identifier_as_question_or_group_is_refused_before_it_takes_the_machine():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "id": [f"r{i}" for i in range(20_000)],
            "many": rng.integers(0, 3000, 20_000).astype(str),
            "few": rng.integers(0, 4, 20_000).astype(str),
            "y": rng.normal(size=20_000),
        }
    )
    design = SurveyDesign(frame)
    for call in (
        lambda: design.proportion("id"),
        lambda: design.mean("y", by="id"),
        lambda: design.mean("y", by="many"),
        lambda: design.proportion("few", by=["many", "few"]),
        lambda: chisquare(design, "many", "few"),
        lambda: design.quantile("y", by="id"),
    ):
        with pytest.raises(DesignError, match="identifier or free text"):
            call()


# ---- numbers -----------------------------------------------------------------------------------------------


def test_numbers_near_1e15_keep_their_spread():
    values = np.array([1.0, 2, 4, 7, 3, 9, 5, 8])
    small = SurveyDesign(pd.DataFrame({"y": values, "g": list("uv") * 4}))
    large = SurveyDesign(pd.DataFrame({"y": 1e15 + values, "g": list("uv") * 4}))
    assert large.mean("y")["se"][0] == pytest.approx(small.mean("y")["se"][0], rel=1e-12)
    assert large.variance("y")["estimate"][0] == pytest.approx(small.variance("y")["estimate"][0], rel=1e-12)
    assert ttest(large, "y", "g").p == pytest.approx(ttest(small, "y", "g").p, rel=1e-12)
    one, other = (replicate_weights(design, "jk1").mean("y", by="g")["se"] for design in (large, small))
    assert one.to_numpy() == pytest.approx(other.to_numpy(), rel=1e-12)
    constant = SurveyDesign(pd.DataFrame({"y": [0.1] * 7})).mean("y")
    assert (constant["estimate"][0], constant["se"][0]) == (0.1, 0)


def test_infinite_answers_are_refused():
    design = SurveyDesign(pd.DataFrame({"y": [1.0, 2, np.inf, 4], "g": list("uvuv")}))
    for call in (
        lambda: design.mean("y"),
        lambda: design.variance("y"),
        lambda: design.quantile("y"),
        lambda: ranktest(design, "y", "g"),
        lambda: ttest(design, "y", "g"),
        lambda: somers_d(design, "y", "y"),
    ):
        with pytest.raises(DesignError, match="infinite"):
            call()


def test_an_outcome_without_spread_has_no_p():
    """Not t = inf and p = 0 for a coefficient that is rounding."""
    frame = pd.DataFrame({"x": range(40), "t": 0.1, "a": list("uv") * 20, "u": [1.0, 0.0] * 20})
    constant = glm(SurveyDesign(frame), "t", ["x"]).coefficients
    assert constant["p"].isna().all()
    assert (constant["se"] == 0).all()
    fixed = calibrate(SurveyDesign(frame), {"a": {"u": 30, "v": 10}})
    for design in (fixed, replicate_weights(fixed, "jk1")):
        assert glm(design, "u", []).coefficients["p"].isna().all()
        assert np.isnan(ttest(design, "u").p)


def test_terms_that_nearly_determine_each_other_keep_their_digits():
    """R fits these too, by orthonormal columns; the sum of squares is known in closed form."""
    rng = np.random.default_rng(3)
    x, e, y = rng.normal(size=200), rng.normal(size=200), rng.normal(size=200)
    exact = glm(SurveyDesign(pd.DataFrame({"x": x, "e": e, "y": y})), "y", ["x", "e"]).coefficients
    near = pd.DataFrame({"x": x, "k": 2 * x + 1 + 1e-7 * e, "y": y})
    found = glm(SurveyDesign(near), "y", ["x", "k"]).coefficients
    wanted = exact.set_index("term").loc["e"]
    got = found.set_index("term").loc["k"]
    assert got["t"] == pytest.approx(wanted["t"], rel=1e-7)
    assert got["se"] * 1e-7 == pytest.approx(wanted["se"], rel=1e-7)


def test_years_and_their_squares():
    rng = np.random.default_rng(5)
    year = rng.integers(1990, 2019, 300).astype(float)
    yes = rng.random(300) < 0.3 + 0.01 * (year - 1990)
    raw = pd.DataFrame({"t": year, "s": year**2, "yes": yes})
    moved = pd.DataFrame({"t": year - 2004, "s": (year - 2004) ** 2, "yes": yes})
    for family in ("gaussian", "logistic"):
        one = glm(SurveyDesign(raw), "yes", ["t", "s"], family).coefficients.set_index("term")
        two = glm(SurveyDesign(moved), "yes", ["t", "s"], family).coefficients.set_index("term")
        assert one.loc["s", "se"] == pytest.approx(two.loc["s", "se"], rel=1e-8)


def test_yes_and_no_as_categories_are_explained_as_booleans_are():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"x": rng.normal(size=60), "y": rng.random(60) < 0.4})
    frame["c"] = pd.Categorical(frame["y"])
    one, two = (glm(SurveyDesign(frame), name, ["x"], "logistic") for name in ("y", "c"))
    pd.testing.assert_frame_equal(one.coefficients, two.coefficients)
    assert len(glm(SurveyDesign(frame), "x", ["c"]).coefficients) == 2


def test_a_replicate_without_a_category_is_left_out_with_a_warning():
    frame = pd.DataFrame(
        {
            "x": np.tile([0.0, 1, 2, 3, 1, 2], 5),
            "k": pd.Categorical(["low"] * 14 + ["middle"] * 15 + ["high"], ["low", "middle", "high"]),
            "psu": np.arange(30) // 2,
        }
    )
    frame["k"] = frame["k"].cat.as_ordered()
    frame.loc[[3, 8, 20], "k"] = ["middle", "middle", "low"]
    design = replicate_weights(SurveyDesign(frame, clusters="psu"), "jk1")
    with pytest.warns(UserWarning, match="1 of 15 replicates"):
        model = polr(design, "k", ["x"])
    assert np.isfinite(model.coefficients["se"]).all()


def test_a_group_in_one_cluster_has_no_test():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"psu": np.arange(60) // 10, "y": rng.normal(size=60)})
    frame["g"] = np.where(frame["psu"] == 0, "one", "other")
    design = SurveyDesign(frame, clusters="psu")
    for test in (ttest(design, "y", "g"), ranktest(design, "y", "g")):
        assert np.isnan([test.se, test.ci_low, test.p]).all()
        assert np.isfinite(test.estimate)


@pytest.mark.filterwarnings("error")
def test_numbers_out_of_range_leak_no_warnings():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": np.concatenate([rng.normal(size=50), [900.0]]), "n": [1] * 50 + [0]})
    model = glm(SurveyDesign(frame), "n", ["x"], "poisson")
    assert np.isfinite(model.coefficients["estimate"]).all()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("family", ["gaussian", "poisson"])
def test_a_group_of_one_has_no_p_for_the_rounding_of_the_others(seed, family):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": list("abbbbcccc"), "y": [3, 1, 0, 4, 2, 0, 2, 1, 5]})
    frame["w"] = rng.gamma(1, 1, 9) + 0.1
    model = glm(SurveyDesign(frame, "w"), "y", ["g"], family)
    own = model.coefficients.iloc[0]  # the intercept: who is alone in a
    assert own["estimate"] == pytest.approx(np.log(3) if family == "poisson" else 3)
    assert own["se"] == 0
    assert np.isnan([own["p"], own["ci_low"], own["ci_high"]]).all()
    margin = predictive_margins(model, "g").frame.iloc[0]
    assert margin["estimate"] == pytest.approx(3)
    assert np.isnan([margin["ci_low"], margin["ci_high"]]).all()


def test_ranks_of_three_groups_are_not_tested_where_one_shows_no_spread():
    frame = pd.DataFrame({"g": list("abbbbcccc"), "y": [9, 1, 5, 2, 7, 3, 8, 4, 6]})
    assert np.isnan([(one := ranktest(SurveyDesign(frame), "y", "g")).p, one.statistic]).all()
    sorted_groups = pd.DataFrame({"g": list("aaabbbccc"), "y": [1, 1, 1, 2, 2, 2, 3, 3, 3]})
    assert np.isnan(ranktest(SurveyDesign(sorted_groups), "y", "g").p)


def test_alpha_of_two_respondents_has_no_interval():
    alpha = cronbach_alpha(
        SurveyDesign(pd.DataFrame({"a": [1.0, 4], "b": [2.0, 3], "c": [1.0, 7]})), list("abc")
    )
    assert np.isfinite(alpha.estimate)
    assert np.isnan([alpha.ci_low, alpha.ci_high, alpha.p]).all()
