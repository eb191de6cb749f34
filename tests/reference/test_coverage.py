"""How often a 95 % interval holds the truth, over 2,000 samples from a known population."""

import numpy as np
import pandas as pd
import pytest

from nsmo.stats import SurveyDesign, calibrate

SAMPLES = 2000
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def population():
    """20,000 people in four strata of 60 clusters each; answers depend on stratum, cluster, sex and age."""
    rng = np.random.default_rng(2018)
    clusters = 240
    size = rng.integers(50, 120, clusters)
    psu = np.repeat(np.arange(clusters), size)
    stratum = psu // 60
    n = len(psu)
    shift = rng.normal(0, 0.4, clusters)[psu] + 0.3 * stratum
    age = rng.choice(["young", "middle", "old"], n, p=[0.3, 0.4, 0.3])
    sex = rng.choice(["f", "m"], n)
    y = 5 + shift + 1.5 * (age == "old") + 0.8 * (sex == "m") + rng.normal(0, 2, n)
    uses = rng.uniform(size=n) < 1 / (1 + np.exp(1.8 - 0.5 * shift - 0.6 * (age == "young")))
    return pd.DataFrame(
        {"psu": psu, "stratum": stratum, "age": age, "sex": sex, "y": y, "uses": uses, "old": age == "old"}
    )


@pytest.fixture(scope="module")
def coverage(population):
    """Share of samples whose interval holds the truth, per estimate.

    Ten clusters of each stratum, 12 people of each; response is likelier among the old, so that only the
    raked mean is unbiased over the whole. The mean, the proportion and the domain are taken from samples
    without that nonresponse.
    """
    rng = np.random.default_rng(42)
    people = [group.index.to_numpy() for _, group in population.groupby("psu")]
    answers = {name: population[name].to_numpy() for name in population}
    totals = {name: population[name].value_counts().to_dict() for name in ("age", "sex")}
    truth = {
        "mean": population["y"].mean(),
        "proportion": population["uses"].mean(),
        "raked mean": population["y"].mean(),
        "domain": population.loc[population["old"], "y"].mean(),
    }
    chance = np.where(population["old"], 0.9, 0.55)
    hits = dict.fromkeys(truth, 0)
    for _ in range(SAMPLES):
        drawn = np.concatenate([60 * h + rng.choice(60, 10, replace=False) for h in range(4)])
        rows = np.concatenate([rng.choice(people[c], 12, replace=False) for c in drawn])
        weight = np.repeat([60 / 10 * len(people[c]) / 12 for c in drawn], 12)
        frame = pd.DataFrame({name: values[rows] for name, values in answers.items()}).assign(
            w=weight, clusters=60, people=np.repeat([len(people[c]) for c in drawn], 12)
        )
        frame["person"] = rows
        design = SurveyDesign(
            frame, weights="w", strata="stratum", clusters=["psu", "person"], fpc=["clusters", "people"]
        )
        found = {
            "mean": design.mean("y"),
            "proportion": design.proportion("uses"),
            "domain": design.subset("old").mean("y"),
        }
        answered = rng.uniform(size=len(rows)) < chance[rows]
        responding = SurveyDesign(
            frame[answered].reset_index(drop=True), weights="w", strata="stratum", clusters="psu"
        )
        found["raked mean"] = calibrate(responding, totals, method="raking").mean("y")
        for name, row in found.items():
            hits[name] += row["ci_low"].iloc[0] <= truth[name] <= row["ci_high"].iloc[0]
    return {name: count / SAMPLES for name, count in hits.items()}


@pytest.mark.parametrize("estimate", ["mean", "proportion", "raked mean", "domain"])
def test_95_percent_intervals_hold_the_truth_in_93_to_97_percent_of_samples(coverage, estimate):
    assert 0.93 <= coverage[estimate] <= 0.97, coverage
