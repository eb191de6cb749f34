"""Looks at what was made of a study full of payloads: whether anything runs, leads elsewhere, or hides."""

import csv
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

import openpyxl
from lxml import etree

OBEYED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
FORMULA = re.compile(r"[=@\t\r]|[+-].*[(|!=@]")

#: Everything on a page that a payload could have become.
LOOK = r"""() => ({
    handlers: [...document.querySelectorAll("*")].filter(
        (tag) => [...tag.attributes].some((one) => one.name.startsWith("on"))).length,
    leads: [...document.querySelectorAll("[href], [src]")]
        .map((tag) => tag.getAttribute("href") || tag.getAttribute("src"))
        // The anchor of a heading is made of its text, and stays on the page.
        .filter((address) => !address.startsWith("#") && /evil|javascript:/i.test(address)).length,
    active: document.querySelectorAll("iframe, object, embed, form, math, main script, main style").length,
    opened: [...document.querySelectorAll("details")].filter((tag) => tag.textContent.trim() === "d").length,
    marks: [...document.querySelectorAll("main em, main strong, main code")]
        .filter((tag) => /^[bic]$/.test(tag.textContent)).length,
    computed: document.body.innerText.includes(" 49 "),
    hidden: getComputedStyle(document.body).display === "none",
    controls: /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText),
})"""
NOTHING = {
    "handlers": 0,
    "leads": 0,
    "active": 0,
    "opened": 0,
    "marks": 0,
    "computed": False,
    "hidden": False,
    "controls": False,
}
#: What may stand in a field of Word by itself.
FIELDS = ("PAGE", "NUMPAGES", "TOC")


def look_at_pages(folder: Path, browser, place: Path, *, policy: bool = True) -> None:
    """Open every page, as it was built or without its policy, and assert that nothing came to life."""
    paths = sorted(folder.rglob("*.html"))
    assert paths
    for path in paths:
        html = path.read_text("utf-8")
        if not policy:
            html = re.sub(r"<meta http-equiv=[^>]*>", "", html)
        opened = place / path.relative_to(folder)
        opened.parent.mkdir(exist_ok=True)
        opened.write_text(html, "utf-8")
        tab = browser.new_page()
        requests, errors = [], []
        tab.on("request", lambda request, found=requests: found.append(request.url))
        tab.on("pageerror", lambda error, found=errors: found.append(str(error)))
        tab.goto(opened.as_uri())
        assert tab.title() != "run", path.name
        assert [url for url in requests if not url.startswith(("file:", "data:"))] == [], path.name
        assert errors == [], path.name
        assert tab.evaluate(LOOK) == NOTHING, path.name
        tab.close()


def look_at_workbooks(paths: Iterable[Path]) -> None:
    """Assert that no cell is a formula, or leads out of its workbook."""
    paths = list(paths)
    assert paths
    for path in paths:
        for sheet in openpyxl.load_workbook(path):
            cells = [cell for row in sheet.iter_rows() for cell in row]
            assert [cell.coordinate for cell in cells if cell.data_type == "f"] == [], path.name
            leads = [cell.hyperlink.target or "#" for cell in cells if cell.hyperlink]
            assert [target for target in leads if not target.startswith("#")] == [], path.name
            assert not any(OBEYED.search(str(cell.value)) for cell in cells), path.name


def look_at_tables(paths: Iterable[Path]) -> None:
    """Assert that a spreadsheet finds no formula, and a screen nothing to obey."""
    paths = list(paths)
    assert paths
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        numbers = re.compile(r"[+-]?[\d.,e%-]+")
        odd = [c for c in cells if OBEYED.search(c) or (FORMULA.match(c) and not numbers.fullmatch(c))]
        assert odd == [], path.name


def look_at_office(paths: Iterable[Path]) -> None:
    """Assert of Word and slides that they are XML without fields, objects and links of anybody else."""
    paths = list(paths)
    assert paths
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            parts = {n: archive.read(n) for n in archive.namelist() if n.endswith((".xml", ".rels"))}
        for name, content in parts.items():
            tree = etree.fromstring(content)
            where = f"{path.name}, {name}"
            assert not OBEYED.search("".join(tree.itertext())), where
            leads = [one.get("Target") for one in tree if one.get("TargetMode") == "External"]
            assert not [to for to in leads if "evil" in to or "javascript:" in to], where
            for tag in tree.iter(etree.Element):
                kind = etree.QName(tag).localname
                assert kind not in ("fldSimple", "object", "OLEObject", "altChunk", "oMath"), where
                said = (tag.text or "").split()
                assert kind != "instrText" or said[:1] == [] or said[0] in FIELDS, where


def look_at_drawings(paths: Iterable[Path]) -> None:
    """Assert that a drawing draws, and does nothing else."""
    paths = list(paths)
    assert paths
    for path in paths:
        for tag in etree.parse(path).iter(etree.Element):
            name = etree.QName(tag).localname
            assert name not in ("script", "foreignObject", "iframe", "a", "animate", "set"), path.name
            for key, value in tag.attrib.items():
                assert not etree.QName(key).localname.startswith("on"), path.name
                assert not (key.endswith("href") and not value.startswith("#")), path.name
