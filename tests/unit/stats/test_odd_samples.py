"""Small, constant, half-answered and badly weighted samples: a right value or a refusal, no rounding."""

import warnings

import numpy as np
import pandas as pd
import pytest

from nsmo.stats import (
    CalibrationError,
    DesignError,
    Effect,
    HypothesisTest,
    SurveyDesign,
    chisquare,
    correlations,
    cramers_v,
    cronbach_alpha,
    glm,
    goodness_of_fit,
    mlogit,
    model_participation,
    odds_ratio,
    polr,
    predictive_margins,
    ranktest,
    share_difference,
    somers_d,
    ttest,
)

REFUSED = (DesignError, CalibrationError, ValueError)
SHARES = {"a": 0.5, "b": 0.3, "c": 0.2}


def number(rng: np.random.Generator, n: int) -> np.ndarray:
    values = rng.normal(size=n)
    return [
        values,
        np.full(n, 3.3),
        np.where(rng.random(n) < 0.4, np.nan, values),
        np.full(n, np.nan),
        values * 1e-9 + 1e6,
        rng.integers(0, 2, n).astype(float),
        np.where(np.arange(n) == 0, 1e9, values.round()),
    ][rng.integers(7)]


def category(rng: np.random.Generator, n: int):
    values = rng.choice(list("abc"), n)
    return [
        values,
        np.full(n, "a"),
        pd.Categorical(values, list("abcd")),
        np.where(rng.random(n) < 0.3, None, values),
        np.where(np.arange(n) == 0, "z", values),
        pd.Categorical(np.where(np.arange(n) == 0, "b", "a"), list("abc")),
    ][rng.integers(6)]


def boolean(rng: np.random.Generator, n: int):
    values = rng.random(n) < 0.5
    return [
        values,
        np.full(n, True),
        np.arange(n) == 0,
        pd.array(np.where(rng.random(n) < 0.3, None, values), dtype="boolean"),
    ][rng.integers(4)]


def sample(seed: int) -> SurveyDesign | None:
    rng = np.random.default_rng(seed)
    n = int(rng.choice([1, 2, 3, 4, 6, 8, 12, 30]))
    frame = pd.DataFrame({name: number(rng, n) for name in "xyz"})
    frame = frame.assign(b=boolean(rng, n), g=category(rng, n), h=category(rng, n), count=rng.poisson(1.0, n))
    weights = [
        np.ones(n),
        rng.gamma(1, 1, n) + 0.01,
        np.where(rng.random(n) < 0.5, 0, 1.0),
        np.where(np.arange(n) == 0, 30.0, 1.0),
    ][rng.integers(4)]
    clusters = rng.integers(0, n // 2 + 1, n) if rng.integers(2) else np.arange(n)
    try:
        design = SurveyDesign(
            frame.assign(psu=clusters, offset=rng.normal(0, 0.1, n)), weights, clusters="psu"
        )
    except REFUSED:  # nobody weighs anything, or all are of one cluster
        return None
    return design.subset(pd.Series(rng.random(n) < 0.7)) if n > 2 and rng.integers(4) == 0 else design


def open_sample(design: SurveyDesign):
    own, reference = design.frame, design.frame.assign(weight=5.0)
    model = model_participation(SurveyDesign(own), SurveyDesign(reference, "weight"), ["g"])
    return model.doubly_robust("y", ["g"])


CALLS = {
    "correlations": lambda d: correlations(d, list("xyz")),
    "alpha": lambda d: cronbach_alpha(d, list("xyz")),
    "goodness": lambda d: goodness_of_fit(d, "g", SHARES),
    "mlogit": lambda d: mlogit(d, "g", ["x"]).coefficients,
    "risks": lambda d: predictive_margins(glm(d, "b", ["g", "x"], "logistic"), "g").differences(),
    "means": lambda d: predictive_margins(glm(d, "y", ["g"]), "g").differences(),
    "offset": lambda d: glm(d, "count", ["h"], "poisson", offset="offset").coefficients,
    "open": open_sample,
    "cramers_v": lambda d: cramers_v(d, "g", "h"),
    "chisquare": lambda d: chisquare(d, "g", "h"),
    "somers_d": lambda d: somers_d(d, "x", "y"),
    "odds_ratio": lambda d: odds_ratio(d, "b", "g"),
    "shares": lambda d: share_difference(d, "b", "h"),
    "ttest": lambda d: ttest(d, "x", "h"),
    "ranktest": lambda d: ranktest(d, "x", "h"),
    "polr": lambda d: polr(d, "g", ["x"]).coefficients,
    "quantile": lambda d: d.quantile("x", [0.01, 0.5, 0.99], by="g", rule="hf7"),
    "score": lambda d: d.quantile("x", [0.01, 0.5, 0.99], interval="score"),
} | {
    method: lambda d, method=method: d.proportion("b", by="h", method=method)
    for method in ("logit", "beta", "xlogit", "asin", "likelihood", "wilson")
}


def of(found) -> pd.DataFrame:
    """The numbers of an answer of any kind, a row each."""
    return pd.DataFrame([vars(found)]) if isinstance(found, Effect | HypothesisTest) else found


@pytest.mark.parametrize("name", CALLS)
def test_odd_samples_have_a_value_that_can_be_or_are_refused(name):
    for seed in range(40):
        design = sample(seed)
        if design is None:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            try:
                found = CALLS[name](design)
            except REFUSED:
                continue
        rows = of(found)
        if "p" in rows:
            p = rows["p"].dropna().astype(float)
            assert p.between(0, 1).all(), (seed, rows)
        if {"estimate", "ci_low", "ci_high"} <= set(rows) and name not in ("quantile", "score"):
            known = rows[["ci_low", "estimate", "ci_high"]].astype(float).dropna()
            slack = 1e-9 * (1 + known["estimate"].abs())
            assert (known["ci_low"] <= known["estimate"] + slack).all(), (seed, rows)
            assert (known["estimate"] <= known["ci_high"] + slack).all(), (seed, rows)
        if {"se", "p"} <= set(rows):  # what shows no spread is not tested
            assert rows.loc[rows["se"].astype(float) == 0, "p"].isna().all() or name in (
                "somers_d",
                "cramers_v",
            )
