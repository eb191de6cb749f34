"""The runner on a miniature of three stages: what runs when, and what it says (faults: test_faults.py)."""

import contextlib
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest
from projects import DRAW, Project, miniature, notebook

from nsmo.pipeline import progress
from nsmo.runner.canonical import dumps
from nsmo.runner.declarations import Declaration

pytestmark = pytest.mark.pipeline


def draw_with(project: Project, cell: str) -> None:
    """Put a cell at the end of the first notebook."""
    project.write("notebooks/1_draw.ipynb", dumps(notebook(*DRAW, cell)))


def numbered_cells(project: Project) -> list[str]:
    """The sources of the code cells of the first notebook."""
    cells = json.loads(project.read("notebooks/1_draw.ipynb"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def on_terminal(project: Project, columns: int) -> list[str]:
    """What a build writes to a terminal of some width, without the codes that move about."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "nsmo", "report"],
        cwd=project.folder,
        env=project.environment() | {"TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    with contextlib.suppress(OSError):  # the other side is closed
        while piece := os.read(ours, 65536):
            written += piece
    assert process.wait() == 0
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode()).replace("\r", "\n")
    return [line.rstrip() for line in shown.split("\n") if line.strip()]


class TestWhatRuns:
    def test_nothing_when_nothing_changed(self, miniature):
        before = miniature.outputs()
        done = miniature.report()
        assert miniature.ran(done) == []
        assert "Nothing to do" in done.stdout
        assert miniature.outputs() == before
        assert miniature.status() == {}

    @pytest.mark.parametrize(
        ("path", "old", "new", "expected"),
        [
            ("params.yaml", "decimals: 1", "decimals: 0", ["tell"]),
            ("params.yaml", "unit: euro", "unit: dollar", ["tell"]),
            ("data/raw/2018/numbers.csv", "3.5", "4.5", ["draw", "count", "tell"]),
            ("helper.py", "values * factor", "values * factor + 1", ["draw", "count", "tell"]),
            # The total stays what it was, so what follows it stays too.
            ("notebooks/2_count.ipynb", "How much is it?", "What is the sum?", ["count"]),
        ],
    )
    def test_only_what_depends_on_the_change(self, miniature, path, old, new, expected):
        miniature.replace(path, old, new)
        assert miniature.ran(miniature.report()) == expected
        assert miniature.status() == {}

    def test_a_parameter_of_another_stage_changes_nothing(self, miniature):
        miniature.replace("params.yaml", "tell:\n  decimals", "other:\n  key: 1\ntell:\n  decimals")
        assert miniature.ran(miniature.report()) == []


class TestContract:
    @pytest.mark.parametrize(
        ("path", "old", "new"),
        [
            ("params.yaml", "  factor: 2", "  factr: 2"),
            ("params.yaml", "  factor: 2", "  factor: 2\n  shift: 1"),
            ("notebooks/1_draw.ipynb", "factor = None", "facto = None"),
            ("notebooks/1_draw.ipynb", "factor = None", "factor = None\\nshift = None"),
        ],
        ids=["misspelt in params", "too many in params", "misspelt in notebook", "too many in notebook"],
    )
    def test_parameters_agree_both_ways(self, miniature, path, old, new):
        before = miniature.outputs()
        miniature.replace(path, old, new)
        done = miniature.run("draw")
        assert done.returncode == 1
        assert "notebooks/1_draw.ipynb" in done.stdout
        assert "params.yaml" in done.stdout
        assert "Traceback" not in done.stdout
        assert miniature.outputs() == before

    def test_a_near_miss_is_named(self, miniature):
        miniature.replace("params.yaml", "  factor: 2", "  factr: 2")
        assert "'factr' looks like it" in miniature.run("draw").stdout

    def test_a_value_in_the_parameters_cell_is_refused(self, miniature):
        miniature.replace("notebooks/1_draw.ipynb", "factor = None", "factor = 5")
        done = miniature.run("draw")
        assert done.returncode == 1
        assert "`factor = 5`" in done.stdout

    def test_reading_what_is_not_declared(self, miniature):
        miniature.write("data/raw/2018/secret.csv", "a\n1\n")
        draw_with(miniature, 'stage.read("raw/secret.csv")')
        done = miniature.run("draw")
        assert done.returncode == 1
        assert "data/raw/2018/secret.csv is no declared input of stage draw" in done.stdout
        assert "dvc.yaml" in done.stdout

    def test_a_figure_without_a_description(self, miniature):
        drawn = "import matplotlib.pyplot as plt\n\nplt.bar([1, 2], [3, 4]);"
        draw_with(miniature, drawn)
        done = miniature.run("draw")
        assert done.returncode == 1
        named = re.search(r"notebooks/1_draw\.ipynb, cell \[(\d+)\]: an image without", done.stdout)
        assert named
        assert numbered_cells(miniature)[int(named[1]) - 1] == drawn
        assert "stage.figure" in done.stdout

    def test_writing_what_is_not_declared(self, miniature):
        draw_with(miniature, 'stage.save({}, "draw/more.json")')
        done = miniature.run("draw")
        assert done.returncode == 1
        assert "data/processed/2018/draw/more.json is no declared output of stage draw" in done.stdout

    def test_an_output_that_is_not_written(self, miniature):
        miniature.replace("notebooks/2_count.ipynb", "stage.save(", "print(")
        done = miniature.run("count")
        assert done.returncode == 1
        assert "not written: data/processed/2018/count/total.json" in done.stdout

    def test_an_unknown_stage_or_wave(self, miniature):
        assert "draw, count, tell" in miniature.run("drow").stdout
        assert "params.yaml, waves: draw:" in miniature.run("draw", "1999").stdout

    def test_what_is_no_longer_written_goes(self, miniature):
        miniature.replace("notebooks/3_tell.ipynb", "tables/tell/total.csv", "tables/tell/sum.csv")
        assert miniature.ran(miniature.report()) == ["tell"]
        assert [path.name for path in (miniature.folder / "reports/2018/tables/tell").iterdir()] == [
            "sum.csv"
        ]


class TestByHand:
    def test_a_parameter_that_was_corrected_and_run_again_is_told_no_more(self, miniature):
        typed = "In = ['# Parameters\\nfaktor = 5', '# Parameters\\nfactor = 5']; factor = 5"
        assert self.open(miniature, typed).splitlines()[-1] == "5"

    def open(self, project: Project, values: str, folder: str = "notebooks") -> str:
        code = (
            f"import nsmo; wave = None; {values}; stage = nsmo.open('draw', locals());"
            "print(stage.params.factor); stage.save(stage.read('raw/numbers.csv'), 'draw/numbers.parquet')"
        )
        done = project.call(sys.executable, "-c", f"import os; os.chdir({folder!r}); {code}")
        return done.stdout

    def test_same_parameters_and_results_to_scratch(self, miniature):
        before = miniature.outputs()
        said = self.open(miniature, "factor = None").splitlines()
        assert said[0] == "Run by hand: stage draw, wave 2018, parameters from params.yaml, draw:."
        assert ".nsmo/scratch/2018/draw/" in said[1]
        assert said[2] == "2"
        assert miniature.outputs() == before
        scratch = miniature.folder / ".nsmo/scratch/2018/draw/data/processed/2018/draw/numbers.parquet"
        assert scratch.is_file()
        assert miniature.status() == {}

    def test_a_value_may_be_tried(self, miniature):
        said = self.open(miniature, "factor = 5", folder="data")
        assert "Tried here: factor = 5 instead of 2." in said
        assert said.splitlines()[-1] == "5"

    def test_a_missing_line_is_told(self, miniature):
        said = self.open(miniature, "faktor = None")
        assert "no line `factor = None`; 'faktor' looks like it" in said

    def test_a_parameter_misspelt_for_papermill_is_told(self, miniature):
        notebook = "notebooks/1_draw.ipynb"
        done = miniature.call(sys.executable, "-m", "papermill", notebook, "/dev/null", "-p", "faktor", "5")
        assert done.returncode == 1
        assert "no parameter `faktor`; 'factor' looks like it" in done.stdout


class TestFailure:
    def test_a_cell_that_raises(self, miniature):
        before = miniature.outputs()
        draw_with(miniature, "1 / 0  # here")
        done = miniature.report()
        assert done.returncode == 1
        lines = done.stdout.strip().splitlines()
        assert lines == [
            "draw (2018) stopped; earlier results are kept.",
            "cell [6] of notebooks/1_draw.ipynb, line 1: 1 / 0  # here",
            "ZeroDivisionError: division by zero",
            "open reports/2018/failed/1_draw.ipynb, a copy with outputs, or `nsmo debug draw` to look at its "
            "variables; correct notebooks/1_draw.ipynb",
        ]
        assert miniature.outputs() == before
        assert "draw@2018" in miniature.status()
        failed = json.loads(miniature.read("reports/2018/failed/1_draw.ipynb"))
        assert failed["cells"][-1]["outputs"][0]["ename"] == "ZeroDivisionError"

        draw_with(miniature, "1 / 1")
        # The data stay what they were, so nothing after them runs.
        assert miniature.ran(miniature.report()) == ["draw"]
        assert not (miniature.folder / "reports/2018/failed/1_draw.ipynb").exists()

    def test_a_mistake_in_the_study_is_told_whole_and_without_traceback(self, miniature):
        draw_with(
            miniature,
            "from nsmo.study.errors import StudyError\n"
            'raise StudyError(found="code A9", where="a.csv, line 3", expected="A1 to A6", fix="add it")',
        )
        done = miniature.run("draw")
        assert done.stdout.splitlines() == [
            "draw (2018) stopped in cell [6], open reports/2018/failed/1_draw.ipynb; "
            "earlier results are kept.",
            "a.csv, line 3: code A9",
            "    expected: A1 to A6",
            "    do: add it",
        ]

    def test_a_missing_file_of_another_stage(self, miniature):
        (miniature.folder / "data/processed/2018/draw/numbers.parquet").unlink()
        assert "stage draw writes it" in miniature.run("count").stdout


def test_kernels_share_no_history(built_miniature):
    """Under load one of them would find the file malformed, and say so on a page."""
    assert not list(built_miniature.folder.rglob("history.sqlite*"))


@pytest.mark.slow
def test_the_same_bytes_at_another_place_and_in_another_environment(built_miniature, tmp_path, monkeypatch):
    other = miniature(tmp_path / "quite another place")
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("LC_ALL", "nl_NL.UTF-8")
    monkeypatch.setenv("PYTHONHASHSEED", "77")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    # What somebody has set up for their own work.
    other.write("matplotlibrc", "font.size: 40\n")
    for name, place in (
        ("PYTHONSTARTUP", "own/start.py"),
        ("JUPYTER_CONFIG_DIR", "own/jupyter_config.py"),
        ("IPYTHONDIR", "own/profile_default/ipython_config.py"),
        ("IPYTHONDIR", "own/profile_default/startup/first.py"),
    ):
        other.write(place, 'raise SystemExit("this is not ours")\n')
        monkeypatch.setenv(
            name, str(other.folder / (place if name == "PYTHONSTARTUP" else place.partition("/")[0]))
        )
    assert other.ran(other.report()) == ["draw", "count", "tell"]
    assert other.outputs() == built_miniature.outputs()
    assert other.read("dvc.lock") == built_miniature.read("dvc.lock")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
class TestTheReport:
    def test_on_a_terminal_a_live_line_tells_what_goes_on(self, miniature):
        draw_with(miniature, "import time\ntime.sleep(2.5)")
        screen = on_terminal(miniature, columns=72)
        live = [line for line in screen if "draw@2018" in line and "cell [6]" in line]
        # elapsed time, in lines that fit
        assert len({found for line in live for found in re.findall(r"\d:\d\d:\d\d", line)}) >= 2
        assert max(map(len, live)) <= 72
        assert any("what was drawn?" in line for line in live)
        # What stays is the same as elsewhere.
        assert any(re.search(r"draw@2018 +what was drawn\? +\d+\.\d s$", line) for line in screen)
        assert screen[-1] == "Built."

    def test_elsewhere_there_is_a_plain_line_for_each_stage(self, miniature):
        draw_with(miniature, "1")
        said = miniature.report().stdout
        assert re.fullmatch(r"draw@2018 +what was drawn\? +\d+\.\d s\nBuilt\.\n", said)

    def test_what_runs_for_long_is_named_with_its_cell(self, monkeypatch, capsys):
        """In lines of a log, where no clock runs: after five minutes, ten, twenty."""
        now = [1000.0]
        monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
        stages = {name: Declaration(name, "2018", "what?", "", (), (), ()) for name in ("goals", "publish")}
        with progress.Lines(stages) as lines:
            lines.start("goals")
            lines.start("publish")
            lines.doing("goals", "cell [3] of 12")
            for minute in range(26):
                now[0] = 1000.0 + 60 * minute
                if minute == 4:
                    lines.doing("goals", "cell [4] of 12")
                if minute > 20:  # how far it is makes no new cell of it
                    lines.doing("goals", f"{minute:,} of 100 responses ({minute} %), 9 min left")
                lines.refresh()
        said = [line.split(";")[0] for line in capsys.readouterr().out.splitlines()]
        assert said == [
            "publish has run for 5 min",
            "goals, cell [4] of 12 has run for 5 min",
            "publish has run for 10 min",
            "goals, cell [4] of 12 has run for 10 min",
            "publish has run for 20 min",
            "goals, cell [4] of 12 (24 of 100 responses (24 %), 9 min left) has run for 20 min",
        ]

    def test_a_stage_that_is_run_alone_names_its_cell_too(self, miniature):
        draw_with(miniature, "import time\ntime.sleep(3)")
        code = (
            "from pathlib import Path\nimport nsmo.runner.notebook as notebook, nsmo.runner.run as run\n"
            "notebook.SLOW = 0.02\nraise SystemExit(run.attempt(Path.cwd(), 'draw', '2018'))"
        )
        done = miniature.call(sys.executable, "-c", code)
        assert done.returncode == 0, done.stdout
        assert done.stdout.startswith("cell [6] of 6 has run for 0.02 min; Ctrl-C ends it")

    def test_both_ways_give_the_same_bytes(self, miniature):
        before, lock = miniature.outputs(), miniature.read("dvc.lock")
        done = miniature.call("dvc", "repro", "--force")
        assert done.returncode == 0, done.stdout
        assert miniature.outputs() == before
        assert miniature.read("dvc.lock") == lock

    def test_the_lock_stands_in_the_order_of_the_stages(self, miniature):
        lock = miniature.read("dvc.lock")
        head, draw, count, tell = re.split(r"(?m)^(?=  \S)", lock)
        miniature.write("dvc.lock", head + tell + count + draw)
        miniature.replace("params.yaml", "decimals: 1", "decimals: 0")
        miniature.report()
        miniature.replace("params.yaml", "decimals: 0", "decimals: 1")
        miniature.report()
        assert miniature.read("dvc.lock") == lock
