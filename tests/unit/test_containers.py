"""The container and the dev container use what is there: no builder is needed to see that."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from projects import Project

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def instructions() -> list[tuple[str, str]]:
    """The steps of the Containerfile, each on one line."""
    text = (ROOT / "Containerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def development() -> dict:
    return json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))


def targets(command: str) -> list[str]:
    """What a command asks of make."""
    return re.findall(r"\bmake ([a-z-]+)", command)


def test_the_steps_stand_in_an_order_that_can_work():
    steps = [name for name, _ in instructions()]
    assert steps[0] == "FROM"
    assert steps[-1] == "CMD"
    assert steps.index("WORKDIR") < steps.index("COPY") < len(steps) - steps[::-1].index("RUN") - 1
    assert set(steps) <= {"FROM", "RUN", "WORKDIR", "COPY", "CMD"}


def test_what_the_setup_needs_is_installed_first():
    installed = next(what for name, what in instructions() if name == "RUN" and "apt-get install" in what)
    packages = shlex.split(installed.split("--no-install-recommends")[1].split("&&")[0])
    # The same that README asks of a machine, beside Python.
    assert packages == ["git", "make"]
    assert installed.index("apt-get update") < installed.index("apt-get install")


@pytest.mark.parametrize("image", [instructions()[0][1], development()["image"]])
def test_the_image_has_a_python_that_the_project_accepts(image):
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    least = tuple(map(int, re.findall(r">=\s*(\d+)\.(\d+)", wanted)[0]))
    version = re.fullmatch(r"docker\.io/library/python:(\d+)\.(\d+)(?:-slim)?-bookworm", image)
    assert version
    assert tuple(map(int, version.groups())) >= least


def test_every_command_asks_make_for_what_it_has():
    commands = [what for name, what in instructions() if name in ("RUN", "CMD")]
    commands.append(development()["postCreateCommand"])
    asked = [target for command in commands for target in targets(command)]
    assert {"setup", "report"} <= set(asked)
    for target in asked:
        assert re.search(rf"(?m)^{target}:", MAKEFILE), target


def test_what_is_left_out_is_never_needed_to_build():
    left_out = (ROOT / ".containerignore").read_text("utf-8").split()
    assert ".venv" in left_out
    ignored = (ROOT / ".gitignore").read_text("utf-8") + (ROOT / ".dvc/.gitignore").read_text("utf-8")
    for pattern in left_out:
        name = pattern.removeprefix(".dvc").rstrip("/")
        assert name in ignored or name.rstrip("/") + "/" in ignored, pattern


@pytest.mark.slow
@pytest.mark.pipeline
def test_their_steps_build_a_small_study(tmp_path):
    """What a builder would do, in folders that are thrown away: no image, and the Python of the tests."""
    context, work, out = tmp_path / "context", tmp_path / "study", tmp_path / "out"
    made = Project(ROOT).call(sys.executable, "-m", "nsmo", "demo", str(context))
    assert made.returncode == 0, made.stdout
    kept = ("PIP_", "UV_", "SSL_", "HOME")
    surroundings = {name: value for name, value in os.environ.items() if name.startswith(kept)}
    # uv only makes it quicker; in the image there is pip.
    tools = {shutil.which(tool) for tool in ("uv", "git", "make", "sh")} - {None}
    places = [str(Path(sys.base_prefix, "bin")), *sorted({str(Path(tool).parent) for tool in tools})]
    surroundings |= {"PATH": os.pathsep.join([*places, "/usr/bin", "/bin"])}

    def run(command: list[str], **more: str) -> str:
        done = subprocess.run(
            command,
            cwd=work,
            env=surroundings | {"PYTHON": f"{sys.base_prefix}/bin/python3"} | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    for name, what in instructions():
        if name == "COPY":
            assert what == ". ."
            left_out = (context / ".containerignore").read_text("utf-8").split()
            shutil.copytree(context, work, ignore=shutil.ignore_patterns(*left_out), symlinks=True)
        elif name == "RUN" and "apt-get" not in what:
            run(["sh", "-c", what])
        elif name == "CMD":
            out.mkdir()
            run([part.replace("/out/", f"{out}/") for part in json.loads(what)])
    assert (out / "demo/html/en/index.html").is_file()

    # In the dev container the same environment stands, and an editor finds it.
    run(["sh", "-c", development()["postCreateCommand"]])
    folder = "${containerWorkspaceFolder}"
    named = development()["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    run([named.replace(folder, str(work)), "-c", "import nsmo, jupyterlab"])
    path = development()["remoteEnv"]["PATH"].replace(folder, str(work))
    path = path.replace("${containerEnv:PATH}", surroundings["PATH"])
    assert "No problems." in run(["nsmo", "check"], PATH=path)


def test_the_interpreter_of_the_editor_is_the_one_that_setup_makes():
    settings = development()["customizations"]["vscode"]["settings"]
    folder = "${containerWorkspaceFolder}"
    assert settings["python.defaultInterpreterPath"] == f"{folder}/.venv/bin/python"
    assert development()["remoteEnv"]["PATH"].startswith(f"{folder}/.venv/bin:")
