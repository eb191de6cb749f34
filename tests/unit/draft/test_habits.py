"""Habits of tools and of the people who use them: what a draft makes of each, without a line by hand."""

from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest
from drafting import drafted, kinds, options, written

from nsmo.draft.scales import order
from nsmo.stages.clean import Thresholds, taken_by
from nsmo.study import Codebook


def left_out(codebook: Codebook, frame: pd.DataFrame) -> dict[str, int]:
    """How many responses each rule of cleaning leaves out."""
    thresholds = Thresholds(min_last_page=1, speeder_ratio=0.3, straightline_items=3)
    return taken_by(codebook, frame, thresholds).value_counts().to_dict()


@pytest.mark.parametrize(
    "low_to_high",
    [
        "Not at all|Several days|More than half the days|Nearly every day",
        "Not at all|Some days|Every day",
        "I have no problems|I have slight problems|I have moderate problems|I have severe problems",
        "helemaal mee oneens|mee oneens|niet eens / niet oneens|mee eens|helemaal mee eens",
        "veel verslechterd|iets verslechterd|gelijk gebleven|veel verbeterd",
        "Did not complete high school|High school or G.E.D.|Some college|College graduate|Master",
        "stimme überhaupt nicht zu|stimme eher nicht zu|teils, teils|stimme eher zu|stimme voll und ganz zu",
        "trifft nicht zu|trifft eher nicht zu|trifft eher zu|trifft voll zu",
        "nie|seltener als einmal im Monat|mehrmals im Monat|mehrmals pro Woche|täglich",
        "Nooit|Minder dan 1 keer per maand|1 keer per maand|Meerdere keren per week|Elke dag",
        "Jamais|Une fois par an|Une fois par mois|Plusieurs fois par semaine|Tous les jours",
        "Never, and not open to it|Never, but open to it|Rarely|Sometimes|Often",
        "Not at all salty|Not very salty|Somewhat salty|Very salty",
        "Definitely not|Probably not|Might or might not|Probably yes|Definitely yes",
        "Less than a month|1-6 months|6-12 months|more than a year",
        "Less than 1 hour per day|1-2 hours per day|more than 4 hours per day",
        "Very unsatisfied|Unsatisfied|Neutral|Satisfied|Very satisfied",
        "unwichtig|weniger wichtig|mittel|wichtig|sehr wichtig",
        "Nein, sicher nicht|Eher nein|Eher ja|Ja, sicher",
        "Zeker niet|Waarschijnlijk niet|Misschien|Waarschijnlijk wel|Ja, zeker",
        "At no time|Some of the time|Less than half of the time|Most of the time|All of the time",
        "Very negative|Negative|Neutral|Positive|Very positive",
        "Geen (zzp)|1 t/m 4|5 t/m 19|20 t/m 99|100 of meer",
        "none|0|1|2",
    ],
)
def test_scales_of_other_tools_and_languages_run_from_low_to_high(low_to_high: str):
    labels = low_to_high.split("|")
    shuffled = labels[1::2] + labels[::2]
    places, how = order(shuffled)
    assert [shuffled[i] for i in places] == labels
    assert not how.endswith("?")


@pytest.mark.parametrize("labels", ["Red|Green|Blue", "Yes, always there|Yes, to some extent|No", "A|B|C"])
def test_what_has_no_order_is_given_none(labels: str):
    assert order(labels.split("|")) is None


def test_a_workbook_with_merged_headings_in_two_rows_below_a_title(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["Customer survey – confidential"],
        [],
        ["Customer", "", "Recommend us?", "Rate our service", "", "Which products?", "", ""],
        ["Customer no.", "Segment", "Score 0-10", "Delivery", "Price", "Basic", "Plus", "Other (specify)"],
        *(
            [
                f"C-{i}",
                ["SMB", "Public"][i % 2],
                4 + i % 6,
                ["Poor", "Average", "Good"][i % 3],
                ["Average", "Good", "Poor"][i % 3],
                "Basic" if i % 2 else None,
                "Plus" if i % 3 else None,
                "a trial" if i % 10 == 0 else None,
            ]
            for i in range(40)
        ),
        ["Total"],
    ):
        sheet.append(row)
    sheet.merge_cells("A3:B3")
    sheet.merge_cells("F3:H3")
    path = tmp_path / "nps.xlsx"
    book.save(path)
    codebook, frame, told = drafted(path)
    assert frame["response_id"].iloc[0] == "C-0"
    assert set(kinds(codebook).values()) == {"single", "ordinal", "multi"}
    assert len(codebook.questions) == 5
    multi = next(question for question in codebook.questions if question.type == "multi")
    assert options(codebook, multi.name) == ["Basic", "Plus", "Other"]
    assert multi.other is not None
    assert frame[f"{multi.name}.other"].sum() == 4
    score = next(question.name for question in codebook.questions if "Recommend" in question.label["en"])
    # From 0 to 10, whatever was chosen so far.
    assert options(codebook, score) == [str(number) for number in range(11)]
    assert any("begins with 'Total'" in text for text in told)


