"""Labels that stand in a table beside the data: a sheet of the same workbook, or files of their own."""

import csv
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
from drafting import drafted, kinds, options

from nsmo.draft.new import new
from nsmo.formats.described import describes, read_codebook
from nsmo.stages.ingest import ingest
from nsmo.study import load_codebook

HEAD = ["resp", "v1", "v2", "v3a", "v3b", "v4"]
MEMBER, MOOD = [1, 2, 9], [1, 2, 3, 4, 5, 99]
ROWS = [[i + 1, MEMBER[i % 3], MOOD[i % 6], i % 2, int(i % 3 > 0), 20 + i % 50] for i in range(60)]
MOODS = ["Zeer ontevreden", "Ontevreden", "Neutraal", "Tevreden", "Zeer tevreden"]
#: What each column is, and what its codes are called.
SAID = {
    "resp": ("Respondentnummer", {}),
    "v1": ("Bent u lid van een vereniging?", {1: "Ja", 2: "Nee", 9: "Weet niet"}),
    "v2": ("Hoe tevreden bent u?", dict(zip(MOOD, [*MOODS, "Weet niet"], strict=True))),
    "v3a": ("Wat gebruikt u? Park", {0: "niet", 1: "wel"}),
    "v3b": ("Wat gebruikt u? Zwembad", {0: "niet", 1: "wel"}),
    "v4": ("Wat is uw leeftijd?", {}),
}


def one_row_each(sign: str) -> list[list]:
    rows = [["Variabele", "Omschrijving", "Waarden"]]
    for name, (text, codes) in SAID.items():
        rows.append([name, text, sign.join(f"{code} = {label}" for code, label in codes.items())])
    return rows


def one_row_a_code() -> list[list]:
    rows: list[list] = [["Codeboek van de enquête"], [], ["name", "label", "code", "value label"]]
    for name, (text, codes) in SAID.items():
        first, *rest = codes.items() or [("", "")]
        rows += [[name, text, *first], *([None, None, *pair] for pair in rest)]
    return rows


