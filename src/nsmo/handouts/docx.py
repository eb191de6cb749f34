"""What pandoc leaves to be set in a Word document: paper, type, widths of tables, page numbers, contents."""

import re
import zipfile
from pathlib import Path

#: Twentieths of a point: A4, its margins, and what lies between these.
_PAPER, _MARGIN = (11906, 16838), 1134
_INSIDE = _PAPER[0] - 2 * _MARGIN
_FACE, _SIZE, _BLUE = "Arial", 20, "1B5583"  # the size in half points
_SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_FOOTER = (
    f'<?xml version="1.0" encoding="UTF-8"?><w:ftr {_SPACES}><w:p><w:pPr><w:jc w:val="right"/></w:pPr>'
    '<w:r><w:rPr><w:sz w:val="16"/></w:rPr><w:fldChar w:fldCharType="begin"/></w:r>'
    '<w:r><w:rPr><w:sz w:val="16"/></w:rPr><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
    '<w:r><w:rPr><w:sz w:val="16"/></w:rPr><w:fldChar w:fldCharType="end"/></w:r></w:p></w:ftr>'
)
_SECTION = (
    f'<w:sectPr><w:footerReference w:type="default" r:id="rIdFooter"/>'
    f'<w:pgSz w:w="{_PAPER[0]}" w:h="{_PAPER[1]}"/><w:pgMar w:top="{_MARGIN}" w:right="{_MARGIN}" '
    f'w:bottom="{_MARGIN}" w:left="{_MARGIN}" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
)
_KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer"


def finish(path: Path) -> None:
    """Set what pandoc leaves open, in place: the same bytes for the same document."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    changes = {
        "word/theme/theme1.xml": _theme,
        "word/styles.xml": _styles,
        "word/document.xml": _document,
        # Word fills in the contents when it opens the document.
        "word/settings.xml": lambda text: text.replace(
            "</w:settings>", '<w:updateFields w:val="true"/></w:settings>'
        ),
        "word/_rels/document.xml.rels": lambda text: text.replace(
            "</Relationships>",
            f'<Relationship Id="rIdFooter" Type="{_RELATION}" Target="footer1.xml"/></Relationships>',
        ),
        "[Content_Types].xml": lambda text: text.replace(
            "</Types>", f'<Override PartName="/word/footer1.xml" ContentType="{_KIND}"/></Types>'
        ),
    }
    for name, change in changes.items():
        parts[name] = change(parts[name].decode("utf-8")).encode("utf-8")
    parts["word/footer1.xml"] = _FOOTER.encode("utf-8")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def _theme(text: str) -> str:
    text = re.sub(r'(<a:latin typeface=)"[^"]*"', rf'\1"{_FACE}"', text, count=2)
    return re.sub(r'(<a:accent1>\s*<a:srgbClr val=)"\w+"', rf'\1"{_BLUE}"', text)


def _styles(text: str) -> str:
    text = re.sub(r'(<w:(?:sz|szCs) w:val=)"24"', rf'\1"{_SIZE}"', text, count=2)
    text = re.sub(r'(<w:color w:val=)"(?:4F81BD|345A8A|0F4761)"', rf'\1"{_BLUE}"', text)
    # A chapter begins on a sheet of its own.
    heading = re.search(r'<w:style [^>]*w:styleId="Heading1".*?</w:style>', text, re.DOTALL)
    if heading and "<w:pPr>" in heading[0]:
        broken = heading[0].replace("<w:pPr>", "<w:pPr><w:pageBreakBefore/>", 1)
        text = text.replace(heading[0], _in_order(broken))
    # The contents stand below the title.
    contents = re.search(r'<w:style [^>]*w:styleId="TOCHeading".*?</w:style>', text, re.DOTALL)
    if contents:
        begun = re.sub(r"<w:pPr>", '<w:pPr><w:pageBreakBefore w:val="0"/>', contents[0], count=1)
        text = text.replace(contents[0], begun)
    return text


def _in_order(style: str) -> str:
    """Word wants what keeps paragraphs together before what breaks them."""
    for name in ("keepNext", "keepLines"):
        found = re.search(rf"<w:{name} ?/>", style)
        if found:
            style = style.replace(found[0], "", 1).replace(
                "<w:pageBreakBefore/>", f"{found[0]}<w:pageBreakBefore/>"
            )
    return style


def _document(text: str) -> str:
    text = re.sub(r"<w:tblGrid>.*?</w:tblGrid>", _grid, text, flags=re.DOTALL)
    text = re.sub(r"<w:tblW [^>]*/>(?!<w:tblLayout)", '<w:tblW w:type="pct" w:w="5000"/>', text)
    return re.sub(r"<w:sectPr ?/>", _SECTION, text)


def _grid(found: re.Match[str]) -> str:
    """Columns as wide as the paper allows; the first has words, the others numbers."""
    count = found[0].count("<w:gridCol")
    first = _INSIDE if count == 1 else int(_INSIDE * max(0.3, 1 / count))
    rest = (_INSIDE - first) // max(1, count - 1)
    widths = [first, *[rest] * (count - 1)]
    return f"<w:tblGrid>{''.join(f'<w:gridCol w:w={chr(34)}{one}{chr(34)}/>' for one in widths)}</w:tblGrid>"
