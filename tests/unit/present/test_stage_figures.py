"""The figures of single stages: what they say and show, wide and on a phone."""

import ast
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawings import check_text, on, words

from nsmo import stages
from nsmo.present import theme
from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.stages.choices import figures as choices
from nsmo.stages.claims import figures as claims
from nsmo.stages.clean import figures as clean
from nsmo.stages.fieldwork import figures as fieldwork
from nsmo.stages.profiles import figures as profiles
from nsmo.stages.published import figures as published
from nsmo.stages.topline import figures as topline
from nsmo.stages.trust import figures as trust
from nsmo.stages.weight import figures as weight
from nsmo.study.errors import StudyError
from nsmo.study.origins import Origins

FLOW = pd.DataFrame(
    {"rule": [None, "no_consent", "too_fast"], "removed": [0, 7, 3], "remaining": [60, 53, 50]}
)
MARGINS = pd.DataFrame(
    {
        "margin": "market",
        "category": ["people", "firms"],
        "n": [30, 20],
        "before": [0.6, 0.4],
        "target": [0.25, 0.75],
        "after": [0.25, 0.75],
        "period": "2030",
        "table": "Table 1",
    }
)
NOTHING = [np.nan] * 2
JUDGED = pd.DataFrame(
    {
        "id": ["six_in_ten", "web", "media", "up"],
        "statement": [
            "Six in ten have a good mood",
            "The web is used by 90%",
            "They use 2.4 media",
            "Up",
        ],
        "statement_nl": ["Zes op de tien", "Het web: 90%", "Zij gebruiken 2,4 media", "Omhoog"],
        "type": ["about", "exact", "exact", "difference"],
        "published": [60.0, 90.0, 2.4, np.nan],
        "published_low": [59.0, 89.5, 2.35, np.nan],
        "published_high": [61.0, 90.5, 2.45, np.nan],
        "unit": ["percent", "percent", "channels", "percent"],
        "decimals": [0, 0, 1, np.nan],
        "measured": ["mood", "media", "n_media", "mood"],
        "unweighted": [60.0, 81.25, 2.38, 7.0],
        "ci_low": [55.0, 76.0, 2.2, -1.0],
        "ci_high": [65.0, 86.0, 2.6, 15.0],
        "weighted": [58.0, 62.5, 2.3, 9.0],
        "difference": [*NOTHING, np.nan, 7.0],
        "difference_ci_low": [*NOTHING, np.nan, -1.0],
        "difference_ci_high": [*NOTHING, np.nan, 15.0],
        "weighted_difference": [*NOTHING, np.nan, 9.0],
        "weighted_difference_ci_low": [*NOTHING, np.nan, 1.0],
        "weighted_difference_ci_high": [*NOTHING, np.nan, 17.0],
        "n": [200, 200, 200, 150],
    }
)

