"""Runs the notebooks of a study in this process: the same cells, outputs and files, without kernels."""

import os
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from nsmo.runner import gate
from nsmo.runner.canonical import read_notebook
from nsmo.runner.declarations import declarations, read_params
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
                values = section_values(params, declared)
                shell = InteractiveShell.instance()
                shell.reset(new_session=False)
                for number, cell in numbered(read_notebook(root / declared.notebook)):
                    with capture_output() as said:
                        ran = shell.run_cell("".join(cell["source"]))
                    error = ran.error_before_exec or ran.error_in_exec
                    if error is not None:
                        raise StoppedError(f"{declared.name}, cell [{number}]: {error!r}") from error
                    if "parameters" in cell["metadata"].get("tags", ()):
                        shell.user_ns |= {"wave": wave} | values
                    shown = {"cell_type": "code", "outputs": [*map(_output, said.outputs)]}
                    gate.check_outputs({"cells": [shown]}, Stage(declared, values, root, root))
                done.append(declared.name)
        finally:
            os.chdir(before)
            InteractiveShell.clear_instance()
    return done


def _output(rich: object) -> dict:
    return {"output_type": "display_data", "data": dict(getattr(rich, "data", {}))}
