"""Files as statistics offices and archives give them: designs by their names, codes for no answer, ids."""

from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from drafting import drafted, options, written

from nsmo.draft.guess import draft
from nsmo.draft.scales import reason
from nsmo.formats.detect import read


def guessed(folder: Path, columns: dict[str, list]):
    rows = zip(*columns.values(), strict=True)
    return draft(read([written(folder, list(columns), *rows)]))


ANSWER = ["Yes", "No", "Maybe", "No"] * 20


def test_of_several_weights_that_is_taken_of_which_the_replicates_were_made(tmp_path: Path):
    weights = [20 + i % 7 for i in range(80)]
    columns = {
        "finalwgt": weights,
        "birth_weight": [2500.5 + i for i in range(80)],
        "answer": ANSWER,
        **{f"brr_{r}": [w * 2 * ((i + r) % 2) for i, w in enumerate(weights)] for r in range(1, 11)},
    }
    found = guessed(tmp_path, columns)
    assert found.sampling.columns == {"weight": "finalwgt"}
    assert found.sampling.replicates == [f"brr_{r}" for r in range(1, 11)], "whole numbers are weights too"
    assert found.sampling.settings == "{type: BRR}"


@pytest.mark.parametrize("name", ["w", "wt", "pw_1"])
def test_a_short_name_is_a_weight_beside_replicates_of_it(name: str, tmp_path: Path):
    weights = [20.5 + i % 7 for i in range(80)]
    columns = {
        name: weights,
        "answer": ANSWER,
        **{f"rw{r:02d}": [w * 2 * ((i + r) % 2) for i, w in enumerate(weights)] for r in range(1, 11)},
    }
    found = guessed(tmp_path, columns)
    assert found.sampling.columns == {"weight": name}
    assert len(found.sampling.replicates) == 10
    assert [one.name for one in found.questions] == ["answer"]


@pytest.mark.parametrize("name", ["rw", "repweight"])
def test_replicate_weights_without_the_weight_they_are_of_are_asked_about(name: str, tmp_path: Path):
    columns = {
        "answer": ANSWER,
        **{f"{name}{r:02d}": [(i % 5 + 1.5) * ((i + r) % 2) for i in range(80)] for r in range(1, 11)},
    }
    found = guessed(tmp_path, columns)
    assert found.sampling.replicates == []
    (asked,) = [one for question in found.questions for one in question.confirm]
    assert f"'{name}01' to '{name}10' look like replicate weights" in asked


def test_what_somebody_weighs_is_no_weight_where_the_height_stands_beside_it(tmp_path: Path):
    columns = {
        "height": [160.5 + i % 30 for i in range(80)],
        "weight": [55.5 + i % 40 for i in range(80)],
        "answer": ANSWER,
    }
    assert guessed(tmp_path, columns).sampling.columns == {}


@pytest.mark.parametrize("name", ["hhweight", "pspwght", "anweight", "perswgt", "Ophoogfactor", "weegfac"])
def test_weights_have_many_names(name: str, tmp_path: Path):
    columns = {"answer": ANSWER, name: [0.5 + i % 7 / 5 for i in range(80)]}
    assert guessed(tmp_path, columns).sampling.columns == {"weight": name}


def test_of_several_weights_that_for_analysis_is_taken(tmp_path: Path):
    columns = {
        "answer": ANSWER,
        "dweight": [0.5 + i % 7 / 5 for i in range(80)],
        "pspwght": [0.4 + i % 9 / 5 for i in range(80)],
    }
    assert guessed(tmp_path, columns).sampling.columns == {"weight": "pspwght"}


@pytest.mark.parametrize(
    ("label", "weighs"),
    [
        ("WEIGHT RESULT FROM TARGET (REDRESSMENT)", True),
        ("Weegfactor (leeftijd x geslacht)", True),
        ("Weight in kg", False),
        ("Weight: how much do you weigh?", False),
    ],
)
def test_a_label_may_say_that_a_column_is_a_weight(label: str, weighs: bool, tmp_path: Path):
    frame = pd.DataFrame({"q1": [1.0, 2.0] * 40, "w1": [50.5 + i % 7 / 5 for i in range(80)]})
    labels = {"q1": "Do you read?", "w1": label}
    pyreadstat.write_sav(frame, tmp_path / "e.sav", column_labels=labels)
    found = draft(read([tmp_path / "e.sav"])).sampling.columns
    assert found == ({"weight": "w1"} if weighs else {})


def test_populations_tell_the_stratum_and_it_stays_a_question(tmp_path: Path):
    kinds = ["primary", "middle", "high", "high"] * 20
    columns = {
        "kind": kinds,
        "answer": ["Yes", "No", "No"] * 26 + ["Yes", "Yes"],
        "pw": [{"primary": 44.21, "middle": 20.36, "high": 15.1}[one] for one in kinds],
        "fpc": [{"primary": 4421, "middle": 1018, "high": 755}[one] for one in kinds],
    }
    found = guessed(tmp_path, columns)
    assert found.sampling.columns == {"weight": "pw", "fpc": "fpc", "stratum": "kind"}
    codebook, frame, _ = drafted(written(tmp_path, list(columns), *zip(*columns.values(), strict=True)))
    assert codebook.source.design.stratum == "kind"
    assert frame["kind"].value_counts().to_dict() == {"high": 40, "primary": 20, "middle": 20}


