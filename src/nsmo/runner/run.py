"""Runs one stage, as DVC and `make report` have it run.

DVC hashes a stage's inputs when the stage has ended. So an input that changed meanwhile would be recorded
with results that belong to its earlier content: the runner hashes them itself, before and after. Results
are written aside and put in place together at the end, so that a stage that fails, or is killed, leaves
those it had.
"""

import contextlib
import errno
import fcntl
import importlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from nsmo.runner import failure
from nsmo.runner.declarations import ContractError, Declaration, declaration, read_params
from nsmo.runner.failure import StageFailedError
from nsmo.runner.inputs import check_unchanged, files_of, fingerprint
from nsmo.runner.parameters import check_parameters, section_values, time_limit
from nsmo.study.errors import StudyError
from nsmo.study.paths import relative
from nsmo.study.visible import visible

STAGING = ".nsmo/staging"
LOCKS = ".nsmo/locks"
DONE, FAILED, BUSY, INTERRUPTED = 0, 1, 75, 130


class BusyError(Exception):
    """The stage is running already, in another process."""


def attempt(folder: Path, name: str, wave: str, expected: Mapping[str, str] | None = None) -> int:
    """Run one stage in this process, which is in the right environment and used for nothing else.

    Parameters
    ----------
    folder : Path
        The root of the repository; becomes the working directory.
    name, wave : str
        As in dvc.yaml and params.yaml.
    expected : mapping, optional
        What `fingerprint` gave to whoever will record the results.

    Returns
    -------
    int
        DONE, FAILED, or BUSY when another process is at it; what went wrong is on standard error.
    """
    os.chdir(folder)
    try:
        declared = declaration(folder, name, wave)
        with stage_lock(folder, declared):
            _run(folder, declared, expected)
    except BusyError:
        _say(f"{name} ({wave}) is running already: wait until that has ended, then try again.")
        return BUSY
    except (StudyError, StageFailedError) as error:
        place = f" {error.place}" if isinstance(error, StageFailedError) and error.place else ""
        return _say(f"{name} ({wave}) stopped{place}; earlier results are kept.\n{error}")
    except OSError as error:
        hint = failure.advice(error.errno)
        if hint is None:
            raise
        return _say(f"{name} ({wave}) stopped; earlier results are kept.\n{error}\n{hint}")
    except KeyboardInterrupt:
        _say(f"{name} ({wave}) was interrupted; earlier results are kept.")
        return INTERRUPTED
    return DONE


@contextlib.contextmanager
def stage_lock(folder: Path, declared: Declaration) -> Iterator[None]:
    """Keep other processes from running a stage of a wave, or from recording its results.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    declared : Declaration
        The stage.

    Raises
    ------
    BusyError
        When another process has it.
    """
    place = folder / LOCKS / f"{declared.name}@{declared.wave}"
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError from None
        except OSError as error:
            # Some file systems of networks know no locks: then nobody is kept from anything.
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP):
                raise
        yield


def _run(folder: Path, declared: Declaration, expected: Mapping[str, str] | None) -> None:
    # Here, as above: of this module a build needs only the names of how a stage ends.
    from nsmo.runner.values import value_problems

    params = read_params(folder, declared.wave)
    problems = value_problems(folder, declared.sections) + check_parameters(folder, declared, params)
    if problems:
        raise StageFailedError("\n".join(str(problem) for problem in problems))
    before = fingerprint(folder, declared)
    check_unchanged(declared, before if expected is None else expected, before)
    values = section_values(params, declared)
    _writable(folder, declared)
    _limit(declared, time_limit(params, declared))

    places = folder / STAGING / declared.wave
    places.mkdir(parents=True, exist_ok=True)
    # Left by runs that were killed: nobody else is at this stage.
    for left in places.glob(f"{declared.name}-*"):
        shutil.rmtree(left, ignore_errors=True)
    staging = Path(tempfile.mkdtemp(prefix=f"{declared.name}-", dir=places))
    # By name: what runs notebooks is slow to import, and not needed for a stage that is none.
    module = importlib.import_module(f"nsmo.runner.{'notebook' if declared.notebook else 'function'}")
    module.execute(folder, declared, values, staging)

    _complete(declared, staging)
    check_unchanged(declared, before, fingerprint(folder, declared))
    # Half of the results in place would only mean that the stage runs again, but it need not come to that.
    for number in (signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    for out in declared.outs:
        put_in_place(staging / out.path, folder / out.path)
    if rows := [folder / out.path for out in declared.outs if out.path.endswith(".parquet")]:
        stage = importlib.import_module("nsmo.runner.stage").Stage(declared, values, folder, folder)
        importlib.import_module("nsmo.runner.gate").restrict(stage, rows)
    shutil.rmtree(staging, ignore_errors=True)
    failure.place(folder, declared).unlink(missing_ok=True)


def _limit(declared: Declaration, minutes: float | None) -> None:
    """End this process when the stage takes longer than it may."""
    if minutes is None:
        return

    def too_long(*_: object) -> None:
        _say(f"{declared.title} stopped; earlier results are kept.\n{failure.TOO_LONG}")
        os._exit(FAILED)

    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, 60 * minutes)


def put_in_place(source: Path, target: Path) -> None:
    """Replace a file or a folder by another, whole.

    Parameters
    ----------
    source : Path
        What becomes of it; gone afterwards.
    target : Path
        What is replaced, if it is there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = source.with_name(f"{source.name}.replaced")
    try:
        if target.is_dir() and not target.is_symlink():
            os.rename(target, aside)
        elif source.is_dir():
            target.unlink(missing_ok=True)
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # The staging folder is on another file system: copy beside the target first.
        beside = target.with_name(f".{target.name}.new")
        _remove(beside)
        shutil.move(source, beside)
        _remove(target)
        os.replace(beside, target)
    shutil.rmtree(aside, ignore_errors=True)


def _writable(folder: Path, declared: Declaration) -> None:
    """Check before the work whether its results can be put in place."""
    for out in declared.outs:
        parent = (folder / out.path).parent
        parent.mkdir(parents=True, exist_ok=True)
        if not os.access(parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "cannot write", relative(parent, folder))


#: What a page may have none of, such as that on weights of a wave without any.
_MAY_BE_EMPTY = ("figures", "workbooks")


def _complete(declared: Declaration, staging: Path) -> None:
    may_be_empty = tuple(f"reports/{declared.wave}/{kind}/" for kind in _MAY_BE_EMPTY)
    missing = []
    for out in declared.outs:
        if out.path.startswith(may_be_empty):
            (staging / out.path).mkdir(parents=True, exist_ok=True)
        elif not any(files_of(staging / out.path)):
            missing.append(out.path)
    if missing:
        raise ContractError(
            found=f"not written: {', '.join(missing)}",
            where=declared.notebook or f"stage {declared.name}",
            expected="every output that dvc.yaml declares",
            fix="save it with stage.save or stage.show, or take it out of dvc.yaml",
        )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _say(text: str) -> int:
    print(visible(text), file=sys.stderr, flush=True)
    return FAILED
