"""Cross-tables: the frame of every question by every banner."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bakeries import many_bakeries, survey_of, ten_bakeries

from nsmo import results
from nsmo.study import load_codebook
from nsmo.study.crosstabs import banners
from nsmo.study.derivation import derive
from nsmo.survey.crosstabs import crosstabs
from nsmo.survey.estimates import estimates

CROSSTABS = """\
crosstabs:
  banners: [size, online, [size, online]]
  nets:
    breads: [{name: any_bread, nl: Een van beide, en: Either, of: [white, rye]}]
    fresh: [{name: not_against, nl: Niet tegen, en: Not against, of: [neutral, agree]}]
"""


@pytest.fixture
def crossed(codebook_text, codebook_file):
    return load_codebook(codebook_file(codebook_text + CROSSTABS))


@pytest.fixture
def ten(crossed):
    return survey_of(derive(crossed, ten_bakeries(), only=ADDED), crossed)


ADDED = ["breads_any_bread", "fresh_not_against", "size_by_online"]


def rows(frame, question, option=None, *, statistic="proportion", weighted=False, by=None):
    """The rows of a figure by group; everybody where there is no banner."""
    found = frame[frame["question"].eq(question) & frame["statistic"].eq(statistic)]
    found = found[found["weighted"].eq(weighted)]
    found = found[found["option"].isna() if option is None else found["option"].eq(option)]
    return (found[found["by"].isna() if by is None else found["by"].eq(by)]).set_index("group")


def test_the_frame_is_a_result_with_a_row_for_each_answer_and_group(ten):
    frame = crosstabs(ten, compare=False)
    results.check(frame)
    small = rows(frame, "breads", "white", by="size").loc["small"]
    assert (small["n"], small["count"], small["estimate"]) == (6, 6, 1.0)
    assert rows(frame, "breads", "white").iloc[0]["count"] == 6
    assert not set(frame["question"]) & {"consent", "founded", "bakery", "size_by_online"}


def test_every_figure_is_that_of_the_estimates_one_by_one(ten):
    frame = crosstabs(ten, compare=False)
    names = ["breads", "size", "fresh", "online", "turnover", "n_breads", "is_fresh"]
    key = ["question", "option", "by", "group", "statistic", "weighted"]
    one_by_one = estimates(ten, names, by=[None, "size", "online", "size_by_online"])
    both = one_by_one.merge(frame, on=key, suffixes=("", "_at_once"), validate="one_to_one")
    assert len(both) > 150
    for column in ("n", "count", "estimate", "se", "ci_low", "ci_high", "deff", "n_eff"):
        at_once = both[f"{column}_at_once"].to_numpy(dtype=float)
        np.testing.assert_allclose(at_once, both[column].to_numpy(dtype=float), rtol=1e-10, atol=1e-12)
    assert both["suppressed"].eq(both["suppressed_at_once"]).all()


def test_a_question_is_not_shown_by_itself_or_by_what_is_made_of_it(ten):
    frame = crosstabs(ten, compare=False)
    assert set(frame.loc[frame["question"].eq("size"), "by"].dropna()) == {"online"}
    assert set(frame.loc[frame["question"].eq("profile"), "by"].dropna()) <= {"size"}


def test_cells_of_several_variables_are_not_shown_by_one_of_these(codebook_text, codebook_file):
    cells = (
        "  - {name: cells, kind: cross, of: [size, online], base: answered, label: {nl: Cellen, en: Cells}}\n"
    )
    text = codebook_text.replace("cleaning:\n", cells + "cleaning:\n")
    codebook = load_codebook(codebook_file(text + "crosstabs: {banners: [size, cells]}\n"))
    frame = crosstabs(survey_of(derive(codebook, ten_bakeries(), only=["cells"]), codebook), compare=False)
    assert set(frame.loc[frame["question"].eq("cells"), "by"].dropna()) == set()
    assert rows(frame, "cells", "small_yes").iloc[0]["count"] == 4
    assert "cells" in set(frame.loc[frame["question"].eq("fresh"), "by"].dropna())


def test_nets_count_each_respondent_once(ten):
    frame = crosstabs(ten, compare=False)
    # White or rye: numbers 1 to 6 and 9 of ten; of the small ones all.
    assert rows(frame, "breads_any_bread", "yes").iloc[0]["count"] == 7
    assert rows(frame, "breads_any_bread", "yes", by="size").loc["large", "count"] == 1
    assert rows(frame, "fresh_not_against", "yes").iloc[0]["count"] == 6


def test_those_without_an_answer_have_a_row_where_they_are_in_the_base(ten):
    frame = crosstabs(ten, compare=False)
    unsure = rows(frame, "fresh", "missing.dont_know", by="size")
    assert unsure["count"].tolist() == [0, 0, 1]
    shares = frame[frame["question"].eq("fresh") & frame["by"].isna() & ~frame["weighted"]]
    shares = shares[shares["statistic"].eq("proportion") & ~shares["option"].isin(["top", "bottom"])]
    assert shares["estimate"].sum() == pytest.approx(1)


def test_shares_of_answers_add_up_to_one(ten):
    frame = crosstabs(ten, compare=False)
    shares = frame[frame["statistic"].eq("proportion of answers") & frame["by"].isna() & ~frame["weighted"]]
    assert shares.set_index("option")["estimate"].to_dict() == pytest.approx(
        {"white": 6 / 9, "rye": 3 / 9, "none": 0, "other": 0}
    )


def test_numbers_have_a_mean_and_quartiles(ten):
    frame = crosstabs(ten, compare=False)
    assert rows(frame, "turnover", statistic="mean").iloc[0]["estimate"] == 20
    assert rows(frame, "turnover", statistic="quantile 0.5").iloc[0]["estimate"] == 20
    assert rows(frame, "n_breads", statistic="quantile 0.75").iloc[0]["estimate"] == 1


def test_the_base_stands_by_weight_and_by_worth(ten):
    large = rows(crosstabs(ten, compare=False), "breads", "white", by="size", weighted=True).loc["large"]
    assert (large["n"], large["base_weight"], large["base_worth"]) == (2, 4.0, pytest.approx(2.0))


# -- which columns differ --------------------------------------------------------------------------------


def many(codebook, n=600):
    frame = many_bakeries(3, n=n, small=60)
    rng = np.random.default_rng(4)
    likes = rng.random(n) < np.select(
        [frame["size"].eq("small"), frame["size"].eq("large")], [0.3, 0.7], 0.35
    )
    frame["is_fresh"] = pd.Categorical(np.where(likes, "yes", "no"), ["yes", "no"])
    frame["is_fresh.missing"] = pd.Categorical([None] * n, ["dont_know", "refused", "not_asked", "no_answer"])
    return survey_of(frame, codebook, min_n=20)


@pytest.fixture
def by_size(codebook_text, codebook_file):
    text = codebook_text + "crosstabs: {banners: [size], questions: [is_fresh, online, turnover]}\n"
    return load_codebook(codebook_file(text))


def test_a_figure_names_the_groups_that_it_is_above(by_size):
    survey = many(by_size)
    found = rows(crosstabs(survey, compare=True), "is_fresh", "yes", by="size")
    assert found["higher_than"].to_dict() == {"small": "", "middle": "", "large": "small; middle"}
    assert found["against_rest"].to_dict() == {"small": "below", "middle": "", "large": "above"}
    # The same by hand: the difference of each pair, and Holm's adjustment over the three.
    local = survey.unweighted.assign(yes=survey.frame["is_fresh"].eq("yes"))
    p = local.difference("yes", "size")["p"].sort_values().to_numpy()
    assert (p * [3, 2, 1] < 0.05).tolist() == [True, True, False]


def test_without_adjustment_more_columns_differ(codebook_text, codebook_file):
    text = "crosstabs: {{banners: [size], questions: [turnover], adjust: {}}}\n"
    higher = {}
    for adjust in ("holm", "none"):
        codebook = load_codebook(codebook_file(codebook_text + text.format(adjust)))
        survey = many(codebook)
        frame = survey.frame.copy()
        # Means that lie just so far apart that two p are between 0.05 / 3 and 0.05 (t is about 2.2).
        shift = frame["size"].astype(object).map({"small": 0.0, "middle": 9.0, "large": 9.2})
        noise = pd.Series(np.random.default_rng(8).normal(0, 30, len(frame)))
        means = noise.groupby(frame["size"], observed=True).transform("mean")
        frame["turnover"] = 50 + shift.astype(float) + noise - means
        frame["turnover.missing"] = frame["is_fresh.missing"]
        found = rows(
            crosstabs(survey_of(frame, codebook, min_n=20), compare=True),
            "turnover",
            statistic="mean",
            by="size",
        )
        higher[adjust] = found["higher_than"].to_dict()
    assert higher["none"] == {"small": "", "middle": "small", "large": "small"}
    assert not any(higher["holm"].values())


def test_columns_of_few_respondents_are_compared_with_none(by_size):
    survey = many(by_size)
    few = replace(survey, min_n=100)
    assert rows(crosstabs(few, compare=True), "is_fresh", "yes", by="size")["higher_than"].eq("").all()


def test_nothing_is_compared_unless_it_is_asked_for(by_size):
    assert "higher_than" not in crosstabs(many(by_size), compare=False)


# -- what may not be shown -------------------------------------------------------------------------------


@pytest.fixture
def strict(codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    privacy = (
        "privacy: {min_base: 5, min_count: 3, max_share: 1, width: 4}\ncrosstabs: {banners: [size, online]}\n"
    )
    return load_codebook(codebook_file(text + privacy))


def test_no_figure_of_a_cross_table_is_below_the_limits(strict):
    survey = survey_of(many_bakeries(1), strict)
    frame = crosstabs(survey, compare=True)
    shown = frame[~frame["suppressed"]]
    assert frame["suppressed"].any()
    assert not shown[shown["by"].notna() & shown["n"].lt(5)].size
    counts = shown.loc[shown["statistic"].isin(["proportion", "proportion of answers"]), "count"]
    assert not (counts.gt(0) & counts.lt(3)).any()
    hidden = frame[frame["suppressed"]]
    assert hidden[["count", "estimate", "base_weight", "base_worth"]].isna().all(axis=None)
    assert hidden["higher_than"].eq("").all()


def test_reasons_of_a_banner_are_shown_for_all_of_its_groups_or_for_none(strict):
    frame = crosstabs(survey_of(many_bakeries(1), strict), compare=False)
    reasons = frame[frame["option"].fillna("").str.startswith("missing.") & ~frame["weighted"]]
    for _, banner in reasons.groupby(["question", "by", "option"], dropna=False):
        assert len(set(banner["suppressed"])) == 1


# -- without banners -------------------------------------------------------------------------------------


def test_a_wave_that_names_no_groups_shows_everybody(codebook_text, codebook_file):
    codebook = load_codebook(codebook_file(codebook_text))
    assert banners(codebook) == []
    frame = crosstabs(survey_of(ten_bakeries(), codebook), compare=True)
    assert frame["by"].isna().all()
    assert rows(frame, "breads", "white").iloc[0]["count"] == 6


def test_without_a_declaration_the_background_variables_that_make_groups_are_the_banners(
    codebook_text, codebook_file
):
    text = codebook_text.replace("keep_rows: true}", "keep_rows: true, groupings: [online, size]}")
    assert banners(load_codebook(codebook_file(text))) == ["size"]


def test_a_ranking_has_the_share_that_put_it_first(codebook_text, codebook_file):
    text = codebook_text.replace(
        "  - name: founded\n",
        "  - battery: order\n    type: numeric\n    text: In which order?\n    items:\n"
        "      - {name: taste, column: R1, label: Taste}\n      - {name: price, column: R2, label: Price}\n"
        "  - name: founded\n",
    )
    codebook = load_codebook(codebook_file(text + "crosstabs: {rankings: [order], banners: [size]}\n"))
    frame = ten_bakeries()
    for name, ranks in (("taste", [1, 1, 1, 2, 2]), ("price", [2, 2, 2, 1, 1])):
        frame[name] = [*map(float, ranks), *[np.nan] * 5]
        frame[f"{name}.missing"] = pd.Categorical([None] * 5 + ["no_answer"] * 5)
    found = crosstabs(survey_of(frame, codebook), compare=False)
    assert rows(found, "taste", "1").iloc[0]["estimate"] == pytest.approx(0.6)
    assert rows(found, "taste", statistic="mean").iloc[0]["estimate"] == pytest.approx(1.4)
    assert rows(found, "taste", statistic="quantile 0.5").empty


def test_who_put_something_first_is_a_share_of_all_who_put_anything_in_order(codebook_text, codebook_file):
    text = codebook_text.replace("  ignore:", "  rankings: [{columns: [R1, R2]}]\n  ignore:", 1)
    assert text != codebook_text
    text = text.replace(
        "  - name: founded\n",
        "  - battery: order\n    type: numeric\n    text: In which order?\n    items:\n"
        "      - {name: taste, column: R1, label: Taste}\n      - {name: price, column: R2, label: Price}\n"
        "  - name: founded\n",
    )
    codebook = load_codebook(codebook_file(text + "crosstabs: {banners: [size]}\n"))
    frame = ten_bakeries()
    for name, ranks in (("taste", [1, 1, 1, np.nan, np.nan]), ("price", [2, np.nan, np.nan, 1, 1])):
        frame[name] = [*ranks, *[np.nan] * 5]
        frame[f"{name}.missing"] = pd.Categorical([None if r == r else "no_answer" for r in frame[name]])
    found = crosstabs(survey_of(frame, codebook), compare=False)
    first = rows(found, "taste", "1").iloc[0]
    assert (first["n"], first["estimate"]) == (5, pytest.approx(0.6))
    assert rows(found, "taste", statistic="mean").iloc[0]["n"] == 3
