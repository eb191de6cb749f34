"""What a question was called in earlier waves."""

from nsmo.study.waves import matches


def wave(name, **asked):
    """A wave of numbers; of each its `same_as`."""
    plain = {
        "text": {"en": "How many?", "nl": "Hoeveel?"},
        "routing": None,
        "type": "numeric",
        "base": "answered",
    }
    plain |= {"unit": None, "made": None, "options": [], "top_box": []}
    return {"wave": name, "language": "en", "asked": {q: plain | {"same_as": s} for q, s in asked.items()}}


def called(waves, before):
    return {match.question: match.asked_as for match in matches(waves, before)}


def test_a_name_of_one_wave_holds_of_no_other():
    waves = [wave("1", pages=None), wave("2", books=None, pages=None), wave("3", books={"1": "pages"})]
    assert called(waves, "1") == {"books": "pages"}
    assert called(waves, "2") == {"books": "books"}, "and not pages, which is another question there"


def test_names_change_from_wave_to_wave():
    waves = [wave("1", a=None), wave("2", b={"1": "a"}), wave("3", c={"2": "b"})]
    assert called(waves, "2") == {"c": "b"}
    assert called(waves, "1") == {"c": "a"}


def test_the_name_in_the_wave_between_is_the_declared_one():
    waves = [wave("1", a=None, old=None), wave("2", b={"1": "old"}, c={"1": "a"}), wave("3", c={"2": "b"})]
    assert called(waves, "1") == {"c": "old"}


def test_two_names_may_change_places():
    waves = [wave("1", a=None, b=None), wave("2", a={"": "b"}, b={"": "a"})]
    assert called(waves, "1") == {"a": "b", "b": "a"}
