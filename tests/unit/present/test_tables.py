import io
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from present_rows import frame, result
from waves import write_codebook

from nsmo.present import tables
from nsmo.present.labels import Labels
from nsmo.present.provenance import with_provenance
from nsmo.results import fixed
from nsmo.study import load_codebook
from nsmo.study.errors import StudyError


@pytest.fixture
def labels(codebook):
    return Labels(codebook, "en")


def parsed(table):
    """The <table> of the page as cells: head rows, body rows."""
    html = table.html()
    body = html[html.index("<table") : html.index("</table>") + 8].replace("<br>", " ")
    root = ET.fromstring(body)
    rows = [[text for c in tr for text in value_and_interval(c)] for tr in root.iter("tr")]
    return root, rows


def value_and_interval(cell):
    """What a cell says: an estimate and its interval, which stand in one, or a text."""
    texts = ["".join(span.itertext()) for span in cell.iterfind("small")]
    whole = "".join(cell.itertext())
    return [whole.removesuffix(text).strip() for text in texts or [""]] + texts


def test_estimates_stand_side_by_side_with_their_base_in_the_head(codebook, media):
    root, rows = parsed(tables.estimates(media, Labels(codebook, "nl")))
    head = [c.replace("\xa0", " ") for c in rows[0]]
    assert head == ["Antwoord", "Ongewogen n = 200", "Gewogen n = 200"]
    assert rows[1] == ["%", "95%-interval", "%", "95%-interval"]
    assert rows[2] == ["Krant", "25,0%", "20,0–30,0", "50,0%", "40,0–60,0"]
    assert root.find("caption") is not None


def test_the_subtitle_names_how_the_intervals_of_each_statistic_were_made(codebook):
    rows = [result("mood", "top", 0.5, n=50), result("mood", None, 3.5, n=50, statistic="mean")]
    shown = tables.estimates(frame(*rows), Labels(codebook, "en"))
    assert shown.subtitle.endswith("with 95% intervals (shares: logit; means: t).")


def test_every_head_has_a_scope_and_none_is_empty(codebook, media):
    root, _ = parsed(tables.estimates(media, Labels(codebook, "en")))
    heads = list(root.iter("th"))
    assert len(heads) == 3 + 2 + 3
    for th in heads:
        assert th.get("scope") in ("col", "row", "colgroup")
        assert "".join(th.itertext()).strip()


def test_a_table_scrolls_in_its_box_where_no_style_sheet_says_so(codebook, media):
    """In Jupyter, or a notebook made into a page by nbconvert; on the site its style sheet says more."""
    table = tables.estimates(media, Labels(codebook, "en"))
    assert table._repr_mimebundle_()["text/html"].count('style="overflow-x: auto"') == 1
    assert "style=" not in table.html()


def test_groups_become_columns_in_codebook_order(codebook):
    rows = [
        result("mood", "top", 0.5, n=50, by="market", group="firms"),
        result("mood", "top", 0.7, n=150, by="market", group="people"),
        result("mood", "top", 0.66, n=200),
        result("mood", "top", 0.6, n=200, weighted=True),
    ]
    _, cells = parsed(tables.estimates(frame(*rows), Labels(codebook, "en")))
    assert [c.replace("\xa0", " ") for c in cells[0]] == [
        "Answer",
        "All n = 200",
        "Consumers n = 150",
        "Businesses n = 50",
    ]
    assert cells[2] == ["Good or very good", "66.0%", "61.0–71.0", "70.0%", "65.0–75.0", "50.0%", "45.0–55.0"]


def test_a_mean_whose_number_of_respondents_is_hidden_says_so(codebook):
    groups = [("people", np.nan), ("firms", 50)]
    rows = [
        result("mood", None, 3.5, 0.5, n=n, statistic="mean", by="market", group=group) for group, n in groups
    ]
    table = tables.estimates(frame(*rows), Labels(codebook, "en"))
    _, cells = parsed(table)
    assert [c.replace("\xa0", " ") for c in cells[0]] == [
        "Answer",
        "Consumers n not shown",
        "Businesses n = 50",
    ]
    heads = [cell.value for row in load_workbook(io.BytesIO(table.xlsx())).active.iter_rows() for cell in row]
    assert any("n not shown" in str(head) for head in heads)


def test_rows_with_different_bases_show_them(codebook):
    rows = [result("mood", "top", 0.5, n=50), result("trade", "top", 0.7, n=60)]
    _, cells = parsed(tables.estimates(frame(*rows), Labels(codebook, "en")))
    assert cells[1] == ["n", "%", "95% interval"]
    assert [row[1:] for row in cells[2:]] == [["50", "50.0%", "45.0–55.0"], ["60", "70.0%", "65.0–75.0"]]
    assert cells[3][0] == "Expected sales over the coming year"


