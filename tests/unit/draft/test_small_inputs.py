"""Small inputs at which surveys of others once stopped: what is odd about none of them stops anything now."""

from pathlib import Path

import in_turn
import pandas as pd
import pytest
import small_inputs
from small_inputs import HEAD, QUESTIONNAIRE, RULES

from nsmo.pipeline.wave import check
from nsmo.stages.ingest import ingest
from nsmo.study import load_codebook

ROWS = small_inputs.rows()
#: Two questions in a battery, and a number that nobody gave, such as that of another country.
MORE = """\
  - battery: sb
    type: ordinal
    text: How good?
    top_box: [s3]
    options:
      - {name: s1, code: "s1", label: not}
      - {name: s2, code: "s2", label: rather}
      - {name: s3, code: "s3", label: very}
    items:
      - {name: one, column: one, label: one}
      - {name: two, column: two, label: two}
  - name: empty
    type: numeric
    column: empty
    label: Of another country
    text: Of another country?
"""
WIDE_HEAD = [*HEAD, "one", "two", "empty"]
WIDE_ROWS = [[*row, f"s{1 + i % 3}", f"s{1 + i // 2 % 3}", ""] for i, row in enumerate(ROWS)]
JOINED = """\
  - name: joined
    type: multi
    column: joined
    separator: ","
    label: Joined
    text: Which?
    options:
      - {name: first, code: "A, with b", label: first}
      - {name: second, code: "C", label: second}
"""


def said(folder: Path, **wave) -> list[str]:
    """What `nsmo check` says of the wave."""
    return [str(problem) for problem in check(small_inputs.write(folder, **wave))]


def passed(folder: Path, **wave) -> in_turn.Passed:
    """Let a wave go from its files to the estimates, as the stages do; give back what came of it."""
    raw = small_inputs.write(folder, **wave)
    assert [str(problem) for problem in check(raw)] == []
    return in_turn.passed(raw)


def share(found: dict[str, pd.DataFrame], question: str, option: str) -> float:
    rows = found[question]
    return float(rows[rows["option"].eq(option) & ~rows["weighted"]]["estimate"].iloc[0])


def test_clean_data_pass_without_a_rule_or_a_text_beside_other_or_a_wrong_routing(tmp_path: Path):
    """I1 to I6, of one wave: nothing is untidy, nobody leaves, nothing is recoded; and no weights."""
    _, responses, found, _ = passed(tmp_path)
    assert len(responses) == 60
    assert share(found, "org", "a") == 0.5
    assert set(found) == {"org", "sat", "multi", "num", "role", "routed"}


def test_no_question_has_a_text_beside_other(tmp_path: Path):
    """I6b."""
    other = '    other: {column: role_other, code: "other", label: Other}\n'
    assert other in QUESTIONNAIRE
    text = QUESTIONNAIRE.replace(other, "").replace("  key: id\n", "  key: id\n  ignore: [role_other]\n")
    assert "role" in passed(tmp_path, questionnaire=text)[2]


@pytest.mark.parametrize(
    "old", ["", "    top_box: [s3]\n", "    type: ordinal\n    text: How good?\n    top_box: [s3]\n"]
)
def test_a_battery_with_one_top_answer_or_none_or_without_a_scale(old: str, tmp_path: Path):
    """I7, and I8: a number that nobody gave has no estimate, and stops nothing."""
    new = "    type: single\n    text: How good?\n" if old.startswith("    type") else ""
    more = MORE.replace(old, new, 1) if old else MORE
    _, _, found, _ = passed(tmp_path, questionnaire=QUESTIONNAIRE + more, head=WIDE_HEAD, responses=WIDE_ROWS)
    assert "sb" in found
    assert "empty" not in found


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param(
            {
                "questionnaire": (
                    "  - name: org\n",
                    "  - name: org\n    asked_if: {question: sat, is: [s1]}\n",
                )
            },
            "'sat' is used here before it is asked",
            id="I9",
        ),
        pytest.param(
            {
                "questionnaire": ("  - name: org\n", "  - name: org\n    identifying: true\n"),
                "rules": ("rules: []\n", "rules: []\ncrosstabs: {banners: [org]}\n"),
            },
            "identifying",
            id="I10",
        ),
        pytest.param(
            {
                "rules": (
                    "rules: []\n",
                    "rules: []\nanalyse:\n  importance: {question: sat, compared: org, battery: nothing}\n",
                )
            },
            "no question, derived variable or battery 'nothing'",
            id="I11",
        ),
        pytest.param(
            {"questionnaire": ("encoding: utf-8", "encoding: utf8x")}, "'utf8x' is no encoding", id="I22"
        ),
    ],
)
def test_what_a_stage_would_stop_for_is_said_beforehand(changes: dict, told: str, tmp_path: Path):
    wave = {"questionnaire": QUESTIONNAIRE, "rules": RULES}
    for name, (old, new) in changes.items():
        assert old in wave[name]
        wave[name] = wave[name].replace(old, new, 1)
    problems = said(tmp_path, **wave)
    assert any(told in problem for problem in problems), problems


