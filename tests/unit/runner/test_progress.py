"""How far a stage is reaches whoever looks on, from a kernel whose own output goes to a log."""

import os

import pytest

from nsmo.runner.process import PROGRESS_PREFIX, PROGRESS_VARIABLE
from nsmo.runner.progress import DESCRIPTOR_VARIABLE, Progress


@pytest.fixture
def lines(monkeypatch):
    """Return a function that counts to a thousand at some moments, and gives what was told."""

    def count(moments, watched):
        reading, writing = os.pipe()
        monkeypatch.setenv(DESCRIPTOR_VARIABLE, str(writing))
        if watched:
            monkeypatch.setenv(PROGRESS_VARIABLE, "1")
        clock = iter([0.0, *(moment for moment, _ in moments)])
        progress = Progress("ingest (2018)", clock=lambda: next(clock))
        for _, done in moments:
            progress(done, 1000)
        os.close(writing)
        with os.fdopen(reading) as told:
            return told.read().split("\n")[:-1]

    return count


def test_a_line_that_is_written_over_says_rows_and_time_left(lines):
    found = lines([(0.5, 100), (10, 250), (10.2, 300), (400, 500)], watched=True)
    assert found == [
        f"{PROGRESS_PREFIX}250 of 1,000 responses (25 %), 30 s left",
        f"{PROGRESS_PREFIX}500 of 1,000 responses (50 %), 7 min left",
    ]


def test_a_log_is_told_seldom_and_a_second_pass_begins_anew(lines):
    found = lines([(10, 250), (70, 500), (80, 100), (140, 200)], watched=False)
    assert found == [
        "ingest (2018): 500 of 1,000 responses (50 %), 1 min left",
        "ingest (2018): 200 of 1,000 responses (20 %), 5 min left",
    ]


def test_by_hand_nobody_is_told(monkeypatch, capfd):
    monkeypatch.delenv(DESCRIPTOR_VARIABLE, raising=False)
    Progress("ingest (2018)")(5, 10)
    assert capfd.readouterr() == ("", "")
