"""KoboToolbox and ODK: data with names or labels as header, and the form they were made by (XLSForm)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nsmo.formats.cells import Export, as_text, bad_file
from nsmo.formats.structure import Structure, Variable, plain_text
from nsmo.formats.workbook import open_workbook, read_sheet

NAME = "xlsform"

_USES = {
    "start": "started",
    "end": "submitted",
    "_submission_time": "",
    "submissiondate": "submitted",
    "_id": "id",
    "_uuid": "id",
    "key": "id",
    "meta-instanceid": "",
    "instanceid": "",
    "meta/instanceid": "",
    "_index": "",
    "_parent_table_name": "",
    "_parent_index": "",
    "_tags": "",
    "_notes": "",
    "_status": "",
    "_submitted_by": "",
    "__version__": "",
    "_validation_status": "",
    "today": "",
    "deviceid": "",
    "username": "",
    "phonenumber": "",
    "simserial": "",
    "subscriberid": "",
    "submitterid": "",
    "submittername": "",
    "attachmentspresent": "",
    "attachmentsexpected": "",
    "status": "",
    "reviewstate": "",
    "edits": "",
    "formversion": "",
}
#: What SurveyCTO has of its own, whose options stand behind a question with a low stroke: crops, crops_1.
_OF_SURVEYCTO = {
    "starttime": "started",
    "endtime": "",
    "duration": "duration",
    "simid": "",
    "devicephonenum": "",
    "formdef_version": "",
    "instancename": "",
    "caseid": "",
}
#: What a recorded place is split into, beside the column that holds all of it.
_PLACE = re.compile(r"_(.+)_(?:latitude|longitude|altitude|precision)")
_LABEL = re.compile(r"label(::\s*(?P<language>.*))?$", re.IGNORECASE)


def signs(header: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return what speaks for KoboToolbox or ODK; nothing if nothing does."""
    names = {name.casefold() for name in header[0]}
    own = ("_uuid", "_submission_time", "_submitted_by", "__version__", "submissiondate", "key", "instanceid",
           "meta-instanceid", "submitterid")  # fmt: skip
    found = [f"the column '{name}'" for name in own if name in names]
    return found if len(found) > 1 else []


def header_structure(export: Export) -> Structure:
    """List what the names of the columns say: own columns, and ``question/option`` beside ``question``."""
    names = set(export.columns)
    places = {found[1] for name in names if (found := _PLACE.fullmatch(name))}
    # ODK Central puts a group before a name with a hyphen, KoboToolbox with a slash.
    hyphens = {name.casefold() for name in names} >= {"key", "submitterid"}
    cto = "formdef_version" in {name.casefold() for name in names}
    uses = _USES | (_OF_SURVEYCTO if cto else {})
    has_id = {name.casefold() for name in names} & {"_id", "key"}
    variables = {}
    for column in export.columns:
        key = column.casefold()
        code = column.rsplit("/", 1)[-1]
        code = code.rsplit("-", 1)[-1] if hyphens else code
        # An option may have a stroke of its own: "Internet / WiFi".
        cuts = [at for at, sign in enumerate(column) if sign == "/" and column[:at] in names]
        if cto and not cuts and (found := re.fullmatch(r"(.+?)_(_?\d+|other)", column)):
            cuts = [len(found[1])] if found[1] in names and _ticks(export, found[1], column) else []
        parent, option = (column[: cuts[-1]], column[cuts[-1] + 1 :]) if cuts else ("", "")
        if _PLACE.fullmatch(column) or column in places:
            # Where it was filled in tells whose answers they are.
            variables[column] = Variable.aside(column)
        elif key in uses and (key not in ("start", "end", "status", "key") or _is_own(export, column)):
            use = uses[key]
            if key == "_uuid" and has_id:
                use = ""
            variables[column] = Variable.aside(column, use)
        elif parent in names and set(export.cells[column]) <= {
            "",
            "0",
            "1",
            "True",
            "False",
            "TRUE",
            "FALSE",
        }:
            question = parent.rsplit("/", 1)[-1]
            variables[column] = Variable(
                column, f"{question}/{option}", question, "tick", question, option,
                counted=("1", "True", "TRUE"), unticked=("0", "False", "FALSE"),
            )  # fmt: skip
        else:
            variables[column] = Variable(column, code, code, label=code)
    ticked = {variable.question for variable in variables.values() if variable.part == "tick"}
    for column, variable in variables.items():
        # The same answers once more, joined by blanks: the columns hold them without a doubt.
        if variable.question in ticked and variable.part == "answer":
            variables[column] = Variable(column, "", variable.question, "unused")
    return Structure(variables)


