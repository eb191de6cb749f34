"""Runs the notebooks of a study in this process: the same cells, outputs and files, without kernels."""

import json
import os
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from nsmo.pages import publish
from nsmo.runner import gate
from nsmo.runner.canonical import read_notebook
from nsmo.runner.declarations import declaration, declarations, read_params
from nsmo.runner.html import notebook_body
from nsmo.runner.notebook import numbered
from nsmo.runner.parameters import check_parameters, section_values
from nsmo.runner.stage import RUN_VARIABLE, Stage
from nsmo.study.paths import ROOT_VARIABLE


class StoppedError(AssertionError):
    """A cell raised."""


def run_notebooks(root: Path, wave: str, *stages: str) -> list[str]:
    """Run every notebook that a wave has, in the order of dvc.yaml, and list their stages.

    Parameters
    ----------
    root : Path
        A study of its own: dvc.yaml, params.yaml, notebooks and data.
    wave : str
        The wave.
    *stages : str
        Only these; all without any.

    Raises
    ------
    StoppedError
        Naming stage and cell, from what the cell raised.
    """
    params, done = read_params(root), []
    before = os.getcwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ROOT_VARIABLE, str(root))
        patch.setenv(RUN_VARIABLE, str(root))
        os.chdir(root)
        try:
            for declared in declarations(root):
                if (
                    declared.wave != wave
                    or declared.notebook is None
                    or (stages and declared.name not in stages)
                ):
                    continue
                wrong = check_parameters(root, declared, params)
                assert wrong == [], "\n".join(map(str, wrong))
                values = section_values(read_params(root, wave), declared)
                shell = InteractiveShell.instance()
                shell.reset(new_session=False)
                notebook = read_notebook(root / declared.notebook)
                for number, cell in numbered(notebook):
                    with capture_output() as said:
                        ran = shell.run_cell("".join(cell["source"]))
                    error = ran.error_before_exec or ran.error_in_exec
                    if error is not None:
                        raise StoppedError(f"{declared.name}, cell [{number}]: {error!r}") from error
                    if "parameters" in cell["metadata"].get("tags", ()):
                        shell.user_ns |= {"wave": wave} | values
                    cell |= {"execution_count": number, "outputs": [*map(_output, said.outputs)]}
                    shown = {"cell_type": "code", "outputs": cell["outputs"]}
                    gate.check_outputs({"cells": [shown]}, Stage(declared, values, root, root))
                for out in declared.outs:
                    if not Path(out.path).suffix:  # a folder for which a wave may have nothing
                        (root / out.path).mkdir(parents=True, exist_ok=True)
                executed = root / declared.executed
                executed.parent.mkdir(parents=True, exist_ok=True)
                executed.write_text(json.dumps(notebook), encoding="utf-8")
                done.append(declared.name)
        finally:
            os.chdir(before)
            InteractiveShell.clear_instance()
    return done


def _output(rich: object) -> dict:
    return {"output_type": "display_data", "metadata": {}, "data": dict(getattr(rich, "data", {}))}


def write_pages(root: Path, wave: str) -> Path:
    """Write the pages of a wave whose notebooks `run_notebooks` has run, and return their folder."""
    declared = declaration(root, "publish", wave)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ROOT_VARIABLE, str(root))
        publish.build(
            Stage(declared, section_values(read_params(root, wave), declared), root, root), notebook_body
        )
    return root / f"reports/{wave}/html"
