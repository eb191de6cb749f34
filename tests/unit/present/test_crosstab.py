"""Cross-tables as they are read: on the page, and in the workbook."""

import io
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from present_rows import frame, result

from nsmo.present.crosstab import Crossbook, sections_of
from nsmo.present.labels import Labels
from nsmo.study.ensemble import Ensemble, Range, names_of
from nsmo.study.origins import Origins


def cross(question, option, values, *, by="market", groups=("people", "firms"), total=0.5, n=100, **more):
    """A figure of everybody and of the groups of a banner, and which groups each is above."""
    base = {"higher_than": "", "against_rest": "", "base_weight": float(n), "base_worth": float(n)} | more
    rows = [result(question, option, total, n=2 * n, count=0, **base)]
    for group, (value, above) in zip(groups, values, strict=True):
        about = base | {"by": by, "group": group, "higher_than": above}
        about |= {"against_rest": "above"} if above else {}
        rows.append(result(question, option, value, n=n, count=0, **about))
    return rows


@pytest.fixture
def table():
    rows = cross("media", "paper", [(0.25, ""), (0.5, "people")])
    rows += cross("media", "radio", [(0.125, ""), (0.25, "")])
    rows += cross("media", "missing.dont_know", [(0.01, ""), (0.02, "")])
    rows += cross("mood", "good", [(0.6, "firms"), (0.4, "")])
    rows += cross("mood", None, [(3.5, ""), (3.25, "")], statistic="mean", total=3.4)
    return frame(*rows)


@pytest.fixture
def labels(codebook):
    return Labels(codebook, "en")


def cells(table):
    root = ET.fromstring(table.html().replace("<br>", " "))
    return [["".join(cell.itertext()).strip() for cell in row] for row in root.iter("tr")]


def test_answers_stand_in_rows_and_groups_in_columns_with_letters(table, labels):
    media, mood = sections_of(table, labels)
    rows = cells(media.tables[0])
    assert rows[0] == ["", "", labels.question("market")]
    assert [text.split() for text in rows[1][1:]] == [["All"], ["Consumers", "A"], ["Businesses", "B"]]
    assert rows[2] == ["Respondents", "200", "100", "100"]
    assert rows[3][1:] == ["50.0%", "25.0%", "50.0%↑ A"]
    assert rows[5] == ["Don’t know", "50.0%", "1.0%", "2.0%"]
    assert "A" in cells(mood.tables[0])[3][2] or "B" in cells(mood.tables[0])[3][2]
    means = [row for row in cells(mood.tables[0]) if row[0] == "Mean score"]
    assert means[0][1:] == ["3.40", "3.50", "3.25"]


def test_every_head_of_the_page_says_what_it_heads(table, labels):
    root = ET.fromstring(sections_of(table, labels)[0].tables[0].html())
    heads = list(root.iter("th"))
    assert {head.get("scope") for head in heads} == {"col", "colgroup", "row"}
    assert all("".join(head.itertext()).strip() for head in heads)


@pytest.fixture
def made(codebook):
    """Labels of reconstructed answers, of which other reconstructions are known."""
    found = {
        names_of({**about, "by": "market", "group": "firms", "weighted": False}): Range(low, high, 200)
        for about, low, high in (
            ({"question": "media", "option": "paper", "statistic": "proportion"}, 0.4, 0.625),
            ({"question": "mood", "option": "", "statistic": "mean"}, 3.0, 3.75),
        )
    }
    changed = codebook.changed(provenance="reconstructed", origins=Origins())
    changed.ensemble = Ensemble(found)
    return Labels(changed, "en")


def test_beneath_an_assumed_figure_stands_its_range(table, made, labels):
    plain = table.drop(columns=["higher_than", "against_rest"])
    media, mood = (section.tables[0] for section in sections_of(plain, made))
    paper = next(row for row in cells(media) if row[0] == "Newspaper")
    assert [text.split() for text in paper[1:]] == [["50.0%"], ["25.0%"], ["50.0%", "40.0–62.5"]]
    (mean,) = [row for row in cells(mood) if row[0] == "Mean score"]
    assert mean[3].split() == ["3.25", "3.00–3.75"]
    real = "".join(section.html() for section in sections_of(plain, labels))
    assert "<small>" not in real


def test_in_the_workbook_a_range_has_two_columns_of_its_own(table, made):
    plain = table.drop(columns=["higher_than", "against_rest"])
    book = Crossbook("Cross-tables", "", sections_of(plain, made), made.words, "Reconstructed.")
    grid = [[cell.value for cell in row] for row in read(book)["media"].iter_rows()]
    heads = next(row for row in grid if "Lowest" in row)
    assert [name for name in heads if name] == ["○", "Lowest", "Highest"] * 3
    paper = next(row for row in grid if row[0] == "Newspaper")
    assert paper[1:10] == [0.5, None, None, 0.25, None, None, 0.5, 0.4, 0.625]


def test_where_nothing_is_compared_no_letter_stands_anywhere(table, labels):
    plain = table.drop(columns=["higher_than", "against_rest"])
    html = "".join(section.html() for section in sections_of(plain, labels))
    assert 'class="letter' not in html
    assert "↑" not in html


def test_a_hidden_figure_is_a_dash(table, labels):
    row = table["group"].eq("firms") & table["option"].eq("paper")
    table.loc[row, "suppressed"] = True
    assert cells(sections_of(table, labels)[0].tables[0])[3][3].startswith("–")


