import numpy as np
from bakeries import many_bakeries, survey_of
from hypothesis import given
from hypothesis import strategies as st

from nsmo.present.labels import Labels
from nsmo.stages import topline
from nsmo.stages.topline import words
from nsmo.study import load_codebook


def test_topline_has_every_question_that_can_be_counted(survey, codebook):
    found = topline.results(survey, classes=8)
    assert list(found) == ["breads", "size", "opinions", "online", "turnover", "n_breads", "is_fresh"]
    assert set(found["opinions"]["question"]) == {"fresh", "cheap", "warm"}
    assert topline.settled(survey) == ["consent"]


def test_a_derived_variable_counts_as_a_question_and_says_how_it_is_made(survey, codebook):
    found = topline.results(survey, classes=8)
    fresh = found["is_fresh"]
    yes = fresh[fresh["option"].eq("yes") & ~fresh["weighted"]].iloc[0]
    assert (yes["count"], yes["n"]) == (4, 10)
    labels = Labels(codebook, "en")
    assert words.made(fresh, labels) == (
        "Yes if: Fresh is Agree. No if not; missing where that depends on an answer that is missing."
    )
    assert "ticked" in words.made(found["n_breads"], labels)
    assert words.made(found["breads"], labels) == ""


def test_numeric_question_is_shown_in_classes(survey):
    table = topline.in_classes(survey, "turnover", 2)
    plain = table[~table["weighted"]]
    assert plain["option"].tolist() == ["0–<20", "20–<40"]
    assert plain["count"].tolist() == [1, 2]


def test_few_numbers_far_apart_are_not_shown_one_by_one(bakeries, codebook):
    """As two amounts of money, or a moment that a package counts in seconds."""
    frame = bakeries.assign(turnover=[3.0, 8_000_000.0] * 5)
    table = topline.in_classes(survey_of(frame, codebook), "turnover", 8)
    assert table[~table["weighted"]]["option"].nunique() <= 8


def test_a_mean_of_scores_is_called_one_with_both_ends_of_its_scale(survey, codebook):
    found = topline.results(survey, classes=8)
    labels = Labels(codebook, "en")
    assert words.means(found["turnover"], labels).startswith("Mean: 20.00 (95% interval ")
    text = words.means(found["opinions"], labels)
    assert text.count("Mean score, on a scale from 1 (") == 1
    assert text.index(" to 3 (") < text.index(codebook.variable("fresh").label("en"))
    assert words.means(found["breads"], labels) == ""


def test_figures_that_are_no_estimates_are_counted(survey, codebook):
    found = topline.results(survey, classes=8)
    caveats = topline.caveats(found, codebook)
    assert caveats["scores"] == ["fresh", "cheap", "warm"]
    assert "breads" in caveats["nobody"]
    assert "turnover" not in caveats["nobody"]
    assert len(caveats["shares"]) > len(caveats["nobody"])


@given(st.integers(-(10**6), 10**8), st.integers(0, 10**8), st.integers(2, 20))
def test_classes_hold_all_numbers_and_have_one_width(low, width, classes):
    low, width = low / 100, width / 100
    edges = topline.class_edges(low, low + width, classes)
    assert edges[0] <= low + 1e-6 * max(1, abs(low))
    assert edges[-1] > low + width - 1e-6 * max(1, abs(low + width))
    assert 1 <= len(edges) - 1 <= classes
    assert np.ptp(np.diff(edges)) <= 1e-6 * max(1, abs(edges[-1]))


def test_classes_without_a_figure_that_is_shown_do_not_tell_the_ends(codebook_text, codebook_file):
    """Two respondents, born in 1966 and 1973: the ends of the classes would be their years."""
    strict = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    book = load_codebook(codebook_file(strict))
    few = many_bakeries(1, n=30, small=4).assign(turnover=[1966.0, 1973.0] * 15)
    few["turnover.missing"] = None
    hidden = topline.in_classes(survey_of(few.head(2), book), "turnover", 8)
    assert hidden.empty
    assert len(topline.in_classes(survey_of(few, book), "turnover", 8)), "fifteen each may be shown"


def test_the_page_says_of_whom_shares_are_taken_as_the_questionnaire_has_it(codebook_file, codebook_text):
    said = {}
    for base in ("asked", "replied", "answered", "all"):
        said[base] = words.of_whom(load_codebook(codebook_file(f"base: {base}\n{codebook_text}")))
    assert "everybody who was asked" in said["asked"]
    assert "who gave no reply is left out" in said["replied"]
    assert "“don’t know” are left out" in said["answered"]
    assert "all respondents" in said["all"]
