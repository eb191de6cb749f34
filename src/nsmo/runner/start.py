"""What DVC calls: `python -m nsmo run <stage> --wave <wave>`. The environment first, then what takes long."""

import os
from pathlib import Path

from nsmo.runner.process import die_with_parent, environment, fix_environment
from nsmo.study.paths import ROOT_VARIABLE, root


def run(name: str, wave: str) -> int:
    """Run one stage of one wave from the command line, and put its results in place.

    Parameters
    ----------
    name, wave : str
        As in dvc.yaml and params.yaml.

    Returns
    -------
    int
        Exit status; what went wrong is on standard error.
    """
    die_with_parent()
    if Path("dvc.yaml").is_file():
        # DVC stands in the folder that it builds; a terminal of JupyterLab may name another one.
        os.environ[ROOT_VARIABLE] = os.getcwd()
    folder = root()
    fix_environment(folder, ["run", name, "--wave", wave], environment(folder))
    # Only now: a process that starts itself again would import all of it twice.
    from nsmo.runner.run import attempt

    return attempt(folder, name, wave)
