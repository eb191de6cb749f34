"""Exports that try to be more than answers: read as they are, or refused in words; nothing in between.

What comes out of `nsmo new` passes `nsmo check`, or check says in words why not, and then ingest reads it.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import survey_exports

from nsmo.draft.new import new
from nsmo.formats import packages, parquet
from nsmo.pipeline.wave import check
from nsmo.stages.ingest import ingest
from nsmo.study import StudyError, load_codebook

OASIS = "urn:oasis:names:tc:opendocument:xmlns"
MANIFEST = (
    f'<m:manifest xmlns:m="{OASIS}:manifest:1.0">'
    '<m:file-entry m:full-path="/" m:media-type="x"/></m:manifest>'
)


def table(columns: dict[str, list[str]], count: int = 12) -> list[list[str]]:
    """Rows of an export, with the answers of each column in turn."""
    rows = [[answers[i % len(answers)] for answers in columns.values()] for i in range(count)]
    return [["id", *columns], *([str(i), *row] for i, row in enumerate(rows, 1))]


def frame_of(folder: Path, path: Path) -> pd.DataFrame:
    """Draft a wave, see that check finds nothing, and return what ingest reads."""
    wave = new(folder, "w", [path]).folder
    assert check(wave) == []
    codebook = load_codebook(wave)
    return ingest(codebook, wave / codebook.source.file).responses


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"CON": ["Yes", "No"], "nul.txt": ["a", "b"], "aux": ["1", "2"]}, ["con", "nul_txt", "aux"]),
        ({"Role": ["a", "b"], "role": ["c", "d"], "ROLE": ["e", "f"]}, ["role", "role_2", "role_3"]),
        ({"caf\u00e9": ["a", "b"], "cafe\u0301": ["c", "d"]}, ["cafe", "cafe_2"]),
        ({"\u202egnp": ["a", "b"], "\x1b[31mred": ["c", "d"]}, ["gnp", "n31mred"]),
        ({"": ["a", "b"], " ": ["c", "d"], "\u200b": ["e", "f"]}, ["column_2", "column_3", "column_4"]),
        ({"q" * 10_000: ["a", "b"]}, ["q" * 28]),
        ({"\U0001f600": ["a", "b"], "{{7*7}}": ["c", "d"]}, ["question_1", "n7_7"]),
        ({"weight": ["a", "b"], "n": ["c", "d"], "by": ["e", "f"]}, ["weight_1", "n", "by"]),
    ],
    ids=["Windows", "case", "Unicode forms", "controls", "blank", "long", "no letters", "our own"],
)
def test_names_of_columns_that_are_none_become_names(tmp_path: Path, columns, names):
    frame = frame_of(tmp_path, survey_exports.write_csv(tmp_path / "export.csv", table(columns)))
    questions = [name for name in frame.columns if "." not in name and name != "response_id"]
    assert questions == names
    for name, answers in zip(names, columns.values(), strict=True):
        assert frame[name].nunique() == len(answers)


@pytest.mark.parametrize(
    "answers",
    [
        ["=1+1", "@SUM(1)", "+1+2", "-1-2"],
        ["\u202ea", "b\u2066c", "d\u200fe"],
        ["<img src=x onerror=1>", "{{7*7}}", "${q}", "%s"],
        ["NA", "None", "nan", "null", "#N/A", "True"],
        ["yes", "no", "on", "off", "~"],
        ["C", "C#", "C++", "c", "C&A"],
        ["1e5", "1.234,5", "٣", "１２", "31-02-2020", "2020-02-30"],
        ["a\x00b", "b\x0bc"],
        ["x" * 200_000, "y" * 200_000],
        ["\U0001f468\u200d\U0001f469", "e\u0301", "\u00e9\u00e9"],
    ],
    ids=[
        "formulas",
        "directions",
        "markup",
        "missing",
        "switches",
        "near",
        "numbers",
        "controls",
        "long",
        "marks",
    ],
)
def test_answers_stay_apart_as_they_were_given(tmp_path: Path, answers: list[str]):
    rows = table({"q": answers}, 10 * len(answers))
    frame = frame_of(tmp_path, survey_exports.write_csv(tmp_path / "export.csv", rows))
    # "NA" may be said in place of an answer; the draft asks for that to be confirmed.
    given = frame["q"].astype(object).fillna(frame["q.missing"].astype(object))
    assert given.value_counts().tolist() == [10] * len(answers)


def test_one_answer_in_a_whole_column_is_an_answer(tmp_path: Path):
    columns = {"ones": ["1"], "zeros": ["0"], "ticks": ["Yes"], "role": ["a", "b"]}
    frame = frame_of(tmp_path, survey_exports.write_csv(tmp_path / "export.csv", table(columns)))
    assert frame[["ones", "zeros", "ticks"]].nunique().tolist() == [1, 1, 1]


def parquet_of(path: Path, **columns: pa.Array) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def repeated(path: Path) -> Path:
    """A hundred million cells in a file of a few kilobytes."""
    ones = pa.array([1]).take(pa.array([0] * 1_000_000))
    with pq.ParquetWriter(path, pa.schema({"q": pa.int64(), "r": pa.int64()})) as writer:
        for _ in range(50):
            writer.write_table(pa.table({"q": ones, "r": ones}))
    return path


def marked(path: Path) -> Path:
    lines = ["id,q", "1,a", "<<<<<<< HEAD", "2,b", "=======", "2,c", ">>>>>>> theirs", "3,a"]
    path.write_text("\n".join(lines) + "\n")
    return path


def packed(path: Path) -> Path:
    import gzip

    path.write_bytes(gzip.compress(b"id,q\n1,a\n2,b\n"))
    return path


def bomb(path: Path) -> Path:
    """An OpenDocument sheet of 200 MB, packed into 200 kB."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        with archive.open("content.xml", "w", force_zip64=True) as file:
            for _ in range(200):
                file.write(b"a" * 1_000_000)
    return path


