"""Regression: what it reduces to, and the models it refuses."""

import numpy as np
import pandas as pd
import pytest

from nsmo.stats import DesignError, SurveyDesign
from nsmo.stats.comparison import ttest
from nsmo.stats.regression import dispersion, glm


def sample(n=400, seed=9):
    rng = np.random.default_rng(seed)
    size = rng.normal(0, 1, n)
    kind = rng.choice(["shop", "school", "firm"], n)
    return pd.DataFrame(
        {
            "size": size,
            "kind": kind,
            "online": rng.choice([True, False], n),
            "amount": 3 + 2 * size + (kind == "shop") + rng.normal(0, 1, n),
            "visits": rng.poisson(np.exp(0.2 + 0.5 * size)),
            "buys": rng.uniform(size=n) < 1 / (1 + np.exp(-size)),
            "w": rng.uniform(1, 6, n),
            "cluster": rng.integers(0, 30, n),
        }
    )


def design(**options):
    return SurveyDesign(sample(), weights="w", clusters="cluster", **options)


def test_linear_model_solves_the_weighted_normal_equations():
    frame = sample()
    fit = glm(design(), "amount", ["size", "online"])
    X = np.column_stack([np.ones(len(frame)), frame["size"], frame["online"]])
    w = frame["w"].to_numpy()
    beta = np.linalg.solve(X.T @ (X * w[:, None]), X.T @ (w * frame["amount"]))
    np.testing.assert_allclose(fit.coefficients["estimate"], beta, rtol=1e-12)


def test_a_model_of_one_yes_no_term_is_the_t_test():
    row = glm(design(), "amount", ["online"]).coefficients.iloc[1]
    test = ttest(design(), "amount", "online")
    assert (row["estimate"], row["se"], row["p"]) == pytest.approx(
        (test.estimate, test.se, test.p), rel=1e-10
    )
    assert (row["term"], row["category"]) == ("online", "True")


@pytest.mark.parametrize(
    ("family", "outcome"), [("logistic", "buys"), ("poisson", "visits"), ("gaussian", "amount")]
)
def test_scores_are_zero_at_the_estimate(family, outcome):
    frame = sample()
    beta = glm(design(), outcome, ["size", "kind"], family=family).coefficients["estimate"].to_numpy()
    X = np.column_stack(
        [np.ones(len(frame)), frame["size"], frame["kind"] == "school", frame["kind"] == "shop"]
    )
    mean = {"logistic": lambda e: 1 / (1 + np.exp(-e)), "poisson": np.exp, "gaussian": lambda e: e}[family](
        X @ beta
    )
    score = X.T @ (frame["w"] * (frame[outcome] - mean))
    assert np.abs(score).max() < 1e-8


def test_wald_test_does_not_depend_on_the_first_category():
    frame = sample()
    turned = frame.assign(kind=pd.Categorical(frame["kind"], ["shop", "firm", "school"]))
    one = glm(SurveyDesign(frame, weights="w"), "buys", ["kind", "size"], "logistic").wald("kind")
    other = glm(SurveyDesign(turned, weights="w"), "buys", ["kind", "size"], "logistic").wald("kind")
    assert one.statistic == pytest.approx(other.statistic, rel=1e-8)


def test_terms_lists_a_test_each_with_the_models_df():
    fit = glm(design(), "amount", ["size", "kind", "online", ("kind", "online")])
    table = fit.terms().set_index("term")
    assert table["df"].to_dict() == {"size": 1, "kind": 2, "online": 1, "kind × online": 2}
    clusters = sample()["cluster"].nunique()
    assert set(table["ddf"]) == {clusters - 1 + 1 - 7} == {fit.df}


def test_a_categorical_outcome_needs_to_be_told_the_event():
    frame = sample()
    frame["answer"] = np.where(frame["buys"], "yes", "no")
    d = SurveyDesign(frame, weights="w")
    worded = glm(d, "answer", ["size"], "logistic", event="yes").coefficients["estimate"]
    np.testing.assert_allclose(worded, glm(d, "buys", ["size"], "logistic").coefficients["estimate"])
    with pytest.raises(DesignError, match=r"event True does not occur in column 'answer'; found 'no', 'yes'"):
        glm(d, "answer", ["size"], "logistic")


def test_ratios_are_exponents_and_absent_from_linear_models():
    table = glm(design(), "visits", ["size"], "poisson").coefficients
    np.testing.assert_allclose(table["ratio"], np.exp(table["estimate"]))
    np.testing.assert_allclose(table["ratio_high"], np.exp(table["ci_high"]))
    assert "ratio" not in glm(design(), "amount", ["size"]).coefficients


def test_an_outcome_in_cents_gives_the_same_t():
    frame = sample()
    frame = frame.assign(cents=frame["amount"] * 1e6, micro=frame["size"] / 1e6)
    d = SurveyDesign(frame, weights="w")
    one = glm(d, "amount", ["size"]).coefficients["t"]
    np.testing.assert_allclose(glm(d, "cents", ["micro"]).coefficients["t"], one, rtol=1e-8)


