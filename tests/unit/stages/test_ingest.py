import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nsmo.stages.ingest import codes, ingest, overview, public, untidy
from nsmo.study import StudyError, load_codebook
from nsmo.study.privacy import Privacy


def refusal(codebook, path) -> str:
    with pytest.raises(StudyError) as caught:
        ingest(codebook, path)
    return str(caught.value)


def test_every_type_is_coded(codebook, export_file):
    path = export_file({"Q5": "A1", "Q6": "12,5", "Q7": "1987-06-05 00:00:00"})
    row = ingest(codebook, path).responses.iloc[0]
    assert row["response_id"] == "1"
    assert row["size"] == "small"
    assert row["fresh"] == "agree"
    assert [bool(row[f"breads.{name}"]) for name in ("white", "rye", "none", "other")] == [
        True,
        False,
        False,
        False,
    ]
    assert row["turnover"] == 12.5
    assert row["founded"] == pd.Timestamp("1987-06-05")
    assert row["bakery"] == "Bakkerij 1"
    assert row["paradata.last_page"] == 3
    assert row["paradata.duration"] == 600.0


def test_ordinal_answers_keep_the_order_of_the_codebook(codebook, export_file):
    responses = ingest(codebook, export_file({"Q4[SQ001]": "A3"}, {"Q4[SQ001]": "A1"})).responses
    assert list(responses["fresh"].cat.categories) == ["disagree", "neutral", "agree"]
    assert responses["fresh"].max() == "agree"
    assert not responses["size"].cat.ordered


@pytest.mark.parametrize(
    ("answers", "question", "reason"),
    [
        ({"Q4[SQ001]": "A4"}, "fresh", "dont_know"),
        ({"Q3": "A9"}, "size", "refused"),
        ({"Q3": ""}, "size", "no_answer"),
        ({"Q3": "N/A"}, "size", "no_answer"),
        ({"Q2[SQ001]": ""}, "breads", "no_answer"),
        ({"Q5": "A2"}, "turnover", "not_asked"),
        ({"Q5": "A1"}, "turnover", "no_answer"),
        ({"submitdate": "", "lastpage": "2", "Q5": "", "Q4[SQ001]": ""}, "fresh", "not_asked"),
        ({"submitdate": "", "lastpage": "2", "Q3": ""}, "size", "no_answer"),
    ],
)
def test_the_reason_for_no_answer_is_told(codebook, export_file, answers, question, reason):
    responses = ingest(codebook, export_file(answers)).responses
    assert responses[f"{question}.missing"].tolist() == [reason]
    assert responses[codebook.variable(question).columns].isna().all(axis=None)


def test_an_answered_question_has_no_reason(codebook, export_file):
    responses = ingest(codebook, export_file({})).responses
    assert responses["size.missing"].isna().all()
    assert responses["breads.missing"].isna().all()


def test_other_text_ticks_other(codebook, export_file):
    responses = ingest(codebook, export_file({"Q2[SQ001]": "", "Q2[other]": "Spelt"})).responses
    assert bool(responses.loc[0, "breads.other"])
    assert not bool(responses.loc[0, "breads.white"])
    assert responses.loc[0, "breads.other_text"] == "Spelt"


def test_marks_and_blanks_are_taken_out_and_recorded(codebook, export_file):
    path = export_file({"Q3": "\ufeffA1"}, {"Q3": " A2 "}, {"Q3": "\u00a0A3"}, {"Q8": "Bakker\r\nJansen"})
    ingested = ingest(codebook, path)
    assert ingested.responses["size"].tolist() == ["small", "middle", "large", "small"]
    assert ingested.responses.loc[3, "bakery"] == "Bakker\nJansen"
    problems = ingested.problems.set_index(["column", "problem"])["lines"]
    assert problems["Q3", "byte-order mark or zero-width sign inside a value"] == "2"
    assert problems["Q3", "no-break or other odd blank"] == "4"
    assert problems["Q3", "blanks around a value"] == "3, 4"
    assert problems["Q8", "line break inside a value"] == "5"


def test_a_quoted_line_break_does_not_shift_the_lines_of_later_problems(codebook, export_file):
    text = refusal(codebook, export_file({"Q8": "two\nlines"}, {"Q3": "A7"}))
    assert "column 'Q3', line 4" in text


