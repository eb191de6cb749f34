"""What `make report` takes for up to date without asking DVC: only what DVC would say, too."""

import os
import shutil
import subprocess
import sys

import pytest
from dvc.repo import Repo

from nsmo.pipeline.unchanged import REMEMBERED, unchanged
from nsmo.runner.declarations import declarations

DVC_YAML = """
stages:
  draw:
    foreach: ${waves.draw}
    do:
      cmd: echo ${item}
      deps:
        - raw/${item}/numbers.csv
        - code
      params:
        - draw
        - sizes.${item}
      outs:
        - out/${item}/drawn: {persist: true}
        - out/${item}/shape.json: {cache: false, persist: true}
"""
PARAMS = """
waves: {draw: ["1", "2"]}
draw: {factor: 2}
sizes: {"1": [1], "2": [2]}
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Two waves of one stage, recorded by DVC."""
    folder = tmp_path_factory.mktemp("built")
    files = {"dvc.yaml": DVC_YAML, "params.yaml": PARAMS, "code/a.py": "1\n", "code/b/c.py": "2\n"}
    for wave in ("1", "2"):
        files |= {f"raw/{wave}/numbers.csv": wave, f"out/{wave}/shape.json": wave}
        files |= {f"out/{wave}/drawn/ä.txt": f"{wave}a", f"out/{wave}/drawn/in/b.txt": f"{wave}b"}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    Repo.init(str(folder), no_scm=True)
    with Repo(str(folder)) as repo:
        repo.commit(force=True)
    return folder


@pytest.fixture
def folder(built, tmp_path, monkeypatch):
    monkeypatch.chdir(shutil.copytree(built, tmp_path / "copy"))
    return tmp_path / "copy"


def found(folder):
    (folder / ".nsmo").mkdir(exist_ok=True)
    return unchanged(folder, {f"{one.name}@{one.wave}": one for one in declarations(folder)})


def by_dvc(folder):
    with Repo(str(folder)) as repo:
        return {stage.addressing for stage in repo.index.stages} - set(repo.status())


def edited(name, old, new):
    def edit(folder):
        path = folder / name
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")

    return edit


def test_what_dvc_recorded_is_up_to_date_and_stays_so(folder):
    assert found(folder) == by_dvc(folder) == {"draw@1", "draw@2"}
    assert found(folder) == {"draw@1", "draw@2"}
    (folder / "code/__pycache__").mkdir()
    (folder / "code/__pycache__/a.pyc").write_text("compiled")
    (folder / ".dvcignore").write_text("__pycache__\n")
    assert found(folder) == by_dvc(folder) == {"draw@1", "draw@2"}


CHANGES = {
    "input": (edited("raw/1/numbers.csv", "1", "9"), {"draw@2"}),
    "code": (edited("code/b/c.py", "2", "3"), set()),
    "more code": (lambda folder: (folder / "code/d.py").write_text("4"), set()),
    "less code": (lambda folder: (folder / "code/a.py").unlink(), set()),
    "parameter": (edited("params.yaml", "factor: 2", "factor: 3"), set()),
    "parameter of a wave": (edited("params.yaml", '"1": [1]', '"1": [7]'), {"draw@2"}),
    "command": (edited("dvc.yaml", "echo", "print"), set()),
    "another input": (edited("dvc.yaml", "- code\n", "- code\n        - params.yaml\n"), set()),
    "another result": (edited("out/1/drawn/in/b.txt", "b", "x"), {"draw@2"}),
    "a result more": (lambda folder: (folder / "out/1/drawn/c").write_text(""), {"draw@2"}),
    "no result": (lambda folder: (folder / "out/1/shape.json").unlink(), {"draw@2"}),
    "nothing kept": (lambda folder: shutil.rmtree(folder / ".dvc/cache"), set()),
    "no record": (lambda folder: (folder / "dvc.lock").unlink(), set()),
}


@pytest.mark.parametrize(("change", "left"), CHANGES.values(), ids=CHANGES)
def test_what_has_changed_is_not(folder, change, left):
    found(folder)
    change(folder)
    assert found(folder) == by_dvc(folder) == left


def test_a_record_that_is_none_is_left_to_dvc(folder):
    for text in ("<<<<<<< ours\n", "stages: 3\n", "[]\n", "stages: {draw@1: [1]}\n"):
        (folder / "dvc.lock").write_text(text)
        assert found(folder) == set()


def test_a_file_that_changed_within_the_moment_of_a_look_is_seen(folder):
    path = folder / "raw/1/numbers.csv"
    path.write_text("1")
    assert "draw@1" in found(folder)
    before = path.stat()
    path.write_text("9")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "draw@1" not in found(folder)


def test_hashes_are_remembered_and_a_damaged_memory_changes_nothing(folder):
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        os.utime(path, (1_600_000_000, 1_600_000_000))
    found(folder)
    memory = folder / REMEMBERED
    assert "raw/1/numbers.csv" in memory.read_text()
    for text in ("", "[1]", "{}", '{"raw/1/numbers.csv": [1]}'):
        memory.write_text(text)
        assert found(folder) == {"draw@1", "draw@2"}


def slow_modules(code: str, slow: tuple[str, ...]) -> list[str]:
    """Those of some modules that are imported when a line of Python has run."""
    code = f"import sys; {code}; print(*sorted(set({slow}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_build_with_nothing_to_do_imports_nothing_that_is_slow():
    """Pandas alone takes as long as all that such a build does."""
    slow = ("pandas", "numpy", "dvc", "papermill", "matplotlib")
    assert slow_modules("import nsmo.pipeline.report", slow) == []


def test_a_build_that_runs_stages_leaves_data_and_questionnaires_to_them():
    """They would take longer than DVC, and keep the first stage waiting."""
    slow = ("pandas", "numpy", "papermill", "matplotlib", "nsmo.study.codebook", "nsmo.runner.gate")
    assert slow_modules("import nsmo.pipeline.report, nsmo.pipeline.record", slow) == []


def test_where_stages_name_no_code_of_the_package_it_is_not_imported_whole():
    slow = ("scipy", "nsmo.stages", "nsmo.reconstruct", "nsmo.pages")
    assert slow_modules("import nsmo.pipeline.preload", slow) == []
