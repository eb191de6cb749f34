"""What README, CONTRIBUTING and docs tell people to type is there."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import typer.main

from nsmo.pipeline.cli import app
from nsmo.runner.stage import Stage

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = typer.main.get_group(app).commands
#: What notebooks import, by the name that they have it under.
MODULES = {
    "plots": "nsmo.present.plots",
    "sentences": "nsmo.present.sentences",
    "results": "nsmo.results",
    "tests": "nsmo.survey.tests",
    "models": "nsmo.survey.models",
    "relations": "nsmo.survey.relations",
}


def code(path: Path) -> list[str]:
    """The lines of code on a page: in blocks, fenced or indented, and within a sentence."""
    text = path.read_text("utf-8")
    blocks = re.findall(r"(?ms)^ *```[^\n]*\n(.*?)^ *```", text)
    rest = re.sub(r"(?ms)^ *```.*?^ *```", "", text)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"(?m)^    +(?![*-]|\d\.)(\S.*)", rest)
    # A span may go on on the next line.
    return lines + [re.sub(r"\s+", " ", span) for span in re.findall(r"`([^`]+)`", rest)]


def typed(path: Path, program: str) -> list[list[str]]:
    """What is typed after the name of a program, in words, without comments."""
    found = []
    for line in code(path):
        command = line.split(" #")[0]
        found += [part.split() for part in re.findall(rf"(?:^|&& |; |/){program} ([a-z][^;&|]*)", command)]
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_command_is_there_with_its_options(path):
    for words in typed(path, "nsmo"):
        command = COMMANDS.get(words[0])
        assert command, words
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word.split("=")[0] for word in words if word.startswith("--")} <= options, words


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_target_of_make_is_there(path):
    targets = re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"))
    for words in typed(path, "make"):
        assert {word for word in words if re.fullmatch(r"[a-z-]+", word)} <= {*targets}, words


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_everything_that_a_notebook_may_call_is_there(path):
    text = "\n".join(code(path))
    for name in re.findall(r"\bstage\.([a-z_]+)\(", text):
        assert hasattr(Stage, name), name
    for module, name in re.findall(rf"(?<![\w./])({'|'.join(MODULES)})\.([a-z_]+)\(", text):
        assert hasattr(import_module(MODULES[module]), name), f"{module}.{name}"


def test_there_is_something_to_look_at():
    assert sum(len(typed(path, "nsmo")) for path in PAGES) > 40
    assert sum(len(typed(path, "make")) for path in PAGES) > 20
    assert sum(line.count("stage.") for path in PAGES for line in code(path)) > 20
