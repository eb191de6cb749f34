"""dvc.lock, entry by entry.

DVC reads the file whole, in a form that can be written again, and writes it whole, however few of its stages
have run: a third of a second for one wave. Here only the entries of these stages are written, by DVC's own
writer; the text of the others is left as it stands.
"""

import os
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import yaml
from dvc.stage import PipelineStage
from dvc.stage.serialize import to_lockfile
from dvc.utils.serialize import dumps_yaml

from nsmo.runner.declarations import YAML_LOADER, first_line
from nsmo.study.errors import StudyError

UNREADABLE = "docs/howto/solve-a-lock-conflict.md says what to do with a lock that git merged"
_HEAD = dumps_yaml({"schema": "2.0"})
_STAGES = "stages:\n"


def update(path: Path, stages: Iterable[PipelineStage], order: Sequence[str]) -> None:
    """Write what DVC knows of stages that have run to its lock.

    Parameters
    ----------
    path : Path
        dvc.lock; made where it is not there.
    stages : iterable of PipelineStage
        Those that have run.
    order : sequence of str
        DVC's names of all stages, in the order in which their entries stand; others stand behind them.

    Raises
    ------
    StudyError
        When the file cannot be read.
    OSError
        When the machine does not let it be written.
    """
    text = path.read_text("utf-8") if path.exists() else ""
    before, entries, after = _parts(text or _HEAD)
    for stage in stages:
        entries[stage.addressing] = dumps_yaml({"stages": to_lockfile(stage)}).removeprefix(_STAGES)
    place = {name: number for number, name in enumerate(order)}
    wanted = sorted(entries, key=lambda name: place.get(name, len(place)))
    beside = path.with_suffix(".lock.new")
    beside.write_text("".join([before, _STAGES, *(entries[name] for name in wanted), after]), "utf-8")
    os.replace(beside, path)


def _parts(text: str) -> tuple[str, dict[str, str], str]:
    """What stands before the stages, each of them by its name, and what stands after them."""
    lines = text.splitlines(keepends=True)
    try:
        root = yaml.compose(text, YAML_LOADER)
    except yaml.YAMLError as error:
        raise StudyError(found=first_line(str(error)), where="dvc.lock", fix=UNREADABLE) from None
    for key, value in root.value if root else ():
        if key.value == "stages":
            first = key.start_mark.line
            # Without any stage the end stands in the line of the key.
            end = max(value.end_mark.line, first + 1)
            places = pairwise([*(name.start_mark.line for name, _ in value.value), end])
            names = [name.value for name, _ in value.value]
            entries = {
                name: "".join(lines[start:stop]) for name, (start, stop) in zip(names, places, strict=True)
            }
            return "".join(lines[:first]), entries, "".join(lines[end:])
    return text, {}, ""
