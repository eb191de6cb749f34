"""Exports by others, with dirt nobody made up; they are not part of the repository."""

import csv

import pytest
from exports_by_others import EXPORTS

from nsmo.stages.ingest import ingest
from nsmo.study import StudyError, load_codebook

pytestmark = pytest.mark.skipif(not EXPORTS.is_dir(), reason="the exports by others are not here")

HEAD = """
study: little
title: {nl: T, en: T}
unit: {nl: u, en: u}
provenance: real
language: en
field_period: {from: null, until: null, certainty: assumed}
"""
WORDS = "label: {nl: L, en: L}, text: {nl: T, en: T}"


def option(number: int, code: str) -> str:
    return f'{{name: o{number}, code: "{code}", nl: "{code}", en: "{code}"}}'


def options(*codes: str) -> str:
    return "[" + ", ".join(option(i, code) for i, code in enumerate(codes, 1)) + "]"


@pytest.fixture
def rse(codebook_file):
    path = EXPORTS / "rse2018" / "rse2018_public_data.csv"
    with path.open(encoding="utf-8", newline="") as file:
        countries = sorted({row[2] for row in csv.reader(file)} - {"socio1._.In which country do you work?"})
    tools = "What programming languages do you use at work? Please select all that apply."
    scale = ["1 (None at all)", *"23456789", "10 (All the time)"]
    text = f"""{HEAD}
source: {{file: x, format: csv, key: "", ticked: "Yes", unticked: ["No"], ignore: rest}}
questions:
  - {{name: country, type: single, column: "socio1._.In which country do you work?", {WORDS},
      options: {options(*countries)}}}
  - {{name: licence, type: ordinal, {WORDS}, options: {options(*scale)},
      column: "open1can[SQ001]._.How often do you use an open-source licence for your software? []"}}
  - name: languages
    type: multi
    label: {{nl: L, en: L}}
    text: {{nl: T, en: T}}
    options:
      - {{name: javascript, column: "tool4can[SQ018]._.{tools} [JavaScript]", nl: JavaScript, en: JavaScript}}
      - {{name: python, column: "tool4can[SQ025]._.{tools} [Python]", nl: Python, en: Python}}
"""
    codebook = load_codebook(codebook_file(text))
    responses = ingest(codebook, path).responses
    country = next(o.name for o in codebook.question("country").options if o.code == "Netherlands")
    return responses[responses["country"] == country]


def test_published_shares_follow_from_the_limesurvey_export_with_everybody_as_base(rse):
    assert len(rse) == 54
    assert 100 * rse["languages.python"].sum() / len(rse) == pytest.approx(81.481481)
    assert 100 * rse["languages.javascript"].sum() / len(rse) == pytest.approx(40.740741)


def test_those_who_never_saw_the_question_are_no_users_of_nothing(rse):
    seen = rse["languages.missing"].isna()
    assert seen.sum() == 48
    assert rse.loc[seen, "languages.python"].mean() == pytest.approx(44 / 48)


def test_a_byte_order_mark_inside_a_label_costs_no_answer(rse):
    assert (rse["licence"] == "o1").sum() == 2
    answered = rse["licence"].notna().sum()
    assert 100 * (rse["licence"] == "o10").sum() / answered == pytest.approx(60.784314)


def test_two_header_rows_texts_in_cells_and_excel_dates(codebook_file):
    journey = "Where is your company or organization on its open source journey? (Check all that apply)"
    programme = (
        "Does your company have an open source program (either formal or informal) or management initiative?"
    )
    text = f"""{HEAD}
source: {{file: x, format: csv, key: Respondent ID, header_rows: 2, date_formats: [excel], ignore: rest,
          paradata: {{started: Start Date}}}}
questions:
  - {{name: programme, type: single, column: "{programme}", {WORDS},
      options: {options("Yes", "No, but planning one", "No")}}}
  - name: journey
    type: multi
    label: {{nl: L, en: L}}
    text: {{nl: T, en: T}}
    options:
      - name: initiating
        nl: I
        en: I
        column: "{journey} / Initiating or releasing open source projects"
        code: Initiating or releasing open source projects
"""
    ingested = ingest(load_codebook(codebook_file(text)), EXPORTS / "ospo2018" / "ospo2018_results.csv")
    responses = ingested.responses
    assert len(responses) == 748
    assert 100 * responses["programme"].isin(["o1", "o2"]).mean() == pytest.approx(53.342, abs=5e-4)
    assert responses["journey.initiating"].sum() == 248
    assert responses["paradata.started"].dt.year.unique().tolist() == [2018]
    assert (ingested.problems["problem"] == "no-break or other odd blank").any()


def test_choices_joined_in_one_cell(codebook_file):
    words = ["accessible", "comfortable", "complicated", "confusing", "convenient", "cool", "flexible"]
    words += ["intuitive", "quick", "simple", "uncomfortable", "Other word(s):"]
    text = f"""{HEAD}
source: {{file: x, format: csv, key: null, date_formats: ["%Y-%m-%d %H:%M:%S"], ignore: rest,
          paradata: {{started: Time Started}}}}
questions:
  - {{name: words, type: multi, separator: ";", {WORDS}, options: {options(*words)},
      column: "Select all the words that best describe Jupyter Notebook."}}
  - {{name: often, type: ordinal, column: "How often do you use Jupyter Notebook?", {WORDS},
      options: {options("Less often than monthly", "Monthly", "Weekly", "Daily")}}}
"""
    path = EXPORTS / "jupyter2015" / "2015_surveygizmo.csv"
    responses = ingest(load_codebook(codebook_file(text)), path).responses
    assert len(responses) == 1706
    assert responses["words.missing"].notna().sum() == 958
    assert responses["often"].value_counts().to_dict() == {"o4": 530, "o3": 392, "o2": 111, "o1": 58}

    with pytest.raises(StudyError, match=r"the code 'cool' stands [0-9]+ times in the column of 'words'"):
        ingest(load_codebook(codebook_file(text.replace('"cool"', '"chill"'))), path)