def test_codes_in_the_first_row_and_questions_in_the_second(tmp_path: Path):
    rows = [[["yes", "no"][i % 2], str(20 + i % 7), ["good", "bad"][i % 2]] for i in range(30)]
    path = written(
        tmp_path, ["Q1", "Q2", "Q3"], ["Do you read?", "How old are you now?", "And how was it?"], *rows
    )
    codebook, frame, _ = drafted(path)
    assert [question.label["en"] for question in codebook.questions] == [
        "Do you read?",
        "How old are you now?",
        "And how was it?",
    ]
    assert len(frame) == 30


def test_ticks_that_hold_their_option_or_not_selected(tmp_path: Path):
    names = ["Father", "Friends", "Pop culture"]
    head = ["", "q1_0001", "q1_0002", "q1_0003", "Cooking", "Reading", "weight"]
    rows = [
        [
            i + 1,
            *(name if (i + place) % 2 else "Not selected" for place, name in enumerate(names)),
            "Cooking" if i % 2 else "",
            "Reading" if i % 3 else "",
            f"{0.5 + i / 40:.3f}",
        ]
        for i in range(40)
    ]
    codebook, frame, told = drafted(written(tmp_path, head, *rows))
    assert kinds(codebook) == {"q1": "multi", "cooking": "multi"}
    assert options(codebook, "q1") == names
    assert frame["q1.father"].sum() == 20
    assert frame["cooking.reading"].sum() == 26
    assert any("names the options and not the question" in text for text in told)


def test_columns_of_spss_that_count_on_are_one_question(tmp_path: Path):
    n = 60
    frame = pd.DataFrame(
        {
            "respnr": range(501, 501 + n),
            **{f"v4_{k}": [1 + (i + k) % 2 for i in range(n)] for k in (1, 2, 3)},
            **{f"v5_{k}": [1 + (i + k) % 3 for i in range(n)] for k in (1, 2)},
            "age": [20 + i % 50 for i in range(n)],
        }
    )
    places = ["park", "zwembad", "markt"]
    labels = {"respnr": "respondentnummer", "age": "Wat is uw leeftijd?"}
    labels |= {f"v4_{k}": f"Welke voorzieningen gebruikt u? {place}" for k, place in enumerate(places, 1)}
    labels |= {f"v5_{k}": f"Grootste problemen in de buurt ({k}e genoemd)" for k in (1, 2)}
    values: dict[str, dict] = {f"v4_{k}": {1: "ja", 2: "nee"} for k in (1, 2, 3)}
    values |= {f"v5_{k}": {1: "zwerfvuil", 2: "geluid", 3: "verkeer"} for k in (1, 2)}
    path = tmp_path / "buurt.sav"
    pyreadstat.write_sav(frame, path, column_labels=labels, variable_value_labels=values)
    codebook, answers, told = drafted(path)
    assert list(kinds(codebook).values()) == ["multi", "multi", "numeric"]
    uses, problems = (question.name for question in codebook.questions[:2])
    assert options(codebook, uses) == places
    assert answers[f"{uses}.park"].sum() == (frame["v4_1"] == 1).sum()
    assert answers[f"{problems}.geluid"].sum() == ((frame["v5_1"] == 2) | (frame["v5_2"] == 2)).sum()
    assert answers["response_id"].iloc[0] == "501"
    assert not [text for text in told if "ticks an option" in text]