def read_structure(path: Path) -> Structure:
    """Read a form: the sheets survey and choices of a workbook.

    Raises
    ------
    StudyError
        If they are missing, or no question is in them.
    """
    workbook = open_workbook(path)
    if not {"survey", "choices"} <= {name.casefold() for name in workbook.sheet_names}:
        raise bad_file(
            "this is not a form (XLSForm)",
            path.name,
            f"the sheets survey and choices; it has {', '.join(workbook.sheet_names)}",
            "give the workbook that the form was made of",
        )
    sheets = {name.casefold(): name for name in workbook.sheet_names}
    survey = _table(path, sheets["survey"])
    choices = _table(path, sheets["choices"])
    settings = _table(path, sheets["settings"]) if "settings" in sheets else []
    title = settings[0].get("form_title", "") if settings else ""
    declared = settings[0].get("default_language", "") if settings else ""
    languages = [found["language"] for key in (survey[0] if survey else {}) if (found := _LABEL.match(key))]
    language = declared if declared in languages else next(iter(languages), None)
    lists: dict[str, dict[str, str]] = {}
    for row in choices:
        name = row.get("list_name") or row.get("list name") or ""
        code = row.get("name") or row.get("value") or ""
        lists.setdefault(name, {})[code] = plain_text(_label(row, language)) or code
    variables = {
        variable.code: variable for row in _inside(survey) for variable in _variables(row, lists, language)
    }
    if not variables:
        raise bad_file(
            "there is no question in it",
            f"{path.name}, sheet survey",
            "rows with type and name",
            "give another form",
        )
    short = re.search(r"\(([a-z]{2})\)", language or "")
    return Structure(variables, [], title, short[1] if short else "")


def _ticks(export: Export, whole: str, column: str) -> bool:
    """Return whether the joined codes of a question hold one wherever its own column ticks it."""
    code = column[len(whole) + 1 :].replace("_", "-", 1)
    ticked = export.cells[whole][export.cells[column] == "1"]
    return bool(len(ticked)) and all(code in text.split() for text in ticked)


def _is_own(export: Export, column: str) -> bool:
    """Return whether a column is a moment or an id and no question that happens to be called so."""
    values = [value for value in export.cells[column] if value]
    if column.casefold() == "key":
        return all(value.startswith("uuid:") for value in values)
    return all(re.match(r"\d{4}-\d\d-\d\d|approved|hasIssues|$", value) for value in values)


def _table(path: Path, sheet: str) -> list[dict[str, str]]:
    rows = [[as_text(cell) for cell in row] for row in read_sheet(path, sheet)]
    rows = [row for row in rows if any(row)]
    if not rows:
        return []
    keys = [key.strip() if _LABEL.match(key.strip()) else key.strip().lower() for key in rows[0]]
    return [dict(zip(keys, (cell.strip() for cell in row), strict=False)) for row in rows[1:]]


def _label(row: Mapping[str, str], language: str | None) -> str:
    labels = {found["language"]: text for key, text in row.items() if (found := _LABEL.match(key))}
    return labels.get(language) or next((text for text in labels.values() if text), "")


def _inside(survey: Sequence[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    """Go through the questions, each with the conditions and the number of the groups that it stands in."""
    routes: list[tuple[str, str]] = []
    page = 0
    for row in survey:
        kind = " ".join(row.get("type", "").split()).replace("_", " ")
        if kind.startswith("begin"):
            routes.append((row.get("relevant", ""), _label(row, None)))
            page += len(routes) == 1
        elif kind.startswith("end"):
            routes = routes[:-1]
        elif kind and row.get("name"):
            conditions = [condition for condition, _ in [*routes, (row.get("relevant", ""), "")] if condition]
            several = len(conditions) > 1
            whole = " and ".join(f"({one})" if several else one for one in conditions)
            yield {**row, "relevant": whole, "page": str(page or "")}


def _variables(
    row: Mapping[str, str], lists: Mapping[str, Mapping[str, str]], language: str | None
) -> Iterator[Variable]:
    words = row["type"].split()
    kind, code, label = words[0].lower(), row["name"], plain_text(_label(row, language))
    common = {"routing": row["relevant"], "page": int(row["page"]) if row["page"] else None}
    if len(words) > 1 and kind == "select":
        kind, words = f"select_{words[1]}", words[1:]
    options = dict(lists.get(words[1], {})) if len(words) > 1 else {}
    if "or_other" in words:
        options["other"] = "Other"
    match kind:
        case "select_one":
            yield Variable(code, code, code, label=label, options=options, kind="single", **common)
        case "select_multiple":
            yield Variable(
                code, code, code, label=label, options=options, kind="joined", separator=" ", **common
            )
            for option, text in options.items():
                yield Variable(
                    f"{code}/{option}", f"{code}/{option}", code, "tick", label, text,
                    counted=("1", "True", "TRUE"), unticked=("0", "False", "FALSE"), **common,
                )  # fmt: skip
        case "rank":
            yield Variable(
                code, code, code, label=label, options=options, kind="ranking", separator=" ", **common
            )
        case "integer" | "decimal" | "range":
            yield Variable(code, code, code, label=label, kind="numeric", **common)
        case "date" | "datetime":
            yield Variable(code, code, code, label=label, kind="date", **common)
        case "text":
            yield Variable(code, code, code, label=label, kind="text", **common)
        case "note" | "calculate" | "hidden" | "image" | "audio" | "video" | "file" | "geopoint" | "audit":
            yield Variable(code, code, code, "unused")
        case _:
            yield Variable(code, code, code, label=label, **common)
    if "or_other" in words:
        yield Variable(f"{code}_other", f"{code}_other", code, "other", label, "Other")
