"""The runner on a miniature of three stages: what runs when, and what is left after each kind of failure."""

import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from projects import DRAW, SLEEPS, Project, family, gone, kernel_of, miniature, notebook

from nsmo.pipeline.canonical import dumps

pytestmark = pytest.mark.pipeline


def draw_with(project: Project, cell: str) -> None:
    """Put a cell at the end of the first notebook."""
    project.write("notebooks/1_draw.ipynb", dumps(notebook(*DRAW, cell)))


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


class TestFailure:
    def test_a_cell_that_raises(self, miniature):
        before = miniature.outputs()
        draw_with(miniature, "1 / 0  # here")
        done = miniature.report()
        assert done.returncode == 1
        lines = done.stdout.strip().splitlines()
        assert lines[:4] == [
            "draw (2018) stopped.",
            "cell [7] of notebooks/1_draw.ipynb",
            "ZeroDivisionError: division by zero",
            "open reports/2018/failed/1_draw.ipynb",
        ]
        assert len(lines) <= 5
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
            'raise StudyError(found="code A9", where="a.csv, line 3", expected="A1 to A6", cure="add it")',
        )
        done = miniature.run("draw")
        assert done.stdout.splitlines() == [
            "draw (2018) stopped.",
            "a.csv, line 3: code A9",
            "    expected: A1 to A6",
            "    do: add it",
            "open reports/2018/failed/1_draw.ipynb, cell [7]",
        ]

    def test_a_missing_raw_file(self, miniature):
        before = miniature.outputs()
        (miniature.folder / "data/raw/2018/numbers.csv").unlink()
        for done in (miniature.run("draw"), miniature.report()):
            assert done.returncode == 1
            assert "data/raw/2018/numbers.csv" in done.stdout
            assert "Traceback" not in done.stdout
        assert "git checkout -- data/raw/2018/numbers.csv" in miniature.run("draw").stdout
        assert miniature.outputs() == before

    def test_a_missing_file_of_another_stage(self, miniature):
        (miniature.folder / "data/processed/2018/draw/numbers.parquet").unlink()
        assert "stage draw writes it" in miniature.run("count").stdout

    @pytest.mark.parametrize(
        ("path", "said"),
        [
            ("data/raw/2018/numbers.csv", "data/raw/2018/numbers.csv"),
            ("params.yaml", "params.yaml, draw:"),
            ("helper.py", "helper.py"),
            ("notebooks/1_draw.ipynb", "notebooks/1_draw.ipynb"),
        ],
    )
    def test_an_edit_while_the_stage_runs(self, miniature, path, said):
        before = miniature.outputs()
        edit = {"params.yaml": '.replace("factor: 2", "factor: 3")'}.get(path, ' + " "')
        draw_with(
            miniature,
            f'from pathlib import Path\nplace = Path("{path}")\nplace.write_text(place.read_text(){edit})',
        )
        done = miniature.report()
        assert done.returncode == 1
        assert f"changed while the stage ran: {said}" in done.stdout
        assert miniature.outputs() == before
        assert "draw@2018" in miniature.status()

    def test_a_kernel_that_dies(self, miniature):
        before = miniature.outputs()
        draw_with(miniature, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
        done = miniature.run("draw")
        assert done.returncode == 1
        assert "The kernel died" in done.stdout
        assert "cell [7] of notebooks/1_draw.ipynb" in done.stdout
        assert "Traceback" not in done.stdout
        assert miniature.outputs() == before

    def test_a_corrupt_parquet_is_built_again(self, miniature):
        before = miniature.outputs()
        (miniature.folder / "data/processed/2018/draw/numbers.parquet").write_bytes(b"PAR1 not really")
        done = miniature.run("count")
        assert done.returncode == 1
        assert "data/processed/2018/draw/numbers.parquet: not readable as parquet" in done.stdout
        assert "dvc repro" in done.stdout
        assert miniature.ran(miniature.report())[0] == "draw"
        assert miniature.outputs() == before


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
class TestNothingIsLeft:
    @pytest.fixture
    def sleeping(self, miniature: Project) -> Project:
        draw_with(miniature, SLEEPS)
        return miniature

    def test_after_sigkill_of_the_runner(self, sleeping):
        before = sleeping.outputs()
        runner = sleeping.start(sys.executable, "-m", "nsmo", "run", "draw", "--wave", "2018")
        kernel = kernel_of(sleeping)
        runner.kill()
        runner.wait()
        assert gone(kernel)
        assert sleeping.outputs() == before

    def test_after_sigkill_of_dvc(self, sleeping):
        before = sleeping.outputs()
        dvc = sleeping.start(sys.executable, "-m", "dvc", "repro")
        kernel = kernel_of(sleeping)
        runner = int(Path(f"/proc/{kernel}/stat").read_text().rsplit(")", 1)[1].split()[1])
        dvc.kill()
        dvc.wait()
        assert gone(runner)
        assert gone(kernel)
        assert sleeping.outputs() == before
        # and the next build completes
        draw_with(sleeping, "1")
        assert sleeping.ran(sleeping.report()) == ["draw"]

    def test_after_ctrl_c(self, sleeping):
        before = sleeping.outputs()
        report = sleeping.start(sys.executable, "-m", "nsmo", "report")
        kernel = kernel_of(sleeping)
        os.killpg(report.pid, signal.SIGINT)
        said, _ = report.communicate(timeout=30)
        assert report.returncode == 130
        assert "draw (2018) was interrupted" in said
        assert "Traceback" not in said
        assert len(said.strip().splitlines()) <= 5
        assert gone(kernel)
        assert sleeping.outputs() == before

    def test_a_second_build_is_told_to_wait(self, sleeping):
        first = sleeping.start(sys.executable, "-m", "nsmo", "report")
        kernel = kernel_of(sleeping)
        second = sleeping.report()
        assert second.returncode == 1
        assert second.stdout.splitlines() == [
            "Another build is running in this folder: wait until it has ended, then try again."
        ]
        first.kill()
        first.wait()
        assert gone(kernel)


@pytest.mark.slow
def test_the_same_bytes_at_another_place_and_in_another_environment(built_miniature, tmp_path, monkeypatch):
    other = miniature(tmp_path / "quite another place")
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("LC_ALL", "nl_NL.UTF-8")
    monkeypatch.setenv("PYTHONHASHSEED", "77")
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("COLUMNS", "40")
    assert other.ran(other.report()) == ["draw", "count", "tell"]
    assert other.outputs() == built_miniature.outputs()
    assert other.read("dvc.lock") == built_miniature.read("dvc.lock")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
class TestTheReport:
    def test_nothing_is_left_after_sigkill(self, miniature):
        before = miniature.outputs()
        draw_with(miniature, SLEEPS)
        report = miniature.start(sys.executable, "-m", "nsmo", "report")
        kernel = kernel_of(miniature)
        descendants = family(report.pid)
        assert kernel in descendants
        # the report, its call of DVC, what DVC called, the preloaded process, its runner, the kernel
        assert len(descendants) >= 6
        report.kill()
        report.communicate()
        assert [number for number in descendants if not gone(number)] == []
        assert miniature.outputs() == before
        draw_with(miniature, "1")
        assert miniature.ran(miniature.report()) == ["draw"]

    def test_it_goes_on_without_the_preloaded_process(self, miniature):
        # The second time round there is nobody to hand the stage over to.
        draw_with(
            miniature,
            "import os, signal\nfrom pathlib import Path\n"
            'if not Path("once.txt").exists():\n'
            '    Path("once.txt").write_text("")\n'
            '    runner = Path(f"/proc/{os.getppid()}/stat").read_text()\n'
            '    preloaded = int(runner.rsplit(")", 1)[1].split()[1])\n'
            "    os.kill(preloaded, signal.SIGKILL)\n    signal.pause()",
        )
        assert miniature.ran(miniature.report()) == ["draw"]
        assert (miniature.folder / "once.txt").exists()
        assert miniature.status() == {}

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


class TestTheMachine:
    def test_a_full_disk(self, miniature):
        before = miniature.outputs()
        draw_with(miniature, 'from pathlib import Path\nPath("big.txt").write_bytes(b"x" * 10_000_000)')
        done = miniature.call("sh", "-c", "ulimit -f 4000; exec python -m nsmo run draw --wave 2018")
        assert done.returncode == 1
        assert "The disk is full" in done.stdout
        assert "Traceback" not in done.stdout
        assert len(done.stdout.strip().splitlines()) <= 5
        assert miniature.outputs() == before

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_a_folder_that_cannot_be_written(self, miniature):
        before = miniature.outputs()
        place = miniature.folder / "data/processed/2018/draw"
        place.chmod(0o500)
        try:
            miniature.replace("params.yaml", "factor: 2", "factor: 3")
            done = miniature.run("draw")
        finally:
            place.chmod(0o700)
        assert done.returncode == 1
        assert "data/processed/2018/draw" in done.stdout
        assert "Make that place writable" in done.stdout
        assert miniature.outputs() == before

    def test_a_clock_that_jumps(self, miniature):
        before = miniature.outputs()
        for path in (miniature.folder / "data").rglob("*"):
            os.utime(path, (4_000_000_000, 4_000_000_000))
        assert miniature.ran(miniature.report()) == []
        assert miniature.outputs() == before
