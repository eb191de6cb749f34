"""The packages that run, compared with those that requirements.lock names."""

import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from nsmo.study.textfile import read_utf8

LOCK = "requirements.lock"


@dataclass(frozen=True)
class Other:
    """A package that is not the one of the lock.

    Parameters
    ----------
    name, locked : str
        As the lock has it.
    installed : str
        The version that runs; empty when it is missing.
    """

    name: str
    locked: str
    installed: str

    def __str__(self) -> str:
        return f"{self.name} {self.installed or 'missing'} (locked: {self.locked})"


def others(folder: Path) -> list[Other]:
    """Compare the packages of this interpreter with the lock.

    Parameters
    ----------
    folder : Path
        The root of the repository.

    Returns
    -------
    list of Other
        Those that run in another version, and those that this project needs itself and that are missing;
        nothing when there is no lock.

    Raises
    ------
    StudyError
        If git could not merge the lock, or it is no text.
    """
    path = folder / LOCK
    if not path.is_file():
        return []
    found, needed = installed(), _needed()
    return [
        Other(name, version, found.get(name, ""))
        for name, version in locked(read_utf8(path)).items()
        if (found[name] != version if name in found else name in needed)
    ]


def locked(lock: str) -> dict[str, str]:
    """Read which version of each package a lock names.

    Parameters
    ----------
    lock : str
        A requirements file with lines `name==version`.

    Returns
    -------
    dict
        Name to version, in the order of the lock.
    """
    lines = re.findall(r"(?m)^([A-Za-z0-9][\w.\-]*)==([^\s\\;]+)", lock)
    return {normal(name): version for name, version in lines}


@cache
def installed() -> dict[str, str]:
    """List the packages of this interpreter.

    Returns
    -------
    dict
        Name to version. Taken from the names of the folders that describe them: reading these takes longer
        than a whole stage.
    """
    found: dict[str, str] = {}
    for place in map(Path, sys.path):
        for one in sorted(place.glob("*.dist-info")) if place.is_dir() else ():
            name, _, version = one.name.removesuffix(".dist-info").partition("-")
            found.setdefault(normal(name), version)
    return found


def _needed() -> set[str]:
    """List the packages that this project names itself, without those of an extra."""
    try:
        lines = requires("nsmo") or []
    except PackageNotFoundError:
        return set()
    own = [line for line in lines if "extra ==" not in line]
    return {normal(match[0]) for line in own if (match := re.match(r"[\w.\-]+", line))}


def normal(name: str) -> str:
    """Return the one spelling of a package's name."""
    return re.sub(r"[-_.]+", "-", name).lower()
