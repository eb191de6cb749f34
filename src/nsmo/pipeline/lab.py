"""Opens JupyterLab so that saving a notebook leaves it in its canonical form."""

import os
import sys
from pathlib import Path

from nsmo.study.paths import root


def start() -> None:
    """Become JupyterLab, in the root of the repository, with our configuration before that of the user."""
    folder = root()
    ours = str(Path(__file__).parent / "jupyter")
    places = [ours, *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
    variables = os.environ | {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(places),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    os.chdir(folder)
    command = [sys.executable, "-m", "jupyterlab", "--notebook-dir", str(folder), "notebooks"]
    os.execve(sys.executable, command, variables)
