"""Files of LimeSurvey: the structure (.lss, .tsv), the archive (.lsa), the syntax for R and SPSS."""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from nsmo.formats.archives import check_archive, member
from nsmo.formats.cells import Layout, Records, bad_file
from nsmo.formats.structure import Structure, Variable, plain_text
from nsmo.formats.text import decode, guess_encoding

#: Types of questions, by how they are stored: see LimeSurvey's manual, "Question object types".

_KINDS = {
    "L": "single",  # list
    "!": "single",  # dropdown
    "O": "single",  # list with comment
    "I": "single",  # language
    "G": "single",  # gender
    "Y": "single",  # yes/no
    "5": "ordinal",  # five points
    "N": "numeric",
    "K": "numeric",  # several numbers
    "D": "date",
    "S": "text",
    "T": "text",
    "U": "text",
    "Q": "text",  # several texts
    "M": "multi",
    "P": "multi",  # with comments
    "F": "array",
    "H": "array",  # by column
    "A": "array",  # five points
    "B": "array",  # ten points
    "C": "array",  # yes, uncertain, no
    "E": "array",  # increase, same, decrease
    "1": "dual",
    ":": "numbers",  # array of numbers
    ";": "texts",
    "R": "ranking",
    "X": "unused",  # a text to read
    "*": "unused",  # an equation
    "|": "unused",  # an upload
}
_FIXED = {
    "Y": {"Y": "Yes", "N": "No"},
    "G": {"F": "Female", "M": "Male"},
    "C": {"Y": "Yes", "U": "Uncertain", "N": "No"},
    "E": {"I": "Increase", "S": "Same", "D": "Decrease"},
    "5": {str(i): str(i) for i in range(1, 6)},
    "A": {str(i): str(i) for i in range(1, 6)},
    "B": {str(i): str(i) for i in range(1, 11)},
}


@dataclass
class _Question:
    code: str
    type: str
    text: str
    other: bool = False
    routing: str = ""
    page: int | None = None
    id: str = ""
    items: list[tuple[str, str, int]] = field(default_factory=list)
    answers: list[tuple[str, str, int]] = field(default_factory=list)


def is_structure_text(head: str) -> bool:
    """Return whether a text begins as LimeSurvey's structure in tabs does."""
    first = head.lstrip("\ufeff").split("\n", 1)[0].rstrip("\r").replace('"', "").split("\t")
    return {"class", "type/scale", "name", "text"} <= set(first)


def read_structure(path: Path) -> Structure:
    """Read the structure of a survey: .lss, .tsv or .txt, or the one in an archive .lsa.

    Raises
    ------
    StudyError
        If the file is damaged, or holds no question.
    """
    match path.suffix.lower():
        case ".lsa":
            content = _member(path, ".lss")
            found = _from_xml(content, path.name)
        case ".lss":
            found = _from_xml(path.read_bytes(), path.name)
        case _:
            found = _from_tabs(path)
    questions, title, language = found
    if not questions:
        raise bad_file(
            "there is no question in it", path.name, "the structure of a survey", "export it again"
        )
    variables = {}
    for question in questions:
        for variable in _variables(question):
            variables[variable.code] = variable
    return Structure(variables, [], title, language.split("-")[0])


def read_archive(layout: Layout, path: Path) -> Records:
    """Read the responses in an archive .lsa; the columns are called by the codes of the questions.

    Raises
    ------
    StudyError
        If the archive is damaged, or there are no responses in it.
    """
    root = _xml(_member(path, "_responses.lsr"), path.name)
    names = {question.id: question.code for question in _from_xml(_member(path, ".lss"), path.name)[0]}
    fields_ = [one.text or "" for one in root.iterfind("./responses/fields/fieldname")]
    rows = list(root.iterfind("./responses/rows/row"))
    keys = fields_ or list(dict.fromkeys(cell.tag for row in rows for cell in row))
    header = [_column_code(key.lstrip("_"), names) for key in keys]
    cells = []
    for row in rows:
        texts = {cell.tag.lstrip("_"): cell.text or "" for cell in row}
        cells.append([texts.get(key.lstrip("_"), "") for key in keys])
    return [header, *cells], list(range(len(cells) + 1))