def test_of_all_answers_given_an_answer_has_a_line_only_if_a_column_shows_it(labels):
    rows = cross("media", "paper", [(0.25, ""), (0.5, "")])
    rows += cross("media", "paper", [(0.2, ""), (0.4, "")], statistic="proportion of answers")
    heads = [row[0] for row in cells(sections_of(frame(*rows), labels)[0].tables[0])[2:]]
    assert heads == ["Respondents", "Newspaper", "Newspaper, of all answers given"]
    for row in rows[3:]:
        row["suppressed"] = True
    heads = [row[0] for row in cells(sections_of(frame(*rows), labels)[0].tables[0])[2:]]
    assert heads == ["Respondents", "Newspaper"]


@pytest.mark.parametrize(("placed", "told"), [(60, ["Gave it a place"]), (100, [])])
def test_of_a_ranking_stands_who_put_it_first_and_its_mean_place_with_of_how_many_where_they_are_fewer(
    placed, told, labels
):
    rows = cross("n_media", "1", [(0.25, ""), (0.5, "")])
    rows += cross("n_media", None, [(2.0, ""), (1.5, "")], statistic="mean", total=1.75, n=placed)
    shown = cells(sections_of(frame(*rows), labels)[0].tables[0])
    heads = [row[0] for row in shown[2:] if "interval" not in row[0]]
    assert heads == ["Respondents", "Put first", *told, "Mean place (1 = first)"]
    if told:
        assert shown[4][1:] == ["120", "60", "60"]


def test_of_a_long_list_the_answers_that_nobody_gave_have_one_line(labels, monkeypatch):
    monkeypatch.setattr("nsmo.present.crosstab_lines.LONG", 2)
    rows = cross("media", "paper", [(0.25, ""), (0.5, "")]) + cross("media", "radio", [(0, ""), (0, "")])
    rows += cross("media", "web", [(0, ""), (0, "")])
    for row in rows[:3]:
        row["count"] = 5
    heads = [row[0] for row in cells(sections_of(frame(*rows), labels)[0].tables[0])[2:]]
    assert heads == ["Respondents", "Newspaper", "Answers that nobody gave: 2"]


@pytest.fixture
def book(table, labels):
    notice = "The answers are reconstructed."
    return Crossbook("Cross-tables", "Letters: by t.", sections_of(table, labels), labels.words, notice)


def read(book, sheets="question"):
    return load_workbook(io.BytesIO(book.xlsx(sheets)))


def test_the_workbook_has_contents_that_lead_to_a_sheet_for_each_question(book):
    read_back = read(book)
    assert read_back.sheetnames == ["Contents", "media", "mood"]
    contents = read_back["Contents"]
    assert [contents["A1"].value, contents["A2"].value, contents["A3"].value] == [
        book.title,
        book.notice,
        book.note,
    ]
    assert (
        contents["A6"].hyperlink.location == "'media'!A1" or contents["A6"].hyperlink.target == "#'media'!A1"
    )
    sheet = read_back["media"]
    assert sheet["A3"].value == book.notice
    assert sheet.freeze_panes == "B9"
    # On paper each table is one sheet wide; in any program its bold letters are of the face of the others.
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth) == ("landscape", 1)
    assert sheet["A1"].font.name == sheet["B10"].font.name
    assert "#" in (sheet["A4"].hyperlink.target or f"#{sheet['A4'].hyperlink.location}")


def test_numbers_are_numbers_with_formats_and_letters_have_cells_of_their_own(book):
    sheet = read(book)["media"]
    lines = {row[0].value: row[1:] for row in sheet.iter_rows(min_row=9) if row[0].value}
    paper = next(cells for label, cells in lines.items() if cells[0].value == 0.5)
    assert [cell.value for cell in paper[:5]] == [0.5, 0.25, None, 0.5, "A ↑"]
    assert paper[1].number_format == "0.0%"
    assert lines["Respondents"][0].value == 200
    assert lines["Respondents"][0].number_format == "#,##0"
    heads = [cell.value for cell in sheet[8]]
    assert heads[2:6] == ["A", None, "B", None]


def test_in_the_workbook_a_hidden_figure_is_a_dash_and_no_empty_cell(table, labels):
    hidden = table["group"].eq("firms") & table["option"].eq("paper")
    table.loc[hidden, "suppressed"] = True
    table.loc[hidden, ["estimate", "ci_low", "ci_high", "count", "se"]] = None
    book = Crossbook("Cross-tables", "", sections_of(table, labels), labels.words, "")
    lines = {row[0].value: row[1:] for row in read(book)["media"].iter_rows(min_row=9) if row[0].value}
    assert [cell.value for cell in lines["Newspaper"][:4:3]] == [0.5, "–"]
    assert lines["Newspaper"][3].alignment.horizontal == "right"


def test_long_names_are_whole_in_the_workbook(book):
    read_back = read(book)
    sheet = read_back["media"]
    assert [str(one) for one in sheet.merged_cells.ranges] == ["C6:F6"]
    assert sheet["C6"].value
    assert sheet["C6"].alignment.wrap_text
    assert read_back["Contents"]["A6"].alignment.wrap_text


def test_all_tables_can_stand_on_one_sheet(book):
    read_back = read(book, "one")
    assert read_back.sheetnames == ["Contents", "Tables"]
    headings = [row[0].value for row in read_back["Tables"].iter_rows()]
    assert all(section.heading in headings for section in book.sections)
    (sheet,) = [one for one in read_back.worksheets if one.title != "Contents"]
    assert (sheet.freeze_panes, sheet.page_setup.fitToWidth) == ("B1", 1)


def test_the_same_tables_are_the_same_bytes(book):
    assert book.xlsx("question") == book.xlsx("question")


def test_names_of_sheets_are_short_and_differ_whatever_their_case(book):
    first, second = book.sections
    long = "q" * 40
    same = replace(book, sections=[replace(first, name=long), replace(second, name=long.upper())])
    names = read(same).sheetnames
    assert len(names) == len({name.lower() for name in names}) == 3
    assert max(map(len, names)) <= 31
