"""Modules that PYTHONPATH brings in place of those of the environment; imports as little as it can."""

import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path


def problems() -> list[str]:
    """List the modules on PYTHONPATH that hide one of Python, or of a package that is installed.

    Returns
    -------
    list of str
        One for each, in words. Code of this package may come that way: it is how a copy of a checkout runs.
    """
    given = {
        str(Path(place).resolve()) for place in os.environ.get("PYTHONPATH", "").split(os.pathsep) if place
    }
    installed = [place for place in sys.path if str(Path(place).resolve()) not in given]
    found = []
    for place in sorted(given):
        for file in sorted(Path(place).iterdir()) if Path(place).is_dir() else ():
            name = file.stem if file.suffix == ".py" else file.name
            module = file.suffix == ".py" or (file / "__init__.py").is_file()
            if not module or name == "nsmo" or name.startswith("__"):
                continue
            hides = name in sys.stdlib_module_names or PathFinder.find_spec(name, installed) is not None
            if hides:
                found.append(
                    f"PYTHONPATH: {file} takes the place of the module {name!r} of the environment\n"
                    "    do: rename it, or unset the variable PYTHONPATH"
                )
    return found
