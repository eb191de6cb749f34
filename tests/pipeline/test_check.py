"""What `nsmo check` says about params.yaml, dvc.yaml and the notebooks."""

import shutil
from pathlib import Path

import projects
import pytest
from projects import notebook_text

from nsmo.pipeline import check
from nsmo.runner.declarations import ContractError, read_params
from nsmo.runner.values import KINDS, value_problems

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.pipeline


@pytest.fixture
def project(tmp_path: Path) -> projects.Project:
    return projects.miniature(tmp_path / "miniature")


def lines(project: projects.Project, *words: str) -> list[str]:
    """The first lines of the problems that have all of some words in them."""
    _, said = project.check()
    return [line for line in said.splitlines() if all(word in line for word in words)]


def test_a_misspelt_key_of_params_is_one_problem_at_its_place(project):
    project.replace("params.yaml", "factor: 2", "faktor: 2")
    (line,) = lines(project, "factor")
    assert "params.yaml, line 6, draw: faktor: no notebook has this key; 'factor' looks like it" in line
    assert "params.yaml, line 6, draw: faktor:" in project.call("nsmo", "report").stdout


def test_a_misspelt_section_of_params_is_one_problem_at_its_place(project):
    project.replace("params.yaml", "draw:\n  factor", "drow:\n  factor")
    (line,) = lines(project, "dr")
    assert "params.yaml, line 5, drow: no stage has this section; 'draw' looks like it" in line


def test_a_wave_whose_folder_is_gone_is_one_problem(project):
    shutil.rmtree(project.folder / "data/raw/2018", ignore_errors=True)
    assert len(lines(project, "there is no wave '2018', which params.yaml names")) == 1
    assert lines(project, "no such file") == lines(project, "is missing") == []


def test_a_wave_that_no_stage_has_is_named(project):
    project.write("data/raw/2099/questionnaire.yaml", "study: x\n")
    assert len(lines(project, "data/raw/2099 is not looked at: params.yaml names it for no stage")) == 1


def test_without_any_wave_it_says_how_to_begin_and_nothing_is_built(project):
    for name in ("draw", "count", "tell"):
        project.replace("params.yaml", f'{name}: ["2018"]', f"{name}: []")
    shutil.rmtree(project.folder / "data/raw/2018")
    begin = "params.yaml names no wave. Begin: nsmo new WAVE EXPORT"
    assert lines(project, begin, "Nothing to look at") != []
    done = project.report()
    assert (done.returncode, done.stdout) == (0, f"Nothing to do: {begin}\n")


def test_a_section_of_a_stage_that_no_wave_has_is_no_mistake(project):
    project.replace("params.yaml", 'tell: ["2018"]', "tell: []")
    assert lines(project, "no stage has this section") == []


@pytest.mark.parametrize(
    ("section", "value", "said"),
    [
        ("analyse", "confidence: 95", "a share between 0 and 1, for example 0.95"),
        ("weight", "max_ratio: eight", "a number above 1, times the mean weight"),
        ("weight", "max_ratio: .inf", "a number above 1, times the mean weight"),
        ("topline", "classes: 0", "a whole number of classes, from 1"),
        ("topline", "classes: 8.5", "a whole number of classes, from 1"),
        ("profiles", "draws: true", "a whole number of samples, from 1"),
        ("implied_base", "base_sizes: [20]", "two whole numbers of respondents"),
        ("bounds", 'sizes: {"2018": 185}', "for each wave a list of whole numbers"),
        ("publish", "language: fr", "nl or en"),
    ],
)
def test_a_value_that_cannot_be_is_one_problem_at_its_place(tmp_path, section, value, said):
    text = f"# Parameters\n\n{section}:\n  # What it is (unit).\n  {value}\n"
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    (problem,) = value_problems(tmp_path)
    key = value.partition(":")[0]
    assert f"params.yaml, line 5, {section}: {key} is " in str(problem)
    assert f"expected: {said}" in str(problem)


def test_the_parameters_of_the_study_are_of_their_kinds():
    params = read_params(ROOT)
    assert value_problems(ROOT) == []
    assert [
        (name, key) for name, keys in KINDS.items() for key in keys if key not in params.get(name, keys)
    ] == []


def test_with_a_value_that_cannot_be_nothing_is_weighted(monkeypatch):
    wrong = ContractError(found="seed is 1.5", where="params.yaml, line 51, chance")
    monkeypatch.setattr(check, "value_problems", lambda folder: [wrong])
    monkeypatch.setattr(check, "design_problems", lambda *_: pytest.fail("weighted with a seed of 1.5"))
    monkeypatch.setattr(check.wiring, "problems", lambda *_: [])  # takes long
    assert wrong in check.problems()


def test_a_build_stops_before_it_begins_where_a_value_cannot_be(project):
    project.replace("params.yaml", "draw:\n  factor", "chance:\n  seed: -1\ndraw:\n  factor")
    said = project.call("nsmo", "report")
    assert said.returncode == 1
    assert "params.yaml, line 6, chance: seed is -1" in said.stdout


def test_a_key_that_one_notebook_misses_is_a_problem_of_the_notebook(project):
    project.replace("dvc.yaml", "        - tell\n", "        - tell\n        - draw\n")
    assert lines(project, "notebooks/3_tell.ipynb", "no line `factor = None`")


def test_a_notebook_without_a_stage_is_named(project):
    project.write("notebooks/4_more.ipynb", notebook_text("# More", "wave = None"))
    project.write("notebooks/gallery.ipynb", notebook_text("# Gallery", "1"))
    assert len(lines(project, "no stage has this notebook")) == 1
    assert lines(project, "notebooks/4_more.ipynb", "no stage has this notebook")


def test_a_notebook_that_is_gone_is_named(project):
    (project.folder / "notebooks/2_count.ipynb").unlink()
    (line,) = lines(project, "2_count.ipynb")
    assert line == "1. notebooks/2_count.ipynb: there is no such notebook"


def test_an_input_of_a_stage_that_is_misspelt_in_dvc_yaml_is_named(project):
    project.replace("dvc.yaml", "notebooks/2_count.ipynb", "notebooks/2_cuont.ipynb")
    assert len(lines(project, "the input notebooks/2_cuont.ipynb is missing")) == 1


def test_a_time_limit_for_no_stage_is_named(project):
    project.replace("params.yaml", "draw:\n  factor", "timeout:\n  drwa: 3\ndraw:\n  factor")
    assert lines(project, "params.yaml, timeout: there is no stage 'drwa'; 'draw' looks like it")


@pytest.mark.parametrize("cell", ["%time 1 + 1", "b = = 2"])
def test_code_that_is_no_python_is_no_crash(project, cell):
    project.write("notebooks/1_draw.ipynb", notebook_text("# Title", "wave = None\nfactor = None", cell))
    assert len(lines(project, "1_draw.ipynb, cell [2], line 1: invalid syntax")) == ("= =" in cell)
