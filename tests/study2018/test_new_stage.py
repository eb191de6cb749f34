"""`nsmo new-stage` and `nsmo preview`: a notebook of one's own."""

import difflib
import json
import shutil
from pathlib import Path

import projects
import pytest

from nsmo.pipeline.new_stage import new_stage
from nsmo.runner.declarations import declaration, declarations
from nsmo.runner.parameters import check_parameters, section_values
from nsmo.study.errors import StudyError
from nsmo.study.paths import ROOT_VARIABLE

pytestmark = pytest.mark.pipeline

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What says which stages there are, and the files of the wave."""
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "data/raw/2018", tmp_path / "data/raw/2018")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    return tmp_path


def test_a_new_stage_is_declared_and_nothing_else_changes(study):
    before = {name: (study / name).read_text("utf-8") for name in ("dvc.yaml", "params.yaml")}
    written = new_stage(study, "regions", "Where do they work?")
    assert [path.name for path in written] == ["4_regions.ipynb", "dvc.yaml", "params.yaml"]
    for name, text in before.items():
        changes = list(difflib.ndiff(text.splitlines(), (study / name).read_text("utf-8").splitlines()))
        assert [line for line in changes if line.startswith("- ")] == []
    made = declaration(study, "regions", "2018")
    assert made.notebook == "notebooks/4_regions.ipynb"
    params = {"analyse": {"confidence": 0.95, "min_n": 10}}
    assert check_parameters(study, made, params) == []
    assert section_values(params, made) == params["analyse"]
    cells = json.loads((study / made.notebook).read_text("utf-8"))["cells"]
    assert cells[0]["source"] == ["# Where do they work?"] or cells[0]["source"] == "# Where do they work?"


def test_it_stands_after_the_other_analyses_and_before_what_judges_them(study):
    new_stage(study, "regions")
    names = list(dict.fromkeys(one.name for one in declarations(study)))
    assert names.index("profiles") < names.index("regions") < names.index("bounds")


def test_a_second_one_stands_after_the_first(study):
    new_stage(study, "regions")
    new_stage(study, "sizes")
    names = list(dict.fromkeys(one.name for one in declarations(study)))
    assert names.index("sizes") == names.index("regions") + 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("importance", "there is a stage or a notebook of the name 'importance'"),
        ("Regions", "small letters, digits and _"),
        ("../x", "small letters, digits and _"),
        ("", "small letters, digits and _"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(study, name, said):
    before = (study / "dvc.yaml").read_bytes(), (study / "params.yaml").read_bytes()
    with pytest.raises(StudyError) as caught:
        new_stage(study, name)
    assert said in str(caught.value)
    assert ((study / "dvc.yaml").read_bytes(), (study / "params.yaml").read_bytes()) == before
    assert list((study / "notebooks").iterdir()) == []


def test_a_preview_of_a_stage_that_is_not_there_says_so(tmp_path):
    project = projects.miniature(tmp_path / "miniature")
    said = project.call("nsmo", "preview", "darw", "--once")
    assert said.returncode == 1
    assert "no wave has stage 'darw'" in said.stdout
    assert "Traceback" not in said.stdout
