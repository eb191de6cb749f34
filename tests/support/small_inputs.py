"""A study of sixty responses in which nothing is odd, and the ways in which it can be made so."""

import csv
import io
from pathlib import Path

from nsmo.study.ensemble import COLUMNS as OF_ENSEMBLE
from nsmo.study.margins import COLUMNS

QUESTIONNAIRE = """\
study: mini
unit: respondents
language: en
provenance: real
source:
  file: responses.csv
  format: csv
  encoding: utf-8
  delimiter: ","
  ticked: "1"
  unticked: ["0", ""]
  key: id
questions:
  - name: org
    type: single
    column: org
    label: Organisation has a programme
    text: Has your organisation a programme?
    options:
      - {name: a, code: "a", label: has one}
      - {name: b, code: "b", label: has none}
  - name: sat
    type: ordinal
    column: sat
    label: Satisfied
    text: How satisfied are you?
    top_box: [s3]
    options:
      - {name: s1, code: "s1", label: not}
      - {name: s2, code: "s2", label: rather}
      - {name: s3, code: "s3", label: very}
  - name: multi
    type: multi
    label: Media
    text: Which media?
    options:
      - {name: m1, column: m1, label: paper}
      - {name: m2, column: m2, label: screen}
  - name: num
    type: numeric
    column: num
    label: Number
    text: How many?
  - name: role
    type: single
    column: role
    label: Role
    text: What is your role?
    options:
      - {name: staff, code: "staff", label: Staff}
      - {name: director, code: "director", label: Director}
    other: {column: role_other, code: "other", label: Other}
  - name: routed
    type: single
    column: routed
    asked_if: {question: org, is: [a]}
    label: Since when
    text: Since when?
    options:
      - {name: new, code: "new", label: new}
      - {name: old, code: "old", label: old}
"""
RULES = "cleaning:\n  rules: []\n"
STUDY = "title: Mini\nfield_period: {from: 2026-01-01, until: 2026-01-31, certainty: assumed}\n"
HEAD = ["id", "org", "sat", "m1", "m2", "num", "role", "role_other", "routed"]


def rows() -> list[list[str]]:
    """Make the responses: no cell is untidy, nobody leaves, no text stands beside "other"."""
    made = []
    for i in range(60):
        has = i % 2 == 0
        made.append(
            [
                str(i + 1),
                "a" if has else "b",
                f"s{1 + i % 3}",
                str(int(i % 3 > 0)),
                str(int(i % 4 > 1)),
                str(i % 24),
                "staff" if i % 5 else "director",
                "",
                ["new", "old"][i // 2 % 2] if has else "",
            ]
        )
    return made


def write(
    folder: Path,
    *,
    questionnaire: str = QUESTIONNAIRE,
    rules: str = RULES,
    head: list[str] | None = None,
    responses: list[list[str]] | None = None,
) -> Path:
    """Write the wave "m" below a folder, and return its folder."""
    wave = folder / "data/raw/m"
    wave.mkdir(parents=True)
    text = io.StringIO()
    csv.writer(text).writerows([head or HEAD, *(responses if responses is not None else rows())])
    texts = {
        "responses.csv": text.getvalue(),
        "questionnaire.yaml": questionnaire,
        "rules.yaml": rules,
        "study.yaml": STUDY,
        "population.csv": ",".join(COLUMNS) + "\n",
        "ensemble.csv": ",".join(OF_ENSEMBLE) + "\n",
        "reference.csv": "",
    }
    for name, content in texts.items():
        (wave / name).write_text(content, encoding="utf-8", newline="")
    return wave
