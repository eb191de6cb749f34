"""Runs a notebook to where it stops, and leaves its reader there with all variables, for `nsmo debug`."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from nsmo.runner.canonical import read_notebook
from nsmo.runner.declarations import ContractError, declaration, newest_wave, read_params
from nsmo.runner.notebook import numbered
from nsmo.runner.parameters import check_parameters, section_values
from nsmo.runner.process import environment, fix_environment
from nsmo.runner.stage import RUN_VARIABLE
from nsmo.study.errors import StudyError
from nsmo.study.paths import root

PLACE = ".nsmo/debug"
_HELP = "All variables are here. %debug looks into the call that raised; Ctrl-D ends."


def debug(name: str, wave: str = "", cell: int = 0) -> int:
    """Run the cells of a stage's notebook as the pipeline does, and open a prompt where it stops.

    Nothing is kept: what the cells save goes to a folder of its own, which goes with the prompt, and what is
    typed at the prompt is in no history.

    Parameters
    ----------
    name, wave : str
        The stage, and the wave; without one the newest that has the stage.
    cell : int
        The number of a cell to stop before; 0 is the first that raises, or the end.

    Returns
    -------
    int
        Exit status.
    """
    folder = root()
    asked = ["debug", name, *(["--wave", wave] * bool(wave)), *(["--cell", str(cell)] * bool(cell))]
    fix_environment(folder, asked, environment(folder))
    os.chdir(folder)
    params = read_params(folder)
    declared = declaration(folder, name, wave or newest_wave(params, name))
    if declared.notebook is None:
        raise ContractError(
            found=f"stage {name!r} has no notebook",
            where="dvc.yaml",
            fix=f"where it stopped stands in reports/{declared.wave}/failed/{name}.txt",
        )
    if wrong := check_parameters(folder, declared, params):
        raise StudyError(problems=[problem for one in wrong for problem in one.problems])
    cells = numbered(read_notebook(folder / declared.notebook))
    if cell > len(cells):
        raise ContractError(found=f"there is no cell {cell}", where=f"{declared.notebook} has {len(cells)}")
    places = folder / PLACE
    places.mkdir(parents=True, exist_ok=True, mode=0o700)
    staging = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=places))
    os.environ[RUN_VARIABLE] = str(staging)
    try:
        shell = _shell()
        values = {"wave": declared.wave} | section_values(read_params(folder, declared.wave), declared)
        stopped = _run(shell, cells, values, cell)
        where = f"cell [{stopped}] of {declared.notebook}" if stopped else f"the end of {declared.notebook}"
        print(f"{'Before' if stopped and stopped == cell else 'At'} {where}. {_HELP}", flush=True)
        shell.mainloop()
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return 0


def _shell() -> Any:
    from IPython.terminal.interactiveshell import TerminalInteractiveShell
    from traitlets.config import Config

    settings = Config()
    # What somebody looks at may be an answer: it stays on the screen.
    settings.HistoryManager.enabled = False
    settings.TerminalInteractiveShell.confirm_exit = False
    settings.TerminalInteractiveShell.banner1 = ""
    return TerminalInteractiveShell.instance(config=settings)


def _run(shell: Any, cells: list[tuple[int, dict[str, Any]]], values: dict[str, Any], until: int) -> int:
    """Run cells until one raises or `until` is next; return its number, 0 when all ran."""
    from IPython.utils.capture import capture_output

    for number, cell in cells:
        if number == until:
            return number
        with capture_output() as said:
            done = shell.run_cell("".join(cell["source"]), store_history=True)
        if not done.success:
            # With what it had said before, which may tell why.
            said.show()
            return number
        if "parameters" in cell["metadata"].get("tags", ()):
            shell.user_ns |= values
    return 0
