"""The parameters of a stage: params.yaml compared with the parameters cell of its notebook, both ways."""

import ast
import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nsmo.runner.canonical import read_notebook
from nsmo.runner.declarations import ContractError, Declaration
from nsmo.study.errors import StudyError
from nsmo.study.paths import relative

#: How the cell begins into which papermill writes what it was given.
_INJECTED = "# Parameters\n"


def section_values(params: Mapping[str, Any], declared: Declaration) -> dict[str, Any]:
    """Collect the parameters that a stage gets.

    Parameters
    ----------
    params : mapping
        The whole of params.yaml.
    declared : Declaration
        The stage.

    Returns
    -------
    dict
        Key to value, the sections put together.

    Raises
    ------
    ContractError
        When a section is missing, a key stands in two of them or has no value.
    """
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for section in declared.sections:
        content = section_of(params, section)
        if not isinstance(content, dict):
            raise ContractError(
                found=f"no section {section!r} with keys",
                where="params.yaml",
                expected=f"one, as dvc.yaml names it under params: of stage {declared.name}",
                fix=f"add the section, or take {section} out of dvc.yaml",
            )
        for key, value in content.items():
            if key in values or key == "wave":
                raise ContractError(
                    found=f"key {key!r} stands in {section}: and also in {origin.get(key, 'every stage')}",
                    where="params.yaml",
                    fix="give one of them another name",
                )
            if value is None:
                raise ContractError(
                    found=f"key {key!r} has no value",
                    where=f"params.yaml, {section.replace('.', ': ')}:",
                    fix=f'add a line for the wave there; `"{declared.wave}": []` says that there is none'
                    if section.count(".") == 2
                    else "give it one",
                )
            values[key] = value
            origin[key] = section
    return values


def time_limit(params: Mapping[str, Any], declared: Declaration) -> float | None:
    """Look up how long a stage may take.

    It is no parameter: it reaches no notebook, and a change of it makes nothing out of date.

    Parameters
    ----------
    params : mapping
        The whole of params.yaml.
    declared : Declaration
        The stage.

    Returns
    -------
    float or None
        Minutes; None where `timeout:` has no line for the stage.

    Raises
    ------
    ContractError
        When it is no number above zero.
    """
    limits = params.get("timeout") or {}
    minutes = limits.get(declared.name) if isinstance(limits, Mapping) else limits
    if minutes is None:
        return None
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 < minutes < 1e6:
        raise ContractError(
            found=repr(minutes),
            where=f"params.yaml, timeout: {declared.name}:",
            expected="a number of minutes, for example 10",
            fix="correct it, or take the line out",
        )
    return float(minutes)


def parameter_cell(notebook: Path) -> dict[str, Any]:
    """Read what the parameters cell of a notebook assigns.

    Parameters
    ----------
    notebook : Path
        A notebook with one cell tagged `parameters`.

    Returns
    -------
    dict
        Name to value; a value that is no literal comes as its source text.

    Raises
    ------
    ContractError
        When there is no such cell, more than one, or something else than assignments in it.
    """
    cells = read_notebook(notebook)["cells"]
    tagged = [cell for cell in cells if "parameters" in cell.get("metadata", {}).get("tags", [])]
    if len(tagged) != 1:
        raise ContractError(
            found=f"{len(tagged)} cells tagged `parameters`",
            where=relative(notebook),
            expected="one, with `wave = None` and a line `key = None` for each key of the stage's sections",
            fix="add the tag to that cell (property inspector of JupyterLab, the gear at the top right)",
        )
    source = tagged[0]["source"]
    values: dict[str, Any] = {}
    try:
        lines = ast.parse(source if isinstance(source, str) else "".join(source)).body
    except SyntaxError as error:
        raise ContractError(
            found=f"{error.msg}: `{(error.text or '').strip()}`",
            where=f"{relative(notebook)}, parameters cell, line {error.lineno}",
            expected="lines of the form `key = None`",
            fix="correct the line, or move it to another cell",
        ) from None
    for line in lines:
        if not (
            isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name)
        ):
            raise ContractError(
                found=f"`{ast.unparse(line)}`",
                where=f"{relative(notebook)}, parameters cell",
                expected="lines of the form `key = None`",
                fix="move it to another cell",
            )
        try:
            values[line.targets[0].id] = ast.literal_eval(line.value)
        except ValueError:
            values[line.targets[0].id] = ast.unparse(line.value)
    return values


