"""What the documentation says of the code and of its own files is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_links_to_is_there(page):
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_way_of_an_answer_passes_modules_that_exist_and_no_room_twice():
    text = (ROOT / "docs/pipeline.md").read_text("utf-8")
    table = text.split("## From a file to a page")[1].split("**One weight**")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    room, rooms, files = "", [], []
    for cells in rows:
        room = cells[0].split(",")[0] if len(cells) == 3 else room
        rooms.append(room)
        for name in re.findall(r"`([\w/]+)`", cells[-1]):
            path = name if name.startswith("study/") else f"{room}/{name}"
            assert (ROOT / f"src/nsmo/{path}.py").exists(), path
            files.append(path)
    once = [name for i, name in enumerate(rooms) if i == 0 or rooms[i - 1] != name]
    assert len(once) == len(set(once))
    said = re.search(r"first page: (\d+) files, (\d+) rooms", table)
    assert (len(files), len(once)) == (int(said[1]), int(said[2]))
