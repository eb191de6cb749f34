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
TOOLS = "sh make awk cat cmp cp cut dirname env find git grep head ls mkdir mv paste printf rm tr uname"
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


def pretend_system(folder, name):
    """Put a `uname` on a PATH that names another system."""
    (folder / "uname").unlink(missing_ok=True)
    (folder / "uname").write_text(f"#!/bin/sh\necho {name}\n", encoding="utf-8")
    (folder / "uname").chmod(0o755)


@pytest.mark.parametrize("system", ["MINGW64_NT-10.0-22631", "MSYS_NT-10.0", "CYGWIN_NT-10.0"])
@pytest.mark.parametrize("target", ["setup", "report"])
def test_windows_is_told_at_once_what_to_use_instead(checkout, bare_path, system, target):
    pretend_system(bare_path, system)
    (bare_path / "python3").symlink_to(sys.executable)
    result = run(["make", target], checkout, bare_path)
    assert result.returncode != 0
    (line,) = (result.stdout + result.stderr).splitlines()
    assert "use WSL" in line
    assert "or the container" in line
    assert not (checkout / ".venv").exists()


def test_macos_is_told_what_is_not_tested_and_set_up(checkout, bare_path):
    pretend_system(bare_path, "Darwin")
    stand_in_environment(checkout)
    (checkout / ".venv/nsmo-setup/pyproject.toml").unlink()
    (bare_path / "uv").write_text("#!/bin/sh\n", encoding="utf-8")
    (bare_path / "uv").chmod(0o755)
    result = run(["sh", "scripts/setup.sh"], checkout, bare_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[0].startswith("setup: macOS is not among the machines")
    assert "setup: ready" in result.stdout


@pytest.mark.parametrize("command", ["report", "run draw --wave 2018", "verify", "preview draw"])
def test_a_build_on_windows_says_so_in_place_of_an_import_error(command):
    code = (
        "import sys\n"
        "for name in ('fcntl', 'pwd', 'grp', 'resource'): sys.modules[name] = None\n"
        f"sys.platform, sys.argv = 'win32', ['nsmo', *{command.split()!r}]\n"
        "import nsmo.__main__ as command\ncommand.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Windows itself cannot build the report" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_can_work_on_windows_needs_no_module_that_is_not_there():
    code = (
        "import sys\n"
        "for name in ('fcntl', 'pwd', 'grp', 'resource'): sys.modules[name] = None\n"
        "sys.argv = ['nsmo', 'format', '--check']\n"
        "import nsmo.pipeline.check, nsmo.pipeline.lab, nsmo.draft.new\n"
        "import nsmo.__main__ as command\ncommand.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_path_with_an_accent_starts_under_the_plainest_locale(tmp_path, bare_path):
    """Python reads the place of an editable package in the letters of the locale, and LC_ALL=C has no é."""
    folder = tmp_path / "mijn étude"
    for name in SETUP_FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "src/nsmo").mkdir(parents=True)
    (folder / "src/nsmo/__init__.py").write_text("")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / ".venv")], check=True)
    (packages,) = (folder / ".venv/lib").glob("python*/site-packages")
    # What the build backend writes; uv, which would call it, is a stand-in.
    (packages / "_editable_impl_nsmo.pth").write_text(f"{folder}/src\n", encoding="utf-8")
    (folder / ".venv/nsmo-setup").mkdir()
    (folder / ".venv/nsmo-setup/place").write_text(f"{folder}/.venv\n", encoding="utf-8")
    shutil.copy(ROOT / "requirements.lock", folder / ".venv/nsmo-setup")
    (bare_path / "uv").write_text("#!/bin/sh\n", encoding="utf-8")
    (bare_path / "uv").chmod(0o755)
    result = run(["sh", "scripts/setup.sh"], folder, bare_path, LC_ALL="C.UTF-8")
    assert result.returncode == 0, result.stderr
    where = run(
        [".venv/bin/python", "-c", "import nsmo; print(ascii(nsmo.__file__))"], folder, bare_path, LC_ALL="C"
    )
    assert where.returncode == 0, where.stderr
    assert where.stdout.strip() == ascii(f"{folder}/src/nsmo/__init__.py")

    # What DVC asks for, of somebody whom the machine has no name for, and of somebody whom it knows.
    asked = 'import getpass, os; print(getpass.getuser(), os.path.expanduser("~"))'
    apart = ["unshare", "--user", "--map-user=12345", "env", "-u", "HOME", "-u", "USER", "-u", "LOGNAME"]
    python = str(folder / ".venv/bin/python")
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode == 0:
        answer = subprocess.check_output([*apart, python, "-c", asked], text=True)
        assert answer == f"12345 {folder}/.nsmo/home\n"
    known = subprocess.check_output([*apart[3:], python, "-c", asked], text=True)
    assert known == subprocess.check_output([*apart[3:], sys.executable, "-S", "-c", asked], text=True)


def test_an_environment_of_somebody_else_is_put_aside(checkout, bare_path):
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/mine.txt").write_text("mine", encoding="utf-8")
    (bare_path / "python3").symlink_to(sys.executable)
    (bare_path / "uv").write_text("#!/bin/sh\n", encoding="utf-8")
    (bare_path / "uv").chmod(0o755)
    result = run(["make", "setup"], checkout, bare_path)
    assert result.returncode == 0, result.stderr
    assert "setup: .venv was not made here; it is .venv.before now" in result.stdout
    assert (checkout / ".venv.before/mine.txt").read_text(encoding="utf-8") == "mine"


def test_without_a_network_it_says_the_word(checkout, bare_path):
    (bare_path / "python3").symlink_to(sys.executable)
    failing = "#!/bin/sh\necho 'error: Failed to fetch' >&2\nexit 2\n"
    (bare_path / "uv").write_text(failing, encoding="utf-8")
    (bare_path / "uv").chmod(0o755)
    result = run(["make", "setup"], checkout, bare_path)
    assert result.returncode != 0
    assert "Is there a network" in result.stderr
    assert "PIP_INDEX_URL" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (checkout / ".venv/nsmo-setup/requirements.lock").exists()


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
