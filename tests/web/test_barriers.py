"""No barrier on any page: axe-core on the pages, and the contrast of text inside figures."""

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib as mpl
import pytest
from barriers import axe, barriers
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from small_reports import make

from nsmo.present import svg, theme

REPORTS = Path(__file__).parents[2] / "reports"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make(tmp_path_factory.mktemp("small"))


def pages(folder):
    return sorted(folder.rglob("*.html"))


@pytest.mark.slow
def test_axe_finds_nothing_on_small_pages(browser, small):
    source = axe()
    assert [found for path in pages(small) for found in barriers(browser, path, source)] == []


@pytest.mark.slow
def test_axe_finds_nothing_on_the_built_report(browser):
    source = axe()
    reports = [path.parent for path in sorted(REPORTS.glob("*/html/index.html"))]
    if not reports:
        pytest.skip("no report has been built: make report")
    assert [
        one for folder in reports for path in pages(folder) for one in barriers(browser, path, source)
    ] == []


def test_axe_sees_a_barrier(browser, tmp_path):
    page = tmp_path / "bad.html"
    page.write_text("<!doctype html><html lang=en><title>t</title><main><h1>h</h1><img src=x></main>")
    assert any("image-alt" in found for found in barriers(browser, page, axe()))


def corners(path):
    """The points of a path of a drawing, wherever it leads level (H) or upright (V)."""
    points, x, y = [], 0.0, 0.0
    for letter, text in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        numbers = list(map(float, re.findall(r"-?[\d.]+", text)))
        if letter == "H":
            x = numbers[0]
        elif letter == "V":
            y = numbers[0]
        for x, y in zip(numbers[::2], numbers[1::2], strict=False):  # of a curve its handles too
            points.append((x, y))
        points.append((x, y))
    return points


def low_contrast(drawing: str, scheme: str) -> list[str]:
    """List the texts of a drawing that do not stand out from the area on which they stand."""
    seen = theme.dark if scheme == "dark" else str
    low, areas = [], []
    for one in ET.fromstring(drawing).iter():
        fill = re.search(r"fill: ?(#[0-9a-f]{6})", one.get("style", "") + f" fill: {one.get('fill', '')}")
        if one.tag == f"{SVG}path" and fill:
            xs, ys = zip(*corners(one.get("d", "")), strict=True)
            areas.append((min(xs), max(xs), min(ys), max(ys), fill[1]))
        if one.tag != f"{SVG}text" or not (text := "".join(one.itertext()).strip()):
            continue
        # Of a text the place is written at its base line, in points of the drawing; one above it counts.
        moved = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", one.get("transform", ""))
        x, y = map(float, moved.groups() if moved else (one.get("x", 0), one.get("y", 0)))
        under = [area[4] for area in areas if area[0] <= x <= area[1] and area[2] <= y - 2 <= area[3]]
        ground, color = (under or [theme.PAPER])[-1], fill[1] if fill else theme.INK
        contrast = theme.contrast(seen(color), seen(ground))
        if contrast < 4.5:
            low.append(f"{text}: {contrast:.2f} ({color} on {ground})")
    return low


def test_a_text_that_does_not_stand_out_is_found():
    area = '<path d="M0 0H9V9L0 9z" style="fill: #1b5583"/>'
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg">{area}<text x="4" y="6" style="fill: {{}}">7</text></svg>'
    )
    assert low_contrast(drawing.format(theme.INK), "light")
    assert not low_contrast(drawing.format(theme.PAPER), "light")
    assert not low_contrast(drawing.format(theme.PAPER), "dark")


DRAWINGS = sorted(REPORTS.glob("*/figures/*/*.svg"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_in_every_built_figure_stands_out(scheme):
    if not DRAWINGS:
        pytest.skip("no figure has been built: make report")
    found = {path.name: low_contrast(path.read_text("utf-8"), scheme) for path in DRAWINGS}
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize("two_sided", [True, False])
@pytest.mark.parametrize("count", range(2, 12))
def test_numbers_on_a_scale_stand_out_in_light_and_dark(count, two_sided):
    for color in theme.scale_colors(count, two_sided=two_sided):
        ink = theme.ink_on(color)
        assert theme.contrast(ink, color) >= 4.5
        assert theme.contrast(theme.dark(ink), theme.dark(color)) >= 4.5


@pytest.mark.parametrize("color", [theme.INK, theme.MUTED, *theme.TEXTS.values()])
def test_text_stands_out_from_the_paper_in_light_and_dark(color):
    assert theme.contrast(color, theme.PAPER) >= 4.5
    assert theme.contrast(theme.dark(color), theme.dark(theme.PAPER)) >= 4.5


def test_a_drawing_on_a_page_gives_every_colour_a_dark_one():
    hatch = '<pattern id="h"><rect x="0" y="0" width="73" height="73" fill="#e3edf5"/></pattern>'
    area = '<path style="fill:#1b5583;stroke:#ffffff"/>'
    drawing = f'<svg width="9" height="9"><defs></defs>{area}<defs>{hatch}</defs></svg>'
    text = svg.adaptive(drawing.encode()).decode()
    assert '<path class="a"/>' in text
    assert ".a{fill:#1b5583;stroke:#ffffff}" in text
    dark = text.partition("(prefers-color-scheme:dark){")[2]
    assert f".a{{fill:{theme.dark('#1b5583')};stroke:{theme.dark('#ffffff')}}}" in dark
    assert f".b{{fill:{theme.dark('#e3edf5')}}}" in dark


@pytest.mark.parametrize("color", [color for count in (3, 5) for color in theme.scale_colors(count)])
def test_a_hatched_area_keeps_the_colour_of_its_key_in_the_dark(browser, tmp_path, color):
    with mpl.rc_context(theme.STYLE):
        figure = Figure(figsize=(2, 1))
        place = {"facecolor": color, "transform": figure.transFigure}
        figure.add_artist(Rectangle((0, 0), 0.5, 1, **place))
        figure.add_artist(Rectangle((0.5, 0), 0.5, 1, hatch="//", edgecolor=theme.PAPER, **place))
        drawing = svg.adaptive(svg.bare(figure, "Two areas", "One of them is hatched."))
    (tmp_path / "drawing.svg").write_bytes(drawing)
    tab = browser.new_page(color_scheme="dark", viewport={"width": 192, "height": 96})
    tab.goto((tmp_path / "drawing.svg").as_uri())
    shown = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
    tab.close()
    plain, hatched = (max(shown.crop(box).getcolors(9999))[1] for box in ((2, 2, 90, 94), (102, 2, 190, 94)))
    assert plain == hatched


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("M 162 279.3 L 381 279.3 L 381 60.3 L 162 60.3 L 162 279.3 z", "M162 279.3H381V60.3H162V279.3z"),
        ("M 0 -2.50 L 3 -2.5 M 1 1 L 2 2 L 2 2", "M0-2.5H3M1 1L2 2L2 2"),
        ("M 1 2 C 1 2 3 4 5 6 L 5 9", "M1 2C1 2 3 4 5 6V9"),
    ],
)
def test_a_path_is_written_short_and_leads_to_the_same_points(long, short):
    assert svg.short_path(long) == short
    assert set(corners(short)) == set(corners(long))
