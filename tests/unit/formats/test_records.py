"""The same answers are the same responses, whatever kind of file they come in."""

import csv
import datetime

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from nsmo.stages.ingest import ingest
from nsmo.study import StudyError, load_codebook

ANSWERS = (
    {"Q5": "A1", "Q6": "12,5", "Q7": "1987-06-05 00:00:00", "Q8": "Café"},
    {"Q3": "A9", "interviewtime": "601,25", "Q5": "A1", "Q6": "40"},
    {"submitdate": "", "lastpage": "2", "Q5": "", "Q4[SQ001]": ""},
)
NUMBERS = ("lastpage", "interviewtime", "Q6")
MOMENTS = ("submitdate", "Q7")


def typed(path):
    """The rows of an export in CSV, with numbers and moments instead of texts."""

    def value(column, text):
        if text and column in NUMBERS:
            return float(text.replace(",", "."))
        if text and column in MOMENTS:
            return datetime.datetime.fromisoformat(text)
        return text or None

    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{column: value(column, text) for column, text in row.items()} for row in csv.DictReader(file)]


def workbook(path, rows, *, sheet="Answers", above=0, more=()):
    book = openpyxl.Workbook()
    book.active.title = sheet
    for _ in range(above):
        book.active.append([])
    book.active.append(list(rows[0]))
    for row in rows:
        book.active.append(list(row.values()))
    for name in more:
        book.create_sheet(name)
    book.save(path)
    return path


@pytest.fixture
def described(codebook_text, codebook_file):
    """Return a function that gives the codebook of the bakers for a file of another format."""

    def describe(file, form, *lines, text=codebook_text):
        source = "\n".join([f"  file: {file}", f"  format: {form}", *(f"  {line}" for line in lines)])
        head = "  file: responses.csv\n  format: limesurvey\n  encoding: utf-8-sig"
        assert head in text
        return load_codebook(codebook_file(text.replace(head, source)))

    return describe


def refusal(work):
    with pytest.raises(StudyError) as caught:
        work()
    return str(caught.value)


def test_a_workbook_gives_the_responses_that_the_text_gives(codebook, described, export_file, tmp_path):
    text = export_file(*ANSWERS)
    book = workbook(tmp_path / "responses.xlsx", typed(text))
    found = ingest(described("responses.xlsx", "excel"), book)
    pd.testing.assert_frame_equal(found.responses, ingest(codebook, text).responses)
    assert found.schema["source"] == {"file": "responses.xlsx", "format": "excel"}


def test_a_problem_in_a_workbook_is_told_with_its_row(described, export_file, tmp_path):
    rows = typed(export_file(*ANSWERS))
    rows[1]["Q3"] = "A7"
    book = workbook(tmp_path / "responses.xlsx", rows)
    text = refusal(lambda: ingest(described("responses.xlsx", "excel"), book))
    assert "the code 'A7' stands 1 time in the column of 'size'" in text
    assert "responses.xlsx, column 'Q3', row 3" in text


def test_empty_rows_of_a_workbook_do_not_shift_the_others(described, export_file, tmp_path):
    rows = typed(export_file(*ANSWERS))
    rows[2]["Q3"] = "A7"
    rows.insert(1, dict.fromkeys(rows[0]))
    book = workbook(tmp_path / "responses.xlsx", rows, above=2)
    text = refusal(lambda: ingest(described("responses.xlsx", "excel"), book))
    assert "Q3', row 6" not in text
    assert "responses.xlsx, column 'Q3', row 7" in text


def test_of_several_sheets_one_must_be_named(described, export_file, tmp_path):
    book = workbook(tmp_path / "responses.xlsx", typed(export_file(*ANSWERS)), more=["Notes"])
    text = refusal(lambda: ingest(described("responses.xlsx", "excel"), book))
    assert "one of its sheets: Answers, Notes" in text
    assert "'Sheet9'" in refusal(lambda: ingest(described("responses.xlsx", "excel", "sheet: Sheet9"), book))
    named = described("responses.xlsx", "excel", "sheet: Answers")
    assert len(ingest(named, book).responses) == len(ANSWERS)


def as_spss(text):
    """The names that SPSS allows."""
    return text.replace("[", "_").replace("]", "")


