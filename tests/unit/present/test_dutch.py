"""What is said in Dutch is Dutch: the messages and the glossary."""

from pathlib import Path

import yaml
from dutch import english_in, english_on, mistakes_in

from nsmo.present.wording import catalogue

ROOT = Path(__file__).parents[3]


def test_messages_hold_no_english():
    assert {key: found for key, text in catalogue("nl").items() if (found := english_in(text))} == {}


def test_the_glossary_holds_no_english_and_numbers_as_in_dutch():
    assert mistakes_in(yaml.safe_load((ROOT / "src/nsmo/pages/glossary.yaml").read_text("utf-8"))) == []


def test_english_is_found_where_a_reader_meets_it_and_nowhere_else():
    page = """<p>Zij vinden het belangrijk <code>the code</code> <q lang="en">They are</q>.
    <img alt="Staven with intervallen"> <a title="Lees and zie">meer</a> <b>CC BY</b><br>
    of het <i>which</i> is</p>"""
    assert [found.partition(":")[0] for found in english_on(page)] == ["with", "and", "which"]
