"""Figures as SVG: text as text, no date, the same bytes every time, named for screen readers."""

import html
import io
import re
from typing import Any, cast

from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont

from nsmo.present import theme
from nsmo.present.lettering import FONT_SCALE, measured
from nsmo.present.sheet import MARGIN, Line, sheet
from nsmo.study.visible import visible

#: Where a drawing says where things are, digits there that no screen shows, and turns by nothing.
_PLACES = re.compile(r' (?:d|x|y|transform|points)="[^"]*"')
_TURNED = re.compile(r' transform="rotate\(-0 [^"]*"')
_EXCESS = re.compile(r"(\d\.\d\d)\d+")
#: Names of parts that nothing refers to, and the groups and blanks around them: a third of a drawing.
_NAMES = re.compile(r' id="[A-Za-z][\w.]*_\d+"')
_STYLES = re.compile(r' style="[^"]*"')
_STYLED = re.compile(r' style="([^"]*)"')
_FILLED = re.compile(r'(?<=<rect x="0" y="0" width="73" height="73") fill="(#[0-9a-f]{6})"')
_COLORED = re.compile(r"(fill|stroke):(#[0-9a-f]{6})")
#: A line to a point, and the two ways to write it shorter where it keeps its height or its side.
_PATHS = re.compile(r' d="([^"]*)"')
_STEPS = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_GROUPS = (re.compile(r"<g/>"), re.compile(r"<g>(<(\w+)(?:[^<>]*/>|[^<>]*>[^<]*</\2>))</g>"))


def bare(figure: Figure, title: str, alt: str) -> bytes:
    """Return a figure as SVG without a title drawn in, for a page that sets it itself.

    Parameters
    ----------
    figure : Figure
    title, alt : str
        For screen readers.
    """
    text = _drawn(figure)
    for unwanted in (r"\s*<metadata>.*?</metadata>", r"<!DOCTYPE.*?>\s*", r"<!--.*?-->\s*"):
        text = re.sub(unwanted, "", text, flags=re.DOTALL)
    # All text is in one face, so it is named once.
    text = re.sub(rf"font-family: '{theme.FACE}'(?:, sans-serif)?; ", "", text)
    width, height = (round(float(inches) * 96) for inches in figure.get_size_inches())
    text = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', f'width="{width}" height="{height}"', text, count=1)
    text = _PLACES.sub(lambda found: _EXCESS.sub(r"\1", found.group()), text)
    opening = f'<svg role="img" aria-labelledby="t d" font-family="{theme.STACK}" '
    text = text.replace("<svg ", opening, 1)
    text = _TURNED.sub("", text)
    text = _without_wrapping(text).replace("<defs>", f"{_named(title, alt)}\n <defs>", 1)
    # XML cannot hold controls, and a reader must not be misled by them.
    return visible(text).encode("utf-8")


class _Renderer(RendererSVG):
    """Measures a text once, in a face held in memory: matplotlib reads it from its file for every figure."""

    def get_text_width_height_descent(
        self, s: str, prop: FontProperties, ismath: Any
    ) -> tuple[float, float, float]:
        """Return width, height and descent of a text in pixels."""
        box = None if ismath else measured(s, str(findfont(prop)))
        if box is None:
            return super().get_text_width_height_descent(s, prop, ismath)
        scale = prop.get_size_in_points() / FONT_SCALE
        return box[0] * scale, box[1] * scale, box[2] * scale


def _drawn(figure: Figure) -> str:
    """A figure as matplotlib writes it, drawn once; `savefig` would draw it twice, to learn the renderer."""
    buffer = io.StringIO()
    dpi, figure.dpi = figure.dpi, 72
    width, height = figure.get_size_inches()
    plain = _Renderer(
        width * 72, height * 72, buffer, image_dpi=round(dpi), metadata={"Date": None, "Creator": None}
    )
    renderer = MixedModeRenderer(figure, width, height, dpi, plain)
    figure.draw(cast(RendererBase, renderer))
    renderer.finalize()
    return buffer.getvalue()


def _without_wrapping(text: str) -> str:
    """Take out of a drawing what no reader and no program sees."""
    text = _NAMES.sub("", re.sub(r">\s*\n\s*<", "><", text))
    text = re.sub(r'( d="[^"]*?) +"', r'\1"', re.sub(r"\s*\n\s*", " ", text))
    for wrapping, within in zip(_GROUPS, ("", r"\1"), strict=True):
        text = wrapping.sub(within, text)
    text = _STYLES.sub(lambda found: re.sub(r"(?<=[:;]) ", "", found.group()), text)
    text = _PATHS.sub(lambda found: f' d="{short_path(found[1])}"', text)
    return text.strip() + "\n"


