"""The files of the report: what it was made from, what may be downloaded, what was written."""

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path

from nsmo.present.provenance import with_provenance
from nsmo.runner.stage import Stage

#: Evidence of the stages that stands beside the tables, to be downloaded too.
EVIDENCE = ("clean/flow.csv", "weight/margins.csv", "weight/weighting.json")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def checksums(stage: Stage) -> dict[str, str]:
    """Return the SHA-256 of every file that is an input, by its path below the root."""
    return {file.relative_to(stage.root).as_posix(): digest(file) for file in stage.inputs()}


def roots(inputs: Mapping[str, str]) -> list[tuple[str, str]]:
    """List the inputs that nobody computes, raw data and the locked environment, with their checksums."""
    return [(p, d) for p, d in inputs.items() if p.startswith("data/raw/") or p == "requirements.lock"]


def definitions(inputs: Mapping[str, str]) -> bytes:
    """Return the checksums of all inputs that are no results: what decides how results are shown."""
    return json.dumps({p: d for p, d in inputs.items() if not p.startswith("reports/")}).encode()


def other_packages(notebook: Path) -> list[str]:
    """List the packages that a notebook was run with in another version than that of the lock."""
    metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]
    return metadata.get("nsmo", {}).get("other_packages", [])


def written(stage: Stage) -> dict[str, str]:
    """Return the SHA-256 of every file of the report that is written by now, by its path in the report."""
    folder = stage.target / f"reports/{stage.wave}/html"
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): digest(p) for p in files}


def checklist(digests: Mapping[str, str]) -> str:
    """Return checksums in the form that `sha256sum -c` reads."""
    return "".join(f"{one}  {path}\n" for path, one in digests.items())


def downloads(stage: Stage, from_responses: Collection[str]) -> list[tuple[str, list[dict[str, str]]]]:
    """Copy tables, figures and evidence into the report; list each stage with its files, in pipeline order.

    Addresses are those on a page, which stands in a folder of its own. A copy that is made from
    reconstructed responses says so in itself.
    """
    groups: dict[str, list[Path]] = {}
    for name in stage.earlier:
        if name == "weight" and not stage.codebook.weighs:  # empty files, for the stages that read them
            continue
        groups[name] = [stage.path(rel) for rel in EVIDENCE if rel.startswith(f"{name}/")]
        for kind in ("tables", "workbooks", "figures"):
            if writes(stage, name, kind):
                folder = stage.path(f"{kind}/{name}")
                groups[name] += sorted(p for p in folder.rglob("*") if p.is_file())
    out = []
    for group, paths in groups.items():
        if not paths:
            continue
        files = []
        for path in sorted(paths, key=lambda p: (p.stem, p.suffix)):
            href = f"data/{group}/{path.name}"
            content = path.read_bytes()
            if stage.reconstructed and group in from_responses:
                content = with_provenance(content, path.suffix, stage.codebook.provenance)
            stage.save(content, f"html/{href}")
            files.append({"href": f"../{href}", "name": path.name})
        out.append((group, files))
    return out


def writes(stage: Stage, name: str, kind: str) -> bool:
    """Whether the wave has a stage of this name, and it writes results of this kind."""
    one = stage.earlier.get(name)
    return one is not None and any(out.path == f"reports/{stage.wave}/{kind}/{name}" for out in one.outs)
