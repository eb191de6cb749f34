"""Recognises what an export is: the kind of file, the survey tool, and the structure beside it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nsmo.formats import (
    alchemer,
    deposited,
    forms,
    headings,
    limesurvey,
    limesurvey_files,
    qualtrics,
    redcap,
    sosci,
    surveymonkey,
    typeform,
    xlsform,
)
from nsmo.formats.cells import (
    SUFFIXES,
    Export,
    Layout,
    arrange,
    bad_file,
    mend,
    no_file,
    normal_column,
    read_export,
    read_records,
    without_empty,
)
from nsmo.formats.described import Described, describes, read_codebook, with_codebook
from nsmo.formats.packages import package_doubts, package_structure
from nsmo.formats.parquet import count_rows, parquet_structure, parts, table_records
from nsmo.formats.rankings import Ranked
from nsmo.formats.sas_syntax import read_sas_syntax
from nsmo.formats.structure import ResponseSet, Structure, Variable, plain_text
from nsmo.formats.text import count_title_rows, guess_encoding, guess_layout
from nsmo.formats.workbook import check_merged, open_workbook, sheets_with_cells, title_of
from nsmo.study.errors import StudyError
from nsmo.study.paths import check_own_file

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Tool:
    """A survey tool: what speaks for it, how many rows its header has, and what the header says.

    `names_row` is the row of the header that names the columns, where the others only explain it.
    """

    name: str
    title: str
    signs: Callable[[Rows, Rows], list[str]]
    structure: Callable[[Export], Structure]
    header_rows: Callable[[Rows], int] = lambda rows: 1
    names_row: int | None = None


#: In the order in which they are tried; the first whose signs are there is taken.
TOOLS = (
    Tool("qualtrics", "Qualtrics", qualtrics.signs, qualtrics.header_structure, qualtrics.header_rows, 1),
    Tool(
        "surveymonkey",
        "SurveyMonkey",
        surveymonkey.signs,
        surveymonkey.header_structure,
        surveymonkey.header_rows,
    ),
    Tool("redcap", "REDCap", redcap.signs, redcap.header_structure),
    Tool("xlsform", "KoboToolbox or ODK", xlsform.signs, xlsform.header_structure),
    Tool("sosci", "SoSci Survey", sosci.signs, sosci.header_structure, sosci.header_rows, 1),
    Tool("typeform", "Typeform", typeform.signs, typeform.header_structure),
    Tool("limesurvey", "LimeSurvey", limesurvey.signs, limesurvey.header_structure),
    Tool("alchemer", "Alchemer", alchemer.signs, alchemer.header_structure),
    Tool("google_forms", "Google Forms", forms.google_signs, forms.google_structure),
    Tool("microsoft_forms", "Microsoft Forms", forms.microsoft_signs, forms.microsoft_structure),
)
_LONGEST_TITLE = 120
#: How tools name their exports: "Title (Responses) - Form Responses 1", "Title(1-180)",
#: "Title_January 30, 2026_10.12", "Title_-_all_versions_-_English_-_2026-02-01".
_EXPORT_NAMES = {
    "google_forms": re.compile(r"(?P<title>.+?) ?\([^()]+\)( - [^-]+)?( \(\d+\))?"),
    "microsoft_forms": re.compile(r"(?P<title>.+?) ?\(\d+-\d+\)( \(\d+\))?"),
    "qualtrics": re.compile(r"(?P<title>.+?)_\w+[+ ]\d{1,2},[+ ]\d{4}_\d{2}\.\d{2}( \(\d+\))?"),
    "xlsform": re.compile(r"(?P<title>.+?)_-_(all_versions|latest_version|.*version.*)_-_.*"),
}
_MOST_SHEETS = 12


@dataclass(frozen=True)
class Reading:
    """What was read, and how it was recognised.

    Attributes
    ----------
    path : Path
        The file with the responses.
    layout : Layout
        How it is written.
    export : Export
        Its cells.
    structure : Structure
        What is known of its columns.
    tool : str
        The name of the tool, or an empty text.
    title : str
        The kind of file and the tool, in words.
    signs : list of str
        What speaks for the tool.
    tried : list of str
        The tools of which no sign was found.
    doubts : list of str
        What a person must confirm of how the file was read.
    beside : list of Path
        Files of structure.
    rankings : tuple of Ranked
        Columns that hold answers in an order, and were taken apart.
    responses : int
        How many there are; of many in parquet some are looked at, see `sample`.
    """

    path: Path
    layout: Layout
    export: Export
    structure: Structure
    tool: str
    title: str
    signs: list[str]
    tried: list[str]
    doubts: list[str]
    beside: list[Path]
    rankings: tuple[Ranked, ...] = ()
    responses: int = 0


def read(paths: Sequence[Path | str]) -> Reading:
    """Read an export, and the files of structure beside it.

    Parameters
    ----------
    paths : sequence of Path
        The responses, and any of: .lss, .lsa, .tsv of LimeSurvey, its syntax for R or SPSS, a program of SAS,
        .qsf of Qualtrics, a data dictionary of REDCap, an XLSForm, a catalog of SAS (.sas7bcat), a codebook
        of DDI (.xml), a data package (.json).

    Returns
    -------
    Reading

    Raises
    ------
    StudyError
        If a file is missing, damaged or of no known kind, or it is not clear which of them holds the
        responses.
    """
    files = [Path(path) for path in paths]
    for path in files:
        if not path.is_file() and not (path.is_dir() and parts(path)):
            raise no_file(path)
    kinds = {path: _structure_reader(path) for path in files}
    beside = [path for path in files if kinds[path]]
    responses = [path for path in files if not kinds[path]]
    codebooks = _codebooks(responses) if len(responses) > 1 else {}
    responses = [path for path in responses if path not in codebooks]
    if not responses:
        responses = [path for path in files if path.suffix.lower() == ".lsa"]
    if len(responses) != 1:
        found = f"{len(responses)} of the {len(files)} files could hold the responses" if responses else (
            "none of the files holds responses"
        )  # fmt: skip
        raise bad_file(
            found,
            ", ".join(path.name for path in responses or files),
            "one file of responses, and files of structure beside it",
            "name the file with the responses, and leave the others out",
        )
    path = responses[0]
    beside = [one for one in beside if one != path or path.suffix.lower() == ".lsa"]
    layout, doubts, inside = _layout(path)
    syntax = next((one for one in beside if one.suffix.lower() in (".sps", ".sas", ".r")), None)
    layout = _with_syntax(layout, path, syntax)
    table = None
    if layout.format == "parquet":
        from nsmo.formats.sample import looked_at

        check_own_file(path)
        table, places = looked_at(path)
        records, numbers = without_empty(*table_records(table, layout.decimal, places.tolist()))
    else:
        records, numbers = read_records(layout, path)
    tool, signs, tried = _recognise(records[layout.title_rows :], layout)
    if tool is not None and layout.header_rows:
        rows = [[mend(cell) for cell in row] for row in records[layout.title_rows : layout.title_rows + 3]]
        count = tool.header_rows(rows)
        layout = replace(layout, header_rows=count, names_row=tool.names_row if count > 1 else None)
    elif layout.header_rows and layout.format in ("csv", "excel"):
        count, names_row = headings.header_rows(records[layout.title_rows :])
        layout = replace(layout, header_rows=count, names_row=names_row)
    if layout.header_rows and tool is None:
        headings.refuse_without(records[layout.title_rows :], path.name)
    export = arrange(layout, path.name, records, numbers)
    if total := headings.total(export):
        layout = replace(layout, last_rows=1)
        export = arrange(layout, path.name, records, numbers)
        doubts.append(f"the last row begins with '{total}', and is left out as no response")
    if layout.format == "excel":
        check_merged(path, layout.sheet, int(export.lines[0]))
    if layout.format in ("excel", "spss", "stata", "sas"):
        doubts += _cut_numbers(export)
    if layout.format == "stata":
        doubts += package_doubts(path)
    if path.suffix.lower() == ".xls":
        doubts.append("cells with an error (#N/A) cannot be told from empty ones in .xls; in .xlsx they can")
    structure = tool.structure(export) if tool else headings.header_structure(export, layout.names_row)
    catalog = next((one for one in beside if one.suffix.lower() == ".sas7bcat"), None)
    structure = _own_structure(path, layout, structure, catalog)
    if table is not None:
        structure = _of_columns(parquet_structure(table, path.name), structure)
    for one in beside:
        reader = kinds[one]
        if reader:
            structure = structure.completed(_in_words(reader, one))
    for found in (*inside.values(), *codebooks.values()):
        structure = with_codebook(structure, found)
    signs = signs + [f"the sheet '{name}', which describes its columns" for name in inside]
    if not structure.title:
        title = _title(records[: layout.title_rows], path) or _called(path, tool.name if tool else "")
        structure = replace(structure, title=title)
    return Reading(
        path,
        layout,
        export,
        _with_sets(structure),
        tool.name if tool else "",
        _kind_words(path, layout, tool),
        signs,
        tried,
        doubts,
        [*(one for one in beside if one != path), *codebooks],
        responses=count_rows(path) if table is not None else len(export.cells),
    )


def _in_words(reader: Callable[[Path], Structure], path: Path) -> Structure:
    """Read a structure; one that lacks what its kind always has is refused like one that cannot be read."""
    try:
        return reader(path)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise bad_file(
            f"something in it is not as its kind has it ({type(error).__name__}: {error})",
            path.name,
            "the structure of a survey as its tool exports it",
            "export it again, or leave it out: the responses can be read without it",
        ) from None


def _codebooks(files: Sequence[Path]) -> dict[Path, Mapping[str, Described]]:
    """Find the files among several tables that describe the columns of another one."""
    tables = {path: rows for path in files if (rows := _table(path))}
    found = {path: codebook for path, rows in tables.items() if (codebook := read_codebook(rows))}
    return {
        path: codebook
        for path, codebook in found.items()
        if any(describes(codebook, row) for other in files if other not in found for row in _heads(other))
    }


def _table(path: Path) -> list[list[str]]:
    """Read the rows of a text or of the largest sheet of a workbook; none of what is something else."""
    try:
        layout = _layout(path)[0]
        return read_records(layout, path)[0] if layout.format in ("csv", "excel") else []
    except StudyError:
        return []  # it is named where it is read as responses


def _heads(path: Path) -> list[list[str]]:
    """List what may be the header of a file of responses."""
    if SUFFIXES.get(path.suffix.lower()) in ("spss", "stata", "sas", "parquet"):
        return [list(read_export(_layout(path)[0], path).columns)]
    return _table(path)[:12]


def _sheets(path: Path, names: Sequence[str]) -> tuple[str, Mapping[str, Mapping[str, Described]]]:
    """Find the largest sheet that holds responses, and those sheets that describe its columns."""
    layouts = {name: Layout(format="excel", sheet=name) for name in names[:_MOST_SHEETS]}
    tables = {name: read_records(layout, path)[0] for name, layout in layouts.items()}
    found = {name: codebook for name, rows in tables.items() if (codebook := read_codebook(rows))}
    for name in names:
        own = {
            other: codebook
            for other, codebook in found.items()
            if other != name and any(describes(codebook, row) for row in tables.get(name, ())[:12])
        }
        if own:
            return name, own
    return names[0], {}


def _layout(path: Path) -> tuple[Layout, list[str], Mapping[str, Mapping[str, Described]]]:
    form = "parquet" if path.is_dir() else SUFFIXES.get(path.suffix.lower(), "csv")
    if form == "csv":
        with path.open("rb") as file:
            begin = file.read(8)
        if begin.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
            raise bad_file(
                f"this is a workbook or an archive, but it is called {path.name}",
                path.name,
                "a text, or a file with the ending of its format",
                "give it the ending .xlsx, .xls, .ods or .lsa",
            )
        if begin.startswith((b"$FL2", b"$FL3", b"PAR1")):
            right = ".parquet" if begin.startswith(b"PAR1") else ".sav"
            raise bad_file(
                f"this is no text, but it is called {path.name}",
                path.name,
                f"a name that ends in {right}",
                "rename it",
            )
        guessed = guess_layout(path)
        return guessed.layout, guessed.doubts, {}
    layout, doubts = Layout(format=form), []
    inside: Mapping[str, Mapping[str, Described]] = {}
    if form == "excel":
        names = open_workbook(path).sheet_names
        filled = sheets_with_cells(path) if len(names) > 1 else names
        if len(names) > 1:
            chosen = filled[0] if filled else names[0]
            if len(filled) > 1:
                chosen, inside = _sheets(path, filled)
            layout = replace(layout, sheet=chosen)
            if len(filled) - len(inside) > 1:
                doubts.append(f"sheet {chosen!r} of {', '.join(names)}")
        records, _ = read_records(layout, path)
        layout = replace(layout, title_rows=count_title_rows(records[:60]))
    return layout, doubts, inside


def _title(above: Rows, path: Path) -> str:
    """Return what the rows above a header say first, else what a workbook is called in its properties."""
    said = (cell.strip() for row in above for cell in row if re.search(r"[^\W\d_]{3}", cell))
    said = (text for text in said if not text.casefold().startswith("sep="))
    found = next(said, "") or (title_of(path) if path.suffix.lower() in (".xlsx", ".xlsm") else "")
    found = re.sub(r"^(tit(le|el|re)|survey|enqu[eê]te|umfrage)\s*:\s*", "", found, flags=re.IGNORECASE)
    return plain_text(found)[:_LONGEST_TITLE]


def _called(path: Path, tool: str) -> str:
    """Return what a survey is called where the tool names its export after it, and adds words of its own."""
    pattern = _EXPORT_NAMES.get(tool)
    found = pattern.fullmatch(path.stem) if pattern else None
    words = " ".join(re.sub(r"[_+]", " ", found["title"]).split()) if found else ""
    # A title has words, and is no name that somebody gave to a file, such as export_2026. In brackets stands
    # what the tool adds.
    return words[:_LONGEST_TITLE] if len(re.findall(r"[^\W\d_]{2,}", words)) > 1 or "(" in path.stem else ""


def _cut_numbers(export: Export) -> list[str]:
    """Doubt whole numbers with more digits than a number keeps, unless they are texts and have them all."""
    doubts = []
    for column in export.columns:
        long = [text for text in export.cells[column].unique() if re.fullmatch(r"-?\d{16,}", text)]
        if any(int(text) > 2**53 for text in long) and all(int(float(text)) == int(text) for text in long):
            doubts.append(
                f"'{column}' has numbers such as {long[0]}: of so many digits a number keeps 15 or 16 only, "
                "and the last ones may be wrong; write them as texts before they are exported"
            )
    return doubts


def _recognise(records: Rows, layout: Layout) -> tuple[Tool | None, list[str], list[str]]:
    if layout.format in ("spss", "stata", "sas", "parquet"):
        return None, [], []
    if not layout.header_rows:
        header: Rows = [list(layout.columns)]
    else:
        header = [[normal_column(cell) for cell in records[0]]] if records else [[]]
    rows = [[mend(cell) for cell in row] for row in records[:4]]
    tried = []
    for tool in TOOLS:
        signs = tool.signs(header, rows)
        if signs:
            return tool, signs, tried
        tried.append(tool.title)
    return None, [], tried


def _structure_reader(path: Path) -> Callable[[Path], Structure] | None:
    """Find who reads a file as a structure; nobody if it holds responses."""
    match path.suffix.lower():
        case ".xml":
            return deposited.read_ddi if deposited.is_ddi(path) else None
        case ".json":
            return deposited.read_datapackage if deposited.is_datapackage(path) else None
        case ".lss" | ".lsa":
            return limesurvey_files.read_structure
        case ".qsf":
            return qualtrics.read_structure
        case ".sas7bcat":
            return lambda one: Structure()  # it names formats: what they say, the file of the answers knows
        case ".r":
            return lambda one: limesurvey_files.read_r_syntax(one).structure
        case ".sas":
            return lambda one: read_sas_syntax(one).structure
        case ".sps":
            return lambda one: limesurvey_files.read_spss_syntax(one).structure
        case ".xlsx" | ".xls" | ".ods" | ".xlsm":
            names = {name.casefold() for name in open_workbook(path).sheet_names}
            return xlsform.read_structure if {"survey", "choices"} <= names else None
        case ".tsv" | ".txt" | ".csv" | ".tab":
            with path.open("rb") as file:
                content = file.read(20_000)
            # The piece may end within a sign: what cannot be read is of no matter here.
            head = content.decode(guess_encoding(content[: len(content) // 2 * 2])[0], "replace").lstrip(
                "\ufeff"
            )
            if limesurvey_files.is_structure_text(head):
                return limesurvey_files.read_structure
            first = head.split("\n", 1)[0].rstrip("\r")
            if redcap.is_dictionary([name.strip('"') for name in _first_cells(first)]):
                return redcap.read_structure
    return None


def _first_cells(line: str) -> list[str]:
    import csv

    try:
        return next(iter(csv.reader([line])), [])
    except csv.Error:
        return []


def _with_syntax(layout: Layout, path: Path, syntax: Path | None) -> Layout:
    """Take the names of the columns from a syntax file of SPSS or SAS, whose data have no header."""
    if syntax is not None and syntax.suffix.lower() == ".sas" and layout.format == "csv":
        columns = read_sas_syntax(syntax).columns
        return replace(layout, header_rows=0, columns=tuple(columns), title_rows=0) if columns else layout
    if syntax is None or syntax.suffix.lower() != ".sps" or layout.format != "csv":
        return layout
    columns = limesurvey_files.read_spss_syntax(syntax).columns
    return replace(layout, header_rows=0, columns=tuple(columns), quote="'", title_rows=0, delimiter=",")


def _own_structure(path: Path, layout: Layout, structure: Structure, catalog: Path | None) -> Structure:
    """Add what the file itself says of its columns, and the catalog of SAS beside it."""
    if catalog is not None and path.suffix.lower() != ".sas7bdat":
        raise bad_file(
            f"a catalog of SAS beside {path.name}",
            catalog.name,
            "a .sas7bdat, whose labels it holds",
            "leave it out, or name the .sas7bdat",
        )
    if layout.format not in ("spss", "stata", "sas"):
        return structure
    return _of_columns(package_structure(path, catalog), structure)


def _of_columns(own: Structure, structure: Structure) -> Structure:
    """Say of the columns that are there what the file itself says of them."""
    variables = {
        column: replace(own.variables[column], column=column) if column in own.variables else variable
        for column, variable in structure.variables.items()
    }
    return Structure(variables, own.sets, own.title, own.language)


def _with_sets(structure: Structure) -> Structure:
    """Make the columns of multiple-response sets the parts of one question."""
    variables = dict(structure.variables)
    for one in structure.sets:
        variables |= {
            column: _member(variables[column], one) for column in one.columns if column in variables
        }
    return replace(structure, variables=variables)


def _member(variable: Variable, one: ResponseSet) -> Variable:
    label = one.label or one.name
    if one.kind == "ticks":
        return replace(
            variable,
            question=one.name,
            part="tick",
            label=label,
            item=_item(variable, one),
            options={},
            counted=one.counted,
        )
    return replace(variable, question=one.name, part="choice", label=label, item=_item(variable, one))


def _item(variable: Variable, one: ResponseSet) -> str:
    """Take the option out of a label that begins with that of the set."""
    text = variable.label or variable.column
    label = one.label.strip()
    if label and text.startswith(label) and len(text) > len(label):
        return text[len(label) :].strip(" -–—:/[]()") or text
    return text


def _kind_words(path: Path, layout: Layout, tool: Tool | None) -> str:
    of_tool = f" of {tool.title}" if tool else ""
    match layout.format:
        case "csv":
            sign = {"\t": "tabs", ";": "semicolons", ",": "commas", "|": "bars"}.get(
                layout.delimiter, layout.delimiter
            )
            return f"text ({layout.encoding}, {sign}){of_tool}"
        case "excel":
            sheet = f", sheet {layout.sheet}" if layout.sheet else ""
            return f"workbook ({path.suffix.lower()[1:]}{sheet}){of_tool}"
        case "spss":
            return "SPSS file"
        case "stata":
            return "Stata file"
        case "sas":
            return "SAS file"
        case "parquet":
            return "folder of parquet files" if path.is_dir() else "parquet file"
    return "archive of LimeSurvey"