@dataclass(frozen=True)
class Syntax:
    """What a syntax file says: the columns in their order, and each with labels and codes."""

    columns: list[str]
    structure: Structure


def read_r_syntax(path: Path) -> Syntax:
    """Read LimeSurvey's syntax for R: ``names(data)[3] <- "Q1"``, labels and levels of factors."""
    text = _text(path)
    names = {
        int(n): _unquoted(name)
        for n, name in re.findall(r'names\(data\)\[(\d+)\]\s*<-\s*"((?:[^"\\]|\\.)*)"', text)
    }
    labels = dict(re.findall(r'variable\.labels\[(\d+)\]\s*<-\s*"((?:[^"\\]|\\.)*)"', text))
    factors = {
        int(n): dict(zip(_texts(levels), _texts(shown), strict=False))
        for n, levels, shown in re.findall(
            r"data\[,\s*(\d+)\]\s*<-\s*factor\(.*?levels\s*=\s*c\((.*?)\)\s*,\s*labels\s*=\s*c\((.*?)\)\s*\)",
            text,
            re.DOTALL,
        )
    }
    if not names:
        raise bad_file(
            "it names no column", path.name, 'lines such as names(data)[1] <- "id"', "export it again"
        )
    return _syntax(
        {names[n]: plain_text(_unquoted(labels.get(str(n), ""))) for n in sorted(names)},
        {names[n]: options for n, options in factors.items() if n in names},
    )


def read_spss_syntax(path: Path) -> Syntax:
    """Read LimeSurvey's syntax for SPSS: the variables, their labels and codes, and new names."""
    text = _text(path)
    read = re.search(r"/VARIABLES\s*=\s*(.*?)\.\s*(?:\n|$)", text, re.DOTALL | re.IGNORECASE)
    if not read:
        raise bad_file("it names no column", path.name, "GET DATA … /VARIABLES= id F5 …", "export it again")
    words = read[1].split()
    names = words[::2]
    renamed = dict(re.findall(r"RENAME VARIABLES?\s*\(\s*(\S+)\s*=\s*(\S+?)\s*\)", text, re.IGNORECASE))
    label_texts = re.findall(
        r"VARIABLE LABELS\s+(\S+)\s+(\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*')", text, re.IGNORECASE
    )
    labels = {name: plain_text(label[1:-1].replace(label[0] * 2, label[0])) for name, label in label_texts}
    options = {}
    for name, body in re.findall(
        r"VALUE LABELS\s+(\S+)\s+(.*?)\.\s*(?:\n|$)", text, re.DOTALL | re.IGNORECASE
    ):
        pairs = re.findall(
            r"(\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|-?\d+)\s+(\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*')", body
        )
        options[name] = {code.strip("\"'"): plain_text(label[1:-1]) for code, label in pairs}
    return _syntax(
        {renamed.get(name, name): labels.get(name, "") for name in names},
        {renamed.get(name, name): known for name, known in options.items()},
    )


def _syntax(labels: Mapping[str, str], options: Mapping[str, Mapping[str, str]]) -> Syntax:
    from nsmo.formats.limesurvey import column_variable

    variables = {}
    for name, label in labels.items():
        one, known = column_variable(name), options.get(name, {})
        # "[the item] the question": names have no brackets there, so only the label tells that it is an item.
        item, _, text = label[1:].partition("] ") if label.startswith("[") else ("", "", label)
        ticks = bool(item) and bool(known) and set(known) <= {"1", "0", "Y", "N", ""}
        variables[name] = Variable(
            name,
            code=name,
            question=name.rpartition("_")[0] or name if item else one.question,
            part="tick" if ticks else "item" if item else one.part,
            label=text,
            item=item,
            options={} if ticks else dict(known),
            counted=("1", "Y") if ticks else (),
            unticked=("0", "N") if ticks else (),
            use=one.use,
        )
    return Syntax(list(labels), Structure(variables))