def test_limesurvey_with_comments_two_scales_and_times(tmp_path: Path):
    head = ["Response ID", "Date submitted", "Last page", "Start language"]
    head += [
        "Q1. Did any of these happen?",
        "Q2[SQ1]. Which? [Fall]",
        "Q2[SQ1comment]. Which? [Fall] [Comment]",
    ]
    head += ["Q2[SQ2]. Which? [Infection]", "Q2[SQ2comment]. Which? [Infection] [Comment]"]
    for number, aspect in enumerate(("Pain", "Food"), 1):
        head += [f"Q3[SQ{number}][1]. Care [{aspect}][How important?]"]
        head += [f"Q3[SQ{number}][2]. Care [{aspect}][How was it?]"]
    head += ["Q4. Recommend?", "Q4[comment]. Recommend? [Comment]", "Group time: Care", "Question time: Q1"]
    important, good = ["Not important", "Important", "Very important"], ["Poor", "Good", "Excellent"]
    rows = [
        [
            i + 1,
            "2026-05-01 10:00:00",
            3,
            "en",
            ["Yes", "No"][i % 2],
            ["Yes", "No"][i % 3 == 0],
            f"it hurt {i}" if i % 5 == 0 else "",
            ["Yes", "No"][i % 2],
            "",
            important[i % 3],
            good[i % 3],
            important[(i + 1) % 3],
            good[(i + 2) % 3],
            ["Yes", "No", "Uncertain"][i % 3],
            f"because {i}" if i % 4 == 0 else "",
            12.5,
            3.25,
        ]
        for i in range(30)
    ]
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    found = list(kinds(codebook).values())
    assert found == ["single", "multi", "text", "ordinal", "ordinal", "ordinal", "ordinal", "single", "text"]
    batteries = {question.battery for question in codebook.questions if question.type == "ordinal"}
    assert len(batteries) == 2
    ordinal = [question.name for question in codebook.questions if question.type == "ordinal"]
    assert [options(codebook, name) for name in ordinal] == [important, important, good, good]
    texts = [question.name for question in codebook.questions if question.type == "text"]
    assert frame[texts].notna().sum().tolist() == [6, 8]
    assert {"Group time: Care", "Question time: Q1"} <= set(codebook.source.ignore)


def test_qualtrics_in_dutch_with_previews_and_what_it_derives_itself(tmp_path: Path):
    names = ["StartDate", "Status", "Finished", "ResponseId", "DistributionChannel"]
    names += ["Q1", "Q1_3_TEXT", "Q2_NPS_GROUP", "Q2"]
    texts = ["Startdatum", "Type respons", "Voltooid", "Respons-ID", "Distributiekanaal"]
    texts += ["In welke afdeling werkt u? - Selected Choice", "In welke afdeling werkt u? - Anders: - Text"]
    texts += ["Beveelt u ons aan? - Group", "Beveelt u ons aan?"]
    rows = [
        [
            f"2026-03-{1 + i % 28:02d} 10:00:00",
            "IP-adres" if i > 2 else "Voorbeeld van enquête",
            "Waar" if i % 5 else "Onwaar",
            f"R_{i}",
            "email",
            "Anders:" if i % 10 == 0 else ["Zorg", "Techniek"][i % 2],
            "magazijn" if i % 10 == 0 else "",
            "Promoter" if 4 + i % 6 > 8 else "Passive",
            4 + i % 6,
        ]
        for i in range(60)
    ]
    ids = [f'{{"ImportId":"QID{number}"}}' for number in range(len(names))]
    codebook, frame, told = drafted(written(tmp_path, names, texts, ids, *rows))
    names_of = [question.name for question in codebook.questions]
    assert len(names_of) == 4
    department = codebook.questions[2]
    assert department.label["nl"] == "In welke afdeling werkt u?"
    assert frame[f"{department.name}.other_text"].dropna().unique().tolist() == ["magazijn"]
    assert options(codebook, names_of[-1]) == [str(number) for number in range(11)]
    # Previews are no respondents, and who finished is not left out.
    (rule,) = codebook.cleaning.rules
    assert (rule.name, rule.reason["nl"]) == ("preview", "Voorbeeld of proef, geen respondent")
    assert left_out(codebook, frame) == {"preview": 3}
    rules = (tmp_path / "data/raw/w/rules.yaml").read_text(encoding="utf-8")
    assert "when: {not: {question: finished, is: [waar]}}" in rules
    assert sum("is left out: Voorbeeld van enquête" in text for text in told) == 1
    assert sum("everybody else counts" in text for text in told) == 0
    assert sum("everybody counts, whatever 'finished'" in text for text in told) == 1


@pytest.mark.parametrize(
    ("head", "answers", "language"),
    [
        (
            ["Provincie", "Verwachting omzet 2026", "Toelichting"],
            ["Sterke daling", "Daling", "Gelijk", "Stijging"],
            "nl",
        ),
        (["Region", "Umsatz 2026", "Alter"], ["Sehr zufrieden", "Zufrieden", "Neutral"], "de"),
        (["Region", "Turnover 2026", "Plus"], ["Strong decrease", "Decrease", "The same", "Increase"], "en"),
    ],
)
def test_columns_that_are_called_by_a_word_tell_their_language_too(tmp_path: Path, head, answers, language):
    rows = [[i, ["Noord", "Zuid"][i % 2], answers[i % len(answers)], ""] for i in range(40)]
    codebook, _, _ = drafted(written(tmp_path, ["Nr", *head], *rows))
    assert codebook.language == language
    (scale,) = [question for question in codebook.questions if question.type == "ordinal"]
    shown = [option.en for option in scale.options]
    assert shown == (answers if language != "de" else ["Neutral", "Zufrieden", "Sehr zufrieden"])


