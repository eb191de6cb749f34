"""Values that can be read in two ways, or that a file cannot tell: the right value, or a doubt or refusal."""

import datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
import survey_exports

from nsmo.draft.new import new
from nsmo.stages.ingest import ingest
from nsmo.study import StudyError, load_codebook


def drafted(folder: Path, *paths: Path) -> tuple[pd.DataFrame, str]:
    """Draft a wave; return its responses, and the text of its questionnaire."""
    wave = new(folder, "w", list(paths)).folder
    codebook = load_codebook(wave)
    text = (wave / "questionnaire.yaml").read_text(encoding="utf-8")
    return ingest(codebook, wave / codebook.source.file).responses, text


def column(folder: Path, texts: list[str], delimiter: str = ";") -> tuple[pd.Series, str]:
    """Draft a wave of one question from a text, and return its answers and the questionnaire."""
    rows = [["id", "q"], *([str(i), text] for i, text in enumerate(texts, 1))]
    frame, text = drafted(folder, survey_exports.write_csv(folder / "a.csv", rows, delimiter=delimiter))
    return frame["q"], text


def book(path: Path, values: list[object], change=lambda sheet: None, above: int = 0) -> Path:
    made = openpyxl.Workbook()
    for row in [*[[f"title {i}"] for i in range(above)], ["id", "q"], *enumerate(values, 1)]:
        made.active.append(list(row))
    change(made.active)
    made.save(path)
    return path


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1.000,5", "2.500", "12,25"], [1000.5, 2500, 12.25]),
        (["1,000.5", "2,500", "12.25"], [1000.5, 2500, 12.25]),
        (["1 000,5", "2\u00a0500", "12,25"], [1000.5, 2500, 12.25]),
        (["1'000.5", "2'500", "12.25"], [1000.5, 2500, 12.25]),
        (["1,234,567", "2,345,678", "12.5"], [1234567, 2345678, 12.5]),
    ],
    ids=["Dutch", "English", "blanks", "Swiss", "millions"],
)
def test_signs_between_thousands(tmp_path: Path, texts: list[str], numbers: list[float]):
    values, questionnaire = column(tmp_path, texts * 4)
    assert values.tolist() == numbers * 4
    assert "confirm: decimal" not in questionnaire


def test_thousands_or_decimals_is_asked(tmp_path: Path):
    _, questionnaire = column(tmp_path, [f"{i}.{i:02}5" for i in range(1, 13)])
    assert "# confirm: decimal sign '.': 12 numbers as 1,234 or 1.234" in questionnaire


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["5%", "7,5%", "10%"], [5, 7.5, 10]),
        (["€ 1,50", "€ 20", "€ 3,75"], [1.5, 20, 3.75]),
        (["€ 1.234,50", "€ 45,-", "€ -3,75"], [1234.5, 45, -3.75]),
        (["3 EUR", "4 EUR", "5 EUR"], [3, 4, 5]),
        (["$1,234.50", "$20", "$3.75"], [1234.5, 20, 3.75]),
    ],
)
def test_numbers_with_a_sign_beside_them_are_numbers_and_that_is_asked(tmp_path: Path, texts, numbers):
    values, questionnaire = column(tmp_path, [texts[i % 3] + ("" if i < 3 else " ") for i in range(12)])
    assert "# confirm: numbers with a sign beside them, such as" in questionnaire
    assert "are read as numbers" in questionnaire
    assert values.tolist() == numbers * 4


@pytest.mark.parametrize("texts", [["(1.5)", "2.5-", "7"], ["5%", "7", "€ 10"]])
def test_numbers_with_several_signs_are_texts_until_somebody_says_so(tmp_path: Path, texts: list[str]):
    values, questionnaire = column(tmp_path, [texts[i % 3] for i in range(12)])
    assert "# confirm: " in questionnaire
    assert values.nunique() == 3


