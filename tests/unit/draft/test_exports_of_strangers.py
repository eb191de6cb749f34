"""Habits of exports that this project had never seen, each as a small one with texts of its own."""

from pathlib import Path

import pytest
from drafting import drafted, kinds, options, written

from nsmo.formats.detect import read
from nsmo.formats.text import guess_encoding
from nsmo.study.errors import StudyError


def test_a_text_beside_other_is_part_of_its_question_and_no_question_that_is_shown(tmp_path: Path):
    question = "What do you drink at breakfast?"
    rows = [
        [9000 + i, *(["Other (please specify)", ["Cocoa", "Juice of Mrs Vermeer"][i % 2]] if i % 10 < 2
                     else [["Coffee", "Tea"][i % 2], ""]), ["Yes", "No"][i % 2]]
        for i in range(80)
    ]  # fmt: skip
    head = ["RespondentID", question, f"{question} - Other (please specify)", "Do you like it?"]
    codebook, frame, told = drafted(written(tmp_path, head, *rows))
    assert [q.type for q in codebook.questions] == ["single", "single"]
    drink = codebook.questions[0]
    assert drink.other is not None
    assert drink.other.code == "Other (please specify)"
    assert (frame[drink.name] == "other").sum() == 16
    assert not any("free text" in text for text in told)


def test_a_text_below_the_heading_of_an_answer_belongs_to_that_answer(tmp_path: Path):
    named = "A shop or site (please give its name)"
    rows = [
        [i + 1, *([named, f"Shop {i}"] if i % 4 == 0 else [["A friend", "The post", "Nobody"][i % 3], "-"]),
         ["Often", "Rarely", "Never", "-"][i % 4]]
        for i in range(60)
    ]  # fmt: skip
    codebook, _, told = drafted(written(tmp_path, ["id", "Who told you?", named, "How often?"], *rows))
    assert [q.type for q in codebook.questions] == ["single", "ordinal"]
    assert codebook.questions[0].other.column == named
    assert options(codebook, codebook.questions[1].name) == ["Never", "Rarely", "Often"]
    assert "'-' is no answer: read as none in every column" in told


def test_not_available_in_several_columns_of_words_is_no_answer_and_ticks_stay_ticks(tmp_path: Path):
    boxes = ["More pay", "More holidays", "A better chair"]
    rows = []
    for i in range(60):
        ticks = [box if (i >> k) % 2 else "Not selected" for k, box in enumerate(boxes)]
        works = [["Yes", *ticks], ["No", "NA", "NA", "NA"]][i % 3 == 0]
        rows.append([i + 1, *works, ["A lot", "Some", "Only a little"][i % 3]])
    head = ["", "q1", "q2_0001", "q2_0002", "q2_0003", "q3"]
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    assert kinds(codebook)["q2"] == "multi"
    assert options(codebook, "q2") == boxes
    # Who was not asked is none of those who ticked nothing.
    assert frame["q2.more_pay"].notna().sum() == 40


def test_one_text_or_nothing_is_a_box(tmp_path: Path):
    box = "I would try this"
    rows = [[2020 + i % 2, box if i % 3 else "", "", f"words {i}"] for i in range(40)]
    head = ["Year", "Thirty sit-ups", "Name (optional)", "Why?"]
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    sit_ups = next(q for q in codebook.questions if "sit" in q.name)
    assert sit_ups.type == "multi"
    assert options(codebook, sit_ups.name) == [box]
    # Of those who ticked it all have: it is a share of everybody.
    assert sit_ups.base == "asked"
    assert (frame[f"{sit_ups.name}.{sit_ups.options[0].name}"] == True).sum() == 26  # noqa: E712


def test_addresses_and_numbers_of_persons_are_shown_to_nobody(tmp_path: Path):
    head = ["Nombre (opcional)", "Déjanos tus datos:", "Codigo Postal", "P1", "Color"]
    rows = [
        ["Ana" if i % 9 == 0 else "0", "ana@example.org" if i == 4 else "0", 34000 + 7 * i,
         38_000_123 + 4561 * i, ["rojo", "azul"][i % 2]]
        for i in range(60)
    ]  # fmt: skip
    codebook, _, told = drafted(written(tmp_path, head, *rows))
    identifying = [q.column for q in codebook.questions if q.identifying]
    assert identifying == head[:4]
    assert {q.type for q in codebook.questions if q.identifying} == {"text"}
    assert any(text.startswith("numbers of 8 digits, nearly all different") for text in told)


