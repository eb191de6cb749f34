"""`stage.map`: the same results wherever the work is done, and a clear line where it cannot be."""

import pytest
from mapped import dies_always, dies_once, fails, square

from nsmo.runner.mapping import mapper
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
