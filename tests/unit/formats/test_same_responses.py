"""The same thirty responses give the same frame, whatever tool and kind of file they come from."""

from pathlib import Path

import pandas as pd
import pytest
import survey_exports

from nsmo.draft.new import new
from nsmo.stages.ingest import ingest
from nsmo.study import load_codebook
from nsmo.study.errors import StudyError


def ingested(name: str, folder: Path) -> pd.DataFrame:
    """Draft a wave from an export, and read it as the pipeline does."""
    make = survey_exports.EVERY.get(name) or getattr(survey_exports, name)
    made = new(folder, "w", make(folder))
    codebook = load_codebook(made.folder)
    responses = ingest(codebook, made.folder / codebook.source.file).responses
    # When they came in is a question in a plain table, and known to be none where the tool says so.
    return responses[[column for column in responses if not column.startswith(("paradata.", "moment"))]]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return ingested("plain_csv", tmp_path_factory.mktemp("plain"))


def test_the_frame_is_what_was_answered(expected: pd.DataFrame):
    rows = survey_exports.ROWS
    assert expected["response_id"].tolist() == [str(row["id"]) for row in rows]
    assert expected["role"].tolist() == [row["role"].lower() for row in rows]
    assert list(expected["satisfaction"].cat.categories) == [
        "very_dissatisfied",
        "dissatisfied",
        "neutral",
        "satisfied",
        "very_satisfied",
    ]
    assert expected["satisfaction"].cat.ordered
    unknown = [row["satisfaction"] == "Don't know" for row in rows]
    assert (expected["satisfaction.missing"] == "dont_know").tolist() == unknown
    assert expected["channels.telephone_including_fax"].tolist() == [
        "Telephone, including fax" in row["channels"] for row in rows
    ]
    assert expected["hours"].tolist()[:5] == [7.5, 8, 12.25, 1040.5, 3]
    assert expected["remarks"].dropna().tolist() == [row["remarks"] for row in rows if row["remarks"]]
    assert list(expected["habits_meetings_start_time"].cat.categories) == [
        "never",
        "sometimes",
        "often",
        "always",
    ]


@pytest.mark.parametrize("name", [name for name in survey_exports.EVERY if name != "plain_csv"])
def test_every_form_gives_the_same_frame(name: str, expected: pd.DataFrame, tmp_path: Path):
    pd.testing.assert_frame_equal(ingested(name, tmp_path), expected)


def test_a_program_of_sas_says_what_the_codes_mean_but_not_what_is_one_battery(
    tmp_path: Path, expected: pd.DataFrame
):
    found = ingested("redcap_sas", tmp_path)
    assert [name for name in found if name.startswith("habits")][::2] == ["habits_1", "habits_2"]
    pd.testing.assert_frame_equal(found.set_axis(expected.columns, axis=1), expected)


def test_a_program_of_sas_is_no_responses_and_one_that_says_nothing_is_named(tmp_path: Path):
    _, program = survey_exports.redcap_sas(tmp_path)
    with pytest.raises(StudyError, match="none of the files holds responses"):
        new(tmp_path, "w", [program])
    # With a row of names, formats before the columns, and a quote within a label.
    (tmp_path / "answers.csv").write_text("id,q1\n" + "".join(f"{i},{1 + i % 2}\n" for i in range(30)))
    program.write_text(
        "proc format; value yn 1='Yes' 2='No'; run; * value yn 1='Never';\n"
        "data a; infile 'answers.csv' dlm=',' dsd firstobs=2; input id q1;\n"
        "label q1='Don''t you agree?'; format q1 yn.; run;"
    )
    made = new(tmp_path, "x", [tmp_path / "answers.csv", program])
    (question,) = load_codebook(made.folder).questions
    assert question.label["en"] == "Don't you agree?"
    assert [option.en for option in question.options] == ["Yes", "No"]
    program.write_text("proc print; run;")
    with pytest.raises(StudyError, match="it labels no column"):
        new(tmp_path, "y", [tmp_path / "answers.csv", program])