def test_incomes_are_no_numbers_of_persons(tmp_path: Path):
    rows = [[i + 1, 1_000_000 + 2500 * i, ["a", "b"][i % 2]] for i in range(60)]
    codebook, _, _ = drafted(written(tmp_path, ["id", "Income", "Group"], *rows))
    assert codebook.questions[0].type == "numeric"


def test_two_rows_of_header_with_the_id_in_the_second_and_questions_of_their_own(tmp_path: Path):
    above = ["", "Which tools?", "", "", "How often do you ask?", "", "", "", ""]
    below = ["#", "Saw", "Drill", "Other", "The forum", "A friend", "Where do you live?", "Other",
             "Submit Date (UTC)"]  # fmt: skip
    rows = [
        [f"{i:08x}ab", "Saw" if i % 2 else "", "Drill" if i % 3 else "", "Axe" if i % 9 == 0 else "",
         ["Never", "Sometimes", "Often"][i % 3], ["Often", "Never", "Sometimes"][i % 3],
         "" if i % 8 == 0 else ["Here", "There"][i % 2], "Far off" if i % 8 == 0 else "",
         f"3/{1 + i % 28}/20 23:{10 + i % 40}"]
        for i in range(40)
    ]  # fmt: skip
    codebook, frame, _ = drafted(written(tmp_path, above, below, *rows))
    assert len(frame) == 40
    assert codebook.source.key == "#"
    asked = [q.label["en"] for q in codebook.questions]
    assert asked == ["Which tools?", "The forum", "A friend", "Where do you live?"]
    assert [q.type for q in codebook.questions] == ["multi", "ordinal", "ordinal", "single"]
    assert codebook.questions[-1].other is not None


def test_a_row_for_each_answer_is_refused(tmp_path: Path):
    rows = [[person, number, f"text {person * number % 7}"] for number in range(1, 6) for person in range(20)]
    with pytest.raises(StudyError, match="each row is one answer: the 20 texts of 'Person'"):
        drafted(written(tmp_path, ["Person", "Question", "Answer"], *rows))


def test_a_question_called_question_is_none(tmp_path: Path):
    rows = [[i + 1, ["Yes", "No"][i % 2], ["Red", "Blue", "Green"][i % 3]] for i in range(40)]
    codebook, frame, _ = drafted(written(tmp_path, ["id", "Question", "Colour"], *rows))
    assert len(frame) == 40
    assert len(codebook.questions) == 2


def test_questions_of_one_sentence_and_one_scale_are_a_battery(tmp_path: Path):
    places = ["Ghent:", "Liège.", "Namur", "the Ardennes."]
    head = ["id", *(f"Please say how much you like to be in {place}" for place in places), "Age"]
    rows = [
        [i + 1, *(str(1 + (i + k) % 5) if (i + k) % 7 else "N/A" for k in range(4)), 20 + i % 50]
        for i in range(70)
    ]
    codebook, _, told = drafted(written(tmp_path, head, *rows))
    items = [q for q in codebook.questions if q.battery]
    assert [q.label["en"] for q in items] == ["Ghent", "Liège", "Namur", "the Ardennes"]
    assert len([text for text in told if text.startswith("scale")]) == 1


def test_names_that_pandas_counted_are_the_questions_that_come_back(tmp_path: Path):
    head = ["id", "Which do you use?", "Are you content? ", "Why so?", "Are you content? .1", "Why so?.1"]
    rows = []
    for i in range(60):
        own = [["Yes", "No", "Partly"][i % 3], f"because {i}"]
        rows.append([i + 1, *(["Saw", *own, "", ""] if i % 2 else ["Axe", "", "", *own])])
    codebook, _, _ = drafted(written(tmp_path, head, *rows))
    labels = [q.label["en"] for q in codebook.questions]
    assert not any(".1" in label for label in labels)
    assert {"Are you content? (Saw)", "Are you content? (Axe)"} <= set(labels)


def test_boxes_with_a_text_beside_them_raise_no_doubt_and_others_one(tmp_path: Path):
    tools, areas = ["Hammer", "Saw", "Other"], ["North", "South", "East"]
    head = ["id", "submitdate", "lastpage", *(f"Which tools? [{one}]" for one in tools)]
    head += [f"{asked} [ {one}]" for asked in ("Where?", "When &amp; why?") for one in areas]
    rows = [
        [i + 1, "2024-05-01 10:00:00", 3, *("Yes" if (i + k) % 3 else "No" for k in range(2)),
         "Plane" if i % 5 == 0 else "", *("Yes" if (i + k) % 4 == 0 else "No" for k in range(6))]
        for i in range(60)
    ]  # fmt: skip
    codebook, _, told = drafted(written(tmp_path, head, *rows))
    assert [q.type for q in codebook.questions] == ["multi"] * 3
    assert codebook.questions[0].other is not None
    (doubt,) = (text for text in told if "columns of Yes and No" in text)
    assert doubt.endswith("(and of 1 more question)")
    assert options(codebook, codebook.questions[1].name) == areas
    assert codebook.questions[2].label["en"] == "When & why?"