def test_dates_in_two_forms_are_read_and_recorded(codebook, export_file):
    ingested = ingest(codebook, export_file({}, {"submitdate": "05-03-2020 10:00"}))
    assert ingested.responses["paradata.submitted"].tolist() == [pd.Timestamp("2020-03-05 10:00")] * 2
    assert "date written as %d-%m-%Y %H:%M" in ingested.problems["problem"].tolist()


def test_a_decimal_point_is_read_and_recorded(codebook, export_file):
    ingested = ingest(codebook, export_file({"interviewtime": "612.25"}))
    assert ingested.responses.loc[0, "paradata.duration"] == 612.25
    assert "decimal sign other than ','" in ingested.problems["problem"].tolist()


def test_a_number_that_can_be_read_in_two_ways_is_refused(codebook, export_file):
    assert "'1.234' stands 1 time" in refusal(codebook, export_file({"interviewtime": "1.234"}))


def test_an_unknown_code_is_named_with_count_lines_codes_and_cure(codebook, export_file):
    text = refusal(codebook, export_file({}, {"Q3": "A7"}, {"Q3": "A7"}))
    assert "the code 'A7' stands 2 times in the column of 'size'" in text
    assert "responses.csv, column 'Q3', lines 3, 4" in text
    assert "A1 (small), A2 (middle), A3 (large)" in text
    assert "add it to the options or to missing of 'size' in questionnaire.yaml" in text


def test_an_unknown_tick_is_named(codebook, export_file):
    text = refusal(codebook, export_file({"Q2[SQ002]": "X"}))
    assert "the code 'X' stands 1 time in the column of 'breads.rye'" in text


def test_all_disagreements_come_at_once(codebook, export_file):
    header = "id,submitdate,lastpage,interviewtime,seed,Q1,Q2[SQ001],Q2[SQ002],Q2[SQ003],Q2[other],Q3,X9"
    text = refusal(codebook, export_file({"Q1": "Z", "lastpage": "three"}, header=header.split(",")))
    assert "the column 'X9' is in the export, but the questionnaire does not know it" in text
    assert "line 1, column 12" in text
    assert "the column 'Q5' of 'online' is not in the export" in text
    assert "the code 'Z' stands 1 time in the column of 'consent'" in text
    assert "'three' stands 1 time in the column of 'paradata.last_page'" in text


def test_a_number_out_of_range_is_refused(codebook, export_file):
    text = refusal(codebook, export_file({"Q5": "A1", "Q6": "-3"}))
    assert "'-3' stands 1 time" in text
    assert "a number from 0" in text


def test_the_same_response_id_twice_is_refused(codebook, export_file):
    assert "the response id '7' on 2 rows" in refusal(codebook, export_file({"id": "7"}, {"id": "7"}))


def test_a_torn_row_names_its_line(codebook, export_file):
    path = export_file({}, {})
    path.write_text(path.read_text(encoding="utf-8-sig") + "3,2020\n", encoding="utf-8-sig")
    assert "responses.csv, line 4: 2 cells where the header has 18" in refusal(codebook, path)


def test_a_wrong_encoding_names_the_line(codebook, export_file):
    path = export_file({"Q8": "Café"})
    path.write_bytes(path.read_text(encoding="utf-8-sig").encode("latin-1"))
    text = refusal(codebook, path)
    assert "responses.csv, line 2: byte 0xe9 is not utf-8-sig" in text
    assert "source.encoding" in text


def test_a_missing_export_says_where_to_put_it(codebook, tmp_path):
    assert "put the export there as responses.csv" in refusal(codebook, tmp_path / "responses.csv")


def test_an_answer_to_a_question_that_was_not_asked_is_kept_and_recorded(codebook, export_file):
    ingested = ingest(codebook, export_file({"Q5": "A2", "Q6": "40"}))
    assert ingested.responses.loc[0, "turnover"] == 40.0
    assert "'turnover' is answered though it was not asked" in ingested.problems["problem"].tolist()


