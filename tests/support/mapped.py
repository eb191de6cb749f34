"""Functions that other processes are asked to apply, and what applies functions as those do."""

import os
import pickle
import signal
import time
from pathlib import Path


def sent(thing):
    """Return a thing as another process gets it."""
    return pickle.loads(pickle.dumps(thing))


def apart(function, items):
    """Apply a function to items as other processes do, each of which knows nothing but what it was sent."""
    return (sent(sent(function)(sent(item))) for item in items)


def square(number):
    return number * number


def slow_square(number):
    time.sleep(0.4)
    return number * number


def dies_once(item):
    """Kill the process that does it, unless that has happened before."""
    number, mark = item
    if number == 2 and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def dies_always(number):
    os.kill(os.getpid(), signal.SIGKILL)


def fails(number):
    raise ValueError(f"no {number}")


def no_disk(item):
    """Fail as on a disk that is full, as often as is asked for."""
    number, mark, times = item
    with Path(mark).open("a") as file:
        file.write("x")
    if number == 1 and Path(mark).stat().st_size <= times:
        raise OSError(28, "No space left on device")
    return number * number
