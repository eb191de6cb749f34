"""Further estimators against R (further.R), number by number to 1e-8."""

import numpy as np
import pytest
from from_r import FOUR, close, design, expected, sample
from scipy import stats

from nsmo.stats import (
    SurveyDesign,
    correlation,
    cronbach_alpha,
    glm,
    goodness_of_fit,
    mlogit,
    model_participation,
    predictive_margins,
    respondents_for_difference,
)

R = expected("further")
CASES = [(name, calibration) for name in FOUR for calibration in ("none", "raking")]
each = pytest.mark.parametrize(("name", "calibration"), CASES)


def close_covariance(ours, theirs):
    """Relative to the two standard errors: a covariance may be next to nothing."""
    root = np.sqrt(np.diag(ours))
    np.testing.assert_allclose(ours / np.outer(root, root), theirs / np.outer(root, root), atol=1e-8)


def compare_model(model, theirs):
    table = model.coefficients
    for ours, field in (("estimate", "est"), ("se", "se"), ("t", "t"), ("p", "p")):
        close(table[ours], theirs[field])
    close(table[["ci_low", "ci_high"]], theirs["ci"])
    close_covariance(model.cov, theirs["cov"])
    assert model.df == theirs["df"][0]


@each
def test_a_poisson_model_with_an_offset(name, calibration):
    model = glm(design(name, calibration), "count", ["two", "group"], "poisson", offset="logx")
    compare_model(model, R[name][calibration]["offset"])


@each
def test_a_multinomial_model(name, calibration):
    model = mlogit(design(name, calibration), "cat", ["x", "two"])
    assert model.coefficients["answer"].tolist() == ["b"] * 3 + ["c"] * 3 + ["d"] * 3
    compare_model(model, R[name][calibration]["multinomial"])


@each
@pytest.mark.parametrize(
    ("family", "outcome"), [("logistic", "bin"), ("gaussian", "y"), ("poisson", "count")]
)
def test_predictive_margins(name, calibration, family, outcome):
    """R adds up the two variances; its covariance between groups is that of the sum as well."""
    theirs = R[name][calibration][f"margins.{family}"]
    model = glm(design(name, calibration), outcome, ["x", "two", "group"], family)
    margins = predictive_margins(model, "group", covariance="separate")
    assert margins.frame["category"].tolist() == ["g1", "g2", "g3"]
    close(margins.frame["estimate"], theirs["est"])
    close_covariance(margins.cov, theirs["cov"])


@each
def test_a_correlation_and_cronbachs_alpha(name, calibration):
    d, theirs = design(name, calibration), R[name][calibration]
    for ours, key in (
        (correlation(d, "x", "y"), "correlation"),
        (cronbach_alpha(d, ["tie", "count", "bin"]), "alpha"),
    ):
        close(ours.estimate, theirs[key]["est"])
        close(ours.se, theirs[key]["se"])
        assert ours.df == theirs[key]["df"][0]


@each
def test_goodness_of_fit(name, calibration):
    shares = {"a": 0.33, "b": 0.33, "c": 0.25, "d": 0.09}
    theirs = R[name][calibration]["fit"]
    ours = goodness_of_fit(design(name, calibration), "cat", shares, "sum")
    close(ours.statistic, theirs["statistic"])
    close(ours.p, theirs["p"])
    effects = np.array(theirs["lambda"])
    if calibration == "raking":
        close(effects, theirs["lambda_r"])
        scale = (effects**2).sum() / effects.sum()
        close(stats.chi2.sf(ours.statistic / scale, effects.sum() / scale), theirs["p_r"])
    second = goodness_of_fit(design(name, calibration), "cat", shares)
    close(second.df, effects.sum() ** 2 / (effects**2).sum())
    close(second.statistic, theirs["statistic"][0] / effects.sum())


def quantile_cases():
    for name, calibration in CASES:
        for key in R[name][calibration]["quantile"]:
            yield name, calibration, *key.split(".")


@pytest.mark.parametrize(("name", "calibration", "question", "kind"), list(quantile_cases()))
def test_quantile_rules_and_intervals(name, calibration, question, kind):
    theirs = np.array(R[name][calibration]["quantile"][f"{question}.{kind}"], dtype=float)
    rules = ("math", "school", "hf2", "hf7", "shahvaish")
    option = {"rule": kind} if kind in rules else {"interval": kind}
    ours = design(name, calibration).quantile(question, [0.25, 0.5, 0.8], **option)
    found = ours[["estimate", "ci_low", "ci_high"]].to_numpy()
    np.testing.assert_allclose(found, theirs, rtol=1e-10)


def test_sample_sizes():
    for first, second, power, alpha, n in R["sizes"]:
        close(respondents_for_difference(first, second, alpha=alpha, power=power).exact, n)


def test_an_open_sample_beside_a_reference():
    theirs = R["open"]
    model = model_participation(SurveyDesign(sample("srs")), design("stratified", "none"), ["x", "group"])
    close(model.coefficients["estimate"], theirs["theta"])
    close(model.coefficients["se"], theirs["se"])
    close(model.chance, theirs["chance"])
    mean = model.mean("y")
    close([mean.estimate, mean.se], theirs["mean"])
    doubly = model.doubly_robust("y", ["x", "two"])
    close([doubly.estimate, doubly.se], theirs["doubly"])
