"""Recognises tables and numbers that a notebook shows without `stage.table`: no plan has weighed these."""

import re
from collections.abc import Iterator
from typing import Any

from nsmo.study.personal import without_code

#: Tables in markup that `stage.table` makes.
_OURS = re.compile(r'class="data[" ]')
_TAGS = re.compile(r"<[^<>]*>")
_DIGIT = re.compile(r"\d")
_PIPES = re.compile(r"(?m)^.*\|.*$")
#: A line that ends with a number after a word; numbers in brackets; a number by itself.
_END = re.compile(r"\S[\s,;:|=]+-?\d[\d.,]*\s*[%|]?\s*$")
_BRACKETS = re.compile(r"[\[{(]([^\[\]{}()]*)[\]})]")
_BEHIND = re.compile(r": *\d+[,}]")
#: So many signs at the end of a line tell whether it ends with a number.
_TAIL = 300
_ALONE = re.compile(r"(?:np\.\w+\()?-?\d[\d.,]*%?\)?")
#: What the product itself prints on a page.
_OWN = ("Run by the pipeline: ", "Run by hand: ", "Tried here: ", "Results go to ")


def table_in(output: dict[str, Any]) -> bool:
    """Return whether an output of a cell has a table with numbers in it that did not come from `stage.table`.

    Parameters
    ----------
    output : dict
        Of a cell, as it stands in a notebook.
    """
    data = {kind: _joined(content) for kind, content in output.get("data", {}).items()}
    if "text/html" in data:
        return any(_DIGIT.search(_TAGS.sub(" ", table)) for table in _tables(data["text/html"]))
    if any(_DIGIT.search(line) for line in _PIPES.findall(data.get("text/markdown", ""))):
        return True
    if "text/markdown" in data or any(kind.startswith("image/") for kind in data):
        return False
    return _lists_numbers("\n".join([_joined(output.get("text", "")), data.get("text/plain", "")]))


def _lists_numbers(text: str) -> bool:
    """Whether a text is a table of numbers, a list of some, or one number."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(_OWN)]
    ends = sum(bool(_END.search(line[-_TAIL:])) for line in lines)
    text = "\n".join(lines)
    listed = _BEHIND.search(text) or any(map(_has_numbers, _BRACKETS.findall(text)))
    return ends > 1 or "dtype:" in text or bool(listed or _ALONE.fullmatch(text.strip()))


def _has_numbers(inside: str) -> bool:
    """Whether a comma or colon follows a digit between brackets."""
    found = _DIGIT.search(inside)
    behind = inside[found.end() :] if found else ""
    return "," in behind or ":" in behind


def _tables(markup: str) -> Iterator[str]:
    """Yield what stands in the tables that `stage.table` did not make."""
    for part in without_code(markup).split("<table")[1:]:
        head, _, body = part.partition(">")
        if not _OURS.search(head):
            yield body.partition("</table>")[0]


def _joined(content: Any) -> str:
    return "".join(content) if isinstance(content, list) else str(content)