def short_path(path: str) -> str:
    """Return the same line in fewer letters: no blank beside a letter, level and upright lines as such.

    Parameters
    ----------
    path : str
        The `d` of a path as matplotlib writes it: absolute, a letter before each point.
    """
    written, here = [], ("", "")
    for letter, numbers in _STEPS.findall(path):
        places = [_short_number(one) for one in numbers.split()]
        there = (places[-2], places[-1]) if len(places) > 1 else here
        if letter == "L" and len(places) == 2 and there != here and here != ("", ""):
            level, upright = there[1] == here[1], there[0] == here[0]
            if level or upright:
                letter, places = ("H", places[:1]) if level else ("V", places[1:])
        written.append(letter + " ".join(places).replace(" -", "-"))
        here = there
    return "".join(written)


def _short_number(number: str) -> str:
    if "." not in number:
        return number
    plain = number.rstrip("0").rstrip(".")
    return "0" if plain in ("-0", "") else plain


def _named(title: str, alt: str) -> str:
    escaped = (html.escape(text, quote=False) for text in (title, alt))
    return '<title id="t">{}</title>\n <desc id="d">{}</desc>'.format(*escaped)


def adaptive(drawing: bytes, notice: str = "") -> bytes:
    """Return a bare drawing that turns dark where the page around it does.

    Parameters
    ----------
    drawing : bytes
        From `bare`, to stand on a page as a file of its own.
    notice : str
        What must be known of its numbers. The page shows it; the file holds it for whoever saves the image.
    """
    # On a page the alternative text of the image stands for it.
    text = re.sub(r"\s*<(title|desc) id.*?</\1>", "", drawing.decode("utf-8"), flags=re.DOTALL)
    text = text.replace(' aria-labelledby="t d"', "", 1)
    # What lies under a hatch has its colour without a style.
    text = _FILLED.sub(r' style="fill:\1"', text)
    # A drawing has some thirty styles, and names them thousands of times: two fifths of its file.
    names = {style: _class(at) for at, style in enumerate(dict.fromkeys(_STYLED.findall(text)))}
    text = _STYLED.sub(lambda found: f' class="{names[found[1]]}"', text)
    rules = [f".{name}{{{style}}}" for style, name in names.items()]
    dark = [f".{name}{{{colors}}}" for style, name in names.items() if (colors := _dark(style))]
    style = f"<style>{''.join(rules)}@media screen and (prefers-color-scheme:dark){{{''.join(dark)}}}</style>"
    said = f"<desc>{html.escape(notice, quote=False)}</desc>" if notice else ""
    return text.replace("<defs>", f"{said}{style}\n <defs>", 1).encode("utf-8")


def _class(at: int) -> str:
    """Return the name of a style by its place: a, b, … z, a1, b1, …."""
    turn, letter = divmod(at, 26)
    return f"{chr(ord('a') + letter)}{turn or ''}"


def _dark(style: str) -> str:
    """The colours of a style on dark paper."""
    return ";".join(f"{part}:{theme.dark(color)}" for part, color in _COLORED.findall(style))


def size(drawing: bytes) -> tuple[int, int]:
    """Return width and height of a drawing in pixels."""
    found = re.search(rb'<svg[^>]* width="(\d+)" height="(\d+)"', drawing)
    if found is None:
        raise ValueError("no drawing of nsmo.present.svg")
    return int(found[1]), int(found[2])


def alone(drawing: bytes, title: str, subtitle: str, notice: str = "") -> bytes:
    """Return a bare drawing as a file of its own: title and subtitle above it, a notice below.

    Parameters
    ----------
    drawing : bytes
        From `bare`.
    title, subtitle : str
    notice : str
        Set small beneath the drawing.
    """
    around = sheet(size(drawing), title, subtitle, notice)
    head, _, body = drawing.decode("utf-8").partition("<defs>")
    opening = re.sub(
        r'width="\d+" height="\d+" viewBox="[^"]*"',
        f'width="{around.width}" height="{around.height}" viewBox="0 0 {around.width} {around.height}"',
        head,
        count=1,
    )
    paper = f'<rect width="100%" height="100%" fill="{theme.PAPER}"/>'
    # The drawing counts in points.
    inner = f'<g transform="translate({MARGIN} {around.above:g}) scale({4 / 3:.6f})">\n <defs>{body}'
    inner = inner.rstrip().removesuffix("</svg>") + "</g>\n</svg>\n"
    return (opening + "\n ".join([paper, *map(_text, around.lines), inner])).encode("utf-8")


def _text(line: Line) -> str:
    weight = ' font-weight="bold"' if line.bold else ""
    return (
        f'<text x="{MARGIN}" y="{line.base:g}" font-size="{line.size:g}px"{weight} '
        f'fill="{line.color}">{html.escape(line.text, quote=False)}</text>'
    )
