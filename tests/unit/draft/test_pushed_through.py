"""What a draft made wrongly of exports of other tools that were pushed through it, each as a small one."""

from pathlib import Path

import openpyxl
import pytest
from drafting import drafted, kinds, options, written

from nsmo.draft.new import again, new
from nsmo.formats.detect import read
from nsmo.study import load_codebook
from nsmo.study.drafts import marks

MOODS = ["Ontevreden", "Neutraal", "Tevreden"]


def workbook(path: Path, *rows: list, sheet: str = "Sheet1") -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_items_below_a_question_in_merged_cells_are_a_second_row_of_header(tmp_path: Path):
    head = ["Nummer", "Branche", "Hoe tevreden bent u over de gemeente?", None, None, "Cijfer"]
    items = [None, None, "Bereikbaarheid", "Parkeren", "Regels", None]
    rows = [
        [100 + i, ["Bouw", "Zorg"][i % 2], *(MOODS[(i + k) % 3] for k in range(3)), 5 + i % 5]
        for i in range(40)
    ]
    codebook, frame, _ = drafted(workbook(tmp_path / "a.xlsx", head, items, *rows))
    assert len(frame) == 40
    moods = [q for q in codebook.questions if q.battery]
    assert [q.label["nl"] for q in moods] == ["Bereikbaarheid", "Parkeren", "Regels"]
    assert {q.type for q in moods} == {"ordinal"}
    assert codebook.source.key == "Nummer"


def test_amounts_beside_reasons_for_none_are_numbers(tmp_path: Path):
    amounts = ["€ 1.250,50", "€ 980,00", "n.v.t.", "€ 12.000,25", "weet niet"]
    rows = [[f"{i:03}", amounts[i % 5], "Ja" if i % 2 else "Nee"] for i in range(60)]
    codebook, frame, _ = drafted(written(tmp_path, ["respnr", "Wat geeft u uit?", "Tevreden?"], *rows))
    spent = codebook.questions[0].name
    assert codebook.questions[0].type == "numeric"
    assert sorted(frame[spent].dropna().unique()) == [980, 1250.5, 12000.25]
    reasons = frame[f"{spent}.missing"].value_counts()
    assert reasons[["not_asked", "dont_know"]].tolist() == [12, 12]


def bureau(folder: Path) -> list[Path]:
    head = ["RESPID", "WAVE", "STATUS", "DATE", "LOI", "Q4", "Q7", "Q9", "Q15_1", "Q15_2"]
    rows = [
        [7000 + 3 * i, 4, 1 if i % 10 else 2, 20260401 + i % 28, 5.5 + i % 7, i % 11, 1 + i % 7,
         999 if i % 20 == 3 else 13 * i % 301, 37 * i % 101, 100 - 37 * i % 101]
        for i in range(120)
    ]  # fmt: skip
    said = [
        ["Variable", "Label", "Values"],
        ["RESPID", "Respondent number", ""],
        ["WAVE", "Wave number", ""],
        ["STATUS", "Status of interview", "1=Complete\n2=Screened out\n3=Quota full"],
        ["DATE", "Interview date (yyyymmdd)", ""],
        ["LOI", "Length of interview in minutes", ""],
        ["Q4", "Would you recommend it?", "0=Not at all likely\n10=Extremely likely"],
        ["Q7", "How much did you like it?", "1=Not at all\n2=2\n3=3\n4=4\n5=5\n6=6\n7=Very much"],
        ["Q9", "How much do you spend?", "999=Don't know"],
        ["Q15_1", "Divide 100 points - Taste", ""],
        ["Q15_2", "Divide 100 points - Price", ""],
    ]
    return [written(folder, head, *rows), workbook(folder / "codebook.xlsx", *said)]


def test_codes_of_a_bureau_with_its_codebook(tmp_path: Path):
    folder = new(tmp_path, "w", bureau(tmp_path)).folder
    codebook = load_codebook(folder)
    found = list(kinds(codebook).values())
    assert found == ["single", "ordinal", "ordinal", "numeric", "numeric", "numeric"]
    status, likely, like, spent, *points = codebook.questions
    assert status.role == "screening"
    assert options(codebook, likely.name) == [
        "Not at all likely",
        *map(str, range(1, 10)),
        "Extremely likely",
    ]
    assert options(codebook, like.name) == ["Not at all", "2", "3", "4", "5", "6", "Very much"]
    assert [(one.code, one.reason) for one in spent.missing] == [("999", "dont_know")]
    assert {one.battery for one in points} == {points[0].battery} != {None}
    assert codebook.source.paradata.submitted == "DATE"
    assert {"WAVE", "LOI"} <= set(codebook.source.ignore)
    told = [text for file in folder.glob("*.yaml") for _, text in marks(file)]
    assert "'WAVE' says '4' of every response, and is left out" in told


def test_two_codes_and_nine_of_a_sex_are_no_scale(tmp_path: Path):
    rows = [[i, [1, 2, 9][i % 3]] for i in range(30)]
    said = [["Variable", "Label", "Values"], ["id", "Number", ""], ["sex", "Sex", "1=Man\n2=Woman\n9=Other"]]
    paths = [written(tmp_path, ["id", "sex"], *rows), workbook(tmp_path / "codebook.xlsx", *said)]
    codebook = load_codebook(new(tmp_path, "w", paths).folder)
    assert kinds(codebook) == {"sex": "single"}


