"""What stands around a drawing in a file of its own: title and subtitle above it, a notice below."""

from dataclasses import dataclass

from nsmo.present import theme
from nsmo.present.lettering import line_height, wrap
from nsmo.study.visible import visible

#: Paper around a drawing that stands alone, in pixels.
MARGIN = 12


@dataclass(frozen=True)
class Line:
    """One line of text: how it is set, and how far below the upper edge its base line is, in pixels."""

    text: str
    size: float
    bold: bool
    color: str
    base: float


@dataclass(frozen=True)
class Sheet:
    """A sheet that holds a drawing and the words around it; everything in pixels.

    Attributes
    ----------
    width, height : int
    above : float
        How far below the upper edge the drawing begins; from the left it is `MARGIN`.
    lines : tuple of Line
    """

    width: int
    height: int
    above: float
    lines: tuple[Line, ...]


def sheet(size: tuple[int, int], title: str, subtitle: str, notice: str = "") -> Sheet:
    """Return where things stand around a drawing.

    Parameters
    ----------
    size : (int, int)
        Width and height of the drawing.
    title, subtitle : str
    notice : str
        Set small beneath the drawing.
    """
    width, height = size
    above = [(line, theme.HEADING, True, theme.INK) for line in wrap(title, width, theme.HEADING, bold=True)]
    if subtitle:
        above += [(line, theme.TEXT, False, theme.MUTED) for line in wrap(subtitle, width)]
    lines, y = [], float(MARGIN)
    for text, size_, bold, color in above:
        lines.append(Line(visible(text), size_, bold, color, y + size_))
        y += line_height(size_)
    top = y + 14
    y = top + height + (10 if notice else 0)
    for text in wrap(notice, width, theme.SMALL) if notice else ():
        lines.append(Line(visible(text), theme.SMALL, False, theme.MUTED, y + theme.SMALL))
        y += line_height(theme.SMALL)
    return Sheet(width + 2 * MARGIN, round(y + MARGIN), top, tuple(lines))
