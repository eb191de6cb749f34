"""Columns that are easily taken for something else: ids, places, names, codes in a cell, dates in words."""

from pathlib import Path

import pytest
from drafting import drafted, kinds, options, written

from nsmo.draft.naming import slug
from nsmo.draft.scales import order, reason


def test_who_and_where_somebody_is_is_no_question(tmp_path: Path):
    rows = [
        [f"P{i:04d}", i // 3 + 100, f"{52 + i / 7:.5f}", f"{4 + i / 9:.5f}", ["yes", "no"][i % 2]]
        for i in range(90)
    ]
    head = ["pid", "hhid", "latitude", "GPS_longitude", "Do you cycle?"]
    codebook, frame, told = drafted(written(tmp_path, head, *rows))
    assert kinds(codebook) == {"cycle": "single"}
    assert frame["response_id"].iloc[1] == "P0001"
    assert any("'hhid'" in text for text in told)


def test_names_are_no_answers_and_a_date_of_birth_is_nobody_elses(tmp_path: Path):
    rows = [
        [["Ann", "Bob"][i % 2], f"Mar {1 + i % 28}, 2026", f"{1 + i % 12:02d}-{13 + i % 15}-1980", 1 + i % 5]
        for i in range(60)
    ]
    head = ["First name", "Submission Date", "Date of Birth", "Rate us (1-5)"]
    codebook, _, _ = drafted(written(tmp_path, head, *rows))
    assert kinds(codebook) == {
        "first_name": "text",
        "date_birth": "date",
        "n1_5": "ordinal",
    }
    assert codebook.source.paradata.submitted == "Submission Date"
    assert [question.name for question in codebook.questions if question.identifying] == [
        "first_name",
        "date_birth",
    ]


def test_moments_that_never_go_back_say_when_responses_came_in_whatever_they_are_called(tmp_path: Path):
    rows = [[f"{1 + i // 9:02d}/03/2026 {8 + i % 9:02d}:30:00", ["α", "β"][i % 2]] for i in range(60)]
    codebook, _, _ = drafted(written(tmp_path, ["Χρονική σήμανση", "Φύλο"], *rows))
    assert codebook.source.paradata.submitted == "Χρονική σήμανση"
    assert kinds(codebook) == {"fylo": "single"}


def test_codes_of_several_answers_are_no_numbers_with_a_comma(tmp_path: Path):
    cells = ["1,4", "1", "4", "2,9", "1,2", "9"]
    rows = [[cells[i % 6], f"{i % 7}.5"] for i in range(60)]
    codebook, frame, _ = drafted(written(tmp_path, ["Which? (select all that apply)", "Hours"], *rows))
    several = codebook.questions[0]
    assert several.type == "multi"
    assert options(codebook, several.name) == ["1", "2", "4", "9"]
    assert frame[several.name + "." + several.options[0].name].sum() == 30
    assert codebook.source.decimal == "."


def test_options_in_columns_beside_the_column_that_joins_them(tmp_path: Path):
    """Tally: the answers once joined, and once more in columns of TRUE and FALSE."""
    items = ["A friend", "Newspaper, radio or TV", "Search engine"]
    rows = []
    for i in range(40):
        chosen = [item for place, item in enumerate(items) if (i % 7 + 1) >> place & 1]
        rows.append([", ".join(chosen), *(str(item in chosen).upper() for item in items)])
    head = ["How did you hear?", *(f"How did you hear? ({item})" for item in items)]
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    (question,) = codebook.questions
    assert question.type == "multi"
    assert options(codebook, question.name) == items
    assert frame[f"{question.name}.{question.options[1].name}"].sum() == sum(row[2] == "TRUE" for row in rows)


def test_a_nine_beside_yes_and_no_and_a_scale_that_was_numbered_anew(tmp_path: Path):
    rows = [[[1, 2, 9][i % 3], *(11 + (i * k) % 5 for k in (1, 2, 3))] for i in range(60)]
    head = ["again", "Agree? [pay]", "Agree? [tools]", "Agree? [team]"]
    codebook, _, told = drafted(written(tmp_path, head, *rows))
    again, *items = codebook.questions
    assert [option.code for option in again.options] == ["1", "2"]
    assert [one.code for one in again.missing] == ["9"]
    assert {item.type for item in items} == {"ordinal"}
    assert any("9 stands 20 times" in text for text in told)


def test_a_number_far_below_the_others_takes_no_memory(tmp_path: Path):
    codebook, _, _ = drafted(
        written(tmp_path, ["loaves"], *([[1, 2, 0, -999999904][i % 4]] for i in range(40)))
    )
    assert codebook.questions[0].type == "numeric"


def test_the_ends_that_a_question_names_are_those_of_its_scale(tmp_path: Path):
    label = "¿Recomendarías el curso? (1 = nada, 7 = mucho)"
    codebook, _, _ = drafted(written(tmp_path, [label], *([2 + i % 5] for i in range(50))))
    assert options(codebook, codebook.questions[0].name) == list("1234567")


def test_a_reason_among_the_numbers_of_a_scale(tmp_path: Path):
    rows = [[i % 11 if i % 10 else "k. A.", "ja" if i % 2 else "nein"] for i in range(110)]
    codebook, _, _ = drafted(written(tmp_path, ["Wie zufrieden? (0-10)", "Auto?"], *rows))
    assert codebook.questions[0].type == "ordinal"
    assert options(codebook, codebook.questions[0].name) == [str(n) for n in range(11)]
    assert [one.reason for one in codebook.questions[0].missing] == ["refused"]


@pytest.mark.parametrize(
    "low_to_high",
    [
        "poniżej 18|18–24|25–44|45–64|65 i więcej",
        "alle 20|20–39|40 tai yli",
        "Nigdy|Rzadziej|Kilka razy w miesiącu|Kilka razy w tygodniu|Codziennie",
        "Bardzo źle|Źle|Przeciętnie|Dobrze|Bardzo dobrze",
        "Zdecydowanie się nie zgadzam|Raczej się nie zgadzam|Trudno powiedzieć|Raczej się zgadzam"
        "|Zdecydowanie się zgadzam",
        "Καθόλου|Λίγο|Μέτρια|Πολύ|Πάρα πολύ",
        "Pas du tout satisfait|Peu satisfait|Assez satisfait|Très satisfait",
        "Per niente soddisfatto|Poco soddisfatto|Abbastanza soddisfatto|Molto soddisfatto",
        "Discordo totalmente|Discordo|Não concordo nem discordo|Concordo|Concordo totalmente",
        "Nada satisfecho|Poco satisfecho|Bastante satisfecho|Muy satisfecho",
        "None|Primary|Secondary|Tertiary",
    ],
)
def test_scales_in_more_languages_run_from_low_to_high(low_to_high: str):
    labels = low_to_high.split("|")
    shuffled = labels[1::2] + labels[::2]
    found = order(shuffled)
    assert found is not None
    assert [shuffled[i] for i in found[0]] == labels


@pytest.mark.parametrize(
    "label", ["Ne sait pas", "Nie wiem", "k. A.", "Wolę nie odpowiadać", "Δεν ξέρω", "NS/NC"]
)
def test_reasons_for_no_answer_in_more_languages(label: str):
    assert reason(label)


@pytest.mark.parametrize("label", ["Ka", "Not so good", "Poco"])
def test_an_answer_is_no_reason(label: str):
    assert reason(label) is None


def test_names_of_other_alphabets():
    assert slug("Które usługi znasz?") == "ktore_uslugi_znasz"
    assert slug("Πόλη") == "poli"
    assert slug("Город") == "gorod"
