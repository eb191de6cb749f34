import io
import re
import xml.etree.ElementTree as ET

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from present_rows import frame, result

from nsmo.present import figures, statements, theme
from nsmo.study.errors import StudyError

SVG = "{http://www.w3.org/2000/svg}"


def words(svg):
    """All text that a reader of the picture can see."""
    return [" ".join(t.itertext()).strip() for t in ET.fromstring(svg).iter(f"{SVG}text")]


def groups(*pairs, **more):
    return [result("mood", "top", value, n=n, by="market", group=group, **more) for group, value, n in pairs]


def effect(question, by, group, estimate, low, high, **more):
    row = result(question, None, estimate, by=by, group=group, statistic="odds ratio", base="complete")
    return row | {"ci_low": low, "ci_high": high} | more


@pytest.fixture
def pictures(codebook, media, mood):
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
    ratios = frame(
        effect("mood", "market", "firms – people", 0.01, 1e-4, 0.4),
        effect("mood", "market", "firms – people", 0.02, 1e-4, 0.5, weighted=True),
        effect("mood", "trade", "very_good – very_bad", 40.0, 3.0, 600.0),
    ).assign(statistic="adjusted rate ratio")
    counts = frame(*(result("n_media", str(k), p) for k, p in [(0, 0.2), (1, 0.5), (3, 0.3)]))
    compared = frame(*groups(("people", 0.7, 150), ("firms", 0.5, 50)), result("mood", "top", 0.65))

    def make(language):
        return {
            "shares": figures.shares(media, codebook, language),
            "likert": figures.likert(mood, codebook, language),
            "comparison": figures.comparison(compared, codebook, language),
            "distribution": figures.distribution(counts, codebook, language),
            "flow": figures.flow(flow, codebook, language),
            "margins": figures.margins(margins, codebook, language),
            "weights": figures.weights(
                pd.Series([0.5, 1.0, 1.5]), codebook, language, evidence={"upper_bound": 4}
            ),
            "claims": statements.claims(judged, codebook, language),
            "directions": statements.directions(judged, codebook, language),
            "forest": figures.forest(ratios, codebook, language),
        }

    return make


NAMES = [
    *("shares", "likert", "comparison", "distribution", "flow", "margins", "weights", "forest"),
    *("claims", "directions"),
]


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_is_the_same_twice_and_describes_itself(pictures, name):
    for language in ("en", "nl"):
        first, second = pictures(language)[name], pictures(language)[name]
        for draw in (lambda p: p.svg(), lambda p: p.bare(theme.NARROW)):
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
@pytest.mark.parametrize("width", [theme.WIDE, theme.NARROW])
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


@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_text_saved_as_outlines_stands_where_it_stands_as_text(align):
    """An analyst may save a picture's figure in another form than the pages have."""
    sheet = theme.Sheet(300)
    sheet.text(150, 20, "Halfway", align=align)
    sheet.height = 40
    figure = sheet.finish()
    as_text = re.search(
        r'text-anchor: (\w+).* x="([\d.]+)" y="([\d.]+)"', theme.svg(figure, "a", "b").decode()
    )
    with mpl.rc_context({"svg.fonttype": "path"}):
        figure.savefig(content := io.BytesIO(), format="svg")
    x, y = map(
        float, re.search(r"translate\(([\d.]+) ([\d.]+)\) scale", content.getvalue().decode()).groups()
    )
    before = {"start": 0, "middle": 0.5, "end": 1}[as_text[1]] * theme.text_width("Halfway") * 0.75
    assert (x + before, y) == pytest.approx((float(as_text[2]), float(as_text[3])), abs=0.6)


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("text", ["Zeer belangrijk: 34,6%", "Ångström – “ja”", "Ω ≥ ±", ""])
def test_text_is_as_wide_as_matplotlib_finds_it(text, bold):
    font = FontProperties(family=theme.FACE, size=13, weight="bold" if bold else "normal")
    expected = text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
    assert theme.text_width(text, 13, bold) == pytest.approx(expected, abs=1e-9)


def test_signs_that_the_face_lacks_take_room_and_raise_no_warning(recwarn):
    plain, with_signs = theme.text_width("Ja "), theme.text_width("Ja 日本")
    assert with_signs == pytest.approx(plain + 2 * theme.TEXT, abs=2)
    sheet = theme.Sheet(300)
    sheet.text(0, 10, "Ja 日本")
    sheet.height = 20
    assert "日本".encode() in theme.svg(sheet.finish(), "a", "b")
    assert not recwarn.list


