"""Responses are kept out of git, but for those that are of nobody."""

import subprocess
import sys
from pathlib import Path

GUARD = Path(__file__).parents[2] / "scripts" / "guard_data_files.py"


def test_git_ignores_responses_but_those_of_the_reconstruction():
    names = ["data/raw/2020/responses.csv", "data/raw/2020/responses.xlsx", "data/raw/2018/responses.csv"]
    ignored = subprocess.run(
        ["git", "check-ignore", "--no-index", *names], cwd=GUARD.parents[1], capture_output=True, text=True
    )
    assert ignored.stdout.split() == names[:2]


def test_the_guard_lets_the_reconstruction_pass():
    command = [sys.executable, str(GUARD), "data/raw/2018/responses.csv"]
    done = subprocess.run(command, cwd=GUARD.parents[1], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
