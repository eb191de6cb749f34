"""How many answers were ticked tells no answer that is hidden."""

import numpy as np
import pandas as pd
import pytest
from bakeries import many_bakeries, reasons, survey_of

from nsmo.stages.topline.results import in_classes
from nsmo.study import load_codebook
from nsmo.survey.estimates import estimates
from nsmo.survey.tests import group_tests


def bakers(few: int, n: int = 400) -> pd.DataFrame:
    """Bakeries of which all sell white bread or rye, many of them both, and few a third one as well."""
    frame, place = many_bakeries(3, n=n, small=100), np.arange(n)
    ticks = {"white": place < 300, "rye": place >= 200, "none": place < 0, "other": place >= n - few}
    for name, values in ticks.items():
        frame[f"breads.{name}"] = pd.array(values, dtype="boolean")
    frame["breads.missing"] = reasons([None] * n)
    frame["n_breads"] = (ticks["white"].astype(int) + ticks["rye"] + ticks["other"]).astype(float)
    frame["n_breads.missing"] = reasons([None] * n)
    return frame


@pytest.fixture
def table(codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    privacy = "privacy: {min_base: 10, min_count: 10, groupings: [online]}\n"
    codebook = load_codebook(codebook_file(text + privacy))

    def make(few: int) -> pd.DataFrame:
        survey = survey_of(bakers(few), codebook)
        parts = [in_classes(survey, "n_breads", 8), estimates(survey, "n_breads", [None])]
        rows = pd.concat(parts, ignore_index=True)
        return rows[~rows["weighted"]].assign(hides=survey.protection.hidden("breads", "other"))

    return make


def test_their_sum_leaves_a_hidden_answer_room(table):
    """With classes and mean: 300 + 200 + 6 ticks less the 500 that are shown."""
    rows = table(6)
    assert rows["hides"].all()
    mean = rows[rows["statistic"].eq("mean") & rows["by"].isna()].iloc[0]
    assert mean["estimate"] == round(mean["estimate"], 1)
    assert pd.isna(mean["se"])
    assert not pd.isna(mean["estimate"]), "of 400, one decimal leaves room for 40 ticks"
    assert not rows["statistic"].eq("proportion").any(), "one and two answers: both shares, or none"


def test_where_no_answer_is_hidden_they_are_exact(table):
    rows = table(60)
    assert not rows["hides"].any()
    everybody = rows[rows["by"].isna()]
    assert not everybody["suppressed"].any()
    assert everybody["statistic"].eq("proportion").sum() == 2
    mean = everybody[everybody["statistic"].eq("mean")].iloc[0]
    assert mean["estimate"] == pytest.approx(560 / 400)


def test_a_mean_of_a_small_group_beside_a_hidden_answer_is_not_shown(codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    privacy = "privacy: {min_base: 10, min_count: 10, groupings: [size]}\n"
    survey = survey_of(bakers(6), load_codebook(codebook_file(text + privacy)))
    rows = estimates(survey, "n_breads", ["size"], statistics=["mean"])
    rows = rows[~rows["weighted"]].set_index("group")
    assert rows["estimate"].notna().to_dict() == {"small": True, "middle": True, "large": True}
    again = survey_of(bakers(6, n=260), survey.codebook)
    rows = estimates(again, "n_breads", ["size"], statistics=["mean"])
    rows = rows[~rows["weighted"]].set_index("group")
    assert not rows["suppressed"]["large"]
    assert rows["suppressed"]["small"], "of 60, one decimal leaves room for 6 ticks"


@pytest.mark.parametrize(("few", "shown"), [(6, False), (60, True)])
def test_a_test_between_groups_is_made_of_the_same_sums(few, shown, codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    privacy = "privacy: {min_base: 10, min_count: 10, groupings: [size]}\n"
    frame = bakers(few)
    third = frame.index[frame["breads.other"]]
    frame.loc[third, "size"] = np.resize(["small", "middle", "large"], len(third))
    survey = survey_of(frame, load_codebook(codebook_file(text + privacy)))
    tests = group_tests(survey, ["n_breads"], ["size"])
    assert tests[["statistic", "p"]].notna().all(axis=None) == shown
    assert tests[["statistic", "p"]].isna().all(axis=None) != shown
