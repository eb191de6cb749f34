"""Surveys with the habits of other tools and countries: a draft holds, and reads as its makers meant it."""

from pathlib import Path

import odd_surveys
import pandas as pd
import pytest

from nsmo.draft.new import new
from nsmo.pipeline.wave import check
from nsmo.stages.ingest import ingest
from nsmo.study import Codebook, load_codebook
from nsmo.study.derivation import derive


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory):
    """Return a function that drafts a survey and ingests it, once for all tests."""
    made: dict[str, tuple[Path, Codebook, pd.DataFrame]] = {}

    def draft(name: str) -> tuple[Path, Codebook, pd.DataFrame]:
        if name not in made:
            root = tmp_path_factory.mktemp(name)
            folder = new(root, "w", odd_surveys.EVERY[name](root)).folder
            codebook = load_codebook(folder)
            made[name] = folder, codebook, ingest(codebook, folder / codebook.source.file).responses
        return made[name]

    return draft


@pytest.mark.parametrize("name", odd_surveys.EVERY)
def test_a_draft_has_no_problem_and_every_response_is_read(drafted, name: str):
    folder, codebook, frame = drafted(name)
    assert [str(problem) for problem in check(folder)] == []
    assert len(derive(codebook, frame)) == len(frame) >= 5
    # Somebody can count something.
    assert any(question.type not in ("text", "date") for question in codebook.questions)


def options(codebook: Codebook, question: str) -> list[str]:
    return [option.label("en") for option in codebook.variable(question).definition.options]


def test_scales_in_french_and_dutch_run_from_low_to_high(drafted):
    _, french, _ = drafted("french_microsoft_forms")
    assert options(french, "le_personnel_est_aimable") == [
        "Pas du tout d'accord",
        "Pas d'accord",
        "Neutre",
        "D'accord",
        "Tout à fait d'accord",
    ]
    ages = ["Moins de 25 ans", "25 à 44 ans", "45 à 64 ans", "65 ans et plus"]
    assert options(french, "votre_tranche_dage") == ages
    assert french.variable("votre_tranche_dage").type == "ordinal"
    _, dutch, frame = drafted("dutch_excel")
    assert options(dutch, "bent_tevreden")[2] == "Niet tevreden, niet ontevreden"
    assert dutch.variable("bent_tevreden").type == "ordinal"
    assert set(frame["omzet"].dropna()) == {1250.0, 980.5, 12400.75}
    assert frame["response_id"].iloc[0] == "0001"


def test_an_option_keeps_the_separator_as_it_is_written(drafted):
    _, french, frame = drafted("french_microsoft_forms")
    assert french.source.paradata.submitted == "Heure de fin"
    assert frame["quels_services_utilisez_vous.ateliers_conferences"].sum() == 30
    assert not {"nom", "adresse_messagerie"} & {question.name for question in french.questions}
    _, german, answers = drafted("german_google_forms")
    assert "Bus, Bahn oder Tram" in options(german, "verkehrsmittel_nutzen")
    assert answers["verkehrsmittel_nutzen.other_text"].dropna().tolist() == [
        f"Roller Nummer {i}" for i in (0, 20, 40, 60)
    ]


def test_a_code_in_a_range_of_missing_values_keeps_its_own_reason(drafted):
    _, panel, frame = drafted("panel_sav")
    why = frame["aantal_bezoeken_per_jaar.missing"].value_counts()
    assert (why["dont_know"], why["no_answer"]) == (23, 15)
    assert frame["aantal_bezoeken_per_jaar"].max() == 40
    assert panel.source.design.weight == "WEEGFACTOR"
    assert options(panel, "opleiding") == ["Laag", "Middelbaar", "Hoog"]


def test_the_box_beside_a_text_is_no_column_left_over(drafted):
    folder, codebook, frame = drafted("qualtrics_loop")
    assert "Q2_3" in codebook.source.ignore
    wrote = (folder / "responses.csv").read_text(encoding="utf-8").count(",Gamma ")
    assert frame["brands_know.other"].sum() == wrote > 0
    names = [question.label["en"] for question in codebook.questions]
    assert {"How satisfied are you with Alpha?", "How satisfied are you with Beta?"} <= set(names)


def test_groups_of_a_form_are_no_part_of_a_name(drafted):
    _, codebook, frame = drafted("kobo_groups")
    assert [question.name for question in codebook.questions] == ["consent", "members", "water"]
    # Who was not asked did not say no.
    assert frame["water.well"].isna().sum() >= 5


def test_numbers_from_one_are_an_id_in_any_language(drafted):
    _, codebook, frame = drafted("right_to_left")
    assert frame["response_id"].tolist()[:3] == ["1", "2", "3"]
    assert codebook.questions[0].label["en"] == "עד כמה אתה מרוצה?"


def test_a_poll_and_a_pilot_can_be_counted(drafted):
    _, pilot, frame = drafted("five_responses")
    kinds = {question.name: question.type for question in pilot.questions}
    assert kinds == {"how_was_it": "single", "come_again": "single", "why": "text"}
    assert frame["how_was_it"].value_counts().to_dict() == {"good": 3, "bad": 1}
    _, poll, answers = drafted("one_question")
    assert [question.type for question in poll.questions] == ["single"]
    assert answers["against"].value_counts().to_dict() == {"for": 24, "against": 12}


def test_four_hundred_columns_are_one_battery_one_multi_and_numbers(drafted):
    _, codebook, frame = drafted("many_columns")
    kinds = pd.Series([question.type for question in codebook.questions]).value_counts()
    assert kinds.to_dict() == {"numeric": 119, "ordinal": 80, "multi": 1}
    assert len(frame) == 40
