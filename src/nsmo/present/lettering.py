"""How wide a text is, and where it breaks, without drawing it."""

import io
from functools import cache, lru_cache
from pathlib import Path

from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font, LoadFlags
from matplotlib.textpath import text_to_path

from nsmo.present import theme


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
    face, known = _face(bold)
    shown = "".join(one for one in text if one in known)
    face.set_text(shown, 0.0, flags=LoadFlags.NO_HINTING)
    width = face.get_width_height()[0] / 64 / text_to_path.FONT_SCALE
    # What the face lacks, the reader's has: signs of other scripts are about as wide as high.
    return (width + len(text) - len(shown)) * size


@cache
def _face(bold: bool) -> tuple[FT2Font, frozenset[str]]:
    """The face held in memory (matplotlib reads a font from its file, glyph by glyph), and its signs."""
    place = findfont(FontProperties(family=theme.FACE, weight="bold" if bold else "normal"))
    face = FT2Font(io.BytesIO(Path(place).read_bytes()))
    face.set_size(text_to_path.FONT_SCALE, text_to_path.DPI)
    return face, frozenset(map(chr, face.get_charmap()))


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
