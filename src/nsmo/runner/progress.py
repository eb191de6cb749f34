"""Says from within the kernel of a stage how far it is, to whoever looks on from outside."""

import os
import time
from collections.abc import Callable

from nsmo.runner.process import PROGRESS_PREFIX, PROGRESS_VARIABLE

DESCRIPTOR_VARIABLE = "NSMO_PROGRESS_TO"
"""Where the lines go: a descriptor of the runner that its kernel, a fork, has as well; none by hand."""

#: Seconds between two lines: on a line that is written over, and in a log.
OFTEN, SELDOM = 1.0, 60.0


def keep_descriptor() -> None:
    """Keep the way out for the kernel, whose own output goes to a log."""
    watched = bool(os.environ.get(PROGRESS_VARIABLE))
    os.environ[DESCRIPTOR_VARIABLE] = str(os.dup(1 if watched else 2))


class Progress:
    """Called with how many of how many responses are done, tells that and the time left.

    Parameters
    ----------
    title : str
        The stage, for a log.
    clock : callable
        Gives the seconds.
    """

    def __init__(self, title: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._title, self._clock = title, clock
        self._began = self._shown = self._last = clock()
        self._done = 0

    def __call__(self, done: int, of: int) -> None:
        """Write so many of so many, unless that was done just now; fewer than before start another count."""
        now, watched = self._clock(), bool(os.environ.get(PROGRESS_VARIABLE))
        if done < self._done:
            self._began = self._shown = self._last
        self._done, self._last = done, now
        target = os.environ.get(DESCRIPTOR_VARIABLE)
        if target is None or not done or now - self._shown < (OFTEN if watched else SELDOM):
            return
        self._shown = now
        left = _duration((now - self._began) * (of - done) / done)
        text = f"{done:,} of {of:,} responses ({100 * done // of} %), {left} left"
        line = f"{PROGRESS_PREFIX}{text}\n" if watched else f"{self._title}: {text}\n"
        os.write(int(target), line.encode())

    def say(self, text: str) -> None:
        """Write a line for whoever looks on."""
        target = os.environ.get(DESCRIPTOR_VARIABLE)
        if target is not None:
            os.write(int(target), f"{self._title}: {text}\n".encode())


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{round(seconds)} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
