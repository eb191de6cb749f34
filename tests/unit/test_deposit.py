"""Cleaned answers as files of other programs: what is written is read back as it was."""

import csv
import json
import xml.etree.ElementTree as ET

import pandas as pd
import pyreadstat
import pytest
from bakeries import ten_bakeries

from nsmo.deposit.coded import coded
from nsmo.deposit.write import export
from nsmo.formats.detect import read
from nsmo.study import StudyError, load_codebook

DDI = "{ddi:codebook:2_5}"


@pytest.fixture
def project(tmp_path, codebook_text):
    """A repository with one wave, built as far as the weights."""
    from waves import write_codebook

    write_codebook(tmp_path / "data/raw/2020", codebook_text)
    folder = tmp_path / "data/processed/2020/weight"
    folder.mkdir(parents=True)
    ten_bakeries().to_parquet(folder / "responses.parquet")
    return tmp_path


@pytest.fixture
def files(project):
    return {path.name: path for path in export(project, "2020")}


@pytest.fixture
def made(codebook):
    return coded(codebook, ten_bakeries())


def test_answers_are_codes_with_labels_and_reasons_are_declared_missing(made):
    fresh = next(column for column in made.columns if column.name == "fresh")
    assert fresh.codes == {1: "Disagree", 2: "Neutral", 3: "Agree"}
    assert fresh.missing == {-1: "Don’t know", -4: "No answer"}
    assert made.frame["fresh"].tolist() == [3, 3, 3, 2, 1, 3, 2, 1, -1, -4]
    turnover = next(column for column in made.columns if column.name == "turnover")
    assert max(turnover.missing) < -999_999_900, "no number that was answered can be taken for a reason"
    assert made.frame["turnover"].tolist()[:3] == [10, 20, 30]


def test_nothing_leaves_that_tells_who_somebody_is(files):
    for path in files.values():
        content = path.read_bytes().lower()
        assert b"bakery" not in content.replace(b"bakery-2020", b"").replace(b"your bakery", b"")
        assert b"response_id" not in content
    assert (next(iter(files.values())).parent.stat().st_mode & 0o077) == 0


def test_spss_reads_labels_missing_values_and_measures(files, made):
    frame, meta = pyreadstat.read_sav(files["bakery-2020.sav"], user_missing=True)
    pd.testing.assert_frame_equal(frame, made.frame.astype(float), check_dtype=False)
    assert meta.column_names_to_labels["fresh"] == "Fresh"
    assert meta.variable_value_labels["fresh"] == {
        1: "Disagree", 2: "Neutral", 3: "Agree", -1: "Don’t know", -4: "No answer",
    }  # fmt: skip
    assert meta.variable_measure["fresh"] == "ordinal"
    plain, _ = pyreadstat.read_sav(files["bakery-2020.sav"])
    assert plain["fresh"].isna().sum() == 2, "without being asked, SPSS leaves reasons out"
    sets = files["bakery-2020-sets.sps"].read_text("utf-8")
    assert "NAME=$breads" in sets
    assert "breads_white" in sets


def test_stata_reads_labels_and_extended_missing_values(files, made):
    frame, meta = pyreadstat.read_dta(files["bakery-2020.dta"], user_missing=True)
    assert frame["fresh"].tolist() == [3, 3, 3, 2, 1, 3, 2, 1, "a", "d"]
    assert frame["turnover"].tolist()[3:5] == ["d", "c"]
    assert meta.variable_value_labels["fresh"]["a"] == "Don’t know"
    plain, _ = pyreadstat.read_dta(files["bakery-2020.dta"])
    assert plain["fresh"].isna().sum() == 2


def test_what_is_written_can_be_drafted_again(files):
    reading = read([files["bakery-2020.sav"]])
    fresh = reading.structure.variables["fresh"]
    assert list(fresh.options.values()) == ["Disagree", "Neutral", "Agree"]
    assert {one.label for one in fresh.missing} >= {"Don’t know"} or fresh.missing


def test_the_csv_file_and_its_data_package_agree(files, made):
    described = json.loads(files["datapackage.json"].read_text("utf-8"))
    (resource,) = described["resources"]
    fields = resource["schema"]["fields"]
    with files[resource["path"]].open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == [field["name"] for field in fields] == [column.name for column in made.columns]
    assert len(rows) == 10
    for field, values in zip(fields, zip(*rows, strict=True), strict=True):
        allowed = field.get("constraints", {}).get("enum")
        assert allowed is None or {int(value) for value in values if value} <= set(allowed)


def test_ddi_has_each_variable_with_categories_counts_and_sets(files, made):
    root = ET.parse(files["bakery-2020-ddi.xml"]).getroot()
    assert root.tag == f"{DDI}codeBook"
    variables = root.findall(f"{DDI}dataDscr/{DDI}var")
    assert [one.get("name") for one in variables] == [column.name for column in made.columns]
    fresh = next(one for one in variables if one.get("name") == "fresh")
    counts = {
        one.find(f"{DDI}catValu").text: one.find(f"{DDI}catStat").text for one in fresh.iter(f"{DDI}catgry")
    }
    assert counts == {"1": "2", "2": "2", "3": "4", "-1": "1", "-4": "1"}
    missing = [one for one in fresh.iter(f"{DDI}catgry") if one.get("missing") == "Y"]
    assert [one.find(f"{DDI}catValu").text for one in missing] == ["-1", "-4"]
    (breads,) = root.findall(f"{DDI}dataDscr/{DDI}varGrp")
    ids = {one.get("ID") for one in variables}
    assert set(breads.get("var").split()) <= ids
    assert root.find(f"{DDI}fileDscr/{DDI}fileTxt/{DDI}dimensns/{DDI}caseQnty").text == "10"


def test_the_dictionary_names_every_column_and_code(files, made):
    text = files["bakery-2020.md"].read_text("utf-8")
    assert all(f"## `{column.name}`" in text for column in made.columns)
    assert "| -1 | Don’t know | missing |" in text


def test_every_file_of_reconstructed_answers_says_so(project):
    path = project / "data/raw/2020/questionnaire.yaml"
    path.write_text(path.read_text("utf-8").replace("provenance: real", "provenance: reconstructed"), "utf-8")
    files = {one.suffix: one for one in export(project, "2020", language="en") if "sets" not in one.name}
    assert all("reconstructed" in one.name for suffix, one in files.items() if suffix != ".json")
    for suffix in (".md", ".xml", ".json"):
        assert "reconstructed" in files[suffix].read_text("utf-8")
    for reader, suffix in ((pyreadstat.read_sav, ".sav"), (pyreadstat.read_dta, ".dta")):
        assert "(reconstructed)" in reader(files[suffix])[1].file_label


def test_long_names_are_cut_so_that_they_differ(codebook_text, codebook_file):
    long = "n" * 40
    text = codebook_text.replace("- {name: white,", f"- {{name: {long}a,").replace(
        "- {name: rye,", f"- {{name: {long}b,"
    )
    text = text.replace("    breads: {rye: [rogge, zwart brood]}", "    {}")
    frame = ten_bakeries().rename(
        columns={"breads.white": f"breads.{long}a", "breads.rye": f"breads.{long}b"}
    )
    names = [column.name for column in coded(load_codebook(codebook_file(text)), frame).columns]
    assert len({name.lower() for name in names}) == len(names)
    assert max(map(len, names)) <= 32


def test_a_wave_that_was_not_built_is_named(tmp_path):
    with pytest.raises(StudyError, match="no cleaned answers of wave '2031'"):
        export(tmp_path, "2031")
    assert not (tmp_path / ".nsmo").exists()
