"""Boxes that say why no option was ticked, and further habits of tools."""

from pathlib import Path

import openpyxl
import pytest
import yaml
from drafting import drafted, kinds, options, written

from nsmo.draft.new import new
from nsmo.pipeline.wave import check
from nsmo.stages.ingest import ingest
from nsmo.study import load_codebook

TICKS = [["Yes", "No", "No"], ["Yes", "Yes", "No"], ["No", "No", "Yes"], ["No", "No", "No"]]


def boxes(folder: Path, rows: list[list], label: str = "Don't know") -> Path:
    head = ["Respondent", *(f"Which media? [{one}]" for one in ("Radio", "TV", label)), "Team"]
    return written(folder, head, *([i, *rows[i % len(rows)], ["x", "y"][i % 2]] for i in range(80)))


@pytest.mark.parametrize("label", ["Don't know", "Weet niet", "dont_know", "Prefer not to say"])
def test_a_box_of_dont_know_is_a_reason_as_it_is_of_questions_with_one_answer(label, tmp_path: Path):
    codebook, frame, _ = drafted(boxes(tmp_path, TICKS, label))
    (multi,) = [question for question in codebook.questions if question.type == "multi"]
    assert options(codebook, multi.name) == ["Radio", "TV"]
    why = frame[f"{multi.name}.missing"].tolist()
    reason = "refused" if label.startswith("Prefer") else "dont_know"
    # Who saw the boxes and left all of them has ticked none.
    assert [text if text == text else None for text in why[:4]] == [None, None, reason, None]
    assert frame.filter(like=f"{multi.name}.").iloc[2].drop(f"{multi.name}.missing").isna().all()


def test_an_answer_goes_before_a_box_of_dont_know_beside_it_and_is_noted(tmp_path: Path):
    folder = new(tmp_path, "w", [boxes(tmp_path, [*TICKS * 6, ["Yes", "No", "Yes"]])]).folder
    codebook = load_codebook(folder)
    read = ingest(codebook, folder / "responses.csv")
    (multi,) = [question for question in codebook.questions if question.type == "multi"]
    assert read.responses[f"{multi.name}.missing"].isna()[24]
    (noted,) = read.problems[read.problems["problem"].str.contains("a reason for having none")]["n"]
    assert noted == 3


@pytest.mark.parametrize(
    ("label", "rows"),
    [("None of these", TICKS), ("Don't know", [*TICKS, ["Yes", "No", "Yes"]]), ("Not applicable", TICKS)],
)
def test_a_box_that_is_an_answer_or_is_ticked_beside_others_stays_an_option(label, rows, tmp_path: Path):
    codebook, _, _ = drafted(boxes(tmp_path, rows, label))
    (multi,) = [question for question in codebook.questions if question.type == "multi"]
    assert label in options(codebook, multi.name)


def test_a_box_of_a_reason_belongs_beside_options_in_columns_of_their_own(tmp_path: Path):
    folder = new(tmp_path, "w", [boxes(tmp_path, TICKS)]).folder
    path = folder / "questionnaire.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    team = next(one for one in content["questions"] if one["type"] == "single")
    team["missing"] = [{"reason": "dont_know", "column": "Other", "code": "1", "label": "Don't know"}]
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    assert any("the column 'Other' of a reason belongs beside options" in str(one) for one in check(folder))


def test_kobo_a_form_may_put_a_question_to_those_who_ticked_dont_know(tmp_path: Path):
    names = {"tv": "Television", "radio": "Radio", "dk": "Don't know"}
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheets = {
        "survey": [["type", "name", "label", "relevant"], ["select_multiple media", "which", "Which?", ""],
                   ["select_one yn", "again", "Again?", "selected(${which}, 'dk')"]],
        "choices": [["list_name", "name", "label"], *(["media", *one] for one in names.items()),
                    ["yn", "1", "Yes"], ["yn", "0", "No"]],
    }  # fmt: skip
    for sheet, rows in sheets.items():
        made = book.create_sheet(sheet)
        for row in rows:
            made.append(row)
    book.save(tmp_path / "form.xlsx")
    chosen = [["tv"], ["radio", "tv"], ["dk"], ["radio"]]
    rows = []
    for i in range(80):
        ticks = chosen[i % 4]
        again = i // 4 % 2 if "dk" in ticks else ""
        rows.append([i, " ".join(ticks), *(int(one in ticks) for one in names), again])
    head = ["_id", "which", *(f"which/{one}" for one in names), "again"]
    folder = new(tmp_path, "w", [written(tmp_path, head, *rows), tmp_path / "form.xlsx"]).folder
    assert [str(problem) for problem in check(folder)] == []
    codebook = load_codebook(folder)
    frame = ingest(codebook, folder / "responses.csv").responses
    assert frame["again.missing"].eq("not_asked").sum() == 60
    assert frame["which.missing"].eq("dont_know").sum() == 20