def test_columns_of_limesurvey_are_known_in_french(tmp_path: Path):
    head = ["ID de la réponse", "Date de soumission", "Dernière page", "Langue de départ", "Vous aimez ?"]
    rows = [[i + 1, "2024-05-01 10:00:00", 2, "fr", ["Oui", "Non"][i % 2]] for i in range(30)]
    codebook, _, _ = drafted(written(tmp_path, head, *rows))
    assert codebook.source.key == head[0]
    assert len(codebook.questions) == 1
    assert codebook.source.paradata.submitted == head[1]


@pytest.mark.parametrize(("text", "encoding"), [
    ("id,It isn’t mine\n1,I don’t – really\n2,“never”\n", "mac_roman"),
    ("id,It isn’t mine\n1,I don’t – really\n2,“never”\n", "windows-1252"),
    ("id,naïve café\n1,élève\n2,München\n", "windows-1252"),
])  # fmt: skip
def test_a_text_of_an_old_mac_is_told_from_one_of_windows(text, encoding):
    content = text.encode(encoding)
    found = guess_encoding(content)[0]
    assert content.decode(found) == text


def test_a_heading_that_was_read_wrongly_on_a_mac_is_doubted(tmp_path: Path):
    head = ["id", *(text.encode().decode("mac_roman") for text in ("Êtes-vous fatigué à midi ?", "Âge"))]
    rows = [[i + 1, ["Oui", "Non"][i % 2], 20 + i] for i in range(30)]
    assert any("√" in doubt for doubt in read([written(tmp_path, head, *rows)]).doubts)


def test_a_qualtrics_export_of_which_only_the_codes_are_left_loses_no_response(tmp_path: Path):
    head = ["StartDate", "EndDate", "RecordedDate", "ResponseId", "Finished", "D-age", "Liking_1", "Liking_2"]
    rows = [
        ["6/19/19 6:44", "6/19/19 7:05", "6/19/19 7:05", f"R_2QSS6mGukY8{i:04}", "TRUE",
         ["18 - 24", "25 - 34", "35 - 44"][i % 3], *(["Somewhat agree", "Somewhat disagree", "Strongly agree"]
                                                     [(i + k) % 3] for k in range(2))]
        for i in range(30)
    ]  # fmt: skip
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    assert len(frame) == 30
    assert "D-age" in [q.label["en"] for q in codebook.questions]


def test_responses_without_a_row_of_names_are_refused(tmp_path: Path):
    rows = [[f"1/{1 + i % 28}/2015 16:07:{i:02}", ["Tea", "Coffee"][i % 2], "Yes"] for i in range(30)]
    with pytest.raises(StudyError, match=r"the first row is a response.*1/1/2015 16:07:00"):
        read([written(tmp_path, *rows)])


def test_codes_of_persons_are_no_answers_and_rows_of_one_person_are_told(tmp_path: Path):
    rows = [[f"{7**25 + i % 15:024x}"[-24:], f"p{i % 8}", i % 7] for i in range(105)]
    codebook, _, told = drafted(written(tmp_path, ["prolific_pid", "post", "rating"], *rows))
    assert "prolific_pid" not in [q.column for q in codebook.questions]
    assert any("15 come back in 105 rows: is a row a respondent?" in text for text in told)


def test_what_few_wrote_beside_the_questions_stays_their_own_words(tmp_path: Path):
    firm = {3: "Acme", 9: "Bolt", 21: "Acme"}
    rows = [[i + 1, ["Yes", "No"][i % 2], firm.get(i, "")] for i in range(40)]
    codebook, _, _ = drafted(written(tmp_path, ["id", "Do you work?", "If you like, where"], *rows))
    assert [q.type for q in codebook.questions] == ["single", "text"]


def test_google_forms_are_known_in_turkish(tmp_path: Path):
    rows = [[f"{1 + i % 28:02}.08.2026 13:20:42", ["Evet", "Hayır"][i % 2]] for i in range(30)]
    assert read([written(tmp_path, ["Zaman damgası", "Memnun musunuz?"], *rows)]).tool == "google_forms"


