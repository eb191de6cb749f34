"""Builds everything that is out of date with DVC, and tells in one line per stage what happens."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from nsmo.pipeline import contract
from nsmo.pipeline.process import die_with_parent, environment
from nsmo.study.paths import root

_BUSY = re.compile(r"acquire (rw)?lock|is busy|Another DVC process|it is being blocked", re.IGNORECASE)
_CHATTER = re.compile(
    r"^(> |Updating lock file|Generating lock file|To track|\s*git add|To enable auto staging|"
    r"\s*dvc config core|Use `dvc push`|Data and pipelines are up to date|Verifying|\s*$|"
    r"Stage '.*' (didn't change|is cached)|ERROR: failed to reproduce .*: failed to run: )"
)


def build() -> int:
    """Run `dvc repro` for the whole pipeline.

    Returns
    -------
    int
        Exit status: 0 when everything is built, 1 when a stage stopped, 130 after Ctrl-C.
    """
    folder = root()
    # Read first, so that a mistake in these files is told in our words and with its line.
    stages = {f"{one.name}@{one.wave}": one for one in contract.declarations(folder)}
    progress = _Progress(stages)
    variables = os.environ | environment(folder)
    variables["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), variables.get("PATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro"],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        preexec_fn=_with(os.getpid()),
    )
    assert process.stdout is not None
    # Ctrl-C reaches the stage too, which says so and ends; this process waits for that.
    interrupted: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: interrupted.append(number))
    busy = False
    with progress:
        for line in process.stdout:
            line = line.rstrip("\n")
            started = re.match(r"Running stage '([^']+)'", line)
            if started:
                progress.start(started[1])
            elif line.startswith(("Updating lock file", "Generating lock file")):
                progress.done()
            elif _BUSY.search(line):
                busy = True
            elif not _CHATTER.match(line) and not busy:
                progress.say(line)
        status = process.wait()
        if status == 0:
            progress.done()
    if interrupted:
        print("Interrupted. Earlier results are kept; `make report` goes on from here.", file=sys.stderr)
        return 130
    if busy:
        print(
            "Another build is running in this folder: wait until it has ended, then try again.",
            file=sys.stderr,
        )
        return 1
    if status != 0:
        print("Stopped. Earlier results are kept; mend this and run `make report` again.", file=sys.stderr)
        return 1
    print("Built." if progress.count else "Nothing to do: everything is up to date.")
    waves = [one.wave for one in stages.values()]
    if waves:
        print(f"Report: reports/{max(waves)}/html/index.html")
    return 0


def _with(parent: int) -> Callable[[], None]:
    return lambda: die_with_parent(parent)


class _Progress:
    """A line per stage; on a terminal the running one is live."""

    def __init__(self, stages: dict[str, contract.Declaration]) -> None:
        from rich.console import Console

        self.stages = stages
        self.console = Console(highlight=False, soft_wrap=True)
        self.running: str | None = None
        self.began = 0.0
        self.count = 0
        self.live = None
        if self.console.is_terminal:
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            self.live = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                TimeElapsedColumn(),
                console=self.console,
                transient=True,
            )

    def __enter__(self) -> "_Progress":
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live:
            self.live.stop()

    def start(self, stage: str) -> None:
        """A stage begins."""
        self.done()
        self.running, self.began = stage, time.monotonic()
        if self.live:
            self.live.add_task(self._named(stage))

    def done(self) -> None:
        """The running stage, if any, has ended well."""
        if self.running is None:
            return
        self._clear()
        self.count += 1
        self.say(f"{self._named(self.running)}  {time.monotonic() - self.began:5.1f} s")
        self.running = None

    def say(self, line: str) -> None:
        """Print a line above the live one."""
        self.console.print(line, markup=False)

    def _clear(self) -> None:
        if self.live:
            for task in self.live.task_ids:
                self.live.remove_task(task)

    def _named(self, stage: str) -> str:
        declared = self.stages.get(stage)
        return f"{stage:<18} {declared.desc if declared else '':<60}"
