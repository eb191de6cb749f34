"""Cleaned answers as files of other programs: what is written is read back as it was."""

import csv
import hashlib
import json
import os
import xml.etree.ElementTree as ET
from datetime import date
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
import yaml
from bakeries import ten_bakeries
from lxml import etree

from nsmo.deposit.coded import coded
from nsmo.deposit.questionnaire import plain
from nsmo.deposit.write import export
from nsmo.draft.new import new
from nsmo.formats.detect import read
from nsmo.stages.ingest import ingest
from nsmo.study import StudyError, load_codebook

DDI = "{ddi:codebook:2_5}"
PART = Path(__file__).parents[1] / "reference" / "ddi-part.xsd"
DAY = date(2026, 3, 1)
WEIGHTS = [0.55 + i / 10 for i in range(10)]
DESIGN = "design: {weight: w, stratum: region, cluster: [street, house], fpc: n, replicates: rw1 to rw3}"
GIVEN = "given: {lonely_psu: adjust, replicates: {type: Fay, rho: 0.5}}"


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
    return {path.name: path for path in export(project, "2020", on=DAY)}


@pytest.fixture
def public(project):
    """The same with answers that anybody may have, weights, strata, clusters and replicate weights."""
    raw = project / "data/raw/2020"
    asked = (raw / "questionnaire.yaml").read_text("utf-8")
    (raw / "questionnaire.yaml").write_text(asked.replace("source:\n", f"source:\n  {DESIGN}\n", 1), "utf-8")
    rules = (raw / "rules.yaml").read_text("utf-8")
    assert "keep_rows: true" in rules
    rules = rules.replace("weighting:\n", f"weighting:\n  {GIVEN}\n", 1)
    (raw / "rules.yaml").write_text(rules, "utf-8")
    path = project / "data/processed/2020/weight/responses.parquet"
    frame = ten_bakeries().assign(weight=WEIGHTS)
    frame["design.stratum"] = ["Utrecht"] * 5 + ["Assen"] * 5
    frame["design.cluster"] = ["Oudegracht", "Oudegracht", "Lange Nieuwstraat"] * 3 + ["Kerkstraat"]
    frame["design.cluster2"], frame["design.fpc"] = [str(i) for i in range(10)], 12.0
    for i in (1, 2, 3):
        frame[f"weight.r{i}"] = frame["weight"] * np.where(np.arange(10) % (i + 1), 1.5, 0.5)
    frame.to_parquet(path)
    return {one.name: one for one in export(project, "2020", on=DAY)}


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
        assert b"response_id" not in content
        if "questionnaire" in path.name:  # what was asked, not what was answered
            continue
        assert b"bakery" not in content.replace(b"bakery-2020", b"").replace(b"your bakery", b"")
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


def test_ddi_has_each_variable_with_categories_counts_and_sets(public):
    files = public
    root = ET.parse(files["bakery-2020-ddi.xml"]).getroot()
    assert root.tag == f"{DDI}codeBook"
    variables = root.findall(f"{DDI}dataDscr/{DDI}var")
    frame, _ = pyreadstat.read_sav(files["bakery-2020.sav"])
    assert [one.get("name") for one in variables] == list(frame)
    fresh = next(one for one in variables if one.get("name") == "fresh")
    counts = {
        one.find(f"{DDI}catValu").text: one.find(f"{DDI}catStat").text for one in fresh.iter(f"{DDI}catgry")
    }
    assert counts == {"1": "2", "2": "2", "3": "4", "-1": "1", "-4": "1"}
    missing = [one for one in fresh.iter(f"{DDI}catgry") if one.get("missing") == "Y"]
    assert [one.find(f"{DDI}catValu").text for one in missing] == ["-1", "-4"]
    (breads,) = root.findall(f"{DDI}dataDscr/{DDI}varGrp[@type='multipleResp']")
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
    files = {
        one.suffix: one
        for one in export(project, "2020", language="en")
        if "sets" not in one.name and "questionnaire" not in one.name
    }
    assert all(
        "reconstructed" in one.name for suffix, one in files.items() if suffix not in (".json", ".cff")
    )
    for suffix in (".md", ".html", ".xml", ".json", ".cff"):
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


