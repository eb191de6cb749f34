"""Columns of a cross-table that overlap against R (overlap.R): differences of shares and of means."""

import numpy as np
import pytest
from from_r import DESIGNS, FOUR, close, design, expected, sample
from scipy import stats

from nsmo.stats import SurveyDesign, replicate_weights
from nsmo.stats.crosstable import Means, Shares
from nsmo.stats.crosstable_overlap import overlapping_p
from nsmo.stats.crosstable_replicates import crossing_of

R = expected("overlap")
TRIO = tuple(np.array([place]) for place in range(3))


def crossed(one):
    frame = one.frame
    a = frame["group"].isin(["g1", "g2"]).to_numpy()
    b = (frame["two"].eq("p") | frame["group"].eq("g3")).to_numpy()
    codes = [np.where(inside, 0, -1) for inside in (a, b, a & b)]
    crossing = crossing_of(one, codes, [1, 1, 1])
    everybody = np.ones(len(frame), dtype=bool)
    return {
        "share": Shares(crossing, everybody, frame["bin"].eq(1).to_numpy()[:, None]),
        "mean": Means(crossing, frame["y"].to_numpy(dtype=float)),
    }


def agree(counted, theirs):
    value = counted.moments()[0].sum(axis=0) / counted.size[:, None]
    close((value[0] - value[1]), theirs["est"])
    close(np.sqrt(counted.crossing.of_overlap(counted, value, TRIO)), theirs["se"])


@pytest.mark.parametrize("calibration", ["none", "raking"])
@pytest.mark.parametrize("name", FOUR)
def test_differences_have_the_errors_of_linearised_totals(name, calibration):
    for what, counted in crossed(design(name, calibration)).items():
        agree(counted, R[name][calibration][what])
        if what == "mean":
            (gap,), (se,), (df,) = (R[name][calibration][what][key] for key in ("est", "se", "df"))
            close(overlapping_p(counted, TRIO), 2 * stats.t.sf(abs(gap) / se, df - 1))


@pytest.mark.parametrize("name", ["srs", "stratified"])
def test_with_replicate_weights_the_difference_is_made_again(name):
    base = SurveyDesign(sample(name), weights="w", **DESIGNS[name])
    kind = "jk1" if name == "srs" else "jkn"
    for what, counted in crossed(replicate_weights(base, method=kind)).items():
        agree(counted, R[name]["jackknife"][what])
