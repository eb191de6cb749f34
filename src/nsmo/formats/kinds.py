"""Tells by how a file begins what it is that is no table: many tools call a page or a document .xls."""

import codecs
import re

_KINDS = (
    (rb"%PDF-", "a PDF document"),
    (rb"\{\\rtf", "a document (RTF)"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "a picture"),
    (rb"(?i:<(!doctype\s+html|html|head|body|table|meta|div)\b)", "a page of the web (HTML)"),
    (rb"<\?xml\b|<[A-Za-z_][\w:.-]*(\s+[\w:.-]+\s*=|>\s*<)", "XML"),
    (rb"\[\s*[\[{]|\{\s*\"[^\"]*\"\s*:", "JSON"),
)


def kind_of_text(begin: bytes) -> str:
    """Return in words what begins like this and is no table; an empty text for what may be one.

    Parameters
    ----------
    begin : bytes
        The first hundred bytes or more.

    Examples
    --------
    >>> kind_of_text(b'[{"id": 1}]')
    'JSON'
    >>> kind_of_text(b"id,role")
    ''
    """
    start = begin.removeprefix(codecs.BOM_UTF8).lstrip()
    return next((kind for form, kind in _KINDS if re.match(form, start)), "")
