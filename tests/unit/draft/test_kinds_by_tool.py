"""What exports of known tools hold beside answers, and options that look like something else."""

from pathlib import Path

from drafting import drafted, kinds, options, written


def test_kobo_an_option_with_a_stroke_and_a_place_on_the_map(tmp_path: Path):
    question = "Home/Which services?"
    items = ["Piped water", "Internet / WiFi"]
    head = ["start", "end", question, *(f"{question}/{item}" for item in items), "Home/Where?",
            "_Home/Where?_latitude", "_Home/Where?_longitude", "_Home/Where?_precision", "_id", "_uuid",
            "_submission_time"]  # fmt: skip
    rows = []
    for i in range(40):
        chosen = [i % 2, int(i % 3 > 0)]
        both = " ".join(text for text, c in zip(items, chosen, strict=True) if c)
        moment = f"2026-03-02T09:{i:02d}:00.000+00:00"
        rows.append([moment, moment, both, *chosen,
                     f"5.1 -1.{i} 0 0", "5.1", f"-1.{i}", "4.5", i, f"u-{i}",
                     "2026-03-02 09:00:00"])  # fmt: skip
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    assert kinds(codebook) == {"which_services": "multi"}
    assert options(codebook, "which_services") == items
    assert not [column for column in frame.columns if "latitude" in column or "where" in column.lower()]


def test_microsoft_a_ranking_in_one_cell_is_no_choice(tmp_path: Path):
    """Everybody names everything: shares of 100 % would tell nothing."""
    orders = ["a one;b two;c three;", "b two;a one;c three;", "c three;b two;a one;"]
    moment = "2026-03-02 09:00:00"
    rows = [[i, moment, moment, "anonymous", "", orders[i % 3], ["x", "y"][i % 2]] for i in range(30)]
    head = ["ID", "Start time", "Completion time", "Email", "Name", "Rank these", "Which team?"]
    codebook, _, told = drafted(written(tmp_path, head, *rows))
    assert set(kinds(codebook)) == {"which_team"}
    assert any("'Rank these' is a ranking" in text for text in told)


def test_limesurvey_in_full_texts_with_other_and_times(tmp_path: Path):
    head = ["Response ID", "Date submitted", "Last page", "Why? [Fun]", "Why? [Use]", "Why? [Other]",
            "Which town?", "Which town? [Other]", "groupTime12"]  # fmt: skip
    rows = [
        [i, f"2026-03-02 09:{i:02d}:00", 3, ["Yes", "No"][i % 2], ["No", "Yes"][i % 3 == 0],
         ["for work", "for luck", "for a friend", *[""] * 6][i % 9],
         ["Ede", "Zeist", "Other"][i % 3], "Soest" if i % 3 == 2 else "", 12.5 + i]
        for i in range(1, 50)
    ]  # fmt: skip
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    assert set(kinds(codebook).values()) == {"multi", "single"}
    why = next(question for question in codebook.questions if question.type == "multi")
    assert options(codebook, why.name) == ["Fun", "Use", "Other"]
    assert frame[f"{why.name}.other"].sum() == sum(bool(row[5]) for row in rows)
    town = next(question for question in codebook.questions if question.type == "single")
    assert town.other is not None
