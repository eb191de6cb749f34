"""A bad export is named with file, line, column, what was expected and what to do; nothing is written."""

import os
import subprocess
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import pytest
import survey_exports
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nsmo.draft.guess import draft
from nsmo.draft.new import again, new
from nsmo.formats.columns import ChoiceColumn, NumberColumn
from nsmo.formats.detect import read
from nsmo.formats.text import guess_encoding
from nsmo.formats.texts import Texts
from nsmo.stages.ingest import ingest
from nsmo.study import StudyError, load_codebook


@pytest.fixture
def wave(tmp_path: Path) -> Path:
    """A wave drafted from the plain table; its folder."""
    return new(tmp_path, "w", survey_exports.plain_csv(tmp_path)).folder


def refused(folder: Path, change=lambda text: text, raw=lambda content: content) -> str:
    """Change the responses of a wave, and return what ingest says about them."""
    path = folder / "responses.csv"
    path.write_bytes(raw(change(path.read_text(encoding="utf-8")).encode()))
    with pytest.raises(StudyError) as caught:
        ingest(load_codebook(folder), path)
    text = str(caught.value)
    assert all(problem.fix for problem in caught.value.problems), text
    return text


def test_a_wrong_delimiter_is_named_with_the_right_one(wave: Path):
    text = refused(wave, lambda text: text.replace(",", ";"))
    assert "responses.csv, line 1: the header has one column" in text
    assert "delimiter: ';' under source: in questionnaire.yaml" in text


def test_two_columns_of_one_name(wave: Path):
    text = refused(wave, lambda text: text.replace("hours,", "role,", 1))
    assert "the column 'role' of 'role' is there 2 times" in text
    assert "'role (2)'" in text


def test_an_answer_that_the_questionnaire_lacks_comes_with_its_lines_and_the_known_ones(wave: Path):
    text = refused(wave, lambda text: text.replace(",Manager,", ",Boss,", 1))
    assert "responses.csv, column 'role', line 2: the code 'Boss' stands 1 time" in text
    assert "expected: Manager (manager), Advisor (advisor), Assistant (assistant)" in text


def test_texts_among_numbers(wave: Path):
    text = refused(wave, lambda text: text.replace(",12.25,", ",a dozen,"))
    assert "'a dozen' stands" in text
    assert "column 'hours'" in text
    assert "expected: a number" in text


def test_a_number_with_a_sign_between_thousands_says_where_that_is_declared(wave: Path):
    assert "source.thousands" in refused(wave, lambda text: text.replace(",1040.5,", ',"1,040.5",'))


def test_a_header_in_another_language(wave: Path):
    header = "nr,moment x,rol,tevredenheid,k1,k2,k3,uren,opm,g1,g2"
    text = refused(wave, lambda text: header + text[text.index("\n") - 1 :])
    assert "the column 'role' of 'role' is not in the export" in text


def test_two_exports_one_behind_the_other(wave: Path):
    text = refused(wave, lambda text: text + text)
    assert "responses.csv, line 36: the header stands there once more" in text
    assert "take that row out" in text


def test_a_row_with_too_many_cells(wave: Path):
    text = refused(wave, lambda text: text.replace("\n3,", "\n3,x,", 1))
    assert "12 cells where the header has 11" in text
    assert "11 cells in every row" in text


def test_rows_of_a_thousand_different_lengths_are_told_in_a_few_lines(wave: Path):
    rows = "".join(f"{100 + i}" + ",x" * (20 + i) + "\n" for i in range(1000))
    text = refused(wave, lambda text: text + rows)
    assert "responses.csv, line 36: 21 cells where the header has 11" in text
    assert "lines 41, 42, 43, 44, 45 and 990 more: other numbers of cells" in text
    assert len(text) < 2000


def test_a_wrong_encoding_names_line_and_the_likely_one(wave: Path):
    text = refused(wave, raw=lambda content: content.decode().encode("windows-1252", "replace"))
    assert "is not utf-8" in text
    assert "it may be windows-1252" in text


def test_one_byte_in_another_encoding_is_named_with_its_line(wave: Path, tmp_path: Path):
    text = refused(wave, raw=lambda content: content.replace("très".encode(), b"tr\xe8s", 1))
    assert "line 11: byte 0xe8 is not utf-8" in text
    assert "as the rest of it is" in text
    assert "correct that line" in text
    with pytest.raises(StudyError, match=r"responses\.csv, line 11: byte 0xe8 is not utf-8"):
        new(tmp_path, "x", [wave / "responses.csv"])