def workbook(path: Path, **sheets: list[list]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


TABLES = {
    "semicolons": one_row_each("; "),
    "lines": one_row_each("\n"),
    "bars": one_row_each(" | "),
    "commas": one_row_each(", "),
    "a row for each code": one_row_a_code(),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("order", [("data", "codes"), ("codes", "data")])
def test_a_sheet_of_the_same_workbook(table, order, tmp_path: Path):
    sheets = {"data": [HEAD, *ROWS], "codes": table}
    path = workbook(tmp_path / "export.xlsx", **{name: sheets[name] for name in order})
    codebook, frame, told = drafted(path)
    assert codebook.source.sheet == "data"
    assert told == []  # nothing is left to ask
    member, mood, uses, age = (question.name for question in codebook.questions)
    assert list(kinds(codebook).values()) == ["single", "ordinal", "multi", "numeric"]
    assert options(codebook, member) == ["Ja", "Nee"]
    assert options(codebook, mood) == MOODS
    assert options(codebook, uses) == ["Park", "Zwembad"]
    assert codebook.variable(age).text("nl") == "Wat is uw leeftijd?"
    assert Counter(frame[f"{member}.missing"].dropna()) == {"dont_know": 20}
    assert Counter(frame[f"{mood}.missing"].dropna()) == {"dont_know": 10}
    assert frame[f"{uses}.zwembad"].sum() == 40


def test_of_a_few_responses_the_longer_sheet_is_still_the_codebook(tmp_path: Path):
    path = workbook(tmp_path / "export.xlsx", codes=one_row_a_code(), data=[HEAD, *ROWS[:6]])
    folder = new(tmp_path, "w", [path]).folder
    assert load_codebook(folder).source.sheet == "data"


def test_a_file_of_its_own(tmp_path: Path):
    data = workbook(tmp_path / "data.xlsx", blad=[HEAD, *ROWS])
    with (tmp_path / "codes.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(one_row_each("\n"))
    made = new(tmp_path, "w", [tmp_path / "codes.csv", data])
    assert (made.folder / "structure.csv").is_file()
    assert "structure from codes.csv" in made.said
    assert options(load_codebook(made.folder), "bent_lid_vereniging") == ["Ja", "Nee"]


def test_a_table_that_describes_other_columns_is_no_codebook_of_these():
    found = read_codebook([["name", "label"], ["a", "A"], ["b", "B"], ["c", "C"]])
    assert set(found) == {"a", "b", "c"}
    assert describes(found, ["id", "A", "b", "c"])
    assert not describes(found, ["id", "x", "y", "z"])
    assert not describes(found, ["name", "label"])
    assert read_codebook([["id", "q1"], ["1", "a"]]) == {}


SOSCI = "CASE QUESTNNR STARTED A101 A102 A102_01 A102_02 A102_03 A102_03a A103_01 A103_02 A104_01"
GRADES = ["sehr unzufrieden", "unzufrieden", "teils, teils", "zufrieden", "sehr zufrieden"]


def sosci(folder: Path, encoding: str, delimiter: str) -> list[Path]:
    """Write data, variables and values as SoSci Survey has them."""
    rows: list[list] = [[*SOSCI.split(), "LASTDATA", "FINISHED"]]
    for i in range(40):
        ticks = [1 + i % 2, 2 - i % 2, 1 + (i % 8 == 0)]
        scale = [[1, 2, 3, 4, 5, -1, -9][i % 7], 1 + i % 5]
        own = "Tandem" if i % 8 == 0 else ""
        begun, ended = "2026-04-01 10:00:00", "2026-04-01 10:06:00"
        rows.append([i, "base", begun, [1, 2, 3, -9][i % 4], 1, *ticks, own, *scale, 1950 + i, ended, 1])
    variables = [["VAR", "LABEL", "TYPE", "INPUT", "QUESTION"]]
    variables += [["CASE", "Interview-Nummer", "METRIC", "SYSTEM", ""]]
    variables += [["A101", "Geschlecht", "NOMINAL", "SELECTION", "Geschlecht"]]
    for code, text in (("1", "Bus"), ("2", "Rad"), ("3", "Anderes"), ("3a", "Anderes (offen)")):
        variables.append([f"A102_0{code}", f"Verkehr: {text}", "", "MULTIPLE CHOICE", "Verkehr"])
    for code, text in (("A103_01", "Essen"), ("A103_02", "Ruhe")):
        variables.append([code, f"Zufriedenheit: {text}", "ORDINAL", "SCALE", "Zufriedenheit"])
    variables.append(["A104_01", "Geburtsjahr: ... Jahr", "METRIC", "OPEN", "Geburtsjahr"])
    values = [["VAR", "RESPONSE", "MEANING"]]
    values += [["A101", code, text] for code, text in ((1, "weiblich"), (2, "männlich"), (3, "divers"))]
    values.append(["A101", -9, "nicht beantwortet"])
    for code in ("A102_01", "A102_02", "A102_03"):
        values += [[code, 1, "nicht gewählt"], [code, 2, "ausgewählt"]]
    for code in ("A103_01", "A103_02"):
        values += [[code, number, text] for number, text in enumerate(GRADES, 1)]
        values += [[code, -1, "kann ich nicht beurteilen"], [code, -9, "nicht beantwortet"]]
    paths = []
    for name, table in (("data", rows), ("variables", variables), ("values", values)):
        paths.append(folder / f"{name}_project_2026.csv")
        with paths[-1].open("w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table)
    return paths


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-16", "\t"), ("utf-8-sig", ";"), ("utf-8", "\t")])
def test_sosci_survey_with_its_variables_and_values(encoding: str, delimiter: str, tmp_path: Path):
    folder = new(tmp_path, "w", sosci(tmp_path, encoding, delimiter)).folder
    codebook = load_codebook(folder)
    frame = ingest(codebook, folder / codebook.source.file).responses
    assert [path.name for path in sorted(folder.glob("structure*"))] == ["structure.csv", "structure_2.csv"]
    expected = {"geschlecht": "single", "verkehr": "multi", "zufriedenheit_essen": "ordinal"}
    expected |= {"zufriedenheit_ruhe": "ordinal", "geburtsjahr_jahr": "numeric"}
    assert kinds(codebook) == expected
    assert options(codebook, "geschlecht") == ["weiblich", "männlich", "divers"]
    assert options(codebook, "zufriedenheit_ruhe") == GRADES
    assert codebook.variable("geburtsjahr_jahr").year
    assert frame["geschlecht"].value_counts().to_dict() == {"weiblich": 10, "mannlich": 10, "divers": 10}
    assert Counter(frame["geschlecht.missing"].dropna()) == {"no_answer": 10}
    assert Counter(frame["zufriedenheit_essen.missing"].dropna()) == {"dont_know": 5, "no_answer": 5}
    assert frame[["verkehr.bus", "verkehr.rad", "verkehr.other"]].sum().tolist() == [20, 20, 5]
