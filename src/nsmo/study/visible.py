"""Takes from texts what a screen, a page or a terminal would obey instead of showing it."""

import re

#: Controls (but line break and tab), marks that turn the direction of what follows, and letters that no
#: screen shows: behind a black flag they make the flag of a country, elsewhere they say what nobody sees.
CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]"
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+"
)


def visible(text: str) -> str:
    r"""Return a text in which nothing is hidden: signs that control a screen or a page show as one sign.

    Examples
    --------
    >>> visible("a\x07b")
    'a\ufffdb'
    """
    return CONTROLS.sub("\ufffd", text)
