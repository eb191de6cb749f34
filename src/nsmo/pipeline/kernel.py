"""The kernel that a notebook runs in: the running interpreter, reached through sockets in a private folder.

Run as `python -m nsmo.pipeline.kernel -f <connection file>` it is the kernel itself.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nsmo.pipeline.process import die_with_parent

PARENT_VARIABLE = "NSMO_PARENT"


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
        argv=[sys.executable, "-P", "-m", "nsmo.pipeline.kernel", "-f", "{connection_file}"],
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
                await super().start_kernel(**options, env=variables, stderr=log)

    return StageKernelManager


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
