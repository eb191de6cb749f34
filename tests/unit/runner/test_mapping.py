"""`stage.map`: the same results wherever the work is done, and a clear line where it cannot be."""

import os
import signal
from pathlib import Path

import mapped
import pytest
from mapped import dies_always, dies_once, fails, slow_square, square

from nsmo.runner.mapping import SCHEDULER_VARIABLE, mapper
from nsmo.study.errors import StudyError


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers):
    assert list(mapper(workers, print)(square, range(7))) == [0, 1, 4, 9, 16, 25, 36]
    assert list(mapper(workers, print)(square, [])) == []


def test_what_a_killed_process_was_at_is_made_again_and_told(tmp_path):
    said = []
    items = [(number, str(tmp_path / "mark")) for number in range(5)]
    assert list(mapper(2, said.append)(dies_once, items)) == [0, 1, 4, 9, 16]
    assert len(said) == 1
    assert said[0].startswith("a process was lost; ")
    assert said[0].endswith(" of 5 are made again")


def test_processes_that_always_die_stop_it_with_what_to_do():
    with pytest.raises(StudyError, match="processes were lost 3 times, the last with 2 of 2 still to do"):
        list(mapper(2, lambda text: None)(dies_always, [1, 2]))


def test_a_mistake_in_the_function_is_raised_as_it_is():
    with pytest.raises(ValueError, match="no 1"):
        list(mapper(2, print)(fails, [1]))


def test_a_scheduler_needs_the_package_and_an_answer(monkeypatch):
    monkeypatch.setenv(SCHEDULER_VARIABLE, "tcp://127.0.0.1:9")
    monkeypatch.setattr("nsmo.runner.mapping._PATIENCE", 0.3)
    with pytest.raises(StudyError, match=r"distributed is not installed|no scheduler answers at tcp://127"):
        list(mapper(1, print)(square, [1]))


@pytest.fixture
def cluster(monkeypatch):
    """A scheduler with two workers on this machine."""
    distributed = pytest.importorskip("distributed")
    here = str(Path(mapped.__file__).parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, os.environ.get("PYTHONPATH", "")]))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as made:
        monkeypatch.setenv(SCHEDULER_VARIABLE, made.scheduler_address)
        yield made


@pytest.mark.slow
def test_a_cluster_gives_the_same_and_says_where_the_time_went(cluster):
    said = []
    assert list(mapper(1, said.append)(square, range(7))) == [0, 1, 4, 9, 16, 25, 36]
    assert said[-1].startswith(f"7 parts on 2 workers of {cluster.scheduler_address}: ")


@pytest.mark.slow
def test_a_worker_that_is_killed_changes_nothing_and_is_told(cluster):
    said = []
    results = mapper(1, said.append)(slow_square, range(8))
    found = [next(results)]
    worker = next(iter(cluster.workers.values()))
    address = worker.worker_address
    os.kill(worker.process.process.pid, signal.SIGKILL)
    assert found + list(results) == [number * number for number in range(8)]
    assert any(address in text and "is lost" in text for text in said)


@pytest.mark.slow
def test_a_lost_scheduler_stops_with_a_clear_line(cluster, monkeypatch):
    monkeypatch.setattr("nsmo.runner.mapping._PATIENCE", 2.0)
    results = mapper(1, print)(slow_square, range(40))
    next(results)
    cluster.loop.add_callback(cluster.scheduler.close)
    with pytest.raises(StudyError, match=r"the scheduler at tcp\S+ is gone; \d+ of 40 parts were done"):
        list(results)
