"""Time of a build beside the plain way, in one run: ``make bench-pipeline``.

The plain way runs the `papermill` command and `jupyter nbconvert` for each notebook, as stages of a plain
dvc.yaml: the same notebooks with the same parameters, writing the same files. Everything happens in
throw-away clones of what is committed, on two processors. The ways take turns (round after round), so that a
busy moment of the machine hits all alike; reported are medians. Writes benchmarks/pipeline.md, unless only
some of it is measured: what is left out has then not been compared.

    python benchmarks/pipeline.py [--rounds 3] [--only cold-dvc,one-parameter]

A measurement that needs a build to begin with takes that of `make report`, and the plain one's own.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from importlib.metadata import version
from pathlib import Path

import yaml
from run import HERE, cpu, memory

from nsmo.runner.declarations import Declaration, declarations, read_params
from nsmo.runner.inputs import files_of
from nsmo.runner.parameters import section_values
from nsmo.runner.process import environment
from nsmo.runner.stage import RUN_VARIABLE

ROOT = HERE.parent
BIN = Path(sys.executable).parent
CORES = 2
SETUP_FILES = ("requirements.lock", "pyproject.toml")

COLD = "cold build"
COLD_DVC, COLD_REPORT, CHANGED, NOTHING = (
    "cold build by `dvc repro`",
    "cold build by `make report`",
    "one parameter of one analysis changed, `make report`",
    "nothing changed, `make report` against a bare `dvc repro`",
)
TARGETS = {COLD_DVC: 0.70, COLD_REPORT: 0.30, CHANGED: 0.50, NOTHING: 1.10}
NAMES = {"cold-dvc": COLD_DVC, "cold-report": COLD_REPORT, "one-parameter": CHANGED, "nothing": NOTHING}


class Clone:
    """A clone with an environment that stands already and an empty cache."""

    def __init__(self, folder: Path, *, plain: bool) -> None:
        self.folder = folder
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        stamps = folder / ".venv" / "nsmo-setup"
        stamps.mkdir(parents=True)
        (folder / ".venv" / "bin").symlink_to(BIN)
        (stamps / "place").write_text(f"{folder / '.venv'}\n")
        for name in SETUP_FILES:
            shutil.copy(folder / name, stamps / name)
        self.stages = list(declarations(folder))
        if plain:
            self.write_plain_pipeline()
        for one in self.stages:
            for out in one.outs:
                path = folder / out.path
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def write_plain_pipeline(self) -> None:
        """Put the plain commands into dvc.yaml; what is read and written stays as it is."""
        document = yaml.safe_load((self.folder / "dvc.yaml").read_text())
        for one in self.stages:
            body = document["stages"][one.name]["do"]
            for out in (out for kind in ("outs", "metrics", "plots") for out in body.get(kind, ())):
                next(iter(out.values())).pop("persist")
            if not one.notebook:
                body["cmd"] = body["cmd"].removeprefix("exec ")
                continue
            self.write_values(one)
            wave = "${key}" if "${key}" in body["cmd"] else "${item}"
            executed = f"reports/{wave}/executed/{one.name}.ipynb"
            pages = f"reports/{wave}/plain"
            # A stage that has nothing to say leaves its folders empty; DVC wants to see them all the same.
            folders = [out.path.replace(one.wave, wave) for out in one.outs if not Path(out.path).suffix]
            body["cmd"] = [
                f"mkdir -p {Path(executed).parent} {pages} {' '.join(folders)}",
                f"papermill --log-level ERROR --no-progress-bar -f .nsmo/plain/{one.name}-{wave}.yaml "
                f"{one.notebook} {executed}",
                f"jupyter nbconvert --log-level ERROR --to html --output-dir {pages} {executed}",
            ]
        (self.folder / "dvc.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        (self.folder / "dvc.lock").unlink()

    def write_values(self, one: Declaration) -> None:
        """Write the parameters of a stage for papermill."""
        place = self.folder / f".nsmo/plain/{one.name}-{one.wave}.yaml"
        values = {"wave": one.wave} | section_values(read_params(self.folder), one)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(yaml.safe_dump(values, sort_keys=False))

    def time(self, *command: str, plain: bool = False) -> float:
        """Seconds of a command, in the surroundings that make for the same results."""
        variables = {
            # Compiled modules are kept, as everywhere where nobody has turned that off.
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("NSMO_", "DVC_", "MAKE", "MFLAGS", "PYTHONDONTWRITE"))
        }
        variables |= {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "src"),
            "DVC_SITE_CACHE_DIR": str(self.folder / ".dvc" / "tmp" / "site"),
        }
        if plain:
            # By hand results would go to a scratch folder; here they are to stand where the next stage reads.
            variables |= environment(self.folder) | {RUN_VARIABLE: str(self.folder)}
            variables["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
        began = time.perf_counter()
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            sys.exit(f"{' '.join(command)} stopped:\n{done.stdout}")
        return seconds

    def change(self) -> None:
        """Add one to a parameter that only one analysis has."""
        params = read_params(self.folder)
        sections = [section for one in self.stages for section in set(one.sections)]
        for one in self.stages:
            own = params.get(one.name)
            if (
                not (one.notebook or "").startswith("notebooks/4_")
                or sections.count(one.name) != 1
                or not own
            ):
                continue
            key = next(key for key, value in own.items() if isinstance(value, int))
            text = (self.folder / "params.yaml").read_text()
            head, body = text.split(f"\n{one.name}:\n", 1)
            body = body.replace(f"  {key}: {own[key]}\n", f"  {key}: {own[key] + 1}\n", 1)
            (self.folder / "params.yaml").write_text(f"{head}\n{one.name}:\n{body}")
            self.write_values(one)
            return
        sys.exit("no analysis has a whole number of its own in params.yaml")


def one_round(place: Path, turn: int, wanted: Collection[str]) -> Iterator[tuple[str, str, float]]:
    """Measure everything that is wanted once, every other time in the other order."""
    # Without a cold build by `dvc repro`, or by the plain way, nobody needs their clones.
    plain, by_dvc, by_report = (
        Clone(place / name, plain=name == "plain") if needed else None
        for name, needed in (
            ("plain", {COLD_DVC, COLD_REPORT, CHANGED} & set(wanted)),
            ("dvc", COLD_DVC in wanted),
            ("report", {COLD_REPORT, CHANGED, NOTHING} & set(wanted)),
        )
    )

    def in_turns(
        *measures: tuple[str, str, Clone | None, tuple[str, ...]],
    ) -> Iterator[tuple[str, str, float]]:
        for what, way, clone, command in measures[:: 1 if turn % 2 else -1]:
            if clone is not None:
                yield what, way, clone.time(*command, plain=clone is plain)

    dvc, report = ("dvc", "repro"), ("make", "report")
    yield from in_turns(
        (COLD, "plain", plain, dvc), (COLD_DVC, "ours", by_dvc, dvc), (COLD_REPORT, "ours", by_report, report)
    )
    if by_dvc and by_report:
        same(by_dvc, by_report)
    if NOTHING in wanted:
        for _ in range(3):
            yield from in_turns((NOTHING, "plain", by_report, dvc), (NOTHING, "ours", by_report, report))
    if CHANGED in wanted:
        for _ in range(3):
            for clone in (plain, by_report):
                if clone:
                    clone.change()
            yield from in_turns((CHANGED, "plain", plain, dvc), (CHANGED, "ours", by_report, report))


def same(one: Clone, other: Clone) -> None:
    """Both of our ways must have made the same bytes."""
    for path in (out.path for declared in one.stages for out in declared.outs):
        for file in files_of(one.folder / path):
            twin = other.folder / file.relative_to(one.folder)
            assert file.read_bytes() == twin.read_bytes(), f"{file} differs"


def table(found: dict[tuple[str, str], list[float]]) -> list[str]:
    lines = ["| | plain | ours | ratio | target | |", "|---|---:|---:|---:|---:|---|"]
    for what, target in TARGETS.items():
        plain = found.get((COLD if what in (COLD_DVC, COLD_REPORT) else what, "plain"))
        ours = found.get((what, "ours"))
        if plain is None or ours is None:
            continue
        ratio = statistics.median(mine / theirs for theirs, mine in zip(plain, ours, strict=True))
        verdict = "met" if ratio <= target else "**missed**"
        seconds = " | ".join(f"{statistics.median(values):.1f} s" for values in (plain, ours))
        lines.append(f"| {what} | {seconds} | {ratio:.2f} | {target:.2f} | {verdict} |")
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--only", default=",".join(NAMES), help="some of the measurements, with commas")
    given = options.parse_args()
    number = given.rounds
    wanted = {NAMES[name] for name in given.only.split(",")}
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:CORES]))
    load = os.getloadavg()[0]
    found: dict[tuple[str, str], list[float]] = {}
    for turn in range(number):
        with tempfile.TemporaryDirectory(prefix="nsmo-bench-") as place:
            for what, way, seconds in one_round(Path(place), turn, wanted):
                found.setdefault((what, way), []).append(seconds)
                print(f"{seconds:7.1f} s  {way:<6} {what}", flush=True)
    tools = ", ".join(f"{name} {version(name)}" for name in ("dvc", "papermill", "nbconvert"))
    text = f"""# How fast a build is

Written by `make bench-pipeline`, not by hand. One run on one machine: {cpu()},
{CORES} of {os.cpu_count()} cores, {memory()} of memory. Python {platform.python_version()}, {tools}.
Load of the machine when it began: {load:.1f} (0 is idle; ratios are fair under load, times are not).

The plain way is a plain `dvc.yaml` with the `papermill` command and `jupyter nbconvert` for each notebook:
the same notebooks with the same parameters, inputs and outputs. The stage without a notebook, which writes
the report, is the same command in all. {number} rounds in turns, in fresh clones with an empty cache; medians
of times, and of the ratios within a round. Both of our ways made the same bytes. “One parameter” is the first
whole number that belongs to one analysis alone; in the last row, “plain” is a bare `dvc repro`.

"""
    text += "\n".join(table(found)) + "\n"
    if wanted == set(TARGETS):
        (HERE / "pipeline.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