def test_a_text_that_was_encoded_twice_is_doubted(tmp_path: Path):
    (path,) = survey_exports.plain_csv(tmp_path)
    path.write_bytes(path.read_bytes().decode("windows-1252", "replace").encode())
    text = (new(tmp_path, "w", [path]).folder / "questionnaire.yaml").read_text(encoding="utf-8")
    assert "# confirm: it seems to be encoded twice ('CafÃ©' stands there)" in text


def test_a_syntax_that_names_more_columns_than_there_are(tmp_path: Path):
    data, syntax = survey_exports.lime_spss(tmp_path)
    text = syntax.read_text(encoding="utf-8")
    syntax.write_text(text.replace(" V2 A40", " V2 A40\n X2 A40"), encoding="utf-8")
    with pytest.raises(StudyError, match="13 cells where the header has 14"):
        read([data, syntax])


def test_an_unknown_encoding_is_no_traceback(wave: Path):
    path = wave / "questionnaire.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("encoding: utf-8", "encoding: utf8x"))
    with pytest.raises(StudyError, match="'utf8x' is no encoding"):
        load_codebook(wave)


def test_day_and_month_changed_places(wave: Path):
    text = refused(wave, lambda text: text.replace("2026-03-14", "2026-14-03"))
    assert "2026-14-03 09:13:00" in text
    assert "column 'moment'" in text
    assert "%Y-%m-%d" in text


def test_one_broken_line_in_a_large_file(wave: Path):
    def enlarged(text: str) -> str:
        head, first, *_ = text.splitlines()
        many = [first.replace("1", str(1000 + i), 1) for i in range(60_000)]
        many[40_000] = many[40_000].replace("Manager", '"Manager')
        return "\n".join([head, *many])

    text = refused(wave, enlarged)
    assert "responses.csv, line 40002" in text
    assert "quote" in text


def test_many_unknown_values_are_found_in_one_go_through_the_cells():
    cells = Texts.of([f"odd {i % 60_000}" for i in range(70_000)])
    for column in (NumberColumn(name="a", use="a"), ChoiceColumn(name="a", use="a", options=())):
        bad = column.unreadable(cells)
        # A mask for each of them would be 4 GB.
        assert len(bad) == 60_000
        assert sum(rows.nbytes for rows in bad.values()) < 1_000_000
        assert bad["odd 7"].tolist() == [7, 60_007]


def test_an_empty_file_and_one_without_responses(tmp_path: Path):
    for content in ("", "id,role\n"):
        path = tmp_path / "x.csv"
        path.write_text(content)
        with pytest.raises(StudyError):
            new(tmp_path, "w", [path])
    assert not (tmp_path / "data").exists()


def test_a_workbook_that_was_cut_off(tmp_path: Path):
    (book,) = survey_exports.xlsx(tmp_path)
    book.write_bytes(book.read_bytes()[:2000])
    with pytest.raises(StudyError, match="the file is cut off"):
        new(tmp_path, "w", [book])
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["locked.xlsx", "locked.ods"])
def test_a_workbook_that_was_locked_with_a_password(tmp_path: Path, name: str):
    if name == "locked.xlsx":
        (book,) = survey_exports.written(tmp_path, name)
    else:
        book = survey_exports.ods(tmp_path)[0].rename(tmp_path / name)
        with zipfile.ZipFile(book) as archive:
            parts = {part: archive.read(part) for part in archive.namelist()}
        entry = b'manifest:full-path="content.xml" manifest:media-type="text/xml"'
        assert entry in parts["META-INF/manifest.xml"]
        parts["META-INF/manifest.xml"] = parts["META-INF/manifest.xml"].replace(
            entry + b"/>", entry + b"><manifest:encryption-data/></manifest:file-entry>"
        )
        with zipfile.ZipFile(book, "w") as archive:
            for part, content in parts.items():
                archive.writestr(part, content)
    with pytest.raises(
        StudyError, match=rf"{name}: the workbook is locked with a password(.|\n)*save it without"
    ):
        new(tmp_path, "w", [book])
    assert not (tmp_path / "data").exists()


