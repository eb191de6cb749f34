"""One theme for everything that is drawn: colours, sizes, and matplotlib's own settings made of them.

Sizes are CSS pixels (96 to the inch), so that type in a figure is as large as type on the page around it;
matplotlib counts in points, of which 72 make an inch.
"""

import warnings
from colorsys import hls_to_rgb, rgb_to_hls
from typing import Any

import numpy as np
from matplotlib.colors import to_hex, to_rgb

# A label in Chinese, or with a smiling face: the page has type for it, and a PNG shows a box in its place.
warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from", UserWarning)

# Ink and paper. Muted text keeps 4.5:1 on white (WCAG AA), lines that carry data 3:1.
INK = "#1c2833"
MUTED = "#566270"
RULE = "#d9dee3"
FAINT = "#eef1f4"
PAPER = "#ffffff"
BLACK, WHITE = "#000000", "#ffffff"

# Two estimates of one thing. They differ in hue, in lightness and in the shape of the mark, so they stay
# apart in grey and for readers who confuse colours. Text of the second is darker than its marks: it needs
# the contrast of text.
UNWEIGHTED = "#1b5583"
UNWEIGHTED_TINT = "#c5d8e7"
WEIGHTED = "#c46a14"
WEIGHTED_TEXT = "#9a4f08"

# Low to high, brown to blue; the middle is grey.
LOW = ("#8c4a0b", "#d9a765")
MIDDLE = "#d5d9dd"
HIGH = ("#93bcd8", "#1b5583")
# Little to much, where there is no middle.
SEQUENCE = ("#e3edf5", "#123d60")
# Contrast of text (WCAG AA), with something to spare for rounding.
_LEGIBLE = 4.6

#: What colours become on dark paper, which is that of the pages; `dark` gives it for every colour.
DARK = {
    INK: "#e6eaee",
    MUTED: "#a9b4bf",
    RULE: "#39434d",
    FAINT: "#1d242b",
    PAPER: "#14191e",
    UNWEIGHTED: "#8cc4f2",
    WEIGHTED: "#d98a3a",
    WEIGHTED_TEXT: "#f0a860",
}

WIDE = 680
PHONE = 340
TEXT = 13.0
SMALL = 11.5
HEADING = 17.0

# Type is measured with the face that matplotlib brings along, which is wide; a page shows it in the reader's
# own sans-serif, which is narrower, so nothing runs into anything.
FACE = "DejaVu Sans"
STACK = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"


def points(pixels: float) -> float:
    """Return the points, in which matplotlib counts type and lines, that so many pixels are."""
    return pixels * 0.75


#: rcParams; `seaborn.set_theme(rc=theme.STYLE)` gives a notebook of one's own the same look.
STYLE: dict[Any, Any] = {
    "figure.dpi": 96,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "svg.fonttype": "none",
    "svg.hashsalt": "nsmo",
    "path.simplify": False,
    "font.family": FACE,
    "font.size": points(TEXT),
    "text.color": INK,
    "text.parse_math": False,
    "axes.facecolor": "none",
    "axes.prop_cycle": "cycler('color', ['#1b5583', '#c46a14', '#5b8f4e', '#8a5aa3', '#8c4a0b', '#566270'])",
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.spines.bottom": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.edgecolor": MUTED,
    "axes.linewidth": points(1),
    "axes.labelcolor": MUTED,
    "axes.labelsize": points(SMALL),
    "axes.labelpad": points(8),
    "axes.titlesize": points(TEXT),
    "axes.xmargin": 0.02,
    "grid.color": RULE,
    "grid.linewidth": points(1),
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": points(SMALL),
    "ytick.labelsize": points(SMALL),
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "xtick.major.pad": points(7),
    "ytick.major.pad": points(7),
    "legend.frameon": False,
    "legend.fontsize": points(SMALL),
    "legend.labelcolor": MUTED,
    "legend.borderpad": 0,
    "legend.borderaxespad": 0,
    "legend.handlelength": 1.0,
    "legend.handleheight": 0.95,
    "legend.handletextpad": 0.55,
    "legend.columnspacing": 1.2,
    "legend.labelspacing": 0.42,
    "lines.solid_capstyle": "butt",
    "lines.markersize": points(8),
    "lines.markeredgewidth": 1.2,
    "errorbar.capsize": points(3.5),
    "patch.linewidth": 0,
}

