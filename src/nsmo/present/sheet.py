"""The one look of everything that is drawn, and how a drawing becomes bytes that are the same every time.

All measures are CSS pixels (96 to the inch), so that type in a figure is as large as type on the page around
it.
"""

import html
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D

# Ink and paper. Muted text keeps 4.5:1 on white (WCAG AA), lines that carry data 3:1.
INK = "#1c2833"
MUTED = "#566270"
RULE = "#d9dee3"
FAINT = "#eef1f4"
PAPER = "#ffffff"

# Two estimates of one thing. They differ in hue, in lightness and in the shape of the mark, so they stay
# apart in grey and for readers who confuse colours.
UNWEIGHTED = "#1b5583"
UNWEIGHTED_TINT = "#c5d8e7"
WEIGHTED = "#c46a14"

# Low to high, brown to blue; the middle is grey.
LOW = ("#8c4a0b", "#d9a765")
MIDDLE = "#d5d9dd"
HIGH = ("#93bcd8", "#1b5583")

WIDE = 680
NARROW = 340
TEXT = 13.0
SMALL = 11.5

# Type is measured with the face that matplotlib brings along, which is wide; a page shows it in the reader's
# own sans-serif, which is narrower, so nothing runs into anything.
FACE = "DejaVu Sans"
STACK = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"

