import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from nsmo.present import figures, sheet, statements
from nsmo.study.errors import StudyError

SVG = "{http://www.w3.org/2000/svg}"


def words(svg):
    """All text that a reader of the picture can see."""
    return [" ".join(t.itertext()).strip() for t in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.fixture
def pictures(codebook):
    flow = pd.DataFrame(
        {
            "step": ["received", "1", "2"],
            "label": ["Received", "No consent & no answers", "Too fast"],
            "label_nl": ["Ontvangen", "Geen toestemming", "Te snel"],
            "removed": [0, 7, 3],
            "remaining": [60, 53, 50],
        }
    )
    margins = pd.DataFrame(
        {
            "margin": "market",
            "category": ["people", "firms"],
            "label": ["Consumers", "Businesses"],
            "n": [30, 20],
            "before": [0.6, 0.4],
            "target": [0.25, 0.75],
            "after": [0.25, 0.75],
            "period": "2030",
            "table": "Table 1",
        }
    )
    nothing = [np.nan] * 2
    judged = pd.DataFrame(
        {
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
            "difference": [*nothing, np.nan, 7.0],
            "difference_ci_low": [*nothing, np.nan, -1.0],
            "difference_ci_high": [*nothing, np.nan, 15.0],
            "weighted_difference": [*nothing, np.nan, 9.0],
            "weighted_difference_ci_low": [*nothing, np.nan, 1.0],
            "weighted_difference_ci_high": [*nothing, np.nan, 17.0],
            "n": [200, 200, 200, 150],
        }
    )

    def make(language):
        return {
            "flow": figures.flow(flow, codebook, language),
            "margins": figures.margins(margins, codebook, language),
            "weights": figures.weights(
                pd.Series([0.5, 1.0, 1.5]), codebook, language, evidence={"upper_bound": 4}
            ),
            "claims": statements.claims(judged, codebook, language),
            "directions": statements.directions(judged, codebook, language),
        }

    return make


NAMES = [
    *("flow", "margins", "weights", "claims", "directions"),
]


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_is_the_same_twice_and_describes_itself(pictures, name):
    for language in ("en", "nl"):
        first, second = pictures(language)[name], pictures(language)[name]
        for draw in (lambda p: p.svg(), lambda p: p.bare(sheet.NARROW)):
            assert draw(first) == draw(second)
        # Nothing of the title that was drawn in stays on the drawing without it.
        assert first.bare() == pictures(language)[name].bare()
        root = ET.fromstring(first.svg())
        assert root.get("role") == "img"
        assert root.find(f"{SVG}title").text == first.title
        assert root.find(f"{SVG}desc").text == first.alt
        assert first.title
        assert any(c.isdigit() for c in first.alt)


@pytest.mark.parametrize("name", NAMES)
def test_no_picture_carries_a_date_or_a_request(pictures, name):
    text = pictures("en")[name].svg().decode()
    without_namespaces = re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)
    assert "http" not in without_namespaces
    assert "<metadata" not in text
    # Only as the name that its axes bear.
    assert "matplotlib" not in text.lower().replace("matplotlib.axis_", "")


def texts(figure):
    """The lines of text on a sheet; one without any would pass every test."""
    # Labels of axes find their places when they are drawn.
    figure.canvas.draw()
    found = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    assert found
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [sheet.WIDE, sheet.NARROW])
def test_nothing_stands_outside_the_sheet(pictures, name, width):
    picture = pictures("nl")[name]
    figure = picture.draw(width).finish()
    sheet = figure.bbox
    renderer = figure.canvas.get_renderer()
    for text in texts(figure):
        box = text.get_window_extent(renderer)
        assert box.x0 >= sheet.x0 - 1, text.get_text()
        assert box.x1 <= sheet.x1 + 1, text.get_text()
        assert box.y0 >= sheet.y0 - 1, text.get_text()
        assert box.y1 <= sheet.y1 + 1, text.get_text()


def test_flow_speaks_the_language_and_adds_up(pictures):
    english, dutch = pictures("en")["flow"], pictures("nl")["flow"]
    assert english.title == "Of 60 responses received, 50 shops are analysed"
    assert "Geen toestemming −7; Te snel −3" in dutch.alt
    assert {"60", "−7", "−3", "50"} <= set(words(english.bare()))


def test_flow_that_does_not_add_up_is_refused(codebook):
    wrong = pd.DataFrame({"label": ["Received", "Too fast"], "removed": [0, 3], "remaining": [60, 58]})
    with pytest.raises(StudyError, match=r"60 minus 3 is not 58"):
        figures.flow(wrong, codebook, "en")


def test_margins_title_is_the_largest_gap(pictures):
    picture = pictures("en")["margins"]
    assert picture.title in (
        "Consumers: 60.0% of the sample, 25.0% in the population figures",
        "Businesses: 40.0% of the sample, 75.0% in the population figures",
    )
    assert "Consumers: sample 60.0%, population 25.0%, after weighting 25.0%" in picture.alt
    assert "Market (population: 2030)" in words(picture.bare())


def test_weights_tell_their_cost(codebook):
    picture = figures.weights(pd.Series([1.0] * 50 + [3.0] * 50), codebook, "en")
    # Kish: (Σw)² / Σw² = 200² / 500 = 80, and 100 / 80 = 1.25
    assert picture.title.replace("\xa0", " ") == "After weighting, 100 respondents are worth 80"
    assert "1.25" in picture.subtitle
    with pytest.raises(StudyError, match="1 of 2 weights"):
        figures.weights(pd.Series([1.0, np.nan]), codebook, "en")


def test_claims_draws_published_figures_only_each_unit_on_its_axis(pictures):
    picture = pictures("en")["claims"]
    assert picture.title == "2 of 3 published figures lie within the interval of the estimate"
    shown = words(picture.bare())
    assert "Up" not in shown
    assert "Shares, in per cent" in shown
    assert "Number of media" in shown
    # A figure as printed, or the values that its words allow.
    assert {"90", "59–61", "2.4"} <= set(shown)
    assert "The web is used by 90%: published 90, unweighted 81.3 (76.0 to 86.0)" in picture.alt
    assert "Het web: 90%" in " ".join(words(pictures("nl")["claims"].bare()))


def test_directions_count_those_that_an_interval_bears_out(pictures):
    picture = pictures("en")["directions"]
    assert picture.title.startswith("0 of 1 stated directions lie wholly above zero, as stated; adjusted")
    assert picture.title.endswith(" 1")
    assert "n = 150" in picture.subtitle.replace("\xa0", " ")
    assert picture.alt.count("(") == 2
    assert "Up: unweighted 7.0 (−1.0 to 15.0)" in picture.alt