def not_public(project):
    path = project / "data/raw/2020/rules.yaml"
    path.write_text(path.read_text("utf-8").replace("keep_rows: true", "keep_rows: false"), "utf-8")


def test_what_describes_real_answers_counts_nobody(project):
    not_public(project)
    files = {path.name: path for path in export(project, "2020", on=DAY)}
    root = ET.parse(files["bakery-2020-ddi.xml"]).getroot()
    assert not list(root.iter(f"{DDI}catStat")), "a description may go where the answers may not"
    assert not list(root.iter(f"{DDI}sumStat"))


def test_real_answers_go_to_no_folder_that_git_keeps(project, tmp_path_factory):
    not_public(project)
    with pytest.raises(StudyError, match="where git keeps files"):
        export(project, "2020", project / "reports" / "deposit")
    assert not (project / "reports").exists()
    assert export(project, "2020", tmp_path_factory.mktemp("elsewhere"))


def _valid(schema, *paths):
    for path in paths:
        schema.assertValid(etree.parse(path))


def test_ddi_agrees_with_its_schema(files, public):
    paths = (files["bakery-2020-ddi.xml"], public["bakery-2020-ddi.xml"])
    _valid(etree.XMLSchema(etree.parse(PART)), *paths)
    if whole := os.environ.get("NSMO_DDI_XSD"):
        _valid(etree.XMLSchema(etree.parse(whole)), *paths)
    book = etree.parse(paths[0])
    variable = book.find(f".//{DDI}var")
    variable.append(variable.find(f"{DDI}labl"))
    assert not etree.XMLSchema(etree.parse(PART)).validate(book), "an order that DDI does not know is seen"
    book = etree.parse(paths[0])
    book.getroot().set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    assert not etree.XMLSchema(etree.parse(PART)).validate(book), "of XML's own, DDI has xml:lang alone"


