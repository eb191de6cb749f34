"""A wave is made once, never overwritten, and completed without touching what people wrote."""

import errno
import re
from pathlib import Path

import pandas as pd
import pytest
import survey_exports
from drafting import written

from nsmo.draft.new import again, new
from nsmo.pipeline.cli import main
from nsmo.pipeline.wave import check
from nsmo.stages.ingest import ingest
from nsmo.study import StudyError, load_codebook
from nsmo.study.drafts import marks

PARAMS = """waves:
  # With the file that holds the responses.
  ingest:
    "2018": responses.csv
  clean:
    - "2018"
  importance:
    - "2018"
  topline: []

clean:
  min_last_page: 8
"""


@pytest.fixture
def wave(tmp_path: Path) -> Path:
    return new(tmp_path, "w", survey_exports.plain_csv(tmp_path)).folder


def newer(folder: Path, change) -> list[Path]:
    rows = [change(number, list(row)) for number, row in enumerate(survey_exports.plain_rows())]
    return [survey_exports.write_csv(folder / "newer.csv", rows)]


def test_the_wave_is_named_for_the_stages_that_every_questionnaire_has(tmp_path: Path):
    (tmp_path / "params.yaml").write_text(PARAMS)
    made = new(tmp_path, "2026", survey_exports.plain_csv(tmp_path))
    text = (tmp_path / "params.yaml").read_text()
    assert '    "2018": responses.csv\n    "2026": responses.csv\n' in text
    assert '  clean:\n    - "2018"\n    - "2026"\n' in text
    assert '  importance:\n    - "2018"\n  topline:\n    - "2026"\n' in text
    assert len(made.said) <= 10
    assert (made.folder / "responses.csv").read_bytes() == (tmp_path / "plain.csv").read_bytes()


def test_a_folder_that_is_there_is_never_overwritten(wave: Path, tmp_path: Path):
    before = {path.name: path.read_bytes() for path in wave.iterdir()}
    with pytest.raises(StudyError, match="never overwritten"):
        new(tmp_path, "w", survey_exports.alchemer(tmp_path))
    assert {path.name: path.read_bytes() for path in wave.iterdir()} == before


def test_the_same_export_again_changes_nothing(wave: Path, tmp_path: Path):
    before = (wave / "questionnaire.yaml").read_text(encoding="utf-8")
    made = again(tmp_path, "w", [tmp_path / "plain.csv"])
    assert (wave / "questionnaire.yaml").read_text(encoding="utf-8") == before
    assert made.changes == ""
    assert "nothing is new" in made.said


def test_new_columns_and_answers_are_put_in_and_edits_stay(wave: Path, tmp_path: Path):
    path = wave / "questionnaire.yaml"
    text = path.read_text(encoding="utf-8")
    edited = text.replace("label: role\n", "label: What one does  # as Ann wants it\n").replace(
        "name: manager", "name: boss"
    )
    assert edited != text
    path.write_text(edited, encoding="utf-8")

    def change(number: int, row: list[str]) -> list[str]:
        if number == 0:
            return [*row[:7], "Channels [Pigeon]", *row[7:], "Habits [Coffee is hot]", "Colour"]
        row[2] = "Director" if number == 3 else row[2]
        return [
            *row[:7],
            "Yes" if number % 2 else "No",
            *row[7:],
            ["Never", "Often"][number % 2],
            ["red", "blue"][number % 2],
        ]

    made = again(tmp_path, "w", newer(tmp_path, change))
    after = path.read_text(encoding="utf-8")
    added = [line for line in after.splitlines() if line not in edited.splitlines()]
    assert [line for line in edited.splitlines() if line not in after.splitlines()] == []
    assert any("Pigeon" in line for line in added)
    assert any("Coffee is hot" in line for line in added)
    assert any('code: "Director"' in line for line in added)
    assert any("name: colour" in line for line in added)
    assert "+  - name: colour" in made.changes
    assert len(marks(path)) - len(marks_of(edited)) == 4
    assert check(wave) == []
    responses = ingest(load_codebook(wave), wave / "responses.csv").responses
    assert responses["role"].tolist()[2] == "director"
    assert "boss" in responses["role"].tolist()
    assert responses["channels.pigeon"].sum() == 15
    assert responses["habits_coffee_hot"].notna().all()


def marks_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.lstrip().startswith("# confirm:")]


