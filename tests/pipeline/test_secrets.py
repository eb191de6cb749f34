"""A wave of real answers with a secret in every place that tells who somebody is: none of them gets out."""

import csv
import json
import re
import stat
import zipfile
from pathlib import Path

import in_process
import pytest
import yaml

from nsmo.draft.demo import copy_engine
from nsmo.pipeline.check import problems
from nsmo.study.benchmarks import COLUMNS as OF_BENCHMARKS
from nsmo.study.ensemble import COLUMNS as OF_ENSEMBLE
from nsmo.study.margins import COLUMNS as OF_MARGINS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
RESPONDENTS = 60
SECRET = re.compile(rb"SECRET|07:\d\d:59|19[5-8]\d-06-\d\d")
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
        "rem": f"REMSECRET thing {i}" if i % 2 else "",
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
    """The secrets in a file, of a workbook in any of its parts."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return [hit for name in book.namelist() for hit in SECRET.findall(book.read(name))]
    return SECRET.findall(path.read_bytes())


def test_nothing_that_is_published_or_tracked_has_a_secret(study):
    """Parquet with a row for each respondent is neither; an audit's log is for its owner alone."""
    looked, found = 0, []
    for top in ("reports", "data/processed", ".nsmo"):
        for path in sorted((study / top).rglob("*")):
            own = stat.S_IMODE(path.stat().st_mode) == 0o600
            if path.is_file() and path.suffix != ".parquet" and not own:
                looked += 1
                found += [path.relative_to(study).as_posix()] * bool(told(path))
    assert found == []
    assert looked > 50
    log = study / ".nsmo/private/w/clean/recodes.csv"
    assert told(log)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_no_quantile_is_the_answer_of_one_respondent(study):
    with (study / "reports/w/tables/crosstabs/estimates.csv").open(encoding="utf-8") as file:
        rows = [
            row for row in csv.DictReader(file) if row["statistic"].startswith("quantile") and row["estimate"]
        ]
    assert rows
    assert {float(row["estimate"]) % 100 for row in rows} == {0.0}, "three significant digits"


def test_a_stage_that_stops_on_a_respondent_tells_nothing_of_him(study, monkeypatch):
    """By the real runner: what it says on the screen, and the notebook that it leaves."""
    from projects import Project

    path = study / "notebooks/2_clean.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    cells[2]["source"] += [
        "\nframe = received.read()\n",
        "print(frame.head().to_string())\n",
        "print(frame.iloc[3].to_dict(), list(frame.itertuples())[4])\n",
        'raise ValueError(f"bad {frame.iloc[5].to_dict()}")',
    ]
    path.write_text(json.dumps(notebook), "utf-8")
    done = Project(study).run("clean", "w")
    assert done.returncode != 0
    assert not SECRET.search(done.stdout.encode())
    assert "ValueError: (left out: rows of single respondents" in done.stdout
    kept = study / "reports/w/failed/2_clean.ipynb"
    assert told(kept) == []
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
