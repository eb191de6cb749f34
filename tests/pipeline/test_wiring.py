"""dvc.yaml, params.yaml, the notebooks and the modules fit together, and modules import in one direction."""

import ast
import re
from pathlib import Path
from typing import ClassVar

import pytest
import yaml
from projects import notebook_text

from nsmo.pipeline import notebooks, wiring
from nsmo.runner.declarations import declarations, read_params
from nsmo.runner.parameters import check_parameters, section_values

ROOT = Path(__file__).parents[2]
STAGES = list(declarations(ROOT))
# Those that no wave has among them.
WRITTEN = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
BY_NAME = [pytest.param(one, id=f"{one.name}@{one.wave}") for one in STAGES]

# What each room may import from the others, beside itself.
ALLOWED = {
    "study": set(),
    "stats": set(),
    "results": {"study"},
    "survey": {"study", "stats", "results"},
    "present": {"study", "results"},
    "formats": {"study"},
    "draft": {"study", "formats"},
    "deposit": {"study", "present"},
    "reconstruct": {"study"},
    "runner": {"study", "results", "survey", "present"},
    "stages": {"study", "stats", "results", "survey", "present", "formats", "runner"},
    "ensemble": {"study", "survey", "runner", "stages", "reconstruct"},
    "pages": {"study", "results", "present", "runner", "stages"},
    "handouts": {"study", "present"},
    "pipeline": {
        "study",
        "present",  # and signs that a picture cannot show
        "formats",
        "draft",
        "deposit",
        "reconstruct",
        "ensemble",
        "runner",
        "stages",  # `nsmo check` names beforehand what the stage weight would refuse
        "pages",
        "handouts",
    },
}


# Of the parts of a stage only those that are looked at may know how things look.
LOOKED_AT = {"figures.py", "words.py"}


def imports(file: Path) -> list[str]:
    """Dotted names that a module imports, at its top or inside functions."""
    names = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_point_one_way(room):
    place = ROOT / "src/nsmo" / room
    files = list(place.rglob("*.py")) or [place.with_suffix(".py")]
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in imports(file)
        if name.startswith("nsmo.") and name.split(".")[1] in ALLOWED.keys() - {room} - ALLOWED[room]
    ]
    assert not wrong


def test_results_of_a_stage_do_not_know_how_they_look():
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in (ROOT / "src/nsmo/stages").rglob("*.py")
        for name in imports(file)
        if name.startswith("nsmo.present") and file.name not in LOOKED_AT
    ]
    assert not wrong


def test_the_statistics_need_numpy_scipy_and_pandas_only():
    import sys

    allowed = {"numpy", "scipy", "pandas", "nsmo"} | sys.stdlib_module_names
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in (ROOT / "src/nsmo/stats").rglob("*.py")
        for name in imports(file)
        if name.split(".")[0] not in allowed
    ]
    assert not wrong


@pytest.mark.parametrize("declared", BY_NAME)
def test_notebook_and_params_agree_both_ways(declared):
    problems = check_parameters(ROOT, declared, read_params(ROOT))
    assert not problems, "\n".join(map(str, problems))


@pytest.mark.parametrize("declared", BY_NAME)
def test_the_code_is_in_the_folders_that_are_named(declared):
    problems = wiring.problems(ROOT, declared)
    assert not problems, "\n".join(map(str, problems))


def test_the_pipeline_is_readable_and_its_command_line_changes_no_result():
    assert len((ROOT / "dvc.yaml").read_text().splitlines()) <= 36 * len(WRITTEN)
    assert not [one.name for one in STAGES if any("nsmo/pipeline" in dep for dep in one.deps)]
    assert not [one.name for one in STAGES if sum(dep.startswith("src/") for dep in one.deps) > 11]


@pytest.mark.parametrize("declared", BY_NAME)
def test_a_stage_is_wired_as_every_other(declared):
    assert re.fullmatch(r"[a-z].{10,60}[a-z]", declared.desc), "a verb and what it is done to"
    assert declared.cmd == f"exec python -m nsmo run {declared.name} --wave {declared.wave}"
    assert "requirements.lock" in declared.deps
    if declared.name == "publish":
        assert declared.notebook is None
    else:
        assert (ROOT / declared.notebook).is_file()
        assert any(out.path == declared.executed for out in declared.outs)
    assert not any(dep.startswith("reports/") and "executed" in dep for dep in declared.deps) or (
        declared.name == "publish"
    ), "data flow through data files, never through executed notebooks"


def test_failed_stages_keep_their_results():
    entries = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    without = [
        f"{name}: {out}"
        for name, entry in entries.items()
        for kind in ("outs", "metrics", "plots")
        for out in entry["do"].get(kind, ())
        if not next(iter(out.values())).get("persist")
    ]
    assert not without


def test_small_text_is_kept_by_git_and_the_rest_by_dvc():
    for declared in STAGES:
        for out in declared.outs:
            text = out.path.endswith((".csv", ".json")) or "/tables/" in out.path
            assert out.cache != text, out.path


def test_publish_takes_whatever_a_wave_has():
    """It names folders; a stage named there would be asked of every wave."""
    for declared in STAGES:
        if declared.name == "publish":
            named = {
                dep.removeprefix(f"reports/{declared.wave}/") for dep in declared.deps if "reports" in dep
            }
            assert named == {"executed", "figures", "tables", "workbooks"}


