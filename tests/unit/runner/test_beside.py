"""Parts of a stage that run beside each other."""

import os
import time

import psutil
import pytest

from nsmo.runner.beside import in_turn, side_by_side
from nsmo.study.errors import StudyError


@pytest.fixture(params=["1", "2"])
def processors(request, monkeypatch):
    monkeypatch.setenv("NSMO_JOBS", request.param)
    return int(request.param)


def children():
    """The processes that this one has started and not waited for."""
    return {one.pid for one in psutil.Process().children()}


@pytest.fixture(autouse=True)
def nothing_left():
    """See that no process is left behind; a browser of other tests may have been there before."""
    before = children()
    yield
    assert children() <= before


def test_all_parts_write_their_files_and_what_they_give_comes_back_in_order(tmp_path, processors):
    # Longer than what a pipe holds before somebody reads it.
    parts = [lambda n=name: (tmp_path / n).write_text(n) * [n * 200_000] for name in "abcde"]
    assert side_by_side(parts) == [[name * 200_000] for name in "abcde"]
    assert sorted(one.read_text() for one in tmp_path.iterdir()) == ["a", "b", "c", "d", "e"]


def test_every_second_part_runs_in_another_process(tmp_path, processors):
    numbers = tmp_path / "numbers"
    numbers.touch()

    def note():
        with numbers.open("a") as file:
            file.write(f"{os.getpid()}\n")

    side_by_side([note, note, note])
    own = [line == str(os.getpid()) for line in numbers.read_text().splitlines()]
    assert sorted(own) == [processors == 1, True, True]


@pytest.mark.parametrize("run", [in_turn, side_by_side])
def test_what_a_part_raises_is_raised_as_it_is(run, processors):
    def wrong():
        raise StudyError(found="no estimate of bread", where="report.en.md, line 3", fix="write bred")

    with pytest.raises(StudyError, match="no estimate of bread") as error:
        run([lambda: None, wrong])
    assert error.value.problems[0].fix == "write bred"


def test_nothing_is_left_behind_when_the_first_part_raises(processors):
    def wrong():
        raise ValueError("first")

    began = time.monotonic()
    with pytest.raises(ValueError, match="first"):
        side_by_side([wrong, lambda: time.sleep(60)])
    assert time.monotonic() - began < 30
