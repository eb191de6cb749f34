"""The stage crosstabs: what its tables say, and what they do not."""

import io

import pytest
from bakeries import many_bakeries, survey_of
from openpyxl import load_workbook

from nsmo.present.labels import Labels
from nsmo.stages import crosstabs
from nsmo.stages.crosstabs import words
from nsmo.study import load_codebook

RULES = "crosstabs: {banners: [size], questions: [is_fresh, fresh, turnover]}\n"


@pytest.fixture
def real(codebook_text, codebook_file):
    return load_codebook(codebook_file(codebook_text + RULES))


@pytest.fixture
def survey(real):
    return survey_of(many_bakeries(2, n=300, small=60), real, min_n=20)


def book_of(survey, *, compare=True, notice=""):
    frame = crosstabs.results(survey, compare=compare)
    labels = Labels(survey.codebook, "en")
    return frame, words.book(frame, survey, labels, notice=notice)


def test_the_note_names_test_level_adjustment_and_limit(survey):
    _, book = book_of(survey)
    for text in ("Rao and Scott", "at 5%", "Holm", "fewer than 20 respondents"):
        assert text in book.note


def test_it_says_that_nothing_is_adjusted(codebook_text, codebook_file):
    text = codebook_text + RULES.replace("banners", "adjust: none, banners")
    codebook = load_codebook(codebook_file(text))
    _, book = book_of(survey_of(many_bakeries(2, n=300, small=60), codebook, min_n=20))
    assert "Nothing is adjusted" in book.note
    assert "Holm" not in book.note


def test_reconstructed_answers_have_marks_and_no_letters(codebook_text, codebook_file):
    text = codebook_text.replace("provenance: real", "provenance: reconstructed") + RULES
    survey = survey_of(many_bakeries(2, n=300, small=60), load_codebook(codebook_file(text)), min_n=20)
    frame, book = book_of(survey, compare=False, notice="Reconstructed.")
    assert not {"higher_than", "against_rest"} & set(frame.columns)
    assert "not compared" in book.note
    html = book.html()
    assert "○" in html
    assert 'class="letters"' not in html
    assert "interval from" not in html, "an assumed mean has no interval"
    sheet = load_workbook(io.BytesIO(book.xlsx("question")))["fresh"]
    assert sheet["A3"].value == "Reconstructed."


def test_weighted_figures_of_real_answers_leave_with_few_digits(codebook_text, codebook_file):
    text = codebook_text.replace("keep_rows: true", "digits: 3") + RULES
    frame = many_bakeries(2, n=300, small=60)
    frame["weight"] = (
        frame["size"].astype(object).map({"small": 0.9, "middle": 1.0 / 3, "large": 2.17}).astype(float)
    )
    survey = survey_of(frame, load_codebook(codebook_file(text)), min_n=20)
    _, book = book_of(survey, compare=False)
    weighted = [table for section in book.sections for table in section.tables[1:]]
    shares = [
        row["estimate"]
        for table in weighted
        for line in table.lines
        for row in line.cells
        if line.format == "percent" and row and row["estimate"] == row["estimate"]
    ]
    assert shares
    assert all(share == pytest.approx(round(share, 3), abs=1e-12) for share in shares)


def test_the_extent_counts_questions_banners_and_tables(survey):
    frame, _ = book_of(survey)
    extent = crosstabs.extent(frame, survey)
    assert (extent.questions, extent.banners, extent.groups, extent.tables) == (3, ["size"], 3, 3)
