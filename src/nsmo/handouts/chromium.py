"""Chromium without a window: prints pages as PDF, and makes pictures of drawings."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from nsmo.study.errors import StudyError

#: What the program is called on one system or another; CHROMIUM names another one.
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_QUIET = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)
_LONGEST = 300  # seconds


def chromium() -> str:
    """Return the path of the program.

    Raises
    ------
    StudyError
        Where there is none.
    """
    named = os.environ.get("CHROMIUM")
    for name in [named] if named else _NAMES:
        if found := shutil.which(name):
            return found
    raise StudyError(
        found=f"no Chromium ({named or ', '.join(_NAMES[:3])})",
        expected="the program that prints pages and draws pictures",
        fix="install it (Debian: apt-get install chromium), or name it in the variable CHROMIUM",
    )


def printed(page: Path, pdf: Path) -> None:
    """Print a page as PDF: with an outline of its headings, and tagged for who listens to it."""
    _run(
        page,
        pdf,
        f"--print-to-pdf={pdf}",
        "--no-pdf-header-footer",
        "--generate-pdf-document-outline",
        "--export-tagged-pdf",
    )


def pictured(drawing: Path, png: Path, width: int, height: int, scale: float = 3) -> None:
    """Make a picture of a drawing, its size in CSS pixels, `scale` dots to each."""
    _run(
        drawing,
        png,
        f"--screenshot={png}",
        f"--window-size={width},{height}",
        f"--force-device-scale-factor={scale:g}",
        "--hide-scrollbars",
    )


def _run(page: Path, made: Path, *asked: str) -> None:
    with tempfile.TemporaryDirectory(prefix="nsmo-chromium-") as profile:
        # Its sandbox does not work for root, as in a container; what is opened is our own page.
        free = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [chromium(), *_QUIET, *free, f"--user-data-dir={profile}", *asked, page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False)
    if done.returncode or not made.is_file():
        said = done.stderr.strip().splitlines()
        raise StudyError(
            found=f"Chromium made no {made.name}: {said[-1] if said else f'it ended with {done.returncode}'}",
            where=page.name,
            fix="try again; if it happens again, open the page in a window and print it there",
        )
