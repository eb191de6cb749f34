from functools import partial

import pandas as pd
import pytest
from bakeries import many_bakeries, survey_of

from nsmo.present.labels import Labels
from nsmo.stages.trust import words
from nsmo.stages.weight import Shown
from nsmo.study import StudyError, load_codebook
from nsmo.study.pieces import Frames
from nsmo.survey.attacked import attacked
from nsmo.survey.cells import Cells, countable
from nsmo.survey.designs import planned

WHOLE = "privacy: {suppress: base, keep_rows: true}\n"
STRICT = "privacy: {min_base: 5, min_count: 3, max_share: 1, width: 4, groupings: [size, online]}\n"


@pytest.fixture
def survey(codebook_text, codebook_file):
    codebook = load_codebook(codebook_file(codebook_text.replace(WHOLE, STRICT)))
    return survey_of(many_bakeries(1, small=4), codebook)


def test_what_is_hidden_is_counted_but_not_by_rule_and_no_bounds_are_narrower_than_asked(survey):
    table = attacked(survey.protection).set_index("by")
    assert list(table.index) == ["", "size", "online"]
    why = survey.protection.frame()
    hidden = why.groupby("by").size().reindex(table.index, fill_value=0)
    assert (table["figures"] - table["shown"]).tolist() == hidden.tolist()
    # Two sizes have four bakeries each.
    assert why.query("by == 'size'")["reason"].eq("base").any()
    # Of two that add up to twice nine, both by fewer than ten, a reader would know both.
    assert list(table) == ["figures", "shown", "narrowest", "width"]
    known = table.dropna(subset="narrowest")
    assert (known["narrowest"] >= known["width"]).all()
    assert (table["width"] == 4).all()


def test_respondents_who_are_counted_as_cells_have_the_same_hidden(survey, tmp_path):
    path = tmp_path / "responses.parquet"
    survey.frame.to_parquet(path)
    frames = Frames(path, 50)
    cells = Cells(frames.only(partial(countable, survey.codebook)), tmp_path, map, map)
    ways = [Shown.of(planned(survey.codebook, answers, 1)) for answers in (cells, frames.read())]
    assert len(ways[0].hidden) > 10
    pd.testing.assert_frame_equal(ways[0].hidden, ways[1].hidden)
    pd.testing.assert_frame_equal(ways[0].counted, ways[1].counted)


def test_the_narrowest_bounds_are_those_of_a_search_for_every_figure(survey):
    plan, table = survey.protection, attacked(survey.protection).set_index("by")
    for by in ("", "size", "online"):
        questions = [name for name in plan.tables.questions if name != by]
        every = pd.concat(
            [plan.audit(name, by) for name in questions if not by or plan.tables.block_of(name, by)]
        )
        full = every[every["width"] >= plan.limits.width]
        gap = (full["high"] - full["low"]).min()
        assert table.loc[by, "narrowest"] == gap or (pd.isna(gap) and pd.isna(table.loc[by, "narrowest"]))


def test_the_sentence_says_how_much_is_hidden(survey):
    text = words.hidden(attacked(survey.protection), Labels(survey.codebook, "en"))
    assert "are hidden. Whoever has all the others" in text
    assert "respondents apart" in text


def test_a_plan_that_gives_a_figure_away_stops_the_page(survey, monkeypatch):
    plan = survey.protection
    real = plan.attack

    def known(by=""):
        bounds = real(by)
        return bounds.assign(low=bounds["value"], high=bounds["value"], width=4) if by == "size" else bounds

    monkeypatch.setattr(plan, "attack", known)
    with pytest.raises(StudyError, match=r"figures by size: .* can be bounded more narrowly"):
        attacked(survey.protection)


def test_a_reconstruction_has_nothing_planned(codebook_text, codebook_file):
    codebook = load_codebook(codebook_file(codebook_text))
    survey = survey_of(many_bakeries(1), codebook)
    table = attacked(survey.protection)
    assert table.empty
    assert "reconstruction" in words.hidden(pd.DataFrame(table), Labels(codebook, "en"))