def test_terms_that_determine_each_other_are_named():
    frame = sample()
    frame["double"] = frame["size"] * 2
    with pytest.raises(
        DesignError, match=r"determine each other among 400 rows: size, double; leave one out"
    ):
        glm(SurveyDesign(frame), "amount", ["size", "kind", "double"])


def test_an_outcome_that_a_term_settles_is_refused():
    frame = sample()
    frame["knows"] = frame["buys"]
    with pytest.raises(DesignError, match=r"'buys' has no finite estimate: knows = .* without error"):
        glm(SurveyDesign(frame), "buys", ["knows"], "logistic")
    frame["edge"] = np.where(frame["kind"] == "shop", True, frame["buys"])
    with pytest.raises(DesignError, match=r"model of 'edge' has no finite estimate: kind = "):
        glm(SurveyDesign(frame), "edge", ["kind"], "logistic")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("amount", ["sise"]), r"no column 'sise'.*size"),
        (("amount", ["size", "size"]), "listed twice"),
        (("amount", ["size", ("size", "kind")]), "needs its parts as terms too: kind"),
        (("amount", ["size"], "probit"), "family must be one of gaussian, logistic, poisson"),
        (("amount", ["size"], "poisson"), "cannot be negative"),
        (("visits", ["size"], "logistic"), r"0 or 1; 'visits' holds \[2.0"),
        (("kind", ["size"]), "'kind' holds"),
    ],
)
def test_bad_models_are_refused_with_what_was_found(arguments, message):
    with pytest.raises(DesignError, match=message):
        glm(design(), *arguments)


def test_wald_of_an_unknown_term_lists_the_terms():
    with pytest.raises(DesignError, match="no term 'kind'; it has 'size'"):
        glm(design(), "amount", ["size"]).wald("kind")


def test_missing_answers_leave_the_model_but_not_the_design():
    frame = sample()
    frame.loc[frame.index % 4 == 0, "size"] = np.nan
    whole = SurveyDesign(frame, weights="w", clusters="cluster")
    fit = glm(whole, "amount", ["size"])
    assert fit.n == 300
    domain = glm(whole.subset(frame["size"].notna().to_numpy()), "amount", ["size"])
    pd.testing.assert_frame_equal(fit.coefficients, domain.coefficients)


def test_cells_give_the_model_of_the_respondents():
    d = SurveyDesign(sample(), weights="w")
    one = glm(d, "buys", ["kind", "online"], "logistic")
    other = glm(d.cells(["buys", "kind", "online"]), "buys", ["kind", "online"], "logistic")
    np.testing.assert_allclose(one.coefficients["se"], other.coefficients["se"], rtol=1e-9)
    assert (one.n, one.df) == (other.n, other.df)


# -- how the counts vary about the model ----------------------------------------------------------------


def test_dispersion_in_groups_is_the_spread_within_groups_over_their_mean():
    frame = sample()
    found = dispersion(SurveyDesign(frame), "visits", ["kind"])
    mean = frame.groupby("kind")["visits"].transform("mean")
    spread = (frame["visits"] - mean) ** 2
    assert found.estimate == pytest.approx((spread / mean).mean())
    assert found.se == pytest.approx(((spread - frame["visits"]) / mean).std() / np.sqrt(len(frame)))


@pytest.mark.parametrize(
    ("draw", "low", "high"),
    [
        (lambda rng, mean: rng.poisson(mean), 0.93, 1.07),
        (lambda rng, mean: rng.negative_binomial(mean, 1 / 3), 2.7, 3.3),
        (lambda rng, mean: rng.binomial(8, mean / 8), 0.4, 0.6),
    ],
    ids=["Poisson", "negative binomial", "binomial"],
)
def test_dispersion_tells_what_the_counts_were_drawn_from(draw, low, high):
    rng = np.random.default_rng(4)
    mean = np.where(np.arange(6000) % 2, 3.0, 5.0)
    # With p = 1/3 a negative binomial of size r has mean 2 r and three times that variance.
    drawn = draw(rng, mean)
    frame = pd.DataFrame({"count": drawn, "group": np.where(mean > 4, "b", "a")})
    found = dispersion(SurveyDesign(frame), "count", ["group"])
    assert low < found.ci_low < found.ci_high < high
    assert (found.p < 0.001) == (not found.ci_low < 1 < found.ci_high)


def test_dispersion_of_a_domain_uses_its_weights_and_respondents():
    inside = sample()["online"].to_numpy()
    found = dispersion(design().subset(inside), "visits", ["kind"])
    part = sample()[inside]
    mean = part["kind"].map({k: np.average(g["visits"], weights=g["w"]) for k, g in part.groupby("kind")})
    expected = np.average((part["visits"] - mean) ** 2 / mean, weights=part["w"])
    assert (found.n, found.estimate) == (inside.sum(), pytest.approx(expected))
