"""Making the environment: what `make` and `scripts/setup.sh` do on machines in different states."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
TOOLS = "sh make awk cat cmp cp cut dirname env find git grep head ls mkdir paste printf rm tr uname"
SETUP_FILES = ["Makefile", "scripts/setup.sh", "requirements.lock", "pyproject.toml", ".dvc/config"]


@pytest.fixture
def checkout(tmp_path):
    """What set-up reads, in a folder without git whose name has a blank in it."""
    folder = tmp_path / "source archive"
    for name in SETUP_FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture
def bare_path(tmp_path):
    """A PATH with the ordinary tools and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS.split():
        found = shutil.which(tool)
        if found:
            (folder / tool).symlink_to(found)
    return folder


def run(command, cwd, path, **extra):
    # Without the variables of a make or an environment that these tests may themselves run under.
    passed_on = ("PIP_", "UV_", "SSL_", "DVC_", "HOME", "LANG")
    kept = {key: os.environ[key] for key in os.environ if key.startswith(passed_on)}
    environment = kept | {"PATH": str(path)} | {key: str(value) for key, value in extra.items()}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def pretend_python(folder, name, version):
    """Put an interpreter on a PATH that takes itself for another version."""
    stub = folder / name
    stub.write_text(
        "#!/bin/sh\n"
        f"exec {sys.executable} -c 'import sys; sys.version_info = {version!r}; exec(sys.argv[2])' \"$@\"\n",
        encoding="utf-8",
    )
    stub.chmod(0o755)


def stand_in_environment(checkout):
    """Make set-up believe that it has been here already."""
    venv = checkout / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / "nsmo-setup").mkdir()
    (venv / "nsmo-setup" / "place").write_text(f"{venv.resolve()}\n", encoding="utf-8")
    for name in ["requirements.lock", "pyproject.toml"]:
        shutil.copy(checkout / name, venv / "nsmo-setup" / name)


@pytest.mark.parametrize("target", ["setup", "report", "test"])
def test_a_missing_python_gets_one_line(checkout, bare_path, target):
    result = run(["make", target], checkout, bare_path)
    assert result.returncode != 0
    (line,) = (result.stdout + result.stderr).splitlines()
    assert "Python was not found" in line
    assert "3.11 or newer" in line
    assert "PYTHON=" in line
    assert not (checkout / ".venv").exists()


def test_a_python_that_is_too_old_gets_one_line_with_its_version(checkout, bare_path):
    pretend_python(bare_path, "python3", (3, 8, 10))
    result = run(["make", "setup"], checkout, bare_path)
    assert result.returncode != 0
    (line,) = (result.stdout + result.stderr).splitlines()
    assert "python3 is Python 3.8.10" in line
    assert "3.11 or newer" in line
    assert not (checkout / ".venv").exists()


