"""The guard against data files in the wrong place."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

GUARD = Path(__file__).parents[2] / "scripts" / "guard_data_files.py"


def guard(*names, cwd=None):
    return subprocess.run(
        [sys.executable, str(GUARD), *names], capture_output=True, text=True, cwd=cwd, check=False
    )


@pytest.mark.parametrize(
    "name",
    [
        "responses.csv",
        "notebooks/explore/answers.xlsx",
        "src/nsmo/export.SAV",
        "docs/answers.csv.gz",
        "reports/2018/html/all.parquet",
        "database/x.csv",
    ],
)
def test_a_data_file_elsewhere_is_refused_by_name(name):
    result = guard("README.md", name)
    assert result.returncode == 1
    assert result.stdout.startswith(f"{name}: ")
    assert len(result.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    "name",
    [
        "tests/fixtures/small.csv",
        "benchmarks/times.csv",
        "reports/2018/tables/claims/claims.csv",
        "src/nsmo/csv.py",
        "docs/method.md",
    ],
)
def test_other_files_and_data_files_in_their_place_pass(name):
    result = guard(name)
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.parametrize("name", ["responses.csv", "responses.xlsx", "export_2020.sav", "old/answers.csv.gz"])
@pytest.mark.parametrize(
    ("about", "status"),
    [
        ("provenance: real\n", 1),
        ("study: x\n", 1),
        (None, 1),
        ("provenance: reconstructed\n", 0),
        ('unit: x\nprovenance: "reconstructed"  # by us\n', 0),
    ],
)
def test_answers_pass_only_as_a_reconstruction(tmp_path, name, about, status):
    wave = tmp_path / "data/raw/2020"
    wave.mkdir(parents=True)
    if about is not None:
        (wave / "questionnaire.yaml").write_text(about, encoding="utf-8")
    result = guard(f"data/raw/2020/{name}", cwd=tmp_path)
    assert result.returncode == status
    assert ("answers of real people" in result.stdout) == bool(status)


def test_counts_and_figures_are_nobodys_answers(tmp_path):
    (tmp_path / "data/raw/2020").mkdir(parents=True)
    (tmp_path / "data/raw/2020/questionnaire.yaml").write_text("provenance: real\n", encoding="utf-8")
    names = [f"data/raw/2020/{name}.csv" for name in ("population", "benchmarks", "ensemble")]
    assert guard(*names, cwd=tmp_path).returncode == 0


def test_a_reference_sample_is_somebodys_answers_and_an_empty_file_nobodys(tmp_path):
    (tmp_path / "data/raw/2020").mkdir(parents=True)
    (tmp_path / "data/raw/2020/questionnaire.yaml").write_text("provenance: real\n", encoding="utf-8")
    for content, status in (("", 0), ("size,weight\nsmall,2\n", 1)):
        (tmp_path / "data/raw/2020/reference.csv").write_text(content, encoding="utf-8")
        assert guard("data/raw/2020/reference.csv", cwd=tmp_path).returncode == status


def test_without_names_it_judges_what_git_tracks(tmp_path):
    for name in ["tracked.csv", "untracked.csv"]:
        (tmp_path / name).write_text("a\n1\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "tracked.csv"], cwd=tmp_path, check=True)
    result = guard(cwd=tmp_path)
    assert result.returncode == 1
    assert result.stdout.startswith("tracked.csv: ")
    assert "untracked" not in result.stdout


def test_the_guard_is_among_the_hooks_and_no_hook_needs_the_network():
    config = yaml.safe_load((GUARD.parents[1] / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repository,) = config["repos"]
    assert repository["repo"] == "local"
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    (guard_hook,) = [hook for hook in repository["hooks"] if hook["id"] == "guard-data-files"]
    assert guard_hook["entry"].endswith(f"scripts/{GUARD.name}")