def test_lengths_of_time_are_seconds(tmp_path: Path):
    values, questionnaire = column(tmp_path, [f"0{i % 2}:12:{i:02}" for i in range(12)])
    assert "lengths of time, such as '00:12:00', are read as seconds" in questionnaire
    assert values.tolist()[:3] == [720, 3600 + 721, 722]


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["12 maart 2018", "1 mei 2018", "31 augustus 2018"], "2018-03-12"),
        (["12 mrt. 2018", "1 mei 2018", "31 okt. 2018"], "2018-03-12"),
        (["12. März 2018", "1. Mai 2018", "31. Dezember 2018"], "2018-03-12"),
        (["12 mars 2018", "1 juillet 2018", "31 décembre 2018"], "2018-03-12"),
        (["12 de marzo de 2018", "1 de mayo de 2018", "31 de enero de 2018"], "2018-03-12"),
        (["March 12, 2018", "May 1, 2018", "October 31, 2018"], "2018-03-12"),
    ],
)
def test_months_in_words(tmp_path: Path, texts: list[str], first: str):
    values, questionnaire = column(tmp_path, texts * 4)
    assert "\n  # confirm:" not in questionnaire
    assert values[0] == pd.Timestamp(first)
    assert values.notna().all()
    assert values.nunique() == 3


def test_numbers_that_a_spreadsheet_cut_and_codes_with_a_zero_in_front(tmp_path: Path):
    _, questionnaire = column(tmp_path, [f"1.2{i:02}E+15" for i in range(12)])
    assert "# confirm: a spreadsheet has cut numbers, such as 1.200E+15" in questionnaire
    (tmp_path / "b").mkdir()
    values, _ = column(tmp_path / "b", [f"0{i:03}" for i in range(12)])
    assert values.tolist() == [f"0{i:03}" for i in range(12)]


def test_one_text_among_numbers_and_one_form_among_moments_are_named(tmp_path: Path):
    _, questionnaire = column(tmp_path, [f"{i},5" for i in range(1, 12)] + ["a dozen"])
    assert "# confirm: 11 of 12 are numbers, but not 'a dozen'" in questionnaire
    moments = [datetime.datetime(2024, 4, i) for i in range(1, 12)]
    _, questionnaire = drafted(tmp_path / "b", book(tmp_path / "b.xlsx", [*moments, "03/04/2024"]))
    assert "# confirm: moments in several forms" in questionnaire


def test_a_date_with_two_readings_is_asked_and_one_with_a_day_above_twelve_is_not(tmp_path: Path):
    values, questionnaire = column(tmp_path, [f"{i:02}/05/2024" for i in range(1, 13)])
    assert "all dates fit both ways" in questionnaire
    (tmp_path / "b").mkdir()
    values, questionnaire = column(tmp_path / "b", [f"05/{i:02}/2024" for i in range(2, 14)])
    assert "both ways" not in questionnaire
    assert values[0] == pd.Timestamp(2024, 5, 2)


def test_one_column_of_dates_tells_how_another_is_written(tmp_path: Path):
    rows = [["id", "asked", "bought"]]
    rows += [[str(i), f"{i % 12 + 1:02}/05/2024", f"05/{i % 28 + 1:02}/2024"] for i in range(1, 31)]
    frame, questionnaire = drafted(tmp_path, survey_exports.write_csv(tmp_path / "a.csv", rows))
    assert frame["asked"][0] == pd.Timestamp(2024, 2, 5)
    assert frame["bought"][0] == pd.Timestamp(2024, 5, 2)
    assert "both ways" not in questionnaire


def test_serial_numbers_of_excel_and_of_an_older_mac(tmp_path: Path):
    rows = [["id", "Start date", "q"], *([str(i), str(45292 + i), "ab"[i % 2]] for i in range(1, 13))]
    wave = new(tmp_path, "w", [survey_exports.write_csv(tmp_path / "a.csv", rows)]).folder
    path = wave / "questionnaire.yaml"
    text = path.read_text(encoding="utf-8")
    assert "# confirm: days since 1900, as Excel numbers them, in 'Start date'" in text
    first = ingest(load_codebook(wave), wave / "responses.csv").responses["paradata.started"][0]
    assert first == pd.Timestamp(2024, 1, 2)
    path.write_text(
        text.replace('"excel"', '"excel_1904"').replace("[excel]", "[excel_1904]"), encoding="utf-8"
    )
    first = ingest(load_codebook(wave), wave / "responses.csv").responses["paradata.started"][0]
    assert first == pd.Timestamp(2028, 1, 3)


def test_a_number_without_an_end_is_refused(tmp_path: Path):
    wave = new(tmp_path, "w", [book(tmp_path / "a.xlsx", [i + 0.5 for i in range(12)])]).folder
    for text in ("1e999", "inf", "nan", "0x10", "1_000", "1,000.5"):
        book(wave / "responses.xlsx", [*(i + 0.5 for i in range(11)), text])
        with pytest.raises(StudyError, match=f"column 'q', row 13: '{text}' stands 1 time"):
            ingest(load_codebook(wave), wave / "responses.xlsx")


