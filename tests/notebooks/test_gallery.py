"""The gallery of figures shows what it is kept with."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs/gallery"


def test_the_gallery_shows_what_it_is_kept_with():
    options = ("--nbval", "--nbval-sanitize-with", FOLDER / "sanitize.cfg", "-p", "no:cacheprovider", "-q")
    command = [sys.executable, "-m", "pytest", *map(str, options), str(FOLDER / "gallery.ipynb")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=FOLDER, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 passed" in done.stdout
