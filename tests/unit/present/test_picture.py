"""From Axes to picture: the loop, its errors, the words, the file of its own and the HTML."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from nsmo.present import lettering, plots, sentences, svg, theme
from nsmo.present.labels import Labels
from nsmo.present.picture import Drawing, drawn
from nsmo.present.sentences import Words
from nsmo.present.wording import Wording
from nsmo.study.errors import StudyError

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def labels(codebook):
    return Labels(codebook, "en")


def sizes(svg):
    root = ET.fromstring(svg)
    return int(root.get("width")), int(root.get("height"))


def loop(name, draw, **words):
    for ax in Drawing(name, **words):
        draw(ax)


def test_the_loop_draws_twice_and_keeps_the_words_of_the_plot(labels, media):
    drawing = Drawing("media")
    widths = []
    for ax in drawing:
        widths.append(round(ax.figure.get_figwidth() * 96))
        plots.dots(media, labels, ax=ax)
    assert widths == [theme.WIDE, theme.PHONE]
    assert drawing.picture == drawn(plots.dots, media, labels)
    assert sizes(drawing.picture.wide)[0] == theme.WIDE
    assert sizes(drawing.picture.phone)[0] == theme.PHONE


def test_one_word_may_be_replaced(labels, media):
    drawing = Drawing("media", title="Nearly all have a website")
    for ax in drawing:
        plots.dots(media, labels, ax=ax)
    plain = drawn(plots.dots, media, labels).words
    assert drawing.picture.words == plain._replace(title="Nearly all have a website")


def test_a_chart_of_ones_own_takes_its_numbers_from_the_frame(labels, media):
    import seaborn as sns

    drawing = Drawing("own", of=media, labels=labels, title="Websites lead")
    shown = labels.readable(media)
    for ax in drawing:
        sns.barplot(shown, y="option_label", x="estimate", hue="weighting", ax=ax, errorbar=None)
    words = drawing.picture.words
    assert words.title == "Websites lead"
    assert "n\xa0=\xa0200" in words.subtitle
    assert "Newspaper, unweighted 25.0% (20.0 to 30.0)" in words.alt
    assert "Newspaper, weighted 50.0% (40.0 to 60.0)" in words.alt
    texts = [" ".join(t.itertext()).strip() for t in ET.fromstring(drawing.picture.phone).iter(f"{SVG}text")]
    assert "Local radio and television" in texts


@pytest.mark.parametrize(
    ("words", "found"),
    [({}, "no title"), ({"title": "A title"}, "no alt"), ({"title": " ", "alt": "x"}, "no title")],
)
def test_a_chart_without_words_is_refused_with_the_way_out(words, found):
    with pytest.raises(StudyError, match=f"(?s)'mine': {found}.*of= with the result frame"):
        loop("mine", lambda ax: ax.plot([1, 2], [3, 4]), **words)


def test_an_empty_loop_is_refused():
    with pytest.raises(StudyError, match="nothing was drawn"):
        loop("empty", lambda ax: None, title="x", alt="y")


def test_a_picture_is_not_there_before_the_loop():
    with pytest.raises(StudyError, match="not drawn yet"):
        Drawing("early").picture  # noqa: B018


def test_the_theme_ends_with_the_loop(labels, media):
    import matplotlib as mpl

    before = mpl.rcParams["svg.fonttype"], mpl.rcParams["axes.grid"]
    inside = []
    with pytest.raises(ZeroDivisionError):
        loop("broken", lambda ax: inside.append(mpl.rcParams["svg.fonttype"]) or ax.plot([1], [1 / 0]))
    assert inside == ["none"]
    drawn(plots.dots, media, labels)
    assert (mpl.rcParams["svg.fonttype"], mpl.rcParams["axes.grid"]) == before


def test_the_file_of_its_own_has_title_subtitle_drawing_and_notice(labels, media):
    long = "A finding of many words " * 8
    drawing = Drawing("media", title=long)
    for ax in drawing:
        plots.dots(media, labels, ax=ax)
    whole = replace(drawing.picture, notice="The responses are reconstructed.").svg()
    root = ET.fromstring(whole)
    lines = [e for e in root if e.tag == f"{SVG}text"]
    assert " ".join(e.text for e in lines[:-1]).startswith(long.strip())
    assert lines[-1].text == "The responses are reconstructed."
    width, height = sizes(whole)
    assert width > sizes(drawing.picture.wide)[0]
    assert height > sizes(drawing.picture.wide)[1] + 60
    assert all(0 < float(e.get("y")) < height for e in lines)
    inner = {" ".join(t.itertext()).strip() for t in root.iter(f"{SVG}text")}
    assert {"Newspaper", "81.3%"} <= inner


def test_html_has_alt_text_and_a_drawing_for_phones(labels, media):
    html = drawn(plots.dots, media, labels).html(level=3)
    assert '<h3 class="figure-title">Media used: Website &amp; web shop, 81.3%</h3>' in html
    assert 'alt="Chart: Media used: Website &amp; web shop, 81.3%. Its numbers stand in the table' in html
    assert html.count("data:image/svg+xml;base64,") == 2
    beside = drawn(plots.dots, media, labels).html(files=("wide.svg", "phone.svg"))
    assert 'src="wide.svg"' in beside
    assert 'srcset="phone.svg"' in beside


@pytest.mark.parametrize("title", ["The shops", "Of 40 shops, " + "many " * 60, "Shops " * 60])
def test_the_short_alt_text_is_one_sentence_with_a_number_that_sends_to_the_table(title):
    words = Words(
        title, "", "Dots with 95% intervals, n = 40. Newspaper 25.0% (20.0 to 30.0); web shop 81.3%."
    )
    alt = sentences.short_alt(words, Wording("en"))
    assert len(alt) <= 200
    assert alt.endswith("stand in the table or the file named below it.")
    assert any(character.isdigit() for character in alt)
    assert ("Newspaper 25.0%" in alt) == ("40" not in title)


def test_words_of_messages(labels):
    words = Words.of(labels.words, "latent.bic", best="2 classes", value="1.0", values="x")
    assert words.title == "Lowest BIC: 2 classes, 1.0"


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("text", ["Zeer belangrijk: 34,6%", "Ångström – “ja”", "Ω ≥ ±", ""])
def test_text_is_as_wide_as_matplotlib_finds_it(text, bold):
    font = FontProperties(family=theme.FACE, size=13, weight="bold" if bold else "normal")
    expected = text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
    assert lettering.text_width(text, 13, bold) == pytest.approx(expected, abs=1e-9)


def test_signs_that_the_face_lacks_take_room():
    plain, with_signs = lettering.text_width("Ja "), lettering.text_width("Ja 日本")
    assert with_signs == pytest.approx(plain + 2 * theme.TEXT, abs=2)


def test_labels_stand_in_the_order_of_the_codebook(labels):
    frame = pd.DataFrame(
        {
            "question": "mood",
            "option": ["good", "top", "bad", None],
            "by": "market",
            "group": ["firms", "people", "", "firms"],
            "weighted": [False, True, False, True],
        }
    )
    shown = labels.readable(frame)
    assert list(shown["question_label"]) == ["Mood in the shop"] * 4
    assert list(shown["option_label"].cat.categories) == [
        *("Mood in the shop", "Bad", "Good", "Good or very good")
    ]
    assert list(shown["group_label"].cat.categories) == ["All", "Consumers", "Businesses"]
    assert list(shown["weighting"])[:2] == ["unweighted", "weighted"]


@pytest.mark.parametrize(
    ("language", "option", "label"),
    [
        ("en", "0–<5", "0 to under 5"),
        ("nl", "2.5–<5", "2,5 tot minder dan 5"),
        ("en", "-10–<0", "−10 to under 0"),
        ("en", "7", "7"),
    ],
)
def test_classes_of_numbers_do_not_share_their_ends(codebook, language, option, label):
    assert Labels(codebook, language).option("n_media", option) == label


def test_signs_that_control_a_screen_are_shown_and_break_no_file(labels):
    drawing = Drawing("odd", title="a\x07b", alt="1\u202e2")
    for ax in drawing:
        ax.plot([1, 2], [3, 4])
        ax.set_xlabel("x\x00 < y & z")
    for content in (drawing.picture.wide, drawing.picture.svg()):
        seen = "".join(ET.fromstring(content).itertext())
        assert "a\ufffdb" in seen
        assert "x\ufffd < y & z" in seen


def test_an_image_of_a_page_says_in_its_file_what_must_be_known_of_it(labels, media):
    made = drawn(plots.dots, media, labels)
    (said,) = ET.fromstring(svg.adaptive(made.wide, "Made up & <reconstructed>.")).findall(f"{SVG}desc")
    assert said.text == "Made up & <reconstructed>."
    assert b"<desc>" not in svg.adaptive(made.phone)


def test_a_picture_comes_as_png_with_its_words_and_its_notice_inside(labels, media):
    from io import BytesIO

    from PIL import Image

    plain = replace(drawn(plots.dots, media, labels), notice="")
    picture = replace(plain, notice="Reconstructed answers.")
    file = Image.open(BytesIO(picture.png()))
    assert file.width == 1.25 * sizes(picture.svg())[0] > 1.25 * theme.WIDE
    assert abs(file.height - 1.25 * sizes(picture.svg())[1]) < 1
    assert file.text["Description"] == f"{picture.words.title}. Reconstructed answers."
    assert picture.png() == picture.png(), "the same bytes every time"
    without = Image.open(BytesIO(plain.png()))
    # What the notice needs is added beneath; all above it is the same picture.
    foot = file.crop((0, without.height - 24, file.width, file.height)).convert("L")
    assert file.height > without.height
    assert foot.getextrema()[0] < 128, "the notice is written there"
    colors = {tuple(color) for _, color in file.convert("RGB").getcolors()}
    assert len(colors) <= 32
    assert {(255, 255, 255), (0x1B, 0x55, 0x83)} <= colors, "as on the page"