def test_ids_of_many_digits_keep_them_in_a_text_and_are_doubted_as_numbers(tmp_path: Path):
    ids = [12345678901234567000 + i for i in range(1, 13)]
    rows = [["id", "q"], *([str(one), "ab"[i % 2]] for i, one in enumerate(ids))]
    frame, _ = drafted(tmp_path, survey_exports.write_csv(tmp_path / "a.csv", rows))
    assert frame["response_id"].tolist() == [str(one) for one in ids]
    rows = [rows[0], *([int(one), answer] for one, answer in rows[1:])]
    path = survey_exports.workbook(tmp_path / "b.xlsx", {"S": rows})
    _, questionnaire = drafted(tmp_path / "b", path)
    assert "# confirm: 'id' has numbers such as 1234567890123456" in questionnaire
    path = tmp_path / "c.sav"
    pyreadstat.write_sav(pd.DataFrame({"id": [float(one) for one in ids], "q": ["a", "b"] * 6}), path)
    _, questionnaire = drafted(tmp_path / "c", path)
    assert "# confirm: 'id' has numbers such as 1234567890123456" in questionnaire


def test_a_number_with_more_digits_than_a_computer_keeps_is_refused(tmp_path: Path):
    wave = new(tmp_path, "w", [book(tmp_path / "a.xlsx", [i + 0.5 for i in range(12)])]).folder
    book(wave / "responses.xlsx", [*(i + 0.5 for i in range(11)), "12345678901234567891"])
    with pytest.raises(StudyError, match=r"column 'q', row 13: '12345678901234567891' stands 1 time"):
        ingest(load_codebook(wave), wave / "responses.xlsx")


def test_answers_in_merged_cells_are_refused_and_merged_headings_are_not(tmp_path: Path):
    values = ["a", "b"] * 6
    with pytest.raises(
        StudyError, match=r"a\.xlsx, row 4: merged cells among the answers: B4:B6(.|\n)*unmerge"
    ):
        new(tmp_path, "w", [book(tmp_path / "a.xlsx", values, lambda sheet: sheet.merge_cells("B4:B6"))])
    assert not (tmp_path / "data").exists()
    titled = book(tmp_path / "b.xlsx", [3, 4] * 6, lambda sheet: sheet.merge_cells("A1:C1"))
    wave = new(tmp_path, "w", [titled]).folder
    book(wave / "responses.xlsx", [3, 4] * 6, lambda sheet: sheet.merge_cells("B12:B13"))
    with pytest.raises(StudyError, match="merged cells among the answers: B12:B13"):
        ingest(load_codebook(wave), wave / "responses.xlsx")


@pytest.mark.parametrize("name", ["errors.ods", "errors.xls", "a.xlsb"])
def test_errors_of_cells_in_other_workbooks_are_named_or_said_not_to_be_seen(tmp_path: Path, name: str):
    if name == "a.xlsb":
        values = [2, "#N/A", "#N/A", 8, 10]
        rows = [["id", "q"], *enumerate(values, 1)]
        path = survey_exports.binary_workbook(tmp_path / name, [list(row) for row in rows], errors=["#N/A"])
    else:
        (path,) = survey_exports.written(tmp_path, name)
    frame, questionnaire = drafted(tmp_path, path)
    assert frame["q"].tolist()[3:] == [8, 10]
    assert frame["q"].isna().tolist() == [False, True, True, False, False]
    told = "cannot be told from empty ones in .xls" if name.endswith(".xls") else "'#N/A' stands there"
    assert told in questionnaire


@pytest.mark.parametrize("name", ["errors.xls", "errors.ods"])
def test_durations_percent_and_money_of_a_workbook_are_numbers(tmp_path: Path, name: str):
    frame, _ = drafted(tmp_path, *survey_exports.written(tmp_path, name))
    assert frame["d"].tolist() == [3600.0 * (30 + i) for i in range(1, 6)]
    assert frame["p"].tolist() == [0.01, 0.02, 0.03, 0.04, 0.05]
    assert frame["c"].tolist() == [1000.5, 2001, 3001.5, 4002, 5002.5]


