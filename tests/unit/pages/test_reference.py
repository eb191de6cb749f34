"""What the pages of questions, statements, files and terms hold, for real answers and reconstructed ones."""

import io
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest
import yaml
from present_rows import frame, result
from waves import write_codebook

from nsmo.pages import answers, glossary
from nsmo.pages.claims import claims_page
from nsmo.pages.data import workbook
from nsmo.pages.found import Found, once
from nsmo.pages.page import Page
from nsmo.pages.questions import Questions
from nsmo.pages.search import entries
from nsmo.pages.statements import Estimate, Statement, Verdict
from nsmo.present.frames import rows_of
from nsmo.present.wording import slug
from nsmo.results import BASE_WORTH, HIGHER_THAN
from nsmo.study import load_codebook

SCALE = [
    {"name": "bad", "code": "1", "nl": "Slecht", "en": "Bad"},
    {"name": "fair", "code": "2", "nl": "Matig", "en": "Fair"},
    {"name": "good", "code": "3", "nl": "Goed", "en": "Good"},
]
QUESTIONS = [
    {
        "name": "mood",
        "type": "ordinal",
        "column": "A",
        "page": 1,
        "label": {"nl": "Stemming", "en": "Mood"},
        "text": {"nl": "Hoe is de stemming? Bel 06-12345678.", "en": "How is the mood? Call 06-12345678."},
        "options": SCALE,
        "missing": [{"reason": "dont_know", "code": "9", "nl": "Geen idee", "en": "No idea"}],
        "top_box": ["good"],
    },
    {
        "name": "size",
        "type": "single",
        "column": "B",
        "page": 1,
        "role": "background",
        "label": {"nl": "Grootte", "en": "Size"},
        "text": {"nl": "Hoe groot?", "en": "How large?"},
        "options": [
            {"name": "one", "code": "1", "nl": "Een persoon", "en": "One person"},
            {"name": "small", "code": "2", "nl": "Klein", "en": "Small"},
            {"name": "large", "code": "3", "nl": "Groot", "en": "Large"},
        ],
    },
    {
        "name": "why",
        "type": "text",
        "column": "C",
        "page": 2,
        "identifying": True,
        "label": {"nl": "Waarom", "en": "Why"},
        "text": {"nl": "Waarom?", "en": "Why?"},
        "asked_if": {"question": "mood", "is": ["bad"]},
    },
]
BOOK = {
    "study": "small",
    "title": {"nl": "Klein", "en": "Small"},
    "unit": {"nl": "winkels", "en": "shops"},
    "provenance": "real",
    "language": "nl",
    "field_period": {"from": None, "until": None, "certainty": "published"},
    "source": {"file": "responses.csv", "format": "csv", "key": "id"},
    "questions": QUESTIONS,
    "derived": [
        {
            "name": "cheerful",
            "kind": "flag",
            "when": {"question": "mood", "is": ["good"]},
            "label": {"nl": "Is vrolijk", "en": "Is cheerful"},
        }
    ],
    "cleaning": {
        "rules": [
            {
                "name": "empty",
                "kind": "condition",
                "when": {"question": "mood", "missing": ["no_answer"]},
                "reason": {"nl": "Leeg", "en": "Empty"},
            },
            {
                "name": "alone",
                "kind": "condition",
                "when": {"question": "size", "is": ["one"]},
                "reason": {"nl": "Alleen", "en": "Alone"},
            },
        ]
    },
}


def rows(**hidden):
    """Estimates as stages save them: of everybody with counts, by group with what is above what."""
    made = [
        result("mood", option, share, 0.07, count=200 * share, **{BASE_WORTH: 200.0})
        for option, share in (("bad", 0.2), ("fair", 0.3), ("good", 0.45), ("missing.dont_know", 0.05))
    ]
    made += [result("mood", "good", 0.4, 0.1, count=90.0, weighted=True)]
    made += [
        result("mood", "good", share, 0.1, n=100, count=100 * share, by="size", group=group, **more)
        | {BASE_WORTH: 100.0}
        for group, share, more in (("small", 0.3, {}), ("large", 0.6, {HIGHER_THAN: "small"}))
    ]
    made += [result("size", "one", 0.0, 0, count=0.0), result("size", "small", 0.5, count=100.0)]
    table = frame(*made).assign(stage="topline", confidence=0.95)
    for column in ("by", "group", "option"):
        table[column] = table[column].astype(object).where(table[column].notna(), "")
    return table


def page(folder, language="en", **changes):
    book = BOOK | changes
    write_codebook(folder, yaml.safe_dump(book, allow_unicode=True, sort_keys=False))
    codebook = load_codebook(folder)
    params = SimpleNamespace(confidence=0.95, min_n=10)
    stage = SimpleNamespace(codebook=codebook, params=params, wave="2031", earlier={}, reconstructed=False)
    stage.path = lambda name: folder / name.removeprefix("raw/")
    return Page(stage, language, Found(stage))


