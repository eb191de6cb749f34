"""Predictive margins, and differences of risk, after models."""

import numpy as np
import pandas as pd
import pytest

from nsmo.stats import DesignError, SurveyDesign, calibrate, glm, predictive_margins, replicate_weights


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(14)
    n = 400
    size = rng.choice(["small", "middle", "large"], n, p=[0.5, 0.3, 0.2])
    market = rng.choice(["b2b", "b2c"], n)
    age = rng.normal(size=n)
    lean = -0.5 + 0.8 * (size == "large") + 0.6 * (market == "b2c") + 0.5 * age
    return pd.DataFrame(
        {
            "size": pd.Categorical(size, ["small", "middle", "large"]),
            "market": market,
            "age": age,
            "yes": rng.random(n) < 1 / (1 + np.exp(-lean)),
            "count": rng.poisson(np.exp(0.3 + 0.4 * (size == "large"))),
            "psu": np.arange(n) // 10,
            "w": rng.uniform(1, 3, n),
        }
    )


def test_without_other_terms_the_margins_are_the_shares(frame):
    design = SurveyDesign(frame, "w")
    margins = predictive_margins(glm(design, "yes", ["size"], "logistic"), "size")
    shares = design.proportion("yes", by="size")
    assert margins.frame["category"].tolist() == shares["group"].tolist()
    np.testing.assert_allclose(margins.frame["estimate"], shares["estimate"], rtol=1e-9)
    np.testing.assert_allclose(margins.frame["se"], shares["se"], rtol=1e-9)


def test_a_saturated_model_standardises_directly(frame):
    """With all interactions the margin is the mean of the cells' shares over everybody's markets."""
    design = SurveyDesign(frame, "w")
    model = glm(design, "yes", ["size", "market", ("size", "market")], "logistic")
    cells = frame.groupby(["size", "market"], observed=True).apply(
        lambda part: np.average(part["yes"], weights=part["w"]), include_groups=False
    )
    markets = frame.groupby("market")["w"].sum() / frame["w"].sum()
    wanted = cells.unstack("market") @ markets  # noqa: PD010
    found = predictive_margins(model, "size").frame.set_index("category")["estimate"]
    np.testing.assert_allclose(found.loc[wanted.index], wanted, rtol=1e-9)


def test_a_linear_model_has_the_difference_of_its_coefficient(frame):
    design = SurveyDesign(frame, "w", clusters="psu")
    model = glm(design, "count", ["size", "market", "age"])
    table = model.coefficients.set_index("category")
    differences = predictive_margins(model, "size").differences([("large", "small")])
    assert differences["estimate"][0] == pytest.approx(table.loc["large", "estimate"], rel=1e-9)
    assert differences["se"][0] == pytest.approx(table.loc["large", "se"], rel=1e-9)


@pytest.mark.parametrize(("family", "outcome"), [("logistic", "yes"), ("poisson", "count")])
def test_the_linearised_errors_are_those_of_a_jackknife(frame, family, outcome):
    design = SurveyDesign(frame, "w", clusters="psu")
    one, two = (
        predictive_margins(glm(d, outcome, ["size", "market", "age"], family), "size")
        for d in (design, replicate_weights(design, "jk1"))
    )
    np.testing.assert_allclose(one.frame["estimate"], two.frame["estimate"], rtol=1e-9)
    np.testing.assert_allclose(one.frame["se"], two.frame["se"], rtol=0.05)
    separate = predictive_margins(
        glm(design, outcome, ["size", "market", "age"], family), "size", covariance="separate"
    )
    np.testing.assert_allclose(one.frame["se"], separate.frame["se"], rtol=0.15)


def test_intervals_stay_inside_and_differences_have_all_pairs(frame):
    design = calibrate(
        SurveyDesign(frame), {"size": {"small": 300, "middle": 70, "large": 30}}, residuals="adjusted"
    )
    margins = predictive_margins(glm(design, "yes", ["size", "market"], "logistic"), "size")
    assert margins.frame[["ci_low", "ci_high"]].to_numpy().min() > 0
    assert margins.frame[["ci_low", "ci_high"]].to_numpy().max() < 1
    table = margins.differences()
    assert table["category"].tolist() == ["middle - small", "large - small", "large - middle"]
    assert ((table["ci_low"] < table["estimate"]) & (table["estimate"] < table["ci_high"])).all()


def test_a_number_needs_values(frame):
    model = glm(SurveyDesign(frame), "yes", ["age", "size"], "logistic")
    with pytest.raises(DesignError, match="at which values"):
        predictive_margins(model, "age")
    rising = predictive_margins(model, "age", at=[-1, 0, 1]).frame["estimate"]
    assert rising.is_monotonic_increasing
    with pytest.raises(DesignError, match="no term 'market'"):
        predictive_margins(model, "market")
    with pytest.raises(DesignError, match="no margin of '7'"):
        predictive_margins(model, "age", at=[0, 1]).differences([("7", "0")])
    with pytest.raises(DesignError, match="without Firth"):
        predictive_margins(glm(SurveyDesign(frame), "yes", ["size"], "logistic", firth=True), "size")


def test_an_offset_is_a_coefficient_of_one(frame):
    """Twice the exposure of everybody halves the rate, and changes nothing else."""
    exposed = frame.assign(log=np.log(2.0))
    plain = glm(SurveyDesign(frame), "count", ["size"], "poisson").coefficients
    rate = glm(SurveyDesign(exposed), "count", ["size"], "poisson", offset="log").coefficients
    assert rate["estimate"][0] == pytest.approx(plain["estimate"][0] - np.log(2))
    np.testing.assert_allclose(rate["estimate"][1:], plain["estimate"][1:], rtol=1e-9)
    np.testing.assert_allclose(rate["se"], plain["se"], rtol=1e-9)
    with pytest.raises(DesignError, match="takes no offset"):
        glm(SurveyDesign(exposed), "yes", ["size"], "logistic", firth=True, offset="log")
