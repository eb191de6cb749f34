"""The report as a Word document, by pandoc."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bs4 import BeautifulSoup

from nsmo.handouts import docx
from nsmo.handouts.built import BuiltReport, written_languages
from nsmo.handouts.chromium import pictured
from nsmo.handouts.document import document, whole_report
from nsmo.present.wording import Wording
from nsmo.study.errors import StudyError
from nsmo.study.paths import reports

_LONGEST = 300  # seconds


def write(wave: str, languages: Sequence[str] = ()) -> list[Path]:
    """Write the report as Word in each language.

    Returns
    -------
    list of Path
        What was written, in ``reports/<wave>/word``.

    Raises
    ------
    StudyError
        Where there is no pandoc, or it stops.
    """
    pandoc = shutil.which("pandoc")
    if pandoc is None:
        raise StudyError(
            found="no pandoc",
            expected="the program that turns pages into Word documents",
            fix="install it (Debian: apt-get install pandoc; https://pandoc.org/installing.html)",
        )
    folder = reports(wave) / "word"
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for language in languages or written_languages(wave):
        path = folder / f"report.{language}.docx"
        _convert(pandoc, BuiltReport(wave, language), path)
        made.append(path)
    return made


def _convert(pandoc: str, report: BuiltReport, path: Path) -> None:
    pages = whole_report(report, tables=True)
    first = report.page("index").title
    soup = BeautifulSoup(document(report, pages, first), "html.parser")
    # Word makes its own title and contents; a mark that is spelled out beside it is one too many there.
    for part in soup.select("head style, .toc, .cover h1, .cover .kicker, [aria-hidden=true]"):
        part.decompose()
    for caption in soup.select("figcaption"):  # pandoc would join its paragraphs by a sign
        texts = [one.get_text(" ", strip=True) for one in caption.select(".figure-title, .subtitle")]
        if texts:
            caption.string = ". ".join(texts)
    with tempfile.TemporaryDirectory(prefix="nsmo-word-") as folder:
        drawings: dict[str, Path] = {}
        for image in soup.select("img[src^='file:']"):
            address = str(image["src"])
            if address not in drawings:
                drawings[address] = Path(folder) / f"{len(drawings)}.png"
                size = (int(str(image.get(side, "600"))) for side in ("width", "height"))
                pictured(Path(address.removeprefix("file://")), drawings[address], *size)
            image["src"] = str(drawings[address])
        page = Path(folder) / "report.html"
        page.write_text(str(soup), encoding="utf-8")
        command = [pandoc, "--from=html", "--to=docx", "--toc", "--toc-depth=2", "--standalone"]
        command += [f"--metadata=title={first}", f"--metadata=subtitle={report.study}"]
        command += [f"--metadata=toc-title={Wording(report.language)('handout.contents')}"]
        command += [f"--metadata=lang={report.language}", f"--output={path}", str(page)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False)
    if done.returncode:
        raise StudyError(
            found=f"pandoc stopped: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}",
            where=path.name,
            fix="look whether another version of pandoc does it; 2.17 and later are known to",
        )
    docx.finish(path)
