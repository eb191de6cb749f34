"""Files of statistical packages: SPSS, Stata and SAS, read by pyreadstat with labels and missing values."""

import pickle
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from nsmo.formats import apart
from nsmo.formats.archives import MOST_CELLS
from nsmo.formats.cells import Layout, Records, as_text, bad_file, shortest
from nsmo.formats.structure import MissingValue, ResponseSet, Structure, Variable
from nsmo.study.errors import StudyError

_NAMES = {"spss": "SPSS", "stata": "Stata", "sas": "SAS"}
_READERS = {
    ".dta": "read_dta",
    ".sas7bdat": "read_sas7bdat",
    ".sas7bcat": "read_sas7bcat",
    ".xpt": "read_xport",
    ".por": "read_por",
}

#: Seconds that reading may take, and the bytes that are read in each second more.
LONGEST, SLOWEST = 60.0, 1e5


@dataclass(frozen=True)
class _File:
    frame: pd.DataFrame
    meta: Any


def read_package(layout: Layout, path: Path) -> Records:
    """Read the cases of a file with their codes, not their labels; the header is the first row, its number 0.

    Raises
    ------
    StudyError
        If it is damaged or of another kind.
    """
    file = _read(path, path.stat().st_mtime_ns)
    single = [file.meta.readstat_variable_types.get(name) == "float" for name in file.meta.column_names]
    rows = file.frame.astype(object).to_numpy().tolist()
    cells = [
        [
            as_text(shortest(cell) if short else cell, layout.decimal)
            for cell, short in zip(row, single, strict=True)
        ]
        for row in rows
    ]
    return [list(file.meta.column_names), *cells], list(range(len(cells) + 1))


def package_structure(path: Path, catalog: Path | None = None) -> Structure:
    """List what such a file says of its variables: labels, codes, missing values and sets.

    Parameters
    ----------
    path : Path
        The file.
    catalog : Path, optional
        Of SAS, which keeps the labels of codes in a file of their own (.sas7bcat).
    """
    meta = _read(path, path.stat().st_mtime_ns).meta
    if catalog is not None:
        meta = _with_catalog(meta, _read(catalog, catalog.stat().st_mtime_ns).meta)
    variables = {name: _variable(name, meta) for name in meta.column_names}
    sets = [_response_set(name, known) for name, known in (meta.mr_sets or {}).items()]
    title = str(getattr(meta, "file_label", "") or "")
    return Structure(variables, sets, title=title)


def package_doubts(path: Path) -> list[str]:
    """Name the columns of Stata that count weeks, months, quarters or half-years: they stay numbers."""
    meta = _read(path, path.stat().st_mtime_ns).meta
    units = {"w": "weeks", "m": "months", "q": "quarters", "h": "half-years"}
    return [
        f"'{name}' counts {units[found[1]]} from 1960 ({form}): read as numbers"
        for name, form in (meta.original_variable_types or {}).items()
        if path.suffix.lower() == ".dta" and (found := re.match("%-?t([wmqh])", form or ""))
    ]


def _with_catalog(meta: Any, catalog: Any) -> Any:
    """Add to each variable the labels that the catalog has under the name of its format."""
    known = {name.upper(): labels for name, labels in (catalog.value_labels or {}).items()}
    found = {
        name: known[label.upper()]
        for name, label in (meta.variable_to_label or {}).items()
        if label.upper() in known
    }
    return SimpleNamespace(**(vars(meta) | {"variable_value_labels": found}))


def _variable(name: str, meta: Any) -> Variable:
    options = {
        as_text(code): label for code, label in (meta.variable_value_labels or {}).get(name, {}).items()
    }
    missing = [
        one
        for span in (meta.missing_ranges or {}).get(name, [])
        for one in _of_range(as_text(span["lo"]), as_text(span["hi"]), options)
    ]
    missing += [
        MissingValue(as_text(code), as_text(code), options.get(as_text(code), ""))
        for code in (meta.missing_user_values or {}).get(name, [])
    ]
    options = {code: label for code, label in options.items() if not any(one.holds(code) for one in missing)}
    measure = (meta.variable_measure or {}).get(name, "")
    kind = "ordinal" if measure == "ordinal" and options else ""
    kind = kind or _kind_of_type(meta.readstat_variable_types.get(name, ""), options)
    return Variable(
        name,
        code=name,
        label=str((meta.column_names_to_labels or {}).get(name) or ""),
        options=options,
        missing=tuple(missing),
        kind=kind,
    )


def _of_range(low: str, high: str, labels: Mapping[str, str]) -> list[MissingValue]:
    """List the codes in a range that have a label, each for its own reason, and what is left of the range."""
    if low == high:
        return [MissingValue(low, high, labels.get(low, ""))]
    inside = MissingValue(low, high)
    return [
        *(MissingValue(code, code, label) for code, label in labels.items() if inside.holds(code)),
        inside,
    ]


def _kind_of_type(stored: str, options: Mapping[str, str]) -> str:
    if options:
        return "single"
    if stored in ("date", "datetime", "time"):
        return "date" if stored != "time" else ""
    return ""


def _response_set(name: str, known: Mapping[str, Any]) -> ResponseSet:
    counted = known.get("counted_value")
    return ResponseSet(
        name,
        str(known.get("label") or ""),
        "ticks" if known.get("is_dichotomy") else "categories",
        tuple(known.get("variable_list", ())),
        (as_text(counted),) if counted is not None else (),
    )


def _cut_off(path: Path) -> str:
    """Return the error of a file whose end is gone, where its reader would take the rest for all of it."""
    size = path.stat().st_size
    with path.open("rb") as file:
        begin = file.read(11)
        file.seek(-min(size, 12), 2)
        end = file.read()
    if path.suffix.lower() == ".dta" and begin == b"<stata_dta>" and end != b"</stata_dta>":
        return "it is cut off, or something was added to it"
    if path.suffix.lower() == ".xpt" and size % 80:
        return f"it is cut off: it has {size:,} bytes, and a whole one is made of records of 80"
    return ""


@lru_cache(maxsize=2)
def _read(path: Path, changed: int) -> _File:
    suffix = path.suffix.lower()
    name = _NAMES[
        {".dta": "stata", ".sas7bdat": "sas", ".sas7bcat": "sas", ".xpt": "sas"}.get(suffix, "spss")
    ]

    def damaged(why: str) -> StudyError:
        return bad_file(
            f"not readable as a file of {name}: {why}",
            path.name,
            f"a whole file of {name}",
            "save it again, or export it as CSV",
        )

    if cut := _cut_off(path):
        raise damaged(cut)
    limit = LONGEST + path.stat().st_size / SLOWEST
    reader = _READERS.get(suffix, "read_sav")
    command = [sys.executable, "-P", apart.__file__, reader, str(path.absolute()), str(MOST_CELLS)]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        raise damaged(f"reading it does not end within {limit:.0f} seconds") from None
    if done.returncode == 1:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise damaged(said[-1] if said else "no reason is given")
    if done.returncode:
        raise damaged("it is damaged so that the library which reads it crashes")
    columns, meta = pickle.loads(done.stdout)
    return _File(pd.DataFrame(columns), SimpleNamespace(**meta))
