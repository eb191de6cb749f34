"""Runs a stage that is a notebook, through papermill."""

import errno
import json
import logging
import os
import re
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from nsmo.runner import canonical, gate, kernel, packages
from nsmo.runner.declarations import Declaration, first_line, newest_wave, read_params
from nsmo.runner.failure import SLOW, TOO_LONG, StageFailedError, advice, leave, takes_long
from nsmo.runner.patches import skip_slow_grammar
from nsmo.runner.process import PROGRESS_PREFIX, PROGRESS_VARIABLE
from nsmo.runner.stage import RUN_VARIABLE, Stage
from nsmo.study.errors import StudyError

_START = 300
"""Seconds that a kernel may take to start."""
_FOLDER = (
    "a notebook runs in the root of the repository, so paths begin there, and what a stage made is read by "
    "stage.read"
)
_ENDED = "It ends the notebook, as `exit()` does: not all cells ran."


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
        When a cell raises, the kernel dies or not every cell ran; the notebook as far as it came stays under
        reports/<wave>/failed.
    """
    skip_slow_grammar()
    source = folder / str(declared.notebook)
    kernel.prepare(source)
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import execute_notebook
    from traitlets.config import Config

    # What it would say goes into our message.
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    sockets = kernel.connection_folder()
    working = staging / "running.ipynb"
    stage = Stage(declared, values, folder, staging)
    cells = _Cells(json.loads(source.read_text("utf-8")))

    def interrupted(*_: object) -> None:
        # The kernel ends with this process; the sockets are all that would stay.
        shutil.rmtree(sockets, ignore_errors=True)
        print(f"{declared.title} was interrupted; earlier results are kept.", file=sys.stderr)
        os._exit(130)

    def too_long(*_: object) -> None:
        shutil.rmtree(sockets, ignore_errors=True)
        stopped = _stopped(stage, cells.so_far(), cells.number, TOO_LONG)
        print(f"{declared.title} stopped; earlier results are kept.\n{stopped}", file=sys.stderr)
        os._exit(1)

    signal.signal(signal.SIGINT, interrupted)
    signal.signal(signal.SIGALRM, too_long)
    # The kernel inherits them.
    os.environ |= {
        RUN_VARIABLE: str(staging),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "JUPYTER_PATH": os.pathsep.join(filter(None, [str(kernel.SPECS), os.environ.get("JUPYTER_PATH")])),
    }
    # Over TCP anybody on the machine could talk to the kernel, and it warns about that.
    connection = {"transport": "ipc", "connection_file": str(sockets / "kernel.json")}
    try:
        execute_notebook(
            declared.notebook,
            working,
            parameters={"wave": declared.wave} | values,
            kernel_name=kernel.NAME,
            cwd=folder,
            progress_bar=False,
            # It would write all that has come before and after each cell; `cells` has that in memory.
            request_save_on_cell_execute=False,
            record_timing=False,
            # On a busy machine a kernel takes its time.
            start_timeout=_START,
            # Much output arrives late on a busy machine; what has not come by then is lost.
            iopub_timeout=120,
            raise_on_iopub_timeout=True,
            on_notebook_start=cells.begin,
            on_cell_start=cells.start,
            # All that it was to write is written when its last cell has ended.
            shutdown_kernel="immediate",
            config=Config(
                ConnectionFileMixin=connection, KernelManager={"client_factory": kernel.StageClient}
            ),
        )
        notebook = json.loads(working.read_text("utf-8"))
    except PapermillExecutionError:
        raise _failed(stage, working) from None
    except CellTimeoutError:
        raise _stopped(stage, cells.so_far(), cells.number, "Outputs were lost") from None
    except (DeadKernelError, RuntimeError) as error:
        log_file = sockets / kernel.LOG
        # Without one it did not come to a kernel.
        log = log_file.read_text("utf-8", errors="replace") if log_file.exists() else f"Error: {error}"
        # Most of it are greetings of the kernel.
        complaints = re.findall(r"(?m)^(?:Fatal|[\w.]*(?:Error|Exception)\b).*", log)
        cause = (
            complaints[-1] if complaints else "it was killed, perhaps because memory ran out, or ended itself"
        )
        if "respond" in str(error):
            cause = f"it did not answer within {_START // 60} minutes; is the machine very busy?"
        if not cells.number:
            raise StageFailedError(f"The kernel did not start: {cause}\nrun `make setup`") from None
        cause = f"The kernel died: {cause}"
        raise _stopped(stage, cells.so_far(), cells.number, cause) from None
    finally:
        cells.end()
        shutil.rmtree(sockets, ignore_errors=True)
        # It has the error, and what was shown, as they came: what may stay of it is kept elsewhere.
        working.unlink(missing_ok=True)
    unfinished = [number for number, cell in numbered(notebook) if not _ran(cell)]
    if unfinished:
        # papermill takes `sys.exit(0)` for an end that was meant.
        raise _stopped(stage, notebook, unfinished[0], _ENDED)
    try:
        _check_described(notebook, stage)
        gate.check_outputs(notebook, stage)
    except StudyError as error:
        raise StageFailedError(str(error)) from None
    record = {"parameters": values, "stage": declared.name, "wave": declared.wave}
    other = [str(one) for one in packages.others(folder)]
    if other:
        record["other_packages"] = other
    executed = canonical.executed_form(notebook, folder, record)
    place = staging / declared.executed
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(canonical.dumps(executed), encoding="utf-8", newline="\n")


class _Cells:
    """Follows which cell is running, says so where somebody looks on, and when one takes long.

    Parameters
    ----------
    source : dict
        The notebook before it runs.
    """

    def __init__(self, source: dict[str, Any]) -> None:
        self.count = len(numbered(source))
        self.number = 0
        self._source = source
        self._running: Any = None
        self.watched = bool(os.environ.get(PROGRESS_VARIABLE))
        self._timer: threading.Timer | None = None

    def begin(self, notebook: Any) -> None:
        self._running = notebook

    def so_far(self) -> dict[str, Any]:
        """The notebook with the outputs that have come."""
        if self._running is None:
            return self._source
        import nbformat

        return json.loads(nbformat.writes(self._running))

    def start(self, cell: Any, cell_index: int) -> None:
        if not _counts(cell):
            return
        self.number += 1
        if self.watched:
            # Whoever looks on has a clock.
            print(f"{PROGRESS_PREFIX}cell [{self.number}] of {self.count}", flush=True)
        else:
            self._wait(SLOW)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _wait(self, minutes: int) -> None:
        self.end()
        # Half an hour is told four times, not thirty.
        self._timer = threading.Timer(60 * minutes / (1 if minutes == SLOW else 2), self._tell, [minutes])
        self._timer.daemon = True
        self._timer.start()

    def _tell(self, minutes: int) -> None:
        print(takes_long(f"cell [{self.number}] of {self.count}", minutes), file=sys.stderr, flush=True)
        self._wait(2 * minutes)


def numbered(notebook: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """List the code cells with the numbers they have when the source notebook is run from its top.

    Parameters
    ----------
    notebook : dict
        A notebook of format 4, as JSON has it, executed or not.

    Returns
    -------
    list
        Of number and cell; cells that papermill adds have none.
    """
    return list(enumerate((cell for cell in notebook["cells"] if _counts(cell)), 1))


def _check_described(notebook: dict[str, Any], stage: Stage) -> None:
    """Refuse a bare figure where it was drawn: the report would refuse its page, a stage later."""
    for number, cell in numbered(notebook):
        for output in cell["outputs"]:
            metadata = output.get("metadata", {})
            for kind, content in output.get("data", {}).items():
                named = metadata.get(kind, {}).get("alt") or "aria-label=" in "".join(content)
                if kind.startswith("image/") and not named:
                    raise StudyError(
                        found="an image without a description",
                        where=f"{stage.declared.notebook}, cell [{number}]",
                        expected="words for those who cannot see it",
                        fix='draw it in `for ax in stage.figure("name", title="…", alt="…"):`, with ax=ax',
                    )


def _counts(cell: Any) -> bool:
    tags = cell["metadata"].get("tags", ())
    return (
        cell["cell_type"] == "code"
        and bool("".join(cell["source"]).strip())
        and not {"injected-parameters", "papermill-error-cell-tag"} & set(tags)
    )


def _ran(cell: dict[str, Any]) -> bool:
    return cell.get("execution_count") is not None and _error(cell) is None


def _error(cell: dict[str, Any]) -> dict[str, Any] | None:
    return next((output for output in cell["outputs"] if output["output_type"] == "error"), None)


def _debug(stage: Stage) -> str:
    """Return the command that runs a stage to where it stops; without a wave it takes the newest."""
    newest = newest_wave(read_params(stage.root), stage.name)
    return f"nsmo debug {stage.name}" + f" --wave {stage.wave}" * (stage.wave != newest)


def _stopped(stage: Stage, notebook: dict[str, Any], number: int, cause: str) -> StageFailedError:
    """Keep the notebook as far as it came, and say in which cell it stopped without an error."""
    _, opened = _kept(stage, notebook)
    before = f"`{_debug(stage)} --cell {number}` stops before it"
    cause = gate.withheld(cause, stage)
    return StageFailedError(f"cell [{number}] of {stage.declared.notebook}\n{cause}\n{opened}; {before}")


def _failed(stage: Stage, working: Path) -> StageFailedError:
    """Keep the notebook as far as it came, and put into words which cell raised what."""
    notebook = json.loads(working.read_text("utf-8"))
    # papermill marks the place with a banner of its own; our message says where to look.
    notebook["cells"] = [
        cell
        for cell in notebook["cells"]
        if "papermill-error-cell-tag" not in cell["metadata"].get("tags", ())
    ]
    raised = [cell["metadata"].get("papermill", {}).get("exception") for _, cell in numbered(notebook)]
    kept, opened = _kept(stage, notebook)
    number, cell, error = next(
        (number, cell, error)
        for (number, cell), failed in zip(numbered(kept), raised, strict=True)
        if (error := _error(cell)) is not None or failed
    )
    named = f"cell [{number}] of {stage.declared.notebook}"
    if error is None:  # IPython only prints that a magic is unknown, or given something wrong
        return StageFailedError(f"{named}\n{_printed(cell)}\n{opened}; correct {stage.declared.notebook}")
    if error["ename"] == "SystemExit":
        return StageFailedError(f"{named}\n{_ENDED}\n{opened}")
    if not any("Traceback" in line for line in error["traceback"]) and error["ename"] != "SyntaxError":
        return StageFailedError(error["evalue"], f"in cell [{number}], {opened}")
    codes = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
    hint = next((advice(code) for code in codes if f"[Errno {code}]" in error["evalue"]), None)
    what = re.sub(r" \((?:<cell>|\d+\.py), line \d+\)$", "", first_line(error["evalue"]))
    tried = f"or `{_debug(stage)}` to look at its variables"
    step = hint or f"{opened}, a copy with outputs, {tried}; correct {stage.declared.notebook}"
    if error["ename"] == "FileNotFoundError":
        step = f"{_FOLDER}; {step}"
    return StageFailedError(f"{named}{_line(error['traceback'])}\n{error['ename']}: {what}\n{step}")


def _printed(cell: dict[str, Any]) -> str:
    """Return the last line that a cell printed of what went wrong."""
    said = [output for output in cell["outputs"] if output.get("name") == "stderr"]
    lines = "".join(text for output in said for text in output["text"]).splitlines()
    return lines[-1] if lines else "It stopped without a word"


def _kept(stage: Stage, notebook: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Keep a notebook as far as it came, without what single respondents said; with where that is."""
    kept = canonical.executed_form(notebook, stage.root)
    gate.withhold_outputs(kept, stage)
    return kept, leave(stage.root, stage.declared, canonical.dumps(kept))


def _line(traceback: list[str]) -> str:
    """Return at which line of a cell an error was raised, and what stands there."""
    text = "\n".join(traceback)
    found = re.search(r"(?m)^ *Cell In\[\d+\], line (\d+)[^\n]*\n(?:[^\n]*\n)*?-+> *\d+ ([^\n]*)", text)
    found = found or re.search(r"(?m)^ *Cell In\[\d+\], line (\d+)\n([^\n]*)", text)
    return f", line {found[1]}: {found[2].strip()}" if found else ""
