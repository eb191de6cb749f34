"""The answers described in DDI-Codebook 2.5, which archives read."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd

from nsmo.deposit.coded import Coded
from nsmo.deposit.column import Column
from nsmo.study import Codebook
from nsmo.study.conditions import REASONS, describe
from nsmo.study.personal import masked
from nsmo.study.questionnaire import Battery

DDI = "ddi:codebook:2_5"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_FILE, _WEIGHTING = "F1", "W1"
_NATURES = {"scale": "ratio", "date": "interval"}


def write_ddi(coded: Coded, codebook: Codebook, data: str, path: Path) -> None:
    """Write DDI-Codebook 2.5: the study, the file, and each variable with its categories and their counts.

    Parameters
    ----------
    coded : Coded
    codebook : Codebook
        Of the wave.
    data : str
        The name of the file of codes.
    path : Path
    """
    ET.register_namespace("", DDI)
    book = ET.Element(f"{{{DDI}}}codeBook", {"version": "2.5", _LANGUAGE: coded.language})
    _study(_add(book, "stdyDscr"), coded, codebook)
    file = _add(_add(book, "fileDscr", ID=_FILE), "fileTxt")
    _add(file, "fileName", data)
    size = _add(file, "dimensns")
    _add(size, "caseQnty", str(len(coded.frame)))
    _add(size, "varQnty", str(len(coded.columns)))
    _add(file, "fileType", "text/csv", charset="UTF-8")
    described = _add(book, "dataDscr")
    sets = [(name, "multipleResp", columns[0].option_of, columns) for name, columns in coded.sets.items()]
    for number, (name, kind, label, columns) in enumerate([*sets, *_grids(coded, codebook)], start=1):
        about = {"ID": f"G{number}", "name": name, "type": kind, "var": _references(columns)}
        _add(_add(described, "varGrp", **about), "labl", label)
    for column in coded.columns:
        _variable(described, column, coded, codebook)
    ET.indent(book)
    ET.ElementTree(book).write(path, encoding="utf-8", xml_declaration=True)


def _study(study: ET.Element, coded: Coded, codebook: Codebook) -> None:
    language, cited = coded.language, codebook.about.citation
    citation = _add(study, "citation")
    title = _add(citation, "titlStmt")
    _add(title, "titl", coded.title)
    _add(title, "IDNo", coded.wave)
    if cited is not None and cited.authors is not None:
        _add(_add(citation, "rspStmt"), "AuthEnty", cited.authors[language])
    if codebook.publisher is not None:
        _add(_add(citation, "prodStmt"), "producer", codebook.publisher.name)
    information = _add(study, "stdyInfo")
    if coded.notice:
        _add(information, "abstract", coded.notice)
    summary = _add(information, "sumDscr")
    for event, moment in (("start", codebook.field_period.from_), ("end", codebook.field_period.until)):
        if moment is not None:
            _add(summary, "collDate", f"{moment}", event=event, date=f"{moment}")
    _add(summary, "anlyUnit", codebook.unit[language])
    if coded.weighting:
        weighting = "\n".join(coded.weighting)
        _add(_add(_add(study, "method"), "dataColl"), "weight", weighting, ID=_WEIGHTING)
    if cited is not None and cited.licence is not None:
        terms = f"{cited.licence.name} ({cited.licence.url})" if cited.licence.url else cited.licence.name
        _add(_add(_add(study, "dataAccs"), "useStmt"), "conditions", terms)


def _grids(coded: Coded, codebook: Codebook) -> list[tuple[str, str, str, list[Column]]]:
    """List the batteries of which columns are there, with their text."""
    batteries = [entry for entry in codebook.questionnaire.entries if isinstance(entry, Battery)]
    texts = {entry.battery: masked(entry.text[coded.language]) for entry in reversed(batteries)}
    found: dict[str, list[Column]] = {}
    for column in coded.columns:
        battery = codebook.variables[column.question].battery if column.question else None
        if battery is not None:
            found.setdefault(battery, []).append(column)
    return [(name, "grid", texts[name], columns) for name, columns in found.items()]


def _references(columns: list[Column]) -> str:
    return " ".join(f"V_{column.name}" for column in columns)


def _variable(described: ET.Element, column: Column, coded: Coded, codebook: Codebook) -> None:
    """Describe a column; where it may not be said how many answered what, nothing is counted."""
    about = {"intrvl": "contin" if column.kind in _NATURES else "discrete"}
    about["nature"] = _NATURES.get(column.kind, column.kind)
    if column.weight:
        about["wgt"] = "wgt"
    elif column.question and coded.weighting:
        about |= {"wgt-var": "V_weight", "weight": _WEIGHTING}
    variable = _add(described, "var", ID=f"V_{column.name}", name=column.name, files=_FILE, **about)
    _add(variable, "labl", column.label)
    if column.text and not column.made:
        _add(_add(variable, "qstn"), "qstnLit", column.text)
    if column.missing:
        invalid = _add(variable, "invalrng")
        for code in sorted(column.missing):
            _add(invalid, "item", VALUE=str(code))
    definition = codebook.variables[column.question].definition if column.question else None
    asked_if = getattr(definition, "asked_if", None)
    if asked_if is not None:
        _add(variable, "universe", masked(describe(asked_if, codebook, coded.language)), clusion="I")
    values = coded.frame[column.name] if coded.counted else None
    if values is not None:
        known = values.notna() & ~values.isin(list(column.missing))
        _add(variable, "sumStat", str(int(known.sum())), type="vald")
        _add(variable, "sumStat", str(int((~known).sum())), type="invd")
    _categories(variable, column, values)
    if column.made:
        sources = [one for one in coded.columns if one.question in column.sources]
        derivation = _add(variable, "derivation", **({"var": _references(sources)} if sources else {}))
        _add(derivation, "drvdesc", "\n".join(column.made))
    if column.kind == "date":
        _add(variable, "varFormat", type="character", schema="ISO", category="date")
    else:
        _add(variable, "varFormat", type="numeric")


def _categories(variable: ET.Element, column: Column, values: pd.Series | None) -> None:
    for code, label in column.every.items():
        why = {"missing": "Y", "missType": REASONS[-code % 100 - 1]} if code in column.missing else {}
        category = _add(variable, "catgry", **why)
        _add(category, "catValu", str(code))
        _add(category, "labl", label)
        if values is not None:
            _add(category, "catStat", str(int(values.eq(code).sum())), type="freq")


def _add(parent: ET.Element, tag: str, text: str = "", /, **attributes: str) -> ET.Element:
    found = ET.SubElement(parent, f"{{{DDI}}}{tag}", attributes)
    found.text = text or None
    return found
