"""What `make report` costs by itself when there are many waves: ``make bench-waves``.

A throw-away copy of the pipeline gets so many waves with all of its stages. Their results are small files,
recorded by DVC as if each stage had written them. So a call finds nothing to do, and all the time that it
takes is its own. Writes benchmarks/waves.md.

    python benchmarks/waves.py [--waves 5,10,20,40]
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml
from run import HERE

from nsmo.runner.declarations import declarations, needs

ROOT = HERE.parent
CODE = ("src", "notebooks", "dvc.yaml", "params.yaml", "requirements.lock", "pyproject.toml")


def project(folder: Path, waves: int) -> int:
    """Lay out a pipeline of so many waves whose results are all there; return the number of its stages."""
    for name in CODE:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    params = yaml.safe_load((folder / "params.yaml").read_text("utf-8"))
    names = [f"w{number:03}" for number in range(waves)]
    for stage, listed in params["waves"].items():
        params["waves"][stage] = dict.fromkeys(names, "responses.csv") if isinstance(listed, dict) else names
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
    for command in (["dvc", "init", "--no-scm", "--quiet"], ["dvc", "commit", "--force", "--quiet"]):
        subprocess.run(command, cwd=folder, env=environment, check=True)
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


def measure(folder: Path, *command: str) -> tuple[float, float]:
    """Processor time and elapsed time of a call."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=_environment(folder), capture_output=True, text=True, check=False
    )
    elapsed, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{' '.join(command)} stopped:\n{done.stdout}{done.stderr}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, elapsed
