"""What is guessed of an export, and what is left to a person."""

import csv
from pathlib import Path

import pytest
import survey_exports
from exports_by_others import EXPORTS

from nsmo.draft.guess import draft
from nsmo.draft.new import new
from nsmo.draft.questions import Draft, Question
from nsmo.draft.scales import order, reason
from nsmo.draft.write import questionnaire, rules
from nsmo.formats.detect import read
from nsmo.pipeline.wave import check
from nsmo.stages.ingest import ingest
from nsmo.study import load_codebook
from nsmo.study.drafts import marks


def drafted(folder: Path, columns: dict[str, list[str]]) -> Draft:
    path = folder / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return draft(read([path]))


def question(found: Draft, name: str) -> Question:
    return next(one for one in found.questions if one.name == name)


@pytest.mark.parametrize(
    ("labels", "low_to_high"),
    [
        (["Often", "Never", "Always", "Sometimes"], ["Never", "Sometimes", "Often", "Always"]),
        (
            ["Agree", "Strongly agree", "Disagree", "Neutral"],
            ["Disagree", "Neutral", "Agree", "Strongly agree"],
        ),
        (["zeer tevreden", "ontevreden", "tevreden"], ["ontevreden", "tevreden", "zeer tevreden"]),
        (
            ["5+ years", "Less than 1 year", "2-5 years", "1 year"],
            ["Less than 1 year", "1 year", "2-5 years", "5+ years"],
        ),
        (
            ["Greater than 10,000", "2-50", "1,000-10,000", "51-999"],
            ["2-50", "51-999", "1,000-10,000", "Greater than 10,000"],
        ),
        (["3 = high", "1 = low", "2"], ["1 = low", "2", "3 = high"]),
        (["18 months", "2 years", "3 weeks"], ["3 weeks", "18 months", "2 years"]),
    ],
)
def test_answers_are_put_from_low_to_high(labels, low_to_high):
    places, _ = order(labels)
    assert [labels[i] for i in places] == low_to_high


def test_numbers_that_run_against_their_words_follow_the_words_and_are_doubted():
    labels = ["1 – Extremely critical", "2", "3 – Not at all critical"]
    places, how = order(labels)
    assert [labels[i] for i in places] == labels[::-1]
    assert how == "numbers?"


@pytest.mark.parametrize(
    "labels", [["Red", "Green", "Blue"], ["Yes", "No"], ["A1", "A2", "A3"], ["2", "2,5", "two"]]
)
def test_what_is_no_scale_gets_no_order(labels):
    assert order(labels) is None


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("I don’t know", "dont_know"),
        ("Weet niet", "dont_know"),
        ("Prefer not to say", "refused"),
        ("N/A", "not_asked"),
        ("No", None),
        ("None", None),
        ("NA", None),
        ("null", None),
        ("No opinion", None),
    ],
)
def test_reasons_for_no_answer_are_told_from_answers(label, why):
    assert reason(label) == why


def test_a_few_texts_are_answers_and_many_are_free_texts(tmp_path: Path):
    found = drafted(
        tmp_path,
        {
            "respondent": [str(i) for i in range(60)],
            "colour": ["red", "green", "blue"] * 20,
            "story": [f"once upon a time {i}" for i in range(60)],
            "town": [f"town {i % 15}" for i in range(60)],
            "age": [str(20 + i) for i in range(60)],
            "zip": [f"0{1000 + i}" for i in range(60)],
        },
    )
    kinds = {one.name: one.kind for one in found.questions}
    assert kinds == {"colour": "single", "story": "text", "town": "single", "age": "numeric", "zip": "text"}
    assert found.key == "respondent"
    assert question(found, "colour").confirm == []
    assert question(found, "town").confirm == ["15 different texts in 60 answers: single, or free text?"]
    assert question(found, "zip").identifying


def test_yes_stands_before_no_however_many_said_so(tmp_path: Path):
    found = drafted(tmp_path, {"plan": ["No", "No", "No", "Yes", "No, but planning one"] * 8})
    labels = [option.label for option in found.questions[0].options]
    assert labels == ["Yes", "No", "No, but planning one"]


