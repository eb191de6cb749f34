"""Makes the members of an ensemble, several at a time, and writes its table; goes on where it was stopped."""

import shutil
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.ensemble.members import figures
from nsmo.ensemble.table import combine, is_made, made_of
from nsmo.runner.mapping import mapper
from nsmo.study.ensemble import COLUMNS, FILE, KEYS
from nsmo.study.errors import StudyError
from nsmo.study.load import load_codebook
from nsmo.study.paths import raw as raw_folder
from nsmo.study.paths import relative, root
from nsmo.study.yamlfile import YamlFile

_KEPT = ".nsmo/ensemble"
_APART = 1000  # seeds of members are so many times the seed of the wave, and their number


def main(wave: str, params: Mapping[str, Any], members: int, jobs: int) -> int:
    """Make the ensemble of a wave and say what was done.

    Of a wave whose answers are real it has a head and no row. Members that an earlier run finished, of the
    same assumptions, statements and code, are kept; so a run that is stopped loses no more than what it was
    at.

    Parameters
    ----------
    wave : str
        The folder of data/raw.
    params : mapping
        params.yaml.
    members : int
        How many reconstructions.
    jobs : int
        How many are made at a time; 0: as many as there are cores.

    Returns
    -------
    int
        The exit code.
    """
    raw = raw_folder(wave)
    if not is_made(raw, load_codebook(raw)):
        (raw / FILE).write_text(",".join(COLUMNS) + "\n", encoding="utf-8", newline="\n")
        print(f"{relative(raw / FILE)}: no row, since the answers were not made from assumptions.yaml.")
        return 0
    if members < 2:
        raise StudyError(found=f"{members} members", expected="at least 2", fix="ask for more")
    made = made_of(raw)
    folder = root() / _KEPT / wave / made
    folder.mkdir(parents=True, exist_ok=True)
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other)
    first = int(YamlFile(raw / "assumptions.yaml").data["seed"]) * _APART
    files = {folder / f"{number:04d}.csv": first + number for number in range(1, members + 1)}
    missing = {path: seed for path, seed in files.items() if not path.exists()}
    print(f"{members} reconstructions, {members - len(missing)} of them there already.")
    began, each = time.monotonic(), mapper(jobs, partial(print, flush=True))
    tables = each(partial(_make, wave, params), list(missing.values()))
    for done, (path, table) in enumerate(zip(missing, tables, strict=True), 1):
        _keep(table, path)
        left = (time.monotonic() - began) / done * (len(missing) - done)
        text = f"{len(files) - len(missing) + done} of {members}, about {left / 60:.0f} minutes to go"
        # On a terminal one line that changes; elsewhere a line now and then.
        if sys.stdout.isatty():
            print(f"\r{text}   ", end="" if done < len(missing) else "\n", flush=True)
        elif done % 10 == 0 or done == len(missing):
            print(text, flush=True)
    types = dict.fromkeys(KEYS, str) | {"weighted": bool}
    known = {"dtype": types, "keep_default_na": False, "na_values": {"estimate": [""]}}
    table = combine([pd.read_csv(path, **known) for path in files], made)
    table.to_csv(raw / FILE, index=False, lineterminator="\n")
    print(f"{relative(raw / FILE)}: {len(table)} figures of {members} reconstructions.")
    return 0


def _make(wave: str, params: Mapping[str, Any], seed: int) -> pd.DataFrame:
    """Make one member."""
    return figures(wave, seed, params)


def _keep(table: pd.DataFrame, path: Path) -> None:
    """Keep a member whole or not at all."""
    unfinished = path.with_suffix(".part")
    table.to_csv(unfinished, index=False, lineterminator="\n")
    unfinished.replace(path)
