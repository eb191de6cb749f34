"""For whom a question was, as forms write it, and what a draft makes of it."""

from pathlib import Path

import openpyxl
import pytest
from drafting import written

from nsmo.draft import relevance
from nsmo.draft.new import new
from nsmo.draft.questions import Item, Missing, Option, Question
from nsmo.formats.structure import Variable
from nsmo.stages.ingest import ingest
from nsmo.study import load_codebook
from nsmo.study.conditions import Condition
from nsmo.study.drafts import marks

ROLE = Question(
    "single", "Role", "role", "role",
    options=[Option("Boss", "1", name="boss"), Option("Staff", "2", name="staff")],
    missing=[Missing("dont_know", "Don't know", "9")], name="role",
)  # fmt: skip
AGE = Question("numeric", "Age", "age", "age", name="age")
CROPS = Question(
    "multi", "Crops", "crops", counted=["1"], name="crops",
    options=[Option("Maize", "1", "crops/maize", "maize"), Option("Rice", "1", "crops/rice", "rice")],
)  # fmt: skip
GRID = Question(
    "ordinal", "Grid", "G", options=[Option("Bad", "A1", name="bad"), Option("Good", "A2", name="good")],
    items=[Item("Price", "G[SQ1]", "g_price")], name="g",
)  # fmt: skip
LATER = Question("numeric", "Later", "later", "later", name="later")
QUESTIONS = [ROLE, AGE, CROPS, GRID, LATER]
CODES = {
    "role": "role",
    "age": "age",
    "crops/maize": "crops/maize",
    "crops/rice": "crops___2",
    "G[SQ1]": "G[SQ1]",
}
YOUNG, OLD = {"question": "age", "below": 18}, {"question": "age", "above": 65}
GROWN, NOBODY = {"question": "age", "at_least": 18}, {"question": "role", "missing": True}
THIRTY = {"all": [{"question": "age", "at_least": 30}, {"question": "age", "at_most": 30}]}
GOOD = {"question": "g_price", "is": ["good"]}
BOSS, STAFF = {"question": "role", "is": ["boss"]}, {"question": "role", "is": ["staff"]}
MAIZE, RICE = {"question": "crops", "has": ["maize"]}, {"question": "crops", "has": ["rice"]}


def read(text: str):
    variables = {
        column: Variable(column, CODES.get(column, column))
        for one in QUESTIONS
        for column in one.every_column
    }
    known = relevance.Known(QUESTIONS, variables)
    return relevance.read(text, known, lambda other: other is not LATER)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        # XLSForm
        ("${role} = '1'", BOSS),
        ("${role}='1' or ${role}='2'", {"question": "role", "is": ["boss", "staff"]}),
        ("${role} != '1'", {"not": BOSS}),
        ("selected(${crops}, 'maize')", MAIZE),
        ("not(selected(${crops}, 'maize')) and ${age} >= 18", {"all": [{"not": MAIZE}, GROWN]}),
        ("(${role} = '1') and (${age} < 18 or ${age} > 65)", {"all": [BOSS, {"any": [YOUNG, OLD]}]}),
        ("18 <= ${age}", GROWN),
        ("${role} != ''", {"not": NOBODY}),
        ("${role} = '9'", {"question": "role", "missing": ["dont_know"]}),
        # REDCap
        ("[role] = '2' and [crops(2)] = '1'", {"all": [STAFF, RICE]}),
        ("[crops(2)] <> '1'", {"not": RICE}),
        ('[age] > 17.5', {"question": "age", "above": 17.5}),
        # LimeSurvey
        ('((role.NAOK == "1"))', BOSS),
        ("(!is_empty(role.NAOK) && (role.NAOK != 1))", {"all": [{"not": NOBODY}, {"not": BOSS}]}),
        ('G_SQ1.NAOK == "A2" || age.NAOK == 30', {"any": [GOOD, THIRTY]}),
    ],
)  # fmt: skip
def test_conditions_of_forms_become_those_of_a_questionnaire(text: str, condition: dict):
    found = read(text)
    assert found == condition
    assert Condition.model_validate(found)