def test_a_new_answer_of_a_scale_stands_where_it_belongs_and_a_late_item_with_its_question(
    wave: Path, tmp_path: Path
):
    def change(number: int, row: list[str]) -> list[str]:
        if number == 0:
            return [*row, "Channels [Pigeon]"]
        changed = ["Regularly" if cell == "Often" and number % 3 == 0 else cell for cell in row]
        return [*changed, "Yes" if number % 2 else "No"]

    path = wave / "questionnaire.yaml"
    made = again(tmp_path, "w", newer(tmp_path, change))
    lines = path.read_text(encoding="utf-8").splitlines()
    (new,) = [at for at, line in enumerate(lines) if 'code: "Regularly"' in line]
    assert 'code: "Sometimes"' in lines[new - 2]
    assert "# confirm: an answer that was not there before" in lines[new - 1]
    assert 'code: "Often"' in lines[new + 1]
    # The last column of the export is an answer to the question that its name says.
    assert "'channels': new answer 'Pigeon'" in made.said
    assert check(wave) == []


def test_columns_in_another_order_change_nothing(wave: Path, tmp_path: Path):
    before = (wave / "questionnaire.yaml").read_text(encoding="utf-8")
    made = again(tmp_path, "w", newer(tmp_path, lambda _, row: [row[0], *row[:0:-1]]))
    assert "nothing is new" in made.said
    assert (wave / "questionnaire.yaml").read_text(encoding="utf-8") == before
    assert check(wave) == []


def test_columns_that_are_gone_are_marked_and_not_taken_out(wave: Path, tmp_path: Path):
    made = again(tmp_path, "w", newer(tmp_path, lambda number, row: [*row[:8], *row[9:]]))
    text = (wave / "questionnaire.yaml").read_text(encoding="utf-8")
    assert "# confirm: not in this export: remarks" in text
    assert "'remarks': not in this export: remarks" in made.said
    again(tmp_path, "w", [tmp_path / "newer.csv"])
    assert (wave / "questionnaire.yaml").read_text(encoding="utf-8") == text


def test_a_newer_export_in_another_form_changes_how_it_is_read(wave: Path, tmp_path: Path):
    made = again(tmp_path, "w", survey_exports.dutch_excel_csv(tmp_path))
    assert any("encoding: utf-8 is now encoding: windows-1252" in line for line in made.said)
    assert 'delimiter: ";"' in (wave / "questionnaire.yaml").read_text(encoding="utf-8")


def test_a_wave_like_another_takes_its_names_and_labels(wave: Path, tmp_path: Path):
    for name, old, other in (
        ("questionnaire.yaml", "name: role", "name: job"),
        ("report.en.md", '"role"', '"job"'),
    ):
        path = wave / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, other), encoding="utf-8")
    made = new(tmp_path, "next", survey_exports.plain_csv(tmp_path), like="w")
    assert "- name: job" in (made.folder / "questionnaire.yaml").read_text(encoding="utf-8")
    assert 'figure("job")' in (made.folder / "report.en.md").read_text(encoding="utf-8")
    assert check(made.folder) == []


def test_a_structure_file_alone_completes_a_wave(tmp_path: Path):
    responses, structure = survey_exports.lime_codes(tmp_path)
    made = new(tmp_path, "w", [responses])
    assert any(
        "codes such as A1 without labels" in text for _, text in marks(made.folder / "questionnaire.yaml")
    )
    again(tmp_path, "w", [structure])
    assert (made.folder / "structure.lss").is_file()


@pytest.mark.parametrize("name", ["", "../x", "a b", "-x"])
def test_a_name_that_cannot_be_a_folder_is_refused(name: str, tmp_path: Path):
    with pytest.raises(StudyError, match="cannot be the name of a wave"):
        new(tmp_path, name, survey_exports.plain_csv(tmp_path))


def test_a_folder_of_parquet_is_drafted_from_some_of_its_responses(tmp_path, monkeypatch):
    """One answer in thousands is among the options; the rest of the wave is not held."""
    monkeypatch.setattr("nsmo.formats.sample.MOST", 40)
    monkeypatch.setattr("nsmo.formats.sample.DIFFERENT", 10)
    monkeypatch.setattr("nsmo.formats.sample._ROWS", 50)
    shop = ["Baker", "Butcher", "Grocer"] * 100
    shop[171] = "Cheesemonger"
    frame = pd.DataFrame({"Visit": range(1000, 1300), "Which shop do you go to?": shop})
    export = tmp_path / "export"
    export.mkdir()
    for number, part in enumerate([frame[:120], frame[120:200], frame[200:]]):
        part.to_parquet(export / f"part-{number}.parquet", row_group_size=30)
    root = tmp_path / "study"
    root.mkdir()
    made = new(root, "w", [export])
    said = "\n".join(made.said)
    assert "export: a folder of parquet files" in said
    assert re.search(r"300 responses \(4\d of them looked at, with every answer of short lists\)", said)
    codebook = load_codebook(made.folder, ["questionnaire.yaml", "rules.yaml"])
    (question,) = [one for one in codebook.questions if one.type == "single"]
    assert {option.code for option in question.options} == {*shop}
    found = ingest(codebook, made.folder / codebook.source.file)
    assert found.problems.empty
    assert len(found.responses) == 300
    again(root, "w", [made.folder / "responses.parquet"])  # its own folder, which stays


