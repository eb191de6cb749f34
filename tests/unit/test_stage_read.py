"""What a stage reads of the files of others."""

import pandas as pd
import pytest

from nsmo.runner.declarations import Declaration
from nsmo.runner.progress import Progress
from nsmo.runner.stage import Stage
from nsmo.study import StudyError


@pytest.fixture
def stage(tmp_path, codebook_file):
    """A stage that declares the folder of clean and the questionnaire, and not the rules."""
    folder = tmp_path / "study"
    (folder / "data/raw").mkdir(parents=True)
    codebook_file().rename(folder / "data/raw/2020")
    deps = ("data/processed/2020/clean", "data/raw/2020/questionnaire.yaml")
    declared = Declaration("topline", "2020", "", "", deps, (), ())
    return Stage(declared, {}, folder, tmp_path / "out")


def test_none_and_na_are_words_and_only_what_is_empty_is_missing(stage):
    path = stage.root / "data/processed/2020/clean/flow.csv"
    path.parent.mkdir(parents=True)
    path.write_text("reason,n\nNone,1\nN/A,2\nnull,3\n,\n", encoding="utf-8")
    flow = stage.read("clean/flow.csv")
    assert flow["reason"].tolist()[:3] == ["None", "N/A", "null"]
    assert flow["reason"].isna().tolist() == [False, False, False, True]
    assert flow["n"].sum() == 6


@pytest.mark.parametrize(
    "word", ["007", "1e5", "TRUE", "true", "inf", "nan", "None", "null", "1_000", "+1", "31"]
)
def test_a_label_that_looks_like_a_number_is_a_label_in_the_next_stage(stage, word):
    """Every row has it, as where a wave has a single rule, question or statement."""
    path = stage.root / "data/processed/2020/clean/flow.csv"
    path.parent.mkdir(parents=True)
    pd.DataFrame({"reason": [word] * 2, "question": [word] * 2, "n": [3, 4]}).to_csv(path, index=False)
    flow = stage.read("clean/flow.csv")
    assert flow["reason"].tolist() == flow["question"].tolist() == [word] * 2
    assert flow["n"].sum() == 7


def test_what_a_stage_wrote_comes_back_as_it_was(stage):
    path = stage.root / "data/processed/2020/clean/flow.csv"
    path.parent.mkdir(parents=True)
    wrote = pd.DataFrame(
        {
            "n": [1, -20, 0],
            "share": [0.25, 1e-12, -1.5e20],
            "few": [1.0, None, 3.0],
            "end": [1.0, float("inf"), float("-inf")],
            "known": [True, False, True],
            "note": ["a", None, "2"],
            "nothing": [None, None, None],
        }
    )
    wrote.to_csv(path, index=False, float_format="%.10g")
    pd.testing.assert_frame_equal(stage.read("clean/flow.csv"), wrote.astype({"nothing": float}))


def test_the_codebook_of_a_stage_holds_the_files_it_declares(stage):
    assert stage.codebook.variable("size").option_names == ["small", "middle", "large"]
    with pytest.raises(StudyError, match=r"rules\.yaml of wave 2020 was not read"):
        stage.codebook.weighting  # noqa: B018


def test_a_frame_of_many_rows_is_told_with_its_size(stage, monkeypatch):
    told = []
    monkeypatch.setattr(Progress, "say", lambda _, text: told.append(text))
    path = stage.root / "data/processed/2020/clean/responses.parquet"
    path.parent.mkdir(parents=True)
    for rows in (10, 300_000):
        pd.DataFrame({"size": [1.0]}).loc[[0] * rows].to_parquet(path)
        assert len(stage.read("clean/responses.parquet")) == rows
    assert len(told) == 1
    assert told[0].startswith("all 300,000 rows of clean/responses.parquet are held, 0.0 GB and copies of it")
