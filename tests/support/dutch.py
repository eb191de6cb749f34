"""Finds English in what a reader of a Dutch page sees and hears."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

#: Little words that English cannot do without and Dutch does not have.
ENGLISH = frozenset(
    re.findall(
        r"\w+",
        """the and which with from were are that this these those have has been being their they them than
        who whom whose each other between would could should it its for when there but by not no yes at on
        or to if more most only one two three how what why because into about under after before some any
        few several every both shown found asked answer answers""",
    )
)

_SILENT = ("script", "style", "code", "pre", "kbd")
_SPOKEN = ("alt", "aria-label", "title", "placeholder")
_VOID = ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")


class _Reader(HTMLParser):
    """Collects the texts of a page in its own language: not code, nor what is marked as another language."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        aside = bool(self.open) and self.open[-1][1]
        aside = aside or tag in _SILENT or (given.get("lang") or "nl") != "nl"
        if not aside:
            self.texts += [given[name] for name in _SPOKEN if given.get(name)]
        if tag not in _VOID:
            self.open.append((tag, aside))

    def handle_startendtag(self, tag, attrs):
        given = dict(attrs)
        if not (self.open and self.open[-1][1]):
            self.texts += [given[name] for name in _SPOKEN if given.get(name)]

    def handle_endtag(self, tag):
        while self.open:
            if self.open.pop()[0] == tag:
                break

    def handle_data(self, data):
        if not (self.open and self.open[-1][1]):
            self.texts.append(data)


def english_in(text: str) -> list[str]:
    """List the English function words of a text, each with what stands around it."""
    return [
        f"{word[0]}: …{text[max(0, word.start() - 40) : word.end() + 40].strip()}…"
        for word in re.finditer(r"(?<![\w.{’'/-])[A-Za-z]+(?![\w}’'/-]|\.\w)", text)
        if word[0].lower() in ENGLISH and not word[0].isupper()  # such as CC BY
    ]


def english_on(page: str) -> list[str]:
    """List the English function words that a reader of a page in Dutch meets."""
    reader = _Reader()
    reader.feed(page)
    return [found for text in reader.texts for found in english_in(" ".join(text.split()))]


def dutch(node: object) -> Iterator[str]:
    """Yield every text under a key `nl`, however deep."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from [value] if key == "nl" and isinstance(value, str) else dutch(value)
            if key == "nl" and isinstance(value, dict):
                yield from (text for text in value.values() if isinstance(text, str))
    elif isinstance(node, list):
        for value in node:
            yield from dutch(value)


def mistakes_in(definitions: object) -> list[str]:
    """List the English in the Dutch texts of a file, and what is not written as in Dutch."""
    texts = list(dutch(definitions))
    assert texts
    # A per cent stands right behind its number, and quotation marks are low and high or single.
    marks = [text for text in texts if " %" in text or "“" in text]
    return [found for text in texts for found in english_in(text)] + marks
