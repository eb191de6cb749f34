"""Two waves of a panel as a whole: a set of answers, other words, an answer more, others who were asked.

What the stage finds is held against sums over the two exports, which know nothing of questionnaires.
"""

import random
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import two_waves
from two_waves import asked, edit

from nsmo.draft.demo import made_up_responses
from nsmo.present.labels import Labels
from nsmo.present.picture import drawn
from nsmo.stages.trend import figures, words
from nsmo.study import load_codebook

FIRST, AGAIN, NEW = 260, 180, 120
MORE = "What do you come for? [Meeting people]"
VISITS, STAFF = "How often do you visit the library?", "How satisfied are you? [Staff]"
SCORES = {"Very dissatisfied": 1, "Dissatisfied": 2, "Neutral": 3, "Satisfied": 4, "Very satisfied": 5}
ALL = "privacy: {min_base: 1, min_count: 1, max_share: 1, width: 2}\n"


def exports():
    """The first wave, and a second in which some answer again, mostly as before."""
    chance = random.Random(11)
    first, fresh = made_up_responses(FIRST, 1), made_up_responses(NEW, 2)
    head = [*first[0][:8], MORE, *first[0][8:]]
    again = [list(row) for row in first[1 : AGAIN + 1]]
    for row in again:
        if row[3] == "Never":
            continue
        if chance.random() < 0.25:
            row[3] = chance.choice(["Weekly", "Monthly"])
        row[4] = "Yes" if chance.random() < 0.3 else row[4]
        row[10] = "Satisfied" if chance.random() < 0.25 else row[10]
    joined = [[str(FIRST + at), *row[1:]] for at, row in enumerate(fresh[1:], 1)]
    rows = [
        [*row[:8], ("Yes" if chance.random() < 0.2 else "No") if row[4] else "", *row[8:]]
        for row in [*again, *joined]
    ]
    for row in rows:  # only who comes weekly or monthly is asked what they think of the staff
        if row[3] not in ("Weekly", "Monthly"):
            row[9:12] = [""] * 3
    return first, [head, *rows]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    first, second = exports()
    folders = two_waves.waves(tmp_path_factory.mktemp("panel"), {"2026": first, "2027": second})
    for raw in folders.values():
        edit(
            raw / "questionnaire.yaml",
            lambda c: c["source"].update(key=None, design={"panel_key": "respondent"}),
        )
        with (raw / "rules.yaml").open("a", encoding="utf-8") as file:
            file.write(ALL)

    def put_otherwise(content):
        asked(content, "visit_library").update(text="How often did you visit us this year?")
        asked(content, "satisfied").update(
            asked_if={"question": "visit_library", "is": ["weekly", "monthly"]}
        )

    edit(folders["2027"] / "questionnaire.yaml", put_otherwise)
    trends = two_waves.compared(folders)
    frames = [pd.DataFrame(rows[1:], columns=rows[0]).set_index("respondent") for rows in (first, second)]
    return trends[-1], frames, Labels(load_codebook(folders["2027"]))


def row_of(found, question, option="", statistic="proportion"):
    rows = found.everybody
    same = rows["question"].eq(question) & rows["option"].eq(option) & rows["statistic"].eq(statistic)
    return rows[same].iloc[0]


def by_hand(first, second):
    """Difference of two means and its standard error, of samples that share some of their respondents.

    Who was not asked, or gave no answer, is in the sample and adds nothing (a domain, as in R's survey).
    """
    sizes = [len(first), len(second)]
    parts = [one.dropna().astype(float) for one in (first, second)]
    scores = [
        (one - one.mean()) / len(one) * np.sqrt(n / (n - 1)) for one, n in zip(parts, sizes, strict=True)
    ]
    variance = sum((one**2).sum() for one in scores)
    both = scores[0].index.intersection(scores[1].index)
    variance -= 2 * (scores[0][both] * scores[1][both]).sum()
    return parts[1].mean() - parts[0].mean(), np.sqrt(variance)


def agrees(row, first, second):
    difference, se = by_hand(first, second)
    assert row["difference"] == pytest.approx(difference, abs=1e-12)
    assert row["se"] == pytest.approx(se, rel=1e-9)
    assert row["overlap"]


def test_who_takes_part_twice_is_known_again(made):
    found, *_ = made
    assert found.shared == {"2026": AGAIN}


def test_an_answer_of_several_changes_as_two_sums_of_the_exports(made):
    found, (then, now), _ = made
    column = "What do you come for? [Borrowing books]"
    row = row_of(found, "come", "borrowing_books")
    agrees(row, *(frame[column].eq("Yes").where(frame[column].ne("")) for frame in (then, now)))
    assert row["asked_otherwise"] == "options"
    # The answer that was added is compared with nothing.
    assert "meeting_people" not in set(found.changes["option"])


def test_a_mean_of_scores_of_other_respondents_than_before_says_who_was_asked(made):
    found, (then, now), _ = made
    row = row_of(found, "satisfied_staff", statistic="mean")
    assert row["asked_otherwise"] == "routing"
    agrees(row, then[STAFF].map(SCORES), now[STAFF].map(SCORES))
    agrees(row_of(found, "satisfied_staff", "satisfied"), *(shares(frame[STAFF]) for frame in (then, now)))


def shares(answers):
    """Who said "Satisfied", of those who gave a reply."""
    return answers.eq("Satisfied").where(answers.ne(""))


def test_numbers_that_were_asked_as_before_change_as_their_means(made):
    found, (then, now), _ = made
    column = "How many books do you read in a year?"
    agrees(row_of(found, "books_read_year", statistic="mean"), then[column], now[column])


def test_other_words_are_compared_with_a_remark(made):
    found, (then, now), _ = made
    row = row_of(found, "visit_library", "weekly")
    assert "wording" in row["asked_otherwise"]
    agrees(row, *(frame[VISITS].eq("Weekly") for frame in (then, now)))


def test_a_scale_in_steps_of_two_and_a_half_says_where_they_are(made):
    found, _, labels = made
    books = found.everybody[found.everybody["question"].isin(["visit_library", "books_read_year"])]
    shown = words.of_series(found.series, books, "mean")
    picture = drawn(figures.series, shown, labels, words.figure(shown, found.everybody, "2026", labels))
    texts = [text.strip() for text in ElementTree.fromstring(picture.wide).itertext()]
    assert {"2.5", "5.0", "7.5", "10.0", "12.5", "15.0"} <= set(texts)
