"""The real study, built once in a throw-away copy, for all tests that look at what it makes."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import projects
import pytest

ROOT = Path(__file__).parents[2]
_NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".nsmo", "__pycache__", ".*_cache", ".hypothesis", "cache", "tmp", "build", "dist"
)


def copy_checkout(folder: Path) -> projects.Project:
    """Copy what git would commit of this checkout as it stands, without any result that git does not keep."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, folder / name)
    else:  # a source archive
        shutil.copytree(ROOT, folder, ignore=_NOT_COPIED)
    project = projects.Project(folder)
    projects.put_under_git(project)
    return project


@pytest.fixture(scope="session")
def built_study(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> projects.Project:
    """A copy of this checkout with everything built; not to be changed. All workers share one."""
    top = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        top = top.parent
    folder = top / "built study"
    with (top / "built-study.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = top / "built-study.txt"
        if not done.exists():
            project = copy_checkout(folder)
            built = project.report()
            done.write_text(built.stdout if built.returncode else "")
    said = done.read_text()
    assert not said, f"the study could not be built:\n{said}"
    return projects.Project(folder)


@pytest.fixture(scope="session")
def checked_out(tmp_path_factory: pytest.TempPathFactory) -> projects.Project:
    """A copy of this checkout in which nothing is built; not to be changed."""
    return copy_checkout(tmp_path_factory.mktemp("checked out") / "study")


@pytest.fixture
def unbuilt(checked_out: projects.Project, tmp_path: Path) -> projects.Project:
    """One's own copy of it."""
    return checked_out.copy(tmp_path / "study")


@pytest.fixture
def study(built_study: projects.Project, tmp_path: Path) -> projects.Project:
    """A built copy of one's own."""
    return built_study.copy(tmp_path / "study")
