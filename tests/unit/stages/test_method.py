"""What the page on the method says of the sources of a study."""

import pytest

from nsmo.present.wording import Wording
from nsmo.stages.method.words import finality


@pytest.mark.parametrize(
    ("status", "english", "dutch"),
    [
        ("final", "final figures", "definitieve cijfers"),
        # Categories from two editions of a table.
        (
            "provisional; final",
            "provisional figures and final figures",
            "voorlopige cijfers en definitieve cijfers",
        ),
        ("revised in May", "revised in May", "revised in May"),
        ("final; None", "final figures and None", "definitieve cijfers en None"),
        ("", "", ""),
    ],
)
def test_whatever_stands_for_the_status_of_a_margin_is_said(status, english, dutch):
    assert finality(Wording("en"), {"status": status}) == english
    assert finality(Wording("nl"), {"status": status}) == dutch