def check_parameters(
    folder: Path, declared: Declaration, params: Mapping[str, Any], *, values: bool = True
) -> list[StudyError]:
    """Compare the parameters cell of a stage's notebook with params.yaml, both ways.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    declared : Declaration
        The stage.
    params : mapping
        The whole of params.yaml.
    values : bool
        Whether a key that is set to something in the cell is a mistake too; by hand one may try a value.

    Returns
    -------
    list of StudyError
        One for each disagreement, naming both files; empty when they agree.
    """
    if declared.notebook is None:
        return []
    try:
        expected = section_values(params, declared)
        cell = parameter_cell(folder / declared.notebook)
    except StudyError as error:
        return [error]
    sections = ", ".join(f"{section}:" for section in declared.sections) or "no section"
    problems = []
    for key in cell:
        if key != "wave" and key not in expected:
            problems.append(
                ContractError(
                    found=f"parameter {key!r}, which params.yaml does not have{similar(key, expected)}",
                    where=f"{declared.notebook}, parameters cell",
                    expected=f"the keys of params.yaml, {sections}",
                    fix="correct the name here, or add the key there",
                )
            )
    for key in ("wave", *expected):
        if key not in cell:
            problems.append(
                ContractError(
                    found=f"no line `{key} = None`{similar(key, cell)}",
                    where=f"{declared.notebook}, parameters cell",
                    expected="the wave" if key == "wave" else f"every key of params.yaml, {sections}",
                    fix="add the line here, or take the key out there",
                )
            )
    for key, value in cell.items():
        if values and value is not None:
            problems.append(
                ContractError(
                    found=f"`{key} = {value!r}`",
                    where=f"{declared.notebook}, parameters cell",
                    expected=f"`{key} = None`: values stand in params.yaml only",
                    fix="put it back to None; to try a value, change params.yaml",
                )
            )
    return problems


def check_injected(cells: Iterable[str], declared: Declaration, expected: Mapping[str, Any]) -> None:
    """Stop at a parameter of papermill's own `-p` that the stage does not have.

    papermill only warns of it and runs the notebook with the values of params.yaml, as if nothing was asked.

    Parameters
    ----------
    cells : iterable of str
        The cells that the kernel ran so far; papermill's begins with a comment of its own.
    declared : Declaration
        The stage.
    expected : mapping
        Its parameters, but for the wave.

    Raises
    ------
    ContractError
        Naming the parameter, and the one that looks like it.
    """
    known = {"wave": None, **expected}
    # Of a cell that was corrected and run again, the kernel remembers the earlier text as well.
    given = [cell for cell in cells if cell.startswith(_INJECTED)][-1:]
    names = [
        target.id
        for cell in given
        for statement in ast.parse(cell).body
        for target in getattr(statement, "targets", ())
        if isinstance(target, ast.Name)
    ]
    if unknown := [name for name in names if name not in known]:
        raise ContractError(
            found=f"no parameter `{unknown[0]}`{similar(unknown[0], known)}",
            where=f"stage {declared.name}, what papermill was given",
            expected=", ".join(known),
            fix="name one of these after -p",
        )


def section_of(params: Mapping[str, Any], name: str) -> Any:
    """Return a section of params.yaml; of `section.key.wave` that key, with the value of the wave."""
    content, (_, *below) = value_at(params, name), name.split(".")
    return {below[0]: content} if below else content


def value_at(params: Mapping[str, Any], name: str) -> Any:
    """Return what stands in params.yaml under `section.key.wave`, or a part of it; else None."""
    content: Any = params
    for part in name.split("."):
        content = content.get(part) if isinstance(content, Mapping) else None
    return content


def similar(name: str, known: Mapping[str, Any]) -> str:
    """Return which known name looks like a given one, if any does."""
    near = difflib.get_close_matches(name, [key for key in known if not key.startswith("_")], n=1, cutoff=0.7)
    return f"; {near[0]!r} looks like it" if near else ""
