"""What the report of a reconstruction must not show: searched in pages, drawings, tables and workbooks."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from html import unescape
from pathlib import Path

from nsmo.present.wording import Wording
from nsmo.study.ensemble import Ensemble, Range

SHARES = ("proportion", "proportion of answers")
#: What tests and intervals decide, in English and in Dutch.
FINDINGS = {
    "a p-value": r"\bp\s*[=<≤]\s*0?[.,]\d|\bp\s+0[.,]\d{2,}|p-waarde van|p-value of",
    "a count of what is clear": (
        r"\b\d+ (?:of|van de) \d+ (?:stated |gestelde |genoemde )?"
        r"(?:associations|comparisons|differences|directions|tests"
        r"|verbanden|vergelijkingen|verschillen|richtingen|toetsen)\b[^.]{0,60}"
        r"(?:clear|above 0|below 0|exclude|significant|duidelijk|boven 0|onder 0)"
    ),
    "an interval that excludes": (
        r"intervals? (?:excludes?|that exclude)|lie wholly (?:above|below)|geheel (?:boven|onder) 0"
    ),
    "a difference called significant": r"differ(?:s|ence is)? significantly|verschil(?:len|t)? significant",
}
#: Where a p rests on the published figures alone, or on a simulation.
ALONE = ("bounds", "published", "coverage", "claims", "made", "method")


def prose(page: str) -> str:
    """What a reader sees of a page, alternative texts too, without code."""
    for tag in ("script", "style", "pre", "code"):
        page = re.sub(rf"<{tag}\b.*?</{tag}>", " ", page, flags=re.DOTALL)
    page = re.sub(r'(?:alt|aria-label|title)="([^"]*)"', r"> \1 . <", page)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def texts(report: Path) -> Iterator[tuple[str, str]]:
    """Yield every text of a built report (reports/<wave>) with the name of its file."""
    for path in sorted((report / "html").rglob("*.html")):
        yield path.relative_to(report).as_posix(), prose(path.read_text(encoding="utf-8"))
    for path in sorted((report / "figures").rglob("*.svg")):
        yield path.relative_to(report).as_posix(), prose(path.read_text(encoding="utf-8"))
    for path in sorted([*(report / "workbooks").rglob("*.xlsx"), *(report / "html").rglob("*.xlsx")]):
        with zipfile.ZipFile(path) as book:
            parts = [book.read(name).decode("utf-8") for name in book.namelist() if name.endswith(".xml")]
        yield path.relative_to(report).as_posix(), prose(" ".join(parts))


def findings(report: Path) -> list[str]:
    """Name what stands in a report that only answers of respondents could show."""
    found = []
    for name, text in texts(report):
        for what, pattern in FINDINGS.items():
            if what == "a p-value" and {*Path(name).parts, Path(name).stem} & set(ALONE):
                continue
            if hit := re.search(pattern, text):
                found.append(f"{name}: {what}: …{text[max(0, hit.start() - 80) : hit.end() + 40]}…")
    return found


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def intervals_of_assumed(report: Path) -> list[str]:
    """Name the tables in which a figure that is assumed has a standard error or an interval."""
    found = []
    for path in sorted([*(report / "tables").rglob("*.csv"), *(report / "html/data").rglob("*.csv")]):
        for row in rows(path):
            origin = row.get("origin", row.get("estimate_origin", ""))
            ends = [n for n, v in row.items() if v and (n == "se" or n.endswith(("ci_low", "ci_high")))]
            if origin == "assumed" and ends:
                found.append(
                    f"{path.relative_to(report)}: {', '.join(ends)} of {row.get('question') or row.get('id')}"
                )
                break
            if {"p", "p_holm"} & row.keys() and path.parent.name not in ALONE:
                found.append(f"{path.relative_to(report)}: a column of p")
                break
    return found


def without_range(report: Path, known: Ensemble, words: Mapping[str, Wording]) -> list[str]:
    """Name the assumed figures that stand somewhere without their range over other reconstructions.

    Parameters
    ----------
    report : Path
        A built reports/<wave>.
    known : Ensemble
        Of the wave.
    words : mapping
        Of each language of the report.
    """
    found = []
    for path in sorted((report / "tables").glob("*/estimates.csv")):
        for row in rows(path):
            if row["origin"] != "assumed" or not row["estimate"] or (ends := known.of(row)) is None:
                continue
            about = " ".join(filter(None, (row[name] for name in ("question", "option", "by", "group"))))
            if not row["range_low"]:
                found.append(f"{path.relative_to(report)}: {about}")
            elif path.parent.name == "crosstabs" and row["by"] and row["weighted"] == "False":
                found += _pages_without(report, row, ends, words, about)
    return found


def _pages_without(
    report: Path, row: Mapping[str, str], ends: Range, words: Mapping[str, Wording], about: str
) -> Iterator[str]:
    """Name the pages that show a figure of a group without its range."""
    kind, decimals = ("percent", 1) if row["statistic"] in SHARES else ("number", 2)
    pages = {"notebooks/crosstabs.html": words["en"]}
    if row["statistic"] == "proportion":
        pages |= {f"{language}/question-{row['question']}.html": one for language, one in words.items()}
    for name, wording in pages.items():
        text = _read(report / "html" / name)
        if text and wording.span(ends.low, ends.high, kind, decimals) not in text:
            yield f"html/{name}: {about}"


@cache
def _read(path: Path) -> str:
    return prose(path.read_text(encoding="utf-8")) if path.exists() else ""
