"""Scales as they stood in exports that this project had not seen: from low to high, whatever came first."""

import random

import pytest

from nsmo.draft.scales import order, reason

#: Each from low to high.
SCALES = [
    # "An hour" stood below minutes, since minutes were no unit.
    ["10 minutes or less", "11 - 25 minutes", "26 - 59 minutes", "Over an hour"],
    ["Less than 5", "5-10", "More than 10 minutes"],
    ["under 2 weeks", "2 to 8 weeks", "3 months", "a year"],
    ["Never", "Once", "Twice", "Three times"],
    ["Never", "Once in a while", "About half the time", "Usually", "Always"],
    ["Never", "Rarely (in fewer than one of ten)", "Sometimes (in half of them)", "Every time"],
    ["Poor", "Fairly good", "Good", "Very good", "Excellent"],
    ["No Perl knowledge", "Beginner", "Intermediate", "Expert"],
    ["Novice", "Intermediate", "Advanced", "Expert"],
    ["Nicht spannend", "Kaum spannend", "Mäßig spannend", "Spannend", "Sehr spannend"],
    ["Stimme gar nicht zu", "Stimme eher nicht zu", "Stimme eher zu", "Stimme vollständig zu"],
    ["Trifft gar nicht zu", "Trifft kaum zu", "teils-teils", "Trifft eher zu", "Trifft voll zu"],
    ["gar nicht", "selten", "eher selten", "eher häufig", "sehr häufig"],
    ["Very Difficult", "Difficult", "Somewhat Difficult", "Somewhat Easy", "Easy", "Very Easy"],
    ["Very unfavorably", "Somewhat unfavorably", "Neither favorably nor unfavorably (neutral)",
     "Somewhat favorably", "Very favorably"],
    ["No, not loud at all", "Yes, somewhat loud", "Yes, very loud"],
    ["strongly_disagree", "disagree", "neither", "agree", "strongly_agree"],
    ["非常不满意", "不满意", "一般", "满意", "非常满意"],
    ["6 ay", "1 sene", "2 sene", "5 yıl"],
    ["Tens or more people", "Hundreds or more people", "Thousands or more people"],
    ["We are not interested in it", "We are considering it", "We are planning to implement it",
     "We are actively working on it", "We have already implemented it"],
    ["Primaria", "Secundaria", "Preparatoria o bachillerato", "Carrera técnica", "Profesional", "Maestría"],
]  # fmt: skip


@pytest.mark.parametrize("scale", SCALES, ids=[one[0] for one in SCALES])
def test_a_scale_is_put_in_order_from_low_to_high(scale):
    shuffled = random.Random(3).sample(scale, len(scale))
    found = order(shuffled)
    assert found is not None, "no scale"
    assert [shuffled[place] for place in found[0]] == scale


def test_how_difficult_something_is_still_rises_where_nothing_is_easy():
    scale = ["Not difficult", "Somewhat difficult", "Very difficult"]
    assert order(scale[::-1]) == ([2, 1, 0], "words")


@pytest.mark.parametrize(("text", "why"), [("Unfamiliar (N/A)", "not_asked"), ("skip", "no_answer")])
def test_an_answer_that_says_not_applicable_in_brackets_is_none(text, why):
    assert reason(text) == why


@pytest.mark.parametrize("answers", [["Yes", "No", "Maybe"], ["Mondays", "Fridays", "Saturdays"],
                                     ["No, never", "Yes, at home", "Yes, at work"]])  # fmt: skip
def test_answers_that_are_no_scale_stay_none(answers):
    assert order(answers) is None
