"""Responses in pieces: whatever the questionnaire, its rules and the pieces, what comes out is the same."""

import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_waves import answers, questionnaire, wave

from nsmo.stages.clean import Cleaning
from nsmo.stages.ingest import Reading, ingest
from nsmo.stats.median import Middle
from nsmo.study import StudyError
from nsmo.study.pieces import Buckets, Frames, write_pieces

THRESHOLDS = {"min_last_page": 2, "speeder_ratio": 0.4, "straightline_items": 2}


@pytest.fixture(autouse=True)
def short_groups(monkeypatch):
    """Several groups of rows in a file, and several writes to a bucket, of few responses."""
    monkeypatch.setattr("nsmo.study.pieces.GROUP", 20)
    monkeypatch.setattr("nsmo.study.pieces.WAITING", 10)


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
    pd.testing.assert_frame_equal(one_log["exclusions"], many_log["exclusions"], check_dtype=False)
    texts = [log["recodes"].sort_values([*log["recodes"]], ignore_index=True) for log in (one_log, many_log)]
    pd.testing.assert_frame_equal(*texts, check_dtype=False)
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


def test_pieces_in_which_nobody_said_who_they_are_have_no_duplicates(small):
    document, _, cells, folder = small
    rules = {"cleaning": {"rules": [{"name": "again", "kind": "duplicate", "by": ["q0"], "reason": "Again"}]}}
    nobody = cells.assign(C0="", C0_other="")
    codebook, export = wave(folder, document, rules | {"privacy": {"min_givers": 3}}, nobody)
    write_pieces(iter(Reading(codebook, export, 10, folder)), folder / "coded.parquet")
    found, staying, _ = cleaned(codebook, folder / "coded.parquet", 10, folder)
    assert len(staying) == len(cells)
    assert found.flow["removed"].tolist() == [0, 0]


def test_a_wave_without_rules_keeps_everybody(small):
    document, _, cells, folder = small
    codebook, export = wave(folder, document, {"cleaning": {"rules": []}}, cells)
    write_pieces(iter(Reading(codebook, export, 10, folder)), folder / "coded.parquet")
    found, staying, _ = cleaned(codebook, folder / "coded.parquet", 10, folder)
    assert len(staying) == len(cells)
    assert found.flow["remaining"].tolist() == [len(cells)]


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


def test_values_that_cannot_be_read_are_counted_once_in_whatever_pieces_they_stand(small):
    document, rules, cells, folder = small
    cells["C0"] = [f"A{90 + row % 13}" if row < 30 else "" for row in range(len(cells))]
    cells.loc[[3, 9, 22, 38], "id"] = ["r8", "r8", "", ""]
    for name in "abcdef":
        cells.loc[[ord(name) - 86, ord(name) - 76], "id"] = name
    codebook, export = wave(folder, document, rules, cells)
    with pytest.raises(StudyError) as of_whole:
        ingest(codebook, export)
    on_disk = []
    with pytest.raises(StudyError) as of_pieces:
        list(Reading(codebook, export, 10, folder, lambda *_: on_disk.extend(folder.glob("tmp*/*/*.arrow"))))
    assert {file.parent.name for file in on_disk} == {"ids", "values"}, "neither is held in memory"
    assert str(of_pieces.value) == str(of_whole.value)
    assert "8 more values in the column of" in str(of_whole.value)
    assert "3 more ids stand on several rows" in str(of_whole.value)


def test_one_broken_row_among_many_pieces_is_named_as_in_a_small_file(small):
    document, rules, cells, folder = small
    many = pd.concat([cells] * 50, ignore_index=True)
    many["id"] = [f"r{i}" for i in range(len(many))]
    said = []
    for place, frame, rows in ((6, cells, None), (1986, many, 13)):
        frame.loc[place, "C0"] = "A9"
        codebook, export = wave(folder / str(place), document, rules, frame)
        with pytest.raises(StudyError) as broken:
            list(Reading(codebook, export, rows, folder))
        said.append(str(broken.value))
    assert "row 7: the code 'A9' stands 1 time" in said[0]
    assert said[1] == said[0].replace("row 7:", "row 1987:")


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


NUMBERS = st.one_of(st.integers(-3, 3), st.floats(allow_nan=False, allow_infinity=False), st.just(np.nan))


@given(st.lists(NUMBERS, max_size=30), st.integers(1, 7))
def test_the_median_of_parts_is_that_of_the_whole(values, size):
    values, middle = np.array(values, dtype=float), Middle()
    while not middle.found:
        for first in range(0, len(values), size):
            middle.add(values[first : first + size])
        middle.narrow()
    known = np.sort(values[~np.isnan(values)])
    expected = np.mean(known[[(len(known) - 1) // 2, len(known) // 2]]) if len(known) else np.nan
    np.testing.assert_equal(middle.value, expected)


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


def test_rows_that_are_alike_can_be_scattered_so_that_no_bucket_is_long(tmp_path):
    buckets = Buckets(4, tmp_path)
    for _ in range(5):
        buckets.scatter(pd.DataFrame({"answer": pd.Categorical(["yes"] * 79 + ["no"], ["yes", "no"])}))
    found = list(buckets)
    assert sum(map(len, found)) == 400
    assert max(map(len, found)) <= 110
    assert sum((bucket["answer"] == "no").sum() for bucket in found) == 5
