"""The report and its topline on paper: contents with page numbers, running heads, addresses of links."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from nsmo.handouts.built import BuiltPage, BuiltReport, written_languages
from nsmo.handouts.chromium import printed
from nsmo.handouts.document import document, topline, whole_report
from nsmo.present.wording import Wording
from nsmo.study.paths import reports


def write(wave: str, languages: Sequence[str] = ()) -> list[Path]:
    """Print the report and its topline in each language.

    Returns
    -------
    list of Path
        What was written, in ``reports/<wave>/pdf``.
    """
    folder = reports(wave) / "pdf"
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for language in languages or written_languages(wave):
        report, words = BuiltReport(wave, language), Wording(language)
        first = report.page("index").title
        made.append(_print(report, whole_report, first, folder / f"report.{language}.pdf"))
        if topline(report):
            title = words("handout.topline")
            made.append(_print(report, topline, title, folder / f"topline.{language}.pdf"))
    return made


def _print(
    report: BuiltReport, pages: Callable[[BuiltReport], Sequence[BuiltPage]], title: str, pdf: Path
) -> Path:
    """Print twice: the first time tells on which sheet each page begins."""
    with tempfile.TemporaryDirectory(prefix="nsmo-pdf-") as folder:
        page = Path(folder) / f"{pdf.stem}.html"
        page.write_text(document(report, pages(report), title), encoding="utf-8")
        printed(page, pdf)
        page.write_text(document(report, pages(report), title, _sheets(pdf)), encoding="utf-8")
        printed(page, pdf)
    return pdf


def _sheets(pdf: Path) -> dict[str, int]:
    """Return on which sheet, from 1, each anchor of a PDF stands."""
    from pypdf import PdfReader

    with PdfReader(pdf) as reader:
        found = {}
        for name, place in reader.named_destinations.items():
            number = reader.get_destination_page_number(place)
            if number is not None:
                found[name.removeprefix("/")] = number + 1
        return found
