import time

import pandas as pd
import pytest

from nsmo.study.personal import Typed, forms_in, masked, readable, typed_answers, written_forms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("write to j.de-vries+web@bakery.example.nl now", ["an e-mail address"]),
        ("bel 06-12345678", ["a telephone number"]),
        ("(+31 6 1234 5678)", ["a telephone number"]),
        ("0031 20 123 4567", ["a telephone number"]),
        ("020 123 45 67.", ["a telephone number"]),
        ("(020) 123 4567", ["a telephone number"]),
        ("06 12 34 56 78", ["a telephone number"]),
        ("06.12.34.56.78", ["a telephone number"]),
        ("010/4123456", ["a telephone number"]),
        ("06 - 12 34 56 78", ["a telephone number"]),
        ("(0)6\u201112345678", ["a telephone number"]),
        ("06\u00a012\u202f34 56 78", ["a telephone number"]),
        ("tel=0612345678", ["a telephone number"]),
        ("jan(at)bakery.nl", ["an e-mail address"]),
        ("fe80::1ff:fe23:4567:890a", ["an IP address"]),
        ("NL91ABNA0417164300", ["a bank account"]),
        ("from 192.168.2.14 at noon", ["an IP address"]),
        ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", ["an IP address"]),
        ("a@b.nl, 0612345678", ["an e-mail address", "a telephone number"]),
    ],
)
def test_addresses_and_numbers_are_recognised(text, found):
    assert forms_in(text) == found
    assert forms_in(masked(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "0.02918527197,0.7413569034,0.8566600005",
        "185,149.0,0.80",
        "2018-03-05 10:00:00",
        "1 000 000 organisations; 12,345",
        "answers 0 1 2 3 4 5 6 7 8 9 10",
        "0 1-10 11-50 51-100 projects",
        "0, 1 - 10, 11 - 50, 51 - 100; 0 1–9 10–49 50–249",
        "Python 3.11.7, pandas 3.1.1.0.2",
        "sha256 0123456789abcdef0123456789abcdef",
        "83.8% (77.7–88.5), n = 185",
        "@SUM(A1) and a@b",
        "81589NED, 2020 third quarter",
        "from 0–9 to 10–49, 0 - 10 - 20, (2018) 185 139",
        "std::vector, x[a::2], 12:34:56, 2018/2019",
    ],
)
def test_figures_dates_and_versions_are_none(text):
    assert forms_in(text) == []


@pytest.mark.parametrize("piece", ["0-", "a.", "0 ", "1:", "+0", "0 /", "a(at)", "<a", "1."])
def test_looking_through_a_long_text_takes_no_longer_than_its_length(piece):
    started = time.perf_counter()
    forms_in(readable(piece * 200_000))
    assert time.perf_counter() - started < 10, "a second at most; quadratic it took minutes"


def test_an_address_that_people_wrote_about_the_study_is_theirs_but_not_one_among_the_answers(tmp_path):
    (tmp_path / "questionnaire.yaml").write_text(
        "questions: [{name: help, label: Did you call 0800-1234567 or mail help@study.nl?,"
        " options: [{name: a, label: jan@bakery.nl}]}]",
        "utf-8",
    )
    (tmp_path / "rules.yaml").write_text("cleaning: {other_texts: {help: {a: [0612345678]}}}", "utf-8")
    (tmp_path / "report.en.md").write_text("Questions: desk@study.nl.", "utf-8")
    assert written_forms(tmp_path) == {"0800-1234567", "help@study.nl", "desk@study.nl"}


def test_what_is_allowed_is_no_respondents():
    assert forms_in("info@publisher.nl", ["info@publisher.nl"]) == []
    assert forms_in("info@publisher.nl, x@y.nl", ["info@publisher.nl"]) == ["an e-mail address"]


def test_answers_are_found_whatever_their_case_and_punctuation():
    typed = Typed(["Bakkerij 't Hoekje, Zwolle", "De Korenaar", "nee", "Facebook"], public=["On Facebook"])
    assert typed.found_in("<td>BAKKERIJ ’T HOEKJE – zwolle</td>") == 1
    assert typed.found_in("bij de korenaar; bakkerij 't hoekje (zwolle)") == 2
    # Three letters stand anywhere, and a label is public.
    assert typed.found_in("nee, op facebook") == 0
    assert typed.found_in("de koren aar") == 0


