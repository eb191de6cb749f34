"""What somebody takes out of a drafted questionnaire, or calls otherwise, is named where it is still used."""

import re
from pathlib import Path

import pytest
from drafting import written

from nsmo.draft.new import STAGES, new
from nsmo.pipeline.wave import check

USED = """\
crosstabs:
  banners: [region]
  nets:
    region:
      - {name: both, label: North or South, of: [north, south]}
"""


@pytest.fixture(scope="module")
def wave(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("root")
    head = ["id", "Region", "Happy [Home]", "Happy [Work]", "Happy [Town]", "Age"]
    happy = ["low", "middle", "high"]
    rows = [
        [i, ["North", "South", "West"][i % 3], *(happy[(i + k) % 3] for k in range(3)), 20 + i]
        for i in range(60)
    ]
    folder = new(root, "w", [written(root, head, *rows)]).folder
    rules = folder / "rules.yaml"
    rules.write_text(rules.read_text(encoding="utf-8") + USED, encoding="utf-8")
    return folder


def edited(wave: Path, tmp_path: Path, edit) -> list[str]:
    """Change the questionnaire in a copy; list what is said of names that are gone, with its place."""
    copy = tmp_path / "w"
    copy.mkdir()
    for path in wave.iterdir():
        text = path.read_text(encoding="utf-8")
        (copy / path.name).write_text(
            edit(text) if path.name == "questionnaire.yaml" else text, encoding="utf-8"
        )
    return [
        str(one) for one in check(copy, STAGES) if "there is no" in one.found or "has no option" in one.found
    ]


def without(name: str):
    def edit(text: str) -> str:
        parts = re.split(r"(?m)^(?=  - (?:name|battery): )", text)
        return "".join(part for part in parts if not re.match(rf"  - (name|battery): {name}\n", part))

    return edit


def test_nothing_is_said_of_a_draft_as_it_is(wave, tmp_path: Path):
    assert edited(wave, tmp_path, str) == []


def test_a_question_that_is_taken_out_is_named_once_for_its_part_of_the_report_and_for_each_rule(
    wave, tmp_path: Path
):
    found = edited(wave, tmp_path, without("region"))
    (told,) = [text for text in found if "report.en.md" in text]
    assert re.search(r"report\.en\.md, line 5: the part in lines 5 to 9 is about 'region'", told)
    assert "do: take the part out, or correct the name in it" in told
    rules = [text for text in found if "rules.yaml" in text]
    assert [re.search(r"line \d+ \((.*?)\)", text)[1] for text in rules] == [
        "crosstabs > banners > 1",
        "crosstabs > nets > region",
    ]
    assert all("do: correct the name, or take it out here" in text for text in rules)


def test_a_battery_that_is_taken_out_is_named_once(wave, tmp_path: Path):
    name = re.search(r"battery: (\w+)", (wave / "questionnaire.yaml").read_text(encoding="utf-8"))[1]
    (told,) = edited(wave, tmp_path, without(name))
    assert "report.en.md" in told
    assert name in told


def test_a_question_that_is_called_otherwise_is_offered_where_the_old_name_stands(wave, tmp_path: Path):
    found = edited(wave, tmp_path, lambda text: text.replace("name: region", "name: regions"))
    assert len(found) == 3
    assert all("perhaps regions" in text for text in found)


def test_an_answer_that_is_called_otherwise_is_named_where_it_is_counted(wave, tmp_path: Path):
    (told,) = edited(wave, tmp_path, lambda text: text.replace("name: north,", "name: northern,"))
    assert "rules.yaml, line" in told
    assert "crosstabs > nets > region > both > of" in told
    assert "perhaps northern" in told


def test_a_sentence_on_a_question_that_is_gone_is_named_without_the_rest_of_its_part(wave, tmp_path: Path):
    text = (wave / "report.en.md").read_text(encoding="utf-8")
    (wave / "report.en.md").write_text(
        text.replace("## How", 'See {{ average("agge") }}.\n\n## How'), encoding="utf-8"
    )
    try:
        (told,) = edited(wave, tmp_path, str)
    finally:
        (wave / "report.en.md").write_text(text, encoding="utf-8")
    assert "there is no question or derived variable 'agge'" in told
    assert "do: correct the name, or take the sentence out" in told