def one_cell_for_all(path: Path) -> Path:
    """An OpenDocument sheet with one cell, repeated to 17 thousand million."""
    cell = (
        f'<office:document-content xmlns:office="{OASIS}:office:1.0" xmlns:text="{OASIS}:text:1.0" '
        f'xmlns:table="{OASIS}:table:1.0"><office:body><office:spreadsheet><table:table table:name="S">'
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="string" '
        'table:number-columns-repeated="16384"><text:p>a</text:p></table:table-cell></table:table-row>'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", cell)
    return path


REFUSED: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "a parquet file that unfolds": ("x.parquet", repeated, "100,000,000 cells"),
    "git's marks of a conflict": ("x.csv", marked, "x.csv, line 3: conflict markers of git"),
    "a packed text": ("x.csv.gz", packed, "a packed file (gzip)"),
    "an archive that unfolds": ("x.ods", bomb, "that unpack to 200,0"),
    "a cell that is repeated": ("x.ods", one_cell_for_all, "Cell limit exceeded"),
    "no answers": (
        "x.parquet",
        lambda path: parquet_of(path, id=pa.array([1, 2]), q=pa.array([None, None])),
        "no column holds answers",
    ),
    "no rows": ("x.parquet", lambda path: parquet_of(path, id=pa.array([], pa.int64())), "no response in it"),
    "no columns": ("x.parquet", lambda path: parquet_of(path), "no response in it"),
}