def test_a_title_drawn_in_fits_on_the_sheet(codebook, mood):
    picture = figures.likert(mood, codebook, "en", title="A finding of many words " * 8)
    figure = picture.figure
    renderer = figure.canvas.get_renderer()
    boxes = [t.get_window_extent(renderer) for t in texts(figure)]
    assert max(b.y1 for b in boxes) <= figure.bbox.y1
    assert max(b.x1 for b in boxes) <= figure.bbox.x1


def test_shares_names_the_largest_and_gives_both_estimates(codebook, media):
    picture = figures.shares(media, codebook, "en")
    assert picture.title == "Media used: Website & web shop, 81.3%"
    assert picture.subtitle.startswith("Which media does your shop use? Base: everybody asked;")
    assert "unweighted, and adjusted for size and sector" in picture.subtitle
    seen = words(picture.bare())
    assert (
        seen.index("Website & web shop") < seen.index("Newspaper") < seen.index("Local radio and television")
    )
    assert {"81.3%", "62.5%", "25.0%", "50.0%"} <= set(seen)
    assert "Newspaper 25.0% (20.0 to 30.0)" in picture.alt
    assert "Newspaper 50.0% (40.0 to 60.0)" in picture.alt


def test_shares_of_a_scale_stay_in_its_order_and_leave_the_top_box_aside(codebook, mood):
    picture = figures.shares(mood.sample(frac=1, random_state=1), codebook, "nl")
    seen = [w for w in words(picture.bare()) if w in ("Zeer slecht", "Slecht", "Matig", "Goed", "Zeer goed")]
    assert seen == ["Zeer slecht", "Slecht", "Matig", "Goed", "Zeer goed"]
    assert "60,0%" not in words(picture.bare())
    assert "40,0%" in words(picture.bare())


def test_a_suppressed_cell_shows_no_number(codebook, media):
    media.loc[0, "suppressed"] = True
    picture = figures.shares(media, codebook, "en")
    assert "too few respondents" in words(picture.bare())
    assert (
        "25.0% (20.0" not in picture.alt
    )  # the option's unweighted share; the weighted radio is 25.0 (15.0 …)
    assert "Newspaper too few respondents" in picture.alt


def test_comparison_says_who_is_highest_and_lowest_with_their_bases(codebook):
    data = frame(*groups(("firms", 0.5, 50), ("people", 0.7, 150)))
    picture = figures.comparison(data, codebook, "en")
    assert picture.title == "Good or very good: Consumers 70.0%, Businesses 50.0%"
    seen = [w.replace("\xa0", " ") for w in words(picture.bare())]
    assert seen.index("Consumers (n = 150)") < seen.index("Businesses (n = 50)")
    assert "Businesses, unweighted 50.0% (45.0 to 55.0)" in picture.alt


def test_comparison_of_equal_groups_claims_no_difference(codebook):
    picture = figures.comparison(frame(*groups(("firms", 0.5, 50), ("people", 0.5, 150))), codebook, "en")
    assert picture.title == "Good or very good, by market"


def test_comparison_of_several_answers_names_the_widest_gap(codebook):
    media = [
        result("media", option, value, n=50, by="market", group=group)
        for option, firms, people in (("web", 0.5, 0.6), ("paper", 0.2, 0.45))
        for group, value in (("firms", firms), ("people", people))
    ]
    one = figures.comparison(frame(*media), codebook, "en")
    assert one.title == "Newspaper, the widest gap by market: Consumers 45.0%, Businesses 20.0%"
    both = figures.comparison(frame(*media, *groups(("firms", 0.1, 50), ("people", 0.7, 50))), codebook, "en")
    assert "Good or very good, the widest gap by market: Consumers 70.0%" in both.title
    assert "Businesses, unweighted 20.0%" in both.alt
    assert "Businesses, unweighted 10.0%" in both.alt


def test_two_rows_for_one_group_are_an_error(codebook):
    twice = frame(*groups(("firms", 0.5, 50), ("firms", 0.6, 50)))
    with pytest.raises(StudyError, match=r"2 rows that stand for the same thing.*'firms'"):
        figures.comparison(twice, codebook, "en")


