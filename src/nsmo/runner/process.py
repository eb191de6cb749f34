"""What every process of the pipeline needs first: one environment, and an end with its parent."""

import ctypes
import importlib.util
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from nsmo.study.errors import StudyError
from nsmo.study.paths import ROOT_VARIABLE

try:
    import resource
except ImportError:  # Windows
    resource = None

PROGRESS_VARIABLE = "NSMO_PROGRESS"
"""Set when somebody looks on: the runner then says at which cell it is."""

PROGRESS_PREFIX = "\x1e"
"""Lines that say so begin with it."""

RESTARTED_VARIABLE = "NSMO_RESTARTED"
"""Set in a process that has started itself again, so that it does so once only."""

JOBS_VARIABLE = "NSMO_JOBS"
"""Says how much may run at a time, instead of the number of processors."""

#: So many files a process may open, as a shell usually has it; a kernel with its sockets needs some hundred.
_FILES, _FEWEST_FILES = 1024, 200

_PR_SET_PDEATHSIG = 1
# The name of a socket has at most 107 bytes; what is made in the folder takes the rest.
_LONGEST = 107 - len("/nsmo-4294967295-4194304/kernel-ipc-5")


def environment(root: Path) -> dict[str, str]:
    """Return the variables that must be the same on every machine for the results to be the same bytes.

    Parameters
    ----------
    root : Path
        The root of the repository.

    Returns
    -------
    dict
        Name to value: hash seed, time zone, locale, number of threads, allocator of memory, dates in files,
        plotting defaults.
    """
    fixed = {
        ROOT_VARIABLE: str(root),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "LANGUAGE": "",
        "SOURCE_DATE_EPOCH": "0",
        "COLUMNS": "100",
        # Sums come out in another order with another number of threads.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "NUMEXPR_NUM_THREADS": "1",
        # What one thread has let go, the allocator that pyarrow brings keeps for that thread.
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "MPLBACKEND": "agg",
        # Modules that lie about in the working directory would be taken for those of the environment.
        "PYTHONSAFEPATH": "1",
        # The debugger's advice about frozen modules would appear in every build.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        # A profile of one's own may run code at start-up.
        "IPYTHONDIR": str(root / ".nsmo" / "ipython"),
    }
    if os.path.expanduser("~") == "~":
        # A user whom the machine does not know, as in a container: nothing of Jupyter starts without a home.
        fixed["HOME"] = str(root / ".nsmo" / "home")
    if not os.access(os.path.expanduser("~"), os.W_OK):
        # matplotlib would say on each page that it took a folder with a random name.
        fixed["MPLCONFIGDIR"] = str(root / ".nsmo" / "matplotlib")
    matplotlib = importlib.util.find_spec("matplotlib")
    if matplotlib and matplotlib.submodule_search_locations:
        fixed["MATPLOTLIBRC"] = str(
            Path(matplotlib.submodule_search_locations[0], "mpl-data", "matplotlibrc")
        )
    return fixed


def without_git(variables: Mapping[str, str]) -> dict[str, str]:
    """Return variables without those of git.

    In a hook of git they name its repository; whatever is done to another one would be done to that.
    """
    return {name: value for name, value in variables.items() if not name.startswith("GIT_")}


def allow_files() -> None:
    """Let this process and those that it starts open as many files as a build needs.

    Raises
    ------
    StudyError
        When the machine allows too few; a kernel would die without a word.
    """
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if most < _FEWEST_FILES:
        raise StudyError(
            found=f"a process may open only {most} files",
            where="this shell, `ulimit -Hn`",
            expected=f"{_FEWEST_FILES} or more",
            fix="open another shell, or ask who looks after the machine for a higher limit",
        )
    if 0 <= soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def fix_environment(root: Path, arguments: list[str], wanted: Mapping[str, str]) -> None:
    """Start this process again with the variables and the code it should have, unless it has them.

    Parameters
    ----------
    root : Path
        The root of the repository; the code is that of this checkout, where it has any.
    arguments : list of str
        What follows `python -m nsmo`. The process keeps its number and its parent.
    wanted : mapping
        The variables.

    Raises
    ------
    StudyError
        When it has started itself again already, and something is still not as it should be; or when the
        machine allows too few open files.
    """
    restarted = os.environ.pop(RESTARTED_VARIABLE, None)
    allow_files()
    wrong = {name: value for name, value in wanted.items() if os.environ.get(name) != value} | code_path(root)
    if not wrong:
        return
    if restarted:
        raise StudyError(
            found=f"these variables have no effect: {', '.join(wrong)}",
            where=sys.executable,
            fix="look for a start-up file of Python (sitecustomize.py, *.pth) that sets them",
        )
    again = os.environ | wrong | {RESTARTED_VARIABLE: "1"}
    os.execve(sys.executable, [sys.executable, "-m", "nsmo", *arguments], again)


def code_path(root: Path) -> dict[str, str]:
    """Return the PYTHONPATH with which the code of a checkout runs, and not that of another one.

    The environment of one checkout may be active in another, and DVC runs queued experiments in a copy of
    the checkout: what runs must be the code that dvc.yaml names.

    Parameters
    ----------
    root : Path
        The root of the repository.

    Returns
    -------
    dict
        The variable; empty when the code of the checkout runs already.
    """
    source = root / "src"
    if not (source / "nsmo").is_dir() or Path(__file__).resolve().is_relative_to(source.resolve()):
        return {}
    others = [
        path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path not in ("", str(source))
    ]
    return {"PYTHONPATH": os.pathsep.join([str(source), *others])}


def short_folder() -> Path:
    """Return a folder for temporary files whose path leaves room for the name of a socket.

    Raises
    ------
    StudyError
        When there is none.
    """
    given = tempfile.gettempdir()
    for place in (given, "/tmp", "/var/tmp", "/dev/shm"):
        if len(os.fsencode(place)) <= _LONGEST and os.access(place, os.W_OK | os.X_OK):
            return Path(place)
    raise StudyError(
        found=f"the path of the folder for temporary files is too long for sockets: {given}",
        where="TMPDIR",
        expected=f"at most {_LONGEST} bytes",
        fix="set the variable TMPDIR to a folder with a shorter path",
    )


def at_once() -> int:
    """Return how much may run at a time: NSMO_JOBS, or else the number of processors for this process.

    Raises
    ------
    StudyError
        When NSMO_JOBS is no whole number above zero.
    """
    given = os.environ.get(JOBS_VARIABLE, "").strip()
    if not given:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not given.isdecimal() or int(given) < 1:
        raise StudyError(
            found=repr(given),
            where=JOBS_VARIABLE,
            expected="how many may run at a time: 1, 2, …",
            fix="correct the variable, or unset it",
        )
    return int(given)


def die_with_parent(parent: int | None = None) -> None:
    """Make this process end as soon as its parent does, in whatever way that ends.

    Parameters
    ----------
    parent : int, optional
        Number of the parent, where known; without it the present one is meant. If it is gone already, this
        process ends at once.
    """
    expected = parent or os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(expected,), daemon=True).start()
    if os.getppid() != expected:
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
