"""The kernel that a notebook runs in: the running interpreter, reached through sockets in a private folder.

Run as `python -m nsmo.runner.kernel -f <connection file>` it is the kernel itself.
"""

import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from nsmo.runner.process import die_with_parent

PARENT_VARIABLE = "NSMO_PARENT"

forked = False
"""Whether this process has imported what a kernel needs, so that a kernel can be a fork of it."""


def connection_folder() -> Path:
    """Make a private folder for the sockets of this process, and remove those of processes that are gone.

    Returns
    -------
    Path
        Short enough for the name of a socket.
    """
    prefix = f"nsmo-{os.getuid()}-"
    place = Path(tempfile.gettempdir())
    for old in place.glob(f"{prefix}*"):
        number = old.name.removeprefix(prefix)
        if number.isdigit() and not _runs(int(number)):
            shutil.rmtree(old, ignore_errors=True)
    mine = place / f"{prefix}{os.getpid()}"
    shutil.rmtree(mine, ignore_errors=True)
    mine.mkdir(mode=0o700)
    return mine


def manager_class(folder: Path, environment: Mapping[str, str]) -> type:
    """Make the class through which papermill starts a kernel.

    Parameters
    ----------
    folder : Path
        From `connection_folder`. The kernel's own complaints go to the file `kernel.log` in it.
    environment : mapping
        Variables the kernel gets on top of those of this process.

    Returns
    -------
    type
        A subclass of jupyter_client's asynchronous kernel manager.
    """
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    # A kernel spec of the user with the same name may start another interpreter.
    spec = KernelSpec(
        argv=[sys.executable, "-P", "-m", "nsmo.runner.kernel", "-f", "{connection_file}"],
        display_name="Python 3 (ipykernel)",
        language="python",
    )

    class StageKernelManager(AsyncKernelManager):
        def __init__(self, **options: object) -> None:
            # Over TCP anybody on the machine could talk to the kernel, and it warns about that.
            super().__init__(transport="ipc", connection_file=str(folder / "k.json"), **options)

        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

        async def start_kernel(self, **options: object) -> None:
            variables = os.environ | dict(environment) | {PARENT_VARIABLE: str(os.getpid())}
            with (folder / "kernel.log").open("wb") as log:
                await super().start_kernel(**options, env=variables, stdout=log, stderr=log)

        async def _async_launch_kernel(self, kernel_cmd: list[str], **options: object) -> None:
            if not forked:
                await super()._async_launch_kernel(kernel_cmd, **options)
                return
            process = _Fork(kernel_cmd[kernel_cmd.index("-f") :], environment, options["stderr"])
            self.provisioner.process = process
            self.provisioner.pid = self.provisioner.pgid = process.pid
            self._reconcile_connection_info(self.provisioner.connection_info)

    return StageKernelManager


class _Fork:
    """A kernel that is a fork of this process, with as much of a Popen object as jupyter_client uses.

    Parameters
    ----------
    arguments : list of str
        Of ipykernel.
    environment : mapping
        Variables on top of those of this process.
    log : file
        Gets what the kernel writes outside its cells.
    """

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], environment: Mapping[str, str], log: IO[bytes]) -> None:
        self.returncode: int | None = None
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid:
            return
        try:
            os.setsid()
            die_with_parent(parent)
            os.environ.update(environment)
            for descriptor in (1, 2):
                os.dup2(log.fileno(), descriptor)
            for number in (signal.SIGINT, signal.SIGCHLD):
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


def _launch_apart(arguments: list[str]) -> None:
    """Start ipykernel in a fork that was made in the midst of its parent's event loop."""
    import asyncio

    from ipykernel.kernelapp import IPKernelApp

    asyncio._set_running_loop(None)
    asyncio.set_event_loop_policy(None)
    asyncio.set_event_loop(asyncio.new_event_loop())
    # The variable for this is read when matplotlib is imported, which was long ago.
    IPKernelApp.launch_instance([*arguments, "--matplotlib=inline"])


def _runs(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


if __name__ == "__main__":
    die_with_parent(int(os.environ.pop(PARENT_VARIABLE)))
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()
