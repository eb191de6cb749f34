"""Which modules a stage uses, found from the imports, and dvc.yaml held against it.

DVC runs a stage again when a file changes that dvc.yaml names. Modules that are used but not named would
leave old results standing; modules that are named but not used would cause needless runs.
"""

import ast
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from nsmo.runner.declarations import Declaration, declarations

PACKAGE = "nsmo"


def modules(folder: Path, declared: Declaration) -> list[str]:
    """Find the files of the package that a stage uses.

    Parameters
    ----------
    folder : Path
        The root of the repository, with src/nsmo.
    declared : Declaration
        The stage.

    Returns
    -------
    list of str
        Modules, and folders of data that one of these modules names, relative to the root, in order of name.
    """
    source = folder / "src"
    roots = [f"{PACKAGE}.runner.run"]
    if declared.notebook:
        roots += [
            f"{PACKAGE}.runner.notebook",
            *_named(_notebook_source(folder / declared.notebook), PACKAGE),
        ]
    else:
        roots += [f"{PACKAGE}.runner.function", f"{PACKAGE}.stages.{declared.name}"]
    files = closure(source, roots)
    data = {part for file in files for part in _data_folders(file)}
    return sorted(path.relative_to(folder).as_posix() for path in files | data)


def closure(source: Path, names: Iterable[str]) -> set[Path]:
    """Follow imports, also those inside functions, as far as they stay in the package.

    Parameters
    ----------
    source : Path
        The folder that holds the package.
    names : iterable of str
        Dotted names to start from; those that are no module are taken as things in one.

    Returns
    -------
    set of Path
        The files of all modules reached, with the packages they stand in.
    """
    found: set[Path] = set()
    waiting = list(names)
    while waiting:
        parts = waiting.pop().split(".")
        for length in range(1, len(parts) + 1):
            file = _module_file(source, parts[:length])
            if file is None or file in found:
                continue
            found.add(file)
            inside = ".".join(file.relative_to(source).parts[:-1])
            waiting += _named(file.read_text(encoding="utf-8"), inside)
    return found


def align(folder: Path, *, write: bool) -> list[Path]:
    """Make the modules under deps: of each stage in dvc.yaml those that it uses.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    write : bool
        Whether to change dvc.yaml, or only to look.

    Returns
    -------
    list of Path
        dvc.yaml when it is, or was, out of line; else nothing.
    """
    path = folder / "dvc.yaml"
    before = path.read_text(encoding="utf-8")
    wanted = {}
    for declared in declarations(folder):
        wanted.setdefault(declared.name, modules(folder, declared))
    after, stage, in_deps, dash = [], "", False, ""
    for line in [*before.splitlines(), ""]:
        heading = re.match(r"  (\w+):\s*(#.*)?$", line)
        item = re.match(r"(\s+)- (\S.*)$", line)
        if in_deps and item:
            dash = item[1]
            if item[2].startswith(f"src/{PACKAGE}/"):
                continue
        elif in_deps and not line.lstrip().startswith("#"):
            after += [f"{dash}- {module}" for module in wanted.get(stage, ())]
            in_deps = False
        if heading:
            stage = heading[1]
        if re.match(r"\s+deps:\s*$", line):
            in_deps = True
        after.append(line)
    text = "\n".join(after).rstrip("\n") + "\n"
    if text == before:
        return []
    if write:
        path.write_text(text, encoding="utf-8", newline="\n")
    return [path]


def _module_file(source: Path, parts: list[str]) -> Path | None:
    base = source.joinpath(*parts)
    for file in (base / "__init__.py", base.with_suffix(".py")):
        if file.is_file():
            return file
    return None


@cache
def _named(text: str, inside: str) -> tuple[str, ...]:
    """List the dotted names that a source imports from the package; `inside` is the package it stands in."""
    names = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = inside.split(".")[: len(inside.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            names += [f"{base}.{alias.name}" for alias in node.names]
    return tuple(name for name in names if name.split(".")[0] == PACKAGE)


def _notebook_source(path: Path) -> str:
    if not path.is_file():  # `nsmo check` tells
        return ""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def _data_folders(file: Path) -> list[Path]:
    """Find the folders of data beside a module whose names stand in it as a text."""
    folders = [part for part in file.parent.iterdir() if part.is_dir() and part.name[0] != "_"]
    beside = [part for part in folders if not any(part.rglob("*.py"))]
    if not beside:
        return []
    texts = [
        node.value
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [
        part
        for part in beside
        if any(text == part.name or text.startswith(f"{part.name}/") for text in texts)
    ]
