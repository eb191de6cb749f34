"""A deposit of what is hard to write: long labels and names, filters, empty questions, dates, sets."""

import json
import os
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from exports_by_others import EXPORTS
from lxml import etree
from waves import write_codebook

from nsmo.deposit.coded import coded
from nsmo.deposit.write import export
from nsmo.draft.new import new
from nsmo.stages.ingest import ingest
from nsmo.study import load_codebook
from nsmo.study.derivation import derive

DDI = "{ddi:codebook:2_5}"
PART = Path(__file__).parents[1] / "reference" / "ddi-part.xsd"
DAY = date(2026, 3, 1)
N, FIRST_ASKED, ANSWERS = 150, 120, 130
WORDING = (
    "Which of these have you ever used at work, whether often or seldom, in this country or in another one"
)
LONG = "A label that goes on — as labels of some tools do — " * 5
NAME = "a_name_that_many_questions_begin_with"
STUDY = f"""\
study: hard
title: {{nl: {"Über alles " * 9}, en: {"Über alles " * 9}}}
unit: {{nl: mensen, en: people}}
provenance: real
language: en
field_period: {{from: 2020-03-01, until: 2020-04-01, certainty: published}}
source: {{file: responses.csv, format: csv, key: id, ticked: "1", date_formats: ["%Y-%m-%d"]}}
citation: {{authors: A. Jansen, licence: {{name: CC BY 4.0, url: "https://example.org/by"}}}}
questions:
  - {{name: with, type: numeric, column: q1, label: A number, text: "How much?"}}
  - name: {NAME}_one
    type: single
    column: q2
    label: "{LONG}"
    text: "{LONG}"
    options:
      - {{name: first, code: '1', label: "{LONG} first"}}
      - {{name: second, code: '2', label: "{LONG} second"}}
  - name: {NAME}_two
    type: ordinal
    column: q3
    label: Two
    text: Two?
    asked_if: {{question: {NAME}_one, is: [first]}}
    options:
      - {{name: low, code: '1', label: Low}}
      - {{name: high, code: '2', label: High}}
  - name: never_asked
    type: numeric
    column: q4
    label: Never asked
    text: Never?
  - {{name: since, type: date, column: q5, label: Since, text: Since when?}}
  - name: used
    type: multi
    label: "{WORDING}: tools"
    text: "{WORDING}?"
    options:
"""
STUDY += "".join(f"      - {{name: t{i}, column: t{i}, label: Tool {i}}}\n" for i in range(ANSWERS))
STUDY += f"""\
  - battery: views
    type: ordinal
    text: What do you think?
    options: [{{name: bad, code: '1', label: Bad}}, {{name: good, code: '2', label: Good}}]
    items:
      - {{name: view_a, column: v1, label: View A}}
      - {{name: view_b, column: v2, label: View B}}
derived:
  - {{name: how_many, kind: count, of: used, label: Number}}
  - {{name: liked, kind: flag, when: {{question: view_a, is: [good]}}, label: Liked}}
privacy: {{keep_rows: true}}
weighting: {{population: people, margins: [{{name: one, question: {NAME}_one, population: one}}]}}
"""


def answers() -> pd.DataFrame:
    """A hundred and fifty people; what depends on an answer was asked of the last thirty alone."""
    asked = np.arange(N) >= FIRST_ASKED
    first = np.where(asked, "first", "second")
    frame = pd.DataFrame(
        {
            "response_id": [str(i) for i in range(N)],
            "with": [12_345_678_901.0, 0.1 + 0.2, *[float(i) for i in range(2, N)]],
            f"{NAME}_one": pd.Categorical(first, ["first", "second"]),
            f"{NAME}_two": pd.Categorical(np.where(asked, "high", None), ["low", "high"], ordered=True),
            "never_asked": np.full(N, np.nan),
            "since": pd.to_datetime(["2019-12-31 23:59:58", None, *["1959-01-02 00:00:00"] * (N - 2)]),
            "weight": np.linspace(0.5, 1.5, N),
        }
    )
    ticks = {f"used.t{i}": pd.array([i % 7 == 0] * N, dtype="boolean") for i in range(ANSWERS)}
    frame = pd.concat([frame, pd.DataFrame(ticks)], axis=1)
    for name in ("view_a", "view_b"):
        frame[name] = pd.Categorical(["good"] * N, ["bad", "good"], ordered=True)
    for name in ("with", f"{NAME}_one", "since", "used", "view_a", "view_b"):
        frame[f"{name}.missing"] = pd.Series([None] * N, dtype=object)
    frame[f"{NAME}_two.missing"] = np.where(asked, None, "not_asked")
    frame["never_asked.missing"] = "not_asked"
    return frame


