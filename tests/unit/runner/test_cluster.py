"""`--scheduler`: processes of Dask as on other machines, which are killed while they work."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import mapped
import pytest
from mapped import dies_always, fails, no_disk, slow_square, square

from nsmo.runner import cluster as ours
from nsmo.runner.mapping import SCHEDULER_VARIABLE, mapper
from nsmo.study.errors import StudyError


class Cluster:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, folder):
        self.folder, self.file = folder, folder / "scheduler.json"
        here = str(Path(mapped.__file__).parent)
        self._variables = os.environ | {
            "PYTHONPATH": os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]),
            "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s",
        }
        self.workers = []
        self.scheduler = self._start("scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1")
        until(self.file.exists)
        self.address = json.loads(self.file.read_text())["address"]

    def _start(self, what, *options):
        command = [sys.executable, "-m", "dask", what, "--scheduler-file", str(self.file), *options]
        with (self.folder / f"{what}.log").open("ab") as log:
            return subprocess.Popen(command, env=self._variables, cwd=self.folder, stdout=log, stderr=log)

    def add(self, number):
        for _ in range(number):
            options = ("--no-nanny", "--no-dashboard", "--nthreads", "1", "--host", "127.0.0.1")
            self.workers.append(self._start("worker", *options))
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(number, timeout=60)

    def stop(self):
        for process in (*self.workers, self.scheduler):
            process.kill()
        for process in (*self.workers, self.scheduler):
            process.wait()


def until(holds, seconds=30):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    with contextlib.ExitStack() as stack:
        made = Cluster(tmp_path)
        stack.callback(made.stop)
        monkeypatch.setenv(SCHEDULER_VARIABLE, made.address)
        yield made


def test_a_scheduler_needs_an_answer(monkeypatch):
    monkeypatch.setenv(SCHEDULER_VARIABLE, "tcp://127.0.0.1:9")
    monkeypatch.setattr(ours, "_PATIENCE", 0.3)
    with pytest.raises(StudyError, match="no scheduler answers at tcp://127"):
        list(mapper(1, print)(square, [1]))


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setenv(SCHEDULER_VARIABLE, "tcp://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(
        StudyError, match=r"package distributed is not installed[^$]*pip install 'nsmo\[cluster\]'"
    ):
        list(mapper(1, print)(square, [1]))


@pytest.mark.slow
def test_a_cluster_gives_the_same_and_says_where_the_time_went(cluster):
    cluster.add(2)
    said = []
    assert list(mapper(1, said.append)(square, range(7))) == [0, 1, 4, 9, 16, 25, 36]
    assert list(mapper(1, print)(square, [])) == []
    assert said[-1].startswith("7 parts by ")
    assert f" of {cluster.address}: " in said[-1]
    assert " s, in which they worked 0.0 s (" in said[-1]
    with pytest.raises(ValueError, match="no 1"):
        list(mapper(1, print)(fails, [1]))


@pytest.mark.slow
def test_a_part_that_fails_for_want_of_something_is_tried_again_and_told(cluster, tmp_path):
    cluster.add(1)
    said = []
    once = [(number, str(tmp_path / f"once {number}"), 1) for number in range(3)]
    assert list(mapper(1, said.append)(no_disk, once)) == [0, 1, 4]
    assert said[0] == "part 2 of 3 failed ([Errno 28] No space left on device) and is tried again"
    always = [(number, str(tmp_path / f"always {number}"), 9) for number in range(3)]
    with pytest.raises(OSError, match="No space left on device"):
        list(mapper(1, said.append)(no_disk, always))
    assert (tmp_path / "always 1").stat().st_size == 3


@pytest.mark.slow
def test_a_worker_that_is_killed_changes_nothing_and_is_told(cluster):
    cluster.add(2)
    said = []
    results = mapper(1, said.append)(slow_square, range(12))
    found = [next(results)]
    cluster.workers[0].kill()
    assert found + list(results) == [number * number for number in range(12)]
    (lost,) = said[:-1]
    assert lost.startswith("the worker tcp://127.0.0.1:")
    assert lost.endswith(" is lost (1 left); what it was at is made again")


@pytest.mark.slow
def test_what_kills_every_worker_stops_with_a_clear_line(cluster):
    cluster.add(5)
    with pytest.raises(StudyError, match="part 1 of 1 was lost with each worker that was at it"):
        list(mapper(1, print)(dies_always, [1]))


@pytest.mark.slow
def test_without_a_worker_it_waits_a_while_and_says_so(cluster, monkeypatch):
    monkeypatch.setattr(ours, "_ALONE", 2.0)
    cluster.add(1)
    results = mapper(1, print)(slow_square, range(40))
    next(results)
    cluster.workers[0].kill()
    with pytest.raises(StudyError, match=r"has had no worker for 2 s; \d+ of 40 parts were done"):
        list(results)


@pytest.mark.slow
def test_a_lost_scheduler_stops_with_a_clear_line(cluster, monkeypatch):
    monkeypatch.setattr(ours, "_PATIENCE", 2.0)
    cluster.add(2)
    results = mapper(1, print)(slow_square, range(40))
    next(results)
    cluster.scheduler.kill()
    with pytest.raises(StudyError, match=r"the scheduler at tcp\S+ is gone; \d+ of 40 parts were done"):
        list(results)
