"""A survey that nobody described by hand, from its export to the report."""

import csv
import re
import sys
from pathlib import Path

import projects
import pytest
from bs4 import BeautifulSoup

from nsmo.study.about import Method
from nsmo.study.benchmarks import COLUMNS

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]


#: What "was published" of the library: the first and the last follow from the answers, the second does not.
PUBLISHED = """\
sources:
  annual: {{title: Annual report, publisher: The library, url: "https://example.org/", seen: complete}}
respondents: {{n: {n}, source: annual, wording: "{n} visitors"}}
claims:
  - id: books
    topic: visits
    type: exact
    unit: percent
    published: {books}
    decimals: 0
    statement: {{en: Most visitors come for books}}
    source: annual
    wording: "{books}%"
    estimate: {{measure: proportion, question: come, option: borrowing_books}}
  - id: courses
    topic: visits
    type: exact
    unit: percent
    published: {wrong}
    decimals: 0
    statement: {{en: Some come for courses}}
    source: annual
    wording: "{wrong}%"
    estimate: {{measure: proportion, question: come, option: courses_talks_readings}}
  - id: oldest_study
    topic: visits
    type: exact
    unit: percent
    published: {oldest}
    decimals: 0
    statement: {{en: Of the oldest many come to study}}
    source: annual
    wording: "{oldest}%"
    estimate:
      measure: proportion
      question: come
      option: study_places
      where: {{question: age, is: [n65_more]}}
"""


#: The stages that need more than an export.
FURTHER = ("bounds", "claims", "published", "coverage", "trust", "choices", "method")
#: What a person must say of a study for the pages on trust and method.
STUDY = """
headlines:
  - {question: come, option: borrowing_books}
  - {question: satisfied_staff, option: satisfied}
method:
""" + "".join(f"  {name}: not_published\n" for name in Method.model_fields if name != "further")


def complete(folder: Path) -> None:
    """Name the demo for every further stage, with published figures that are counted here from its export."""
    raw = folder / "data/raw/demo"
    rows = list(csv.DictReader((raw / "responses.csv").open(encoding="utf-8")))

    def percent(service: str, age: str = "") -> int:
        """Of those who come at all: the others were not asked."""
        answers = [
            row[f"What do you come for? [{service}]"] for row in rows if age in row["What is your age?"]
        ]
        return int(100 * answers.count("Yes") / sum(answer != "" for answer in answers) + 0.5)

    figures = {"books": percent("Borrowing books"), "wrong": percent("Courses, talks and readings") + 9}
    figures |= {"oldest": percent("Study places", "65 or more"), "n": len(rows)}
    (raw / "published.yaml").write_text(PUBLISHED.format(**figures), encoding="utf-8")
    (raw / "benchmarks.csv").write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    rules = raw / "rules.yaml"
    rules.write_text(rules.read_text("utf-8") + "\ncrosstabs:\n  banners: [age]\n", encoding="utf-8")
    params = (folder / "params.yaml").read_text("utf-8")
    (raw / "assumptions.yaml").write_text("", encoding="utf-8")
    study = raw / "study.yaml"
    study.write_text(study.read_text("utf-8") + STUDY, encoding="utf-8")
    for stage in FURTHER:
        params = params.replace(f"\n  {stage}: []\n", f"\n  {stage}: [demo]\n")
    params = params.replace("sizes: {}", "sizes: {demo: []}").replace(
        "directional: {}", "directional: {demo: []}"
    )
    (folder / "params.yaml").write_text(params, encoding="utf-8")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> projects.Project:
    """The demo with a stage of one's own, built."""
    folder = tmp_path_factory.mktemp("survey") / "demo"
    made = projects.Project(ROOT).call(sys.executable, "-m", "nsmo", "demo", str(folder))
    assert made.returncode == 0, made.stdout
    demo = projects.Project(folder)
    added = demo.call(sys.executable, "-m", "nsmo", "new-stage", "mine", "--title", "What do they say?")
    assert added.returncode == 0, added.stdout
    complete(folder)
    checked = demo.call(sys.executable, "-m", "nsmo", "check")
    assert checked.returncode == 0, checked.stdout
    assert "to confirm" in checked.stdout
    built = demo.report()
    assert built.returncode == 0, built.stdout
    return demo


def test_the_demo_is_built_without_an_edit_and_says_nothing_of_weights(demo):
    pages = demo.folder / "reports/demo/html"
    page = (pages / "en/index.html").read_text(encoding="utf-8")
    assert "This is a draft" in page
    # A figure says that it is unweighted.
    for word in (" weighted", "Weighted", "size and sector", "social media", "2018"):
        assert word not in page
    assert (pages / "notebooks/topline.html").is_file()
    assert (pages / "data/clean").is_dir()
    # Its export tells of no pages.
    assert "Page not stated" not in (pages / "en/questions.html").read_text(encoding="utf-8")
    assert not (pages / "data/weight").exists(), "no page leads to it"


