"""How the answers came in, on exports of the bakeries."""

import pandas as pd
import pytest

from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.stages import fieldwork
from nsmo.stages.clean import clean
from nsmo.stages.fieldwork import figures, words
from nsmo.stages.ingest import ingest
from nsmo.study import load_codebook
from nsmo.study.headlines import headlines
from nsmo.study.privacy import Privacy

THRESHOLDS = {"min_last_page": 3, "speeder_ratio": 0.3, "straightline_items": 3}
OPEN = Privacy(keep_rows=True)
REPORT = """\
headlines:
  - {question: breads, option: white}
"""


def day(number: int) -> str:
    return f"2020-03-{number:02d} 09:30:00"


@pytest.fixture
def codebook(codebook_file, codebook_text):
    return load_codebook(codebook_file(codebook_text + REPORT))


@pytest.fixture
def came(codebook, export_file):
    """Return a function from rows of an export to what was received, and what counts."""

    def run(*rows):
        received = ingest(codebook, export_file(*rows)).responses
        return received, clean(codebook, received, **THRESHOLDS).responses

    return run


def test_arrivals_are_counted_by_day_with_the_days_between(came):
    received, counted = came(
        {"submitdate": day(2)}, {"submitdate": day(2), "Q1": "A2"}, {"submitdate": day(4)}
    )
    found = fieldwork.arrivals(received, counted, OPEN)
    assert found["from"].tolist() == ["2020-03-02", "2020-03-03", "2020-03-04"]
    assert found["received"].tolist() == [2, 0, 1]
    assert found["counted"].tolist() == [1, 0, 1]


def test_a_long_field_period_is_shown_by_week(came):
    received, counted = came({"submitdate": day(2)}, {"submitdate": "2020-05-01 10:00:00"})
    found = fieldwork.arrivals(received, counted, OPEN)
    assert found.loc[0, ["from", "until"]].tolist() == ["2020-03-02", "2020-03-08"]
    assert len(found) == 9
    assert found["received"].sum() == 2


def test_moments_of_real_answers_leave_in_steps(came):
    received, counted = came(*({"submitdate": day(2)} for _ in range(13)), {"submitdate": day(3)})
    found = fieldwork.arrivals(received, counted, Privacy())
    assert found["received"].tolist() == [10, 0]


def test_outcomes_go_by_the_share_of_the_questions_that_were_seen(codebook, came):
    pages = [question.page for question in codebook.questions]
    stopped = [{"submitdate": "", "lastpage": str(page)} for page in range(1, max(pages) + 1)]
    received, _ = came({}, {"lastpage": "1"}, *stopped)
    found = fieldwork.outcomes(codebook, received, 3).set_index("outcome")
    seen = [sum(number <= page for number in pages) / len(pages) for page in range(1, max(pages) + 1)]
    assert found.loc["complete", "n"] == 2 + sum(share >= 0.8 for share in seen)
    assert found.loc["partial", "n"] == sum(0.5 <= share < 0.8 for share in seen)
    assert found.loc["break_off", "n"] == sum(share < 0.5 for share in seen)
    assert found["n"].sum() == len(received)
    assert found["counting"].sum() == 2 + sum(page >= 3 for page in range(1, max(pages) + 1))


def test_break_off_is_told_page_by_page(codebook, came):
    received, _ = came({}, {"submitdate": "", "lastpage": "2"}, {"submitdate": "", "lastpage": ""})
    found = fieldwork.break_off(codebook, received).set_index("page")
    assert found.loc[1, ["reached", "stopped"]].tolist() == [2, 0]
    assert found.loc[2, ["reached", "stopped", "share"]].tolist() == [2, 1, 0.5]
    assert found.loc[3, ["reached", "stopped"]].tolist() == [1, 0]


def test_an_export_without_paradata_has_nothing_to_tell(codebook, came):
    received, counted = came({}, {})
    bare = received.drop(columns=[column for column in received if column.startswith("paradata.")])
    assert fieldwork.arrivals(bare, counted, OPEN).empty
    assert fieldwork.outcomes(codebook, bare, 3).empty
    assert fieldwork.break_off(codebook, bare).empty
    assert fieldwork.durations(bare, counted, OPEN).empty


def test_durations_are_counted_in_classes_of_round_width(came):
    times = ["120", "130", "150", "200", "400", "20"]
    received, counted = came(*({"interviewtime": time} for time in times))
    found = fieldwork.durations(received, counted, OPEN)
    assert found["received"].sum() == 6
    # The one of 20 seconds is too fast to count; half of the others took 150 seconds or more.
    assert found["counted"].sum() == 5
    assert found["median"].iloc[0] == 2
    width = found["high"].iloc[0]
    assert found["received"].iloc[int(2 / width)] >= 1
    assert pd.isna(found["high"].iloc[-1])


def test_the_first_third_stands_beside_the_last(codebook, came):
    late = {"Q2[SQ001]": "", "Q2[SQ002]": "Y"}
    rows = [
        {"submitdate": day(number + 1), "Q2[SQ001]": "Y"} | (late if number >= 25 else {})
        for number in range(30)
    ]
    _, counted = came(*rows)
    (row,) = fieldwork.early_and_late(codebook, counted, headlines(codebook), 0.95).to_dict("records")
    assert (row["n_early"], row["n_late"]) == (10, 10)
    assert (row["early"], row["late"], row["points"]) == (1.0, 0.5, -50)
    assert row["low"] < -50 < row["high"] < 0
    real = codebook.changed(privacy=Privacy())
    (hidden,) = fieldwork.early_and_late(real, counted, headlines(real), 0.95).to_dict("records")
    assert pd.isna(hidden["early"])
    assert hidden["points"] == -50
    assert fieldwork.early_and_late(codebook, counted.head(3), headlines(codebook), 0.95).empty


@pytest.mark.parametrize(("language", "title"), [("en", "2 March 2020"), ("nl", "2 maart 2020")])
def test_figures_tell_their_numbers(codebook, came, language, title):
    labels = Labels(codebook, language)
    received, counted = came({"submitdate": day(2)}, {"submitdate": day(2)}, {"submitdate": day(4)})
    picture = drawn(figures.arrivals, fieldwork.arrivals(received, counted, OPEN), labels)
    assert picture.words.title.startswith(title)
    took = drawn(figures.durations, fieldwork.durations(received, counted, OPEN), labels)
    assert "10" in took.words.title  # minutes
    outcome = words.outcomes(fieldwork.outcomes(codebook, received, 3), labels)
    assert outcome["label"].is_unique
