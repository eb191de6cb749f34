"""Builds everything that is out of date, as `dvc repro` does, but faster and with a line per stage.

DVC says what is out of date and records the results. Between the two this module runs the stages: each as
soon as those it depends on are recorded, as many at a time as there are processors, and each as a fork of a
process that has imported once what all of them need.
"""

import fcntl
import graphlib
import os
import pwd
import re
import selectors
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from nsmo.pipeline.keys import NO_WAVE, unknown_keys
from nsmo.pipeline.leftovers import ASIDE, leftovers, put_aside
from nsmo.pipeline.notebooks import orphans, reformat
from nsmo.pipeline.unchanged import edited, unchanged
from nsmo.pipeline.worker import Worker, start_server
from nsmo.runner.declarations import Declaration, declarations, needs, read_params
from nsmo.runner.failure import advice
from nsmo.runner.inputs import fingerprint, hashes
from nsmo.runner.process import (
    at_once,
    die_with_parent,
    environment,
    fix_environment,
    short_folder,
    without_git,
)
from nsmo.runner.run import BUSY, DONE, BusyError
from nsmo.study.errors import StudyError
from nsmo.study.paths import relative, root
from nsmo.study.visible import visible

_FAILED, _INTERRUPTED = 1, 130
_AGAIN = "Correct this and run `make report` again."
_KILLED = (
    "was killed, by somebody or because memory ran out; earlier results are kept.\n"
    "Run `make report` again; if it happens again, close other programs first."
)
_WAIT = "Another build is running in this folder: wait until it has ended, then try again."
_LONGEST = 350
"""Signs in the path of the repository; SQLite opens no file below a path of more than 512."""
_WITHOUT_GIT = re.compile(r"(?m)^\s*no_scm\s*=\s*true")
_PATIENCE = 1.0
"""Seconds after Ctrl-C in which a stage may end by itself."""


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
    fix_environment(folder, ["report"], {})
    _check_place(folder)
    # Read first, so that a mistake in these files is named in our words and with its line.
    stages = {f"{one.name}@{one.wave}": one for one in declarations(folder)}
    processes = at_once()
    os.chdir(folder)
    variables = without_git(os.environ) | environment(folder)
    # DVC asks for the name of the user, whom a container need not know.
    variables.setdefault("USER", _user())
    os.environ.clear()
    os.environ.update(variables)
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    tempfile.tempdir = str(short_folder())
    (folder / ".nsmo").mkdir(exist_ok=True)
    with (folder / ".nsmo" / "report.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _say(_WAIT)
        return Build(folder, stages, processes).run()


def _check_place(folder: Path) -> None:
    """Stop where DVC would with its innards: its messages are templates, its indexes are of SQLite."""
    wrong = {
        "a brace in the name of a folder": bool(set("{}") & set(str(folder))),
        f"a path of more than {_LONGEST} signs": len(os.fsencode(folder)) > _LONGEST,
    }
    for found in (words for words, there in wrong.items() if there):
        raise StudyError(
            found=found,
            where=str(folder),
            expected="a path that DVC can work with",
            fix="rename the folder, or move it",
        )
    # Written by the set-up where there is no git, or by hand.
    settings = (folder / ".dvc" / name for name in ("config", "config.local"))
    alone = [one for one in settings if one.exists() and _WITHOUT_GIT.search(one.read_text("utf-8"))]
    if not alone and not any((place / ".git").exists() for place in (folder, *folder.parents)):
        raise StudyError(
            found="no git repository, as of an archive that was downloaded",
            where=str(folder),
            expected="a clone, or a folder that git knows: DVC asks it which files belong to the study",
            fix="`git init` there, then build again",
        )


def _check_parameters(folder: Path, stages: Iterable[Declaration]) -> None:
    """Stop where params.yaml holds a value that cannot be, or a key that nobody knows."""
    from nsmo.runner.values import value_problems

    if wrong := value_problems(folder) + unknown_keys(folder, read_params(folder), stages)[0]:
        raise StudyError(problems=[problem for one in wrong for problem in one.problems])


def _other_packages(folder: Path) -> list[str]:
    from nsmo.runner import packages

    found = packages.others(folder)
    if not found:
        return []
    shown = ", ".join(map(str, found[:5])) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    return [
        f"These packages are not those of {packages.LOCK}: {shown}.",
        "The pages say so. `make setup` brings back those of the lock.",
    ]


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


class Build:
    """One call of `make report`.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    stages : mapping
        DVC's name of each stage to what dvc.yaml says about it, in the order of dvc.yaml.
    at_once : int
        How many stages may run at a time.
    """

    def __init__(self, folder: Path, stages: Mapping[str, Declaration], at_once: int) -> None:
        self.folder = folder
        self.stages = stages
        self.at_once = at_once
        self.needs = needs(stages)
        self.running: dict[str, Worker] = {}
        self.ran: set[str] = set()
        self.unrecorded: list[Worker] = []
        self.failed = self.busy = False
        self.interrupted = 0.0
        self.code: dict[str, str] | None = None

    def run(self) -> int:
        """Run what is out of date; return the exit status."""
        signal.signal(signal.SIGINT, self._interrupt)
        # It imports on another processor meanwhile; in vain where what was written is as it was. So it comes
        # first, and what this process needs after that is imported where it is needed.
        if edited(self.folder):
            self._start_server(self.stages)
        _check_parameters(self.folder, self.stages.values())
        for line in _other_packages(self.folder):
            _say(line)
        if not _format(self.folder):
            return _FAILED
        for orphan in orphans(self.folder):
            _say(str(orphan))
        left = leftovers(self.folder, self.stages.values())
        put_aside(self.folder, left)
        for name in left:
            _say(f"{name}: no stage makes this; moved to {ASIDE}")
        known = unchanged(self.folder, self.stages)
        doubtful = [name for name in self.stages if name not in known]
        self.stale: set[str] = set()
        try:
            if doubtful:
                self._compare(doubtful)
        except BusyError:
            return _say(_WAIT)
        if self.stale and not self.interrupted:
            self._run_all()
        if self.interrupted:
            _say("Interrupted. Earlier results are kept; `make report` goes on from here.")
            return _INTERRUPTED
        if self.busy:
            return _say(_WAIT)
        if self.failed:
            return _FAILED
        nothing = "everything is up to date." if self.stages else NO_WAVE
        print("Built." if self.stale else f"Nothing to do: {nothing}")
        for out in (out.path for one in self.stages.values() for out in one.outs):
            if out.endswith("/html"):
                print(f"Report: {out}/index.html")
        return DONE

    def _compare(self, doubtful: Sequence[str]) -> None:
        """Let DVC say which of the stages that are not as recorded are out of date."""
        self._start_server(doubtful)
        # Imported here: most of the time of a call that finds nothing to do.
        from nsmo.pipeline.record import Record

        self.record = Record(self.folder, list(self.stages))
        self.stale = self.record.stale(doubtful)
        self.waiting = {name for name in self.stale if self._waits(self.stages.get(name))}

    def _start_server(self, names: Iterable[str]) -> None:
        """Let the process that stages are forked from import what these need, and those after them."""
        if self.code is not None:
            return
        will_run = set(names)
        for name in graphlib.TopologicalSorter(self.needs).static_order():
            if self.needs[name] & will_run:
                will_run.add(name)
        self.code = _code()
        start_server(self.stages[name] for name in will_run)

    def _interrupt(self, *_: object) -> None:
        # The stages get it too, say so and end; this process waits for that.
        self.interrupted = self.interrupted or time.monotonic()

    def _run_all(self) -> None:
        """Run what is stale and what becomes so, each after what it needs."""
        from nsmo.pipeline.progress import Lines

        order = graphlib.TopologicalSorter(self.needs)
        order.prepare()
        place = {name: number for number, name in enumerate(self.stages)}
        ready: list[str] = []
        with Lines(self.stages) as self.lines, selectors.DefaultSelector() as self.selector:
            while order.is_active():
                ready = sorted([*ready, *order.get_ready()], key=place.__getitem__)
                while ready and len(self.running) < self.at_once and not self._stops():
                    name = ready.pop(0)
                    # DVC takes a result away for a moment when it records it: not while somebody reads it.
                    if any(worker.name in self.needs[name] for worker in self.unrecorded):
                        self._record()
                        if self._stops():
                            break
                    if not self._start_if_stale(name):
                        order.done(name)
                        ready = sorted([*ready, *order.get_ready()], key=place.__getitem__)
                # Only now: what it takes to record a stage would keep those waiting that do without it.
                self._record()
                if not self.running:
                    break
                self._write(now=False)
                order.done(*self._wait())
            self._record()
            self._write(now=True)

    def _waits(self, declared: Declaration | None) -> bool:
        """Whether a stage only lacks the results of an earlier one, which may come out as they were."""
        if declared is None or not all((self.folder / out.path).exists() for out in declared.outs):
            return False
        return not all((self.folder / dep).exists() for dep in declared.deps)

    def _stops(self) -> bool:
        return self.failed or self.busy or bool(self.interrupted)

    def _start_if_stale(self, name: str) -> bool:
        """Start a stage; False when there is nothing to do for it."""
        declared = self.stages[name]
        try:
            # After a stage that it depends on, it may be out of date, or that has given the same results.
            again = self.needs[name] & self.ran if name not in self.stale else name in self.waiting
            if not (self.record.stale([name]) if again else name in self.stale):
                return False
            before = fingerprint(self.folder, declared)
            if self.record.restore(declared, before):
                self.ran.add(name)
                self.lines.restored(name)
                return False
        except BusyError:
            self.busy = True
            return True
        except (StudyError, OSError) as error:
            self._fail(str(error))
            return True
        # Edited code must be imported anew.
        worker = Worker(self.folder, declared, before, preloaded=_code() == self.code)
        self.running[name] = worker
        self.selector.register(worker, selectors.EVENT_READ, worker)
        self.lines.start(name)
        return True

    def _wait(self) -> list[str]:
        """Wait a moment for the running stages, and list those that have ended well."""
        done = []
        for key, _ in self.selector.select(timeout=0.1):
            worker: Worker = key.data
            if worker.read():
                self.lines.doing(worker.name, worker.doing)
                continue
            self.selector.unregister(worker)
            del self.running[worker.name]
            if self._ended(worker):
                done.append(worker.name)
        self.lines.refresh()
        if self.interrupted and time.monotonic() - self.interrupted > _PATIENCE:
            # It did not come from a terminal, or before the stage could hear it.
            for worker in self.running.values():
                worker.interrupt()
        return done

    def _ended(self, worker: Worker) -> bool:
        """Look at how a stage has ended; True when its results are there to be recorded."""
        status = worker.end()
        if status == DONE:
            self.ran.add(worker.name)
            self.unrecorded.append(worker)
        else:
            self.lines.end(worker.name, done=False)
        for line in worker.lines:
            if not self.interrupted or "interrupted" in line:
                self.lines.say(line)
        if status == BUSY:
            self.busy = True
        elif status < 0 and not self.interrupted:
            self._fail(f"{worker.name} {_KILLED}")
        elif status != DONE:
            # It has said why.
            self.failed = True
        return status == DONE

    def _record(self) -> None:
        """Record the results of the stages that have ended well."""
        while self.unrecorded:
            worker = self.unrecorded.pop(0)
            recorded = False
            with self._recording(f"{worker.name} is not recorded"):
                self.record.commit(worker.declared, worker.before)
                recorded = True
            self.lines.end(worker.name, done=recorded)

    def _write(self, *, now: bool) -> None:
        """Write what is recorded to dvc.lock."""
        with self._recording("dvc.lock is not written"):
            self.record.write(now=now)

    @contextmanager
    def _recording(self, otherwise: str) -> Iterator[None]:
        """Report what is not done where DVC is busy with something else or a file cannot be written."""
        try:
            yield
        except BusyError:
            self.busy = True
        except StudyError as error:
            self._fail(f"{otherwise}. {_AGAIN}\n{error}")
        except OSError as error:
            self._fail(f"{otherwise}: {error}\n{advice(error.errno) or _AGAIN}")

    def _fail(self, text: str) -> None:
        self.failed = True
        self.lines.say(text)


def _format(folder: Path) -> bool:
    """Bring the notebooks into the form that git keeps, so that dvc.lock is about what is committed."""
    done = reformat([folder / "notebooks"], write=True)
    for path in done.changed:
        _say(f"reformatted: {relative(path, folder)}")
    for problem in done.problems:
        _say(str(problem))
    return not done.problems


def _code() -> dict[str, str]:
    """Hash the package as it stands now."""
    package = Path(__file__).parents[1]
    return hashes(package, [package])


def _say(text: str) -> int:
    print(visible(text), file=sys.stderr, flush=True)
    return _FAILED
