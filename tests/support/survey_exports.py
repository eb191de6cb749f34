"""The same thirty responses to one small questionnaire, as every tool and kind of file has them."""

import csv
import datetime
import io
import json
import shutil
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat

ROLES = ("Manager", "Advisor", "Assistant")
SCALE = ("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied")
DONT_KNOW = "Don't know"
CHANNELS = ("Post", "Telephone, including fax", "E-mail")
HABITS = ("Meetings start on time", "Minutes are sent")
OFTEN = ("Never", "Sometimes", "Often", "Always")
REMARKS = ("", "Café \u201cNoord\u201d; open", "two\nlines", "=1+1", "NA", "", "null", "007", "naïve, très")


def responses() -> list[dict]:
    """Return the thirty responses: labels, numbers and moments, None where nobody answered."""
    rows = []
    for i in range(30):
        chosen = [channel for bit, channel in enumerate(CHANNELS) if (i % 7 + 1) >> bit & 1]
        rows.append(
            {
                "id": i + 1,
                "moment": datetime.datetime(2026, 3, 1 + i % 28, 9, i),
                "role": ROLES[(i % 6) // 2 if i % 6 < 4 else (0 if i % 12 < 6 else 2)],
                "satisfaction": None if i == 4 else (*SCALE, DONT_KNOW)[(i * 5 + i // 7) % 6],
                "channels": chosen,
                "hours": None if i == 9 else [7.5, 8, 12.25, 1040.5, 3][i % 5],
                "remarks": REMARKS[i % 9] + (f" {i}" if i % 9 in (1, 2) else ""),
                "habits": [OFTEN[i % 4], OFTEN[(i // 2) % 4]],
            }
        )
    return rows


ROWS = responses()


def number(value: float | None, decimal: str = ".") -> str:
    return "" if value is None else f"{value:g}".replace(".", decimal)


def write_csv(
    path: Path, rows: Sequence[Sequence[object]], *, encoding="utf-8", delimiter=",", above=""
) -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes((above + text.getvalue()).encode(encoding))
    return path


def plain_rows(decimal: str = ".", moment: str = "%Y-%m-%d %H:%M:%S") -> list[list[str]]:
    head = [
        "id",
        "moment",
        "role",
        "satisfaction",
        *(f"Channels [{c}]" for c in CHANNELS),
        "hours",
        "remarks",
        *(f"Habits [{item}]" for item in HABITS),
    ]
    return [head] + [
        [
            str(row["id"]),
            row["moment"].strftime(moment),
            row["role"],
            row["satisfaction"] or "",
            *("Yes" if channel in row["channels"] else "No" for channel in CHANNELS),
            number(row["hours"], decimal),
            row["remarks"],
            *row["habits"],
        ]
        for row in ROWS
    ]


def plain_csv(folder: Path) -> list[Path]:
    return [write_csv(folder / "plain.csv", plain_rows())]


def dutch_excel_csv(folder: Path) -> list[Path]:
    rows = plain_rows(",", "%d-%m-%Y %H:%M")
    return [write_csv(folder / "dutch.csv", rows, encoding="windows-1252", delimiter=";")]


def utf16_tabs(folder: Path) -> list[Path]:
    return [write_csv(folder / "export.txt", plain_rows(), encoding="utf-16", delimiter="\t")]


def odd_csv(folder: Path) -> list[Path]:
    """A line `sep=;`, a title, marks and odd blanks in cells, empty rows and columns at the end."""
    rows = [
        [f"\ufeff{cell}" if j == 2 and i % 3 == 1 else cell for j, cell in enumerate(row)] + ["", ""]
        for i, row in enumerate(plain_rows())
    ]
    rows = [[cell.replace("Very satisfied", "Very\u00a0satisfied") for cell in row] for row in rows]
    rows += [[""] * len(rows[0])] * 3
    title = ["Survey of 2026", *[""] * (len(rows[0]) - 1)]
    return [
        write_csv(folder / "odd.csv", [title, *rows], delimiter=";", above="sep=;\r\n", encoding="utf-8-sig")
    ]


def typed_rows() -> list[list[object]]:
    rows = [list(row) for row in plain_rows()]
    for row, source in zip(rows[1:], ROWS, strict=True):
        row[0], row[1], row[7] = source["id"], source["moment"], source["hours"]
        row[:] = [None if cell == "" else cell for cell in row]
        row[8] = str(row[8]) if row[8] is not None else None
    return rows


def workbook(path: Path, sheets: dict[str, Sequence[Sequence[object]]], *, from_1904: bool = False) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    if from_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for i, row in enumerate(rows, 1):
            for j, value in enumerate(row, 1):
                cell = sheet.cell(i, j, value)
                if isinstance(value, str):
                    cell.data_type = "s"  # a text that begins with = is no formula
    book.save(path)
    return path


def xlsx(folder: Path) -> list[Path]:
    return [workbook(folder / "export.xlsx", {"Answers": typed_rows(), "Empty": []})]


def xlsx_1904(folder: Path) -> list[Path]:
    return [workbook(folder / "mac.xlsx", {"Answers": typed_rows()}, from_1904=True)]


def ods(folder: Path) -> list[Path]:
    def cell(value: object) -> str:
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, datetime.datetime):
            return (
                f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}">'
                f"<text:p>{value}</text:p></table:table-cell>"
            )
        if isinstance(value, int | float):
            return (
                f'<table:table-cell office:value-type="float" office:value="{value}">'
                f"<text:p>{value}</text:p></table:table-cell>"
            )
        lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
        return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'

    rows = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in typed_rows())
    spaces = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} '
        f'office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="Sheet1">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" '
        'manifest:media-type="text/xml"/></manifest:manifest>'
    )
    with zipfile.ZipFile(folder / "export.ods", "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return [folder / "export.ods"]


#: Files by other programs, of these answers or with what is odd, as nothing here can write them.
#: LibreOffice 7.4 made export.xls and export.ods of `xlsx`, mac.xls of `xlsx_1904`, errors.xls, errors.ods;
#: the library ReadStat 1.1.8 .sas7bdat and .sas7bcat of `coded_frame`; haven 2.5.1 of R missing.dta;
#: msoffcrypto-tool locked.xlsx.
WRITTEN = Path(__file__).parent / "written"


def written(folder: Path, *names: str) -> list[Path]:
    return [Path(shutil.copy(WRITTEN / name, folder)) for name in names]


def ods_of_libreoffice(folder: Path) -> list[Path]:
    return written(folder, "export.ods")


def xls(folder: Path) -> list[Path]:
    return written(folder, "export.xls")


def xls_1904(folder: Path) -> list[Path]:
    return written(folder, "mac.xls")


def xlsb(folder: Path) -> list[Path]:
    """Records of numbers and texts instead of XML: [MS-XLSB]; the first format of a cell is a moment."""
    return [binary_workbook(folder / "export.xlsb", typed_rows())]


def binary_workbook(path: Path, rows: Sequence[Sequence[object]], errors: Sequence[str] = ()) -> Path:
    def record(kind: int, content: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
        size, sizes = len(content), b""
        while size > 127:
            sizes, size = sizes + bytes([size & 127 | 128]), size >> 7
        return head + sizes + bytes([size]) + content

    def text(words: str) -> bytes:
        return struct.pack("<I", len(words.encode("utf-16-le")) // 2) + words.encode("utf-16-le")

    def cell(j: int, value: object) -> bytes:
        if isinstance(value, datetime.datetime):
            days = (value - datetime.datetime(1899, 12, 30)) / datetime.timedelta(days=1)
            return record(5, struct.pack("<IId", j, 1, days))
        if isinstance(value, bool):
            return record(4, struct.pack("<II?", j, 0, value))
        if isinstance(value, int | float):
            return record(5, struct.pack("<IId", j, 0, value))
        if value in errors:
            return record(3, struct.pack("<IIB", j, 0, 42))
        return record(6, struct.pack("<II", j, 0) + text(str(value)))

    sheet = [record(129), record(148, struct.pack("<4I", 0, len(rows) - 1, 0, len(rows[0]) - 1)), record(145)]
    for i, row in enumerate(rows):
        sheet.append(record(0, struct.pack("<IIH", i, 0, 300) + bytes(7)))
        sheet += [cell(j, value) for j, value in enumerate(row) if value is not None]
    sheet += [record(146), record(130)]
    book = [record(131), record(153, bytes(8)), record(143)]
    book += [record(156, struct.pack("<II", 0, 1) + text("rId1") + text("Answers")), record(144), record(132)]
    forms = [record(47, struct.pack("<HH", 0, form) + bytes(12)) for form in (0, 22)]
    styles = [record(278), record(617, struct.pack("<I", 2)), *forms, record(618), record(279)]
    office = "http://schemas.openxmlformats.org"
    kinds = "".join(
        f'<Override PartName="/xl/{part}.bin" ContentType="application/vnd.ms-excel.{kind}"/>'
        for part, kind in (
            ("workbook", "sheet.binary.macroEnabled.main"),
            ("worksheets/sheet1", "worksheet"),
            ("styles", "styles"),
        )
    )
    relation = f"{office}/officeDocument/2006/relationships"
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{relation}/{kind}" Target="{part}.bin"/>'
        for i, (kind, part) in enumerate((("worksheet", "worksheets/sheet1"), ("styles", "styles")), 1)
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml", f'<Types xmlns="{office}/package/2006/content-types">{kinds}</Types>'
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="rId1" '
            f'Type="{relation}/officeDocument" Target="xl/workbook.bin"/></Relationships>',
        )
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{office}/package/2006/relationships">{links}</Relationships>',
        )
        archive.writestr("xl/workbook.bin", b"".join(book))
        archive.writestr("xl/styles.bin", b"".join(styles))
        archive.writestr("xl/worksheets/sheet1.bin", b"".join(sheet))
    return path


def parquet(folder: Path) -> list[Path]:
    head, *rows = typed_rows()
    table = pa.table({name: [row[j] for row in rows] for j, name in enumerate(head)})
    pq.write_table(table, folder / "export.parquet")
    return [folder / "export.parquet"]


# ------------------------------------------------------------------------------- statistical packages


def coded_frame() -> tuple[pd.DataFrame, dict[str, str], dict[str, dict[int, str]]]:
    scale = (*SCALE, DONT_KNOW)
    frame = pd.DataFrame(
        {
            "id": [float(row["id"]) for row in ROWS],
            "moment": [row["moment"] for row in ROWS],
            "role": [float(ROLES.index(row["role"]) + 1) for row in ROWS],
            "satisfaction": [
                None
                if row["satisfaction"] is None
                else float([1, 2, 3, 4, 5, 98][scale.index(row["satisfaction"])])
                for row in ROWS
            ],
            **{f"ch{j}": [float(c in row["channels"]) for row in ROWS] for j, c in enumerate(CHANNELS, 1)},
            "hours": [row["hours"] for row in ROWS],
            "remarks": [row["remarks"] for row in ROWS],
            **{f"hb{j}": [float(OFTEN.index(row["habits"][j - 1]) + 1) for row in ROWS] for j in (1, 2)},
        }
    )
    labels = {
        "role": "Role",
        "satisfaction": "Satisfaction",
        "hours": "Hours",
        "remarks": "Remarks",
        **{f"ch{j}": f"Channels [{c}]" for j, c in enumerate(CHANNELS, 1)},
        **{f"hb{j}": f"Habits [{item}]" for j, item in enumerate(HABITS, 1)},
    }
    values: dict[str, dict[int, str]] = {
        "role": dict(enumerate(ROLES, 1)),
        "satisfaction": dict(enumerate(SCALE, 1)) | {98: DONT_KNOW},
        **{f"hb{j}": dict(enumerate(OFTEN, 1)) for j in (1, 2)},
    }
    return frame, labels, values


def sav(folder: Path, *, compress: bool = False) -> list[Path]:
    frame, labels, values = coded_frame()
    path = folder / ("export.zsav" if compress else "export.sav")
    pyreadstat.write_sav(
        frame,
        path,
        column_labels=labels,
        variable_value_labels=values,
        compress=compress,
        missing_ranges={"satisfaction": [{"lo": 98, "hi": 99}]},
        variable_measure={"satisfaction": "ordinal", "hb1": "ordinal", "hb2": "ordinal", "hours": "scale"},
    )
    return [path]


def zsav(folder: Path) -> list[Path]:
    return sav(folder, compress=True)


def sav_with_sets(folder: Path) -> list[Path]:
    """The ticks as a set of dichotomies, declared in an extension record, which pyreadstat cannot write."""
    (path,) = sav(folder)
    declare_sets(path, b"$channels=D1 1 8 Channels CH1 CH2 CH3\n")
    return [path]


def declare_sets(path: Path, sets: bytes) -> None:
    """Insert the record of multiple-response sets (type 7, subtype 7) before the end of the dictionary."""
    content = path.read_bytes()
    place = 176
    while True:
        (kind,) = struct.unpack_from("<i", content, place)
        if kind == 2:  # a variable
            _, has_label, missing = struct.unpack_from("<iii", content, place + 4)
            size = 32
            if has_label:
                (length,) = struct.unpack_from("<i", content, place + 32)
                size += 4 + (length + 3) // 4 * 4
            place += size + 8 * abs(missing)
        elif kind == 3:  # value labels
            (count,) = struct.unpack_from("<i", content, place + 4)
            at = place + 8
            for _ in range(count):
                at += 8 + (1 + content[at + 8] + 7) // 8 * 8
            (_, variables) = struct.unpack_from("<ii", content, at)
            place = at + 8 + 4 * variables
        elif kind == 7:
            size, count = struct.unpack_from("<ii", content, place + 8)
            place += 16 + size * count
        else:
            break
    record = struct.pack("<iiii", 7, 7, 1, len(sets)) + sets
    path.write_bytes(content[:place] + record + content[place:])


def dta(folder: Path) -> list[Path]:
    frame, labels, values = coded_frame()
    pyreadstat.write_dta(
        frame,
        folder / "export.dta",
        column_labels=[labels.get(name, "") for name in frame],
        variable_value_labels=values,
    )
    return [folder / "export.dta"]


def xpt_of_version_5(folder: Path) -> list[Path]:
    return xpt(folder, version=5)


def xpt(folder: Path, version: int = 8) -> list[Path]:
    """SAS transport has no value labels of its own: the answers are texts, the names short."""
    head, *rows = plain_rows()
    names = ["id", "moment", "role", "satisf", "ch1", "ch2", "ch3", "hours", "remarks", "hb1", "hb2"]
    frame = pd.DataFrame({name: [row[j] for row in rows] for j, name in enumerate(names)})
    frame["id"] = [float(row["id"]) for row in ROWS]
    frame["hours"] = [row["hours"] for row in ROWS]
    frame["moment"] = [row["moment"] for row in ROWS]
    pyreadstat.write_xport(frame, folder / "export.xpt", column_labels=[*head], file_format_version=version)
    return [folder / "export.xpt"]


def sas7bdat(folder: Path) -> list[Path]:
    return written(folder, "export.sas7bdat", "export.sas7bcat")


# ------------------------------------------------------------------------------------------ LimeSurvey


def lime_rows(
    *, full: bool = False, header: Callable[[str, str], str] = lambda code, text: code
) -> list[list[str]]:
    own = [
        ("id", "Response ID"),
        ("submitdate", "Date submitted"),
        ("lastpage", "Last page"),
        ("startlanguage", "Start language"),
    ]
    asked = [
        ("role", "Role"),
        ("satisfaction", "Satisfaction"),
        *((f"channels[SQ{j:03}]", f"Channels [{c}]") for j, c in enumerate(CHANNELS, 1)),
        ("hours", "Hours"),
        ("remarks", "Remarks"),
        *((f"habits[SQ{j:03}]", f"Habits [{item}]") for j, item in enumerate(HABITS, 1)),
    ]
    rows = [[header(code, text) for code, text in [*own, *asked]]]
    scale = (*SCALE, DONT_KNOW)
    for row in ROWS:
        answer = row["satisfaction"]
        rows.append(
            [
                str(row["id"]),
                f"{row['moment']:%Y-%m-%d %H:%M:%S}",
                "2",
                "en",
                row["role"] if full else f"A{ROLES.index(row['role']) + 1}",
                (answer if full else f"A{scale.index(answer) + 1}") if answer else "",
                *(
                    ("Yes" if c in row["channels"] else "No")
                    if full
                    else ("Y" if c in row["channels"] else "N")
                    for c in CHANNELS
                ),
                number(row["hours"]),
                row["remarks"],
                *(habit if full else f"A{OFTEN.index(habit) + 1}" for habit in row["habits"]),
            ]
        )
    return rows


def lss_text(*, newer: bool = True) -> str:
    """The structure in XML: since version 4 with texts in sections of their own."""
    questions = [
        ("10", "L", "role", "Role"),
        ("11", "L", "satisfaction", "Satisfaction"),
        ("12", "M", "channels", "Channels"),
        ("13", "N", "hours", "Hours"),
        ("14", "T", "remarks", "Remarks"),
        ("15", "F", "habits", "Habits"),
    ]
    items = [(f"12{j}", "12", f"SQ{j:03}", c) for j, c in enumerate(CHANNELS, 1)]
    items += [(f"15{j}", "15", f"SQ{j:03}", item) for j, item in enumerate(HABITS, 1)]
    answers = [("10", ROLES), ("11", (*SCALE, DONT_KNOW)), ("15", OFTEN)]

    def rows(name: str, entries: list[dict[str, str]]) -> str:
        inside = "".join(
            "<row>" + "".join(f"<{key}>{escape(value)}</{key}>" for key, value in entry.items()) + "</row>"
            for entry in entries
        )
        return f"<{name}><rows>{inside}</rows></{name}>"

    def text(qid: str, words: str) -> dict[str, str]:
        return {} if newer else {"question": f"<p>{escape(words)}</p>", "language": "en"}

    main = [
        {
            "qid": q,
            "parent_qid": "0",
            "gid": "1",
            "type": kind,
            "title": code,
            "question_order": str(i),
            "other": "N",
            "relevance": "1",
        }
        | text(q, words)
        for i, (q, kind, code, words) in enumerate(questions)
    ]
    below = [
        {
            "qid": q,
            "parent_qid": parent,
            "gid": "1",
            "type": "T",
            "title": code,
            "question_order": str(i),
            "scale_id": "0",
        }
        | text(q, words)
        for i, (q, parent, code, words) in enumerate(items)
    ]
    shown = [(f"{q}{i}", q, f"A{i}", label, i) for q, labels in answers for i, label in enumerate(labels, 1)]
    listed = [
        {"aid": aid, "qid": q, "code": code, "sortorder": str(i), "scale_id": "0"}
        | ({} if newer else {"answer": label, "language": "en"})
        for aid, q, code, label, i in shown
    ]
    sections = [
        rows("surveys", [{"sid": "1", "language": "en"}]),
        rows("groups", [{"gid": "1", "group_order": "1"}]),
        rows("questions", main),
        rows("subquestions", below),
        rows("answers", listed),
        rows("surveys_languagesettings", [{"surveyls_language": "en", "surveyls_title": "Small survey"}]),
    ]
    if newer:
        every = [(q, words) for q, _, _, words in questions] + [(q, words) for q, _, _, words in items]
        sections.append(
            rows(
                "question_l10ns",
                [{"qid": q, "question": f"<p>{escape(w)}</p>", "language": "en"} for q, w in every],
            )
        )
        sections.append(
            rows(
                "answer_l10ns", [{"aid": a, "answer": label, "language": "en"} for a, _, _, label, _ in shown]
            )
        )
    return f'<?xml version="1.0" encoding="UTF-8"?><document>{"".join(sections)}</document>'


def lime_codes(folder: Path) -> list[Path]:
    (folder / "survey.lss").write_text(lss_text(), encoding="utf-8")
    return [write_csv(folder / "results.csv", lime_rows(), encoding="utf-8-sig"), folder / "survey.lss"]


def lime_codes_older_structure(folder: Path) -> list[Path]:
    (folder / "survey.lss").write_text(lss_text(newer=False), encoding="utf-8")
    return [write_csv(folder / "results.csv", lime_rows()), folder / "survey.lss"]


def lime_full_answers(folder: Path) -> list[Path]:
    rows = lime_rows(full=True, header=lambda code, text: f"{code}. {text}")
    return [write_csv(folder / "results.csv", rows)]


def lime_tabs(folder: Path) -> list[Path]:
    head = ["class", "type/scale", "name", "relevance", "text", "language", "other"]
    rows = [
        ["S", "", "language", "", "en", "", ""],
        ["SL", "", "surveyls_title", "", "Small survey", "en", ""],
        ["G", "G0", "Page", "1", "", "en", ""],
    ]
    kinds = (
        ("L", "role", "Role", (), ROLES),
        ("L", "satisfaction", "Satisfaction", (), (*SCALE, DONT_KNOW)),
        ("M", "channels", "Channels", CHANNELS, ()),
        ("N", "hours", "Hours", (), ()),
        ("T", "remarks", "Remarks", (), ()),
        ("F", "habits", "Habits", HABITS, OFTEN),
    )
    for kind, code, text, items, answers in kinds:
        rows.append(["Q", kind, code, "1", f"<b>{text}</b>", "en", "N"])
        rows += [["SQ", "", f"SQ{j:03}", "1", item, "en", ""] for j, item in enumerate(items, 1)]
        rows += [["A", "0", f"A{j}", "", answer, "en", ""] for j, answer in enumerate(answers, 1)]
    write_csv(folder / "structure.txt", [head, *rows], delimiter="\t", encoding="utf-8-sig")
    return [write_csv(folder / "results.csv", lime_rows()), folder / "structure.txt"]


def lime_archive(folder: Path) -> list[Path]:
    head, *rows = lime_rows()
    numbers = {
        "role": "10",
        "satisfaction": "11",
        "channels": "12",
        "hours": "13",
        "remarks": "14",
        "habits": "15",
    }

    def field(code: str) -> str:
        question, _, item = code.rstrip("]").partition("[")
        return f"_1X1X{numbers[question]}{item}" if question in numbers else code

    fields = [field(code) for code in head]
    names = "".join(f"<fieldname>{name}</fieldname>" for name in fields)
    inside = "".join(
        "<row>"
        + "".join(
            f"<{name}><![CDATA[{cell}]]></{name}>" for name, cell in zip(fields, row, strict=True) if cell
        )
        + "</row>"
        for row in rows
    )
    answers = (
        '<?xml version="1.0" encoding="UTF-8"?><document><responses>'
        f"<fields>{names}</fields><rows>{inside}</rows></responses></document>"
    )
    with zipfile.ZipFile(folder / "survey.lsa", "w") as archive:
        archive.writestr("survey_1.lss", lss_text())
        archive.writestr("survey_1_responses.lsr", answers)
    return [folder / "survey.lsa"]


def lime_r(folder: Path) -> list[Path]:
    head, *rows = lime_rows()
    names = [code.replace("[", "_").replace("]", "") for code in head]
    lines = []
    scales = {
        "role": ROLES,
        "satisfaction": (*SCALE, DONT_KNOW),
        "habits_SQ001": OFTEN,
        "habits_SQ002": OFTEN,
    }
    texts = {
        "role": "Role",
        "satisfaction": "Satisfaction",
        "hours": "Hours",
        "remarks": "Remarks",
        **{f"channels_SQ{j:03}": f"[{c}] Channels" for j, c in enumerate(CHANNELS, 1)},
        **{f"habits_SQ{j:03}": f"[{item}] Habits" for j, item in enumerate(HABITS, 1)},
    }
    for n, name in enumerate(names, 1):
        kind = "numeric" if name in ("id", "lastpage", "hours") else "character"
        lines += [
            "# LimeSurvey Field type: F",
            f"data[, {n}] <- as.{kind}(data[, {n}])",
            f'attributes(data)$variable.labels[{n}] <- "{texts.get(name, name)}"',
        ]
        if name in scales:
            codes = ",".join(f'"A{i}"' for i in range(1, len(scales[name]) + 1))
            shown = ",".join(json.dumps(label) for label in scales[name])
            lines.append(f"data[, {n}] <- factor(data[, {n}], levels=c({codes}),labels=c({shown}))")
        if name.startswith("channels"):
            lines.append(
                f'data[, {n}] <- factor(data[, {n}], levels=c("Y","N"),labels=c("Yes", "Not selected"))'
            )
        lines.append(f'names(data)[{n}] <- "{name}"')
    (folder / "survey_1_R_syntax_file.R").write_text("\n".join(lines), encoding="utf-8")
    return [
        write_csv(folder / "survey_1_R_data_file.csv", [names, *rows]),
        folder / "survey_1_R_syntax_file.R",
    ]


def lime_spss(folder: Path) -> list[Path]:
    """The data without a header, cells between apostrophes, and the syntax that names the columns."""
    head, *rows = lime_rows()
    names = [code.replace("[", "_").replace("]", "") for code in head]
    texts = {"role": "Role", "satisfaction": "Satisfaction", "hours": "Hours", "remarks": "Remarks"}
    texts |= {f"channels_SQ{j:03}": f"[{c}] Channels" for j, c in enumerate(CHANNELS, 1)}
    texts |= {f"habits_SQ{j:03}": f"[{item}] Habits" for j, item in enumerate(HABITS, 1)}
    scales = {
        "role": ROLES,
        "satisfaction": (*SCALE, DONT_KNOW),
        "habits_SQ001": OFTEN,
        "habits_SQ002": OFTEN,
    }
    known = {name: {f"A{i}": label for i, label in enumerate(labels, 1)} for name, labels in scales.items()}
    known |= {name: {"Y": "Yes", "N": "Not selected"} for name in names if name.startswith("channels")}
    lines = [
        "GET DATA",
        " /TYPE=TXT",
        " /FILE='survey_1_SPSS_data_file.dat'",
        ' /DELIMITERS=","',
        " /VARIABLES=",
    ]
    lines += [f" V{n} {'F4.2' if name in ('id', 'hours') else 'A40'}" for n, name in enumerate(names, 1)]
    lines[-1] += "."
    lines += ["CACHE.", "EXECUTE."]
    for n, name in enumerate(names, 1):
        lines.append(f'VARIABLE LABELS V{n} "{texts.get(name, name)}".')
    for n, name in enumerate(names, 1):
        if name in known:
            pairs = "\n".join(f'"{code}" "{label}"' for code, label in known[name].items())
            lines.append(f"VALUE LABELS V{n}\n{pairs}.")
    lines += [f"RENAME VARIABLE ( V{n} = {name} )." for n, name in enumerate(names, 1)]
    (folder / "survey_1_SPSS_syntax_file.sps").write_text("\n".join(lines), encoding="utf-8")
    text = io.StringIO()
    csv.writer(text, quotechar="'", quoting=csv.QUOTE_ALL).writerows(rows)
    (folder / "survey_1_SPSS_data_file.dat").write_text(text.getvalue(), encoding="utf-8")
    return [folder / "survey_1_SPSS_data_file.dat", folder / "survey_1_SPSS_syntax_file.sps"]


# ------------------------------------------------------------------------------------ other survey tools


def qualtrics_rows(*, codes: bool = False) -> list[list[str]]:
    names = [
        "StartDate",
        "EndDate",
        "Progress",
        "Finished",
        "RecordedDate",
        "ResponseId",
        "Q1",
        "Q2",
        "Q3_1",
        "Q3_2",
        "Q3_3",
        "Q4",
        "Q5",
        "Q6_1",
        "Q6_2",
    ]
    texts = [
        "Start Date",
        "End Date",
        "Progress",
        "Finished",
        "Recorded Date",
        "Response ID",
        "Role",
        "Satisfaction",
        *(f"Channels - {c}" for c in CHANNELS),
        "Hours",
        "Remarks",
        *(f"Habits - {item}" for item in HABITS),
    ]
    ids = [
        {"ImportId": place}
        for place in [
            "startDate",
            "endDate",
            "progress",
            "finished",
            "recordedDate",
            "_recordId",
            "QID1",
            "QID2",
            "QID3-1",
            "QID3-2",
            "QID3-3",
            "QID4_TEXT",
            "QID5_TEXT",
            "QID6_1",
            "QID6_2",
        ]
    ]
    rows = [names, texts, [json.dumps(one, separators=(",", ":")) for one in ids]]
    scale = (*SCALE, DONT_KNOW)
    for row in ROWS:
        moment = f"{row['moment']:%Y-%m-%d %H:%M:%S}"
        answer = row["satisfaction"]
        rows.append(
            [
                moment,
                moment,
                "100",
                "1" if codes else "True",
                moment,
                str(row["id"]),
                str(ROLES.index(row["role"]) + 1) if codes else row["role"],
                "" if answer is None else str(scale.index(answer) + 1) if codes else answer,
                *((("1" if codes else c) if c in row["channels"] else "") for c in CHANNELS),
                number(row["hours"]),
                row["remarks"],
                *(str(OFTEN.index(habit) + 1) if codes else habit for habit in row["habits"]),
            ]
        )
    return rows


def qualtrics(folder: Path) -> list[Path]:
    return [write_csv(folder / "qualtrics.csv", qualtrics_rows(), encoding="utf-8-sig")]


def qualtrics_two_rows(folder: Path) -> list[Path]:
    """As it came before the row of ImportId was there."""
    head, texts, _, *rows = qualtrics_rows()
    return [write_csv(folder / "qualtrics.csv", [head, texts, *rows])]


def qualtrics_codes(folder: Path) -> list[Path]:
    def choices(labels: Sequence[str]) -> dict:
        return {str(i): {"Display": label} for i, label in enumerate(labels, 1)}

    questions = [
        {
            "QuestionID": "QID1",
            "DataExportTag": "Q1",
            "QuestionText": "Role",
            "QuestionType": "MC",
            "Selector": "SAVR",
            "Choices": choices(ROLES),
            "ChoiceOrder": [1, 2, 3],
        },
        {
            "QuestionID": "QID2",
            "DataExportTag": "Q2",
            "QuestionText": "<b>Satisfaction</b>",
            "QuestionType": "MC",
            "Selector": "SAVR",
            "Choices": choices((*SCALE, DONT_KNOW)),
            "ChoiceOrder": ["1", "2", "3", "4", "5", "6"],
        },
        {
            "QuestionID": "QID3",
            "DataExportTag": "Q3",
            "QuestionText": "Channels",
            "QuestionType": "MC",
            "Selector": "MAVR",
            "Choices": choices(CHANNELS),
            "ChoiceOrder": [1, 2, 3],
        },
        {
            "QuestionID": "QID4",
            "DataExportTag": "Q4",
            "QuestionText": "Hours",
            "QuestionType": "TE",
            "Selector": "SL",
            "Validation": {"Settings": {"ContentType": "ValidNumber"}},
        },
        {
            "QuestionID": "QID5",
            "DataExportTag": "Q5",
            "QuestionText": "Remarks",
            "QuestionType": "TE",
            "Selector": "ML",
        },
        {
            "QuestionID": "QID6",
            "DataExportTag": "Q6",
            "QuestionText": "Habits",
            "QuestionType": "Matrix",
            "Selector": "Likert",
            "Choices": choices(HABITS),
            "ChoiceOrder": [1, 2],
            "Answers": choices(OFTEN),
            "AnswerOrder": [1, 2, 3, 4],
        },
    ]
    survey = {
        "SurveyEntry": {"SurveyName": "Small survey", "SurveyLanguage": "EN"},
        "SurveyElements": [{"Element": "SQ", "Payload": question} for question in questions],
    }
    (folder / "survey.qsf").write_text(json.dumps(survey), encoding="utf-8")
    return [write_csv(folder / "qualtrics.csv", qualtrics_rows(codes=True)), folder / "survey.qsf"]


def surveymonkey_rows() -> list[list[str]]:
    above = [
        "Respondent ID",
        "Collector ID",
        "Start Date",
        "End Date",
        "Role",
        "Satisfaction",
        "Channels",
        "",
        "",
        "Hours",
        "Remarks",
        "Habits",
        "",
    ]
    below = [
        "",
        "",
        "",
        "",
        "Response",
        "Response",
        *CHANNELS,
        "Open-Ended Response",
        "Open-Ended Response",
        *HABITS,
    ]
    rows = [above, below]
    for row in ROWS:
        moment = f"{row['moment']:%m/%d/%Y %I:%M:%S %p}"
        rows.append(
            [
                str(row["id"]),
                "1",
                moment,
                moment,
                row["role"],
                row["satisfaction"] or "",
                *(c if c in row["channels"] else "" for c in CHANNELS),
                number(row["hours"]),
                row["remarks"],
                *row["habits"],
            ]
        )
    return rows


def surveymonkey(folder: Path) -> list[Path]:
    return [write_csv(folder / "monkey.csv", surveymonkey_rows(), encoding="utf-8-sig")]


def surveymonkey_xlsx(folder: Path) -> list[Path]:
    rows = [[cell or None for cell in row] for row in surveymonkey_rows()]
    return [workbook(folder / "monkey.xlsx", {"Sheet": rows})]


def alchemer(folder: Path) -> list[Path]:
    head = [
        "Response ID",
        "Time Started",
        "Date Submitted",
        "Status",
        "Role",
        "Satisfaction",
        *(f"{c}:Channels" for c in CHANNELS),
        "Hours",
        "Remarks",
        *(f"{item}:Habits" for item in HABITS),
    ]
    rows = [head]
    for row in ROWS:
        moment = f"{row['moment']:%Y-%m-%d %H:%M:%S}"
        rows.append(
            [
                str(row["id"]),
                moment,
                moment,
                "Complete",
                row["role"],
                row["satisfaction"] or "",
                *(c if c in row["channels"] else "" for c in CHANNELS),
                number(row["hours"]),
                row["remarks"],
                *row["habits"],
            ]
        )
    return [write_csv(folder / "alchemer.csv", rows)]


def google_forms(folder: Path) -> list[Path]:
    head = [
        "Timestamp",
        "Role",
        "Satisfaction",
        "Channels",
        "Hours",
        "Remarks",
        *(f"Habits [{item}]" for item in HABITS),
    ]
    rows = [head]
    for row in ROWS:
        rows.append(
            [
                f"{row['moment']:%Y/%m/%d %I:%M:%S %p} GMT",
                row["role"],
                row["satisfaction"] or "",
                ", ".join(row["channels"]),
                number(row["hours"]),
                row["remarks"],
                *row["habits"],
            ]
        )
    return [write_csv(folder / "google.csv", rows)]


def microsoft_forms(folder: Path) -> list[Path]:
    head = [
        "ID",
        "Start time",
        "Completion time",
        "Email",
        "Name",
        "Role",
        "Satisfaction",
        "Channels",
        "Hours",
        "Remarks",
        *(f"Habits.{item}" for item in HABITS),
    ]
    rows: list[list[object]] = [list(head)]
    for row in ROWS:
        rows.append(
            [
                row["id"],
                row["moment"],
                row["moment"],
                "anonymous",
                None,
                row["role"],
                row["satisfaction"],
                "".join(f"{c};" for c in row["channels"]) or None,
                row["hours"],
                row["remarks"] or None,
                *row["habits"],
            ]
        )
    return [workbook(folder / "forms.xlsx", {"Sheet1": rows})]


def redcap(folder: Path) -> list[Path]:
    choices = {"role": ROLES, "satisfaction": (*SCALE, DONT_KNOW), "habits": OFTEN}

    def listed(options: Sequence[str]) -> str:
        return " | ".join(f"{i}, {label}" for i, label in enumerate(options, 1))

    head = [
        "Variable / Field Name",
        "Form Name",
        "Section Header",
        "Field Type",
        "Field Label",
        "Choices, Calculations, OR Slider Labels",
        "Field Note",
        "Text Validation Type OR Show Slider Number",
        "Branching Logic (Show field only if...)",
        "Matrix Group Name",
    ]
    dictionary = [
        head,
        ["record_id", "survey", "", "text", "Record ID", "", "", "", "", ""],
        ["role", "survey", "", "radio", "Role", listed(ROLES), "", "", "", ""],
        ["satisfaction", "survey", "", "radio", "Satisfaction", listed((*SCALE, DONT_KNOW)), "", "", "", ""],
        [
            "channels",
            "survey",
            "",
            "checkbox",
            "Channels",
            listed(CHANNELS).replace("Telephone, i", "Telephone, i"),
            "",
            "",
            "",
            "",
        ],
        ["hours", "survey", "", "text", "Hours", "", "", "number", "", ""],
        ["remarks", "survey", "", "notes", "Remarks", "", "", "", "", ""],
        ["habits_1", "survey", "Habits", "radio", HABITS[0], listed(OFTEN), "", "", "", "habits"],
        ["habits_2", "survey", "", "radio", HABITS[1], listed(OFTEN), "", "", "", "habits"],
    ]
    write_csv(folder / "dictionary.csv", dictionary)
    names = [
        "record_id",
        "survey_timestamp",
        "role",
        "satisfaction",
        *(f"channels___{j}" for j in (1, 2, 3)),
        "hours",
        "remarks",
        "habits_1",
        "habits_2",
        "survey_complete",
    ]
    rows = [names]
    for row in ROWS:
        answer = row["satisfaction"]
        codes = [
            str(choices["role"].index(row["role"]) + 1),
            "" if answer is None else str(choices["satisfaction"].index(answer) + 1),
        ]
        rows.append(
            [
                str(row["id"]),
                f"{row['moment']:%Y-%m-%d %H:%M:%S}",
                *codes,
                *(str(int(c in row["channels"])) for c in CHANNELS),
                number(row["hours"]),
                row["remarks"],
                *(str(OFTEN.index(habit) + 1) for habit in row["habits"]),
                "2",
            ]
        )
    return [write_csv(folder / "redcap.csv", rows), folder / "dictionary.csv"]


def redcap_sas(folder: Path) -> list[Path]:
    """The data without a header, and the program by which SAS reads them."""
    data, dictionary = redcap(folder)
    names, *rows = csv.reader(data.read_text(encoding="utf-8").splitlines(keepends=True))
    dictionary.unlink()
    data.unlink()

    def value(name: str, options: Sequence[str], first: int = 1) -> str:
        said = (label.replace("'", "''") for label in options)
        return f"\tvalue {name}_ " + " ".join(f"{i}='{label}'" for i, label in enumerate(said, first)) + ";"

    ticks = {f"channels___{j}": f"Channels (choice={c})" for j, c in enumerate(CHANNELS, 1)}
    labels = dict(zip(names, names, strict=True)) | {"role": "Role", "satisfaction": "Satisfaction"} | ticks
    labels |= {f"habits_{j}": item for j, item in enumerate(HABITS, 1)}
    scales = {"role": ROLES, "satisfaction": (*SCALE, DONT_KNOW), "habits_1": OFTEN, "habits_2": OFTEN}
    lines = [
        "/* Edit the following line to reflect the full path; to your CSV file */",
        "%let csv_file = 'Small_DATA_NOHDRS.csv';",
        "",
        "proc format;",
        *(value(name, options) for name, options in scales.items()),
        *(value(name, ("Unchecked", "Checked"), 0) for name in ticks),
        "\trun;",
        "",
        "data work.redcap; %let _EFIERR_ = 0;",
        "infile &csv_file delimiter = ',' MISSOVER DSD lrecl=32767 firstobs=1;",
        *(f"\tinformat {name} {'$500.' if name == 'remarks' else 'best32.'} ;" for name in names),
        *(f"\tformat {name} {'$500.' if name == 'remarks' else 'best12.'} ;" for name in names),
        "input",
        *(f"\t{name}{' $' * (name == 'remarks')}" for name in names),
        ";",
        "if _ERROR_ then call symput('_EFIERR_',\"1\");",
        "run;",
        "",
        "data redcap;",
        "\tset redcap;",
        *(f"\tlabel {name}='{label}';" for name, label in labels.items()),
        *(f"\tformat {name} {name}_.;" for name in [*scales, *ticks]),
        "run;",
    ]
    program = folder / "Small_SAS.sas"
    program.write_text("\n".join(lines), encoding="utf-8")
    return [write_csv(folder / "Small_DATA_NOHDRS.csv", rows), program]


def redcap_labels(folder: Path) -> list[Path]:
    """The same, exported with labels: texts in the header and in the cells."""
    _, dictionary = redcap(folder)
    head = ["Record ID", "Survey Timestamp", "Role", "Satisfaction"]
    head += [*(f"Channels (choice={c})" for c in CHANNELS), "Hours", "Remarks", *HABITS, "Complete?"]
    rows = [head]
    for row in ROWS:
        ticks = ["Checked" if c in row["channels"] else "Unchecked" for c in CHANNELS]
        own = [str(row["id"]), f"{row['moment']:%Y-%m-%d %H:%M}", row["role"], row["satisfaction"] or ""]
        rows.append([*own, *ticks, number(row["hours"]), row["remarks"], *row["habits"], "Complete"])
    return [write_csv(folder / "labels.csv", rows), dictionary]


def kobo(folder: Path) -> list[Path]:
    def code(text: str) -> str:
        return text.split(",")[0].lower().replace(" ", "_").replace("-", "").replace("'", "")

    survey = [
        ["type", "name", "label::English (en)", "relevant"],
        ["select_one roles", "role", "Role", ""],
        ["select_one scale", "satisfaction", "Satisfaction", ""],
        ["select_multiple channels", "channels", "Channels", ""],
        ["decimal", "hours", "Hours", ""],
        ["text", "remarks", "Remarks", ""],
        ["begin_group", "more", "More", ""],
        ["select_one often", "habits_meetings_start_time", HABITS[0], ""],
        ["select_one often", "habits_minutes_sent", HABITS[1], ""],
        ["end_group", "", "", ""],
    ]
    lists = {"roles": ROLES, "scale": (*SCALE, DONT_KNOW), "channels": CHANNELS, "often": OFTEN}
    choices = [["list_name", "name", "label::English (en)"]]
    choices += [[name, code(label), label] for name, labels in lists.items() for label in labels]
    form = workbook(
        folder / "form.xlsx",
        {"survey": survey, "choices": choices, "settings": [["form_title"], ["Small survey"]]},
    )
    head = [
        "start",
        "end",
        "role",
        "satisfaction",
        "channels",
        *(f"channels/{code(c)}" for c in CHANNELS),
        "hours",
        "remarks",
        "more/habits_meetings_start_time",
        "more/habits_minutes_sent",
        "_id",
        "_uuid",
        "_submission_time",
        "_index",
    ]
    rows: list[list[object]] = [list(head)]
    for row in ROWS:
        moment = f"{row['moment']:%Y-%m-%dT%H:%M:%S}.000+01:00"
        rows.append(
            [
                moment,
                moment,
                code(row["role"]),
                code(row["satisfaction"]) if row["satisfaction"] else None,
                " ".join(code(c) for c in row["channels"]) or None,
                *(int(c in row["channels"]) for c in CHANNELS),
                row["hours"],
                row["remarks"] or None,
                *(code(habit) for habit in row["habits"]),
                row["id"],
                f"uuid-{row['id']}",
                moment[:19],
                row["id"],
            ]
        )
    return [workbook(folder / "kobo.xlsx", {"Small survey": rows}), form]


def kobo_csv(folder: Path) -> list[Path]:
    """The same with semicolons, as KoboToolbox writes CSV."""
    book, form = kobo(folder)
    rows = openpyxl.load_workbook(book).active.iter_rows(values_only=True)
    cells = [["" if cell is None else cell for cell in row] for row in rows]
    book.unlink()
    return [write_csv(folder / "kobo.csv", cells, delimiter=";", encoding="utf-8-sig"), form]


#: Every form in which the responses come, by name.
EVERY: dict[str, Callable[[Path], list[Path]]] = {
    one.__name__: one
    for one in (
        plain_csv,
        dutch_excel_csv,
        utf16_tabs,
        odd_csv,
        xlsx,
        xlsx_1904,
        xls,
        xls_1904,
        xlsb,
        ods,
        ods_of_libreoffice,
        parquet,
        sav,
        zsav,
        sav_with_sets,
        dta,
        xpt,
        xpt_of_version_5,
        sas7bdat,
        lime_codes,
        lime_codes_older_structure,
        lime_full_answers,
        lime_tabs,
        lime_archive,
        lime_r,
        lime_spss,
        qualtrics,
        qualtrics_two_rows,
        qualtrics_codes,
        surveymonkey,
        surveymonkey_xlsx,
        alchemer,
        google_forms,
        microsoft_forms,
        redcap,
        redcap_labels,
        kobo,
        kobo_csv,
    )
}
