"""Counts of large waves beside other tools and on a cluster, in one run: a part of ``make bench-scale``.

20 questions by 2 banners of a folder of parquet, by the functions with which topline and cross-tables count a
large wave; beside polars (its streaming engine) and duckdb, each in an environment of its own, and by two
workers of Dask on this machine. All take turns, each in a process of its own, and must count the same. Ours
has the environment of a stage. Keeps what was measured in benchmarks/out/counting.json, from which scale.py
writes the table.

    python benchmarks/counting.py                        1e6 and 1e7 responses, five rounds
    python benchmarks/counting.py --sizes 100000000 --rounds 1 --ways nsmo
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from run import HERE, install

from nsmo.runner.mapping import SCHEDULER_VARIABLE
from nsmo.runner.process import environment

KEPT = HERE / "out" / "counting.json"
#: Each way of counting: the tool, and which of the two folders it reads.
WAYS = {
    "nsmo": ("nsmo", ""),
    "nsmo, two workers of Dask": ("nsmo", ""),
    "polars, streaming": ("polars", "categories"),
    "polars, streaming, from numbers": ("polars", "codes"),
    "duckdb": ("duckdb", "categories"),
    "500 replicates of the cells": ("replicates", ""),
    "numpy and pyarrow, loaded": ("bare", ""),
    "numpy, pyarrow and pandas, loaded": ("frames", ""),
}
OURS = ("nsmo", "replicates", "bare", "frames")
BARE, FRAMES = "numpy and pyarrow, loaded", "numpy, pyarrow and pandas, loaded"
NSMO, CLUSTER, REPLICATES = "nsmo", "nsmo, two workers of Dask", "500 replicates of the cells"
POLARS = ("polars, streaming", "polars, streaming, from numbers")
PEERS = ("polars", "duckdb")


def pythons() -> dict[str, tuple[str, str]]:
    """The interpreter and the version of each tool that can be had."""
    found = {name: (sys.executable, version("nsmo")) for name in OURS}
    for package in PEERS:
        python = HERE / f".venv-{package}" / "bin" / "python"
        if (failure := install(package, python)) is not None:
            print(f"{package}: left out, it cannot be installed here ({failure})", flush=True)
            continue
        code = f"from importlib.metadata import version; print(version({package!r}))"
        shown = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
        found[package] = (str(python), shown.stdout.strip())
    return found


def count(python: str, tool: str, folder: Path, scheduler: str = "") -> dict:
    """Run a tool once."""
    variables = {name: value for name, value in os.environ.items() if name != SCHEDULER_VARIABLE}
    if tool in OURS:
        variables |= environment(HERE.parent)
    if scheduler:
        variables[SCHEDULER_VARIABLE] = scheduler
    done = subprocess.run(
        [python, HERE / "counter.py", tool, folder], capture_output=True, text=True, env=variables
    )
    if done.returncode:
        sys.exit(f"{tool} failed:\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


@contextmanager
def cluster() -> Iterator[tuple[str, list[int]]]:
    """Start a scheduler and two workers; give its address and their processes."""
    with tempfile.TemporaryDirectory() as made:
        file, started = Path(made) / "scheduler.json", []

        def start(what: str, *options: str) -> None:
            command = [sys.executable, "-m", "dask", what, "--scheduler-file", str(file), "--no-dashboard"]
            with (Path(made) / "log").open("ab") as log:
                started.append(subprocess.Popen([*command, *options], stdout=log, stderr=log, cwd=made))

        try:
            start("scheduler", "--port", "0", "--host", "127.0.0.1")
            while not file.exists():
                time.sleep(0.1)
            for _ in range(2):
                preload = ("--preload", "nsmo.survey.cells")  # importing is not timed
                start("worker", "--no-nanny", "--nthreads", "1", "--host", "127.0.0.1", *preload)
            address = json.loads(file.read_text())["address"]
            from distributed import Client

            with Client(address, set_as_default=False) as client:
                client.wait_for_workers(2, timeout=120)
            yield address, [one.pid for one in started[1:]]
        finally:
            for one in started:
                one.kill()
                one.wait()


def of_workers(processes: list[int]) -> tuple[float, float]:
    """Seconds of the processor and most megabytes of processes that go on."""
    ticks, peaks = 0, []
    for pid in processes:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        peaks.append(next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")))
    return ticks / os.sysconf("SC_CLK_TCK"), max(peaks)


def measure(rows: int, rounds: int, wanted: set[str], found: dict[str, tuple[str, str]]) -> dict:
    """Let the ways of counting take turns."""
    measured: dict[str, list[dict]] = {}
    with tempfile.TemporaryDirectory(prefix="nsmo-counting-", dir=HERE / "out") as made, cluster() as there:
        folder, (address, workers) = Path(made) / "responses", there
        subprocess.run([sys.executable, HERE / "counter.py", "make", folder, str(rows)], check=True)
        for _ in range(rounds):
            for way, (tool, part) in WAYS.items():
                if tool not in found or (wanted and way not in wanted):
                    continue
                before = of_workers(workers)
                took = count(found[tool][0], tool, folder / part, address if way == CLUSTER else "")
                if way == CLUSTER:
                    cpu, peak = of_workers(workers)
                    took |= {"processor": took["processor"] + cpu - before[0], "megabytes": peak}
                print(
                    f"{rows:>11,} {way:<32} {took['seconds']:>7.2f} s {took['processor']:>7.2f} s of the "
                    f"processor {took['megabytes']:>6.0f} MB",
                    flush=True,
                )
                measured.setdefault(way, []).append(took)
    uncounted = (REPLICATES, BARE, FRAMES)
    counts = {one["counts"] for way, turns in measured.items() if way not in uncounted for one in turns}
    if len(counts) > 1:
        sys.exit("they did not count the same")
    return {
        way: {
            what: statistics.median(one[what] for one in turns)
            for what in ("seconds", "processor", "megabytes")
        }
        | {"clock": [round(one["seconds"], 3) for one in turns]}
        for way, turns in measured.items()
    }


def kept() -> dict:
    """Return what was measured so far."""
    return json.loads(KEPT.read_text()) if KEPT.exists() else {}


def main() -> None:
    """Measure, and keep what was found."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--sizes", default="1000000,10000000")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--ways", default="", help="some of the ways, with semicolons")
    given = options.parse_args()
    KEPT.parent.mkdir(exist_ok=True)
    found = pythons()
    for rows in map(int, given.sizes.split(",")):
        wanted = {name for name in given.ways.split(";") if name}
        measured = measure(rows, given.rounds, wanted, found)
        everything = kept()
        everything.setdefault("versions", {}).update({tool: shown for tool, (_, shown) in found.items()})
        # Ratios are of one run: what an earlier one measured at this size goes.
        everything.setdefault("sizes", {})[str(rows)] = measured
        KEPT.write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