SETTINGS = {
    "font.family": FACE,
    "svg.fonttype": "none",
    "svg.hashsalt": "nsmo",
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "text.color": INK,
    "path.simplify": False,
    "lines.solid_capstyle": "butt",
}
# Of axes on a sheet.
_AXES = {
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.75,
    "axes.labelcolor": MUTED,
    "axes.labelsize": SMALL * 0.75,
    "axes.labelpad": 6,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": RULE,
    "grid.linewidth": 0.75,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": SMALL * 0.75,
    "ytick.labelsize": SMALL * 0.75,
    "xtick.major.pad": 6,
    "ytick.major.pad": 6,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """Width in pixels of one line of text set in `FACE`."""
    face, known = _face(bold)
    shown = "".join(one for one in text if one in known)
    face.set_text(shown, 0.0, flags=LoadFlags.NO_HINTING)
    width = face.get_width_height()[0] / 64 / text_to_path.FONT_SCALE
    # What the face lacks, the reader's has: signs of other scripts are about as wide as high.
    return (width + len(text) - len(shown)) * size


@cache
def _face(bold: bool) -> tuple[FT2Font, frozenset[str]]:
    """`FACE` held in memory (matplotlib reads a font from its file, glyph by glyph), and the signs it has."""
    place = findfont(FontProperties(family=FACE, weight="bold" if bold else "normal"))
    face = FT2Font(io.BytesIO(Path(place).read_bytes()))
    face.set_size(text_to_path.FONT_SCALE, text_to_path.DPI)
    return face, frozenset(map(chr, face.get_charmap()))


def wrap(text: str, width: float, size: float = TEXT, bold: bool = False) -> list[str]:
    """Break a text into lines of at most `width` pixels; a longer single word stays whole."""
    lines: list[str] = []
    line = ""
    # A no-break space holds together what it joins, so only the plain blank divides.
    for word in text.split(" "):
        longer = f"{line} {word}".strip()
        if line and text_width(longer, size, bold) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines or [""]


class Sheet:
    """A sheet to draw on, in pixels from the upper left corner; its height is set once everything stands.

    Parameters
    ----------
    width : float
        Pixels.
    """

    def __init__(self, width: float) -> None:
        self.width = width
        self.height = 0.0
        with mpl.rc_context(SETTINGS):
            self.figure = Figure(figsize=(width / 96, 1), dpi=96)
            FigureCanvasAgg(self.figure)
        # Pixels to inches, known when the sheet is cut, and those to what the file counts in.
        self._place = Affine2D()
        self._transform = self._place + self.figure.dpi_scale_trans
        self._layers = 0
        self._axes: list[tuple[Axes, tuple[float, float, float, float]]] = []

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Set axes on the sheet, for seaborn or matplotlib to draw in; their labels stand outside of them.

        Parameters
        ----------
        left, top, width, height : float
            Pixels.
        """
        with mpl.rc_context(SETTINGS | _AXES):
            axes = self.figure.add_axes((0, 0, 1, 1), zorder=self._layers)
        self._axes.append((axes, (left, top, width, height)))
        return axes

    def _add(self, artist: Artist) -> None:
        # What is drawn later lies on top, as on paper.
        self._layers += 1
        artist.set_zorder(self._layers)
        artist.set_transform(self._transform)
        # No axes: nothing here has a scale that they would know of, and they are half of the work.
        self.figure.add_artist(artist)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = TEXT,
        color: str = INK,
        align: str = "left",
        bold: bool = False,
    ) -> None:
        """Set one line; `y` is the middle of its small letters."""
        # The base line is placed by hand: it then depends neither on the text nor on the face that shows it.
        font = FontProperties(family=FACE, size=size * 0.75, weight="bold" if bold else "normal")
        self._add(
            _Line(
                x,
                y + 0.36 * size,
                text,
                color=color,
                horizontalalignment=align,
                fontproperties=font,
                parse_math=False,
            )
        )

    def block(self, x: float, y: float, lines: Sequence[str], *, size: float = TEXT, **style: object) -> None:
        """Set several lines around the middle `y`."""
        step = line_height(size)
        for i, line in enumerate(lines):
            self.text(x, y + (i - (len(lines) - 1) / 2) * step, line, size=size, **style)

    def line(
        self,
        x: Sequence[float],
        y: Sequence[float],
        *,
        color: str = RULE,
        width: float = 1.0,
        dashed: bool = False,
    ) -> None:
        """Draw a line through the points; where one is NaN, it has a gap."""
        style = (0, (3, 3)) if dashed else "-"
        self._add(Line2D(x, y, color=color, linewidth=width * 0.75, linestyle=style))

    def box(self, x: float, y: float, width: float, height: float, *, color: str) -> None:
        """Fill a rectangle."""
        self._add(Rectangle((x, y), width, height, facecolor=color, edgecolor="none"))

    def mark(
        self, x: float, y: float, shape: str, *, color: str, size: float = 8.0, filled: bool = True
    ) -> None:
        """Set a mark: `dot`, `diamond` or `tick` (a short upright line)."""
        if shape == "tick":
            self.line([x, x], [y - size, y + size], color=color, width=2.5)
            return
        self._add(
            Line2D(
                [x],
                [y],
                marker={"dot": "o", "diamond": "D"}[shape],
                markersize=size * 0.75,
                markerfacecolor=color if filled else PAPER,
                markeredgecolor=color,
                markeredgewidth=1.2,
                linestyle="none",
            )
        )

    def head(self, title: str, subtitle: str) -> float:
        """Set title and subtitle above the drawing; return the pixels that they take."""
        titles = wrap(title, self.width, 17, bold=True)
        subtitles = wrap(subtitle, self.width, TEXT) if subtitle else []
        above = len(titles) * line_height(17) + len(subtitles) * line_height(TEXT) + 18
        y = -above + line_height(17) / 2
        for line in titles:
            self.text(0, y, line, size=17, bold=True)
            y += line_height(17)
        y += 3
        for line in subtitles:
            self.text(0, y, line, color=MUTED)
            y += line_height(TEXT)
        return above

    def finish(self, above: float = 0.0, margin: float = 0.0) -> Figure:
        """Cut the sheet to its height (and what stands above it by now) and return the figure."""
        width, height = self.width + 2 * margin, self.height + above + 2 * margin
        self._place.clear().translate(margin, -self.height - margin).scale(1 / 96, -1 / 96)
        self.figure.set_size_inches(width / 96, height / 96)
        for axes, (left, top, wide, high) in self._axes:
            below = self.height + margin - top - high
            axes.set_position(((left + margin) / width, below / height, wide / width, high / height))
        return self.figure


class _Line(Text):
    """A line of text that leaves it to the reader's browser where it ends."""

    def draw(self, renderer: RendererBase) -> None:
        """Hand the text over with the place of its anchor.

        Matplotlib would first lay it out, which takes longer than all else and changes nothing in an SVG
        whose text stays text.
        """
        if mpl.rcParams["svg.fonttype"] != "none" or not hasattr(renderer, "writer"):
            super().draw(renderer)
            return
        x, y = self.get_transform().transform(self.get_unitless_position())
        ink = renderer.new_gc()
        ink.set_foreground(self.get_color())
        below = renderer.get_canvas_width_height()[1] - y
        renderer.open_group("text")
        renderer.draw_text(ink, x, below, self.get_text(), self.get_fontproperties(), 0, mtext=self)
        renderer.close_group("text")
        ink.restore()


def line_height(size: float) -> float:
    """Distance of two base lines in pixels."""
    return round(size * 1.32, 1)


def svg(figure: Figure, title: str, description: str) -> bytes:
    """Write a figure as SVG: text as text, no date, no random ids, named for screen readers."""
    buffer = io.BytesIO()
    with mpl.rc_context(SETTINGS):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=False)
    text = buffer.getvalue().decode("utf-8")
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!DOCTYPE.*?>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = text.replace(f"'{FACE}', sans-serif", STACK).replace(f"'{FACE}'", STACK)
    width, height = (round(float(v) * 96) for v in figure.get_size_inches())
    text = re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', f'width="{width}" height="{height}"', text, count=1)
    named = (
        f'<title id="t">{html.escape(title, quote=False)}</title>\n <desc id="d">'
        f"{html.escape(description, quote=False)}</desc>\n <defs>"
    )
    text = text.replace("<svg ", '<svg role="img" aria-labelledby="t d" ', 1).replace("<defs>", named, 1)
    return text.encode("utf-8")


