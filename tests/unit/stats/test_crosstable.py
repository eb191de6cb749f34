"""One pass over the cells gives what the estimators give one by one."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from nsmo.stats import ReplicateDesign, SurveyDesign, calibrated_design, difference
from nsmo.stats.crosstable import Crossing, Means, Shares
from nsmo.stats.crosstable_replicates import crossing_of

ROWS = 400


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(11)
    size = rng.choice(["small", "middle", "large"], ROWS, p=[0.5, 0.3, 0.2])
    market = rng.choice(["people", "firms"], ROWS)
    frame = pd.DataFrame({"size": size, "market": market})
    frame["stratum"] = rng.choice(["north", "south", "west"], ROWS)
    frame.loc[0, "stratum"] = "island"  # a stratum with one respondent
    frame["cluster"] = rng.integers(0, 40, ROWS)
    frame["weight"] = rng.gamma(2, 1, ROWS)
    frame.loc[5:9, "weight"] = 0.0
    frame["answer"] = pd.Series(rng.choice(["yes", "no", "perhaps", None], ROWS), dtype=object)
    frame.loc[frame["size"].eq("large") & frame["answer"].eq("perhaps"), "answer"] = "no"
    frame["hours"] = np.where(rng.random(ROWS) < 0.1, np.nan, 1000 + rng.normal(size=ROWS))
    frame.loc[frame["market"].eq("firms"), "hours"] += 0.3
    frame.loc[frame["size"].eq("middle"), "hours"] = 1001.0  # all alike
    return frame


def designs(frame):
    raked = frame.assign(
        w=np.where(frame["size"].eq("small"), 0.6, 1.4) * np.where(frame["market"].eq("firms"), 1.2, 0.9)
    )
    yield "unweighted", SurveyDesign(frame)
    yield "given", SurveyDesign(frame, "weight")
    yield "calibrated", calibrated_design(raked, "w", ["size", "market"])
    yield "strata", SurveyDesign(frame, "weight", strata="stratum", lonely_psu="adjust", nest=True)
    yield (
        "clusters",
        SurveyDesign(frame, "weight", strata="stratum", clusters="cluster", lonely_psu="adjust", nest=True),
    )
    drawn = np.random.default_rng(12).poisson(1, (ROWS, 30)) * frame[["weight"]].to_numpy()
    yield "replicates", ReplicateDesign.from_weights(frame, "weight", drawn, scale=1 / 29)
    yield (
        "centred",
        ReplicateDesign.from_weights(
            frame, "weight", drawn, scale=1.0, rscales=np.linspace(0.01, 0.05, 30), centre="estimate", degf=17
        ),
    )


NAMES = ["unweighted", "given", "calibrated", "strata", "clusters", "replicates", "centred"]


@pytest.fixture(params=NAMES)
def design(request, frame):
    return dict(designs(frame))[request.param]


DIVISIONS = {"size": ["small", "middle", "large"], "market": ["people", "firms"]}


def crossing(design):
    groups = [np.zeros(ROWS, dtype=int)]
    groups += [pd.Categorical(design.frame[by], names).codes for by, names in DIVISIONS.items()]
    return crossing_of(design, groups, [1, 3, 2])


def expected(design, statistic, column):
    """The estimators' own, for everybody and by each division, in the order of the groups."""
    parts = [getattr(design, statistic)(column)]
    for by, names in DIVISIONS.items():
        found = getattr(design, statistic)(column, by=by)
        parts += [found[found["group"] == name] for name in names]
    return parts


def same(figures, parts):
    for name, column in [
        ("n", "n"), ("count", "count"), ("estimate", "estimate"), ("se", "se"), ("low", "ci_low"),
        ("high", "ci_high"), ("df", "df"), ("deff", "deff"), ("n_eff", "n_eff"),
    ]:  # fmt: skip
        wanted = np.array([part[column].to_numpy(dtype=float) for part in parts])
        np.testing.assert_allclose(getattr(figures, name), wanted, rtol=1e-10, atol=1e-13, err_msg=name)


def test_shares_are_those_of_the_estimator(design):
    answers = ["no", "perhaps", "yes"]
    columns = np.column_stack([design.frame["answer"].eq(answer) for answer in answers])
    shares = Shares(crossing(design), design.frame["answer"].notna().to_numpy(), columns)
    same(shares.figures(0.95), expected(design, "proportion", "answer"))
    kish = design.subset(design.frame["answer"].notna() & design.frame["size"].eq("large")).n_eff
    assert shares.worth[3] == pytest.approx(kish, rel=1e-12)


def test_means_are_those_of_the_estimator(design):
    means = Means(crossing(design), design.frame["hours"].to_numpy())
    same(means.figures(0.95), expected(design, "mean", "hours"))


def pairs():
    first, second, names = [], [], []
    at = 1
    for by, groups in DIVISIONS.items():
        for one, two in combinations(range(len(groups)), 2):
            first.append(np.arange(6) == at + one)
            second.append(np.arange(6) == at + two)
            names.append((by, groups[one], groups[two]))
        at += len(groups)
    return np.array(first), np.array(second), names


def test_p_values_are_those_of_one_comparison_at_a_time(design):
    first, second, names = pairs()
    answers = ["no", "perhaps", "yes"]
    columns = np.column_stack([design.frame["answer"].eq(answer) for answer in answers])
    answered = design.frame["answer"].notna()
    found = Shares(crossing(design), answered.to_numpy(), columns).p_values(first, second)
    for row, (by, one, two) in zip(found, names, strict=True):
        for p, answer in zip(row, answers, strict=True):
            local = design.assign(
                hit=design.frame["answer"].eq(answer).astype("boolean").where(answered, pd.NA)
            )
            assert p == pytest.approx(
                difference(local, "hit", by, (two, one)).p, rel=1e-8, abs=1e-13, nan_ok=True
            )
    found = Means(crossing(design), design.frame["hours"].to_numpy()).p_values(first, second)
    for (p,), (by, one, two) in zip(found, names, strict=True):
        assert p == pytest.approx(difference(design, "hours", by, (two, one)).p, rel=1e-8, nan_ok=True)


def test_a_group_can_be_compared_with_all_others():
    frame = pd.DataFrame(
        {"g": ["a"] * 20 + ["b"] * 20 + ["c"] * 20, "y": ([True] * 15 + [False] * 5) * 2 + [False] * 20}
    )
    design = SurveyDesign(frame)
    groups = pd.Categorical(frame["g"]).codes
    shares = Shares(Crossing(design, [groups], [3]), np.ones(60, dtype=bool), frame[["y"]].to_numpy())
    one = np.array([[False, False, True]])
    p = shares.p_values(one, ~one)[0, 0]
    rest = design.assign(rest=np.where(frame["g"].eq("c"), "c", "others"))
    assert p == pytest.approx(difference(rest, "y", "rest", ("others", "c")).p, rel=1e-10)
    assert p < 0.001


def test_the_weights_cannot_make_a_share_that_they_fix_uncertain(frame):
    design = dict(designs(frame))["calibrated"]
    small = design.frame["size"].eq("small").to_numpy()
    shares = Shares(crossing(design), np.ones(ROWS, dtype=bool), small[:, None]).figures(0.95)
    assert shares.se[0, 0] == 0
    assert shares.low[0, 0] == shares.high[0, 0] == shares.estimate[0, 0]
