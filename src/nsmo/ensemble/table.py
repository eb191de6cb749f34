"""The table of an ensemble: the ends of each figure over its members, and what it was made of."""

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.study.errors import Problem
from nsmo.study.model import LANGUAGES
from nsmo.study.yamlfile import YamlFile
from nsmo.survey.ensemble import FILE, KEYS

#: What the members are made of, beside the code that makes them.
SOURCES = ("assumptions.yaml", "published.yaml")
_SAME = 1e-9  # figures closer than this are the same in every member


def made_of(raw: Path) -> str:
    """Return a short checksum of what an ensemble is made of: assumptions, statements, and the code.

    How something is said in a language, and the page that is made of it, change no figure.
    """
    code = Path(__file__).parents[1] / "reconstruct"
    digest = hashlib.sha256()
    for name in SOURCES:
        content = json.dumps(_unsaid(YamlFile(raw / name).data), default=str, sort_keys=True)
        digest.update(f"{name}\0{content}\0".encode())
    for path in sorted(code.glob("*.py")):
        if path.name != "document.py":
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _unsaid(value: Any) -> Any:
    """A part of a file without the texts in each language."""
    if isinstance(value, Mapping):
        return {str(key): _unsaid(one) for key, one in value.items() if key not in LANGUAGES}
    return [_unsaid(one) for one in value] if isinstance(value, list) else value


def combine(members: Sequence[pd.DataFrame], made: str) -> pd.DataFrame:
    """Add up members.

    Parameters
    ----------
    members : sequence of DataFrame
        Each of `members.figures`.
    made : str
        From `made_of`.

    Returns
    -------
    DataFrame
        ``statement, question, option, by, group, statistic, weighted``, then ``low, middle, high`` (the
        median in the middle), ``members`` that have the figure, and ``made_of``. Figures that are the same
        in all members are left out.
    """
    every = pd.concat(members, ignore_index=True).dropna(subset=["estimate"])
    grouped = every.groupby(KEYS, sort=False)["estimate"]
    table = grouped.agg(low="min", middle="median", high="max", members="size").reset_index()
    varying = table[table["high"] - table["low"] > _SAME].reset_index(drop=True)
    for name in ("low", "middle", "high"):
        varying[name] = [float(f"{value:.10g}") for value in varying[name]]
    return varying.assign(made_of=made)


def problems(raw: Path) -> list[Problem]:
    """List what is wrong with the ensemble of a wave; empty where it is up to date, or not needed.

    Parameters
    ----------
    raw : Path
        The folder of the wave, whose responses are reconstructed.
    """
    command = f"run `nsmo ensemble --wave {raw.name}`"
    path = raw / FILE
    if not path.is_file():
        return [Problem("there is no ensemble of reconstructions", f"{raw.name}/{FILE}", fix=command)]
    with path.open(encoding="utf-8", newline="") as file:
        made = {row.get("made_of") for row in csv.DictReader(file)}
    if made != {made_of(raw)}:
        return [
            Problem(
                "made of other assumptions, statements or code than there are now",
                f"{raw.name}/{FILE}",
                expected="the ranges of the reconstruction that the report shows",
                fix=f"{command}; some minutes",
            )
        ]
    return []
