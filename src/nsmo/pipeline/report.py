"""Builds everything that is out of date, as `dvc repro` does, but faster and with a line per stage.

DVC decides what is out of date, runs each stage and records it. This module decides about the order: a stage
is taken up as soon as those it depends on are done, two at a time. Every call of DVC is a fork of this
process that has imported it once; every stage is a fork of one that has imported what stages need.
"""

import fcntl
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO

from nsmo.pipeline.preload import PLACE_VARIABLE
from nsmo.runner.declarations import Declaration, declarations, needs
from nsmo.runner.failure import advice
from nsmo.runner.inputs import missing_input
from nsmo.runner.kernel import connection_folder
from nsmo.runner.notebook import PROGRESS_PREFIX, PROGRESS_VARIABLE
from nsmo.runner.process import die_with_parent, environment
from nsmo.study.paths import root

AT_ONCE = 2
_RAN, _UNCHANGED, _FAILED, _BUSY = 0, 10, 1, 11
_AGAIN = "Earlier results are kept; mend this and run `make report` again."
_KILLED = (
    "was killed, by somebody or because memory ran out; earlier results are kept.\n"
    "Run `make report` again; if it happens again, close other programs first."
)
_WAIT = "Another build is running in this folder: wait until it has ended, then try again."


def build() -> int:
    """Build the whole pipeline.

    Returns
    -------
    int
        Exit status: 0 when everything is built, 1 when a stage stopped, 130 after Ctrl-C.
    """
    if os.environ.get("NSMO_WITH_PARENT"):
        die_with_parent()
    folder = root()
    # Read first, so that a mistake in these files is told in our words and with its line.
    stages = {f"{one.name}@{one.wave}": one for one in declarations(folder)}
    os.chdir(folder)
    os.environ.update(environment(folder))
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    (folder / ".nsmo").mkdir(exist_ok=True)
    with (folder / ".nsmo" / "report.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _say(_WAIT)
        return _Build(folder, stages).run()


class _Build:
    """One call of `make report`.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    stages : mapping
        DVC's name of each stage to what dvc.yaml says about it, in the order of dvc.yaml.
    """

    def __init__(self, folder: Path, stages: Mapping[str, Declaration]) -> None:
        self.folder = folder
        self.stages = stages
        self.needs = needs(stages)
        self.interrupted = False
        self.running: dict[int, tuple[str, IO[str]]] = {}

    def run(self) -> int:
        signal.signal(signal.SIGINT, self._interrupt)
        # It imports on the second processor while DVC compares; when nothing is stale it was for nothing.
        with _Preloaded(self.stages):
            # Imported here, once for all forks: half of the time of a call that finds nothing to do.
            import dvc.repo  # noqa: F401

            status, stale = self._ask_what_is_stale()
            if status == 0 and stale:
                status = self._run_all(stale)
        if self.interrupted:
            _say("Interrupted. Earlier results are kept; `make report` goes on from here.")
            return 130
        if status != 0:
            return status
        print("Built." if stale else "Nothing to do: everything is up to date.")
        for out in (out.path for one in self.stages.values() for out in one.outs):
            if out.endswith("/html"):
                print(f"Report: {out}/index.html")
        return 0

    def _interrupt(self, *_: object) -> None:
        # The stage gets it too, says so and ends; this process waits for that.
        self.interrupted = True

    def _ask_what_is_stale(self) -> tuple[int, set[str]]:
        """Let DVC compare everything as it stands now."""
        number, said = _fork(_print_stale)
        lines = said.read().splitlines()
        status = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
        if status == 0:
            return 0, {line.removeprefix("stale ") for line in lines if line.startswith("stale ")}
        if not self.interrupted:
            _say(_WAIT if status == _BUSY else "\n".join(lines))
        return _FAILED, set()

    def _run_all(self, stale: set[str]) -> int:
        """Run what is stale and what may become so, each after what it needs."""
        waiting = [name for name in self.stages if self._reaches(name, stale)]
        done = set(self.stages) - set(waiting)
        failed = busy = False
        with _Progress(self.stages) as progress:
            selector = selectors.DefaultSelector()
            while waiting or self.running:
                for name in list(waiting):
                    stop = failed or busy or self.interrupted
                    if stop or len(self.running) >= AT_ONCE or not self.needs[name] <= done:
                        continue
                    number, said = _fork(lambda name=name: _reproduce(name, self.folder, self.stages[name]))
                    self.running[number] = (name, said)
                    selector.register(said, selectors.EVENT_READ, number)
                    waiting.remove(name)
                    progress.start(name)
                if not self.running:
                    break
                progress.refresh()
                for key, _ in selector.select(timeout=0.1):
                    line = key.fileobj.readline()
                    if line.startswith(PROGRESS_PREFIX):
                        progress.doing(self.running[key.data][0], line.strip().strip(PROGRESS_PREFIX))
                        continue
                    if line:
                        if not self.interrupted or "interrupted" in line:
                            progress.say(line.rstrip("\n"))
                        continue
                    selector.unregister(key.fileobj)
                    name, said = self.running.pop(key.data)
                    said.close()
                    status = os.waitstatus_to_exitcode(os.waitpid(key.data, 0)[1])
                    progress.end(name, ran=status == _RAN)
                    if status < 0 and not self.interrupted:
                        progress.say(f"{name} {_KILLED}")
                    done.add(name)
                    busy = busy or status == _BUSY
                    failed = failed or status not in (_RAN, _UNCHANGED, _BUSY)
        _in_order(self.folder / "dvc.lock", list(self.stages))
        if busy:
            return _say(_WAIT)
        return _FAILED if failed else 0

    def _reaches(self, name: str, stale: set[str]) -> bool:
        return name in stale or any(self._reaches(other, stale) for other in self.needs[name])


class _Preloaded:
    """The process that stages are forked from, for as long as the build lasts.

    Parameters
    ----------
    stages : mapping
        As in `_Build`; their modules are imported.
    """

    def __init__(self, stages: Mapping[str, Declaration]) -> None:
        # In the order of the stages: the first ones can begin before all is imported.
        modules = (_module(dep) for one in stages.values() for dep in one.deps if dep.startswith("src/"))
        self.modules = list(filter(None, dict.fromkeys(modules)))

    def __enter__(self) -> None:
        self.sockets = connection_folder()
        place = str(self.sockets / "preloaded")
        self.log = (self.sockets / "preloaded.log").open("wb")
        command = [sys.executable, "-m", "nsmo.pipeline.preload", str(os.getpid()), place, *self.modules]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        os.environ[PLACE_VARIABLE] = place

    def __exit__(self, *_: object) -> None:
        del os.environ[PLACE_VARIABLE]
        self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.sockets, ignore_errors=True)