WEIGHTS = pd.DataFrame({"weight": [0.5, 1.0, 1.5], "n": 1})
SELECTION = pd.DataFrame(
    {
        "question": ["mood", "mood"],
        "option": ["top", "top"],
        "by": [None, "market"],
        "group": [None, "firms"],
        "n": [200, 50],
        "share": [0.6, 0.7],
        "ci_low": [0.5, 0.6],
        "ci_high": [0.7, 0.8],
        "1.5": [0.5, 0.61],
        "3": [0.33, 0.44],
    }
)
NONRESPONSE = pd.DataFrame(
    {
        "question": ["mood", "trade", "market"],
        "asked": [200, 200, 200],
        "without": [0.01, 0.05, 0.0],
        "with_dont_know": [0.08, 0.05, 0.0],
    }
)
FITS = pd.DataFrame({"n": range(20, 60), "fits": [k % 5 for k in range(40)], "of": 6}).assign(
    fits=lambda frame: frame["fits"].where(frame["n"] != 45, 6)
)
PUBLISHED = pd.DataFrame(
    {
        "claim": ["a", "b"],
        "statement": ["Six in ten are in a good mood", "The web is used by 90%"],
        "statement_nl": ["Zes op de tien", "Het web: 90%"],
        "published": [0.6, 0.9],
        "ci_low": [0.5, 0.85],
        "ci_high": [0.7, 0.94],
        "decimals": [np.nan, 0],
        "n_low": [100, 100],
        "n_high": [100, 120],
    }
)
BENCHMARKS = PUBLISHED.assign(
    label=["in a good mood", "on the web"],
    source=["Somebody", "Another"],
    year=2030,
    population="Shops",
    breakdown="total",
    category="",
    value=[0.4, 0.91],
    derived=False,
)
SPLITS = pd.DataFrame(
    {
        "by": "market",
        "first": "people",
        "second": "firms",
        "first_n": [120, 130, 140],
        "second_n": [65, 55, 45],
        "first_share": 0.86,
        "second_share": 0.78,
        "p": [0.2, 0.25, 0.3],
        "rounded": [False, True, True],
    }
)
CLASSES = pd.DataFrame({"classes": [1, 2, 3], "bic": [1010.5, 990.25, 1000.0]})
ITEMS = pd.DataFrame(
    {
        "question": ["mood", "mood", "market", "market"],
        "option": ["very_good", "very_good", "firms", "firms"],
        "class": [1, 2, 1, 2],
        "size": [0.6, 0.4, 0.6, 0.4],
        "estimate": [0.2, 0.7, 0.5, 0.4],
        "ci_low": [0.1, 0.6, 0.4, 0.3],
        "ci_high": [0.3, 0.8, 0.6, 0.5],
        "n": 200,
    }
)
ARRIVALS = pd.DataFrame(
    {
        "from": ["2030-02-25", "2030-03-04"],
        "until": ["2030-03-03", "2030-03-10"],
        "received": [5, 64],
        "counted": [0, 51],
    }
)
DURATIONS = pd.DataFrame(
    {"low": [0.0, 5.0], "high": [5.0, np.nan], "received": [8, 109], "counted": [1, 95], "median": [10, 10]}
)
EXTREMES = pd.DataFrame(
    {
        "question": ["mood", "media"],
        "option": ["top", "web"],
        "reported": [0.6, 0.8],
        "lowest": [0.5, 0.75],
        "highest": [0.7, 0.9],
        "points": [20.0, 15.0],
        "combinations": [48, 48],
    }
)
DRAWN = {
    "flow": (clean.flow, FLOW, {}),
    "margins": (weight.margins, MARGINS, {}),
    "weights": (weight.weights, WEIGHTS, {"bound": 4}),
    "claims": (claims.claims, JUDGED, {}),
    "directions": (claims.directions, JUDGED, {}),
    "selection": (trust.selection, SELECTION, {"odds": [1.5, 3]}),
    "nonresponse": (trust.nonresponse, NONRESPONSE, {}),
    "arrivals": (fieldwork.arrivals, ARRIVALS, {}),
    "durations": (fieldwork.durations, DURATIONS, {}),
    "extremes": (choices.extremes, EXTREMES, {}),
    "fits": (published.fits, FITS, {}),
    "intervals": (published.intervals, PUBLISHED, {}),
    "benchmarks": (published.benchmarks, BENCHMARKS, {}),
    "splits": (published.splits, SPLITS, {"alpha": 0.05}),
    "number of classes": (profiles.number_of_classes, CLASSES, {}),
    "answers by class": (profiles.answers_by_class, ITEMS, {}),
}


#: Of the publications alone, or not drawn of reconstructed answers.
NOT_OF_ANSWERS = {"fits", "intervals", "benchmarks", "splits", "number of classes", "answers by class"}
ORIGINS = {"published as a number", "follows from what was published", "assumed"}


@pytest.mark.parametrize("width", ["wide", "phone"])
@pytest.mark.parametrize("name", sorted(set(DRAWN) - NOT_OF_ANSWERS))
def test_a_figure_of_reconstructed_answers_carries_their_origin_in_the_drawing(codebook, name, width):
    """A figure travels without its page."""
    plot, frame, options = DRAWN[name]

    def origins(labels):
        text = " ".join(words(getattr(drawn(plot, frame, labels, **options), width)))
        return {origin for origin in ORIGINS if origin in text}

    known = Origins(published=["media.web"])
    assert origins(Labels(codebook.changed(provenance="reconstructed", origins=known)))
    assert not origins(Labels(codebook))


