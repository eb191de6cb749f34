"""The schemas by which editors check the files of a wave accept those of 2018."""

import json
from pathlib import Path

import jsonschema
import pytest

from nsmo.pipeline import schemas
from nsmo.study.yamlfile import YamlFile

ROOT = Path(__file__).parents[2]

RAW = ROOT / "data/raw/2018"

FILES = list(schemas.models())


def complaints(path: Path, name: str) -> list[str]:
    """What an editor would underline; it reads a day as a text."""
    schema = json.loads((ROOT / schemas.FOLDER / f"{Path(name).stem}.json").read_text("utf-8"))
    data = json.loads(json.dumps(YamlFile(path).data, default=str))
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(data)]


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_wave_names_its_schema_and_agrees_with_it(name):
    first = (RAW / name).read_text("utf-8").partition("\n")[0]
    assert first == schemas.first_line(name)
    assert (RAW / first.partition("=")[2]).resolve().is_file()
    assert complaints(RAW / name, name) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("questionnaire.yaml", "    page: 3", "    pages: 3", "pages"),
        ("questionnaire.yaml", "type: numeric", "type: number", "number"),
        ("rules.yaml", "kind: straightline", "kind: straight", "straight"),
        ("study.yaml", "certainty: assumed", "certainty: guessed", "guessed"),
        ("published.yaml", "type: unmeasured", "type: unmesured", "unmesured"),
    ],
)
def test_an_editor_underlines_a_mistake(tmp_path, name, old, new, said):
    text = (RAW / name).read_text("utf-8")
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert said in " ".join(complaints(tmp_path / name, name))
