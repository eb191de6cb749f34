"""What exports of known tools hold beside answers, and options that look like something else."""

from pathlib import Path

import pytest
import yaml
from drafting import drafted, kinds, options, written

from nsmo.draft.new import new
from nsmo.stages.ingest import ingest
from nsmo.study import StudyError, load_codebook


def test_kobo_an_option_with_a_stroke_and_a_place_on_the_map(tmp_path: Path):
    question = "Home/Which services?"
    items = ["Piped water", "Internet / WiFi"]
    head = ["start", "end", question, *(f"{question}/{item}" for item in items), "Home/Where?",
            "_Home/Where?_latitude", "_Home/Where?_longitude", "_Home/Where?_precision", "_id", "_uuid",
            "_submission_time"]  # fmt: skip
    rows = []
    for i in range(40):
        chosen = [i % 2, int(i % 3 > 0)]
        both = " ".join(text for text, c in zip(items, chosen, strict=True) if c)
        moment = f"2026-03-02T09:{i:02d}:00.000+00:00"
        rows.append([moment, moment, both, *chosen,
                     f"5.1 -1.{i} 0 0", "5.1", f"-1.{i}", "4.5", i, f"u-{i}",
                     "2026-03-02 09:00:00"])  # fmt: skip
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    assert kinds(codebook) == {"which_services": "multi"}
    assert options(codebook, "which_services") == items
    assert not [column for column in frame.columns if "latitude" in column or "where" in column.lower()]


def test_microsoft_a_dutch_form_is_called_as_its_file_and_by_dutch_words(tmp_path: Path):
    head = [
        "ID",
        "Begintijd",
        "Tijd van voltooien",
        "E-mail",
        "Naam",
        "Bij welke afdeling werkt u?",
        "Wilt u blijven?",
    ]
    moment = "2026-03-02 09:00:00"
    rows = [
        [i, moment, moment, "anonymous", "", ["Zorg", "Bouw"][i % 2], ["Ja", "Nee", "Weet niet"][i % 3]]
        for i in range(40)
    ]
    file = written(tmp_path, head, *rows, name="Medewerkersonderzoek 2026(1-40).csv")
    codebook, _, _ = drafted(file)
    assert codebook.title["nl"] == "Medewerkersonderzoek 2026"
    assert codebook.unit["nl"] == "respondenten"


def test_microsoft_a_ranking_in_one_cell_has_a_place_for_each_answer(tmp_path: Path):
    orders = ["a one;b; too;c three;", "b; too;a one;c three;", "c three;b; too;a one;", ""]
    moment = "2026-03-02 09:00:00"
    rows = [[i, moment, moment, "anonymous", "", orders[i % 4], ["x", "y"][i % 2]] for i in range(40)]
    head = ["ID", "Start time", "Completion time", "Email", "Name", "Rank these", "Which team?"]
    codebook, frame, told = drafted(written(tmp_path, head, *rows))
    ranked = [question for question in codebook.questions if question.battery]
    assert [question.type for question in ranked] == ["numeric"] * 3
    assert {question.label["en"] for question in ranked} == {"a one", "b; too", "c three"}
    assert any("'Rank these' is a ranking in one cell" in text for text in told)
    places = {question.label["en"]: frame[question.name] for question in ranked}
    assert places["a one"].dropna().tolist()[:3] == [1, 2, 3]
    assert places["b; too"].dropna().tolist()[:3] == [2, 1, 2]
    assert places["c three"].notna().sum() == 30