def test_a_text_that_names_an_answer_one_that_does_not_and_an_answer_against_the_routing(tmp_path: Path):
    """What I4 to I6 took out, put in again: the rows are kept, and counted as they should be."""
    rows = [list(row) for row in ROWS]
    for i, text in ((1, "director"), (2, "zzz"), (3, "zzz")):
        rows[i][6:8] = ["other", text]
    rows[5][8] = "new"  # of one who was not asked
    _, responses, found, _ = passed(tmp_path, responses=rows)
    assert responses["role.other_text"].notna().sum() == 3
    assert share(found, "routed", "new") == 0.5


def test_an_answer_holds_the_separator(tmp_path: Path):
    """I17."""
    rows = [[*row, "A, with b,C" if i % 2 else "C"] for i, row in enumerate(ROWS)]
    _, responses, *_ = passed(
        tmp_path, questionnaire=QUESTIONNAIRE + JOINED, head=[*HEAD, "joined"], responses=rows
    )
    assert responses["joined.first"].sum() == 30
    assert responses["joined.second"].sum() == 60


def test_an_own_text_beside_answers_that_is_declared_as_missing_takes_none_of_them_away(tmp_path: Path):
    """I18: the answers count, and that both stand there is told."""
    text = JOINED + '    missing:\n      - {reason: no_answer, code: "my own text", label: own}\n'
    rows = [[*row, "C,my own text"] for row in ROWS]
    raw = small_inputs.write(
        tmp_path, questionnaire=QUESTIONNAIRE + text, head=[*HEAD, "joined"], responses=rows
    )
    found = ingest(load_codebook(raw), raw / "responses.csv")
    assert found.responses["joined.second"].sum() == 60
    assert "answers and a reason for having none" in str(found.problems["problem"].tolist())


def test_empty_rows_at_the_end_are_no_responses(tmp_path: Path):
    """I19."""
    _, responses, *_ = passed(tmp_path, responses=[*ROWS, *[[""] * len(HEAD)] * 3])
    assert len(responses) == 60


def test_the_line_that_names_the_separator_is_no_header(tmp_path: Path):
    """I20."""
    raw = small_inputs.write(tmp_path)
    path = raw / "responses.csv"
    path.write_bytes(b"sep=,\r\n" + path.read_bytes())
    assert check(raw) == []
    assert len(ingest(load_codebook(raw), path).responses) == 60


def test_a_sign_between_thousands_is_named_and_can_be_declared(tmp_path: Path):
    """I21."""
    text = QUESTIONNAIRE.replace("  key: id\n", '  key: id\n  decimal: ","\n')
    rows = [[*row[:5], "1.250,00", *row[6:]] for row in ROWS]
    (problem,) = said(tmp_path / "undeclared", questionnaire=text, responses=rows)
    assert "source.thousands" in problem
    text = text.replace("  key: id\n", '  key: id\n  thousands: "."\n')
    _, responses, *_ = passed(tmp_path / "declared", questionnaire=text, responses=rows)
    assert set(responses["num"]) == {1250.0}


def test_two_columns_of_one_name_are_told_apart_and_named(tmp_path: Path):
    """I23."""
    twice = ["m1" if name == "m2" else name for name in HEAD]
    assert "is there 2 times" in said(tmp_path / "named", head=twice)[0]
    text = QUESTIONNAIRE.replace("column: m2", "column: m1 (2)")
    _, responses, *_ = passed(tmp_path / "told", head=twice, questionnaire=text)
    assert responses["multi.m2"].sum() == 30


def test_three_rows_of_header(tmp_path: Path):
    """I24: the first names the columns, the others explain it."""
    text = QUESTIONNAIRE.replace("  key: id\n", "  key: id\n  header_rows: 3\n  names_row: 1\n")
    rows = [[f"What is {name}?" for name in HEAD], [f'{{"ImportId":"{name}"}}' for name in HEAD], *ROWS]
    _, responses, *_ = passed(tmp_path, questionnaire=text, responses=rows)
    assert len(responses) == 60
