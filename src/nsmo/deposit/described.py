"""What is known of the answers, for archives, programs and people: DDI, a data package, a dictionary."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.deposit.coded import Coded
from nsmo.deposit.column import Column
from nsmo.deposit.questionnaire import plain
from nsmo.study import Codebook

DDI = "ddi:codebook:2_5"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_TYPES = {"nominal": "integer", "ordinal": "integer", "scale": "number", "date": "date", "text": "string"}


def write_csv(coded: Coded, path: Path) -> None:
    """Write the codes as text; what is declared missing stands there as its code."""
    frame = coded.frame.copy()
    for column in coded.columns:
        if column.kind in ("nominal", "ordinal"):
            frame[column.name] = frame[column.name].astype("Int64")
        elif column.kind == "date":
            frame[column.name] = pd.to_datetime(frame[column.name]).dt.strftime("%Y-%m-%d")
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8", float_format="%.10g")


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
    every = column.codes | column.missing
    found: dict[str, Any] = {"name": column.name, "title": column.label, "type": _TYPES[column.kind]}
    if column.text:
        found["description"] = column.text
    if column.codes:
        found["constraints"] = {"enum": sorted(every)}
    if every:
        # Table Schema has no labels of codes; programs leave keys that they do not know alone.
        found["labels"] = {str(code): label for code, label in every.items()}
    if column.missing:
        found["missing"] = sorted(column.missing)
    return found


def write_ddi(coded: Coded, codebook: Codebook, data: str, path: Path) -> None:
    """Write DDI-Codebook 2.5: the study, the file, and each variable with its categories and their counts."""
    ET.register_namespace("", DDI)
    book = ET.Element(f"{{{DDI}}}codeBook", {"version": "2.5", _LANGUAGE: coded.language})
    study = _add(book, "stdyDscr")
    citation = _add(study, "citation")
    title = _add(citation, "titlStmt")
    _add(title, "titl", coded.title)
    _add(title, "IDNo", coded.wave)
    if codebook.publisher is not None:
        _add(_add(citation, "prodStmt"), "producer", codebook.publisher.name)
    information = _add(study, "stdyInfo")
    if coded.notice:
        _add(information, "abstract", coded.notice)
    summary = _add(information, "sumDscr")
    for event, moment in (("start", codebook.field_period.from_), ("end", codebook.field_period.until)):
        if moment is not None:
            _add(summary, "collDate", f"{moment}", event=event, date=f"{moment}")
    _add(summary, "anlyUnit", codebook.unit[coded.language])
    if coded.weighting:
        _add(_add(_add(study, "method"), "dataColl"), "weight", "\n".join(coded.weighting), ID="W1")
    file = _add(_add(book, "fileDscr", ID="F1"), "fileTxt")
    _add(file, "fileName", data)
    size = _add(file, "dimensns")
    _add(size, "caseQnty", str(len(coded.frame)))
    _add(size, "varQnty", str(len(coded.columns)))
    described = _add(book, "dataDscr")
    for number, (name, columns) in enumerate(coded.sets.items(), start=1):
        names = " ".join(f"V_{column.name}" for column in columns)
        group = _add(described, "varGrp", ID=f"G{number}", type="multipleResp", var=names)
        _add(group, "labl", columns[0].label.partition(": ")[0] or name)
    for column in coded.columns:
        _variable(described, column, coded.frame[column.name] if coded.counted else None)
    ET.indent(book)
    ET.ElementTree(book).write(path, encoding="utf-8", xml_declaration=True)


def _variable(described: ET.Element, column: Column, values: pd.Series | None) -> None:
    """Describe a column; without values nothing is counted."""
    nature = {"scale": "ratio", "date": "interval"}.get(column.kind, column.kind)
    about = {"intrvl": "discrete" if column.codes else "contin"}
    about |= {"wgt": "wgt"} if column.weight else {}
    about |= {"nature": nature} if nature != "text" else {}
    variable = _add(described, "var", ID=f"V_{column.name}", name=column.name, files="F1", **about)
    _add(variable, "labl", column.label)
    if column.text and not column.derived:
        _add(_add(variable, "qstn"), "qstnLit", column.text)
    if values is not None:
        known = values.notna() & ~values.isin(list(column.missing))
        _add(variable, "sumStat", str(int(known.sum())), type="vald")
        _add(variable, "sumStat", str(int((~known).sum())), type="invd")
    for code, label in [*column.codes.items(), *column.missing.items()]:
        category = _add(variable, "catgry", **({"missing": "Y"} if code in column.missing else {}))
        _add(category, "catValu", str(code))
        _add(category, "labl", label)
        if values is not None:
            _add(category, "catStat", str(int(values.eq(code).sum())), type="freq")
    kind = "character" if column.kind in ("date", "text") else "numeric"
    if column.derived:
        _add(variable, "derivation")
    _add(variable, "varFormat", type=kind)


def _add(parent: ET.Element, tag: str, text: str = "", /, **attributes: str) -> ET.Element:
    found = ET.SubElement(parent, f"{{{DDI}}}{tag}", attributes)
    found.text = text or None
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
        codes = [*column.codes.items(), *column.missing.items()]
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
