"""Results of earlier builds, so that what was undone need not be computed again.

DVC's own memory of runs is off where outputs are `persist: true`, which a stage that fails needs. Here stands
for each result what it was made from and the hashes of all its files. Those that DVC keeps are in its cache;
copies of the others, which git keeps, are beside the entry, below `.nsmo/kept/<stage>@<wave>/`. The folder
may be deleted at any time.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nsmo.runner import packages
from nsmo.runner.declarations import Declaration
from nsmo.runner.run import put_in_place
from nsmo.study.paths import PRIVATE

FOLDER = ".nsmo/kept"
MOST = 20
"""Results of each stage; the oldest go."""

_ENTRY = "entry.json"


class Kept:
    """The results that a repository had.

    Parameters
    ----------
    folder : Path
        Its root.
    cache : Path
        The folder of DVC's cache with files by their MD5.
    """

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.cache = cache
        # Those of requirements.lock are in the fingerprint; what differs from it is not.
        self.packages = [str(one) for one in packages.others(folder)]

    def keep(self, declared: Declaration, before: Mapping[str, str], cached: Mapping[str, str]) -> None:
        """Remember the results of a stage as they stand; where the machine does not let it, nothing is kept.

        Parameters
        ----------
        declared : Declaration
            The stage.
        before : mapping
            Fingerprint of what they were made from.
        cached : mapping
            Output that DVC keeps → its hash.
        """
        place = self._place(declared, before)
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(dir=place.parent, prefix=".new-"))
            private = f"{PRIVATE}/{declared.wave}/{declared.name}"
            own = [out.path for out in declared.outs if out.path not in cached]
            own += [private] * (self.folder / private).is_dir()
            for path in own:
                _copy(self.folder / path, made / path)
            digests = {path: _digests(made / path) for path in own}
            entry = {"cached": dict(cached), "own": digests}
            (made / _ENTRY).write_text(json.dumps(entry), encoding="utf-8")
            shutil.rmtree(place, ignore_errors=True)
            made.rename(place)
            for old in sorted(place.parent.iterdir(), key=lambda one: one.stat().st_mtime_ns)[:-MOST]:
                shutil.rmtree(old, ignore_errors=True)
        except OSError:
            shutil.rmtree(place, ignore_errors=True)

    def restore(self, declared: Declaration, before: Mapping[str, str]) -> bool:
        """Put the results in place that were made from the same; False where not all of them are there.

        Parameters
        ----------
        declared : Declaration
            The stage.
        before : mapping
            Fingerprint of what they must have been made from.
        """
        place = self._place(declared, before)
        try:
            entry = json.loads((place / _ENTRY).read_text(encoding="utf-8"))
            staging = Path(tempfile.mkdtemp(dir=self.folder / FOLDER, prefix=".restored-"))
        except (OSError, ValueError):
            return False
        try:
            for path, digest in entry["cached"].items():
                self._fetch(digest, staging / path)
            for path, digests in entry["own"].items():
                _copy(place / path, staging / path)
                if _digests(staging / path) != digests:
                    return False
            for path in [*entry["cached"], *entry["own"]]:
                put_in_place(staging / path, self.folder / path)
            os.utime(place)
            return True
        except (OSError, ValueError, KeyError):
            # Something of it is gone or damaged: the stage runs.
            return False
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _place(self, declared: Declaration, before: Mapping[str, str]) -> Path:
        outs = [(out.path, out.cache) for out in declared.outs]
        text = json.dumps([declared.cmd, outs, sorted(before.items()), self.packages])
        name = hashlib.sha256(text.encode()).hexdigest()[:32]
        return self.folder / FOLDER / f"{declared.name}@{declared.wave}" / name

    def _fetch(self, digest: str, target: Path) -> None:
        """Copy a file or a folder from DVC's cache."""
        if digest.endswith(".dir"):
            target.mkdir(parents=True, exist_ok=True)
            members: list[dict[str, Any]] = json.loads(self._object(digest))
            for one in members:
                self._fetch(one["md5"], target / one["relpath"])
            return
        content = self._object(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def _object(self, digest: str) -> bytes:
        content = (self.cache / digest[:2] / digest[2:]).read_bytes()
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != digest.removesuffix(".dir"):
            raise ValueError(f"damaged: {digest}")
        return content


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        # With its mode: what only its owner may read stays so.
        shutil.copy(source, target)


def _digests(place: Path) -> dict[str, str]:
    """Hash a file, or all in a folder."""
    files = [place] if place.is_file() else sorted(one for one in place.rglob("*") if one.is_file())
    return {one.relative_to(place).as_posix(): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}
