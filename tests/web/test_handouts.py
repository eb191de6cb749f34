"""What is made of the built report: paper, slides, Word."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from browsers import CHROMIUM
from small_reports import WAVE, make

from nsmo.handouts import pdf, slides, word
from nsmo.handouts.built import BuiltReport
from nsmo.study.errors import StudyError

needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make(tmp_path_factory.mktemp("handouts")).parents[2]


@pytest.fixture(autouse=True)
def _there(small, monkeypatch):
    monkeypatch.setenv("NSMO_ROOT", str(small))


@needs_chromium
@pytest.mark.slow
def test_the_contents_on_paper_name_the_sheet_on_which_a_page_begins(small):
    from pypdf import PdfReader

    made = {path.name: path for path in pdf.write(WAVE, ["nl"])}
    assert made["report.nl.pdf"].parent == small / "reports" / WAVE / "pdf"
    reader = PdfReader(made["report.nl.pdf"])
    sheets = [" ".join(page.extract_text().split()) for page in reader.pages]
    report = BuiltReport(WAVE, "nl")
    assert report.page("index").title in sheets[0]
    assert report.notice in sheets[0], "it stands on the first sheet"
    (contents,) = [text for text in sheets[:3] if "Inhoud" in text]
    titles = [
        report.page(name).title for name in report.menu() if name not in ("data", "notebooks", "search")
    ]
    for title in titles:
        number = int(re.search(rf"{re.escape(title)}\s*(\d+)", contents)[1])
        assert title in sheets[number - 1]
    assert re.search(rf"{len(sheets)} / {len(sheets)}", sheets[-1]), "every sheet has its number"
    assert reader.trailer["/Root"]["/Lang"] == "nl"
    assert reader.outline
    assert not [text for text in sheets[1:] if len(text) < 200], "no sheet with a title only"
    for name in (one for one in report.listed("questions") if one.startswith("question-")):
        question = report.page(name)
        labels = [" ".join(one.get_text().split()) for one in question.text.select(".reply-label")]
        together = [text for text in sheets[2:] if all(one in text for one in (question.title, *labels))]
        assert together, f"{name}: a question and its answers stay on one sheet"
    assert "figure.bars" in report.style, "of every kind of page, not of the first alone"
    links = [
        annotation.get_object()["/A"]["/URI"]
        for page in reader.pages
        for annotation in page.get("/Annots", [])
        if "/A" in annotation.get_object() and "/URI" in annotation.get_object()["/A"]
    ]
    assert not [link for link in links if link.startswith("file:")], "nothing leads to where it was printed"


@needs_chromium
def test_a_slide_has_a_finding_its_picture_in_words_and_its_numbers(small):
    from pptx import Presentation

    (path,) = slides.write(WAVE, ["en"])
    found = slides.findings(BuiltReport(WAVE, "en"))
    assert found
    assert any(text.startswith("• 2031: ") for one in found for text in one.texts), "no point is lost"
    about = Presentation(str(path)).core_properties
    assert (about.author, about.last_modified_by) == (BuiltReport(WAVE, "en").study,) * 2, "no stranger"
    deck = list(Presentation(str(path)).slides)
    by_title = {slide.shapes.title.text_frame.text: slide for slide in deck}
    for finding in found:
        slide = by_title[finding.title]
        texts = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        assert any(finding.texts[0] in text for text in texts)
        assert any("Reconstructed answers" in text for text in texts), "on every slide"
        pictures = [shape for shape in slide.shapes if not shape.has_text_frame]
        assert len(pictures) == bool(finding.drawing)
        for picture in pictures:
            assert picture._element.nvPicPr.cNvPr.get("descr") == finding.alt != ""
            assert picture.left + picture.width <= Presentation(str(path)).slide_width
            (above,) = [text for text in texts if text.startswith(finding.caption[0])]
            assert "Base:" in above, "whom the picture is of"
            numbers = re.findall(r"\d+\.\d%", slide.notes_slide.notes_text_frame.text)
            assert len(set(numbers)) > 1, "every number of the figure"


@needs_chromium
@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pandoc") is None, reason="no pandoc")
def test_word_gets_the_text_of_the_pages(small):
    (path,) = word.write(WAVE, ["en"])
    command = ["pandoc", "--from=docx", "--to=plain", "--wrap=none", str(path)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with zipfile.ZipFile(path) as archive:
        document, footer = (archive.read(f"word/{name}.xml").decode() for name in ("document", "footer1"))
    assert 'w:w="11906" w:h="16838"' in document, "A4"
    assert " PAGE " in footer
    assert "¶" not in text
    report = BuiltReport(WAVE, "en")
    assert report.notice in text
    assert report.page("index").title in text


def test_without_chromium_one_line_says_what_to_do(small, monkeypatch):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    with pytest.raises(StudyError, match=r"no Chromium \(no-such-browser\)[\s\S]*install it"):
        pdf.write(WAVE, ["en"])


def test_without_a_report_it_says_to_make_one(tmp_path, monkeypatch):
    monkeypatch.setenv("NSMO_ROOT", str(tmp_path))
    with pytest.raises(StudyError, match="run `make report` first"):
        slides.write(WAVE, ["en"])


def test_without_pandoc_it_says_so(monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    with pytest.raises(StudyError, match="no pandoc"):
        word.write(WAVE, ["en"])
