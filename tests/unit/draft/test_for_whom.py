"""For whom a question was is found by who answered it, however many questions come before."""

import random
from pathlib import Path

import pytest
import survey_exports

from nsmo.draft import routing
from nsmo.draft.guess import draft
from nsmo.formats.detect import read


def export(folder: Path, between: int) -> Path:
    """Who said "no" first was not asked the last question; between them stand others, with gaps."""
    chance = random.Random(4)
    rows = [["gate", *(f"q{i}" for i in range(between)), "last"]]
    for number in range(80):
        gate = ("yes", "no", "perhaps")[number % 3]
        others = [chance.choice(["1", "2", "3", ""]) for _ in range(between)]
        rows.append([gate, *others, "" if gate == "no" else chance.choice(["red", "blue"])])
    return survey_exports.write_csv(folder / "wide.csv", rows)


@pytest.mark.parametrize("between", [0, 150])
def test_a_gate_is_found_behind_many_questions_with_gaps(tmp_path: Path, between: int):
    questions = draft(read([export(tmp_path, between)])).questions
    asked = {question.name: question.asked_if for question in questions if question.asked_if}
    assert asked == {"last": ("gate", ["yes", "perhaps"])}


def test_no_more_questions_than_a_person_would_route_over_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(routing, "_MOST_BEFORE", 20)
    for between, found in ((15, True), (25, False)):
        questions = draft(read([export(tmp_path, between)])).questions
        assert bool(questions[-1].asked_if) == found