def test_each_code_is_counted_once_also_those_nobody_used(codebook, export_file):
    counts = ingest(codebook, export_file({"Q3": "A1"}, {"Q3": "A2"}, {"Q3": "A9"}, {"Q3": ""})).counts
    size = counts[counts["question"] == "size"]
    assert dict(zip(size["raw"] + ">" + size["coded"], size["n"], strict=True)) == {
        "A9>refused": 1,
        "A1>small": 1,
        "A2>middle": 1,
        "A3>large": 0,
        ">no_answer": 1,
        ">not_asked": 0,
    }
    assert size["n"].sum() == 4


def test_schema_tells_what_each_column_is_and_where_it_comes_from(codebook, export_file):
    schema = ingest(codebook, export_file({})).schema
    columns = {column["column"]: column for column in schema["columns"]}
    assert schema["responses"] == 1
    assert columns["breads.rye"]["from"] == "Q2[SQ002]"
    assert columns["breads.rye"]["label"]["nl"] == "Roggebrood"
    assert columns["fresh"]["dtype"] == "ordered categories"
    assert columns["paradata.submitted"]["dtype"] == "datetime"


def test_the_overview_counts_answers_and_reasons(codebook, export_file):
    responses = ingest(codebook, export_file({}, {"Q3": "A9"}, {"Q3": ""}, {"Q3": ""})).responses
    size = overview(codebook, responses).set_index("question").loc["size"]
    assert size[["answered", "refused", "no_answer", "not_asked"]].tolist() == [
        1,
        1,
        2,
        0,
    ]


def test_untidy_cells_are_summed_up_by_kind(codebook, export_file):
    problems = ingest(
        codebook, export_file({"Q3": " A1"}, {"Q3": "A1 ", "Q5": " A2"}, {"Q3": "\ufeffA1"})
    ).problems
    assert untidy(problems).to_dict("records") == [
        {"problem": "blanks around a value", "columns": 2, "n": 3, "where": "line 2, Q3"},
        {
            "problem": "byte-order mark or zero-width sign inside a value",
            "columns": 1,
            "n": 1,
            "where": "line 4, Q3",
        },
    ]


def test_a_multi_question_in_one_cell_is_split(codebook_file, codebook_text, export_file):
    text = codebook_text
    for i, name in enumerate(("white", "rye", "none"), 1):
        text = text.replace(f'{{name: {name}, column: "Q2[SQ00{i}]"', f"{{name: {name}, code: {name.title()}")
    text = text.replace("type: multi\n", 'type: multi\n    column: Breads\n    separator: ";"\n')
    header = ["id", "submitdate", "lastpage", "interviewtime", "seed", "Q1", "Breads", "Q2[other]", "Q3"]
    header += ["Q4[SQ001]", "Q4[SQ002]", "Q4[SQ003]", "Q5", "Q6", "Q7", "Q8"]
    book = load_codebook(codebook_file(text))
    responses = ingest(book, export_file({"Breads": "White; Rye"}, {"Breads": ""}, header=header)).responses
    assert responses["breads.white"].tolist() == [True, pd.NA]
    assert responses["breads.none"].tolist() == [False, pd.NA]
    wrong = export_file({"Breads": "White;Spelt"}, header=header)
    assert "the code 'Spelt' stands 1 time in the column of 'breads'" in refusal(book, wrong)


def test_an_answer_may_hold_the_sign_that_separates_answers(codebook_file, codebook_text, export_file):
    text = codebook_text
    for i, (name, code) in enumerate((("white", "White"), ("rye", "Rye, dark"), ("none", "None")), 1):
        text = text.replace(f'{{name: {name}, column: "Q2[SQ00{i}]"', f'{{name: {name}, code: "{code}"')
    text = text.replace("type: multi\n", 'type: multi\n    column: Breads\n    separator: ","\n')
    header = ["id", "submitdate", "lastpage", "interviewtime", "seed", "Q1", "Breads", "Q2[other]", "Q3"]
    header += ["Q4[SQ001]", "Q4[SQ002]", "Q4[SQ003]", "Q5", "Q6", "Q7", "Q8"]
    rows = ({"Breads": "White, Rye, dark"}, {"Breads": "Rye, dark"})
    responses = ingest(load_codebook(codebook_file(text)), export_file(*rows, header=header)).responses
    assert responses["breads.white"].tolist() == [True, False]
    assert responses["breads.rye"].tolist() == [True, True]


