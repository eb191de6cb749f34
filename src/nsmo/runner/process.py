"""What every process of the pipeline needs first: one environment, and an end with its parent."""

import ctypes
import importlib.util
import os
import signal
import sys
import threading
import time
from pathlib import Path

from nsmo.study.paths import ROOT_VARIABLE

_PR_SET_PDEATHSIG = 1


def environment(root: Path) -> dict[str, str]:
    """Give the variables that must be the same on every machine for the results to be the same bytes.

    Parameters
    ----------
    root : Path
        The root of the repository.

    Returns
    -------
    dict
        Name to value: hash seed, time zone, locale, number of threads, dates in files, plotting defaults.
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
        "MPLBACKEND": "agg",
        # The debugger's advice about frozen modules would appear in every build.
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        # A profile of one's own may run code at start-up.
        "IPYTHONDIR": str(root / ".nsmo" / "ipython"),
    }
    matplotlib = importlib.util.find_spec("matplotlib")
    if matplotlib and matplotlib.submodule_search_locations:
        fixed["MATPLOTLIBRC"] = str(
            Path(matplotlib.submodule_search_locations[0], "mpl-data", "matplotlibrc")
        )
    return fixed


def settle(root: Path, arguments: list[str]) -> None:
    """Start this process again with the environment it should have, unless it has it.

    Parameters
    ----------
    root : Path
        The root of the repository.
    arguments : list of str
        What follows `python -m nsmo`. The process keeps its number and its parent.
    """
    wanted = environment(root)
    own = str(root / "src")
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    # DVC runs queued experiments in a copy of the checkout, with the environment of the checkout: what runs
    # must be the code that dvc.yaml names.
    if Path(own, "nsmo").is_dir() and not Path(__file__).is_relative_to(own) and paths[0] != own:
        wanted["PYTHONPATH"] = os.pathsep.join([own, *filter(None, paths)])
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.execve(sys.executable, [sys.executable, "-m", "nsmo", *arguments], os.environ | wanted)


def die_with_parent(parent: int | None = None) -> None:
    """Make this process end as soon as its parent does, in whatever way that ends.

    Parameters
    ----------
    parent : int, optional
        Number of the parent, where known; without it the present one is meant. If it is gone already, this
        process
        ends at once.
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
