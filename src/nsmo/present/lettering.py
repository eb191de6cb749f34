"""How wide a text is, and where it breaks, without drawing it."""

import io
from functools import cache, lru_cache
from pathlib import Path

from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.textpath import text_to_path

from nsmo.present import theme

#: Of the face in which texts are measured, in pixels: that of matplotlib.
FONT_SCALE = text_to_path.FONT_SCALE


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = theme.TEXT, bold: bool = False) -> float:
    """Return the width in pixels of one line of text set in `theme.FACE`.

    Parameters
    ----------
    text : str
    size : float
        Pixels.
    bold : bool
    """
    place = _place(bold)
    _, known = _face(place)
    shown = "".join(one for one in text if one in known)
    box = measured(shown, place)
    # What the face lacks, the reader's has: signs of other scripts are about as wide as high.
    return ((box[0] / FONT_SCALE if box else 0.0) + len(text) - len(shown)) * size


@lru_cache(maxsize=8192)
def measured(text: str, place: str) -> tuple[float, float, float] | None:
    """Return width, height and descent of one line of text set in a face of `FONT_SCALE` pixels.

    Parameters
    ----------
    text : str
    place : str
        The file of the face.

    Returns
    -------
    (float, float, float) or None
        None where the face lacks a sign of the text.
    """
    face, known = _face(place)
    if not known.issuperset(text):
        return None
    face.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    width, height = face.get_width_height()
    return width / 64, height / 64, face.get_descent() / 64


@cache
def _place(bold: bool) -> str:
    return findfont(FontProperties(family=theme.FACE, weight="bold" if bold else "normal"))


@cache
def _face(place: str) -> tuple[FT2Font, frozenset[str]]:
    """The face held in memory (matplotlib reads a font from its file, glyph by glyph), and its signs."""
    face = FT2Font(io.BytesIO(Path(place).read_bytes()))
    face.set_size(FONT_SCALE, text_to_path.DPI)
    return face, frozenset(map(chr, face.get_charmap()))


def lacking(text: str) -> list[str]:
    """List the signs of a text that the face lacks, so that a PNG has a box in their place; each once."""
    known = _face(_place(bold=False))[1]
    return [one for one in dict.fromkeys(text) if one not in known and one.isprintable()]


def wrap(text: str, width: float, size: float = theme.TEXT, bold: bool = False) -> list[str]:
    """Break a text into lines of at most `width` pixels; a longer single word stays whole.

    Examples
    --------
    >>> wrap("Trade, transport and hospitality", 130)
    ['Trade, transport', 'and hospitality']
    """
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


def line_height(size: float) -> float:
    """Return the distance of two base lines in pixels."""
    return round(size * 1.32, 1)
