"""The files that a stage reads: their hashes, and what to do about one that is missing."""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from nsmo.runner.declarations import ContractError, Declaration, Paths, declarations, overlap, read_params
from nsmo.runner.parameters import section_of
from nsmo.study.ensemble import FILE as ENSEMBLE
from nsmo.study.paths import REFERENCE

IGNORED = ("__pycache__", ".ipynb_checkpoints", ".DS_Store", ".gitignore")
IGNORED_SUFFIXES = (".pyc", ".swp", "~")
TOO_YOUNG = 2.0
"""Seconds in which a file may change again without that showing in its time."""

_DIGESTS: dict[str, tuple[tuple[int, ...], str]] = {}
"""What was hashed in this process, with what showed then."""

#: Files of a wave that hold something only for some studies, and what that is.
MAY_BE_EMPTY = {
    "assumptions.yaml": "what reconstructed answers assume",
    "published.yaml": "what was published of the study",
    "benchmarks.csv": "figures of other surveys",
    REFERENCE: "a sample that weights are made with",
}


def fingerprint(folder: Path, declared: Declaration) -> dict[str, str]:
    """Hash everything that a stage's result depends on.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    declared : Declaration
        The stage.

    Returns
    -------
    dict
        File (or `params.yaml, section:`) to hash; the same for the same content only.

    Raises
    ------
    ContractError
        When a declared dependency is missing; says which and who makes it.
    """
    for dep in declared.deps:
        if not (folder / dep).exists():
            raise missing_input(folder, dep, declared.title)
    prints = hashes(folder, (folder / dep for dep in declared.deps))
    params = read_params(folder)
    for section in declared.sections:
        text = json.dumps(section_of(params, section), sort_keys=True, default=str)
        prints[f"params.yaml, {section}:"] = hashlib.sha256(text.encode()).hexdigest()
    return prints


def hashes(folder: Path, paths: Iterable[Path]) -> dict[str, str]:
    """Hash files, and those in folders that count as their content.

    Parameters
    ----------
    folder : Path
        Their names are relative to it.
    paths : iterable of Path
        Files and folders below it.

    Returns
    -------
    dict
        Name to hash; the same for the same content only.
    """
    root = f"{folder}/"
    return {
        file.removeprefix(root): _digest(file, stat)
        for path in map(str, paths)
        for file, stat in sorted(files_below(path) if os.path.isdir(path) else [(path, os.stat(path))])
    }


def _digest(file: str, stat: os.stat_result) -> str:
    """Return the SHA-256 of a file, computed again when it was written since."""
    shows = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    if (known := _DIGESTS.get(file)) and known[0] == shows:
        return known[1]
    digest = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    if time.time_ns() - stat.st_ctime_ns > TOO_YOUNG * 1e9:
        _DIGESTS[file] = (shows, digest)
    return digest


def files_below(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the files below a folder that count as its content, as .dvcignore has it, each as it stands."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not counts(entry.name):
                continue
            if not entry.is_dir():
                yield entry.path, entry.stat()
            elif not entry.is_symlink():
                yield from files_below(entry.path)


def check_unchanged(declared: Declaration, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Check that two fingerprints of a stage are the same.

    Parameters
    ----------
    declared : Declaration
        The stage.
    before, after : mapping
        Of `fingerprint`, earlier and later.

    Raises
    ------
    ContractError
        When something changed in between; says what.
    """
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    if changed:
        raise ContractError(
            found=f"changed while the stage ran: {', '.join(changed)}",
            where=f"stage {declared.title}",
            expected="inputs, parameters and code that stay as they are during a run",
            fix="run `make report` again; the results of this run were not kept",
        )


def files_of(path: Path) -> Iterator[Path]:
    """Yield a file, or all files below a folder that count as its content; of nothing, none."""
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (Path(file) for file, _ in files_below(str(path)))


def counts(name: str) -> bool:
    """Whether a file or folder of this name counts as content of the folder that it is in."""
    return name not in IGNORED and not name.endswith(IGNORED_SUFFIXES)


def missing_makers(folder: Path, declared: Declaration, stages: Iterable[Declaration]) -> list[ContractError]:
    """List what a stage reads, besides its notebook, and is not there or no stage of its wave writes.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    declared : Declaration
        The stage.
    stages : iterable of Declaration
        All stages of all waves.

    Returns
    -------
    list of ContractError
    """
    made = Paths((out.path, one.name) for one in stages if one.wave == declared.wave for out in one.outs)
    asked = [
        dep
        for dep in declared.deps
        if dep.startswith((f"data/processed/{declared.wave}/", f"reports/{declared.wave}/"))
        and not made.overlapping(dep)
    ]
    raw = [f"data/raw/{declared.wave}/{name}" for name in MAY_BE_EMPTY]
    # What else a wave has under data/raw, its own check looks for.
    asked += [
        dep
        for dep in declared.deps
        if dep != declared.notebook
        and (dep in raw or not dep.startswith(("data/", "reports/")))
        and not (folder / dep).exists()
    ]
    return [missing_input(folder, dep, declared.title) for dep in asked]


def missing_input(folder: Path, path: str, wanted_by: str) -> ContractError:
    """Return the error for a file that a stage misses, with who makes it."""
    parts = Path(path).parts
    for one in declarations(folder):
        if any(overlap(path, out.path) for out in one.outs):
            return ContractError(
                found=f"the input {path} is missing",
                where=f"stage {wanted_by}",
                expected=f"stage {one.name} writes it",
                fix=f"run `make report`, or `dvc repro {one.name}@{one.wave}` for that stage alone",
            )
    if parts[-1] == ENSEMBLE:
        return ContractError(
            found=f"the input {path} is missing",
            where=f"stage {wanted_by}",
            expected="in every wave; it has no row where answers are real",
            fix=f"run `nsmo ensemble --wave {parts[2]}`",
        )
    if parts[:2] == ("data", "raw") and parts[-1] in MAY_BE_EMPTY:
        return ContractError(
            found=f"the input {path} is missing",
            where=f"stage {wanted_by}",
            expected=f"in every wave with the stage, empty where there is none: {MAY_BE_EMPTY[parts[-1]]}",
            fix="make an empty file of that name, or fill it",
        )
    if parts[:2] == ("data", "raw"):
        return ContractError(
            found=f"the input {path} is missing",
            where=f"stage {wanted_by}",
            expected="raw files come from outside the pipeline: git keeps those of this study",
            fix=f"put the file there, or get it back with `git checkout -- {path}`",
        )
    place = 2 if parts[0] == "data" else 1
    for one in declarations(folder):
        twin = "/".join([*parts[:place], one.wave, *parts[place + 1 :]])
        if any(overlap(twin, out.path) for out in one.outs):
            return ContractError(
                found=f"the input {path} is missing",
                where=f"stage {wanted_by}",
                expected=f"stage {one.name} writes it, but wave {parts[place]} has no such stage",
                fix=f"name the wave in params.yaml, under waves: {one.name}:",
            )
    return ContractError(
        found=f"the input {path} is missing",
        where=f"stage {wanted_by}",
        expected="dvc.yaml names it as a dependency",
        fix=f"restore it with `git checkout -- {path}`, or correct dvc.yaml",
    )