def _fork(work: Callable[[], int]) -> tuple[int, IO[str]]:
    """Do something in a process of its own; give its number and what it says."""
    reading, writing = os.pipe()
    parent = os.getpid()
    number = os.fork()
    if number:
        os.close(writing)
        return number, os.fdopen(reading, encoding="utf-8", errors="replace")
    code = _FAILED
    try:
        die_with_parent(parent)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.close(reading)
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        os.close(writing)
        code = work()
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _print_stale() -> int:
    from dvc.exceptions import DvcException
    from dvc.lock import LockError
    from dvc.repo import Repo

    _prepare()
    try:
        for name in Repo().status():
            print("stale", name)
    except LockError:
        return _BUSY
    except DvcException as error:
        return _say(str(error))
    return 0


def _reproduce(name: str, folder: Path, declared: Declaration) -> int:
    """Let DVC run one stage, if it is out of date, and record it."""
    for dep in declared.deps:
        if not (folder / dep).exists():
            # DVC would name the file, but not say what to do.
            return _say(str(missing_input(folder, dep, f"{declared.name} ({declared.wave})")))
    from dvc.exceptions import DvcException, ReproductionError
    from dvc.lock import LockError
    from dvc.repo import Repo
    from dvc.stage.exceptions import StageCmdFailedError

    _prepare()
    try:
        # Another stage may be about to be recorded: wait for that.
        ran = Repo(_wait_for_lock=True).reproduce([name], single_item=True)
    except LockError:
        return _BUSY
    except ReproductionError as error:
        if isinstance(error.__cause__, LockError):
            return _BUSY
        if not isinstance(error.__cause__, StageCmdFailedError):
            cause = error.__cause__ or error
            return _say(f"{name} stopped: {cause}\n{advice(getattr(cause, 'errno', None)) or _AGAIN}")
        if re.search(r"exited with (-|1[2-9]\d$)", str(error.__cause__)):
            return _say(f"{name} {_KILLED}")
        # The runner has said why.
        return _FAILED
    except DvcException as error:
        return _say(f"{name} stopped: {error}\n{_AGAIN}")
    return _RAN if ran else _UNCHANGED