@pytest.mark.parametrize(
    "text",
    [
        "string-length(${role}) > 3", "${nobody} = '1'", "${role} = '7'", "${later} > 3", "${role} >",
        "1 = 1", "#", "${role} = '1' ${age} > 3", "${role} > 1", "today() > ${age}", "${role} = ",
        "((${role} = '1')",
    ],
)  # fmt: skip
def test_what_is_no_condition_on_earlier_answers_is_left(text: str):
    assert read(text) is None


FORM = [
    ["type", "name", "label", "relevant"],
    ["select_one yn", "consent", "Do you agree?", ""],
    ["begin_group", "main", "Main", "${consent} = 'yes'"],
    ["integer", "age", "How old are you?", ""],
    ["select_multiple crop", "crops", "Which crops?", ""],
    ["select_one often", "maize", "How often maize?", "selected(${crops}, 'maize') or ${age} > 60"],
    ["select_one yn", "long", "Long?", "string-length(${crops}) > 3"],
    ["end_group", "", "", ""],
]
CHOICES = [
    ["list_name", "name", "label"],
    *(["yn", name, name.title()] for name in ("yes", "no")),
    *(["crop", name, name.title()] for name in ("maize", "rice")),
    *(["often", str(number), name] for number, name in enumerate(("Never", "Sometimes", "Always"), 1)),
]


def kobo(folder: Path, odd: int = 0) -> tuple[Path, list[str]]:
    """Draft sixty interviews and their form; `odd` answers stand where the form does not put the question."""
    book = openpyxl.Workbook()
    for title, rows in (
        ("survey", FORM),
        ("choices", CHOICES),
        ("settings", [["form_title"], ["Farms 2026"]]),
    ):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / "form.xlsx")
    head = ["start", "consent", "main/age", "main/crops", "main/crops/maize", "main/crops/rice", "main/maize"]
    rows = [[*head, "main/long", "_id", "_uuid", "_submission_time"]]
    for i in range(60):
        agreed, maize, old = i % 5 != 0, i % 2, i % 7 == 0
        asked = (agreed and (maize or old)) or (i % 5 == 0 and i < 5 * odd)
        main = [70 if old else 30, "maize" * maize, maize, 0] if agreed else [""] * 4
        moment, long = "2026-03-01T10:00:00.000+00:00", "yes" if agreed and i % 3 else ""
        rows.append(
            [moment, "yes" if agreed else "no", *main, 1 + i % 3 if asked else "", long, i, f"u{i}", moment]
        )
    path = written(folder, *rows)
    wave = new(folder, "w", [path, folder / "form.xlsx"]).folder
    return wave, [text for _, text in marks(wave / "questionnaire.yaml")]


def test_a_form_says_whom_a_question_was_for(tmp_path: Path):
    wave, told = kobo(tmp_path)
    codebook = load_codebook(wave)
    consent, age, crops, maize, long = (question.name for question in codebook.questions)
    agreed = {"question": consent, "is": ["yes"]}
    shown = {
        question.name: question.asked_if.model_dump(by_alias=True, exclude_none=True)
        if question.asked_if
        else None
        for question in codebook.questions
    }
    assert shown[consent] is None
    assert shown[age] == shown[crops] == agreed
    either = {"any": [{"question": crops, "has": ["maize"]}, {"question": age, "above": 60.0}]}
    assert shown[maize] == {"all": [agreed, either]}
    assert shown[long] is None
    assert [text for text in told if "string-length" in text] != []
    frame = ingest(codebook, wave / codebook.source.file).responses
    answered = frame[maize].notna()
    assert answered.sum() == sum(1 for i in range(60) if i % 5 and (i % 2 or i % 7 == 0))
    assert "title: Farms 2026" in (wave / "study.yaml").read_text(encoding="utf-8")


def test_answers_against_the_form_are_named_and_many_speak_against_it(tmp_path: Path):
    wave, told = kobo(tmp_path, odd=2)
    assert any(text.startswith("2 of 30 answers stand where the form does not put it") for text in told)
    assert load_codebook(wave).questions[3].asked_if is not None
    (tmp_path / "more").mkdir()
    wave, told = kobo(tmp_path / "more", odd=12)
    assert any(text.startswith("12 of 40 answers stand where") for text in told)
    assert load_codebook(wave).questions[3].asked_if is None
