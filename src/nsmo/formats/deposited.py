"""What a deposit says of its columns: DDI-Codebook and Frictionless data packages, as archives have them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from nsmo.formats.cells import bad_file
from nsmo.formats.structure import MissingValue, ResponseSet, Structure, Variable, plain_text

_KINDS = {"nominal": "single", "ordinal": "ordinal", "scale": "numeric", "number": "numeric", "date": "date"}
_TICKED = ("1",)


def is_ddi(path: Path) -> bool:
    """Return whether a file of XML is a codebook of DDI, of whatever version."""
    with path.open("rb") as file:
        return b"codeBook" in file.read(4_000)


def is_datapackage(path: Path) -> bool:
    """Return whether a file of JSON describes the resources of a data package."""
    about = _json(path)
    return isinstance(about, dict) and isinstance(about.get("resources"), list)


def read_ddi(path: Path) -> Structure:
    """List what a codebook of DDI says of its variables: labels, codes, missing values and sets.

    Raises
    ------
    StudyError
        If it is damaged.
    """
    try:
        book = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise bad_file(
            f"not readable as XML: {error}", path.name, "a whole codebook of DDI", "export it again"
        ) from None
    variables, names = {}, {}
    for one in book.iterfind(".//{*}dataDscr/{*}var"):
        name = one.get("name", "")
        variables[name], names[one.get("ID", "")] = _ddi_variable(one, name), name
    sets = []
    for group in book.iterfind(".//{*}dataDscr/{*}varGrp[@type='multipleResp']"):
        columns = tuple(names[part] for part in group.get("var", "").split() if part in names)
        own = [one.rpartition("_")[0] for one in columns]
        name = group.get("name") or (own[0] if own else "") or group.get("ID", "")
        sets.append(ResponseSet(name, _said(group, "labl"), "ticks", columns, _TICKED))
    title = _said(book, "stdyDscr/{*}citation/{*}titlStmt/{*}titl")
    return Structure(variables, sets, title, book.get("{http://www.w3.org/XML/1998/namespace}lang", ""))


def _ddi_variable(one: ElementTree.Element, name: str) -> Variable:
    missing, options = [], {}
    for category in one.iterfind("{*}catgry"):
        code, label = _said(category, "catValu"), _said(category, "labl")
        if category.get("missing") == "Y":
            missing.append(MissingValue(code, code, label))
        else:
            options[code] = label or code
    for item in one.iterfind("{*}invalrng/{*}item"):
        code = item.get("VALUE", "")
        if not any(value.holds(code) for value in missing):
            missing.append(MissingValue(code, code, options.get(code, "")))
    for span in one.iterfind("{*}invalrng/{*}range"):
        low, high = span.get("min"), span.get("max")
        if low is not None and high is not None:
            missing.append(MissingValue(low, high))
    options = {code: label for code, label in options.items() if not any(m.holds(code) for m in missing)}
    form = one.find("{*}varFormat")
    if options:
        kind = "ordinal" if one.get("nature") == "ordinal" else "single"
    elif form is not None and form.get("category") == "date":
        kind = "date"
    else:
        kind = "numeric" if one.get("intrvl") == "contin" else ""
    label = _said(one, "labl") or _said(one, "qstn/{*}qstnLit") or _said(one, "qstn")
    return Variable(name, code=name, label=label, options=options, missing=tuple(missing), kind=kind)


def _said(one: ElementTree.Element, tag: str) -> str:
    found = one.find("{*}" + tag)
    return plain_text("".join(found.itertext())) if found is not None else ""


def read_datapackage(path: Path) -> Structure:
    """List what a data package says of the fields of its resources."""
    about = _json(path)
    fields = [
        field
        for resource in about["resources"]
        if isinstance(resource, dict) and isinstance(resource.get("schema"), dict)
        for field in resource["schema"].get("fields", ())
        if isinstance(field, dict) and field.get("name")
    ]
    variables = {str(field["name"]): described_column(str(field["name"]), field) for field in fields}
    return Structure(variables, described_sets(fields), plain_text(str(about.get("title", ""))))


def described_column(name: str, about: Mapping[str, Any]) -> Variable:
    """Describe a column by what a field of a table schema says of it.

    Parameters
    ----------
    name : str
    about : mapping
        `title` and `description`; `labels` by code, of which some are `missing` (as a deposit of this project
        has them), or `categories` with value and label (as version 2 of the standard has them).
    """
    labels = {str(code): str(label) for code, label in (about.get("labels") or {}).items()}
    for category in about.get("categories") or ():
        value, label = (
            (category["value"], category["label"]) if isinstance(category, dict) else (category,) * 2
        )
        labels[str(value)] = str(label)
    gone = [str(code) for code in about.get("missing") or ()]
    options = {code: label for code, label in labels.items() if code not in gone}
    kind = _KINDS.get(str(about.get("measure") or about.get("type")), "")
    if about.get("categoriesOrdered"):
        kind = "ordinal"
    if bool(options) != (kind in ("single", "ordinal")):
        kind = "single" if options else ""
    return Variable(
        name,
        code=name,
        label=plain_text(str(about.get("title") or about.get("description") or "")),
        options=options,
        missing=tuple(MissingValue(code, code, labels.get(code, "")) for code in gone),
        kind=kind,
    )


def described_sets(fields: Sequence[Mapping[str, Any]]) -> list[ResponseSet]:
    """List the questions with several answers of which fields say that they belong to them.

    Parameters
    ----------
    fields : sequence of mapping
        As `described_column` takes them, with `set`: name and label of the question.
    """
    columns: dict[tuple[str, str], list[str]] = {}
    for field in fields:
        one = field.get("set")
        if isinstance(one, dict) and one.get("name"):
            columns.setdefault((str(one["name"]), str(one.get("label", ""))), []).append(str(field["name"]))
    return [
        ResponseSet(name, label, "ticks", tuple(members), _TICKED)
        for (name, label), members in columns.items()
    ]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise bad_file(f"not readable as JSON: {error}", path.name, "a whole data package") from None
