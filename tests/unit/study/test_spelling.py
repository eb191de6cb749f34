import pytest

from nsmo.study.spelling import normal_spelling, pieces


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("YouTube", "you tube"),
        ("You-Tube", "youtube."),
        ("Café", "cafe"),
        ("B.V.", "bv"),
        ("'t Hoekje", "t hoekje"),
        ("R & D", "r&d"),
        ("Bakkerij  (De Kroon)", "bakkerij de kroon"),
    ],
)
def test_the_same_name_written_otherwise_is_the_same(one, other):
    assert normal_spelling(one) == normal_spelling(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("C", "C#"), ("C", "C++"), ("C#", "C++"), ("A-", "A"), ("3.1", "31"), ("C&A", "CA"), ("G+", "G")],
)
def test_signs_that_make_names_tell_them_apart(one, other):
    assert normal_spelling(one) != normal_spelling(other)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Vimeo, Snapchat en Flickr", ["Vimeo", "Snapchat", "Flickr"]),
        ("Facebook/Instagram", ["Facebook", "Instagram"]),
        ("fb & insta", ["fb", "insta"]),
        ("R&D dashboards", ["R&D dashboards"]),
        ("A/B testing", ["A/B testing"]),
    ],
)
def test_an_enumeration_is_split_and_a_name_is_not(text, parts):
    assert pieces(text) == parts
