"""Weighted figures are shown of groups that are worth enough, whatever the others are worth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bakeries import ten_bakeries

from nsmo.stats import SurveyDesign
from nsmo.survey import Survey
from nsmo.survey.estimates import differences, distribution, estimates
from nsmo.survey.models import rate_ratios
from nsmo.survey.relations import associations, compare_group
from nsmo.survey.tests import group_tests

# In the group "yes" one of 40 weighs as much as the other 39 together: (39 + 39)² / (39 + 39²) = 3.9.
HEAVY, WORTH = 39.0, 3.9


@pytest.fixture
def survey(bakery_survey):
    return replace(bakery_survey, min_effective_n=30)


@pytest.fixture
def bakery_survey(codebook):
    rng = np.random.default_rng(7)
    frame = pd.concat([ten_bakeries()] * 10, ignore_index=True)
    online = pd.Categorical(["yes"] * 40 + ["no"] * 60, categories=["yes", "no"])
    fresh = rng.choice(["disagree", "neutral", "agree"], 100)
    frame = frame.assign(
        online=online,
        fresh=pd.Categorical(fresh, categories=["disagree", "neutral", "agree"], ordered=True),
        n_breads=rng.poisson(3, 100).astype(float),
        weight=[HEAVY, *[1.0] * 99],
    )
    frame["fresh.missing"] = pd.Categorical([None] * 100, categories=["no_answer"])
    return Survey(codebook, SurveyDesign(frame), SurveyDesign(frame, "weight"), False, 0, 0.95, 20)


def shown(table, **where):
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table)
    assert table["suppressed"].all() or not table["suppressed"].any()
    assert table["estimate"].isna().eq(table["suppressed"]).all()
    return not table["suppressed"].any()


def test_a_group_is_worth_its_number_over_kishs_design_effect(survey):
    inside = survey.frame["online"].eq("yes")
    assert survey.worth(inside) == pytest.approx(WORTH)
    assert survey.worth(~inside) == pytest.approx(60)
    # Everybody: (39 + 99)² / (39² + 99).
    assert survey.worth(inside | True) == pytest.approx(138**2 / (39**2 + 99))


def test_a_weighted_share_or_mean_is_shown_of_the_group_that_is_worth_enough(survey):
    table = estimates(survey, ["fresh", "n_breads"], by=["online"])
    assert shown(table, weighted=False)
    assert shown(table, weighted=True, group="no")
    assert not shown(table, weighted=True, group="yes")
    # The number of respondents is no secret.
    assert table.loc[table["suppressed"], "n"].eq(40).all()


def test_everybody_is_a_group_too(survey):
    for table in (estimates(survey, "fresh"), distribution(survey, "n_breads")):
        assert shown(table, weighted=False)
        assert not shown(table, weighted=True)


def test_a_limit_below_the_worth_shows_it(bakery_survey):
    below = replace(bakery_survey, min_effective_n=WORTH - 0.01)
    assert shown(estimates(below, "fresh", by=["online"]), weighted=True)


def test_comparisons_need_both_groups(survey):
    found = compare_group(survey, ["n_breads"], "online", "yes")
    ratios, _ = rate_ratios(survey, "n_breads", ["online"], statistic="rate ratio")
    for table in (differences(survey, "n_breads", "online"), found.estimates, ratios):
        assert shown(table, weighted=False)
        assert not shown(table, weighted=True)
    for tests in (group_tests(survey, ["n_breads", "fresh"], ["online"]), found.tests):
        assert tests.loc[~tests["weighted"], "p"].notna().all()
        assert tests.loc[tests["weighted"], "p"].isna().all()


def test_an_association_needs_those_who_answered_both(survey):
    found = associations(survey, [("n_breads", "fresh")])
    assert shown(found.estimates, weighted=False)
    assert not shown(found.estimates, weighted=True)
    assert found.tests.loc[found.tests["weighted"], "p"].isna().all()