def test_an_interval_stands_in_the_cell_of_its_estimate(codebook, media):
    html = tables.estimates(media, Labels(codebook, "en")).html()
    assert "25.0% <small>20.0–30.0</small></td>" in html
    assert "% <small>95% interval</small></th>" in html


def test_a_suppressed_cell_is_a_dash_with_a_note(codebook, media):
    media.loc[0, "suppressed"] = True
    table = tables.estimates(media, Labels(codebook, "en"))
    _, cells = parsed(table)
    assert ["Newspaper", "–", "50.0%", "40.0–60.0"] in cells
    assert "too few respondents" in table.note
    book = load_workbook(io.BytesIO(table.xlsx()))
    assert [c.value for c in book.active[6]] == ["Newspaper", None, None, None, 0.5, 0.4, 0.6]
    assert np.isnan(table.frame.loc[0, ["estimate", "se", "ci_low", "ci_high"]].astype(float)).all()


def test_a_share_that_the_weighting_sets_has_a_word_and_no_interval(codebook, media):
    set_by_weights = media["weighted"] & media["option"].eq("paper")
    media.loc[set_by_weights, ["ci_low", "ci_high"]] = media.loc[set_by_weights, "estimate"].iloc[0]
    table = tables.estimates(media, Labels(codebook, "en"))
    _, cells = parsed(table)
    assert ["Newspaper", "25.0%", "20.0–30.0", "50.0%", "fixed"] in cells
    assert "sets this share" in table.note
    assert list(table.frame.columns) == list(media.columns)
    sheet = load_workbook(io.BytesIO(table.xlsx())).active
    assert [c.value for c in sheet[6]][-3:] == [0.5, "fixed", "fixed"]


@pytest.mark.parametrize(
    "row",
    [
        result("media", "paper", 0.5, half=0),
        result("media", "paper", 1.0, half=0, weighted=True),
        result("media", "paper", 0.5, half=0, weighted=True, statistic="mean"),
        result("media", "paper", 0.5, weighted=True),
    ],
    ids=["unweighted", "everybody", "a mean", "with width"],
)
def test_other_rows_are_not_called_fixed(row):
    assert not fixed(frame(row)).any()


def test_a_plain_table_formats_by_type_and_escapes(codebook):
    data = pd.DataFrame(
        {"what": ["a < b", "c"], "k": [1200, 3], "x": [0.5, np.nan], "p": [0.0001, 0.5], "part": ["I", "II"]}
    )
    table = tables.table(
        data,
        Labels(codebook, "nl"),
        title="Een & ander",
        columns={"what": "Wat", "k": "k", "x": "x", "p": "p"},
        formats={"p": "p"},
        groups="part",
    )
    root, cells = parsed(table)
    assert cells == [
        ["Wat", "k", "x", "p"],
        ["I"],
        ["a < b", "1.200", "0,50", "< 0,001"],
        ["II"],
        ["c", "3", "–", "0,500"],
    ]
    assert "".join(root.find("caption").itertext()).strip() == "Een & ander"


def test_wrong_columns_and_formats_are_named(labels):
    data = pd.DataFrame({"a": [1]})
    with pytest.raises(StudyError, match="no column b"):
        tables.table(data, labels, title="t", columns={"b": "B"})
    with pytest.raises(StudyError, match="percentage"):
        tables.table(data, labels, title="t", formats={"a": "percentage"})


def test_excel_holds_numbers_and_is_the_same_twice(codebook, media):
    table = tables.estimates(media, Labels(codebook, "en"))
    assert table.xlsx() == table.xlsx()
    sheet = load_workbook(io.BytesIO(table.xlsx())).active
    assert sheet["A1"].value == "Media used"
    assert [c.value for c in sheet[6]] == [
        "Newspaper",
        0.25,
        pytest.approx(0.2),
        pytest.approx(0.3),
        0.5,
        0.4,
        0.6,
    ]
    assert sheet["B6"].number_format == "0.0%"


def test_the_csv_frame_is_the_result_frame(codebook, media):
    table = tables.estimates(media, Labels(codebook, "en"))
    assert list(table.frame.columns) == list(media.columns)
    for column in ("option", "n", "estimate", "weighted"):
        assert table.frame[column].tolist() == media[column].tolist()


