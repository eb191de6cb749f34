"""A colleague gets the results through a DVC remote, here a folder."""

import sys
from pathlib import Path

import projects
import pytest

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


def dvc(project: projects.Project, *arguments: str) -> None:
    done = project.call(sys.executable, "-m", "dvc", *arguments)
    assert done.returncode == 0, done.stdout


def shared(project: projects.Project, tmp_path: Path) -> projects.Project:
    """Push the results, commit the rest, and return the clone of a colleague who has pulled."""
    dvc(project, "remote", "add", "-d", "shared", str(tmp_path / "remote"))
    dvc(project, "push")
    project.call("git", "add", "-A")
    name = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    assert project.call("git", *name, "commit", "-qm", "built").returncode == 0
    clone = tmp_path / "colleague"
    assert project.call("git", "clone", "-q", str(project.folder), str(clone)).returncode == 0
    colleague = projects.Project(clone)
    dvc(colleague, "pull", "--allow-missing")
    return colleague


def test_everything_is_there_without_a_rebuild(miniature, tmp_path):
    colleague = shared(miniature, tmp_path)
    assert colleague.outputs() == miniature.outputs()
    assert colleague.status() == {}
    assert "Nothing to do" in colleague.report().stdout


def test_rows_of_respondents_are_not_sent_and_only_their_stage_runs_again(miniature, tmp_path):
    rows = "data/processed/2018/draw/numbers.parquet"
    miniature.replace(
        "dvc.yaml", "numbers.parquet:\n            persist: true", f"numbers.parquet:\n{OPTIONS}"
    )
    assert miniature.report().returncode == 0
    colleague = shared(miniature, tmp_path)
    assert rows not in colleague.outputs()
    assert colleague.ran(colleague.report()) == ["draw"]
    assert colleague.outputs() == miniature.outputs()
    assert colleague.read("dvc.lock") == miniature.read("dvc.lock")


OPTIONS = "            persist: true\n            push: false"
