"""The plots of the house: what they say and show, wide and on a phone."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from drawings import SVG, check_text, on, words
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from present_rows import frame, result

from nsmo.present import axes, plots, theme
from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.study.errors import StudyError


def groups(*pairs, **more):
    return [result("mood", "top", value, n=n, by="market", group=group, **more) for group, value, n in pairs]


def effect(question, by, group, estimate, low, high, **more):
    row = result(question, None, estimate, by=by, group=group, statistic="odds ratio", base="complete")
    return row | {"ci_low": low, "ci_high": high} | more


@pytest.fixture(params=["en", "nl"])
def each_language(request, codebook):
    return Labels(codebook, request.param)


@pytest.fixture
def labels(codebook):
    return Labels(codebook, "en")


RATIOS = frame(
    effect("mood", "market", "firms – people", 0.01, 1e-3, 0.4),
    effect("mood", "market", "firms – people", 0.02, 1e-3, 0.5, weighted=True),
    effect("mood", "trade", "very_good – very_bad", 40.0, 3.0, 600.0),
).assign(statistic="adjusted rate ratio")
COUNTS = frame(*(result("n_media", str(k), p) for k, p in [(0, 0.2), (1, 0.5), (3, 0.3)]))
COMPARED = frame(*groups(("people", 0.7, 150), ("firms", 0.5, 50)), result("mood", "top", 0.65))
FRAMES = {"effects": RATIOS, "distribution": COUNTS, "intervals": COMPARED}
NAMES = ["dots", "intervals", "likert", "effects", "distribution"]


@pytest.fixture
def data(media, mood):
    return FRAMES | {"dots": media, "likert": mood}


@pytest.mark.parametrize("name", NAMES)
def test_every_plot_gives_the_same_bytes_twice_and_describes_itself(name, data, each_language):
    first, second = (drawn(getattr(plots, name), data[name], each_language) for _ in range(2))
    assert (first.wide, first.phone, first.svg()) == (second.wide, second.phone, second.svg())
    for drawing in (first.wide, first.phone, first.svg()):
        root = ET.fromstring(drawing)
        assert root.get("role") == "img"
        assert root.find(f"{SVG}title").text == first.words.title
        assert root.find(f"{SVG}desc").text == first.words.alt
    assert first.words.title
    assert any(c.isdigit() for c in first.words.alt)


@pytest.mark.parametrize("name", NAMES)
def test_no_drawing_carries_a_date_or_a_request(name, data, labels):
    text = drawn(getattr(plots, name), data[name], labels).svg().decode()
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)
    assert "<metadata" not in text
    # Only as the name that its axes bear.
    assert "matplotlib" not in text.lower().replace("matplotlib.axis_", "")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [theme.WIDE, theme.PHONE])
def test_all_text_stands_within_the_figure_and_none_on_another(name, width, data, each_language):
    check_text(on(getattr(plots, name), data[name], each_language, width=width))


@pytest.mark.parametrize("name", ["dots", "intervals", "effects", "likert"])
def test_a_figure_is_as_high_as_its_rows_need(name, data, labels):
    few = on(getattr(plots, name), data[name], labels).figure.get_figheight()
    grown = {
        "dots": data["dots"][data["dots"]["option"] != "radio"],
        "intervals": data["intervals"][data["intervals"]["group"] != "firms"],
        "effects": data["effects"][data["effects"]["by"] != "trade"],
        "likert": data["likert"],
    }
    if name == "likert":
        battery = pd.concat([data["likert"], data["likert"].assign(question="trade")])
        assert on(plots.likert, battery, labels).figure.get_figheight() > few
    else:
        assert on(getattr(plots, name), grown[name], labels).figure.get_figheight() < few


def test_bars_name_the_largest_and_give_both_estimates(labels, media):
    picture = drawn(plots.dots, media, labels)
    assert picture.words.title == "Media used: Website & web shop, 81.3%"
    assert picture.words.subtitle.startswith("Which media does your shop use? Base: everybody asked;")
    assert "unweighted, and weighted" in picture.words.subtitle
    seen = words(picture.wide)
    assert (
        seen.index("Website & web shop") < seen.index("Newspaper") < seen.index("Local radio and television")
    )
    assert {"81.3%", "62.5%", "25.0%", "50.0%"} <= set(seen)
    assert "Newspaper 25.0% (20.0 to 30.0)" in picture.words.alt
    assert "Newspaper 50.0% (40.0 to 60.0)" in picture.words.alt


def test_bars_of_a_scale_stay_in_its_order_and_leave_the_top_box_aside(codebook, mood):
    picture = drawn(plots.dots, mood.sample(frac=1, random_state=1), Labels(codebook, "nl"))
    seen = words(picture.wide)
    scale = ["Zeer slecht", "Slecht", "Matig", "Goed", "Zeer goed"]
    assert [w for w in seen if w in scale] == scale
    assert "60,0%" not in seen
    assert "40,0%" in seen
    largest = words(drawn(plots.dots, mood, Labels(codebook, "nl"), sort=True).wide)
    assert next(w for w in largest if w in scale) == "Goed"


def test_of_very_many_answers_those_that_nobody_gave_stand_together(labels, monkeypatch):
    """As of a list of all countries."""
    values = {"very_bad": 0.0, "bad": 0.0, "fair": 0.0, "good": 0.4, "very_good": 0.6}
    rows = frame(*(result("mood", option, value) for option, value in values.items()))
    monkeypatch.setattr("nsmo.present.arrange.MANY_ANSWERS", 4)
    picture = drawn(plots.dots, rows, labels)
    assert "each of the 3 other answers, that nobody gave 0.0%" in picture.words.alt
    assert "Very bad" not in picture.words.alt
    assert picture.words.title.endswith("Very good, 60.0%")


@pytest.mark.parametrize(
    ("people", "firms", "named"),
    [(0.4, None, False), (0.0, None, False), (0.6, None, True), (0.4, 0.6, True)],
)
def test_a_title_names_the_largest_answer_only_if_none_that_is_hidden_can_be_larger(
    labels, people, firms, named
):
    shown = [result("market", "people", people)]
    other = result("market", "firms", 0.5 if firms is None else firms, suppressed=firms is None)
    picture = drawn(plots.dots, frame(*shown, other), labels)
    assert (picture.words.title != "Market") == named


def test_shares_are_dots_on_a_scale_from_zero_and_no_bar_doubles_them(labels, media):
    ax = on(plots.dots, media[~media["weighted"]], labels)
    dots = [x for line in ax.lines if line.get_marker() == "o" for x in line.get_xdata()]
    assert sorted(dots) == [0.125, 0.25, 0.8125]
    assert not ax.patches
    assert ax.get_xlim()[0] == 0


def test_a_suppressed_cell_shows_no_number(labels, media):
    media.loc[0, "suppressed"] = True
    hidden = drawn(plots.dots, media, labels)
    assert "Newspaper not shown" in hidden.words.alt
    assert "25.0% (20.0" not in hidden.words.alt
    alone = drawn(plots.dots, media[~media["weighted"]], labels)
    assert "not shown" in words(alone.wide)


def test_intervals_of_groups_stand_in_the_order_of_the_codebook_with_their_bases(labels):
    picture = drawn(plots.intervals, frame(*groups(("firms", 0.5, 50), ("people", 0.7, 150))), labels)
    assert picture.words.title == "Good or very good, by market"
    seen = [w.replace("\xa0", " ") for w in words(picture.wide)]
    assert seen.index("Consumers (n = 150)") < seen.index("Businesses (n = 50)")
    assert "Businesses, unweighted 50.0% (45.0 to 55.0)" in picture.words.alt


def test_means_of_a_scale_stand_on_the_whole_of_it_and_say_what_its_ends_mean(labels):
    rows = [
        result("mood", None, mean, n=50, statistic="mean", by="market", group=group)
        for group, mean in (("firms", 3.1), ("people", 3.4))
    ]
    ax = on(plots.intervals, frame(*rows), labels)
    assert ax.get_xlim() == (1, 5)
    assert "1 (Very bad) to 5 (Very good)" in " ".join(ax.get_xlabel().split())


def test_figures_that_are_compared_have_the_same_scale(labels):
    low, high = (frame(*groups(("firms", share, 50), ("people", share + 0.05, 50))) for share in (0.1, 0.8))
    scales = [
        on(plots.intervals, one, labels, within=pd.concat([low, high])).get_xlim() for one in (low, high)
    ]
    assert scales[0] == scales[1]
    near, far = (RATIOS[RATIOS["by"] == by] for by in ("trade", "market"))
    scales = [on(plots.effects, one, labels, within=RATIOS).get_xlim() for one in (near, far)]
    assert scales[0] == scales[1]


def test_a_ratio_that_the_answers_do_not_determine_is_not_shown(labels):
    sure, loose = (
        effect("mood", "trade", "very_good – very_bad", 17.5, *ends) for ends in ((8, 40), (0.24, 1284))
    )
    assert "17.50" in drawn(plots.effects, frame(sure), labels).words.alt
    said = drawn(plots.effects, frame(loose, effect("mood", "market", "firms – people", 2, 1.5, 3)), labels)
    assert "17.50" not in said.words.alt
    assert "not shown" in said.words.alt


def test_a_group_too_small_to_be_shown_does_not_show_how_small_it_is(labels):
    few = frame(*groups(("people", 0.7, 150)), *groups(("firms", 0.5, 3), suppressed=True))
    picture = drawn(plots.intervals, few, labels)
    seen = " ".join([*words(picture.wide), *picture.words]).replace("\xa0", " ")
    assert "n = 150" in seen
    assert "n = 3" not in seen


def test_an_answer_that_cleaning_excludes_says_so_and_has_no_interval(codebook, media, monkeypatch):
    monkeypatch.setattr(type(codebook), "excluded", {("media", "paper")})
    nobody = media.assign(estimate=media["estimate"].where(media["option"] != "paper", 0.0))
    picture = drawn(plots.dots, nobody, Labels(codebook, "en"))
    assert "none, by a rule of cleaning" in words(picture.wide)
    assert "Newspaper none, by a rule of cleaning" in picture.words.alt


def test_a_scale_without_a_middle_has_one_hue_and_begins_at_zero(labels, mood):
    shares = mood[mood["option"] != "top"]
    ax = on(plots.likert, shares.assign(question="often"), labels)
    bars = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_height() == 22]
    assert bars[0].get_x() == 0
    light = [theme.luminance(p.get_facecolor()[:3]) for p in bars]
    assert light == sorted(light, reverse=True)


def test_two_rows_for_one_group_are_an_error(labels):
    twice = frame(*groups(("firms", 0.5, 50), ("firms", 0.6, 50)))
    with pytest.raises(StudyError, match=r"2 rows that stand for the same thing.*'firms'"):
        drawn(plots.intervals, twice, labels)


def test_likert_gives_every_answer_and_the_top_box_with_interval(labels, mood):
    picture = drawn(plots.likert, mood, labels)
    assert picture.words.title == "Mood in the shop: Good or very good, 60.0%"
    assert "Fair 25.0%" in picture.words.alt
    assert "Good or very good together 60.0% (55.0 to 65.0)" in picture.words.alt
    assert {"40", "20", "60.0%"} <= set(words(picture.wide))
    assert "Good or very good: 60.0% (55.0 to 65.0)" in words(picture.phone)


def test_likert_bars_have_the_lengths_of_their_shares_and_diverge_from_the_middle(labels, mood):
    ax = on(plots.likert, mood, labels)
    bars = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_height() == 22]
    assert np.allclose([p.get_width() for p in bars], [0.05, 0.1, 0.25, 0.4, 0.2])
    middle = bars[2]
    assert middle.get_x() + middle.get_width() / 2 == pytest.approx(0)


def test_likert_shows_what_may_be_shown_where_two_answers_are_hidden(labels, mood):
    low = mood["option"].isin(mood["option"].unique()[:2])
    some = mood.assign(suppressed=low, estimate=mood["estimate"].where(~low))
    ax = on(plots.likert, some, labels)
    bars = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_height() == 22 and p.get_width() > 0]
    ends = sorted((p.get_x(), p.get_x() + p.get_width()) for p in bars)
    assert np.allclose(ends, [(0, 0.15), (0.15, 0.4), (0.4, 0.8), (0.8, 1.0)])
    picture = drawn(plots.likert, some, labels)
    assert {"40", "20", "not shown"} <= set(words(picture.wide))
    assert "not shown; Fair 25.0%" in picture.words.alt


def test_likert_needs_one_scale(labels, media, mood):
    with pytest.raises(StudyError, match="2 different scales"):
        drawn(plots.likert, pd.concat([mood, media]), labels)


def test_an_unknown_question_is_named(labels, mood):
    with pytest.raises(StudyError, match="weather"):
        drawn(plots.dots, mood.assign(question="weather"), labels)


def test_absent_columns_are_named(labels, mood):
    with pytest.raises(StudyError, match=r"no column ci_low, weighted"):
        drawn(plots.dots, mood.drop(columns=["ci_low", "weighted"]), labels)
    with pytest.raises(StudyError, match="without rows"):
        drawn(plots.dots, mood.iloc[:0], labels)


def test_distribution_keeps_the_place_of_an_absent_count(labels):
    picture = drawn(plots.distribution, COUNTS, labels)
    assert picture.words.title == "Number of media: 1 most often (50.0%)"
    assert {"0", "1", "2", "3"} <= set(words(picture.wide))
    with pytest.raises(StudyError, match="options many"):
        drawn(plots.distribution, COUNTS.assign(option="many"), labels)


def test_below_many_whole_numbers_stand_as_many_as_have_room(labels):
    many = frame(*(result("n_media", str(k), 1 / 25) for k in range(16, 41)))
    picture = drawn(plots.distribution, many, labels)
    assert {"16", "17", "39", "40"} <= set(words(picture.wide)), "all have room on a wide screen"
    phone = [text for text in words(picture.phone) if text.isdigit()]
    assert {"20", "30", "40"} <= set(phone)
    assert "17" not in phone
    assert len(phone) <= 14
    few = [text for text in words(drawn(plots.distribution, COUNTS, labels).phone) if text.isdigit()]
    assert {"0", "1", "2", "3"} <= set(few)


def test_a_distribution_whose_largest_share_is_hidden_names_none(labels):
    hidden = COUNTS.assign(estimate=float("nan"), ci_low=float("nan"), ci_high=float("nan"), suppressed=True)
    assert drawn(plots.distribution, hidden, labels).words.title == "Number of media"
    part = COUNTS.assign(estimate=COUNTS["estimate"].mask(COUNTS["option"].eq("1")))
    assert "most often" not in drawn(plots.distribution, part, labels).words.title


def test_effects_name_what_lies_clear_of_no_effect_and_draw_its_line(labels):
    rows = frame(
        effect("mood", "market", "firms – people", 0.5, 0.25, 0.9),
        effect("mood", "n_media", "", 1.5, 0.8, 2.5),
    )
    picture = drawn(plots.effects, rows, labels)
    assert picture.words.title == "Mood in the shop: lower for Market: Businesses"
    base = "Base: those who answered all questions involved; n\xa0=\xa0200; unweighted"
    assert base in picture.words.subtitle
    assert "Market: Businesses against Consumers, unweighted 0.50 (0.25 to 0.90)" in picture.words.alt
    assert "Number of media: one more, unweighted 1.50 (0.80 to 2.50)" in picture.words.alt
    seen = words(picture.wide)
    assert seen.index("Market (against Consumers)") < seen.index("Businesses") < seen.index("Number of media")
    assert "0.50 (0.25 to 0.90)" in seen
    assert "odds ratio, log scale; 1 is no effect" in seen
    assert "no interval excludes 1" in drawn(plots.effects, rows.iloc[1:], labels).words.title


def middles(plot, data, labels, width=theme.WIDE):
    """Where the marks of a drawing stand, in pixels from the left."""
    ax = on(plot, data, labels, width=width)
    marks = [line for line in ax.findobj(Line2D) if line.get_marker() in ("o", "D") and line.axes is ax]
    spots = [spot for line in marks for spot in np.column_stack(line.get_data()) if len(line.get_xdata())]
    return ax.transData.transform(np.array(spots, dtype=float))[:, 0]


def test_equal_ratios_are_equally_far_on_the_scale(labels):
    rows = [effect("mood", "n_media", "", 1, 0.9, 1.1), effect("mood", "trade", "", 2, 1.8, 2.2)]
    rows += [effect("mood", "market", "firms – people", 4, 3.6, 4.4)]
    one, two, four = middles(plots.effects, frame(*rows), labels)
    assert four - two == pytest.approx(two - one)
    plain = frame(*rows).assign(statistic="Somers' D", estimate=[0.1, 0.2, 0.4])
    one, two, four = middles(plots.effects, plain, labels)
    assert four - two == pytest.approx(2 * (two - one))


def test_effects_on_several_outcomes_have_a_row_for_each(codebook):
    rows = frame(
        *(
            effect("media", "market", "firms – people", value, value / 2, value * 2, option=option)
            for option, value in (("paper", 4.0), ("web", 0.2))
        )
    ).assign(statistic="rate ratio")
    picture = drawn(plots.effects, rows, Labels(codebook, "nl"))
    expected = "Markt: Bedrijven tegenover Consumenten: hoger bij Krant; lager bij Website & webwinkel"
    assert picture.words.title == expected
    assert "verhouding van aantallen" in picture.words.alt


@pytest.mark.parametrize("width", [theme.WIDE, theme.PHONE])
def test_an_interval_beyond_the_scale_and_a_ratio_without_one_stay_on_it(labels, width):
    rows = frame(
        effect("mood", "market", "firms – people", 9.0, 0.5, 1e6),
        effect("mood", "n_media", "", np.inf, np.nan, np.nan),
        effect("mood", "trade", "", np.nan, np.nan, np.nan, suppressed=True),
    )
    assert all(0 <= x <= width for x in middles(plots.effects, rows, labels, width))
    picture = drawn(plots.effects, rows, labels)
    assert "∞" in words(picture.wide)
    assert "not shown" in words(picture.wide)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"group": "firms"}, "category – reference"),
        ({"group": "firms – aliens"}, "firms, people|people, firms"),
        ({"estimate": -0.7, "ci_low": -1.2, "ci_high": -0.1}, "not their logarithms"),
    ],
)
def test_effects_refuse_what_they_cannot_draw(labels, change, named):
    row = effect("mood", "market", "firms – people", 2.0, 1.0, 4.0) | change
    with pytest.raises(StudyError, match=named):
        drawn(plots.effects, frame(row), labels)


@pytest.mark.parametrize(("low", "high"), [(1, 1), (0.9, 1.1), (0.3, 7), (1e-9, 1e9), (2, 30), (0.02, 0.5)])
def test_a_log_scale_spans_its_ends_and_one(low, high):
    ax = Figure().add_subplot()
    ticks = list(axes.scale(ax, low, high, count=6, log=True))
    assert ticks == sorted(set(ticks))
    assert 2 <= len(ticks) <= 8
    assert ticks[0] <= min(max(low, 0.01), 1)
    assert ticks[-1] >= max(min(high, 100), 1)
    assert 1 in ticks
    assert ax.get_xlim() == (ticks[0], ticks[-1])


@pytest.mark.parametrize(("low", "high"), [(0, 0.43), (0, 1), (3.2, 4.7), (-2, 9), (0, 240), (0.001, 0.004)])
def test_a_scale_is_round_and_covers_the_range(low, high):
    ticks = axes.scale(Figure().add_subplot(), low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert len(set(np.round(np.diff(ticks), 9))) == 1
    assert 3 <= len(ticks) <= 9


@pytest.mark.parametrize("count", [2, 3, 4, 5, 7])
def test_scale_colours_are_distinct_and_symmetric_about_the_middle(count):
    colors = theme.scale_colors(count)
    assert len(set(colors)) == count
    assert (theme.MIDDLE in colors) == (count % 2 == 1)


def test_colours_can_be_told_apart_and_read():
    def lightness(color):
        r, g, b = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (r, g, b)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(a, b):
        high, low = sorted((lightness(a), lightness(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    assert contrast(theme.UNWEIGHTED, theme.WEIGHTED) > 1.8
    for text in (theme.INK, theme.MUTED, theme.UNWEIGHTED, theme.WEIGHTED_TEXT):
        assert contrast(text, theme.PAPER) >= 4.5
    assert contrast(theme.WEIGHTED, theme.PAPER) >= 3


def test_a_group_says_its_size_once_and_a_figure_how_many_answers_it_shows(labels):
    rows = [
        result("media", option, value, n=n, by="market", group=group)
        for option in ("paper", "web")
        for group, value, n in (("people", 0.5, 150), ("firms", 0.3, 50))
    ]
    picture = drawn(plots.intervals, frame(*rows), labels)
    seen = [text.replace("\xa0", " ") for text in words(picture.wide)]
    assert seen.count("Consumers (n = 150)") == seen.count("Consumers") == 1
    assert "2 of 3 answers" in picture.words.subtitle
    assert "answers" not in drawn(plots.dots, frame(*rows_of_media()), labels).words.subtitle


def rows_of_media():
    return [result("media", option, 0.5) for option in ("paper", "radio", "web")]


def test_no_line_of_the_scale_runs_through_a_heading(labels):
    rows = [
        result("media", option, 0.5, by="market", group=group)
        for option in ("paper", "web")
        for group in ("people", "firms")
    ]
    ax = on(plots.intervals, frame(*rows), labels)
    strips = [patch for patch in ax.patches if isinstance(patch, Rectangle) and patch.get_width() > 1]
    headings = [text for text in ax.texts if text.get_fontweight() == "bold" and "%" not in text.get_text()]
    assert len(strips) == len(headings) == 2
    grid, baseline = ax.xaxis.get_zorder(), ax.lines[0].get_zorder()
    assert max(grid, baseline) < min(strip.get_zorder() for strip in strips)
    for strip, heading in zip(strips, headings, strict=True):
        low, high = sorted((strip.get_y(), strip.get_y() + strip.get_height()))
        assert low < heading.get_position()[1] < high


def test_an_estimate_that_may_nowhere_be_shown_leaves_no_dashes(labels):
    plain = groups(("people", 0.7, 150), ("firms", 0.5, 50))
    hidden = groups(("people", 0.6, 150), ("firms", 0.4, 50), weighted=True, suppressed=True)
    picture = drawn(plots.intervals, frame(*plain, *hidden), labels)
    assert "–" not in words(picture.wide)
    assert "unweighted (weighted: not shown)" in picture.words.subtitle
    hidden[0]["suppressed"] = False
    some = drawn(plots.intervals, frame(*plain, *hidden), labels)
    assert words(some.wide).count("–") == 1
    assert "–: not shown" in some.words.subtitle