def test_microsoft_an_answer_with_its_sign_behind_it_is_one_of_several(tmp_path: Path):
    head = ["ID", "Start time", "Completion time", "Email", "Name", "Which?", "Team"]
    cells = ["TV;", "TV;Radio;", "Don't know;"]
    moment = "2026-03-02 09:00:00"
    rows = [[i, moment, moment, "anonymous", "", cells[i % 3], ["x", "y"][i % 2]] for i in range(40)]
    codebook, _, _ = drafted(written(tmp_path, head, *rows))
    assert kinds(codebook) == {"which": "multi", "team": "single"}
    assert options(codebook, "which") == ["TV", "Radio"]


def test_qualtrics_a_question_that_was_seen_and_left_open_has_no_answer_and_ticks_no_option(tmp_path: Path):
    head = [["ResponseId", "RecordedDate", "Q1", "Q2_1", "Q2_2", "Q2_3"],
            ["Response ID", "Recorded Date", "Satisfied?", *(f"Which? - Selected Choice - {one}"
                                                            for one in ("TV", "Radio", "Web"))],
            [f'{{"ImportId":"{one}"}}' for one in ("_recordId", "date", "QID1", *["QID2"] * 3)]]  # fmt: skip
    rows = [[f"R_{i:015d}", "2026-03-02 09:00:00", [1, 2, 3, 4, 5, -99][i % 6],
             *[[1, -99, 1], [-99, 1, -99], [-99, -99, -99]][i % 3]] for i in range(60)]  # fmt: skip
    codebook, frame, told = drafted(written(tmp_path, *head, *rows))
    assert kinds(codebook) == {"satisfied": "ordinal", "which": "multi"}
    assert (frame["which.missing"] == "no_answer").sum() == 20
    assert (frame["satisfied.missing"] == "no_answer").sum() == 10
    assert "'-99' is no answer: read as none in every column" in told


def test_answers_joined_in_a_cell_beside_a_reason_that_stands_alone(tmp_path: Path):
    cells = ["TV", "Radio", "TV,Radio", "Don't know"]
    rows = [[i, cells[i % 4], ["x", "y"][i % 2]] for i in range(60)]
    codebook, frame, _ = drafted(written(tmp_path, ["Respondent", "Which do you use?", "Team"], *rows))
    name = next(name for name, kind in kinds(codebook).items() if kind == "multi")
    assert sorted(options(codebook, name)) == ["Radio", "TV"]
    assert (frame[f"{name}.missing"] == "dont_know").sum() == 15


def test_wenjuanxing_joins_by_its_own_sign_and_says_skipped(tmp_path: Path):
    media = ["电视┋广播", "广播", "电视", "报纸┋广播", "电视┋报纸", "(跳过)"]
    rows = [
        [i + 1, "2026/3/2 9:00:00", f"{100 + i}秒", media[i % 6], ["A.男", "B.女"][i % 2]] for i in range(60)
    ]
    head = ["序号", "提交答卷时间", "所用时间", "1、您使用哪些媒体?", "2、您的性别"]
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    assert list(kinds(codebook).values()) == ["multi", "single"]
    name = next(iter(kinds(codebook)))
    assert set(options(codebook, name)) == {"电视", "广播", "报纸"}
    assert (frame[f"{name}.missing"] == "not_asked").sum() == 10
    assert "所用时间" in codebook.source.ignore


def test_days_stand_in_the_order_of_the_week_and_lengths_in_feet_are_texts(tmp_path: Path):
    days = ["Friday", "Sunday", "Monday", "Wednesday"]
    rows = [[i, days[i % 4], f"{5 + i % 2}'{i % 12}\""] for i in range(60)]
    codebook, _, told = drafted(written(tmp_path, ["Respondent", "Which day?", "How tall are you?"], *rows))
    assert list(kinds(codebook).values()) == ["single", "text"]
    assert options(codebook, next(iter(kinds(codebook)))) == ["Monday", "Wednesday", "Friday", "Sunday"]
    assert any("lengths in feet and inches" in text for text in told)