def test_a_file_of_spss_gives_the_responses_that_the_text_gives(
    codebook, codebook_text, described, export_file, tmp_path
):
    text = export_file(*ANSWERS)
    frame = pd.DataFrame(typed(text)).rename(columns=as_spss)
    for column in MOMENTS:
        frame[column] = pd.to_datetime(frame[column])
    frame["Q3"] = frame["Q3"].map({"A1": 1.0, "A9": 9.0})
    path = tmp_path / "responses.sav"
    pyreadstat.write_sav(
        frame,
        path,
        variable_value_labels={"Q3": {1.0: "Klein", 9.0: "Wil ik niet zeggen"}},
        missing_ranges={"Q3": [9.0]},
    )
    text_of_it = codebook_text.replace("Q2[", "Q2_").replace("Q4[", "Q4_").replace(']",', '",')
    text_of_it = text_of_it.replace(']"', '"').replace("Q2_other]", "Q2_other")
    before, after = text_of_it.split("    column: Q3\n")
    size, rest = after.split("  - battery: opinions\n", 1)
    for number in (1, 2, 3, 9):
        size = size.replace(f"code: A{number}", f'code: "{number}"')
    changed = before + "    column: Q3\n" + size + "  - battery: opinions\n" + rest
    found = ingest(described("responses.sav", "spss", text=changed), path)
    pd.testing.assert_frame_equal(found.responses, ingest(codebook, text).responses)


def test_a_problem_in_a_file_of_spss_is_told_with_its_case(codebook_text, described, tmp_path):
    path = tmp_path / "responses.sav"
    pyreadstat.write_sav(pd.DataFrame({"id": ["1", "1"]}), path)
    text = refusal(lambda: ingest(described("responses.sav", "spss"), path))
    assert "responses.sav, cases 1, 2" in text
    assert "the column 'Q1' of 'consent' is not in the export: responses.sav" in " ".join(text.split()) or (
        "the column 'Q1' of 'consent' is not in the export" in text
    )


@pytest.mark.parametrize(("form", "name"), [("excel", "responses.xlsx"), ("spss", "responses.sav")])
def test_a_broken_file_is_told_with_what_to_do(described, tmp_path, form, name):
    (tmp_path / name).write_bytes(b"not that at all")
    text = refusal(lambda: ingest(described(name, form), tmp_path / name))
    assert name in text
    assert "save it again" in text


def test_the_format_must_be_that_of_the_file(described, export_file, tmp_path):
    book = workbook(tmp_path / "responses.xlsx", typed(export_file(*ANSWERS)))
    text = refusal(lambda: ingest(described("responses.xlsx", "limesurvey"), book))
    assert "source.format is limesurvey, but the file is called responses.xlsx" in text
    assert "format: excel" in text
    text = refusal(lambda: ingest(described("responses.csv", "spss"), tmp_path / "responses.csv"))
    assert "format: limesurvey or csv" in text


@pytest.mark.parametrize(
    ("form", "line", "said"),
    [
        ("excel", "delimiter: ;", "source.delimiter says nothing about format excel"),
        ("spss", "encoding: cp1252", "source.encoding says nothing about format spss"),
        ("spss", "header_rows: 2", "source.header_rows says nothing about format spss"),
        ("csv", "sheet: Answers", "source.sheet says nothing about format csv"),
    ],
)
def test_what_says_nothing_about_the_format_is_refused(described, form, line, said):
    text = refusal(lambda: described("responses", form, line))
    assert said in text
    assert f"questionnaire.yaml, line 8 (source > {line.partition(':')[0]})" in text


def test_errors_and_formulas_without_a_result_are_not_read_as_no_answer(described, export_file, tmp_path):
    path = workbook(tmp_path / "responses.xlsx", typed(export_file(*ANSWERS)))
    book = openpyxl.load_workbook(path)
    sheet = book.active
    at = {cell.value: cell.column_letter for cell in sheet[1]}
    sheet[f"{at['Q3']}2"] = "#N/A"
    sheet[f"{at['Q5']}3"] = '=IF(1=1,"A1","A2")'
    book.save(path)
    text = refusal(lambda: ingest(described("responses.xlsx", "excel"), path))
    assert "responses.xlsx, column 'Q3', row 2: the code '#N/A' stands 1 time" in text
    assert "responses.xlsx, column 'Q5', row 3: the code '=IF(1=1" in text


def test_a_cell_in_the_last_corner_is_named_before_it_fills_the_memory(described, export_file, tmp_path):
    path = workbook(tmp_path / "responses.xlsx", typed(export_file(*ANSWERS)))
    book = openpyxl.load_workbook(path)
    book.active["XFD1048576"] = " "
    book.save(path)
    text = refusal(lambda: ingest(described("responses.xlsx", "excel"), path))
    assert "reaches to XFD1048576" in text
    assert "delete what stands in XFD1048576" in text
