"""A question with several answers as the columns of cross-tables: who gave two answers stands in two."""

import numpy as np
import pandas as pd
import pytest
from bakeries import WEIGHTING, many_bakeries, reasons, survey_of
from scipy import stats

from nsmo.present.labels import Labels
from nsmo.results import AND
from nsmo.stages.crosstabs import words
from nsmo.stats import SurveyDesign
from nsmo.stats.crosstable import Shares
from nsmo.stats.crosstable_overlap import overlapping_p
from nsmo.stats.crosstable_replicates import crossing_of
from nsmo.stats.disclosure import audit
from nsmo.study import load_codebook
from nsmo.study.pieces import Frames, write_pieces
from nsmo.survey.answers import Answers
from nsmo.survey.counted import CountedSurvey
from nsmo.survey.counted import survey_of as counted_of
from nsmo.survey.crosstabs import crosstabs
from nsmo.survey.designs import planned
from nsmo.survey.linked import Key, Tables

BANNER = "crosstabs: {banners: [breads, online], questions: [breads, fresh, turnover], adjust: none}\n"


def bakers(seed, n=400):
    """Bakeries of which many sell both breads; who sells rye has fresh bread more often."""
    chance = np.random.default_rng(seed)
    frame = many_bakeries(seed, n=n, small=n // 5)
    rye = frame["fresh"].eq("agree").to_numpy(dtype=bool) ^ (chance.random(n) < 0.35)
    answered = chance.random(n) > 0.05
    ticks = {
        "white": chance.random(n) < 0.7,
        "rye": rye,
        "none": np.zeros(n, bool),
        "other": np.zeros(n, bool),
    }
    for name, values in ticks.items():
        frame[f"breads.{name}"] = pd.array(values, dtype="boolean")
        frame.loc[~answered, f"breads.{name}"] = pd.NA
    frame["breads.missing"] = reasons([None if known else "no_answer" for known in answered])
    return frame


@pytest.fixture
def codebook(codebook_text, codebook_file):
    return load_codebook(codebook_file(codebook_text + BANNER))


@pytest.fixture
def table(codebook):
    return crosstabs(survey_of(bakers(1), codebook, min_n=20), compare=True)


def figure(table, question, option, by, group, *, weighted=False):
    found = table[table["question"].eq(question) & table["by"].eq(by) & table["group"].eq(group)]
    found = found[found["weighted"].eq(weighted) & found["statistic"].eq("proportion")]
    return found[found["option"].eq(option)].iloc[0]


def test_whoever_gave_two_answers_is_in_two_columns(table):
    frame = bakers(1)
    sizes = {}
    for name in ("white", "rye"):
        inside = frame[f"breads.{name}"].fillna(False).astype(bool)
        row, base = figure(table, "fresh", "agree", "breads", name), frame["fresh.missing"].isna()
        sizes[name] = (inside & base).sum()
        assert row["n"] >= sizes[name]  # who does not know is in the base, too
        assert row["count"] == (inside & frame["fresh"].eq("agree")).sum()
    assert sum(sizes.values()) > len(frame) * 0.9
    assert "breads" not in set(table.loc[table["question"].eq("breads"), "by"].dropna())


def test_without_weights_the_test_is_that_of_partially_overlapping_samples():
    chance = np.random.default_rng(3)
    n = 300
    a, b = chance.random(n) < 0.6, chance.random(n) < 0.5
    yes = chance.random(n) < 0.3 + 0.2 * a
    design = SurveyDesign(pd.DataFrame({"yes": yes}))
    codes = [np.where(inside, 0, -1) for inside in (a, b, a & b)]
    counted = Shares(crossing_of(design, codes, [1, 1, 1]), np.ones(n, dtype=bool), yes[:, None])
    (p,) = overlapping_p(counted, tuple(np.array([i]) for i in range(3)))
    one, two, both = a.sum(), b.sum(), (a & b).sum()
    pooled = (yes[a].sum() + yes[b].sum()) / (one + two)
    variance = pooled * (1 - pooled) * (1 / one + 1 / two - 2 * both / (one * two))
    squared = (yes[a].mean() - yes[b].mean()) ** 2 / variance
    # The design divides by n - 1, and F has the degrees of freedom of whoever is in one of the two.
    assert p == pytest.approx(stats.f.sf(squared * (n - 1) / n, 1, (a | b).sum() - 1), rel=1e-10)


def test_of_groups_that_do_not_overlap_it_is_the_test_of_all_others():
    chance = np.random.default_rng(4)
    frame = pd.DataFrame({"group": chance.integers(0, 2, 500), "yes": chance.random(500) < 0.4})
    counted = Shares(
        crossing_of(
            SurveyDesign(frame),
            [np.where(frame["group"].eq(g), 0, -1) for g in (0, 1, 2)],
            [1, 1, 1],
        ),
        np.ones(500, dtype=bool),
        frame[["yes"]].to_numpy(),
    )
    sides = np.eye(3, dtype=bool)
    apart = counted.p_values(sides[[0]], sides[[1]])
    trio = tuple(np.array([i]) for i in range(3))
    with np.errstate(divide="ignore", invalid="ignore"):
        assert overlapping_p(counted, trio) == pytest.approx(apart, rel=1e-10)


def test_equal_columns_are_compared_with_nothing():
    yes = np.arange(60) % 3 == 0
    crossing = crossing_of(SurveyDesign(pd.DataFrame({"yes": yes})), [np.zeros(60, dtype=int)] * 3, [1, 1, 1])
    counted = Shares(crossing, np.ones(60, dtype=bool), yes[:, None])
    assert np.isnan(overlapping_p(counted, tuple(np.array([i]) for i in range(3)))).all()


def test_an_arrow_compares_with_those_who_did_not_give_the_answer(codebook, table):
    frame = bakers(1)
    row = figure(table, "fresh", "agree", "breads", "rye")
    asked = frame["breads.missing"].isna()
    rye = frame["breads.rye"].fillna(False).astype(bool)
    agree = frame["fresh"].eq("agree")
    assert agree[rye].mean() > agree[asked & ~rye].mean() + 0.1
    assert row["against_rest"] == "above"
    assert row["higher_than"].split(AND) == ["white"]


def test_cells_of_a_large_wave_give_the_same(codebook, tmp_path):
    frame = bakers(5).drop(columns=["response_id"])
    write_pieces(iter([frame]), tmp_path / "responses.parquet")
    counted = counted_of(
        Frames(tmp_path / "responses.parquet", 70), WEIGHTING, codebook, tmp_path,
        confidence=0.95, min_n=20, stream_above=0,
    )  # fmt: skip
    assert isinstance(counted, CountedSurvey)
    pd.testing.assert_frame_equal(
        crosstabs(counted, compare=True),
        crosstabs(survey_of(frame, codebook, min_n=20), compare=True),
        check_dtype=False, rtol=1e-9, atol=1e-12,
    )  # fmt: skip


@pytest.mark.parametrize(("language", "overlap"), [("en", "overlap"), ("nl", "overlappen")])
def test_the_tables_say_that_columns_overlap(codebook, language, overlap):
    survey = survey_of(bakers(2), codebook, min_n=20)
    labels = Labels(codebook, language)
    book = words.book(crosstabs(survey, compare=True), survey, labels)
    assert overlap in book.note
    assert labels.question("breads") in book.note
    assert labels.question("online") not in book.note


def test_no_hidden_figure_of_columns_that_overlap_can_be_bounded(codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    codebook = load_codebook(
        codebook_file(text + BANNER + "privacy: {min_base: 5, min_count: 3, max_share: 1, width: 4}\n")
    )
    frame = bakers(7, n=200)
    plan = planned(codebook, frame, 5)
    assert plan.hidden("fresh", "disagree", "breads", "rye")
    assert "breads.white" in plan.tables.groupings
    for by in ("breads.white", "breads.rye"):
        bounds = plan.attack(by)
        assert (bounds["high"] - bounds["low"] >= bounds["width"] - 1e-6).all()
    # Those who gave an answer and those who did not add up to everybody: neither gives the other away.
    block = plan.tables.block(plan.tables.block_of("fresh", "breads.rye"))
    hidden = np.array([plan.hidden(*key) for key in block.places])
    rye = np.array([key.by == "breads.rye" for key in block.places])
    places = np.array(list(block.places.values()))
    closed = np.zeros(len(block.linked.truth), dtype=bool)
    closed[places] = hidden
    found = audit(block.linked, closed, places[hidden & rye].tolist())
    assert 0 < len(found) < len(hidden)
    assert (found["high"] > found["low"]).all()
    # What is not shown is not compared either.
    table = crosstabs(survey_of(frame, codebook, min_n=5), compare=True)
    closed_rows = table[table["suppressed"]]
    assert closed_rows["higher_than"].eq("").all()
    assert closed_rows["estimate"].isna().all()


def test_who_knows_how_many_gave_none_of_several_answers_knows_it_beside_each(codebook):
    """So the tables of single answers are weighed together: each alone would leave another range."""
    frame = bakers(7, n=200)
    tables = Tables(Answers(codebook, frame), ["online"])
    options = [name for name in tables.questions if name.startswith("breads.")]
    numbers = {tables.block_of(name, "online") for name in options}
    assert len(options) > 2
    assert len(numbers) == 1
    block = tables.block(numbers.pop())
    assert np.abs(block.linked.relations @ block.linked.atoms).max() < 1e-9
    first, *others = (block.places[Key(name, "missing.no_answer", "online", "yes")] for name in options)
    hidden = ~block.always
    hidden[first] = False
    bounds = audit(block.linked, hidden, others)
    assert bounds["low"].tolist() == bounds["high"].tolist() == bounds["value"].tolist()
