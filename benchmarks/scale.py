"""Time and memory of every stage as the number of responses grows: ``make bench-scale``.

Each size is a throw-away copy of the checkout, in which responses drawn from those of the newest wave take
their place, as if they were real: the same questionnaire, rules and margins, more people. Each stage is run
as the pipeline runs it, in a process of its own. Seconds are those of the processor, its children's too,
which a busy machine leaves as they are; memory is the largest that one process of the stage had. Writes
benchmarks/scale.md, and keeps what was measured in benchmarks/out/scale.json, so that sizes and stages can be
measured one after the other.

    python benchmarks/scale.py --sizes 1000,10000,100000
    python benchmarks/scale.py --sizes 1000000 --stages ingest,clean,weight,trend,topline,crosstabs
    python benchmarks/scale.py --table          write scale.md from what was kept
"""

import argparse
import json
import math
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import counting
import numpy as np
import pandas as pd
import yaml
from run import HERE, cpu, memory
from targets import beside, judged

from nsmo.runner.declarations import Declaration, declarations
from nsmo.study import load_codebook
from nsmo.study.cells import normal_column
from nsmo.study.ensemble import COLUMNS, FILE
from nsmo.study.paths import REFERENCE

ROOT = HERE.parent
KEPT = HERE / "out" / "scale.json"
SEED = 20181123
#: Responses are written in pieces of so many rows, so that the generator needs no memory of its own.
PIECE = 100_000
#: An export of more responses is a folder of parquet files, as large ones come, so that it is read in pieces.
TEXT = 100_000
#: Of a hundred people so many give the name of an organisation that took part before.
AGAIN = 1


