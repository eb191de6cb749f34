"""Finds the stages whose record in dvc.lock agrees with all that stands in the folder.

DVC says what is out of date, and takes its time for every stage that is not. Most are not: what stands in
dvc.lock of such a stage is compared here with the files themselves, each of which is hashed once, and only
when it has changed since it was. What is found to be as recorded is up to date; of the rest this module says
nothing, and DVC is asked.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nsmo.runner.declarations import YAML_LOADER, Declaration, plain_stages, read_params
from nsmo.runner.inputs import TOO_YOUNG, files_below
from nsmo.runner.parameters import value_at

#: The hashes of files, with what showed when they were hashed. The file may be deleted at any time.
REMEMBERED = ".nsmo/hashes.json"

#: What somebody edits, and what stages read of it.
_EDITED = ("params.yaml", "notebooks", "src", "data/raw")

#: Size, time of the last change in nanoseconds, number of the file, MD5.
Seen = list[Any]


@dataclass(frozen=True)
class Content:
    """What stands at a path: its hash as DVC writes it, and those of the files in it where it is a folder."""

    md5: str
    members: tuple[str, ...] = ()


class Contents:
    """The hashes of files and folders, each computed once.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, Content | None] = {}
        self.seen: dict[str, Seen] = {}
        self.before: dict[str, Seen] = {}
        with contextlib.suppress(OSError, ValueError, TypeError):
            self.before = dict(json.loads((folder / REMEMBERED).read_text("utf-8")))

    def of(self, path: str) -> Content | None:
        """Return what stands at a path below the root; None where there is nothing."""
        if path not in self.known:
            self.known[path] = self._content(path)
        return self.known[path]

    def remember(self) -> None:
        """Keep the hashes of the files that were looked at, for the next call."""
        newest = (time.time() - TOO_YOUNG) * 1e9
        kept = {name: seen for name, seen in self.seen.items() if seen[1] < newest}
        if kept == self.before:
            return
        # Without it they are computed again.
        with contextlib.suppress(OSError):
            place = self.folder / REMEMBERED
            beside = place.with_suffix(".new")
            beside.write_text(json.dumps(kept), "utf-8")
            os.replace(beside, place)

    def _content(self, path: str) -> Content | None:
        full = f"{self.folder}/{path}"
        try:
            if not os.path.isdir(full):
                return Content(self._file(path, os.stat(full)))
            found = ((file.removeprefix(f"{full}/"), stat) for file, stat in files_below(full))
            files = {name: self._file(f"{path}/{name}", stat) for name, stat in found}
        except OSError:
            return None
        # As DVC writes a folder in its cache, whose name is the hash of this.
        listed = json.dumps([{"md5": files[name], "relpath": name} for name in sorted(files)])
        return Content(f"{_md5(listed.encode())}.dir", tuple(files.values()))

    def _file(self, name: str, stat: os.stat_result) -> str:
        if name not in self.seen:
            shows = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
            before = self.before.get(name)
            if before is not None and before[:3] == shows:
                self.seen[name] = before
            else:
                self.seen[name] = [*shows, _md5((self.folder / name).read_bytes())]
        return self.seen[name][3]


def unchanged(folder: Path, stages: Mapping[str, Declaration]) -> set[str]:
    """List the stages that are as dvc.lock records them, and as dvc.yaml and params.yaml now want them.

    Parameters
    ----------
    folder : Path
        The root of the repository.
    stages : mapping
        DVC's name of each stage to what dvc.yaml says about it.

    Returns
    -------
    set of str
        Of the others it is not known.
    """
    try:
        recorded = dict(yaml.load((folder / "dvc.lock").read_bytes(), YAML_LOADER)["stages"])
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError):
        return set()
    params, plain, contents = read_params(folder), plain_stages(folder), Contents(folder)
    objects = folder / ".dvc/cache/files/md5"
    found = {
        name
        for name, one in stages.items()
        if one.name in plain
        and isinstance(entry := recorded.get(name), dict)
        and _as_recorded(one, entry, params)
        and all(_there(item, contents) for item in (*entry["deps"], *entry["outs"]))
        and all(_cached(contents.of(out.path), objects) for out in one.outs if out.cache)
    }
    contents.remember()
    return found


def edited(folder: Path) -> bool:
    """Whether something was written since the last look or record, so that there will be something to do."""
    try:
        looked = max(os.stat(folder / name).st_mtime_ns for name in ("dvc.lock", REMEMBERED))
        return any(
            stat.st_mtime_ns > looked
            for path in (folder / name for name in _EDITED)
            for _, stat in (files_below(str(path)) if path.is_dir() else [(path, path.stat())])
        )
    except OSError:
        return True


def _as_recorded(declared: Declaration, entry: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    """Whether a record is of this command, these paths and these parameters."""
    if not declared.deps or not entry.keys() <= {"cmd", "deps", "params", "outs"}:
        return False
    paths = {
        kind: sorted(str(item.get("path")) for item in entry.get(kind) or ()) for kind in ("deps", "outs")
    }
    sections = entry.get("params") or {"params.yaml": {}}
    return (
        entry.get("cmd") == declared.cmd
        and paths["deps"] == sorted(declared.deps)
        and paths["outs"] == sorted(out.path for out in declared.outs)
        and sections.keys() == {"params.yaml"}
        and _text(sections["params.yaml"])
        == _text({name: value_at(params, name) for name in declared.sections})
    )


def _text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, default=str)


def _there(item: Mapping[str, Any], contents: Contents) -> bool:
    found = contents.of(item["path"])
    return found is not None and item.get("hash") == "md5" and item.get("md5") == found.md5


def _cached(content: Content | None, objects: Path) -> bool:
    """Whether DVC still keeps a result."""
    if content is None:
        return False
    return all(os.path.exists(f"{objects}/{md5[:2]}/{md5[2:]}") for md5 in (content.md5, *content.members))


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
