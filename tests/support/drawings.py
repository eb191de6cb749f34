"""What a reader sees of a drawing, and whether all of it can be read."""

import xml.etree.ElementTree as ET

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from nsmo.present import theme

SVG = "{http://www.w3.org/2000/svg}"


def words(svg: bytes) -> list[str]:
    """List all text that a reader of the picture can see."""
    return [" ".join(t.itertext()).strip() for t in ET.fromstring(svg).iter(f"{SVG}text")]


def on(plot, *args, width: float = theme.WIDE, **options) -> Axes:
    """Draw on an Axes of one's own, and return it."""
    with mpl.rc_context(theme.STYLE):
        figure = Figure(figsize=(width / 96, 1))
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
        plot(*args, ax=ax, **options)
        figure.canvas.draw()
    return ax


def check_text(ax: Axes) -> None:
    """All text stands within the figure, and no letters on others."""
    figure = ax.figure
    renderer = figure.canvas.get_renderer()
    found = [t for t in figure.findobj(Text) if t.get_text() and t.get_visible()]
    # The paper under a text is no part of it.
    boxes = [(t.get_text(), Text.get_window_extent(t, renderer)) for t in found]
    assert boxes
    for text, box in boxes:
        assert box.x0 >= figure.bbox.x0 - 1, text
        assert box.x1 <= figure.bbox.x1 + 1, text
        assert box.y0 >= figure.bbox.y0 - 1, text
        assert box.y1 <= figure.bbox.y1 + 1, text
    for i, (text, box) in enumerate(boxes):
        for other_text, other in boxes[:i]:
            # Line boxes may touch; letters may not.
            beside = box.x0 >= other.x1 - 1 or other.x0 >= box.x1 - 1
            beneath = box.y0 >= other.y1 - 4 or other.y0 >= box.y1 - 4
            assert beside or beneath, f"{text!r} on {other_text!r}"
