"""Replicate weights: how each method draws, what it refuses, and that margins hold in every replicate."""

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
    replicate_weights,
)


@pytest.fixture
def frame():
    rng = np.random.default_rng(7)
    n = 120
    stratum = np.repeat(np.arange(6), 20)
    return pd.DataFrame(
        {
            "stratum": stratum,
            "cluster": stratum * 10 + np.tile(np.repeat([1, 2], 10), 6),
            "w": rng.uniform(1, 4, n),
            "size": pd.Categorical(rng.choice(["small", "large"], n)),
            "y": rng.normal(10, 3, n) + stratum,
        }
    )


@pytest.fixture
def design(frame):
    return SurveyDesign(frame, weights="w", strata="stratum", clusters="cluster")


def test_a_jackknife_leaves_out_one_cluster_and_raises_its_neighbours(design, frame):
    jackknife = replicate_weights(design, "jkn")
    ratio = jackknife.weights_matrix() / frame["w"].to_numpy()[:, None]
    assert jackknife.replicates == 12
    assert ((ratio == 0).sum(axis=0) == 10).all()
    assert (np.isclose(ratio, 2).sum(axis=0) == 10).all()
    assert (np.isclose(ratio, 1).sum(axis=0) == 100).all()


def test_a_bootstrap_keeps_the_weight_of_every_stratum(frame):
    design = SurveyDesign(frame, weights=np.ones(120), strata="stratum")
    weights = replicate_weights(design, "bootstrap", replicates=50, seed=1).weights_matrix()
    by_stratum = pd.DataFrame(weights).groupby(frame["stratum"]).sum()
    np.testing.assert_allclose(by_stratum, 20)
    assert len(np.unique(weights[:, 0])) > 2


def test_the_same_seed_gives_the_same_replicates_and_another_does_not(design):
    one, two, other = (replicate_weights(design, "bootstrap", replicates=9, seed=s) for s in (3, 3, 4))
    assert (one.weights_matrix() == two.weights_matrix()).all()
    assert (one.weights_matrix() != other.weights_matrix()).any()


@pytest.mark.parametrize(("method", "rho"), [("brr", None), ("fay", 0.3)])
def test_balanced_half_samples_give_the_linearised_variance_of_a_total(design, method, rho):
    halves = replicate_weights(design, method, rho=rho)
    assert halves.total("y")["se"][0] == pytest.approx(design.total("y")["se"][0], rel=1e-10)
    assert halves.mean("y")["se"][0] == pytest.approx(design.mean("y")["se"][0], rel=0.05)


def test_a_bootstrap_approaches_the_linearised_error(frame):
    design = SurveyDesign(frame, weights="w", strata="stratum")
    boot = replicate_weights(design, "bootstrap", replicates=2000, seed=2)
    for statistic in ("mean", "total"):
        ours = getattr(boot, statistic)("y")["se"][0]
        assert ours == pytest.approx(getattr(design, statistic)("y")["se"][0], rel=0.06)


def test_a_bootstrap_of_cells_is_that_of_respondents_in_distribution():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"yes": rng.random(3000) < 0.3, "size": rng.choice(["s", "l"], 3000)})
    margins = {"size": {"s": 8.0, "l": 2.0}}
    cells = calibrate(SurveyDesign(frame).cells(["yes", "size"]), margins)
    boot = replicate_weights(cells, "bootstrap", replicates=4000, seed=5)
    assert len(boot.frame) == 4
    linearised = calibrate(SurveyDesign(frame), margins).proportion("yes")
    table = boot.proportion("yes")
    assert table["estimate"][0] == pytest.approx(linearised["estimate"][0])
    assert table["se"][0] == pytest.approx(linearised["se"][0], rel=0.05)
    assert table["n"][0] == 3000
    assert table["df"][0] == 2999


def test_unequal_weights_within_a_cell_are_not_exchangeable(frame):
    cells = SurveyDesign(frame, weights="w").cells("size")
    with pytest.raises(DesignError, match="2 cells hold respondents of unequal weight"):
        replicate_weights(cells, "bootstrap", replicates=10, seed=1)


@pytest.mark.parametrize("calibrate_first", [True, False])
@pytest.mark.parametrize(
    "options", [{"method": "raking"}, {"method": "linear"}, {"method": "raking", "trim": 3}]
)
def test_margins_hold_in_every_replicate(design, frame, options, calibrate_first):
    margins = {"size": {"small": 70.0, "large": 50.0}}
    if calibrate_first:
        result = replicate_weights(calibrate(design, margins, **options), "jkn")
    else:
        result = calibrate(replicate_weights(design, "jkn"), margins, **options)
    by_size = pd.DataFrame(result.weights_matrix()).groupby(frame["size"]).sum()
    np.testing.assert_allclose(by_size.loc["small"], 70, rtol=1e-8)
    np.testing.assert_allclose(by_size.loc["large"], 50, rtol=1e-8)
    assert result.total("y")["se"][0] < replicate_weights(design, "jkn").total("y")["se"][0]


