"""`nsmo check` says what is wrong with the waves that a wave is compared with, before anything is built."""

import pytest
import two_waves
import yaml
from two_waves import asked, edit

from nsmo.draft.demo import made_up_responses
from nsmo.pipeline.previous import problems

TREND = {"2026": "2026/weight", "2027": "2026/trend", "2028": "2027/trend"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three waves."""
    made = tmp_path_factory.mktemp("waves")
    two_waves.waves(made, {wave: made_up_responses(30, seed) for seed, wave in enumerate(TREND)})
    return made


@pytest.fixture
def found(folder, request):
    """What the check says of a wave after an edit, which is taken back."""

    def look(wave="2028", trend=TREND, previous=None, questionnaire=None, of=None):
        edited = folder / "data/raw" / (of or wave)
        kept = {name: (edited / name).read_text("utf-8") for name in ("study.yaml", "questionnaire.yaml")}
        try:
            if previous is not None:
                edit(edited / "study.yaml", lambda content: content.update(previous=previous))
            if questionnaire is not None:
                edit(edited / "questionnaire.yaml", questionnaire)
            return [str(one) for one in problems(folder, wave, {"waves": {"trend": trend}})]
        finally:
            for name, text in kept.items():
                (edited / name).write_text(text, "utf-8")

    return look


def test_a_wave_like_another_is_compared_with_it_and_with_those_before(folder, found):
    assert yaml.safe_load((folder / "data/raw/2028/study.yaml").read_text("utf-8"))["previous"] == [
        "2026",
        "2027",
    ]
    assert all(found(wave) == [] for wave in TREND)


def test_a_wave_that_is_not_there_is_named_with_one_that_is(found):
    (problem,) = found(previous=["2026", "2072"])
    assert "there is no wave '2072'" in problem
    assert "perhaps 2027" in problem
    assert "2028/study.yaml, line" in problem


def test_a_circle_is_named(found):
    (problem, *_) = found("2028", previous=["2028"], of="2026")
    assert "a circle: 2028 → 2026 → 2028" in problem
    assert "itself" in found(previous=["2028"])[0]


@pytest.mark.parametrize(
    ("trend", "says"),
    [
        ({"2026": "2026/weight"}, "does not have the stage"),
        ({"2027": "2026/trend", "2028": "2027/trend"}, 'add "2026": 2026/weight'),
        (
            {"2026": "2026/weight", "2027": "2027/weight", "2028": "2027/trend"},
            "compared with 2026, whose results do not",
        ),
        ({"2026": "2026/weight", "2027": "2026/trend", "2028": "2027/weight"}, "<the wave before it>/trend"),
    ],
)
def test_results_that_do_not_reach_the_wave_are_named_with_the_line_to_add(found, trend, says):
    (problem,) = found(trend=trend)
    assert says in problem
    assert "params.yaml, waves: trend:" in problem


def test_a_name_that_no_earlier_wave_has_is_named(found):
    (problem,) = found(questionnaire=lambda content: asked(content, "age").update(same_as="agee"))
    assert "'age' is the same as 'agee'" in problem
    assert "perhaps age" in problem
    (problem,) = found(questionnaire=lambda c: asked(c, "age")["options"][0].update(same_as="under_26"))
    assert "an answer to 'age' is the same as 'under_26'" in problem


def test_two_questions_that_would_be_compared_with_one_are_named(found):
    (problem,) = found(questionnaire=lambda content: asked(content, "books_read_year").update(same_as="age"))
    assert "'age' and 'books_read_year' would each be compared with 'age' of 2026" in problem
