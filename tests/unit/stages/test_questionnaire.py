"""The questionnaire as a page, on that of the bakeries."""

import re

import pytest

from nsmo.present.labels import Labels
from nsmo.stages import questionnaire
from nsmo.stages.questionnaire import words
from nsmo.study import load_codebook


@pytest.fixture
def frame(codebook):
    return questionnaire.rows(codebook)


def of(frame, question, part):
    return frame[(frame["question"] == question) & (frame["part"] == part)]


def test_every_question_stands_there_in_order_with_its_words(codebook, frame):
    wordings = frame[frame["part"] == "wording"]
    asked = [question.name for question in codebook.questions if question.battery is None]
    assert [name for name in wordings["question"] if name in asked] == asked
    assert wordings["number"].tolist() == list(range(1, len(wordings) + 1))
    breads = codebook.question("breads")
    assert of(frame, "breads", "wording")["nl"].tolist() == [breads.text.nl]
    answers = of(frame, "breads", "answer")["en"].tolist() + of(frame, "breads", "open")["en"].tolist()
    assert answers == [option.en for option in breads.options]


def test_a_battery_is_one_question_with_its_items_and_one_set_of_answers(codebook, frame):
    battery = [question for question in codebook.questions if question.battery]
    (number,) = frame.loc[frame["question"] == battery[0].name, "number"].unique()
    part = frame[frame["number"] == number]
    assert part.loc[part["part"] == "item", "question"].tolist() == [one.name for one in battery]
    answers = part[part["part"] == "answer"]
    assert answers["en"].tolist() == [option.en for option in battery[0].options]
    assert part.loc[part["part"] == "no_answer", "code"].tolist() == [
        missing.code for missing in battery[0].missing
    ]


def test_who_was_asked_is_told_where_not_everybody_was(codebook, frame):
    routed = [question.name for question in codebook.questions if question.asked_if is not None]
    assert frame.loc[frame["part"] == "asked_of", "question"].tolist() == routed
    assert questionnaire.tally(frame)["routed"] == len(routed)
    assert of(frame, "turnover", "asked_of")["en"].tolist() == ["Online is Yes"]


def test_what_looks_like_somebody_s_address_is_masked(codebook_file, codebook_text):
    text = codebook_text.replace("text: {nl: ", "text: {nl: mail ik@bakkerij.nl of ", 1)
    assert text != codebook_text
    found = questionnaire.rows(load_codebook(codebook_file(text)))
    assert "mail [e-mail address] of" in found["nl"].iloc[0]


@pytest.mark.parametrize(("language", "page"), [("en", "Page 1"), ("nl", "Pagina 1")])
def test_pages_are_read_in_either_language(codebook, frame, language, page):
    labels = Labels(codebook, language)
    parts = list(words.pages(frame, labels))
    assert parts[0][0] == page
    assert sum(len(part) for _, _, part in parts) == len(frame)
    assert ("as_put" in words.columns(labels)) == (language != codebook.language)
    assert words.known(labels)
    assert words.extent(questionnaire.tally(frame), labels).startswith(str(frame["number"].max()))
    assert words.order(labels)


def test_a_questionnaire_in_one_language_without_pages_says_nothing_twice_and_nothing_of_pages(
    codebook_file, codebook_text
):
    plain = re.sub(
        r"\{nl: (\"[^\"]*\"|[^,{}\"]+), en: (\"[^\"]*\"|[^,{}\"]+)\}", r"{nl: \1, en: \1}", codebook_text
    )
    plain = re.sub(r"nl: (\"[^\"]*\"|[^,{}\"]+), en: (\"[^\"]*\"|[^,{}\"]+)", r"nl: \1, en: \1", plain)
    plain = re.sub(r"(?m)^ +page: \d+\n|, page: \d+|page: \d+, ", "", plain)
    labels = Labels(load_codebook(codebook_file(plain)), "en")
    ((title, _, _),) = words.pages(questionnaire.rows(labels.codebook), labels)
    assert title == "Questions"
    assert "as_put" not in words.columns(labels)