@pytest.fixture(scope="module")
def deposit(tmp_path_factory):
    root = tmp_path_factory.mktemp("hard")
    raw = write_codebook(root / "data/raw/2020", STUDY)
    codebook = load_codebook(raw)
    folder = root / "data/processed/2020/weight"
    folder.mkdir(parents=True)
    responses = derive(codebook, answers())
    responses.to_parquet(folder / "responses.parquet")
    files = {path.name.removeprefix("hard-2020"): path for path in export(root, "2020", on=DAY)}
    return coded(codebook, responses), files


def test_every_file_has_the_same_answers(deposit):
    made, files = deposit
    read = {
        ".sav": pyreadstat.read_sav(files[".sav"], user_missing=True)[0],
        ".dta": pyreadstat.read_dta(files[".dta"], user_missing=True)[0].replace({"c": -3.0}),
        ".csv": pd.read_csv(files[".csv"]),
        ".parquet": pd.read_parquet(files[".parquet"]),
    }
    for end, frame in read.items():
        assert list(frame) == [column.name for column in made.columns], end
        for column in made.columns:
            found, wanted = frame[column.name], made.frame[column.name]
            if column.kind == "date":
                days = pd.to_datetime(found).astype("datetime64[ns]")
                assert days.tolist()[0] == pd.Timestamp("2019-12-31"), "a day, whatever the time"
                assert days.isna().tolist() == wanted.isna().tolist()
            elif column.name == "never_asked" and end == ".dta":
                assert found.eq(-3.0).all()
            else:
                np.testing.assert_array_equal(found.astype(float), wanted, err_msg=f"{end} {column.name}")
    assert read[".csv"]["with_2"].tolist()[:2] == [12_345_678_901.0, 0.1 + 0.2], "no digit is lost"


def test_a_question_that_the_first_hundred_were_not_asked_goes_to_stata(deposit):
    made, files = deposit
    frame, meta = pyreadstat.read_dta(files[".dta"], user_missing=True)
    (name,) = [column.name for column in made.columns if column.question == f"{NAME}_two"]
    assert frame[name].tolist() == ["c"] * FIRST_ASKED + [2.0] * (N - FIRST_ASKED)
    assert meta.variable_value_labels[name] == {1: "Low", 2: "High", "c": "Not asked"}
    assert meta.variable_value_labels["never_asked"] == {"c": "Not asked"}
    assert meta.original_variable_types["since"].startswith("%td")


def test_names_are_such_as_every_program_takes(deposit):
    made, _ = deposit
    names = [column.name for column in made.columns]
    assert "with_2" in names, "with means something else to SPSS and Stata"
    assert "a_name_that_many_questions" in names
    assert "a_name_that_many_question_2" in names
    assert len({name.lower() for name in names}) == len(names)


def test_a_name_that_was_cut_makes_no_multiple_response_set(deposit):
    made, files = deposit
    assert list(made.sets) == ["used"]
    (found,) = pyreadstat.read_sav(files[".sav"])[1].mr_sets.values()
    assert found["label"] == f"{WORDING}: tools", "a colon in a label ends nothing"
    assert len(found["variable_list"]) == ANSWERS
    assert f"LABEL='{WORDING}: tools'" in files["-sets.sps"].read_text("utf-8")


