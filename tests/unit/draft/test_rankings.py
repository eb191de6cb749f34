"""Rankings in the shapes of many tools: what a draft reads, and what is refused of them."""

import json
from itertools import permutations
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
import yaml
from drafting import drafted, kinds, written

from nsmo.draft.new import again, new
from nsmo.draft.places import place_in, place_of_cell, says_to_rank
from nsmo.pipeline.wave import check
from nsmo.stages.ingest import ingest
from nsmo.study import load_codebook
from nsmo.study.crosstabs import rankings
from nsmo.study.drafts import marks

NAMES = ["Price", "Quality", "Speed"]
ORDERS = [list(order) for order in permutations(NAMES)]
PLACES = [[order.index(name) + 1 for name in NAMES] for order in ORDERS]
WORDS = ["1st choice", "2nd choice", "3rd choice"]
TIMES = 6  # as often each order is given


def team(i: int) -> str:
    return ["Blue", "Red"][i % 2]


def by_place(*head: str) -> list[list]:
    return [["Respondent", *head, "Team"], *([i, *ORDERS[i % 6], team(i)] for i in range(6 * TIMES))]


def by_answer(head: list[list[str]], before: list, cells: list[list]) -> list[list]:
    return [*head, *([f"R_{i:014d}", *before, *cells[i % 6], team(i)] for i in range(6 * TIMES))]


