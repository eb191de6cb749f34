"""A wave of real answers with a secret in every place that tells who somebody is: none of them gets out."""

import csv
import json
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import in_process
import pyarrow.parquet as pq
import pyreadstat
import pytest
import yaml
from browsers import CHROMIUM
from projects import Project
from pypdf import PdfReader

from nsmo.deposit.write import export
from nsmo.draft.demo import copy_engine
from nsmo.handouts import pdf, slides, word
from nsmo.pages.preview import preview
from nsmo.pipeline import leaks
from nsmo.pipeline.check import problems
from nsmo.study import load_codebook
from nsmo.study.benchmarks import COLUMNS as OF_BENCHMARKS
from nsmo.study.ensemble import COLUMNS as OF_ENSEMBLE
from nsmo.study.margins import COLUMNS as OF_MARGINS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
RESPONDENTS = 60
SECRET = re.compile(rb"SECRET|secret\.example|07:\d\d:59|19[5-8]\d-06-\d\d")
QUESTIONNAIRE = """\
study: s
unit: people
language: en
provenance: real
source:
  file: responses.csv
  format: csv
  key: rid
  encoding: utf-8
  ignore: [mail]
  date_formats: ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d"]
  paradata: {submitted: sub, token: tok}
  design: {stratum: strat, cluster: clus, panel_key: pan}
questions:
  - name: role
    type: single
    column: role
    label: Role
    text: Role?
    role: background
    other: {column: role_o, code: oth, label: Other}
    options: [{name: a, code: A, label: Adviser}, {name: b, code: B, label: Boss}]
  - name: sat
    type: ordinal
    column: sat
    label: Satisfied
    text: Satisfied?
    top_box: [s2, s3]
    options:
      - {name: s1, code: S1, label: not}
      - {name: s2, code: S2, label: so}
      - {name: s3, code: S3, label: very}
  - {name: person, type: text, column: name, label: Name, text: Name?, identifying: true}
  - {name: remarks, type: text, column: rem, label: Remarks, text: Remarks?}
  - {name: born, type: date, column: born, label: Born, text: Born?}
  - {name: income, type: numeric, column: income, label: Income, text: Income?}
"""
RULES = "cleaning: {rules: [{name: twice, kind: duplicate, by: [person], reason: Twice}]}\n"
RULES += "crosstabs: {banners: [role]}\n"
STUDY = "title: T\nfield_period: {from: 2026-01-01, until: 2026-01-31, certainty: assumed}\n"
STUDY += "headlines: [{question: sat, option: top}]\n"
STAGES = (
    "clean",
    "weight",
    "topline",
    "crosstabs",
    "trust",
    "choices",
    "questionnaire",
    "fieldwork",
    "publish",
)


