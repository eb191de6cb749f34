"""What is known of the answers, for archives, programs and people: DDI, a data package, a dictionary."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pandas as pd

from nsmo.deposit.coded import Coded, Column
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
        _variable(described, column, coded.frame[column.name])
    ET.indent(book)
    ET.ElementTree(book).write(path, encoding="utf-8", xml_declaration=True)


def _variable(described: ET.Element, column: Column, values: pd.Series) -> None:
    nature = {"scale": "ratio", "date": "interval", "text": "other"}.get(column.kind, column.kind)
    whole = "discrete" if column.codes else "contin"
    variable = _add(
        described, "var", ID=f"V_{column.name}", name=column.name, files="F1", intrvl=whole, nature=nature
    )
    _add(variable, "labl", column.label)
    if column.text and not column.derived:
        _add(_add(variable, "qstn"), "qstnLit", column.text)
    known = values.notna() & ~values.isin(list(column.missing))
    _add(variable, "sumStat", str(int(known.sum())), type="vald")
    _add(variable, "sumStat", str(int((~known).sum())), type="invd")
    for code, label in [*column.codes.items(), *column.missing.items()]:
        category = _add(variable, "catgry", **({"missing": "Y"} if code in column.missing else {}))
        _add(category, "catValu", str(code))
        _add(category, "labl", label)
        _add(category, "catStat", str(int(values.eq(code).sum())), type="freq")
    kind = "character" if column.kind in ("date", "text") else "numeric"
    if column.derived:
        _add(variable, "derivation")
    _add(variable, "varFormat", type=kind)


def _add(parent: ET.Element, tag: str, text: str = "", /, **attributes: str) -> ET.Element:
    found = ET.SubElement(parent, f"{{{DDI}}}{tag}", attributes)
    found.text = text or None
    return found


def write_dictionary(coded: Coded, path: Path) -> None:
    """Write a data dictionary in Markdown: each column with its label, its question and its codes."""
    words = coded.words
    extent = words("deposit.extent", n=words.integer(len(coded.frame)), columns=len(coded.columns))
    lines = [f"# {coded.title}", "", *([coded.notice, ""] if coded.notice else []), extent, ""]
    for column in coded.columns:
        lines += [f"## `{column.name}`", "", f"{_plain(column.label)} ({column.kind})", ""]
        if column.text and column.text != column.label:
            lines += [f"> {_plain(column.text)}", ""]
        codes = [*column.codes.items(), *column.missing.items()]
        if codes:
            lines += [f"| {words('deposit.code')} | {words('deposit.label')} | |", "| ---: | --- | --- |"]
            lines += [
                f"| {code} | {_plain(label)} | {words('deposit.missing') if code in column.missing else ''} |"
                for code, label in codes
            ]
            lines.append("")
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