def found(page, name="mood", estimates=None, silent=None):
    table = rows() if estimates is None else estimates
    rows_ = [row for row in rows_of(once(table), page.labels) if row["question"] == name]
    return answers.result(page, name, rows_, silent or {}, [])


def test_each_answer_has_label_count_share_and_interval_and_who_did_not_know_a_row(tmp_path):
    told = found(page(tmp_path))
    assert [(one.label, one.kind, one.count, one.mark.value) for one in told.answers] == [
        ("Bad", "answer", 40, "20.0%"),
        ("Fair", "answer", 60, "30.0%"),
        ("Good", "answer", 90, "45.0%"),
        ("No idea", "missing", 10, "5.0%"),
    ]
    assert told.answers[2].mark.interval == "38.0–52.0"
    assert told.answers[2].adjusted.value == "40.0%"
    assert told.lead == "Good: 45.0% (95% interval 38.0 to 52.0; n\xa0=\xa0200)."
    assert told.base == "Percentages: base: everybody asked; n\xa0=\xa0200."


def test_an_answer_that_a_rule_excludes_says_so_and_has_no_interval(tmp_path):
    last = found(page(tmp_path), "size").answers[-1]
    assert (last.label, last.kind, last.mark.interval) == ("One person", "rule", "")
    assert last.note == "excluded by rule 2 of cleaning"


def test_groups_have_the_answers_in_the_same_order_and_none_that_a_rule_excludes(tmp_path):
    table = rows()
    shares = {"one": 0.0, "small": 0.3, "large": 0.7}
    more = frame(
        *(result("size", name, share, 0.05, count=200 * share) for name, share in shares.items()),
        *(
            result("size", name, share, 0.05, n=40, count=40 * share, by="mood", group="good")
            for name, share in shares.items()
        ),
    ).assign(stage="topline", confidence=0.95)
    every = pd.concat([table[table["question"] != "size"], more], ignore_index=True).fillna(
        {"by": "", "group": ""}
    )
    told = found(page(tmp_path), "size", every)
    assert [one.label for one in told.answers] == ["Large", "Small", "One person"]
    assert [label for label, _, _ in told.breakdowns[0].rows] == ["Large", "Small"]


def test_only_a_difference_that_a_test_shows_is_marked(tmp_path):
    (by,) = found(page(tmp_path)).breakdowns
    assert by.label == "size"
    assert by.groups == [("Small", "n\xa0=\xa0100"), ("Large", "n\xa0=\xa0100")]
    ((label, clear, marks),) = by.rows
    assert (label, clear) == ("Good", True)
    assert [mark.than for mark in marks] == ["", "above Small"]
    assert "Clear differences by size" in by.verdict
    assert "Holm" in by.verdict
    plain = rows().assign(**{HIGHER_THAN: None})
    (by,) = found(page(tmp_path), estimates=plain).breakdowns
    assert by.verdict.startswith("No clear difference by size")
    assert not by.rows[0][1]
    untested = rows().drop(columns=[HIGHER_THAN, BASE_WORTH])
    (by,) = found(page(tmp_path), estimates=untested).breakdowns
    assert "not tested" in by.verdict


def test_reconstructed_answers_have_origins_and_no_interval_where_they_are_assumed(tmp_path):
    made = page(tmp_path, provenance="reconstructed", origins={"published": ["mood.good"]})
    told = found(made)
    by_label = {one.label: one for one in told.answers}
    assert (by_label["Good"].origin, by_label["Good"].mark.interval) == ("●", "38.0–52.0")
    assert (by_label["Bad"].origin, by_label["Bad"].mark.interval) == ("○", "")
    assert not told.adjusted
    (by,) = told.breakdowns
    assert by.groups[0] == ("Small", "n\xa0=\xa0100, assumed")
    assert (by.verdict, by.clear) == ("", False)
    assert not any(mark.than for _, _, marks in by.rows for mark in marks)


def test_what_is_hidden_stays_hidden_and_cannot_be_worked_out(tmp_path):
    table = rows()
    bad = table["option"].eq("bad") & table["by"].eq("")
    table.loc[bad, ["count", "estimate", "se", "ci_low", "ci_high"]] = None
    table.loc[bad, "suppressed"] = True
    table = table[table["option"] != "missing.dont_know"]
    silent = {
        "question": "mood",
        "asked": 200,
        "answered": 188,
        "dont_know": 12,
        "refused": 0,
        "no_answer": 0,
    }
    strict = page(tmp_path, privacy={"suppress": "linked"})
    told = found(strict, estimates=table, silent=silent)
    by_label = {one.label: one for one in told.answers}
    assert (by_label["Bad"].count, by_label["Bad"].mark.value) == (None, "–")
    # With it the hidden one would be what is left.
    assert (by_label["No idea"].count, by_label["No idea"].mark.value) == (None, "–")
    open_ = page(tmp_path, privacy={"suppress": "base", "keep_rows": True})
    told = found(open_, estimates=table, silent=silent)
    assert next(one for one in told.answers if one.label == "No idea").count == 12


