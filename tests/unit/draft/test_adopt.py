"""`nsmo adopt`: a study moves to examples/, the engine stays, and nothing is lost."""

import os
import re
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
    "data/raw/2026/study.yaml": "title: {nl: Brood, en: Bread}\npublisher: {name: The bakers}\n",
    "data/processed/2018/topline/counts.csv": "n\n1\n",
    "reports/2018/tables/topline/a.csv": "n\n1\n",
    "notebooks/4_topline.ipynb": "{}",
    "notebooks/4_goals.ipynb": "{}",
    "src/nsmo/stages/topline/__init__.py": "",
    "tests/study2018/test_it.py": "",
    "README.md": "# Of 2018\n[raw](data/raw/2018/responses.csv) [web](https://example.org/data/raw/2018) "
    "[method](docs/method.md#a)\n\n## How it flows\n\nSo.\n\n## Setting up otherwise\n\nWith a container.\n",
    "CITATION.cff": "title: nsmo\ntype: software\nauthors: [{name: the makers}]\nversion: 0.1.0\n",
    "LICENSE-DATA": "Of 2018.\n",
    "CONTRIBUTING.md": "[rooms](README.md#how)\n",
    "docs/report.png": "a picture",
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
        "CITATION.cff",
        "CONTRIBUTING.md",
        "LICENSE-DATA",
        "README.md",
        "data/raw/2026/questionnaire.yaml",
        "data/raw/2026/responses.csv",
        "data/raw/2026/study.yaml",
        "docs/method.md",
        "dvc.lock",
        "dvc.yaml",
        "examples/2018/CITATION.cff",
        "examples/2018/LICENSE-DATA",
        "examples/2018/README.md",
        "examples/2018/notebooks/4_goals.ipynb",
        "examples/2018/params.yaml",
        "examples/2018/processed/topline/counts.csv",
        "examples/2018/raw/questionnaire.yaml",
        "examples/2018/raw/responses.csv",
        "examples/2018/report.png",
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
    assert re.findall(r"\((\S+)\)", there["examples/2018/README.md"])[-3:] == [
        "raw/responses.csv",
        "https://example.org/data/raw/2018",
        "../../docs/method.md#a",
    ]
    assert there["CONTRIBUTING.md"] == FILES["CONTRIBUTING.md"]
    assert there["docs/method.md"].startswith(
        "[page](../examples/2018/notebooks/4_goals.ipynb#top), [no](../data/"
    )
    assert not git(repository, "diff", "--name-only"), "all of it is staged"


def test_the_repository_speaks_of_the_survey_that_is_left(repository: Path):
    said = adopt(repository).said
    there = files(repository)
    assert there["README.md"].startswith("# Bread\n")
    assert "\nmake report " in there["README.md"]
    assert "(examples/2018/README.md)" in there["README.md"]
    assert "## Setting up otherwise\n\nWith a container.\n" in there["README.md"]
    assert "How it flows" not in there["README.md"]
    cited = yaml.safe_load(there["CITATION.cff"])
    assert (cited["title"], cited["authors"]) == ("Bread", [{"name": "The bakers"}])
    assert cited["references"][0] == {
        "type": "software",
        "title": "nsmo",
        "authors": [{"name": "the makers"}],
        "version": "0.1.0",
    }
    assert "examples/2018/LICENSE-DATA" in there["LICENSE-DATA"]
    assert any(line.startswith("README.md, CITATION.cff, LICENSE-DATA are short new ones") for line in said)


def test_the_readme_that_went_says_where_its_folders_are_and_how_to_build_it(repository: Path):
    before = git(repository, "rev-parse", "HEAD").strip()
    adopt(repository)
    readme = files(repository)["examples/2018/README.md"]
    assert readme.startswith("# Of 2018\n\n> `nsmo adopt` moved this study here")
    went = {"data/raw/2018": "raw", "reports/2018": "reports", "tests/study2018": "tests"}
    for place, name in went.items():
        assert f"`{place}/` is [{name}/]({name})" in readme
        assert (repository / "examples/2018" / name).is_dir()
    commit = re.search(r"git worktree add ../example (\w+)", readme)
    assert commit is not None
    assert before.startswith(commit[1])


def test_a_wave_of_ones_own_moves_and_what_the_repository_says_of_itself_stays(repository: Path):
    (repository / "data/raw/2026/responses.csv").unlink()
    adopt(repository, ["2026"])
    there = files(repository)
    assert there["README.md"] == FILES["README.md"]
    assert "examples/2026/raw/questionnaire.yaml" in there


def test_a_second_time_it_moves_what_a_later_version_brought_and_nothing_else(repository: Path):
    adopt(repository)
    git(repository, "commit", "-qm", "ours")
    before = files(repository)
    assert adopt(repository).said == ["2018 is in examples/ already; nothing was moved"]
    assert adopt(repository, ["2018"]).said == ["2018 is in examples/ already; nothing was moved"]
    assert files(repository) == before
    late = {"data/raw/2018/more.csv": "n\n1\n", "tests/study2018/test_more.py": "", "README.md": "Ours.\n"}
    for name, text in late.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text, encoding="utf-8")
    git(repository, "add", "-A", "-f")
    git(repository, "commit", "-qm", "theirs")
    adopt(repository)
    there = files(repository)
    assert set(there) == {*before, "examples/2018/raw/more.csv", "examples/2018/tests/test_more.py"}
    assert there["README.md"] == "Ours.\n"
    assert not git(repository, "diff", "--name-only"), "all of it is staged"


def test_a_file_that_is_in_both_places_is_named_and_stays(repository: Path):
    adopt(repository)
    git(repository, "commit", "-qm", "ours")
    (repository / "data/raw/2018").mkdir()
    (repository / "data/raw/2018/responses.csv").write_text("id\n2\n", encoding="utf-8")
    git(repository, "add", "-A", "-f")
    git(repository, "commit", "-qm", "theirs")
    before = files(repository)
    with pytest.raises(StudyError, match=r"examples/2018/raw/responses\.csv is there already"):
        adopt(repository)
    assert files(repository) == before


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
