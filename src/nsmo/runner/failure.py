"""How a stage that stops says so, and where it leaves what helps to find the cause."""

import errno
import os
from pathlib import Path

from nsmo.runner.declarations import Declaration
from nsmo.study.errors import short
from nsmo.study.paths import relative
from nsmo.study.visible import visible

TOO_LONG = "It takes longer than `timeout:` in params.yaml allows."


SLOW = 5
"""Minutes after which a cell that is still running is named; then after twice as many, and so on."""


def takes_long(what: str, minutes: int) -> str:
    """Return how to say that something has run for long, and perhaps hangs."""
    return f"{what} has run for {minutes} min; Ctrl-C ends it, `timeout:` in params.yaml limits a stage"


class StageFailedError(Exception):
    """A stage stopped.

    Parameters
    ----------
    text : str
        What the user should read; an error of a notebook may hold anything, which no terminal is to obey.
    place : str
        Where to look, when the text does not say it: "in cell [3] of …".
    """

    def __init__(self, text: str, place: str = "") -> None:
        super().__init__(visible("\n".join(map(short, text.split("\n")))))
        self.place = place


def place(folder: Path, declared: Declaration) -> Path:
    """Return the path of what a failed run leaves: a notebook as far as it came, or a trace."""
    name = Path(declared.notebook).name if declared.notebook else f"{declared.name}.txt"
    return folder / "reports" / declared.wave / "failed" / name


def leave(folder: Path, declared: Declaration, text: str) -> str:
    """Write that file, and return its name for the message; a full disk shall not hide the cause."""
    path = place(folder, declared)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        # It shows whatever the stage had in hand: nobody else on the machine needs to read it.
        private = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(private, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        return f"{relative(path, folder)} could not be written: {error.strerror}"
    return f"open {relative(path, folder)}"


def advice(code: int | None) -> str | None:
    """Return what to do about a fault of the machine, by its error number; None if it is not one."""
    match code:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return "The disk is full: free some space and run `make report` again."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return "Make that place writable and run `make report` again."
    return None
