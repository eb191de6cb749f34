"""The survey to try everything on."""

import csv
import subprocess
from pathlib import Path

import pytest
import yaml

from nsmo.draft.demo import demo, made_up_responses
from nsmo.draft.new import new
from nsmo.draft.taken_out import without_waves
from nsmo.pipeline import check as of_check
from nsmo.pipeline.wave import check
from nsmo.study import StudyError, load_codebook
from nsmo.study.drafts import marks

ROOT = Path(__file__).resolve().parents[3]


def test_the_demo_has_the_engine_and_no_study(tmp_path: Path):
    made = demo(ROOT, tmp_path / "demo")
    folder = tmp_path / "demo"
    assert check(made.folder) == []
    assert [path.name for path in (folder / "data" / "raw").iterdir()] == ["demo"]
    assert (folder / "notebooks" / "4_topline.ipynb").is_file()
    assert not (folder / "reports").exists()
    waves = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))["waves"]
    assert {name for name, ones in waves.items() if ones} == {
        "ingest",
        "clean",
        "weight",
        "topline",
        "trend",
        "crosstabs",
        "questionnaire",
        "fieldwork",
        "publish",
    }
    kinds = {question.name: question.type for question in load_codebook(made.folder).questions}
    assert kinds["age"] == "ordinal"
    assert sum(kind == "multi" for kind in kinds.values()) == 1
    assert len(marks(made.folder / "questionnaire.yaml")) <= 3
    said = subprocess.run(
        ["git", "log", "--format=%an %s"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert said.stdout == "nsmo demo The demo as it was made\n"
    left = subprocess.run(
        ["git", "status", "--porcelain"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert left.stdout == ""
    with pytest.raises(StudyError, match="there already"):
        demo(ROOT, folder)


def test_the_made_up_responses_are_the_same_each_time():
    assert made_up_responses(50) == made_up_responses(50)
    assert len(made_up_responses(50)) == 51


PARAMS = """\
waves:
  # Their files.
  ingest:
    "2018": responses.csv
    "2019": responses.xlsx
  goals:
    - "2018"

claims:
  # Which are directional.
  directional:
    "2018":
      - a
      - b
    "2019": []
  shown: 2018
"""


def test_waves_are_taken_out_and_all_else_stays():
    left = yaml.safe_load(without_waves(PARAMS, ["2018"]))
    assert left == {
        "waves": {"ingest": {"2019": "responses.xlsx"}, "goals": []},
        "claims": {"directional": {"2019": []}, "shown": 2018},
    }
    none = without_waves(PARAMS)
    assert yaml.safe_load(none) == {
        "waves": {"ingest": {}, "goals": []},
        "claims": {"directional": {}, "shown": 2018},
    }
    assert "  # Their files.\n" in none


def test_an_export_of_the_demo_can_be_opened_by_anybody(tmp_path: Path):
    made = demo(ROOT, tmp_path / "demo").folder
    with (made / "responses.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == 241


def test_signs_that_a_png_cannot_show_are_named(tmp_path, monkeypatch):
    """A page has type for them; a figure as PNG would show boxes without a word."""
    folder = new(tmp_path, "w", [_export(tmp_path)]).folder
    monkeypatch.setattr(of_check, "root", lambda: tmp_path)
    assert of_check.boxes() == []
    path = folder / "questionnaire.yaml"
    path.write_text(path.read_text("utf-8").replace("label: Daily", "label: Ежедневно Καθημερινά"), "utf-8")
    assert of_check.boxes() == []
    path.write_text(path.read_text("utf-8").replace("label: Weekly", "label: 毎週"), "utf-8")
    (said,) = of_check.boxes()
    assert said.startswith("w: a figure as PNG shows a box in place of 毎, 週, which its face lacks")


def _export(folder):
    path = folder / "library.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(made_up_responses(60))
    return path