def test_questions_in_the_same_words_are_told_apart_by_whom_they_were_for(tmp_path: Path):
    there = ["Germany"] * 40 + ["Canada"] * 40
    head = ["Where do you work?", "Which degree? ", "Which degree?", "Any age?", "Any age? "]
    rows = [
        [
            place,
            "MSc" if place == "Germany" and i % 2 else "PhD" if place == "Germany" else "",
            "" if place == "Germany" else "BA" if i % 2 else "MA",
            "young" if i % 3 else "old",
            "young" if i % 2 else "old",
        ]
        for i, place in enumerate(there)
    ]
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    made = new(tmp_path, "w", [path]).folder
    labels = [question.label["en"] for question in load_codebook(made).questions]
    assert labels[1:3] == ["Which degree? (Germany)", "Which degree? (Canada)"]
    assert len(set(labels)) == len(labels)


def test_remarks_are_texts_also_where_few_people_wrote_the_same(tmp_path: Path):
    found = drafted(
        tmp_path, {"Any remarks?": ["More seats, please", "Open on Sundays"] * 20, "age": ["30", "41"] * 20}
    )
    assert question(found, "any_remarks").kind == "text"


def test_sizes_stand_in_their_order_beside_an_answer_without_a_number(tmp_path: Path):
    sizes = ["251-1,000", "2-50", "Self-employed", "Greater than 1,000", "51-250"]
    found = drafted(tmp_path, {"size": sizes * 10, "uses": ["yes", "no"] * 25})
    size = question(found, "size")
    assert size.kind == "single"
    assert [option.label for option in size.options] == [
        "2-50",
        "51-250",
        "251-1,000",
        "Greater than 1,000",
        "Self-employed",
    ]


def test_numbers_without_labels_are_a_scale_to_confirm(tmp_path: Path):
    found = drafted(
        tmp_path, {"mark": ["1", "2", "3", "4", "5", "99"] * 10, "count": [str(i) for i in range(60)]}
    )
    mark = question(found, "mark")
    assert mark.kind == "ordinal"
    assert [option.code for option in mark.options] == ["1", "2", "3", "4", "5"]
    assert [one.code for one in mark.missing] == ["99"]
    assert len(mark.confirm) == 2


def test_a_weight_is_no_question(tmp_path: Path):
    found = drafted(
        tmp_path, {"colour": ["red", "blue"] * 10, "weight": [f"{0.5 + i / 20}" for i in range(20)]}
    )
    assert found.weights == ["weight"]
    assert [one.name for one in found.questions] == ["colour"]


