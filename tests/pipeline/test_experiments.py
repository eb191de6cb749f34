"""Trying a parameter with `dvc exp run`, as docs/howto/try-a-parameter.md says."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from projects import SOURCE, wait_for

pytestmark = pytest.mark.pipeline

ROOT = Path(__file__).parents[2]


def comments(text: str) -> list[str]:
    return re.findall(r"#.*", text)


def test_setting_a_parameter_keeps_the_comments(tmp_path):
    from dvc.utils.hydra import apply_overrides

    path = tmp_path / "params.yaml"
    shutil.copy(ROOT / "params.yaml", path)
    before = yaml.safe_load(path.read_text())
    apply_overrides(path, ["weight.max_ratio=5"])
    before["weight"]["max_ratio"] = 5
    assert yaml.safe_load(path.read_text()) == before
    # DVC drops a comment that follows a list of one item to a line.
    assert comments(path.read_text()) == comments((ROOT / "params.yaml").read_text()), "write it as [a, b]"


def test_plots_name_columns_that_are_there():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    plots = [entry for stage in stages.values() for entry in stage["do"].get("plots", ())]
    assert plots
    for ((path, properties),) in map(dict.items, plots):
        pattern = path.replace("${item}", "*")
        files = list(ROOT.glob(pattern))
        # Not every wave has every stage.
        assert files or not list(ROOT.glob(str(Path(pattern).parent))), path
        for file in files:
            assert {properties["x"], properties["y"]} <= set(file.read_text().splitlines()[0].split(",")), (
                path
            )


@pytest.mark.slow
@pytest.mark.parametrize("way", ["--temp", "--queue"])
def test_an_experiment_elsewhere_leaves_the_folder_alone(miniature, way):
    """Also in a checkout with its own code, which must be the code that runs in DVC's copy of it."""
    shutil.copytree(
        SOURCE / "nsmo", miniature.folder / "src/nsmo", ignore=shutil.ignore_patterns("__pycache__")
    )
    miniature.replace(
        "dvc.yaml",
        "      outs:\n        - data/processed/${item}/count/total.json:",
        "      metrics:\n        - data/processed/${item}/count/total.json:",
    )
    miniature.replace(
        "dvc.yaml",
        "        - reports/${item}/executed/count.ipynb:",
        "      outs:\n        - reports/${item}/executed/count.ipynb:",
    )
    miniature.replace(
        "notebooks/2_count.ipynb", '\\"total\\": total', '\\"total\\": total, \\"code\\": nsmo.__file__'
    )
    assert miniature.ran(miniature.report()) == ["count", "tell"]
    for command in ("add -A", "-c user.name=t -c user.email=t@example.org commit -qm all"):
        assert miniature.call("git", *command.split()).returncode == 0
    before, params = miniature.outputs(), miniature.read("params.yaml")

    done = miniature.call(
        sys.executable, "-m", "dvc", "exp", "run", way, "-S", "draw.factor=3", "-n", "three"
    )
    assert done.returncode == 0, done.stdout
    if way == "--queue":
        miniature.call(sys.executable, "-m", "dvc", "queue", "start")
        wait_for(lambda: "Success" in miniature.call("dvc", "queue", "status").stdout, 120)
    found = miniature.call(sys.executable, "-m", "dvc", "metrics", "diff", "HEAD", "three", "--json").stdout
    change = json.loads(found)["data/processed/2018/count/total.json"]
    assert (change["total"]["old"], change["total"]["new"]) == (13, 19.5)
    assert "/exps/" in change["code"]["new"]
    assert miniature.outputs() == before
    assert miniature.read("params.yaml") == params
    assert miniature.call("git", "status", "--porcelain").stdout == ""
