"""Runs parts of a stage beside each other, in as many processes as there are processors."""

import contextlib
import gc
import os
import pickle
import signal
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from nsmo.runner.process import at_once, die_with_parent

#: Runs several parts, none of which needs what another one has in memory, and returns what each gives.
RunAll = Callable[[Sequence[Callable[[], Any]]], list[Any]]


def in_turn(parts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run one part after the other."""
    return [part() for part in parts]


def side_by_side(parts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run some parts here and the others in forks, of which what they give comes back, and files stay.

    With two processors, every second part runs in a fork. The parts of a fork that did not end well run again
    here, so that what they raise is raised as in turn. On one processor, or where `NSMO_JOBS` is 1, all run
    in turn.
    """
    processes = min(at_once(), len(parts))
    if processes < 2:
        return in_turn(parts)
    shares = [parts[place::processes] for place in range(processes)]
    forks: dict[int, tuple[int, int]] = {}
    try:
        for place in range(1, processes):
            forks[place] = _fork(partial(in_turn, shares[place]))
        found: list[Any] = [None] * len(parts)
        found[::processes] = in_turn(shares[0])
        for place in range(1, processes):
            number, reading = forks[place]
            with os.fdopen(reading, "rb") as file:
                content = file.read()
            del forks[place]
            status = os.waitpid(number, 0)[1]
            found[place::processes] = in_turn(shares[place]) if status else pickle.loads(content)
        return found
    finally:
        for number, reading in forks.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)
            os.close(reading)


def _fork(part: Callable[[], Any]) -> tuple[int, int]:
    """Start a process that runs a part and ends; return its number, and where what it gives can be read."""
    parent = os.getpid()
    reading, writing = os.pipe()
    # Python would look through all that is held for what can go, and so copy it.
    gc.freeze()
    number = os.fork()
    if number:
        os.close(writing)
        return number, reading
    status = 1
    try:
        die_with_parent(parent)
        os.close(reading)
        content = pickle.dumps(part())
        with os.fdopen(writing, "wb") as file:
            file.write(content)
        status = 0
    finally:
        # Whatever was raised is raised again where somebody reads it.
        os._exit(status)