def design(weights, replicates):
    """An export of 20 with strata, clusters and replicate weights."""
    number = range(20)
    return {
        "colour": ["red", "blue"] * 10,
        "strat": [str(i // 10) for i in number],
        "psu": [str(i // 5) for i in number],
        "wt": [f"{one:g}" for one in weights],
        **{f"rw{r:02d}": [f"{one:g}" for one in values] for r, values in enumerate(replicates, 1)},
    }


def test_a_design_is_told_by_names_and_numbers(tmp_path: Path):
    weights = [1.5 + i / 10 for i in range(20)]
    halves = [[w * (1.7 if (i + r) % 2 else 0.3) for i, w in enumerate(weights)] for r in range(8)]
    found = drafted(tmp_path, design(weights, halves))
    assert found.sampling.columns == {"weight": "wt", "stratum": "strat", "cluster": "psu"}
    assert found.sampling.replicates == [f"rw{r:02d}" for r in range(1, 9)]
    assert found.sampling.settings == "{type: Fay, rho: 0.3}"
    assert [one.name for one in found.questions] == ["colour"]
    text = questionnaire(found, read([tmp_path / "export.csv"]), "little")
    assert "design: {weight: wt, stratum: strat, cluster: psu, replicates: rw01 to rw08}" in text
    assert "given: {replicates: {type: Fay, rho: 0.3}}" in rules(found)


def test_half_samples_and_jackknives_are_told_apart(tmp_path: Path):
    weights = [1.5 + i / 10 for i in range(20)]
    halves = [[w * 2 * ((i + r) % 2) for i, w in enumerate(weights)] for r in range(8)]
    assert drafted(tmp_path, design(weights, halves)).sampling.settings == "{type: BRR}"
    left = [
        [w * (0 if i == r else 10 / 9 if i // 10 == r // 10 else 1) for i, w in enumerate(weights)]
        for r in range(20)
    ]
    settings = drafted(tmp_path, design(weights, left)).sampling.settings
    assert settings.startswith("{type: JKn, rscales: [0.9, 0.9,")


def test_numbered_questions_are_no_replicate_weights(tmp_path: Path):
    cells = {f"rep{i}": [str(1 + (i + j) % 5) for j in range(20)] for i in range(1, 10)}
    found = drafted(tmp_path, {"weight": [f"{0.5 + i / 20}" for i in range(20)], **cells})
    assert found.sampling.replicates == []
    strata = drafted(tmp_path, {"colour": ["red", "blue"] * 10, "strata": ["a", "b"] * 10})
    assert strata.sampling.columns == {}, "without weights or clusters it is a question like others"


def test_joined_answers_with_the_separator_in_an_option_and_own_texts(tmp_path: Path):
    sets = [
        "Post",
        "Post, Telephone, including fax",
        "E-mail",
        "Telephone, including fax, E-mail",
        "Post, E-mail",
    ]
    cells = [*(sets * 12)[:58], "E-mail, carrier pigeons", "Post, smoke, of course"]
    found = drafted(tmp_path, {"Which channels do you use?": cells})
    (channels,) = found.questions
    assert channels.kind == "multi"
    assert [option.label for option in channels.options] == ["Post", "Telephone, including fax", "E-mail"]
    assert channels.other is not None
    made = new(tmp_path, "w", [tmp_path / "export.csv"]).folder
    responses = ingest(load_codebook(made), made / "responses.csv").responses
    name = channels.name
    assert responses[f"{name}.telephone_including_fax"].sum() == sum("Telephone" in cell for cell in cells)
    assert responses[f"{name}.other_text"].dropna().tolist() == ["carrier pigeons", "smoke, of course"]


def test_a_comma_within_an_answer_does_not_make_two(tmp_path: Path):
    found = drafted(tmp_path, {"size": ["1-10", "1,000-10,000", "11-999", "IT, or telecom"] * 10})
    assert found.questions[0].kind == "single"


def test_one_answer_spread_over_columns_is_single_and_doubted(tmp_path: Path):
    chosen = [i % 3 for i in range(60)]
    found = drafted(
        tmp_path,
        {
            f"Which size? [{label}]": [label if c == place else "" for c in chosen]
            for place, label in enumerate(["Small", "Medium", "Large"])
        },
    )
    (size,) = found.questions
    assert size.kind == "single"
    assert "one answer spread over columns?" in size.confirm[0]
    made = new(tmp_path, "w", [tmp_path / "export.csv"]).folder
    responses = ingest(load_codebook(made), made / "responses.csv").responses
    assert responses[size.name].tolist() == [["small", "medium", "large"][c] for c in chosen]


def test_for_whom_a_question_was_is_seen_in_the_answers(tmp_path: Path):
    uses = ["yes", "no"] * 40
    often = [("daily" if i % 4 else "weekly") if use == "yes" else "" for i, use in enumerate(uses)]
    found = drafted(tmp_path, {"uses": uses, "how often": often})
    routed = found.questions[1]
    assert routed.asked_if == ("uses", ["yes"])
    assert routed.confirm == ["all 40 answers are of those with uses: yes"]


def test_questions_that_each_group_has_of_its_own_are_one_doubt(tmp_path: Path):
    country = ["de", "nl", "uk"] * 30
    own = {
        f"degree {c}": ["yn"[i % 4 > 1] if one == c else "" for i, one in enumerate(country)]
        for c in ["de", "nl", "uk"]
    }
    found = drafted(tmp_path, {"country": country, **own})
    assert [q.asked_if for q in found.questions[1:]] == [("country", [c]) for c in ("de", "nl", "uk")]
    told = [text for q in found.questions for text in q.confirm if "are of those with" in text]
    assert told == [
        "all 30 answers are of those with country: de; so are those to degree_nl with nl, degree_uk with uk"
    ]


def test_dates_that_can_be_read_both_ways_are_doubted(tmp_path: Path):
    born = [f"0{i % 9 + 1}/0{i % 7 + 1}/1990" for i in range(40)]
    found = drafted(tmp_path, {"born": born, "uses": ["yes", "no"] * 20})
    assert found.date_formats == ["%d/%m/%Y"]
    assert found.confirm == ["'born' is read as day before month; all dates fit both ways"]


def test_a_draft_is_read_without_problems_and_its_guesses_have_lines(tmp_path: Path):
    made = new(tmp_path, "w", survey_exports.google_forms(tmp_path)).folder
    assert check(made) == []
    found = marks(made / "questionnaire.yaml")
    lines = (made / "questionnaire.yaml").read_text(encoding="utf-8").splitlines()
    assert found
    assert all("# confirm:" in lines[number - 1] for number, _ in found)


@pytest.mark.skipif(not EXPORTS.is_dir(), reason="the exports by others are not here")
@pytest.mark.parametrize(
    ("files", "questions", "most"),
    [
        (["ospo2018/ospo2018_results.csv"], 33, 10),
        (["rse2018/rse2018_public_data.csv", "rse2018/rse2018_limesurvey.tsv"], 93, 25),
        (["jupyter2015/2015_surveygizmo.csv"], 33, 10),
        (["spss_mr/simple_alltypes.sav"], 8, 5),
    ],
)
def test_real_exports_are_drafted_with_few_questions_to_people(files, questions, most, tmp_path: Path):
    made = new(tmp_path, "w", [EXPORTS / name for name in files]).folder
    assert check(made) == []
    codebook = load_codebook(made)
    assert len(codebook.questionnaire.entries) == questions
    assert sum(len(marks(path)) for path in made.glob("*.yaml")) <= most
    ingest(codebook, made / codebook.source.file)


def test_a_weight_in_whole_numbers_is_one_beside_a_design_and_else_a_question(tmp_path: Path):
    """As in public microdata, where each respondent stands for so many; or in kilograms."""
    whole = [str(60 + 7 * i) for i in range(20)]
    colour = ["red", "blue"] * 10
    streets = [f"s{i // 2}" for i in range(20)]
    alone = drafted(tmp_path, {"colour": colour, "weight": whole})
    (question,) = [one for one in alone.questions if one.column == "weight"]
    assert question.kind == "numeric"
    assert any("what somebody weighs, or for how many" in mark for mark in question.confirm)
    (tmp_path / "beside").mkdir()
    beside = drafted(tmp_path / "beside", {"colour": colour, "PWGTP": whole, "psu": streets})
    assert beside.sampling.columns == {"weight": "PWGTP", "cluster": "psu"}
    assert [one.column for one in beside.questions] == ["colour"]


def test_columns_that_are_called_by_a_word_of_yaml_and_letters_written_in_two_ways(tmp_path: Path):
    apart = ["Ame\u0301lie", "Am\u00e9lie"]
    found = drafted(
        tmp_path, {"True": ["a", "b"] * 20, "null": ["c", "d"] * 20, "Who?": apart * 15 + ["Bob"] * 10}
    )
    assert [question.name for question in found.questions] == ["true", "null", "who"]
    assert [option.label for option in found.questions[2].options] == ["Am\u00e9lie", "Bob"]
    (tmp_path / "dvc.yaml").write_text("stages: {}\n", "utf-8")
    (tmp_path / "params.yaml").write_text("waves: {}\n", "utf-8")
    folder = new(tmp_path, "w", [tmp_path / "export.csv"]).folder
    assert check(folder) == []