def test_the_size_of_a_hidden_group_stands_nowhere(tmp_path):
    table = rows()
    small = table["group"].eq("small")
    table.loc[small, ["count", "estimate", "se", "ci_low", "ci_high"]] = None
    table.loc[small, "suppressed"] = True
    table.loc[small, "n"] = 3
    (by,) = found(page(tmp_path), estimates=table).breakdowns
    assert by.groups[0] == ("Small", "not shown")


def test_answers_that_no_group_shows_have_no_row_of_dashes_but_are_named(tmp_path):
    groups = [("small", 0.3), ("large", 0.6)]
    more = [
        result("mood", "bad", 0.1, 0.1, n=100, count=10, by="size", group=group, suppressed=True)
        | {BASE_WORTH: 100.0}
        for group, _ in groups
    ]
    table = pd.concat([rows(), frame(*more).assign(stage="topline", confidence=0.95)], ignore_index=True)
    (by,) = found(page(tmp_path), estimates=table).breakdowns
    assert [label for label, _, _ in by.rows] == ["Good"]
    assert by.verdict.endswith("Not shown of any group: Bad.")
    table.loc[table["by"].eq("size"), "suppressed"] = True
    (by,) = found(page(tmp_path), estimates=table).breakdowns
    assert by.rows == []
    assert by.verdict.startswith("Of no group may an answer be shown")


@pytest.fixture
def questions(tmp_path, monkeypatch):
    def made(language="en", **changes):
        monkeypatch.setattr("nsmo.pages.found.estimates", lambda stage: rows())
        return Questions(page(tmp_path, language, **changes), [STATEMENT])

    return made


def verdict(name, text, mark=""):
    return Verdict(name, name.capitalize(), text, slug(text), mark)


STATEMENT = Statement(
    id="a",
    agrees=False,
    text="Nearly half are in a good mood",
    lang="",
    wording="bijna de helft",
    wording_lang="nl",
    remark="",
    source="The Gazette",
    url="https://example.org/a",
    questions=("mood",),
    unit="percent",
    published=Estimate("50%", "50"),
    unweighted=Estimate("45.0%", "45"),
    weighted=Estimate("40.0%", "40"),
    verdicts=(verdict("agreement", "differs", "bad"), verdict("generalises", "no: open call")),
    notebook=None,
)


def test_every_question_has_a_page_with_wording_routing_and_statements(questions):
    pages = {one.name: one for one in questions().pages()}
    names = ("mood", "size", "why", "cheerful")
    assert list(pages) == ["questions", *(f"question-{name}" for name in names)]
    mood = pages["question-mood"].body
    assert "How is the mood?" in mood
    assert "06-12345678" not in mood
    assert '<p class="original" lang="nl">Hoe is de stemming?' in mood
    assert 'href="claims.html#claim-a"' in mood
    why = pages["question-why"].body
    assert "Asked only if: Mood is Bad." in why
    assert "could tell who somebody is" in why
    # In the order of the questionnaire, by its pages.
    listed = pages["questions"].body
    assert listed.index("Page 1") < listed.index("question-size.html") < listed.index("Page 2")


def test_a_derived_variable_says_that_it_was_not_asked_and_how_it_is_made(questions, monkeypatch):
    every = questions()
    more = rows()
    extra = more[more["option"].eq("good") & more["by"].eq("")].assign(question="cheerful", option="yes")
    monkeypatch.setattr("nsmo.pages.found.estimates", lambda stage: pd.concat([more, extra]))
    pages = {one.name: one.body for one in every.pages()}
    assert "This was not asked" in pages["question-cheerful"]
    assert "Yes if: Mood is Good." in pages["question-cheerful"]
    assert 'href="question-mood.html"' in pages["question-cheerful"]
    assert 'href="question-cheerful.html"' in pages["question-mood"]


def test_no_page_shows_a_name_of_the_files_where_a_label_belongs(questions):
    for one in questions(language="nl").pages():
        for raw in ("dont_know", ">good<", ">small<", "missing."):
            assert raw not in one.body, one.name


def test_search_finds_questions_answers_and_statements_by_their_words(questions):
    every = questions()
    listed = list(entries(every.page, every, [STATEMENT]))
    assert ("answer", "Good", "Mood: 45.0%", "question-mood.html#answers") in listed
    assert (
        "answer",
        "One person",
        "Size: excluded by rule 2 of cleaning",
        "question-size.html#answers",
    ) in listed
    (told,) = [one for one in listed if one[0] == "statement"]
    assert told[1:] == (STATEMENT.text, "bijna de helft · The Gazette · differs", "claims.html#claim-a")
    assert {one[0] for one in listed} == {"question", "answer", "statement", "term"}


