"""What is said of the statements of 2018 by the published figures alone."""

from pathlib import Path

import pytest
from made_claims import claim
from scipy import stats

from nsmo.stages import claims
from nsmo.stages import published as alone
from nsmo.stages.claims import Finding, Pair
from nsmo.study.statements import load_published

UNMEASURED = claim("unmeasured", estimate=None, unit=None, why="nobody was asked")
PUBLISHED = Path(__file__).parents[2] / "data/raw/2018/published.yaml"


@pytest.fixture(scope="module")
def published():
    return load_published(PUBLISHED)


def test_reconstructed_responses_are_never_evidence(published):
    strong = Finding(0.9, 0.8, 1.0, 185, 1e-9, "t", (Pair("a – b", 1, 0.5, 1.5, 1e-9),))
    words = {claims.support_data(row, strong, "reconstructed", 0.05, 1e-9) for row in published.rows}
    assert words == {"no evidence: reconstructed"}
    assert claims.support_data(UNMEASURED, None, "reconstructed") == "no evidence: reconstructed"


def test_the_figures_imply_185_respondents(published):
    base = claims.base_of(published, range(20, 401))
    assert base.n == 185
    assert (base.fits, base.of) == (9, 10)
    assert base.misfits == ("goal_awareness",)
    by_size = alone.fits(published, range(20, 401)).set_index("n")
    assert by_size.loc[base.n, "chance_up_to"] == pytest.approx(4e-5, rel=0.1)


def test_eight_splits_give_86_and_78_and_84(published):
    named = [published.claim(f"importance_{name}") for name in ("b2c", "b2b", "total")]
    rounded = claims.splits(*named, 185, rounded=True)
    assert len(rounded) == 8
    assert sorted(size for _, size, _, _ in rounded)[::7] == [134, 153]
    assert (119, 139, 36, 46) in rounded
    worded = claims.splits(*named, 185)
    assert set(rounded) < set(worded)
    for a, m, b, k in worded:
        assert m + k == 185
        assert 85.5 <= 100 * a / m < 86
        assert 77.5 <= 100 * b / k < 78.5
        assert 83 < 100 * (a + b) / 185 < 85


#: Counts that the figures leave possible, as the stage bounds has them of 185 respondents.
COUNTS = {
    "importance_underlined": (154, 157),
    "platforms_gt4": (47, 142),
    "platforms_multiple": (133, 185),
    "goals_mainly_sending.two": (89, 118),
    "goals_mainly_sending.four": (117, 118),
    "goals_only_sending.two": (0, 51),
    "goals_only_sending.four": (0, 118),
    "serves_other_purposes.recruitment": (0, 185),
}


def verdict(published, name):
    row = next(row for row in published.rows if row.id == name)
    return claims.support_published(row, published, 185, COUNTS.get(name))


def test_86_against_78_is_inconclusive_over_all_splits(published):
    found = verdict(published, "importance_market")
    assert found.word == "inconclusive"
    assert found.reason.startswith("15 splits (first group 120 to 167) of 185 fit the wording")
    assert "8 splits (first group 134 to 153) fit when 84 is a rounded figure, p from .23" in found.reason


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("importance_total", "not testable"),
        ("platform_facebook", "not testable"),
        ("goal_awareness", "not testable"),
        ("profile_1", "not testable"),
        ("platforms_mean_b2c", "not testable"),
        ("importance_underlined", "supported if a random sample"),
        ("platforms_gt4", "inconclusive"),
        ("platforms_multiple", "supported if a random sample"),
        ("assoc_b2c_platforms", "not computable"),
        ("assoc_importance_budget", "not computable"),
        ("assoc_budget_platforms", "not computable"),
        ("platforms_top_three", "not computable"),
        ("goals_mainly_sending.two", "inconclusive"),
        ("goals_mainly_sending.four", "supported if a random sample"),
        ("goals_only_sending.two", "inconclusive"),
        ("goals_only_sending.four", "inconclusive"),
        ("goals_named_most", "inconclusive"),
        ("serves_other_purposes.recruitment", "not computable"),
        ("profile_2_monitors", "not computable"),
        ("goals_much_less", "supported if a random sample"),
        ("value_not_used", "not computable"),
    ],
)
def test_support_by_the_figures_alone(published, name, word):
    assert verdict(published, name).word == word


def test_more_than_a_quarter_says_what_would_be_needed(published):
    assert "57 would be needed" in verdict(published, "platforms_gt4").reason


def test_the_reason_says_what_was_not_published(published):
    assert "without their spread" in verdict(published, "assoc_b2c_platforms").reason
    assert (
        verdict(published, "profile_2_monitors").reason == "neither the means nor their spread were published"
    )


def test_a_bound_is_tested_at_the_fewest_that_are_possible(published):
    # Of 185, 117 or 118 pursue one of four goals that send: 67 or 68 pursue none of them.
    found = verdict(published, "goals_mainly_sending.four")
    assert found.reason.startswith("117 to 118 of 185")
    assert stats.binomtest(117, 185, 0.5, "greater").pvalue == pytest.approx(0.0002, abs=1e-5)
    assert "105 would be needed" in verdict(published, "goals_mainly_sending.two").reason


def test_publications_contradict_each_other_on_goals_and_on_who_sets_them_beforehand(published):
    words = {row.claim: claims.sources_agree(row, published).word for row in published.rows}
    contradicting = {name for name, word in words.items() if word == "sources contradict"}
    assert contradicting == {
        "goals_beforehand_article",
        "goals_almost_a_third",
        "goals_not_beforehand_mf",
        "profile_1",
        "profile_2",
        "profile_3",
        # Together 62 to 64% pursue three goals "all at once", more than pursue any of the three. That is our
        # reading of what the groups are called, so it speaks against them and not against the three figures.
        "goalgroup_1",
        "goalgroup_2",
    }
    two_say_so = {name for name, word in words.items() if word == "consistent"}
    assert two_say_so == {"importance_total", "importance_b2c", "goal_inform", "goal_awareness"}
    assert {*words.values()} == {"sources contradict", "consistent", "one source only"}


def test_a_contradiction_names_the_values_on_both_sides(published):
    row = next(row for row in published.rows if row.claim == "goals_beforehand_article")
    reason = claims.sources_agree(row, published).reason
    assert "29.15 to 29.25% here, against 63.33 to 70.83% (goals_not_beforehand_mf)" in reason


def test_quantities_that_several_publications_speak_of(published):
    table = claims.quantities(published)
    disputed = table[table["quantity"].str.startswith("organisations that set goals")].set_index("wording")
    assert not disputed["agrees"].any()
    together = table[table["quantity"].str.endswith("read as all three")].set_index("wording")
    # The one that clashes is a reading of ours; the figures do not clash with each other.
    clashing = together.index[~together["agrees"]].tolist()
    assert clashing == ["Bijna 38% and Iets meer dan 25%, as we read the label"]
    assert together.loc["at most “32,4%”", ["low", "high"]].tolist() == pytest.approx([0, 0.3245])
    assert disputed.loc["29,2%", ["low", "high"]].tolist() == pytest.approx([0.2915, 0.2925])
    assert disputed.loc["100% less “Ruim 36 procent”", ["low", "high"]].tolist() == pytest.approx(
        [0.63, 0.64]
    )
    rest = table[~table["quantity"].isin({*disputed["quantity"], *together["quantity"]})]
    assert rest["agrees"].all()
    assert "100% less “Bijna 38%” and “Iets meer dan 25%”" in rest["wording"].tolist()