def test_likert_gives_every_answer_and_the_top_box_with_interval(codebook, mood):
    picture = figures.likert(mood, codebook, "en")
    assert picture.title == "Mood in the shop: Good or very good, 60.0%"
    assert "Fair 25.0%" in picture.alt
    assert "Good or very good together 60.0% (55.0 to 65.0)" in picture.alt
    assert {"40", "20", "60%"} <= set(words(picture.bare()))
    assert "Good or very good: 60.0% (55.0 to 65.0)" in words(picture.bare(theme.NARROW))


def test_likert_bars_have_the_lengths_of_their_shares(codebook, mood):
    figure = figures.likert(mood, codebook, "en").draw(theme.WIDE).finish()
    bars = [p.get_width() for p in figure.findobj(Rectangle) if p.get_height() == 22]
    shares = [0.05, 0.1, 0.25, 0.4, 0.2]
    assert np.allclose(np.array(bars) / sum(bars), shares)


def test_likert_needs_one_scale(codebook, media, mood):
    with pytest.raises(StudyError, match="2 different scales"):
        figures.likert(pd.concat([mood, media]), codebook, "en")


def test_an_unknown_question_is_named(codebook, mood):
    with pytest.raises(StudyError, match="weather"):
        figures.shares(mood.assign(question="weather"), codebook, "en")


def test_absent_columns_are_named(codebook, mood):
    with pytest.raises(StudyError, match=r"no column ci_low, weighted"):
        figures.shares(mood.drop(columns=["ci_low", "weighted"]), codebook, "en")
    with pytest.raises(StudyError, match="without rows"):
        figures.shares(mood.iloc[:0], codebook, "en")


def test_distribution_keeps_the_place_of_an_absent_count(codebook):
    data = frame(*(result("n_media", str(k), p) for k, p in [(0, 0.2), (1, 0.5), (3, 0.3)]))
    picture = figures.distribution(data, codebook, "en")
    assert picture.title == "Number of media: 1 most often (50.0%)"
    seen = words(picture.bare())
    assert [w for w in seen if w in "0123"] == ["0", "1", "2", "3"] or {"0", "1", "2", "3"} <= set(seen)
    with pytest.raises(StudyError, match="options many"):
        figures.distribution(data.assign(option="many"), codebook, "en")


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


@pytest.mark.parametrize("count", [2, 3, 4, 5, 7])
def test_scale_colours_are_distinct_and_symmetric_about_the_middle(count):
    colors = figures.likert_colors(count)
    assert len(set(colors)) == count
    assert (theme.MIDDLE in colors) == (count % 2 == 1)


