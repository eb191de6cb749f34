"""Source notebooks as files: the form in which git keeps them, and the code in their cells."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nsmo.runner.canonical import dumps, read_notebook, source_form
from nsmo.runner.declarations import ContractError, stage_names
from nsmo.study.errors import StudyError
from nsmo.study.paths import relative


@dataclass(frozen=True)
class Reformatted:
    """What became of some notebooks.

    Parameters
    ----------
    changed : list of Path
        Those that are, or were, in another form.
    problems : list of StudyError
        One for each that is not readable.
    """

    changed: list[Path]
    problems: list[StudyError]


@dataclass(frozen=True)
class Code:
    """The code of a notebook.

    Parameters
    ----------
    trees : dict of Module
        By number of the cell, those that are Python, or a magic that stands for it. Cells are counted as in
        JupyterLab when the notebook is run from its top: without empty ones.
    problems : list of StudyError
        One for each cell that is not.
    """

    trees: dict[int, ast.Module]
    problems: list[StudyError]


def files(paths: Iterable[Path]) -> list[Path]:
    """List notebooks, and those in folders at any depth, without the copies that Jupyter makes."""
    found = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*.ipynb")))]
    return [file for file in found if ".ipynb_checkpoints" not in file.parts]


def orphans(folder: Path) -> list[ContractError]:
    """List the numbered notebooks that no stage of dvc.yaml has: nobody runs them.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    """
    known = stage_names(folder)
    return [
        ContractError(
            found="no stage has this notebook",
            where=relative(path, folder),
            expected="a stage in dvc.yaml that names it under deps:",
            fix="declare the stage, or give the notebook a name without a number",
        )
        for path in files([folder / "notebooks"])
        if re.match(r"\d+_", path.name) and path.stem.partition("_")[2] not in known
    ]


def reformat(paths: Iterable[Path], *, write: bool) -> Reformatted:
    """Bring source notebooks into their canonical form.

    Parameters
    ----------
    paths : iterable of Path
        Notebooks, or folders with notebooks at any depth.
    write : bool
        Whether to change the files, or only to look.

    Returns
    -------
    Reformatted
    """
    result = Reformatted([], [])
    for file in files(paths):
        try:
            after = dumps(source_form(read_notebook(file))).encode()
        except StudyError as error:
            result.problems.append(error)
            continue
        if after != file.read_bytes():
            result.changed.append(file)
            if write:
                file.write_bytes(after)
    return result


def code(path: Path) -> Code:
    """Parse the code cells of a notebook.

    Parameters
    ----------
    path : Path
        A notebook; one that is not readable is a problem, too.

    Returns
    -------
    Code
    """
    result = Code({}, [])
    try:
        cells = read_notebook(path)["cells"]
    except StudyError as error:
        result.problems.append(error)
        return result
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    for number, source in enumerate(filter(str.strip, sources), 1):
        try:
            result.trees[number] = _parsed(source)
        except SyntaxError as error:
            result.problems.append(
                ContractError(
                    found=f"{error.msg}: `{(error.text or '').strip()}`",
                    where=f"{relative(path)}, cell [{number}], line {error.lineno}",
                    expected="Python",
                    fix="correct the cell",
                )
            )
    return result


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError:
        # Perhaps with magics, which IPython turns into calls before it runs a cell.
        from IPython.core.inputtransformer2 import TransformerManager

        return ast.parse(TransformerManager().transform_cell(source))