#: How an estimate is drawn, by whether it is weighted: filled dot, open diamond.
MARKS: dict[bool, dict[str, Any]] = {
    False: {"marker": "o", "color": UNWEIGHTED, "markerfacecolor": UNWEIGHTED},
    True: {"marker": "D", "color": WEIGHTED, "markerfacecolor": PAPER},
}
#: The colour of the text of an estimate, by whether it is weighted.
TEXTS = {False: UNWEIGHTED, True: WEIGHTED_TEXT}


def two_sided(options: int, top_box: int) -> bool:
    """Return whether an ordered scale has a middle, by how many of its options are in its top box.

    Its top box is then one side: as many options at the other end leave a middle one, or none. Of two or
    three options that cannot be told: never, sometimes and always have no sides.

    Examples
    --------
    >>> two_sided(5, 2), two_sided(6, 0), two_sided(3, 1)
    (True, False, False)
    """
    return options > 3 and 2 * top_box >= options - 1


def scale_colors(count: int, *, two_sided: bool = True) -> list[str]:
    """List the colours of a scale, low to high.

    Parameters
    ----------
    count : int
    two_sided : bool
        Brown, grey in the middle of an odd one, blue; else one hue, from light to dark.

    Examples
    --------
    >>> scale_colors(3)
    ['#8c4a0b', '#d5d9dd', '#1b5583']
    >>> scale_colors(2, two_sided=False)
    ['#e3edf5', '#123d60']
    """

    def between(first: str, last: str, steps: int) -> list[str]:
        mixed = [to_hex(c) for c in np.linspace(to_rgb(first), to_rgb(last), steps)]
        # Numbers stand on these areas.
        inks = [ink_on(color) for color in mixed]
        return [_moved(c, ink, WHITE if ink == INK else BLACK) for c, ink in zip(mixed, inks, strict=True)]

    if not two_sided:
        return between(*SEQUENCE, count)
    half = count // 2
    # A scale of two or three steps keeps the strong end of each side.
    low = between(*LOW, half) if half > 1 else [LOW[0]] * half
    high = between(*HIGH, half) if half > 1 else [HIGH[1]] * half
    return low + [MIDDLE] * (count % 2) + high


def dark(color: str) -> str:
    """Return what a colour of a figure becomes on dark paper.

    Light areas turn dark and dark ones light, as the text on them does; so what stands out stands out still.

    Examples
    --------
    >>> dark(INK), dark("#d5d9dd")
    ('#e6eaee', '#33383d')
    """
    if color in DARK:
        return DARK[color]
    hue, light, saturation = rgb_to_hls(*to_rgb(color))
    turned = to_hex(hls_to_rgb(hue, 0.1 + 0.8 * (1 - light), saturation * 0.8))
    text = DARK[ink_on(color)]
    return _moved(turned, text, BLACK if text == DARK[INK] else WHITE)


def _moved(color: str, text: str, towards: str) -> str:
    """A colour, moved as far as text on it needs to be read."""
    for share in np.linspace(0, 1, 41):
        mixed = to_hex((1 - share) * np.array(to_rgb(color)) + share * np.array(to_rgb(towards)))
        if contrast(mixed, text) >= _LEGIBLE:
            return mixed
    return towards


def luminance(color: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, from 1 to 21; text needs 4.5.

    Examples
    --------
    >>> round(contrast(WEIGHTED, PAPER), 2), round(contrast(WEIGHTED_TEXT, PAPER), 2)
    (3.88, 6.01)
    """
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def ink_on(color: str) -> str:
    """Return the colour of text on a coloured area: ink or paper, whichever stands out more."""
    return max((INK, PAPER), key=lambda ink: contrast(ink, color))
