"""The executed notebooks of a small study show what their code gives: nbval compares all outputs."""

import json
import re
import sys
from pathlib import Path

import pytest
import survey_exports
import yaml
from projects import Project
from studies import copy_checkout

from nsmo.runner.kernel import NAME, SPECS
from nsmo.runner.process import environment

pytestmark = [pytest.mark.pipeline, pytest.mark.slow]

STAGES = ("ingest", "clean", "weight", "topline")
EXECUTED = "reports/2031/executed"
SANITIZE = Path(__file__).with_name("sanitize.cfg")


@pytest.fixture(scope="module")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Thirty responses, made a wave by `nsmo new` and built from the source notebooks of this project."""
    project = copy_checkout(tmp_path_factory.mktemp("small") / "study")
    (export,) = survey_exports.plain_csv(tmp_path_factory.mktemp("export"))
    made = project.call(sys.executable, "-m", "nsmo", "new", "2031", str(export))
    assert made.returncode == 0, made.stdout
    params = yaml.safe_load(project.read("params.yaml"))
    waves = {name: ["2031"] if name in STAGES else [] for name in params["waves"]}
    params["waves"] = waves | {"ingest": {"2031": "responses.csv"}, "trend": {}}
    project.write("params.yaml", yaml.safe_dump(params, sort_keys=False))
    for stage in STAGES:
        done = project.run(stage, "2031")
        assert done.returncode == 0, done.stdout
    return project


def compared(project: Project, *notebooks: Path) -> tuple[int, set[str]]:
    """Run notebooks with nbval: how many cells showed what is kept, and which did not."""
    variables = environment(project.folder) | {
        "JUPYTER_PATH": str(SPECS),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    options = ("--nbval", f"--nbval-kernel-name={NAME}", f"--nbval-sanitize-with={SANITIZE}")
    plugins = ("-p", "canonical_outputs", "-p", "no:cacheprovider", "-q", "-rf", "--color=no")
    done = project.call(
        "env",
        *(f"{name}={value}" for name, value in variables.items()),
        *map(str, (sys.executable, "-m", "pytest", *options, *plugins, *notebooks)),
    )
    passed = re.search(r"(\d+) passed", done.stdout)
    failed = set(re.findall(r"(?m)^FAILED \S*?(\w+\.ipynb::Cell \d+)", done.stdout))
    assert passed, done.stdout
    assert bool(failed) == bool(done.returncode), done.stdout
    return int(passed[1]), failed


def code_cells(path: Path) -> list[dict]:
    return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


def test_each_output_is_what_its_cell_shows(small_study):
    notebooks = [small_study.folder / EXECUTED / f"{stage}.ipynb" for stage in STAGES]
    text = "".join(path.read_text("utf-8") for path in notebooks)
    assert "text/markdown" in text
    assert "</td>" in text
    assert "data:image/svg+xml;base64" in text
    # nbval would leave them out of its comparison.
    assert "image/png" not in text
    before = small_study.outputs()
    assert compared(small_study, *notebooks) == (sum(len(code_cells(path)) for path in notebooks), set())
    assert small_study.outputs() == before


def test_a_change_is_noticed_in_a_sentence_a_table_and_a_figure(small_study):
    kept = small_study.folder / EXECUTED / "clean.ipynb"
    text = kept.read_text("utf-8")
    for old, new in (
        (r"30 of the 30 responses count", "31 of the 30 responses count"),
        (r">30</td>", ">31</td>"),
        (r"(base64,[\w+/]{1000}).", r"\1_"),
    ):
        text, times = re.subn(old, new, text, count=1)
        assert times == 1, old
    altered = small_study.folder / "altered/clean.ipynb"
    small_study.write("altered/clean.ipynb", text)
    cells = zip(code_cells(kept), code_cells(altered), strict=True)
    changed = {f"clean.ipynb::Cell {number}" for number, (one, other) in enumerate(cells) if one != other}
    assert len(changed) == 3
    assert compared(small_study, altered) == (len(code_cells(kept)) - 3, changed)