def test_the_dictionary_says_which_labels_are_cut_for_spss(deposit):
    _, files = deposit
    said = [line for line in files[".md"].read_text("utf-8").splitlines() if "In the file of SPSS" in line]
    _, sav = pyreadstat.read_sav(files[".sav"], metadataonly=True)
    cut = {
        name: sum(str(label).endswith("…") for label in known.values())
        for name, known in sav.variable_value_labels.items()
    }
    assert len(said) == sum(number > 0 for number in cut.values()) > 0
    assert said[0].startswith("In the file of SPSS, which takes 120 bytes, the label of 1, 2 is cut")


def test_labels_that_are_too_long_still_tell_columns_and_codes_apart(deposit):
    _, files = deposit
    _, sav = pyreadstat.read_sav(files[".sav"], metadataonly=True)
    _, dta = pyreadstat.read_dta(files[".dta"], metadataonly=True)
    for meta in (sav, dta):
        assert len(set(meta.column_labels)) == len(meta.column_labels)
        assert meta.column_names_to_labels["used_t129"].endswith(": Tool 129")
        long = meta.column_names_to_labels["a_name_that_many_questions"]
        assert long.startswith("A label that goes on")
        assert long.endswith("…")
    codes = sav.variable_value_labels["a_name_that_many_questions"]
    assert codes[1].startswith("1: A label that")
    assert codes[2].startswith("2: A label that")
    full = dta.variable_value_labels["a_name_that_many_questions"]
    assert full[1].endswith("first")
    assert sav.file_label.startswith("Über alles")
    assert sav.file_label.endswith("…")


def test_ddi_of_all_that_can_be_written_agrees_with_its_schema_and_its_ids(deposit):
    _, files = deposit
    for path in (PART, *filter(None, [os.environ.get("NSMO_DDI_XSD")])):
        etree.XMLSchema(etree.parse(path)).assertValid(etree.parse(files["-ddi.xml"]))
    root = ET.parse(files["-ddi.xml"]).getroot()
    ids = [one.get("ID") for one in root.iter() if one.get("ID")]
    assert len(ids) == len(set(ids))
    referred = {
        part
        for one in root.iter()
        for name in ("var", "files", "wgt-var", "weight")
        for part in one.get(name, "").split()
    }
    assert {"F1", "W1", "V_weight", "V_used_t129"} <= referred <= set(ids)
    assert {one.get("type"): len(one.get("var").split()) for one in root.iter(f"{DDI}varGrp")} == {
        "multipleResp": ANSWERS,
        "grid": 2,
    }
    assert root.find(f".//{DDI}AuthEnty").text == "A. Jansen"
    assert root.find(f".//{DDI}useStmt/{DDI}conditions").text == "CC BY 4.0 (https://example.org/by)"


def test_ddi_tells_of_each_variable_what_labels_and_values_it_has(deposit):
    made, files = deposit
    variables = {one.get("name"): one for one in ET.parse(files["-ddi.xml"]).getroot().iter(f"{DDI}var")}
    for column in made.columns:
        one = variables[column.name]
        labels = {
            int(c.find(f"{DDI}catValu").text): c.find(f"{DDI}labl").text for c in one.iter(f"{DDI}catgry")
        }
        assert labels == column.every
        gone = {
            int(c.find(f"{DDI}catValu").text) for c in one.iter(f"{DDI}catgry") if c.get("missing") == "Y"
        }
        assert gone == {int(item.get("VALUE")) for item in one.iter(f"{DDI}item")} == set(column.missing)
        assert (one.get("intrvl") == "contin") == (column.kind in ("scale", "date"))
    filtered = variables["a_name_that_many_question_2"]
    assert filtered.find(f"{DDI}universe").text.endswith("first")
    assert filtered.find(f"{DDI}catgry[@missing='Y']").get("missType") == "not_asked"
    counted = variables["how_many"].find(f"{DDI}derivation")
    assert len(counted.get("var").split()) == ANSWERS
    assert "tools" in counted.find(f"{DDI}drvdesc").text
    assert variables["since"].find(f"{DDI}varFormat").get("category") == "date"
    assert variables["weight"].get("wgt") == "wgt"
    assert variables["weight"].get("wgt-var") is None