def _variables(question: _Question) -> Iterator[Variable]:
    """Describe the columns that a question makes in an export with codes."""
    kind = _KINDS.get(question.type, "")
    common: dict[str, Any] = {
        "question": question.code,
        "label": question.text,
        "routing": question.routing,
        "page": question.page,
    }
    options = {code: text for code, text, scale in question.answers if scale == 0} or _FIXED.get(
        question.type, {}
    )
    code = question.code
    match kind:
        case "single" | "ordinal" | "numeric" | "text" | "date" if not question.items:
            yield Variable(
                code, code, kind=kind, options=options if kind in ("single", "ordinal") else {}, **common
            )
        case "multi":
            for item, text, _ in question.items:
                name = f"{code}[{item}]"
                yield Variable(name, name, part="tick", item=text, counted=("Y",), unticked=("N",), **common)
        case "array" | "dual":
            for item, text, _ in question.items:
                name = f"{code}[{item}]"
                scales = {scale for _, _, scale in question.answers} or {0}
                for scale in sorted(scales) if kind == "dual" else (0,):
                    known = {c: t for c, t, s in question.answers if s == scale} or _FIXED.get(
                        question.type, {}
                    )
                    column = f"{name}[{scale + 1}]" if kind == "dual" else name
                    yield Variable(
                        column,
                        column,
                        **dict(common, question=f"{code}.{scale + 1}" if kind == "dual" else code),
                        part="item",
                        item=text,
                        options=known,
                        kind="ordinal",
                    )
        case "numeric" | "text":
            for item, text, _ in question.items:
                name = f"{code}[{item}]"
                yield Variable(name, name, **dict(common, question=name), item=text, kind=kind)
        case "numbers" | "texts":
            across = [one for one in question.items if one[2] == 1]
            for item, text, scale in question.items:
                for other, other_text, _ in across if scale == 0 else ():
                    name = f"{code}[{item}_{other}]"
                    held = f"{text} / {other_text}"
                    shown = "numeric" if kind == "numbers" else "text"
                    yield Variable(name, name, **dict(common, question=name), item=held, kind=shown)
        case "ranking":
            for place in range(1, len(question.answers or question.items) + 1):
                name = f"{code}[{place}]"
                known = options or {item: text for item, text, _ in question.items}
                yield Variable(
                    name,
                    name,
                    **dict(common, question=name),
                    item=f"rank {place}",
                    options=known,
                    kind="single",
                )
        case _:
            yield Variable(code, code, part="unused", **common)
    if question.other:
        name = f"{code}[other]"
        yield Variable(name, name, part="other", **common)


def _from_tabs(path: Path) -> tuple[list[_Question], str, str]:
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), restval="", delimiter="\t")
    if not {"class", "type/scale", "name", "text"} <= set(reader.fieldnames or ()):
        raise bad_file(
            "this is not a structure of LimeSurvey",
            f"{path.name}, line 1",
            "the columns class, type/scale, name and text",
            "export it as tab-separated structure (.txt), or as .lss",
        )
    rows = list(reader)
    languages = [row["text"] for row in rows if row["class"] == "S" and row["name"] == "language"]
    language = (
        languages[0] if languages else next((row["language"] for row in rows if row.get("language")), "")
    )
    questions: list[_Question] = []
    title, page = "", 0
    for row in rows:
        if row["class"] == "SL" and row["name"] == "surveyls_title" and row["language"] == language:
            title = plain_text(row["text"])
        if row.get("language") not in (language, "", None):
            continue
        text = plain_text(row["text"] or "")
        match row["class"]:
            case "G":
                page += 1
            case "Q":
                routing = row.get("relevance") or ""
                other = row.get("other") == "Y"
                questions.append(
                    _Question(
                        row["name"],
                        row["type/scale"],
                        text,
                        other,
                        "" if routing == "1" else routing,
                        page or None,
                    )
                )
            case "SQ" if questions:
                scale = int(row["type/scale"] or 0) if (row["type/scale"] or "0").isdigit() else 0
                questions[-1].items.append((row["name"], text, scale))
            case "A" if questions:
                scale = int(row["type/scale"] or 0) if (row["type/scale"] or "0").isdigit() else 0
                questions[-1].answers.append((row["name"], text, scale))
    return questions, title, language


