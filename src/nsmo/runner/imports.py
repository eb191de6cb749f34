"""Imports made before they are asked for, while there is nothing else to do."""

import ast
import contextlib
import gc
import importlib
import json
from collections.abc import Iterable
from pathlib import Path

PACKAGE = "nsmo"


def import_all(names: Iterable[str]) -> None:
    """Import modules; one that does not work is left to whoever needs it, who says what is wrong with it.

    Parameters
    ----------
    names : iterable of str
        Dotted names.
    """
    # What is imported stays: looking through it for what could go takes time here and memory in every fork.
    gc.disable()
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.freeze()
    gc.enable()


def imported_by(notebook: Path) -> list[str]:
    """List the modules of this package that a notebook imports.

    Those of others may say something when they are imported, which belongs to the cell that does so.

    Parameters
    ----------
    notebook : Path
        A source notebook; what is no Python is left out.

    Returns
    -------
    list of str
        Dotted names, in order; names that may be things in a module are among them.
    """
    found: list[str] = []
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        with contextlib.suppress(SyntaxError):
            for node in ast.parse("".join(cell["source"])).body if cell["cell_type"] == "code" else ():
                if isinstance(node, ast.Import):
                    found += [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in found if name.split(".")[0] == PACKAGE]
