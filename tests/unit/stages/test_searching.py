"""Patterns of rules and of our own: none takes time without end."""

import importlib
import pkgutil
import re
import signal
import time

import pytest

import nsmo
from nsmo.stages.clean.searching import searcher
from nsmo.study.errors import StudyError
from nsmo.study.personal import readable
from nsmo.study.spelling import pieces


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)*b", "^(a*)*$"])
def test_a_pattern_that_tries_without_end_is_named(monkeypatch, pattern):
    monkeypatch.setattr("nsmo.stages.clean.searching.MOST", 0.1)
    there = searcher(pattern, "test_entry")
    text = "aab" if pattern == "(a|aa)*b" else "aa"
    assert there([text, "", text])[::2] == [True, True]
    with pytest.raises(StudyError, match="in a text of 61 signs takes more than") as error:
        there([text, "a" * 60 + "!", text])
    assert "cleaning > rules > test_entry" in str(error.value)
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0), "nothing of it is left"


def test_many_texts_may_take_longer_than_one(monkeypatch):
    monkeypatch.setattr("nsmo.stages.clean.searching.MOST", 0.04)
    started = time.process_time()
    assert searcher("^a*z", "test_entry")(["a" * 5_000] * 6_000) == [False] * 6_000
    assert time.process_time() - started > 0.1, "else it shows nothing"


@pytest.mark.parametrize(
    ("look", "text"),
    [
        (pieces, " "),
        (pieces, "\n "),
        (readable, "<style"),
        (readable, "<script "),
        (readable, "<a "),
        (readable, "title="),
    ],
)
def test_what_answers_and_pages_are_looked_through_with_takes_time_by_their_length(look, text):
    def seconds(many):
        taken = []
        for _ in range(2):
            started = time.process_time()
            look(text * many + "\x00")
            taken.append(time.process_time() - started)
        return min(taken)

    assert seconds(200_000) < 1, "with a look at the rest from each place it took minutes"


#: What would make a pattern try many ways of taking the same signs.
REPEATED = [" ", "1", "a", "_", "-", "1,", "a.", "(", "[1,", "<", '"', "=", "a b ", "0-", ": 1", "\u00a0"]


class _OverError(Exception):
    pass


def test_no_pattern_of_ours_is_exponential():
    """A number of a hundred signs at most is looked for in no more than a blink."""
    patterns = {}
    for module in pkgutil.walk_packages(nsmo.__path__, "nsmo."):
        if ".jupyter" in module.name or module.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            several = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
            found = [one for one in [value, *several] if isinstance(one, re.Pattern)]
            patterns |= {one.pattern: one for one in found if isinstance(one.pattern, str)}

    def over(*_):
        raise _OverError

    assert len(patterns) > 100
    before = signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, 20)
    try:
        for name, pattern in patterns.items():
            for text in REPEATED:
                started = time.process_time()
                pattern.search(text * 100 + "\x00")
                pattern.fullmatch(text * 100 + "\x00")
                assert time.process_time() - started < 0.5, (name, text)
    except _OverError:
        pytest.fail(f"{name} on {text!r}")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
