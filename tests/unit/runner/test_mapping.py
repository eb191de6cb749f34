"""`stage.map`: the same results wherever the work is done, and a clear line where it cannot be."""

import threading

import pytest
from mapped import dies_always, dies_once, fails, square

from nsmo.runner.mapping import in_threads, mapper
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


@pytest.mark.parametrize(("jobs", "threads"), [("1", 1), ("3", 3)])
def test_as_many_threads_work_as_are_allowed(jobs, threads, monkeypatch):
    monkeypatch.setenv("NSMO_JOBS", jobs)
    together = threading.Barrier(threads, timeout=20)  # nobody passes before all are there

    def work(number):
        together.wait()
        return number, threading.get_ident()

    found = list(in_threads(work, range(6)))
    assert [number for number, _ in found] == list(range(6))
    assert len({thread for _, thread in found}) == threads


def test_a_mistake_in_a_thread_is_raised_as_it_is_and_ends_the_work(monkeypatch):
    monkeypatch.setenv("NSMO_JOBS", "2")
    before = set(threading.enumerate())
    with pytest.raises(ValueError, match="no 0"):
        list(in_threads(fails, range(5)))
    assert set(threading.enumerate()) <= before
