"""Another organisation takes the repository: the study moves, the engine stays and finds nothing wrong."""

import re

import pytest
from studies import copy_checkout

pytestmark = pytest.mark.pipeline

EXPORT = """\
id,submitdate,Do you bake?,Which bread?
1,2026-03-02 09:00,Yes,rye
2,2026-03-02 09:05,No,
3,2026-03-03 10:00,Yes,spelt
4,2026-03-03 11:00,Yes,rye
"""


def links_that_lead_nowhere(folder):
    pages = [*folder.glob("*.md"), *(folder / "docs").rglob("*.md"), *(folder / "examples").rglob("*.md")]
    assert {"README.md", "examples/2018/README.md"} <= {page.relative_to(folder).as_posix() for page in pages}
    return [
        f"{page.relative_to(folder)}: {link}"
        for page in pages
        for link in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]


def test_what_adopt_leaves_is_checked_and_ready_for_the_first_wave(tmp_path):
    project = copy_checkout(tmp_path / "theirs")
    moved = project.call("nsmo", "adopt")
    assert moved.returncode == 0, moved.stdout
    # Without a wave there is nothing wrong, and a line on how to begin.
    said = project.call("nsmo", "check").stdout
    assert "Begin: nsmo new WAVE EXPORT" in said
    assert said.endswith("No problems.\n")
    # What the repository says of itself is of no study, and every link leads somewhere.
    assert "2018" not in project.read("README.md").replace("examples/2018", "")
    assert links_that_lead_nowhere(project.folder) == []
    project.write("export.csv", EXPORT)
    drafted = project.call("nsmo", "new", "2026", "export.csv")
    assert drafted.returncode == 0, drafted.stdout
    (project.folder / "export.csv").unlink()
    assert project.call("nsmo", "check").stdout.endswith("No problems.\n")
    # DVC reads every file of its own that it finds, also below examples/.
    stages = project.call("dvc", "stage", "list", "--all", "--name-only")
    assert stages.returncode == 0, stages.stdout
    assert {line.partition("@")[2] for line in stages.stdout.split()} == {"2026"}
    assert project.call("git", "add", "-A").returncode == 0
    guarded = project.call("python", "scripts/guard_data_files.py")
    assert (guarded.returncode, guarded.stdout) == (0, "")
    assert "responses.csv" not in project.call("git", "ls-files", "data/raw").stdout
