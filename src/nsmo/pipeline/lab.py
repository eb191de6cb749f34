"""Opens JupyterLab so that saving a notebook leaves it in its canonical form."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from nsmo.runner.process import environment
from nsmo.study.paths import root


def start(options: Sequence[str] = ()) -> None:
    """Become JupyterLab, in the root of the repository, with our configuration before that of the user.

    Parameters
    ----------
    options : sequence of str
        Further options of JupyterLab, for example `--no-browser`.
    """
    folder = root()
    variables = os.environ | environment(folder)
    # Here figures are to be seen; the screen decides about the width.
    del variables["MPLBACKEND"], variables["COLUMNS"], variables["PYTHONSAFEPATH"]
    own = str(Path(__file__).parent / "jupyter")
    variables["JUPYTER_CONFIG_PATH"] = os.pathsep.join(
        filter(None, [own, os.environ.get("JUPYTER_CONFIG_PATH")])
    )
    variables["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    os.chdir(folder)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", *options]
    if not any(option.startswith("--no-browser") for option in options):
        command.append("--LabApp.default_url=/lab/tree/notebooks")
    os.execve(sys.executable, command, variables)