def copy(target: Path) -> None:
    """Copy what is in git, as it stands in the working tree, without results."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if name.startswith(("data/processed/", "reports/", "tests/", "docs/")) or name == "dvc.lock":
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)


def as_real(folder: Path) -> None:
    """Take the answers of a wave for real ones: of a reconstruction, tests and classes are left out."""
    path = folder / "questionnaire.yaml"
    path.write_text(path.read_text("utf-8").replace("provenance: reconstructed", "provenance: real"), "utf-8")
    (folder / FILE).write_text(",".join(COLUMNS) + "\n", "utf-8")
    (folder / REFERENCE).write_text("", "utf-8")


def draw(folder: Path, n: int) -> Iterator[pd.DataFrame]:
    """Draw `n` responses from those of a wave, always the same for the same number, in pieces.

    Every row is one of the wave's, drawn with replacement, with an id and a duration of its own, and most
    with a name of their own: repeated answers are people alike, not one person.
    """
    codebook = load_codebook(folder, ["questionnaire.yaml"])
    source = codebook.source
    path = folder / source.file
    rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding=source.encoding, sep=source.delimiter)
    names = [normal_column(q.column) for q in codebook.questions if q.type == "text" and q.identifying]
    rng = np.random.default_rng(SEED)
    for first in range(0, n, PIECE):
        count = min(PIECE, n - first)
        drawn = rows.iloc[rng.integers(len(rows), size=count)].reset_index(drop=True)
        number = pd.Series(np.arange(first + 1, first + count + 1)).astype(str)
        drawn[source.key] = number
        if source.paradata.token:
            drawn[source.paradata.token] = "t" + number
        if source.paradata.duration:
            longer = np.exp(rng.normal(0, 0.3, count))
            seconds = pd.to_numeric(drawn[source.paradata.duration].str.replace(source.decimal, "."))
            told = (seconds * longer).map(lambda x: f"{x:.2f}".replace(".", source.decimal))
            drawn[source.paradata.duration] = told.where(seconds.notna(), "")
        for name in names:
            own = (drawn[name] != "") & (rng.integers(100, size=count) >= AGAIN)
            drawn[name] = drawn[name].where(~own, drawn[name] + " " + number)
        yield drawn


def place(folder: Path, n: int) -> str:
    """Put the responses that are drawn in the place of those of a wave; return the name of the export."""
    source = load_codebook(folder, ["questionnaire.yaml"]).source
    pieces = draw(folder, n)
    if n <= TEXT:
        for drawn in pieces:
            drawn.to_csv(
                folder / source.file, index=False, quoting=1, sep=source.delimiter, encoding=source.encoding
            )
        return source.file
    export = folder / "responses.parquet"
    export.mkdir()
    for i, drawn in enumerate(pieces):
        drawn.to_parquet(export / f"part-{i:05}.parquet")
    path = folder / "questionnaire.yaml"
    document = yaml.safe_load(path.read_text("utf-8"))
    document["source"] |= {"file": export.name, "format": "parquet"}
    for key in ("encoding", "delimiter"):
        document["source"].pop(key, None)
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), "utf-8")
    (folder / source.file).unlink()
    return export.name


def run(folder: Path, stage: Declaration, minutes: float, gigabytes: float) -> dict[str, object]:
    """Run a stage, and tell its seconds, megabytes and how it ended."""

    def limits() -> None:
        os.nice(10)
        resource.setrlimit(resource.RLIMIT_DATA, (int(gigabytes * 2**30),) * 2)

    variables = {k: v for k, v in os.environ.items() if not k.startswith(("NSMO_", "DVC_", "MAKE", "MFLAGS"))}
    with tempfile.TemporaryFile("w+") as told:
        child = subprocess.Popen(
            [sys.executable, "-m", "nsmo", "run", stage.name, "--wave", stage.wave],
            cwd=folder,
            env=variables | {"PYTHONPATH": str(folder / "src")},
            stdout=told,
            stderr=subprocess.STDOUT,
            preexec_fn=limits,
        )
        began = time.monotonic()
        ended = "done"
        while True:
            pid, status, used = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - began > 60 * minutes:
                child.terminate()
                ended = f"stopped after {minutes:g} minutes"
                _, status, used = os.wait4(child.pid, 0)
                break
            time.sleep(0.05)
        child.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        text = told.read().strip()
    if ended == "done" and child.returncode:
        line = next((line for line in reversed(text.splitlines()) if line.strip()), "")
        ended = f"failed: {line[:200]}"
        print(text[-3000:], file=sys.stderr)
    return {
        "seconds": round(used.ru_utime + used.ru_stime, 2),
        "megabytes": round(used.ru_maxrss / 1024, 1),
        "ended": ended,
    }


def measure(n: int, wanted: set[str], minutes: float, gigabytes: float, kept: dict) -> None:
    """Run the wanted stages, and what they need, on `n` responses."""
    with tempfile.TemporaryDirectory(prefix="nsmo-scale-") as made:
        folder = Path(made)
        copy(folder)
        stages = list(declarations(folder))
        wave = stages[-1].wave
        as_real(folder / "data" / "raw" / wave)
        params = yaml.safe_load((folder / "params.yaml").read_text("utf-8"))
        params["waves"]["ingest"][wave] = place(folder / "data" / "raw" / wave, n)
        (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
        for stage in (one for one in stages if one.wave == wave and (not wanted or one.name in wanted)):
            found = run(folder, stage, minutes, gigabytes)
            kept |= read()  # of a run beside this one, too
            kept.setdefault(str(n), {})[stage.name] = found
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(json.dumps(kept, indent=1))
            cost = f"{found['seconds']:>8} s {found['megabytes']:>8} MB"
            print(f"{n:>9,} {stage.name:<16} {cost} {found['ended']}", flush=True)


def read() -> dict:
    """Return what was measured so far."""
    return json.loads(KEPT.read_text()) if KEPT.exists() else {}


def table(kept: dict) -> str:
    """Write what was measured: seconds and memory by stage and size, and how they grow."""
    sizes = sorted(map(int, kept))
    names = list(dict.fromkeys(stage for n in sizes for stage in kept[str(n)]))

    def cell(stage: str, n: int, what: str) -> str:
        found = kept[str(n)].get(stage)
        if found is None:
            return ""
        if found["ended"] != "done":
            return found["ended"].split(":")[0]
        return f"{found[what]:,.1f}" if what == "seconds" else f"{found[what]:,.0f}"

    def growth(stage: str, what: str) -> str:
        there = [n for n in sizes if kept[str(n)].get(stage, {}).get("ended") == "done"]
        steps = []
        for small, large in pairwise(there):
            one, other = (kept[str(n)][stage][what] for n in (small, large))
            steps.append(f"{math.log(other / one) / math.log(large / small):.2f}")
        return ", ".join(steps)

    lines = []
    for what, title in (("seconds", "Seconds of the processor"), ("megabytes", "Memory, MB")):
        head = " | ".join(f"{n:,}" for n in sizes)
        lines += [
            "",
            f"## {title}",
            "",
            f"| stage | {head} | exponents |",
            "|---|" + "---:|" * (len(sizes) + 1),
        ]
        for stage in names:
            cells = " | ".join(cell(stage, n, what) for n in sizes)
            lines.append(f"| {stage} | {cells} | {growth(stage, what)} |")
    return "\n".join(lines)


#: What the columns up to 100,000 are.
BEFORE = """
Columns up to 100,000 were measured before stages worked from cells, and in memory, so the exponent from
100,000 to 1,000,000 compares two ways of working: it is no rate of growth.
"""


def main() -> None:
    """Measure, and write what was found."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--sizes", default="1000,10000,100000")
    options.add_argument("--stages", default="", help="some of the stages, with commas")
    options.add_argument("--minutes", type=float, default=20, help="a stage that takes longer is stopped")
    options.add_argument("--memory", type=float, default=12, help="a process gets so many GB")
    options.add_argument("--table", action="store_true", help="measure nothing")
    given = options.parse_args()
    kept = read()
    if not given.table:
        wanted = {name for name in given.stages.split(",") if name}
        for n in map(int, given.sizes.split(",")):
            measure(n, wanted, given.minutes, given.memory, kept)
    tools = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "pyarrow"))
    text = f"""# How stages grow with the number of responses

Written by `make bench-scale`, not by hand. One machine: {cpu()}, {os.cpu_count()} cores,
{memory()} of memory. Python {platform.python_version()}, {tools}. Responses are drawn from those of the
newest wave and taken for real ones, with the same questionnaire, rules and margins. An exponent of 1 is
growth with the number of responses, of 0 none at all; what a stage costs with hardly any response, its
imports and its page, keeps small ones below 1. Above {TEXT:,} responses the export is a folder of parquet,
and ingest and clean work in pieces (`pieces:` of params.yaml). Above `cells: stream_above:` respondents
weight, trend, topline, crosstabs, importance and goals work from numbers of those who are alike, and
fieldwork reads in pieces; the other stages hold the wave in memory. The drawn answers repeat those of the
wave, so there are fewer different respondents than in life: cells of everything at once are flattered by it,
cells of a few variables, as these stages use, hardly.
Sizes and stages may come from several runs, on a machine that others use as well.
"""
    counted = counting.kept()
    text += judged(kept, counted) + beside(counted) + BEFORE + table(kept) + "\n"
    (HERE / "scale.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
