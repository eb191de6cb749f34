import datetime
import re
import string
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nsmo
from nsmo.present.wording import LANGUAGES, Wording, catalogue
from nsmo.study.errors import StudyError

EN, NL = Wording("en"), Wording("nl")


def fields(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_message_exists_in_every_language_with_the_same_values():
    english = {key: fields(text) for key, text in catalogue("en").items()}
    for language in LANGUAGES:
        assert {key: fields(text) for key, text in catalogue(language).items()} == english


def test_every_message_that_code_asks_for_exists():
    files = [p for p in Path(nsmo.__file__).parent.glob("**/*") if p.suffix in (".py", ".j2")]
    source = "".join(p.read_text("utf-8") for p in files)
    asked = set(re.findall(r'(?:\bwording|\bself|\bw)\(\s*["\']([a-z_.]+)["\']', source))
    assert len(asked) > 40
    assert asked <= set(catalogue("en"))


def test_no_language_without_a_catalogue():
    with pytest.raises(StudyError, match=r"'fr'.*\n.*expected: one of en, nl"):
        Wording("fr")


def test_an_unknown_key_or_an_absent_value_stops():
    with pytest.raises(StudyError, match=r"no message 'no\.such\.key'"):
        EN("no.such.key")
    with pytest.raises(StudyError, match="no value for 'n'"):
        EN("n.one")


def test_a_label_that_asks_is_followed_by_no_colon():
    found = EN("title.shares", label="How many work here?", option="2–9", value="25.8%")
    assert found == "How many work here? 2–9, 25.8%"
    found = EN("title.shares", label="Select the best words.", option="quick", value="49.5%")
    assert found == "Select the best words: quick, 49.5%"
    found = EN("title.shares", label="Size", option="2–9", value="25.8%")
    assert found == "Size: 2–9, 25.8%"
    found = EN("title.shares", label="Which?", option="Why?: not said", value="1%")
    assert found == "Which? Why?: not said, 1%", "what an answer has of its own stays"


def test_a_noun_behind_one_is_in_the_singular():
    def said(words, rules):
        return words("index.responses_text", first="3", last="2", removed="1", rules=rules)

    assert "left out by 1 rule, each" in said(EN, "1")
    assert "left out by 2 rules, each" in said(EN, "2")
    assert "volgens 1 regel, elk" in said(NL, "1")


def test_what_is_hidden_for_another_reason_is_not_called_too_few():
    assert EN("question.hidden") == "not shown: too few respondents"
    protects = {words.language: words for words in (Wording(code, protects=True) for code in LANGUAGES)}
    assert protects["en"]("question.hidden") == protects["en"]("estimate.suppressed") == "not shown"
    assert protects["nl"]("question.hidden") == "niet getoond"
    assert "effective" not in Wording("en", weighs=False, protects=True)("table.suppressed_note")
    assert "effective" in protects["en"]("table.suppressed_note")


@pytest.mark.parametrize(
    ("value", "decimals", "english", "dutch"),
    [
        (1234.5, 1, "1,234.5", "1.234,5"),
        (0.125, 2, "0.13", "0,13"),
        (2.5, 0, "3", "3"),
        (-0.04, 1, "0.0", "0,0"),
        (-12.34, 1, "−12.3", "−12,3"),
        (1e6, 0, "1,000,000", "1.000.000"),
        (float("nan"), 1, "–", "–"),
        (None, 1, "–", "–"),
        (pd.NA, 1, "–", "–"),
        (float("inf"), 1, "∞", "∞"),
    ],
)
def test_numbers(value, decimals, english, dutch):
    assert EN.number(value, decimals) == english
    assert NL.number(value, decimals) == dutch


def test_percentages_round_the_decimal_number_not_its_binary_neighbour():
    assert EN.percent(167 / 185) == "90.3%"
    assert NL.percent(167 / 185) == "90,3%"
    assert EN.percent(0.575, 0) == "58%"  # 0.575 * 100 is 57.49999999999999
    assert EN.percent(float("nan")) == "–"


@given(st.integers(0, 1000))
def test_a_percentage_with_one_decimal_comes_back(tenths):
    assert EN.percent(tenths / 1000) == f"{tenths / 10:.1f}%"


def test_p_values():
    assert [EN.p(v) for v in (0.0004, 0.0456, 0.5, 1.0)] == ["< .001", ".046", ".500", "> .999"]
    assert [NL.p(0.0456), NL.p_is(0.0004)] == ["0,046", "p < 0,001"]
    assert [EN.p_is(v) for v in (0.0456, 0.0004)] == ["p = .046", "p < .001"]
    assert EN.p(float("nan")) == "–"


@pytest.mark.parametrize(
    ("value", "english", "dutch"),
    [
        (datetime.date(2031, 3, 1), "1 March 2031", "1 maart 2031"),
        (pd.Timestamp("2031-12-14 10:00"), "14 December 2031", "14 december 2031"),
        ("2031-05", "May 2031", "mei 2031"),
        (2031, "2031", "2031"),
        ("2031-Q3", "third quarter of 2031", "derde kwartaal van 2031"),
        ("2031-Q3; 2030", "third quarter of 2031; 2030", "derde kwartaal van 2031; 2030"),
        ("before the war", "before the war", "before the war"),
        ("2031-1-5", "5 January 2031", "5 januari 2031"),
        # What is no month is no month: two years, a month before its year, one that no calendar has.
        *((text, text, text) for text in ("2019-2020", "01-2020", "2020-13", "2020-00-01", "1-2-3-4")),
    ],
)
def test_dates(value, english, dutch):
    assert EN.date(value) == english
    assert NL.date(value) == dutch


def test_lists():
    assert EN.join([]) == ""
    assert EN.join(["a"]) == "a"
    assert EN.join(["a", "b", "c"]) == "a, b and c"
    assert NL.join(["a", "b"]) == "a en b"


def test_an_estimate_comes_with_interval_and_base():
    row = {"statistic": "proportion", "estimate": 0.838, "ci_low": 0.78, "ci_high": 0.886, "n": 185}
    assert EN.estimate(row).replace("\xa0", " ") == "83.8% (95% interval 78.0 to 88.6; n = 185)"
    assert NL.estimate(row).replace("\xa0", " ") == "83,8% (95%-interval 78,0 tot 88,6; n = 185)"
    assert EN.estimate(row | {"suppressed": True}) == "too few respondents"
    mean = {"statistic": "mean", "estimate": 4.1, "ci_low": float("nan"), "ci_high": float("nan"), "n": 139}
    assert EN.estimate(mean).replace("\xa0", " ") == "4.10 (n = 139)"


def test_verdicts_are_those_of_the_rules():
    assert EN.verdict("support_data", "no evidence: reconstructed") == "no evidence: reconstructed"
    assert NL.verdict("agreement", "within one unit") == "één eenheid ernaast"
    with pytest.raises(StudyError, match="proved"):
        EN.verdict("agreement", "proved")
    # In English a verdict is the very word of claims.csv.
    from nsmo.present.wording import slug

    for key, text in catalogue("en").items():
        if key.startswith("verdict."):
            assert slug(text) == key.rsplit(".", 1)[1]
