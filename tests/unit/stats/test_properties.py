"""What must hold for any sample, design and margins."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nsmo.stats import CalibrationError, SurveyDesign, calibrate, replicate_weights, smallest_feasible_bound
from nsmo.stats.intervals import METHODS

SIZES, SECTORS, MARKETS = ["2-9", "10-49", "50+"], ["A-F", "G-I", "J-N", "O-U"], ["b2b", "b2c"]


@st.composite
def samples(draw, least=24, most=70):
    """A frame with answers of every type, weights, strata and clusters; every category is somewhere."""
    n = draw(st.integers(least, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    def categories(labels, p=None):
        values = np.concatenate([labels, rng.choice(labels, n - len(labels), p=p)])
        return pd.Categorical(rng.permutation(values), categories=labels)

    stratum = np.sort(rng.integers(0, draw(st.integers(1, 3)), n))
    frame = pd.DataFrame(
        {
            "size": categories(SIZES),
            "sector": categories(SECTORS),
            "market": categories(MARKETS),
            "stratum": stratum,
            "cluster": stratum * 100 + rng.integers(0, 5, n),
            "w": rng.uniform(0.2, 6, n) if draw(st.booleans()) else np.ones(n),
            "amount": rng.normal(5, 2, n).round(draw(st.integers(0, 3))),
            "use.site": pd.array(rng.random(n) < rng.random(), dtype="boolean"),
        }
    )
    if draw(st.booleans()):
        frame.loc[rng.random(n) < 0.15, ["amount", "use.site"]] = [np.nan, pd.NA]
    frame["indicator"] = frame["use.site"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return frame


def population(frame, seed, columns=("size", "sector"), total=1000.0):
    """Margins that some weights meet: those of the frame itself under other positive weights."""
    other = np.random.default_rng(seed).uniform(0.3, 3, len(frame))
    return {
        c: (frame.groupby(c, observed=True)[[]].size() * 0 + other_sums(frame[c], other))
        * total
        / other.sum()
        for c in columns
    }


def other_sums(values, weights):
    return pd.Series(weights).groupby(values.to_numpy(), observed=True).sum()


def designs(frame, kind):
    if kind == "plain":
        return SurveyDesign(frame, weights="w")
    if kind == "stratified":
        return SurveyDesign(frame, weights="w", strata="stratum", lonely_psu="adjust")
    return SurveyDesign(frame, weights="w", strata="stratum", clusters="cluster", lonely_psu="adjust")


kinds = st.sampled_from(["plain", "stratified", "clustered"])
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=25)  # each is a whole analysis


def same(a, b, tolerance=1e-9):
    numbers = ["estimate", "se", "ci_low", "ci_high", "df", "deff", "n_eff", "n", "count"]
    a, b = a.reset_index(drop=True), b.reset_index(drop=True)
    assert a[["question", "option", "group"]].equals(b[["question", "option", "group"]])
    np.testing.assert_allclose(
        a[numbers].to_numpy(dtype=float), b[numbers].to_numpy(dtype=float), rtol=tolerance, atol=1e-12
    )


# ---- calibration -----------------------------------------------------------------------------------------


@few
@given(samples(), seeds, st.sampled_from(["raking", "linear"]))
def test_margins_are_reached_whatever_the_base_weights(frame, seed, method):
    margins = population(frame, seed)
    reached = calibrate(SurveyDesign(frame, weights="w"), margins, method)
    for name, targets in margins.items():
        np.testing.assert_allclose(
            other_sums(frame[name], reached.weights)[targets.index], targets, rtol=1e-9
        )
    evidence = reached.calibration
    np.testing.assert_allclose(evidence.margins["reached"], evidence.margins["target"], rtol=1e-9)
    assert evidence.converged
    assert evidence.met


@few
@given(samples(), seeds, st.sampled_from([("raking", None), ("linear", None), ("raking", 2.5)]))
def test_weights_do_not_hang_on_the_order_of_anything(frame, seed, how):
    method, trim = how
    margins = population(frame, seed)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(frame))
    shuffled = {
        name: margins[name].iloc[rng.permutation(len(margins[name]))] for name in reversed(list(margins))
    }
    try:
        straight = calibrate(SurveyDesign(frame, weights="w"), margins, method, trim=trim)
    except CalibrationError:
        with pytest.raises(CalibrationError):
            calibrate(SurveyDesign(frame.iloc[rows], weights="w"), shuffled, method, trim=trim)
        return
    turned = calibrate(SurveyDesign(frame.iloc[rows], weights="w"), shuffled, method, trim=trim)
    np.testing.assert_allclose(turned.weights, straight.weights[rows], rtol=1e-7, atol=1e-9)


@few
@given(samples(), seeds)
def test_poststratification_is_raking_on_one_margin_and_linear_as_well(frame, seed):
    margins = population(frame, seed, ["sector"])
    design = SurveyDesign(frame, weights="w", strata="stratum", lonely_psu="adjust")
    one, *others = [calibrate(design, margins, method) for method in ("poststratify", "raking", "linear")]
    for other in others:
        np.testing.assert_allclose(other.weights, one.weights, rtol=1e-9)
        same(other.mean("amount"), one.mean("amount"))
    # the ratio within a category stays that of the base weights
    ratio = pd.Series(one.weights / frame["w"]).groupby(frame["sector"], observed=True)
    assert (ratio.max() - ratio.min() < 1e-9 * ratio.max()).all()


@few
@given(samples(), seeds)
def test_raking_keeps_the_interaction_of_the_base_weights(frame, seed):
    """Raked over base weight is a product of one factor per category."""
    margins = population(frame, seed)
    raked = calibrate(SurveyDesign(frame, weights="w"), margins)
    logs = np.log(raked.weights / frame["w"])
    indicators = pd.get_dummies(frame[["size", "sector"]]).to_numpy(dtype=float)
    fitted = indicators @ np.linalg.lstsq(indicators, logs, rcond=None)[0]
    np.testing.assert_allclose(fitted, logs, atol=1e-8)


@few
@given(samples(), seeds, st.floats(1.05, 6))
def test_trim_holds_margins_and_limit_exactly_when_it_can(frame, seed, limit):
    margins = population(frame, seed)
    design = SurveyDesign(frame, weights="w")
    smallest = smallest_feasible_bound(design, margins)
    assume(abs(limit - smallest) > 1e-3)
    if limit < smallest:
        with pytest.raises(CalibrationError, match="smallest upper limit"):
            calibrate(design, margins, trim=limit)
        return
    trimmed = calibrate(design, margins, trim=limit)
    assert trimmed.weights.max() <= limit * trimmed.weights.mean() * (1 + 1e-9)
    np.testing.assert_allclose(
        trimmed.calibration.margins["reached"], trimmed.calibration.margins["target"], rtol=1e-8
    )


@few
@given(samples(), seeds, st.floats(0.1, 50))
def test_the_scale_of_base_weights_is_of_no_consequence(frame, seed, factor):
    margins = population(frame, seed)
    once = calibrate(SurveyDesign(frame, weights="w"), margins)
    again = calibrate(SurveyDesign(frame.assign(w=frame["w"] * factor), weights="w"), margins)
    np.testing.assert_allclose(again.weights, once.weights, rtol=1e-9)


@few
@given(samples(), seeds)
def test_rows_of_weight_zero_do_not_matter(frame, seed):
    margins = population(frame, seed)
    extra = frame.head(7).assign(w=0.0, amount=1e6, size=None)
    longer = pd.concat([frame, extra], ignore_index=True)
    longer["size"] = pd.Categorical(longer["size"], categories=SIZES)
    with_zero = calibrate(SurveyDesign(longer, weights="w"), margins)
    without = calibrate(SurveyDesign(frame, weights="w"), margins)
    np.testing.assert_allclose(with_zero.weights[: len(frame)], without.weights, rtol=1e-9)
    assert not with_zero.weights[len(frame) :].any()
    assert with_zero.n == len(frame)
    # as in R, units of weight zero still belong to the sample that was drawn
    np.testing.assert_allclose(with_zero.mean("amount")["estimate"], without.mean("amount")["estimate"])


# ---- estimates -------------------------------------------------------------------------------------------


@few
@given(samples(), kinds)
def test_duplicating_rows_at_half_the_weight_changes_no_estimate(frame, kind):
    twice = pd.concat([frame, frame], ignore_index=True).assign(w=lambda f: f["w"] / 2)
    one, two = designs(frame, kind), designs(twice, kind)
    for statistic, question in (("mean", "amount"), ("proportion", "sector"), ("total", "size")):
        np.testing.assert_allclose(
            two.estimate(statistic, question, by="market").theta,
            one.estimate(statistic, question, by="market").theta,
            rtol=1e-10,
        )
    if kind == "clustered":  # the same clusters, with the same totals: the standard error stays as well
        np.testing.assert_allclose(two.mean("amount")["se"], one.mean("amount")["se"], rtol=1e-8)


@few
@given(samples(), kinds, st.booleans(), seeds)
def test_a_proportion_is_the_mean_of_its_indicator(frame, kind, calibrated, seed):
    """Also a check of the path over cells against the path over rows: only the former is for categories."""
    design = designs(frame, kind)
    if calibrated:
        design = calibrate(design, population(frame, seed))
    share, mean = design.proportion("use.site", by="market"), design.mean("indicator", by="market")
    numbers = ["estimate", "se", "df", "n"]
    np.testing.assert_allclose(
        share[numbers].to_numpy(dtype=float), mean[numbers].to_numpy(dtype=float), rtol=1e-8, atol=1e-10
    )


@few
@given(samples(), kinds, st.booleans(), seeds)
def test_totals_over_domains_add_up(frame, kind, calibrated, seed):
    design = designs(frame, kind)
    if calibrated:
        design = calibrate(design, population(frame, seed))
    whole = design.estimate("total", "amount")
    parts = design.estimate("total", "amount", by=["size", "market"])
    assert parts.theta.sum() == pytest.approx(whole.theta[0], rel=1e-10)
    assert parts.cov.sum() == pytest.approx(whole.cov[0, 0], rel=1e-7, abs=1e-9 * np.trace(parts.cov))
    domains = [design.subset(frame["market"] == m).total("amount")["estimate"][0] for m in MARKETS]
    assert sum(domains) == pytest.approx(whole.theta[0], rel=1e-10)


@few
@given(samples(), kinds)
def test_shares_add_up_to_one_without_variance(frame, kind):
    shares = designs(frame, kind).estimate("proportion", "sector")
    assert shares.theta.sum() == pytest.approx(1)
    assert abs(shares.cov.sum()) < 1e-12


@few
@given(samples(), kinds, st.booleans(), seeds)
def test_collapsing_to_cells_changes_nothing(frame, kind, calibrated, seed):
    design = designs(frame, kind)
    if calibrated:
        design = calibrate(design, population(frame, seed))
    domain = design.subset(frame["market"] == "b2b")
    for full in (design, domain):
        cells = full.cells(["use.site", "sector", "amount", "indicator", "size"])
        assert cells.counts.sum() == len(frame)
        assert cells.n == full.n
        for statistic, question in (
            ("proportion", ["use.site", "sector"]),
            ("mean", ["amount", "indicator"]),
            ("total", ["amount", "size"]),
            ("variance", ["amount"]),
        ):
            same(
                getattr(cells, statistic)(question, by="size"),
                getattr(full, statistic)(question, by="size"),
                tolerance=1e-7 if statistic == "variance" else 1e-8,
            )
        np.testing.assert_allclose(
            cells.estimate("mean", ["amount", "indicator"]).cov,
            full.estimate("mean", ["amount", "indicator"]).cov,
            rtol=1e-9,
            atol=1e-13,
        )
        same(cells.quantile("amount"), full.quantile("amount"), 1e-8)


@few
@given(samples(), seeds, st.sampled_from(["raking", "linear"]))
def test_calibrating_cells_is_calibrating_rows(frame, seed, method):
    margins = population(frame, seed)
    collapsed = SurveyDesign(frame, weights="w").cells(["size", "sector", "use.site"])
    rows = calibrate(SurveyDesign(frame, weights="w"), margins, method, residuals="final")
    cells = calibrate(collapsed, margins, method, residuals="final")
    same(cells.proportion("use.site", by="size"), rows.proportion("use.site", by="size"), 1e-8)
    for key in ("deff", "n_eff", "n", "sum", "cv"):
        assert cells.calibration.weights[key] == pytest.approx(rows.calibration.weights[key], rel=1e-7)


@few
@given(
    samples(),
    kinds,
    st.sampled_from([m for m in METHODS if m != "mean"]),
    st.sampled_from([0.5, 0.95, 0.999]),
)
def test_intervals_stay_between_nothing_and_everything(frame, kind, method, level):
    table = designs(frame, kind).proportion(
        ["use.site", "sector"], by=["size", "market"], method=method, level=level
    )
    known = table[table["ci_low"].notna()]
    assert (known["ci_low"] >= 0).all()
    assert (known["ci_high"] <= 1).all()
    assert (known["ci_low"] <= known["estimate"] + 1e-12).all()
    assert (known["ci_high"] >= known["estimate"] - 1e-12).all()
    # an interval is missing only where there is nothing, or nothing left, to estimate it from
    missing = table[table["ci_low"].isna()]
    assert ((missing["n"] <= 1) | (missing["df"] <= 0)).all()


@few
@given(samples(), kinds)
def test_a_difference_is_that_of_two_estimates(frame, kind):
    design = designs(frame, kind)
    difference = design.difference("amount", by="market", statistic="mean")
    b2b, b2c = design.mean("amount", by="market")["estimate"]
    assert difference["group"].tolist() == ["b2c - b2b"]
    np.testing.assert_allclose(difference["estimate"], [b2c - b2b], rtol=1e-9, atol=1e-12)


# ---- replicates ------------------------------------------------------------------------------------------


@few
@given(samples(), st.sampled_from(["plain", "stratified"]))
def test_the_jackknife_of_a_total_is_the_linearised_variance(frame, kind):
    strata = None if kind == "plain" else "stratum"
    design = SurveyDesign(frame, weights="w", strata=strata, clusters="cluster", lonely_psu="remove")
    jackknife = replicate_weights(design, "jkn")
    same(jackknife.total("amount"), design.total("amount"), 1e-8)
    np.testing.assert_allclose(
        jackknife.cov(frame["amount"].fillna(0).to_numpy() * design.weights),
        design.cov(frame["amount"].fillna(0).to_numpy() * design.weights),
        rtol=1e-8,
        atol=1e-9,
    )


@few
@given(samples(), seeds)
def test_every_replicate_meets_the_margins(frame, seed):
    # enough respondents of each kind that leaving out a cluster leaves none without
    design = calibrate(
        SurveyDesign(frame, weights="w", clusters=None), {"market": {"b2b": 30.0, "b2c": 70.0}}
    )
    assume(frame["market"].value_counts().min() > 1)
    weights = replicate_weights(design, "jk1").weights_matrix()
    for label, target in (("b2b", 30.0), ("b2c", 70.0)):
        np.testing.assert_allclose(
            weights[(frame["market"] == label).to_numpy()].sum(axis=0), target, rtol=1e-8
        )


@few
@given(samples(), seeds)
def test_replicates_on_cells_are_those_on_rows(frame, seed):
    design = replicate_weights(SurveyDesign(frame, weights="w"), "bootstrap", replicates=20, seed=seed)
    cells = design.cells(["use.site", "size"])
    np.testing.assert_allclose(
        cells.estimate("proportion", "use.site", by="size").cov,
        design.estimate("mean", "indicator", by="size").cov,
        rtol=1e-8,
        atol=1e-12,
        equal_nan=True,
    )


@few
@given(samples())
def test_the_jackknife_of_cells_is_that_of_respondents(frame):
    design = SurveyDesign(frame.assign(w=1.7), weights="w")
    rows = replicate_weights(design, "jk1")
    cells = replicate_weights(design.cells(["size", "sector"]), "jk1")
    assert cells.replicates <= rows.replicates
    same(cells.proportion("sector"), rows.proportion("sector"), 1e-7)
