"""A study full of markup, scripts, links and formulas, as a reader's browser and spreadsheet meet it."""

import pytest
from hostile import make_hostile
from looks import look_at_pages, look_at_tables, look_at_workbooks

# Seven stages run, in a copy of the whole study.
pytestmark = pytest.mark.slow

STAGES = ["ingest", "clean", "weight", "topline", "importance", "platforms", "publish"]


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
    assert {"index.html", "clean.html", "topline.html"} <= {path.name for path in folder.rglob("*.html")}
    look_at_pages(folder, browser, tmp_path, policy=policy)


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
    look_at_workbooks(sorted((hostile / "reports/2018/workbooks/topline").glob("*.xlsx")))


def test_no_cell_of_a_csv_file_is_a_formula(hostile):
    look_at_tables(
        [*hostile.glob("reports/2018/tables/topline/*.csv"), *hostile.glob("data/processed/2018/*/*.csv")]
    )
