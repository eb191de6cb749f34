"""A weighted figure tells no more of what is hidden than whole per cents do."""

import pytest
from bakeries import many_bakeries, survey_of

from nsmo.study import load_codebook
from nsmo.survey.crosstabs import crosstabs
from nsmo.survey.estimates import differences, estimates

BANNER = "crosstabs: {banners: [size, online], questions: [fresh, online], adjust: none}\n"


@pytest.fixture(name="strict")
def strict_rules(codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    privacy = "privacy: {min_base: 5, min_count: 3, max_share: 1, width: 4, groupings: [size, online]}\n"
    return load_codebook(codebook_file(text + BANNER + privacy))


@pytest.fixture(name="survey")
def with_hidden_cells(strict):
    survey = survey_of(many_bakeries(5, n=160), strict)
    assert survey.protection.hides_in("fresh", "online")
    return survey


def test_beside_hidden_cells_weighted_shares_are_whole_per_cents(survey):
    table = estimates(survey, "fresh", [None, "online"], statistics=["proportion"])
    table = table[~table["suppressed"]]
    groups = table[table["by"].eq("online")]
    weighted, plain = groups[groups["weighted"]], groups[~groups["weighted"]]
    assert len(weighted) == len(plain) > 0
    for column in ("estimate", "ci_low", "ci_high"):
        assert (weighted[column] == weighted[column].round(2)).all()
        assert (plain[column] != plain[column].round(2)).any()
    assert weighted[["se", "deff", "n_eff"]].isna().all(axis=None)
    assert plain[["se", "n_eff"]].notna().all(axis=None)
    everybody = table[table["by"].isna() & table["weighted"]]
    assert everybody["se"].notna().all()
    assert (everybody["estimate"] != everybody["estimate"].round(2)).any()


def test_a_difference_of_weighted_shares_is_that_of_the_shares_as_they_are_shown(survey):
    table = estimates(survey, "fresh", ["online"], options=["top"], statistics=["proportion"])
    shown = table[table["weighted"]].set_index("group")["estimate"]
    gaps = differences(survey, "fresh", "online", option="top").set_index("weighted")
    assert shown.notna().all()
    assert gaps.loc[True, "estimate"] == pytest.approx(shown["yes"] - shown["no"], abs=1e-12)
    assert gaps["se"].isna().to_dict() == {False: False, True: True}


def test_what_a_group_weighs_is_not_shown_beside_hidden_cells(survey):
    table = crosstabs(survey, compare=True)
    fresh = table[table["question"].eq("fresh") & table["by"].eq("online") & table["weighted"]]
    assert fresh["n"].notna().any()
    assert fresh[["base_weight", "base_worth"]].isna().all(axis=None)


def test_a_question_that_everybody_is_weighted_by_has_no_weighted_figure_beside_hidden_cells(strict):
    survey = survey_of(many_bakeries(3, n=200, small=6), strict)
    assert survey.protection.hides_in("size", "online")
    table = estimates(survey, "size", ["online"])
    assert table.loc[table["weighted"], "suppressed"].all()
    assert not table.loc[~table["weighted"], "suppressed"].all()


def test_where_nothing_is_hidden_weighted_figures_are_as_exact_as_the_others(strict):
    survey = survey_of(many_bakeries(5, n=3000, small=900), strict)
    assert not survey.protection.hides_in("fresh", "online")
    table = estimates(survey, "fresh", ["online"], statistics=["proportion"])
    weighted = table[table["weighted"]]
    assert weighted[["estimate", "se", "n_eff"]].notna().all(axis=None)
    assert (weighted["estimate"] != weighted["estimate"].round(2)).any()


def test_the_plan_as_the_stage_weight_left_it_gives_the_same(strict, survey):
    again = survey.protection
    left = type(again)(strict, survey.frame, again.limits, again.tables.groupings, again.frame())
    for question in ("fresh", "is_fresh", "size", "online"):
        for by in ("size", "online"):
            assert left.weighed.coarse(question, by) == again.weighed.coarse(question, by)
            assert left.weighed.gone(question, by) == again.weighed.gone(question, by)


def test_how_weights_are_spread_is_told_where_each_combination_of_margins_has_enough(
    strict, codebook_text, codebook_file
):
    another = "  margins:\n    - {name: online, question: online, population: online}\n"
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    privacy = "privacy: {min_base: 5, min_count: 3, max_share: 1, width: 4}\n"
    crossed = load_codebook(codebook_file(text.replace("  margins:\n", another) + privacy))
    few, many = many_bakeries(5, n=160, small=4), many_bakeries(5, n=300, small=90)
    told = [survey_of(rows, crossed).protection.weighed.spread for rows in (few, many)]
    assert told == [False, True]
    # Of one margin alone it is told how many are in each category.
    assert survey_of(few, strict).protection.weighed.spread


def test_what_respondents_are_worth_is_not_told_beside_hidden_combinations_of_margins(
    codebook_text, codebook_file
):
    another = "  margins:\n    - {name: online, question: online, population: online}\n"
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    privacy = "privacy: {min_base: 5, min_count: 3, max_share: 1, width: 4}\n"
    text = text.replace("  margins:\n", another) + "crosstabs: {banners: [online], adjust: none}\n"
    survey = survey_of(many_bakeries(5, n=160), load_codebook(codebook_file(text + privacy)))
    table = crosstabs(survey, compare=False)
    assert table.loc[table["weighted"], "estimate"].notna().any()
    assert table.loc[table["weighted"], "base_worth"].isna().all()
    assert table.loc[~table["weighted"], "base_worth"].notna().any()
