"""Exports of more tools, as people have them: what a draft makes of each, without a line by hand."""

from pathlib import Path

import openpyxl
from drafting import drafted, kinds, options, written


def workbook(path: Path, *rows: list) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_jotform_answers_on_lines_faces_and_a_scale_with_words_at_its_ends(tmp_path: Path):
    services, grades = ["Café", "Gym; pool", "Library"], ["Bad", "Good", "Great", "Okay", "Terrible"]
    faces = dict(zip(grades, "🙁🙂😀😐😡", strict=True))
    likely = ["0 - Very unlikely", "5", "6", "8", "10 - Very likely"]
    rows = []
    for i in range(60):
        chosen = [one for at, one in enumerate(services) if (i >> at) & 1] or services[:1]
        grade = f"{faces[grades[i % 5]]} {grades[i % 5]}"
        rows.append(
            [f"Mar {1 + i % 28}, 2026", f"Jan {i}", likely[i % 5], "\n".join(chosen), grade, f"S{i:05}"]
        )
    head = ["Submission Date", "Full Name", "How likely are you to recommend us? (0-10)", "Which services?"]
    path = workbook(tmp_path / "jotform.xlsx", [*head, "How was it?", "Submission ID"], *rows)
    codebook, frame, told = drafted(path)
    assert list(kinds(codebook).values()) == ["text", "ordinal", "multi", "ordinal"]
    name, recommend, which, mood = (question.name for question in codebook.questions)
    assert codebook.variable(name).identifying
    assert options(codebook, recommend) == [likely[0], *map(str, range(1, 10)), likely[-1]]
    assert options(codebook, which) == services
    assert [text[2:] for text in options(codebook, mood)] == ["Terrible", "Bad", "Okay", "Good", "Great"]
    assert frame[f"{which}.gym_pool"].sum() == sum((i >> 1) & 1 for i in range(60))
    assert codebook.source.paradata.submitted == "Submission Date"
    assert told == ["the first and the last moment in the responses"]


def test_a_dutch_workbook_with_a_title_ticks_amounts_and_a_row_of_totals(tmp_path: Path):
    months = ["maart", "april", "mei"]
    rows = [
        [
            1001 + i, f"{1 + i % 28} {months[i % 3]} 2018", "x" if i % 2 else None, "x" if i % 3 else None,
            ["5%", "12,5%", "20%"][i % 3], ["€ 1.234,50", "€ 45,-", "€ 980,00"][i % 3], ["Ja", "Nee"][i % 2],
        ]
        for i in range(48)
    ]  # fmt: skip
    head = ["Respondentnummer", "Datum invullen", "Kanalen: Intranet", "Kanalen: E-mail"]
    head += ["Hoeveel procent vergadert u?", "Wat is uw vergoeding?", "Leidinggevend?"]
    total = ["Totaal", None, 24, 32]
    path = workbook(tmp_path / "a.xlsx", ["Medewerkers 2018 – vertrouwelijk"], head, *rows, total)
    codebook, frame, told = drafted(path)
    assert len(frame) == 48
    assert (codebook.source.title_rows, codebook.source.last_rows) == (1, 1)
    assert list(kinds(codebook).values()) == ["multi", "numeric", "numeric", "single"]
    channels, share, amount, _ = (question.name for question in codebook.questions)
    assert frame[[f"{channels}.intranet", f"{channels}.e_mail"]].sum().tolist() == [24, 32]
    assert set(frame[share]) == {5, 12.5, 20}
    assert set(frame[amount]) == {1234.5, 45, 980}
    assert f"{frame['paradata.submitted'].max():%Y-%m-%d}" == "2018-05-27"
    assert any("begins with 'Totaal', and is left out" in text for text in told)


def test_surveycto_options_behind_a_low_stroke_and_its_own_columns(tmp_path: Path):
    head = ["SubmissionDate", "starttime", "endtime", "deviceid", "duration", "hh_size", "crops", "crops_1"]
    head += ["crops_2", "crops__77", "name_1", "instanceID", "formdef_version", "KEY"]
    rows = []
    for i in range(40):
        chosen = [code for at, code in enumerate(("1", "2", "-77")) if ((i + 1) >> at) & 1]
        ticks = [int(code in chosen) for code in ("1", "2", "-77")]
        moment, key = f"Mar {1 + i % 28}, 2026 10:00:00 AM", f"uuid:{i:08x}-aaaa"
        rows.append(
            [moment, moment, moment, "c", 600 + i, i % 8, " ".join(chosen), *ticks, f"N{i}", key, "26", key]
        )
    codebook, frame, _ = drafted(written(tmp_path, head, *rows))
    assert kinds(codebook) == {"hh_size": "numeric", "crops": "multi", "name_1": "text"}
    assert codebook.questions[2].identifying
    assert frame["crops.n77"].sum() == sum(((i + 1) >> 2) & 1 for i in range(40))
    assert codebook.source.paradata.duration == "duration"
    assert {"formdef_version", "endtime", "crops"} <= set(codebook.source.ignore)


def test_eusurvey_with_a_title_its_own_columns_and_no_opinion(tmp_path: Path):
    agree = ["Agree", "Strongly agree", "Neutral", "No opinion", "Disagree", "Strongly disagree"]
    head = [
        "Alias",
        "Contribution ID",
        "Creation date",
        "Last update",
        "User name",
        "I am",
        "Do you agree: A",
    ]
    rows = [
        ["Energy", f"8f{i:05}-aa", "2026-02-01 09:00:00", f"2026-02-{1 + i % 28:02} 09:10:00", "",
         ["a citizen", "an NGO"][i % 2], agree[i % 6], agree[(i + 1) % 6]]
        for i in range(60)
    ]  # fmt: skip
    title = ["Title: Consultation on energy"]
    codebook, frame, told = drafted(
        workbook(tmp_path / "a.xlsx", title, [], [*head, "Do you agree: B"], *rows)
    )
    assert codebook.source.key == "Contribution ID"
    assert codebook.source.paradata.submitted == "Last update"
    battery = [question for question in codebook.questions if question.battery]
    assert [question.type for question in battery] == ["ordinal", "ordinal"]
    low_to_high = ["Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree"]
    assert options(codebook, battery[0].name) == low_to_high
    assert (frame[f"{battery[0].name}.missing"] == "dont_know").sum() == 10
    assert "'No opinion' counts as no place on the scale" in told
