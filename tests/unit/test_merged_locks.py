"""What git does with dvc.lock when two sides changed it."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES = "stages:\n{}".format("\n".join(f"  s{i}:\n    code: {{code}}\n    out: {{out}}" for i in range(9)))
BOTH, THEIRS = LINES.format(code=1, out=1), LINES.format(code=2, out=1)
#: This side has a result of its own at the end; the lines about the code are those that both began with.
OURS = f"{BOTH}\n  mine:\n    code: 1\n    out: 7\n"


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    named = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        ["git", *named, *words], cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


@pytest.fixture
def parted(tmp_path: Path) -> Path:
    """A repository of two branches that both changed dvc.lock, in lines far apart."""
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitattributes").write_bytes((ROOT / ".gitattributes").read_bytes())
    for text, words in ((BOTH, ()), (THEIRS, ("-b", "theirs")), (OURS, ("-b", "ours", "HEAD~1"))):
        if words:
            git(tmp_path, "checkout", "-q", *words)
        (tmp_path / "dvc.lock").write_text(text, encoding="utf-8")
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-qm", "a build")
    return tmp_path


def test_a_merge_never_says_of_old_results_that_new_code_made_them(parted: Path):
    merged = git(parted, "merge", "theirs")
    assert merged.returncode != 0
    assert "dvc.lock" in merged.stdout
    assert (parted / "dvc.lock").read_text("utf-8") == OURS
    # As docs/howto/solve-a-lock-conflict.md says.
    assert git(parted, "checkout", "--theirs", "dvc.lock").returncode == 0
    assert (parted / "dvc.lock").read_text("utf-8") == THEIRS


def test_an_adopted_repository_keeps_its_own_lock_when_it_takes_later_changes(parted: Path):
    # As docs/howto/start-from-an-export.md says.
    assert git(parted, "merge", "-X", "ours", "theirs").returncode == 0
    assert (parted / "dvc.lock").read_text("utf-8") == OURS