def test_numbers_that_put_things_in_order_are_places_and_no_scale(tmp_path: Path):
    rows = [[i, 1 + i % 3, 1 + (i + 1) % 3, 1 + (i + 2) % 3] for i in range(40)]
    head = [
        "Respondent",
        "Order of preference [Drama]",
        "Order of preference [Dance]",
        "Order of preference [Music]",
    ]
    codebook, _, told = drafted(written(tmp_path, head, *rows))
    assert [(q.type, bool(q.battery)) for q in codebook.questions] == [("numeric", True)] * 3
    (asked,) = told
    assert asked.endswith("each response has the places 1 to 3 once: a ranking, with 1 for the first")


ORDERS = ["Price", "Quality", "Speed"], ["Quality", "Speed", "Price"], ["Speed", "Price", ""]


@pytest.mark.parametrize(
    "head",
    [
        [f"What matters? [Rank {place}]" for place in (1, 2, 3)],
        ["Rang 1", "Rang 2", "Rang 3"],
        ["1st choice", "2nd choice", "3rd choice"],
    ],
)
def test_columns_of_places_are_asked_about_as_a_ranking(head: list[str], tmp_path: Path):
    rows = [[i, *ORDERS[i % 3]] for i in range(40)]
    _, _, told = drafted(written(tmp_path, ["Respondent", *head], *rows))
    (asked,) = [text for text in told if "a ranking" in text]
    assert "nothing twice: a ranking" in asked


def test_columns_of_places_with_the_same_answer_twice_are_no_ranking(tmp_path: Path):
    rows = [[i, *ORDERS[i % 2][:2], ORDERS[i % 2][0]] for i in range(40)]
    _, _, told = drafted(written(tmp_path, ["Respondent", "Rank 1", "Rank 2", "Rank 3"], *rows))
    assert not [text for text in told if "a ranking" in text]


def test_who_was_asked_may_hang_on_an_answer_with_a_text_beside_it(tmp_path: Path):
    other = "Other (please specify)"
    ways = ["Bicycle", "Car", "Train", other]
    head = [
        ["Respondent ID", "Collector ID", "How do you travel?", "", "Would you like to change?"],
        ["", "", "Response", other, "Response"],
    ]
    rows = []
    for i in range(160):
        way = ways[i % 4]
        text, change = "boat" if way == other else "", "" if way == "Train" else ["Yes", "No"][i // 4 % 2]
        rows.append([118900 + i, 4001, way, text, change])
    codebook, frame, told = drafted(written(tmp_path, *head, *rows))
    travel, change = codebook.questions
    assert travel.other is not None
    assert told == [f"all 120 answers are of those with {travel.name}: bicycle or car or other"]
    assert frame[f"{change.name}.missing"].eq("not_asked").sum() == 40


def test_what_redcap_did_not_complete_leaves_the_moments(tmp_path: Path):
    head = ["record_id", "redcap_survey_identifier", "form_timestamp", "sex", "form_complete"]
    rows = [
        [i + 1, "", "[not completed]" if i % 9 == 4 else f"2026-02-{1 + i % 28:02} 10:00:00", "mf"[i % 2], 2]
        for i in range(40)
    ]
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    assert codebook.source.paradata.submitted == "form_timestamp"
    assert frame["paradata.submitted"].notna().sum() == 36


def test_who_asked_is_no_question(tmp_path: Path):
    rows = [[i, ["Amina", "Joseph"][i % 2], ["Yes", "No"][i // 2 % 2]] for i in range(40)]
    codebook, _, told = drafted(written(tmp_path, ["id", "Interviewer name", "Consent"], *rows))
    assert list(kinds(codebook)) == ["consent"]
    assert "'Interviewer name' tells who asked, and is left out" in told


def test_options_of_limesurvey_of_which_some_were_not_put(tmp_path: Path):
    head = ["Antwort ID", "Datum Abgeschickt", "Letzte Seite", "Zufallsstartwert"]
    head += ["Welche Angebote nutzen Sie? [Kurse]", "Welche Angebote nutzen Sie? [Ausleihe]"]
    head += ["Welche Angebote nutzen Sie? [Sonstiges]"]
    rows = []
    for i in range(50):
        ticks = ["N/A", "N/A"] if i % 10 == 9 else [["Ja", "Nein"][i % 2], ["Ja", "Nein"][i // 2 % 2]]
        rows.append(
            [i + 1, "2026-05-04 08:00:00", 3, 10**8 + 7 * i, *ticks, f"Podcast {i}" if i % 10 == 3 else ""]
        )
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    assert list(kinds(codebook).values()) == ["multi"]
    (offers,) = codebook.questions
    assert offers.other is not None
    assert frame[f"{offers.name}.missing"].eq("not_asked").sum() == 5


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Library visitors 2026 (Responses) - Form Responses 1.csv", "Library visitors 2026"),
        ("export_3.csv", ""),
    ],
)
def test_google_forms_names_its_export_after_the_survey(tmp_path: Path, name: str, title: str):
    rows = [[f"3/{1 + i % 28}/2026 8:0{i % 10}:00", ["Yes", "No"][i % 2]] for i in range(30)]
    path = written(tmp_path, ["Timestamp", "Do you visit us?"], *rows, name=name)
    assert read([path]).structure.title == title


def test_the_difference_that_a_newer_export_makes_is_that_of_the_questionnaire(tmp_path: Path):
    head = ["Respondent", "Which branch do you visit?"]
    rows = [[i, ["Central", "North"][i % 2]] for i in range(40)]
    new(tmp_path, "w", [written(tmp_path, head, *rows)])
    more = [[i, ["Central", "North", "East"][i % 3]] for i in range(60)]
    made = again(tmp_path, "w", [written(tmp_path, head, *more, name="newer.csv")])
    lines = made.changes.splitlines()[2:]
    assert [line for line in lines if line.startswith("-")] == []
    assert sum(line.startswith("+") for line in lines) == 2
    assert "East" in made.changes
