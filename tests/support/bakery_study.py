"""A small study of bakeries: every kind of question, derived variable and rule once.

Every run of pytest imports this, also where it only hands tests to others: fixtures import what takes long.
"""

import csv
from pathlib import Path

import pytest

CODEBOOK = """\
study: bakery
title: {nl: Bakkersonderzoek, en: Survey of bakers}
unit: {nl: bakkerijen, en: bakeries}
provenance: real
language: nl
field_period: {from: 2020-03-01, until: 2020-04-01, certainty: published}
source:
  file: responses.csv
  format: limesurvey
  encoding: utf-8-sig
  decimal: ","
  date_formats: ["%Y-%m-%d %H:%M:%S", "%d-%m-%Y %H:%M"]
  key: id
  ticked: "Y"
  missing_codes: ["", "N/A"]
  paradata: {submitted: submitdate, last_page: lastpage, duration: interviewtime}
  ignore: [seed]
questions:
  - name: consent
    type: single
    column: Q1
    role: screening
    page: 1
    label: {nl: Toestemming, en: Consent}
    text: {nl: "Doet u mee?", en: "Do you take part?"}
    options:
      - {name: yes, code: A1, nl: Ja, en: Yes}
      - {name: no, code: A2, nl: Nee, en: No}
  - name: breads
    type: multi
    page: 2
    label: {nl: Broden, en: Breads}
    text: {nl: "Welke broden bakt u?", en: "Which breads do you bake?"}
    options:
      - {name: white, column: "Q2[SQ001]", nl: Wit brood, en: White bread}
      - {name: rye, column: "Q2[SQ002]", nl: Roggebrood, en: Rye bread}
      - {name: none, column: "Q2[SQ003]", nl: Geen, en: None}
    other: {column: "Q2[other]", nl: Anders, en: Other}
  - name: size
    type: single
    column: Q3
    role: background
    page: 2
    label: {nl: Grootte, en: Size}
    text: {nl: "Hoe groot is uw bakkerij?", en: "How large is your bakery?"}
    options:
      - {name: small, code: A1, nl: Klein, en: Small}
      - {name: middle, code: A2, nl: Middel, en: Middle}
      - {name: large, code: A3, nl: Groot, en: Large}
    missing:
      - {reason: refused, code: A9, nl: Wil ik niet zeggen, en: Rather not say}
  - battery: opinions
    type: ordinal
    page: 3
    text: {nl: "Brood moet …", en: "Bread must be …"}
    options: &scale
      - {name: disagree, code: A1, nl: Oneens, en: Disagree}
      - {name: neutral, code: A2, nl: Neutraal, en: Neutral}
      - {name: agree, code: A3, nl: Eens, en: Agree}
    missing: &unsure
      - {reason: dont_know, code: A4, nl: Weet niet, en: Don't know}
    top_box: [agree]
    items:
      - name: fresh
        column: "Q4[SQ001]"
        label: {nl: Vers, en: Fresh}
        text: {nl: "Brood moet vers zijn", en: "Bread must be fresh"}
  - battery: opinions
    type: ordinal
    page: 3
    text: {nl: "Brood moet …", en: "Bread must be …"}
    options: *scale
    missing: *unsure
    items:
      - {name: cheap, column: "Q4[SQ002]", label: {nl: Goedkoop, en: Cheap}}
      - {name: warm, column: "Q4[SQ003]", label: {nl: Warm, en: Warm}}
  - name: online
    type: single
    column: Q5
    page: 3
    label: {nl: Online, en: Online}
    text: {nl: "Verkoopt u online?", en: "Do you sell online?"}
    options:
      - {name: yes, code: A1, nl: Ja, en: Yes}
      - {name: no, code: A2, nl: Nee, en: No}
  - name: turnover
    type: numeric
    column: Q6
    page: 3
    minimum: 0
    label: {nl: Omzet, en: Turnover}
    text: {nl: "Welk deel van de omzet is online?", en: "Which part of the turnover is online?"}
    asked_if: {question: online, is: ["yes"]}
  - name: founded
    type: date
    column: Q7
    page: 3
    label: {nl: Opgericht, en: Founded}
    text: {nl: "Wanneer opgericht?", en: "When was it founded?"}
  - name: bakery
    type: text
    column: Q8
    page: 3
    role: background
    identifying: true
    label: {nl: Naam, en: Name}
    text: {nl: "Hoe heet uw bakkerij?", en: "What is your bakery called?"}
derived:
  - name: size_class
    kind: recode
    from: size
    label: {nl: Grootteklasse, en: Size class}
    options:
      - {name: smaller, nl: Kleiner, en: Smaller, of: [small, middle]}
      - {name: larger, nl: Groter, en: Larger, of: [large]}
  - {name: n_breads, kind: count, of: breads, exclude: [none], label: {nl: Aantal, en: Number}}
  - {name: opinion, kind: mean, of: [fresh, cheap, warm], min_answered: 2, label: {nl: Mening, en: Opinion}}
  - {name: is_fresh, kind: flag, when: {question: fresh, is: [agree]}, label: {nl: Vers, en: Fresh}}
  - name: profile
    kind: first_match
    label: {nl: Profiel, en: Profile}
    options:
      - {name: modern, nl: Modern, en: Modern, when: {question: online, is: ["yes"]}}
      - {name: broad, nl: Breed, en: Broad, when: {question: n_breads, at_least: 2}}
    otherwise: {name: plain, nl: Gewoon, en: Plain}
cleaning:
  rules:
    - name: no_consent
      kind: condition
      when: {not: {question: consent, is: ["yes"]}}
      reason: {nl: Geen toestemming, en: No consent}
    - name: test_entry
      kind: pattern
      questions: [bakery]
      pattern: '^test\\b'
      reason: {nl: Test, en: Test}
    - {name: partial, kind: partial, reason: {nl: Onvolledig, en: Partial}}
    - {name: speeder, kind: speeder, reason: {nl: Te snel, en: Too fast}}
    - {name: straight, kind: straightline, battery: opinions, reason: {nl: Rechtuit, en: Straight-lining}}
    - {name: duplicate, kind: duplicate, by: [bakery], reason: {nl: Dubbel, en: Twice}}
  other_texts:
    breads: {rye: [rogge, zwart brood]}
privacy: {suppress: base, keep_rows: true}
weighting:
  population: {nl: Bakkerijen in Nederland, en: Bakeries in the Netherlands}
  margins:
    - name: size
      question: size
      population: size
      merge:
        - {name: not_small, nl: Niet klein, en: Not small, of: [middle, large]}
  sensitivity:
    - name: by_use
      margin: size
      label: {nl: Naar gebruik, en: By use}
      rates: {small: 0.5, middle: 0.7, large: 0.9}
      source: {nl: Bakkersbond, en: Bakers' union}
"""


