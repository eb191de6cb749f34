"""How far choices move the headlines, on bakeries whose answers can be counted by hand."""

import pandas as pd
import pytest
from bakeries import survey_of

from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.stages import choices
from nsmo.stages.choices import figures, words
from nsmo.stages.clean import clean
from nsmo.stages.ingest import ingest
from nsmo.study import StudyError, load_codebook
from nsmo.study.margins import read_targets
from nsmo.study.privacy import Privacy

THRESHOLDS = {"min_last_page": 3, "speeder_ratio": 0.3, "straightline_items": 3}
LIMITS = {"min_category": 1, "max_ratio": 8}
OPEN = Privacy(keep_rows=True)
REPORT = """\
headlines:
  - {question: breads, option: rye}
"""
ALTERNATIVES = """\
  alternatives:
    - name: no_small
      margins: [size]
      only: {question: size, is: [middle, large]}
      label: {nl: Zonder kleine, en: Without small ones}
"""
POPULATION = """\
margin,category,count,table,period,status,seen_or_derived,source_url,note
size,small,600,81589NED,2020,final,seen,https://example.org,
size,middle,300,81589NED,2020,final,seen,https://example.org,
size,large,100,81589NED,2020,final,seen,https://example.org,
"""


@pytest.fixture
def codebook(codebook_file, codebook_text):
    before, weighting, after = codebook_text.partition("weighting:\n")
    return load_codebook(codebook_file(before + weighting + ALTERNATIVES + after + REPORT))


@pytest.fixture
def received(codebook, export_file):
    """Five bakeries bake rye and five do not; the first answered twice, and baked rye the second time."""
    rows = [
        {
            "Q2[SQ002]": "Y" if i < 5 else "",
            "Q3": ("A1", "A1", "A2", "A2", "A3")[i % 5],
            "Q8": f"Bakkerij {i}",
        }
        for i in range(10)
    ]
    first = rows[0] | {"submitdate": "2020-03-04 09:00:00", "Q2[SQ002]": ""}
    return ingest(codebook, export_file(first, *rows)).responses


@pytest.fixture
def found(codebook, received, tmp_path):
    path = tmp_path / "population.csv"
    path.write_text(POPULATION, encoding="utf-8")
    frame = clean(codebook, received, **THRESHOLDS).responses
    survey = survey_of(frame.assign(weight=1.0, **{"margin.size": frame["size"]}), codebook)
    return choices.multiverse(survey, received, read_targets(codebook, path), THRESHOLDS, **LIMITS)


def one(found, **chosen):
    """The share under some choices, where all else is as it was done."""
    rest = {"rule.speeder": "applied", "rule.straight": "applied", "rule.duplicate": "applied"}
    wanted = rest | {"base": "base", "weighting": "unweighted"} | chosen
    ((_, row),) = found[(found[list(wanted)] == pd.Series(wanted)).all(axis=1)].iterrows()
    return row


def test_every_combination_of_declared_choices_is_tried(codebook, found):
    assert len(choices.cleanings(codebook)) == 2 * 2 * 3
    weights = found["weighting"].unique().tolist()
    assert weights[:2] == ["unweighted", "weighted"]
    assert "alternative.no_small" in weights
    assert len(found) == 12 * 2 * len(weights)
    first = found.iloc[0]
    assert (first["share"], first["n"]) == (0.5, 10)  # as it was reported


def test_the_other_of_two_responses_can_be_kept_or_both(found):
    assert one(found, **{"rule.duplicate": "other_kept"})["share"] == pytest.approx(4 / 10)
    assert one(found, **{"rule.duplicate": "left_out"})["share"] == pytest.approx(5 / 11)


def test_weights_for_some_respondents_only_are_a_choice(found):
    part = one(found, weighting="alternative.no_small")
    # Of each size as many bake rye as do not.
    assert (part["n"], part["share"]) == (6, pytest.approx(0.5))
    kept = one(found, weighting="weighted", **{"rule.duplicate": "other_kept"})
    # One of four small bakeries bakes rye then, and small ones are six in ten of all.
    assert kept["share"] == pytest.approx(0.6 / 4 + 0.4 / 2)


def test_all_choices_together_and_each_alone(found):
    (row,) = choices.extremes(found, OPEN).to_dict("records")
    assert (row["combinations"], row["reported"]) == (len(found), 0.5)
    assert row["lowest"] == pytest.approx(0.35)
    assert row["points"] == pytest.approx(100 * (row["highest"] - 0.35))
    moves = choices.moves(found, OPEN).set_index("choice")
    assert moves.loc["rule.duplicate", "alone"] == pytest.approx(10)
    assert moves.loc["rule.duplicate", "at_most"] == pytest.approx(15)  # with weights
    assert moves.loc["rule.speeder", ["options", "alone", "at_most"]].tolist() == [2, 0, 0]
    assert moves.loc["weighting", "alone"] == pytest.approx(0)


def test_of_real_answers_only_steps_of_five_points_leave(found):
    (row,) = choices.extremes(found, Privacy()).to_dict("records")
    assert row["lowest"] == pytest.approx(0.35)
    assert round(100 * row["highest"]) % 5 == 0
    assert row["highest"] >= found["share"].max() - 1e-9
    assert (choices.moves(found, Privacy())[["alone", "at_most"]] % 5 == 0).all(axis=None)


def test_a_wave_without_weights_has_choices_of_cleaning_only(codebook):
    assert list(choices.weightings(codebook, {})) == ["unweighted"]


def test_an_alternative_with_an_unknown_margin_is_refused(codebook_file, codebook_text):
    before, weighting, after = codebook_text.partition("weighting:\n")
    wrong = ALTERNATIVES.replace("margins: [size]", "margins: [sise]")
    with pytest.raises(StudyError, match="no margin 'sise'"):
        load_codebook(codebook_file(before + weighting + wrong + after))


@pytest.mark.parametrize(("language", "title"), [("en", "Our choices"), ("nl", "Onze keuzes")])
def test_the_figure_and_the_options_are_in_words(codebook, found, language, title):
    labels = Labels(codebook, language)
    extremes = choices.extremes(found, OPEN)
    picture = drawn(figures.extremes, extremes, labels, all_of_them=found)
    assert picture.words.title.startswith(title)
    assert "35" in picture.words.alt
    options = words.options(found, labels)
    assert options["option"].is_unique is False
    assert {"Without small ones", "Zonder kleine"} & set(options["option"])
    assert words.named(choices.moves(found, OPEN), labels)["choice_label"].str.len().min() > 3
