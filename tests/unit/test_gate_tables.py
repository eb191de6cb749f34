"""Tables that an analyst makes of real answers, past the plan of what may be shown."""

import pandas as pd
import pytest
from gated import stage_with

from nsmo.runner import gate
from nsmo.study import StudyError, load_codebook


@pytest.fixture
def real(codebook_text, codebook_file):
    return load_codebook(
        codebook_file(codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", ""))
    )


@pytest.fixture
def answers():
    return pd.DataFrame({"size": ["small"] * 12 + ["large"] * 3, "online": ["yes"] * 11 + ["no"] * 4})


def displayed(thing):
    """What a notebook keeps of a cell that ends with a thing."""
    data = {"text/plain": repr(thing)}
    if hasattr(thing, "_repr_html_"):
        data["text/html"] = thing._repr_html_()
    return {"output_type": "execute_result", "data": data}


def printed(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def markdown(text):
    return {"output_type": "display_data", "data": {"text/plain": "<Markdown>", "text/markdown": text}}


BY_HAND = {
    "crosstab": lambda frame: displayed(pd.crosstab(frame["size"], frame["online"])),
    "shares": lambda frame: displayed(pd.crosstab(frame["size"], frame["online"], normalize="index")),
    "value_counts": lambda frame: displayed(frame["size"].value_counts()),
    "groupby": lambda frame: displayed(frame.groupby("size").size()),
    "styled": lambda frame: displayed(pd.crosstab(frame["size"], frame["online"]).style),
    "printed": lambda frame: printed(pd.crosstab(frame["size"], frame["online"]).to_string()),
    "csv": lambda frame: printed(pd.crosstab(frame["size"], frame["online"]).to_csv()),
    "lines": lambda frame: printed("small 12\nlarge 3\n"),
    "dict": lambda frame: displayed(frame["size"].value_counts().to_dict()),
    "list": lambda frame: displayed(frame["size"].value_counts().tolist()),
    "array": lambda frame: displayed(frame["size"].value_counts().to_numpy()),
    "one count": lambda frame: displayed((frame["size"] == "large").sum()),
    "markdown": lambda frame: markdown("| size | n |\n|---|---|\n| large | 3 |"),
    "html": lambda frame: {"data": {"text/html": "<div><table border=0><tr><td>large<td>3</table></div>"}},
}


@pytest.mark.parametrize("made", BY_HAND)
def test_a_table_made_by_hand_of_real_answers_stops_with_its_cell_and_what_to_do(
    tmp_path, real, answers, made
):
    stage = stage_with(tmp_path, real, pd.DataFrame({"bakery": ["De Korenaar"]}))
    cells = [
        {
            "cell_type": "code",
            "outputs": [printed("Run by the pipeline: stage clean, wave 2020, no 1, 2.\n")],
        },
        {"cell_type": "code", "outputs": [BY_HAND[made](answers)]},
    ]
    with pytest.raises(StudyError) as stopped:
        gate.check_outputs({"cells": cells}, stage)
    said = str(stopped.value)
    assert "2_clean.ipynb, code cell 2: a table, or numbers of one" in said
    assert "stage.estimate(question, by=…)" in said


@pytest.mark.parametrize(
    "output",
    [
        {"data": {"text/html": '<div class="table"><table class="data"><tr><td>3</td></tr></table></div>'}},
        {"data": {"text/html": '<table class="data crosstab"><tr><td>3</td></tr></table>'}},
        {"data": {"text/html": "<table><tr><td>small</td><td>large</td></tr></table>"}},
        markdown("Of 185 bakeries, 149 (80.5%) are small; [more](x.html)."),
        printed("Run by hand: stage clean, wave 2020, parameters from params.yaml, clean:.\n"),
        {"data": {"image/svg+xml": "<svg><text>3</text></svg>", "text/plain": "<Figure size 640x480>"}},
        {"data": {"text/plain": "'small'"}},
    ],
)
def test_what_came_through_the_stage_and_words_pass(tmp_path, real, output):
    stage = stage_with(tmp_path, real, pd.DataFrame({"bakery": ["De Korenaar"]}))
    gate.check_outputs({"cells": [{"cell_type": "code", "outputs": [output]}]}, stage)


def test_a_stage_that_reads_no_answers_shows_what_it_likes(tmp_path, real, answers):
    stage = stage_with(tmp_path, real, pd.DataFrame({"bakery": ["De Korenaar"]}))
    stage.declares = lambda rel: rel == "raw/questionnaire.yaml"
    cell = {"cell_type": "code", "outputs": [BY_HAND["crosstab"](answers)]}
    gate.check_outputs({"cells": [cell]}, stage)


@pytest.mark.parametrize(
    "made",
    [
        lambda frame: pd.crosstab(frame["size"], frame["online"]).reset_index(),
        lambda frame: frame["size"].value_counts().reset_index(),
        lambda frame: frame.groupby("size").size().reset_index(name="aantal"),
        lambda frame: frame.groupby("size").size().astype(float).reset_index(name="aantal"),
        lambda frame: pd.crosstab(frame["size"], frame["online"], margins=True).T.reset_index(),
    ],
)
def test_small_counts_of_a_frame_stop_before_a_file_is_written(real, answers, made):
    with pytest.raises(StudyError, match=r"mine: numbers below 10 in the columns .*, which may count") as why:
        gate.pass_frame(made(answers), real, "mine", of_answers=True)
    assert "stage.estimate" in str(why.value)


def test_large_counts_shares_and_numbers_of_something_else_pass(real):
    frame = pd.DataFrame({"label": ["a", "b"], "respondents": [12, 40], "page": [1, 2], "share": [0.25, 0.5]})
    assert gate.pass_frame(frame, real, "x", of_answers=True)["page"].tolist() == [1, 2]
    # Half of the respondents took four minutes or more: a survey that is short, and not four respondents.
    durations = pd.DataFrame({"low": [0, 2], "high": [2.0, None], "received": [40, 60], "median": [4, 4]})
    assert gate.pass_frame(durations, real, "x", of_answers=True)["median"].tolist() == [4, 4]


def test_reasons_for_having_no_answer_are_rounded_together(real):
    frame = pd.DataFrame({"question": ["fresh"], "answered": [231], "dont_know": [3], "no_answer": [6]})
    (row,) = gate.pass_frame(frame, real, "x", of_answers=True).to_dict("records")
    assert row == {"question": "fresh", "answered": 230, "dont_know": 0, "no_answer": 10}
    assert gate.rounds(frame, real), "who reads the table is told"
    assert not gate.rounds(frame.assign(dont_know=30, no_answer=60), real)


def test_reconstructed_answers_are_of_nobody(codebook_text, codebook_file, answers):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    made = load_codebook(codebook_file(text.replace("provenance: real", "provenance: reconstructed")))
    frame = answers["size"].value_counts().reset_index()
    assert gate.pass_frame(frame, made, "x", of_answers=True) is frame