@pytest.fixture
def codebook_text() -> str:
    return CODEBOOK


@pytest.fixture
def codebook_file(tmp_path: Path):
    """Return a function that writes a codebook, by default the one above, and gives its folder."""
    from waves import write_codebook

    def write(text: str = CODEBOOK) -> Path:
        return write_codebook(tmp_path / "2020", text)

    return write


HEADER = ["id", "submitdate", "lastpage", "interviewtime", "seed", "Q1"]
HEADER += ["Q2[SQ001]", "Q2[SQ002]", "Q2[SQ003]", "Q2[other]", "Q3"]
HEADER += ["Q4[SQ001]", "Q4[SQ002]", "Q4[SQ003]", "Q5", "Q6", "Q7", "Q8"]

COMPLETE = {
    "submitdate": "2020-03-05 10:00:00",
    "lastpage": "3",
    "interviewtime": "600",
    "Q1": "A1",
    "Q2[SQ001]": "Y",
    "Q3": "A1",
    "Q4[SQ001]": "A3",
    "Q4[SQ002]": "A1",
    "Q4[SQ003]": "A2",
    "Q5": "A2",
}


@pytest.fixture
def export_file(tmp_path: Path):
    """Return a function that writes an export: one dict per response, laid over a complete one."""

    def write(*responses: dict[str, str], header: list[str] | None = None) -> Path:
        path = tmp_path / "responses.csv"
        columns = header or HEADER
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_ALL, extrasaction="ignore")
            writer.writeheader()
            for i, response in enumerate(responses, start=1):
                writer.writerow({"id": str(i), "Q8": f"Bakkerij {i}"} | COMPLETE | response)
        return path

    return write


@pytest.fixture
def codebook(codebook_file):
    from nsmo.study import load_codebook

    return load_codebook(codebook_file())


@pytest.fixture
def bakeries():
    from bakeries import ten_bakeries

    return ten_bakeries()


@pytest.fixture
def survey(bakeries, codebook):
    """The bakeries as a survey of which everything is shown."""
    from bakeries import survey_of

    return survey_of(bakeries, codebook)