def test_the_workbook_links_its_contents_to_a_sheet_for_each_question(questions):
    every = questions()
    content = workbook(every.page, every, [STATEMENT])
    assert content == workbook(every.page, every, [STATEMENT])
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Contents", "mood", "size", "Statements", "Estimates"]
    links = [
        cell.hyperlink.location for row in book["Contents"].iter_rows() for cell in row if cell.hyperlink
    ]
    assert links == ["'mood'!A1", "'size'!A1", "'Statements'!A1", "'Estimates'!A1"]
    cells = [[cell.value for cell in row] for row in book["mood"].iter_rows()]
    (good,) = [row for row in cells if row[0] == "Good" and row[1] == 90]
    assert good[2:5] == [0.45, 0.38, 0.52]
    assert "reconstructed" not in str(cells)


def test_the_workbook_of_a_reconstruction_says_so_on_every_sheet(questions):
    every = questions(provenance="reconstructed")
    book = openpyxl.load_workbook(io.BytesIO(workbook(every.page, every, [])))
    for sheet in book:
        text = " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row)
        assert "reconstructed" in text, sheet.title


def test_a_verdict_that_is_the_same_of_all_statements_is_one_sentence(questions):
    every = questions()
    body = claims_page(every.page, [STATEMENT], every.names).body
    assert body.count("no: open call") == 1
    assert "Generalises: no: open call, for all of them." in body
    assert '<q lang="nl">bijna de helft</q>' in body
    assert 'id="claim-a"' in body
    assert '<a href="question-mood.html">Mood</a>' in body


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_term_is_linked_once_where_it_first_stands_in_running_text(language):
    term = next(one for one in glossary.terms(language) if len(one.term) > 6 and " " not in one.term)
    word = term.term
    text = f"<h2>{word}</h2><p><a href='x'>{word}</a> {word}, {word}x {word}</p><p lang=\"fr\">{word}</p>"
    linked = glossary.linked(text, language)
    assert linked.count('class="term"') == 1
    assert linked.startswith(f"<h2>{word}</h2><p><a href='x'>{word}</a> <a class=\"term\"")
    assert f"glossary.html#term-{term.id}" in linked


def test_terms_of_another_subject_are_not_explained(tmp_path):
    other = page(tmp_path / "other")
    assert "b2c" in glossary.no_use(other)
    assert "B2C" not in glossary.glossary_page(other).body
    (tmp_path / "other" / "report.en.md").write_text("# Shops\n\nB2C shops sell more.\n", encoding="utf-8")
    assert "b2c" not in glossary.no_use(other)
    assert "B2C" in glossary.glossary_page(other).body


def test_a_survey_of_which_the_time_is_not_known_says_so(tmp_path):
    unknown = {"from": None, "until": None, "certainty": "assumed"}
    assert page(tmp_path, field_period=unknown).period == "when is not known"


def test_where_no_question_has_a_page_nothing_is_said_of_pages_nor_a_wording_twice(questions):
    unpaged = [{key: value for key, value in one.items() if key != "page"} for one in QUESTIONS]
    unpaged[1] = unpaged[1] | {"label": {"nl": "Hoe groot?", "en": "How large?"}}
    listed, *pages = questions(questions=unpaged).pages()
    assert "Page not stated" not in listed.body
    assert listed.contents[0][1] == "Questions"
    assert listed.body.count("How large?") == 1
    # In the language in which it was put; elsewhere the original stands below.
    in_dutch = {one.name: one.body for one in questions("nl", questions=unpaged).pages()}
    assert "<blockquote>" not in in_dutch["question-size"]
    assert "<blockquote><p>Hoe is de stemming?" in in_dutch["question-mood"]
    mood = next(one for one in pages if one.name == "question-mood")
    assert "<blockquote><p>How is the mood?" in mood.body
    assert "Page 1" in next(questions().pages()).body


def test_a_label_that_is_a_whole_question_is_quoted_within_a_sentence(tmp_path):
    asked = [
        one | {"label": {"nl": "Hoe groot?", "en": "How large?"}} if one["name"] == "size" else one
        for one in QUESTIONS
    ]
    (by,) = found(page(tmp_path, questions=asked)).breakdowns
    assert by.label == "“How large?”"
    assert (
        "Clear differences by “How large?” are marked: each group" in by.verdict
        or "by “How large?”" in by.verdict
    )
    (by,) = found(page(tmp_path, "nl", questions=asked)).breakdowns
    assert by.label == "‘Hoe groot?’"