def test_every_figure_of_a_stage_is_held_to_it():
    """Bounds draws what was published, coverage what was simulated; topline, trend draw by plots."""
    apart = {"bounds", "coverage", "topline", "trend"}
    found = {
        f"{module.parent.name}.{function.name}"
        for module in Path(stages.__file__).parent.glob("*/figures.py")
        for function in ast.parse(module.read_text(encoding="utf-8")).body
        if isinstance(function, ast.FunctionDef)
        and not function.name.startswith("_")
        and any(argument.arg == "ax" for argument in function.args.kwonlyargs)
        and module.parent.name not in apart
    }
    drawn_here = {f"{plot.__module__.split('.')[2]}.{plot.__name__}" for plot, _, _ in DRAWN.values()}
    assert found <= drawn_here


@pytest.fixture
def picture(codebook):
    """Draw one of the figures by its name."""

    def make(name, language="en"):
        plot, frame, options = DRAWN[name]
        return drawn(plot, frame, Labels(codebook, language), **options)

    return make


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("name", DRAWN)
def test_every_figure_gives_the_same_bytes_twice_and_describes_itself(picture, name, language):
    first, second = picture(name, language), picture(name, language)
    assert (first.wide, first.phone, first.svg()) == (second.wide, second.phone, second.svg())
    root = ET.fromstring(first.wide)
    assert root[0].text == first.words.title
    assert root[1].text == first.words.alt
    assert first.words.subtitle
    assert any(c.isdigit() for c in first.words.alt)


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("width", [theme.WIDE, theme.PHONE])
@pytest.mark.parametrize("name", DRAWN)
def test_all_text_stands_within_the_figure_and_none_on_another(codebook, name, width, language):
    plot, frame, options = DRAWN[name]
    check_text(on(plot, frame, Labels(codebook, language), width=width, **options))


@pytest.mark.parametrize("name", [name for name in DRAWN if name != "weights"])
def test_absent_columns_and_rows_are_named(codebook, name):
    plot, frame, options = DRAWN[name]
    with pytest.raises(StudyError, match="no column"):
        drawn(plot, frame[["n"]] if "n" in frame else frame.iloc[:, :1], Labels(codebook), **options)
    with pytest.raises(StudyError, match="without rows"):
        drawn(plot, frame.iloc[:0], Labels(codebook), **options)


def test_flow_speaks_the_language(picture):
    english, dutch = picture("flow"), picture("flow", "nl")
    assert english.words.title == "60 responses received, 50 shops analysed"
    assert "Geen toestemming −7; Te snel −3" in dutch.words.alt
    assert {"60", "−7", "−3", "50", "No consent & no answers"} <= set(words(english.wide))


def test_flow_that_does_not_add_up_is_refused(codebook):
    wrong = FLOW.assign(remaining=[60, 53, 51])
    with pytest.raises(StudyError, match=r"53 minus 3 is not 51"):
        drawn(clean.flow, wrong, Labels(codebook))


def test_margins_title_is_the_largest_gap(picture):
    margins = picture("margins")
    assert margins.words.title == "Consumers: 60.0% of the sample, 25.0% in the population figures"
    spoken = "Consumers: sample 60.0%, population 25.0%, after weighting 25.0%"
    assert spoken in margins.words.alt
    assert "Market (population: 2030)" in words(margins.wide)


def test_weights_say_what_they_cost(codebook):
    picture = drawn(weight.weights, pd.DataFrame({"weight": [1.0, 3.0], "n": [50, 50]}), Labels(codebook))
    # Kish: (Σw)² / Σw² = 200² / 500 = 80, and 100 / 80 = 1.25
    assert picture.words.title.replace("\xa0", " ") == (
        "The weights: effective sample 80 for 100 respondents, of answers unrelated to the weights"
    )
    assert "1.25" in picture.words.subtitle
    with pytest.raises(StudyError, match="1 of 2 weights"):
        drawn(weight.weights, pd.DataFrame({"weight": [1.0, np.nan], "n": 1}), Labels(codebook))


