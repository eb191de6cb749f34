"""What stands below a heading of the story: its words are not said again."""

import numpy as np
import pytest

from nsmo.pages.story import said_once
from nsmo.pages.values import Values
from nsmo.present.wording import Wording


def part(heading: str, title: str) -> str:
    return f'<h2 id="a">{heading}</h2>\n<figure><h3 class="figure-title">{title}</h3><p>n = 80</p></figure>'


@pytest.mark.parametrize(
    ("heading", "title", "left"),
    [
        ("How do you travel?", "How do you travel? Bicycle, 40.1%", "Bicycle, 40.1%"),
        ("Bread", "Bread: rye, 40.1%", "Rye, 40.1%"),
        (
            "On a scale of 1-5, how sure are you of the…",
            "On a scale of 1-5, how sure are you of the…: Very, 4%",
            "Very, 4%",
        ),
        ("The shop&#x27;s bread", "The shop's bread: rye &amp; wheat, 4%", "Rye &amp; wheat, 4%"),
        ("How likely?", "How likely? 7, 21.5%", "How likely? 7, 21.5%"),
        ("Bread", "Shops of bread: rye, 40.1%", "Shops of bread: rye, 40.1%"),
    ],
)
def test_the_title_of_a_figure_does_not_repeat_the_heading(heading: str, title: str, left: str):
    assert said_once(part(heading, title)) == part(heading, left)


def test_a_figure_called_as_its_part_has_no_title_of_its_own():
    assert said_once(part("How often?", "How often?")) == (
        '<h2 id="a">How often?</h2>\n<figure><p>n = 80</p></figure>'
    )


def test_a_link_to_a_question_may_have_words_of_its_own():
    class Labels:
        def question(self, name: str) -> str:
            return f"label of {name}"

    values = Values.__new__(Values)
    values.labels, values.pages = Labels(), {}
    assert values.question_link("a").text == "label of a"
    assert values.question_link("a", "All answers").text == "All answers"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"estimate": 41.26, "n": 30, "suppressed": False}, "41.3 (n = 30)"),
        ({"estimate": 41.26, "n": np.nan, "suppressed": False}, "41.3 (n not shown)"),
        (
            {"estimate": np.nan, "n": np.nan, "suppressed": True},
            "not shown, since too few respondents are behind it, or since it would give another figure away",
        ),
    ],
)
def test_a_mean_that_is_not_shown_says_so_once_and_why(row: dict[str, object], says: str, monkeypatch):
    values = Values.__new__(Values)
    values.words = Wording("en", protects=True)
    monkeypatch.setattr(values, "_row", lambda *_: {"origin": "", **row})
    assert values.average("age").text.replace("\xa0", " ") == says