#: What would speak of weights; that a figure is unweighted, it says.
WEIGHTS = re.compile(
    r"\b(weights?|weighted|weighting|raking|calibrat\w*|design effect|effective sample)\b", re.I
)


#: Pages that ask for weighting: the checklists of how a survey is made, and a simulation of weights.
ASKING = ("made.html", "method.html", "coverage.html")


def test_no_page_of_a_survey_without_weights_speaks_of_them(demo):
    pages = demo.folder / "reports/demo/html"
    said = {}
    for path in sorted(path for path in pages.rglob("*.html") if path.name not in ASKING):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for code in soup(["script", "style", "pre", "code"]):
            code.decompose()
        if found := WEIGHTS.findall(" ".join(soup.get_text(" ").split())):
            said[path.name] = found
    assert not said
    assert not (pages / "notebooks/weight.html").exists()


#: What would speak of the study that this repository was made for.
ANOTHER = re.compile(
    r"\b(size and sector|social media|trade media|organi[sz]ations|grootte en sector|vakmedia|2018)\b", re.I
)


def test_no_page_speaks_of_another_survey(demo):
    said = {}
    for path in sorted((demo.folder / "reports/demo/html").rglob("*.html")):
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for code in soup(["script", "style", "pre", "code"]):
            code.decompose()
        text = " ".join(soup.get_text(" ").split()).replace("2018, the same for every stage that draws", "")
        if found := ANOTHER.findall(text):
            said[path.name] = found
    assert not said


def test_whole_percents_of_a_published_number_are_held_against_the_responses(demo):
    claims = csv.DictReader((demo.folder / "reports/demo/tables/claims/claims.csv").open(encoding="utf-8"))
    assert {row["id"]: row["agreement"] for row in claims} == {
        "books": "reproduced",
        "courses": "differs",
        "oldest_study": "reproduced",
    }
    path = demo.folder / "reports/demo/html/notebooks/published.html"
    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    for code in page(["script", "style", "pre"]):
        code.decompose()
    text = " ".join(page.get_text(" ").split())
    assert "240 took part, as The library says." in text
    assert "inferred" not in text


def test_a_new_stage_has_a_page_in_the_report_without_an_edit(demo):
    page = (demo.folder / "reports/demo/html/notebooks/mine.html").read_text(encoding="utf-8")
    assert "<h1>What do they say?</h1>" in page
    assert "<svg" in page or "<img" in page
    overview = (demo.folder / "reports/demo/html/en/notebooks.html").read_text(encoding="utf-8")
    assert "../notebooks/mine.html" in overview


def test_the_page_of_one_notebook_can_be_seen_without_a_build(demo):
    lock = (demo.folder / "dvc.lock").read_bytes()
    notebook = demo.folder / "notebooks/4_mine.ipynb"
    notebook.write_text(notebook.read_text("utf-8").replace("What do they say?", "What now?"), "utf-8")
    shown = demo.call(sys.executable, "-m", "nsmo", "preview", "mine", "--once")
    assert shown.returncode == 0, shown.stdout
    page = (demo.folder / ".nsmo/preview/mine-demo.html").read_text(encoding="utf-8")
    assert "<h1>What now?</h1>" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    # Nothing of it is recorded, and nothing else is left.
    assert (demo.folder / "dvc.lock").read_bytes() == lock
    assert len(list((demo.folder / ".nsmo/preview").iterdir())) == 1


def test_pages_on_trust_and_method_do_without_what_a_survey_has_not(demo):
    pages = demo.folder / "reports/demo/html/notebooks"
    trust = BeautifulSoup((pages / "trust.html").read_text(encoding="utf-8"), "html.parser").get_text(" ")
    assert "No margins of the population are known here" in trust
    assert "No rule of cleaning is a judgement" in trust
    coverage = BeautifulSoup((pages / "coverage.html").read_text(encoding="utf-8"), "html.parser")
    assert "Nothing is simulated" in coverage.get_text(" ")
    table = (demo.folder / "reports/demo/tables/coverage/coverage.csv").read_text("utf-8")
    assert table.count("\n") == 1
    assert (pages / "choices.html").is_file()
    assert (pages / "method.html").is_file()


def test_check_says_what_a_further_stage_would_stop_for(demo):
    raw = demo.folder / "data/raw/demo"
    kept = {
        name: (raw / name).read_text("utf-8") for name in ("study.yaml", "published.yaml", "assumptions.yaml")
    }
    (raw / "study.yaml").write_text(kept["study.yaml"].replace(STUDY, ""), encoding="utf-8")
    (raw / "published.yaml").write_text("", encoding="utf-8")
    (raw / "assumptions.yaml").unlink()
    try:
        said = demo.call(sys.executable, "-m", "nsmo", "check").stdout
    finally:
        for name, text in kept.items():
            (raw / name).write_text(text, encoding="utf-8")
    assert "the input data/raw/demo/assumptions.yaml is missing" in said
    assert "nothing stands under method, which the page on the method lists" in said
    assert "no headlines, of which the page on trust speaks" in said
    assert "the file is empty, and the stage 'claims' reads it" in said
