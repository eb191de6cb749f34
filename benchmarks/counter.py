"""One tool that counts 20 questions by 2 banners, in a process of its own: prints what it took as JSON.

    python counter.py make FOLDER ROWS      the responses: folders `categories` and `codes`
    python counter.py TOOL FOLDER           nsmo, cluster, polars, duckdb (and `replicates` of nsmo)

Runs in the environment of the tool, so it imports nothing of ours except for nsmo. What is timed starts at
the files and ends with the 40 tables in memory; importing is not timed.
"""

import hashlib
import json
import os
import resource
import sys
import time
from pathlib import Path

SEED = 20181123
QUESTIONS = {f"q{i:02}": 5 + i % 7 for i in range(28)}
BANNERS = {"b0": 12, "b1": 6}
ASKED = [(question, banner) for question in list(QUESTIONS)[:20] for banner in BANNERS]
NAMES = [*BANNERS, *list(QUESTIONS)[:20]]
#: Rows of a file, and of a part of it that is compressed on its own.
FILE, GROUP = 1_000_000, 250_000
#: Respondents who are read at once, as `pieces: rows` of params.yaml.
ROWS = 50_000


def make(folder, rows):
    """Answers at random to 28 questions and 2 banners, some of them missing, the same for the same number."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(SEED)
    for kind in ("categories", "codes"):
        (folder / kind).mkdir(parents=True)
    for first in range(0, rows, FILE):
        writers = {}
        for begin in range(first, min(first + FILE, rows), GROUP):
            size = min(GROUP, rows - begin)
            answers = {n: rng.integers(-1, k, size, dtype=np.int8) for n, k in (BANNERS | QUESTIONS).items()}
            kinds = {
                "categories": {
                    name: pd.Categorical.from_codes(code, list(map(str, range((BANNERS | QUESTIONS)[name]))))
                    for name, code in answers.items()
                },
                "codes": {name: pd.array(code, "Int8") for name, code in answers.items()},
            }
            for column in kinds["codes"].values():
                column[column == -1] = pd.NA
            for kind, columns in kinds.items():
                table = pa.Table.from_pandas(pd.DataFrame(columns), preserve_index=False)
                if kind not in writers:
                    writers[kind] = pq.ParquetWriter(
                        folder / kind / f"{first // FILE:05}.parquet", table.schema
                    )
                writers[kind].write_table(table)
        for writer in writers.values():
            writer.close()


def nsmo(folder):
    """Count as the stages do: parts of the responses as codes, then cells."""
    import tempfile
    from functools import partial

    from nsmo.runner.mapping import SCHEDULER_VARIABLE, reader
    from nsmo.study.pieces import Frames
    from nsmo.survey.cells import Cells

    if SCHEDULER_VARIABLE in os.environ:
        import distributed  # noqa: F401  # importing is not timed

    def run():
        each = reader(partial(print, file=sys.stderr))
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            frames = Frames(folder / "categories", ROWS).only(lambda names: NAMES)
            cells = Cells(frames, Path(scratch), each)
            found = list(cells.tables(ASKED, each))
            del cells
        return found

    def numbers(found):
        for frame, counts in found:
            yield zip(*(frame[name] for name in frame), counts, strict=True)

    return run, numbers


def bare(folder):
    """Load what reads parquet and counts, and do nothing with it: no program in Python takes less memory."""
    import numpy  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    return list, lambda found: []


def frames(folder):
    """Load pandas as well, whose frames are what comes out."""
    import pandas  # noqa: F401

    return bare(folder)


def polars(folder):
    """Count with its streaming engine, all tables in one go so that the files are read once."""
    import polars as pl

    def run():
        scan = pl.scan_parquet(str(folder / "*.parquet"))
        return pl.collect_all([scan.group_by(pair).len() for pair in ASKED], engine="streaming")

    return run, lambda found: (frame.rows() for frame in found)


def duckdb(folder):
    """Count with grouping sets, in one query."""
    import duckdb

    def run():
        sets = ", ".join(f"({question}, {banner})" for question, banner in ASKED)
        return duckdb.sql(
            f"select grouping({', '.join(NAMES)}), {', '.join(NAMES)}, count(*) "
            f"from '{folder}/*.parquet' group by grouping sets ({sets})"
        ).fetchall()

    def numbers(found):
        for pair in ASKED:
            places = [NAMES.index(name) for name in pair]
            ours = sum(1 << (len(NAMES) - 1 - i) for i in range(len(NAMES)) if i not in places)
            yield [(*(row[1 + i] for i in places), row[-1]) for row in found if row[0] == ours]

    return run, numbers


def replicates(folder):
    """Rake the cells of two margins and an answer, and 500 bootstrap replicates of them again."""
    import tempfile

    from nsmo.stats import SurveyDesign, calibrate, replicate_weights
    from nsmo.study.pieces import Frames
    from nsmo.survey.cells import Cells

    names = [*BANNERS, "q00"]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        cells = Cells(Frames(folder / "categories", ROWS).only(lambda all_names: names), Path(scratch))
        frame, counts = cells.of(names)
        del cells
    known = frame.notna().all(axis=1).to_numpy()
    design = SurveyDesign.of_cells(frame[known].reset_index(drop=True), counts[known])
    wanted = {
        name: {str(i): (1 + 0.15 * i / levels) * design.n / levels for i in range(levels)}
        for name, levels in BANNERS.items()
    }
    for name, target in wanted.items():
        scale = design.n / sum(target.values())
        wanted[name] = {key: value * scale for key, value in target.items()}

    def run():
        raked = calibrate(design, wanted, tol=1e-8)
        return replicate_weights(raked, "bootstrap", replicates=500, seed=1)

    return run, lambda found: []


def digest(tables):
    """Tell whether two tools counted the same: missing first, then by code."""
    found = []
    for pair, rows in zip(ASKED, tables, strict=False):
        found.append([*pair, sorted([_code(one), _code(other), int(n)] for one, other, n in rows)])
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def _code(value):
    """The number that a category is called by; -1 is missing."""
    return -1 if value is None or value != value else int(value)


def spent():
    """Seconds of the processor, of this process and of those it waited for."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def main():
    tool, folder = sys.argv[1], Path(sys.argv[2])
    if tool == "make":
        make(folder, int(sys.argv[3]))
        return
    run, numbers = globals()[tool](folder)
    began, cpu = time.perf_counter(), spent()
    found = run()
    took = {"seconds": time.perf_counter() - began, "processor": spent() - cpu}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counted = digest(numbers(found))
    print(json.dumps(took | {"megabytes": peak, "counts": counted, "pid": os.getpid()}))


if __name__ == "__main__":
    main()
