"""The findings as slides: one a slide, editable text, a picture, and the numbers in the notes."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from bs4 import Tag

from nsmo.handouts.built import BuiltReport, said, written_languages
from nsmo.handouts.chromium import pictured
from nsmo.present.wording import Wording
from nsmo.study.paths import reports

#: Inches: the slide, its margin, and the height of the strip at its foot.
_WIDE, _HIGH, _MARGIN, _FOOT = 13.333, 7.5, 0.6, 0.55
_INK, _QUIET = "1B2733", "566270"
#: A picture takes so much of the width; it is drawn with so many dots to a CSS pixel.
_SHARE, _SCALE = 0.58, 3
#: Inches above a picture, for its title and whom it is of.
_CAPTION = 0.95


@dataclass(frozen=True)
class Finding:
    """What a slide says.

    Attributes
    ----------
    title : str
    texts : tuple of str
        Paragraphs, or the items of a list.
    drawing : Path or None
    size : tuple of int
        Of the drawing, in CSS pixels.
    caption : tuple of str
        The title of the figure, and whom it is of.
    alt : str
        What the drawing shows, for who cannot see it.
    notes : tuple of str
        The title of the figure, whom it is of, its numbers, and where more stands.
    """

    title: str
    texts: tuple[str, ...]
    drawing: Path | None
    size: tuple[int, int]
    caption: tuple[str, ...]
    alt: str
    notes: tuple[str, ...]


def findings(report: BuiltReport) -> list[Finding]:
    """List what the first page of the report says, part by part."""
    return [
        _finding(part, report.folder)
        for part in report.page("index").text.select("section.part")
        if part.select_one("h2")
    ]


def _finding(part: Tag, folder: Path) -> Finding:
    heading, image = part.select_one("h2"), part.select_one("figure img[src]")
    assert heading is not None
    beside = [node for node in part.find_all(["p", "li"]) if not node.find_parent("figure")]
    links = [said(node) for node in beside if node.name == "p" and _of_links(node)]
    figure = part.select_one("figure")
    texts = [said(node) for node in figure.select(".figure-title, .subtitle")] if figure else []
    cells = [
        ", ".join(filter(None, (said(cell) for cell in row.find_all(["th", "td"]))))
        for row in part.select("tbody tr")
    ]
    # A paragraph that ends in a question leads to a page of that name; a point of a list says more than that.
    shown = [
        f"• {text}" if node.name == "li" else text
        for node in beside
        if (text := said(node)) and text not in links and not (node.name == "p" and text.endswith("?"))
    ]
    alt = str(image.get("alt", "")) if image else ""
    drawing = (folder / str(image["src"])).resolve() if image else None
    numbers = cells or [_described(drawing) or alt]
    return Finding(
        said(heading),
        tuple(shown),
        drawing,
        (int(str(image.get("width", "680"))), int(str(image.get("height", "400")))) if image else (0, 0),
        tuple(texts),
        alt,
        (*shown, *texts, *filter(None, numbers), *links),
    )


def _described(drawing: Path | None) -> str:
    """The long description of a drawing, which has every number in it: its file that stands alone has it."""
    alone = drawing.with_name(f"{drawing.stem}.alone.svg") if drawing else None
    if alone is None or not alone.is_file():
        return ""
    found = re.search(r"<desc[^>]*>(.*?)</desc>", alone.read_text("utf-8"), re.DOTALL)
    return " ".join(unescape(found[1]).split()) if found else ""


def _of_links(paragraph: Tag) -> bool:
    """Whether a paragraph does no more than lead to other pages."""
    within = sum(len(link.get_text()) for link in paragraph.find_all("a"))
    return within > len(paragraph.get_text()) / 2


def write(wave: str, languages: Sequence[str] = ()) -> list[Path]:
    """Write the findings as slides in each language.

    Returns
    -------
    list of Path
        What was written, in ``reports/<wave>/slides``.
    """
    folder = reports(wave) / "slides"
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for language in languages or written_languages(wave):
        report = BuiltReport(wave, language)
        path = folder / f"findings.{language}.pptx"
        _presentation(report, findings(report)).save(str(path))
        made.append(path)
    return made


def _presentation(report: BuiltReport, found: Sequence[Finding]) -> Any:
    from pptx import Presentation
    from pptx.util import Inches

    deck, words = Presentation(), Wording(report.language)
    deck.slide_width, deck.slide_height = Inches(_WIDE), Inches(_HIGH)
    first, lead = report.page("index"), report.page("index").text.select_one("p.lead")
    deck.core_properties.title = f"{first.title} – {report.study}"
    deck.core_properties.language = report.language
    # The template of the library names its own author.
    deck.core_properties.author = deck.core_properties.last_modified_by = report.study
    foot = words("handout.reconstructed") if report.notice else ""
    opening = Finding(first.title, (said(lead),) if lead else (), None, (0, 0), (), "", (report.citation,))
    _slide(deck, opening, report.study, foot)
    with tempfile.TemporaryDirectory(prefix="nsmo-slides-") as folder:
        for number, finding in enumerate(found, 1):
            picture = None
            if finding.drawing:
                picture = Path(folder) / f"{number}.png"
                pictured(finding.drawing, picture, *finding.size, _SCALE)
            _slide(deck, finding, report.study, foot, picture)
    if report.notice:
        ending = Finding(words("handout.reading"), (report.notice, report.reading), None, (0, 0), (), "", ())
        _slide(deck, ending, report.study, foot)
    return deck


def _slide(deck: Any, finding: Finding, study: str, foot: str, picture: Path | None = None) -> None:
    from pptx.util import Inches

    slide = deck.slides.add_slide(deck.slide_layouts[5])  # a title, and room
    title = slide.shapes.title
    title.left, title.top, title.width, title.height = map(Inches, (_MARGIN, 0.45, _WIDE - 2 * _MARGIN, 1.15))
    _write(title.text_frame, [finding.title], size=28, bold=True)
    room = _HIGH - 1.95 - _FOOT
    if picture:
        width, height = (side / 96 for side in finding.size)
        head = _CAPTION if finding.caption else 0.0
        scale = min(_SHARE * _WIDE / width, (room - head) / height)
        left, top = _WIDE - _MARGIN - _SHARE * _WIDE, 1.8 + head
        if finding.caption:
            above = slide.shapes.add_textbox(*map(Inches, (left, 1.8, _SHARE * _WIDE, _CAPTION)))
            _write(above.text_frame, finding.caption[:1], size=14, bold=True)
            _write(above.text_frame, finding.caption[1:], size=11, colour=_QUIET, more=True)
        shape = slide.shapes.add_picture(
            str(picture), *map(Inches, (left, top, width * scale, height * scale))
        )
        described = shape._element.nvPicPr.cNvPr  # python-pptx has no other way to say it
        described.set("descr", finding.alt)
        described.set("name", finding.title)
        text_width = left - _MARGIN - 0.3
    else:
        text_width = _WIDE - 2 * _MARGIN
    if finding.texts:
        box = slide.shapes.add_textbox(*map(Inches, (_MARGIN, 1.8, text_width, room)))
        long = sum(map(len, finding.texts)) > 600
        _write(box.text_frame, finding.texts, size=16 if long else 18)
    strip = slide.shapes.add_textbox(*map(Inches, (_MARGIN, _HIGH - _FOOT, _WIDE - 2 * _MARGIN, _FOOT - 0.1)))
    _write(strip.text_frame, [" · ".join(filter(None, (study, foot)))], size=11, colour=_QUIET)
    if finding.notes:
        slide.notes_slide.notes_text_frame.text = "\n".join(finding.notes)


def _write(
    frame: Any, texts: Sequence[str], size: int, bold: bool = False, colour: str = _INK, more: bool = False
) -> None:
    from pptx.dml.color import RGBColor
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap, frame.vertical_anchor = True, MSO_ANCHOR.TOP
    for i, text in enumerate(texts):
        paragraph = frame.paragraphs[0] if i == 0 and not more else frame.add_paragraph()
        paragraph.alignment, paragraph.space_after = PP_ALIGN.LEFT, Pt(size / 2)
        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.bold = Pt(size), bold
        run.font.color.rgb = RGBColor.from_string(colour)
