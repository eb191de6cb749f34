"""What changed, as readers meet it: a page, the story, the pages of questions, the cross-tables."""

import io
import re
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest
import two_waves
from two_waves import asked, compared, edit, other_answers

from nsmo.draft.demo import made_up_responses
from nsmo.pages.changes import Changes, changes_page
from nsmo.pages.page import Page
from nsmo.pages.values import Values
from nsmo.present.labels import Labels
from nsmo.runner.declarations import Out
from nsmo.stages import crosstabs
from nsmo.stages.crosstabs import words as crosstab_words
from nsmo.stages.trend import results
from nsmo.stages.trend import words as trend_words
from nsmo.study import StudyError, load_codebook
from nsmo.study.first_report import first_report


class Published:
    """A stage that reads what the trend left, and takes pages."""

    def __init__(self, raw: Path, found: results.Trend, folder: Path) -> None:
        self.codebook, self.wave, self.folder = load_codebook(raw), raw.name, folder
        self.params = SimpleNamespace(confidence=0.95, language="en")
        out = Out(f"reports/{self.wave}/tables/trend", False)
        self.earlier = {"trend": SimpleNamespace(outs=(out,))}
        self.saved: dict[str, object] = {}
        folder.mkdir()
        frames = {
            "waves": results.overview(found, 20),
            "questions": results.questions(found.matches, found.waves),
            "changes": found.everybody,
            "series": found.series,
            "averages": found.averages,
        }
        for name, frame in frames.items():
            frame.to_csv(folder / f"{name}.csv", index=False)

    def path(self, _: str) -> Path:
        return self.folder

    def save(self, content: object, rel: str) -> None:
        self.saved[rel] = content


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Two waves between which the opening hours became better, and one question was put in other words."""
    folder = tmp_path_factory.mktemp("changes")
    then, now = made_up_responses(240, 1), made_up_responses(300, 2)
    other_answers(now, 8, "Very satisfied", 0.5)
    folders = two_waves.waves(folder, {"2026": then, "2027": now})

    def other(content):
        asked(content, "age")["text"] = "How <old> are you?"

    edit(folders["2027"] / "questionnaire.yaml", other)
    for raw in folders.values():  # nothing is hidden, so that every mean has its interval
        with (raw / "rules.yaml").open("a", encoding="utf-8") as file:
            file.write("privacy: {min_base: 1, min_count: 1, max_share: 1, width: 2}\n")
    first, second = compared(folders)
    stages = {
        wave: Published(folders[wave], found, folder / f"published{wave}")
        for wave, found in (("2026", first), ("2027", second))
    }
    return SimpleNamespace(folders=folders, stages=stages, found=second)


def page(built, wave="2027", language="en"):
    return Page(built.stages[wave], language, None)


def text(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize(
    ("language", "title", "says"),
    [("en", "What changed", "Compared with 2026"), ("nl", "Wat veranderde", "Vergeleken met 2026")],
)
def test_the_page_says_what_changed_in_the_language_of_the_report(built, language, title, says):
    (made,) = changes_page(page(built, language=language))
    assert (made.name, made.group, made.title) == ("changes", "changes", title)
    assert says in text(made.body)
    assert "Opening hours" in made.body
    assert f"../figures/changes-mean.{language}.svg" in made.body
    assert "How &lt;old&gt; are you?" in made.body
    assert "<old>" not in made.body


def test_a_wave_that_is_compared_with_none_has_no_page(built):
    assert changes_page(page(built, "2026")) == []
    assert Changes(page(built, "2026")).earlier("age") == ""
    values = Values(page(built, "2026"))
    assert values.changes().text == "There is no earlier wave to compare with."
    with pytest.raises(StudyError, match="no earlier wave to compare age with"):
        values.changed("age")


def test_a_question_shows_what_earlier_waves_found(built):
    shown = text(Changes(page(built)).earlier("satisfied_opening_hours"))
    assert "2026 2027 Since 2026" in shown
    assert "▲" in shown
    shown = text(Changes(page(built)).earlier("age"))
    assert "Asked otherwise: 2026: other words." in shown


def test_placeholders_say_what_the_tables_say(built):
    row = built.found.everybody.query("question == 'satisfied_opening_hours' and statistic == 'mean'").iloc[0]
    values = Values(page(built))
    assert values.earlier("satisfied_opening_hours").text == f"{row['estimate_before']:.2f}"
    assert values.changed("satisfied_opening_hours").text.startswith(
        f"+{row['difference']:.2f}, 95% interval +"
    )
    assert values.previous().text == "2026"
    assert "<li>Opening hours, mean score" in values.changes().html
    assert "{{ changes() }}" in first_report(built.stages["2027"].codebook, "en")
    assert "{{ changes() }}" not in first_report(built.stages["2026"].codebook, "en")


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("age", "What is your age? Mean score"),
        ("books_read_year", "How many books do you read in a year? Mean"),
        ("satisfied_staff", "Staff, mean score"),
    ],
)
def test_a_mean_is_called_one_and_no_comma_stands_behind_a_question_mark(built, question, says):
    labels = page(built).labels
    assert trend_words.what({"statistic": "mean", "question": question, "option": ""}, labels) == says


def test_cross_tables_mark_what_changed_in_html_workbook_and_file(built):
    survey = two_waves.survey_of(built.folders["2027"])
    frame = crosstabs.since(crosstabs.results(survey, compare=True), built.found.changes)
    marked = frame[frame["against_before"].eq("above")]
    assert ("satisfied_opening_hours", "mean") in set(
        zip(marked["question"], marked["statistic"], strict=True)
    )
    assert set(frame["before"]) == {"2026"}
    book = crosstab_words.book(frame, survey, Labels(survey.codebook))
    assert "▲" in book.html()
    assert "higher or lower than in 2026, at 5%" in book.note
    workbook = openpyxl.load_workbook(io.BytesIO(book.xlsx("one")))
    cells = [cell for sheet in workbook for line in sheet.iter_rows() for cell in line]
    marks = [cell for cell in cells if cell.value == "▲"]
    assert marks
    # The number stands by itself in the cell before it.
    assert all(isinstance(cell.offset(0, -1).value, int | float) for cell in marks)


def test_cross_tables_of_a_first_wave_are_as_they_were(built):
    survey = two_waves.survey_of(built.folders["2026"])
    frame = crosstabs.results(survey, compare=True)
    nothing = built.found.changes.iloc[:0]
    assert crosstabs.since(frame, nothing) is frame
