"""Responses in pieces: whatever the questionnaire, its rules and the pieces, what comes out is the same."""

import random

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nsmo.stages.clean import Cleaning
from nsmo.stages.clean.rules import median
from nsmo.stages.ingest import Reading, ingest
from nsmo.study import StudyError, load_codebook
from nsmo.study.pieces import Buckets, Frames, write_pieces

THRESHOLDS = {"min_last_page": 2, "speeder_ratio": 0.4, "straightline_items": 2}
CODES = ["A1", "A2", "A3"]
#: What stands in a cell besides a code: blanks of every kind, an odd decimal sign, another form of date.
TEXTS = ["", "", "kiosk", "Kiosk ", "a stall", "kiosk, a stall", "test", "x y"]


def questionnaire(chance: random.Random) -> tuple[dict, dict]:
    """A questionnaire at random, with rules in an order at random."""
    questions, kinds = [], ["single", "ordinal", "multi", "numeric", "text", "date"]
    for i in range(chance.randint(2, 5)):
        kind = kinds[i] if i < 2 else chance.choice(kinds)
        about = {
            "name": f"q{i}",
            "type": kind,
            "label": f"Q {i}",
            "text": f"Question {i}?",
            "page": 1 + i // 2,
        }
        options = [{"name": f"o{j}", "code": code, "label": f"O {j}"} for j, code in enumerate(CODES)]
        if kind in ("single", "ordinal"):
            about |= {"column": f"C{i}", "options": options}
            if chance.random() < 0.5:
                about["missing"] = [{"code": "DK", "reason": "dont_know", "label": "Don't know"}]
        elif kind == "multi":
            about["options"] = [
                {"name": f"o{j}", "column": f"C{i}_{j}", "label": f"O {j}"} for j in range(len(CODES))
            ]
        else:
            about["column"] = f"C{i}"
        if kind in ("single", "multi") and chance.random() < 0.7:
            about["other"] = {"column": f"C{i}_other", "label": "Other"}
            if kind == "single":
                about["other"]["code"] = "-oth-"
        if i and chance.random() < 0.3:
            about["asked_if"] = {"question": "q0", "is": ["o0", "o1"]}
        questions.append(about)
    rules = [
        {"name": "last", "kind": "condition", "when": {"question": "q0", "is": ["o2"]}, "reason": "Out"},
        {"name": "partial", "kind": "partial", "reason": "Not finished"},
        {"name": "fast", "kind": "speeder", "reason": "Too fast"},
        {"name": "again", "kind": "duplicate", "by": ["q0", "q1"], "reason": "Again"},
        {"name": "again2", "kind": "duplicate", "by": ["q1"], "keep": "first", "reason": "Once more"},
    ]
    chance.shuffle(rules)
    source = {
        "file": "responses.parquet",
        "format": "parquet",
        "key": "id",
        "ticked": "Y",
        "missing_codes": [""],
        "date_formats": ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%d-%m-%Y"],
        "paradata": {"submitted": "done", "last_page": "page", "duration": "time", "token": "token"},
    }
    head = {"study": "pieces", "unit": "stalls", "language": "en", "provenance": "real", "source": source}
    cleaning = {"rules": rules[: chance.randint(2, 5)], "other_texts": {}}
    return head | {"questions": questions}, {"cleaning": cleaning, "privacy": {"min_givers": 3}}


def answers(document: dict, n: int, chance: random.Random) -> pd.DataFrame:
    """Cells at random, as an export has them."""
    rows = []
    for i in range(n):
        row = {"id": f"r{i}", "token": f"t{i}", "page": chance.choice(["1", "2", "3"])}
        row["done"] = chance.choice(["", "2018-01-0{} 10:00:00", "2018-02-0{} 11:00:00"]).format(i % 9 + 1)
        row["time"] = chance.choice(["", "12", "40", "55.5", "60", "61"])
        for question in document["questions"]:
            name, kind = question.get("column", ""), question["type"]
            if kind in ("single", "ordinal"):
                more = ["DK"] if "missing" in question else []
                more += ["-oth-"] if "other" in question else []
                row[name] = chance.choice([*CODES, " A1", "", *more])
            elif kind == "multi":
                row |= {option["column"]: chance.choice(["Y", "", ""]) for option in question["options"]}
            else:
                values = {"numeric": ["1", "2,5", "2.5", ""], "date": ["2018-03-01", "01-03-2018", ""]}
                row[name] = chance.choice(values.get(kind, TEXTS))
            if "other" in question:
                row[question["other"]["column"]] = chance.choice(TEXTS)
        rows.append(row)
    return pd.DataFrame(rows)