def test_html_is_the_same_twice(codebook, media):
    assert (
        tables.estimates(media, Labels(codebook, "en")).html()
        == tables.estimates(media, Labels(codebook, "en")).html()
    )


def ratio(by, group, estimate, low, high, **more):
    row = result("mood", None, estimate, by=by, group=group, statistic="odds ratio", base="complete")
    return row | {"ci_low": low, "ci_high": high} | more


def test_effects_stand_in_blocks_that_name_the_reference(codebook):
    rows = frame(
        ratio("market", "firms – people", 0.5, 0.25, 0.9),
        ratio("market", "firms – people", 0.75, 0.4, 1.5, weighted=True),
        ratio("n_media", "", 1.5, 0.8, 2.5, n=180),
    )
    _, cells = parsed(tables.effects(rows, Labels(codebook, "en")))
    assert cells[0] == ["Effect of", "Odds ratio unweighted", "Odds ratio weighted"]
    assert ["Market (against Consumers)"] in cells
    assert ["Businesses", "200", "0.50", "0.25–0.90", "200", "0.75", "0.40–1.50"] in cells
    assert ["Number of media"] in cells
    assert ["one more", "180", "1.50", "0.80–2.50", "–", "–"] in cells


def a_test(**change):
    row = {
        "question": "mood",
        "option": None,
        "by": "market",
        "group": None,
        "test": "rank",
        "weighted": False,
    }
    return row | {"statistic": 3.25, "df": 2, "ddf": 181.5, "p": 0.0321, "p_holm": 0.0642, "n": 184} | change


def test_tests_give_statistic_degrees_of_freedom_and_both_p(codebook):
    pair = {"group": "firms – people", "test": "t", "df": 183, "ddf": None, "p": 1e-5, "p_holm": None}
    rows = frame(a_test(), a_test(**pair), a_test(by="trade"), a_test(by=None))
    table = tables.hypotheses(rows, Labels(codebook, "en"))
    _, cells = parsed(table)
    assert cells[0] == ["Tested", "p", "Holm’s p", "Test", "Statistic", "df", "n"]
    assert cells[1] == [
        "Mood in the shop – Market",
        ".032",
        ".064",
        "Rank test (Kruskal–Wallis), F",
        "3.25",
        "2;\xa0181.5",
        "184",
    ]
    assert cells[2][0] == "Mood in the shop – Market: Businesses against Consumers"
    assert (cells[2][1:3], cells[2][5]) == (["< .001", "–"], "183")
    assert [row[0] for row in cells[3:]] == [
        "Mood in the shop – Expected sales over the coming year",
        "Mood in the shop – all terms together",
    ]
    _, cells = parsed(tables.hypotheses(rows.iloc[:2], Labels(codebook, "en")))
    assert [row[0] for row in cells[1:]] == [
        "Mood in the shop",
        "Mood in the shop: Businesses against Consumers",
    ]
    assert table.subtitle == "Base: those who answered the questions of the test; n\xa0=\xa0184; unweighted."


def test_a_test_that_could_not_be_made_says_so(codebook):
    made, not_made = a_test(), a_test(statistic=None, df=None, ddf=None, p=None, p_holm=None)
    assert tables.hypotheses(frame(made), Labels(codebook, "en"), note="Mind.").note == "Mind."
    table = tables.hypotheses(frame(made, not_made), Labels(codebook, "en"), note="Mind.")
    assert table.note == "Mind. – : the responses cannot carry this test."
    assert parsed(table)[1][2][1:3] == ["–", "–"]


def test_the_last_bit_of_the_degrees_of_freedom_is_not_shown(codebook):
    _, cells = parsed(tables.hypotheses(frame(a_test(df=2.0000000000000004)), Labels(codebook, "en")))
    assert cells[1][5] == "2;\u00a0181.5"


def test_a_single_test_has_no_column_for_holm(codebook):
    _, cells = parsed(tables.hypotheses(frame(a_test(p_holm=None)), Labels(codebook, "nl")))
    assert "p volgens Holm" not in cells[0]


@pytest.mark.parametrize(
    ("change", "named"), [({"test": "oracle"}, "test.oracle"), ({"p": 1.2}, "outside 0 to 1")]
)
def test_tests_without_a_name_or_with_an_impossible_p_are_refused(codebook, change, named):
    with pytest.raises(StudyError, match=named):
        tables.hypotheses(frame(a_test(**change)), Labels(codebook, "en"))


def test_a_column_of_sentences_has_room(labels):
    frame = pd.DataFrame({"item": ["a"], "short": ["a few words"], "long": ["many words " * 9]})
    html = tables.table(frame, labels, title="t").html()
    assert '<span class="sentences">long</span>' in html
    assert "sentences" not in html.split("short")[0]