@pytest.mark.parametrize(("name", "make", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_export_is_refused_in_words(tmp_path: Path, name, make, said):
    path = make(tmp_path / name)
    with pytest.raises(StudyError) as caught:
        new(tmp_path, "w", [path])
    assert said in str(caught.value)
    assert not (tmp_path / "data/raw/w").exists()


def test_a_cell_far_out_in_a_binary_workbook(tmp_path: Path):
    path = survey_exports.binary_workbook(tmp_path / "x.xlsb", [["id", "q"], *([i, "a"] for i in range(20))])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.bin"]
    end = sheet.index(b"\x92\x01")  # the record that ends the cells
    far = b"\x05\x10" + (5_000_000).to_bytes(4, "little") + bytes(12)
    parts["xl/worksheets/sheet1.bin"] = sheet[:end] + far + sheet[end:]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    with pytest.raises(StudyError, match=r"reaches to row 21, column 5000001, 21 rows by 5,000,001"):
        new(tmp_path, "w", [path])


def test_a_file_of_spss_with_more_cells_than_a_survey_has(tmp_path: Path, monkeypatch):
    import pyreadstat

    path = tmp_path / "x.zsav"
    pyreadstat.write_sav(pd.DataFrame({"id": range(2000), "q": 1.0}), str(path), compress=True)
    assert len(frame_of(tmp_path / "whole", path)) == 2000
    packages._read.cache_clear()
    monkeypatch.setattr(packages, "MOST_CELLS", 3000)
    with pytest.raises(StudyError, match="it holds more than 3,000 cells"):
        new(tmp_path, "w", [path])


@pytest.mark.parametrize(
    "structure",
    ['{"a":' * 5000 + "1" + "}" * 5000, "[" * 100_000, '{"SurveyElements": 5, "SurveyEntry": {}}'],
    ids=["deep", "open", "a number"],
)
def test_a_structure_of_qualtrics_that_is_none(tmp_path: Path, structure: str):
    path = survey_exports.write_csv(tmp_path / "export.csv", table({"q": ["a", "b"]}))
    other = tmp_path / "survey.qsf"
    other.write_text(structure)
    with pytest.raises(StudyError, match=r"survey\.qsf"):
        new(tmp_path, "w", [path, other])


@pytest.mark.parametrize(
    "column",
    [
        pa.array([b"\xff", b"a", None]),
        pa.array([{"a": 1}, {"a": 2}, None]),
        pa.array([2**63 + 5, 1, 2], pa.uint64()),
        pa.array([float("nan"), float("inf"), 1.0]),
        pa.array([2**62, 1, None], pa.timestamp("ns")),
        pa.array([5, 1, 2], pa.duration("s")),
        pa.array([1.5, 2.5, 1.5]).dictionary_encode(),
    ],
    ids=["bytes", "parts", "large", "no numbers", "far moments", "durations", "numbers as categories"],
)
def test_columns_of_parquet_of_any_type(tmp_path: Path, column: pa.Array):
    frame = frame_of(tmp_path, parquet_of(tmp_path / "x.parquet", id=pa.array([1, 2, 3]), q=column))
    assert len(frame) == 3


def test_a_note_of_parquet_that_is_no_text(tmp_path: Path):
    data = pa.table({"id": [1, 2], "q": ["a", "b"]})
    noted = data.schema.set(1, data.schema.field(1).with_metadata({"label": b'"half \xff'}))
    pq.write_table(data.cast(noted), tmp_path / "x.parquet")
    assert len(frame_of(tmp_path, tmp_path / "x.parquet")) == 2
    assert parquet.parquet_structure(data.cast(noted), "x.parquet").variables["q"].label == '"half \ufffd'


def test_labels_of_a_file_lose_what_does_not_show(tmp_path: Path):
    import pyreadstat

    path = tmp_path / "x.sav"
    pyreadstat.write_sav(
        pd.DataFrame({"id": [1.0, 2.0, 3.0, 4.0], "q": [1.0, 2.0, 1.0, 2.0]}),
        str(path),
        column_labels={"q": "=cmd|' /C calc'!A0"},
        variable_value_labels={"q": {1.0: "\u202egnp.exe", 2.0: "<script>"}},
    )
    assert frame_of(tmp_path, path)["q"].nunique() == 2
    options = load_codebook(tmp_path / "data/raw/w").questions[0].options
    assert [option.label("en") for option in options] == ["gnp.exe", "<script>"]


def test_an_answer_with_a_sign_at_which_yaml_begins_a_line_is_drafted(tmp_path: Path):
    rows = [
        ["id", "Colour"],
        *([str(i), ["red\u2028dark", "blue", "green\u2029grey"][i % 3]] for i in range(30)),
    ]
    frame = frame_of(tmp_path, survey_exports.write_csv(tmp_path / "export.csv", rows))
    assert frame["colour"].value_counts().tolist() == [10, 10, 10]
