"""Shows the page of one notebook within seconds of a save, for `nsmo preview`."""

import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from nsmo.pipeline.worker import start_server
from nsmo.runner.declarations import ContractError, Declaration, declaration, newest_wave, read_params
from nsmo.runner.process import die_with_parent, environment, fix_environment, short_folder
from nsmo.study.errors import StudyError
from nsmo.study.paths import raw, relative, root

PAGES = ".nsmo/preview"
_EVERY = 0.3
"""Seconds between two looks at the notebook."""


def watch(name: str, wave: str = "", *, once: bool = False) -> int:
    """Make the page of a stage's notebook, and again whenever the notebook or params.yaml is saved.

    The notebook is run in the pipeline's way, on the results that stand there; its own results go nowhere.

    Parameters
    ----------
    name, wave : str
        The stage, and the wave; without one the newest that has the stage.
    once : bool
        Whether to end after the first page.

    Returns
    -------
    int
        Exit status: that of the last page.
    """
    folder = root()
    fix_environment(folder, ["preview", name, *(["--wave", wave] * bool(wave)), *(["--once"] * once)], {})
    os.chdir(folder)
    os.environ.update(environment(folder))
    tempfile.tempdir = str(short_folder())
    declared = declaration(folder, name, wave or newest_wave(read_params(folder), name))
    if declared.notebook is None:
        raise ContractError(
            found=f"stage {name!r} has no notebook", where="dvc.yaml", fix="choose one that has: nsmo check"
        )
    start_server([declared])
    page = folder / PAGES / f"{name}-{declared.wave}.html"
    watched = [folder / declared.notebook, folder / "params.yaml"]
    seen: list[int] | None = None
    status = 0
    try:
        while True:
            now = [path.stat().st_mtime_ns if path.exists() else 0 for path in watched]
            if now != seen:
                seen = now
                status = _make(folder, declared, page)
                if once:
                    return status
                if page.exists():
                    print(f"Reload {page.as_uri()} after each save; Ctrl-C ends this.", flush=True)
            time.sleep(_EVERY)
    except KeyboardInterrupt:
        return status


def _make(folder: Path, declared: Declaration, page: Path) -> int:
    """Run the notebook in a process of its own; the page stays as it was when a cell stops."""
    began = time.monotonic()
    process = multiprocessing.get_context("forkserver").Process(
        target=_work, args=(folder, declared.name, declared.wave, page)
    )
    process.start()
    process.join()
    if process.exitcode == 0:
        print(f"{relative(page, folder)} ({time.monotonic() - began:.1f} s)", flush=True)
    return int(process.exitcode != 0)


def _work(folder: Path, name: str, wave: str, page: Path) -> None:
    die_with_parent()
    os.chdir(folder)
    from nsmo.pages.preview import preview
    from nsmo.runner.failure import StageFailedError
    from nsmo.runner.notebook import execute
    from nsmo.runner.parameters import check_parameters, section_values
    from nsmo.runner.values import value_problems

    page.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=page.parent))
    try:
        declared, params = declaration(folder, name, wave), read_params(folder, wave)
        if wrong := value_problems(folder, declared.sections) + check_parameters(folder, declared, params):
            raise StudyError(problems=[problem for one in wrong for problem in one.problems])
        execute(folder, declared, section_values(params, declared), staging)
        text = preview(staging / declared.executed, name, raw(wave))
        made = staging / page.name
        made.write_text(text, encoding="utf-8", newline="\n")
        made.replace(page)
    except (StudyError, StageFailedError) as error:
        place = f" {error.place}" if isinstance(error, StageFailedError) and error.place else ""
        print(f"{name} ({wave}) stopped{place}.\n{error}", file=sys.stderr, flush=True)
        sys.exit(1)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