def test_of_several_sheets_the_largest_visible_one_is_read_and_that_is_asked(tmp_path: Path):
    rows = [["id", "q"], *([i, "ab"[i % 2]] for i in range(1, 13))]
    sheets = {"Notes": [["made by"], ["us"]], "Answers": rows, "Old": [*rows, *rows[1:]]}
    path = survey_exports.workbook(tmp_path / "a.xlsx", sheets)
    made = openpyxl.load_workbook(path)
    made["Old"].sheet_state = "hidden"
    made["Answers"].row_dimensions[4].hidden = True
    made.save(path)
    frame, questionnaire = drafted(tmp_path, path)
    assert len(frame) == 12
    assert "# confirm: sheet 'Answers' of Notes, Answers, Old" in questionnaire


def test_moments_with_a_zone(tmp_path: Path):
    moments = [datetime.datetime(2024, month, 2, 12, tzinfo=datetime.UTC) for month in (1, 7)] * 6
    zoned = pa.array(moments, pa.timestamp("us", "Europe/Amsterdam"))
    pq.write_table(pa.table({"id": range(12), "q": zoned}), tmp_path / "a.parquet")
    frame, _ = drafted(tmp_path, tmp_path / "a.parquet")
    assert frame["q"].tolist() == [moment.replace(tzinfo=None) for moment in moments]
    # Google Forms writes the zone as no other does, and changes it with summer time.
    texts = ["2024/01/02 1:00:00 PM GMT+1", "2024/07/02 2:00:00 PM GMT+2", "2024/07/02 12:00:00 PM GMT"]
    rows = [["Timestamp", "Role"], *([texts[i % 3], "ab"[i % 2]] for i in range(12))]
    frame, _ = drafted(tmp_path / "b", survey_exports.write_csv(tmp_path / "b.csv", rows))
    assert set(frame["paradata.submitted"]) == {moment.replace(tzinfo=None) for moment in moments}


@pytest.mark.parametrize("suffix", ["dta", "parquet"])
def test_numbers_of_single_precision_are_what_was_typed(tmp_path: Path, suffix: str):
    frame = pd.DataFrame({"id": range(12), "q": np.array([0.1, 2.7, 16.35] * 4, dtype="float32")})
    path = tmp_path / f"a.{suffix}"
    frame.to_stata(path, write_index=False) if suffix == "dta" else frame.to_parquet(path)
    assert drafted(tmp_path, path)[0]["q"].tolist() == [0.1, 2.7, 16.35] * 4


def test_lists_and_texts_without_a_type_in_parquet(tmp_path: Path):
    chosen = [["Phone; fax", "E-mail"], ["E-mail"], [], None] * 3
    table = pa.table({"id": range(12), "q": chosen, "role": pa.array([b"caf\xc3\xa9", b"bar"] * 6)})
    pq.write_table(table, tmp_path / "a.parquet")
    frame, _ = drafted(tmp_path, tmp_path / "a.parquet")
    assert frame["q.phone_fax"].fillna(False).tolist() == [True, False, False, False] * 3
    assert frame["q.e_mail"].fillna(False).tolist() == [True, True, False, False] * 3
    assert frame["role"].tolist() == ["cafe", "bar"] * 6
    unclear = pa.table({"id": range(3), "q": [["a;b"], ["a", "b"], ["b"]]})
    pq.write_table(unclear, tmp_path / "b.parquet")
    with pytest.raises(StudyError, match=r"b\.parquet, column 'q': 'a;b' is one item of a list"):
        new(tmp_path, "x", [tmp_path / "b.parquet"])


def test_missing_codes_of_stata_and_sas_keep_apart_from_nothing(tmp_path: Path):
    path = tmp_path / "a.dta"
    values = [1.5, "a", "z", None, *(i + 0.5 for i in range(8))]
    pyreadstat.write_dta(
        pd.DataFrame({"id": range(12), "hours": values}), path, missing_user_values={"hours": ["a", "z"]}
    )
    written = survey_exports.written(tmp_path, "missing.sas7bdat", "missing.dta")
    for folder, file in zip("abc", [path, *written], strict=True):
        wave = new(tmp_path / folder, "w", [file]).folder
        codebook = load_codebook(wave)
        declared = [missing.code for missing in codebook.question("hours").missing]
        assert [code.lower() for code in declared if code] == (["z"] if folder == "c" else ["a", "z"])
        found = ingest(codebook, wave / codebook.source.file).responses
        assert found["hours"].isna().sum() == {"a": 3, "b": 4, "c": 6}[folder]
    assert found["hours"].tolist()[:2] == [0.1, 2.7]
    assert found["q"].tolist()[:2] == ["yes", "no"]
    assert found["q.missing"].tolist()[2:4] == ["refused", "dont_know"]


