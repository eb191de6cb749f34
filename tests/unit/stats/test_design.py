"""Designs that cannot be are refused by name and count; domains and cells keep what the design knows."""

import numpy as np
import pandas as pd
import pytest

from nsmo.stats import DesignError, SurveyDesign


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "region": ["n", "n", "n", "s", "s", "s"],
            "school": [1, 1, 2, 3, 4, 4],
            "w": [1.0, 2, 3, 4, 5, 6],
            "size": [10, 10, 10, 20, 20, 20],
            "y": [1.0, 2, 4, 8, 16, 32],
        }
    )


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"w": [1, 2, np.nan, 4, 5, 6]}, {"weights": "w"}, "1 of 6 rows have no weight"),
        ({"w": [1, 2, -3, 4, 5, 6]}, {"weights": "w"}, "1 weights are negative"),
        ({"w": 0.0}, {"weights": "w"}, "all 6 weights are zero"),
        ({"w": "x"}, {"weights": "w"}, "must be a number"),
        ({}, {"weights": "wt"}, "no column 'wt'"),
        ({}, {"weights": [1, 2]}, "2 weights for 6 rows"),
        ({"region": ["n", "n", None, "s", "s", "s"]}, {"strata": "region"}, "1 rows have no stratum"),
        ({"region": ["n", "n", "n", "s", "s", "t"]}, {"strata": "region"}, "region=t"),
        ({"school": [1, 1, 2, 2, 4, 4]}, {"strata": "region", "clusters": "school"}, "more than one stratum"),
        (
            {"size": [10, 10, 11, 20, 20, 20]},
            {"strata": "region", "fpc": "size"},
            "varies within 1 strata: region=n",
        ),
        ({"size": 2}, {"strata": "region", "fpc": "size"}, r"region=n \(3 drawn of 2\)"),
        ({}, {"clusters": ["school", "y"], "fpc": "size"}, "1 fpc columns for 2 stages"),
        ({}, {"lonely_psu": "fail"}, "must be one of error, adjust"),
    ],
)
def test_refusals(frame, change, options, message):
    with pytest.raises(DesignError, match=message):
        SurveyDesign(frame.assign(**change), **options)


def test_an_unknown_column_is_refused_with_the_nearest(frame):
    with pytest.raises(DesignError, match="Did you mean 'region'"):
        SurveyDesign(frame, strata="regoin")


def test_weights_follow_from_population_sizes(frame):
    design = SurveyDesign(frame, strata="region", fpc="size")
    np.testing.assert_allclose(design.weights, [10 / 3] * 3 + [20 / 3] * 3)
    assert design.weighted
    assert not SurveyDesign(frame).weighted


def test_a_census_has_no_sampling_error(frame):
    design = SurveyDesign(frame.assign(size=3), strata="region", fpc="size")
    assert design.mean("y")["se"][0] == 0


def test_degrees_of_freedom_count_units_and_strata_with_cases(frame):
    design = SurveyDesign(frame, weights="w", strata="region", clusters="school")
    assert design.degf() == 2
    north = design.subset(frame["region"] == "n")
    assert (north.degf(), north.n, len(north.frame)) == (1, 3, 6)
    assert design.degf(frame["y"] > 8) == 0


def test_a_domain_keeps_the_units_without_cases(frame):
    """The mean of a domain varies with the number of its cases in each unit, also when that is none."""
    design = SurveyDesign(frame, weights="w", clusters="school")
    domain = design.subset(np.array([True, True, True, True, False, False]))
    filtered = SurveyDesign(frame.head(4), weights="w", clusters="school")
    assert domain.mean("y")["estimate"][0] == filtered.mean("y")["estimate"][0]
    assert domain.mean("y")["se"][0] == pytest.approx(
        filtered.mean("y")["se"][0] * np.sqrt((4 / 3) / (3 / 2))
    )
    assert domain.total("y")["se"][0] != pytest.approx(filtered.total("y")["se"][0])


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (
            pd.array([True, None, True, True, True, True], dtype="boolean"),
            "1 entries of the mask are missing",
        ),
        (np.ones(6), "must be boolean"),
        (np.array([True]), "1 entries for 6 rows"),
        (pd.Series(True, index=range(1, 7)), "index differs"),
    ],
)
def test_a_mask_that_is_no_mask_is_refused(frame, mask, message):
    with pytest.raises(DesignError, match=message):
        SurveyDesign(frame).subset(mask)


def test_a_missing_score_in_the_domain_is_refused(frame):
    design = SurveyDesign(frame)
    scores = np.array([1, 2, np.nan, 4, 5, 6])
    with pytest.raises(DesignError, match="1 rows of the domain"):
        design.cov(scores)
    assert np.isfinite(design.subset(~np.isnan(scores)).cov(scores)).all()


def test_kish_design_effect():
    design = SurveyDesign(pd.DataFrame({"w": [1.0, 1, 1, 3]}), weights="w")
    assert design.kish_deff() == pytest.approx(4 * 12 / 36)
    assert design.n_eff == pytest.approx(3)