def test_a_hundred_thousand_answers_are_looked_for_in_seconds():
    typed = Typed(f"organisation number {i}" for i in range(100_000))
    start = time.perf_counter()
    assert typed.found_in("organisation number 4 " * 100_000) == 1
    assert time.perf_counter() - start < 10


def test_identifying_answers_and_rare_other_texts_count_as_typed(codebook):
    frame = pd.DataFrame(
        {
            "bakery": ["De Korenaar", None],
            "breads.other_text": ["spelt loaf", None],
            "paradata.token": ["tok-12345", None],
        }
    )
    typed = typed_answers(codebook, frame)
    assert typed.found_in("de korenaar, spelt loaf, TOK 12345") == 3
    often = pd.DataFrame({"breads.other_text": ["spelt loaf"] * 10})
    assert not typed_answers(codebook, often)


def test_a_text_that_enough_people_typed_may_be_shown_however_each_wrote_it(codebook):
    written = ["spelt loaf"] * 4 + ["Spelt loaf!"] * 3 + ["rye bread, spelt loaf"] * 3
    typed = typed_answers(codebook, pd.DataFrame({"breads.other_text": written}))
    assert typed.found_in("Spelt loaf") == 0
    assert typed.found_in("rye bread, spelt loaf") == 1


def test_a_text_within_one_that_many_typed_gives_nobody_away(codebook):
    frame = pd.DataFrame({"breads.other_text": ["dark spelt loaf"] * 12 + ["spelt loaf", "oat bannock"]})
    typed = typed_answers(codebook, frame)
    assert typed.found_in("Dark spelt loaf: 12") == 0
    assert typed.found_in("Oat bannock: 1") == 1


def test_labels_one_after_the_other_are_no_text_of_a_respondent(codebook):
    labels = [option.label("en") for option in codebook.variable("breads").definition.options][:2]
    frame = pd.DataFrame({"breads.other_text": [", ".join(labels), f"{labels[0]}, teff flatbread"]})
    typed = typed_answers(codebook, frame)
    assert typed.found_in(f"0 25 50 {labels[0]} {labels[1]}") == 0
    assert typed.found_in(f"{labels[0]} teff flatbread") == 1


def test_what_pages_say_anyway_gives_nobody_away():
    typed = Typed(
        ["nothing", "nothing at all works", "Spark jobs"], public=["No value: nothing stands there"]
    )
    assert typed.found_in("nothing stands there") == 0
    assert typed.found_in("here nothing at all works; Spark jobs") == 2


def test_only_what_may_stand_in_a_text_is_kept_and_pieces_are_counted_together(codebook):
    written = pd.DataFrame({"breads.other_text": ["spelt loaf"] * 6 + ["oat bannock"] + ["Spelt Loaf"] * 4})
    pieces = [written.iloc[:5], written.iloc[5:]]
    page = "Some ask for spelt loaf, one for oat bannock."
    assert typed_answers(codebook, pieces, within=page).found_in(page) == 1
    assert typed_answers(codebook, pieces[:1], within=page).found_in(page) == 1
    assert not typed_answers(codebook, pieces, within="Nobody says oat, or loaf of spelt.").found_in(
        page[:20]
    )


def test_what_stands_in_two_texts_is_no_number():
    drawn = "<text>0</text><text>51-100</text><text>1-10</text><text>101-1,000</text>"
    assert forms_in(readable(drawn)) == []
    assert forms_in(readable("<tr><td>0</td><td>51-100</td><td>1-10</td><td>101</td></tr>")) == []
    assert forms_in(readable("<p>call <b>06</b>-<i>12345678</i></p>")) == ["a telephone number"]


def test_a_file_that_cannot_be_read_allows_nothing(tmp_path):
    (tmp_path / "study.yaml").write_text("contact: a@example.org\n", "utf-8")
    (tmp_path / "rules.yaml").write_bytes("caf\u00e9: b@example.org\n".encode("windows-1252"))
    (tmp_path / "notes.md").write_bytes("caf\u00e9 c@example.org\n".encode("windows-1252"))
    assert written_forms(tmp_path) == {"a@example.org", "c@example.org"}
