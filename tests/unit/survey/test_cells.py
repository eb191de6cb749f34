"""Numbers of respondents who are alike: the same whoever counts them, and however their file was cut."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nsmo.runner.mapping import in_threads
from nsmo.study.pieces import Frames
from nsmo.survey import cells
from nsmo.survey.cells import Cells

NAMES = ["one", "one.missing", "two", "yes", "year"]
ASKED = [
    ["one"],
    ["one", "two"],
    ["yes", "one"],
    NAMES,
    ["year"],
    ["two", "year"],
    ["one.missing", "yes", "two"],
]


def answers(seed: int, rows: int) -> pd.DataFrame:
    """Answers at random, some missing, of every kind that is counted; and a text, which is not."""
    rng = np.random.default_rng(seed)
    few, many = list("abc"), [f"o{i}" for i in range(300)]
    return pd.DataFrame(
        {
            "one": pd.Categorical.from_codes(rng.integers(-1, 3, rows), few, ordered=True),
            "one.missing": pd.Categorical.from_codes(rng.integers(-1, 1, rows), ["no_answer"]),
            "text": rng.integers(0, 9, rows).astype(str),
            "two": pd.Categorical.from_codes(rng.integers(-1, 300, rows), many),
            "yes": pd.array(rng.choice([True, False, None], rows), "boolean"),
            "year": pd.array(rng.choice([1990, 2000, 2010, None], rows), "Int64"),
        }
    )


def expected(frame: pd.DataFrame, names: list[str]) -> dict:
    counts = frame.groupby(names, dropna=False, observed=True).size()
    return {known(key if isinstance(key, tuple) else (key,)): n for key, n in counts.items()}


def known(key: tuple) -> tuple:
    return tuple(None if pd.isna(value) else value for value in key)


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 400),
    files=st.integers(1, 3),
    group=st.sampled_from([1, 7, 50, 1000]),
    cut=st.fixed_dictionaries(
        {
            "PART": st.sampled_from([1, 60, 10**6]),
            "READ": st.sampled_from([1, 5, 64, 10**6]),
            "BLOCK": st.sampled_from([3, 10**6]),
            "FEW": st.sampled_from([2, 33, 10**6]),
            "DENSE": st.sampled_from([0, 20, 1 << 16]),
            "TOGETHER": st.sampled_from([0, 20, 1 << 14]),
        }
    ),
    jobs=st.integers(1, 4),
)
def test_counts_are_those_of_pandas_whoever_counts(seed, rows, files, group, cut, jobs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wave")
    frame = answers(seed, rows)
    for i, some in enumerate(np.array_split(np.arange(rows), files)):
        table = pa.Table.from_pandas(frame.iloc[some], preserve_index=False)
        pq.write_table(table, folder / f"{i}.parquet", row_group_size=group)
    with pytest.MonkeyPatch.context() as patch:
        whole = list(Cells(Frames(folder, 10**6), folder).tables(ASKED))
        patch.setenv("NSMO_JOBS", str(jobs))
        for name, value in cut.items():
            patch.setattr(cells, name, value)
        cut_up = Cells(Frames(folder, 10**6), folder, in_threads, in_threads)
        assert cut_up.columns == NAMES
        for names, (cells_of, counts), (all_at_once, n) in zip(
            ASKED, cut_up.tables(ASKED), whole, strict=True
        ):
            pd.testing.assert_frame_equal(cells_of, all_at_once, check_exact=True)
            np.testing.assert_array_equal(counts, n)
            found = dict(zip(map(known, cells_of.itertuples(index=False, name=None)), counts, strict=True))
            assert found == expected(frame, names)


def test_of_nobody_there_are_no_cells(tmp_path):
    answers(1, 3)[:0].to_parquet(tmp_path / "none.parquet")
    found = Cells(Frames(tmp_path / "none.parquet", 9), tmp_path)
    assert found.respondents == 0
    for cells_of, counts in found.tables(ASKED):
        assert len(cells_of) == len(counts) == 0


def test_more_columns_than_an_array_has_dimensions_are_counted(tmp_path):
    frame = pd.DataFrame({f"c{i}": pd.Categorical(["a", None, "a"]) for i in range(80)})
    frame.to_parquet(tmp_path / "wide.parquet")
    rows, counts = Cells(Frames(tmp_path / "wide.parquet", 9), tmp_path).of(list(frame))
    assert rows["c79"].isna().tolist() == [True, False]
    assert counts.tolist() == [1, 2]
