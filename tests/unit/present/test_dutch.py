"""What is said in Dutch is Dutch: the messages, the texts of the study of 2018, the glossary."""

from pathlib import Path

import pytest
import yaml
from dutch import english_in, english_on

from nsmo.present.wording import catalogue

ROOT = Path(__file__).parents[3]
FILES = [*sorted((ROOT / "data/raw/2018").glob("*.yaml")), ROOT / "src/nsmo/pages/glossary.yaml"]


def dutch(node):
    """Yield every text under a key `nl`, however deep."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from [value] if key == "nl" and isinstance(value, str) else dutch(value)
            if key == "nl" and isinstance(value, dict):
                yield from (text for text in value.values() if isinstance(text, str))
    elif isinstance(node, list):
        for value in node:
            yield from dutch(value)


def test_messages_hold_no_english():
    assert {key: found for key, text in catalogue("nl").items() if (found := english_in(text))} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_texts_of_the_study_hold_no_english(path):
    texts = list(dutch(yaml.safe_load(path.read_text("utf-8"))))
    assert texts
    assert [found for text in texts for found in english_in(text)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_numbers_in_dutch_have_a_comma_and_a_sign_at_once(path):
    for text in dutch(yaml.safe_load(path.read_text("utf-8"))):
        assert " %" not in text, text
        assert "“" not in text, text


def test_english_is_found_where_a_reader_meets_it_and_nowhere_else():
    page = """<p>Zij vinden het belangrijk <code>the code</code> <q lang="en">They are</q>.
    <img alt="Staven with intervallen"> <a title="Lees and zie">meer</a> <b>CC BY</b><br>
    of het <i>which</i> is</p>"""
    assert [found.partition(":")[0] for found in english_on(page)] == ["with", "and", "which"]