@dataclass(frozen=True)
class Picture:
    """A figure with its words.

    Attributes
    ----------
    draw : callable
        Takes a width in pixels, returns a `Sheet`. A phone gets a drawing of its own, not a smaller one.
    title : str
        The finding.
    subtitle : str
        Question, base, n and weighting.
    alt : str
        What is drawn, with the numbers, for those who do not see it.
    """

    draw: Callable[[float], Sheet]
    title: str
    subtitle: str
    alt: str
    # Width → bare drawing and its height: a page asks for both, and drawing is most of the time of a stage.
    _drawn: dict[float, tuple[bytes, int]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def worded(
        cls, draw: Callable[[float], Sheet], wording: Callable[..., str], name: str, **words: str
    ) -> "Picture":
        """Take the words from the messages `<name>.title`, `<name>.subtitle` and `<name>.alt`."""
        return cls(draw, *(wording(f"{name}.{part}", **words) for part in ("title", "subtitle", "alt")))

    @property
    def figure(self) -> Figure:
        """The matplotlib figure with title and subtitle."""
        sheet = self.draw(WIDE)
        return sheet.finish(sheet.head(self.title, self.subtitle), margin=12)

    def svg(self) -> bytes:
        """SVG that stands alone, title and subtitle drawn in."""
        sheet = self.draw(WIDE)
        # The page shows the same sheet without them.
        self._keep(WIDE, sheet)
        above = sheet.head(self.title, self.subtitle)
        return svg(sheet.finish(above, margin=12), self.title, self.alt)

    def bare(self, width: float = WIDE) -> bytes:
        """SVG without title and subtitle, for a page that sets them itself."""
        return self._bare(width)[0]

    def _bare(self, width: float) -> tuple[bytes, int]:
        if width not in self._drawn:
            self._keep(width, self.draw(width))
        return self._drawn[width]

    def _keep(self, width: float, sheet: Sheet) -> None:
        self._drawn[width] = (svg(sheet.finish(), self.title, self.alt), round(sheet.height))

    def html(self, level: int | None = None, files: tuple[str, str] | None = None) -> str:
        """A `<figure>` that holds everything: caption, wide and narrow drawing, alt text.

        Parameters
        ----------
        level : int, optional
            Set the title as a heading of this level; None sets it as a paragraph.
        files : (str, str), optional
            Addresses of the wide and the narrow drawing; by default the drawings stand in the page itself.
        """
        wide, narrow = files or (_data(self.bare(WIDE)), _data(self.bare(NARROW)))
        tag = f"h{level}" if level else "p"
        subtitle = (
            f'<p class="subtitle">{html.escape(self.subtitle, quote=False)}</p>' if self.subtitle else ""
        )
        return (
            f'<figure class="picture"><figcaption><{tag} class="figure-title">'
            f"{html.escape(self.title, quote=False)}</{tag}>{subtitle}</figcaption><picture>"
            f'<source media="(max-width: 560px)" srcset="{narrow}" width="{NARROW}" '
            f'height="{self._bare(NARROW)[1]}">'
            f'<img src="{wide}" alt="{html.escape(self.alt)}" width="{WIDE}" '
            f'height="{self._bare(WIDE)[1]}"></picture></figure>'
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html()}


def _data(content: bytes) -> str:
    import base64

    return "data:image/svg+xml;base64," + base64.b64encode(content).decode("ascii")
