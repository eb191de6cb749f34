"""The same thirty responses give the same frame, whatever tool and kind of file they come from."""

from pathlib import Path

import pandas as pd
import pytest
import survey_exports

from nsmo.draft.new import new
from nsmo.stages.ingest import ingest
from nsmo.study import load_codebook


def ingested(name: str, folder: Path) -> pd.DataFrame:
    """Draft a wave from an export, and read it as the pipeline does."""
    made = new(folder, "w", survey_exports.EVERY[name](folder))
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