def _prepare() -> None:
    """Keep DVC's hints out of what is passed on, and killed builds and its slowest reader out of its way."""
    import logging
    from types import SimpleNamespace

    from dvc import rwlock
    from dvc.utils.serialize import _yaml

    # Before it writes dvc.lock it reads it with all comments and line breaks, of which DVC never writes any.
    _yaml.parse_yaml_for_update = _yaml.parse_yaml
    processes = rwlock.psutil

    def runs(number: int) -> bool:
        # To DVC a killed process holds its locks until its parent has asked after it; in a container with a
        # careless first process nobody ever does.
        try:
            return processes.Process(number).status() != processes.STATUS_ZOMBIE
        except processes.NoSuchProcess:
            return False

    if not isinstance(processes, SimpleNamespace):
        rwlock.psutil = SimpleNamespace(pid_exists=runs)
    logging.getLogger("dvc").setLevel(logging.CRITICAL)
    logging.getLogger("dvc_data").setLevel(logging.CRITICAL)


def _module(path: str) -> str:
    """Give the dotted name of a module file under src; nothing for other files."""
    parts = Path(path).with_suffix("").parts[1:]
    if not path.endswith(".py"):
        return ""
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _in_order(path: Path, names: Iterable[str]) -> None:
    """Put the stages in dvc.lock into the order of dvc.yaml; those that ran at once stand as they ended."""
    if not path.exists():
        return
    head, *blocks = re.split(r"(?m)^(?=  \S)", path.read_text(encoding="utf-8"))
    place = {name: number for number, name in enumerate(names)}
    ordered = sorted(blocks, key=lambda block: place.get(block.split(":\n")[0].strip(" '\""), len(place)))
    if ordered != blocks:
        beside = path.with_suffix(".lock.new")
        beside.write_text("".join([head, *ordered]), encoding="utf-8", newline="\n")
        os.replace(beside, path)


class _Progress:
    """A line per stage; on a terminal the running ones are live."""

    def __init__(self, stages: Mapping[str, Declaration]) -> None:
        from rich.console import Console

        self.stages = stages
        self.console = Console(highlight=False, soft_wrap=True)
        self.began: dict[str, float] = {}
        self.tasks: dict[str, object] = {}
        self.live = None
        if self.console.is_terminal:
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
            from rich.table import Column

            # COLUMNS is that of the results; a line too long for the terminal would leave its traces there.
            self.console.width = os.get_terminal_size(self.console.file.fileno()).columns
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                TimeElapsedColumn(),
                TextColumn("{task.fields[what]:<10}"),
                TextColumn("{task.fields[asks]}", table_column=Column(no_wrap=True, overflow="ellipsis")),
            )
            # Without a thread of its own: this process forks.
            self.live = Progress(*columns, console=self.console, transient=True, auto_refresh=False)
            os.environ[PROGRESS_VARIABLE] = "1"

    def __enter__(self) -> "_Progress":
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.live.stop()

    def start(self, name: str) -> None:
        """Tell that a stage begins."""
        self.began[name] = time.monotonic()
        if self.live:
            self.tasks[name] = self.live.add_task(name, what="", asks=self.stages[name].desc)

    def doing(self, name: str, what: str) -> None:
        """Tell how far a stage is."""
        if self.live:
            self.live.update(self.tasks[name], what=what)

    def end(self, name: str, *, ran: bool) -> None:
        """Tell that a stage has ended; one that did not run is not worth a line."""
        if self.live:
            self.live.remove_task(self.tasks.pop(name))
        if ran:
            self.say(f"{self._named(name)}  {time.monotonic() - self.began[name]:5.1f} s")

    def say(self, line: str) -> None:
        """Print a line above the live ones."""
        self.console.print(line, markup=False)

    def refresh(self) -> None:
        """Let the live lines show the time that has passed."""
        if self.live:
            self.live.refresh()

    def _named(self, name: str) -> str:
        return f"{name:<18} {self.stages[name].desc:<60}"


def _say(text: str) -> int:
    print(text, file=sys.stderr, flush=True)
    return _FAILED
