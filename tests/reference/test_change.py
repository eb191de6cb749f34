"""Change between surveys, and averages over them, against R (change.R): designs stacked on each other."""

import numpy as np
import pandas as pd
import pytest
from from_r import expected, sample

from nsmo.stats import SurveyDesign
from nsmo.stats.change import Side, change, correlations, deviates, pooled

R = expected("change")
COLUMNS = {"x": "mean", "bin": "proportion"}


def designs():
    twostage = sample("twostage")
    return [
        SurveyDesign(sample("stratified"), weights="w", strata="stratum"),
        SurveyDesign(sample("unequal"), weights="w"),
        SurveyDesign(twostage, weights="w", strata="stratum", clusters="psu", nest=True),
    ]


def side(design, name):
    if name == "bin":
        design = design.assign(bin=design.frame["bin"].astype(bool))
    return Side.of(getattr(design, COLUMNS[name])(name))


@pytest.mark.parametrize("name", COLUMNS)
def test_independent_surveys_with_designs_of_their_own(name):
    theirs, sides = R["independent"][name], [side(one, name) for one in designs()]
    np.testing.assert_allclose([one.estimate[0] for one in sides], theirs["estimate"], rtol=1e-10)
    np.testing.assert_allclose([one.se[0] for one in sides], theirs["se"], rtol=1e-8)
    share = np.array([name == "bin"])
    made = change(sides[0], sides[1], share=share)
    np.testing.assert_allclose(
        [made.estimate[0], made.se[0]], [theirs["change"], theirs["change_se"]], rtol=1e-8
    )
    average = pooled(sides, share=share)
    expected = [theirs["average"], theirs["average_se"]]
    np.testing.assert_allclose([average.estimate[0], average.se[0]], expected, rtol=1e-8)


def panel():
    people = sample("unequal")
    people = people.assign(id=np.arange(1, len(people) + 1))
    first, second = people.iloc[:180].copy(), people.iloc[60:].copy()
    second["x"] += second["y"] / 10
    second["bin"] = ((second["bin"] == 1) & (second["id"] % 3 > 0)) | (second["id"] % 5 == 0)
    return first, second.astype({"bin": int})


@pytest.mark.parametrize("name", COLUMNS)
def test_surveys_that_share_respondents(name):
    theirs, parts = R["panel"][name], []
    for frame in panel():
        design = SurveyDesign(frame.reset_index(drop=True), weights="w")
        values = design.frame[name].to_numpy(dtype=float)
        weights = design.weights / design.weights.sum()
        scores = (weights * (values - weights @ values))[:, None]
        own = deviates(design, scores)
        # Their squares are the variance of the survey itself.
        np.testing.assert_allclose((own**2).sum(), design.cov(scores)[0, 0], rtol=1e-12)
        parts.append((own, scores, design.frame["id"], side(design, name)))
    (first, one, ids, before), (second, two, other_ids, now) = parts
    rho = correlations(first, second, (ids, other_ids))
    # R takes both surveys as one sample of persons, n/(n-1) times the products of what they add to either.
    n = R["panel"]["units"]
    shared = pd.Series(one[:, 0], ids).mul(pd.Series(two[:, 0], other_ids)).sum()
    np.testing.assert_allclose(n / (n - 1) * shared, theirs["cov"][0][1], rtol=1e-8)
    scale = np.sqrt(len(first) / (len(first) - 1) * len(second) / (len(second) - 1))
    np.testing.assert_allclose(rho[0] * before.se[0] * now.se[0], scale * shared, rtol=1e-8)
    made = change(before, now, share=np.array([name == "bin"]), correlation=rho)
    np.testing.assert_allclose(made.estimate[0], theirs["change"], rtol=1e-8)
    # So the standard errors part by n/(n-1) only.
    np.testing.assert_allclose(made.se[0], theirs["change_se"], rtol=5 / n)
    average = pooled([before, now], share=np.array([name == "bin"]), correlation=matrix(rho))
    np.testing.assert_allclose(average.se[0], theirs["average_se"], rtol=5 / n)


def matrix(rho):
    return np.array([[np.ones_like(rho), rho], [rho, np.ones_like(rho)]])