BINARY = "xlsx xls xlsb ods ods_of_libreoffice parquet sav zsav dta xpt sas7bdat lime_archive kobo".split()  # noqa: SIM905


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("share", [0.3, 0.9, 0.995])
def test_a_file_that_breaks_off_is_refused_and_nothing_is_written(tmp_path: Path, name: str, share: float):
    files = survey_exports.EVERY[name](tmp_path)
    content = files[0].read_bytes()
    files[0].write_bytes(content[: int(share * len(content))])
    with pytest.raises(StudyError) as caught:
        new(tmp_path, "w", files)
    assert files[0].name in str(caught.value)
    assert all(problem.fix for problem in caught.value.problems)
    assert not (tmp_path / "data").exists()


def test_a_catalog_of_sas_that_is_none_or_beside_another_file(tmp_path: Path):
    data, catalog = survey_exports.sas7bdat(tmp_path)
    with pytest.raises(StudyError, match=r"export\.sas7bcat: a catalog of SAS beside plain\.csv"):
        new(tmp_path, "w", [*survey_exports.plain_csv(tmp_path), catalog])
    catalog.write_bytes(catalog.read_bytes()[:5000])
    with pytest.raises(StudyError, match=r"export\.sas7bcat: not readable as a file of SAS"):
        new(tmp_path, "w", [data, catalog])


def test_what_was_tried_is_told(tmp_path: Path):
    said = new(tmp_path, "w", survey_exports.plain_csv(tmp_path)).said
    assert said[0] == (
        "plain.csv: a text (utf-8, commas); no sign of Qualtrics, SurveyMonkey, REDCap, KoboToolbox or ODK, "
        "SoSci Survey, Typeform, LimeSurvey, Alchemer, Google Forms, Microsoft Forms"
    )
    said = new(tmp_path, "x", survey_exports.google_forms(tmp_path)).said
    assert said[0] == "google.csv: a text (utf-8, commas) of Google Forms, by 'Timestamp' as the first column"
    path = tmp_path / "words.csv"
    path.write_text("role\nManager\nAdvisor\nManager\n" * 4)
    text = (new(tmp_path, "y", [path]).folder / "questionnaire.yaml").read_text(encoding="utf-8")
    assert "# confirm: no delimiter found: tried comma, semicolon, tab, bar; read as one column" in text


def test_an_error_in_a_cell_is_not_read_as_nothing(tmp_path: Path):
    rows = survey_exports.typed_rows()
    path = survey_exports.workbook(tmp_path / "b.xlsx", {"Answers": rows})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    begin = sheet.index(b'<c r="H3"')
    end = sheet.index(b"</c>", begin)
    parts["xl/worksheets/sheet1.xml"] = sheet[:begin] + b'<c r="H3" t="e"><v>#DIV/0!</v>' + sheet[end:]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    made = new(tmp_path, "w", [path]).folder
    text = (made / "questionnaire.yaml").read_text(encoding="utf-8")
    assert "# confirm: '#DIV/0!' stands there: an error of the workbook, read as no answer" in text
    responses = ingest(load_codebook(made), made / "responses.xlsx").responses
    assert responses["hours.missing"].tolist()[1] == "no_answer"


def test_files_that_are_not_what_their_name_says(tmp_path: Path):
    for name in ("a.sav", "a.dta", "a.xpt", "a.parquet", "a.lsa", "a.qsf", "a.lss", "a.ods", "a.xlsx"):
        path = tmp_path / name
        path.write_bytes(b"not that at all")
        with pytest.raises(StudyError) as caught:
            read([path])
        assert name in str(caught.value)


def test_a_file_of_spss_with_one_bit_wrong_cannot_end_the_program(tmp_path: Path):
    (path,) = survey_exports.sav(tmp_path)
    content = path.read_bytes()
    # Labels of one variable, the fourth, then more labels; with the bit it is a variable that is not there.
    labels = b"\4\0\0\0\1\0\0\0\4\0\0\0\3\0\0\0"
    assert labels in content
    path.write_bytes(content.replace(labels, labels[:10] + b"\1" + labels[11:], 1))
    with pytest.raises(StudyError) as caught:
        read([path])
    text = str(caught.value)
    assert "export.sav: not readable as a file of SPSS: it is damaged" in text
    assert "save it again, or export it as CSV" in text


