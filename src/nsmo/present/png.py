"""Figures as PNG, for what takes no SVG: text processors, mail, slides."""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nsmo.present import theme
from nsmo.present.sheet import MARGIN, Sheet

#: Dots of the picture for each pixel of the page: sharp on paper too.
SCALE = 2
#: A drawing has a few colours and what lies between them and its ground; with so many no eye sees a step.
_COLORS = 32


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
    paper = Figure(figsize=(sheet.width / 96, sheet.height / 96), dpi=96 * SCALE, facecolor=theme.PAPER)
    drawing = _dots(figure)
    below = sheet.height * SCALE - round(sheet.above * SCALE) - drawing.shape[0]
    paper.figimage(drawing, xo=MARGIN * SCALE, yo=below, origin="upper")
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
    picture = Image.fromarray(_dots(paper)[..., :3])
    picture = picture.quantize(_COLORS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True, dpi=(96 * SCALE, 96 * SCALE), pnginfo=_properties(about))
    return buffer.getvalue()


def _dots(figure: Figure) -> np.ndarray:
    """The picture of a figure, whose parts stay where they were drawn."""
    figure.set_layout_engine("none")
    figure.set_dpi(96 * SCALE)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def _properties(about: str) -> PngInfo:
    known = PngInfo()
    known.add_itxt("Description", about)
    return known