def wave(folder, document, rules, cells):
    """Write a wave whose export is a folder of files, and return its codebook."""
    export = folder / "responses.parquet"
    export.mkdir(parents=True, exist_ok=True)
    half = len(cells) // 2
    cells.iloc[:half].to_parquet(export / "part-0.parquet")
    cells.iloc[half:].to_parquet(export / "part-1.parquet")
    (folder / "questionnaire.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    (folder / "rules.yaml").write_text(yaml.safe_dump(rules, sort_keys=False))
    return load_codebook(folder, ["questionnaire.yaml", "rules.yaml"]), export


def cleaned(codebook, path, rows, scratch):
    """Clean a coded frame; also return what was logged."""
    logged: dict[str, list[pd.DataFrame]] = {}

    def log(frame, name, more):
        logged[name] = [*(logged[name] if more else []), frame]

    found = Cleaning(codebook, Frames(path, rows), THRESHOLDS, log, scratch)
    staying = pd.concat(list(found), ignore_index=True)
    return found, staying, {name: pd.concat(frames, ignore_index=True) for name, frames in logged.items()}


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), rows=st.sampled_from([9, 14, 27]))
def test_pieces_give_what_the_whole_gives(seed, rows, tmp_path_factory):
    folder, chance = tmp_path_factory.mktemp("wave"), random.Random(seed)
    document, rules = questionnaire(chance)
    codebook, export = wave(folder, document, rules, answers(document, 30, chance))

    whole = ingest(codebook, export)
    reading = Reading(codebook, export, rows, folder)
    write_pieces(iter(reading), folder / "coded.parquet")
    pd.testing.assert_frame_equal(
        pd.read_parquet(folder / "coded.parquet"), whole.responses, check_exact=True
    )
    pd.testing.assert_frame_equal(reading.counts, whole.counts)
    pd.testing.assert_frame_equal(reading.problems, whole.problems)
    assert reading.schema == whole.schema

    one, one_stays, one_log = cleaned(codebook, folder / "coded.parquet", 1000, folder)
    many, many_stays, many_log = cleaned(codebook, folder / "coded.parquet", rows, folder)
    for name in ("flow", "exclusions", "recodes", "corrections", "outcomes"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(many, name))
    assert one.corrected == many.corrected
    for name in ("exclusions", "recodes"):
        pd.testing.assert_frame_equal(one_log[name], many_log[name], check_dtype=False)
    # The same people in an order of their answers, which does not lead back to the rows of the export.
    columns = [column for column in one_stays if column != "response_id"]
    same = [
        frame[columns].astype("str").sort_values(columns, ignore_index=True)
        for frame in (one_stays, many_stays)
    ]
    pd.testing.assert_frame_equal(*same)
    assert many_stays["response_id"].tolist() == [str(i) for i in range(1, len(one_stays) + 1)]
    assert not [left for left in folder.iterdir() if left.name.startswith("tmp")]


@pytest.fixture
def small(tmp_path):
    chance = random.Random(3)
    document, rules = questionnaire(chance)
    return document, rules, answers(document, 40, chance), tmp_path


def test_what_is_wrong_in_one_row_is_said_as_of_a_small_file(small):
    document, rules, cells, folder = small
    cells.loc[36, "C0"] = "A9"
    cells.loc[[7, 31], "id"] = "r2"
    codebook, export = wave(folder, document, rules, cells)
    with pytest.raises(StudyError) as of_whole:
        ingest(codebook, export)
    given_before = []
    with pytest.raises(StudyError) as of_pieces:
        given_before += Reading(codebook, export, 10, folder)
    assert str(of_pieces.value) == str(of_whole.value)
    assert "rows 3, 8, 32" in str(of_whole.value)
    assert "'C0', row 37: the code 'A9' stands 1 time" in str(of_whole.value)
    assert sum(map(len, given_before)) < 37


def test_a_part_with_other_columns_is_named(small):
    document, rules, cells, folder = small
    codebook, export = wave(folder, document, rules, cells)
    cells.rename(columns={"C0": "C00"}).to_parquet(export / "part-2.parquet")
    with pytest.raises(StudyError, match=r"responses.parquet/part-2.parquet: its columns are not those"):
        list(Reading(codebook, export, 10, folder))


def test_nothing_stays_behind_where_the_disk_is_full(small, monkeypatch):
    document, rules, cells, folder = small
    codebook, export = wave(folder, document, rules, cells)
    before = set(folder.iterdir())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Buckets, "add", full)
    with pytest.raises(OSError, match="No space left"):
        list(Reading(codebook, export, 10, folder))
    assert set(folder.iterdir()) == before


@given(st.lists(st.integers(0, 50), max_size=30))
def test_the_median_of_counts_is_that_of_the_values(values):
    found, counts = np.unique(np.array(values, dtype=float), return_counts=True)
    expected = np.median(values) if values else np.nan
    assert median(found, counts) == pytest.approx(expected, nan_ok=True, abs=0)


def test_rows_that_are_alike_are_in_one_bucket_in_their_order(tmp_path):
    buckets = Buckets(4, tmp_path)
    for first in range(0, 100, 25):
        rows = pd.DataFrame(
            {"key": [f"k{i % 7}" for i in range(first, first + 25)], "row": range(first, first + 25)}
        )
        buckets.add(rows, ["key"])
    found = list(buckets)
    assert 1 < len(found) <= 4
    by_key = [set(bucket["key"]) for bucket in found]
    assert sum(map(len, by_key)) == len(set().union(*by_key)) == 7
    assert sorted(row for bucket in found for row in bucket["row"]) == list(range(100))
    assert all(rows["row"].is_monotonic_increasing for bucket in found for _, rows in bucket.groupby("key"))
    assert not list(tmp_path.iterdir())