def test_codes_of_spss_of_every_kind(tmp_path: Path):
    path = tmp_path / "a.sav"
    columns = {
        "negative": [-1.0, -2.0, 1.0, 1.0],
        "fraction": [1.5, 2.5, 3.0, 1.5],
        "twice": [1.0, 2.0, 3.0, 3.0],
        "unused": [1.0, 2.0, 2.0, 1.0],
        "partly": [1.0, 2.0, 7.0, 1.0],
        "text": ["a", "b", "x", "a"],
        "long": ["y" * 300, "z" * 5000, "y" * 300, ""],
        "reasons": [1.0, 97.0, 98.0, -5.0],
    }
    labels = {
        "negative": {-1.0: "No", -2.0: "Refused", 1.0: "Yes"},
        "fraction": {1.5: "low", 2.5: "middle", 3.0: "high"},
        "twice": {1.0: "Same", 2.0: "Same", 3.0: "Other thing"},
        "unused": {float(i): f"Option {i}" for i in range(1, 6)},
        "partly": {1.0: "a", 2.0: "b"},
        "reasons": {1.0: "Yes", 2.0: "No", 98.0: "Don't know"},
    }
    pyreadstat.write_sav(
        pd.DataFrame({"id": range(12)} | {name: values * 3 for name, values in columns.items()}),
        path,
        variable_value_labels=labels,
        missing_ranges={"text": ["x"], "reasons": [{"lo": 97, "hi": 99}, -5]},
    )
    frame, questionnaire = drafted(tmp_path, path)
    first = {name: frame[name].astype(object).tolist()[:4] for name in columns}
    assert first["negative"][2:] == ["yes", "yes"]
    assert frame["negative.missing"].tolist()[1] == "refused"
    assert first["fraction"] == ["low", "middle", "high", "low"]
    assert first["twice"] == ["same", "same_2", "other_thing", "other_thing"]
    assert "# confirm: several codes are called 'Same': one answer?" in questionnaire
    assert list(frame["unused"].cat.categories) == [f"option_{i}" for i in range(1, 6)]
    assert "# confirm: answers that the structure does not name: 7" in questionnaire
    assert first["text"][:2] == ["a", "b"]
    assert [len(text) for text in frame["long"].dropna()[:3]] == [300, 5000, 300]
    assert frame["text.missing"].tolist()[2] == "no_answer"
    assert frame["reasons.missing"].tolist()[1:4] == ["no_answer", "dont_know", "no_answer"]


def test_dates_times_and_money_of_spss(tmp_path: Path):
    path = tmp_path / "a.sav"
    days = [datetime.date(2024, 1, i) for i in range(1, 13)]
    pyreadstat.write_sav(
        pd.DataFrame({"id": range(12), "day": days, "paid": [1000.25] * 12, "share": [7.5] * 12}),
        path,
        variable_format={"paid": "DOLLAR12.2", "share": "PCT8.1"},
    )
    frame, _ = drafted(tmp_path, path)
    assert [moment.date() for moment in frame["day"]] == days
    assert set(frame["paid"]) == {1000.25}
    assert set(frame["share"]) == {7.5}


def test_moments_of_stata_and_spss_in_any_form(tmp_path: Path):
    moments = pd.date_range("2020-01-05 10:30", periods=12, freq="MS") + pd.Timedelta(days=4)
    frame = pd.DataFrame({"id": range(12), "day": moments, "at": moments, "month": moments})
    path = tmp_path / "a.dta"
    frame.to_stata(path, write_index=False, convert_dates={"day": "td", "at": "tc", "month": "tm"})
    for plain, own in ((b"%td", b"%tdDD/NN/CCYY"), (b"%tc", b"%-tcDD.NN.CCYY_HH:MM")):
        assert path.read_bytes().count(plain) == 1
        content = path.read_bytes().replace(plain.ljust(len(own), b"\0"), own)
        path.write_bytes(content)
    read, questionnaire = drafted(tmp_path, path)
    assert read["day"].tolist() == list(moments.normalize())
    assert read["at"].tolist() == list(moments)
    assert read["month"].tolist() == [float(n) for n in range(721, 733)]
    assert "# confirm: 'month' counts months from 1960 (%tm): read as numbers" in questionnaire
    path = tmp_path / "a.sav"
    seconds = (moments.normalize() - pd.Timestamp(1582, 10, 14).as_unit("s")) / pd.Timedelta(seconds=1)
    frame = pd.DataFrame({"id": range(12), "month": seconds})
    pyreadstat.write_sav(frame, path, variable_format={"month": "MOYR8"})
    assert drafted(tmp_path / "b", path)[0]["month"].tolist() == list(moments.normalize())


