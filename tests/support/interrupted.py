"""A miniature whose builds are interrupted, and what must hold after each."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from projects import DRAW, SOURCE, Project, notebook_text, processes_in

FIRST = "notebooks/1_draw.ipynb"
PARQUET = "data/processed/2018/draw/numbers.parquet"
RAW = "data/raw/2018/numbers.csv"


class Made(Project):
    """A miniature with the Makefile of the study, whose environment stands already."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        venv = folder / ".venv"
        (venv / "nsmo-setup").mkdir(parents=True)
        (venv / "bin").symlink_to(Path(sys.executable).parent)
        (venv / "nsmo-setup/place").write_text(f"{venv}\n")
        for name in ("Makefile", "scripts/setup.sh", "requirements.lock", "pyproject.toml"):
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(SOURCE.parent / name, folder / name)
        for name in ("requirements.lock", "pyproject.toml"):
            shutil.copy(folder / name, venv / "nsmo-setup" / name)
        self.before = self.outputs()
        self.good = self.read(FIRST)

    def report(self) -> subprocess.CompletedProcess:
        return self.call("make", "--no-print-directory", "report")

    def begin(self) -> subprocess.Popen:
        return self.start("make", "--no-print-directory", "report")

    def draw_with(self, cell: str) -> None:
        """Put a cell at the end of the first notebook."""
        self.write(FIRST, notebook_text(*DRAW, cell))

    def mended(self) -> None:
        # Another cell than the harmful one, and not the notebook of the last build: something is to be done.
        self.draw_with("1")

    def afterwards(
        self,
        said: str,
        *names: str,
        mend: Callable[[], object] | None = None,
        ran: tuple[str, ...] = ("draw",),
        stale: tuple[str, ...] = ("draw@2018",),
    ) -> None:
        """Look at the five things; `said` is what make wrote, its own line with it."""
        assert processes_in(self.folder) == []
        assert set(stale) <= set(self.status())
        assert self.outputs() == self.before
        lines = [line for line in said.splitlines() if line.strip()]
        print(*lines, sep="\n")
        assert "Traceback" not in said
        assert len(lines) <= 5
        assert [name for name in names if name not in said] == []
        (mend or self.mended)()
        assert tuple(self.ran(self.report())) == ran
        assert self.status() == {}


def stopped(done: subprocess.CompletedProcess) -> str:
    assert done.returncode != 0, done.stdout
    return done.stdout