def row(i: int) -> dict[str, str]:
    other = i % 3 == 2
    return {
        "rid": f"R_SECRETid{i:03d}",
        "sub": f"2026-01-{1 + i % 28:02d} 07:{i % 60:02d}:59",
        "tok": f"TOKSECRET{i:03d}",
        "role": ["A", "B", "oth"][i % 3],
        "role_o": f"OTHSECRET work {i}" if other else "",
        "sat": f"S{1 + i % 3}",
        "name": f"Anna SECRETNAME{i}",
        "rem": f"REMSECRET thing {i}, r{i}@secret.example" if i % 2 else "",
        "born": f"19{50 + i % 40}-06-{1 + i % 28:02d}",
        "income": str(91234 + i * 7.25),
        "pan": f"PANSECRET{i:03d}",
        "strat": f"STRSECRET{i % 3}",
        "clus": f"CLUSECRET{i % 12}",
        "mail": f"IGNSECRET{i}@secret.example",
    }


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    root = tmp_path_factory.mktemp("secrets") / "study"
    copy_engine(ROOT, root)
    raw = root / "data/raw/w"
    raw.mkdir(parents=True)
    with (raw / "responses.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [row(i) for i in range(RESPONDENTS)]
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    texts = {"questionnaire.yaml": QUESTIONNAIRE, "rules.yaml": RULES, "study.yaml": STUDY}
    texts |= dict.fromkeys(("reference.csv", "published.yaml", "assumptions.yaml"), "")
    for name, columns in (
        ("population", OF_MARGINS),
        ("ensemble", OF_ENSEMBLE),
        ("benchmarks", OF_BENCHMARKS),
    ):
        texts[f"{name}.csv"] = ",".join(columns) + "\n"
    for name, text in texts.items():
        (raw / name).write_text(text, "utf-8")
    params = yaml.safe_load((root / "params.yaml").read_text("utf-8"))
    for name in STAGES:
        params["waves"][name] = ["w"]
    params["waves"] |= {"ingest": {"w": "responses.csv"}, "trend": {"w": "w/weight"}}
    params["claims"]["directional"]["w"] = []
    (root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NSMO_ROOT", str(root))
        patch.chdir(root)
        assert problems() == []
        in_process.run_notebooks(root, "w")
        in_process.write_pages(root, "w")
    return root


def told(path: Path) -> list[bytes]:
    """The secrets in a file, whatever program it is for."""
    return [hit for part in parts(path) for hit in SECRET.findall(part)]


def parts(path: Path) -> Iterator[bytes]:
    """A file as it is, and what a program finds in it, with what it says of itself."""
    yield path.read_bytes()
    if path.suffix in (".xlsx", ".docx", ".pptx"):
        with zipfile.ZipFile(path) as book:
            yield from (book.read(name) for name in book.namelist())
    elif path.suffix == ".pdf":
        with PdfReader(path) as sheets:
            yield "\n".join([str(sheets.metadata), *(page.extract_text() for page in sheets.pages)]).encode()
    elif path.suffix in (".sav", ".dta"):
        frame, about = {".sav": pyreadstat.read_sav, ".dta": pyreadstat.read_dta}[path.suffix](str(path))
        yield f"{frame.to_csv()} {vars(about)}".encode()
    elif path.suffix == ".parquet":
        yield f"{pq.read_table(path).to_pandas().to_csv()} {pq.read_metadata(path).metadata}".encode()


def only_its_owner_reads(path: Path, study: Path) -> bool:
    """Whether a file, or a folder that it lies in, is closed for others."""
    places = [path, *(place for place in path.parents if place.is_relative_to(study))]
    return any(not stat.S_IMODE(place.stat().st_mode) & 0o077 for place in places)


def clean_with(study: Path, *lines: str) -> None:
    """Let the third cell of the notebook that cleans do more."""
    notebook = json.loads((ROOT / "notebooks/2_clean.ipynb").read_text("utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    cells[2]["source"] += ["\nframe = received.read()\n", *lines]
    (study / "notebooks/2_clean.ipynb").write_text(json.dumps(notebook), "utf-8")


def test_nothing_that_is_published_or_tracked_has_a_secret(study):
    """Parquet with a row for each respondent is neither; an audit's log is for its owner alone."""
    looked, found = 0, []
    for top in ("reports", "data/processed", ".nsmo"):
        for path in sorted((study / top).rglob("*")):
            own = only_its_owner_reads(path, study)
            if path.is_file() and path.suffix != ".parquet" and not own:
                looked += 1
                found += [path.relative_to(study).as_posix()] * bool(told(path))
    assert found == []
    assert looked > 50
    log = study / ".nsmo/private/w/clean/recodes.csv"
    assert told(log)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no {CHROMIUM}")
def test_what_is_handed_out_has_no_secret(study, monkeypatch):
    """Slides, Word, paper; the notes of slides and what a file says of itself too."""
    monkeypatch.setenv("NSMO_ROOT", str(study))
    made = [*slides.write("w", ["en"]), *word.write("w", ["en"]), *pdf.write("w", ["en"])]
    assert {path.suffix for path in made} == {".pptx", ".docx", ".pdf"}
    assert [path.name for path in made if told(path)] == []
    assert leaks.problems(study, load_codebook(study / "data/raw/w")) == []
    with zipfile.ZipFile(made[0], "a") as deck:  # a deck of earlier pages, which said more
        deck.writestr("ppt/notesSlides/old.xml", "<a:t>Anna SECRETNAME7 said so</a:t>")
    (found,) = leaks.problems(study, load_codebook(study / "data/raw/w"))
    assert "1 text that respondents typed" in str(found)
    assert "SECRET" not in str(found)
    made[0].unlink()


def test_of_the_page_that_a_notebook_makes_while_somebody_works_at_it_nobody_learns_more(study):
    for stage in ("ingest", "clean"):
        page = preview(study / f"reports/w/executed/{stage}.ipynb", stage, study / "data/raw/w")
        assert SECRET.findall(page.encode()) == []


def test_the_files_for_an_archive_have_answers_and_nothing_that_leads_to_who_gave_them(study):
    """Dates and numbers that were answered are in the rows, which their owner alone reads; nowhere else."""
    typed = re.compile(rb"SECRET|secret\.example|07:\d\d:59")
    made = export(study, "w")
    assert {path.suffix for path in made} > {".sav", ".dta", ".csv", ".parquet", ".xml", ".json", ".cff"}
    for path in made:
        rows = path.suffix in (".sav", ".dta", ".csv", ".parquet")
        assert [hit for part in parts(path) for hit in (typed if rows else SECRET).findall(part)] == []
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    assert stat.S_IMODE(made[0].parent.stat().st_mode) == 0o700


def test_no_quantile_is_the_answer_of_one_respondent(study):
    with (study / "reports/w/tables/crosstabs/estimates.csv").open(encoding="utf-8") as file:
        rows = [
            row for row in csv.DictReader(file) if row["statistic"].startswith("quantile") and row["estimate"]
        ]
    assert rows
    assert {float(row["estimate"]) % 100 for row in rows} == {0.0}, "three significant digits"


def test_a_stage_that_stops_on_a_respondent_tells_nothing_of_him(study):
    """By the real runner: what it says on the screen, and the notebook that it leaves."""
    clean_with(
        study,
        "print(frame.head().to_string())\n",
        "print(frame.iloc[3].to_dict(), list(frame.itertuples())[4])\n",
        'raise ValueError(f"bad {frame.iloc[5].to_dict()}")',
    )
    done = Project(study).run("clean", "w")
    assert done.returncode != 0
    assert not SECRET.search(done.stdout.encode())
    (said,) = re.findall(r"ValueError: \(left out: (.*)\)", done.stdout)
    assert "rows of single respondents" in said
    kept = study / "reports/w/failed/2_clean.ipynb"
    assert told(kept) == []
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    # What papermill wrote, with all that was shown and the error as it was raised, is gone.
    assert list((study / ".nsmo/staging").rglob("*.ipynb")) == []


def test_a_stage_that_is_stopped_while_it_prints_rows_tells_nothing_of_them(study):
    # Slow enough that the time is over before a cell may print no more.
    clean_with(
        study,
        "import time\n",
        "while True:\n    print(frame.sample(3).to_string(), flush=True)\n    time.sleep(0.01)",
    )
    path = study / "params.yaml"
    params = yaml.safe_load(path.read_text("utf-8"))
    path.write_text(yaml.safe_dump(params | {"timeout": {"clean": 0.3}}, sort_keys=False), "utf-8")
    done = Project(study).run("clean", "w")
    assert done.returncode != 0
    assert "cell [3] of notebooks/2_clean.ipynb\nIt takes longer than `timeout:`" in done.stdout
    assert "Traceback" not in done.stdout
    left = [study / "reports/w/failed/2_clean.ipynb", *(study / ".nsmo/staging").rglob("*.ipynb")]
    assert told(left[0]) == [] == SECRET.findall(done.stdout.encode())
    assert all(only_its_owner_reads(one, study) for one in left)
