"""Takes from texts what a screen, a page or a terminal would obey instead of showing it."""

import re

#: Controls (but line break and tab), and marks that turn the direction of what follows.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


def visible(text: str) -> str:
    r"""Return a text in which nothing is hidden: signs that control a screen or a page show as one sign.

    Examples
    --------
    >>> visible("a\x07b")
    'a\ufffdb'
    """
    return CONTROLS.sub("\ufffd", text)
