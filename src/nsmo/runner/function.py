"""Runs a stage that has no notebook: the function `build` of its module."""

import importlib
import traceback
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from nsmo.runner import gate
from nsmo.runner.beside import side_by_side
from nsmo.runner.declarations import Declaration, first_line
from nsmo.runner.failure import StageFailedError, leave
from nsmo.runner.html import kept_notebook_body
from nsmo.runner.remembered import installed, remembered
from nsmo.runner.stage import Stage
from nsmo.study.errors import StudyError
from nsmo.study.paths import relative


def execute(folder: Path, declared: Declaration, values: dict[str, Any], staging: Path) -> None:
    """Run the function `build` of `nsmo.pages.<stage>`; its outputs go to the staging folder.

    Parameters
    ----------
    folder, declared, values, staging
        As in `nsmo.runner.notebook.execute`, which runs the stages that are notebooks.

    Raises
    ------
    StageFailedError
        When the function raises anything but a StudyError, which passes.
    """
    build: Callable[..., object] = importlib.import_module(f"nsmo.pages.{declared.name}").build
    kept = folder / ".nsmo" / "pages" / declared.wave
    stage = Stage(declared, values, folder, staging)
    try:
        build(stage, partial(kept_notebook_body, folder=kept), partial(_remember, kept), side_by_side)
    except (StudyError, OSError):
        raise
    except Exception as error:
        opened = leave(folder, declared, gate.withheld(traceback.format_exc(), stage))
        last = traceback.extract_tb(error.__traceback__)[-1]
        said = gate.withheld(first_line(str(error)), stage)
        raise StageFailedError(
            f"line {last.lineno} of {relative(Path(last.filename), folder)}, in {last.name}\n"
            f"{type(error).__name__}: {said}\n{opened}"
        ) from None


def _remember(kept: Path, name: str, made_from: Iterable[bytes], make: Callable[[], str]) -> str:
    """As `nsmo.runner.remembered.Remember`, in a folder."""
    return remembered(kept / f"{name}.json", (installed(), *made_from), make)
