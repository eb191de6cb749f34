"""The method page: every item of the checklists, filled from files, or said to be unknown."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
import yaml
from waves import read_codebook_text, write_codebook

from nsmo.present.labels import Labels
from nsmo.stages import method
from nsmo.stages.clean import clean
from nsmo.stages.ingest import ingest
from nsmo.stages.method import words
from nsmo.stages.trust import nonresponse
from nsmo.study import StudyError, load_codebook
from nsmo.study.about import Disclosed, Further, Method
from nsmo.study.statements import load_published

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data/raw/2018"
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
LOCK = """\
numpy==2.9.1 \\
    --hash=sha256:abc
    # via
    #   nsmo (pyproject.toml)
    #   scipy
hatchling==1.0 \\
    --hash=sha256:abc
    # via nsmo (pyproject.toml:build)
six==1.17.0 \\
    --hash=sha256:abc
    # via python-dateutil
scipy==1.99 ; python_version > '3' \\
    --hash=sha256:abc
    # via nsmo (pyproject.toml)
"""
ASKED = {
    "sizes": range(20, 401),
    "confidence": 0.95,
    "min_last_page": PARAMS["clean"]["min_last_page"],
    "speeder_ratio": PARAMS["clean"]["speeder_ratio"],
    "seed": 7,
}


@pytest.fixture(scope="module")
def labels():
    return Labels(load_codebook(RAW))


@pytest.fixture(scope="module")
def files(labels):
    codebook = labels.codebook
    coded = ingest(codebook, RAW / codebook.source.file).responses
    cleaned = clean(codebook, coded, **PARAMS["clean"])
    return words.Files(
        published=load_published(RAW / "published.yaml"),
        flow=cleaned.flow,
        recodes=cleaned.recodes,
        corrections=cleaned.corrections,
        weighting=json.loads(
            (ROOT / "data/processed/2018/weight/weighting.json").read_text(encoding="utf-8")
        ),
        nonresponse=nonresponse(codebook, cleaned.responses),
        assumptions=yaml.safe_load((RAW / "assumptions.yaml").read_text(encoding="utf-8")),
        lock=LOCK,
    )


@pytest.fixture(scope="module")
def items(files, labels):
    return words.items(files, labels, **ASKED)


def values(items, item, column="value"):
    found = items.loc[items["item"] == item, column]
    assert len(found), f"no item {item}"
    return " ".join(found)


def test_each_item_of_the_checklists_has_a_value_a_standing_and_a_source(items):
    assert not (items == "").drop(columns="number").any(axis=None)
    assert items.notna().all(axis=None)
    aapor = items[items["checklist"] == "aapor"]
    assert list(dict.fromkeys(aapor["number"])) == [f"A{i}" for i in range(1, 12)]
    cherries = items[items["checklist"] == "cherries"]
    assert list(dict.fromkeys(cherries["number"])) == [str(i) for i in range(1, 9)]
    assert cherries.groupby("number")["item"].nunique().tolist() == [1, 3, 1, 3, 11, 4, 4, 3]
    for checklist, last in (("esomar", 37), ("iso", 24)):
        numbers = items.loc[items["checklist"] == checklist, "number"]
        assert list(dict.fromkeys(numbers)) == [str(number) for number in range(1, last + 1)]


def test_both_languages_answer_every_item_alike(items, files, labels):
    dutch = words.items(files, Labels(labels.codebook, "nl"), **ASKED)
    same = ["checklist", "number", "status"]
    assert dutch[same].to_numpy().tolist() == items[same].to_numpy().tolist()
    assert not (dutch == "").drop(columns="number").any(axis=None)
    translated = dutch["value"].ne(items["value"])
    # Only names of packages are the same in both.
    assert items.loc[~translated, "item"].isin(["Software"]).all()


def test_of_a_reconstruction_only_what_was_seen_counts_as_published(items, labels):
    told = [getattr(labels.codebook.method, name) for name in Method.model_fields if name != "further"]
    seen = {one.label("en") for one in told if isinstance(one, Disclosed) and one.certainty == "published"}
    assert set(items.loc[items["status"] == "published", "value"]) <= seen
    # What is computed without the responses rests on files that hold none.
    computed = items.loc[items["status"] == "computed", "source"]
    assert not computed.str.contains("clean/|tables/").any()


def test_numbers_are_those_of_the_files(items, files, labels):
    flow = values(items, "Sample size and precision")
    assert f"{files.flow['remaining'].iloc[0]} responses received" in flow
    assert "imply 185" in flow
    weights = values(items, "Weighting")
    assert all(margin["table"] in weights for margin in files.weighting["margins"])
    assert f"{files.weighting['deff']:.2f}" in weights
    removed = files.flow.set_index("rule")["removed"]
    processing = values(items, "Processing and quality checks")
    assert f"Filled in too fast ({removed['speeder']})" in processing
    assert "6 March 2017" in values(items, "Dates of the fieldwork")
    dutch = words.items(files, Labels(labels.codebook, "nl"), **ASKED)
    assert "6 maart 2017" in " ".join(dutch["value"])


def test_what_was_not_published_says_so(items):
    known = items.set_index("item")["status"]
    assert known["Ethical approval"] == "not_published"
    assert known["View rate"] == "not_computable"
    assert set(known["Outcome rates of AAPOR"]) == {"not_computable"}
    assert (items.loc[items["item"] == "Dates of the fieldwork", "status"] == "assumed").all()


def test_what_comes_of_reconstructed_responses_says_so(files, items, labels):
    made = items["source"].str.startswith("clean/")
    assert set(items.loc[made, "status"]) == {"reconstructed"}
    real = Labels(labels.codebook.changed(provenance="real"))
    found = words.items(replace(files, assumptions={}), real, **ASKED)
    assert "reconstructed" not in set(found["status"])
    assert "assumptions" not in " ".join(found["value"])


def test_without_publications_the_respondents_are_those_counted(files, labels):
    found = words.items(replace(files, published=None), labels, **ASKED)
    told = values(found, "Sample size and precision")
    assert "imply" not in told
    assert f"those {files.flow['remaining'].iloc[-1]}" in told


def test_versions_are_those_that_run_beside_those_of_the_lock(monkeypatch):
    monkeypatch.setattr(method.checklists, "installed", lambda: {"numpy": "2.9.1", "scipy": "2.0"})
    assert method.packages(LOCK) == {"numpy": "2.9.1", "scipy": "2.0 (requirements.lock: 1.99)"}


def test_versions_stand_on_the_page(items):
    assert "numpy " in values(items, "Software")


def test_the_lock_of_the_project_can_be_read():
    found = method.packages((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert {"numpy", "pandas", "dvc"} <= set(found)
    assert "hatchling" not in found


def test_a_lock_without_reasons_is_refused():
    with pytest.raises(StudyError, match="make lock"):
        method.packages("numpy==2.0\n")


def test_every_seed_is_told(items, files):
    told = values(items, "Seeds of random numbers")
    assert told.startswith("7,")
    assert str(files.assumptions["seed"]) in told
    # Stages share the one seed; another one elsewhere would stay off the page.
    sections = {name: section for name, section in PARAMS.items() if isinstance(section, dict)}
    assert [name for name, section in sections.items() if "seed" in section] == ["chance"]


def test_each_item_counts_once_and_by_the_best_that_is_known():
    rows = [
        ("a", "1", "x", "published"),
        ("a", "2", "y", "reconstructed"),
        ("a", "2", "y", "not_published"),
        ("a", "3", "z", "computed"),
        ("a", "3", "z", "not_published"),
        ("a", "4", "u", "not_published"),
        ("a", "5", "v", "not_computable"),
        ("a", "6", "t", "assumed"),
        ("a", "7", "s", "inferred"),
        ("a", "7", "s", "reconstructed"),
        ("a", "8", "r", "inferred"),
        ("a", "8", "r", "computed"),
    ]
    found = method.tally(pd.DataFrame(rows, columns=["checklist", "number", "item", "status"]))
    assert found.drop(columns="checklist").iloc[0].to_dict() == {
        "items": 8,
        "known": 2,
        "inferred": 2,
        "in_part": 1,
        "reconstructed": 1,
        "not_published": 1,
        "not_computable": 1,
    }


def test_what_is_only_assumed_does_not_count_as_known(items):
    dates = items[items["item"] == "Dates of the fieldwork"]
    assert method.tally(dates)[["known", "inferred"]].to_numpy().tolist() == [[0, 1]] * 3


def test_a_codebook_that_says_nothing_on_method_is_sent_back(files, labels):
    silent = Labels(labels.codebook.changed(method=None))
    with pytest.raises(StudyError, match="not_published"):
        words.items(files, silent, **ASKED)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  sponsor: not_published\n", "", "sponsor"),
        ("  sponsor: not_published\n", "  sponsor: unknown\n", "sponsor"),
        ("    certainty: published\n", "    certainty: certain\n", "certain"),
    ],
)
def test_an_item_left_out_or_misspelt_is_named(tmp_path, old, new, told):
    text = read_codebook_text(RAW)
    assert old in text[text.index("\nmethod:") :]
    head, tail = text[: text.index("\nmethod:")], text[text.index("\nmethod:") :]
    with pytest.raises(StudyError, match=told):
        load_codebook(write_codebook(tmp_path, head + tail.replace(old, new, 1)))


def test_every_answer_of_the_codebook_is_on_the_page():
    needed = {fact for entries in method.CHECKLISTS.values() for _, _, facts in entries for fact in facts}
    assert set(Method.model_fields) - {"further"} <= needed
    assert set(get_args(Further)) <= needed


def test_what_a_study_tells_beside_the_usual_items_is_shown(files, items, labels):
    assert set(items.loc[items["item"] == "Information security", "status"]) == {"not_published"}
    told = Disclosed(nl="Versleuteld.", en="Encrypted.", source="a letter", certainty="published")
    codebook = labels.codebook
    method = codebook.method.model_copy(update={"further": {"security": told}})
    other = words.items(files, Labels(codebook.changed(method=method), "nl"), **ASKED)
    row = other[other["source"] == "a letter"].iloc[0]
    shown = row[["checklist", "number", "status", "value"]].tolist()
    assert shown == ["esomar", "35", "published", "Versleuteld."]


def test_which_of_two_responses_counts_is_told(files, labels):
    rules = [
        rule.model_copy(update={"keep": "first"}) if rule.kind == "duplicate" else rule
        for rule in labels.codebook.cleaning.rules
    ]
    cleaning = labels.codebook.cleaning.model_copy(update={"rules": rules})
    found = words.items(files, Labels(labels.codebook.changed(cleaning=cleaning)), **ASKED)
    assert found["value"].str.startswith("The first response with the same").any()