def test_populations_of_several_stages_are_left_to_a_person(tmp_path: Path):
    columns = {
        "answer": ANSWER,
        "pw": [10.5 + i % 4 for i in range(80)],
        "fpc1": [757] * 80,
        "fpc2": [5 + i % 4 for i in range(80)],
    }
    assert guessed(tmp_path, columns).sampling.columns == {"weight": "pw"}


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("Ik wil het niet zeggen", "refused"),
        ("Weigert", "refused"),
        ("Refusal (SPONTANEOUS)", "refused"),
        ("-9. Refused", "refused"),
        ("ik weet het niet", "dont_know"),
        ("-8. Don't know", "dont_know"),
        ("geen mening/weet niet", "dont_know"),
        ("DK/NA", "dont_know"),
        ("Inap. (not 1 in Q1)", "not_asked"),
        ("-1. Inapplicable", "not_asked"),
        ("niet ingevuld", "no_answer"),
        ("Not available", "no_answer"),
    ],
)
def test_reasons_as_archives_write_them(label: str, why: str):
    assert reason(label) == why


@pytest.mark.parametrize("label", ["Refused entry at the border", "Wil niet", "1. Never", "Not at all"])
def test_answers_that_sound_like_reasons(label: str):
    assert reason(label) is None


@pytest.fixture
def panel(tmp_path: Path) -> Path:
    """A file of a panel: ends of scales have words, refusals have numbers, members and households codes."""
    n = 120
    frame = pd.DataFrame(
        {
            "nomem_encr": [800_000.0 + 7 * i for i in range(n)],
            "nohouse_encr": [500_000.0 + 7 * (i // 2) for i in range(n)],
            "cs001": [float([998, 999][i % 2] if i % 12 == 0 else i % 11) for i in range(n)],
            "cs002": [float(998 if i % 20 == 0 else 1 + i % 7) for i in range(n)],
            "cs003": [float(998 if i % 15 == 0 else 1 + (3 * i) % 7) for i in range(n)],
            "cs004": [300.0 + 13 * i for i in range(n)],
        }
    )
    labels = {
        "nohouse_encr": "Nummer van het huishouden, versleuteld",
        "cs001": "Hoe tevreden bent u met uw vrije tijd?",
        "cs002": "Hoe belangrijk is voor u: geld",
        "cs003": "Hoe belangrijk is voor u: rust",
        "cs004": "Duur in seconden",
    }
    refused = {998.0: "ik wil het niet zeggen", 999.0: "ik weet het niet"}
    words = {
        "cs001": {0.0: "zeer ontevreden", 10.0: "zeer tevreden"} | refused,
        "cs002": {1.0: "niet belangrijk", 7.0: "heel belangrijk"} | refused,
    }
    path = tmp_path / "panel.sav"
    pyreadstat.write_sav(
        frame, path, column_labels=labels, variable_value_labels=words | {"cs003": words["cs002"]}
    )
    return path


def test_a_scale_with_words_at_its_ends_has_no_refusals_in_its_mean(panel: Path):
    codebook, frame, told = drafted(panel)
    satisfied = codebook.questions[0]
    assert (satisfied.type, len(satisfied.options)) == ("ordinal", 11)
    assert set(frame[satisfied.name].dropna()) <= {o.name for o in satisfied.options}
    assert {m.reason for m in satisfied.missing} == {"refused", "dont_know"}
    assert options(codebook, codebook.questions[1].name) == [
        "niet belangrijk", *"23456", "heel belangrijk"
    ]  # fmt: skip
    assert [q.type for q in codebook.questions] == ["ordinal"] * 3, "nor is the duration a question"
    assert codebook.source.ignore == ["nohouse_encr"]
    assert any("nohouse_encr" in text for text in told)


def test_whole_numbers_that_pandas_wrote_with_a_decimal_comma_are_answers(tmp_path: Path):
    rows = [["998,0" if i % 12 == 0 else f"{1 + i % 5},0", f"{1 + i % 2},0"] for i in range(80)]
    codebook, frame, told = drafted(written(tmp_path, ["trust", "sex"], *rows))
    assert [q.type for q in codebook.questions] == ["ordinal", "single"]
    assert frame["trust"].isna().sum() == 7
    assert frame["trust"].nunique() == 5
    assert any("998 stands 7 times" in text for text in told)


def test_who_was_asked_is_not_told_by_answers_of_which_each_has_hardly_any(tmp_path: Path):
    # Schools of some districts have a class of which others have none: nobody asked by district.
    rows = [[f"district {i // 3}", ["low", "high"][i % 2], 5 + i % 9 if i < 75 else ""] for i in range(120)]
    found = draft(read([written(tmp_path, ["district", "level", "pupils"], *rows)]))
    assert found.questions[0].kind == "single"
    assert all(not question.asked_if for question in found.questions)


def test_doubts_that_questions_share_are_asked_once(tmp_path: Path):
    rows = [[i % 2, (i // 2) % 2, (i // 3) % 2, i % 5] for i in range(80)]
    _, _, told = drafted(written(tmp_path, ["reads", "writes", "sings", "often"], *rows))
    assert [text for text in told if "two answers" in text] == [
        "two answers without labels: 0 and 1 (and of 2 more questions)"
    ]
