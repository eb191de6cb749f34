"""The kernel that a notebook runs in: this interpreter, reached through sockets in a private folder.

Jupyter starts it through `StageProvisioner`, which the kernel spec beside this module names and which the
package registers. It is a fork of the process that runs the stage, so that what both of them import is
imported once.
"""

import asyncio
import contextlib
import json
import math
import os
import re
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from queue import Empty
from typing import IO, Any, ClassVar

from ipykernel.iostream import OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.jsonutil import json_default
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from nsmo.runner.imports import import_all, imported_by
from nsmo.runner.process import die_with_parent, short_folder
from nsmo.runner.progress import keep_descriptor

NAME = "nsmo"
"""Of the kernel spec."""

SPECS = Path(__file__).parent / "jupyter"
"""For JUPYTER_PATH, so that the kernel spec is found."""

LOG = "kernel.log"
"""Holds what a kernel writes outside of its cells; stands beside the connection file."""

_GOING = 2.0
"""Seconds in which a kernel that was killed is gone, unless the machine hangs."""

MOST_PRINTED = 5_000_000
"""Signs that a notebook may print: all of it is held in memory, kept in a file and shown on a page."""

_HALVES = re.compile("[\ud800-\udfff]")


class StageClient(AsyncKernelClient):
    """A client that begins when the kernel has answered on both channels.

    Others wait a fifth of a second more for whether anything follows, which no cell would be asked about.
    """

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers."""
        until = time.monotonic() + (math.inf if timeout is None else timeout)
        while True:
            self.kernel_info()
            with contextlib.suppress(Empty):
                await self.get_shell_msg(timeout=1)
                # What was sent before this channel stood would be lost.
                await self.get_iopub_msg(timeout=0.2)
                return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before it answered")
            if time.monotonic() > until:
                raise RuntimeError(f"Kernel didn't respond in {timeout:.0f} seconds")


class StageKernel(IPythonKernel):
    """A kernel that imports what its notebook will as soon as it has said that it is there."""

    imports: ClassVar[Sequence[str]] = ()

    async def kernel_info_request(self, *message: Any) -> None:
        """Answer that the kernel is there; by this papermill knows that it may begin."""
        await super().kernel_info_request(*message)
        names, StageKernel.imports = StageKernel.imports, ()
        if names:
            asyncio.get_running_loop().call_soon(import_all, names)


class PrintedTooMuchError(Exception):
    """A notebook prints more than anybody reads."""


class StageStream(OutStream):
    """What cells print, of which a notebook has only so much."""

    printed: ClassVar[int] = 0

    def write(self, string: str) -> int | None:
        """Print, or raise where the cell does it."""
        StageStream.printed += len(string)
        if StageStream.printed > MOST_PRINTED:
            most = f"{MOST_PRINTED // 10**6} million signs"
            raise PrintedTooMuchError(
                f"the notebook has printed more than {most}; print less, or save a table"
            )
        return super().write(string)


class StageKernelApp(IPKernelApp):
    """A kernel that loses no output and takes no module from the working directory."""

    kernel_class = StageKernel

    def initialize(self, argv: list[str] | None = None) -> None:
        """Let `exit()` raise as it does in a script, and send any text.

        `exit()` would end the kernel some cells later; a message with half a sign in it would be lost, with
        those after it.
        """
        self.outstream_class = f"{StageStream.__module__}.{StageStream.__name__}"
        super().initialize(argv)
        self.session.pack = partial(_packed, self.session.pack)
        if self.shell is not None:
            self.shell.user_ns |= {"exit": sys.exit, "quit": sys.exit}

    def init_iopub(self, context: Any) -> None:
        """Open the channel for outputs without a limit; over its limit, messages would be dropped."""
        context.sndhwm = 0
        super().init_iopub(context)

    def init_path(self) -> None:
        """Leave `sys.path` as it is: the working directory may hold a yaml.py."""


class StageProvisioner(LocalProvisioner):
    """Starts a kernel that is a fork of this process, and dies with it."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel."""
        connection_file = Path(cmd[cmd.index("-f") + 1])
        with (connection_file.parent / LOG).open("wb") as log:
            self.process = _Fork(cmd[cmd.index("-f") :], log)
        self.pid = self.pgid = self.process.pid
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel, and see it go: who asks for this looks again after a tenth of a second."""
        await super().kill(restart=restart)
        until = time.monotonic() + _GOING
        while self.process is not None and self.process.poll() is None and time.monotonic() < until:
            await asyncio.sleep(0.002)


class _Fork:
    """A kernel that is a fork of this process, with as much of a Popen object as jupyter_client uses.

    Parameters
    ----------
    arguments : list of str
        Of ipykernel.
    log : file
        Gets what the kernel writes outside its cells.
    """

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], log: IO[bytes]) -> None:
        self.returncode: int | None = None
        parent = os.getpid()
        keep_descriptor()
        self.pid = os.fork()
        if self.pid:
            return
        try:
            os.setsid()
            die_with_parent(parent)
            for descriptor in (1, 2):
                os.dup2(log.fileno(), descriptor)
            for number in (signal.SIGINT, signal.SIGCHLD, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            _launch_apart(arguments)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    def poll(self) -> int | None:
        if self.returncode is None:
            number, status = os.waitpid(self.pid, os.WNOHANG)
            if number:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def prepare(notebook: Path) -> None:
    """Import what this process and the kernel of a notebook need both, before one is a fork of the other.

    Parameters
    ----------
    notebook : Path
        The source notebook.
    """
    import_all(("ipykernel.zmqshell", "papermill.execute", "nsmo.study.load"))
    StageKernel.imports = ("nsmo.runner.stage", *imported_by(notebook))


def connection_folder() -> Path:
    """Make a private folder for the sockets of this process, and remove those of processes that are gone.

    Returns
    -------
    Path
        Short enough for the name of a socket.
    """
    prefix = f"nsmo-{os.getuid()}-"
    place = short_folder()
    for old in place.glob(f"{prefix}*"):
        number = old.name.removeprefix(prefix)
        if number.isdigit() and not _runs(int(number)):
            shutil.rmtree(old, ignore_errors=True)
    mine = place / f"{prefix}{os.getpid()}"
    shutil.rmtree(mine, ignore_errors=True)
    mine.mkdir(mode=0o700)
    return mine


def _packed(pack: Callable[[Any], bytes], content: Any) -> bytes:
    """Return a message as JSON, with a mark in place of a half of a sign that UTF-8 cannot hold."""
    try:
        return pack(content)
    except UnicodeEncodeError:
        text = json.dumps(content, default=json_default, ensure_ascii=False, allow_nan=False)
        return _HALVES.sub("\ufffd", text).encode()


def _launch_apart(arguments: list[str]) -> None:
    """Start ipykernel in a fork that was made during its parent's event loop."""
    asyncio._set_running_loop(None)
    asyncio.set_event_loop_policy(None)
    asyncio.set_event_loop(asyncio.new_event_loop())
    alone = [
        # The file of what was typed is one for all kernels: under load one finds it "malformed", and says so.
        "--HistoryManager.enabled=False",
        # What somebody runs at the start of a prompt of their own has no part in a result.
        "--InteractiveShellApp.exec_PYTHONSTARTUP=False",
    ]
    if matplotlib := sys.modules.get("matplotlib"):
        # It has read the variable when it was imported, which may have been long ago.
        matplotlib.rcParams["backend"] = os.environ["MPLBACKEND"]
    StageKernelApp.launch_instance([*arguments, *alone])


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
