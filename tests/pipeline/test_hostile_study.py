"""A small survey made of payloads, from its export to slides and the files of an archive."""

import re
import sys
from pathlib import Path

import pyreadstat
import pytest
from hostile import PAYLOADS, draft_hostile
from looks import (
    OBEYED,
    look_at_drawings,
    look_at_office,
    look_at_pages,
    look_at_tables,
    look_at_workbooks,
)
from lxml import etree
from projects import Project, put_under_git

from nsmo.draft.demo import copy_engine

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def project(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "study"
    copy_engine(ROOT, folder)
    draft_hostile(folder)
    project = Project(folder)
    put_under_git(project)
    said = []
    for command in (["check"], ["report"], ["slides"], ["word"], ["export", "h"]):
        done = project.call(sys.executable, "-m", "nsmo", *command)
        assert done.returncode == 0, done.stdout
        said.append(done.stdout)
    assert not OBEYED.search("".join(said)), "what a terminal would obey"
    assert "Warning" not in "".join(said)
    return project


@pytest.fixture(scope="module")
def report(project):
    return project.folder / "reports/h"


@pytest.fixture(scope="module")
def deposit(project):
    return project.folder / ".nsmo/export/h"


@pytest.mark.parametrize("policy", [True, False], ids=["as built", "without the policy of the page"])
def test_no_page_runs_loads_or_leads_anywhere(report, deposit, browser, policy, tmp_path):
    for name, folder in (("report", report / "html"), ("deposit", deposit)):
        (tmp_path / name).mkdir()
        look_at_pages(folder, browser, tmp_path / name, policy=policy)


def test_what_is_looked_for_is_shown_as_text(report, browser):
    tab = browser.new_page()
    tab.goto((report / "html/en/search.html").as_uri())
    for text in ("<img src=x onerror=", "</script><script>", "Colour {name} $x$"):
        tab.fill("main input", text)
        tab.wait_for_timeout(100)
        assert tab.title() != "run"
        assert tab.evaluate("document.querySelectorAll('main script, main img[src=x]').length") == 0
    assert "Colour {name} $x$" in tab.evaluate("document.body.innerText")
    tab.close()


def test_no_file_to_take_along_does_more_than_say(report, project):
    look_at_workbooks(report.rglob("*.xlsx"))
    look_at_tables([*report.rglob("*.csv"), *project.folder.glob("data/processed/h/*/*.csv")])
    look_at_drawings(report.rglob("*.svg"))
    look_at_office(report.glob("slides/*.pptx"))
    look_at_office(report.glob("word/*.docx"))


def test_no_notebook_has_a_warning_or_a_path_of_this_machine(report, project):
    paths = list(report.glob("executed/*.ipynb"))
    assert paths
    for path in paths:
        text = path.read_text("utf-8")
        assert "Warning" not in text, path.name
        assert str(project.folder) not in text, path.name


def test_an_archive_gets_labels_as_they_were_written(deposit):
    (path,) = deposit.glob("*.sav")
    _, about = pyreadstat.read_sav(str(path))
    labels = str(about.column_names_to_labels) + str(about.variable_value_labels)
    assert PAYLOADS[13] in labels
    assert not OBEYED.search(labels)
    (path,) = deposit.glob("*-ddi.xml")
    tags = {etree.QName(tag).localname for tag in etree.parse(path).iter(etree.Element)}
    assert not tags & {"script", "img", "svg", "iframe", "style", "details", "form", "h1"}
    pages = list(deposit.glob("*.md"))
    assert pages
    for path in pages:
        assert not re.search(
            r"(?<!\\)<(?:script|img|svg|iframe|style|details|form|base|meta)\b", path.read_text()
        )