def test_the_table_that_fits_a_frame(labels, media):
    assert tables.table_of(media, labels).title == "Media used"
    assert "Odds ratio" in tables.table_of(frame(ratio("n_media", "", 1.5, 0.8, 2.5)), labels).html()
    assert tables.table_of(frame(a_test(wave="2031")), labels).title == "The tests"
    other = pd.DataFrame({"question": ["a"], "share_of_all": [0.5]})
    table = tables.table_of(other, labels, title="Mine", formats={"share_of_all": "percent"})
    assert parsed(table)[1] == [["Question", "share of all"], ["a", "50.0%"]]
    with pytest.raises(StudyError, match="without a title"):
        tables.table_of(other, labels)


def test_a_table_without_rows_says_none(labels, media):
    table = tables.table_of(media.iloc[:0], labels, title="Nothing", columns=["option", "n"])
    assert parsed(table)[1] == [["Answer", "n"], ["none"]]
    sheet = load_workbook(io.BytesIO(table.xlsx())).active
    assert [sheet["A5"].value, sheet["B5"].value, sheet["A6"].value] == ["Answer", "n", "none"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_a_text_is_never_a_formula(labels, text):
    table = tables.table_of(pd.DataFrame({"what": [text]}), labels, title=text, columns={"what": text})
    sheet = load_workbook(io.BytesIO(table.xlsx())).active
    for place in ("A1", "A5", "A6"):
        assert sheet[place].value == text
        assert sheet[place].data_type == "s"


def test_signs_that_control_a_screen_are_shown(labels):
    table = tables.table_of(pd.DataFrame({"what": ["a\x07b\u202ec"]}), labels, title="t\x00")
    assert "a\ufffdb\ufffdc" in table.html()
    sheet = load_workbook(io.BytesIO(table.xlsx())).active
    assert (sheet["A1"].value, sheet["A6"].value) == ("t\ufffd", "a\ufffdb\ufffdc")


def test_the_notice_stands_in_the_workbook(labels, media):
    table = replace(tables.table_of(media, labels), notice="These responses are reconstructed.")
    book = load_workbook(io.BytesIO(table.xlsx()))
    assert book.active["A3"].value == "These responses are reconstructed."
    assert book.properties.description == "These responses are reconstructed."
    assert load_workbook(io.BytesIO(replace(table, notice="").xlsx())).active["A3"].value is None


def test_a_copy_says_where_its_numbers_come_from_and_keeps_them():
    text = 'name,share\n"a, ""b""",0.1000000000\nc,\n'
    marked = with_provenance(text.encode(), ".csv", "reconstructed").decode()
    assert marked == 'name,share,provenance\n"a, ""b""",0.1000000000,reconstructed\nc,,reconstructed\n'
    assert with_provenance(marked.encode(), ".csv", "reconstructed").decode() == marked
    found = json.loads(with_provenance(b'{"n": 185}', ".json", "reconstructed"))
    assert found == {"provenance": "reconstructed", "n": 185}
    assert with_provenance(b"PK\x03", ".xlsx", "reconstructed") == b"PK\x03"


def test_what_is_quoted_says_in_which_language_it_is(codebook):
    quotes = pd.DataFrame({"said": ["Almost"], "wording": ["bijna <b>"]})
    assert codebook.language == "nl"
    english = tables.table(quotes, Labels(codebook, "en"), title="Quotes", quoted=["wording"]).html()
    assert '<td class="left"><span lang="nl">bijna &lt;b&gt;</span></td>' in english
    assert (
        "lang=" not in tables.table(quotes, Labels(codebook, "nl"), title="Quotes", quoted=["wording"]).html()
    )


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("", "Base: those who replied; n = 50"),
        (
            "    missing: [{reason: dont_know, code: A9, nl: Weet niet, en: No idea}]\n",
            "Base: those who replied, don't know among them; n = 50",
        ),
    ],
)
def test_a_base_speaks_of_dont_know_where_somebody_could_say_so(missing, says, tmp_path):
    text = (Path(__file__).parent / "codebook.yaml").read_text(encoding="utf-8")
    changed = text.replace("    column: Q1\n", f"    column: Q1\n{missing}", 1)
    codebook = load_codebook(write_codebook(tmp_path / "2031", changed))
    rows = [{**result("mood", "top", 0.5, n=50), "base": "replied"}]
    shown = tables.estimates(frame(*rows), Labels(codebook, "en"))
    assert says in shown.subtitle.replace("\xa0", " ")