@pytest.mark.parametrize(
    ("declared", "names"),
    [
        (b"$channels=D1 1 8 Channels CH1 CH2 CH3\n", ["channels.post", "channels.telephone_including_fax"]),
        (b"$channels=D1 1 0  CH1 CH2 CH3\n", ["channels.channels_post"]),
        (b"$channels=E 1 1 1 8 Channels CH1 CH2 CH3\n", ["channels.post"]),
        (b"$habits=C 6 Habits HB1 HB2\n", ["habits.never", "habits.sometimes", "habits.often"]),
        (b"$habits=C 0  HB1 HB2\n", ["habits.never"]),
    ],
    ids=["ticks", "ticks without a label", "ticks with labels of values", "categories", "categories without"],
)
def test_sets_of_spss_of_both_kinds(tmp_path: Path, declared: bytes, names: list[str]):
    (path,) = survey_exports.sav(tmp_path)
    survey_exports.declare_sets(path, declared)
    frame, _ = drafted(tmp_path, path)
    assert set(names) <= set(frame.columns)
    if b"habits" in declared:
        chosen = [set(row["habits"]) for row in survey_exports.ROWS]
        assert frame["habits.never"].tolist() == ["Never" in one for one in chosen]


def test_options_of_microsoft_forms_may_hold_the_sign_between_them(tmp_path: Path):
    cells = ["Phone; fax;", "E-mail;", "Phone; fax;E-mail;", "Post;E-mail;"]
    head = ["ID", "Start time", "Completion time", "Email", "Name", "Channels"]
    rows = [[i + 1, "2026-03-01", "2026-03-01", "anonymous", None, cells[i % 4]] for i in range(40)]
    frame, questionnaire = drafted(
        tmp_path, survey_exports.workbook(tmp_path / "a.xlsx", {"S": [head, *rows]})
    )
    assert frame["channels.phone_fax"].tolist() == ["Phone" in cells[i % 4] for i in range(40)]
    assert frame["channels.e_mail"].tolist() == ["E-mail" in cells[i % 4] for i in range(40)]
    assert "# confirm: options that hold the separator: Phone; fax" in questionnaire


IRISES = Path("/usr/lib/R/site-library/haven/examples/iris.sas7bdat")


@pytest.mark.skipif(not IRISES.is_file(), reason="R's haven, which has a file written by SAS, is not here")
def test_a_file_that_sas_wrote(tmp_path: Path):
    frame, _ = drafted(tmp_path, IRISES)
    # The means that Fisher published in 1936, of 50 flowers each.
    assert len(frame) == 150
    assert frame["sepal_length"].mean() == pytest.approx((5.006 + 5.936 + 6.588) / 3)
    assert frame["petal_width"].mean() == pytest.approx((0.246 + 1.326 + 2.026) / 3)
    assert frame["species"].value_counts().tolist() == [50, 50, 50]


def test_one_choice_and_several_in_cells_of_odk(tmp_path: Path):
    _, form = survey_exports.kobo(tmp_path)
    rows = [["SubmissionDate", "role", "more-habits_meetings_start_time", "KEY", "SubmitterID"]]
    rows += [
        ["2026-03-01T09:00:00.000Z", "manager", ["never", "often"][i % 2], f"uuid:{i}", "5"]
        for i in range(12)
    ]
    frame, questionnaire = drafted(tmp_path, survey_exports.write_csv(tmp_path / "a.csv", rows), form)
    assert survey_exports.HABITS[0] in questionnaire
    assert list(frame["habits_meetings_start_time"].cat.categories) == [
        "never",
        "sometimes",
        "often",
        "always",
    ]
