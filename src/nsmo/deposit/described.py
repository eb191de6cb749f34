"""The answers as text and as Parquet, and what is known of them: a data package, a dictionary."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.deposit.coded import Coded
from nsmo.deposit.column import Column
from nsmo.deposit.questionnaire import plain
from nsmo.deposit.short import VALUE_LABEL, in_bytes

_TYPES = {"nominal": "integer", "ordinal": "integer", "scale": "number", "date": "date", "text": "string"}


def write_csv(coded: Coded, path: Path) -> None:
    """Write the codes as text; what is declared missing stands there as its code."""
    frame = coded.frame.copy()
    for column in coded.columns:
        if column.kind in ("nominal", "ordinal"):
            frame[column.name] = frame[column.name].astype("Int64")
        elif column.kind == "date":
            frame[column.name] = pd.to_datetime(frame[column.name]).dt.strftime("%Y-%m-%d")
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8", float_format=_shortest)


def _shortest(number: float) -> str:
    """Write a number with as many digits as it takes to read the same one back."""
    return repr(float(number)).removesuffix(".0")


def write_datapackage(coded: Coded, data: str, path: Path) -> None:
    """Write datapackage.json (Frictionless Data Package 1) for the CSV file of codes."""
    described = {
        "profile": "tabular-data-package",
        "name": f"answers-{coded.wave}".lower(),
        "title": coded.title,
        **({"description": coded.notice} if coded.notice else {}),
        **({"weighting": "\n".join(coded.weighting)} if coded.weighting else {}),
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": "answers",
                "path": data,
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "schema": {"fields": [_field(column) for column in coded.columns], "primaryKey": "case"},
            }
        ],
    }
    path.write_text(
        json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )


def _field(column: Column) -> dict[str, Any]:
    every = column.every
    found: dict[str, Any] = {"name": column.name, "title": column.label, "type": _TYPES[column.kind]}
    told = "\n".join([column.text, *column.made]) if column.text else ""
    if told:
        found["description"] = told
    if column.codes:
        found["constraints"] = {"enum": sorted(every)}
    if every:
        # Table Schema has no labels of codes; programs leave keys that they do not know alone.
        found["labels"] = {str(code): label for code, label in every.items()}
    if column.missing:
        found["missing"] = sorted(column.missing)
    found["measure"] = column.kind
    if column.option_of:
        found["set"] = {"name": column.question, "label": column.option_of}
    return found


def dictionary(coded: Coded) -> str:
    """Return a data dictionary in Markdown: each column with its label, its question and its codes."""
    words = coded.words
    extent = words("deposit.extent", n=words.integer(len(coded.frame)), columns=len(coded.columns))
    notice = [plain(coded.notice), ""] if coded.notice else []
    lines = [f"# {plain(coded.title)}", "", *notice, extent, ""]
    if coded.weighting:
        lines += [f"## {words('deposit.weighting')}", "", *coded.weighting, ""]
    for column in coded.columns:
        lines += [f"## `{column.name}`", "", f"{plain(column.label)} ({column.kind})", ""]
        if column.text and column.text != column.label:
            lines += [f"> {plain(column.text)}", ""]
        lines += [f"- {plain(step)}" for step in column.made] + [""] * bool(column.made)
        codes = [*column.codes.items(), *column.missing.items()]
        short = [str(code) for code, label in codes if in_bytes(" ".join(label.split())) > VALUE_LABEL]
        if short:
            lines += [words("deposit.cut", codes=", ".join(short), bytes=VALUE_LABEL), ""]
        if codes:
            lines += [f"| {words('deposit.code')} | {words('deposit.label')} | |", "| ---: | --- | --- |"]
            lines += [
                f"| {code} | {plain(label)} | {words('deposit.missing') if code in column.missing else ''} |"
                for code, label in codes
            ]
            lines.append("")
    return "\n".join(lines)


def write_parquet(coded: Coded, path: Path) -> None:
    """Write the codes as Parquet, with labels and reasons for no answer in the metadata of each field."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    frame = coded.frame.copy()
    fields = []
    for column in coded.columns:
        if column.kind in ("nominal", "ordinal"):
            frame[column.name] = frame[column.name].astype("Int64")
        kinds = {"nominal": pa.int64(), "ordinal": pa.int64(), "scale": pa.float64(), "date": pa.date32()}
        about = {key: value for key, value in _field(column).items() if key not in ("name", "type")}
        texts = {key: json.dumps(value, ensure_ascii=False) for key, value in about.items()}
        fields.append(pa.field(column.name, kinds[column.kind], metadata=texts))
    study = {"title": coded.title, "description": coded.notice, "weighting": "\n".join(coded.weighting)}
    schema = pa.schema(fields, metadata={key: value for key, value in study.items() if value})
    pq.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False), path)