def _from_xml(content: bytes, name: str) -> tuple[list[_Question], str, str]:
    root = _xml(content, name)

    def rows(section: str) -> list[dict[str, str]]:
        return [{cell.tag: cell.text or "" for cell in row} for row in root.iterfind(f"./{section}/rows/row")]

    settings = rows("surveys")
    language = settings[0].get("language", "") if settings else ""
    titles = {
        row.get("surveyls_language"): row.get("surveyls_title", "")
        for row in rows("surveys_languagesettings")
    }
    language = language or next(iter(titles), "") or ""
    # Since version 4 the texts stand apart from what they belong to, one row a language.
    texts = {row["qid"]: row for row in rows("question_l10ns") if row.get("language") == language}
    answer_texts = {
        row["aid"]: row.get("answer", "") for row in rows("answer_l10ns") if row.get("language") == language
    }
    groups = {row["gid"]: int(row.get("group_order") or 0) for row in rows("groups")}
    pages = {gid: page for page, (gid, _) in enumerate(sorted(groups.items(), key=lambda item: item[1]), 1)}

    def own(row: Mapping[str, str]) -> bool:
        return row.get("language", language) in (language, "")

    def order(row: Mapping[str, str]) -> tuple[int, int]:
        return pages.get(row.get("gid", ""), 0), int(row.get("question_order") or 0)

    questions: dict[str, _Question] = {}
    for row in sorted((row for row in rows("questions") if own(row)), key=order):
        if row.get("parent_qid", "0") not in ("0", ""):
            continue
        text = texts.get(row["qid"], row).get("question", "")
        routing = row.get("relevance", "")
        questions[row["qid"]] = _Question(
            row.get("title", ""),
            row.get("type", ""),
            plain_text(text),
            row.get("other") == "Y",
            "" if routing == "1" else routing,
            pages.get(row.get("gid", "")),
            row["qid"],
        )
    items = [
        *rows("subquestions"),
        *(row for row in rows("questions") if row.get("parent_qid", "0") not in ("0", "")),
    ]
    for row in sorted(
        (row for row in items if own(row)), key=lambda row: int(row.get("question_order") or 0)
    ):
        if row.get("parent_qid") in questions:
            text = texts.get(row["qid"], row).get("question", "")
            item = (row.get("title", ""), plain_text(text), int(row.get("scale_id") or 0))
            questions[row["parent_qid"]].items.append(item)
    for row in sorted(
        (row for row in rows("answers") if own(row)), key=lambda row: int(row.get("sortorder") or 0)
    ):
        if row.get("qid") in questions:
            text = answer_texts.get(row.get("aid", ""), row.get("answer", ""))
            answer = (row.get("code", ""), plain_text(text), int(row.get("scale_id") or 0))
            questions[row["qid"]].answers.append(answer)
    return list(questions.values()), plain_text(titles.get(language) or ""), language


def _column_code(field_name: str, codes: Mapping[str, str]) -> str:
    """Turn a name of the database (``123X4X56SQ001``) into that of an export (``Q01[SQ001]``)."""
    found = re.fullmatch(r"\d+X\d+X(\d+)(.*)", field_name)
    if not found:
        return field_name
    # The code of an item follows the number of the question without a sign between them.
    for length in range(len(found[1]), 0, -1):
        question, rest = found[1][:length], found[1][length:] + found[2]
        if question in codes:
            item, _, scale = rest.partition("#")
            return codes[question] + (f"[{item}]" if item else "") + (f"[{int(scale) + 1}]" if scale else "")
    return field_name


def _member(path: Path, ending: str) -> bytes:
    try:
        check_archive(path)
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(ending):
                    return member(archive, name)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise bad_file(
            f"not readable as an archive: {error}",
            path.name,
            "an .lsa of LimeSurvey, whole",
            "download it again",
        ) from None
    raise bad_file(
        f"there is no file '…{ending}' in it",
        path.name,
        "the survey with its responses",
        "export the archive again",
    )


def _xml(content: bytes, name: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise bad_file(
            f"not readable as XML: {error}",
            f"{name}, line {error.position[0]}",
            "a whole file of LimeSurvey",
            "export it again",
        ) from None


def _text(path: Path) -> str:
    content = path.read_bytes()
    return decode(content, guess_encoding(content)[0], path.name).lstrip("\ufeff")


def _texts(listed: str) -> list[str]:
    return [
        _unquoted(one or other) for one, other in re.findall(r'"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)', listed)
    ]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
