"""After a stage has stopped, its variables can be looked at where it stopped."""

import json
import subprocess
import sys

import pytest
from projects import DRAW, Project, notebook_text

pytestmark = pytest.mark.pipeline

FIRST = "notebooks/1_draw.ipynb"


@pytest.fixture
def failing(miniature) -> Project:
    """With a cell that raises after it has set a variable."""
    miniature.write(FIRST, notebook_text(*DRAW[:5], "seen = frame['value'].sum()\n1 / 0", *DRAW[5:]))
    return miniature


def typed(project: Project, command: str, text: str) -> str:
    """Run a command, type a text at its prompt, and return what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "nsmo", *command.split()],
        cwd=project.folder,
        env=project.environment(),
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_prompt_opens_in_the_cell_that_raised(failing):
    before = failing.outputs()
    said = failing.run("draw").stdout
    assert f"cell [5] of {FIRST}, line 2: 1 / 0" in said
    assert "`nsmo debug draw`" in said
    shown = typed(failing, "debug draw", "print('sum', seen, 'factor', stage.params.factor)\n")
    assert "ZeroDivisionError" in shown
    assert f"At cell [5] of {FIRST}." in shown
    # 1 + 2 + 3.5, twice.
    assert "sum 13.0 factor 2" in shown
    assert failing.outputs() == before
    assert list((failing.folder / ".nsmo/debug").iterdir()) == []
    histories = (failing.folder / ".nsmo/ipython").rglob("history*")
    assert [path for path in histories if b"print('sum'" in path.read_bytes()] == []


def test_the_command_names_a_wave_that_is_not_the_newest(failing):
    failing.replace("params.yaml", 'draw: ["2018"]', 'draw: ["2018", "2019"]')
    assert "`nsmo debug draw --wave 2018`" in failing.run("draw").stdout


def test_it_stops_before_a_cell_that_would_kill_it(failing):
    failing.write(FIRST, notebook_text(*DRAW[:5], "import os\nos._exit(3)", *DRAW[5:]))
    said = failing.run("draw").stdout
    assert "`nsmo debug draw --cell 5` stops before it" in said
    shown = typed(failing, "debug draw --cell 5", "print('rows', len(frame))\n")
    assert f"Before cell [5] of {FIRST}." in shown
    assert "rows 3" in shown


def test_a_notebook_that_does_not_stop_runs_to_its_end(miniature):
    shown = typed(miniature, "debug tell", "print('table', len(table))\n")
    assert "At the end of notebooks/3_tell.ipynb." in shown
    assert "table 1" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [("drwa", "perhaps draw"), ("draw --cell 99", "there is no cell 99"), ("draw --wave 1999", "1999")],
)
def test_what_is_not_there_is_said(miniature, arguments, said):
    done = miniature.call(sys.executable, "-m", "nsmo", "debug", *arguments.split())
    assert done.returncode == 1
    assert said in done.stdout
    assert "Traceback" not in done.stdout


def test_the_failed_notebook_can_be_run_again_up_to_the_cell_in_jupyterlab(failing):
    """What docs/howto/debug-a-notebook.md says: open it, and run all cells above the one that raised."""
    failing.run("draw")
    place = failing.folder / "reports/2018/failed/1_draw.ipynb"
    assert place.stat().st_mode & 0o777 == 0o600
    cells = [cell for cell in json.loads(place.read_text())["cells"] if cell["cell_type"] == "code"]
    above = ["".join(cell["source"]) for cell in cells if cell.get("execution_count")][:-1]
    code = "\n".join([*above, "print('rows', len(frame), 'factor', factor)"])
    # JupyterLab starts the kernel in the folder of the notebook.
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=place.parent,
        env=failing.environment() | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "rows 3 factor 2" in done.stdout
    # The parameters are those of params.yaml: nothing is tried.
    assert "Tried here" not in done.stdout
