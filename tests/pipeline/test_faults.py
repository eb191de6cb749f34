"""Everything that may interrupt `make report`, done for real to a miniature; after each, five things hold.

Nothing that belongs to other inputs is called up to date; earlier results are as they were; no process is
left; the message names cause and next step in at most five lines; the next `make report` completes.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from projects import (
    DRAW,
    SLEEPS,
    SOURCE,
    Project,
    family,
    gone,
    kernel_of,
    notebook_text,
    processes_in,
)

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

FIRST = "notebooks/1_draw.ipynb"
PARQUET = "data/processed/2018/draw/numbers.parquet"
RAW = "data/raw/2018/numbers.csv"


class Made(Project):
    """A miniature with the Makefile of the study, whose environment stands already."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        venv = folder / ".venv"
        (venv / "nsmo-setup").mkdir(parents=True)
        (venv / "bin").symlink_to(Path(sys.executable).parent)
        (venv / "nsmo-setup/place").write_text(f"{venv}\n")
        for name in ("Makefile", "scripts/setup.sh", "requirements.lock", "pyproject.toml"):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(SOURCE.parent / name, folder / name)
        for name in ("requirements.lock", "pyproject.toml"):
            shutil.copy(folder / name, venv / "nsmo-setup" / name)
        self.before = self.outputs()
        self.good = self.read(FIRST)

    def report(self) -> subprocess.CompletedProcess:
        return self.call("make", "--no-print-directory", "report")

    def begin(self) -> subprocess.Popen:
        return self.start("make", "--no-print-directory", "report")

    def draw_with(self, cell: str) -> None:
        """Put a cell at the end of the first notebook."""
        self.write(FIRST, notebook_text(*DRAW, cell))

    def mended(self) -> None:
        # Another cell than the harmful one, and not the notebook of the last build: something is to be done.
        self.draw_with("1")

    def afterwards(
        self,
        said: str,
        *names: str,
        mend: Callable[[], object] | None = None,
        ran: tuple[str, ...] = ("draw",),
        stale: tuple[str, ...] = ("draw@2018",),
    ) -> None:
        """Look at the five things; `said` is what make wrote, its own line with it."""
        assert processes_in(self.folder) == []
        assert set(stale) <= set(self.status())
        assert self.outputs() == self.before
        lines = [line for line in said.splitlines() if line.strip()]
        print(*lines, sep="\n")
        assert "Traceback" not in said
        assert len(lines) <= 5
        assert [name for name in names if name not in said] == []
        (mend or self.mended)()
        assert tuple(self.ran(self.report())) == ran
        assert self.status() == {}


@pytest.fixture
def made(miniature) -> Made:
    return Made(miniature.folder)


def stopped(done: subprocess.CompletedProcess) -> str:
    assert done.returncode != 0, done.stdout
    return done.stdout


