"""What `make report` costs by itself when there are many waves: ``make bench-waves``.

A throw-away copy of the pipeline gets so many waves with all of its stages. Their results are small files,
recorded by DVC as if each stage had written them. So a call finds nothing to do, and all the time that it
takes is its own. Then all are recorded as if they had just run. Writes benchmarks/waves.md.

    python benchmarks/waves.py [--waves 4,8,16,32]
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
from importlib.metadata import version
from pathlib import Path

import yaml
from run import HERE, cpu, memory

from nsmo.runner.declarations import declarations, needs

ROOT = HERE.parent
STATUS = ("dvc", "status", "--quiet")
#: What `make report` does about stages that have run; prints its processor time, and the part without DVC.
RECORD = """
import time
from pathlib import Path
from nsmo.pipeline.kept import Kept
from nsmo.pipeline.record import Record
from nsmo.runner.declarations import declarations
from nsmo.runner.inputs import fingerprint

folder, own = Path.cwd(), 0.0
began = time.process_time()
stages = list(declarations(folder))
record = Record(folder, [f"{one.name}@{one.wave}" for one in stages])
kept = Kept(folder, folder / ".dvc/cache/files/md5")
for one in stages:
    start = time.process_time()
    before, after = fingerprint(folder, one), fingerprint(folder, one)
    kept.keep(one, before, {})
    own += time.process_time() - start
    record.commit(one, after)
    record.write(now=False)
record.write(now=True)
print(time.process_time() - began - own, own)
"""
CODE = (".dvcignore", "src", "notebooks", "dvc.yaml", "params.yaml", "requirements.lock", "pyproject.toml")


def project(folder: Path, waves: int) -> int:
    """Lay out a pipeline of so many waves whose results are all there; return the number of its stages."""
    for name in CODE:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    params = yaml.safe_load((folder / "params.yaml").read_text("utf-8"))
    names = [f"w{number:03}" for number in range(waves)]
    for stage, listed in params["waves"].items():
        # Of a mapping each wave has what the wave of the study has, under its own name.
        own = str(listed["2018"]) if isinstance(listed, dict) else ""
        params["waves"][stage] = {one: own.replace("2018", one) for one in names} if own else names
    for section in ("bounds", "claims"):
        for key, value in params[section].items():
            if isinstance(value, dict) and "2018" in value:
                params[section][key] = {name: [] for name in names}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    stages = {f"{one.name}@{one.wave}": one for one in declarations(folder)}
    made = {out.path for one in stages.values() for out in one.outs}
    for path in made:
        _written(folder / path, path)
    for path in {dep for one in stages.values() for dep in one.deps} - made:
        if not (folder / path).exists():
            _written(folder / path, path)
    environment = _environment(folder)
    for command in ("git init --quiet", "dvc init --quiet", "dvc commit --force --quiet"):
        subprocess.run(command.split(), cwd=folder, env=environment, check=True)
    assert all(needs(stages)[f"publish@{one}"] for one in names)
    return len(stages)


def _written(path: Path, text: str) -> None:
    """Write a small file, or a folder with one; which of them it is shows in the name."""
    target = path if path.suffix else path / "table.csv"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(text) + "\n")


def _environment(folder: Path) -> dict[str, str]:
    own = {k: v for k, v in os.environ.items() if not k.startswith(("NSMO_", "DVC_", "MAKE", "MFLAGS"))}
    return own | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "src"),
        "DVC_SITE_CACHE_DIR": str(folder / ".dvc" / "tmp" / "site"),
        "DVC_NO_ANALYTICS": "1",
    }


def measure(folder: Path, *command: str) -> float:
    """Processor time of a call, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=folder, env=_environment(folder), capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)} stopped:\n{done.stdout}{done.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def record(folder: Path) -> list[float]:
    """Processor time of recording all stages as if they had just run: by DVC, and without it."""
    (folder / "dvc.lock").unlink()
    done = subprocess.run(
        [sys.executable, "-c", RECORD],
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return [float(seconds) for seconds in done.stdout.split()]


def exponent(rows: list[tuple[int, float, float, float, float]], column: int) -> float:
    """With which power of the number of stages a time grows, between the last two sizes."""
    (small, *before), (large, *after) = rows[-2:]
    return math.log(after[column] / before[column]) / math.log(large / small)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--waves", default="4,8,16", help="numbers of waves, with commas")
    rows = []
    for waves in map(int, options.parse_args().waves.split(",")):
        with tempfile.TemporaryDirectory(prefix="nsmo-bench-") as place:
            folder = Path(place)
            stages = project(folder, waves)
            report = (sys.executable, "-m", "nsmo", "report")
            measure(folder, *report)  # the first look hashes everything
            nothing, asked = (min(measure(folder, *call) for _ in range(3)) for call in (report, STATUS))
            rows.append((stages, nothing, asked, *record(folder)))
            print(rows[-1], flush=True)
    lines = [
        f"| {stages} | {nothing:.2f} s | {1000 * nothing / stages:.1f} ms | {asked:.1f} s "
        f"| {1000 * recorded / stages:.0f} ms | {1000 * own / stages:.1f} ms |"
        for stages, nothing, asked, recorded, own in rows
    ]
    grows = [f"n^{exponent(rows, column):.2f}" for column in range(4)]
    text = f"""# Many waves

Written by `make bench-waves`, not by hand. One run on one machine: {cpu()}, {os.cpu_count()} cores,
{memory()} of memory. Python {platform.python_version()}, dvc {version("dvc")}. Processor time, so that other
work on the machine counts for little; the best of three calls, one of the recording.

Waves with all stages and small results, all of them up to date. `make report` finds nothing to do, and all
that it takes is its own; beside it what DVC takes to find the same.

| stages | `make report` | a stage | `dvc status` | DVC records: a fresh stage | our own: a fresh stage |
|---:|---:|---:|---:|---:|---:|
{chr(10).join(lines)}
| all of it grows with | {grows[0]} | | {grows[1]} | {grows[2]} | {grows[3]} |

The last two columns: all stages are recorded as if they had just run, which `make report` does beside running
them. DVC hashes the results, puts them into its cache and writes dvc.lock; our own are the hashes of all that
a stage reads, before and after, and the copy of its results that is kept.
"""
    (HERE / "waves.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
