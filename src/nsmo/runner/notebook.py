"""Runs a stage that is a notebook, through papermill."""

import errno
import json
import logging
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nsmo.runner import canonical, kernel
from nsmo.runner.declarations import Declaration, first_line
from nsmo.runner.failure import StageFailedError, advice, leave
from nsmo.runner.stage import RUN_VARIABLE

PROGRESS_VARIABLE = "NSMO_PROGRESS"
"""Set when somebody looks on: the runner then says at which cell it is."""

PROGRESS_PREFIX = "\x1e"
"""Lines that say so begin with it."""


def execute(folder: Path, declared: Declaration, values: dict[str, Any], staging: Path) -> None:
    """Run the stage's notebook; its outputs and the executed notebook go to the staging folder.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    declared : Declaration
        The stage.
    values : dict
        Its parameters.
    staging : Path
        Where its outputs go.

    Raises
    ------
    StageFailedError
        When a cell raises or the kernel dies; the notebook as far as it came stays under
        reports/<wave>/failed.
    """
    # jsonschema's check of one rare format would build a grammar in every process: 0.8 s.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import execute_notebook

    # What it would say goes into our message.
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    sockets = kernel.connection_folder()
    working = staging / "running.ipynb"

    def stop(*_: object) -> None:
        # The kernel ends with this process; the sockets are all that would stay.
        shutil.rmtree(sockets, ignore_errors=True)
        print(
            f"{declared.name} ({declared.wave}) was interrupted; earlier results are kept.", file=sys.stderr
        )
        os._exit(130)

    signal.signal(signal.SIGINT, stop)
    variables = {
        RUN_VARIABLE: str(staging),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    try:
        execute_notebook(
            declared.notebook,
            working,
            parameters={"wave": declared.wave} | values,
            kernel_name="python3",
            cwd=folder,
            progress_bar=False,
            record_timing=False,
            coalesce_streams=True,
            on_cell_start=_report_cell(declared) if os.environ.get(PROGRESS_VARIABLE) else None,
            # All that it was to write is written when its last cell has ended.
            shutdown_kernel="immediate",
            kernel_manager_class=kernel.manager_class(sockets, variables),
        )
    except PapermillExecutionError:
        raise _kept(folder, declared, working) from None
    except (DeadKernelError, RuntimeError):
        log = (sockets / "kernel.log").read_text(encoding="utf-8", errors="replace")
        # Most of it are greetings of the kernel.
        complaints = re.findall(r"(?m)^(?:Fatal|[\w.]*(?:Error|Exception)\b).*", log)
        cause = complaints[-1] if complaints else "it was killed, perhaps because memory ran out"
        if not working.exists():
            raise StageFailedError(f"The kernel did not start: {cause}\nrun `make setup`") from None
        raise _kept(folder, declared, working, died=f"The kernel died: {cause}") from None
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
    record = {"parameters": values, "stage": declared.name, "wave": declared.wave}
    executed = canonical.executed_form(json.loads(working.read_text("utf-8")), folder, record)
    working.unlink()
    place = staging / declared.executed
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(canonical.dumps(executed), encoding="utf-8", newline="\n")


def _report_cell(declared: Declaration) -> Callable[..., None]:
    """Return what says, for each cell, how far the notebook is."""
    number = 0

    def report(cell: Any, cell_index: int) -> None:
        nonlocal number
        if cell["cell_type"] == "code":
            number += 1
            print(f"{PROGRESS_PREFIX}cell [{number}]", flush=True)

    return report


def _kept(folder: Path, declared: Declaration, working: Path, died: str = "") -> StageFailedError:
    """Keep the notebook as far as it came, and put into words where it stopped."""
    notebook = json.loads(working.read_text("utf-8"))
    # papermill marks the place with a banner of its own; our message says where to look.
    notebook["cells"] = [
        cell
        for cell in notebook["cells"]
        if "papermill-error-cell-tag" not in cell["metadata"].get("tags", ())
    ]
    opened = leave(folder, declared, canonical.dumps(canonical.executed_form(notebook, folder)))
    number, error = 0, None
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        number += 1
        error = next((output for output in cell["outputs"] if output["output_type"] == "error"), None)
        if error or cell["metadata"].get("papermill", {}).get("status") == "running":
            break
    if error is None:
        return StageFailedError(f"cell [{number}] of {declared.notebook}\n{died}\n{opened}")
    if not any("Traceback" in line for line in error["traceback"]):
        return StageFailedError(error["evalue"], f"in cell [{number}], {opened}")
    codes = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
    hint = next((advice(code) for code in codes if f"[Errno {code}]" in error["evalue"]), None)
    where = f"cell [{number}] of {declared.notebook}"
    return StageFailedError(f"{where}\n{error['ename']}: {first_line(error['evalue'])}\n{hint or opened}")