def test_the_script_itself_says_the_same_and_exits_1(checkout, bare_path):
    pretend_python(bare_path, "python3", (3, 10, 13))
    result = run(["sh", "scripts/setup.sh"], checkout, bare_path)
    assert (result.returncode, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("python3 is Python 3.10.13")


def test_an_interpreter_asked_for_by_name_is_not_replaced_by_another(checkout, bare_path):
    (bare_path / "python3").symlink_to(sys.executable)
    result = run(["make", "setup"], checkout, bare_path, PYTHON="/nowhere/python3.12")
    assert result.returncode != 0
    assert "/nowhere/python3.12 was not found" in result.stderr
    assert not (checkout / ".venv").exists()


def test_an_old_python3_is_passed_over_for_a_newer_one_beside_it(checkout, bare_path):
    pretend_python(bare_path, "python3", (3, 9, 2))
    (bare_path / "uv").symlink_to("/bin/true")
    pretend_python(bare_path, "python3.12", (3, 12, 1))
    result = run(["sh", "scripts/setup.sh", "--problem"], checkout, bare_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_make_alone_lists_every_target_with_what_it_does(bare_path):
    result = run(["make"], ROOT, bare_path)
    assert result.returncode == 0
    listed = dict(re.findall(r"^make (\S+) +(\S.*)$", result.stdout, re.MULTILINE))
    rules = set(
        re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert set(listed) == rules
    assert {"setup", "report", "test", "test-slow", "lab", "bench", "check", "clean"} <= rules


def test_set_up_a_second_time_says_and_does_nothing(checkout, bare_path):
    stand_in_environment(checkout)
    before = sorted(checkout.rglob("*"))
    (checkout / ".git").mkdir()
    result = run(["make", "setup"], checkout, bare_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert sorted(set(checkout.rglob("*")) - {checkout / ".git"}) == before


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_list_of_packages_is_noticed(checkout, bare_path, name):
    stand_in_environment(checkout)
    with (checkout / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    # Stands in for uv and tells what it was asked to do.
    (bare_path / "uv").write_text('#!/bin/sh\necho "uv $*"\n', encoding="utf-8")
    (bare_path / "uv").chmod(0o755)
    result = run(["make", "setup"], checkout, bare_path)
    assert result.returncode == 0
    calls = re.findall(r"^uv pip (\w+)", result.stdout, re.MULTILINE)
    assert calls == (["sync", "install"] if name == "requirements.lock" else ["install"])
    assert run(["make", "setup"], checkout, bare_path).stdout == ""


def test_an_environment_that_was_moved_is_not_trusted(checkout, bare_path):
    stand_in_environment(checkout)
    moved = checkout.with_name("moved")
    checkout.rename(moved)
    result = run(["make", "setup"], moved, bare_path)
    assert result.returncode != 0
    assert "Python was not found" in result.stderr


def test_a_source_archive_tells_dvc_that_there_is_no_git(checkout, bare_path):
    stand_in_environment(checkout)
    assert run(["make", "setup"], checkout, bare_path).returncode == 0
    local = (checkout / ".dvc" / "config.local").read_text(encoding="utf-8")
    assert local.split() == ["[core]", "no_scm", "=", "true"]
    assert run(["make", "setup"], checkout, bare_path).returncode == 0
    assert (checkout / ".dvc" / "config.local").read_text(encoding="utf-8") == local
    status = run([sys.executable, "-m", "dvc", "status"], checkout, os.environ["PATH"])
    assert status.returncode == 0, status.stderr


def test_a_git_checkout_keeps_dvc_with_git(checkout, bare_path):
    stand_in_environment(checkout)
    (checkout / ".git").mkdir()
    assert run(["make", "setup"], checkout, bare_path).returncode == 0
    assert not (checkout / ".dvc" / "config.local").exists()


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="a source archive has no commits to clone")
def test_clean_removes_what_is_built_and_nothing_that_git_tracks(tmp_path, bare_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    built = ["reports/2018/html/index.html", "data/processed/2018/clean/responses.parquet", ".nsmo/scratch/x"]
    for name in built:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).touch()
    result = run(["make", "clean"], clone, bare_path)
    assert result.returncode == 0, result.stderr
    assert [name for name in built if (clone / name).exists()] == []
    status = subprocess.run(
        ["git", "status", "--porcelain", "--ignored"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert status.stdout == ""


def installed(checkout):
    listing = run([".venv/bin/python", "-c", LIST_INSTALLED], checkout, os.environ["PATH"])
    assert listing.returncode == 0, listing.stderr
    return {canonicalize_name(name): version for name, version in json.loads(listing.stdout)}


LIST_INSTALLED = """
import json
from importlib.metadata import distributions
print(json.dumps([(d.name, d.version) for d in distributions()]))
"""


def locked(text):
    """Name and version of what a lock asks for on this platform."""
    found = {}
    for line in re.findall(r"^[a-z0-9._-]+==.*?(?= \\)", text, re.MULTILINE):
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate():
            found[canonicalize_name(requirement.name)] = next(iter(requirement.specifier)).version
    return found


@pytest.mark.slow
@pytest.mark.pipeline
@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_a_fresh_environment_is_the_lock_and_nothing_else(tool, checkout, bare_path):
    if tool == "uv":
        if not shutil.which("uv"):
            pytest.skip("uv is not on the PATH")
        (bare_path / "uv").symlink_to(shutil.which("uv"))
    for name in ["README.md", "LICENSE", "LICENSE-DATA", "src"]:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, checkout / name)

    result = run(["make", "setup"], checkout, bare_path, PYTHON=sys.executable)
    assert result.returncode == 0, result.stdout + result.stderr
    lock = (checkout / "requirements.lock").read_text(encoding="utf-8")
    own = {"nsmo": "0.1.0"}
    made_by_venv = {"pip", "setuptools"} if tool == "pip" else set()
    found = installed(checkout)
    assert {name: found[name] for name in set(found) - made_by_venv | set(locked(lock))} == locked(lock) | own

    where = run([".venv/bin/python", "-c", "import nsmo; print(nsmo.__file__)"], checkout, bare_path)
    assert Path(where.stdout.strip()) == (checkout / "src" / "nsmo" / "__init__.py").resolve()

    # A package that the lock no longer names goes; the project stays.
    without = re.sub(r"^execnet==.*\n(?:    .*\n)*", "", lock, flags=re.MULTILINE)
    assert "execnet" not in locked(without)
    (checkout / "requirements.lock").write_text(without, encoding="utf-8")
    result = run(["make", "setup"], checkout, bare_path, PYTHON=sys.executable)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "execnet" in found
    assert "execnet" not in installed(checkout)
    assert installed(checkout)["nsmo"] == "0.1.0"
