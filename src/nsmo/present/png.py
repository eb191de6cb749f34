"""Figures as PNG, for what takes no SVG: text processors, mail, slides."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nsmo.present import theme
from nsmo.present.sheet import MARGIN, Sheet

#: Dots of the picture for each pixel of the page, 140 to an inch on A4: with half as many again the hundred
#: figures of a report would not fit into its 20 MB.
SCALE = 1.25
#: A drawing has a few colours, and what lies between them at its edges: so many will do, where they are those
#: of nearly all dots. A picture with more, such as a map of colours, keeps as many as a file has room for.
_COLORS, _NEARLY_ALL, _MOST = 20, 0.95, 256


def alone(figure: Figure, sheet: Sheet, about: str) -> bytes:
    """Return a figure that is drawn already as a picture of its own, the words around it drawn in.

    Parameters
    ----------
    figure : Figure
    sheet : Sheet
        What stands around it.
    about : str
        What the picture shows, for readers of its properties.
    """
    paper = Figure(figsize=(sheet.width / 96, sheet.height / 96), facecolor=theme.PAPER)
    for line in sheet.lines:
        paper.text(
            MARGIN / sheet.width,
            1 - line.base / sheet.height,
            line.text,
            fontsize=line.size * 72 / 96,
            fontweight="bold" if line.bold else "normal",
            fontfamily=theme.FACE,
            color=line.color,
            parse_math=False,
        )
    # Laid in dot by dot: matplotlib would scale it first, as any picture within a figure.
    dots, drawing = _dots(paper).copy(), _dots(figure)
    top, left = round(sheet.above * SCALE), round(MARGIN * SCALE)
    dots[top : top + drawing.shape[0], left : left + drawing.shape[1]] = drawing
    buffer = io.BytesIO()
    _with_few_colors(dots).save(
        buffer, "PNG", optimize=True, dpi=(96 * SCALE, 96 * SCALE), pnginfo=_properties(about)
    )
    return buffer.getvalue()


def _dots(figure: Figure) -> np.ndarray:
    """The picture of a figure, whose parts stay where they were drawn."""
    figure.set_layout_engine("none")
    figure.set_dpi(96 * SCALE)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def _with_few_colors(dots: np.ndarray) -> Image.Image:
    """A picture in the colours that most of its dots have, which makes its file a third as large."""
    places = np.array([1 << 16, 1 << 8, 1], dtype=np.int64)
    values = dots[..., :3].astype(np.int64) @ places
    found = Image.fromarray(dots[..., :3]).getcolors(values.size) or []
    often = sorted(found, key=lambda one: (-one[0], one[1]))
    share = np.cumsum([count for count, _ in often]) / values.size
    often = often[: min(_MOST, max(_COLORS, int(np.searchsorted(share, _NEARLY_ALL)) + 1))]
    kept, every = (np.array([color for _, color in colors], dtype=np.int64) for colors in (often, found))
    nearest = ((every[:, None] - kept[None]) ** 2).sum(axis=2).argmin(axis=1)
    place = np.zeros(1 << 24, dtype=np.uint8)
    place[every @ places] = nearest
    picture = Image.fromarray(place[values], "P")
    picture.putpalette(kept.astype(np.uint8).tobytes())
    return picture


def _properties(about: str) -> PngInfo:
    known = PngInfo()
    known.add_itxt("Description", about)
    return known