def test_a_replicate_without_a_category_is_refused_by_name_or_dropped_and_counted():
    frame = pd.DataFrame({"size": ["small"] * 29 + ["large"]})
    design = calibrate(SurveyDesign(frame), {"size": {"small": 20.0, "large": 10.0}})
    with pytest.raises(CalibrationError, match=r"in 1 of 30 replicates .* nobody is left in size = large"):
        replicate_weights(design, "jk1")
    boot = replicate_weights(design, "bootstrap", replicates=100, seed=1, unreachable="drop")
    assert 20 < boot.dropped < 55
    assert boot.replicates == 100 - boot.dropped
    assert boot.scale == 1 / (boot.replicates - 1)


def test_given_weights_are_those_made_here(design, frame):
    made = replicate_weights(design, "jkn", centre="estimate")
    columns = [f"r{i}" for i in range(made.replicates)]
    longer = pd.concat([frame, pd.DataFrame(made.weights_matrix(), columns=columns)], axis=1)
    given = ReplicateDesign.from_weights(
        longer, "w", columns, scale=made.scale, rscales=made.rscales, centre="estimate"
    )
    assert given.mean("y", by="size")["se"].tolist() == pytest.approx(
        made.mean("y", by="size")["se"].tolist()
    )
    assert given.degf() == made.degf() == 6


def test_replicate_and_spread_serve_any_statistic(design, frame):
    jackknife = replicate_weights(design, "jkn")
    y = frame["y"].to_numpy()

    def mean(weights):
        return np.array([weights @ y / weights.sum()])

    cov = jackknife.spread(jackknife.replicate(mean), mean(jackknife.weights))
    assert np.sqrt(cov[0, 0]) == pytest.approx(jackknife.mean("y")["se"][0], rel=1e-10)


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("jack", {}, "must be one of jk1, jkn"),
        ("jk1", {}, "this one has 6: use jkn"),
        ("bootstrap", {"replicates": 10}, "seed is needed"),
        ("bootstrap", {"seed": 10}, "replicates is needed"),
        ("jkn", {"replicates": 10}, "replicates has no meaning"),
        ("fay", {}, "rho is needed"),
        ("fay", {"rho": 1.5}, "between 0 and 1"),
        ("jkn", {"unreachable": "drop"}, "for a bootstrap"),
        ("jkn", {"centre": "median"}, "centre must be one of"),
    ],
)
def test_refusals(design, method, options, message):
    with pytest.raises(DesignError, match=message):
        replicate_weights(design, method, **options)


def test_population_sizes_are_not_dropped_in_silence(frame):
    sized = SurveyDesign(frame.assign(N=30), weights="w", strata="stratum", clusters="cluster", fpc="N")
    with pytest.raises(DesignError, match="takes no account of population sizes at stage 1"):
        replicate_weights(sized, "brr")
    assert replicate_weights(sized, "brr", ignore_fpc=True).replicates == 8
    jackknife = replicate_weights(sized, "jkn")  # which knows them
    assert jackknife.total("y")["se"][0] == pytest.approx(sized.total("y")["se"][0])


def test_balanced_half_samples_need_pairs(frame):
    odd = SurveyDesign(
        frame[frame["cluster"] != 12], clusters="cluster", strata="stratum", lonely_psu="remove"
    )
    with pytest.raises(DesignError, match="1 of 6 strata have another number"):
        replicate_weights(odd, "brr")


def test_restored_weights_have_no_targets_for_replicates(frame):
    restored = calibrated_design(frame, "w", ["size"])
    with pytest.raises(DesignError, match="no targets to calibrate"):
        replicate_weights(restored, "jk1")


def test_broken_replicate_weights_are_refused(frame):
    with pytest.raises(DesignError, match="120 rows by at least 2"):
        ReplicateDesign.from_weights(frame, "w", np.ones((5, 3)), scale=1)
    with pytest.raises(DesignError, match="1 replicates hold missing"):
        ReplicateDesign.from_weights(
            frame, "w", np.where(np.arange(3) == 1, np.nan, np.ones((120, 3))), scale=1
        )
    with pytest.raises(DesignError, match="do not exist: r1"):
        ReplicateDesign.from_weights(frame, "w", ["r1"], scale=1)