#: What the standard asks of a tabular data package and its fields (specs.frictionlessdata.io).
PACKAGE = {
    "type": "object",
    "required": ["profile", "name", "resources"],
    "properties": {
        "profile": {"const": "tabular-data-package"},
        "name": {"pattern": r"^([-a-z0-9._/])+$"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "resources": {
            "minItems": 1,
            "items": {
                "required": ["profile", "name", "path", "schema"],
                "properties": {
                    "profile": {"const": "tabular-data-resource"},
                    "name": {"pattern": r"^([-a-z0-9._/])+$"},
                    "path": {"type": "string", "pattern": r"^(?!/|\\.\\./)"},
                    "encoding": {"type": "string"},
                    "schema": {
                        "required": ["fields"],
                        "properties": {
                            "primaryKey": {"type": "string"},
                            "fields": {
                                "minItems": 1,
                                "items": {
                                    "required": ["name", "type"],
                                    "properties": {
                                        "name": {"type": "string", "minLength": 1},
                                        "type": {"enum": ["integer", "number", "string", "date"]},
                                        "constraints": {
                                            "properties": {"enum": {"minItems": 1, "uniqueItems": True}},
                                            "additionalProperties": False,
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


def test_the_data_package_is_one_by_its_standard(files, public):
    for one in (files, public):
        jsonschema.validate(json.loads(one["datapackage.json"].read_text("utf-8")), PACKAGE)


def test_the_crate_names_every_file_with_its_checksum(public):
    crate = json.loads(public["ro-crate-metadata.json"].read_text("utf-8"))
    entities = {one["@id"]: one for one in crate["@graph"]}
    assert entities["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    root = entities["./"]
    assert root["datePublished"] == "2026-03-01"
    assert root["name"]
    parts = {one["@id"] for one in root["hasPart"]}
    assert parts == set(public) - {"ro-crate-metadata.json"}
    for name in parts:
        content = public[name].read_bytes()
        assert entities[name]["@type"] == "File"
        assert entities[name]["sha256"] == hashlib.sha256(content).hexdigest()
        assert entities[name]["contentSize"] == str(len(content))
    assert entities["bakery-2020-ddi.xml"]["conformsTo"]["@id"].startswith("https://ddialliance.org/")


def test_a_deposit_is_the_same_when_it_is_made_again(project, tmp_path_factory):
    made = [export(project, "2020", tmp_path_factory.mktemp("one"), on=DAY) for _ in range(2)]
    for first, second in zip(*made, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name
    assert all(b"01 Mar" in one.read_bytes() for one in made[0] if one.suffix in (".sav", ".dta"))


def test_the_citation_says_what_it_must(public):
    cff = yaml.safe_load(public["CITATION.cff"].read_text("utf-8"))
    assert cff["cff-version"] == "1.2.0"
    assert cff["type"] == "dataset"
    assert cff["date-released"] == DAY
    assert cff["authors"][0]["name"]
    assert {"message", "title", "version"} <= set(cff)


def test_parquet_keeps_labels_and_reasons_in_its_metadata(public):
    schema = pq.read_schema(public["bakery-2020.parquet"])
    about = {key.decode(): json.loads(value) for key, value in schema.field("fresh").metadata.items()}
    assert about["title"] == "Fresh"
    assert about["labels"]["3"] == "Agree"
    assert about["labels"]["-1"] == "Don’t know"
    assert about["missing"] == [-4, -1]
    frame = pd.read_parquet(public["bakery-2020.parquet"])
    assert frame["fresh"].tolist() == [3, 3, 3, 2, 1, 3, 2, 1, -1, -4]


def test_sets_stand_in_the_file_of_spss(public, files):
    for one in (public, files):
        frame, meta = pyreadstat.read_sav(one["bakery-2020.sav"], user_missing=True)
        (found,) = meta.mr_sets.values()
        assert found["label"] == "Breads"
        assert found["type"] == "D"
        assert [name.lower() for name in found["variable_list"]] == [
            name for name in frame if name.startswith("breads_")
        ]
        assert len(frame) == 10


def test_weights_go_along_with_how_they_are_used(public):
    frame, meta = pyreadstat.read_sav(public["bakery-2020.sav"])
    assert frame["weight"].tolist() == WEIGHTS
    assert frame["stratum"].tolist() == [2.0] * 5 + [1.0] * 5, (
        "numbered: a label may tell where somebody lives"
    )
    assert frame[["cluster", "cluster2", "fpc"]].notna().all().all()
    assert [name for name in frame if name.startswith("repwt")] == ["repwt1", "repwt2", "repwt3"]
    assert meta.column_names_to_labels["repwt2"] == "Replicate weight 2"
    for path in public.values():
        assert b"Oudegracht" not in path.read_bytes()
    text = public["bakery-2020.md"].read_text("utf-8")
    assert 'svrepdesign(weights = ~weight, repweights = "^repwt[0-9]+$"' in text
    assert "scale = 1.333333333, rscales = rep(1, 3)" in text
    root = ET.parse(public["bakery-2020-ddi.xml"]).getroot()
    weights = [one.get("name") for one in root.iter(f"{DDI}var") if one.get("wgt") == "wgt"]
    assert weights == ["weight", "repwt1", "repwt2", "repwt3"]
    assert "svrepdesign" in root.find(f"{DDI}stdyDscr/{DDI}method/{DDI}dataColl/{DDI}weight").text


def test_the_questionnaire_is_a_document(files):
    text = files["bakery-2020-questionnaire.md"].read_text("utf-8")
    assert "Bread must be …" in text
    assert "1. Fresh (`fresh`)" in text
    assert "- ○ Agree" in text
    assert "☐" in text
    assert "Asked" in text or "asked" in text, "who was asked stands there"
    page = files["bakery-2020-questionnaire.html"].read_text("utf-8")
    assert '<html lang="en">' in page
    assert "<li>○ Agree</li>" in page
    assert "<table>" in files["bakery-2020.html"].read_text("utf-8")


def test_what_looks_like_html_is_shown_not_read(project):
    raw = project / "data/raw/2020/questionnaire.yaml"
    text = raw.read_text("utf-8").replace(
        'en: "Bread must be …"', 'en: "Bread <script>alert(1)</script> *must*"'
    )
    raw.write_text(text, "utf-8")
    pages = [one for one in export(project, "2020", on=DAY) if one.suffix == ".html"]
    assert pages
    for page in pages:
        content = page.read_text("utf-8")
        assert "<script" not in content
        assert "&lt;script&gt;" in content


def test_a_round_trip_gives_the_same_answers(public, tmp_path, monkeypatch):
    (tmp_path / "again").mkdir()
    monkeypatch.chdir(tmp_path / "again")
    folder = tmp_path / "again"
    (folder / "params.yaml").write_text("waves: {}\n")
    new(folder, "2021", [public["bakery-2020.sav"]], None)
    codebook = load_codebook(folder / "data/raw/2021")
    back = ingest(codebook, folder / "data/raw/2021" / codebook.source.file).responses
    were = ten_bakeries()
    for name in ("size", "fresh", "cheap", "warm", "online"):
        labels = {one.name: one.en for one in codebook.variable(name).options}
        known = back[name].astype(object).map(labels)
        wanted = were[name].astype(object).map(lambda one: one.capitalize() if isinstance(one, str) else None)
        assert known.where(known.notna(), None).tolist() == wanted.tolist(), name
        reasons = [one if isinstance(one, str) else None for one in back[f"{name}.missing"]]
        assert reasons == [one if isinstance(one, str) else None for one in were[f"{name}.missing"]], name
    (several,) = [one for one in codebook.variables.values() if one.type == "multi"]
    for option in several.options:
        ticks = back[f"{several.name}.{option.name}"].astype("boolean")
        pd.testing.assert_series_equal(ticks, were[f"breads.{option.column[7:]}"], check_names=False)
    assert back[f"{several.name}.missing"].tolist()[9] == "no_answer", "no tick left by who gave no answer"
    known = back["turnover"].tolist()
    np.testing.assert_array_equal(known, were["turnover"].tolist())
    assert (
        back["turnover.missing"].astype(object).tolist()[3:]
        == were["turnover.missing"].astype(object).tolist()[3:]
    )
    weighting = codebook.weighting
    assert weighting is not None
    assert codebook.source.design.weight == "weight"
    assert back["design.weight"].tolist() == pytest.approx(WEIGHTS)
    assert codebook.source.design.stratum == "stratum"


def test_what_people_wrote_is_no_markup_in_a_document():
    assert plain("<b> &lt; a|b *c* `d` [e](f) ~~g~~ $h$") == (
        r"\<b\> \&lt; a\|b \*c\* \`d\` \[e\](f) \~\~g\~\~ \$h\$"
    )


@pytest.mark.parametrize("name", ["bakery-2020.dta", "bakery-2020.csv", "bakery-2020.parquet"])
def test_every_file_of_answers_can_be_drafted_again_with_the_same_answers(
    public, tmp_path, monkeypatch, name
):
    folder = tmp_path / "again"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "params.yaml").write_text("waves: {}\n")
    new(folder, "2021", [public[name]], None)
    codebook = load_codebook(folder / "data/raw/2021")
    back = ingest(codebook, folder / "data/raw/2021" / codebook.source.file).responses
    were = ten_bakeries()
    codes = {"size": {1: "small", 2: "middle", 3: "large"}, "online": {1: "yes", 2: "no"}}
    for question, known in codes.items():
        options = {one.name: one for one in codebook.variable(question).options}
        labels = [None if pd.isna(one) else options[one] for one in back[question]]
        for label, wanted in zip(labels, were[question], strict=True):
            texts = {label.en.lower(), label.name, label.code}
            code = next(code for code, value in known.items() if value == wanted)
            assert wanted in texts or str(code) in {str(one).removesuffix(".0") for one in texts}
    assert back["design.weight"].tolist() == pytest.approx(WEIGHTS)
