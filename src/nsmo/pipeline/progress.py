"""What `make report` shows: a line per stage that has ended, and on a terminal the running ones, live."""

import os
import sys
import time
from collections.abc import Mapping

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from nsmo.runner.declarations import Declaration
from nsmo.runner.failure import SLOW, takes_long


class Lines:
    """The lines of a build.

    Parameters
    ----------
    stages : mapping
        DVC's name of each stage to what dvc.yaml says about it.
    """

    def __init__(self, stages: Mapping[str, Declaration]) -> None:
        self.stages = stages
        # Whatever variables such as FORCE_COLOR say: a file or a pipe gets plain lines.
        self.live = sys.stdout.isatty()
        self._widest = max(map(len, stages))
        self._began: dict[str, float] = {}
        self._tasks: dict[str, TaskID] = {}
        # Of each running stage: its cell, since when, and after how many minutes that is told.
        self._cells: dict[str, tuple[str, float, int]] = {}
        # How many responses of how many the cell has worked off, where it tells.
        self._rows: dict[str, str] = {}
        # COLUMNS is that of the results; a line too long for the terminal would leave its traces there.
        width = (os.get_terminal_size(sys.stdout.fileno()).columns if self.live else 0) or 80
        self._console = Console(
            highlight=False,
            soft_wrap=True,
            force_terminal=self.live,
            width=width,
            color_system="auto" if self.live else None,
        )
        # Without a thread of its own: what is shown changes when the build says so.
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[cell]:<14}"),
            TextColumn("{task.fields[does]}", table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=self._console,
            transient=True,
            auto_refresh=False,
            disable=not self.live,
        )

    def __enter__(self) -> "Lines":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def start(self, name: str) -> None:
        """Show that a stage begins."""
        self._began[name] = time.monotonic()
        self._cells[name] = ("", time.monotonic(), SLOW)
        self._tasks[name] = self._progress.add_task(name, cell="", does=self.stages[name].desc)

    def doing(self, name: str, what: str) -> None:
        """Show at which cell a stage is, or how far that is."""
        if not what.startswith("cell ["):
            self._rows[name] = what
        elif what != self._cells[name][0]:
            self._cells[name] = (what, time.monotonic(), SLOW)
            self._rows.pop(name, None)
        self._progress.update(self._tasks[name], cell=what)

    def end(self, name: str, *, done: bool) -> None:
        """Show that a stage has ended; a line stays when it has results."""
        self._progress.remove_task(self._tasks.pop(name))
        del self._cells[name]
        self._rows.pop(name, None)
        if done:
            took = time.monotonic() - self._began[name]
            self.say(f"{name:<{self._widest}} {self.stages[name].desc:<60}  {took:5.1f} s")

    def restored(self, name: str) -> None:
        """Show that a stage has the results of an earlier build again."""
        self.say(f"{name:<{self._widest}} {self.stages[name].desc:<60}  as it was before")

    def say(self, line: str) -> None:
        """Print a line above the live ones."""
        self._console.print(line, markup=False)

    def refresh(self) -> None:
        """Let the live lines show the time that has passed, and name what has run for long."""
        for name, (cell, since, minutes) in self._cells.items():
            if time.monotonic() - since >= 60 * minutes:
                self._cells[name] = (cell, since, 2 * minutes)
                rows = f" ({self._rows[name]})" if self._rows.get(name) else ""
                self.say(takes_long(f"{name}, {cell}{rows}" if cell else name, minutes))
        self._progress.refresh()
