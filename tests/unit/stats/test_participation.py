"""An open sample beside a reference sample: right where one of two models is, and not else."""

import numpy as np
import pandas as pd
import pytest

from nsmo.stats import DesignError, SurveyDesign, calibrate, model_participation

N = 20_000


@pytest.fixture(scope="module")
def people():
    """Two traits; the answer depends on both, and so does taking part."""
    rng = np.random.default_rng(3)
    size = rng.choice(["small", "middle", "large"], N, p=[0.7, 0.2, 0.1])
    x = rng.normal(size=N)
    y = 2 + 1.5 * (size == "large") + x + rng.normal(size=N)
    chance = 1 / (1 + np.exp(5 - 1.5 * (size == "large") - 0.8 * x))
    yes = rng.random(N) < 1 / (1 + np.exp(-(y - 2)))
    return pd.DataFrame({"size": size, "x": x, "x2": x**2, "y": y, "yes": yes, "chance": chance})


def draw(people, rng, n=400):
    sample = people[rng.random(N) < people["chance"]].reset_index(drop=True)
    reference = people.loc[rng.choice(N, n, replace=False), ["size", "x", "x2"]].reset_index(drop=True)
    return SurveyDesign(sample), SurveyDesign(reference.assign(all=N), fpc="all")


def test_with_one_categorical_term_the_weights_post_stratify(people):
    sample, reference = draw(people, np.random.default_rng(5))
    model = model_participation(sample, reference, ["size"])
    estimated = reference.total("size").set_index("option")["estimate"].to_dict()
    wanted = calibrate(sample, {"size": estimated})
    np.testing.assert_allclose(model.weights, wanted.weights, rtol=1e-9)
    assert model.design.total("size")["estimate"].sum() == pytest.approx(N)


def test_the_chances_reproduce_the_sample_from_the_reference(people):
    """The equations that the chances solve: sum over the sample of x = sum over the reference of d π x."""
    sample, reference = draw(people, np.random.default_rng(6))
    a, b = model_participation(sample, reference, ["x"]).coefficients["estimate"]
    x = reference.frame["x"]
    expected = reference.weights / (1 + np.exp(-a - b * x))
    assert expected.sum() == pytest.approx(sample.n)
    assert expected @ x == pytest.approx(sample.frame["x"].sum())


def simulate(people, outcome, chance_terms, answer_terms, samples=60):
    rng = np.random.default_rng(11)
    truth, found = people[outcome].mean(), []
    for _ in range(samples):
        sample, reference = draw(people, rng)
        model = model_participation(sample, reference, chance_terms)
        for effect in (model.mean(outcome), model.doubly_robust(outcome, answer_terms)):
            found.append((effect.estimate, effect.se, effect.ci_low <= truth <= effect.ci_high))
    table = np.array(found).reshape(samples, 2, 3)
    bias = (table[:, :, 0].mean(axis=0) - truth) / table[:, :, 0].std(axis=0)
    ratio = table[:, :, 1].mean(axis=0) / table[:, :, 0].std(axis=0)
    return bias, ratio, table[:, :, 2].mean(axis=0)


@pytest.mark.parametrize("outcome", ["y", "yes"])
def test_right_models_are_unbiased_and_cover(people, outcome):
    bias, ratio, coverage = simulate(people, outcome, ["size", "x"], ["size", "x"])
    assert np.abs(bias).max() < 0.45
    assert (np.abs(ratio - 1) < 0.25).all()
    assert (np.abs(coverage - 0.95) < 0.08).all()


@pytest.mark.slow
def test_one_of_the_two_models_is_enough(people):
    wrong_chance, _, coverage = simulate(people, "y", ["x2"], ["size", "x"], 150)
    assert abs(wrong_chance[0]) > 2  # weights alone are far off
    assert abs(wrong_chance[1]) < 0.3
    assert coverage[1] > 0.9
    wrong_answer, _, coverage = simulate(people, "y", ["size", "x"], ["x2"], 150)
    assert abs(wrong_answer[1]) < 0.35
    assert coverage[1] > 0.9


def test_what_is_no_open_sample_or_reference_is_refused(people):
    sample, reference = draw(people, np.random.default_rng(8))
    with pytest.raises(DesignError, match="must be a plain one"):
        model_participation(SurveyDesign(sample.frame, np.ones(len(sample.frame))), reference, ["size"])
    with pytest.raises(DesignError, match="must add up to the population"):
        model_participation(sample, SurveyDesign(reference.frame.head(50)), ["size"])
    with pytest.raises(DesignError, match="only one of the samples has huge"):
        model_participation(SurveyDesign(sample.frame.assign(size="huge")), reference, ["size"])
    with pytest.raises(DesignError, match="have no value of 'x'"):
        model_participation(SurveyDesign(sample.frame.assign(x=np.nan)), reference, ["x"])
    holes = SurveyDesign(sample.frame.assign(y=sample.frame["y"].mask(sample.frame.index < 3)))
    with pytest.raises(DesignError, match="3 of the sample did not answer 'y'"):
        model_participation(holes, reference, ["size"]).mean("y")
