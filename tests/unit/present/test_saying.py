import numpy as np
import pandas as pd
import pytest
from bakeries import survey_of, ten_bakeries
from hypothesis import given
from hypothesis import strategies as st

from nsmo.present.labels import Labels
from nsmo.present.saying import as_markdown, said
from nsmo.study import StudyError, load_codebook
from nsmo.survey.estimates import differences, estimates
from nsmo.survey.tests import group_tests


@pytest.fixture
def labels(codebook):
    return Labels(codebook, "en")


@pytest.fixture
def codebook(codebook_file):
    return load_codebook(codebook_file())


@pytest.fixture
def fresh(survey):
    return estimates(survey, "fresh", options=["agree"])


def test_values_are_written_as_a_reader_expects_them(labels):
    text = said(
        "{name} has {number} {items}, {share:.0%}, {ratio:.2f}, {p:p}, {gap:points} points.",
        {
            "name": "Bakery",
            "number": np.int64(12345),
            "items": ["loaves", "rolls", "buns"],
            "share": 0.4,
            "ratio": np.float64(1.234),
            "p": 0.0321,
            "gap": 0.0734,
        },
        labels,
    )
    assert text == "Bakery has 12,345 loaves, rolls and buns, 40%, 1.23, p = .032, 7.3 points."


def test_the_language_writes_its_own_marks(codebook):
    assert said("{x:.1f} {n}", {"x": 1234.56, "n": 1234}, Labels(codebook, "nl")) == "1.234,6 1.234"


def test_a_result_is_its_unweighted_row_with_interval_and_n(labels, fresh):
    assert said("{x}", {"x": fresh}, labels).startswith("40.0% (95% interval ")
    assert said("{x:value}, {x:n}", {"x": fresh}, labels) == "40.0%, 10"
    plain, weighted = (fresh.loc[fresh["weighted"] == w, "estimate"].iloc[0] for w in (False, True))
    assert plain != weighted
    assert said("{x:weighted value}", {"x": fresh}, labels) == f"{weighted:.1%}"
    assert said("{x:low}–{x:high}", {"x": fresh.iloc[0]}, labels).count("%") == 2


def test_several_rows_are_listed_with_their_labels(labels, survey):
    groups = estimates(survey, "fresh", by=["online"], options=["agree"])
    assert said("{x:value}", {"x": groups}, labels) == "Yes 75.0% and No 16.7%"
    answers = estimates(survey, "online")
    assert said("{x}", {"x": answers}, labels) == "Yes 40.0% and No 60.0%", "a figure has the intervals"
    two = estimates(survey, ["fresh", "cheap"], options=["agree"])
    assert said("{x:value}", {"x": two}, labels).startswith("Fresh: Agree 40.0% and ")


def test_a_difference_of_shares_is_in_points(labels, survey):
    gap = differences(survey, "fresh", "online", option="agree")
    assert said("{x:points}", {"x": gap}, labels) == "58.3"
    assert said("{x:label}", {"x": gap}, labels) == "Yes against No"
    with pytest.raises(StudyError, match="which is a proportion"):
        said("{x:points}", {"x": estimates(survey, "fresh", options=["agree"])}, labels)


def test_tests_are_listed_with_their_p(labels, codebook):
    many = survey_of(pd.concat([ten_bakeries()] * 20, ignore_index=True), codebook)
    tests = group_tests(many, ["fresh"], ["online"])
    assert said("{x}", {"x": tests}, labels) == "Fresh by online (p < .001)"


def test_a_hidden_estimate_is_said_to_be_hidden(labels, survey, codebook):
    few = estimates(survey_of(survey.frame, codebook, min_n=99), "fresh", options=["agree"])
    assert "%" not in said("{x:value}", {"x": few}, labels)


@pytest.mark.parametrize(
    ("text", "values", "words"),
    [
        ("{importnt} find it so", {"important": 1}, "no value for {importnt}"),
        ("nobody", {"share": 1}, "the text does not name {share}"),
        ("{x}", {"x": 0.5}, "{x} with a float"),
        ("{x}", {"x": None}, "{x} with a NoneType"),
        ("{x:,}", {"x": 0.5}, "the format ','"),
    ],
)
def test_what_does_not_fit_stops_the_page(labels, text, values, words):
    with pytest.raises(StudyError) as caught:
        said(text, values, labels)
    assert words in str(caught.value)
    assert "do: " in str(caught.value)


def test_a_misspelled_name_is_told_its_neighbour(labels):
    with pytest.raises(StudyError, match=r"perhaps \{important\}"):
        said("{importnt}", {"important": 1}, labels)


def test_an_unknown_part_of_a_result_is_refused(labels, fresh):
    with pytest.raises(StudyError, match="'mean' of the result"):
        said("{x:mean}", {"x": fresh}, labels)
    with pytest.raises(StudyError, match="no unweighted rows"):
        said("{x}", {"x": fresh[fresh["weighted"]]}, labels)


def rendered(text):
    """What a page shows of Markdown, by the same way as the pages of the report."""
    from bs4 import BeautifulSoup
    from nbconvert.filters import markdown2html

    return BeautifulSoup(markdown2html(text), "html.parser")


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "https://example.org/x",
    "www.example.org",
    "x@example.org",
    "<https://example.org>",
    "$\\alpha$ and $$x^2$$ and \\(x\\) and \\[y\\]",
    "**b** _i_ `c` ~~s~~",
    "# head",
    "- item",
    "1. item",
    "12) item",
    "> quote",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "a\n\n---\n\nb",
    "&lt;b&gt; &amp; &#42;",
    "{{ 7*7 }} {% x %} {0}",
    "[^1] [ref]: https://example.org",
    "</section><h1>x</h1>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_value_shows_in_markdown_as_it_is_written(text):
    page = rendered(as_markdown(text))
    assert [tag.name for tag in page.find_all(True)] == ["p"]
    assert page.get_text().strip() == " ".join(text.splitlines()).strip()


@given(st.text(alphabet="ab1 *_`[]()<>#|~$&@^!:/.\\-+={}'\"\n", max_size=40))
def test_no_text_becomes_more_than_text(text):
    page = rendered(f"Before {as_markdown(text)} after")
    assert [tag.name for tag in page.find_all(True)] == ["p"]
    assert page.get_text().split() == ["Before", *text.split(), "after"]


def test_numbers_stay_as_they_are():
    assert as_markdown("83.8% (77.7–88.5)") == "83.8% (77.7–88.5)"
