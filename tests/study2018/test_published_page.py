"""The page on the published figures alone, on the statements of 2018 and on small frames."""

from pathlib import Path

import pandas as pd
import pytest

from nsmo.present.labels import Labels
from nsmo.stages import published as alone
from nsmo.stages.published import figures, words
from nsmo.study import StudyError, load_codebook
from nsmo.study.statements import load_published

RAW = Path(__file__).parents[2] / "data/raw/2018"
SIZES = range(20, 401)
ENDS = ("count_low", "count_high")


@pytest.fixture(scope="module")
def published():
    return load_published(RAW / "published.yaml")


@pytest.fixture(scope="module")
def codebook():
    return load_codebook(RAW)


@pytest.fixture(scope="module")
def splits(published):
    return alone.group_splits(published, 185)


@pytest.fixture(scope="module")
def intervals(published, splits):
    return alone.intervals(published, splits, 185)


@pytest.fixture(scope="module")
def sets():
    """Counts as the stage bounds has them of 185 respondents."""
    counts = {"platforms_multiple": (133, 185), "goals_mainly_sending.two": (89, 118)}
    counts |= {"goals_mainly_sending.four": (117, 118)}
    return pd.DataFrame([(name, *ends) for name, ends in counts.items()], columns=["id", *ENDS])


@pytest.fixture(scope="module")
def surveys():
    return pd.read_csv(RAW / "benchmarks.csv", keep_default_na=False)


# -- how many took part --------------------------------------------------------------------------------


def test_nine_of_ten_percentages_are_counts_of_185_and_of_its_double_only(published):
    found = alone.fits(published, SIZES).set_index("n")
    assert found.index[found["fits"] == 9].tolist() == [185, 370]
    assert found["fits"].drop([185, 370]).max() == 7
    assert found.loc[185, "misfits"] == "goal_awareness"


def test_each_question_alone_leads_to_the_same_number(published):
    found = alone.fits_by_question(published, SIZES, 185).set_index("question")
    assert found.loc[["goals", "platforms"], "smallest"].tolist() == [185, 185]
    assert found.loc["goals", ["best", "figures"]].tolist() == [5, 6]


def test_surprise_grows_with_the_numbers_tried_and_when_bases_differ(published):
    found = alone.surprise(published, SIZES, 185, [300], smaller_bases=0.2, draws=100, seed=1)
    none = found[found["if"] == "no base at all"].set_index("up_to")["chance"]
    # 2e-6 follows in closed form; the others are the bound of Bonferroni or a little less.
    assert none[0] == pytest.approx(2.2e-6, rel=0.05)
    assert none[185] == pytest.approx(4.3e-5, rel=0.05)
    assert none[300] == pytest.approx(0.0046, rel=0.05)
    assert none[400] == pytest.approx(0.069, rel=0.05)
    own = found[found["if"] == "a base per question"].set_index("up_to")["chance"]
    assert (own[[185, 300, 400]] > none[[185, 300, 400]]).all()


def test_a_horizon_beyond_the_sizes_is_tried_as_well(published):
    found = alone.surprise(published, SIZES, 185, [900], smaller_bases=0.2, draws=5, seed=1)
    none = found[found["if"] == "no base at all"].set_index("up_to")["chance"]
    assert 900 in none.index
    assert none[900] >= none[185]


# -- adding up, splits ---------------------------------------------------------------------------------


def test_groups_add_up_in_few_ways(published):
    found = alone.sums(published, 185)
    counts = {
        name: {tuple(part["count"]) for _, part in whole.groupby("solution")}
        for name, whole in found.groupby("whole")
    }
    assert (67, 64, 54) in counts["profiles"]
    assert counts["goal_groups"] == {(70, 48, 67), (70, 47, 68), (69, 48, 68)}
    assert counts["goals_beforehand"] == {(54, 64, 67)}
    assert found.groupby(["whole", "solution"])["count"].sum().eq(185).all()
    assert set(found.loc[found["inference"], "whole"]) == {"goals_beforehand"}


def test_read_strictly_the_goal_groups_add_up_nowhere(published):
    found = alone.sums_over_sizes(published, SIZES, 185).set_index("whole")
    assert found.loc["goal_groups", "strict"] == 0
    assert found.loc["profiles", "strict"] > 0
    assert (found["adding_up"] >= found["strict"]).all()


def test_eight_splits_fit_a_rounded_total_and_none_is_significant(splits):
    narrow = splits[splits["rounded"]]
    assert len(narrow) == 8
    assert (narrow["first_n"].min(), narrow["first_n"].max()) == (134, 153)
    assert narrow["p"].between(0.23, 0.315).all()
    assert ((narrow["first_n"] == 139) & (narrow["first_count"] == 119)).any()
    assert (splits["p"] > 0.05).all()


def test_means_leave_a_range_for_the_other_channels(published, codebook, splits):
    found = alone.group_means(published, codebook, splits).set_index("first_n").loc[139]
    assert found[["total_low", "total_high"]].tolist() == [727, 743]
    assert found[["named", "other_low", "other_high"]].tolist() == [451, 276, 292]
    # A t test of 0.5 between 139 and 46: 0.5 over 1.973 times the root of 1/139 + 1/46.
    assert found["sd"] == pytest.approx(0.5 / (1.973 * (1 / 139 + 1 / 46) ** 0.5), rel=1e-3)
    assert found["sd_most"] == pytest.approx(1.2 * found["sd"])