# -- what an export may look like ----------------------------------------------------------------------------


def rewritten(path, change):
    """Change the text of an export."""
    path.write_text(change(path.read_text("utf-8-sig")), encoding="utf-8-sig", newline="")
    return path


def test_the_line_of_excel_that_says_what_separates_is_left_out(codebook, export_file):
    path = rewritten(export_file({}, {"Q3": "A7"}), lambda text: "sep=,\r\n" + text)
    assert "line 4: the code 'A7'" in refusal(codebook, path)
    other = rewritten(export_file({}), lambda text: "sep=;\r\n" + text)
    assert "the file says sep=;, and the delimiter is ','" in refusal(codebook, other)


def test_rows_in_which_nothing_stands_are_no_responses(codebook, export_file):
    path = rewritten(
        export_file({}), lambda text: text + "," * (len(text.split("\n")[0].split(",")) - 1) + "\n"
    )
    assert len(ingest(codebook, path).responses) == 1


def test_an_answer_of_any_length_is_read(codebook, export_file):
    responses = ingest(codebook, export_file({"Q8": "x" * 200_000})).responses
    assert len(responses["bakery"][0]) == 200_000


def test_columns_without_name_and_content_are_left_out(codebook, export_file):
    path = rewritten(export_file({}), lambda text: "\n".join(f"{line}," for line in text.split("\n") if line))
    assert len(ingest(codebook, path).responses) == 1


def test_two_columns_of_one_name_are_told_apart_by_number(codebook_file, codebook_text, export_file):
    def twice(text):
        return "\n".join(
            f"{line.rstrip()},{chr(34)}Q3{chr(34)}" if i == 0 else f'{line.rstrip()},"A2"'
            for i, line in enumerate(text.strip().split("\n"))
        )

    path = rewritten(export_file({}), twice)
    text = refusal(load_codebook(codebook_file()), path)
    assert "the column 'Q3' of 'size' is there 2 times" in text
    assert "the second is called 'Q3 (2)' here" in text
    told = codebook_text.replace("column: Q3", 'column: "Q3 (2)"').replace("[seed]", "[seed, Q3]")
    assert ingest(load_codebook(codebook_file(told)), path).responses["size"].tolist() == ["middle"]


def test_a_column_that_is_nearly_known_comes_with_a_suggestion(codebook, export_file):
    path = rewritten(export_file({}), lambda text: text.replace("interviewtime", "interview time"))
    text = refusal(codebook, path)
    assert "the column 'interviewtime' of 'paradata.duration' is not in the export" in text
    assert "perhaps interview time" in text
    assert "perhaps interviewtime" in text


def test_of_many_wrong_values_five_are_shown_and_the_rest_counted(codebook, export_file):
    rows = [{"Q3": f"B{i}"} for i in range(8)] + [{} for _ in range(20)]
    text = refusal(codebook, export_file(*rows))
    assert text.count("the code 'B") == 5
    assert "3 more values in the column of 'size' cannot be read" in text


def test_values_that_may_tell_who_somebody_is_are_not_shown(codebook_file, codebook_text, export_file):
    rows = [{"Q3": f"name{i}@example.org"} for i in range(8)]
    text = refusal(load_codebook(codebook_file()), export_file(*rows))
    assert "@" not in text
    assert "8 values that cannot be read, in the column of 'size'" in text
    secret = codebook_text.replace("name: founded\n", "name: founded\n    identifying: true\n")
    text = refusal(load_codebook(codebook_file(secret)), export_file({"Q7": "born in may"}))
    assert "born" not in text
    assert "1 value that cannot be read, in the column of 'founded' (not shown: it is identifying)" in text


