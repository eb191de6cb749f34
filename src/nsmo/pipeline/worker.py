"""One stage in a process of its own, and the process that such are forked from."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path

from nsmo.runner.declarations import Declaration
from nsmo.runner.process import PROGRESS_PREFIX, PROGRESS_VARIABLE, die_with_parent

CODE_VARIABLE = "NSMO_CODE"
"""Names the code that stages depend on, for the process that imports it once for all of them."""


def start_server(stages: Iterable[Declaration]) -> None:
    """Start the process that stages are forked from.

    Parameters
    ----------
    stages : iterable of Declaration
        Those that will run: it imports the code that they name.
    """
    code = {dep for one in stages for dep in one.deps if dep.startswith("src/")}
    os.environ[CODE_VARIABLE] = os.pathsep.join(sorted(code))
    multiprocessing.set_forkserver_preload(["nsmo.pipeline.preload"])
    given = os.environ.get("PYTHONWARNINGS", "")
    # A kernel is killed when its last cell has ended: what it would still have tidied up is no news.
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, [given, "ignore:resource_tracker"]))
    resource_tracker.ensure_running()
    os.environ["PYTHONWARNINGS"] = given
    forkserver.ensure_running()


class Worker:
    """A running stage.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    declared : Declaration
        The stage.
    before : mapping
        Fingerprint of what its result depends on.
    preloaded : bool
        Whether it may be a fork of the process that has imported what stages need.
    """

    def __init__(
        self,
        folder: Path,
        declared: Declaration,
        before: Mapping[str, str],
        *,
        preloaded: bool,
    ) -> None:
        self.declared = declared
        self.before = before
        self.lines: list[str] = []
        self.doing = ""
        self._rest = b""
        self._output, writing = multiprocessing.Pipe(duplex=False)
        context = (
            multiprocessing.get_context("forkserver") if preloaded else multiprocessing.get_context("spawn")
        )
        self._process = context.Process(
            target=_work, args=(folder, declared.name, declared.wave, before, writing)
        )
        self._process.start()
        writing.close()

    @property
    def name(self) -> str:
        """DVC's name of the stage."""
        return f"{self.declared.name}@{self.declared.wave}"

    def fileno(self) -> int:
        """Return the descriptor that is readable when it says something, or has ended."""
        return self._output.fileno()

    def read(self) -> bool:
        """Take in what it says, to `lines` and `doing`; False when it has ended."""
        piece = os.read(self.fileno(), 65536)
        *whole, self._rest = (self._rest + (piece or b"\n")).split(b"\n")
        for line in (one.decode(errors="replace") for one in whole):
            if line.startswith(PROGRESS_PREFIX):
                self.doing = line.strip(PROGRESS_PREFIX)
            elif line.strip():
                self.lines.append(line)
        return bool(piece)

    def end(self) -> int:
        """Wait until it is gone, and return its exit status; below zero when it was killed."""
        self._output.close()
        self._process.join()
        code = self._process.exitcode
        # 255: the process that it was a fork of is gone, and it with that.
        return -signal.SIGKILL if code is None or code == 255 else code

    def interrupt(self) -> None:
        """Do to it what Ctrl-C does."""
        if self._process.pid and self._process.is_alive():
            os.kill(self._process.pid, signal.SIGINT)


def _work(folder: Path, name: str, wave: str, before: Mapping[str, str], output: Connection) -> None:
    die_with_parent()
    for descriptor in (1, 2):
        os.dup2(output.fileno(), descriptor)
    output.close()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ[PROGRESS_VARIABLE] = "1"
    from nsmo.runner.run import attempt

    sys.exit(attempt(folder, name, wave, before))
