"""The survey to try everything on."""

import csv
from pathlib import Path

import pytest
import yaml

from nsmo.draft.demo import demo, made_up_responses, without_waves
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
    with pytest.raises(StudyError, match="there already"):
        demo(ROOT, folder)


def test_the_made_up_responses_are_the_same_each_time():
    assert made_up_responses(50) == made_up_responses(50)
    assert len(made_up_responses(50)) == 51


def test_lists_of_waves_are_emptied_and_all_else_stays():
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    before, after = yaml.safe_load(params), yaml.safe_load(without_waves(params))
    assert not any(after["waves"].values())
    assert list(after["waves"]) == list(before["waves"])
    assert {k: v for k, v in after.items() if k != "waves"} == {
        k: v for k, v in before.items() if k != "waves"
    }


def test_an_export_of_the_demo_can_be_opened_by_anybody(tmp_path: Path):
    made = demo(ROOT, tmp_path / "demo").folder
    with (made / "responses.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.reader(file))) == 241