def test_moments_with_offsets_of_winter_and_summer_are_read(codebook_file, codebook_text, export_file):
    text = codebook_text.replace('"%d-%m-%Y %H:%M"', '"%Y-%m-%dT%H:%M:%S%z"')
    rows = ({"Q7": "2018-01-26T13:00:00+01:00"}, {"Q7": "2018-07-26T13:00:00+02:00"})
    founded = ingest(load_codebook(codebook_file(text)), export_file(*rows)).responses["founded"]
    assert founded.dt.hour.tolist() == [12, 11]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("encoding: utf-8-sig", "encoding: ansi8", "'ansi8' is no encoding"),
        ("encoding: utf-8-sig", "encoding: base64", "'base64' is no encoding"),
        ("file: responses.csv", "file: ../2019/responses.csv", "is no file in the folder of the wave"),
        ("file: responses.csv", "file: /etc/passwd", "is no file in the folder of the wave"),
        ("large, code: A3", "large, code: 123", "123 is not a text"),
        ("{name: large, code", "{name: top, code", "the option name 'top' is taken"),
        ("{name: none, column", "{name: missing, column", "the option name 'missing' is taken"),
    ],
)
def test_what_a_stage_would_stumble_over_is_refused_when_the_files_are_read(
    codebook_file, codebook_text, old, new, said
):
    assert old in codebook_text
    with pytest.raises(StudyError) as caught:
        load_codebook(codebook_file(codebook_text.replace(old, new, 1)))
    assert said in str(caught.value)
    assert "questionnaire.yaml, line" in str(caught.value)


answers = st.lists(
    st.fixed_dictionaries(
        {
            "Q3": st.sampled_from(["A1", "A2", "A3", "A9", ""]),
            "Q4[SQ001]": st.sampled_from(["A1", "A2", "A3", "A4", ""]),
            "Q2[SQ001]": st.sampled_from(["Y", ""]),
            "Q2[other]": st.text("abcÀ ", max_size=4),
            "Q5": st.sampled_from(["A1", "A2", ""]),
            "Q6": st.one_of(
                st.just(""), st.integers(0, 999).map(lambda n: f"{n / 10:.1f}".replace(".", ","))
            ),
            "Q8": st.text("abc,;\"'\n\u00a0é", max_size=6),
        }
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(answers)
def test_the_export_can_be_written_again_from_the_coded_answers(codebook, export_file, rows):
    responses = ingest(codebook, export_file(*rows)).responses
    assert len(responses) == len(rows)
    back = {
        "Q3": {"small": "A1", "middle": "A2", "large": "A3", "refused": "A9"},
        "Q4[SQ001]": {"disagree": "A1", "neutral": "A2", "agree": "A3", "dont_know": "A4"},
        "Q5": {"yes": "A1", "no": "A2"},
    }
    for column, name in (("Q3", "size"), ("Q4[SQ001]", "fresh"), ("Q5", "online")):
        either = responses[name].astype(object).where(responses[name].notna(), responses[f"{name}.missing"])
        assert [back[column].get(value, "") for value in either] == [row[column] for row in rows]
    for row, (_, coded) in zip(rows, responses.iterrows(), strict=True):
        ticked = coded["breads.white"] is not pd.NA and bool(coded["breads.white"])
        assert ticked == (row["Q2[SQ001]"] == "Y")
        text = coded["breads.other_text"]
        assert ("" if pd.isna(text) else text) == row["Q2[other]"].strip()
        number = "" if pd.isna(coded["turnover"]) else f"{coded['turnover']:.1f}".replace(".", ",")
        assert number == row["Q6"]


def test_lines_of_real_answers_lead_to_nobody():
    noted = pd.DataFrame(
        {"column": ["Q1", "Q2"], "problem": ["blanks"] * 2, "n": [2, 1], "lines": ["48, 65", "99"]}
    )
    kept = public(noted, Privacy(keep_rows=True))
    assert untidy(kept)["where"].tolist() == ["line 48, Q1"]
    away = public(noted, Privacy())
    assert away["lines"].eq("").all()
    assert untidy(away)["where"].tolist() == ["Q1"]


def test_the_codes_that_are_listed_are_those_that_are_counted(codebook, export_file):
    counts = ingest(codebook, export_file({"Q3": "A1"}, {"Q3": ""})).counts
    size = codes(counts[counts["question"] == "size"])
    assert sorted(size["raw"]) == ["A1", "A2", "A3", "A9"], "no empty cell"
    assert "not ticked" not in set(codes(counts)["coded"])
