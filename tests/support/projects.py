"""Throw-away projects for the tests of the pipeline, run by the real runner."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

from nsmo.pipeline.cli import app
from nsmo.study.paths import ROOT_VARIABLE

SOURCE = Path(__file__).parents[2] / "src"
_DVC_OWN = shutil.ignore_patterns("cache", "tmp", "config.local")

DVC_YAML = """
stages:
  draw:
    foreach: ${waves.draw}
    do:
      desc: what was drawn?
      cmd: exec python -m nsmo run draw --wave ${item}
      deps:
        - notebooks/1_draw.ipynb
        - data/raw/${item}/numbers.csv
        - helper.py
      params:
        - draw
      outs:
        - data/processed/${item}/draw/numbers.parquet:
            persist: true
        - data/processed/${item}/draw/shape.json:
            cache: false
            persist: true
        - reports/${item}/executed/draw.ipynb:
            persist: true
  count:
    foreach: ${waves.count}
    do:
      desc: how much is it?
      cmd: exec python -m nsmo run count --wave ${item}
      deps:
        - notebooks/2_count.ipynb
        - data/processed/${item}/draw/numbers.parquet
      outs:
        - data/processed/${item}/count/total.json:
            cache: false
            persist: true
        - reports/${item}/executed/count.ipynb:
            persist: true
  tell:
    foreach: ${waves.tell}
    do:
      desc: what does it say?
      cmd: exec python -m nsmo run tell --wave ${item}
      deps:
        - notebooks/3_tell.ipynb
        - data/processed/${item}/count/total.json
      params:
        - tell
        - shared
      outs:
        - reports/${item}/tables/tell:
            cache: false
            persist: true
        - reports/${item}/executed/tell.ipynb:
            persist: true
"""

PARAMS = """
waves:
  draw: ["2018"]
  count: ["2018"]
  tell: ["2018"]
draw:
  factor: 2
tell:
  decimals: 1
shared:
  unit: euro
