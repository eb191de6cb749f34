"""One process that has imported everything, from which `make report` forks its stages.

Most of a stage's time goes into starting Python and importing the same libraries, for the runner and again
for its kernel. While `make report` lasts, `python -m nsmo run …` hands its work over to a fork of this
process, which forks the kernel in turn. When this process is not there, or has older code in it than the
files, the stage runs as it does under `dvc repro`, with the same result.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
from pathlib import Path

PLACE_VARIABLE = "NSMO_PRELOADED"
"""Names the socket of the preloaded process."""

DECLINED = 255

# What stages import late, or papermill and ipykernel do. The modules of the stages bring the rest.
_FOR_NOTEBOOKS = (
    "papermill.execute",
    "papermill.engines",
    "papermill.translators",
    "nbclient.client",
    "jupyter_client.manager",
    "jupyter_client.provisioning.local_provisioner",
    "jupyter_client.asynchronous",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "matplotlib_inline.backend_inline",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "great_tables",
    "openpyxl",
    "babel.dates",
)
_FOR_THE_REPORT = ("nbconvert.exporters.html", "bs4")


def handed_over(arguments: list[str]) -> int | None:
    """Let the preloaded process do what this process was called for.

    Parameters
    ----------
    arguments : list of str
        What follows `python -m nsmo`.

    Returns
    -------
    int or None
        Exit status; None when there is no such process, or it is of no use, so that this one must do it.
    """
    place = os.environ.get(PLACE_VARIABLE)
    if not place or arguments[:1] != ["run"]:
        return None
    from nsmo.runner.process import die_with_parent

    # When this process ends, whatever it asked for ends too.
    die_with_parent()
    # Ctrl-C reaches the stage itself, which says what happened.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(place)
        ours = {name: value for name, value in os.environ.items() if name.startswith("NSMO_")}
        request = json.dumps({"arguments": arguments, "folder": os.getcwd(), "environment": ours}).encode()
        socket.send_fds(connection, [request], [1, 2])
        answer = connection.recv(1)
    except OSError:
        answer = b""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not answer or answer[0] == DECLINED:
        return None
    return answer[0]


def serve(place: str, modules: list[str]) -> None:
    """Import everything, and fork a runner for each request, until the parent ends.

    A request is answered between two imports: its stage may need none of those that are still to come.

    Parameters
    ----------
    place : str
        Path of the socket.
    modules : list of str
        Modules of ours to import, with all that they import.
    """
    import gc
    import importlib

    # Nobody needs the check of one rare format; its grammar takes 0.8 s to build.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    # What is imported stays: looking through it for what could go takes time here and memory in every fork.
    gc.disable()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(place)
    # From here on a request waits instead of failing.
    listener.listen(16)
    server = _Server(listener, _code())
    for name in (*_FOR_NOTEBOOKS, *modules, *_FOR_THE_REPORT):
        importlib.import_module(name)
        server.answer(timeout=0)
    while True:
        server.answer()


class _Server:
    def __init__(self, listener: socket.socket, code: dict[str, bytes]) -> None:
        self.listener = listener
        self.code = code
        self.children: dict[int, socket.socket] = {}
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.ended, wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(self.ended, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(self.ended, selectors.EVENT_READ)

    def answer(self, timeout: float | None = None) -> None:
        """Do what there is to do; without anything, wait for so many seconds, or until there is."""
        for key, _ in self.selector.select(timeout):
            if key.fileobj is self.listener:
                self._fork()
            elif key.fileobj == self.ended:
                os.read(self.ended, 4096)
                self._reap()
            elif key.data in self.children:
                # Who asked is gone.
                os.kill(key.data, signal.SIGKILL)
                self.selector.unregister(key.fileobj)

    def _fork(self) -> None:
        import gc

        connection, _ = self.listener.accept()
        request, descriptors, _, _ = socket.recv_fds(connection, 65536, 2)
        gc.freeze()
        number = os.fork()
        if number == 0:
            gc.enable()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self.listener.close()
            connection.close()
            self._child(request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self.children[number] = connection
        self.selector.register(connection, selectors.EVENT_READ, number)

    def _reap(self) -> None:
        while self.children:
            number, status = os.waitpid(-1, os.WNOHANG)
            if number == 0:
                return
            connection = self.children.pop(number)
            code = os.waitstatus_to_exitcode(status)
            with contextlib.suppress(OSError):
                # As a shell has it: 128 and the number of the signal.
                connection.send(bytes([code if code >= 0 else 128 - code]))
            if connection in (key.fileobj for key in self.selector.get_map().values()):
                self.selector.unregister(connection)
            connection.close()

    def _child(self, request: bytes, descriptors: list[int]) -> None:
        """Be the runner that was asked for. Does not return."""
        code = 1
        try:
            for target, descriptor in enumerate(descriptors, 1):
                os.dup2(descriptor, target)
                os.close(descriptor)
            code = self._runner(json.loads(request))
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _runner(self, request: dict) -> int:
        from nsmo.runner import kernel, run

        signal.signal(signal.SIGINT, signal.default_int_handler)
        now = _code()
        if any(self.code.get(name) != content for name, content in now.items()):
            return DECLINED
        kernel.forked = True
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        _, name, _, wave = request["arguments"]
        return run.run(name, wave)


def _code() -> dict[str, bytes]:
    """All files of ours, to find out whether what was imported is what they say."""
    package = Path(__file__).parents[1]
    files = (path for path in package.rglob("*") if path.suffix != ".pyc" and path.is_file())
    return {str(path): path.read_bytes() for path in files}


if __name__ == "__main__":
    from nsmo.runner.process import die_with_parent

    die_with_parent(int(sys.argv[1]))
    serve(sys.argv[2], sys.argv[3:])