def test_a_folder_without_parquet_is_no_export(tmp_path):
    (tmp_path / "export").mkdir()
    with pytest.raises(StudyError, match="no file of parquet is in it"):
        new(tmp_path, "w", [tmp_path / "export"])


@pytest.mark.parametrize("rows", [10, 30_000], ids=["few", "many"])
def test_a_file_of_a_folder_with_other_columns_is_named(tmp_path, rows):
    (tmp_path / "export").mkdir()
    for part, name in (("a", "Shop"), ("b", "Baker")):
        answers = {"id": range(rows), name: ["yes", "no"] * (rows // 2)}
        pd.DataFrame(answers).to_parquet(tmp_path / f"export/{part}.parquet")
    with pytest.raises(StudyError, match=r"export/b\.parquet: its columns are not those of the first file"):
        new(tmp_path, "w", [tmp_path / "export"])


def test_a_new_column_that_begins_as_a_question_that_stands_alone_becomes_a_question_of_its_own(
    tmp_path: Path,
):
    scale = {1: "Very bad", 2: "Bad", 3: "Fair", 4: "Good", 5: "Very good"}
    ways = {"v": scale, "w": {0: "No", 1: "Yes"}}
    texts = {
        "v1": "How do you rate the opening hours of the library",
        "v2": "How do you rate the opening hours of the cafe",
        "w1": "Which do you use: books",
        "w2": "Which do you use: films",
    }

    def stata(name: str, *columns: str) -> Path:
        frame = pd.DataFrame(
            {"id": range(60)}
            | {c: [(i % 5 + 1) if c[0] == "v" else i % 2 for i in range(60)] for c in columns}
        )
        path = tmp_path / name
        frame.to_stata(
            path,
            write_index=False,
            value_labels={column: ways[column[0]] for column in columns},
            variable_labels={"id": "Respondent"} | {column: texts[column] for column in columns},
        )
        return path

    folder = new(tmp_path, "w", [stata("a.dta", "v1", "w1")]).folder
    before = [question.name for question in load_codebook(folder).questions]
    made = again(tmp_path, "w", [stata("b.dta", "v1", "v2", "w1", "w2")])
    assert [line for line in made.changes.splitlines()[2:] if line.startswith("-")] == []
    assert check(folder) == []
    codebook = load_codebook(folder)
    assert {before[0]: "v1", before[1]: "w1"}.items() <= {
        q.name: q.column for q in codebook.questions
    }.items()
    assert [question.column for question in codebook.questions] == ["v1", "v2", "w1", "w2"]
    assert [option.en for option in codebook.questions[3].options] == ["No", "Yes"]
    assert sum("of one question with" in text for _, text in marks(folder / "questionnaire.yaml")) == 2
    responses = ingest(codebook, folder / codebook.source.file).responses
    assert responses[codebook.questions[1].name].notna().all()


def test_a_new_column_with_an_own_text_of_a_question_that_had_none_is_kept(tmp_path: Path):
    head = ["Response ID", "Date submitted", "Which town?"]
    rows = [[i, "2026-03-02 09:00:00", ["Ede", "Zeist", "Other"][i % 3]] for i in range(1, 50)]
    folder = new(tmp_path, "w", [written(tmp_path, head, *rows)]).folder
    more = [[*row, "Soest" if row[2] == "Other" else ""] for row in rows]
    again(tmp_path, "w", [written(tmp_path, [*head, "Which town? [Other]"], *more, name="newer.csv")])
    assert check(folder) == []


def test_a_full_disk_is_said_in_words_and_leaves_no_half_a_wave(tmp_path: Path, monkeypatch, capsys):
    export = survey_exports.write_csv(
        tmp_path / "e.csv", [["id", "Which"], *([i, "AB"[i % 2]] for i in range(9))]
    )
    (tmp_path / "dvc.yaml").write_text("stages: {}\n", "utf-8")
    (tmp_path / "params.yaml").write_text("waves: {}\n", "utf-8")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("nsmo.draft.new._copy", full)
    monkeypatch.setattr("sys.argv", ["nsmo", "new", "w", str(export)])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "no space left on device" in capsys.readouterr().err
    assert not (tmp_path / "data/raw/w").exists()