# -- intervals, other surveys --------------------------------------------------------------------------


def test_intervals_are_by_the_log_odds_and_cover_every_count_that_is_possible(intervals):
    found = intervals.set_index("id")
    row = found.loc["goals_beforehand_article"]
    # 54 of 185: log odds -0.8860, their standard error 1 / sqrt(184 p q) = 0.16215, t quantile 1.97294.
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.2304, 0.3621), abs=1e-4)
    assert not found.loc["goal_awareness", "fits"]
    assert found.loc["goal_awareness", "count_low"] == 89
    group = found.loc["importance_b2b"]
    assert (group["n_low"], group["n_high"]) == (18, 65)
    assert group["ci_low"] < 0.6
    assert group["ci_high"] > 0.9


def test_a_share_of_users_is_the_quotient_of_two_figures(published, intervals, surveys):
    found = alone.benchmarks(published, surveys, intervals, 2017)
    row = found[(found["claim"] == "platform_twitter") & found["derived"]].iloc[0]
    assert row["value"] == pytest.approx(31 / 65)
    assert row["odds_ratio"] == pytest.approx(0.751 / 0.249 * (34 / 31))
    assert row["outside"]


def test_of_a_series_the_year_nearest_to_the_survey_is_marked(published, intervals, surveys):
    found = alone.benchmarks(published, surveys, intervals, 2017)
    series = found[
        (found["indicator"] == "blogs_microblogs") & ~found["derived"] & (found["category"] == "total")
    ]
    assert series.loc[series["nearest"], "year"].tolist() == [2016]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="population"), "no column population"),
        (lambda t: t[t["indicator"] != "platform_facebook"], "platform_facebook"),
        (lambda t: t.assign(value="many"), "line 2: value many"),
        (lambda t: t.assign(unit="firms"), "firms"),
        (lambda t: t.assign(year="lately"), "lately"),
    ],
)
def test_faults_of_the_benchmarks_are_named(published, intervals, surveys, change, words):
    with pytest.raises(StudyError, match=words):
        alone.benchmarks(published, change(surveys), intervals, 2017)


# -- sentences -----------------------------------------------------------------------------------------


def test_each_sentence_is_judged_once_and_contradictions_come_first(published, sets):
    found = alone.sentences(published, 185, sets)
    # Readings stand apart only where the figures judge them differently.
    names = {claim.id for claim in published.claims} - {"goals_mainly_sending", "serves_other_purposes"}
    assert names < set(found["id"])
    assert {name.partition(".")[0] for name in found["id"]} == {claim.id for claim in published.claims}
    assert found["id"].is_unique
    order = found["verdict"].map(alone.VERDICTS.index)
    assert order.is_monotonic_increasing
    verdict = found.set_index("id")["verdict"]
    assert verdict["goals_beforehand_article"] == "contradicted elsewhere"
    assert verdict["importance_market"] == "uncertain"
    assert verdict["goals_mainly_sending.two"] == "uncertain"
    assert verdict["goals_mainly_sending.four"] == "borne out"
    assert verdict["platforms_multiple"] == "borne out"
    assert verdict["platform_facebook"] == "a figure only"
    assert verdict["assoc_b2c_platforms"] == "cannot be computed"


def test_gaps_say_what_they_prevent(published):
    found = alone.gaps(published)
    assert found["so"].str.len().gt(5).all()
    assert found["so"].str.contains("response rate").any()


# -- figures -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "nl"])
def test_figures_tell_their_numbers(published, codebook, splits, intervals, surveys, language):
    point = "." if language == "en" else ","
    labels = Labels(codebook, language)
    found = alone.benchmarks(published, surveys, intervals, 2017)
    told = [
        figures.fits_words(alone.fits(published, SIZES), labels),
        figures.intervals_words(intervals, labels),
        figures.benchmarks_words(found[found["nearest"]], labels),
        figures.splits_words(splits, labels),
    ]
    wanted = [
        ("185", "370"),
        (f"90{point}3%", f"85{point}0"),
        (f"75{point}1%", "48%"),
        ("139", f"{point}254"),
    ]
    for text, numbers in zip(told, wanted, strict=True):
        assert all(number in text.alt for number in numbers), text.alt


def test_a_figure_names_the_columns_it_lacks(codebook):
    with pytest.raises(StudyError, match="fits"):
        figures.fits_words(pd.DataFrame({"n": [1], "of": [2]}), Labels(codebook))


def test_tables_of_the_page_are_in_words(published, intervals, codebook):
    labels = Labels(codebook)
    assert words.once_in(1 / 23_400, labels.words) == "23,000"
    shown = words.intervals(intervals, labels).set_index("id")
    assert shown.loc["goal_awareness", "count"].endswith(" (nearest)")
    counts = words.solutions(alone.sums(published, 185), labels.words)["counts"]
    assert counts.str.contains("always 54, sometimes 64 and never 67").any()
