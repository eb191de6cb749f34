"""Makes the members of an ensemble, several at a time, and writes its table; goes on where it was stopped."""

import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.ensemble.members import Settings, figures
from nsmo.ensemble.table import combine, made_of
from nsmo.study.errors import StudyError
from nsmo.study.load import load_codebook
from nsmo.study.paths import raw as raw_folder
from nsmo.study.paths import relative, root
from nsmo.study.yamlfile import YamlFile
from nsmo.survey.ensemble import FILE, KEYS

_KEPT = ".nsmo/ensemble"
_APART = 1000  # seeds of members are so many times the seed of the wave, and their number


def settings_of(params: Mapping[str, Any]) -> Settings:
    """Read from params.yaml what members need of it."""
    clean, weight, analyse = (params[section] for section in ("clean", "weight", "analyse"))
    return Settings(
        clean, weight["min_category"], weight["max_ratio"], analyse["confidence"], analyse["min_n"]
    )


def main(wave: str, params: Mapping[str, Any], members: int, jobs: int) -> int:
    """Make the ensemble of a wave and say what was done.

    Members that an earlier run finished, of the same assumptions, statements and code, are kept; so a run
    that is stopped loses no more than what it was at.

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
    if load_codebook(raw).provenance != "reconstructed":
        raise StudyError(
            found=f"the responses of {wave} are real",
            where=f"{wave}/questionnaire.yaml",
            expected="provenance: reconstructed",
            fix="there is no ensemble of real responses",
        )
    if members < 2:
        raise StudyError(found=f"{members} members", expected="at least 2", fix="ask for more")
    made, settings = made_of(raw), settings_of(params)
    folder = root() / _KEPT / wave / made
    folder.mkdir(parents=True, exist_ok=True)
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other)
    first = int(YamlFile(raw / "assumptions.yaml").data["seed"]) * _APART
    files = {folder / f"{number:04d}.csv": first + number for number in range(1, members + 1)}
    missing = {path: seed for path, seed in files.items() if not path.exists()}
    print(f"{members} reconstructions, {members - len(missing)} of them there already.")
    began, jobs = time.monotonic(), jobs or os.cpu_count() or 1
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(_make, raw, seed, settings, path) for path, seed in missing.items()]
        for done, one in enumerate(as_completed(waiting), 1):
            one.result()
            left = (time.monotonic() - began) / done * (len(missing) - done)
            text = f"{len(files) - len(missing) + done} of {members}, about {left / 60:.0f} minutes to go"
            # On a terminal one line that changes; elsewhere a line now and then.
            if sys.stdout.isatty():
                print(f"\r{text}   ", end="" if done < len(missing) else "\n", flush=True)
            elif done % 10 == 0 or done == len(missing):
                print(text, flush=True)
    types = dict.fromkeys(KEYS, str) | {"weighted": bool}
    table = combine([pd.read_csv(path, dtype=types, keep_default_na=False) for path in files], made)
    table.to_csv(raw / FILE, index=False, lineterminator="\n")
    print(f"{relative(raw / FILE)}: {len(table)} figures that differ between the {members} reconstructions.")
    return 0


def _make(raw: Path, seed: int, settings: Settings, path: Path) -> None:
    """Make one member and keep it whole or not at all."""
    table = figures(raw, seed, settings)
    unfinished = path.with_suffix(".part")
    table.to_csv(unfinished, index=False, lineterminator="\n")
    unfinished.replace(path)