def test_the_dictionary_and_the_data_package_say_how_a_variable_is_made(deposit):
    _, files = deposit
    dictionary = files[".md"].read_text("utf-8")
    assert "tools" in dictionary.partition("## `how_many`")[2].partition("\n## ")[0]
    fields = json.loads(files["datapackage.json"].read_text("utf-8"))["resources"][0]["schema"]["fields"]
    (made,) = [field for field in fields if field["name"] == "how_many"]
    assert "tools" in made["description"]


@pytest.mark.parametrize(
    "ends", [(".sav",), (".parquet",), (".csv", "datapackage.json"), (".csv", "-ddi.xml")]
)
def test_what_was_deposited_is_drafted_again_with_its_codes_labels_and_sets(
    deposit, tmp_path, monkeypatch, ends
):
    made, files = deposit
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("waves: {}\n")
    codebook = load_codebook(new(tmp_path, "2021", [files[end] for end in ends]).folder)
    back = ingest(codebook, tmp_path / "data/raw/2021" / codebook.source.file).responses
    (several,) = [one for one in codebook.questions if one.type == "multi"]
    assert {option.column for option in several.options} == {column.name for column in made.sets["used"]}
    assert [back[f"{several.name}.{option.name}"].iloc[0] for option in several.options[:8]] == [
        number % 7 == 0 for number in range(8)
    ]
    two = next(one for one in codebook.questions if one.column == "a_name_that_many_question_2")
    assert two.type in ("single", "ordinal")
    assert {option.code: option.label("en") for option in two.options} == {"1": "Low", "2": "High"}
    assert back[f"{two.name}.missing"].eq("not_asked").sum() == FIRST_ASKED
    assert back["with_2"].tolist() == pytest.approx(made.frame["with_2"].tolist(), rel=1e-14)


def test_nobody_answered(tmp_path):
    raw = write_codebook(tmp_path / "data/raw/2020", STUDY)
    codebook = load_codebook(raw)
    folder = tmp_path / "data/processed/2020/weight"
    folder.mkdir(parents=True)
    derive(codebook, answers()).head(0).to_parquet(folder / "responses.parquet")
    files = {
        path.suffix: path for path in export(tmp_path, "2020", on=DAY) if "questionnaire" not in path.name
    }
    frame, meta = pyreadstat.read_sav(files[".sav"])
    assert frame.empty
    assert meta.column_names_to_labels["since"] == "Since"
    assert pyreadstat.read_dta(files[".dta"])[0].empty
    etree.XMLSchema(etree.parse(PART)).assertValid(etree.parse(files[".xml"]))


@pytest.mark.slow
@pytest.mark.skipif(not EXPORTS.is_dir(), reason="the exports by others are not here")
def test_a_real_survey_with_long_labels_and_filters_can_be_deposited(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = new(tmp_path, "w", [EXPORTS / "ospo2018/ospo2018_results.csv"]).folder
    codebook = load_codebook(folder)
    answers = tmp_path / "data/processed/w/weight"
    answers.mkdir(parents=True)
    ingest(codebook, folder / codebook.source.file).responses.to_parquet(answers / "responses.parquet")
    files = {path.suffix: path for path in export(tmp_path, "w", on=DAY) if "questionnaire" not in path.name}
    frame, meta = pyreadstat.read_dta(files[".dta"])
    assert frame.shape == pyreadstat.read_sav(files[".sav"])[0].shape == pd.read_csv(files[".csv"]).shape
    assert len(set(meta.column_labels)) > 0.95 * len(meta.column_labels)
    etree.XMLSchema(etree.parse(PART)).assertValid(etree.parse(files[".xml"]))