MOMENTS = ["2026-03-02 09:00:00", "2026-03-02 09:09:00"]
SHAPES = {
    "Google Forms, by place": by_place(*(f"What matters? [Rank {place}]" for place in (1, 2, 3))),
    "first to third": by_place("First choice", "Second choice", "Third choice"),
    "in Dutch": by_place("Eerste keuze", "Tweede keuze", "Derde keuze"),
    "most important": by_place("Most important", "Second most important", "Third most important"),
    "called by code": by_place("q5_rank1", "q5_rank2", "q5_rank3"),
    "KoboToolbox": by_place("what/_1st_choice", "what/_2nd_choice", "what/_3rd_choice"),
    "LimeSurvey, by codes": by_place("R1[1]", "R1[2]", "R1[3]"),
    "one cell": [["Respondent", "Order", "Team"],
                 *([i, "; ".join(ORDERS[i % 6]), team(i)] for i in range(36))],
    "Google Forms, by answer": by_answer(
        [["Respondent", *(f"Rank these [{name}]" for name in NAMES), "Team"]],
        [], [[WORDS[place - 1] for place in row] for row in PLACES]),
    "Qualtrics": by_answer(
        [["ResponseId", "StartDate", "RecordedDate", "Q5_1", "Q5_2", "Q5_3", "Q6"],
         ["Response ID", "Start Date", "Recorded Date", *(f"Rank these - {name}" for name in NAMES), "Team"],
         [json.dumps({"ImportId": f"QID{i}"}) for i in (0, 1, 2, 5, 5, 5, 6)]],
        MOMENTS, PLACES),
    "SurveyMonkey": by_answer(
        [["Respondent ID", "Start Date", "End Date", "Rank these", "", "", "Team"],
         ["", "", "", *NAMES, "Response"]], MOMENTS, PLACES),
    "Alchemer": by_answer(
        [["Response ID", "Time Started", "Date Submitted", *(f"{n}:Rank these" for n in NAMES), "Team"]],
        MOMENTS, PLACES),
    "of no tool": by_answer([["Respondent", *(f"rank_{name}" for name in NAMES), "Team"]], [], PLACES),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_ranking_in_any_shape_is_one_battery_of_places_with_one_line_to_confirm(shape, tmp_path: Path):
    codebook, frame, told = drafted(written(tmp_path, *SHAPES[shape]))
    ((battery, names),) = rankings(codebook).items()
    found = {codebook.variable(name).label("en").removeprefix("rank_"): frame[name] for name in names}
    assert set(found) == set(NAMES)
    assert [[int(found[name][i]) for name in NAMES] for i in range(6)] == PLACES
    assert len([text for text in told if "a ranking" in text]) == 1
    assert kinds(codebook).keys() - set(names) == {"team"}
    assert battery


@pytest.mark.parametrize("cells", ["codes", "labels"])
def test_the_labels_of_a_file_of_structure_are_those_of_the_answers(cells, tmp_path: Path):
    survey, choices = openpyxl.Workbook(), [["list_name", "name", "label"]]
    survey.active.title = "survey"
    for row in (["type", "name", "label"], ["rank things", "best", "Put in order"], ["text", "why", "Why?"]):
        survey.active.append(row)
    codes = dict(zip(NAMES, "abc", strict=True))
    for row in [*choices, *(["things", code, name] for name, code in codes.items())]:
        sheet = survey["choices"] if "choices" in survey.sheetnames else survey.create_sheet("choices")
        sheet.append(row)
    survey.save(tmp_path / "form.xlsx")
    if cells == "codes":
        rows = [[i, " ".join(codes[name] for name in ORDERS[i % 6]), "x"] for i in range(36)]
        files = [written(tmp_path, ["_id", "best", "why"], *rows), tmp_path / "form.xlsx"]
    else:
        frame = pd.DataFrame({f"r{place + 1}": [NAMES.index(ORDERS[i % 6][place]) + 1.0 for i in range(36)]
                              for place in range(3)})  # fmt: skip
        frame.loc[0, "r3"] = -99
        pyreadstat.write_sav(
            frame,
            tmp_path / "e.sav",
            column_labels=[f"Put in order: rank {place}" for place in (1, 2, 3)],
            variable_value_labels=dict.fromkeys(frame, dict(enumerate(NAMES, 1)) | {-99: "Not ranked"}),
            missing_ranges={name: [-99] for name in frame},
        )
        files = [tmp_path / "e.sav"]
    folder = new(tmp_path, "w", files).folder
    assert [str(problem) for problem in check(folder)] == []
    codebook = load_codebook(folder)
    ((_, names),) = rankings(codebook).items()
    labels = {codebook.variable(name).label("en"): name for name in names}
    assert list(labels) == NAMES
    found = ingest(codebook, folder / codebook.source.file).responses
    assert [int(found.loc[1, labels[name]]) for name in NAMES] == PLACES[1]
    last = found[labels["Speed"]].fillna(0).tolist()[0]
    assert last == (3 if cells == "codes" else 0)


@pytest.mark.parametrize("first", ["Most important", "Least important"])
def test_numbers_with_labels_are_places_where_the_question_says_so_and_one_is_the_first(
    first, tmp_path: Path
):
    frame = pd.DataFrame({f"rank_{name}": [float(PLACES[i % 6][at]) for i in range(36)]
                          for at, name in enumerate(NAMES)})  # fmt: skip
    labels: dict[int | float, str] = {1: first, 2: "Second", 3: "Other"}
    pyreadstat.write_sav(frame, tmp_path / "e.sav", variable_value_labels=dict.fromkeys(frame, labels))
    codebook = load_codebook(new(tmp_path, "w", [tmp_path / "e.sav"]).folder)
    assert bool(rankings(codebook)) is first.startswith("Most")


def test_a_few_who_rank_one_thing_twice_or_leave_a_place_open_have_given_no_ranking(tmp_path: Path):
    rows = by_place("Rank 1", "Rank 2", "Rank 3")
    rows[3][1:4], rows[4][1:4] = ["Price", "Price", "Speed"], ["Price", "", "Speed"]
    rows += [[100 + i, *row[1:]] for i, row in enumerate(rows[5:])]
    codebook, frame, told = drafted(written(tmp_path, *rows))
    ((_, names),) = rankings(codebook).items()
    assert frame[names].isna().all(axis=1).tolist()[:5] == [False, False, True, True, False]
    assert any("the ranking of 2 responses" in text and "counts as no answer" in text for text in told)


def test_columns_of_places_in_which_many_repeat_an_answer_are_questions_and_are_asked_about(tmp_path: Path):
    rows = by_place("Rank 1", "Rank 2", "Rank 3")
    for i in range(1, 37, 4):
        rows[i][2] = rows[i][1]
    codebook, _, told = drafted(written(tmp_path, *rows))
    assert set(kinds(codebook).values()) == {"single"}
    assert [text for text in told if "look like a ranking, but 9 responses" in text]


def test_ratings_and_texts_that_people_typed_are_no_rankings(tmp_path: Path):
    rates = [
        [i, *(1 + (i * step + i // 3) % 4 for step in (1, 2, 3)), f"one {i}", f"two {i}"] for i in range(40)
    ]
    head = ["Respondent", *(f"How good? [{name}]" for name in NAMES), "Choice 1", "Choice 2"]
    codebook, _, _ = drafted(written(tmp_path, head, *rates))
    assert rankings(codebook) == {}
    assert list(kinds(codebook).values()) == ["ordinal"] * 3 + ["text"] * 2


def test_several_answers_of_which_each_gave_some_are_a_ranking_if_the_question_says_so(tmp_path: Path):
    for name, question, ranked in (("a", "Rank up to three", True), ("b", "Which of these?", False)):
        (tmp_path / name).mkdir()
        rows = [[i, "; ".join(ORDERS[i % 6][: 1 + i % 3]), team(i)] for i in range(36)]
        codebook, _, _ = drafted(written(tmp_path / name, ["Respondent", question, "Team"], *rows))
        assert bool(rankings(codebook)) is ranked


SHAPED = {
    "place": ("name: R\n    columns: [p1, p2, p3]\n    answers: [Price, Quality, Speed]", "R [{}]"),
    "answer": ("columns: [p1, p2, p3]", "p{}"),
    "cell": ("column: p1\n    separator: ';'\n    answers: [Price, Quality, Speed]", "p1 [{}]"),
}


@pytest.mark.parametrize(
    ("shape", "row", "found", "expected"),
    [
        ("place", ["Price", "Price", "Speed"], "an answer twice in the ranking 'R'", "each answer once"),
        ("place", ["Price", "", "Speed"], "a place left open in the ranking 'R'", "from the first one"),
        ("place", ["Price", "Taste", ""], "'Taste' at place 2 in the ranking 'R'", "Price, Quality, Speed"),
        ("answer", ["1", "1", "2"], "two answers at one place in the ranking 'p1'", "each place once"),
        ("answer", ["1", "3", ""], "a place left open in the ranking 'p1'", "from the first one"),
        ("cell", ["Price;Taste", "", ""], "'Price;Taste' in the ranking 'p1'", "Price, Quality, Speed"),
        ("cell", ["Price;Price", "", ""], "an answer twice in the ranking 'p1'", "each answer once"),
    ],
)  # fmt: skip
def test_what_is_no_ranking_is_named_with_its_line_and_can_count_as_no_answer(
    shape, row, found, expected, tmp_path: Path
):
    cells = [[";".join(order), "", ""] for order in ORDERS]
    whole = {"place": ORDERS, "answer": PLACES, "cell": cells}[shape]
    rows = [[i, *whole[i % 6], team(i)] for i in range(12)]
    rows[4][1:4] = row
    declared, column = SHAPED[shape]
    for faulty in ("", "\n    faulty: no_answer"):
        folder = of_hand(tmp_path / f"w{bool(faulty)}", rows, declared + faulty, column)
        problems = [problem for problem in check(folder) if "ranking" in problem.found]
        if faulty and "Taste" not in "".join(row):
            assert problems == []
            codebook = load_codebook(folder)
            read = ingest(codebook, folder / "responses.csv")
            nobody = read.responses[["one", "two", "three"]].isna().all(axis=1)
            assert nobody[nobody].index.tolist() == [4]
            assert read.problems["problem"].str.startswith("no ranking").sum() == 1
        else:
            (problem,) = problems
            assert found in problem.found
            assert "responses.csv, line 6" in problem.where
            assert expected in problem.expected
            assert "source: rankings" in problem.fix


def of_hand(folder: Path, rows: list, declared: str, column: str) -> Path:
    folder.mkdir()
    written(folder, ["id", "p1", "p2", "p3", "team"], *rows, name="responses.csv")
    ends = NAMES if "[" in column else "123"
    ignored = "\n  ignore: [p2, p3]" if "separator" in declared else ""
    items = "\n".join(f"      - {{name: {name}, column: '{column.format(end)}', label: '{end}'}}"
                      for name, end in zip(("one", "two", "three"), ends, strict=True))  # fmt: skip
    (folder / "questionnaire.yaml").write_text(
        f"study: s\nunit: people\nlanguage: en\nprovenance: real\nsource:\n  file: responses.csv\n"
        f"  format: csv\n  key: id{ignored}\n  rankings:\n  - {declared}\nquestions:\n  - battery: order\n"
        f"    type: numeric\n    text: Put in order\n    items:\n{items}\n  - name: team\n    type: single\n"
        "    column: team\n    label: Team\n    text: Team\n    options:\n"
        "      - {name: blue, code: Blue, label: Blue}\n      - {name: red, code: Red, label: Red}\n",
        encoding="utf-8",
    )
    (folder / "rules.yaml").write_text("cleaning: {rules: []}\n", encoding="utf-8")
    (folder / "study.yaml").write_text(
        "title: S\nfield_period: {from: null, until: null, certainty: assumed}\n", encoding="utf-8"
    )
    return folder


def test_a_column_of_a_ranking_that_is_not_there_is_named_as_one(tmp_path: Path):
    declared, column = SHAPED["place"]
    rows = [[i, *ORDERS[i % 6], team(i)] for i in range(12)]
    folder = of_hand(tmp_path / "w", rows, declared.replace("p3]", "p4]"), column)
    found = [problem.found for problem in check(folder)]
    assert "the column 'p4' of the ranking 'R' is not in the export" in found


def test_a_ranking_of_no_known_shape_is_refused(tmp_path: Path):
    rows = [[i, *ORDERS[i % 6], team(i)] for i in range(12)]
    for name, declared, told in (
        ("a", "name: R\n    columns: [p1, p2, p3]", "all in one cell"),
        ("b", "columns: [p1, p1]", "the column 'p1' is there 2 times"),
        ("c", "columns: [p1]", "two columns or more"),
    ):
        folder = of_hand(tmp_path / name, rows, declared, "p{}")
        assert any(told in str(problem) for problem in check(folder))


def test_an_answer_that_is_new_in_a_ranking_is_one_more_of_its_items(tmp_path: Path):
    rows = by_place("Rank 1", "Rank 2", "Rank 3")
    folder = new(tmp_path, "w", [written(tmp_path, *rows)]).folder
    newer = [*rows, *([200 + i, "Taste", "Price", "Speed", team(i)] for i in range(9))]
    made = again(tmp_path, "w", [written(tmp_path, *newer, name="newer.csv")])
    assert "source: the ranking 'Rank' has new answers: Taste" in made.said
    assert [str(problem) for problem in check(folder)] == []
    codebook = load_codebook(folder)
    ((_, names),) = rankings(codebook).items()
    assert {codebook.variable(name).label("en") for name in names} == {*NAMES, "Taste"}
    assert "new in this export" in [text for _, text in marks(folder / "questionnaire.yaml")]
    assert "p2" not in yaml.safe_load((folder / "questionnaire.yaml").read_text(encoding="utf-8"))["source"]


@pytest.mark.parametrize(
    ("heading", "place", "left"),
    [
        ("What matters? Rank 2", 2, "What matters?"),
        ("3e plaats", 3, ""),
        ("Tweede keuze", 2, ""),
        ("Q7: second most important", 2, "Q7"),
        ("The rank of your school", 0, "The rank of your school"),
        ("Room 12", 0, "Room 12"),
    ],
)
def test_headings_say_which_place_they_are_about(heading, place, left):
    assert place_in(heading) == (place, left)


def test_cells_say_a_place_and_questions_that_things_are_to_be_put_in_order():
    said = ("1st", "Rank 2", "3", "Third choice", "Often")
    assert [*map(place_of_cell, said)] == [1, 2, 3, 3, 0]
    assert says_to_rank("Zet in volgorde van belang")
    assert not says_to_rank("Which bank do you use?")