def test_what_a_stage_reads_comes_from_git_or_an_earlier_stage():
    made: set[str] = set()
    for declared in STAGES:
        for dep in declared.deps:
            if dep.startswith(("data/processed/", "reports/")):
                found = any(out == dep or out.startswith(f"{dep}/") for out in made)
                assert found, f"{declared.name} reads {dep}, which no earlier stage writes"
            elif not re.match(r"data/raw/[^/]+/responses\.", dep):  # of real people: in no clone
                assert (ROOT / dep).exists(), f"{declared.name} reads {dep}, which does not exist"
        made |= {out.path for out in declared.outs}


def test_every_section_and_every_wave_is_used():
    params = read_params(ROOT)
    declared = [str(name) for stage in WRITTEN.values() for name in stage["do"].get("params", ())]
    sections = {name.split(".")[0] for name in declared}
    assert params.keys() - {"waves", "timeout"} == sections
    assert {(name, str(wave)) for name, waves in params["waves"].items() for wave in waves} == {
        (declared.name, declared.wave) for declared in STAGES
    }


def test_no_stage_gets_what_other_waves_have():
    """Else another wave would make the results of the earlier ones out of date."""
    for declared in STAGES:
        for key, value in section_values(read_params(ROOT), declared).items():
            by_wave = isinstance(value, dict) and declared.wave in map(str, value)
            assert not by_wave, f"{declared.name}: name {key}.${{item}} under params: in dvc.yaml"


def test_every_key_of_params_has_a_comment():
    lines = (ROOT / "params.yaml").read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if re.match(r"(?!waves|#|\s)\w+:", line))
    bare = [
        line.strip()
        for before, line in zip(lines[start - 1 :], lines[start:], strict=False)
        if re.match(r"  \w+:", line) and "#" not in line and not before.strip().startswith("#")
    ]
    assert not bare


def test_notebooks_are_in_canonical_form():
    assert notebooks.reformat([ROOT / "notebooks"], write=False) == notebooks.Reformatted([], [])


def test_notebooks_define_nothing():
    wrong = [
        f"{path.name}: {ast.unparse(node).splitlines()[0]}"
        for path in notebooks.files([ROOT / "notebooks"])
        for tree in notebooks.code(path).trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    assert not wrong


class TestClosure:
    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        files = {
            "nsmo/__init__.py": "",
            "nsmo/a/__init__.py": "from nsmo.a.one import thing",
            "nsmo/a/one.py": "import json\nthing = 1",
            "nsmo/a/two.py": "def late():\n    from .one import thing\n    from ..b import deep",
            "nsmo/b/__init__.py": "",
            "nsmo/b/deep.py": "",
            "nsmo/b/unused.py": "",
        }
        for name, text in files.items():
            place = tmp_path / "src" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return tmp_path / "src"

    def found(self, source: Path, *names: str) -> set[str]:
        return {path.relative_to(source / "nsmo").as_posix() for path in wiring.closure(source, names)}

    def test_a_package_brings_what_it_imports(self, source):
        assert self.found(source, "nsmo.a.thing") == {"__init__.py", "a/__init__.py", "a/one.py"}

    def test_imports_in_functions_and_relative_ones_count(self, source):
        every = {"__init__.py", "a/__init__.py", "a/one.py", "a/two.py", "b/__init__.py", "b/deep.py"}
        assert self.found(source, "nsmo.a.two") == every


class TestImports:
    """What `nsmo check` says about the code of a stage."""

    FILES: ClassVar = {
        "src/nsmo/__init__.py": '"""Only a docstring."""',
        "src/nsmo/runner/__init__.py": "",
        "src/nsmo/runner/start.py": "import os",
        "src/nsmo/runner/notebook.py": "",
        "src/nsmo/study/__init__.py": '"""Only a docstring."""',
        "src/nsmo/study/errors.py": "import os",
        "src/nsmo/stages/sum.py": "from nsmo.study import errors",
        "params.yaml": 'waves:\n  sum:\n    - "2018"\n',
        "notebooks/1_sum.ipynb": notebook_text("# Sum", "wave = None", "from nsmo.stages import sum"),
    }

    def said(self, folder: Path, *deps: str, **changed: str) -> list[str]:
        lines = "".join(f"        - {dep}\n" for dep in ("notebooks/1_sum.ipynb", *deps))
        dvc = f"stages:\n  sum:\n    foreach: ${{waves.sum}}\n    do:\n      cmd: run\n      deps:\n{lines}"
        for name, text in {**self.FILES, "dvc.yaml": dvc, **changed}.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        (declared,) = declarations(folder)
        return [str(problem) for problem in wiring.problems(folder, declared)]

    def test_all_in_the_declared_folders(self, tmp_path):
        assert self.said(tmp_path, "src/nsmo/runner", "src/nsmo/study", "src/nsmo/stages/sum.py") == []

    def test_an_import_from_outside_is_named(self, tmp_path):
        (said,) = self.said(tmp_path, "src/nsmo/runner", "src/nsmo/stages/sum.py")
        assert "stage sum uses src/nsmo/study/errors.py" in said
        assert "dvc.yaml, stages: sum: deps:" in said

    def test_a_folder_that_nothing_comes_from_is_named(self, tmp_path):
        named = ("src/nsmo/runner", "src/nsmo/study", "src/nsmo/stages/sum.py", "src/nsmo/stats")
        (said,) = self.said(tmp_path, *named)
        assert "uses nothing from src/nsmo/stats" in said

    def test_a_module_that_is_no_python_is_named_with_its_line(self, tmp_path):
        broken = {"src/nsmo/study/errors.py": "import os\nthis = = wrong"}
        (said,) = self.said(tmp_path, "src/nsmo/runner", **broken)
        assert "errors.py, line 2: invalid syntax: `this = = wrong`" in said
