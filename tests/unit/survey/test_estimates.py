from dataclasses import replace

import pytest
from bakeries import survey_of

from nsmo.results import COLUMNS
from nsmo.study import StudyError, load_codebook
from nsmo.survey import Survey
from nsmo.survey.estimates import differences, distribution, estimates
from nsmo.survey.measures import base_mask


def row(table, **where):
    for column, value in where.items():
        table = table[table[column].isna() if value is None else table[column].eq(value)]
    assert len(table) == 1, f"{where}: {len(table)} rows"
    return table.iloc[0]


# -- the base of a percentage ----------------------------------------------------------------------------


def test_asked_counts_no_answer_as_not_chosen(survey):
    table = estimates(survey, "fresh")
    agree = row(table, option="agree", weighted=False)
    assert (agree["n"], agree["count"], agree["base"]) == (10, 4, "asked")
    assert agree["estimate"] == pytest.approx(0.4)


def test_answered_leaves_those_without_an_answer_out(bakeries, codebook_file, codebook_text):
    text = codebook_text.replace("    top_box: [agree]\n", "    top_box: [agree]\n    base: answered\n", 1)
    codebook = load_codebook(codebook_file(text))
    table = estimates(survey_of(bakeries, codebook), "fresh")
    agree = row(table, option="agree", weighted=False)
    assert (agree["n"], agree["base"]) == (8, "answered")
    assert agree["estimate"] == pytest.approx(0.5)


@pytest.mark.parametrize(("base", "n"), [("asked", 4), ("answered", 3), ("all", 10)])
def test_who_was_not_asked_is_only_in_the_base_all(bakeries, codebook, base, n):
    assert base_mask(bakeries, codebook.variable("turnover"), base).sum() == n


def test_multiple_choice_without_any_answer_counts_as_not_chosen(survey):
    table = estimates(survey, "breads")
    white = row(table, option="white", weighted=False)
    assert (white["n"], white["count"]) == (10, 6)
    assert list(table.loc[~table["weighted"], "option"]) == ["white", "rye", "none", "other"]


def test_top_box_of_several_answers_is_a_row_of_its_own(bakeries, codebook_file, codebook_text):
    text = codebook_text.replace("top_box: [agree]", "top_box: [neutral, agree]", 1)
    wide = load_codebook(codebook_file(text))
    table = estimates(survey_of(bakeries, wide), "fresh")
    assert row(table, option="top", weighted=False)["estimate"] == pytest.approx(0.6)


def test_top_box_of_one_answer_is_not_said_twice(survey):
    table = estimates(survey, "fresh")
    assert "top" not in set(table["option"])
    asked_for = estimates(survey, "fresh", options=["top"])
    assert row(asked_for, weighted=False)["estimate"] == pytest.approx(0.4)


def test_mean_of_scores_is_of_those_who_answered(survey):
    mean = row(estimates(survey, "fresh"), statistic="mean", weighted=False)
    assert mean["estimate"] == pytest.approx((4 * 3 + 2 * 2 + 2 * 1) / 8)
    assert (mean["n"], mean["base"]) == (8, "answered")
    assert mean["option"] is None


# -- weighted beside unweighted ---------------------------------------------------------------------------


def test_weighted_share_uses_the_weights(survey):
    table = estimates(survey, "breads")
    rye = row(table, option="rye", weighted=True)
    assert rye["estimate"] == pytest.approx((0.5 + 0.5 + 2.0) / 10)
    assert rye["n"] == 10


def test_standard_error_knows_of_the_calibration(survey):
    # The size is calibrated on, so its shares have no sampling error left.
    table = estimates(survey, "size")
    assert table.loc[table["weighted"], "se"].max() < 1e-10
    assert table.loc[~table["weighted"], "se"].min() > 0.1


def test_columns_are_those_of_the_long_format(survey):
    table = estimates(survey, ["fresh", "breads"], by=[None, "online"])
    assert list(table.columns) == COLUMNS
    assert set(table["wave"]) == {"2020"}
    assert table["estimate"].notna().all()


def test_weighted_groups_are_withheld_when_the_weights_cost_too_much(bakeries, codebook):
    costly = survey_of(bakeries, codebook, subgroups=False)
    table = estimates(costly, "breads", by=[None, "online"])
    assert not (table["weighted"] & table["by"].notna()).any()
    assert (table["weighted"] & table["by"].isna()).any()
    assert not differences(costly, "n_breads", "online")["weighted"].any()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda f: f.drop(columns="weight"), "no weights"),
        (lambda f: f.drop(columns="margin.size"), "no calibration variables"),
    ],
)
def test_responses_without_weights_are_refused(bakeries, codebook, change, word):
    with pytest.raises(StudyError, match=word):
        survey_of(change(bakeries), codebook)


def test_evidence_must_say_whether_groups_may_be_shown(bakeries, codebook):
    with pytest.raises(StudyError, match="subgroup_tables"):
        Survey.from_responses(bakeries, {}, codebook, confidence=0.95, min_n=1)


# -- differences and distributions -------------------------------------------------------------------------


def test_difference_is_first_group_minus_second(survey):
    table = differences(survey, "n_breads", "online")
    plain = row(table, weighted=False)
    assert plain["group"] == "yes – no"
    assert plain["estimate"] == pytest.approx(6 / 4 - 3 / 5)
    assert plain["n"] == 9
    assert plain["ci_low"] < plain["estimate"] < plain["ci_high"]


def test_difference_of_shares_counts_in_the_base_of_the_question(survey):
    table = differences(survey, "fresh", "online", option="agree")
    assert row(table, weighted=False)["estimate"] == pytest.approx(3 / 4 - 1 / 6)
    hidden = differences(replace(survey, min_n=5), "fresh", "online", option="agree")
    assert hidden["suppressed"].all()
    assert hidden["estimate"].isna().all()


def test_distribution_has_every_number_between(survey):
    table = distribution(survey, "n_breads")
    plain = table[~table["weighted"]].set_index("option")
    assert plain.index.tolist() == ["0", "1", "2"]
    assert plain["count"].tolist() == [2, 5, 2]
    assert plain["estimate"].sum() == pytest.approx(1)
    assert set(plain["n"]) == {9}


def test_distribution_of_broken_numbers_is_refused(bakeries, codebook):
    bakeries["turnover"] = bakeries["turnover"] / 3
    with pytest.raises(StudyError, match="whole numbers"):
        distribution(survey_of(bakeries, codebook), "turnover")


def test_questions_that_cannot_be_estimated_are_named(survey):
    with pytest.raises(StudyError, match="'bakery' is text"):
        estimates(survey, "bakery")
    with pytest.raises(StudyError, match="'breads' is multi, so it makes no groups"):
        estimates(survey, "fresh", by=["breads"])
