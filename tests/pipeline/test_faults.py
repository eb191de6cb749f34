"""Everything that may interrupt `make report`, done for real to a miniature; after each, five things hold.

Nothing that belongs to other inputs is called up to date; earlier results are as they were; no process is
left; the message names cause and next step in at most five lines; the next `make report` completes.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from interrupted import FIRST, PARQUET, RAW, Made, stopped
from projects import (
    SLEEPS,
    family,
    gone,
    kernel_of,
    processes_in,
)

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


class TestKilled:
    @pytest.fixture
    def sleeping(self, made: Made) -> Made:
        made.draw_with(SLEEPS)
        return made

    def parts(self, sleeping: Made) -> tuple[subprocess.Popen, dict[str, int]]:
        """A build during its first stage, and its processes by what they are."""
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

    @pytest.mark.parametrize("victim", ["runner", "server", "kernel"])
    def test_a_part_of_it(self, sleeping, victim):
        make, parts = self.parts(sleeping)
        os.kill(parts[victim], signal.SIGKILL)
        said, _ = make.communicate(timeout=60)
        assert make.returncode != 0
        cause = {"kernel": "The kernel died: it was killed"}.get(victim, "draw@2018 was killed")
        step = {"kernel": "open reports/2018/failed"}.get(victim, "Run `make report` again")
        sleeping.afterwards(said, cause, step)

    def test_the_report(self, sleeping):
        make, parts = self.parts(sleeping)
        os.kill(parts["report"], signal.SIGKILL)
        said, _ = make.communicate(timeout=60)
        # make says it.
        sleeping.afterwards(said, "Killed")

    def test_a_plain_dvc_repro(self, sleeping):
        dvc = sleeping.start("dvc", "repro")
        kernel = kernel_of(sleeping)
        dvc.kill()
        dvc.wait()
        assert gone(kernel)
        sleeping.afterwards("")

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
            (RAW, "3.5", "4.5", RAW, ("draw", "count", "tell")),
            ("helper.py", "return", "return ", "helper.py", ("draw",)),
            (FIRST, "What was", "What is", FIRST, ("draw",)),
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

    def test_no_scheduler_answers(self, made):
        made.draw_with("list(stage.map(abs, [-1]))")
        said = stopped(made.call(sys.executable, "-m", "nsmo", "report", "--scheduler", "tcp://127.0.0.1:9"))
        made.afterwards(said, "no scheduler answers at tcp://127.0.0.1:9", "leave --scheduler out")

    def test_the_disk_is_full(self, made):
        """A stage writes to a small disk; not in a cell, but where results are saved."""
        made.draw_with('stage.save({"rows": 3, "more": "x" * 3_000_000}, "draw/shape.json");')
        said = stopped(made.call(*mounted("mount -t tmpfs -o size=1m none .nsmo && exec make report")))
        made.afterwards(said, "No space left on device", "The disk is full: free some space")

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
