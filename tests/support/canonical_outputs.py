"""A plugin for nbval (`-p canonical_outputs`): new outputs get the form that executed notebooks have."""

from collections.abc import Sequence

import nbformat
from nbval.plugin import IPyNbCell

from nsmo.runner.canonical import dumps, executed_form
from nsmo.study.paths import root

_compare = IPyNbCell.compare_outputs


def compare(
    cell: IPyNbCell,
    shown: Sequence[nbformat.NotebookNode],
    kept: Sequence[nbformat.NotebookNode],
    skip_compare: Sequence[str] | None = None,
) -> bool:
    """Compare as nbval does, after the runner's canonical form has left out what it always leaves out."""
    if cell.cell.source.rstrip().endswith(";"):
        # Jupyter shows no result then; nbval runs cells in a way that forgets it.
        shown = [output for output in shown if output.output_type != "execute_result"]
    notebook = executed_form({"cells": [dict(cell.cell) | {"outputs": shown}]}, root())
    outputs = nbformat.reads(dumps(notebook), as_version=4).cells[0].outputs
    return _compare(cell, outputs, kept, skip_compare)


IPyNbCell.compare_outputs = compare
