"""Runs parts of a stage beside each other, each in a process of its own."""

import contextlib
import gc
import os
import signal
from collections.abc import Callable, Sequence

from nsmo.runner.process import at_once, die_with_parent

#: Runs all of several parts, none of which needs what another one has in memory.
RunAll = Callable[[Sequence[Callable[[], object]]], None]


def in_turn(parts: Sequence[Callable[[], object]]) -> None:
    """Run one part after the other."""
    for part in parts:
        part()


def side_by_side(parts: Sequence[Callable[[], object]]) -> None:
    """Run the first part here and each other one in a fork, of which only what it writes to files stays.

    A part whose fork did not end well runs again here, so that what it raises is raised as in turn. On one
    processor, or where `NSMO_JOBS` is 1, all run in turn.
    """
    if at_once() == 1:
        in_turn(parts)
        return
    forks: dict[int, Callable[[], object]] = {}
    try:
        for part in parts[1:]:
            forks[_fork(part)] = part
        in_turn(parts[:1])
        for number in list(forks):
            part, status = forks.pop(number), os.waitpid(number, 0)[1]
            if status:
                part()
    finally:
        for number in forks:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)


def _fork(part: Callable[[], object]) -> int:
    """Start a process that runs a part and ends; return its number."""
    parent = os.getpid()
    # Python would look through all that is held for what can go, and so copy it.
    gc.freeze()
    number = os.fork()
    if number:
        return number
    status = 1
    try:
        die_with_parent(parent)
        part()
        status = 0
    finally:
        # Whatever was raised is raised again where somebody reads it.
        os._exit(status)