def test_the_two_estimates_differ_in_grey():
    def lightness(color):
        r, g, b = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (r, g, b)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a, b):
        high, low = sorted((lightness(a), lightness(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    assert contrast(theme.UNWEIGHTED, theme.WEIGHTED) > 1.8
    assert contrast(theme.MUTED, theme.PAPER) >= 4.5
    assert contrast(theme.UNWEIGHTED, theme.PAPER) >= 4.5
    assert contrast(theme.WEIGHTED, theme.PAPER) >= 3


@pytest.mark.parametrize(("low", "high"), [(0, 0.43), (0, 1), (3.2, 4.7), (-2, 9), (0, 240), (0.001, 0.004)])
def test_ticks_are_round_and_cover_the_range(low, high):
    ticks = figures.nice_ticks(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert len(set(np.round(np.diff(ticks), 9))) == 1
    assert 3 <= len(ticks) <= 9


def test_html_has_alt_text_and_a_drawing_for_phones(codebook, media):
    html = figures.shares(media, codebook, "en").html(level=3)
    assert '<h3 class="figure-title">Media used: Website &amp; web shop, 81.3%</h3>' in html
    assert 'alt="Bars with 95% intervals' in html
    assert html.count("data:image/svg+xml;base64,") == 2


def test_a_forest_names_what_lies_clear_of_no_effect_and_draws_the_line(codebook):
    rows = frame(
        effect("mood", "market", "firms – people", 0.5, 0.25, 0.9),
        effect("mood", "n_media", "", 1.5, 0.8, 2.5),
    )
    picture = figures.forest(rows, codebook, "en")
    assert picture.title == "Mood in the shop: lower for Market: Businesses"
    assert "Base: those who answered all questions involved; n\xa0=\xa0200; unweighted" in picture.subtitle
    assert "Market: Businesses against Consumers, unweighted 0.50 (0.25 to 0.90)" in picture.alt
    assert "Number of media: one more, unweighted 1.50 (0.80 to 2.50)" in picture.alt
    seen = words(picture.bare())
    assert seen.index("Market (against Consumers)") < seen.index("Businesses") < seen.index("Number of media")
    assert "0.50 (0.25 to 0.90)" in seen
    assert "odds ratio, log scale; 1 is no effect" in seen
    assert "no interval excludes 1" in figures.forest(rows.iloc[1:], codebook, "en").title


def middles(picture, width=theme.WIDE):
    """Where the marks of a drawing stand, in pixels from the left."""
    lines = picture.draw(width).finish().findobj(Line2D)
    return [float(line.get_xdata()[0]) for line in lines if line.get_marker() in ("o", "D")]


def test_equal_ratios_are_equally_far_on_the_axis(codebook):
    rows = [effect("mood", "n_media", "", 1, 0.9, 1.1), effect("mood", "trade", "", 2, 1.8, 2.2)]
    rows += [effect("mood", "market", "firms – people", 4, 3.6, 4.4)]
    one, two, four = middles(figures.forest(frame(*rows), codebook, "en"))
    assert four - two == pytest.approx(two - one)
    plain = frame(*rows).assign(statistic="Somers' D", estimate=[0.1, 0.2, 0.4])
    one, two, four = middles(figures.forest(plain, codebook, "en"))
    assert four - two == pytest.approx(2 * (two - one))


def test_a_forest_of_several_outcomes_has_a_row_for_each(codebook):
    rows = frame(
        *(
            effect("media", "market", "firms – people", value, value / 2, value * 2, option=option)
            for option, value in (("paper", 4.0), ("web", 0.2))
        )
    ).assign(statistic="rate ratio")
    picture = figures.forest(rows, codebook, "nl")
    assert (
        picture.title
        == "Markt: Bedrijven tegenover Consumenten: hoger bij Krant; lager bij Website & webwinkel"
    )
    assert "verhouding van aantallen" in picture.alt


def test_an_interval_beyond_the_axis_and_a_ratio_without_one_stay_on_the_sheet(codebook):
    rows = frame(
        effect("mood", "market", "firms – people", 9.0, 0.5, 1e6),
        effect("mood", "n_media", "", np.inf, np.nan, np.nan),
        effect("mood", "trade", "", np.nan, np.nan, np.nan, suppressed=True),
    )
    picture = figures.forest(rows, codebook, "en")
    assert all(0 <= x <= theme.WIDE for x in middles(picture))
    assert "∞" in words(picture.bare())
    assert "too few respondents" in words(picture.bare())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"group": "firms"}, "category – reference"),
        ({"group": "firms – aliens"}, "firms, people|people, firms"),
        ({"estimate": -0.7, "ci_low": -1.2, "ci_high": -0.1}, "not their logarithms"),
    ],
)
def test_a_forest_refuses_what_it_cannot_draw(codebook, change, named):
    row = effect("mood", "market", "firms – people", 2.0, 1.0, 4.0) | change
    with pytest.raises(StudyError, match=named):
        figures.forest(frame(row), codebook, "en")


@pytest.mark.parametrize(("low", "high"), [(1, 1), (0.9, 1.1), (0.3, 7), (1e-9, 1e9), (2, 30), (0.02, 0.5)])
def test_log_ticks_span_their_ends_and_one(low, high):
    ticks = figures.log_ticks(low, high)
    assert ticks == sorted(set(ticks))
    assert 2 <= len(ticks) <= 8
    assert ticks[0] <= min(max(low, 0.01), 1)
    assert ticks[-1] >= max(min(high, 100), 1)
    assert 1 in ticks


@pytest.mark.parametrize(
    ("language", "option", "label"),
    [
        ("en", "0–<5", "0 to under 5"),
        ("nl", "2.5–<5", "2,5 tot onder 5"),
        ("en", "-10–<0", "−10 to under 0"),
        ("en", "7", "7"),
    ],
)
def test_classes_of_numbers_do_not_share_their_ends(codebook, language, option, label):
    assert figures.option_label(codebook.variable("n_media"), option, language) == label