"""

DRAW = [
    "# What was drawn?",
    "wave = None\nfactor = None",
    'import nsmo\n\nstage = nsmo.open("draw", locals())',
    'import helper\n\nframe = stage.read("raw/numbers.csv")\n'
    'frame["value"] = helper.times(frame["value"], stage.params.factor)',
    "frame",
    'stage.save(frame, "draw/numbers.parquet")\nstage.save({"rows": len(frame)}, "draw/shape.json");',
]
COUNT = [
    "# How much is it?",
    "wave = None",
    'import nsmo\n\nstage = nsmo.open("count", locals())',
    'total = stage.read("draw/numbers.parquet")["value"].sum()\ntotal',
    'stage.save({"total": total}, "count/total.json");',
]
TELL = [
    "# What does it say?",
    "wave = None\ndecimals = None\nunit = None",
    'import nsmo\n\nstage = nsmo.open("tell", locals())',
    'import pandas as pd\n\nvalue = round(stage.read("count/total.json")["total"], stage.params.decimals)\n'
    'table = pd.DataFrame({"value": [value], "unit": [stage.params.unit]})\ntable',
    'stage.save(table, "tables/tell/total.csv");',
]

# A cell that runs long enough to be interrupted, and says which process it runs in.
SLEEPS = 'import os, time\nopen("kernel.txt", "w").write(f"{os.getpid()}\\n")\ntime.sleep(120)'


def notebook(*sources: str) -> dict:
    """A notebook of a heading, a parameters cell and code cells, in its canonical form."""
    from nsmo.runner.canonical import source_form

    cells = []
    for place, source in enumerate(sources):
        kind = "markdown" if place == 0 else "code"
        metadata = {"tags": ["parameters"]} if place == 1 else {}
        cells.append({"cell_type": kind, "id": f"cell-{place}", "metadata": metadata, "source": source})
    return source_form({"cells": cells})


def notebook_text(*sources: str) -> str:
    """The same as it stands in a file."""
    from nsmo.runner.canonical import dumps

    return dumps(notebook(*sources))


# Of the surroundings of the tests: those of this project, and of the make or git that may have started them.
NOT_OURS = ("NSMO_", "DVC_", "GIT_", "MAKE", "MFLAGS")


class Project:
    """A project in a folder, and the commands a user would type there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def environment(self) -> dict[str, str]:
        keep = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
        return keep | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{self.folder / 'src' if (self.folder / 'src').is_dir() else SOURCE}"
            f"{os.pathsep}{self.folder}",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "DVC_GLOBAL_CONFIG_DIR": str(self.folder / ".dvc" / "tmp"),
            "DVC_SITE_CACHE_DIR": str(self.folder / ".dvc" / "tmp" / "site"),
        }

    def start(self, *command: str) -> subprocess.Popen:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def call(self, *command: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )

    def report(self) -> subprocess.CompletedProcess:
        return self.call(sys.executable, "-m", "nsmo", "report")

    def run(self, stage: str, wave: str = "2018") -> subprocess.CompletedProcess:
        return self.call(sys.executable, "-m", "nsmo", "run", stage, "--wave", wave)

    def check(self) -> tuple[int, str]:
        """What `nsmo check` exits with and says, in this process: to start one takes most of its time."""
        with contextlib.chdir(self.folder):
            done = CliRunner().invoke(app, ["check"], env={ROOT_VARIABLE: str(self.folder)})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.exit_code, done.output

    def status(self) -> dict:
        """What DVC finds out of date, by stage; asked in this process, as `check`."""
        from dvc.lock import LockError
        from dvc.repo import Repo

        with contextlib.chdir(self.folder):
            for _ in range(20):
                # To DVC a killed process holds its locks until the first process has asked after it.
                with contextlib.suppress(LockError), Repo() as repo:
                    return repo.status()
                time.sleep(0.5)
        raise AssertionError("another process holds the locks of DVC")

    def ran(self, done: subprocess.CompletedProcess) -> list[str]:
        """The stages that a report ran to their end, in order, by its lines of progress."""
        assert done.returncode == 0, done.stdout
        return [line.split("@")[0] for line in done.stdout.splitlines() if line.rstrip().endswith(" s")]

    def read(self, path: str) -> str:
        return (self.folder / path).read_text(encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text, f"{old!r} is not in {path}"
        self.write(path, text.replace(old, new))

    def outputs(self) -> dict[str, bytes]:
        """All files that the pipeline made, with their content; what a failed run keeps does not count."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for top in ("data/processed", "reports")
            for path in sorted((self.folder / top).rglob("*"))
            if path.is_file() and "failed" not in path.parts
        }

    def copy(self, folder: Path) -> "Project":
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)


def miniature(folder: Path) -> Project:
    """Write a project of three tiny stages and put it under git and DVC; nothing is built yet."""
    project = Project(folder)
    project.write("dvc.yaml", DVC_YAML.lstrip())
    project.write("params.yaml", PARAMS.lstrip())
    project.write("data/raw/2018/numbers.csv", "value\n1\n2\n3.5\n")
    project.write("helper.py", "def times(values, factor):\n    return values * factor\n")
    project.write("notebooks/1_draw.ipynb", notebook_text(*DRAW))
    project.write("notebooks/2_count.ipynb", notebook_text(*COUNT))
    project.write("notebooks/3_tell.ipynb", notebook_text(*TELL))
    ignored = ("*.parquet", "/reports/*/executed/", "/reports/*/failed/", "/.nsmo/", "__pycache__/")
    project.write(".gitignore", "\n".join(ignored) + "\n")
    project.write(".dvcignore", "__pycache__\n.nsmo\n")
    put_under_git(project)
    return project


def put_under_git(project: Project) -> None:
    """Make a repository of a folder, with one commit; DVC is set up where it is not yet."""
    commands = [
        ("git", "init", "-q"),
        ("git", "add", "-A"),
        ("git", "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-qm", "all"),
    ]
    if not (project.folder / ".dvc" / "config").exists():
        # Analytics would leave a file behind; the settings are those of the study.
        shutil.copytree(SOURCE.parent / ".dvc", project.folder / ".dvc", ignore=_DVC_OWN)
    for command in commands:
        done = project.call(*command)
        assert done.returncode == 0, done.stdout


def gone(number: int, seconds: float = 5.0) -> bool:
    """Whether a process ends within some seconds; a zombie has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.05)
    return False


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def kernel_of(project: Project) -> int:
    """The process of the kernel, once the notebook has written it down."""
    place = project.folder / "kernel.txt"
    wait_for(lambda: place.is_file() and place.read_text().endswith("\n"))
    return int(place.read_text())


def family(number: int) -> list[int]:
    """All processes that descend from one, with it."""
    children: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            child, rest = place.read_text().split(" ", 1)
        except OSError:
            continue
        children.setdefault(int(rest.rsplit(")", 1)[1].split()[1]), []).append(int(child))
    found = [number]
    for one in found:
        found += children.get(one, [])
    return found


def processes_in(folder: Path, seconds: float = 5.0) -> list[str]:
    """The commands of processes that stand in a folder and are still there after some seconds."""

    def found() -> list[str]:
        commands = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if Path(os.readlink(place / "cwd")).is_relative_to(folder):
                    commands.append((place / "cmdline").read_text().replace("\0", " "))
            except OSError:
                continue
        return commands

    until = time.monotonic() + seconds
    while found() and time.monotonic() < until:
        time.sleep(0.05)
    return found()