@pytest.mark.parametrize(("codes", "proposed"), [("001", 0), ("00188", 1), ("000", 0)])
def test_qualtrics_says_by_numbers_who_only_looked_at_the_questionnaire(tmp_path: Path, codes, proposed):
    names = ["StartDate", "Status", "Finished", "RecordedDate", "ResponseId", "DistributionChannel", "Q1"]
    ids = [f'{{"ImportId":"{name}"}}' for name in names]
    moment = "2026-03-02 10:00:00"
    rows = [
        [moment, codes[i % len(codes)], "01"[i % 5 > 0], moment, f"R_{i}", "email", ["Yes", "No"][i % 2]]
        for i in range(60)
    ]
    codebook, frame, told = drafted(written(tmp_path, names, names, ids, *rows))
    previews = sum(row[1] == "1" for row in rows)
    assert left_out(codebook, frame) == ({"preview": previews} if previews else {})
    assert sum("everybody else counts, whatever 'status'" in text for text in told) == proposed
    assert not any("without labels" in text or "a reason for no answer" in text for text in told)
    assert options(codebook, "finished") == ["True", "False"]


def test_sosci_survey(tmp_path: Path):
    head = ["CASE", "SERIAL", "QUESTNNR", "MODE", "STARTED", "A101", "A102", "A102_01", "A102_02", "A102_03"]
    head += ["A102_03a", "TIME001", "TIME_SUM", "LASTDATA", "FINISHED", "LASTPAGE", "MAXPAGE", "MISSREL"]
    rows = [
        [
            i + 1, "", "base", "interview", "2026-04-01 10:00:00", [1, 2, 3, -9][i % 4], 1,
            1 + i % 2, 2 - i % 2, 1 + (i % 8 == 0), "Tandem" if i % 8 == 0 else "",
            12, 90, "2026-04-01 10:06:00", 1, 5, 5, 3,
        ]
        for i in range(40)
    ]  # fmt: skip
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    assert kinds(codebook) == {"a101": "ordinal", "a102": "multi"}
    assert frame["a101.missing"].dropna().tolist() == ["no_answer"] * 10
    assert frame["a102.a102_01"].sum() == 20
    assert frame["a102.other"].sum() == 5


def test_typeform(tmp_path: Path):
    head = ["#", "What's your name?", "What best describes you?", "Other", "Cooking", "Reading", "Other"]
    head += ["Daily?", "Response Type", "Start Date (UTC)", "Submit Date (UTC)", "Network ID", "Tags"]
    rows = [
        [
            f"{i:032x}", f"Anna {i}", "" if i % 8 == 0 else ["Student", "Retired"][i % 2],
            "freelance" if i % 8 == 0 else "", "Cooking" if i % 2 else "", "Reading" if i % 3 else "",
            "knitting" if i % 9 == 0 else "", i % 2, "completed",
            "2026-02-01 10:00:00", "2026-02-01 10:03:00", f"{i:010x}", "",
        ]
        for i in range(40)
    ]  # fmt: skip
    codebook, frame, told = drafted(written(tmp_path, head, *rows))
    assert list(kinds(codebook).values()) == ["text", "single", "multi", "single"]
    assert codebook.questions[0].identifying
    assert frame[f"{codebook.questions[1].name}.other_text"].notna().sum() == 5
    assert frame["cooking.other"].sum() == 5
    assert any("names the options and not the question" in text for text in told)


def test_addresses_that_no_question_asked_for_are_not_shown(tmp_path: Path):
    head = ["Horodateur", "Qui êtes-vous ?", "Combien d'heures travaillez-vous ?", "Code postal"]
    rows = [
        [f"{1 + i % 28:02d}/06/2026 10:00:00", f"etu{i}@univ.example", i % 9, 10_000 + i * 7]
        for i in range(40)
    ]
    codebook, _, _ = drafted(written(tmp_path, head, *rows))
    assert [question.type for question in codebook.questions] == ["text", "numeric", "text"]
    assert [question.identifying for question in codebook.questions] == [True, False, True]


@pytest.mark.parametrize(
    ("label", "language"),
    [
        ("ما مدى رضاك عن الخدمة؟", "ar"),
        ("چه مدت در اینجا کار می‌کنید؟", "fa"),
        ("כמה זמן אתה עובד כאן?", "he"),
        ("您使用哪种工具？ (Excel)", "zh"),
        ("どのツールを使いますか", "ja"),
        ("Як довго ви тут працюєте?", "uk"),
        ("What is μ?", "en"),
    ],
)
def test_writing_tells_the_language_of_a_draft(tmp_path: Path, label: str, language: str):
    codebook, _, _ = drafted(written(tmp_path, ["Nr", label], *([i, "AB"[i % 2]] for i in range(20))))
    assert codebook.language == language
