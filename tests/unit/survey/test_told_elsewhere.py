"""Ways in which a hidden figure was told by something that is no figure beside it."""

import numpy as np
import pandas as pd
import pytest
from bakeries import many_bakeries, reasons, survey_of

from nsmo.results import MISSING
from nsmo.stages.clean import public
from nsmo.stages.ingest import public_counts
from nsmo.stages.weight.shown import told
from nsmo.stats.disclosure import sensitive
from nsmo.study import StudyError, load_codebook
from nsmo.survey.crosstabs import crosstabs
from nsmo.survey.designs import planned
from nsmo.survey.estimates import distribution, estimates
from nsmo.survey.linked import BASE, Key
from nsmo.survey.protection import Limits, Protection

WHOLE = "privacy: {suppress: base, keep_rows: true}\n"
STRICT = "privacy: {min_base: 5, min_count: 3, max_share: 1, width: 4}\n"
BANNERS = "crosstabs: {banners: [size, online, [size, online]]}\n"
LIMITS = Limits(min_base=5, min_count=3, max_share=1, width=4, dominance=10)


@pytest.fixture(name="strict")
def strict_rules(codebook_text, codebook_file):
    return load_codebook(codebook_file(codebook_text.replace(WHOLE, STRICT + BANNERS)))


@pytest.fixture(name="plain")
def without_banners(codebook_text, codebook_file):
    return load_codebook(codebook_file(codebook_text.replace(WHOLE, STRICT)))


def crossed(seed: int, small: int = 4) -> pd.DataFrame:
    """Responses with the variable that a crossed banner makes."""
    frame = many_bakeries(seed, small=small)
    both = frame["size"].astype(str) + "_" + frame["online"].astype(str)
    names = [f"{size}_{online}" for size in ("small", "middle", "large") for online in ("yes", "no")]
    return frame.assign(
        **{
            "size_by_online": pd.Categorical(both, categories=names),
            "size_by_online.missing": reasons([None] * len(frame)),
        }
    )


@pytest.mark.parametrize("seed", range(6))
def test_no_figure_that_may_not_be_shown_by_itself_is_shown_beside_a_crossed_banner(seed, strict):
    """The crossing has the cells of one of its questions by the other among the totals."""
    plan = Protection(strict, crossed(seed), LIMITS, strict.groupings)
    few = 0
    for question, by in (("size", "online"), ("online", "size"), ("size_class", "online")):
        block = plan.tables.block(plan.tables.block_of(question, by))
        for figure in block.figures:
            if (figure.key.question, figure.key.by) != (question, by) or figure.key.option == BASE:
                continue
            count, base = (block.linked.truth[block.places[key]] for key in (figure.key, figure.base))
            limits = {"min_base": 5, "min_count": 3, "max_share": 1}
            if figure.key.option in strict.variable(question).option_names and sensitive(
                count, base, group=True, **limits
            ):
                few += 1
                assert plan.hidden(*figure.key), figure.key
    assert few


def test_rows_that_the_plan_does_not_weigh_have_no_number_of_respondents_that_it_hides(strict):
    survey = survey_of(crossed(1, small=2), strict)
    table = crosstabs(survey, compare=False)
    unweighed = table["option"].fillna("").str.startswith(MISSING) | table["statistic"].str.startswith("quan")
    rows = table[unweighed & table["by"].notna() & ~table["weighted"].astype(bool)]
    few = [survey.protection.hidden(row.question, BASE, row.by, row.group) for row in rows.itertuples()]
    assert sum(few) > 5
    assert rows.loc[few, ["n", "count", "estimate"]].isna().all(axis=None)
    assert rows.loc[few, "suppressed"].all()


def test_who_was_asked_is_hidden_where_the_answer_that_decides_it_is(strict):
    """What part of the turnover is online was asked of whoever sells online."""
    frame = crossed(3)
    plan = Protection(strict, frame, LIMITS, strict.groupings)
    hidden = [size for size in ("small", "middle", "large") if plan.hidden("online", "yes", "size", size)]
    assert hidden
    for size in hidden:
        assert plan.hidden("turnover", BASE, "size", size)


def test_numbers_counted_one_by_one_have_no_exact_mean_beside_one_of_few(strict):
    frame = crossed(2)
    numbers = np.where(np.arange(len(frame)) == 0, 4.0, np.where(np.arange(len(frame)) % 2, 1.0, 2.0))
    numbers[1:3] = 3.0
    frame = frame.assign(**{"n_breads": numbers, "n_breads.missing": reasons([None] * len(frame))})
    survey = survey_of(frame, strict)
    hidden = distribution(survey, "n_breads").query("suppressed and not weighted")
    assert len(hidden) == 2
    for by in (None, "online"):
        means = estimates(survey, "n_breads", [by]).query("not suppressed")
        assert len(means)
        assert means["estimate"].eq(means["estimate"].round(1)).all()
        assert means[["se", "ci_low", "ci_high"]].isna().all(axis=None)
    # With nobody who is one of few, the mean is exact.
    exact = survey_of(frame.assign(n_breads=np.where(np.arange(len(frame)) % 3, 1.0, 2.0)), strict)
    assert estimates(exact, "n_breads").query("not weighted")["se"].notna().all()


def test_how_often_a_code_stands_in_the_export_is_not_told_of_real_answers(strict, codebook):
    counts = pd.DataFrame(
        {"question": ["size"], "raw": ["A1"], "coded": ["small"], "label": ["S"], "n": [14]}
    )
    assert list(public_counts(counts, strict.privacy)) == ["question", "raw", "coded", "label"]
    assert public_counts(counts, codebook.privacy).equals(counts)


def test_texts_that_stay_other_are_not_counted_of_real_answers(strict, codebook):
    rules = ["left_as_other", "other_text"]
    recodes = pd.DataFrame({"question": "breads", "raw": "x", "new": "other", "n": [14, 15], "rule": rules})
    assert public(recodes, strict.privacy)["n"].isna().tolist() == [True, False]
    assert public(recodes, codebook.privacy).equals(recodes)


def test_a_merged_category_of_a_margin_is_known_to_whoever_reads_the_plan(plain):
    """Small and large together, which the weights tell, would give large away beside small."""
    frame = many_bakeries(1, small=4).assign(online=pd.Categorical(["yes", "no"] * 60, ["yes", "no"]))
    frame["size"] = pd.Categorical(
        ["small"] * 60 + ["middle"] * 58 + ["large"] * 2, categories=["small", "middle", "large"]
    )
    both = [("size", ["small", "large"])]
    free, known = (planned(plain, frame, 1, told=one) for one in ((), both))
    names = ("small", "middle", "large")
    assert [free.hidden("size", name) for name in names].count(True) == 2
    block = known.tables.totals()
    assert block.always[block.places[Key("size", "told:small+large")]]
    # What is left of everybody is the middle: that is known now, so the small ones must be hidden.
    assert [known.hidden("size", name) for name in names] == [True, False, True]


def test_a_margin_with_a_category_of_few_stops_the_weights(plain):
    margins = [{"name": "size", "question": "size", "merged": []}]
    known = told(plain, margins)
    assert known == [("size", ["small"]), ("size", ["middle"]), ("size", ["large"])]
    with pytest.raises(StudyError, match=r"fewer than 3 respondents: size, (middle|large)"):
        planned(plain, many_bakeries(1, small=2), 1, told=known).frame()
    merged = told(plain, [{"name": "size", "question": "size", "merged": ["not_small"]}])
    assert merged == [("size", ["small"]), ("size", ["middle", "large"])]
    assert len(planned(plain, many_bakeries(1, small=2), 1, told=merged).frame())
