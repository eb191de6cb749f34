"""Calibration, estimates and replicates against R: estimates to 1e-10, the rest to 1e-8, relative."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nsmo.stats import SurveyDesign, calibrate

HERE = Path(__file__).parent
DESIGNS = {
    "srs": {"fpc": "fpc1"},
    "unequal": {},
    "stratified": {"strata": "stratum", "fpc": "fpc1"},
    "cluster": {"clusters": "psu", "fpc": "fpc1"},
    "twostage": {"strata": "stratum", "clusters": ["psu", "person"], "fpc": ["fpc1", "fpc2"]},
    "threestage": {
        "strata": "stratum",
        "clusters": ["psu", "ssu", "person"],
        "fpc": ["fpc1", "fpc2", "fpc3"],
    },
    "paired": {"strata": "stratum", "clusters": "psu", "nest": True},
}
LIMITED = {
    "raking_bounded": {"method": "raking", "bounds": (0.85, 1.2)},
    "linear_bounded": {"method": "linear", "bounds": (0.85, 1.2)},
    "logit": {"method": "logit", "bounds": (0.5, 2)},
}
CALIBRATIONS = ["none", "poststratify", "raking", "linear", *LIMITED]
FULL = ["none", "poststratify", "raking", "linear"]
SAMPLES = [(name, cal) for name in DESIGNS for cal in CALIBRATIONS]


def read(name):
    frame = pd.read_csv(HERE / "data" / f"{name}.csv")
    return frame.assign(
        # the numbers stay, for the mean of an indicator; the booleans are for proportions
        **{f"is_{v}": frame[v].map({0: False, 1: True}).astype("boolean") for v in ("bin", "binmiss")},
        cat=frame["cat"].astype("category"),
    )


def margins_of(name):
    return json.loads((HERE / "data" / "margins.json").read_text())[name]


_EXPECTED = {}


def expected(name):
    if name not in _EXPECTED:
        _EXPECTED[name] = json.loads((HERE / "expected" / f"{name}.json").read_text())
    return _EXPECTED[name]


_DESIGNS = {}


def design_of(name, calibration="none"):
    if (name, calibration) not in _DESIGNS:
        design = SurveyDesign(read(name), weights="w", **DESIGNS[name])
        _DESIGNS[name, calibration] = calibrated(design, name, calibration)
    return _DESIGNS[name, calibration]


def calibrated(design, name, calibration):
    margins = margins_of(name)
    three = {k: margins[k] for k in ("sex", "age", "region")}
    if calibration == "none":
        return design
    if calibration == "poststratify":
        return calibrate(design, {"region": margins["region"]}, "poststratify", tol=1e-13)
    if calibration == "raking":
        return calibrate(design, three, "raking", tol=1e-13)
    if calibration == "linear":
        return calibrate(design, margins, "linear", tol=1e-13)
    options = LIMITED[calibration]
    return calibrate(design, three if options["method"] == "raking" else margins, tol=1e-12, **options)


def close(ours, theirs, tolerance, floor=0.0):
    """Same shape of missing values, and equal up to a relative tolerance (or a floor for true zeros)."""
    ours = np.asarray(ours, dtype=float).ravel()
    theirs = np.array([np.nan if v is None else v for v in np.ravel(theirs)], dtype=float)
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=floor)


def compare(table, want, estimates=1e-10, rest=1e-8, floor=0.0):
    close(table["estimate"], want["est"], estimates)
    close(table["se"], want["se"], rest, floor)
    if "df" in want:
        close(table["df"], np.broadcast_to(want["df"], len(table)), 0)
    if "ci" in want:
        close(table[["ci_low", "ci_high"]], want["ci"], rest)
    if want.get("deff_replace") is not None:
        close(table["deff"], want["deff_replace"], rest, 1e-12)


def compare_quantiles(design, table, want):
    """Below the first step of the distribution function R answers with the second smallest value."""
    values = design.frame[table["question"][0]]
    smallest = values[design.active].min()
    first = (table["ci_low"] == smallest).to_numpy()
    ends = np.array(want["ci"], dtype=float)
    assert (ends[first, 0] == np.sort(values[design.active & values.notna()])[1]).all()
    ends[first, 0] = smallest
    t = (table["ci_high"] - table["ci_low"]) / (2 * table["se"])
    se = np.where(first, (ends[:, 1] - ends[:, 0]) / (2 * t), np.array(want["se"], dtype=float))
    compare(table, want | {"ci": ends, "se": se})


@pytest.mark.parametrize(("name", "calibration"), SAMPLES)
def test_weights(name, calibration):
    close(design_of(name, calibration).weights, expected(name)["calibrations"][calibration]["weights"], 1e-9)


@pytest.mark.parametrize("name", DESIGNS)
def test_poststratify_has_the_weights_of_poststratify(name):
    close(design_of(name, "poststratify").weights, expected(name)["poststratify_weights"], 1e-12)


@pytest.mark.parametrize(("name", "calibration"), SAMPLES)
def test_core_statistics(name, calibration):
    design, want = design_of(name, calibration), expected(name)["calibrations"][calibration]["stats"]
    compare(design.mean("y"), want["mean.y"])
    compare(design.total("y"), want["total.y"])
    domain = design.subset(design.frame["dom"] == 1)
    compare(domain.mean("y"), want["dom.mean.y"])
    shares = design.estimate("mean", "y", deff="noreplace")
    close(shares.deff, want["mean.y"]["deff"], 1e-8)
    proportion = design.proportion("cat")
    close(proportion["estimate"], want["prop.cat"]["est"], 1e-10)
    close(proportion["se"], want["prop.cat"]["se"], 1e-8)
    joint = design.estimate("proportion", "cat")
    scale = np.max(np.abs(want["prop.cat"]["cov"]))
    close(joint.cov, want["prop.cat"]["cov"], 1e-8, 1e-9 * scale)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("calibration", FULL)
class TestEveryStatistic:
    def sample(self, name, calibration):
        return design_of(name, calibration), expected(name)["calibrations"][calibration]["stats"]

    def test_means(self, name, calibration):
        design, want = self.sample(name, calibration)
        assert design.degf() == want["degf"][0]
        for v in ("x", "tie", "bin", "ymiss"):
            # x is calibrated by "linear": its variance is zero, up to rounding on either side
            floor = 1e-9 if (v, calibration) == ("x", "linear") else 0
            if floor:
                close(design.mean(v)["estimate"], want[f"mean.{v}"]["est"], 1e-10)
                assert design.mean(v)["se"][0] < floor
            else:
                compare(design.mean(v), want[f"mean.{v}"])
        joint = design.estimate("mean", ["y", "x", "tie"])
        close(joint.theta, want["mean.joint"]["est"], 1e-10)
        close(joint.cov, want["mean.joint"]["cov"], 1e-8, 1e-10)

    def test_all_or_nobody(self, name, calibration):
        design, want = self.sample(name, calibration)
        for v in ("zero", "full"):
            table = design.mean(v)
            close(table["estimate"], want[f"mean.{v}"]["est"], 1e-12, 1e-12)
            close(table["se"], 0, 0, 1e-12)

    def test_totals_and_ratio(self, name, calibration):
        design, want = self.sample(name, calibration)
        compare(design.total("ymiss"), want["total.ymiss"])
        compare(design.total("cat"), want["total.cat"])
        compare(design.ratio("y", "x"), want["ratio.y_x"])
        ratio = design.ratio("y", "x", deff="noreplace")
        close(ratio["deff"], want["ratio.y_x"]["deff"], 1e-8)
        close(design.total("y", deff="noreplace")["deff"], want["total.y"]["deff"], 1e-8)

    def test_quantiles(self, name, calibration):
        design, want = self.sample(name, calibration)
        for v in ("y", "tie", "ymiss"):
            table = design.quantile(v, want[f"quantile.{v}"]["probs"])
            compare_quantiles(design, table, want[f"quantile.{v}"])

    def test_variances(self, name, calibration):
        design, want = self.sample(name, calibration)
        compare(design.variance("y"), want["var.y"])
        # R puts the respondents without an answer into n / (n - 1); we do not.
        ours = design.variance("ymiss")
        n, base = design.n, ours["base"][0]
        factor = n / (n - 1) / (base / (base - 1))
        compare(ours.assign(estimate=ours["estimate"] * factor, se=ours["se"] * factor), want["var.ymiss"])

    def test_intervals_of_a_proportion(self, name, calibration):
        design, want = self.sample(name, calibration)
        domain = design.subset(design.frame["dom"] == 1)
        for sample, v, key in (
            (design, "is_bin", "ciprop.bin"),
            (design, "is_binmiss", "ciprop.binmiss"),
            (domain, "is_bin", "dom.ciprop.bin"),
        ):
            for method in ("logit", "beta", "asin", "xlogit", "mean", "likelihood"):
                table = sample.proportion(v, method=method)
                assert table["base"][0] == want[key]["n"][0]
                close(table["estimate"], want[key]["est"], 1e-10)
                close(table[["ci_low", "ci_high"]], want[key][method], 1e-8)

    def test_groups(self, name, calibration):
        design, want = self.sample(name, calibration)
        groups = want["by.mean.y.group"]["groups"]
        for key, table in (
            ("by.mean.y.group", design.mean("y", by="group")),
            ("by.mean.ymiss.group", design.mean("ymiss", by="group")),
            ("by.mean.bin.group", design.mean("bin", by="group")),
            ("by.total.y.group", design.total("y", by="group")),
            ("by.ratio.y_x.group", design.ratio("y", "x", by="group")),
        ):
            assert table["group"].tolist() == groups
            compare(table, want[key])
        shares = design.proportion("cat", by="group").sort_values(["option", "group"])  # R: options outer
        close(shares["estimate"], want["by.prop.cat.group"]["est"], 1e-10)
        close(shares["se"], want["by.prop.cat.group"]["se"], 1e-8)
        close(shares["df"], want["by.prop.cat.group"]["df"], 0)
        median = design.quantile("y", 0.5, by="group")
        compare(median, want["by.median.y.group"])
        close(design.mean("y", by="group")["deff"], want["by.deff.y.group"]["deff_replace"], 1e-8)
        close(design.mean("y", by="group", deff="noreplace")["deff"], want["by.deff.y.group"]["deff"], 1e-8)

    def test_covariance_between_groups(self, name, calibration):
        design, want = self.sample(name, calibration)
        for statistic in ("mean", "total"):
            estimates = design.estimate(statistic, "y", by="group")
            cov = np.array(want[f"by.{statistic}.y.group"]["cov"])
            close(estimates.cov, cov, 1e-8, 1e-9 * np.abs(cov).max())
            table = estimates.contrast(
                {
                    "g2_g1": {"g1": -1, "g2": 1},
                    "g3_g1": {"g1": -1, "g3": 1},
                    "average": {"g1": -1, "g2": 0.5, "g3": 0.5},
                }
            )
            key = f"contrast.{statistic}.y.group"
            assert table["group"].tolist() == want[key]["names"]
            close(table["estimate"], want[key]["est"], 1e-9)
            close(table["se"], want[key]["se"], 1e-8)
        differences = design.difference("y", by="group", statistic="mean", pairs=[("g2", "g1"), ("g3", "g1")])
        close(differences["se"], want["contrast.mean.y.group"]["se"][:2], 1e-8)

    def test_domain(self, name, calibration):
        design, want = self.sample(name, calibration)
        domain = design.subset(design.frame["dom"] == 1)
        assert domain.degf() == want["dom.degf"][0]
        compare(domain.mean("ymiss"), want["dom.mean.ymiss"])
        compare(domain.total("y"), want["dom.total.y"])
        compare(domain.ratio("y", "x"), want["dom.ratio.y_x"])
        compare_quantiles(
            domain, domain.quantile("y", want["dom.quantile.y"]["probs"]), want["dom.quantile.y"]
        )
        shares = domain.proportion("cat")
        close(shares["estimate"], want["dom.prop.cat"]["est"], 1e-10)
        close(shares["se"], want["dom.prop.cat"]["se"], 1e-8)


@pytest.mark.parametrize("rule", ["adjust", "average", "remove", "certainty"])
def test_a_stratum_of_one_cluster(rule):
    want = expected("lonely")["lonely"][rule]
    design = SurveyDesign(
        read("lonely"), weights="w", strata="stratum", clusters="psu", nest=True, lonely_psu=rule
    )
    assert design.degf() == want["degf"][0]
    compare(design.mean("y"), want["mean.y"])
    compare(design.total("y"), want["total.y"])
    compare(design.mean("y", by="group"), want["by.mean.y.group"])