def test_a_ranking_with_an_answer_that_nobody_knows_is_named(tmp_path: Path):
    orders = ["a,b,c", "b,a,c", "c,b,a"]
    rows = [[f"r{i}", orders[i % 3], ["x", "y"][i % 2]] for i in range(30)]
    folder = new(tmp_path, "w", [written(tmp_path, ["id", "rank", "team"], *rows)]).folder
    codebook = load_codebook(folder)
    # Later somebody ranked two only, and somebody wrote something else.
    rows[0][1], rows[1][1] = "b,a", "b,sour"
    written(folder, ["id", "rank", "team"], *rows, name="responses.csv")
    with pytest.raises(StudyError, match="'b,sour' in the ranking 'rank', in 1 response"):
        ingest(codebook, folder / "responses.csv")
    rows[1][1] = ""
    written(folder, ["id", "rank", "team"], *rows, name="responses.csv")
    frame = ingest(codebook, folder / "responses.csv").responses
    named = {question.label["en"]: question.name for question in codebook.questions if question.battery}
    assert frame.loc[0, [named["a"], named["b"]]].tolist() == [2, 1]
    assert frame[named["c"]].isna().sum() == 2


def test_limesurvey_in_full_texts_with_other_and_times(tmp_path: Path):
    head = ["Response ID", "Date submitted", "Last page", "Why? [Fun]", "Why? [Use]", "Why? [Other]",
            "Which town?", "Which town? [Other]", "groupTime12"]  # fmt: skip
    rows = [
        [i, f"2026-03-02 09:{i:02d}:00", 3, ["Yes", "No"][i % 2], ["No", "Yes"][i % 3 == 0],
         ["for work", "for luck", "for a friend", *[""] * 6][i % 9],
         ["Ede", "Zeist", "Other"][i % 3], "Soest" if i % 3 == 2 else "", 12.5 + i]
        for i in range(1, 50)
    ]  # fmt: skip
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    assert set(kinds(codebook).values()) == {"multi", "single"}
    why = next(question for question in codebook.questions if question.type == "multi")
    assert options(codebook, why.name) == ["Fun", "Use", "Other"]
    assert frame[f"{why.name}.other"].sum() == sum(bool(row[5]) for row in rows)
    town = next(question for question in codebook.questions if question.type == "single")
    assert town.other is not None


@pytest.mark.parametrize("sign", [";", ","])
def test_words_typed_among_the_answers_to_choose_are_asked_about_and_can_be_the_other_text(
    sign, tmp_path: Path
):
    typed = {7: "a scooter", 19: "Other: it depends", 31: "skates"}
    answers = [typed.get(i, ["By car", "On foot"][i % 2]) for i in range(60)]
    moments = [f"2026-03-02 09:00:{i:02d}" for i in range(60)]
    if sign == ";":
        head = ["ID", "Start time", "Completion time", "Email", "Name", "How do you come?"]
        rows = [[i, moments[i], moments[i], "anonymous", "", answers[i]] for i in range(60)]
    else:
        head, rows = ["Timestamp", "How do you come?"], [[moments[i], answers[i]] for i in range(60)]
    codebook, _, told = drafted(written(tmp_path, head, *rows))
    (asked,) = [text for text in told if "typed by somebody?" in text]
    assert asked.startswith("3 answers stand there once or twice, such as 'a scooter; ")
    assert f"`separator: '{sign}'`" in asked
    folder = tmp_path / "data/raw/w"
    content = yaml.safe_load((folder / "questionnaire.yaml").read_text(encoding="utf-8"))
    (question,) = content["questions"]
    question |= {
        "type": "multi",
        "separator": sign,
        "other": {"column": question["column"], "label": "Other"},
    }
    question["options"] = question["options"][:2]
    (folder / "questionnaire.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    codebook = load_codebook(folder)
    frame = ingest(codebook, folder / codebook.source.file).responses
    name = question["name"]
    assert frame[f"{name}.other"].sum() == 3
    assert set(frame[f"{name}.other_text"].dropna()) == set(typed.values())


def test_a_rare_answer_among_few_is_not_taken_for_words_that_were_typed(tmp_path: Path):
    answers = ["By car", "On foot", "By bus"]
    rows = [[f"2026-03-02 09:00:{i:02d}", answers[2 if i == 5 else i % 2]] for i in range(60)]
    _, _, told = drafted(written(tmp_path, ["Timestamp", "How do you come?"], *rows))
    assert not [text for text in told if "typed by somebody?" in text]
