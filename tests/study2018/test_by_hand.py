"""Every source notebook runs from top to bottom by hand, and leaves the results alone."""

import sys

import pytest

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]


def test_notebooks_run_by_hand(study):
    before = study.outputs()
    options = ("--nbval-lax", "--no-header", "-q", "-p", "no:cacheprovider")
    done = study.call(sys.executable, "-m", "pytest", *options, "notebooks")
    assert done.returncode == 0, done.stdout
    notebooks = [path.stem for path in (study.folder / "notebooks").glob("*.ipynb")]
    assert notebooks
    assert study.outputs() == before
    scratch = study.folder / ".nsmo" / "scratch" / "2018"
    assert {path.name for path in scratch.iterdir()} == {name.split("_", 1)[1] for name in notebooks}
    assert study.status() == {}