@pytest.mark.parametrize("kept", [0, 4, 100, 700, 2000, 4000, -1])
def test_a_file_of_spss_that_breaks_off_is_refused(kept: int, tmp_path: Path):
    (path,) = survey_exports.sav(tmp_path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(StudyError, match="not readable as a file of SPSS"):
        read([path])


def test_a_file_of_spss_is_read_once_for_labels_and_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    started = []
    run = subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda *those, **more: started.append(those) or run(*those, **more)
    )
    draft(read(survey_exports.sav(tmp_path)))
    assert len(started) == 1


def test_a_workbook_called_csv_is_told_what_it_is(tmp_path: Path):
    (book,) = survey_exports.xlsx(tmp_path)
    with pytest.raises(StudyError, match="this is a workbook or an archive"):
        read([book.rename(tmp_path / "export.csv")])


def test_two_files_of_responses_are_one_too_many(tmp_path: Path):
    files = [*survey_exports.plain_csv(tmp_path), *survey_exports.alchemer(tmp_path)]
    with pytest.raises(StudyError, match="2 of the 2 files could hold the responses"):
        read(files)


def test_a_refused_newer_export_changes_nothing(wave: Path, tmp_path: Path):
    before = {path.name: path.read_bytes() for path in wave.iterdir()}
    bad = tmp_path / "bad.csv"
    bad.write_text("id,role\n1,2,3\n")
    with pytest.raises(StudyError):
        again(tmp_path, "w", [bad])
    assert {path.name: path.read_bytes() for path in wave.iterdir()} == before


def read_or_refused(*paths: Path) -> None:
    """Nothing but an error in words may come out, and it names a file."""
    refusal = ""
    try:
        draft(read(list(paths)))
    except StudyError as error:
        refusal = str(error)
    assert not refusal or any(path.name in refusal for path in paths), refusal


def test_a_row_of_a_structure_may_end_early(tmp_path: Path):
    files = survey_exports.lime_tabs(tmp_path)
    lines = files[1].read_text("utf-8-sig").splitlines()
    for number in range(1, len(lines)):
        cut = [*lines[:number], "\t".join(lines[number].split("\t")[:2]), *lines[number + 1 :]]
        files[1].write_text("\n".join(cut), "utf-8")
        read_or_refused(*files)


