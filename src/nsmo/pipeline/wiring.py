"""The modules that a stage uses, found from the imports, compared with the folders that dvc.yaml names.

DVC runs a stage again when a file changes that dvc.yaml names. Code that is used but not named would leave
old results standing; a folder that is named but not used would cause needless runs.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from nsmo.pipeline import notebooks
from nsmo.runner.declarations import ContractError, Declaration, within
from nsmo.study.paths import relative

PACKAGE = "nsmo"


def code_of(declared: Declaration) -> tuple[str, ...]:
    """List the folders and modules of the package that a stage declares."""
    return tuple(dep for dep in declared.deps if dep.startswith(f"src/{PACKAGE}/"))


def problems(folder: Path, declared: Declaration) -> list[ContractError]:
    """Compare the code that a stage uses with the folders that it declares.

    Parameters
    ----------
    folder : Path
        The root of the repository, with src/nsmo.
    declared : Declaration
        The stage.

    Returns
    -------
    list of ContractError
        One for each module outside of the declared folders, and for each folder that nothing is used from.
    """
    try:
        used = modules(folder, declared)
    except ContractError as error:
        return [error]
    named = code_of(declared)
    where = f"dvc.yaml, stages: {declared.name}: deps:"
    found = [
        ContractError(
            found=f"stage {declared.name} uses {path}, which stands outside of the code it declares",
            where=where,
            expected=", ".join(named),
            fix="add the folder or module there, or do without the import",
        )
        for path in used
        if not any(within(path, dep) for dep in named)
    ]
    found += [
        ContractError(
            found=f"stage {declared.name} uses nothing from {dep}",
            where=where,
            expected="folders and modules that the stage imports from",
            fix="take the line out",
        )
        for dep in named
        if not any(within(path, dep) for path in used)
    ]
    return found


def modules(folder: Path, declared: Declaration) -> list[str]:
    """List the files of the package that a stage uses.

    Parameters
    ----------
    folder : Path
        The root of the repository, with src/nsmo.
    declared : Declaration
        The stage.

    Returns
    -------
    list of str
        Modules, relative to the root, in order of name; without those that hold nothing but a docstring.

    Raises
    ------
    ContractError
        When one of them is no Python.
    """
    source = folder / "src"
    roots = [f"{PACKAGE}.runner.start"]
    if declared.notebook:
        trees = notebooks.code(folder / declared.notebook).trees.values()
        roots += [f"{PACKAGE}.runner.notebook", *(name for tree in trees for name in _named(tree, PACKAGE))]
    else:
        roots += [f"{PACKAGE}.runner.function", f"{PACKAGE}.pages.{declared.name}"]
    return sorted(
        path.relative_to(folder).as_posix()
        for path in closure(source, roots)
        if any(not isinstance(line, ast.Expr) for line in _tree(path).body)
    )


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
            waiting += _named(_tree(file), inside)
    return found


def _module_file(source: Path, parts: list[str]) -> Path | None:
    base = source.joinpath(*parts)
    for file in (base / "__init__.py", base.with_suffix(".py")):
        if file.is_file():
            return file
    return None


def _tree(file: Path) -> ast.Module:
    try:
        return _parsed(file.read_bytes())
    except SyntaxError as error:
        raise ContractError(
            found=f"{error.msg}: `{(error.text or '').strip()}`",
            where=f"{relative(file)}, line {error.lineno}",
            expected="Python",
            fix="correct the line",
        ) from None


@cache
def _parsed(content: bytes) -> ast.Module:
    return ast.parse(content)


@cache
def _named(tree: ast.Module, inside: str) -> tuple[str, ...]:
    """List the dotted names that code imports from the package; `inside` is the package it stands in."""
    return tuple(name for name in _imports(tree, inside) if name.split(".")[0] == PACKAGE)


def _imports(tree: ast.Module, inside: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = inside.split(".")[: len(inside.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)
