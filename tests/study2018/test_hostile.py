"""A study full of markup, scripts, links and formulas, as a reader's browser and spreadsheet meet it."""

import csv
import re

import openpyxl
import pytest
from hostile import make_hostile

STAGES = ["ingest", "clean", "weight", "topline", "importance", "platforms", "publish"]
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


@pytest.fixture(scope="module")
def hostile(built_study, tmp_path_factory):
    project = built_study.copy(tmp_path_factory.mktemp("hostile") / "study")
    make_hostile(project.folder / "data/raw/2018")
    for stage in STAGES:
        done = project.run(stage)
        assert done.returncode == 0, done.stdout
        assert "\x1b" not in done.stdout
    return project.folder


@pytest.mark.parametrize("policy", [True, False], ids=["as built", "without the policy of the page"])
def test_nothing_on_a_page_runs_loads_or_leads_anywhere(hostile, browser, policy, tmp_path):
    folder = hostile / "reports/2018/html"
    pages = sorted(folder.rglob("*.html"))
    assert {"index.html", "clean.html", "topline.html"} <= {path.name for path in pages}
    for path in pages:
        html = path.read_text("utf-8")
        if not policy:
            html = re.sub(r"<meta http-equiv=[^>]*>", "", html)
        opened = tmp_path / path.relative_to(folder)
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


def test_payloads_can_be_read_on_the_page(hostile, browser):
    tab = browser.new_page()
    tab.goto((hostile / "reports/2018/html/notebooks/topline.html").as_uri())
    text = tab.evaluate("document.body.innerText")
    for payload in (
        "<script>document.title='run'</script>",
        "{{ 7*7 }}",
        "[y](http://evil.example/)",
        "=1+1",
    ):
        assert payload in text
    tab.close()


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(hostile):
    paths = sorted((hostile / "reports/2018/workbooks/topline").glob("*.xlsx"))
    assert paths
    for path in paths:
        for sheet in openpyxl.load_workbook(path):
            cells = [cell for row in sheet.iter_rows() for cell in row]
            assert [cell.coordinate for cell in cells if cell.data_type == "f" or cell.hyperlink] == []
            assert not any(OBEYED.search(str(cell.value)) for cell in cells)


def test_no_cell_of_a_csv_file_is_a_formula(hostile):
    paths = [*hostile.glob("reports/2018/tables/topline/*.csv"), *hostile.glob("data/processed/2018/*/*.csv")]
    assert paths
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert [cell for cell in cells if FORMULA.match(cell) or OBEYED.search(cell)] == [], path.name
