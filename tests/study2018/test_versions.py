"""The study under other versions of Python gives the same bytes."""

import os
import shutil
import subprocess
import sys

import pytest
from studies import copy_checkout

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


def interpreter(version: str) -> str:
    """Find another Python on the PATH; a name that is there may still lead to none."""
    path = shutil.which(f"python{version}")
    if path and subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0:
        return path
    pytest.skip(f"no python{version} here")


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_another_python(built_study, tmp_path, version):
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        pytest.skip("the one that everything else is built with")
    python = interpreter(version)
    other = copy_checkout(tmp_path / version)
    # As on a machine that has it: an environment of its own, from the lock, and dvc.lock from nothing.
    (other.folder / "dvc.lock").unlink()
    keep = {
        name: value for name, value in os.environ.items() if not name.startswith(("NSMO_", "PYTHON", "MAKE"))
    }
    done = subprocess.run(
        ["make", "report"],
        cwd=other.folder,
        env=keep | {"PYTHON": python},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    said = subprocess.check_output([other.folder / ".venv/bin/python", "--version"], text=True)
    assert said.startswith(f"Python {version}.")
    theirs, ours = other.outputs(), built_study.outputs()
    assert theirs.keys() == ours.keys()
    assert [name for name in ours if theirs[name] != ours[name]] == []
    # Leaves ran in parallel, yet it is in the order of dvc.yaml.
    assert other.read("dvc.lock") == built_study.read("dvc.lock")
