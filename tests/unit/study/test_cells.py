import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmo.study.cells import all_clean, clean_text, date_reader, read_count, read_number


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("12,5", ",", 12.5),
        (",5", ",", 0.5),
        (".5", ".", 0.5),
        ("1E+03", ".", 1000.0),
        ("5e-05", ".", 0.00005),
        ("12.", ".", 12.0),
        ("-3", ".", -3.0),
        ("1.234", ".", 1.234),
    ],
)
def test_a_number_is_read_however_it_is_written(text, decimal, value):
    assert read_number(text, decimal)[0] == value


@pytest.mark.parametrize(
    ("text", "decimal"),
    [("1.234", ","), ("1,234", "."), ("1.250,00", ","), ("12 5", "."), ("-", "."), ("1e", ".")],
)
def test_what_is_no_number_or_two_is_refused(text, decimal):
    with pytest.raises(ValueError, match=re.escape(text)):
        read_number(text, decimal)


@pytest.mark.parametrize("text", ["1.234", "1,234", "12,5", "1.234.567", "many"])
def test_a_count_that_can_be_read_in_two_ways_is_refused(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        read_count(text)


def test_a_count_may_have_decimals():
    assert read_count("1234.5") == 1234.5
    assert read_count("987") == 987


def test_moments_with_several_offsets_are_kept_in_utc():
    read = date_reader(["%Y-%m-%dT%H:%M:%S%z"])
    winter, _ = read("2018-01-26T13:00:00+01:00")
    summer, _ = read("2018-07-26T13:00:00+02:00")
    assert winter == datetime(2018, 1, 26, 12)
    assert summer == datetime(2018, 7, 26, 11)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\x1b[31mred\x07", "[31mred"),
        ("\u202egnp.exe", "gnp.exe"),
        ("no\U000e0069\U000e0067n", "non"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001f3f4\U000e0067\U000e0062\U000e007f"),
        ("a\u2066b\u2069", "ab"),
        ("nul\x00", "nul"),
        ("a\tb\nc", "a\tb\nc"),
    ],
)
def test_signs_that_control_a_screen_or_turn_text_are_taken_out(text, kept):
    cleaned, repairs = clean_text(text)
    assert cleaned == kept
    assert ("control" in repairs) == (cleaned != text)


FORMS = ["%Y-%m-%d %H:%M:%S", "%d-%m-%Y", "%m/%d/%Y  %H:%M", "%d. %m. %Y", "%Y-%m-%dT%H", "%d %b %Y"]


@given(
    st.datetimes(datetime(1000, 1, 1)),
    st.sampled_from(FORMS),
    st.integers(0, 18),
    st.sampled_from(["", " ", "0", "7", ":", "\n"]),
    st.booleans(),
)
def test_a_moment_is_read_as_strptime_reads_it(moment, form, place, sign, bare):
    text = moment.strftime(form)
    if bare:  # 1-2-2018
        text = re.sub(r"\b0(\d)", r"\1", text)
    text = text[:place] + sign + text[place + 1 :]
    try:
        expected = datetime.strptime(text, form)
    except ValueError:
        with pytest.raises(ValueError, match=re.escape(text)):
            date_reader([form])(text)
    else:
        assert date_reader([form])(text) == (expected, form)


@given(st.lists(st.text("a |\u00e9\u00a0\n", max_size=3), max_size=4))
def test_texts_that_are_clean_together_are_clean_one_by_one(texts):
    if all_clean(texts):
        assert [clean_text(text) for text in texts] == [(text, ()) for text in texts]