def test_claims_draw_published_figures_only_each_unit_on_its_scale(picture):
    english = picture("claims")
    assert english.words.title == "2 of 3 published figures lie within the interval of the estimate"
    shown = words(english.wide)
    assert "Up" not in shown
    assert {"Shares, in per cent", "Number of media"} <= set(shown)
    # A figure as printed, or the values that its words allow.
    assert {"90", "59–61", "2.4"} <= set(shown)
    assert "The web is used by 90%: published 90, unweighted 81.3 (76.0 to 86.0)" in english.words.alt
    assert "Het web: 90%" in " ".join(words(picture("claims", "nl").wide))


def test_each_unit_has_an_axes_of_its_own(codebook):
    ax = on(claims.claims, JUDGED, Labels(codebook))
    scales = [one.get_xlim() for one in ax.figure.axes]
    assert scales[0] == (0, 100)
    assert len(scales) == 2
    assert scales[1][1] < 10


def test_directions_count_those_that_an_interval_bears_out(picture):
    directions = picture("directions")
    assert directions.words.title.startswith(
        "0 of 1 stated differences and associations lie wholly above zero, as stated;"
    )
    assert directions.words.title.endswith(" 1")
    assert "n = 150" in directions.words.subtitle.replace("\xa0", " ")
    assert directions.words.alt.count("(") == 2
    assert "Up: unweighted 7.0 (−1.0 to 15.0)" in directions.words.alt


def test_selection_says_what_each_odds_ratio_would_make_of_a_headline(picture):
    found = picture("selection", "nl")
    assert found.words.title.startswith("Stemming in de winkel: Goed of zeer goed: 60,0%")
    assert "(Bedrijven)" in found.words.alt
    assert "70,0% → 44,0%" in words(found.phone)


def test_questions_that_all_answered_are_counted_and_not_drawn(picture):
    found = picture("nonresponse")
    assert "Market" not in words(found.wide)
    assert "8.0%" in words(found.wide)
    assert "Questions that all of them answered (1) are not shown." in found.words.subtitle


def test_numbers_of_respondents_that_fit_best_are_named(picture):
    found = picture("fits")
    assert found.words.title.startswith("With 45 respondents 6 of the 6 percentages")
    assert "n\xa0=\xa045" in words(found.wide)


def test_others_surveys_stand_beneath_the_published_figure(picture):
    found = picture("benchmarks")
    # Neither is of the same group, so nothing is counted.
    assert found.words.title == "Published percentages beside figures of other surveys"
    seen = words(found.wide)
    assert seen.index("60%") > 0
    assert "40%" in seen
    assert "In a good mood: Shops, 2030; Somebody: 40%" in found.words.alt


def test_classes_are_compared_where_they_differ_most(picture, codebook):
    assert picture("number of classes", "nl").words.title.startswith("Laagste BIC: 2 klassen")
    answers = picture("answers by class")
    assert answers.words.title.startswith("Mood in the shop: Very good: 70.0% in class 2, 20.0% in class 1")
    assert "Class 1 (60.0%)" in words(answers.wide)
    alone = ITEMS[ITEMS["class"] == 1]
    assert drawn(profiles.answers_by_class, alone, Labels(codebook)).words.title.startswith("One class")


def test_a_question_gets_the_figure_of_its_type(codebook, media, mood):
    labels = Labels(codebook)
    battery = pd.concat([mood, mood.assign(question="trade")])
    counts = media.iloc[:2].assign(question="n_media", option=["1", "3"])
    classes = counts.assign(option=["0–<5", "5–<10"])
    assert drawn(topline.answers, battery, labels).words.alt.startswith("Bars that diverge")
    assert drawn(topline.answers, media, labels).words.alt.startswith("Dots with")
    assert drawn(topline.answers, counts, labels).words.alt.startswith("Columns")
    assert "0 to under 5" in words(drawn(topline.answers, classes, labels).wide)