def test_questions_that_are_cut_for_a_table_keep_what_tells_them_apart(tmp_path: Path):
    long = (
        "With which of the many kinds of drawings, models and lists do you and your colleagues describe the"
    )
    head = ["id", f"{long} wings?", f"{long} wheels?", "Size"]
    rows = [[i + 1, ["None", "Few"][i % 2], ["Few", "None"][i % 3 % 2], ["S", "M"][i % 2]] for i in range(40)]
    codebook, _, _ = drafted(written(tmp_path, head, *rows))
    labels = [q.label["en"] for q in codebook.questions]
    assert labels[0].endswith("… (wings)")
    assert labels[1].endswith("… (wheels)")
    assert max(map(len, labels)) <= 80


def test_names_of_firms_are_shown_to_nobody_and_a_question_about_them_is_one(tmp_path: Path):
    head = ["id", "Company/organization name (optional)", "Is the name of your company known?"]
    rows = [[i + 1, ["Acme", "Bolt & Co", ""][i % 3], ["Yes", "No"][i % 2]] for i in range(40)]
    codebook, _, _ = drafted(written(tmp_path, head, *rows))
    assert [(q.type, q.identifying) for q in codebook.questions] == [("text", True), ("single", False)]


def test_a_form_of_a_web_site_has_its_options_in_brackets_and_columns_of_its_own(tmp_path: Path):
    head = ["Name (First)", "Hobbies (Music)", "Hobbies (Books)", "Consent (Text)", "Rating", "Entry Id",
            "Entry Date", "User Agent", "User IP"]  # fmt: skip
    rows = []
    for i in range(40):
        boxes = [["Music", ""][i % 2], ["Books", ""][i % 3 == 0]]
        own = [500 + i, f"2022-07-01 09:{i:02}:00", f"Browser/5.0 (x; {i % 4})", f"203.0.113.{i}"]
        rows.append([f"Ann{i}", *boxes, "I agree to it.", ["Bad", "Good"][i % 2], *own])
    codebook, _, _ = drafted(written(tmp_path, head, *rows))
    assert kinds(codebook) == {"name_first": "text", "hobbies": "multi", "rating": "single"}
    assert codebook.questions[0].identifying
    assert options(codebook, "hobbies") == ["Music", "Books"]
    assert codebook.source.paradata.submitted == "Entry Date"


def test_points_of_a_quiz_are_no_questions(tmp_path: Path):
    head = ["Timestamp", "Total score", "Your class", "Your class [Score]", "Your class [Feedback]"]
    rows = [[f"2024/05/02 9:{i:02}:10 AM GMT+2", "0.00 / 1", "AB"[i % 2], "-- / 0", ""] for i in range(30)]
    codebook, _, _ = drafted(written(tmp_path, head, *rows))
    assert [q.label["en"] for q in codebook.questions] == ["Your class"]


def test_a_heading_that_says_month_before_day_is_believed(tmp_path: Path):
    head = ["Response ID", "Timestamp (mm/dd/yyyy)", "Colour"]
    rows = [[i + 1, f"02/{1 + i % 9:02}/2023 10:00:00", ["Red", "Blue"][i % 2]] for i in range(30)]
    _, frame, told = drafted(written(tmp_path, head, *rows))
    assert set(frame["paradata.submitted"].dt.month) == {2}
    assert not any("day before month" in text for text in told)


def test_a_moment_years_from_all_others_is_named_and_makes_no_field_period(tmp_path: Path):
    years = {5: "2569", 7: "9999"}  # as counted in Thailand, and as a database writes that there is none
    rows = [[i + 1, f"{years.get(i, '2026')}-05-{1 + i:02} 10:00:00", "AB"[i % 2]] for i in range(28)]
    codebook, frame, told = drafted(written(tmp_path, ["ID", "Submitted at", "Class"], *rows))
    assert len(frame) == 28
    period = codebook.field_period
    assert (f"{period.from_}", f"{period.until}") == ("2026-05-01", "2026-05-28")
    (said,) = (text for text in told if "first and the last moment" in text)
    assert "2569-05-06" in said
    assert "9999-05-08" in said


def test_two_rounds_years_apart_are_one_field_period(tmp_path: Path):
    rows = [[i + 1, f"{2019 + 4 * (i % 2)}-05-{1 + i:02} 10:00:00", "AB"[i % 3 > 0]] for i in range(28)]
    _, _, told = drafted(written(tmp_path, ["ID", "Submitted at", "Class"], *rows))
    assert "the first and the last moment in the responses" in told
