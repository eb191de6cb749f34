"""`nsmo check` names the texts of a wave that lack a language in which, as study.yaml says, all stand."""

import shutil
from pathlib import Path

import pytest

from nsmo.pipeline.translations import problems

RAW = Path(__file__).parents[2] / "data" / "raw" / "2018"


@pytest.fixture
def wave(tmp_path):
    folder = tmp_path / "2018"
    folder.mkdir()
    for path in [*RAW.glob("*.yaml"), RAW / "population.csv"]:
        shutil.copy(path, folder)
    return folder


def change(path, before, after):
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_the_study_has_all_its_texts_in_both_languages():
    assert problems(RAW) == []


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        (
            "questionnaire.yaml",
            "{nl: Sector, en: Sector}",
            "{en: Sector}",
            ("no text in nl", "sector > label"),
        ),
        ("questionnaire.yaml", ", nl: België, en: Belgium}", ", nl: België}", ("no text in en", "belgium")),
        (
            "assumptions.yaml",
            "      nl: Alle gepubliceerde percentages hebben dezelfde basis van 185 organisaties.\n",
            "",
            ("no text in nl", "assumptions.yaml", "base > states"),
        ),
        ("published.yaml", "      nl: een advies van", "      nl: advice by", ()),
        ("study.yaml", "nl: Nederlands Social Media Onderzoek 2018\n  en: ", "", ("the same text", "title")),
        ("rules.yaml", "nl: Te snel ingevuld, en: ", "en: ", ("no text in nl", "speeder > reason")),
        ("population.csv", "2020-Q3", "2020 third quarter", ("2020 third quarter", "population.csv, line 2")),
    ],
)
def test_a_missing_translation_is_named_with_its_place(wave, name, before, after, said):
    change(wave / name, before, after)
    if name == "study.yaml":  # a plain text stands for every language, and four words are no name
        text = (wave / name).read_text("utf-8")
        (wave / name).write_text(text.replace("title:\n  Dutch", "title: Dutch"), encoding="utf-8")
    found = problems(wave)
    if not said:
        assert found == [], "whether a translation is right no program knows"
        return
    (problem,) = found
    for part in said:
        assert part in str(problem)


def test_one_language_is_enough_for_a_wave_that_declares_none(wave):
    change(wave / "study.yaml", "languages: [nl, en]\n", "")
    change(wave / "questionnaire.yaml", "{nl: Sector, en: Sector}", "{en: Sector}")
    assert problems(wave) == []
