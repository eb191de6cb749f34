"""Files of statistical packages: SPSS, Stata and SAS, read by pyreadstat with labels and missing values."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.formats.cells import Layout, Records, as_text, bad_file
from nsmo.formats.structure import MissingValue, ResponseSet, Structure, Variable

_NAMES = {"spss": "SPSS", "stata": "Stata", "sas": "SAS"}


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
    rows = file.frame.astype(object).to_numpy().tolist()
    cells = [[as_text(cell, layout.decimal) for cell in row] for row in rows]
    return [list(file.meta.column_names), *cells], list(range(len(cells) + 1))


def package_structure(path: Path) -> Structure:
    """List what such a file says of its variables: labels, codes, missing values and sets."""
    meta = _read(path, path.stat().st_mtime_ns).meta
    variables = {name: _variable(name, meta) for name in meta.column_names}
    sets = [_response_set(name, known) for name, known in (meta.mr_sets or {}).items()]
    title = str(getattr(meta, "file_label", "") or "")
    return Structure(variables, sets, title=title)


def _variable(name: str, meta: Any) -> Variable:
    options = {
        as_text(code): label for code, label in (meta.variable_value_labels or {}).get(name, {}).items()
    }
    missing = [
        MissingValue(as_text(span["lo"]), as_text(span["hi"]), options.get(as_text(span["lo"]), ""))
        for span in (meta.missing_ranges or {}).get(name, [])
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


@lru_cache(maxsize=2)
def _read(path: Path, changed: int) -> _File:
    import pyreadstat

    suffix = path.suffix.lower()
    kind = {".dta": "stata", ".sas7bdat": "sas", ".xpt": "sas"}.get(suffix, "spss")
    try:
        match suffix:
            case ".dta":
                frame, meta = pyreadstat.read_dta(path, user_missing=True)
            case ".sas7bdat":
                frame, meta = pyreadstat.read_sas7bdat(path)
            case ".xpt":
                frame, meta = pyreadstat.read_xport(path)
            case ".por":
                frame, meta = pyreadstat.read_por(path)
            case _:
                # With the codes, not their labels; a code declared as missing is for the questionnaire to
                # explain.
                frame, meta = pyreadstat.read_sav(path, user_missing=True)
    except Exception as error:  # pyreadstat raises whatever its C library met, also errors of decoding
        raise bad_file(
            f"not readable as a file of {_NAMES[kind]}: {error}",
            path.name,
            f"a whole file of {_NAMES[kind]}",
            "save it again, or export it as CSV",
        ) from None
    return _File(frame, meta)
