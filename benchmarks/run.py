"""Time and memory of the statistics beside other tools, measured in one run: ``make bench``.

Each measurement is a process of its own. Tools take turns (round after round), so that a busy moment of the
machine hits all alike; reported are medians over all runs of all rounds. Other packages are installed in
environments of their own under benchmarks/.venv-<tool>; one that cannot be installed is left out, and so is R
where it is not present. Writes benchmarks/results.md.

    python benchmarks/run.py            all of it (about half an hour)
    python benchmarks/run.py --quick    up to 100,000 rows, one round; prints, writes nothing
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from worker import LEVELS, sample

HERE = Path(__file__).parent
PACKAGES = ("svy", "weightipy", "balance")
TIMEOUT = 900
# Rows at which a tool is tried; the larger ones take minutes to hours or more memory than a laptop has.
PLAN = {
    "rake": {
        "nsmo": [10**3, 10**4, 10**5, 10**6, 10**7],
        "svy": [10**3, 10**4, 10**5, 10**6, 10**7],
        "weightipy": [10**3, 10**4, 10**5, 10**6, 10**7],
        "balance": [10**3, 10**4, 10**5, 10**6],
        "R calibrate": [10**3, 10**4, 10**5, 10**6],
        "R rake": [10**3, 10**4, 10**5, 10**6],
    },
    "replicates": {
        "nsmo": [10**3, 10**4, 10**5],
        "nsmo, rows": [10**3, 10**4, 10**5],
        "svy": [10**3, 10**4, 10**5],
        "R calibrate": [10**3, 10**4],
    },
    "proportions": {"nsmo": [10**6], "svy": [10**6]},
}
TITLES = {
    "rake": "Raking three margins (12, 6 and 4 categories) to a relative misfit of 1e-8",
    "replicates": "500 bootstrap replicates, raked again in each, and the standard error of a share",
    "proportions": "20 proportions by 10 groups, with standard errors and intervals",
}


def environments():
    """Python of each tool that can be had, and its version."""
    found = {"nsmo": (sys.executable, version("nsmo"))}
    for package in PACKAGES:
        python = HERE / f".venv-{package}" / "bin" / "python"
        if (failure := install(package, python)) is not None:
            print(f"{package}: left out, it cannot be installed here ({failure})", flush=True)
            continue
        shown = subprocess.run(
            [python, "-c", f"from importlib.metadata import version; print(version({package!r}))"],
            capture_output=True,
            text=True,
            check=True,
        )
        found[package] = (str(python), shown.stdout.strip())
    rscript = shutil.which("Rscript")
    if rscript and subprocess.run([rscript, "-e", "library(survey)"], capture_output=True).returncode == 0:
        found["R"] = (rscript, None)
    else:
        print("R with the package survey is not present: left out")
    return found


def install(package, python):
    """Into an environment of its own, by uv where that is present, else by pip; what went wrong, or None."""
    folder = python.parent.parent
    uv = shutil.which("uv")
    if uv:
        make = [uv, "venv", "-q", "--python", sys.executable, folder]
        add = [uv, "pip", "install", "-q", "--python", python, package]
    else:
        make = [sys.executable, "-m", "venv", "--clear", folder]
        add = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", package]
    if not python.exists():
        print(f"{package}: installing in {folder.relative_to(HERE.parent)} …", flush=True)
    elif importable(python, package):
        return None
    else:
        shutil.rmtree(folder)  # left behind half done
    for command in (make, add):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            said = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
            return next((line.strip() for line in said if "error" in line.lower()), said[-1].strip())
    return None


def importable(python, package):
    done = subprocess.run([python, "-c", f"import {package}"], capture_output=True)
    return done.returncode == 0


def write_for_r(rows, folder):
    """The same data for R: codes as 32-bit integers, targets as text."""
    codes, targets, rng = sample(rows)
    for name in LEVELS:
        codes[name].astype(np.int32).tofile(folder / name)
        (folder / f"{name}.txt").write_text("\n".join(f"{t:.17g}" for t in targets[name].values()))
    (rng.uniform(size=rows) < 0.3).astype(np.int32).tofile(folder / "answer")


def measure(tool, task, rows, repeats, found):
    """One process; None where the tool fails or takes too long."""
    if tool.startswith("R "):
        if "R" not in found:
            return None
        with tempfile.TemporaryDirectory() as folder:
            write_for_r(rows, Path(folder))
            kind = "ipf" if tool == "R rake" else task
            return finish([found["R"][0], HERE / "worker.R", kind, folder, str(repeats)])
    name, _, variant = tool.partition(", ")
    if name not in found:
        return None
    function = f"{name}_{variant}" if variant else name
    return finish([found[name][0], HERE / "worker.py", function, task, str(rows), str(repeats)])


def finish(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode:
        print("failed:", " ".join(map(str, command[1:])), done.stderr.strip().splitlines()[-1:], flush=True)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def cpu():
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def memory():
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"


def seconds(value):
    return f"{value * 1000:.3g} ms" if value < 1 else f"{value:.3g} s"


def times(ratio):
    return f"{ratio:,.0f}×" if ratio >= 100 else f"{ratio:.3g}×"


def table(task, results):
    tools = list(PLAN[task])
    sizes = sorted({rows for t, rows in results if results[t, rows]})
    lines = ["| rows | " + " | ".join(tools) + " |", "|---:|" + "---|" * len(tools)]
    for rows in sizes:
        ours = results.get(("nsmo", rows))
        cells = []
        for tool in tools:
            found = results.get((tool, rows))
            if not found:
                cells.append("–")
                continue
            text = f"{seconds(found['median'])}, {found['peak'] / 2**20:.2f} GB"
            if tool != "nsmo" and ours:
                text += f" · {times(found['median'] / ours['median'])}"
            cells.append(text)
        lines.append(f"| {rows:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def verdicts(results):
    """The targets, and whether this run met them."""

    def ratio(task, rows, other, what="median"):
        a, b = results[task].get(("nsmo", rows)), results[task].get((other, rows))
        return b[what] / a[what] if a and b else None

    slowest = [ratio(task, 1000, "svy") for task in ("rake", "replicates")]
    memory_share = ratio("replicates", 10**5, "svy", "added")
    checks = [
        ("raking at 1,000,000: 40 × svy", ratio("rake", 10**6, "svy"), 40),
        ("raking at 1,000,000: 1,000 × R (calibrate)", ratio("rake", 10**6, "R calibrate"), 1000),
        ("replicates at 100,000: 25 × svy", ratio("replicates", 10**5, "svy"), 25),
        ("replicates at 100,000: a quarter of svy's added memory", memory_share, 4),
        ("nothing slower than svy at 1,000", min((r for r in slowest if r), default=None), 1),
    ]
    lines = ["| target | measured | |", "|---|---|---|"]
    for text, value, wanted in checks:
        if value is None:
            lines.append(f"| {text} | not measured | |")
        else:
            lines.append(f"| {text} | {times(value)} | {'met' if value >= wanted else '**missed**'} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="up to 100,000 rows, one round, nothing written")
    parser.add_argument("--rounds", type=int, default=3, help="how often the tools take turns (3)")
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    found = environments()
    load = os.getloadavg()[0]
    r_version = None
    results = {}
    for task, tools in PLAN.items():
        runs = {}
        for _ in range(rounds):
            for rows in sorted({rows for sizes in tools.values() for rows in sizes}):
                if options.quick and rows > 10**5:
                    continue
                repeats = 7 if rows < 10**7 else 3
                for tool, sizes in tools.items():
                    failed = runs.get((tool, rows)) == "failed"
                    if rows not in sizes or failed:
                        continue
                    few = 1 if tool.startswith("R ") and rows >= 10**5 else repeats
                    one = measure(tool, task, rows, few, found)
                    if one is None:
                        runs[tool, rows] = "failed"
                        continue
                    r_version = (one["R"], one["version"]) if "R" in one else r_version
                    runs.setdefault((tool, rows), []).append(one)
                    print(task, tool, f"{rows:,}", seconds(statistics.median(one["seconds"])), flush=True)
        results[task] = {
            key: None
            if parts == "failed"
            else {
                "median": statistics.median(s for part in parts for s in part["seconds"]),
                "peak": statistics.median(part["peak"] for part in parts),
                "added": max(1, statistics.median(part["peak"] - part["prepared"] for part in parts)),
                "result": parts[0]["result"],
            }
            for key, parts in runs.items()
        }
    versions = [f"{name} {v}" for name, (_, v) in found.items() if v]
    versions += [f"{p} {version(p)}" for p in ("numpy", "scipy", "pandas")] + [
        f"Python {platform.python_version()}"
    ]
    if r_version:
        versions.append(f"R {r_version[0]} with survey {r_version[1]}")
    reached = [
        f"{tool} {results['rake'][tool, rows]['result']:.1g}"
        for tool in PLAN["rake"]
        if (rows := 10**5) and results["rake"].get((tool, rows))
    ]
    text = f"""# How fast the statistics are

Written by `make bench`, not by hand. One run on one machine: {cpu()}, {os.cpu_count()} cores,
{memory()} of memory.
{", ".join(versions)}.
Load of the machine when it began: {load:.1f} (0 is idle; ratios are fair under load, times are not).

Each cell: median time, peak memory of the process, and how many times the time of nsmo. Every measurement
is a process of its own; tools take turns in {rounds} rounds. Timed from the tool's own data frame, already in
memory, to weights or estimates, designs included. "–": not tried at this size, not installed, or failed.

## {TITLES["rake"]}

{table("rake", results["rake"])}

Largest relative misfit reached at 100,000 rows: {", ".join(reached)}.
R's `rake` and some Python packages stop by criteria of their own; balance rounds the targets.

## {TITLES["replicates"]}

{table("replicates", results["replicates"])}

"nsmo" collapses to cells first: without strata and clusters, with equal base weights and only categorical
variables, a bootstrap is a multinomial over cells. "nsmo, rows" keeps the rows, as any design needs.

## {TITLES["proportions"]}

{table("proportions", results["proportions"])}

## Targets

{verdicts(results)}
"""
    print(text)
    if not options.quick:
        (HERE / "results.md").write_text(text)


if __name__ == "__main__":
    main()
