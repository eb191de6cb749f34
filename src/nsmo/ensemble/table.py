"""The table of an ensemble: the ends of each figure over its members, and what it was made of."""

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.study.codebook import Codebook
from nsmo.study.ensemble import COLUMNS, FILE, KEYS, names_of
from nsmo.study.errors import Problem, StudyError
from nsmo.study.model import LANGUAGES
from nsmo.study.origins import ASSUMED
from nsmo.study.textfile import read_rows
from nsmo.study.yamlfile import YamlFile

#: What the members are made of, beside the code that makes them.
SOURCES = ("assumptions.yaml", "published.yaml")
_MEASURED = b"3"  # goes up when members measure something else, so that earlier ones are made again


def made_of(raw: Path) -> str:
    """Return a short checksum of what an ensemble is made of: assumptions, statements, and the code.

    How something is said in a language, and the page that is made of it, change no figure.
    """
    code = Path(__file__).parents[1] / "reconstruct"
    digest = hashlib.sha256(_MEASURED)
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
        median in the middle), ``members`` that have the figure, and ``made_of``. Sorted by what names a
        figure, so that another order of the stages changes nothing.
    """
    every = pd.concat(members, keys=range(len(members)), names=["member"]).reset_index("member")
    every = _with_answers_that_nobody_gave(every).dropna(subset=["estimate"])
    grouped = every.groupby(list(KEYS), sort=False)["estimate"]
    table = grouped.agg(low="min", middle="median", high="max", members="size").reset_index()
    table = table.sort_values(list(KEYS), ignore_index=True)
    for name in ("low", "middle", "high"):
        table[name] = [float(f"{value:.10g}") for value in table[name]]
    return table.assign(made_of=made)


def _with_answers_that_nobody_gave(every: pd.DataFrame) -> pd.DataFrame:
    """Add a share of 0 where a member has the question, but nobody in it this answer, such as a count."""
    block = [name for name in KEYS if name != "option"]
    shares = every[every["statistic"] == "proportion"]
    asked = shares.dropna(subset=["estimate"])[["member", *block]].drop_duplicates()
    answers = shares[list(KEYS)].drop_duplicates()
    there = pd.MultiIndex.from_frame(shares[["member", *KEYS]])
    wanted = asked.merge(answers, on=block)
    absent = ~pd.MultiIndex.from_frame(wanted[["member", *KEYS]]).isin(there)
    return pd.concat([every, wanted[absent].assign(estimate=0.0)], ignore_index=True)


def is_made(raw: Path, codebook: Codebook) -> bool:
    """Return whether a wave was reconstructed from assumptions, so that it can be made otherwise."""
    path = raw / "assumptions.yaml"  # empty where what was made up was not made from assumptions
    return codebook.provenance == "reconstructed" and path.is_file() and path.stat().st_size > 0


def problems(raw: Path, codebook: Codebook, shown: Sequence[Path] = ()) -> list[Problem]:
    """List what is wrong with the ensemble of a wave; empty where it is up to date.

    Parameters
    ----------
    raw : Path
        The folder of the wave.
    codebook : Codebook
        Of the wave.
    shown : sequence of Path
        The tables of estimates of the stages that show its ranges; those that are there are compared.
    """
    command = f"run `nsmo ensemble --wave {raw.name}`"
    path = raw / FILE
    where = f"{raw.name}/{FILE}"
    if not path.is_file():
        return [Problem("there is no ensemble of reconstructions", where, fix=command)]
    try:
        columns, numbered = read_rows(path)
    except StudyError as error:
        return [replace(one, where=f"{raw.name}/{one.where}", fix=command) for one in error.problems]
    if absent := [name for name in COLUMNS if name not in columns]:
        found = f"no column {', '.join(absent)}" if columns else "there is no head"
        return [Problem(found, where, expected=f"at least the head {','.join(COLUMNS)}", fix=command)]
    rows = [row for _, row in numbered]
    if not is_made(raw, codebook):
        found = "ranges of reconstructions, beside answers that were not made from assumptions"
        return [Problem(found, where, expected="the head alone", fix=command)] if rows else []
    if {row.get("made_of") for row in rows} != {made_of(raw)}:
        return [
            Problem(
                "made of other assumptions, statements or code than there are now",
                where,
                expected="the ranges of the reconstruction that the report shows",
                fix=f"{command}; some minutes",
            )
        ]
    known = {names_of(row) for row in rows}
    absent = [name for name in _assumed(shown) if name not in known]
    if absent:
        first = " ".join(filter(None, absent[0]))
        return [
            Problem(
                f"{len(absent)} figures of the report are not in it, the first {first}",
                where,
                expected="every assumed figure of the stages that read it",
                fix=f"{command}; some minutes",
            )
        ]
    return []


def has_assumed(path: Path) -> bool:
    """Return whether saved estimates, where there are any, hold an assumed figure."""
    return next(_assumed([path]), None) is not None


def _assumed(tables: Sequence[Path]) -> Iterator[tuple[str, ...]]:
    """List the figures of saved estimates that are assumed."""
    for path in filter(Path.is_file, tables):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row.get("origin") == ASSUMED and row["estimate"]:
                    yield names_of(row)
