"""A survey that nobody described by hand, from its export to the report."""

import sys
from pathlib import Path

import projects
import pytest

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_is_built_without_an_edit_and_says_nothing_of_weights(tmp_path: Path):
    folder = tmp_path / "demo"
    made = projects.Project(ROOT).call(sys.executable, "-m", "nsmo", "demo", str(folder))
    assert made.returncode == 0, made.stderr
    demo = projects.Project(folder)
    checked = demo.call(sys.executable, "-m", "nsmo", "check")
    assert checked.returncode == 0, checked.stderr
    assert "to confirm" in checked.stdout
    built = demo.report()
    assert built.returncode == 0, built.stdout + built.stderr
    page = (folder / "reports/demo/html/index.html").read_text(encoding="utf-8")
    assert "This is a draft" in page
    for word in ("weighted", "size and sector", "social media", "2018"):
        assert word not in page
    assert (folder / "reports/demo/html/topline.html").is_file()
