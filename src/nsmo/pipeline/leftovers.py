"""Finds results that no stage makes any more: another branch, or a stage that was taken out, left them."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from nsmo.runner.declarations import Declaration, Paths
from nsmo.runner.process import without_git

ASIDE = ".nsmo/leftovers"


def leftovers(folder: Path, stages: Iterable[Declaration]) -> list[str]:
    """List what stands among the results that stages read, and is the result of none.

    A stage that reads a folder of results whole would take it for one: its hash would go into dvc.lock, and
    nobody else's would agree. What git keeps is everybody's, and stays.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    stages : iterable of Declaration
        Every stage of every wave.

    Returns
    -------
    list of str
        Files and folders, relative to the root.
    """
    stages = list(stages)
    outs = {out.path for one in stages for out in one.outs}
    made = Paths((out, out) for out in outs)
    pending = {dep for one in stages for dep in one.deps if made.inside(dep)} - outs
    found = []
    while pending:
        place = pending.pop()
        for path in sorted((folder / place).iterdir()) if (folder / place).is_dir() else ():
            name = f"{place}/{path.name}"
            if made.around(name) or path.name.startswith("."):
                continue
            if made.inside(name):
                pending.add(name)
            else:
                found.append(name)
    return sorted(name for name in found if not _in_git(folder, name)) if found else []


def put_aside(folder: Path, names: Iterable[str]) -> None:
    """Move files and folders to where no stage looks for them.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    names : iterable of str
        From `leftovers`.
    """
    for name in names:
        target = folder / ASIDE / name
        if target.is_dir():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / name, target)


def _in_git(folder: Path, name: str) -> bool:
    """Whether git keeps it, or something in it; where there is no git, whoever put it there knows."""
    command = ["git", "ls-files", "--", name]
    try:
        done = subprocess.run(
            command, cwd=folder, env=without_git(os.environ), capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return True
    return bool(done.returncode or done.stdout.strip())
