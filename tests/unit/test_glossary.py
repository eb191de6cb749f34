"""The glossary explains every term in every language, and no term twice."""

from importlib import resources

import pytest
import yaml

from nsmo.present.wording import LANGUAGES


@pytest.fixture(scope="module")
def glossary():
    return yaml.safe_load(resources.files("nsmo.pages").joinpath("glossary.yaml").read_text("utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_term_is_explained_once_in_each_language(glossary, language):
    seen = set()
    for name, entry in glossary.items():
        said = entry[language]
        assert said["text"].endswith((".", ")")), name
        forms = [said["term"], *said.get("also", [])]
        assert not seen & {form.lower() for form in forms}, name
        seen |= {form.lower() for form in forms}


def test_terms_are_short_enough_to_be_read(glossary):
    for name, entry in glossary.items():
        for said in entry.values():
            assert len(said["text"]) <= 420, name
