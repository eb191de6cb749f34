"""Right values where R answers otherwise, or otherwise each time: closed forms and the order of rows."""

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from nsmo.stats import SurveyDesign, calibrate, replicate_weights
from nsmo.stats.comparison import ranktest


def clusters(seed=4, groups=15, size=12):
    rng = np.random.default_rng(seed)
    psu = np.repeat(np.arange(groups), size)
    n = len(psu)
    return pd.DataFrame(
        {
            "psu": psu,
            "yes": rng.uniform(size=n) < 0.2 + 0.02 * psu,
            "y": rng.normal(5, 2, n) + rng.normal(0, 1, groups)[psu],
            "sex": rng.choice(["f", "m"], n),
            "w": rng.uniform(0.5, 2, n),
        }
    )


@pytest.mark.parametrize("weight", [1.0, 1 / 3, 0.1, 7e11])
def test_a_quantile_of_equal_weights_is_a_value_by_its_place(weight):
    # R takes the next value wherever the rounding of a sum of weights pushes it there.
    frame = pd.DataFrame({"y": np.arange(1.0, 201), "w": weight}).sample(frac=1, random_state=1)
    places = np.arange(1, 200)
    found = SurveyDesign(frame, "w").quantile("y", places / 200)
    assert found["estimate"].tolist() == places.tolist()


def test_the_lower_end_of_a_quantiles_interval_may_be_the_smallest_value():
    frame = pd.DataFrame({"y": np.arange(1.0, 41)})
    # 4 of 40: the share less t times its standard error lies between 0 and 1/40, which the smallest reaches.
    assert 0 < 0.1 - stats.t.ppf(0.975, 39) * np.sqrt(0.1 * 0.9 / 39) < 1 / 40
    assert SurveyDesign(frame).quantile("y", 0.1)["ci_low"].tolist() == [1]


def test_rank_tests_of_ties_do_not_hang_on_the_order_of_rows():
    frame = clusters().assign(tie=lambda f: f["y"].round().clip(3, 7))
    found = [
        ranktest(SurveyDesign(rows.reset_index(drop=True), "w", clusters="psu"), "tie", "sex")
        for rows in (frame, frame.sample(frac=1, random_state=3), frame.iloc[::-1])
    ]
    assert {round(each.estimate, 12) for each in found} == {round(found[0].estimate, 12)}
    assert found[1].p == pytest.approx(found[0].p, rel=1e-9)
    assert found[2].p == pytest.approx(found[0].p, rel=1e-9)


def test_an_interval_for_small_counts_counts_those_who_answered():
    frame = clusters()
    frame["some"] = frame["yes"].astype("boolean").mask(frame.index % 5 == 0)
    row = SurveyDesign(frame, "w", clusters="psu").proportion("some", method="beta").iloc[0]
    p, n = row["estimate"], frame["some"].count()
    n_eff = p * (1 - p) / row["se"] ** 2 * (stats.t.ppf(0.975, n - 1) / stats.t.ppf(0.975, row["df"])) ** 2
    assert row["n"] == n
    assert row["ci_low"] == pytest.approx(stats.beta.ppf(0.025, p * n_eff, (1 - p) * n_eff + 1), rel=1e-12)
    assert row["ci_high"] == pytest.approx(stats.beta.ppf(0.975, p * n_eff + 1, (1 - p) * n_eff), rel=1e-12)


def test_a_likelihood_interval_ends_where_the_likelihood_says():
    row = SurveyDesign(clusters(), "w", clusters="psu").proportion("yes", method="likelihood").iloc[0]
    p, t = row["estimate"], stats.t.ppf(0.975, row["df"])
    n_eff = p * (1 - p) / row["se"] ** 2
    for end in (row["ci_low"], row["ci_high"]):
        lost = p * np.log(p / end) + (1 - p) * np.log((1 - p) / (1 - end))
        assert 2 * n_eff * lost == pytest.approx(t**2, rel=1e-9)


@pytest.mark.parametrize("replicates", [False, True])
def test_a_logit_interval_is_by_t_on_the_log_odds_also_of_rare_shares_and_replicates(replicates):
    frame = clusters().assign(rare=lambda f: f.index < 2)
    design = SurveyDesign(frame, "w", clusters="psu")
    row = (replicate_weights(design, "jk1") if replicates else design).proportion("rare").iloc[0]
    p, t = row["estimate"], stats.t.ppf(0.975, row["df"])
    half = t * row["se"] / (p * (1 - p))
    assert row["ci_low"] == pytest.approx(special.expit(special.logit(p) - half), rel=1e-12)
    assert row["ci_high"] == pytest.approx(special.expit(special.logit(p) + half), rel=1e-12)


def test_raking_leaves_the_degrees_of_freedom_of_the_clusters():
    design = SurveyDesign(clusters(), "w", clusters="psu")
    raked = calibrate(design, {"sex": {"f": 120.0, "m": 110.0}})
    replicates = replicate_weights(raked, "jk1")
    assert raked.mean("y")["df"].iloc[0] == 14
    assert replicates.mean("y")["df"].iloc[0] == 14  # R's rake counts the rank of the raked weights


def test_rows_without_weight_change_nothing_after_raking():
    frame, targets = clusters(), {"sex": {"f": 120.0, "m": 110.0}}
    without = calibrate(SurveyDesign(frame, "w", clusters="psu"), targets).mean("y").iloc[0]
    more = pd.concat([frame, frame.assign(w=0.0, y=1e6)], ignore_index=True)
    found = calibrate(SurveyDesign(more, "w", clusters="psu"), targets).mean("y").iloc[0]
    assert found["se"] == pytest.approx(without["se"], rel=1e-9)  # R: not a number
    assert found["estimate"] == pytest.approx(without["estimate"], rel=1e-12)
