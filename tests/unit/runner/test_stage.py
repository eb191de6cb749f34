"""What a notebook can do through its stage, on the small survey of bakeries."""

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
import seaborn as sns
from openpyxl import load_workbook

from nsmo import results
from nsmo.present import plots, png
from nsmo.runner.declarations import Declaration, Out
from nsmo.runner.stage import RUN_VARIABLE, Stage
from nsmo.study import StudyError, load_codebook
from nsmo.study.privacy import Privacy
from nsmo.survey.tests import group_tests

ROLES = "\nanalyse:\n  bread: {question: breads, by: [online]}\n"


@pytest.fixture
def codebook(codebook_file, codebook_text):
    return load_codebook(codebook_file(codebook_text + ROLES))


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would display."""
    found = []
    monkeypatch.setattr("IPython.display.display", found.append)
    return found


@pytest.fixture
def stage(tmp_path, codebook, survey):
    folders = ("tables", "workbooks", "figures")
    outs = tuple(Out(f"reports/2020/{folder}/bread", cache=False) for folder in folders)
    stage = Stage(Declaration("bread", "2020", "", "", (), outs, ()), {}, tmp_path, tmp_path)
    # What it would read from files.
    stage.codebook, stage.survey = codebook, survey
    return stage


def test_roles_are_those_of_its_own_stage(stage):
    assert (stage.roles.question, stage.roles.by) == ("breads", ["online"])
    with pytest.raises(StudyError, match="perhaps question"):
        _ = stage.roles.questions


def test_an_estimate_is_of_everybody_or_of_groups_or_of_both(stage):
    everybody = stage.estimate("fresh", option="agree")
    assert everybody["by"].isna().all()
    assert everybody["weighted"].tolist() == [False, True]
    groups = stage.estimate("fresh", option="agree", by="online")
    assert set(groups["group"]) == {"yes", "no"}
    several = stage.estimate("fresh", option="agree", by=["online", "size"])
    assert list(dict.fromkeys(several["by"])) == ["online", "size"]
    both = stage.estimate("fresh", option="agree", by=["online"], total=True)
    assert len(both) == len(everybody) + len(groups)
    assert set(stage.estimate("fresh", statistic="mean")["statistic"]) == {"mean"}


def test_a_misspelled_question_is_told_its_neighbour(stage):
    with pytest.raises(StudyError, match="fresh"):
        stage.estimate("frsh")


def test_a_difference_is_of_a_share_or_of_the_mean(stage):
    assert set(stage.difference("fresh", "online", option="agree")["statistic"]) == {
        "difference in proportions"
    }
    assert set(stage.difference("n_breads", by="online")["statistic"]) == {"difference in means"}


def test_a_sentence_is_shown_in_markdown(stage, shown):
    stage.say(
        "**{share:value} of the {unit}**", share=stage.estimate("online", "yes"), unit=stage.labels.unit
    )
    assert shown[0].data == "**40.0% of the bakeries**"
    assert stage.text("{n} loaves", n=1200) == "1,200 loaves"


def test_a_figure_is_drawn_twice_then_saved_and_shown(stage, shown, tmp_path):
    groups = stage.estimate("fresh", option="agree", by="online")
    widths = []
    for ax in stage.figure("fresh", of=groups):
        plots.intervals(groups, stage.labels, ax=ax)
        widths.append(ax.figure.get_figwidth())
    assert widths[0] > widths[1]
    assert (tmp_path / "reports/2020/figures/bread/fresh.svg").read_bytes().startswith(b"<?xml")
    assert "75.0%" in shown[0].svg().decode()


def test_a_picture_of_the_same_drawing_is_made_once(stage, shown, tmp_path, monkeypatch):
    groups = stage.estimate("fresh", option="agree", by="online")
    made = []
    monkeypatch.setattr(png, "alone", lambda *_, draw=png.alone: made.append(draw(*_)) or made[-1])

    def drawn(title):
        for ax in stage.figure("fresh", of=groups, title=title):
            plots.intervals(groups, stage.labels, ax=ax)
        return (tmp_path / "reports/2020/figures/bread/fresh.png").read_bytes()

    first = drawn("Fresh bread")
    assert drawn("Fresh bread") == first == made[0]
    assert len(made) == 1
    assert drawn("Fresh bread, sold online") != first
    (kept,) = tmp_path.rglob(".nsmo/pictures/**/fresh.txt")
    kept.write_text(kept.read_text("utf-8")[:-200], "utf-8")
    assert drawn("Fresh bread, sold online") == made[1] == made[2]


def test_a_chart_of_ones_own_takes_its_words_from_the_result(stage, shown):
    groups = stage.estimate("fresh", option="agree", by="online")
    for ax in stage.figure("own", of=groups, title="Who sells online likes it fresh"):
        sns.barplot(stage.labels.readable(groups), x="estimate", y="group_label", hue="weighting", ax=ax)
    assert "Who sells online likes it fresh" in shown[0].html()
    assert "75.0%" in shown[0].svg().decode()


def test_a_chart_without_words_is_sent_back(stage, shown):
    drawing = stage.figure("own")
    next(drawing).plot([1, 2])
    with pytest.raises(StudyError, match="title"):
        next(drawing)
    assert not shown


def test_a_table_is_saved_twice_and_shown_or_only_shown(stage, shown, tmp_path):
    groups = stage.estimate("fresh", option="agree", by="online")
    stage.table(groups, "fresh")
    saved = pd.read_csv(tmp_path / "reports/2020/tables/bread/fresh.csv")
    assert saved["group"].tolist() == ["yes", "no"]  # groups are shown unweighted
    assert (tmp_path / "reports/2020/workbooks/bread/fresh.xlsx").exists()
    stage.table(pd.DataFrame({"bread": ["rye"], "n": [3]}), title="Breads")
    assert [len(list(tmp_path.rglob(f"*.{ending}"))) for ending in ("csv", "xlsx")] == [1, 1]
    assert len(shown) == 2


def test_a_second_table_of_one_name_stops_the_pipeline_and_not_who_runs_a_cell_again(
    stage, shown, monkeypatch, tmp_path
):
    monkeypatch.delenv(RUN_VARIABLE, raising=False)
    for _ in range(2):
        stage.table(stage.estimate("online"), "online")
    monkeypatch.setenv(RUN_VARIABLE, str(tmp_path))
    with pytest.raises(StudyError, match="a second table with the name 'online'"):
        stage.table(stage.estimate("fresh"), "online")
    stage.table(stage.estimate("fresh"), "fresh")


def test_what_is_saved_as_estimates_is_checked(stage, tmp_path):
    groups = stage.estimate("fresh", option="agree", by="online")
    stage.save(results.combine_estimates(groups), "tables/bread/estimates.csv")
    with pytest.raises(StudyError, match="a share outside 0 to 1"):
        stage.save(groups.assign(estimate=75.0, ci_high=80.0), "tables/bread/estimates.csv")
    assert pd.read_csv(tmp_path / "reports/2020/tables/bread/estimates.csv")["estimate"].max() <= 1


@pytest.mark.parametrize(
    ("provenance", "reads", "said"),
    [
        ("reconstructed", True, True),
        ("reconstructed", False, False),
        ("real", True, False),
    ],
)
def test_files_made_from_reconstructed_answers_say_so(
    tmp_path, codebook_file, codebook_text, survey, shown, provenance, reads, said
):
    known = load_codebook(
        codebook_file(codebook_text.replace("provenance: real", f"provenance: {provenance}"))
    )
    answers = (f"data/raw/2020/{known.source.file}",) if reads else ()
    outs = tuple(
        Out(f"reports/2020/{folder}/bread", cache=False) for folder in ("tables", "workbooks", "figures")
    )
    stage = Stage(Declaration("bread", "2020", "", "", answers, outs, ()), {}, tmp_path, tmp_path)
    stage.codebook, stage.survey = known, survey
    (tmp_path / "dvc.yaml").write_text('stages: {bread: {foreach: ["2020"], do: {cmd: nsmo}}}\n')
    (tmp_path / "params.yaml").write_text("waves: {}\n")
    groups = stage.estimate("fresh", option="agree", by="online")
    for ax in stage.figure("groups"):
        plots.intervals(groups, stage.labels, ax=ax)
    stage.table(groups, "groups_table")
    notice = "The answers behind these numbers are reconstructed"
    drawing = (tmp_path / "reports/2020/figures/bread/groups.svg").read_text("utf-8")
    sheet = load_workbook(tmp_path / "reports/2020/workbooks/bread/groups_table.xlsx").active
    assert (notice in drawing) is said
    assert str(sheet["A3"].value).startswith(notice) is said


@pytest.fixture
def made(tmp_path, codebook_file, codebook_text, survey):
    """A stage of reconstructed answers, of which one figure was published."""
    known = codebook_text.replace("provenance: real", "provenance: reconstructed") + ROLES
    known = load_codebook(codebook_file(f"{known}origins: {{published: [fresh.agree]}}\n"))
    outs = tuple(
        Out(f"reports/2020/{folder}/bread", cache=False) for folder in ("tables", "workbooks", "figures")
    )
    answers = (f"data/raw/2020/{known.source.file}",)
    stage = Stage(Declaration("bread", "2020", "", "", answers, outs, ()), {}, tmp_path, tmp_path)
    stage.codebook, stage.survey = known, replace(survey, codebook=known)
    return stage


def findings(stage):
    """Show all that a notebook can show of two groups."""
    gap = stage.difference("n_breads", by="online")
    tested = group_tests(stage.survey, ["fresh"], ["online"])
    stage.say("{share:value} of the bakeries.", share=stage.estimate("fresh", "agree"))
    stage.say("Weighted it is {share:weighted}.", share=stage.estimate("fresh", "agree"))
    stage.say("{gap} breads more.", gap=gap)
    stage.say("{sure} of {all} differ.", sure=results.tested(gap["ci_low"] > 0), all=len(gap))
    for name in ("tests_table", "again"):
        stage.table(tested, name)
    stage.save(stage.estimate("fresh"), "tables/bread/estimates.csv")
    stage.save(results.combine_tests({"groups": tested}), "tables/bread/tests.csv")


def test_of_reconstructed_answers_the_verbs_leave_out_what_tests_decide(made, shown, tmp_path):
    findings(made)
    assert [text.data for text in shown] == [
        "40.0% of the bakeries.",
        # Once, however many tables are left out.
        "Tests of reconstructed answers are a check of the pipeline, so they are not shown; they stand in "
        "the column pipeline_check of tests.csv.",
    ]
    tables = tmp_path / "reports/2020/tables/bread"
    assert sorted(path.name for path in tables.iterdir()) == ["estimates.csv", "tests.csv"]
    estimates = pd.read_csv(tables / "estimates.csv")
    published = estimates[estimates["origin"].eq("published")]
    assert list(zip(published["option"], published["weighted"], strict=True)) == [("agree", False)]
    # Chance had no part in what is assumed.
    assert estimates["ci_low"].notna().equals(estimates["origin"].eq("published"))
    tests = pd.read_csv(tables / "tests.csv")
    assert not {"p", "p_holm"} & set(tests)
    assert tests["pipeline_check"].str.match(r"p 0\.\d+").all()
    assert made.text("{sure} differ", sure=results.Tested(3)) is None


def test_of_real_answers_the_verbs_show_everything(stage, shown, tmp_path):
    findings(stage)
    assert len(shown) == 6
    tables = tmp_path / "reports/2020/tables/bread"
    assert {"tests_table.csv", "again.csv"} < {path.name for path in tables.iterdir()}
    assert "origin" not in pd.read_csv(tables / "estimates.csv")
    assert {"p", "p_holm"} < set(pd.read_csv(tables / "tests.csv"))


def test_a_title_that_may_not_be_said_gives_way_to_that_of_the_plot(made, shown):
    groups = made.estimate("fresh", option="agree", by="online")
    for ax in made.figure("fresh", of=groups, title=made.text("{n} differ", n=results.Tested(2))):
        plots.intervals(groups, made.labels, ax=ax)
    assert "differ" not in shown[0].html()
    assert "(assumed)" in shown[0].html()


def test_pieces_are_written_one_below_the_other_and_logged_under_one_header(tmp_path):
    out = Out("data/processed/2020/bread/responses.parquet", cache=True)
    made = Stage(Declaration("bread", "2020", "", "", (), (out,), ()), {}, tmp_path, tmp_path)
    made.codebook = SimpleNamespace(privacy=Privacy())
    whole = pd.DataFrame({"weight": [1 / 3, 2 / 3, 1.0], "kind": pd.Categorical(["a", None, "b"])})
    made.save((whole.iloc[i : i + 1] for i in range(3)), "bread/responses.parquet")
    there = pd.read_parquet(tmp_path / out.path)
    assert there["weight"].tolist() == [0.3333333333, 0.6666666667, 1.0]
    assert there["kind"].tolist()[::2] == ["a", "b"]
    for i in range(3):
        path = made.log(whole.iloc[i : i + 1], "left", more=i > 0)
    assert path is not None
    assert path.read_text().splitlines()[::3] == ["weight,kind", "1.0,b"]
    assert path.stat().st_mode & 0o077 == 0
