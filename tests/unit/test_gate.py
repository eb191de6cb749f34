import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from gated import stage_with

from nsmo.results import COLUMNS
from nsmo.runner import gate
from nsmo.runner.declarations import Declaration
from nsmo.runner.stage import Stage
from nsmo.study import StudyError, load_codebook


@pytest.fixture
def real(codebook_text, codebook_file):
    """The bakeries as real people, under the strict defaults."""
    return load_codebook(
        codebook_file(codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", ""))
    )


@pytest.fixture
def reconstructed(codebook_text, codebook_file):
    return load_codebook(
        codebook_file(codebook_text.replace("provenance: real", "provenance: reconstructed"))
    )


def test_real_answers_are_held_to_the_strict_rules_without_anything_written(real):
    assert (real.privacy.suppress, real.privacy.keep_rows) == ("linked", False)
    assert (real.privacy.min_base, real.privacy.min_count, real.privacy.min_givers) == (10, 10, 10)


def test_a_reconstruction_speaks_of_nobody(codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    made = load_codebook(codebook_file(text.replace("provenance: real", "provenance: reconstructed")))
    assert (made.privacy.suppress, made.privacy.keep_rows) == ("base", True)


@pytest.mark.parametrize(
    "column", ["response_id", "paradata.submitted", "breads.other_text", "bakery", "bakery.other_text"]
)
def test_a_column_about_single_respondents_stops(real, column):
    with pytest.raises(
        StudyError, match=f"clean/x.csv: the column '{column}', which is about single"
    ) as error:
        gate.pass_frame(pd.DataFrame({column: ["De Korenaar"]}), real, "clean/x.csv")
    assert "Korenaar" not in str(error.value)


def test_what_is_missing_of_an_identifying_question_may_be_counted(real):
    frame = pd.DataFrame({"bakery.missing": ["no_answer"], "n": [12]})
    assert gate.pass_frame(frame, real, "x.csv").equals(frame)


def test_an_address_in_any_column_stops_without_being_repeated(real):
    frame = pd.DataFrame({"raw": ["white", "jan@bakery.nl"], "n": [1, 1]})
    with pytest.raises(StudyError, match="an e-mail address in the column 'raw'") as error:
        gate.pass_frame(frame, real, "x.csv")
    assert "jan" not in str(error.value)


def test_weighted_shares_leave_with_a_tenth_of_a_percent(real):
    row = dict.fromkeys(COLUMNS) | {"question": "fresh", "option": "agree", "statistic": "proportion"}
    row |= {
        "n": 185,
        "count": 149,
        "estimate": 0.8054054054,
        "se": 0.0291852,
        "ci_low": 0.741,
        "ci_high": 0.86,
    }
    frame = pd.DataFrame([row | {"weighted": False}, row | {"weighted": True, "deff": 2.555052261}])
    plain, weighted = gate.pass_frame(frame, real, "x.csv").to_dict("records")
    # The unweighted share says no more than 149 of 185.
    assert plain["estimate"] == 0.8054054054
    assert (weighted["estimate"], weighted["se"], weighted["deff"]) == (0.805, 0.029, 2.56)


def test_numbers_beside_results_keep_three_digits_and_counts_stay(real):
    frame = pd.DataFrame({"category": ["a"], "n": [1234], "target": [0.123456], "whole": [98765.0]})
    (row,) = gate.pass_frame(frame, real, "x.csv").to_dict("records")
    assert row == {"category": "a", "n": 1234, "target": 0.123, "whole": 98765.0}
    values = {"max": 12.3456789, "n": 185, "rows": [{"deff": 2.55505}], "big": 123456.7, "name": "x"}
    assert gate.pass_values(values, real) == {
        "max": 12.3,
        "n": 185,
        "rows": [{"deff": 2.56}],
        "big": 123457.0,
        "name": "x",
    }
    assert np.isnan(gate.pass_values({"none": np.nan}, real)["none"])


def test_reconstructed_answers_pass_as_they_are(codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    made = load_codebook(codebook_file(text.replace("provenance: real", "provenance: reconstructed")))
    frame = pd.DataFrame({"response_id": ["1"], "x": [0.123456789]})
    assert gate.pass_frame(frame, made, "x.csv") is frame
    assert gate.pass_values({"x": 0.123456789}, made) == {"x": 0.123456789}


@pytest.mark.parametrize(
    "output",
    [
        {"output_type": "stream", "text": ["Made by DE KORENAAR.\n"]},
        {"output_type": "display_data", "data": {"text/html": "<td>De <b>Korenaar</b></td>"}},
        {"output_type": "display_data", "data": {"text/html": '<img alt="De Korenaar, 3 loaves">'}},
        {"output_type": "display_data", "data": {"image/svg+xml": "<svg><text>De Korenaar</text></svg>"}},
        {"output_type": "display_data", "data": {"text/markdown": ["**De Korenaar**"]}},
    ],
)
def test_a_notebook_that_shows_what_somebody_typed_is_no_result(tmp_path, real, output):
    stage = stage_with(tmp_path, real, pd.DataFrame({"bakery": ["De Korenaar"]}))
    cells = [
        {"cell_type": "markdown", "source": ["# De Korenaar"]},
        {"cell_type": "code", "outputs": []},
        {"cell_type": "code", "outputs": [output]},
    ]
    expected = re.escape("2_clean.ipynb, code cell 2: 1 text that respondents typed")
    with pytest.raises(StudyError, match=expected) as error:
        gate.check_outputs({"cells": cells}, stage)
    assert "Korenaar" not in str(error.value)


def test_a_notebook_with_counts_and_labels_passes(tmp_path, real):
    stage = stage_with(tmp_path, real, pd.DataFrame({"bakery": ["White bread", "De Korenaar"]}))
    html = '<table class="data"><tr><td>White bread</td><td>149 of 185 (0.8054054054)</td></tr></table>'
    gate.check_outputs({"cells": [{"cell_type": "code", "outputs": [{"data": {"text/html": html}}]}]}, stage)


@pytest.mark.parametrize("shown", ["response_id  size\n1  small\n", "<th>response_id</th><td>small</td>"])
def test_a_notebook_with_a_row_for_each_respondent_is_no_result(tmp_path, real, shown):
    stage = stage_with(tmp_path, real, pd.DataFrame({"bakery": ["De Korenaar"]}))
    cells = [
        {"cell_type": "code", "metadata": {"tags": ["injected-parameters"]}, "outputs": []},
        {"cell_type": "code", "outputs": [{"output_type": "display_data", "data": {"text/html": shown}}]},
    ]
    with pytest.raises(StudyError, match="code cell 1: rows of single respondents"):
        gate.check_outputs({"cells": cells}, stage)


def test_a_notebook_that_failed_is_kept_without_what_somebody_typed(tmp_path, real):
    stage = stage_with(tmp_path, real, pd.DataFrame({"bakery": ["De Korenaar"]}))
    stage.name = "clean"
    error = {
        "output_type": "error",
        "ename": "KeyError",
        "evalue": "'De Korenaar'",
        "traceback": ["Traceback", "Cell In[3], line 2\n----> 2 frame[name]", "KeyError: 'De Korenaar'"],
    }
    shown = {"output_type": "stream", "name": "stdout", "text": "jan@bakery.example and 185 responses\n"}
    harmless = {"output_type": "stream", "name": "stdout", "text": "185 responses\n"}
    notebook = {"cells": [{"cell_type": "code", "outputs": [shown, harmless, error]}]}
    gate.withhold_outputs(notebook, stage)
    first, second, third = notebook["cells"][0]["outputs"]
    assert first["text"] == "(left out: an e-mail address); `nsmo debug clean` shows it on the screen\n"
    assert second == harmless
    assert third["evalue"] == "(left out: 1 text that respondents typed)"
    # Where it was raised stays.
    assert "line 2\n----> 2 frame[name]" in third["traceback"][0]
    assert "Korenaar" not in str(notebook)
    assert gate.withheld("died\nof De Korenaar", stage) == "died\n(left out: 1 text that respondents typed)"


ROW = {
    "response_id": ["R_2abcDEF"],
    "paradata.submitted": [pd.Timestamp("2026-01-03 07:13:59")],
    "paradata.token": ["tok-4711"],
    "design.panel_key": ["member 20331"],
    "bakery": ["De Korenaar"],
}


@pytest.mark.parametrize(
    "message",
    [
        "KeyError: 'R_2abcDEF'",
        "no rate for Timestamp('2026-01-03 07:13:59')",
        "lost tok-4711",
        "('member 20331', 2)",
        "{'size': 'small', 'response_id': 7}",
        "Pandas(Index=3, size='small', breads='white')",
        "{'size': 'small', 'breads': 'white'}",
        "size=small; breads=white",
    ],
)
def test_what_a_failed_stage_says_of_one_respondent_is_left_out(tmp_path, real, message):
    stage = stage_with(tmp_path, real, pd.DataFrame(ROW))
    assert gate.withheld(f"ValueError: {message}", stage).startswith("(left out: ")
    assert gate.withheld("shapes (3, 4) and (5,) do not fit: size=3", stage).startswith("shapes")


SHORT = {"bakery": ["Anna", "O'Neil"], "breads.other_text": ["93 yrs", "oat"], "turnover": [7.0, 1250.5]}


@pytest.mark.parametrize(
    "message",
    [
        "KeyError: 'Anna'",
        "ValueError: could not convert string to float: '93 yrs'",
        """KeyError: "None of [Index(['oat'], dtype='object')] are in the [columns]\"""",
        """KeyError: "O'Neil\"""",
        "ValueError: no class for '1250.5'",
    ],
)
def test_an_answer_between_quotes_is_left_out_however_short_it_is(tmp_path, real, message):
    stage = stage_with(tmp_path, real, pd.DataFrame(SHORT))
    stage.name = "clean"
    assert gate.withheld(message, stage) == "(left out: an answer)"
    name, _, said = message.partition(": ")
    trace = ["Traceback (most recent call last)", "Cell In[3], line 2\n----> 2 frame['Anna']", message]
    error = {"output_type": "error", "ename": name, "evalue": said, "traceback": trace}
    notebook = {"cells": [{"cell_type": "code", "outputs": [error]}]}
    gate.withhold_outputs(notebook, stage)
    assert error["evalue"] == "(left out: an answer)"
    assert "----> 2 frame['Anna']\n(left out: an answer)" in error["traceback"][0]


@pytest.mark.parametrize("message", ["KeyError: 'bakery'", "KeyError: 'white'", "KeyError: 'Bob'", "lost 'x"])
def test_a_name_of_the_questionnaire_between_quotes_stays(tmp_path, real, message):
    stage = stage_with(tmp_path, real, pd.DataFrame({"bakery": ["Anna", "white"]}))
    assert gate.withheld(message, stage) == message


def test_a_notebook_that_failed_on_the_export_repeats_nothing_of_it(tmp_path, real):
    """Before anything was coded nobody knows what was typed, and some columns are never read."""
    stage = SimpleNamespace(
        wave="2020", codebook=real, root=tmp_path, target=tmp_path / "staging", name="ingest"
    )
    stage.declares = lambda rel: True
    trace = ["Traceback (most recent call last)", "Cell In[3], line 2\n----> 2 x[0]", "ValueError: Anna B."]
    error = {"output_type": "error", "ename": "ValueError", "evalue": "Anna B.", "traceback": trace}
    printed = {"output_type": "stream", "name": "stdout", "text": "Anna B. of the mill\n"}
    shown = {"output_type": "execute_result", "data": {"text/plain": "Anna B."}, "execution_count": 1}
    told = {"output_type": "error", "ename": "StudyError", "evalue": "line 3: no date", "traceback": []}
    notebook = {"cells": [{"cell_type": "code", "outputs": [printed, shown, error, dict(told)]}]}
    gate.withhold_outputs(notebook, stage)
    assert "Anna" not in str(notebook)
    assert "line 2\n----> 2 x[0]" in str(notebook["cells"][0]["outputs"][2]["traceback"][0])
    assert notebook["cells"][0]["outputs"][3] == told


def test_a_failed_notebook_of_a_reconstruction_is_kept_whole(tmp_path, codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    made = load_codebook(codebook_file(text.replace("provenance: real", "provenance: reconstructed")))
    stage = stage_with(tmp_path, made, pd.DataFrame({"bakery": ["De Korenaar"]}))
    output = {"output_type": "stream", "name": "stdout", "text": "De Korenaar, jan@bakery.example"}
    notebook = {"cells": [{"cell_type": "code", "outputs": [dict(output)]}]}
    gate.withhold_outputs(notebook, stage)
    assert notebook["cells"][0]["outputs"] == [output]
    assert gate.withheld("De Korenaar", stage) == "De Korenaar"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("\t=1", "'\t=1"),
        ("-oth-", "-oth-"),
        ("+31 %", "+31 %"),
        ("–0.5", "–0.5"),
        ("b2c – b2b", "b2c – b2b"),
        ("'quoted'", "'quoted'"),
    ],
)
def test_a_spreadsheet_finds_no_formula_and_a_stage_the_text_as_it_was(text, written):
    frame = pd.DataFrame({"raw": [text, None], "n": [1, 2]})
    out = gate.quoted(frame)
    assert out["raw"].iloc[0] == written
    assert out["raw"].isna().iloc[1]
    assert gate.unquoted(out)["raw"].iloc[0] == text


def test_a_terminal_finds_nothing_to_obey():
    out = gate.quoted(pd.DataFrame({"raw": ["\x1b[31mred\x1b]0;x\x07", "\u202egnp.exe", "a\tb\nc"]}))
    assert out["raw"].tolist() == ["\ufffd[31mred\ufffd]0;x\ufffd", "\ufffdgnp.exe", "a\tb\nc"]


def test_small_counts_that_are_no_results_leave_in_multiples(real):
    counts = pd.DataFrame({"raw": ["A1", "A2", "A3"], "n": [3, 17, 120]})
    assert gate.pass_frame(counts, real, "counts.csv")["n"].tolist() == [0, 20, 120]
    large = pd.DataFrame({"raw": ["A1", "A2"], "n": [13, 120]})
    assert gate.pass_frame(large, real, "counts.csv")["n"].tolist() == [13, 120]


def stage_of(folder, codebook):
    declared = Declaration("clean", "2020", "", "", (), (), ())
    stage = Stage(declared, {}, folder, folder / "staging")
    stage.__dict__["codebook"] = codebook
    return stage


def test_rows_of_real_respondents_are_for_their_owner_alone(tmp_path, real, reconstructed):
    for name, codebook, mode in (("real", real, 0o700), ("made", reconstructed, 0o755)):
        stage = stage_with(tmp_path / name, codebook, pd.DataFrame({"bakery": ["De Korenaar"]}))
        rows = tmp_path / name / "data/processed/2020/ingest/responses.parquet"
        (tmp_path / name / ".dvc/cache").mkdir(parents=True, mode=0o755)
        gate.restrict(stage, [rows])
        modes = {path.stat().st_mode & 0o777 for path in (rows.parent, tmp_path / name / ".dvc/cache")}
        assert modes == {mode}, "the notice of a reconstruction is enough"


def test_rows_for_an_audit_lie_where_only_their_owner_reads_them(tmp_path, real):
    stage = stage_of(tmp_path, real)
    frame = pd.DataFrame({"response_id": ["1"], "raw": ["De Korenaar"]})
    path = stage.log(frame, "recodes")
    assert path == tmp_path / ".nsmo/private/2020/clean/recodes.csv"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert stage.log(frame, "recodes") == path
    assert "De Korenaar" in path.read_text()


def test_rows_of_a_reconstruction_need_no_log(tmp_path, codebook_text, codebook_file):
    text = codebook_text.replace("privacy: {suppress: base, keep_rows: true}\n", "")
    made = load_codebook(codebook_file(text.replace("provenance: real", "provenance: reconstructed")))
    assert stage_of(tmp_path, made).log(pd.DataFrame({"response_id": ["1"]}), "recodes") is None
    assert not (tmp_path / ".nsmo").exists()
