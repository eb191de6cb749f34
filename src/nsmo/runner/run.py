"""Runs one stage as DVC calls it: `python -m nsmo run <stage> --wave <wave>`.

DVC hashes a stage's inputs when the stage has ended. So an input that changed meanwhile would be recorded
with results that belong to its earlier content: the runner hashes them itself, before and after. Results
are written aside and put in place together at the end, so that a stage that fails, or is killed, leaves
those it had.
"""

import errno
import importlib
import os
import shutil
import signal
import sys
from pathlib import Path

from nsmo.runner import failure
from nsmo.runner.declarations import ContractError, Declaration, declaration, read_params
from nsmo.runner.failure import StageFailedError
from nsmo.runner.inputs import files_of, fingerprint
from nsmo.runner.parameters import check_parameters, section_values
from nsmo.runner.process import die_with_parent, settle
from nsmo.study.errors import StudyError
from nsmo.study.paths import ROOT_VARIABLE, relative, root

STAGING = ".nsmo/staging"


def run(name: str, wave: str) -> int:
    """Run one stage of one wave and put its results in place.

    Parameters
    ----------
    name, wave : str
        As in dvc.yaml and params.yaml.

    Returns
    -------
    int
        Exit status; what went wrong is on standard error.
    """
    die_with_parent()
    if Path("dvc.yaml").is_file():
        # DVC stands in the folder that it builds; a terminal of JupyterLab may name another one.
        os.environ[ROOT_VARIABLE] = os.getcwd()
    try:
        folder = root()
        settle(folder, ["run", name, "--wave", wave])
        os.chdir(folder)
        _run(folder, name, wave)
    except (StudyError, StageFailedError) as error:
        place = f" {error.place}" if getattr(error, "place", "") else ""
        return _say(f"{name} ({wave}) stopped{place}; earlier results are kept.\n{error}")
    except OSError as error:
        hint = failure.advice(error.errno)
        if hint is None:
            raise
        return _say(f"{name} ({wave}) stopped; earlier results are kept.\n{error}\n{hint}")
    return 0


def _run(folder: Path, name: str, wave: str) -> None:
    declared = declaration(folder, name, wave)
    params = read_params(folder)
    problems = check_parameters(folder, declared, params)
    if problems:
        raise StageFailedError("\n".join(str(problem) for problem in problems))
    before = fingerprint(folder, declared)
    values = section_values(params, declared)
    _writable(folder, declared)

    staging = folder / STAGING / wave / name
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    # By name: what runs notebooks is no dependency of a stage that is none, and the other way round.
    way = importlib.import_module(f"nsmo.runner.{'notebook' if declared.notebook else 'function'}")
    way.execute(folder, declared, values, staging)

    _complete(declared, staging)
    _unchanged(before, fingerprint(folder, declared), declared)
    # Half of the results in place would only mean that the stage runs again, but it need not come to that.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for out in declared.outs:
        put_in_place(staging / out.path, folder / out.path)
    shutil.rmtree(staging, ignore_errors=True)
    failure.place(folder, declared).unlink(missing_ok=True)


def put_in_place(source: Path, target: Path) -> None:
    """Replace a file or a folder by another, whole.

    Parameters
    ----------
    source : Path
        What becomes of it; gone afterwards.
    target : Path
        What is replaced, if it is there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = source.with_name(f"{source.name}.replaced")
    try:
        if target.is_dir() and not target.is_symlink():
            os.rename(target, aside)
        elif source.is_dir():
            target.unlink(missing_ok=True)
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # The staging folder is on another file system: copy beside the target first.
        beside = target.with_name(f".{target.name}.new")
        _remove(beside)
        shutil.move(source, beside)
        _remove(target)
        os.replace(beside, target)
    shutil.rmtree(aside, ignore_errors=True)


def _writable(folder: Path, declared: Declaration) -> None:
    """Find out before the work whether its results can be put in place."""
    for out in declared.outs:
        parent = (folder / out.path).parent
        parent.mkdir(parents=True, exist_ok=True)
        if not os.access(parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "cannot write", relative(parent, folder))


def _complete(declared: Declaration, staging: Path) -> None:
    missing = [out.path for out in declared.outs if not any(files_of(staging / out.path))]
    if missing:
        raise ContractError(
            found=f"not written: {', '.join(missing)}",
            where=declared.notebook or f"stage {declared.name}",
            expected="every output that dvc.yaml declares",
            fix="save it with stage.save or stage.show, or take it out of dvc.yaml",
        )


def _unchanged(before: dict[str, str], after: dict[str, str], declared: Declaration) -> None:
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if changed:
        raise ContractError(
            found=f"changed while the stage ran: {', '.join(changed)}",
            where=f"stage {declared.name} ({declared.wave})",
            expected="inputs, parameters and code that stay as they are during a run",
            fix="run `make report` again; the results of this run were not kept",
        )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _say(text: str) -> int:
    print(text, file=sys.stderr, flush=True)
    return 1
