"""`nsmo adopt`: a study moves to examples/, the engine stays, and nothing is lost."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from nsmo.draft.adopt import adopt
from nsmo.study import StudyError

PARAMS = """\
waves:
  ingest:
    "2018": responses.csv
    "2026": responses.csv
  topline:
    - "2018"
    - "2026"
  goals:
    - "2018"

topline:
  classes: 8

# What only that page shows.
goals:
  shown: 6
"""
DVC = """\
stages:
  topline:
    foreach: ${waves.topline}
    do:
      cmd: t

  # Of one study.
  goals:
    foreach: ${waves.goals}
    do:
      cmd: g
"""
LOCK = "schema: '2.0'\nstages:\n  topline@2018:\n    cmd: t\n  topline@2026:\n    cmd: t\n"
FILES = {
    "params.yaml": PARAMS,
    "dvc.yaml": DVC,
    "dvc.lock": LOCK,
    ".gitignore": "/data/raw/*/responses.*\n!/data/raw/2018/responses.csv\n/reports/*/html/\n",
    "data/raw/2018/questionnaire.yaml": "provenance: reconstructed\n",
    "data/raw/2018/responses.csv": "id\n1\n",
    "data/raw/2026/questionnaire.yaml": "provenance: real\n",
    "data/processed/2018/topline/counts.csv": "n\n1\n",
    "reports/2018/tables/topline/a.csv": "n\n1\n",
    "notebooks/4_topline.ipynb": "{}",
    "notebooks/4_goals.ipynb": "{}",
    "src/nsmo/stages/topline/__init__.py": "",
    "tests/study2018/test_it.py": "",
    "README.md": "[raw](data/raw/2018/responses.csv) [web](https://example.org/data/raw/2018)\n",
    "docs/method.md": "[page](../notebooks/4_goals.ipynb#top), [no](../data/raw/2026/questionnaire.yaml)\n",
}


def git(folder: Path, *words: str) -> str:
    named = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    return subprocess.run(
        ["git", *named, *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull},
    ).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "all")
    # What a build made, and answers of real people, neither of which git keeps.
    (tmp_path / "reports/2018/html").mkdir()
    (tmp_path / "reports/2018/html/index.html").write_text("built", encoding="utf-8")
    (tmp_path / "data/raw/2026/responses.csv").write_text("id\n7\n", encoding="utf-8")
    return tmp_path


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


def test_the_study_moves_and_the_engine_and_other_waves_stay(repository: Path):
    adopt(repository)
    there = files(repository)
    assert set(there) == {
        ".gitignore",
        "README.md",
        "data/raw/2026/questionnaire.yaml",
        "data/raw/2026/responses.csv",
        "docs/method.md",
        "dvc.lock",
        "dvc.yaml",
        "examples/2018/notebooks/4_goals.ipynb",
        "examples/2018/params.yaml",
        "examples/2018/processed/topline/counts.csv",
        "examples/2018/raw/questionnaire.yaml",
        "examples/2018/raw/responses.csv",
        "examples/2018/reports/tables/topline/a.csv",
        "examples/2018/stages.yaml",
        "examples/2018/tests/test_it.py",
        "notebooks/4_topline.ipynb",
        "params.yaml",
        "src/nsmo/stages/topline/__init__.py",
    }
    assert yaml.safe_load(there["params.yaml"]) == {
        "waves": {"ingest": {"2026": "responses.csv"}, "topline": ["2026"]},
        "topline": {"classes": 8},
    }
    assert there["examples/2018/params.yaml"] == "# What only that page shows.\ngoals:\n  shown: 6\n"
    assert list(yaml.safe_load(there["dvc.yaml"])["stages"]) == ["topline"]
    assert list(yaml.safe_load(there["examples/2018/stages.yaml"])["stages"]) == ["goals"]
    assert list(yaml.safe_load(there["dvc.lock"])["stages"]) == ["topline@2026"]
    assert "2018" not in there[".gitignore"]
    assert there["README.md"] == FILES["README.md"].replace("(data/raw/2018/", "(examples/2018/raw/")
    assert there["docs/method.md"].startswith(
        "[page](../examples/2018/notebooks/4_goals.ipynb#top), [no](../data/"
    )
    assert not git(repository, "diff", "--name-only"), "all of it is staged"


def test_the_line_that_it_prints_undoes_all(repository: Path):
    built = "reports/2018/html/index.html"
    before = {name: text for name, text in files(repository).items() if name != built}
    undo = adopt(repository).said[-1].rpartition("undo it all: ")[2]
    subprocess.run(undo, shell=True, cwd=repository, check=True)
    assert files(repository) == before
    assert git(repository, "status", "--porcelain") == ""


def test_it_refuses_what_could_not_be_undone(repository: Path):
    with pytest.raises(StudyError, match=r"responses\.csv is not in git"):
        adopt(repository, ["2026"])
    with pytest.raises(StudyError, match="no wave 2031"):
        adopt(repository, ["2031"])
    (repository / "params.yaml").write_text("waves: {}\n", encoding="utf-8")
    before = files(repository)
    with pytest.raises(StudyError, match="changes that are not committed, such as params"):
        adopt(repository)
    assert files(repository) == before
