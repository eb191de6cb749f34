"""Codebooks of DDI and data packages beside a file of codes are read as what they say of its columns."""

import json

import pytest

from nsmo.formats.detect import read
from nsmo.formats.structure import MissingValue
from nsmo.study import StudyError

CODES = "age,sex,news_paper,news_radio,when\n34,1,1,0,2020-01-02\n999,2,0,1,2020-01-03\n98,9,1,1,2020-01-04\n"
BOOK = """<?xml version="1.0"?>
<codeBook xmlns="http://www.icpsr.umich.edu/DDI" version="1.2.2">
  <stdyDscr><citation><titlStmt><titl>People and
      news</titl></titlStmt></citation></stdyDscr>
  <dataDscr>
    <varGrp ID="G1" type="multipleResp" var="V3 V4"><labl>Which news?</labl></varGrp>
    <varGrp ID="G2" type="subject" var="V1 V2"><labl>Who</labl></varGrp>
    <var ID="V1" name="age" intrvl="contin">
      <labl>Age</labl><invalrng><range min="990" max="999"/><item VALUE="98"/></invalrng>
    </var>
    <var ID="V2" name="sex">
      <qstn>Are you a <emph>man</emph> or a woman?</qstn>
      <invalrng><item VALUE="9"/></invalrng>
      <catgry><catValu>1</catValu><labl>Man</labl></catgry>
      <catgry><catValu>2</catValu><labl>Woman</labl></catgry>
      <catgry><catValu>9</catValu><labl>Refused</labl></catgry>
    </var>
    <var ID="V3" name="news_paper"><labl>Which news? Paper</labl></var>
    <var ID="V4" name="news_radio"><labl>Which news? Radio</labl></var>
    <var ID="V5" name="when" intrvl="contin">
      <labl>When</labl><varFormat type="character" category="date"/>
    </var>
  </dataDscr>
</codeBook>
"""


@pytest.fixture
def beside(tmp_path):
    """Return a function that reads the codes with a file beside them."""

    def write(name, text):
        (tmp_path / "codes.csv").write_text(CODES, "utf-8")
        (tmp_path / name).write_text(text, "utf-8")
        return read([tmp_path / "codes.csv", tmp_path / name]).structure

    return write


def test_a_codebook_of_an_archive_gives_labels_missing_values_and_sets(beside):
    found = beside("book.xml", BOOK)
    assert found.title == "People and news"
    age, sex = found.variables["age"], found.variables["sex"]
    assert (age.label, age.kind) == ("Age", "numeric")
    assert any(one.holds("999") for one in age.missing)
    assert any(one.holds("98") for one in age.missing)
    assert not any(one.holds("34") for one in age.missing)
    assert sex.label == "Are you a man or a woman?"
    assert dict(sex.options) == {"1": "Man", "2": "Woman"}
    assert sex.missing == (MissingValue("9", "9", "Refused"),)
    assert found.variables["when"].kind == "date"
    radio = found.variables["news_radio"]
    assert (radio.part, radio.question, radio.item) == ("tick", "news", "Radio")


def test_a_data_package_gives_labels_and_order(beside):
    fields = [
        {"name": "age", "title": "Age", "type": "integer", "labels": {"999": "Refused"}, "missing": [999]},
        {
            "name": "sex",
            "type": "integer",
            "categories": [{"value": 1, "label": "Man"}, {"value": 2, "label": "Woman"}],
        },
        {"name": "news_paper", "categories": ["0", "1"], "categoriesOrdered": True},
    ]
    package = {"title": "News", "resources": [{"name": "codes", "schema": {"fields": fields}}]}
    found = beside("datapackage.json", json.dumps(package))
    assert found.title == "News"
    assert found.variables["age"].missing == (MissingValue("999", "999", "Refused"),)
    assert dict(found.variables["sex"].options) == {"1": "Man", "2": "Woman"}
    assert found.variables["sex"].kind == "single"
    assert found.variables["news_paper"].kind == "ordinal"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("book.xml", BOOK[:-30], "not readable as XML"),
        ("datapackage.json", "{", "not readable as JSON"),
        ("other.xml", "<data/>", "2 of the 2 files could hold the responses"),
        ("other.json", "[1, 2]", "2 of the 2 files could hold the responses"),
        ("datapackage.json", '{"resources": [3, {"schema": 4}]}', None),
    ],
)
def test_what_is_damaged_or_something_else_is_named(beside, name, text, said):
    if said is None:
        assert beside(name, text).variables["age"].label == "age"
    else:
        with pytest.raises(StudyError, match=said):
            beside(name, text)