class TestTheNotebook:
    def test_a_cell_raises(self, made):
        made.draw_with("1 / 0")
        said = stopped(made.report())
        made.afterwards(said, "ZeroDivisionError", "open reports/2018/failed/1_draw.ipynb")
        assert not (made.folder / "reports/2018/failed/1_draw.ipynb").exists()

    def test_its_kernel_dies(self, made):
        made.draw_with("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
        said = stopped(made.report())
        made.afterwards(said, "The kernel died", f"cell [6] of {FIRST}", "open reports/2018/failed")

    def test_its_kernel_dies_before_the_last_cell(self, made):
        made.write(FIRST, notebook_text(*DRAW[:3], "import os\nos._exit(3)", *DRAW[3:]))
        said = stopped(made.report())
        made.afterwards(said, "The kernel died", f"cell [3] of {FIRST}", "open reports/2018/failed")

    @pytest.mark.parametrize("cell", ["import sys\nsys.exit(0)", "import sys\nsys.exit(2)", "exit()"])
    def test_a_cell_ends_it_early(self, made, cell):
        """Everything is saved, but not all of it ran."""
        made.write(FIRST, notebook_text(*DRAW, cell, "print('never')"))
        said = stopped(made.report())
        made.afterwards(said, f"cell [6] of {FIRST}", "open reports/2018/failed")

    def test_it_takes_longer_than_it_may(self, made):
        made.replace("params.yaml", "draw:\n  factor", "timeout:\n  draw: 0.05\ndraw:\n  factor")
        made.draw_with("while True: pass")
        said = stopped(made.report())
        made.afterwards(said, f"cell [6] of {FIRST}", "longer than `timeout:` in params.yaml allows")

    def test_a_time_limit_that_is_none(self, made):
        made.replace("params.yaml", "draw:\n  factor", "timeout:\n  draw: soon\ndraw:\n  factor")
        made.mended()
        assert "params.yaml, timeout: draw: 'soon'" in stopped(made.report())

    def test_no_line_of_its_output_is_lost(self, made):
        made.draw_with("for number in range(10_000):\n    print(f'<{number}>', flush=True)")
        assert made.ran(made.report()) == ["draw"]
        shown = made.read("reports/2018/executed/draw.ipynb")
        assert [number for number in range(10_000) if f"<{number}>" not in shown] == []

    def test_a_long_line_takes_no_more_than_its_share_of_time(self, made):
        made.draw_with("print('x' * 1_000_000)\nprint('half', end='\\r')\nprint('whole')")
        began = time.monotonic()
        assert made.ran(made.report()) == ["draw"]
        assert time.monotonic() - began < 60
        shown = made.read("reports/2018/executed/draw.ipynb")
        assert "x" * 1_000_000 in shown
        assert "half" not in shown.split("print('whole')")[-1]


class TestKilled:
    @pytest.fixture
    def sleeping(self, made: Made) -> Made:
        made.draw_with(SLEEPS)
        return made

    def parts(self, sleeping: Made) -> tuple[subprocess.Popen, dict[str, int]]:
        """A build in the midst of its first stage, and its processes by what they are."""
        make = sleeping.begin()
        kernel = kernel_of(sleeping)
        parent = {number: int(stat(number)[1]) for number in family(make.pid)}
        runner = parent[kernel]
        parts = {
            "make": make.pid,
            "report": parent[parent[runner]],
            "server": parent[runner],
            "runner": runner,
            "kernel": kernel,
        }
        assert len(set(parts.values())) == len(parts)
        return make, parts

    def test_make(self, sleeping):
        make, parts = self.parts(sleeping)
        os.kill(make.pid, signal.SIGKILL)
        # Nobody is left to say anything.
        assert make.communicate(timeout=30)[0] == ""
        assert [name for name, number in parts.items() if not gone(number)] == []
        sleeping.afterwards("")

    @pytest.mark.slow
    @pytest.mark.parametrize("victim", ["runner", "server", "kernel"])
    def test_a_part_of_it(self, sleeping, victim):
        make, parts = self.parts(sleeping)
        os.kill(parts[victim], signal.SIGKILL)
        said, _ = make.communicate(timeout=60)
        assert make.returncode != 0
        cause = {"kernel": "The kernel died: it was killed"}.get(victim, "draw@2018 was killed")
        step = {"kernel": "open reports/2018/failed"}.get(victim, "Run `make report` again")
        sleeping.afterwards(said, cause, step)

    @pytest.mark.slow
    def test_the_report(self, sleeping):
        make, parts = self.parts(sleeping)
        os.kill(parts["report"], signal.SIGKILL)
        said, _ = make.communicate(timeout=60)
        # make says it.
        sleeping.afterwards(said, "Killed")

    @pytest.mark.slow
    def test_a_plain_dvc_repro(self, sleeping):
        dvc = sleeping.start("dvc", "repro")
        kernel = kernel_of(sleeping)
        dvc.kill()
        dvc.wait()
        assert gone(kernel)
        sleeping.afterwards("")

    @pytest.mark.slow
    def test_a_plain_run_of_the_stage(self, sleeping):
        runner = sleeping.start(sys.executable, "-m", "nsmo", "run", "draw", "--wave", "2018")
        kernel = kernel_of(sleeping)
        runner.kill()
        runner.wait()
        assert gone(kernel)
        sleeping.afterwards("")

    def test_ctrl_c(self, sleeping):
        make, _ = self.parts(sleeping)
        os.killpg(make.pid, signal.SIGINT)
        said, _ = make.communicate(timeout=60)
        assert make.returncode != 0
        sleeping.afterwards(said, "draw (2018) was interrupted", "`make report` goes on from here")

    def test_a_stage_is_run_by_hand_meanwhile(self, made):
        made.draw_with(SLEEPS.replace("120", "8"))
        build = made.begin()
        kernel_of(made)
        done = made.run("draw")
        assert done.returncode != 0
        assert done.stdout == "draw (2018) is running already: wait until that has ended, then try again.\n"
        said, _ = build.communicate(timeout=60)
        assert build.returncode == 0, said
        assert made.status() == {}

    def test_a_second_build(self, sleeping):
        make, _ = self.parts(sleeping)
        said = stopped(sleeping.report())
        os.killpg(make.pid, signal.SIGKILL)
        make.communicate()
        sleeping.afterwards(said, "Another build is running in this folder", "wait until it has ended")


class TestEdited:
    """Something is edited while a stage runs that depends on it."""

    def edit(self, made: Made, path: str, old: str, new: str) -> str:
        made.draw_with(
            f'from pathlib import Path\nplace = Path("{path}")\n'
            f"place.write_text(place.read_text().replace({old!r}, {new!r}))"
        )
        return stopped(made.report())

    @pytest.mark.parametrize(
        ("path", "old", "new", "named", "ran"),
        [
            ("params.yaml", "factor: 2", "factor: 3", "params.yaml, draw:", ("draw", "count", "tell")),
            pytest.param(RAW, "3.5", "4.5", RAW, ("draw", "count", "tell"), marks=pytest.mark.slow),
            pytest.param("helper.py", "return", "return ", "helper.py", ("draw",), marks=pytest.mark.slow),
            pytest.param(FIRST, "What was", "What is", FIRST, ("draw",), marks=pytest.mark.slow),
        ],
        ids=["parameter", "input", "module", "notebook"],
    )
    def test_meanwhile(self, made, path, old, new, named, ran):
        said = self.edit(made, path, old, new)
        made.afterwards(said, f"changed while the stage ran: {named}", "run `make report` again", ran=ran)


class TestData:
    def test_raw_data_are_missing(self, made):
        kept = made.read(RAW)
        (made.folder / RAW).unlink()
        said = stopped(made.report())
        made.afterwards(
            said, f"{RAW} is missing", f"git checkout -- {RAW}", mend=lambda: made.write(RAW, kept), ran=()
        )

    @pytest.mark.slow
    @pytest.mark.parametrize("harm", ["empty", "without a column", "not text"])
    def test_raw_data_are_broken(self, made, harm):
        kept = (made.folder / RAW).read_bytes()
        broken = {"empty": b"", "without a column": b"other\n1\n2\n", "not text": kept[:8] + b"\xff\xfe\x00"}[
            harm
        ]
        (made.folder / RAW).write_bytes(broken)
        said = stopped(made.report())
        cause = "KeyError: 'value'" if harm == "without a column" else f"{RAW}: not readable as csv"
        step = "open reports/2018/failed/1_draw.ipynb"
        made.afterwards(said, cause, step, mend=lambda: (made.folder / RAW).write_bytes(kept), ran=())

    @pytest.mark.slow
    def test_a_corrupt_parquet_left_behind(self, made):
        kept = (made.folder / PARQUET).read_bytes()
        for content in (b"PAR1 not really", b"", kept[: len(kept) // 2]):
            (made.folder / PARQUET).write_bytes(content)
            said = stopped(made.run("count"))
            assert f"{PARQUET}: not readable as parquet" in said
            assert "dvc repro -f draw@2018" in said
            assert len(said.splitlines()) <= 5
            assert "draw@2018" in made.status()
            # The build does not stop at it: what draw wrote is put back, or made again.
            assert made.ran(made.report()) in ([], ["draw"])
            assert made.outputs() == made.before
            assert made.status() == {}


class TestTheMachine:
    FILLS = 'from pathlib import Path\nPath("big.txt").write_bytes(b"x" * 10_000_000)'

    def test_files_may_not_grow(self, made):
        """A limit on the size of files, where a small disk cannot be had."""
        made.draw_with(self.FILLS)
        said = stopped(made.call("sh", "-c", "ulimit -f 4000; exec make report"))
        made.afterwards(said, "The disk is full: free some space", "run `make report` again")

    @pytest.mark.slow
    def test_no_scheduler_answers(self, made):
        made.draw_with("list(stage.map(abs, [-1]))")
        said = stopped(made.call(sys.executable, "-m", "nsmo", "report", "--scheduler", "tcp://127.0.0.1:9"))
        made.afterwards(said, "no scheduler answers at tcp://127.0.0.1:9", "leave --scheduler out")

    @pytest.mark.slow
    def test_the_disk_is_full(self, made):
        """A stage writes to a small disk; not in a cell, but where results are saved."""
        made.draw_with('stage.save({"rows": 3, "more": "x" * 3_000_000}, "draw/shape.json");')
        said = stopped(made.call(*mounted("mount -t tmpfs -o size=1m none .nsmo && exec make report")))
        made.afterwards(said, "No space left on device", "The disk is full: free some space")

    @pytest.mark.slow
    def test_the_disk_is_full_in_the_middle_of_a_large_wave(self, made):
        """Pieces are written one after the other; what there is of them goes."""
        made.draw_with(
            "import pandas as pd\n"
            "from nsmo.study.pieces import write_pieces\n"
            "pieces = (pd.DataFrame({'a': range(i, i + 50_000)}) for i in range(0, 10**7, 50_000))\n"
            "write_pieces(pieces, stage.aside / 'rows.parquet')"
        )
        said = stopped(made.call(*mounted("mount -t tmpfs -o size=1m none .nsmo && exec make report")))
        made.afterwards(said, "No space left on device", "The disk is full: free some space")

    @pytest.mark.slow
    def test_the_disk_is_full_when_results_are_put_in_place(self, made):
        made.draw_with('stage.save({"rows": 3, "more": "x" * 3_000_000}, "draw/shape.json");')
        small = "cp -r data/processed .nsmo/kept && mount -t tmpfs -o size=1m none data/processed"
        command = f"{small} && cp -r .nsmo/kept/. data/processed && exec make report"
        said = stopped(made.call(*mounted(command)))
        made.afterwards(said, "No space left on device", "The disk is full: free some space")

    @pytest.mark.parametrize("folder", ["data/processed/2018/draw", "reports/2018/executed"])
    def test_a_folder_is_read_only(self, made, folder):
        made.replace("params.yaml", "factor: 2", "factor: 3")
        if os.geteuid() == 0:  # who may write anywhere but on a disk that is read-only
            mount = f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}"
            said = stopped(made.call(*mounted(f"{mount} && exec make report")))
        else:
            (made.folder / folder).chmod(0o500)
            said = stopped(made.report())
            (made.folder / folder).chmod(0o700)
        step = "Make that place writable and run `make report` again"
        made.afterwards(said, folder, step, ran=("draw", "count", "tell"))

    def test_a_clock_that_jumps(self, made):
        """Files of the future, then of long ago: what counts is their content."""
        for moment in (4_000_000_000, 1):
            for path in (made.folder / "data").rglob("*"):
                os.utime(path, (moment, moment))
            assert made.ran(made.report()) == []
        made.replace(RAW, "3.5", "4.5")
        os.utime(made.folder / RAW, (1000, 1000))
        assert "draw@2018" in made.status()
        assert made.ran(made.report()) == ["draw", "count", "tell"]
        assert processes_in(made.folder) == []


def mounted(command: str) -> list[str]:
    """Run a command of the shell where it may mount; skip where nobody may."""
    wrapped = ["unshare", "--mount", "sh", "-c", command]
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("mounting is not allowed here")
    return wrapped


def stat(number: int) -> list[str]:
    return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()
