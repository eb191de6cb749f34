"""Compare the numbers of two builds: every value in their tracked CSV and JSON files, row by row.

    python scripts/compare_numbers.py OLD NEW [--renamed scripts/renamed_columns.yaml]

OLD and NEW are two checkouts. Rows are matched by the columns that hold names, not by their order. A file
says which columns, files and values were renamed or dropped on purpose; what it does not name is reported.
"""

import argparse
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

FOLDERS = ("reports", "data/processed")
SLACK = 1e-9


class Renamed:
    """What was changed on purpose: files, and columns and values in files of a pattern."""

    def __init__(self, path: Path | None) -> None:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) if path else {}
        self.files: dict[str, str | None] = content.get("files") or {}
        self.rules: list[dict[str, Any]] = content.get("in") or []

    def applied(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame of the old build under the names of the new one."""
        for rule in self._rules(name):
            for column, values in (rule.get("values") or {}).items():
                if column in frame:
                    frame[column] = frame[column].replace(values)
            frame = frame.drop(columns=[c for c in rule.get("dropped", ()) if c in frame])
            frame = frame.rename(columns=rule.get("columns") or {})
        return frame

    def added(self, name: str) -> set[str]:
        """Return the columns that the new build has besides."""
        return {column for rule in self._rules(name) for column in rule.get("added", ())}

    def ignored(self, name: str) -> bool:
        """Whether a file is not compared at all, for a reason that the rule gives."""
        return any(rule.get("ignored") for rule in self._rules(name))

    def _rules(self, name: str) -> list[dict[str, Any]]:
        return [rule for rule in self.rules if fnmatch(name, rule["files"])]


def tracked(folder: Path) -> set[str]:
    """List the CSV and JSON files that git keeps of a build."""
    command = ["git", "-C", str(folder), "ls-files", "--", *FOLDERS]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name for name in listed if name.endswith((".csv", ".json"))}


def compare_frames(old: pd.DataFrame, new: pd.DataFrame, added: set[str]) -> Iterator[str]:
    """Say where two tables differ, each row matched by its names."""
    for column in old.columns.difference(new.columns):
        yield f"column {column} is gone"
    for column in new.columns.difference(old.columns):
        if column not in added:
            yield f"column {column} is new"
    shared = [column for column in old.columns if column in new]
    # What both hold as text names the row; numbers are what is compared.
    keys = [
        c for c in shared if not (pd.api.types.is_float_dtype(old[c]) or pd.api.types.is_float_dtype(new[c]))
    ]
    values = [c for c in shared if c not in keys]
    sides = []
    for frame in (old, new):
        named = frame[keys].astype(str) if keys else pd.DataFrame(index=frame.index)
        named = named.assign(_times=named.groupby(keys).cumcount() if keys else range(len(frame)))
        sides.append(pd.concat([named, frame[values]], axis=1).set_index([*keys, "_times"]))
    first, second = sides
    for label, rows in (
        ("gone", first.index.difference(second.index)),
        ("new", second.index.difference(first.index)),
    ):
        if len(rows):
            yield f"{len(rows)} rows {label}, for example {rows[0]}"
    both = first.index.intersection(second.index)
    for column in values:
        left, right = (pd.to_numeric(side.loc[both, column], errors="coerce") for side in sides)
        size = left.abs().clip(lower=1)
        wrong = ~(((left - right).abs() <= SLACK * size) | (left.isna() & right.isna()))
        if wrong.any():
            at = both[wrong.to_numpy()][0]
            yield f"{column}: {wrong.sum()} values differ, for example {left[at]} → {right[at]} in {at}"


def compare_json(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """Say where two JSON documents differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            if key not in new or key not in old:
                yield f"{place}/{key} is {'gone' if key in old else 'new'}"
            else:
                yield from compare_json(old[key], new[key], f"{place}/{key}")
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"{place}: {len(old)} → {len(new)} entries"
        for at, (left, right) in enumerate(zip(old, new, strict=False)):
            yield from compare_json(left, right, f"{place}/{at}")
    elif isinstance(old, int | float) and isinstance(new, int | float):
        if not math.isclose(old, new, rel_tol=SLACK, abs_tol=SLACK):
            yield f"{place}: {old} → {new}"
    elif old != new:
        yield f"{place}: {old!r} → {new!r}"


def main() -> int:
    """Compare, print what differs, and return 1 where something does."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--renamed", type=Path, default=Path(__file__).with_name("renamed_columns.yaml"))
    options = parser.parse_args()
    renamed = Renamed(options.renamed if options.renamed.exists() else None)
    old_files, new_files = tracked(options.old), tracked(options.new)
    problems, compared, cells = 0, 0, 0
    for name in sorted(old_files):
        other = renamed.files.get(name, name)
        if other is None or renamed.ignored(name):
            continue
        if not (options.new / other).exists():
            print(f"{name}: gone")
            problems += 1
            continue
        compared += 1
        if name.endswith(".json"):
            old, new = (
                json.loads((root / path).read_text())
                for root, path in ((options.old, name), (options.new, other))
            )
            found = list(compare_json(old, new))
        else:
            old = renamed.applied(name, pd.read_csv(options.old / name))
            new = pd.read_csv(options.new / other)
            cells += old.size
            found = list(compare_frames(old, new, renamed.added(name)))
        for text in found:
            print(f"{name}: {text}")
        problems += len(found)
    for name in sorted(new_files - {renamed.files.get(one, one) for one in old_files}):
        print(f"{name}: only in the new build")
    print(f"{compared} files compared, {cells} cells of tables; {problems} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