SUFFIXES = (
    ".csv .txt .xlsx .ods .sav .dta .xpt .sas7bdat .parquet .lsa .lss .qsf .sps .R".split()  # noqa: SIM905
)
#: NSMO_FUZZ=20000 looks for a quarter of an hour instead of for seconds.
FUZZ = settings(
    max_examples=int(os.environ.get("NSMO_FUZZ", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@FUZZ
@given(content=st.binary(max_size=400), suffix=st.sampled_from(SUFFIXES))
def test_any_bytes_are_read_or_refused(content: bytes, suffix: str, tmp_path: Path):
    path = tmp_path / f"export{suffix}"
    path.write_bytes(content)
    read_or_refused(path)


CELLS = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["", "1", "Yes", "No", "2026-01-02", "1,5"]
)


@FUZZ
@given(
    rows=st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=12),
    delimiter=st.sampled_from([",", ";", "\t"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_table_is_read_or_refused(rows, delimiter: str, encoding: str, tmp_path: Path):
    read_or_refused(
        survey_exports.write_csv(tmp_path / "export.csv", rows, delimiter=delimiter, encoding=encoding)
    )


@cache
def written_once(name: str) -> list[tuple[str, bytes]]:
    """The files of an export with their content, which is to stay the same while it is damaged."""
    with tempfile.TemporaryDirectory() as place:
        return [(path.name, path.read_bytes()) for path in survey_exports.EVERY[name](Path(place))]


@FUZZ
@given(name=st.sampled_from(sorted(survey_exports.EVERY)), data=st.data())
def test_a_damaged_export_of_any_tool_is_read_or_refused(name: str, data: st.DataObject, tmp_path: Path):
    for own, content in written_once(name):
        (tmp_path / own).write_bytes(content)
    files = [tmp_path / own for own, _ in written_once(name)]
    path = data.draw(st.sampled_from(files))
    parts = {"": path.read_bytes()}
    if zipfile.is_zipfile(path) and data.draw(st.booleans()):
        # A file in the archive, so that the damage is not seen by its sum alone.
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    damaged = data.draw(st.sampled_from(sorted(name for name in parts if parts[name])))
    content = bytearray(parts[damaged])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(len(content) - 1, 0)))
        content[place : place + data.draw(st.integers(1, 30))] = data.draw(st.binary(max_size=10))
    parts[damaged] = bytes(content[: data.draw(st.sampled_from([None, len(content) // 2]))])
    if "" in parts:
        path.write_bytes(parts[""])
    else:
        with zipfile.ZipFile(path, "w") as archive:
            for name, part in parts.items():
                archive.writestr(name, part)
    read_or_refused(*files)


@given(st.text(st.characters(codec="windows-1252"), max_size=200))
@settings(max_examples=50, deadline=None)
def test_what_is_encoded_as_utf_8_is_found_to_be(text: str):
    assert guess_encoding(("é" + text).encode("utf-8"))[0] in ("utf-8", "utf-8-sig")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.json", b'[{"id": 1, "role": "Manager"}]', "JSON"),
        ("a.csv", b"[" * 100_000, "JSON"),
        ("a.jsonl", b'\xef\xbb\xbf{"id": 1}\n{"id": 2}\n', "JSON"),
        ("a.csv", b"<!DOCTYPE html><html><body>Log in</body></html>", "a page of the web"),
        ("a.xls", b"<html><table><tr><td>id</td></tr></table></html>", "a page of the web"),
        ("a.xlsx", b'<?xml version="1.0"?><Workbook/>', "XML"),
        ("a.xml", b"<data>\n<row><id>1</id></row></data>", "XML"),
        ("a.txt", b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n<<>>\n2 0 obj\n", "a PDF document"),
        ("a.txt", rb"{\rtf1\ansi hello}" + b"\n\\par x\n", "a document"),
    ],
)
def test_what_is_no_table_is_called_what_it_is(tmp_path: Path, name: str, content: bytes, kind: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StudyError, match=rf"{name}: this is {kind}") as caught:
        new(tmp_path, "w", [tmp_path / name])
    assert all(problem.fix for problem in caught.value.problems)


@pytest.mark.parametrize(
    "head", ["[1] Age,[2] Sex", "{role},<b>Age</b>", "<5 years,role", "{},role", "a<b,c"]
)
def test_a_header_of_signs_is_a_header(tmp_path: Path, head: str):
    path = tmp_path / "a.csv"
    path.write_text(f"{head}\n" + "x,y\nz,y\n" * 10)
    assert len(read([path]).export.columns) == 2


def test_what_is_no_file_is_called_what_it_is(tmp_path: Path):
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    for name, found in (
        ("folder", "no file of parquet is in it"),
        ("pipe", "this is no file but a device or a pipe"),
        ("loop", "this link leads to no file"),
    ):
        with pytest.raises(StudyError, match=rf"{name}\.csv/?: {found}"):
            new(tmp_path, "w", [tmp_path / f"{name}.csv"])
    with pytest.raises(StudyError, match="there is no such file"):
        new(tmp_path, "w", [tmp_path / "nothing.csv"])


@pytest.mark.parametrize(
    "survey",
    [
        '{"SurveyElements": [{"Element": "SQ", "Payload": null}], "SurveyEntry": {}}',
        '{"SurveyElements": [{"Element": "SQ", "Payload": {"QuestionType": "MC", "Choices": {"1": {}},'
        ' "ChoiceOrder": 5}}], "SurveyEntry": {}}',
        '{"SurveyElements": [{"Element": "SQ", "Payload": {"QuestionType": "TE"}}], "SurveyEntry": []}',
        "[" * 100_000,
    ],
)
def test_a_structure_that_lacks_what_its_kind_has_is_refused_in_words(tmp_path: Path, survey: str):
    (tmp_path / "a.qsf").write_text(survey)
    with pytest.raises(StudyError, match=r"a\.qsf: ") as caught:
        read([*survey_exports.plain_csv(tmp_path), tmp_path / "a.qsf"])
    assert "recursion" not in str(caught.value)


def test_a_structure_of_limesurvey_without_its_numbers_is_refused_in_words(tmp_path: Path):
    row = "<questions><rows><row><qid>1</qid><title>Q1</title>{}</row></rows></questions>"
    for extra in ("<question_order>first</question_order>", "<parent_qid>0</parent_qid></row><row><title/>"):
        (tmp_path / "a.lss").write_text(f"<document>{row.format(extra)}</document>")
        with pytest.raises(StudyError, match=r"a\.lss: something in it is not as its kind has it"):
            read([*survey_exports.plain_csv(tmp_path), tmp_path / "a.lss"])
