"""What `nsmo check` says about params.yaml, dvc.yaml and the notebooks."""

import sys
from pathlib import Path

import projects
import pytest
from projects import notebook_text

pytestmark = pytest.mark.pipeline


@pytest.fixture
def project(tmp_path: Path) -> projects.Project:
    return projects.miniature(tmp_path / "miniature")


def lines(project: projects.Project, *words: str) -> list[str]:
    """The first lines of the problems that have all of some words in them."""
    done = project.call(sys.executable, "-m", "nsmo", "check")
    assert "Traceback" not in done.stdout
    return [line for line in done.stdout.splitlines() if all(word in line for word in words)]


def test_a_misspelt_key_of_params_is_one_problem_at_its_place(project):
    project.replace("params.yaml", "factor: 2", "faktor: 2")
    (line,) = lines(project, "factor")
    assert "params.yaml, draw: faktor: no notebook has this key; 'factor' looks like it" in line


def test_a_key_that_one_notebook_misses_is_a_problem_of_the_notebook(project):
    project.replace("dvc.yaml", "        - tell\n", "        - tell\n        - draw\n")
    assert lines(project, "notebooks/3_tell.ipynb", "no line `factor = None`")


def test_a_notebook_without_a_stage_is_named(project):
    project.write("notebooks/4_more.ipynb", notebook_text("# More", "wave = None"))
    project.write("notebooks/gallery.ipynb", notebook_text("# Gallery", "1"))
    assert len(lines(project, "no stage has this notebook")) == 1
    assert lines(project, "notebooks/4_more.ipynb", "no stage has this notebook")


def test_a_time_limit_for_no_stage_is_named(project):
    project.replace("params.yaml", "draw:\n  factor", "timeout:\n  drwa: 3\ndraw:\n  factor")
    assert lines(project, "params.yaml, timeout: there is no stage 'drwa'; 'draw' looks like it")


@pytest.mark.parametrize("cell", ["%time 1 + 1", "b = = 2"])
def test_code_that_is_no_python_is_no_crash(project, cell):
    project.write("notebooks/1_draw.ipynb", notebook_text("# Title", "wave = None\nfactor = None", cell))
    assert len(lines(project, "1_draw.ipynb, cell [2], line 1: invalid syntax")) == ("= =" in cell)
